/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stack that grows to its end: STATUS_STACK_OVERFLOW, the limit in the TEB, and what lies below.
 * Known from: MSDN "Thread Stack Size", _resetstkoflw and EXCEPTION_STACK_OVERFLOW; Windows Internals, 4th ed., ch. 7 (guard
 * page at the stack's end, the last page never committed).
 */
#include "seh.h"

ULONG_PTR stack_kept;
static ULONG_PTR bottom, base, limit_after;
static MEMORY_BASIC_INFORMATION lowest, used;

/* Push until something happens; the handler runs on what is left of the stack. */
static void push_for_ever(void)
{
    seen.count = 0;
    __asm__ volatile("movl %%esp, _stack_kept\n\tmovl $8f, _seh_resume_at\n\tmovl $7f, _seh_fault_at\n"
                     "7:\tpushl $0\n\tjmp 7b\n8:\tmovl _stack_kept, %%esp"
                     : : : "eax", "ecx", "edx", "memory", "cc");
}

static NTSTATUS overflow(PVOID argument)
{
    struct seh_frame frame;
    (void)argument;
    base = (ULONG_PTR)TEB_NOW->NtTib.StackBase;
    bottom = *(ULONG_PTR *)((UCHAR *)TEB_NOW + 0xe0c);
    seh_install(&frame);
    push_for_ever();
    limit_after = (ULONG_PTR)TEB_NOW->NtTib.StackLimit;
    NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)bottom, 0, &lowest, sizeof(lowest), NULL);
    NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)limit_after, 0, &used, sizeof(used), NULL);
    seh_remove(&frame);
    return 7;
}

static ULONG_PTR limit_before;

/* An exception with the stack pointer just above the guard page: what is pushed does not fit and makes the stack grow. */
static NTSTATUS at_the_edge(PVOID argument)
{
    struct seh_frame frame;
    (void)argument;
    seh_install(&frame);
    seen.count = 0;
    limit_before = (ULONG_PTR)TEB_NOW->NtTib.StackLimit;
    __asm__ volatile("movl %%esp, _stack_kept\n\tmovl $8f, _seh_resume_at\n\tmovl %%fs:8, %%esp\n\taddl $16, %%esp\n\t"
                     "movl 4, %%eax\n8:\tmovl _stack_kept, %%esp"
                     : : : "eax", "ecx", "edx", "memory", "cc");
    limit_after = (ULONG_PTR)TEB_NOW->NtTib.StackLimit;
    seh_remove(&frame);
    return 8;
}

static void edge(void)
{
    HANDLE thread = thread_start(at_the_edge, NULL);
    equal(thread_join(thread), 8, "edge: the thread survives");
    equal(seen.count, 1, "edge: one exception");
    equal(seen.code, STATUS_ACCESS_VIOLATION, "edge: the one that it raised");
    equal(seen.context.Esp, limit_before + 16, "edge: raised just above the guard");
    check(limit_after < limit_before, "edge: the stack has grown");
}

void test_main(void)
{
    HANDLE thread = thread_start(overflow, NULL);
    equal(thread_join(thread), 7, "the thread survives");
    check(bottom && bottom < base, "the TEB tells the stack's end");
    equal(seen.count, 1, "one exception");
    equal(seen.code, STATUS_STACK_OVERFLOW, "stack overflow");
    equal(seen.address, seh_fault_at, "at the instruction that pushed");
    equal(seen.flags, 0, "continuable");
    equal(seen.parameters, 2, "two parameters");
    equal(seen.information[0], 1, "a write");
    check(seen.information[1] - bottom < 0x4000, "near the end of the stack");
    check(seen.context.Esp - bottom < 0x4000, "the stack pointer is there");
    equal((ULONG_PTR)lowest.AllocationBase, bottom, "the stack is one allocation");
    equal(lowest.State, MEM_RESERVE, "its last page is never committed");
    check(limit_after > bottom && limit_after <= seen.context.Esp, "the limit is where the stack got to");
    equal(used.State, MEM_COMMIT, "from the limit up it is committed");
    equal(used.Protect, PAGE_READWRITE, "without a guard");
    equal((ULONG_PTR)used.BaseAddress + used.RegionSize, base, "up to its base");
    edge();
}
