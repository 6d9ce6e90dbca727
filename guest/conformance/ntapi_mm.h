/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of memory calls need beyond ntapi.h. Independent of guest/include on purpose. */
#ifndef CONFORMANCE_NTAPI_MM_H
#define CONFORMANCE_NTAPI_MM_H

#include "ntapi.h"

/* Calls that Wine lacks are found by name. */
typedef NTSTATUS(NTAPI *FRAMES_CALL)(HANDLE, ULONG_PTR *, ULONG_PTR *);
typedef NTSTATUS(NTAPI *MAP_FRAMES_CALL)(PVOID, ULONG_PTR, ULONG_PTR *);
typedef NTSTATUS(NTAPI *SCATTER_CALL)(PVOID *, ULONG_PTR, ULONG_PTR *);
typedef NTSTATUS(NTAPI *PAGING_FILE_CALL)(UNICODE_STRING *, LI *, LI *, ULONG);
typedef NTSTATUS(NTAPI *EXTEND_CALL)(HANDLE, LI *);

typedef struct { ULONG PrivilegeCount; LUID_AND_ATTRIBUTES Privileges[1]; } ONE_PRIVILEGE;
NTCALL(NtOpenProcessToken, HANDLE, ACCESS_MASK, PHANDLE);
NTCALL(NtAdjustPrivilegesToken, HANDLE, ULONG, PVOID, ULONG, PVOID, PULONG);
#define LOCK_MEMORY_PRIVILEGE 4
#define CREATE_PAGEFILE_PRIVILEGE 15

/* Switch a privilege of the process on or off; the status of doing so. */
static __attribute__((unused)) NTSTATUS set_privilege(ULONG number, BOOLEAN on)
{
    ONE_PRIVILEGE wanted = {1, {{{.LowPart = number}, on ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE token;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
    if (status)
        return status;
    status = NtAdjustPrivilegesToken(token, FALSE, &wanted, 0, NULL, NULL);
    NtClose(token);
    return status;
}

#ifndef SEC_BASED
#define SEC_BASED 0x200000
#define SEC_NO_CHANGE 0x400000
#endif

NTCALL(NtGetWriteWatch, HANDLE, ULONG, PVOID, SIZE_T, PVOID *, ULONG_PTR *, ULONG *);
NTCALL(NtResetWriteWatch, HANDLE, PVOID, SIZE_T);

#endif
