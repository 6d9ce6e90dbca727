/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A frame of structured exception handling by hand, for tests that look at what the kernel delivers. FAULT runs
 * instructions; an exception on the way is kept in `seen` and execution goes on behind them.
 */
#ifndef CONFORMANCE_SEH_H
#define CONFORMANCE_SEH_H

#include "tap.h"

struct seen {
    LONG count;
    NTSTATUS code;
    ULONG flags, parameters, information[4];
    ULONG_PTR address;
    CONTEXT context;
};
struct seh_frame { struct seh_frame *previous; PVOID handler; };

extern struct seen seen;
extern ULONG_PTR seh_resume_at, seh_fault_at;

void seh_install(struct seh_frame *frame);
void seh_remove(struct seh_frame *frame);

#define FAULT(instructions)                                                                                       \
    do {                                                                                                          \
        seen.count = 0;                                                                                           \
        __asm__ volatile("movl $8f, _seh_resume_at\n\tmovl $7f, _seh_fault_at\n7:\t" instructions "\n8:"          \
                         : : : "eax", "ecx", "edx", "esi", "edi", "memory", "cc");                                \
    } while (0)

#endif
