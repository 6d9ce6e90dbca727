/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Computes for ever without a system call: only preemption or termination stops it.
 */
#include <nt.h>

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    volatile ULONG count = 0;

    (void)Peb;
    for (;;)
        count++;
}
