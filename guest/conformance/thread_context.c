/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtGetContextThread and NtSetContextThread of suspended and of running threads; the selectors of NT; flags.
 * Known from: winnt.h (CONTEXT and its flags); MSDN GetThreadContext, SetThreadContext; Windows Internals, 4th ed., ch. 6;
 * the flat selectors 0x1b, 0x23, 0x3b of every 32-bit Windows NT (e.g. the register lines of Dr. Watson logs).
 */
#include "tap.h"

static volatile LONG spins, arrived, got_argument;
static volatile BOOLEAN stop;

static NTSTATUS spin(PVOID unused)
{
    (void)unused;
    __asm__ volatile("movl $0x11223344, %%ebx\n\t"
                     "movl $0x55667788, %%esi\n"
                     "1:\tlock incl %0\n\t"
                     "cmpb $0, %1\n\t"
                     "je 1b"
                     : "+m"(spins) : "m"(stop) : "ebx", "esi", "memory");
    return 21;
}

static void elsewhere(LONG argument)
{
    got_argument = argument;
    arrived++;
    NtTerminateThread(NtCurrentThread(), 22);
}

static void until_spinning(void)
{
    LONG before = spins;
    for (int i = 0; i < 200 && spins == before; i++)
        sleep_ms(5);
}

static void running(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL | CONTEXT_DEBUG_REGISTERS};
    HANDLE thread;
    ULONG *stack;
    stop = FALSE;
    thread = thread_start(spin, NULL);
    until_spinning();
    expect(NtGetContextThread(thread, &context), 0, "get the context of a running thread");
    equal(context.Ebx, 0x11223344, "running: ebx");
    equal(context.Esi, 0x55667788, "running: esi");
    NtSuspendThread(thread, NULL);
    expect(NtGetContextThread(thread, &context), 0, "get the context of a suspended thread");
    equal(context.Ebx, 0x11223344, "suspended: ebx");
    check(context.Eip >= (ULONG_PTR)spin && context.Eip < (ULONG_PTR)spin + 0x80, "suspended: eip is in the loop");
    equal(context.SegCs, 0x1b, "cs");
    equal(context.SegDs, 0x23, "ds");
    equal(context.SegEs, 0x23, "es");
    equal(context.SegSs, 0x23, "ss");
    equal(context.SegFs, 0x3b, "fs");
    equal(context.SegGs, 0, "gs");
    equal(context.EFlags & 0x202, 0x202, "interrupts are on in eflags");
    equal(context.Dr7 & 0xff, 0, "no breakpoints");

    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    stack = (ULONG *)(context.Esp & ~15) - 16;
    stack[0] = 0;
    stack[1] = 4711;
    context.Esp = (ULONG_PTR)stack;
    context.Eip = (ULONG_PTR)elsewhere;
    expect(NtSetContextThread(thread, &context), 0, "set the context");
    equal(arrived, 0, "a suspended thread does not move");
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 22, "resumed it goes on elsewhere");
    equal(arrived, 1, "it came there");
    equal(got_argument, 4711, "with the stack given");
}

/* Only the parts that the flags name are read or written. */
static void flags(void)
{
    CONTEXT context;
    HANDLE thread;
    stop = FALSE;
    thread = thread_start(spin, NULL);
    until_spinning();
    NtSuspendThread(thread, NULL);
    memset(&context, 0x5a, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL;
    NtGetContextThread(thread, &context);
    check(context.Eip != 0x5a5a5a5a && context.SegCs != 0x5a5a5a5a, "control: eip and cs are filled in");
    equal(context.Ebx, 0x5a5a5a5a, "control: ebx is not");
    equal(context.SegDs, 0x5a5a5a5a, "control: ds is not");
    equal(context.Dr7, 0x5a5a5a5a, "control: dr7 is not");
    memset(&context, 0x5a, sizeof(context));
    context.ContextFlags = CONTEXT_INTEGER;
    NtGetContextThread(thread, &context);
    equal(context.Ebx, 0x11223344, "integer: ebx is filled in");
    equal(context.Eip, 0x5a5a5a5a, "integer: eip is not");
    memset(&context, 0x5a, sizeof(context));
    context.ContextFlags = CONTEXT_FLOATING_POINT;
    NtGetContextThread(thread, &context);
    equal(context.FloatSave.ControlWord & 0xffff, 0x27f, "floating point: control word");
    equal(context.FloatSave.TagWord & 0xffff, 0xffff, "floating point: all registers empty");
    equal(context.Ebx, 0x5a5a5a5a, "floating point: ebx is not filled in");
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_INTEGER;
    context.Ebx = 0x99;
    context.Esi = 0x55667788;
    context.Eip = 0;
    NtSetContextThread(thread, &context);
    context.ContextFlags = CONTEXT_FULL;
    NtGetContextThread(thread, &context);
    equal(context.Ebx, 0x99, "set integer: ebx");
    check(context.Eip != 0, "set integer: eip is left alone");
    stop = TRUE;
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 21, "and the thread goes on where it was");
}

/* What a thread must not be given: the kernel takes only the flags and selectors that user mode may have. */
static void hostile(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL | CONTEXT_SEGMENTS};
    HANDLE thread;
    stop = FALSE;
    thread = thread_start(spin, NULL);
    until_spinning();
    NtSuspendThread(thread, NULL);
    NtGetContextThread(thread, &context);
    context.ContextFlags = CONTEXT_CONTROL;
    context.EFlags |= 0x3000;
    context.EFlags &= ~0x200;
    expect(NtSetContextThread(thread, &context), 0, "set with privileged flags");
    NtGetContextThread(thread, &context);
    equal(context.EFlags & 0x3200, 0x200, "I/O privilege is not granted, interrupts stay on");
    stop = TRUE;
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 21, "the thread goes on");
}

static void errors(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = thread_start_suspended(spin, NULL), limited;
    stop = TRUE;
    NtDuplicateObject(NtCurrentProcess(), thread, NtCurrentProcess(), &limited, THREAD_QUERY_INFORMATION, 0, 0);
    expect(NtGetContextThread(limited, &context), STATUS_ACCESS_DENIED, "get without the right");
    expect(NtSetContextThread(limited, &context), STATUS_ACCESS_DENIED, "set without the right");
    NtClose(limited);
    faults(BAD_OUT, p, NtGetContextThread(thread, p), "get, context");
    faults(BAD_IN, p, NtSetContextThread(thread, p), "set, context");
    expect(NtGetContextThread((HANDLE)0x7ff0, &context), STATUS_INVALID_HANDLE, "get, no such handle");
    expect(NtGetContextThread(NtCurrentProcess(), &context), STATUS_OBJECT_TYPE_MISMATCH, "get, a process");
    expect(NtGetContextThread(thread, &context), 0, "get of a thread that never ran");
    NtResumeThread(thread, NULL);
    wait_ms(thread, 2000);
    check(NtGetContextThread(thread, &context) < 0, "get of a dead thread fails");
    NtClose(thread);
    context.ContextFlags = CONTEXT_FULL;
    expect(NtGetContextThread(NtCurrentThread(), &context), 0, "get of oneself");
    check(context.Esp <= (ULONG_PTR)__builtin_frame_address(0) && context.Esp > (ULONG_PTR)__builtin_frame_address(0) - 8192,
          "one's own esp");
}

void test_main(void)
{
    running();
    flags();
    hostile();
    errors();
}
