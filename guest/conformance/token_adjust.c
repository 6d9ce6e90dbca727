/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtAdjustPrivilegesToken, NtAdjustGroupsToken, NtPrivilegeCheck.
 * Known from: MSDN AdjustTokenPrivileges, AdjustTokenGroups, PrivilegeCheck; Wine's dlls/advapi32/tests/security.c
 * (test_impersonation_level); ReactOS' apitests NtAdjustPrivilegesToken and NtAdjustGroupsToken; G. Nebbett, Native API
 * Reference, ch. 13.
 */
#include "ntapi_se.h"

enum { TIME = 12, NOTIFY = 23, NOBODYS = 6 }; /* SeSystemtime, SeChangeNotify, SeMachineAccount */
static HANDLE token;
static ULONG needed;
static union { BYTE bytes[2048]; TOKEN_PRIVILEGES privileges; TOKEN_GROUPS groups; TOKEN_STATISTICS statistics; } before, data;

static NTSTATUS adjust(ULONG privilege, ULONG attributes, ULONG length, BOOLEAN tell)
{
    TOKEN_PRIVILEGES state = one_privilege(privilege, attributes);
    needed = 0xdead;
    return NtAdjustPrivilegesToken(token, FALSE, &state, length, tell ? &before.privileges : NULL, tell ? &needed : NULL);
}

static LONG attributes_of(ULONG privilege)
{
    NtQueryInformationToken(token, TokenPrivileges, &data, sizeof(data), &needed);
    for (ULONG i = 0; i < data.privileges.PrivilegeCount; i++)
        if (data.privileges.Privileges[i].Luid.LowPart == privilege)
            return (LONG)data.privileges.Privileges[i].Attributes;
    return -1;
}

static ULONG modified(void)
{
    NtQueryInformationToken(token, TokenStatistics, &data, sizeof(data), &needed);
    return data.statistics.ModifiedId.LowPart;
}

static void privileges(void)
{
    TOKEN_PRIVILEGES state;
    ULONG changed = modified();
    expect(adjust(TIME, SE_PRIVILEGE_ENABLED, sizeof(before), TRUE), 0, "enable");
    equal(needed, 16, "enable: length of the state before");
    equal(before.privileges.PrivilegeCount, 1, "enable: one privilege has changed");
    equal(before.privileges.Privileges[0].Luid.LowPart, TIME, "enable: that one");
    equal(before.privileges.Privileges[0].Attributes, 0, "enable: it was off");
    equal(attributes_of(TIME), SE_PRIVILEGE_ENABLED, "it is on, though not by default");
    check(modified() != changed, "the token says that it was modified");
    expect(adjust(TIME, SE_PRIVILEGE_ENABLED, sizeof(before), TRUE), 0, "enable again");
    equal(before.privileges.PrivilegeCount, 0, "enable again: nothing has changed");
    equal(needed, 4, "enable again: length");
    expect(adjust(TIME, 0, 15, TRUE), STATUS_BUFFER_TOO_SMALL, "disable, no room for the state before");
    equal(needed, 16, "no room: length needed");
    equal(attributes_of(TIME), SE_PRIVILEGE_ENABLED, "no room: nothing has changed");
    expect(adjust(TIME, 0, 0, FALSE), 0, "disable, who cares for the state before");
    equal(attributes_of(TIME), 0, "it is off");
    expect(adjust(NOTIFY, 0, 0, FALSE), 0, "disable one that is on by default");
    equal(attributes_of(NOTIFY), SE_PRIVILEGE_ENABLED_BY_DEFAULT, "it would be on by default");
    expect(adjust(NOTIFY, SE_PRIVILEGE_ENABLED, 0, FALSE), 0, "and on again");
    expect(adjust(NOBODYS, SE_PRIVILEGE_ENABLED, sizeof(before), TRUE), STATUS_NOT_ALL_ASSIGNED, "one that nobody has");
    equal(before.privileges.PrivilegeCount, 0, "one that nobody has: nothing has changed");
    state = one_privilege(TIME, SE_PRIVILEGE_ENABLED);
    state.Privileges[0].Luid.HighPart = 1;
    expect(NtAdjustPrivilegesToken(token, FALSE, &state, 0, NULL, NULL), STATUS_NOT_ALL_ASSIGNED, "the high part counts");
    expect(NtAdjustPrivilegesToken(token, FALSE, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER, "no new state");
    expect(NtAdjustPrivilegesToken(NULL, FALSE, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER, "that comes before the handle");
    expect(NtAdjustPrivilegesToken(NULL, TRUE, NULL, 0, NULL, NULL), STATUS_INVALID_HANDLE, "no handle");
    state.PrivilegeCount = 0;
    expect(NtAdjustPrivilegesToken(token, FALSE, &state, 0, NULL, NULL), 0, "change nothing");
}

static void all_off(void)
{
    HANDLE copy = impersonation_token(SecurityImpersonation), own = token;
    ULONG on = 0;
    token = copy;
    expect(NtAdjustPrivilegesToken(token, TRUE, NULL, sizeof(before), &before.privileges, &needed), 0, "all off");
    equal(needed, 4 + 12 * before.privileges.PrivilegeCount, "all off: length");
    check(before.privileges.PrivilegeCount > 1, "all off: those that were on");
    NtQueryInformationToken(token, TokenPrivileges, &data, sizeof(data), &needed);
    for (ULONG i = 0; i < data.privileges.PrivilegeCount; i++)
        on += data.privileges.Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;
    equal(on, 0, "none is on");
    expect(NtAdjustPrivilegesToken(token, FALSE, &before.privileges, 0, NULL, NULL), 0, "the state before can be set again");
    equal(attributes_of(NOTIFY), SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT, "and is as before");
    expect(adjust(TIME, SE_PRIVILEGE_REMOVED, 0, FALSE), 0, "remove one");
    equal(attributes_of(TIME), -1, "it is gone");
    expect(adjust(TIME, SE_PRIVILEGE_ENABLED, 0, FALSE), STATUS_NOT_ALL_ASSIGNED, "for good");
    token = own;
    NtClose(copy);
}

static void rights(void)
{
    HANDLE query = own_token(TOKEN_QUERY), change = own_token(TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES state = one_privilege(TIME, 0);
    expect(NtAdjustPrivilegesToken(query, FALSE, &state, 0, NULL, NULL), STATUS_ACCESS_DENIED, "without the right to adjust");
    expect(NtAdjustPrivilegesToken(change, FALSE, &state, 0, NULL, NULL), 0, "with it");
    expect(NtAdjustPrivilegesToken(change, FALSE, &state, sizeof(before), &before.privileges, &needed), STATUS_ACCESS_DENIED,
           "the state before needs the right to query");
    expect(NtAdjustGroupsToken(query, TRUE, NULL, 0, NULL, NULL), STATUS_ACCESS_DENIED, "groups, without the right");
    expect(NtAdjustGroupsToken(NULL, TRUE, NULL, 0, NULL, NULL), STATUS_INVALID_HANDLE, "groups, no handle");
    NtClose(query);
    NtClose(change);
}

static ULONG group_attributes(HANDLE from, ANY_SID *sid)
{
    NtQueryInformationToken(from, TokenGroups, &data, sizeof(data), &needed);
    for (ULONG i = 0; i < data.groups.GroupCount; i++)
        if (same_sid(data.groups.Groups[i].Sid, sid))
            return data.groups.Groups[i].Attributes;
    return 0xdead;
}

static NTSTATUS group(HANDLE of, ANY_SID *sid, ULONG attributes, BOOLEAN tell)
{
    TOKEN_GROUPS state = {1, {{sid, attributes}}};
    return NtAdjustGroupsToken(of, FALSE, &state, sizeof(before), tell ? &before.groups : NULL, tell ? &needed : NULL);
}

static void groups(void)
{
    HANDLE copy = impersonation_token(SecurityImpersonation);
    ULONG on = group_attributes(copy, &administrators);
    expect(group(copy, &world, 0, FALSE), STATUS_CANT_DISABLE_MANDATORY, "Everyone cannot be switched off");
    expect(group(copy, &alice, 0, FALSE), STATUS_NOT_ALL_ASSIGNED, "a group that is not there");
    if (!(on & SE_GROUP_MANDATORY)) {
        expect(group(copy, &administrators, 0, TRUE), 0, "an optional group is switched off");
        equal(needed, 4 + 8 + 16, "groups: length of the state before");
        equal(before.groups.GroupCount, 1, "groups: one has changed");
        equal(before.groups.Groups[0].Attributes, on, "groups: it was on");
        check(same_sid(before.groups.Groups[0].Sid, &administrators), "groups: that one");
        equal(group_attributes(copy, &administrators), on & ~SE_GROUP_ENABLED, "the group is off");
        expect(NtAdjustGroupsToken(copy, TRUE, NULL, 0, NULL, NULL), 0, "groups as at logon");
        equal(group_attributes(copy, &administrators), on, "it is on again");
    }
    expect(NtAdjustGroupsToken(copy, FALSE, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER, "groups, no new state");
    NtClose(copy);
}

static void checks(void)
{
    struct { PRIVILEGE_SET set; LUID_AND_ATTRIBUTES second; } both = {
        {2, PRIVILEGE_SET_ALL_NECESSARY, {{{NOTIFY, 0}, 0}}}, {{TIME, 0}, 0}};
    HANDLE copy = impersonation_token(SecurityIdentification), nobody = impersonation_token(SecurityAnonymous), own;
    BOOLEAN has = 9;
    expect(NtPrivilegeCheck(copy, &both.set, &has), 0, "check two privileges");
    equal(has, FALSE, "not all of them are on");
    equal(both.set.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS, "the one that is on is marked");
    equal(both.second.Attributes, 0, "the other is not");
    both.set.Control = 0;
    expect(NtPrivilegeCheck(copy, &both.set, &has), 0, "check for any of them");
    equal(has, TRUE, "one is enough");
    both.set.PrivilegeCount = 1;
    both.set.Control = PRIVILEGE_SET_ALL_NECESSARY;
    expect(NtPrivilegeCheck(token, &both.set, &has), 0, "check a primary token");
    equal(has, TRUE, "has it");
    expect(NtPrivilegeCheck(nobody, &both.set, &has), STATUS_BAD_IMPERSONATION_LEVEL, "check an anonymous one");
    expect(NtPrivilegeCheck(NULL, &both.set, &has), STATUS_INVALID_HANDLE, "check no handle");
    own = own_token(TOKEN_DUPLICATE);
    expect(NtPrivilegeCheck(own, &both.set, &has), STATUS_ACCESS_DENIED, "check without the right to query");
    NtClose(own);
    NtClose(copy);
    NtClose(nobody);
}

void test_main(void)
{
    token = own_token(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
    adjust(TIME, 0, 0, FALSE);
    privileges();
    all_off();
    rights();
    groups();
    checks();
    NtClose(token);
}
