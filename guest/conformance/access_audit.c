/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access checks with audit, and the calls that write audit records: who may make them, and what they decide.
 * Known from: MSDN AccessCheckAndAuditAlarm, ObjectOpenAuditAlarm, ObjectCloseAuditAlarm, PrivilegedServiceAuditAlarm; Windows
 * Internals, 4th ed., ch. 8 (security auditing: the audit policy is off unless somebody turns it on).
 */
#include "ntapi_se.h"

enum { READ = 1 };
static GENERIC_MAPPING mapping = {READ, 0, 0, READ};
static UNICODE_STRING subsystem, type, name;
static ACCESS_MASK granted;
static NTSTATUS answer;
static BOOLEAN generate;
static HANDLE client;
static PRIVILEGE_SET privileges = {1, 0, {{{20, 0}, 0}}};

static NTSTATUS ask(SECURITY_DESCRIPTOR *sd, ACCESS_MASK desired)
{
    generate = 9;
    return NtAccessCheckAndAuditAlarm(&subsystem, NULL, &type, &name, sd, desired, &mapping, FALSE, &granted, &answer, &generate);
}

static void checks(void)
{
    ANY_ACL acl;
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, acl_start(&acl, ACL_REVISION));
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    expect(ask(&sd, READ), STATUS_NO_IMPERSONATION_TOKEN, "nobody is impersonated");
    impersonate(client);
    expect(ask(&sd, READ), 0, "the client's access is checked");
    expect(answer, 0, "it is let in");
    equal(granted, READ, "to read");
    equal(generate, FALSE, "nothing to tell at the end");
    expect(ask(&sd, GENERIC_READ), STATUS_GENERIC_NOT_MAPPED, "a generic right");
    expect(ask(&sd, WRITE_DAC), 0, "what it may not");
    expect(answer, STATUS_ACCESS_DENIED, "is denied");
    own_privilege(21, FALSE); /* SeAuditPrivilege */
    expect(ask(&sd, READ), STATUS_PRIVILEGE_NOT_HELD, "the process lacks SeAuditPrivilege");
    own_privilege(21, TRUE);
    impersonate(NULL);
}

static GUID whole = {1, 0, 0, {0}}, part = {2, 0, 0, {0}}, other = {3, 0, 0, {0}};
static OBJECT_TYPE_LIST parts[3] = {{0, 0, &whole}, {1, 0, &part}, {1, 0, &other}};
static ACCESS_MASK all_granted[3];
static NTSTATUS all_answers[3];

static NTSTATUS ask_parts(SECURITY_DESCRIPTOR *sd, ULONG flags)
{
    return NtAccessCheckByTypeAndAuditAlarm(&subsystem, NULL, &type, &name, sd, NULL, READ, 0, flags, parts, 3, &mapping, FALSE,
                                            &granted, &answer, &generate);
}

static NTSTATUS ask_all(SECURITY_DESCRIPTOR *sd, ULONG count)
{
    return NtAccessCheckByTypeResultListAndAuditAlarm(&subsystem, NULL, &type, &name, sd, NULL, READ, 0, 0, parts, count, &mapping,
                                                      FALSE, all_granted, all_answers, &generate);
}

static NTSTATUS ask_handle(SECURITY_DESCRIPTOR *sd, HANDLE token)
{
    return NtAccessCheckByTypeResultListAndAuditAlarmByHandle(&subsystem, NULL, token, &type, &name, sd, NULL, READ, 0, 0, parts, 3,
                                                              &mapping, FALSE, all_granted, all_answers, &generate);
}

static void by_type(void)
{
    ANY_ACL acl;
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, acl_start(&acl, ACL_REVISION_DS));
    acl_add_object(&acl, ACCESS_ALLOWED_OBJECT_ACE_TYPE, READ, &part, &world);
    expect(ask_parts(&sd, 0), STATUS_NO_IMPERSONATION_TOKEN, "parts: nobody is impersonated");
    expect(ask_handle(&sd, client), 0, "parts: a client given by handle");
    equal(all_answers[0], STATUS_ACCESS_DENIED, "the whole is not his");
    equal(all_answers[1], 0, "a part is");
    equal(all_granted[1], READ, "to read the part");
    equal(all_granted[2], 0, "another part is not");
    expect(ask_handle(&sd, NULL), STATUS_INVALID_HANDLE, "parts: no client");
    impersonate(client);
    expect(ask_parts(&sd, 0), 0, "parts: the client's access is checked");
    expect(answer, STATUS_ACCESS_DENIED, "the answer is for the whole");
    expect(ask_parts(&sd, 2), STATUS_INVALID_PARAMETER, "parts: unknown flag");
    expect(ask_all(&sd, 3), 0, "parts: an answer for each");
    equal(all_answers[1], 0, "the part is his as before");
    expect(ask_all(&sd, 0), STATUS_INVALID_PARAMETER, "parts: none");
    own_privilege(21, FALSE);
    expect(ask_parts(&sd, 0), STATUS_PRIVILEGE_NOT_HELD, "parts: the process lacks SeAuditPrivilege");
    expect(ask_parts(&sd, 1 /* AUDIT_ALLOW_NO_PRIVILEGE */), 0, "parts: which need not be");
    own_privilege(21, TRUE);
    impersonate(NULL);
}

static void records(void)
{
    HANDLE weak = impersonation_token(SecurityAnonymous);
    expect(NtOpenObjectAuditAlarm(&subsystem, NULL, &type, &name, NULL, client, READ, READ, NULL, FALSE, TRUE, &generate), 0,
           "tell of an open");
    equal(generate, FALSE, "nothing to tell at its close");
    expect(NtOpenObjectAuditAlarm(&subsystem, NULL, &type, &name, NULL, NULL, READ, READ, NULL, FALSE, TRUE, &generate),
           STATUS_INVALID_HANDLE, "tell of an open by nobody");
    expect(NtPrivilegeObjectAuditAlarm(&subsystem, NULL, client, READ, &privileges, TRUE), 0, "tell of privileges used");
    expect(NtPrivilegeObjectAuditAlarm(&subsystem, NULL, weak, READ, &privileges, TRUE), STATUS_BAD_IMPERSONATION_LEVEL,
           "by a client who does not say who it is");
    expect(NtPrivilegedServiceAuditAlarm(&subsystem, &name, client, &privileges, FALSE), 0, "tell of a service");
    expect(NtCloseObjectAuditAlarm(&subsystem, NULL, TRUE), 0, "tell of a close");
    expect(NtDeleteObjectAuditAlarm(&subsystem, NULL, TRUE), 0, "tell of a deletion");
    own_privilege(21, FALSE);
    expect(NtOpenObjectAuditAlarm(&subsystem, NULL, &type, &name, NULL, client, READ, READ, NULL, FALSE, TRUE, &generate),
           STATUS_PRIVILEGE_NOT_HELD, "an open, without the privilege");
    expect(NtPrivilegeObjectAuditAlarm(&subsystem, NULL, client, READ, &privileges, TRUE), STATUS_PRIVILEGE_NOT_HELD,
           "privileges used, without the privilege");
    expect(NtPrivilegedServiceAuditAlarm(&subsystem, &name, client, &privileges, FALSE), STATUS_PRIVILEGE_NOT_HELD,
           "a service, without the privilege");
    expect(NtCloseObjectAuditAlarm(&subsystem, NULL, TRUE), STATUS_PRIVILEGE_NOT_HELD, "a close, without the privilege");
    expect(NtCloseObjectAuditAlarm(&subsystem, NULL, FALSE), 0, "a close that is not to be told");
    expect(NtDeleteObjectAuditAlarm(&subsystem, NULL, TRUE), STATUS_PRIVILEGE_NOT_HELD, "a deletion, without the privilege");
    own_privilege(21, TRUE);
    NtClose(weak);
}

void test_main(void)
{
    subsystem = ustr(L"conformance");
    type = ustr(L"thing");
    name = ustr(L"one");
    own_privilege(21, TRUE);
    client = impersonation_token(SecurityImpersonation);
    checks();
    by_type();
    records();
    NtClose(client);
}
