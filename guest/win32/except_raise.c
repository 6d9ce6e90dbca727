// SPDX-License-Identifier: LGPL-2.1-or-later
// RaiseException, filters and their answers, nested frames, unwinding, termination handlers.
#include "guard.h"
#include "say.h"
#include <setjmp.h>

static int depth;
static jmp_buf out;

static LONG describe(EXCEPTION_POINTERS *pointers, struct guard *guard, LONG said)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    char text[200] = "";
    for (DWORD i = 0; i < record->NumberParameters && i < 15; i++)
        sprintf(text + strlen(text), " %lx", (unsigned long)record->ExceptionInformation[i]);
    say("%s: filter sees %08lx flags %lx, %lu parameters%s%s, says %ld", guard->name, record->ExceptionCode,
        record->ExceptionFlags, record->NumberParameters, text, record->ExceptionRecord ? ", chained" : "", said);
    for (record = record->ExceptionRecord; record; record = record->ExceptionRecord)
        say("  because of %08lx", record->ExceptionCode);
    return said;
}

static LONG handles(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    return describe(pointers, guard, EXCEPTION_EXECUTE_HANDLER);
}

static LONG passes(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    return describe(pointers, guard, EXCEPTION_CONTINUE_SEARCH);
}

static LONG goes_on(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    return describe(pointers, guard, pointers->ExceptionRecord->ExceptionCode >> 28 == 0xe ? EXCEPTION_CONTINUE_EXECUTION : 0);
}

static LONG nonsense(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    return describe(pointers, guard, pointers->ExceptionRecord->ExceptionCode >> 28 == 0xe ? 42 : 0);
}

static LONG raises(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    describe(pointers, guard, 0);
    if (depth++ == 0)
        RaiseException(0xe0000bad, 0, 0, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG jumps(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    describe(pointers, guard, 1);
    longjmp(out, 7);
}

static void last(struct guard *guard, DWORD flags)
{
    say("%s: finally, flags %lx", guard->name, flags);
}

static void last_raises(struct guard *guard, DWORD flags)
{
    say("%s: finally, flags %lx, raises", guard->name, flags);
    if (depth++ == 0)
        RaiseException(0xe0000f1a, 0, 0, NULL);
}

static void attempt(const char *name, filter *filter, DWORD code, DWORD flags, DWORD count, const ULONG_PTR *parameters)
{
    struct guard guard;
    TRY(guard, name, filter, NULL) {
        RaiseException(code, flags, count, parameters);
        leave_guard(&guard);
        say("%s: went on", name);
    } else
        say("%s: handled %08lx", name, guard.code);
}

static void nested(const char *name, filter *inner, finally *innermost, filter *outer)
{
    struct guard first, second, third;
    depth = 0;
    TRY(first, "outer", outer, last) {
        TRY(second, "middle", passes, innermost ? last : NULL) {
            TRY(third, "inner", inner, innermost) {
                RaiseException(0xe0000001, 0, 0, NULL);
                leave_guard(&third);
                say("%s: went on", name);
            } else
                say("%s: the inner one handled %08lx", name, third.code);
            leave_guard(&second);
        } else
            say("%s: the middle one handled %08lx", name, second.code);
        leave_guard(&first);
    } else
        say("%s: the outer one handled %08lx", name, first.code);
}

static void noncontinuable(void)
{
    struct guard guard;
    TRY(guard, "outer", handles, NULL) {
        attempt("going on from what cannot be continued", goes_on, 0xe0000002, EXCEPTION_NONCONTINUABLE, 0, NULL);
        leave_guard(&guard);
    } else
        say("outer handled %08lx", guard.code);
    TRY(guard, "outer", handles, NULL) {
        attempt("a disposition that is none", nonsense, 0xe0000003, 0, 0, NULL);
        leave_guard(&guard);
    } else
        say("outer handled %08lx", guard.code);
}

static void jumping(void)
{
    struct guard guard;
    int value = setjmp(out);
    if (!value) {
        enter_guard(&guard, "jumper", jumps, last);
        RaiseException(0xe0000004, 0, 0, NULL);
        say("never here");
    }
    say("jumped with %d", value);
    set_top_guard(guard.previous);
}

static LONG fixes(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    DWORD old;
    void *address = (void *)pointers->ExceptionRecord->ExceptionInformation[1];
    (void)guard;
    return VirtualProtect(address, 1, PAGE_READWRITE, &old) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static void demand(void)
{
    struct guard guard;
    volatile char *memory = VirtualAlloc(NULL, 16 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    int sum = 0;
    enter_guard(&guard, "demand", fixes, NULL);
    for (int i = 0; i < 16; i++)
        memory[i * 4096 + 5] = (char)i;
    for (int i = 0; i < 16; i++)
        sum += memory[i * 4096 + 5];
    leave_guard(&guard);
    say("pages that are opened on demand: %d", sum);
}

static void many(void)
{
    struct guard guard;
    volatile int handled = 0;
    for (volatile int i = 0; i < 20000; i++) {
        enter_guard(&guard, "many", NULL, NULL);
        guard.filter = NULL;
        if (!__builtin_setjmp(guard.jump)) {
            guard.filter = (filter *)(void *)handles;
            leave_guard(&guard);
            handled++;
        }
    }
    say("frames in and out: %d", handled);
}

int wmain(void)
{
    ULONG_PTR parameters[20];
    for (int i = 0; i < 20; i++)
        parameters[i] = 0x100 + i;
    attempt("handled", handles, 0xe0001234, 0, 3, parameters);
    attempt("continued", goes_on, 0xe0001235, 0, 2, parameters);
    attempt("too many parameters", handles, 0xe0001236, 0, 20, parameters);
    attempt("a count without parameters", handles, 0xe0001237, 0, 3, NULL);
    attempt("code 0", handles, 0, 0, 0, NULL);
    attempt("the kernel's bit", handles, 0xffffffff, 0, 0, NULL);
    attempt("flags", handles, 0xe0001238, 0xffffffff, 0, NULL);
    attempt("a warning", handles, 0x80000001, 0, 0, NULL);
    noncontinuable();
    nested("passed on", passes, NULL, handles);
    nested("passed on with finally", passes, last, handles);
    nested("handled inside", handles, last, handles);
    nested("continued inside", goes_on, last, handles);
    nested("raised in a filter", raises, last, handles);
    nested("raised in a termination handler", passes, last_raises, handles);
    jumping();
    demand();
    many();
    OutputDebugStringA("a line for the debugger\n");
    say("text for a debugger is no exception that anybody sees");
    return 0;
}
