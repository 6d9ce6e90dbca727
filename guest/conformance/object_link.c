/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbolic links of the object manager: traversal, query, what is refused.
 * Known from: Wine's dlls/ntdll/tests/om.c (test_symboliclink); MSDN NtOpenSymbolicLinkObject, NtQuerySymbolicLinkObject;
 * Windows Internals, 4th ed., ch. 3 (symbolic links are followed by a reparse of the rest of the name).
 */
#include "tap.h"

#define BNO L"\\BaseNamedObjects\\"
static HANDLE link, event, other, directory;

static NTSTATUS make(const WCHAR *name, const WCHAR *target)
{
    UNICODE_STRING string = ustr(target);
    HANDLE created;
    NTSTATUS status = NtCreateSymbolicLinkObject(&created, SYMBOLIC_LINK_ALL_ACCESS, named(name, 0), &string);
    if (status >= 0)
        link = created;
    return status;
}

static NTSTATUS open(const WCHAR *name)
{
    HANDLE opened;
    NTSTATUS status = NtOpenEvent(&opened, EVENT_ALL_ACCESS, named(name, 0));
    if (!status)
        NtClose(opened);
    return status;
}

static void traversal(void)
{
    HANDLE second;
    NtCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, named(BNO L"conf-ldir", 0));
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-ldir\\event", 0), NotificationEvent, FALSE);
    expect(make(BNO L"conf-link", BNO L"conf-ldir\\event"), 0, "create a link to an event");
    expect(open(BNO L"conf-link"), 0, "opening the link opens the event");
    expect(open(BNO L"conf-link\\x"), STATUS_OBJECT_TYPE_MISMATCH, "no path leads through an event");
    expect(NtOpenMutant(&other, MUTANT_ALL_ACCESS, named(BNO L"conf-link", 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "opening the link as a mutant");
    expect(NtCreateEvent(&other, EVENT_ALL_ACCESS, named(BNO L"conf-link", OBJ_OPENIF), NotificationEvent, FALSE),
           STATUS_OBJECT_NAME_EXISTS, "open-if goes through the link");
    NtClose(other);
    expect(NtCreateEvent(&other, EVENT_ALL_ACCESS, named(BNO L"conf-link", 0), NotificationEvent, FALSE),
           STATUS_OBJECT_NAME_COLLISION, "create collides with what the link leads to");
    NtClose(link);
    expect(make(BNO L"conf-link", BNO L"conf-ldir"), 0, "create a link to a directory");
    expect(open(BNO L"conf-link\\event"), 0, "a path through the link");
    expect(open(BNO L"conf-link\\none"), STATUS_OBJECT_NAME_NOT_FOUND, "a path through the link to nothing");
    expect(NtCreateEvent(&other, EVENT_ALL_ACCESS, named(BNO L"conf-link\\new", 0), NotificationEvent, FALSE), 0,
           "create through the link");
    expect(open(BNO L"conf-ldir\\new"), 0, "it is in the directory");
    NtClose(other);
    second = link;
    expect(make(BNO L"conf-link2", BNO L"conf-link"), 0, "create a link to the link");
    expect(open(BNO L"conf-link2\\event"), 0, "a path through both");
    NtClose(link);
    NtClose(second);
    expect(make(BNO L"conf-link", BNO L"conf-nowhere"), 0, "create a link to nothing");
    expect(open(BNO L"conf-link"), STATUS_OBJECT_NAME_NOT_FOUND, "open leads nowhere");
    expect(open(BNO L"conf-link\\x"), STATUS_OBJECT_PATH_NOT_FOUND, "a path leads nowhere");
    NtClose(link);
    expect(make(BNO L"conf-link", BNO L"conf-link"), 0, "create a link to itself");
    check(open(BNO L"conf-link") < 0, "a loop ends in an error");
    NtClose(link);
    NtClose(event);
    NtClose(directory);
}

static void query(void)
{
    WCHAR room[64];
    UNICODE_STRING result = {0, sizeof(room), room}, wanted = ustr(L"\\BaseNamedObjects");
    ULONG length = 0;
    make(BNO L"conf-link", L"\\BaseNamedObjects");
    expect(NtQuerySymbolicLinkObject(link, &result, &length), 0, "query");
    equal(result.Length, wanted.Length, "query: length");
    check(same_memory(room, wanted.Buffer, wanted.Length), "query: target");
    check(length == wanted.Length || length == wanted.MaximumLength, "query: return length");
    result.MaximumLength = wanted.Length - 2;
    expect(NtQuerySymbolicLinkObject(link, &result, &length), STATUS_BUFFER_TOO_SMALL, "query into too little");
    check(length >= wanted.Length, "query into too little: length needed");
    result.MaximumLength = sizeof(room);
    faults(BAD_OUT, p, NtQuerySymbolicLinkObject(link, p, NULL), "query, string");
    faults(BAD_OUT_OPTIONAL, p, NtQuerySymbolicLinkObject(link, &result, p), "query, length");
    expect(NtOpenSymbolicLinkObject(&other, READ_CONTROL, named(BNO L"conf-link", 0)), 0, "open to read security");
    expect(NtQuerySymbolicLinkObject(other, &result, NULL), STATUS_ACCESS_DENIED, "query without the right");
    NtClose(other);
    expect(NtQuerySymbolicLinkObject((HANDLE)0x7ff0, &result, NULL), STATUS_INVALID_HANDLE, "query, no such handle");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQuerySymbolicLinkObject(event, &result, NULL), STATUS_OBJECT_TYPE_MISMATCH, "query, an event");
    NtClose(event);
    expect(make(BNO L"conf-link", L"\\"), STATUS_OBJECT_NAME_COLLISION, "create twice");
    NtClose(link);
}

static void errors(void)
{
    UNICODE_STRING target = ustr(L"\\BaseNamedObjects");
    faults(BAD_OUT, p, NtCreateSymbolicLinkObject(p, SYMBOLIC_LINK_ALL_ACCESS, named(NULL, 0), &target), "create, handle");
    faults(BAD_IN, p, NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named(NULL, 0), p), "create, target");
    faults(BAD_IN, p, (target.Buffer = p, NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named(NULL, 0),
                                                                     &target)), "create, target's buffer");
    target = (UNICODE_STRING){0, 0, NULL};
    expect(NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named(BNO L"conf-link", 0), &target),
           STATUS_INVALID_PARAMETER, "create, empty target");
    target = ustr(L"\\BaseNamedObjects");
    target.Length = 5;
    expect(NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named(BNO L"conf-link", 0), &target),
           STATUS_INVALID_PARAMETER, "create, odd length of target");
    target.Length = 40;
    target.MaximumLength = 20;
    expect(NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, named(BNO L"conf-link", 0), &target),
           STATUS_INVALID_PARAMETER, "create, length above the maximum");
    expect(NtOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, named(BNO L"conf-none", 0)),
           STATUS_OBJECT_NAME_NOT_FOUND, "open of no link");
    expect(NtOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, named(L"\\BaseNamedObjects", 0)),
           STATUS_OBJECT_TYPE_MISMATCH, "open a directory as a link");
    expect(NtOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, named(L"\\DosDevices", 0)), 0, "open \\DosDevices");
    NtClose(link);
}

/* GLOBALROOT stands for nothing at all: what follows is a path from the root. */
static void global_root(void)
{
    static union { UNICODE_STRING name; WCHAR room[64]; } target;
    UNICODE_STRING text = {0, sizeof(target), (PWSTR)&target};
    HANDLE root;
    if (!nt_at_least(5, 1)) {
        tap_skip("the root among the devices", "not on Windows 2000");
        return;
    }
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-root", 0), NotificationEvent, FALSE);
    expect(NtOpenSymbolicLinkObject(&root, SYMBOLIC_LINK_QUERY, named(L"\\??\\GLOBALROOT", OBJ_CASE_INSENSITIVE)), 0,
           "the root among the devices");
    expect(NtQuerySymbolicLinkObject(root, &text, NULL), 0, "says where it leads");
    equal(text.Length, 0, "nowhere");
    NtClose(root);
    expect(NtOpenEvent(&other, EVENT_ALL_ACCESS, named(L"\\??\\GLOBALROOT\\BaseNamedObjects\\conf-root", OBJ_CASE_INSENSITIVE)), 0,
           "and to every object");
    NtClose(other);
    NtClose(event);
}

void test_main(void)
{
    traversal();
    query();
    errors();
    global_root();
}
