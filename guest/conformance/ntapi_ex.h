/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executive's calls beside those of ntapi.h: atoms, UUIDs, profiles, settings, firmware, power. */
#ifndef CONFORMANCE_NTAPI_EX_H
#define CONFORMANCE_NTAPI_EX_H

#include "tap.h"

enum { AtomBasicInformation, AtomTableInformation };
enum { ProfileTime, ProfileAlignmentFixup, ProfileTotalIssues };
typedef struct { USHORT UsageCount, Flags, NameLength; WCHAR Name[1]; } ATOM_BASIC_INFORMATION;
typedef struct { ULONG NumberOfAtoms; USHORT Atoms[1]; } ATOM_TABLE_INFORMATION;

NTCALL(NtAddAtom, const WCHAR *, ULONG, USHORT *);
NTCALL(NtFindAtom, const WCHAR *, ULONG, USHORT *);
NTCALL(NtDeleteAtom, ULONG);
NTCALL(NtQueryInformationAtom, ULONG, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtAllocateUuids, LI *, PULONG, PULONG, PUCHAR);
NTCALL(NtSetUuidSeed, const UCHAR *);
NTCALL(NtSetSystemTime, LI *, LI *);

/* Calls that Wine's ntdll lacks are looked up: LOOK_UP(name) defines a pointer p_Name of the call's type. */
#define LOOK_UP(name, ...)                                                                                         \
    NTSTATUS(NTAPI *p_##name)(__VA_ARGS__) = (PVOID)procedure(#name);                                              \
    check(p_##name != NULL, "ntdll exports " #name);                                                               \
    if (!p_##name)                                                                                                 \
    return

#endif
