/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors: absolute ones hold pointers and can be changed, self-relative ones hold offsets.
 */
#include "ntdll.h"

typedef SECURITY_DESCRIPTOR *PSD;
typedef SECURITY_DESCRIPTOR_RELATIVE *PSDR;

static BOOLEAN revision_is_known(PSECURITY_DESCRIPTOR descriptor)
{
    return ((PSD)descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}

static PVOID part(PSECURITY_DESCRIPTOR descriptor, PVOID pointer, ULONG offset)
{
    if (!(((PSD)descriptor)->Control & SE_SELF_RELATIVE))
        return pointer;
    return offset ? (PUCHAR)descriptor + offset : NULL;
}

static PSID owner_of(PSECURITY_DESCRIPTOR d)
{
    return part(d, ((PSD)d)->Owner, ((PSDR)d)->Owner);
}

static PSID group_of(PSECURITY_DESCRIPTOR d)
{
    return part(d, ((PSD)d)->Group, ((PSDR)d)->Group);
}

static PACL dacl_of(PSECURITY_DESCRIPTOR d)
{
    return ((PSD)d)->Control & SE_DACL_PRESENT ? part(d, ((PSD)d)->Dacl, ((PSDR)d)->Dacl) : NULL;
}

static PACL sacl_of(PSECURITY_DESCRIPTOR d)
{
    return ((PSD)d)->Control & SE_SACL_PRESENT ? part(d, ((PSD)d)->Sacl, ((PSDR)d)->Sacl) : NULL;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(Descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((PSD)Descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    PSID owner, group;
    PACL dacl, sacl;

    if (!Descriptor || !revision_is_known(Descriptor))
        return FALSE;
    owner = owner_of(Descriptor);
    group = group_of(Descriptor);
    dacl = dacl_of(Descriptor);
    sacl = sacl_of(Descriptor);
    return (!owner || RtlValidSid(owner)) && (!group || RtlValidSid(group)) && (!dacl || RtlValidAcl(dacl)) &&
           (!sacl || RtlValidAcl(sacl));
}

static ULONG round4(ULONG size)
{
    return (size + 3) & ~3u;
}

/* Bytes of the descriptor in self-relative form, with all it refers to. */
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
    ULONG size = ((PSD)Descriptor)->Control & SE_SELF_RELATIVE ? sizeof(SECURITY_DESCRIPTOR_RELATIVE)
                                                                : sizeof(SECURITY_DESCRIPTOR);

    size += owner_of(Descriptor) ? round4(RtlLengthSid(owner_of(Descriptor))) : 0;
    size += group_of(Descriptor) ? round4(RtlLengthSid(group_of(Descriptor))) : 0;
    size += dacl_of(Descriptor) ? round4(dacl_of(Descriptor)->AclSize) : 0;
    size += sacl_of(Descriptor) ? round4(sacl_of(Descriptor)->AclSize) : 0;
    return size;
}

static NTSTATUS check_absolute(PSECURITY_DESCRIPTOR descriptor)
{
    if (!revision_is_known(descriptor))
        return STATUS_UNKNOWN_REVISION;
    return ((PSD)descriptor)->Control & SE_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static void set_control(PSECURITY_DESCRIPTOR descriptor, USHORT bits, BOOLEAN on)
{
    PSD sd = descriptor;

    sd->Control = (USHORT)(on ? sd->Control | bits : sd->Control & ~bits);
}

NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl,
                                            BOOLEAN Defaulted)
{
    NTSTATUS status = check_absolute(Descriptor);

    if (!NT_SUCCESS(status))
        return status;
    set_control(Descriptor, SE_DACL_PRESENT, Present);
    if (Present) {
        ((PSD)Descriptor)->Dacl = Dacl;
        set_control(Descriptor, SE_DACL_DEFAULTED, Defaulted);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Sacl,
                                            BOOLEAN Defaulted)
{
    NTSTATUS status = check_absolute(Descriptor);

    if (!NT_SUCCESS(status))
        return status;
    set_control(Descriptor, SE_SACL_PRESENT, Present);
    if (Present) {
        ((PSD)Descriptor)->Sacl = Sacl;
        set_control(Descriptor, SE_SACL_DEFAULTED, Defaulted);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Dacl,
                                            PBOOLEAN Defaulted)
{
    if (!revision_is_known(Descriptor))
        return STATUS_UNKNOWN_REVISION;
    *Present = (((PSD)Descriptor)->Control & SE_DACL_PRESENT) != 0;
    if (*Present) {
        *Dacl = dacl_of(Descriptor);
        *Defaulted = (((PSD)Descriptor)->Control & SE_DACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Sacl,
                                            PBOOLEAN Defaulted)
{
    if (!revision_is_known(Descriptor))
        return STATUS_UNKNOWN_REVISION;
    *Present = (((PSD)Descriptor)->Control & SE_SACL_PRESENT) != 0;
    if (*Present) {
        *Sacl = sacl_of(Descriptor);
        *Defaulted = (((PSD)Descriptor)->Control & SE_SACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN Defaulted)
{
    NTSTATUS status = check_absolute(Descriptor);

    if (NT_SUCCESS(status)) {
        ((PSD)Descriptor)->Owner = Owner;
        set_control(Descriptor, SE_OWNER_DEFAULTED, Defaulted);
    }
    return status;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN Defaulted)
{
    NTSTATUS status = check_absolute(Descriptor);

    if (NT_SUCCESS(status)) {
        ((PSD)Descriptor)->Group = Group;
        set_control(Descriptor, SE_GROUP_DEFAULTED, Defaulted);
    }
    return status;
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN Defaulted)
{
    if (!revision_is_known(Descriptor))
        return STATUS_UNKNOWN_REVISION;
    *Owner = owner_of(Descriptor);
    *Defaulted = (((PSD)Descriptor)->Control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN Defaulted)
{
    if (!revision_is_known(Descriptor))
        return STATUS_UNKNOWN_REVISION;
    *Group = group_of(Descriptor);
    *Defaulted = (((PSD)Descriptor)->Control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR_CONTROL Control,
                                               PULONG Revision)
{
    *Revision = ((PSD)Descriptor)->Revision;
    if (!revision_is_known(Descriptor))
        return STATUS_UNKNOWN_REVISION;
    *Control = ((PSD)Descriptor)->Control;
    return STATUS_SUCCESS;
}

static DWORD append(PUCHAR base, ULONG *at, const VOID *block, ULONG size)
{
    DWORD offset = *at;

    if (!block)
        return 0;
    memcpy(base + offset, block, size);
    *at += round4(size);
    return offset;
}

NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative,
                                           PULONG Length)
{
    ULONG needed = RtlLengthSecurityDescriptor(Absolute), at = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    PSDR to = Relative;
    PUCHAR base = Relative;

    if (((PSD)Absolute)->Control & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    if (!Relative || *Length < needed) {
        *Length = needed;
        return STATUS_BUFFER_TOO_SMALL;
    }
    memset(to, 0, needed);
    to->Revision = ((PSD)Absolute)->Revision;
    to->Sbz1 = ((PSD)Absolute)->Sbz1;
    to->Control = ((PSD)Absolute)->Control | SE_SELF_RELATIVE;
    to->Sacl = append(base, &at, sacl_of(Absolute), sacl_of(Absolute) ? sacl_of(Absolute)->AclSize : 0);
    to->Dacl = append(base, &at, dacl_of(Absolute), dacl_of(Absolute) ? dacl_of(Absolute)->AclSize : 0);
    to->Owner = append(base, &at, owner_of(Absolute), owner_of(Absolute) ? RtlLengthSid(owner_of(Absolute)) : 0);
    to->Group = append(base, &at, group_of(Absolute), group_of(Absolute) ? RtlLengthSid(group_of(Absolute)) : 0);
    *Length = needed;
    return STATUS_SUCCESS;
}

static BOOLEAN fits(PULONG room, ULONG needed)
{
    BOOLEAN enough = *room >= needed;

    *room = needed;
    return enough;
}

/* The parts go into buffers of their own; a size that is too small is set to what it takes, for all parts. */
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR Relative, PSECURITY_DESCRIPTOR Absolute, PULONG Length,
                                           PACL Dacl, PULONG DaclLength, PACL Sacl, PULONG SaclLength, PSID Owner,
                                           PULONG OwnerLength, PSID Group, PULONG GroupLength)
{
    PACL dacl = dacl_of(Relative), sacl = sacl_of(Relative);
    PSID owner = owner_of(Relative), group = group_of(Relative);
    PSD to = Absolute;
    BOOLEAN enough;

    if (!(((PSD)Relative)->Control & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    enough = fits(Length, sizeof(SECURITY_DESCRIPTOR));
    enough &= fits(DaclLength, dacl ? dacl->AclSize : 0);
    enough &= fits(SaclLength, sacl ? sacl->AclSize : 0);
    enough &= fits(OwnerLength, owner ? RtlLengthSid(owner) : 0);
    enough &= fits(GroupLength, group ? RtlLengthSid(group) : 0);
    if (!enough)
        return STATUS_BUFFER_TOO_SMALL;
    memset(to, 0, sizeof(*to));
    to->Revision = ((PSD)Relative)->Revision;
    to->Sbz1 = ((PSD)Relative)->Sbz1;
    to->Control = ((PSD)Relative)->Control & (USHORT)~SE_SELF_RELATIVE;
    to->Dacl = dacl ? memcpy(Dacl, dacl, dacl->AclSize) : NULL;
    to->Sacl = sacl ? memcpy(Sacl, sacl, sacl->AclSize) : NULL;
    to->Owner = owner ? memcpy(Owner, owner, *OwnerLength) : NULL;
    to->Group = group ? memcpy(Group, group, *GroupLength) : NULL;
    return STATUS_SUCCESS;
}
