/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes without end, and says after each write that the kernel has acknowledged it: "registry 17". What step N writes
 * depends on N alone, so that tests/durability can say what must be there after any number of steps. A new kind of
 * load: a function that makes step N, its name in LOADS, and a class in tests/durability/test_kill.py.
 */
#include "ntapi_cm.h"

int __cdecl _snwprintf(WCHAR *, SIZE_T, const WCHAR *, ...);

static HANDLE top;

static UNICODE_STRING format(WCHAR *text, const WCHAR *how, ULONG number)
{
    UNICODE_STRING string = {0, 64, text};
    string.Length = (USHORT)(_snwprintf(text, 31, how, number) * 2);
    return string;
}

static NTSTATUS registry_begin(void)
{
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, NULL, OBJ_CASE_INSENSITIVE, NULL, NULL};
    static WCHAR path[] = SOFTWARE L"\\durability";
    UNICODE_STRING name = {sizeof(path) - 2, sizeof(path), path};
    attributes.ObjectName = &name;
    return NtCreateKey(&top, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
}

/* Mostly values; now and then a key comes, an older one goes. */
static NTSTATUS registry_step(ULONG n)
{
    static UCHAR data[3000];
    WCHAR text[32];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), top, &name, 0, NULL, NULL};
    HANDLE key;
    NTSTATUS status;
    switch (n % 5) {
    case 0:
        name = format(text, L"key%u", n);
        status = NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
        if (status == 0)
            NtClose(key);
        return status;
    case 3:
        if (n < 20 || n % 2)
            break;
        name = format(text, L"key%u", n - 18); /* 18 steps ago: a multiple of five */
        status = NtOpenKey(&key, KEY_ALL_ACCESS, &attributes);
        if (status)
            return status;
        status = NtDeleteKey(key);
        NtClose(key);
        return status;
    }
    name = format(text, L"value%u", n % 7);
    for (ULONG i = 0; i < sizeof(data); i++)
        data[i] = (UCHAR)n;
    *(ULONG *)data = n;
    return NtSetValueKey(top, &name, 0, REG_BINARY, data, 4 + (n % 11 ? n % 50 : 2000));
}

static HANDLE folder, data;
static IO_STATUS_BLOCK io;

static NTSTATUS open_in(HANDLE *file, const WCHAR *how, ULONG number, ULONG access, ULONG disposition)
{
    WCHAR text[32];
    UNICODE_STRING name = format(text, how, number);
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), folder, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    return NtCreateFile(file, access | SYNCHRONIZE, &attributes, &io, NULL, 0, 7, disposition, 0x20, NULL, 0);
}

static NTSTATUS files_begin(void)
{
    static WCHAR path[] = L"\\??\\C:\\durability";
    UNICODE_STRING name = {sizeof(path) - 2, sizeof(path), path};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    NTSTATUS status = NtCreateFile(&folder, FILE_LIST_DIRECTORY | FILE_ADD_FILE | SYNCHRONIZE, &attributes, &io, NULL, 0, 7, 3,
                                   0x21, NULL, 0);
    return status ? status : open_in(&data, L"data", 0, FILE_WRITE_DATA, 3);
}

/* A record is written; a file comes; it gets another's name. Each is one change on the disk. */
static NTSTATUS files_step(ULONG n)
{
    struct { BOOLEAN replace; HANDLE root; ULONG length; WCHAR name[2]; } to = {TRUE, folder, 4, {L'g', (WCHAR)(L'0' + n % 5)}};
    ULONG record[4] = {n, n, n, n};
    LI at = {.QuadPart = n % 9 * sizeof(record)};
    HANDLE file;
    NTSTATUS status;
    if (n % 3 == 0)
        return NtWriteFile(data, NULL, NULL, NULL, &io, record, sizeof(record), &at, NULL);
    status = open_in(&file, L"f%u", n % 3 == 1 ? n : n - 1, DELETE, n % 3 == 1 ? 2 : 1);
    if (status)
        return status;
    if (n % 3 == 2)
        status = NtSetInformationFile(file, &io, &to, sizeof(to), 10);
    NtClose(file);
    return status;
}

static const struct load { const WCHAR *says; NTSTATUS (*begin)(void), (*step)(ULONG); } LOADS[] = {
    {L"registry %u\n", registry_begin, registry_step},
    {L"files %u\n", files_begin, files_step},
};

void __stdcall NtProcessStartup(PVOID peb)
{
    (void)peb;
    NTSTATUS status;
    for (ULONG i = 0; i < sizeof(LOADS) / sizeof(LOADS[0]); i++)
        if ((status = LOADS[i].begin()) != 0)
            NtTerminateProcess(NtCurrentProcess(), status);
    for (ULONG n = 0;; n++)
        for (ULONG i = 0; i < sizeof(LOADS) / sizeof(LOADS[0]); i++) {
            WCHAR text[32];
            UNICODE_STRING line;
            if ((status = LOADS[i].step(n)) != 0)
                NtTerminateProcess(NtCurrentProcess(), status);
            line = format(text, LOADS[i].says, n);
            NtDisplayString(&line);
        }
}
