/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security identifiers, LUIDs and access masks.
 */
#include "ntdll.h"

#define SID_HEADER FIELD_OFFSET(SID, SubAuthority)

BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    const SID *sid = Sid;

    return sid && (sid->Revision & 0xf) == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorities)
{
    return SID_HEADER + SubAuthorities * sizeof(ULONG);
}

ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return RtlLengthRequiredSid(((const SID *)Sid)->SubAuthorityCount);
}

/* Revision and count decide how much is compared. */
BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    if (*(const USHORT *)Sid1 != *(const USHORT *)Sid2)
        return FALSE;
    return !memcmp(Sid1, Sid2, RtlLengthSid(Sid1));
}

BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2)
{
    ULONG count = ((const SID *)Sid1)->SubAuthorityCount;

    if (*(const USHORT *)Sid1 != *(const USHORT *)Sid2)
        return FALSE;
    return !memcmp(Sid1, Sid2, RtlLengthRequiredSid(count ? count - 1 : 0));
}

NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR SubAuthorities)
{
    SID *sid = Sid;

    if (SubAuthorities > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = SubAuthorities;
    sid->IdentifierAuthority = *Authority;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source)
{
    ULONG needed = RtlLengthSid(Source);

    if (needed > Length)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(Destination, Source, needed);
    return STATUS_SUCCESS;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG Index)
{
    return &((SID *)Sid)->SubAuthority[Index];
}

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((SID *)Sid)->SubAuthorityCount;
}

PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid)
{
    return &((SID *)Sid)->IdentifierAuthority;
}

NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count, ULONG Sub0, ULONG Sub1,
                                           ULONG Sub2, ULONG Sub3, ULONG Sub4, ULONG Sub5, ULONG Sub6, ULONG Sub7,
                                           PSID *Sid)
{
    const ULONG values[8] = {Sub0, Sub1, Sub2, Sub3, Sub4, Sub5, Sub6, Sub7};
    PSID sid;

    if (Count > COUNT_OF(values))
        return STATUS_INVALID_SID;
    sid = heap_alloc(RtlLengthRequiredSid(Count));
    if (!sid)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(sid, Authority, Count);
    memcpy(((SID *)sid)->SubAuthority, values, Count * sizeof(ULONG));
    *Sid = sid;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlFreeSid(PSID Sid)
{
    heap_free(Sid);
    return NULL;
}

/* S-1-authority-sub-sub…; an authority that does not fit 32 bits is written in hexadecimal. */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING String, PSID Sid, BOOLEAN Allocate)
{
    const SID *sid = Sid;
    const UCHAR *authority = sid->IdentifierAuthority.Value;
    WCHAR text[16 + 14 + SID_MAX_SUB_AUTHORITIES * 11], *at = text;
    ULONG bytes;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    at += swprintf(at, L"S-%u-", sid->Revision);
    if (authority[0] || authority[1])
        at += swprintf(at, L"0x%02x%02x%02x%02x%02x%02x", authority[0], authority[1], authority[2], authority[3],
                       authority[4], authority[5]);
    else
        at += swprintf(at, L"%lu",
                       (ULONG)authority[2] << 24 | (ULONG)authority[3] << 16 | (ULONG)authority[4] << 8 | authority[5]);
    for (ULONG i = 0; i < sid->SubAuthorityCount; i++)
        at += swprintf(at, L"-%lu", sid->SubAuthority[i]);
    bytes = (ULONG)(at - text) * sizeof(WCHAR);
    if (Allocate)
        return RtlCreateUnicodeString(String, text) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (bytes + sizeof(WCHAR) > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(String->Buffer, text, bytes + sizeof(WCHAR));
    String->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlMapGenericMask(PACCESS_MASK Access, const GENERIC_MAPPING *Mapping)
{
    ACCESS_MASK mask = *Access;

    mask |= *Access & GENERIC_READ ? Mapping->GenericRead : 0;
    mask |= *Access & GENERIC_WRITE ? Mapping->GenericWrite : 0;
    mask |= *Access & GENERIC_EXECUTE ? Mapping->GenericExecute : 0;
    mask |= *Access & GENERIC_ALL ? Mapping->GenericAll : 0;
    *Access = mask & ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired)
{
    return (Granted & Desired) == Desired;
}

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK Granted, ACCESS_MASK Desired)
{
    return (Granted & Desired) != 0;
}

VOID NTAPI RtlCopyLuid(PLUID Destination, const LUID *Source)
{
    *Destination = *Source;
}

BOOLEAN NTAPI RtlEqualLuid(const LUID *Luid1, const LUID *Luid2)
{
    return Luid1->LowPart == Luid2->LowPart && Luid1->HighPart == Luid2->HighPart;
}
