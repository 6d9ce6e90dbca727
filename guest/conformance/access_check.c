/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtAccessCheck: what an access list grants, and what is wrong with a question.
 * Known from: Wine's dlls/advapi32/tests/security.c (test_AccessCheck, statuses taken from real systems); ReactOS' apitest
 * NtAccessCheck; MSDN AccessCheck, "How DACLs control access to an object"; Windows Internals, 4th ed., ch. 8.
 */
#include "ntapi_se.h"

enum { READ = 1, WRITE = 2, RUN = 4, ALL = STANDARD_RIGHTS_REQUIRED | 7 };
static GENERIC_MAPPING mapping = {READ | READ_CONTROL, WRITE | READ_CONTROL, RUN | READ_CONTROL, ALL};
static union { PRIVILEGE_SET set; BYTE bytes[256]; } used;
static ULONG length;
static ACCESS_MASK granted;
static NTSTATUS answer;
static HANDLE client;
static ANY_ACL acl;

static NTSTATUS ask(SECURITY_DESCRIPTOR *sd, ACCESS_MASK desired)
{
    length = sizeof(used);
    granted = 0xdeadbeef;
    answer = 0x12345;
    return NtAccessCheck(sd, client, desired, &mapping, &used.set, &length, &granted, &answer);
}

static void list(BYTE kind, BYTE flags, ACCESS_MASK mask, ANY_SID *sid)
{
    acl_add(&acl, kind, flags, mask, sid);
}

#define ALLOW ACCESS_ALLOWED_ACE_TYPE
#define DENY ACCESS_DENIED_ACE_TYPE

/* One question: the status in the answer, and what is granted. */
static void answers(ACCESS_MASK desired, NTSTATUS status, ACCESS_MASK access, const char *what, const char *how)
{
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, &acl);
    ask(&sd, desired);
    expect(answer, status, what);
    equal(granted, access, how);
}

static void lists(void)
{
    acl_start(&acl, ACL_REVISION);
    answers(READ, STATUS_ACCESS_DENIED, 0, "an empty list", "grants nothing");
    answers(MAXIMUM_ALLOWED, STATUS_ACCESS_DENIED, 0, "an empty list, as much as may be", "still grants nothing");
    list(ALLOW, 0, READ, &world);
    answers(READ, 0, READ, "Everyone may read", "that is granted");
    answers(READ | WRITE, STATUS_ACCESS_DENIED, 0, "all or nothing", "nothing");
    answers(MAXIMUM_ALLOWED, 0, READ, "as much as may be", "is to read");
    answers(MAXIMUM_ALLOWED | READ, 0, READ, "as much as may be, and to read", "is the same");
    answers(MAXIMUM_ALLOWED | WRITE, STATUS_ACCESS_DENIED, 0, "as much as may be, and to write", "is denied");
    list(ALLOW, 0, WRITE, &world);
    answers(READ | WRITE, 0, READ | WRITE, "entries add up", "both are granted");
    acl_start(&acl, ACL_REVISION);
    list(DENY, 0, WRITE, &world);
    list(ALLOW, 0, READ | WRITE, &world);
    answers(WRITE, STATUS_ACCESS_DENIED, 0, "denied first", "stays denied");
    answers(READ, 0, READ, "what is not denied", "may be had");
    answers(MAXIMUM_ALLOWED, 0, READ, "as much as may be after a denial", "lacks what was denied");
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, 0, READ | WRITE, &world);
    list(DENY, 0, WRITE, &world);
    answers(WRITE, 0, WRITE, "granted first", "stays granted");
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, 0, READ, &alice);
    list(DENY, 0, WRITE, &alice);
    list(ALLOW, 0, WRITE, &world);
    answers(READ, STATUS_ACCESS_DENIED, 0, "what others may", "is not ours");
    answers(WRITE, 0, WRITE, "what others may not", "does not concern us");
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, INHERIT_ONLY_ACE | OBJECT_INHERIT_ACE, READ, &world);
    answers(READ, STATUS_ACCESS_DENIED, 0, "an entry for children only", "is not the object's");
    acl_start(&acl, ACL_REVISION);
    list(SYSTEM_AUDIT_ACE_TYPE, 0, READ, &world);
    list(ALLOW, 0, READ, &world);
    answers(READ, 0, READ, "an entry of another kind", "is passed over");
    answers(0, STATUS_ACCESS_DENIED, 0, "to ask for nothing", "is refused");
}

static void owners(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(&world, &users, acl_start(&acl, ACL_REVISION));
    ask(&sd, READ_CONTROL | WRITE_DAC);
    expect(answer, 0, "the owner may read and change the list");
    equal(granted, READ_CONTROL | WRITE_DAC, "though it is empty");
    ask(&sd, MAXIMUM_ALLOWED);
    equal(granted, READ_CONTROL | WRITE_DAC, "and no more");
    list(DENY, 0, READ_CONTROL | WRITE_DAC, &world);
    ask(&sd, WRITE_DAC);
    expect(answer, 0, "nobody denies him that");
    sd.Control = 0;
    ask(&sd, ALL);
    expect(answer, 0, "no list: everybody is let in");
    equal(granted, ALL, "no list: granted");
    sd.Control = SE_DACL_PRESENT;
    sd.Dacl = NULL;
    ask(&sd, READ);
    expect(answer, 0, "a NULL list: everybody is let in");
    ask(&sd, MAXIMUM_ALLOWED);
    equal(granted, ALL, "a NULL list: as much as may be is all");
}

static void questions(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(NULL, NULL, acl_start(&acl, ACL_REVISION));
    HANDLE full = client;
    expect(ask(&sd, READ), STATUS_INVALID_SECURITY_DESCR, "neither owner nor group");
    equal(granted, 0xdeadbeef, "no answer: granted is left alone");
    equal(answer, 0x12345, "no answer: status is left alone");
    sd.Owner = &bob;
    expect(ask(&sd, READ), STATUS_INVALID_SECURITY_DESCR, "no group");
    sd.Group = &users;
    expect(ask(&sd, GENERIC_READ), STATUS_GENERIC_NOT_MAPPED, "a generic right");
    sd.Revision = 2;
    expect(ask(&sd, READ), STATUS_UNKNOWN_REVISION, "another revision");
    sd.Revision = 1;
    acl.head.AclRevision = 5;
    expect(ask(&sd, READ), STATUS_INVALID_ACL, "a list of another revision");
    acl.head.AclRevision = 2;
    acl.head.AceCount = 1;
    expect(ask(&sd, READ), STATUS_INVALID_ACL, "an entry that is not there");
    acl.head.AceCount = 0;
    client = own_token(TOKEN_QUERY);
    expect(ask(&sd, READ), STATUS_NO_IMPERSONATION_TOKEN, "a primary token");
    NtClose(client);
    client = impersonation_token(SecurityAnonymous);
    expect(ask(&sd, READ), STATUS_BAD_IMPERSONATION_LEVEL, "an anonymous token");
    NtClose(client);
    client = NULL;
    expect(ask(&sd, READ), STATUS_INVALID_HANDLE, "no token");
    client = own_token(TOKEN_DUPLICATE);
    expect(ask(&sd, READ), STATUS_ACCESS_DENIED, "without the right to query");
    NtClose(client);
    client = full;
    length = sizeof(PRIVILEGE_SET) - 1;
    expect(NtAccessCheck(&sd, client, READ, &mapping, &used.set, &length, &granted, &answer), STATUS_BUFFER_TOO_SMALL,
           "no room for a set of privileges");
    equal(length, sizeof(PRIVILEGE_SET), "room needed");
    length = sizeof(PRIVILEGE_SET);
    expect(NtAccessCheck(&sd, client, READ, &mapping, &used.set, &length, &granted, &answer), 0, "just enough room");
    equal(used.set.PrivilegeCount, 0, "no privilege was used");
}

static void privileges(void)
{
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, acl_start(&acl, ACL_REVISION));
    switch_privilege(client, 8, 0); /* SeSecurityPrivilege */
    ask(&sd, ACCESS_SYSTEM_SECURITY);
    expect(answer, STATUS_PRIVILEGE_NOT_HELD, "the audit list without the privilege");
    switch_privilege(client, 8, SE_PRIVILEGE_ENABLED);
    expect(ask(&sd, ACCESS_SYSTEM_SECURITY), 0, "the audit list");
    expect(answer, 0, "with the privilege");
    equal(granted, ACCESS_SYSTEM_SECURITY, "is granted");
    equal(used.set.PrivilegeCount, 1, "a privilege was used");
    equal(used.set.Privilege[0].Luid.LowPart, 8, "that one");
    equal(used.set.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS, "used for access");
    ask(&sd, WRITE_OWNER);
    expect(answer, STATUS_ACCESS_DENIED, "another's object");
    switch_privilege(client, 9, SE_PRIVILEGE_ENABLED); /* SeTakeOwnershipPrivilege */
    ask(&sd, WRITE_OWNER);
    expect(answer, 0, "can be taken with the privilege");
    equal(used.set.Privilege[0].Luid.LowPart, 9, "which was used");
    list(DENY, 0, WRITE_OWNER, &world);
    ask(&sd, WRITE_OWNER);
    expect(answer, 0, "even if the list denies it");
    ask(&sd, WRITE_OWNER | READ);
    expect(answer, STATUS_ACCESS_DENIED, "but not more");
    switch_privilege(client, 9, 0);
    switch_privilege(client, 8, 0);
}

/* Who is restricted must be let in twice. */
static void restricted(void)
{
    HANDLE own = own_token(TOKEN_ALL_ACCESS), filtered, full = client;
    TOKEN_GROUPS only_alice = {1, {{&alice, 0}}}, no_world = {1, {{&world, 0}}};
    NtFilterToken(own, 0, NULL, NULL, &only_alice, &filtered);
    NtDuplicateToken(filtered, TOKEN_ALL_ACCESS, at_level(SecurityImpersonation), FALSE, TokenImpersonation, &client);
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, 0, READ, &world);
    answers(READ, STATUS_ACCESS_DENIED, 0, "restricted: what Everyone may", "is not enough");
    list(ALLOW, 0, READ, &alice);
    answers(READ, 0, READ, "restricted: what both may", "is had");
    answers(MAXIMUM_ALLOWED, 0, READ, "restricted: as much as may be", "is what both may");
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, 0, READ, &alice);
    answers(READ, STATUS_ACCESS_DENIED, 0, "restricted: what only the restriction may", "is not enough, either");
    NtClose(client);
    NtClose(filtered);
    NtFilterToken(own, 0, &no_world, NULL, NULL, &filtered);
    NtDuplicateToken(filtered, TOKEN_ALL_ACCESS, at_level(SecurityImpersonation), FALSE, TokenImpersonation, &client);
    acl_start(&acl, ACL_REVISION);
    list(ALLOW, 0, READ, &world);
    answers(READ, STATUS_ACCESS_DENIED, 0, "deny-only: what the group may", "is not granted");
    acl_start(&acl, ACL_REVISION);
    list(DENY, 0, READ, &world);
    list(ALLOW, 0, READ, &authenticated);
    answers(READ, STATUS_ACCESS_DENIED, 0, "deny-only: what the group may not", "may nobody of it");
    NtClose(client);
    NtClose(filtered);
    NtClose(own);
    client = full;
}

void test_main(void)
{
    client = impersonation_token(SecurityImpersonation);
    lists();
    owners();
    questions();
    privileges();
    restricted();
    NtClose(client);
}
