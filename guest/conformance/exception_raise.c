/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions that programs raise themselves, nested and unhandled ones, NtContinue.
 * Known from: MSDN RaiseException (noncontinuable), "Structured Exception Handling"; M. Pietrek, "A Crash Course on the Depths
 * of Win32 SEH" (MSJ 1/1997); G. Nebbett, Native API Reference, ch. 17; Wine's dlls/ntdll/tests/exception.c.
 */
#include "seh.h"

static EXCEPTION_RECORD record(ULONG code, ULONG flags, ULONG parameters)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code, .ExceptionFlags = flags, .NumberParameters = parameters};
    for (ULONG i = 0; i < parameters && i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
        record.ExceptionInformation[i] = 0x100 + i;
    record.ExceptionAddress = (PVOID)0x1234;
    return record;
}

/* NtContinue and NtRaiseException want a context: one that goes on behind the call. */
static volatile int stage;

static void capture(CONTEXT *context)
{
    context->ContextFlags = CONTEXT_FULL;
    NtGetContextThread(NtCurrentThread(), context);
}

static void resume_here(CONTEXT *context)
{
    __asm__ volatile("movl %%ebx, 0xa4(%0)\n\tmovl %%ebp, 0xb4(%0)\n\tmovl %%esp, 0xc4(%0)\n\tmovl %%esi, 0xa0(%0)\n\t"
                     "movl %%edi, 0x9c(%0)" : : "r"(context) : "memory");
}

static void raised(void)
{
    EXCEPTION_RECORD sent = record(0xe0001234, 0, 3);
    CONTEXT context;
    NTSTATUS status = 0;
    capture(&context);
    stage = 0;
    seen.count = 0;
    resume_here(&context);
    __asm__ volatile("movl $1f, 0xb8(%1)\n\tmovl $1f, _seh_resume_at\n\t"
                     "pushl $1\n\tpushl %1\n\tpushl %2\n\tcall _NtRaiseException@12\n\t"
                     "1:" : "=a"(status) : "S"(&context), "D"(&sent) : "ecx", "edx", "memory", "cc");
    equal(seen.count, 1, "NtRaiseException comes to the handler");
    equal(seen.code, 0xe0001234, "with its code");
    equal(seen.parameters, 3, "its count of parameters");
    equal(seen.information[2], 0x102, "and its parameters");
    equal(seen.address, 0x1234, "and its address");
    equal(seen.flags, 0, "and no flags");
    equal(seen.context.Esi, (ULONG_PTR)context.Esi, "the context is the one given");
}

static void continued(void)
{
    CONTEXT context;
    ULONG ebx = 0, ecx = 0;
    capture(&context);
    resume_here(&context);
    context.Ecx = 0x77;
    context.Edx = 0x88;
    __asm__ volatile("movl $1f, 0xb8(%3)\n\tmovl %%esp, 0xc4(%3)\n\tmovl %%ebp, 0xb4(%3)\n\t"
                     "pushl $0\n\tpushl %3\n\tcall _NtContinue@8\n\t"
                     "ud2\n"
                     "1:" : "=c"(ecx), "=d"(ebx), "=a"(stage) : "S"(&context) : "edi", "memory", "cc");
    equal(ecx, 0x77, "NtContinue loads ecx");
    equal(ebx, 0x88, "NtContinue loads edx");
}

/* A handler may itself run into an exception and handle it. */
static int inner_calls, outer_calls;

static int outer_handler(EXCEPTION_RECORD *r, PVOID frame, CONTEXT *context, PVOID dispatcher)
{
    struct seh_frame inner;
    ULONG_PTR resume = seh_resume_at;
    (void)frame, (void)dispatcher;
    if (r->ExceptionFlags & 6)
        return 1;
    outer_calls++;
    seh_install(&inner);
    FAULT("ud2");
    inner_calls += seen.count && seen.code == STATUS_ILLEGAL_INSTRUCTION;
    seh_remove(&inner);
    context->Eip = resume;
    return 0;
}

static void nested(void)
{
    struct seh_frame frame = {(struct seh_frame *)__readfsdword(0), outer_handler};
    __writefsdword(0, (ULONG_PTR)&frame);
    FAULT("hlt");
    __writefsdword(0, (ULONG_PTR)frame.previous);
    equal(outer_calls, 1, "an exception in a handler: the outer was handled");
    equal(inner_calls, 1, "and the inner");
}

/* A handler that declines lets the next one have it. */
static int declined;
static int decliner(EXCEPTION_RECORD *r, PVOID frame, CONTEXT *context, PVOID dispatcher)
{
    (void)r, (void)frame, (void)context, (void)dispatcher;
    declined++;
    return 1;
}

static void chained(void)
{
    struct seh_frame frame = {(struct seh_frame *)__readfsdword(0), decliner};
    __writefsdword(0, (ULONG_PTR)&frame);
    FAULT("ud2");
    __writefsdword(0, (ULONG_PTR)frame.previous);
    equal(declined, 1, "the first handler was asked");
    equal(seen.count ? seen.code : 0, STATUS_ILLEGAL_INSTRUCTION, "and when it declined, the second");
}

NTSTATUS child_main(const char *what)
{
    EXCEPTION_RECORD sent = record(0xe0000042, 0, 0);
    ULONG mode = 3;
    CONTEXT context;
    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &mode, 4);
    capture(&context);
    switch (*what) {
    case 'r':
        *(volatile int *)0x10 = 1;
        break;
    case 'u':
        __asm__ volatile("ud2");
        break;
    case 's': /* second chance at once: no handler is asked */
        NtRaiseException(&sent, &context, FALSE);
        break;
    case 'b': /* bad pointers come back as statuses, not as exceptions */
        for (int kind = BAD_NULL; kind <= BAD_KERNEL; kind <<= 1)
            if (kind != BAD_READONLY &&
                (NtRaiseException(tap_bad_pointer(kind), &context, TRUE) != STATUS_ACCESS_VIOLATION ||
                 NtRaiseException(&sent, tap_bad_pointer(kind), TRUE) != STATUS_ACCESS_VIOLATION ||
                 NtContinue(tap_bad_pointer(kind), FALSE) != STATUS_ACCESS_VIOLATION))
                return 60 + kind;
        sent = record(0xe0000043, 0, 16);
        return NtRaiseException(&sent, &context, TRUE) == STATUS_INVALID_PARAMETER ? 50 : 51;
    case 'x': /* the stack is no place to deliver an exception on */
        __asm__ volatile("movl $0x1000, %esp\n\tud2");
    }
    return 1;
}

static void unhandled(void)
{
    expect(child_run("r"), STATUS_ACCESS_VIOLATION, "an unhandled access violation ends the process with its code");
    expect(child_run("u"), STATUS_ILLEGAL_INSTRUCTION, "so does an illegal instruction");
    expect(child_run("s"), 0xe0000042, "so does NtRaiseException for the second chance");
    expect(child_run("b"), 50, "bad records and contexts are refused with a status");
    expect(child_run("x"), STATUS_ILLEGAL_INSTRUCTION, "an exception without a stack ends it with the exception's code");
}

void test_main(void)
{
    struct seh_frame frame;
    seh_install(&frame);
    raised();
    continued();
    nested();
    chained();
    seh_remove(&frame);
    unhandled();
}
