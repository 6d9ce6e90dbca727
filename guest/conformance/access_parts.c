/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtAccessCheckByType and NtAccessCheckByTypeResultList: objects with parts, and S-1-5-10.
 * Known from: MSDN AccessCheckByType, AccessCheckByTypeResultList, OBJECT_TYPE_LIST; "ACEs to control access to an object's
 * properties"; ReactOS' apitests of the same names (run on Windows Server 2003).
 */
#include "ntapi_se.h"

enum { READ = 1, WRITE = 2, ALL = 3 };
static GENERIC_MAPPING mapping = {READ, WRITE, 0, ALL};
static GUID whole = {1, 0, 0, {0}}, set_a = {2, 0, 0, {0}}, a1 = {3, 0, 0, {0}}, a2 = {4, 0, 0, {0}}, set_b = {5, 0, 0, {0}},
            b1 = {6, 0, 0, {0}}, stranger = {7, 0, 0, {0}};
static OBJECT_TYPE_LIST parts[] = {{0, 0, &whole}, {1, 0, &set_a}, {2, 0, &a1}, {2, 0, &a2}, {1, 0, &set_b}, {2, 0, &b1}};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
static PRIVILEGE_SET used;
static ULONG length;
static ACCESS_MASK granted[PARTS];
static NTSTATUS answer[PARTS];
static HANDLE client;
static ANY_ACL acl;

static NTSTATUS ask(ACCESS_MASK desired, ULONG count, ANY_SID *principal)
{
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, &acl);
    length = sizeof(used);
    return NtAccessCheckByType(&sd, principal, client, desired, count ? parts : NULL, count, &mapping, &used, &length, granted,
                               answer);
}

static NTSTATUS ask_all(ACCESS_MASK desired, ULONG count)
{
    SECURITY_DESCRIPTOR sd = descriptor(&bob, &users, &acl);
    length = sizeof(used);
    return NtAccessCheckByTypeResultList(&sd, NULL, client, desired, parts, count, &mapping, &used, &length, granted, answer);
}

/* Which parts are granted, as bits from the first on. */
static ULONG good_parts(ACCESS_MASK desired)
{
    ULONG bits = 0;
    if (ask_all(desired, PARTS))
        return 0xdead;
    for (int i = 0; i < PARTS; i++)
        bits |= answer[i] == STATUS_SUCCESS ? 1u << i : 0;
    return bits;
}

#define ALLOW ACCESS_ALLOWED_OBJECT_ACE_TYPE
#define DENY ACCESS_DENIED_OBJECT_ACE_TYPE

static void one_answer(void)
{
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, ALLOW, READ, &whole, &world);
    expect(ask(READ, PARTS, NULL), 0, "the whole may be read");
    expect(answer[0], 0, "yes");
    equal(granted[0], READ, "to read is granted");
    expect(ask(READ, 0, NULL), 0, "without parts");
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, ALLOW, READ, &a1, &world);
    ask(READ, PARTS, NULL);
    expect(answer[0], STATUS_ACCESS_DENIED, "a part is not the whole");
    ask(MAXIMUM_ALLOWED, PARTS, NULL);
    expect(answer[0], STATUS_ACCESS_DENIED, "not even as much as may be");
    acl_add_object(&acl, ALLOW, READ, &a2, &world);
    acl_add_object(&acl, ALLOW, READ, &b1, &world);
    ask(READ, PARTS, NULL);
    expect(answer[0], 0, "all parts are the whole");
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, DENY, READ, &b1, &world);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    ask(READ, PARTS, NULL);
    expect(answer[0], STATUS_ACCESS_DENIED, "one part denied denies the whole");
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, DENY, READ, &stranger, &world);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    ask(READ, PARTS, NULL);
    expect(answer[0], 0, "a part that is not asked for does not count");
}

static void many_answers(void)
{
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, ALLOW, READ, &set_a, &world);
    equal(good_parts(READ), 0xe, "a set and what is in it");
    equal(granted[1], READ, "granted for the set");
    equal(granted[4], 0, "nothing for another");
    equal(answer[4], STATUS_ACCESS_DENIED, "which is denied");
    equal(good_parts(MAXIMUM_ALLOWED), 0xe, "as much as may be");
    equal(granted[2], READ, "is to read");
    acl_add_object(&acl, ALLOW, READ, &b1, &world);
    equal(good_parts(READ), 0x3f, "every part, and so the whole");
    acl_start(&acl, ACL_REVISION_DS);
    acl_add_object(&acl, DENY, READ, &a1, &world);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ | WRITE, &world);
    equal(good_parts(READ), 0x38, "denied in a part, and all above it");
    equal(good_parts(WRITE), 0x3f, "for that right only");
    acl_start(&acl, ACL_REVISION_DS);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    acl_add_object(&acl, DENY, READ, &a1, &world);
    equal(good_parts(READ), 0x3f, "granted first");
}

static void errors(void)
{
    acl_start(&acl, ACL_REVISION_DS);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &world);
    expect(ask_all(READ, 0), STATUS_INVALID_PARAMETER, "a result list needs parts");
    expect(ask_all(GENERIC_READ, PARTS), STATUS_GENERIC_NOT_MAPPED, "a generic right");
    parts[0].Level = 1;
    expect(ask(READ, PARTS, NULL), STATUS_INVALID_PARAMETER, "the first is not the whole");
    parts[0].Level = 0;
    parts[4].Level = 0;
    expect(ask(READ, PARTS, NULL), STATUS_INVALID_PARAMETER, "two wholes");
    parts[4].Level = 1;
    parts[1].Level = 2;
    expect(ask(READ, PARTS, NULL), STATUS_INVALID_PARAMETER, "a level is left out");
    parts[1].Level = 1;
    parts[1].Sbz = 1;
    expect(ask(READ, PARTS, NULL), STATUS_INVALID_PARAMETER, "what must be zero is not");
    parts[1].Sbz = 0;
    parts[1].ObjectType = NULL;
    expect(ask(READ, PARTS, NULL), STATUS_ACCESS_VIOLATION, "a part without a name");
    parts[1].ObjectType = &set_a;
    expect(ask(READ, PARTS, NULL), 0, "all is good again");
}

static void principal_self(void)
{
    acl_start(&acl, ACL_REVISION_DS);
    acl_add(&acl, ACCESS_ALLOWED_ACE_TYPE, 0, READ, &self);
    ask(READ, 0, NULL);
    expect(answer[0], STATUS_ACCESS_DENIED, "S-1-5-10 is nobody in general");
    ask(READ, 0, &alice);
    expect(answer[0], STATUS_ACCESS_DENIED, "nor is it somebody else");
    ask(READ, 0, &world);
    expect(answer[0], 0, "for an object that stands for us it is us");
    ask(READ, PARTS, &world);
    expect(answer[0], 0, "for one with parts, too");
    static ANY_SID bad = {9, 0, {0}, {0}};
    expect(ask(READ, 0, &bad), STATUS_INVALID_SID, "a SID that is none");
}

void test_main(void)
{
    client = impersonation_token(SecurityImpersonation);
    one_answer();
    many_answers();
    errors();
    principal_self();
    NtClose(client);
}
