/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Return addresses of the callers, found by following frame pointers as long as they rise within the stack.
 */
#include "ntdll.h"

static ULONG walk(const ULONG *frame, PVOID *callers, ULONG skip, ULONG count)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    const ULONG *low = (const ULONG *)tib->StackLimit, *high = (const ULONG *)tib->StackBase - 2;
    ULONG found = 0;

    while (frame >= low && frame <= high && !((UINT_PTR)frame & 3) && found < count) {
        if (frame[1] < 0x10000)
            break; /* no code lies there: the first frame of the thread */
        if (skip)
            skip--;
        else
            callers[found++] = (PVOID)frame[1];
        low = frame + 1;
        frame = (const ULONG *)frame[0];
    }
    return found;
}

ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    return Flags ? 0 : walk(__builtin_frame_address(0), Callers, 0, Count);
}

/* The hash is the sum of the addresses. */
USHORT NTAPI RtlCaptureStackBackTrace(ULONG Skip, ULONG Count, PVOID *Trace, PULONG Hash)
{
    ULONG found = walk(__builtin_frame_address(0), Trace, Skip, Count), sum = 0;

    for (ULONG i = 0; i < found; i++)
        sum += (ULONG)Trace[i];
    if (Hash)
        *Hash = sum;
    return (USHORT)found;
}
