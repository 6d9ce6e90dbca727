// SPDX-License-Identifier: LGPL-2.1-or-later
// Signals of the C library, made of exceptions or raised; what runs after a handler returns; errors of the library.
#include "say.h"
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

static jmp_buf out;
static volatile int seen;
static volatile int zero;

static void jumps(int number)
{
    seen = number;
    longjmp(out, number);
}

static void returns(int number)
{
    say("  handler of %d", number);
}

static void again(int number)
{
    say("  handler of %d, sets itself again", number);
    signal(number, again);
}

static void invalid(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line, uintptr_t more)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)more;
    say("  invalid parameter");
}

static int from_fault(int number, void (*fault)(void))
{
    int value;
    signal(number, jumps);
    value = setjmp(out);
    if (!value)
        fault();
    return value;
}

static void read_null(void)
{
    zero = *(volatile int *)(INT_PTR)zero;
}

static void divide(void)
{
    __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx");
}

static void illegal(void)
{
    __asm__ volatile("ud2");
}

int wmain(void)
{
    for (int i = 0; i < 2; i++) {
        say("access violation: signal %d", from_fault(SIGSEGV, read_null));
        say("integer division: signal %d", from_fault(SIGFPE, divide));
        say("illegal instruction: signal %d", from_fault(SIGILL, illegal));
    }
    say("nobody before: %d", signal(SIGTERM, returns) == SIG_DFL);
    say("raised: %d", raise(SIGTERM));
    say("the handler is gone: %d", signal(SIGTERM, again) == SIG_DFL);
    raise(SIGTERM);
    raise(SIGTERM);
    say("ignored before: %d", signal(SIGTERM, SIG_IGN) == again);
    say("raised: %d", raise(SIGTERM));
    errno = 0;
    say("a signal that is none: %d, errno %d", signal(77, returns) == SIG_ERR, errno);
    signal(SIGINT, returns);
    say("raised: %d", raise(SIGINT));
    signal(SIGBREAK, returns);
    say("raised: %d", raise(SIGBREAK));
    errno = 0;
    double root = sqrt(-1);
    say("root: errno %d, %d", errno, root != root);
    errno = 0;
    double big = exp(10000);
    say("exp: errno %d, %d", errno, big > DBL_MAX);
    _set_invalid_parameter_handler(invalid);
    say("fopen: %d", fopen("no such folder/file", "r") != NULL);
    say("errno %d, %s, last error %lu", errno, strerror(errno), _doserrno);
    signal(SIGABRT, returns);
    abort();
}
