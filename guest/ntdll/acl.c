/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access control lists: a header and entries one behind the other in a buffer of AclSize bytes.
 */
#include "ntdll.h"

#define SID_START FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart)

NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision)
{
    if (Length < sizeof(*Acl))
        return STATUS_BUFFER_TOO_SMALL;
    if (Revision < MIN_ACL_REVISION || Revision > MAX_ACL_REVISION || Length > 0xffff)
        return STATUS_INVALID_PARAMETER;
    Acl->AclRevision = (UCHAR)Revision;
    Acl->Sbz1 = 0;
    Acl->AclSize = (USHORT)(Length & ~3u);
    Acl->AceCount = 0;
    Acl->Sbz2 = 0;
    return STATUS_SUCCESS;
}

/* Where the next entry would go; FALSE (and NULL) if the entries do not lie within the list. */
BOOLEAN NTAPI RtlFirstFreeAce(PACL Acl, PVOID *FirstFree)
{
    PUCHAR at = (PUCHAR)(Acl + 1), end = (PUCHAR)Acl + Acl->AclSize;

    *FirstFree = NULL;
    for (ULONG i = 0; i < Acl->AceCount; i++) {
        if (at + sizeof(ACE_HEADER) > end)
            return FALSE;
        at += ((PACE_HEADER)at)->AceSize;
    }
    if (at <= end)
        *FirstFree = at;
    return TRUE;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    PUCHAR at, end;

    if (!Acl || Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION ||
        Acl->AclSize < sizeof(*Acl) || Acl->AclSize & 3)
        return FALSE;
    at = (PUCHAR)(Acl + 1);
    end = (PUCHAR)Acl + Acl->AclSize;
    for (ULONG i = 0; i < Acl->AceCount; i++) {
        PACE_HEADER ace = (PACE_HEADER)at;
        if (at + sizeof(*ace) > end || ace->AceSize < sizeof(*ace) || ace->AceSize & 3 || ace->AceSize > end - at)
            return FALSE;
        if (ace->AceType <= SYSTEM_ALARM_ACE_TYPE &&
            (ace->AceSize < SID_START + FIELD_OFFSET(SID, SubAuthority) || !RtlValidSid(at + SID_START) ||
             ace->AceSize < SID_START + RtlLengthSid(at + SID_START)))
            return FALSE;
        at += ace->AceSize;
    }
    return TRUE;
}

NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace)
{
    PUCHAR at = (PUCHAR)(Acl + 1), end = (PUCHAR)Acl + Acl->AclSize;

    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || Index >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    for (; Index; Index--) {
        if (at >= end)
            return STATUS_INVALID_PARAMETER;
        at += ((PACE_HEADER)at)->AceSize;
    }
    if (at >= end)
        return STATUS_INVALID_PARAMETER;
    *Ace = at;
    return STATUS_SUCCESS;
}

/* Inserts a row of entries before the one at Index (beyond the last: at the end). */
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG Revision, ULONG Index, PVOID AceList, ULONG Length)
{
    PVOID free, place;
    PUCHAR at = AceList, end = at + Length;
    USHORT count = 0;

    if (!RtlValidAcl(Acl) || !RtlFirstFreeAce(Acl, &free))
        return STATUS_INVALID_PARAMETER;
    for (; at < end; count++) {
        if (at + sizeof(ACE_HEADER) > end || ((PACE_HEADER)at)->AceSize < sizeof(ACE_HEADER))
            return STATUS_INVALID_PARAMETER;
        at += ((PACE_HEADER)at)->AceSize;
    }
    if (at > end)
        return STATUS_INVALID_PARAMETER;
    if (!free || (PUCHAR)free + Length > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    if (Index >= Acl->AceCount || !NT_SUCCESS(RtlGetAce(Acl, Index, &place)))
        place = free;
    memmove((PUCHAR)place + Length, place, (SIZE_T)((PUCHAR)free - (PUCHAR)place));
    memcpy(place, AceList, Length);
    Acl->AceCount = (USHORT)(Acl->AceCount + count);
    if (Revision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)Revision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG Index)
{
    PVOID ace, free;
    ULONG size;

    if (!RtlValidAcl(Acl) || Index >= Acl->AceCount || !RtlFirstFreeAce(Acl, &free) || !free ||
        !NT_SUCCESS(RtlGetAce(Acl, Index, &ace)))
        return STATUS_INVALID_PARAMETER;
    size = ((PACE_HEADER)ace)->AceSize;
    memmove(ace, (PUCHAR)ace + size, (SIZE_T)((PUCHAR)free - (PUCHAR)ace) - size);
    memset((PUCHAR)free - size, 0, size);
    Acl->AceCount--;
    return STATUS_SUCCESS;
}

static NTSTATUS add_known(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK access, PSID sid, UCHAR type)
{
    PACCESS_ALLOWED_ACE ace;
    PVOID free;
    ULONG size;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (acl->AclRevision > MAX_ACL_REVISION || revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (flags & ~(ULONG)(VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG))
        return STATUS_INVALID_PARAMETER;
    if (!RtlValidAcl(acl) || !RtlFirstFreeAce(acl, &free))
        return STATUS_INVALID_ACL;
    size = SID_START + RtlLengthSid(sid);
    if (!free || (PUCHAR)free + size > (PUCHAR)acl + acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    ace = free;
    ace->Header.AceType = type;
    ace->Header.AceFlags = (UCHAR)flags;
    ace->Header.AceSize = (USHORT)size;
    ace->Mask = access;
    RtlCopySid(RtlLengthSid(sid), &ace->SidStart, sid);
    acl->AceCount++;
    if (revision > acl->AclRevision)
        acl->AclRevision = (UCHAR)revision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid)
{
    return add_known(Acl, Revision, 0, Access, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Access, PSID Sid)
{
    return add_known(Acl, Revision, Flags, Access, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid)
{
    return add_known(Acl, Revision, 0, Access, Sid, ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Access, PSID Sid)
{
    return add_known(Acl, Revision, Flags, Access, Sid, ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS NTAPI RtlAddAuditAccessAce(PACL Acl, ULONG Revision, ACCESS_MASK Access, PSID Sid, BOOLEAN Success,
                                    BOOLEAN Failure)
{
    ULONG flags = (Success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (Failure ? FAILED_ACCESS_ACE_FLAG : 0);

    return add_known(Acl, Revision, flags, Access, Sid, SYSTEM_AUDIT_ACE_TYPE);
}

NTSTATUS NTAPI RtlQueryInformationAcl(PACL Acl, PVOID Information, ULONG Length, ACL_INFORMATION_CLASS Class)
{
    ACL_SIZE_INFORMATION *size = Information;
    PVOID free;

    if (Class == AclRevisionInformation) {
        if (Length < sizeof(ACL_REVISION_INFORMATION))
            return STATUS_BUFFER_TOO_SMALL;
        ((ACL_REVISION_INFORMATION *)Information)->AclRevision = Acl->AclRevision;
        return STATUS_SUCCESS;
    }
    if (Class != AclSizeInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < sizeof(*size))
        return STATUS_BUFFER_TOO_SMALL;
    if (!RtlFirstFreeAce(Acl, &free))
        return STATUS_INVALID_PARAMETER;
    size->AceCount = Acl->AceCount;
    size->AclBytesInUse = free ? (ULONG)((PUCHAR)free - (PUCHAR)Acl) : Acl->AclSize;
    size->AclBytesFree = Acl->AclSize - size->AclBytesInUse;
    return STATUS_SUCCESS;
}
