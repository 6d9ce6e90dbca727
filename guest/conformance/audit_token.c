/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audit policy of a token (TokenAuditPolicy, since XP): who may set and see it, and what it has recorded.
 * Known from: winnt.h (TOKEN_AUDIT_POLICY, TOKEN_AUDIT_*); Microsoft's description of Auditusr.exe (administrators cannot be
 * excluded); the privileges, that it is set once, and the statuses: known of Windows Server 2003; no public test shows them.
 */
#include "ntapi_se.h"

enum { TokenAuditPolicyClass = 16, READ = 1, OBJECT = 2, PRIVILEGE = 3, SUCCESS = 0x40, FAILURE = 0x80 };
enum { SUCCESS_INCLUDE = 1, SUCCESS_EXCLUDE = 2, FAILURE_INCLUDE = 4, FAILURE_EXCLUDE = 8 };
enum { TCB_PRIVILEGE = 7, SECURITY_PRIVILEGE = 8, AUDIT_PRIVILEGE = 21 };
typedef struct { ULONG count; struct { ULONG category, mask; } element[10]; } POLICY;
static HANDLE token;

static NTSTATUS set(HANDLE to, POLICY policy)
{
    return NtSetInformationToken(to, TokenAuditPolicyClass, &policy, sizeof(policy));
}

static NTSTATUS query(HANDLE of, POLICY *policy, ULONG size, ULONG *length)
{
    *length = 0;
    return NtQueryInformationToken(of, TokenAuditPolicyClass, policy, size, length);
}

/* GenerateOnClose for an object whose SACL has everything told. */
static ULONG closing(HANDLE client)
{
    static GENERIC_MAPPING mapping = {READ, 0, 0, READ};
    static UNICODE_STRING text;
    ANY_ACL dacl, sacl;
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, acl_start(&dacl, ACL_REVISION));
    ACCESS_MASK granted;
    NTSTATUS answer, status;
    BOOLEAN generate = 9;
    text = ustr(L"conformance");
    acl_add(&dacl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    acl_add(acl_start(&sacl, ACL_REVISION), SYSTEM_AUDIT_ACE_TYPE, SUCCESS | FAILURE, READ, &world);
    sd.Control |= SE_SACL_PRESENT;
    sd.Sacl = &sacl.head;
    impersonate(client);
    status = NtAccessCheckAndAuditAlarm(&text, NULL, &text, &text, &sd, READ, &mapping, FALSE, &granted, &answer, &generate);
    impersonate(NULL);
    return status ? status : generate;
}

static void errors(void)
{
    POLICY seen;
    ULONG length;
    HANDLE weak = own_token(TOKEN_QUERY);
    expect(set(weak, (POLICY){0, {{0, 0}}}), STATUS_ACCESS_DENIED, "set it through a handle without that right");
    own_privilege(TCB_PRIVILEGE, FALSE);
    expect(set(token, (POLICY){0, {{0, 0}}}), STATUS_PRIVILEGE_NOT_HELD, "set it without SeTcbPrivilege");
    own_privilege(TCB_PRIVILEGE, TRUE);
    expect(set(NULL, (POLICY){0, {{0, 0}}}), STATUS_INVALID_HANDLE, "of no token");
    expect(set(token, (POLICY){1, {{9, 1}}}), STATUS_INVALID_PARAMETER, "no such category");
    expect(set(token, (POLICY){1, {{OBJECT, 0x10}}}), STATUS_INVALID_PARAMETER, "no such flag");
    expect(set(token, (POLICY){0x10000000, {{0, 0}}}), STATUS_INVALID_PARAMETER, "more categories than there are");
    expect(query(NULL, &seen, sizeof(seen), &length), STATUS_PRIVILEGE_NOT_HELD, "to see it takes SeSecurityPrivilege, first of all");
    own_privilege(SECURITY_PRIVILEGE, TRUE);
    expect(query(NULL, &seen, sizeof(seen), &length), STATUS_INVALID_HANDLE, "then a token");
    NtClose(weak);
}

static void policies(void)
{
    POLICY seen;
    ULONG length;
    HANDLE copy = NULL;
    seen.count = 99;
    expect(query(token, &seen, sizeof(seen), &length), 0, "see it");
    equal(seen.count, 0, "there is none");
    equal(length, 12, "that takes one element");
    equal(closing(token), FALSE, "nothing is recorded");
    expect(set(token, (POLICY){2, {{PRIVILEGE, FAILURE_EXCLUDE}, {OBJECT, SUCCESS_INCLUDE}}}), 0, "have openings recorded");
    expect(query(token, &seen, sizeof(seen), &length), 0, "see that");
    equal(length, 20, "two elements");
    equal(seen.count, 2, "so it says");
    check(seen.element[0].category == OBJECT && seen.element[0].mask == SUCCESS_INCLUDE, "openings, in order");
    check(seen.element[1].category == PRIVILEGE && seen.element[1].mask == FAILURE_EXCLUDE, "privileges");
    expect(query(token, &seen, 19, &length), STATUS_BUFFER_TOO_SMALL, "with too little room");
    equal(length, 20, "which says how much");
    equal(closing(token), TRUE, "openings are recorded though the system records none");
    expect(set(token, (POLICY){1, {{OBJECT, 0}}}), STATUS_INVALID_PARAMETER, "it cannot be set again");
    expect(NtDuplicateToken(token, TOKEN_ALL_ACCESS, at_level(SecurityImpersonation), FALSE, TokenImpersonation, &copy), 0,
           "copy the token");
    equal(closing(copy), TRUE, "the policy goes along");
    NtClose(copy);
}

void test_main(void)
{
    POLICY none = {0, {{0, 0}}};
    ULONG length;
    own_privilege(AUDIT_PRIVILEGE, TRUE);
    own_privilege(SECURITY_PRIVILEGE, FALSE);
    expect(user_token(&alice, TokenImpersonation, &token), 0, "a user's token");
    if (nt_at_least(5, 1)) {
        errors();
        policies();
        own_privilege(SECURITY_PRIVILEGE, FALSE);
    } else {
        expect(set(token, none), STATUS_INVALID_INFO_CLASS, "Windows 2000 knows no such class");
        expect(query(token, &none, sizeof(none), &length), STATUS_INVALID_INFO_CLASS, "nor to ask");
    }
    NtClose(token);
}
