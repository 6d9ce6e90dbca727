/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQueryInformationToken and NtSetInformationToken: contents, lengths, rights.
 * Known from: MSDN TOKEN_INFORMATION_CLASS, GetTokenInformation, SetTokenInformation; Wine's dlls/advapi32/tests/security.c
 * (test_token_attr, test_AccessCheck); ReactOS' apitests NtQueryInformationToken and NtSetInformationToken (run on
 * Windows Server 2003).
 */
#include "ntapi_se.h"

static HANDLE token;
static ULONG needed;
static union { BYTE bytes[2048]; TOKEN_USER user; TOKEN_GROUPS groups; TOKEN_PRIVILEGES privileges; TOKEN_OWNER owner;
               TOKEN_PRIMARY_GROUP group; TOKEN_DEFAULT_DACL dacl; TOKEN_SOURCE source; TOKEN_STATISTICS statistics;
               ULONG number; TOKEN_GROUPS_AND_PRIVILEGES all; } data;

static NTSTATUS query(ULONG what, ULONG length)
{
    needed = 0xdead;
    return NtQueryInformationToken(token, what, &data, length, &needed);
}

static void lengths(void)
{
    static const struct { ULONG what; const char *empty, *exact; } classes[] = {
        {TokenUser, "user, no room", "user, exact room"},
        {TokenGroups, "groups, no room", "groups, exact room"},
        {TokenPrivileges, "privileges, no room", "privileges, exact room"},
        {TokenOwner, "owner, no room", "owner, exact room"},
        {TokenPrimaryGroup, "primary group, no room", "primary group, exact room"},
        {TokenDefaultDacl, "default list, no room", "default list, exact room"},
        {TokenSource, "source, no room", "source, exact room"},
        {TokenType, "type, no room", "type, exact room"},
        {TokenStatistics, "statistics, no room", "statistics, exact room"},
        {TokenRestrictedSids, "restricting SIDs, no room", "restricting SIDs, exact room"},
        {TokenSessionId, "session, no room", "session, exact room"},
    };
    for (ULONG i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        ULONG size;
        expect(NtQueryInformationToken(token, classes[i].what, NULL, 0, &size), STATUS_BUFFER_TOO_SMALL, classes[i].empty);
        expect(query(classes[i].what, size), 0, classes[i].exact);
        if (needed != size)
            equal(needed, size, classes[i].exact);
    }
    expect(query(TokenUser, 8), STATUS_BUFFER_TOO_SMALL, "user, room for the structure alone");
    expect(query(TokenType, 64), 0, "type, more room than needed");
    equal(needed, 4, "type, more room: length");
    expect(query(TokenStatistics, 64), 0, "statistics");
    equal(needed, 56, "statistics: length");
    expect(query(TokenSource, 64), 0, "source");
    equal(needed, 16, "source: length");
    expect(query(0, 64), STATUS_INVALID_INFO_CLASS, "class 0");
    expect(query(1000, 64), STATUS_INVALID_INFO_CLASS, "class 1000");
    expect(query(TokenImpersonationLevel, 64), STATUS_INVALID_INFO_CLASS, "a primary token has no impersonation level");
}

static void contents(void)
{
    ULONG privileges = 0, notify = 0;
    expect(query(TokenUser, sizeof(data)), 0, "query the user");
    check(data.user.User.Sid == data.bytes + 8, "the user's SID is behind the structure");
    equal(needed, 8 + sid_size(data.user.User.Sid), "user: length");
    equal(data.user.User.Attributes, 0, "the user has no attributes");
    expect(query(TokenGroups, sizeof(data)), 0, "query the groups");
    ULONG groups = data.groups.GroupCount, everyone = 0, size = 4 + 8 * groups;
    for (ULONG i = 0; i < groups; i++) {
        size += sid_size(data.groups.Groups[i].Sid);
        if (same_sid(data.groups.Groups[i].Sid, &world))
            everyone = data.groups.Groups[i].Attributes;
    }
    equal(needed, size, "groups: length");
    equal(everyone, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED, "member of Everyone");
    expect(query(TokenPrivileges, sizeof(data)), 0, "query the privileges");
    privileges = data.privileges.PrivilegeCount;
    equal(needed, 4 + 12 * privileges, "privileges: length");
    for (ULONG i = 0; i < privileges; i++)
        if (data.privileges.Privileges[i].Luid.LowPart == 23)
            notify = data.privileges.Privileges[i].Attributes;
    equal(notify, SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT, "SeChangeNotifyPrivilege is on");
    expect(query(TokenStatistics, sizeof(data)), 0, "query the statistics");
    equal(data.statistics.GroupCount, groups, "statistics: groups");
    equal(data.statistics.PrivilegeCount, privileges, "statistics: privileges");
    equal(data.statistics.TokenType, TokenPrimary, "statistics: type");
    check(data.statistics.DynamicCharged >= data.statistics.DynamicAvailable, "statistics: dynamic part");
    expect(query(TokenType, sizeof(data)), 0, "query the type");
    equal(data.number, TokenPrimary, "a process has a primary token");
    expect(query(TokenRestrictedSids, sizeof(data)), 0, "query the restricting SIDs");
    equal(data.groups.GroupCount, 0, "there are none");
    expect(query(TokenDefaultDacl, sizeof(data)), 0, "query the default list");
    equal(needed, 4 + data.dacl.DefaultDacl->AclSize, "default list: length");
    equal(data.dacl.DefaultDacl->AclRevision, ACL_REVISION, "default list: revision");
}

/* What is so of our LocalSystem, as of a process that the session manager starts. */
static void local_system_token(void)
{
    expect(query(TokenOwner, sizeof(data)), 0, "query the owner");
    check(same_sid(data.owner.Owner, &administrators), "the system's objects are the administrators'");
    expect(query(TokenSource, sizeof(data)), 0, "query the source");
    check(same_memory(data.source.SourceName, "*SYSTEM*", 8), "the system made the system's token");
    expect(query(TokenUser, sizeof(data)), 0, "query the user again");
    check(same_sid(data.user.User.Sid, &local_system), "who runs without anybody's doing is LocalSystem");
    expect(query(TokenStatistics, sizeof(data)), 0, "query the logon");
    equal(data.statistics.AuthenticationId.LowPart, 0x3e7, "the system's logon");
    equal(data.statistics.AuthenticationId.HighPart, 0, "the system's logon, high part");
}

static void since_xp(void)
{
    BOOLEAN xp = nt_at_least(5, 1);
    NTSTATUS status = query(TokenGroupsAndPrivileges, sizeof(data));
    if (!xp) {
        equal(status, STATUS_INVALID_INFO_CLASS, "Windows 2000: no groups and privileges at once");
        equal(query(TokenSandBoxInert, 4), STATUS_INVALID_INFO_CLASS, "Windows 2000: no sandbox");
        return;
    }
    equal(status, 0, "groups and privileges at once");
    check(data.all.Sids == (PVOID)(data.bytes + sizeof(data.all)), "the SIDs are behind the structure");
    equal(data.all.PrivilegeLength, data.all.PrivilegeCount * 12, "length of the privileges");
    equal((BYTE *)data.all.Privileges - (BYTE *)data.all.Sids, data.all.SidLength + data.all.RestrictedSidLength,
          "the privileges are behind the SIDs");
    equal(needed, sizeof(data.all) + data.all.SidLength + data.all.RestrictedSidLength + data.all.PrivilegeLength,
          "groups and privileges: length");
    equal(query(TokenSandBoxInert, 4), 0, "the sandbox");
    equal(data.number, 0, "is not inert");
}

static void rights(void)
{
    HANDLE source;
    expect(NtQueryInformationToken(NULL, TokenUser, &data, sizeof(data), &needed), STATUS_INVALID_HANDLE, "query no handle");
    expect(NtQueryInformationToken(NULL, 1000, &data, sizeof(data), &needed), STATUS_INVALID_INFO_CLASS,
           "the class is judged before the handle");
    expect(NtQueryInformationToken(NtCurrentProcess(), TokenUser, &data, sizeof(data), &needed),
           STATUS_OBJECT_TYPE_MISMATCH, "query a process");
    source = own_token(TOKEN_QUERY_SOURCE);
    expect(NtQueryInformationToken(source, TokenSource, &data, sizeof(data), &needed), 0, "the source needs a right");
    expect(NtQueryInformationToken(source, TokenUser, &data, sizeof(data), &needed), STATUS_ACCESS_DENIED,
           "the right to the source is not that to the rest");
    NtClose(source);
    source = own_token(TOKEN_QUERY);
    expect(NtQueryInformationToken(source, TokenSource, &data, sizeof(data), &needed), STATUS_ACCESS_DENIED,
           "and the other way");
    NtClose(source);
    faults(BAD_OUT, p, NtQueryInformationToken(token, TokenUser, &data, sizeof(data), p), "query, length");
}

static void set(void)
{
    TOKEN_OWNER owner = {&bob};
    TOKEN_PRIMARY_GROUP group = {&bob};
    ANY_ACL acl;
    TOKEN_DEFAULT_DACL dacl = {&acl.head};
    HANDLE other = impersonation_token(SecurityImpersonation);
    ULONG session = 0;
    expect(NtSetInformationToken(NULL, TokenOwner, &owner, 0), STATUS_INVALID_HANDLE, "set, no handle");
    expect(NtSetInformationToken(NULL, TokenUser, &owner, 4), STATUS_INVALID_INFO_CLASS, "the user cannot be set");
    expect(NtSetInformationToken(other, TokenStatistics, &owner, 4), STATUS_INVALID_INFO_CLASS, "nor statistics");
    expect(NtSetInformationToken(other, TokenOwner, &owner, 3), STATUS_INFO_LENGTH_MISMATCH, "set the owner, short");
    expect(NtSetInformationToken(other, TokenOwner, &owner, 4), STATUS_INVALID_OWNER, "a stranger is no owner");
    expect(NtSetInformationToken(other, TokenPrimaryGroup, &group, 4), STATUS_INVALID_PRIMARY_GROUP,
           "a stranger is no primary group");
    group.PrimaryGroup = &world;
    expect(NtSetInformationToken(other, TokenPrimaryGroup, &group, 4), 0, "Everyone can be the primary group");
    NtQueryInformationToken(other, TokenPrimaryGroup, &data, sizeof(data), &needed);
    check(same_sid(data.group.PrimaryGroup, &world), "and is");
    NtQueryInformationToken(other, TokenUser, &data, sizeof(data), &needed);
    owner.Owner = data.user.User.Sid;
    expect(NtSetInformationToken(other, TokenOwner, &owner, 4), 0, "the user can be the owner");
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, &world);
    expect(NtSetInformationToken(other, TokenDefaultDacl, &dacl, 4), 0, "set the default list");
    NtQueryInformationToken(other, TokenDefaultDacl, &data, sizeof(data), &needed);
    equal(data.dacl.DefaultDacl->AclSize, acl.head.AclSize, "the default list is the new one");
    check(same_memory(data.dacl.DefaultDacl, &acl, acl.head.AclSize), "byte for byte");
    acl.head.AclRevision = 7;
    expect(NtSetInformationToken(other, TokenDefaultDacl, &dacl, 4), STATUS_INVALID_ACL, "a default list that is none");
    dacl.DefaultDacl = NULL;
    expect(NtSetInformationToken(other, TokenDefaultDacl, &dacl, 4), 0, "no default list");
    expect(NtQueryInformationToken(other, TokenDefaultDacl, &data, sizeof(data), &needed), 0, "query it");
    equal(needed, 4, "no default list: length");
    check(data.dacl.DefaultDacl == NULL, "no default list: NULL");
    expect(NtSetInformationToken(other, TokenSessionId, &session, 4), 0, "set the session (SeTcbPrivilege)");
    NtClose(other);
    expect(NtSetInformationToken(token, TokenOwner, &owner, 4), STATUS_ACCESS_DENIED, "set without the right");
}

void test_main(void)
{
    token = own_token(TOKEN_QUERY | TOKEN_QUERY_SOURCE);
    check(token != NULL, "open the own token");
    lengths();
    contents();
    local_system_token();
    since_xp();
    rights();
    set();
    NtClose(token);
}
