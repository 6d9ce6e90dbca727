/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object manager's namespace: what a name may look like, collisions, case, open-if, root-relative names.
 * Known from: Wine's dlls/ntdll/tests/om.c (test_name_collisions, test_directory: statuses taken from real systems);
 * MSDN InitializeObjectAttributes and NtCreateDirectoryObject; Windows Internals, 4th ed., ch. 3 (object names).
 */
#include "tap.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE handle, second;

/* Only success changes `second`: what a failure leaves in the handle is not this file's matter. */
static NTSTATUS create(const WCHAR *name, ULONG attributes)
{
    HANDLE created;
    NTSTATUS status = NtCreateEvent(&created, EVENT_ALL_ACCESS, named(name, attributes), NotificationEvent, FALSE);
    if (status >= 0)
        second = created;
    return status;
}

static NTSTATUS open(const WCHAR *name, ULONG attributes)
{
    HANDLE opened;
    NTSTATUS status = NtOpenEvent(&opened, EVENT_ALL_ACCESS, named(name, attributes));
    if (status >= 0)
        second = opened;
    return status;
}

static void syntax(void)
{
    static const struct { const WCHAR *name; NTSTATUS create, open; const char *what_create, *what_open; } names[] = {
        {L"conf-x", STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_SYNTAX_BAD, "create, no leading backslash",
         "open, no leading backslash"},
        {L"BaseNamedObjects\\conf-x", STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_PATH_SYNTAX_BAD,
         "create, relative path without a root", "open, relative path without a root"},
        {L"\\\\BaseNamedObjects\\conf-x", STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID,
         "create, two backslashes in front", "open, two backslashes in front"},
        {BNO L"\\conf-x", STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID, "create, two backslashes inside",
         "open, two backslashes inside"},
        {BNO L"conf-x\\", STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, "create, backslash at the end",
         "open, backslash at the end"},
        {BNO, STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_INVALID, "create, a directory and a backslash",
         "open, a directory and a backslash"},
        {BNO L"conf-no\\conf-x", STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
         "create, no such directory", "open, no such directory"},
        {L"\\conf-no\\conf-no\\conf-x", STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
         "create, no such path", "open, no such path"},
        {L"\\BaseNamedObjects", STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_TYPE_MISMATCH, "create, name of a directory",
         "open, name of a directory"},
    };
    for (ULONG i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect(create(names[i].name, 0), names[i].create, names[i].what_create);
        expect(open(names[i].name, 0), names[i].open, names[i].what_open);
    }
    expect(open(L"", 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "open, empty name");
    expect(create(L"", 0), 0, "create, empty name: no name");
    NtClose(second);
}

static void collisions(void)
{
    HANDLE mutant;
    expect(NtCreateEvent(&handle, EVENT_ALL_ACCESS, named(BNO L"conf-name", 0), SynchronizationEvent, TRUE), 0, "create");
    expect(create(BNO L"conf-name", 0), STATUS_OBJECT_NAME_COLLISION, "create again");
    expect(create(BNO L"conf-name", OBJ_OPENIF), STATUS_OBJECT_NAME_EXISTS, "create again, open if there");
    expect(wait_ms(second, 0), 0, "that opened the one there");
    NtClose(second);
    expect(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-name", 0), FALSE), STATUS_OBJECT_NAME_COLLISION,
           "create another type");
    expect(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-name", OBJ_OPENIF), FALSE),
           STATUS_OBJECT_TYPE_MISMATCH, "create another type, open if there");
    expect(NtOpenMutant(&mutant, MUTANT_ALL_ACCESS, named(BNO L"conf-name", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "open another type");
    expect(open(BNO L"conf-name", 0), 0, "open");
    NtClose(handle);
    expect(NtSetEvent(second, NULL), 0, "the object lives while a handle is left");
    expect(create(BNO L"conf-name", 0), STATUS_OBJECT_NAME_COLLISION, "and so does the name");
    NtClose(second);
    expect(open(BNO L"conf-name", 0), STATUS_OBJECT_NAME_NOT_FOUND, "the last handle takes the name along");
    expect(create(BNO L"conf-name", OBJ_OPENIF), 0, "open if there, and it is not");
    NtClose(second);
}

static void cases(void)
{
    NtCreateEvent(&handle, EVENT_ALL_ACCESS, named(BNO L"conf-Case", 0), NotificationEvent, FALSE);
    expect(open(BNO L"CONF-cASE", OBJ_CASE_INSENSITIVE), 0, "open in another case, case-insensitive");
    NtClose(second);
    expect(open(BNO L"CONF-cASE", 0), STATUS_OBJECT_NAME_NOT_FOUND, "open in another case, case-sensitive");
    expect(open(L"\\basenamedobjects\\conf-Case", 0), STATUS_OBJECT_PATH_NOT_FOUND, "directory in another case");
    expect(open(L"\\basenamedobjects\\conf-case", OBJ_CASE_INSENSITIVE), 0, "directory in another case, case-insensitive");
    NtClose(second);
    expect(create(BNO L"CONF-CASE", OBJ_CASE_INSENSITIVE), STATUS_OBJECT_NAME_COLLISION, "create, case-insensitive");
    expect(create(BNO L"CONF-CASE", OBJ_CASE_INSENSITIVE | OBJ_OPENIF), STATUS_OBJECT_NAME_EXISTS, "open if, the same");
    NtClose(second);
    expect(create(BNO L"CONF-CASE", 0), 0, "create a second name that differs in case");
    NtClose(second);
    NtClose(handle);
}

/* ObCaseInsensitive, which XP brought and has set: of directories, symbolic links, devices and files, and no others. */
static void cases_unasked(void)
{
    BOOLEAN blind = nt_at_least(5, 1);
    IO_STATUS_BLOCK block;
    HANDLE same;
    NTSTATUS status = NtOpenDirectoryObject(&second, DIRECTORY_QUERY, named(L"\\BASENAMEDOBJECTS", 0));
    equal(status, blind ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, "a directory in another case");
    if (!status)
        NtClose(second);
    status = NtOpenSymbolicLinkObject(&second, SYMBOLIC_LINK_QUERY, named(L"\\dosdevices", 0));
    equal(status, blind ? 0 : STATUS_OBJECT_NAME_NOT_FOUND, "a link in another case");
    if (!status)
        NtClose(second);
    status = NtOpenFile(&second, FILE_READ_DATA | SYNCHRONIZE, named(L"\\device\\NULL", 0), &block, 7, 0);
    equal(status, blind ? 0 : STATUS_OBJECT_PATH_NOT_FOUND, "a device in another case");
    if (!status)
        NtClose(second);
    NtCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, named(BNO L"conf-Case", 0));
    status = NtCreateDirectoryObject(&same, DIRECTORY_ALL_ACCESS, named(BNO L"conf-cASE", 0));
    equal(status, blind ? STATUS_OBJECT_NAME_COLLISION : 0, "make a directory whose name differs in case");
    if (!status)
        NtClose(same);
    NtClose(handle);
}

static void roots(void)
{
    HANDLE directory, root, event;
    expect(NtOpenDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(L"\\BaseNamedObjects", 0)), 0, "open directory");
    expect(NtOpenDirectoryObject(&root, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, named(L"\\", 0)), 0, "open the root");
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, named_in(directory, L"conf-root", 0), NotificationEvent, FALSE), 0,
           "create relative to a directory");
    expect(open(BNO L"conf-root", 0), 0, "open it absolutely");
    NtClose(second);
    expect(NtOpenEvent(&second, EVENT_ALL_ACCESS, named_in(root, L"BaseNamedObjects\\conf-root", 0)), 0,
           "open it relative to the root");
    NtClose(second);
    expect(NtOpenEvent(&second, EVENT_ALL_ACCESS, named_in(directory, L"\\conf-root", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD,
           "a relative name must not begin with a backslash");
    expect(NtOpenEvent(&second, EVENT_ALL_ACCESS, named_in(directory, L"conf-none", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "relative, no such name");
    expect(NtOpenEvent(&second, EVENT_ALL_ACCESS, named_in(event, L"conf-root", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "an event is no root");
    expect(NtOpenEvent(&second, EVENT_ALL_ACCESS, named_in((HANDLE)0x7ff0, L"conf-root", 0)), STATUS_INVALID_HANDLE,
           "root is no handle");
    NtClose(event);
    NtClose(directory);
    NtClose(root);
}

static void types(void)
{
    LI size = {.QuadPart = 4096};
    UNICODE_STRING target = ustr(L"\\");
    HANDLE handles[6], other;
    expect(NtCreateMutant(&handles[0], MUTANT_ALL_ACCESS, named(BNO L"conf-m", 0), 0), 0, "create mutant");
    expect(NtCreateSemaphore(&handles[1], SEMAPHORE_ALL_ACCESS, named(BNO L"conf-s", 0), 0, 1), 0, "create semaphore");
    expect(NtCreateTimer(&handles[2], TIMER_ALL_ACCESS, named(BNO L"conf-t", 0), NotificationTimer), 0, "create timer");
    expect(NtCreateSection(&handles[3], SECTION_ALL_ACCESS, named(BNO L"conf-sec", 0), &size, PAGE_READWRITE, SEC_COMMIT,
                           NULL), 0, "create section");
    expect(NtCreateDirectoryObject(&handles[4], DIRECTORY_ALL_ACCESS, named(BNO L"conf-d", 0)), 0, "create directory");
    expect(NtCreateSymbolicLinkObject(&handles[5], SYMBOLIC_LINK_ALL_ACCESS, named(BNO L"conf-l", 0), &target), 0,
           "create link");
    expect(NtCreateSemaphore(&other, SEMAPHORE_ALL_ACCESS, named(BNO L"conf-s", OBJ_OPENIF), 0, 1),
           STATUS_OBJECT_NAME_EXISTS, "semaphore, open if there");
    NtClose(other);
    expect(NtCreateTimer(&other, TIMER_ALL_ACCESS, named(BNO L"conf-t", OBJ_OPENIF), 0), STATUS_OBJECT_NAME_EXISTS,
           "timer, open if there");
    NtClose(other);
    expect(NtCreateSection(&other, SECTION_ALL_ACCESS, named(BNO L"conf-sec", OBJ_OPENIF), &size, PAGE_READWRITE,
                           SEC_COMMIT, NULL), STATUS_OBJECT_NAME_EXISTS, "section, open if there");
    NtClose(other);
    expect(NtCreateDirectoryObject(&other, DIRECTORY_ALL_ACCESS, named(BNO L"conf-d", OBJ_OPENIF)),
           STATUS_OBJECT_NAME_EXISTS, "directory, open if there");
    NtClose(other);
    expect(NtOpenSemaphore(&other, SEMAPHORE_ALL_ACCESS, named(BNO L"conf-m", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "open mutant as semaphore");
    expect(NtOpenTimer(&other, TIMER_ALL_ACCESS, named(BNO L"conf-s", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "open semaphore as timer");
    expect(NtOpenSection(&other, SECTION_ALL_ACCESS, named(BNO L"conf-t", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "open timer as section");
    expect(NtOpenDirectoryObject(&other, DIRECTORY_ALL_ACCESS, named(BNO L"conf-sec", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "open section as directory");
    expect(NtOpenSymbolicLinkObject(&other, SYMBOLIC_LINK_ALL_ACCESS, named(BNO L"conf-d", 0)),
           STATUS_OBJECT_TYPE_MISMATCH, "open directory as link");
    expect(NtOpenSemaphore(&other, SEMAPHORE_ALL_ACCESS, named(BNO L"conf-s", 0)), 0, "open semaphore");
    NtClose(other);
    expect(NtOpenTimer(&other, TIMER_ALL_ACCESS, named(BNO L"conf-t", 0)), 0, "open timer");
    NtClose(other);
    for (int i = 0; i < 6; i++)
        NtClose(handles[i]);
}

void test_main(void)
{
    syntax();
    collisions();
    cases();
    cases_unasked();
    roots();
    types();
}
