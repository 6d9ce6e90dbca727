/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQueryObject: basic, name, type; the generic mapping of every type; counts.
 * Known from: MSDN NtQueryObject; G. Nebbett, Native API Reference, ch. 2; winnt.h (…_ALL_ACCESS of the time) and the
 * generic mappings that object type tools such as WinObj show; Wine's dlls/ntdll/tests/om.c (test_query_object).
 */
#include "tap.h"

#define BNO L"\\BaseNamedObjects\\"

static BOOLEAN ends_with(UNICODE_STRING string, const WCHAR *text)
{
    UNICODE_STRING wanted = ustr(text);
    return string.Length >= wanted.Length && string.Buffer &&
           same_memory((UCHAR *)string.Buffer + string.Length - wanted.Length, wanted.Buffer, wanted.Length);
}

static void basic(void)
{
    OBJECT_BASIC_INFORMATION info;
    HANDLE event, second;
    ULONG length = 0;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-q", OBJ_INHERIT), NotificationEvent, FALSE);
    expect(NtQueryObject(event, ObjectBasicInformation, &info, sizeof(info), &length), 0, "basic");
    equal(length, 56, "basic: length");
    equal(info.Attributes & OBJ_INHERIT, OBJ_INHERIT, "basic: inherit");
    equal(info.GrantedAccess, 0x1f0003, "basic: access");
    equal(info.HandleCount, 1, "basic: one handle");
    equal(info.Attributes & OBJ_PERMANENT, 0, "basic: not permanent");
    NtOpenEvent(&second, EVENT_QUERY_STATE, named(BNO L"conf-q", 0));
    NtQueryObject(second, ObjectBasicInformation, &info, sizeof(info), NULL);
    equal(info.HandleCount, 2, "basic: two handles");
    check(info.PointerCount > info.HandleCount, "basic: the query itself holds a pointer");
    equal(info.GrantedAccess, 1, "basic: access is the handle's");
    equal(info.Attributes & OBJ_INHERIT, 0, "basic: inherit is the handle's");
    NtClose(second);
    expect(NtQueryObject(event, ObjectBasicInformation, &info, 55, NULL), STATUS_INFO_LENGTH_MISMATCH, "basic, length 55");
    expect(NtQueryObject(event, ObjectBasicInformation, &info, 57, NULL), STATUS_INFO_LENGTH_MISMATCH, "basic, length 57");
    expect(NtQueryObject(event, 99, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "class 99");
    expect(NtQueryObject((HANDLE)0x7ff0, ObjectBasicInformation, &info, sizeof(info), NULL), STATUS_INVALID_HANDLE,
           "no such handle");
    faults(BAD_OUT, p, NtQueryObject(event, ObjectBasicInformation, p, sizeof(info), NULL), "basic, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryObject(event, ObjectBasicInformation, &info, sizeof(info), p), "basic, length");
    NtClose(event);
}

static void name(void)
{
    union { UNICODE_STRING name; UCHAR bytes[256]; } info;
    HANDLE event, directory;
    ULONG length = 0, needed;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQueryObject(event, ObjectNameInformation, &info, sizeof(info), &length), 0, "name of a nameless object");
    equal(info.name.Length, 0, "is empty");
    equal((ULONG_PTR)info.name.Buffer, 0, "without a buffer");
    equal(length, 8, "and takes 8 bytes");
    NtClose(event);
    NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(BNO L"conf-qd", 0));
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named_in(directory, L"conf-q", 0), NotificationEvent, FALSE);
    expect(NtQueryObject(event, ObjectNameInformation, &info, sizeof(info), &length), 0, "name");
    check(ends_with(info.name, L"\\conf-qd\\conf-q"), "name: the whole path");
    equal(info.name.MaximumLength, info.name.Length + 2, "name: room for the zero");
    equal(info.name.Buffer[info.name.Length / 2], 0, "name: ends with zero");
    equal(length, 8 + info.name.MaximumLength, "name: length");
    needed = length;
    length = 0;
    check(NtQueryObject(event, ObjectNameInformation, &info, needed - 2, &length) < 0, "name into too little fails");
    equal(length, needed, "and tells the length");
    expect(NtQueryObject(event, ObjectNameInformation, &info, 4, &length), STATUS_INFO_LENGTH_MISMATCH, "name, length 4");
    expect(NtQueryObject(event, ObjectNameInformation, &info, needed, &length), 0, "name into exactly enough");
    NtClose(event);
    NtClose(directory);
    NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, named(L"\\", 0));
    expect(NtQueryObject(directory, ObjectNameInformation, &info, sizeof(info), &length), 0, "name of the root");
    equal(info.name.Length, 2, "is one character");
    NtClose(directory);
}

struct type { const WCHAR *name; ULONG read, write, execute, all, valid; const char *what[7]; };
#define WHAT(t) {t ": type name", t ": generic read", t ": generic write", t ": generic execute", t ": generic all", \
                 t ": maximum allowed", t ": valid access"}

static void type_of(HANDLE handle, const struct type *type)
{
    union { OBJECT_TYPE_INFORMATION type; UCHAR bytes[256]; } info;
    static const ULONG generic[5] = {GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL, MAXIMUM_ALLOWED};
    const ULONG wanted[5] = {type->read, type->write, type->execute, type->all, type->all};
    ULONG length;
    HANDLE copy;
    NTSTATUS status = NtQueryObject(handle, ObjectTypeInformation, &info, sizeof(info), &length);
    check(status == 0 && ends_with(info.type.TypeName, type->name), type->what[0]);
    for (int i = 0; i < 5; i++) {
        NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &copy, generic[i], 0, 0);
        equal(granted_access(copy), wanted[i], type->what[1 + i]);
        NtClose(copy);
    }
    equal(info.type.ValidAccessMask, type->valid, type->what[6]);
}

static void types(void)
{
    static const struct type expected[] = {
        {L"Event", 0x20001, 0x20002, 0x120000, 0x1f0003, 0x1f0003, WHAT("Event")},
        {L"Mutant", 0x20001, 0x20000, 0x120000, 0x1f0001, 0x1f0001, WHAT("Mutant")},
        {L"Semaphore", 0x20001, 0x20002, 0x120000, 0x1f0003, 0x1f0003, WHAT("Semaphore")},
        {L"Timer", 0x20001, 0x20002, 0x120000, 0x1f0003, 0x1f0003, WHAT("Timer")},
        {L"Section", 0x20005, 0x20002, 0x20008, 0xf001f, 0x1f001f, WHAT("Section")},
        {L"Directory", 0x20003, 0x2000c, 0x20003, 0xf000f, 0xf000f, WHAT("Directory")},
        {L"SymbolicLink", 0x20001, 0x20000, 0x20001, 0xf0001, 0xf0001, WHAT("SymbolicLink")},
        {L"Process", 0x20410, 0x20beb, 0x120000, 0x1f0fff, 0x1f0fff, WHAT("Process")},
        {L"Thread", 0x20048, 0x20037, 0x120000, 0x1f03ff, 0x1f03ff, WHAT("Thread")},
    };
    LI size = {.QuadPart = 4096};
    UNICODE_STRING target = ustr(L"\\");
    HANDLE handles[9];
    NtCreateEvent(&handles[0], EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateMutant(&handles[1], MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateSemaphore(&handles[2], SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
    NtCreateTimer(&handles[3], TIMER_ALL_ACCESS, NULL, NotificationTimer);
    NtCreateSection(&handles[4], SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtCreateDirectoryObject(&handles[5], DIRECTORY_ALL_ACCESS, named(NULL, 0));
    NtCreateSymbolicLinkObject(&handles[6], SYMBOLIC_LINK_ALL_ACCESS, named(NULL, 0), &target);
    handles[7] = NtCurrentProcess();
    handles[8] = NtCurrentThread();
    for (int i = 0; i < 9; i++) {
        type_of(handles[i], &expected[i]);
        if (i < 7)
            NtClose(handles[i]);
    }
}

/* Directories in directories: a name has as many parts as one likes, up to what a string can hold. */
static void deep(void)
{
    enum { DEPTH = 3000, MANY = 150 };
    static HANDLE all[DEPTH];
    static union { UNICODE_STRING name; UCHAR room[0x18000]; } info;
    static WCHAR wide[251];
    NTSTATUS status = 0;
    ULONG length = 0, made;
    for (made = 0; made < DEPTH && !status; made++)
        status = NtCreateDirectoryObject(&all[made], DIRECTORY_ALL_ACCESS,
                                         made ? named_in(all[made - 1], L"d", 0) : named(BNO L"conf-d", 0));
    expect(status, 0, "directories in each other");
    expect(NtQueryObject(all[made - 1], ObjectNameInformation, &info, sizeof(info), &length), 0, "name of the deepest");
    equal(info.name.Length, (17 + 1 + 6 + (DEPTH - 1) * 2) * 2, "has all parts");
    while (made)
        NtClose(all[--made]);
    for (int i = 0; i < 250; i++)
        wide[i] = L'w';
    for (made = 0; made < MANY; made++)
        NtCreateDirectoryObject(&all[made], DIRECTORY_ALL_ACCESS,
                                made ? named_in(all[made - 1], wide, 0) : named(BNO L"conf-w", 0));
    expect(NtQueryObject(all[100], ObjectNameInformation, &info, sizeof(info), &length), 0, "a long name");
    check(NtQueryObject(all[MANY - 1], ObjectNameInformation, &info, sizeof(info), &length) < 0, "one that no string can hold");
    while (made)
        NtClose(all[--made]);
}

/* Objects and handles of a type are counted over the whole system. */
static void counts(void)
{
    union { OBJECT_TYPE_INFORMATION type; UCHAR bytes[256]; } before, after;
    HANDLE timer, more[3], copy;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);
    NtQueryObject(timer, ObjectTypeInformation, &before, sizeof(before), NULL);
    for (int i = 0; i < 3; i++)
        NtCreateTimer(&more[i], TIMER_ALL_ACCESS, NULL, NotificationTimer);
    NtDuplicateObject(NtCurrentProcess(), timer, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS);
    NtQueryObject(timer, ObjectTypeInformation, &after, sizeof(after), NULL);
    equal(after.type.TotalNumberOfObjects - before.type.TotalNumberOfObjects, 3, "three more objects");
    equal(after.type.TotalNumberOfHandles - before.type.TotalNumberOfHandles, 4, "four more handles");
    for (int i = 0; i < 3; i++)
        NtClose(more[i]);
    NtClose(copy);
    NtQueryObject(timer, ObjectTypeInformation, &after, sizeof(after), NULL);
    equal(after.type.TotalNumberOfObjects, before.type.TotalNumberOfObjects, "objects as before");
    equal(after.type.TotalNumberOfHandles, before.type.TotalNumberOfHandles, "handles as before");
    NtClose(timer);
}

void test_main(void)
{
    basic();
    name();
    types();
    counts();
    deep();
}
