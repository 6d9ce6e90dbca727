/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security calls, and short ways to make SIDs, lists, descriptors and tokens. */
#ifndef CONFORMANCE_NTAPI_SE_H
#define CONFORMANCE_NTAPI_SE_H

#include "tap.h"

NTCALL(NtCreateToken, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, LUID *, LARGE_INTEGER *, TOKEN_USER *,
       TOKEN_GROUPS *, TOKEN_PRIVILEGES *, TOKEN_OWNER *, TOKEN_PRIMARY_GROUP *, TOKEN_DEFAULT_DACL *, TOKEN_SOURCE *);
NTCALL(NtOpenProcessToken, HANDLE, ACCESS_MASK, PHANDLE);
NTCALL(NtOpenThreadToken, HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE);
NTCALL(NtDuplicateToken, HANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, BOOLEAN, ULONG, PHANDLE);
NTCALL(NtFilterToken, HANDLE, ULONG, TOKEN_GROUPS *, TOKEN_PRIVILEGES *, TOKEN_GROUPS *, PHANDLE);
NTCALL(NtAdjustPrivilegesToken, HANDLE, BOOLEAN, TOKEN_PRIVILEGES *, ULONG, TOKEN_PRIVILEGES *, PULONG);
NTCALL(NtAdjustGroupsToken, HANDLE, BOOLEAN, TOKEN_GROUPS *, ULONG, TOKEN_GROUPS *, PULONG);
NTCALL(NtQueryInformationToken, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetInformationToken, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtImpersonateThread, HANDLE, HANDLE, SECURITY_QUALITY_OF_SERVICE *);
NTCALL(NtImpersonateAnonymousToken, HANDLE);
NTCALL(NtQuerySecurityObject, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetSecurityObject, HANDLE, ULONG, PVOID);
NTCALL(NtAccessCheck, PVOID, HANDLE, ACCESS_MASK, GENERIC_MAPPING *, PRIVILEGE_SET *, PULONG, ACCESS_MASK *, NTSTATUS *);
NTCALL(NtAccessCheckByType, PVOID, PSID, HANDLE, ACCESS_MASK, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *,
       PRIVILEGE_SET *, PULONG, ACCESS_MASK *, NTSTATUS *);
NTCALL(NtAccessCheckByTypeResultList, PVOID, PSID, HANDLE, ACCESS_MASK, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *,
       PRIVILEGE_SET *, PULONG, ACCESS_MASK *, NTSTATUS *);
NTCALL(NtAccessCheckAndAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, ACCESS_MASK,
       GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *, BOOLEAN *);
NTCALL(NtAccessCheckByTypeAndAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, PSID, ACCESS_MASK,
       ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *, BOOLEAN *);
NTCALL(NtAccessCheckByTypeResultListAndAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, PSID,
       ACCESS_MASK, ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *, BOOLEAN *);
NTCALL(NtAccessCheckByTypeResultListAndAuditAlarmByHandle, UNICODE_STRING *, PVOID, HANDLE, UNICODE_STRING *, UNICODE_STRING *,
       PVOID, PSID, ACCESS_MASK, ULONG, ULONG, OBJECT_TYPE_LIST *, ULONG, GENERIC_MAPPING *, BOOLEAN, ACCESS_MASK *, NTSTATUS *,
       BOOLEAN *);
NTCALL(NtPrivilegeCheck, HANDLE, PRIVILEGE_SET *, BOOLEAN *);
NTCALL(NtOpenObjectAuditAlarm, UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, PVOID, HANDLE, ACCESS_MASK,
       ACCESS_MASK, PRIVILEGE_SET *, BOOLEAN, BOOLEAN, BOOLEAN *);
NTCALL(NtCloseObjectAuditAlarm, UNICODE_STRING *, PVOID, BOOLEAN);
NTCALL(NtDeleteObjectAuditAlarm, UNICODE_STRING *, PVOID, BOOLEAN);
NTCALL(NtPrivilegeObjectAuditAlarm, UNICODE_STRING *, PVOID, HANDLE, ACCESS_MASK, PRIVILEGE_SET *, BOOLEAN);
NTCALL(NtPrivilegedServiceAuditAlarm, UNICODE_STRING *, UNICODE_STRING *, HANDLE, PRIVILEGE_SET *, BOOLEAN);

/* Windows XP's. */
typedef NTSTATUS(NTAPI *MAKE_PERMANENT)(HANDLE);
typedef NTSTATUS(NTAPI *COMPARE_TOKENS)(HANDLE, HANDLE, BOOLEAN *);
typedef NTSTATUS(NTAPI *OPEN_PROCESS_TOKEN_EX)(HANDLE, ACCESS_MASK, ULONG, PHANDLE);
typedef NTSTATUS(NTAPI *OPEN_THREAD_TOKEN_EX)(HANDLE, ACCESS_MASK, BOOLEAN, ULONG, PHANDLE);

enum { ThreadImpersonationTokenClass = 5, ProcessAccessTokenClass = 9 };
typedef struct { HANDLE Token, Thread; } PROCESS_ACCESS_TOKEN;

/* SIDs as bytes: revision, count, authority, sub-authorities. */
typedef struct { BYTE revision, count, authority[6]; ULONG sub[6]; } ANY_SID;
#define SID1(authority, a) {1, 1, {0, 0, 0, 0, 0, authority}, {a}}
#define SID2(authority, a, b) {1, 2, {0, 0, 0, 0, 0, authority}, {a, b}}
#define SID5(authority, a, b, c, d, e) {1, 5, {0, 0, 0, 0, 0, authority}, {a, b, c, d, e}}
static ANY_SID world __attribute__((unused)) = SID1(1, 0);
static ANY_SID creator_owner __attribute__((unused)) = SID1(3, 0);
static ANY_SID creator_group __attribute__((unused)) = SID1(3, 1);
static ANY_SID self __attribute__((unused)) = SID1(5, 10);
static ANY_SID authenticated __attribute__((unused)) = SID1(5, 11);
static ANY_SID local_system __attribute__((unused)) = SID1(5, 18);
static ANY_SID administrators __attribute__((unused)) = SID2(5, 32, 544);
static ANY_SID users __attribute__((unused)) = SID2(5, 32, 545);
static ANY_SID alice __attribute__((unused)) = SID5(5, 21, 1, 2, 3, 1001);
static ANY_SID bob __attribute__((unused)) = SID5(5, 21, 1, 2, 3, 1002);

static inline ULONG sid_size(const void *sid)
{
    return sid ? 8 + 4 * ((const ANY_SID *)sid)->count : 0;
}

static inline BOOLEAN same_sid(const void *left, const void *right)
{
    return left && right && sid_size(left) == sid_size(right) && same_memory(left, right, sid_size(left));
}

/* An access list that grows. */
typedef struct { ACL head; BYTE room[500]; } ANY_ACL;

static inline ANY_ACL *acl_start(ANY_ACL *acl, BYTE revision)
{
    acl->head = (ACL){revision, 0, sizeof(ACL), 0, 0};
    return acl;
}

static inline void acl_copy(ANY_ACL *acl, const void *data, ULONG size)
{
    for (ULONG i = 0; i < size; i++)
        ((BYTE *)acl)[acl->head.AclSize + i] = ((const BYTE *)data)[i];
    acl->head.AclSize += (WORD)size;
}

static inline void acl_add(ANY_ACL *acl, BYTE type, BYTE flags, ACCESS_MASK mask, const void *sid)
{
    struct { ACE_HEADER header; ACCESS_MASK mask; } head = {{type, flags, (WORD)(8 + sid_size(sid))}, mask};
    acl_copy(acl, &head, sizeof(head));
    acl_copy(acl, sid, sid_size(sid));
    acl->head.AceCount++;
}

static inline void acl_add_object(ANY_ACL *acl, BYTE type, ACCESS_MASK mask, const GUID *part, const void *sid)
{
    struct { ACE_HEADER header; ACCESS_MASK mask; ULONG flags; GUID part; } head = {
        {type, 0, (WORD)(28 + sid_size(sid))}, mask, ACE_OBJECT_TYPE_PRESENT, *part};
    acl_copy(acl, &head, sizeof(head));
    acl_copy(acl, sid, sid_size(sid));
    acl->head.AceCount++;
}

static inline SECURITY_DESCRIPTOR descriptor(void *owner, void *group, ANY_ACL *dacl)
{
    return (SECURITY_DESCRIPTOR){1, 0, SE_DACL_PRESENT, owner, group, NULL, &dacl->head};
}

static inline ULONG acl_size(const ACL *acl)
{
    return acl ? acl->AclSize : 0;
}

static inline ULONG acl_entries(const ACL *acl)
{
    return acl ? acl->AceCount : 0;
}

/* The first entry of a list, and the next one. */
static inline ACE_HEADER *first_ace(ACL *acl)
{
    return (ACE_HEADER *)(acl + 1);
}

static inline ACE_HEADER *next_ace(ACE_HEADER *ace)
{
    return (ACE_HEADER *)((BYTE *)ace + ace->AceSize);
}

static inline PSID ace_sid(ACE_HEADER *ace)
{
    return &((ACCESS_ALLOWED_ACE *)ace)->SidStart;
}

static inline ULONG ace_mask(ACE_HEADER *ace)
{
    return ((ACCESS_ALLOWED_ACE *)ace)->Mask;
}

/* The parts of a self-relative descriptor. */
static inline void *part_of(void *descriptor, ULONG offset)
{
    return offset ? (BYTE *)descriptor + offset : NULL;
}

#define OWNER_OF(sd) part_of(sd, (ULONG)((SECURITY_DESCRIPTOR_RELATIVE *)(sd))->Owner)
#define GROUP_OF(sd) part_of(sd, (ULONG)((SECURITY_DESCRIPTOR_RELATIVE *)(sd))->Group)
#define DACL_OF(sd) ((ACL *)part_of(sd, (ULONG)((SECURITY_DESCRIPTOR_RELATIVE *)(sd))->Dacl))
#define SACL_OF(sd) ((ACL *)part_of(sd, (ULONG)((SECURITY_DESCRIPTOR_RELATIVE *)(sd))->Sacl))

/* Tokens. */
static inline HANDLE own_token(ACCESS_MASK access)
{
    HANDLE token = NULL;
    NtOpenProcessToken(NtCurrentProcess(), access, &token);
    return token;
}

static inline OBJECT_ATTRIBUTES *at_level(ULONG level)
{
    static SECURITY_QUALITY_OF_SERVICE quality;
    static OBJECT_ATTRIBUTES attributes;
    quality = (SECURITY_QUALITY_OF_SERVICE){sizeof(quality), level, SECURITY_STATIC_TRACKING, FALSE};
    attributes = (OBJECT_ATTRIBUTES){sizeof(attributes), NULL, NULL, 0, NULL, &quality};
    return &attributes;
}

static inline HANDLE impersonation_token(ULONG level)
{
    HANDLE own = own_token(TOKEN_DUPLICATE), token = NULL;
    NtDuplicateToken(own, TOKEN_ALL_ACCESS, at_level(level), FALSE, TokenImpersonation, &token);
    NtClose(own);
    return token;
}

static inline NTSTATUS impersonate(HANDLE token)
{
    return NtSetInformationThread(NtCurrentThread(), ThreadImpersonationTokenClass, &token, sizeof(token));
}

static inline TOKEN_PRIVILEGES one_privilege(ULONG privilege, ULONG attributes)
{
    return (TOKEN_PRIVILEGES){1, {{{privilege, 0}, attributes}}};
}

static inline NTSTATUS switch_privilege(HANDLE token, ULONG privilege, ULONG attributes)
{
    TOKEN_PRIVILEGES state = one_privilege(privilege, attributes);
    return NtAdjustPrivilegesToken(token, FALSE, &state, 0, NULL, NULL);
}

static inline void own_privilege(ULONG privilege, BOOLEAN on)
{
    HANDLE token = own_token(TOKEN_ADJUST_PRIVILEGES);
    switch_privilege(token, privilege, on ? SE_PRIVILEGE_ENABLED : 0);
    NtClose(token);
}

/* A token of a user who is in Everyone and Users, has SeChangeNotifyPrivilege, and shares nothing by default. */
static inline NTSTATUS user_token(ANY_SID *user, ULONG type, HANDLE *token)
{
    struct { ULONG count; SID_AND_ATTRIBUTES groups[2]; } groups = {
        2, {{&world, SE_GROUP_MANDATORY}, {&users, SE_GROUP_MANDATORY}}};
    TOKEN_PRIVILEGES privileges = one_privilege(23, SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT);
    TOKEN_USER holder = {{user, 0}};
    TOKEN_PRIMARY_GROUP group = {&users};
    ANY_ACL acl;
    TOKEN_DEFAULT_DACL dacl = {&acl.head};
    TOKEN_SOURCE source = {"conform", {0, 0}};
    LUID logon = {0x3e7, 0};
    LARGE_INTEGER never = {.QuadPart = 0x7fffffffffffffffLL};
    NTSTATUS status;
    acl_add(acl_start(&acl, ACL_REVISION), ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, user);
    own_privilege(2, TRUE); /* SeCreateTokenPrivilege */
    status = NtCreateToken(token, TOKEN_ALL_ACCESS, at_level(SecurityImpersonation), type, &logon, &never, &holder,
                           (TOKEN_GROUPS *)&groups, &privileges, NULL, &group, &dacl, &source);
    own_privilege(2, FALSE);
    return status;
}

#endif
