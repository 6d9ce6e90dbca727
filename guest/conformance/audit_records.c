/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the security log records: GenerateOnClose says so of openings. This program plays the local security authority, which
 * sets the policy; tests/hooks looks at the records themselves.
 * Known from: MSDN AccessCheckAndAuditAlarm, ObjectOpenAuditAlarm, SYSTEM_AUDIT_ACE, SYSTEM_AUDIT_OBJECT_ACE, POLICY_AUDIT_EVENT_*;
 * Windows Internals, 4th ed., ch. 8 (security auditing); that an opening told of as refused still has GenerateOnClose, and a
 * refused check has not: known of Windows Server 2003; no public test shows it.
 */
#include "ntapi_file.h"
#include "ntapi_lpc.h"
#include "ntapi_se.h"

NTCALL(NtAccessCheckByTypeAndAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, PSID, ACCESS_MASK,
       ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *, BOOLEAN *);
NTCALL(NtAccessCheckByTypeResultListAndAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, PSID,
       ACCESS_MASK, ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *, BOOLEAN *);
NTCALL(NtAccessCheckByTypeResultListAndAuditAlarmByHandle, UNICODE_STRING *, PVOID, HANDLE, UNICODE_STRING *, UNICODE_STRING *,
       PVOID, PSID, ACCESS_MASK, ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *,
       BOOLEAN *);

enum { READ = 1, WRITE = 2, ALL = 3, AUDIT_SET = 1 };
enum { SUCCESS = 0x40, FAILURE = 0x80, INHERIT_ONLY = 8 }; /* flags of entries */
enum { OBJECT = 2, PRIVILEGE = 3, DIRECTORY = 7, CATEGORIES = 9, WELL = 1, ILL = 2 };
enum { AUDIT_PRIVILEGE = 21, SECURITY_PRIVILEGE = 8, SHUTDOWN_PRIVILEGE = 19, TCB_PRIVILEGE = 7 };
static GENERIC_MAPPING mapping = {READ, WRITE, 0, ALL};
static UNICODE_STRING subsystem, type, name;
static PRIVILEGE_SET privileges = {1, 0, {{{20, 0}, 0}}};
static GUID whole = {1, 0, 0, {0}}, set_a = {2, 0, 0, {0}}, a1 = {3, 0, 0, {0}}, set_b = {4, 0, 0, {0}}, stranger = {5, 0, 0, {0}};
static OBJECT_TYPE_LIST parts[] = {{0, 0, &whole}, {1, 0, &set_a}, {2, 0, &a1}, {1, 0, &set_b}};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
static ACCESS_MASK granted[PARTS];
static NTSTATUS answer[PARTS];
static BOOLEAN generate;
static HANDLE client, authority, init_event, monitor_port, from_monitor;
static CLIENT monitor_client;
static ANY_ACL dacl, sacl;

static void become_authority(void)
{
    HANDLE thread;
    NtOpenEvent(&init_event, EVENT_ALL_ACCESS, named(L"\\SeLsaInitEvent", 0));
    expect(NtCreatePort(&authority, named(L"\\SeLsaCommandPort", 0), 0, 256, 0), 0, "create the authority's port");
    NtSetEvent(init_event, NULL);
    monitor_client = (CLIENT){L"\\SeRmCommandPort", NULL, 1};
    thread = thread_start(plain_client, &monitor_client);
    from_monitor = plain_accept(authority, NULL);
    thread_join(thread);
    monitor_port = monitor_client.port;
    expect(monitor_client.status, 0, "this program is the authority");
}

static void retire(void)
{
    MSG m;
    NtResetEvent(init_event, NULL);
    NtClose(monitor_port);
    NtReplyWaitReceivePort(authority, NULL, NULL, &m);
    NtClose(from_monitor);
    NtClose(authority);
    NtClose(init_event);
}

/* Have these outcomes of a category recorded, and nothing else. */
static NTSTATUS policy(int category, ULONG outcomes)
{
    MSG m;
    message(&m, 2 + CATEGORIES, 0);
    m.data[0] = AUDIT_SET;
    m.data[1] = TRUE;
    for (int i = 0; i < CATEGORIES; i++)
        m.data[2 + i] = i == category ? outcomes : 4; /* POLICY_AUDIT_EVENT_NONE */
    NtRequestWaitReplyPort(monitor_port, &m, &m);
    return (NTSTATUS)m.data[1];
}

/* Everybody may read. */
static SECURITY_DESCRIPTOR *watched(ANY_ACL *entries)
{
    static SECURITY_DESCRIPTOR sd;
    sd = descriptor(&bob, &users, acl_start(&dacl, ACL_REVISION));
    acl_add(&dacl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    sd.Control |= SE_SACL_PRESENT;
    sd.Sacl = &entries->head;
    return &sd;
}

static ANY_ACL *entry(BYTE flags, ACCESS_MASK mask, ANY_SID *sid)
{
    acl_add(acl_start(&sacl, ACL_REVISION), SYSTEM_AUDIT_ACE_TYPE, flags, mask, sid);
    return &sacl;
}

/* GenerateOnClose of a check of the impersonated client. */
static ULONG closing(ANY_ACL *entries, ACCESS_MASK desired)
{
    NTSTATUS status;
    generate = 9;
    status = NtAccessCheckAndAuditAlarm(&subsystem, (PVOID)0x1234, &type, &name, watched(entries), desired, &mapping, FALSE, granted,
                                        answer, &generate);
    return status ? status : generate;
}

/* The same of an opening that a server tells of. */
static ULONG told(ANY_ACL *entries, ACCESS_MASK desired, BOOLEAN good)
{
    static HANDLE id = (HANDLE)0x1234;
    NTSTATUS status;
    generate = 9;
    status = NtOpenObjectAuditAlarm(&subsystem, &id, &type, &name, entries ? watched(entries) : NULL, client, desired,
                                    good ? desired : 0, &privileges, FALSE, good, &generate);
    return status ? status : generate;
}

static void checks(void)
{
    impersonate(client);
    equal(closing(entry(SUCCESS | FAILURE, ALL, &world), READ), FALSE, "no policy: nothing is recorded");
    expect(policy(OBJECT, WELL), 0, "have openings recorded");
    equal(closing(entry(SUCCESS, READ, &world), READ), TRUE, "an entry for what succeeds");
    expect(answer[0], 0, "which it did");
    equal(granted[0], READ, "as without one");
    equal(closing(entry(FAILURE, READ, &world), READ), FALSE, "an entry for what fails");
    equal(closing(entry(SUCCESS, WRITE, &world), READ), FALSE, "an entry for another right");
    equal(closing(entry(SUCCESS, READ, &bob), READ), FALSE, "an entry for somebody else");
    equal(closing(entry(SUCCESS | INHERIT_ONLY, READ, &world), READ), FALSE, "an entry for what is below");
    equal(closing(entry(SUCCESS, READ, &world), MAXIMUM_ALLOWED), TRUE, "whatever may be");
    acl_add(entry(FAILURE, READ, &world), SYSTEM_AUDIT_ACE_TYPE, SUCCESS, READ, &world);
    equal(closing(&sacl, READ), TRUE, "the second entry");
    acl_start(&sacl, ACL_REVISION);
    equal(closing(&sacl, READ), FALSE, "no entries");
    expect(policy(OBJECT, WELL | ILL), 0, "failures, too");
    equal(closing(entry(SUCCESS | FAILURE, ALL, &world), WRITE), FALSE, "what was refused has no end");
    expect(answer[0], STATUS_ACCESS_DENIED, "and it was");
    policy(DIRECTORY, WELL | ILL);
    equal(closing(entry(SUCCESS, READ, &world), READ), FALSE, "another category");
    impersonate(NULL);
}

static void records(void)
{
    policy(OBJECT, WELL);
    equal(told(entry(SUCCESS, READ, &world), READ, TRUE), TRUE, "tell of an opening");
    equal(told(entry(FAILURE, READ, &world), READ, FALSE), FALSE, "of one that was refused");
    equal(told(NULL, READ, TRUE), FALSE, "of something without a descriptor");
    policy(OBJECT, ILL);
    equal(told(entry(SUCCESS, READ, &world), READ, TRUE), FALSE, "only failures: tell of an opening");
    equal(told(entry(FAILURE, READ, &world), READ, FALSE), TRUE, "of a failure");
    equal(told(entry(FAILURE, WRITE, &world), READ, FALSE), FALSE, "of one that nobody asked about");
    policy(OBJECT, WELL | ILL);
    expect(NtCloseObjectAuditAlarm(&subsystem, (PVOID)0x1234, TRUE), 0, "tell of its end");
    expect(NtCloseObjectAuditAlarm(&subsystem, (PVOID)0x5678, FALSE), 0, "of one that is not to be told");
    expect(NtDeleteObjectAuditAlarm(&subsystem, (PVOID)0x1234, TRUE), 0, "of a deletion");
    policy(PRIVILEGE, WELL | ILL);
    expect(NtPrivilegeObjectAuditAlarm(&subsystem, (PVOID)0x1234, client, READ, &privileges, TRUE), 0, "of a privilege used");
    expect(NtPrivilegedServiceAuditAlarm(&subsystem, &name, client, &privileges, FALSE), 0, "of a service refused");
    privileges.PrivilegeCount = 0x10000000;
    expect(NtPrivilegedServiceAuditAlarm(&subsystem, &name, client, &privileges, FALSE), STATUS_INVALID_PARAMETER,
           "of more privileges than there are");
    expect(NtPrivilegeObjectAuditAlarm(&subsystem, NULL, client, READ, &privileges, TRUE), STATUS_INVALID_PARAMETER,
           "with an object");
    privileges.PrivilegeCount = 1;
    own_privilege(AUDIT_PRIVILEGE, FALSE);
    equal(told(entry(SUCCESS, READ, &world), READ, TRUE), (ULONG)STATUS_PRIVILEGE_NOT_HELD, "of anything, without SeAuditPrivilege");
    own_privilege(AUDIT_PRIVILEGE, TRUE);
}

static ANY_ACL *part_entry(const GUID *part)
{
    acl_add_object(acl_start(&sacl, ACL_REVISION_DS), SYSTEM_AUDIT_OBJECT_ACE_TYPE, ALL, part, &world);
    first_ace(&sacl.head)->AceFlags = SUCCESS;
    return &sacl;
}

static ULONG by_type(ANY_ACL *entries, ULONG kind, ULONG flags, ULONG count)
{
    NTSTATUS status;
    generate = 9;
    status = NtAccessCheckByTypeAndAuditAlarm(&subsystem, NULL, &type, &name, watched(entries), NULL, READ, kind, flags,
                                              count ? parts : NULL, count, &mapping, FALSE, granted, answer, &generate);
    return status ? status : generate;
}

static ULONG list(ANY_ACL *entries, HANDLE token, ACCESS_MASK desired)
{
    NTSTATUS status;
    SECURITY_DESCRIPTOR *sd = watched(entries);
    acl_start(&dacl, ACL_REVISION_DS);
    acl_add_object(&dacl, ACCESS_ALLOWED_OBJECT_ACE_TYPE, READ, &set_a, &world);
    generate = 9;
    status = token ? NtAccessCheckByTypeResultListAndAuditAlarmByHandle(&subsystem, NULL, token, &type, &name, sd, NULL, desired, 0, 0,
                                                                        parts, PARTS, &mapping, FALSE, granted, answer, &generate)
                   : NtAccessCheckByTypeResultListAndAuditAlarm(&subsystem, NULL, &type, &name, sd, NULL, desired, 0, 0, parts, PARTS,
                                                                &mapping, FALSE, granted, answer, &generate);
    return status ? status : generate;
}

static void with_parts(void)
{
    policy(OBJECT, WELL | ILL);
    expect(by_type(entry(SUCCESS, READ, &world), 0, 0, 0), STATUS_NO_IMPERSONATION_TOKEN, "nobody is impersonated");
    equal(list(entry(SUCCESS, READ, &world), NULL, READ), (ULONG)STATUS_NO_IMPERSONATION_TOKEN, "nor for a list");
    impersonate(client);
    equal(by_type(entry(SUCCESS, READ, &world), 0, 0, 0), TRUE, "without parts");
    equal(by_type(entry(SUCCESS, READ, &world), 0, 0, PARTS), TRUE, "with parts");
    equal(by_type(part_entry(&a1), 0, 0, PARTS), TRUE, "an entry for one of them");
    equal(by_type(part_entry(&stranger), 0, 0, PARTS), FALSE, "an entry for none of them");
    equal(by_type(part_entry(&a1), 0, 0, 2), FALSE, "an entry for one that is not asked about");
    equal(by_type(entry(SUCCESS, READ, &world), 1, 0, PARTS), FALSE, "directories are another category");
    expect(by_type(entry(SUCCESS, READ, &world), 2, 0, PARTS), STATUS_INVALID_PARAMETER, "no such category");
    expect(by_type(entry(SUCCESS, READ, &world), 0, 2, PARTS), STATUS_INVALID_PARAMETER, "no such flag");
    own_privilege(AUDIT_PRIVILEGE, FALSE);
    expect(by_type(entry(SUCCESS, READ, &world), 0, 0, PARTS), STATUS_PRIVILEGE_NOT_HELD, "without SeAuditPrivilege");
    equal(by_type(entry(SUCCESS, READ, &world), 0, 1, PARTS), FALSE, "which need not be, then nothing is recorded");
    own_privilege(AUDIT_PRIVILEGE, TRUE);
    equal(by_type(entry(SUCCESS, READ, &world), 0, 1, PARTS), TRUE, "but is with it");
    equal(list(part_entry(&a1), NULL, READ), TRUE, "a part that is granted");
    check(answer[2] == 0 && answer[3] == STATUS_ACCESS_DENIED, "unlike another");
    equal(list(part_entry(&set_b), NULL, READ), FALSE, "a part that is refused");
    equal(list(part_entry(&set_a), NULL, WRITE), FALSE, "no part is granted");
    equal(list(entry(FAILURE, READ, &world), NULL, READ), FALSE, "an entry for the parts that are refused");
    impersonate(NULL);
    equal(list(part_entry(&set_a), client, READ), TRUE, "a given client");
    equal(list(part_entry(&set_b), client, READ), FALSE, "a part that is refused to it");
    expect(list(part_entry(&set_b), (HANDLE)0x7770, READ), STATUS_INVALID_HANDLE, "no client");
    policy(DIRECTORY, WELL);
    impersonate(client);
    equal(by_type(entry(SUCCESS, READ, &world), 1, 0, PARTS), TRUE, "directories: the category is recorded now");
    impersonate(NULL);
}

/* An object of the kernel's: the records are seen from outside. */
static void objects(void)
{
    HANDLE event, again = NULL, user = NULL;
    SECURITY_DESCRIPTOR *sd = watched(entry(SUCCESS | FAILURE, EVENT_MODIFY_STATE, &world));
    OBJECT_ATTRIBUTES *attributes = named(L"\\BaseNamedObjects\\conf-audited", 0);
    acl_add(acl_start(&dacl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, EVENT_ALL_ACCESS, &local_system);
    sd->Owner = &local_system;
    sd->Group = &local_system;
    attributes->SecurityDescriptor = sd;
    policy(OBJECT, WELL | ILL);
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, attributes, NotificationEvent, FALSE), STATUS_PRIVILEGE_NOT_HELD,
           "an object with a SACL takes SeSecurityPrivilege");
    own_privilege(SECURITY_PRIVILEGE, TRUE);
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, attributes, NotificationEvent, FALSE), 0, "with it, there is one");
    own_privilege(SECURITY_PRIVILEGE, FALSE);
    attributes->SecurityDescriptor = NULL;
    expect(NtOpenEvent(&again, EVENT_MODIFY_STATE | SYNCHRONIZE, attributes), 0, "open it");
    expect(NtSetEvent(again, NULL), 0, "use it");
    NtClose(again);
    expect(NtOpenEvent(&again, SYNCHRONIZE, attributes), 0, "open it for what nobody asked about");
    NtClose(again);
    expect(user_token(&alice, TokenImpersonation, &user), 0, "somebody else");
    impersonate(user);
    expect(NtOpenEvent(&again, EVENT_MODIFY_STATE, attributes), STATUS_ACCESS_DENIED, "may not open it");
    impersonate(NULL);
    NtClose(user);
    NtClose(event);
}

/* A file with such an entry. */
static void files(void)
{
    HANDLE one = NULL;
    SECURITY_DESCRIPTOR *sd = watched(entry(SUCCESS | FAILURE, FILE_WRITE_DATA, &world));
    OBJECT_ATTRIBUTES *attributes;
    home_begin();
    acl_add(acl_start(&dacl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, 0x1f01ff, &local_system);
    sd->Owner = &local_system;
    sd->Group = &local_system;
    attributes = named_in(home, L"audited", OBJ_CASE_INSENSITIVE);
    attributes->SecurityDescriptor = sd;
    own_privilege(SECURITY_PRIVILEGE, TRUE);
    expect(NtCreateFile(&one, FILE_WRITE_DATA | DELETE | SYNCHRONIZE, attributes, &io, NULL, 0, SHARE_ALL, CREATE, SYNC, NULL, 0), 0,
           "a file with a SACL");
    own_privilege(SECURITY_PRIVILEGE, FALSE);
    NtClose(one);
    expect(make(&one, L"audited", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "open it to read");
    NtClose(one);
    expect(make(&one, L"audited", FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "open it to write");
    dispose(one, TRUE);
    NtClose(one);
    home_end();
}

void test_main(void)
{
    ULONG ports = ports_now();
    subsystem = ustr(L"conformance");
    type = ustr(L"thing");
    name = ustr(L"one");
    own_privilege(AUDIT_PRIVILEGE, TRUE);
    client = impersonation_token(SecurityImpersonation);
    become_authority();
    checks();
    records();
    with_parts();
    objects();
    files();
    policy(OBJECT, 4);
    retire();
    NtClose(client);
    ports_gone(ports);
}
