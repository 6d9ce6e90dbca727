/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Floating point: exceptions of the x87 and of SSE, and that the state survives system calls, switches and exceptions.
 * Known from: winnt.h (STATUS_FLOAT_…); Intel SDM vol. 1 ch. 8 (x87 faults at the next waiting instruction) and ch. 11; Windows
 * Internals, 4th ed., ch. 3 (trap 16, 19); the control word 0x27f that every NT thread begins with.
 */
#include "seh.h"

USHORT control_word;
ULONG mxcsr, mxcsr_new;
double one = 1, zero = 0;
float sse_one[4] = {1, 2, 3, 4}, sse_zero[4], sse_out[4];

static void start(void)
{
    __asm__ volatile("fnstcw _control_word");
    equal(control_word, 0x27f, "a thread begins with the x87 control word 0x27f");
    __asm__ volatile("stmxcsr _mxcsr");
    equal(mxcsr & ~0x3f, 0x1f80, "and with MXCSR 0x1f80");
}

static void x87(void)
{
    control_word = 0x27b; /* divide by zero unmasked */
    FAULT("fninit\n\tfldcw _control_word\n\tfldl _one\n\tfdivl _zero\n\tmovl $5f, _seh_fault_at\n5:\tfwait");
    equal(seen.count ? seen.code : 0, STATUS_FLOAT_DIVIDE_BY_ZERO, "x87 divide by zero");
    equal(seen.context.ContextFlags & CONTEXT_FLOATING_POINT, CONTEXT_FLOATING_POINT, "the context has the x87 state");
    equal(seen.context.FloatSave.StatusWord & 0x84, 0x84, "x87 status word says divide by zero");
    equal(seen.parameters, 1, "x87: one parameter");
    equal(seen.information[0], 0, "x87: it is 0");
    __asm__ volatile("fninit");
    control_word = 0x27e; /* invalid operation unmasked */
    FAULT("fninit\n\tfldcw _control_word\n\tfldl _zero\n\tfdivl _zero\n\tfwait");
    equal(seen.count ? seen.code : 0, STATUS_FLOAT_INVALID_OPERATION, "x87 zero by zero");
    FAULT("fninit\n\tfldcw _control_word\n\tfstpl _sse_out\n\tfwait");
    equal(seen.count ? seen.code : 0, STATUS_FLOAT_STACK_CHECK, "x87 pop of an empty stack");
    control_word = 0x27f;
    __asm__ volatile("fninit\n\tfldcw _control_word");
}

static void sse(void)
{
    mxcsr_new = 0x1f80 & ~0x200; /* divide by zero unmasked */
    FAULT("ldmxcsr _mxcsr_new\n\tmovups _sse_one, %%xmm0\n\tmovups _sse_zero, %%xmm1\n\tmovl $5f, _seh_fault_at\n"
          "5:\tdivps %%xmm1, %%xmm0");
    check(seen.count && (seen.code == STATUS_FLOAT_MULTIPLE_FAULTS || seen.code == STATUS_FLOAT_MULTIPLE_TRAPS),
          "SSE divide by zero");
    equal(seen.address, seh_fault_at, "SSE: address of the instruction");
    equal(seen.context.ContextFlags & CONTEXT_EXTENDED_REGISTERS, CONTEXT_EXTENDED_REGISTERS, "the context has the SSE state");
    equal(*(ULONG *)&seen.context.ExtendedRegisters[24] & 4, 4, "MXCSR in the context says divide by zero");
    equal(*(ULONG *)&seen.context.ExtendedRegisters[160], 0x3f800000, "xmm0 in the context is as it was");
    mxcsr_new = 0x1f80;
    __asm__ volatile("ldmxcsr _mxcsr_new");
}

static NTSTATUS clobber(PVOID unused)
{
    (void)unused;
    for (int i = 0; i < 30; i++) {
        __asm__ volatile("fninit\n\tfldpi\n\tfldpi\n\tfldpi\n\tpcmpeqd %%mm0, %%mm0\n\temms\n\t"
                         "movups _sse_zero, %%xmm0\n\tmovups _sse_zero, %%xmm7" : : : "memory");
        NtYieldExecution();
    }
    return 0;
}

double x87_result[2];

static void survives(NTSTATUS (*what)(void), const char *name_x87, const char *name_sse, const char *name_mxcsr)
{
    static float out[8];
    ULONG flags = 0x5f80, after = 0;
    __asm__ volatile("fninit\n\tfldl _one\n\tfldpi\n\t"
                     "movups _sse_one, %%xmm3\n\tmovups _sse_one, %%xmm7\n\tldmxcsr %2\n\t"
                     "call *%3\n\t"
                     "movups %%xmm3, (%4)\n\tmovups %%xmm7, 16(%4)\n\tstmxcsr %1\n\t"
                     "fstpl _x87_result\n\tfstpl _x87_result+8\n\tldmxcsr _mxcsr_new"
                     : "+m"(x87_result), "=m"(after) : "m"(flags), "r"(what), "b"(out)
                     : "eax", "ecx", "edx", "memory", "cc");
    check(x87_result[0] > 3.14159 && x87_result[0] < 3.1416 && x87_result[1] == 1.0, name_x87);
    check(same_memory(out, sse_one, 16) && same_memory(out + 4, sse_one, 16), name_sse);
    equal(after & 0xffc0, 0x5f80, name_mxcsr);
}

static NTSTATUS call_kernel(void)
{
    return NtYieldExecution();
}

static HANDLE clobberer;
static NTSTATUS call_sleep(void)
{
    LARGE_INTEGER time = {.QuadPart = -200000};
    NtResumeThread(clobberer, NULL);
    return NtDelayExecution(FALSE, &time);
}

static NTSTATUS call_fault(void)
{
    __asm__ volatile("movl $8f, _seh_resume_at\n\tmovl $8f, _seh_fault_at\n\tud2\n8:" : : : "memory");
    return 0;
}

/* A context that is set carries the state over. */
static void context(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FLOATING_POINT | CONTEXT_EXTENDED_REGISTERS};
    HANDLE thread = thread_start_suspended(clobber, NULL);
    expect(NtGetContextThread(thread, &context), 0, "get the floating-point state of a new thread");
    equal(context.FloatSave.ControlWord & 0xffff, 0x27f, "its control word");
    context.ContextFlags = CONTEXT_FLOATING_POINT;
    context.FloatSave.ControlWord = 0x37f;
    expect(NtSetContextThread(thread, &context), 0, "set it");
    context.FloatSave.ControlWord = 0;
    NtGetContextThread(thread, &context);
    equal(context.FloatSave.ControlWord & 0xffff, 0x37f, "the new control word");
    NtTerminateThread(thread, 0);
    thread_join(thread);
}

void test_main(void)
{
    struct seh_frame frame;
    seh_install(&frame);
    start();
    x87();
    sse();
    survives(call_kernel, "x87 survives a system call", "SSE survives a system call", "MXCSR survives a system call");
    clobberer = thread_start_suspended(clobber, NULL);
    survives(call_sleep, "x87 survives a switch to another thread", "SSE survives a switch to another thread",
             "MXCSR survives a switch to another thread");
    thread_join(clobberer);
    survives(call_fault, "x87 survives an exception", "SSE survives an exception", "MXCSR survives an exception");
    context();
    seh_remove(&frame);
}
