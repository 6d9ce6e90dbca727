/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NTSTATUS to Win32 error, and the two error values a thread keeps in its TEB.
 */
#include "ntdll.h"

#define ERROR_MR_MID_NOT_FOUND 317
#define FACILITY_WIN32 7
#define CUSTOMER_BIT 0x20000000u

static const struct {
    ULONG status;
    USHORT error;
} errors[] = {
#include "doserror_table.h"
};

ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status)
{
    ULONG status = (ULONG)Status, low = 0, high = COUNT_OF(errors);

    if (!status || status & CUSTOMER_BIT)
        return status; /* the program's own codes are passed through */
    if ((status & 0xf0000000) == 0xd0000000)
        status &= ~0x10000000u; /* an error that came as HRESULT_FROM_NT */
    while (low < high) {
        ULONG middle = (low + high) / 2;
        if (errors[middle].status == status)
            return errors[middle].error;
        if (errors[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    if (status >> 16 == 0xc001 || status >> 16 == (0x8000 | FACILITY_WIN32))
        return status & 0xffff;
    return ERROR_MR_MID_NOT_FOUND;
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
    NtCurrentTeb()->LastStatusValue = Status;
    return RtlNtStatusToDosErrorNoTeb(Status);
}

VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS Status)
{
    NtCurrentTeb()->LastErrorValue = RtlNtStatusToDosError(Status);
}

ULONG NTAPI RtlGetLastWin32Error(VOID)
{
    return NtCurrentTeb()->LastErrorValue;
}

VOID NTAPI RtlSetLastWin32Error(ULONG Error)
{
    NtCurrentTeb()->LastErrorValue = Error;
}

VOID NTAPI RtlRestoreLastWin32Error(ULONG Error)
{
    NtCurrentTeb()->LastErrorValue = Error;
}

NTSTATUS NTAPI RtlGetLastNtStatus(VOID)
{
    return NtCurrentTeb()->LastStatusValue;
}
