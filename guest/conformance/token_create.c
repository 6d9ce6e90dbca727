/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtCreateToken, and a process's primary token.
 * Known from: G. Nebbett, Native API Reference, ch. 13 (ZwCreateToken: the example that makes a token for SYSTEM); MSDN
 * TOKEN_GROUPS (mandatory groups), LSA logon documentation; Windows Internals, 4th ed., ch. 8 (tokens).
 */
#include "ntapi_se.h"

static struct { ULONG count; SID_AND_ATTRIBUTES groups[3]; } groups;
static TOKEN_PRIVILEGES privileges;
static TOKEN_USER user;
static TOKEN_OWNER owner;
static TOKEN_PRIMARY_GROUP group;
static ANY_ACL acl;
static TOKEN_DEFAULT_DACL dacl;
static TOKEN_SOURCE source;
static LUID logon;
static LARGE_INTEGER never;
static ULONG type, needed;
static HANDLE token;
static union { BYTE bytes[2048]; TOKEN_USER user; TOKEN_GROUPS groups; TOKEN_PRIVILEGES privileges; TOKEN_OWNER owner;
               TOKEN_SOURCE source; TOKEN_STATISTICS statistics; TOKEN_DEFAULT_DACL dacl; } data;

static void good(void)
{
    groups.count = 2;
    groups.groups[0] = (SID_AND_ATTRIBUTES){&world, SE_GROUP_MANDATORY};
    groups.groups[1] = (SID_AND_ATTRIBUTES){&users, SE_GROUP_OWNER};
    privileges = one_privilege(20, SE_PRIVILEGE_ENABLED);
    user = (TOKEN_USER){{&alice, 0}};
    owner.Owner = &alice;
    group.PrimaryGroup = &users;
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, &alice);
    dacl.DefaultDacl = &acl.head;
    source = (TOKEN_SOURCE){"conform", {77, 0}};
    logon = (LUID){0x3e7, 0};
    never.QuadPart = 0x7fffffffffffffffLL;
    type = TokenPrimary;
}

static NTSTATUS create(void)
{
    token = NULL;
    return NtCreateToken(&token, TOKEN_ALL_ACCESS, NULL, type, &logon, &never, &user, (TOKEN_GROUPS *)&groups, &privileges,
                         &owner, &group, &dacl, &source);
}

static void success(void)
{
    good();
    expect(create(), 0, "create");
    NtQueryInformationToken(token, TokenUser, &data, sizeof(data), &needed);
    check(same_sid(data.user.User.Sid, &alice), "the user");
    NtQueryInformationToken(token, TokenGroups, &data, sizeof(data), &needed);
    equal(data.groups.GroupCount, 2, "two groups");
    equal(data.groups.Groups[0].Attributes, SE_GROUP_MANDATORY | SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT,
          "a mandatory group is enabled");
    equal(data.groups.Groups[1].Attributes, SE_GROUP_OWNER, "another is what it was made");
    NtQueryInformationToken(token, TokenPrivileges, &data, sizeof(data), &needed);
    equal(data.privileges.Privileges[0].Luid.LowPart, 20, "the privilege");
    NtQueryInformationToken(token, TokenOwner, &data, sizeof(data), &needed);
    check(same_sid(data.owner.Owner, &alice), "the owner");
    NtQueryInformationToken(token, TokenSource, &data, sizeof(data), &needed);
    check(same_memory(data.source.SourceName, "conform", 8) && data.source.SourceIdentifier.LowPart == 77, "the source");
    NtQueryInformationToken(token, TokenDefaultDacl, &data, sizeof(data), &needed);
    check(same_memory(data.dacl.DefaultDacl, &acl, acl.head.AclSize), "the default list");
    NtQueryInformationToken(token, TokenStatistics, &data, sizeof(data), &needed);
    equal(data.statistics.TokenType, TokenPrimary, "the type");
    equal(data.statistics.AuthenticationId.LowPart, 0x3e7, "the logon");
    NtClose(token);
    type = TokenImpersonation;
    expect(create(), 0, "create an impersonation token");
    NtQueryInformationToken(token, TokenStatistics, &data, sizeof(data), &needed);
    equal(data.statistics.ImpersonationLevel, SecurityAnonymous, "without a quality of service nobody knows who it is");
    NtClose(token);
}

static void failures(void)
{
    static ANY_SID bad = {2, 1, {0}, {0}};
    good();
    type = 3;
    expect(create(), STATUS_BAD_TOKEN_TYPE, "no such type");
    good();
    owner.Owner = &bob;
    expect(create(), STATUS_INVALID_OWNER, "an owner who is not in it");
    owner.Owner = &world;
    expect(create(), STATUS_INVALID_OWNER, "a group that may not own");
    good();
    group.PrimaryGroup = &bob;
    expect(create(), STATUS_INVALID_PRIMARY_GROUP, "a primary group that is not in it");
    good();
    user.User.Sid = &bad;
    expect(create(), STATUS_INVALID_SID, "a user whose SID is none");
    good();
    acl.head.AclRevision = 9;
    expect(create(), STATUS_INVALID_ACL, "a default list that is none");
    good();
    logon.LowPart = 0x12345678;
    expect(create(), STATUS_NO_SUCH_LOGON_SESSION, "a logon that nobody made");
    good();
    own_privilege(2, FALSE);
    expect(create(), STATUS_PRIVILEGE_NOT_HELD, "without SeCreateTokenPrivilege");
    own_privilege(2, TRUE);
    faults(BAD_OUT, p, NtCreateToken(p, TOKEN_ALL_ACCESS, NULL, type, &logon, &never, &user, (TOKEN_GROUPS *)&groups,
                                     &privileges, &owner, &group, &dacl, &source), "create, handle");
}

static NTSTATUS set_primary(HANDLE process, HANDLE with)
{
    PROCESS_ACCESS_TOKEN change = {with, NULL};
    return NtSetInformationProcess(process, ProcessAccessTokenClass, &change, sizeof(change));
}

static void primary(void)
{
    HANDLE own = own_token(TOKEN_ALL_ACCESS), copy, filtered, opened, weak;
    CHILD child;
    NtDuplicateToken(own, TOKEN_ALL_ACCESS, NULL, FALSE, TokenPrimary, &copy);
    check(child_create(&child, "nothing", FALSE), "a child");
    expect(set_primary(child.process, copy), STATUS_PRIVILEGE_NOT_HELD, "set a primary token without the privilege");
    own_privilege(3, TRUE); /* SeAssignPrimaryTokenPrivilege */
    expect(set_primary(child.process, (HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "set none");
    expect(set_primary(child.process, own), STATUS_TOKEN_ALREADY_IN_USE, "set one that is in use");
    NtDuplicateToken(own, TOKEN_QUERY, NULL, FALSE, TokenPrimary, &weak);
    expect(set_primary(child.process, weak), STATUS_ACCESS_DENIED, "set one without the right to");
    NtClose(weak);
    weak = impersonation_token(SecurityImpersonation);
    expect(set_primary(child.process, weak), STATUS_BAD_TOKEN_TYPE, "set an impersonation token");
    NtClose(weak);
    expect(set_primary(child.process, copy), 0, "set one that is free");
    own_privilege(3, FALSE);
    expect(set_primary(child.process, copy), STATUS_PRIVILEGE_NOT_HELD, "the privilege is asked for every time");
    NtFilterToken(own, 0, NULL, NULL, NULL, &filtered);
    expect(set_primary(child.process, filtered), 0, "but not for a token that was filtered from one's own");
    expect(NtOpenProcessToken(child.process, TOKEN_QUERY, &opened), 0, "open the child's token");
    NtQueryInformationToken(opened, TokenStatistics, &data, sizeof(data), &needed);
    LUID id = data.statistics.TokenId;
    NtQueryInformationToken(filtered, TokenStatistics, &data, sizeof(data), &needed);
    check(same_memory(&id, &data.statistics.TokenId, sizeof(id)), "it is that very token");
    NtClose(opened);
    NtClose(filtered);
    NtTerminateProcess(child.process, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(copy);
    NtClose(own);
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}

void test_main(void)
{
    own_privilege(2, TRUE);
    success();
    failures();
    own_privilege(2, FALSE);
    primary();
}
