/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which system this is: version numbers, product type, global flags.
 */
#include "ntdll.h"

static ULONG build_number(void)
{
    return NtCurrentPeb()->OSBuildNumber & 0x3fff;
}

NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Version)
{
    PPEB peb = NtCurrentPeb();

    Version->dwMajorVersion = peb->OSMajorVersion;
    Version->dwMinorVersion = peb->OSMinorVersion;
    Version->dwBuildNumber = build_number();
    Version->dwPlatformId = peb->OSPlatformId;
    Version->szCSDVersion[0] = 0;
    if (peb->OSCSDVersion >> 8)
        _snwprintf(Version->szCSDVersion, COUNT_OF(Version->szCSDVersion), L"Service Pack %u",
                   peb->OSCSDVersion >> 8);
    if (Version->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)Version;
        ULONG product;
        extended->wServicePackMajor = (WORD)(peb->OSCSDVersion >> 8);
        extended->wServicePackMinor = (WORD)(peb->OSCSDVersion & 0xff);
        extended->wSuiteMask = 0;
        extended->wProductType = RtlGetNtProductType(&product) ? (BYTE)product : 0;
        extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

/* The build number has 0xf0000000 in it: a released build. */
VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build)
{
    if (Major)
        *Major = NtCurrentPeb()->OSMajorVersion;
    if (Minor)
        *Minor = NtCurrentPeb()->OSMinorVersion;
    if (Build)
        *Build = build_number() | 0xf0000000;
}

BOOLEAN NTAPI RtlGetNtProductType(PULONG ProductType)
{
    if (!SharedUserData->ProductTypeIsValid) {
        *ProductType = VER_NT_WORKSTATION;
        return FALSE;
    }
    *ProductType = SharedUserData->NtProductType;
    return TRUE;
}

ULONG NTAPI RtlGetNtGlobalFlags(VOID)
{
    return NtCurrentPeb()->NtGlobalFlag;
}
