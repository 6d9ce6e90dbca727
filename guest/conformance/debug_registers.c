/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug registers: watch points and break points of a thread, and what DR6 says of them. Where the host of ring3k grants none
 * (its administrator can forbid them) they have no effect, and the rest of the tests is skipped.
 * Known from: Intel SDM vol. 3, ch. "Debug, Branch Profile"; MSDN CONTEXT, EXCEPTION_SINGLE_STEP; Wine's
 * dlls/ntdll/tests/exception.c.
 */
#include "seh.h"

static volatile ULONG watched, neighbour;
ULONG registers_function(void);
__asm__(".text\n.globl _registers_function\n_registers_function:\n\tmovl $7, %eax\n\tret\n");

static void set(ULONG number, const volatile void *address, ULONG kind, ULONG length)
{
    CONTEXT context = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};
    DWORD *registers[4] = {&context.Dr0, &context.Dr1, &context.Dr2, &context.Dr3};
    if (address) {
        *registers[number] = (ULONG_PTR)address;
        context.Dr7 = 1u << 2 * number | kind << (16 + 4 * number) | length << (18 + 4 * number);
    }
    NtSetContextThread(NtCurrentThread(), &context);
}

static NTSTATUS other(PVOID unused)
{
    (void)unused;
    watched = 3;
    return 0;
}

void test_main(void)
{
    struct seh_frame frame;
    CONTEXT context = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};
    ULONG from_call = 0;
    seh_install(&frame);
    set(0, &watched, 1, 3);
    NtGetContextThread(NtCurrentThread(), &context);
    equal(context.Dr0, (ULONG_PTR)&watched, "DR0 is shown");
    equal(context.Dr7 & 0xf0001, 0xd0001, "so is DR7");
    FAULT("movl $1, _watched");
    if (!seen.count) {
        tap_skip("a write is seen", "the host grants no debug registers");
        seh_remove(&frame);
        return;
    }
    equal(seen.count, 1, "a write is seen");
    equal(seen.code, STATUS_SINGLE_STEP, "as a single step");
    equal(seen.context.Dr6 & 0xf, 1, "DR6 says which");
    equal(watched, 1, "after it was done");
    FAULT("movl $1, _neighbour");
    equal(seen.count, 0, "a write beside it is not");
    FAULT("movl _watched, %%eax");
    equal(seen.count, 0, "nor is a read");
    thread_join(thread_start(other, NULL));
    equal(seen.count, 0, "nor another thread's write");

    set(2, &watched, 3, 3);
    FAULT("movl _watched, %%eax");
    equal(seen.count, 1, "a read is seen by a watch for both");
    equal(seen.context.Dr6 & 0xf, 4, "it was the third");
    expect(NtQueryTimerResolution((PULONG)&watched, (PULONG)&neighbour, &from_call), 0, "the kernel may touch it");
    equal(seen.count, 1, "unseen");

    set(1, (const volatile void *)(ULONG_PTR)registers_function, 0, 0);
    FAULT("call _registers_function");
    equal(seen.count, 1, "a break point");
    equal(seen.address, (ULONG_PTR)registers_function, "before its instruction");
    equal(seen.context.Dr6 & 0xf, 2, "it was the second");
    set(0, NULL, 0, 0);
    FAULT("movl $2, _watched");
    equal(seen.count, 0, "no watch any more");
    from_call = registers_function();
    equal(from_call, 7, "no break point any more");
    seh_remove(&frame);
}
