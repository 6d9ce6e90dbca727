// SPDX-License-Identifier: LGPL-2.1-or-later
// Vectored handlers: their order, their answers, what comes before and after frames.
#include "guard.h"
#include "say.h"

static LONG CALLBACK one(EXCEPTION_POINTERS *pointers)
{
    say("one sees %08lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK two(EXCEPTION_POINTERS *pointers)
{
    say("two sees %08lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK continues(EXCEPTION_POINTERS *pointers)
{
    say("three goes on from %08lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK after(EXCEPTION_POINTERS *pointers)
{
    say("continue handler sees %08lx", pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK skips(EXCEPTION_POINTERS *pointers)
{
    CONTEXT *context = pointers->ContextRecord;
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    context->Eip += 2;  // movl (%eax), %eax
    context->Eax = 77;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void *self;

static LONG CALLBACK removes_itself(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    say("removes itself: %lu", RemoveVectoredExceptionHandler(self));
    return EXCEPTION_CONTINUE_SEARCH;
}

static int depth;

static LONG CALLBACK raises(EXCEPTION_POINTERS *pointers)
{
    say("nested handler, depth %d, sees %08lx", depth, pointers->ExceptionRecord->ExceptionCode);
    if (depth++ == 0)
        RaiseException(0xe0000002, 0, 0, NULL);
    say("nested handler is back");
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG handles(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    say("frame %s sees %08lx", guard->name, pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void raise(const char *name, DWORD code)
{
    struct guard guard;
    say("- %s", name);
    TRY(guard, name, handles, NULL) {
        RaiseException(code, 0, 0, NULL);
        leave_guard(&guard);
        say("went on");
    } else
        say("the frame handled it");
}

int wmain(void)
{
    int value;
    void *first = AddVectoredExceptionHandler(0, one);
    void *second = AddVectoredExceptionHandler(0, two);
    raise("in order", 0xe0000001);
    void *third = AddVectoredExceptionHandler(1, continues);
    raise("one before all that goes on", 0xe0000001);
    void *last = AddVectoredContinueHandler(0, after);
    raise("with a continue handler", 0xe0000001);
    RemoveVectoredExceptionHandler(third);
    raise("continue handler, but a frame handles it", 0xe0000001);
    say("removed: %lu", RemoveVectoredExceptionHandler(first));
    say("removed: %lu", RemoveVectoredExceptionHandler(second));
    say("removed again: %lu", RemoveVectoredExceptionHandler(second));
    self = AddVectoredExceptionHandler(1, removes_itself);
    raise("removed within", 0xe0000001);
    raise("is gone", 0xe0000001);
    third = AddVectoredExceptionHandler(1, raises);
    raise("nested", 0xe0000001);
    RemoveVectoredExceptionHandler(third);
    third = AddVectoredExceptionHandler(1, skips);
    __asm__ volatile("xorl %%eax, %%eax\n\tmovl (%%eax), %%eax" : "=a"(value));
    say("a handler that skips an instruction: %d", value);
    RemoveVectoredExceptionHandler(third);
    say("removed: %lu", RemoveVectoredContinueHandler(last));
    raise("nobody but the frame", 0xe0000001);
    return 0;
}
