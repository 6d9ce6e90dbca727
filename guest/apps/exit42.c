/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends with exit status 42 and does nothing else.
 */
#include <nt.h>

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    (void)Peb;
    NtTerminateProcess(NtCurrentProcess(), 42);
}
