/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must not grow with the number of objects: the same operations among a hundred and a hundred thousand. */
#include "bench.h"

enum { FEW = 100, MANY = 100000, NAMED_MANY = 20000 };

static HANDLE held[MANY], held_event, folder;

static void open_close(ULONG times)
{
    HANDLE handle;
    while (times--) {
        NtDuplicateObject(NtCurrentProcess(), held_event, NtCurrentProcess(), &handle, 0, 0, DUPLICATE_SAME_ACCESS);
        NtClose(handle);
    }
}

static void use_last(ULONG times)
{
    HANDLE last = held[0];
    for (ULONG i = 1; i < MANY && held[i]; i++)
        last = held[i];
    while (times--)
        NtSetEvent(last, NULL);
}

static ULONG hold(ULONG from, ULONG to)
{
    while (from < to && !NtDuplicateObject(NtCurrentProcess(), held_event, NtCurrentProcess(), &held[from], 0, 0,
                                           DUPLICATE_SAME_ACCESS))
        from++;
    return from;
}

static OBJECT_ATTRIBUTES *numbered(ULONG number)
{
    static WCHAR text[8];
    static UNICODE_STRING name = {12, 12, text};
    static OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    for (int i = 5; i >= 0; i--, number /= 10)
        text[i] = (WCHAR)(L'0' + number % 10);
    attributes.RootDirectory = folder;
    return &attributes;
}

static ULONG name_many(ULONG from, ULONG to)
{
    while (from < to && !NtCreateEvent(&held[from], EVENT_ALL_ACCESS, numbered(from), NotificationEvent, FALSE))
        from++;
    return from;
}

static void open_by_name(ULONG times)
{
    HANDLE handle;
    while (times--) {
        NtOpenEvent(&handle, SYNCHRONIZE, numbered(FEW / 2));
        NtClose(handle);
    }
}

static void let_go(ULONG count)
{
    while (count--) {
        NtClose(held[count]);
        held[count] = NULL;
    }
}

void bench_objects(void)
{
    ULONG count;
    NtCreateEvent(&held_event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    count = hold(0, FEW);
    measure("handle-open+close,100", open_close);
    measure("handle-use,100", use_last);
    count = hold(count, MANY);
    if (count == MANY) {
        measure("handle-open+close,100000", open_close);
        measure("handle-use,100000", use_last);
    }
    let_go(count);
    NtClose(held_event);
    if (NtCreateDirectoryObject(&folder, DIRECTORY_ALL_ACCESS, named(L"\\BaseNamedObjects\\bench-many", OBJ_CASE_INSENSITIVE)))
        return;
    count = name_many(0, FEW);
    measure("open-by-name,100", open_by_name);
    count = name_many(count, NAMED_MANY);
    if (count == NAMED_MANY)
        measure("open-by-name,20000", open_by_name);
    let_go(count);
    NtClose(folder);
}
