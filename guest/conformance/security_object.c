/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQuerySecurityObject and NtSetSecurityObject, and what opening an object then grants.
 * Known from: MSDN GetKernelObjectSecurity, SetKernelObjectSecurity, SECURITY_INFORMATION; Wine's
 * dlls/advapi32/tests/security.c (test_process_security, test_kernel_objects_security); Windows Internals, 4th ed., ch. 8;
 * Chromium's base/memory notes on Windows (an object without a name has no access list before Windows 8).
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
enum { OWNER = OWNER_SECURITY_INFORMATION, GROUP = GROUP_SECURITY_INFORMATION, DACL = DACL_SECURITY_INFORMATION,
       SACL = SACL_SECURITY_INFORMATION };
static HANDLE event;
static ULONG needed;
static union { BYTE bytes[512]; SECURITY_DESCRIPTOR_RELATIVE head; } data;
static ANY_ACL acl;

static NTSTATUS query(HANDLE of, ULONG what)
{
    for (ULONG i = 0; i < sizeof(data); i++)
        data.bytes[i] = 0xcc;
    return NtQuerySecurityObject(of, what, &data, sizeof(data), &needed);
}

static NTSTATUS open(ACCESS_MASK access)
{
    HANDLE opened;
    NTSTATUS status = NtOpenEvent(&opened, access, named(BNO L"conf-sec", 0));
    if (status >= 0)
        NtClose(opened);
    return status;
}

static NTSTATUS set_list(HANDLE of)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, &acl);
    return NtSetSecurityObject(of, DACL, &sd);
}

static void queries(void)
{
    ULONG size;
    expect(NtQuerySecurityObject(event, OWNER | GROUP | DACL, NULL, 0, &size), STATUS_BUFFER_TOO_SMALL, "query, no room");
    expect(query(event, OWNER | GROUP | DACL), 0, "query");
    equal(needed, size, "length");
    equal(data.head.Revision, 1, "revision");
    check(data.head.Control & SE_SELF_RELATIVE, "self-relative");
    check(data.head.Control & SE_DACL_PRESENT, "with a list");
    check(OWNER_OF(&data) != NULL, "with an owner");
    check(GROUP_OF(&data) != NULL, "with a group");
    expect(query(event, OWNER), 0, "query the owner");
    equal(needed, 20 + sid_size(OWNER_OF(&data)), "owner: length");
    check(!data.head.Group && !data.head.Dacl && !data.head.Sacl, "owner: nothing else");
    expect(query(event, DACL), 0, "query the list");
    equal(needed, 20 + acl_size(DACL_OF(&data)), "list: length");
    expect(query(event, 0), 0, "query nothing");
    equal(needed, 20, "nothing: length");
    expect(query(event, SACL), STATUS_ACCESS_DENIED, "query the audit list, without the right");
    expect(query(NULL, OWNER), STATUS_INVALID_HANDLE, "query no handle");
    expect(query(NtCurrentProcess(), OWNER | DACL), 0, "query the own process");
    check(DACL_OF(&data) != NULL, "it has a list");
    faults(BAD_OUT, p, NtQuerySecurityObject(event, OWNER, &data, sizeof(data), p), "query, length needed");
}

static void unnamed(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, acl_start(&acl, ACL_REVISION));
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, NULL, 0, &sd, NULL};
    HANDLE one, more;
    expect(NtCreateEvent(&one, EVENT_QUERY_STATE | READ_CONTROL | WRITE_DAC, NULL, NotificationEvent, FALSE), 0, "no name");
    expect(query(one, OWNER | GROUP | DACL), 0, "query what has no descriptor");
    equal(needed, 20, "no descriptor: length");
    equal(data.head.Control, SE_SELF_RELATIVE, "no descriptor: control");
    expect(set_list(one), STATUS_NO_SECURITY_ON_OBJECT, "it cannot be given one");
    expect(NtDuplicateObject(NtCurrentProcess(), one, NtCurrentProcess(), &more, EVENT_ALL_ACCESS, 0, 0), 0,
           "everybody may have every right");
    NtClose(one);
    NtClose(more);
    expect(NtCreateEvent(&one, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), 0, "no name, but a descriptor");
    query(one, OWNER | GROUP | DACL);
    equal(needed, 20, "which is not kept");
    NtClose(one);
    sd.Revision = 7;
    expect(NtCreateEvent(&one, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_UNKNOWN_REVISION,
           "though it must be one");
}

static BOOLEAN required(HANDLE of)
{
    union { OBJECT_TYPE_INFORMATION type; BYTE bytes[256]; } info = {0};
    NtQueryObject(of, ObjectTypeInformation, &info, sizeof(info), NULL);
    return info.type.SecurityRequired;
}

static ULONG kept(HANDLE of)
{
    OBJECT_BASIC_INFORMATION info = {0};
    NtQueryObject(of, ObjectBasicInformation, &info, sizeof(info), NULL);
    return info.SecurityDescriptorLength;
}

/* Processes, threads and tokens have a descriptor without a name. */
static void types(void)
{
    HANDLE one, token = own_token(TOKEN_QUERY | READ_CONTROL);
    NtCreateEvent(&one, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    equal(required(NtCurrentProcess()), TRUE, "a process must have a descriptor");
    equal(required(NtCurrentThread()), TRUE, "a thread must");
    equal(required(token), TRUE, "a token must");
    equal(required(one), FALSE, "an event need not");
    expect(query(token, OWNER | DACL), 0, "query a token's descriptor");
    check(DACL_OF(&data) != NULL, "a token has a list");
    expect(query(NtCurrentThread(), OWNER | DACL), 0, "query a thread's descriptor");
    check(DACL_OF(&data) != NULL, "a thread has a list");
    query(event, OWNER | GROUP | DACL);
    equal(kept(event), needed, "how long a named event's descriptor is");
    equal(kept(one), 0, "and how long one that is not there");
    NtClose(one);
    NtClose(token);
}

static void lists(void)
{
    HANDLE weak;
    SECURITY_DESCRIPTOR nothing = {1, 0, SE_DACL_PRESENT, NULL, NULL, NULL, NULL};
    acl_start(&acl, ACL_REVISION);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, EVENT_QUERY_STATE | READ_CONTROL, &world);
    expect(set_list(event), 0, "set a list");
    query(event, DACL);
    check(DACL_OF(&data) && same_memory(DACL_OF(&data), &acl, acl.head.AclSize), "it is read back byte for byte");
    expect(open(EVENT_QUERY_STATE), 0, "open with what it grants");
    expect(open(EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "open with what it does not");
    expect(open(EVENT_QUERY_STATE | EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "open with both");
    expect(open(EVENT_ALL_ACCESS), STATUS_ACCESS_DENIED, "open with all");
    expect(open(0), STATUS_ACCESS_DENIED, "open with nothing");
    expect(open(WRITE_DAC | READ_CONTROL), 0, "the owner can always get at the list");
    expect(open(GENERIC_READ), 0, "open with a generic right");
    expect(open(GENERIC_WRITE), STATUS_ACCESS_DENIED, "open with another");
    expect(NtOpenEvent(&weak, MAXIMUM_ALLOWED, named(BNO L"conf-sec", 0)), 0, "open with as much as may be");
    equal(granted_access(weak), EVENT_QUERY_STATE | READ_CONTROL | WRITE_DAC, "that is what list and ownership grant");
    expect(NtSetEvent(weak, NULL), STATUS_ACCESS_DENIED, "no more than that");
    NtClose(weak);
    expect(NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &weak, EVENT_QUERY_STATE, 0, 0), 0,
           "a weaker copy of a handle");
    HANDLE strong;
    expect(NtDuplicateObject(NtCurrentProcess(), weak, NtCurrentProcess(), &strong, EVENT_MODIFY_STATE, 0, 0),
           STATUS_ACCESS_DENIED, "a stronger copy is checked");
    expect(set_list(weak), STATUS_ACCESS_DENIED, "set a list without the right");
    expect(query(weak, DACL), STATUS_ACCESS_DENIED, "query a list without the right");
    NtClose(weak);
    expect(NtCreateEvent(&weak, EVENT_MODIFY_STATE, named(BNO L"conf-sec", OBJ_OPENIF), NotificationEvent, FALSE),
           STATUS_ACCESS_DENIED, "create what is there: opened, so checked");
    acl_start(&acl, ACL_REVISION);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, &world);
    expect(set_list(event), 0, "set a list with a generic right");
    query(event, DACL);
    equal(DACL_OF(&data) ? ace_mask(first_ace(DACL_OF(&data))) : 0, EVENT_ALL_ACCESS, "it is kept as what it means");
    expect(open(EVENT_ALL_ACCESS), 0, "and grants that");
    acl_start(&acl, ACL_REVISION);
    expect(set_list(event), 0, "set an empty list");
    expect(open(EVENT_QUERY_STATE), STATUS_ACCESS_DENIED, "nobody is let in");
    expect(NtSetSecurityObject(event, DACL, &nothing), 0, "set a NULL list");
    query(event, DACL);
    check(data.head.Control & SE_DACL_PRESENT && !data.head.Dacl, "the list is present and NULL");
    expect(open(EVENT_ALL_ACCESS), 0, "everybody is let in");
}

static void owners(void)
{
    SECURITY_DESCRIPTOR sd = {1, 0, 0, &bob, NULL, NULL, NULL};
    expect(NtSetSecurityObject(event, OWNER, &sd), STATUS_INVALID_OWNER, "make a stranger the owner");
    own_privilege(18, TRUE); /* SeRestorePrivilege */
    expect(NtSetSecurityObject(event, OWNER, &sd), 0, "who restores may");
    own_privilege(18, FALSE);
    query(event, OWNER);
    check(same_sid(OWNER_OF(&data), &bob), "the owner is another");
    sd.Owner = &administrators;
    expect(NtSetSecurityObject(event, OWNER, &sd), 0, "make oneself the owner");
    sd.Owner = NULL;
    expect(NtSetSecurityObject(event, OWNER, &sd), STATUS_INVALID_SECURITY_DESCR, "make nobody the owner");
    sd.Group = &bob;
    expect(NtSetSecurityObject(event, GROUP, &sd), 0, "any group will do");
    query(event, GROUP);
    check(same_sid(GROUP_OF(&data), &bob), "the group is another");
}

static void wrong(void)
{
    static ANY_SID bad = {1, 16, {0}, {0}};
    SECURITY_DESCRIPTOR sd = descriptor(&bad, NULL, acl_start(&acl, ACL_REVISION));
    expect(NtSetSecurityObject(event, OWNER, NULL), STATUS_ACCESS_VIOLATION, "set nothing");
    expect(NtSetSecurityObject(NULL, OWNER, &sd), STATUS_INVALID_HANDLE, "set, no handle");
    expect(NtSetSecurityObject(event, OWNER, &sd), STATUS_INVALID_SID, "a SID that is none");
    sd.Owner = &administrators;
    acl.head.AclSize = 7;
    expect(NtSetSecurityObject(event, DACL, &sd), STATUS_INVALID_ACL, "a list that is too short");
    acl.head.AclSize = 8;
    acl.head.AceCount = 2;
    expect(NtSetSecurityObject(event, DACL, &sd), STATUS_INVALID_ACL, "a list with fewer entries than it says");
    sd.Revision = 0;
    expect(NtSetSecurityObject(event, DACL, &sd), STATUS_UNKNOWN_REVISION, "another revision");
}

static void audit(void)
{
    HANDLE one;
    SECURITY_DESCRIPTOR sd = {1, 0, SE_SACL_PRESENT, NULL, NULL, &acl.head, NULL};
    expect(open(ACCESS_SYSTEM_SECURITY), STATUS_PRIVILEGE_NOT_HELD, "the audit list, without the privilege");
    own_privilege(8, TRUE); /* SeSecurityPrivilege */
    expect(NtOpenEvent(&one, ACCESS_SYSTEM_SECURITY, named(BNO L"conf-sec", 0)), 0, "the audit list, with it");
    own_privilege(8, FALSE);
    expect(query(one, SACL), 0, "query the audit list");
    check(!data.head.Sacl, "there is none");
    acl_add(acl_start(&acl, ACL_REVISION), SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG, EVENT_ALL_ACCESS, &world);
    expect(NtSetSecurityObject(one, SACL, &sd), 0, "set the audit list");
    check(!query(one, SACL) && SACL_OF(&data) && same_memory(SACL_OF(&data), &acl, acl.head.AclSize), "it is read back");
    expect(query(one, OWNER), STATUS_ACCESS_DENIED, "the right to it is no right to the rest");
    NtClose(one);
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(BNO L"conf-sec", 0), NotificationEvent, FALSE);
    queries();
    unnamed();
    types();
    lists();
    owners();
    wrong();
    audit();
    NtClose(event);
}
