/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes to address 0 and handles no exception: ends with STATUS_ACCESS_VIOLATION.
 */
#include <nt.h>

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    (void)Peb;
    *(volatile ULONG *)NULL = 42;
    NtTerminateProcess(NtCurrentProcess(), STATUS_SUCCESS);
}
