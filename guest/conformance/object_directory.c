/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Directories: enumeration, permanence, life time of what is in them.
 * Known from: MSDN NtQueryDirectoryObject (MORE_ENTRIES, NO_MORE_ENTRIES, BUFFER_TOO_SMALL); G. Nebbett, Native API
 * Reference, ch. 2 (NtMakeTemporaryObject, OBJ_PERMANENT); Wine's dlls/ntdll/tests/om.c (test_query_directory).
 */
#include "tap.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE directory;
static union { OBJECT_DIRECTORY_INFORMATION entries[8]; UCHAR bytes[1024]; } buffer;

static BOOLEAN is(UNICODE_STRING string, const WCHAR *text)
{
    UNICODE_STRING wanted = ustr(text);
    return string.Length == wanted.Length && same_memory(string.Buffer, wanted.Buffer, wanted.Length);
}

static void enumeration(void)
{
    HANDLE event, mutant;
    ULONG context = 0, length = 0;
    BOOLEAN event_seen = FALSE, mutant_seen = FALSE;
    expect(NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(BNO L"conf-dir", 0)), 0, "create");
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
           STATUS_NO_MORE_ENTRIES, "query of an empty directory");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named_in(directory, L"conf-a", 0), NotificationEvent, FALSE);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named_in(directory, L"conf-b", 0), FALSE);
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), FALSE, TRUE, &context, &length), 0, "query all");
    equal(context, 2, "context after two entries");
    for (int i = 0; i < 2; i++) {
        event_seen |= is(buffer.entries[i].Name, L"conf-a") && is(buffer.entries[i].TypeName, L"Event");
        mutant_seen |= is(buffer.entries[i].Name, L"conf-b") && is(buffer.entries[i].TypeName, L"Mutant");
    }
    check(event_seen, "the event is listed with its type");
    check(mutant_seen, "the mutant is listed with its type");
    check(!buffer.entries[2].Name.Length && !buffer.entries[2].Name.Buffer, "an empty entry ends the list");
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), FALSE, FALSE, &context, &length),
           STATUS_NO_MORE_ENTRIES, "query further");
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length), 0, "query first");
    equal(context, 1, "context after the first");
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, FALSE, &context, &length), 0, "query second");
    equal(context, 2, "context after the second");
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, FALSE, &context, &length),
           STATUS_NO_MORE_ENTRIES, "query third");
    context = 1;
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, FALSE, &context, NULL), 0,
           "query by context, no return length");
    length = 0;
    expect(NtQueryDirectoryObject(directory, &buffer, 16, TRUE, TRUE, &context, &length), STATUS_BUFFER_TOO_SMALL,
           "query one into 16 bytes");
    check(length > 32, "the length needed comes back");
    expect(NtQueryDirectoryObject(directory, &buffer, 70, FALSE, TRUE, &context, &length), STATUS_MORE_ENTRIES,
           "query all where one fits");
    equal(context, 1, "context says one");
    NtClose(event);
    NtClose(mutant);
    expect(NtQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
           STATUS_NO_MORE_ENTRIES, "closed objects leave the directory");
}

static void life(void)
{
    HANDLE event, again;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named_in(directory, L"conf-a", 0), NotificationEvent, FALSE);
    NtClose(directory);
    expect(NtOpenDirectoryObject(&again, DIRECTORY_ALL_ACCESS, named(BNO L"conf-dir", 0)),
           STATUS_OBJECT_NAME_NOT_FOUND, "closed, the directory's name goes though an object is in it");
    expect(NtSetEvent(event, NULL), 0, "that object stays usable");
    NtClose(event);
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-perm", OBJ_PERMANENT), NotificationEvent, TRUE), 0,
           "create permanent");
    NtClose(event);
    expect(NtOpenEvent(&event, EVENT_MODIFY_STATE, named(BNO L"conf-perm", 0)), 0, "it stays without a handle");
    expect(NtMakeTemporaryObject(event), STATUS_ACCESS_DENIED, "make temporary without DELETE");
    NtClose(event);
    expect(NtOpenEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-perm", 0)), 0, "open again");
    expect(wait_ms(event, 0), 0, "it kept its state");
    expect(NtMakeTemporaryObject(event), 0, "make temporary");
    expect(NtOpenEvent(&again, EVENT_ALL_ACCESS, named(BNO L"conf-perm", 0)), 0, "still there while open");
    NtClose(again);
    NtClose(event);
    expect(NtOpenEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-perm", 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "gone with the last handle");
    expect(NtMakeTemporaryObject((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "make temporary, no such handle");
}

static void errors(void)
{
    HANDLE event, query;
    ULONG context = 0, length;
    NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(BNO L"conf-dir2", 0));
    faults(BAD_OUT, p, NtCreateDirectoryObject(p, DIRECTORY_ALL_ACCESS, named(NULL, 0)), "create, handle");
    faults(BAD_OUT, p, NtOpenDirectoryObject(p, DIRECTORY_QUERY, named(L"\\", 0)), "open, handle");
    faults(BAD_OUT, p, NtQueryDirectoryObject(directory, p, 64, TRUE, TRUE, &context, &length), "query, buffer");
    faults(BAD_OUT, p, NtQueryDirectoryObject(directory, &buffer, 64, TRUE, TRUE, p, &length), "query, context");
    faults(BAD_OUT_OPTIONAL, p, NtQueryDirectoryObject(directory, &buffer, 64, TRUE, TRUE, &context, p), "query, length");
    expect(NtCreateDirectoryObject(&query, DIRECTORY_ALL_ACCESS, named(BNO L"conf-dir2", 0)),
           STATUS_OBJECT_NAME_COLLISION, "create twice");
    expect(NtOpenDirectoryObject(&query, DIRECTORY_TRAVERSE, named(BNO L"conf-dir2", 0)), 0, "open to traverse");
    expect(NtQueryDirectoryObject(query, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length), STATUS_ACCESS_DENIED,
           "query without the right");
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, named_in(query, L"conf-x", 0), NotificationEvent, FALSE), 0,
           "a root handle's own access does not matter for creating: the directory's security does");
    NtClose(event);
    NtClose(query);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQueryDirectoryObject(event, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
           STATUS_OBJECT_TYPE_MISMATCH, "query, an event");
    expect(NtQueryDirectoryObject(NULL, &buffer, sizeof(buffer), TRUE, TRUE, &context, &length), STATUS_INVALID_HANDLE,
           "query, NULL handle");
    NtClose(event);
    NtClose(directory);
}

void test_main(void)
{
    enumeration();
    life();
    errors();
}
