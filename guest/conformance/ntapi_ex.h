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

NTCALL(NtSetTimerResolution, ULONG, ULONG, PULONG);
NTCALL(NtQueryDefaultLocale, ULONG, PULONG);
NTCALL(NtSetDefaultLocale, ULONG, ULONG);
NTCALL(NtQueryDefaultUILanguage, PUSHORT);
NTCALL(NtSetDefaultUILanguage, ULONG);
NTCALL(NtQueryInstallUILanguage, PUSHORT);
NTCALL(NtRaiseHardError, NTSTATUS, ULONG, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtShutdownSystem, ULONG);
NTCALL(NtPowerInformation, ULONG, PVOID, ULONG, PVOID, ULONG);
NTCALL(NtSetThreadExecutionState, ULONG, PULONG);
NTCALL(NtInitiatePowerAction, ULONG, ULONG, ULONG, ULONG);
NTCALL(NtSetSystemInformation, ULONG, PVOID, ULONG);
NTCALL(NtSystemDebugControl, ULONG, PVOID, ULONG, PVOID, ULONG, PULONG);
NTCALL(RtlAdjustPrivilege, ULONG, ULONG, ULONG, PBOOLEAN);

enum { SE_TCB = 7, SE_LOAD_DRIVER = 10, SE_SYSTEMTIME = 12, SE_SHUTDOWN = 19, SE_DEBUG = 20, SE_SYSTEM_ENVIRONMENT = 22,
       SE_INCREASE_QUOTA = 5 };

/* Switch a privilege of this process on or off; a test that begins without it says so. */
static inline void privilege(ULONG which, BOOLEAN on)
{
    BOOLEAN before;
    RtlAdjustPrivilege(which, on, FALSE, &before);
}

/* Calls that Wine's ntdll lacks are looked up: LOOK_UP(name) defines a pointer p_Name of the call's type. */
#define LOOK_UP(name, ...)                                                                                         \
    NTSTATUS(NTAPI *p_##name)(__VA_ARGS__) = (PVOID)procedure(#name);                                              \
    check(p_##name != NULL, "ntdll exports " #name);                                                               \
    if (!p_##name)                                                                                                 \
    return

#endif
