/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtDuplicateToken, NtFilterToken, NtCompareTokens, NtOpenProcessToken(Ex).
 * Known from: MSDN DuplicateTokenEx, CreateRestrictedToken; Wine's dlls/advapi32/tests/security.c
 * (test_impersonation_level, test_token_attr); ReactOS' apitests NtDuplicateToken, NtFilterToken, NtCompareTokens.
 */
#include "ntapi_se.h"

static HANDLE token, copy;
static ULONG needed;
static union { BYTE bytes[2048]; TOKEN_PRIVILEGES privileges; TOKEN_GROUPS groups; TOKEN_STATISTICS statistics;
               TOKEN_OWNER owner; TOKEN_USER user; ULONG number; } data;

static NTSTATUS duplicate(HANDLE from, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, BOOLEAN effective, ULONG type)
{
    copy = NULL;
    return NtDuplicateToken(from, access, attributes, effective, type, &copy);
}

static ULONG number(HANDLE of, ULONG what)
{
    data.number = 0xdead;
    NtQueryInformationToken(of, what, &data, sizeof(data), &needed);
    return data.number;
}

static TOKEN_STATISTICS statistics(HANDLE of)
{
    NtQueryInformationToken(of, TokenStatistics, &data, sizeof(data), &needed);
    return data.statistics;
}

static void open(void)
{
    HANDLE one;
    OPEN_PROCESS_TOKEN_EX open_ex = (OPEN_PROCESS_TOKEN_EX)procedure("NtOpenProcessTokenEx");
    expect(NtOpenProcessToken(NULL, TOKEN_QUERY, &one), STATUS_INVALID_HANDLE, "open, no process");
    expect(NtOpenProcessToken(NtCurrentThread(), TOKEN_QUERY, &one), STATUS_OBJECT_TYPE_MISMATCH, "open a thread's so");
    expect(NtOpenProcessToken(NtCurrentProcess(), GENERIC_READ, &one), 0, "open with generic rights");
    equal(granted_access(one), TOKEN_QUERY | READ_CONTROL, "GENERIC_READ of a token");
    NtClose(one);
    expect(NtOpenProcessToken(NtCurrentProcess(), MAXIMUM_ALLOWED, &one), 0, "open with all that is allowed");
    equal(granted_access(one) & 0xff, TOKEN_ALL_ACCESS & 0xff, "that is all");
    NtClose(one);
    if (!nt_at_least(5, 1))
        return;
    expect(open_ex(NtCurrentProcess(), TOKEN_QUERY, OBJ_INHERIT, &one), 0, "open with attributes");
    NtClose(one);
}

static void copies(void)
{
    TOKEN_STATISTICS first = statistics(token), second;
    expect(duplicate(token, 0, NULL, FALSE, TokenPrimary), 0, "a primary token's copy");
    equal(granted_access(copy), granted_access(token), "access 0: as much as the first handle");
    second = statistics(copy);
    check(first.TokenId.LowPart != second.TokenId.LowPart, "it has an id of its own");
    equal(second.AuthenticationId.LowPart, first.AuthenticationId.LowPart, "it is the same logon");
    equal(second.ModifiedId.LowPart, first.ModifiedId.LowPart, "it is not modified");
    equal(second.TokenType, TokenPrimary, "it is primary");
    NtClose(copy);
    expect(duplicate(token, TOKEN_QUERY, NULL, FALSE, TokenImpersonation), 0, "an impersonation token of it");
    equal(granted_access(copy), TOKEN_QUERY, "with the access asked for");
    equal(number(copy, TokenType), TokenImpersonation, "its type");
    equal(number(copy, TokenImpersonationLevel), SecurityAnonymous, "without a quality of service it is anonymous");
    NtClose(copy);
    expect(duplicate(token, MAXIMUM_ALLOWED, at_level(SecurityDelegation), FALSE, TokenImpersonation), 0, "with one");
    equal(number(copy, TokenImpersonationLevel), SecurityDelegation, "it has that level");
    NtClose(copy);
    expect(duplicate(token, TOKEN_QUERY, at_level(4), FALSE, TokenImpersonation), STATUS_BAD_IMPERSONATION_LEVEL, "no such level");
    expect(duplicate(token, TOKEN_QUERY, NULL, FALSE, 0), STATUS_INVALID_PARAMETER, "no such type");
    expect(duplicate(token, TOKEN_QUERY, NULL, FALSE, 3), STATUS_INVALID_PARAMETER, "no such type, either");
    expect(duplicate(NULL, TOKEN_QUERY, NULL, FALSE, TokenPrimary), STATUS_INVALID_HANDLE, "no token");
    expect(duplicate(NtCurrentProcess(), TOKEN_QUERY, NULL, FALSE, TokenPrimary), STATUS_OBJECT_TYPE_MISMATCH, "a process");
    HANDLE query = own_token(TOKEN_QUERY);
    expect(duplicate(query, TOKEN_QUERY, NULL, FALSE, TokenPrimary), STATUS_ACCESS_DENIED, "without the right to copy");
    NtClose(query);
}

static void levels(void)
{
    HANDLE identify = impersonation_token(SecurityIdentification), full = impersonation_token(SecurityImpersonation);
    expect(duplicate(identify, 0, at_level(SecurityImpersonation), FALSE, TokenImpersonation),
           STATUS_BAD_IMPERSONATION_LEVEL, "a level cannot go up");
    expect(duplicate(identify, 0, at_level(SecurityIdentification), FALSE, TokenImpersonation), 0, "it can stay");
    NtClose(copy);
    expect(duplicate(full, 0, at_level(SecurityIdentification), FALSE, TokenImpersonation), 0, "it can go down");
    equal(number(copy, TokenImpersonationLevel), SecurityIdentification, "to that");
    NtClose(copy);
    expect(duplicate(identify, 0, NULL, FALSE, TokenPrimary), STATUS_BAD_IMPERSONATION_LEVEL,
           "who is only identified is no primary token");
    expect(duplicate(full, 0, NULL, FALSE, TokenPrimary), 0, "who is impersonated can be");
    NtClose(copy);
    NtClose(identify);
    NtClose(full);
}

static void effective(void)
{
    ULONG disabled = 0, all, on = 0;
    NtQueryInformationToken(token, TokenPrivileges, &data, sizeof(data), &needed);
    all = data.privileges.PrivilegeCount;
    for (ULONG i = 0; i < all; i++)
        on += !!(data.privileges.Privileges[i].Attributes & SE_PRIVILEGE_ENABLED);
    expect(duplicate(token, 0, NULL, TRUE, TokenPrimary), 0, "a copy of what is effective");
    NtQueryInformationToken(copy, TokenPrivileges, &data, sizeof(data), &needed);
    for (ULONG i = 0; i < data.privileges.PrivilegeCount; i++)
        disabled += !(data.privileges.Privileges[i].Attributes & SE_PRIVILEGE_ENABLED);
    equal(disabled, 0, "has no privilege that is off");
    equal(data.privileges.PrivilegeCount, on, "and all that are on");
    check(on < all, "some are off");
    NtClose(copy);
}

static ULONG group_attributes(HANDLE of, ANY_SID *sid)
{
    NtQueryInformationToken(of, TokenGroups, &data, sizeof(data), &needed);
    for (ULONG i = 0; i < data.groups.GroupCount; i++)
        if (same_sid(data.groups.Groups[i].Sid, sid))
            return data.groups.Groups[i].Attributes;
    return 0xdead;
}

static void filter(void)
{
    TOKEN_GROUPS disable = {1, {{&administrators, 0}}}, restrict_to = {1, {{&world, 0}}}, wrong = {1, {{&world, 7}}};
    TOKEN_PRIVILEGES delete = one_privilege(17, 0); /* SeBackupPrivilege */
    TOKEN_STATISTICS first = statistics(token);
    HANDLE filtered;
    expect(NtFilterToken(NULL, 0, NULL, NULL, NULL, &filtered), STATUS_INVALID_HANDLE, "filter no token");
    expect(NtFilterToken(token, 0, NULL, NULL, NULL, &filtered), 0, "filter nothing");
    equal(granted_access(filtered), granted_access(token), "the handle has the first one's access");
    check(statistics(filtered).TokenId.LowPart != first.TokenId.LowPart, "the token is another");
    NtClose(filtered);
    expect(NtFilterToken(token, 0x100, NULL, NULL, NULL, &filtered), STATUS_INVALID_PARAMETER, "filter, unknown flag");
    expect(NtFilterToken(token, 0, NULL, NULL, &wrong, &filtered), STATUS_INVALID_PARAMETER, "restricting SIDs have no attributes");
    expect(NtFilterToken(token, DISABLE_MAX_PRIVILEGE, NULL, NULL, NULL, &filtered), 0, "filter all privileges");
    NtQueryInformationToken(filtered, TokenPrivileges, &data, sizeof(data), &needed);
    equal(data.privileges.PrivilegeCount, 1, "one stays");
    equal(data.privileges.Privileges[0].Luid.LowPart, 23, "SeChangeNotifyPrivilege");
    NtClose(filtered);
    expect(NtFilterToken(token, 0, &disable, &delete, &restrict_to, &filtered), 0, "filter one of each");
    equal(statistics(filtered).PrivilegeCount, first.PrivilegeCount - 1, "a privilege less");
    equal(group_attributes(filtered, &administrators) & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY),
          SE_GROUP_USE_FOR_DENY_ONLY, "a group that only denies");
    NtQueryInformationToken(filtered, TokenRestrictedSids, &data, sizeof(data), &needed);
    equal(data.groups.GroupCount, 1, "one SID restricts");
    check(data.groups.GroupCount == 1 && same_sid(data.groups.Groups[0].Sid, &world), "Everyone");
    equal(data.groups.Groups[0].Attributes, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED,
          "and must be there");
    NtQueryInformationToken(filtered, TokenOwner, &data, sizeof(data), &needed);
    check(!same_sid(data.owner.Owner, &administrators), "who only denies owns nothing");
    NtClose(filtered);
}

static void compare(void)
{
    COMPARE_TOKENS same = (COMPARE_TOKENS)procedure("NtCompareTokens");
    BOOLEAN equal_tokens = 9;
    HANDLE other = impersonation_token(SecurityIdentification);
    check(!!same == nt_at_least(5, 1), "NtCompareTokens came with Windows XP");
    if (!same) {
        NtClose(other);
        return;
    }
    expect(same(token, token, &equal_tokens), 0, "compare a token with itself");
    equal(equal_tokens, TRUE, "is the same");
    expect(same(token, other, &equal_tokens), 0, "compare it with a copy");
    equal(equal_tokens, TRUE, "gives the same access");
    NtAdjustPrivilegesToken(other, TRUE, NULL, 0, NULL, NULL);
    expect(same(token, other, &equal_tokens), 0, "compare it with one whose privileges are off");
    equal(equal_tokens, FALSE, "is not the same");
    expect(same(NULL, other, &equal_tokens), STATUS_INVALID_HANDLE, "compare nothing");
    faults(BAD_OUT, p, same(token, other, p), "compare, result");
    NtClose(other);
}

void test_main(void)
{
    token = own_token(TOKEN_QUERY | TOKEN_DUPLICATE);
    open();
    copies();
    levels();
    effective();
    filter();
    compare();
    NtClose(token);
}
