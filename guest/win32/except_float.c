// SPDX-License-Identifier: LGPL-2.1-or-later
// Unmasked floating-point exceptions, of the old unit and of SSE.
#include "guard.h"
#include "say.h"
#include <float.h>
#include <math.h>
#include <signal.h>

static volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308;
static volatile float narrow_result;
static volatile int integer;

static LONG handle(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    unsigned mxcsr = *(DWORD *)(context->ExtendedRegisters + 24);
    say("%s: %08lx flags %lx, %lu parameters, the first %lx; x87 status %lx, mxcsr %x", guard->name,
        record->ExceptionCode, record->ExceptionFlags, record->NumberParameters,
        record->NumberParameters ? (unsigned long)record->ExceptionInformation[0] : 0,
        context->FloatSave.StatusWord & 0x3f, mxcsr & 0x3f);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void unmask(void)
{
    WORD control = 0x0240;  // all on, 53 bits
    DWORD mxcsr = 0;
    __asm__ volatile("fninit\n\tfldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

static void mask(void)
{
    WORD control = 0x027f;
    DWORD mxcsr = 0x1f80;
    __asm__ volatile("fninit\n\tfldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

#define FLOATING(name, code) \
    do { \
        struct guard guard; \
        TRY(guard, name, handle, NULL) { \
            unmask(); \
            __asm__ volatile(code : : : "memory", "xmm0", "xmm1"); \
            mask(); \
            leave_guard(&guard); \
            say("%s: nothing happened", name); \
        } else \
            mask(); \
    } while (0)

static void on_signal(int number)
{
    say("signal %d", number);
}

int wmain(void)
{
    FLOATING("x87 divide by zero", "fldl _one\n\tfdivl _zero\n\tfwait");
    FLOATING("x87 invalid", "fldl _zero\n\tfdivl _zero\n\tfwait");
    FLOATING("x87 root of -1", "fld1\n\tfchs\n\tfsqrt\n\tfwait");
    FLOATING("x87 overflow", "fldl _huge\n\tfmull _huge\n\tfstpl _narrow_result\n\tfwait");
    FLOATING("x87 underflow", "fldl _tiny\n\tfmull _tiny\n\tfstpl _narrow_result\n\tfwait");
    FLOATING("x87 inexact", "fld1\n\tfldpi\n\tfdivrp\n\tfwait");
    FLOATING("x87 stack underflow", "fstp %%st(0)\n\tfwait");
    FLOATING("x87 stack overflow", "fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfwait");
    FLOATING("x87 to an integer", "fldl _huge\n\tfistpl _integer\n\tfwait");
    FLOATING("SSE divide by zero", "movsd _one, %%xmm0\n\tdivsd _zero, %%xmm0");
    FLOATING("SSE invalid", "movsd _zero, %%xmm0\n\tdivsd _zero, %%xmm0");
    FLOATING("SSE overflow", "movsd _huge, %%xmm0\n\tmulsd _huge, %%xmm0");
    FLOATING("SSE underflow", "movsd _tiny, %%xmm0\n\tmulsd _tiny, %%xmm0");
    FLOATING("SSE denormal", "movsd _tiny, %%xmm0\n\tmulsd _zero, %%xmm0\n\tpxor %%xmm1, %%xmm1");
    FLOATING("SSE conversion", "cvttsd2si _huge, %%eax");
    say("masked: %g %g %d", one / zero, huge * huge, isnan(zero / zero) != 0);
    say("status %x, cleared %x", _statusfp() & 0x1f, (_clearfp(), _statusfp() & 0x1f));
    say("control %x", _controlfp(0, 0) & 0x1f);
    signal(SIGFPE, on_signal);
    raise(SIGFPE);
    return 0;
}
