// SPDX-License-Identifier: LGPL-2.1-or-later
// Structured exception handling by hand: frames with a filter, a termination handler and a place to go on.
#pragma once

#include <windows.h>

struct guard;
typedef LONG filter(EXCEPTION_POINTERS *pointers, struct guard *guard);
typedef void finally(struct guard *guard, DWORD flags);

struct guard {
    struct guard *previous;
    void *handler;
    filter *filter;
    finally *finally;
    const char *name;
    DWORD code;  // of the exception that was handled
    void *jump[5];
};

static inline struct guard *top_guard(void)
{
    struct guard *top;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(top));
    return top;
}

static inline void set_top_guard(struct guard *guard)
{
    __asm__ volatile("movl %0, %%fs:0" : : "r"(guard) : "memory");
}

// Unwind to a guard; the registers that a call preserves are not, whatever the DLL does.
static inline void unwind_to(struct guard *guard, EXCEPTION_RECORD *record)
{
    __asm__ volatile("pushl $0\n\tpushl %1\n\tpushl $0\n\tpushl %0\n\tcall _RtlUnwind@16"
                     : : "a"(guard), "d"(record) : "ebx", "ecx", "esi", "edi", "memory", "cc");
}

static EXCEPTION_DISPOSITION __cdecl guard_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context, void *more)
{
    struct guard *guard = frame;
    EXCEPTION_POINTERS pointers = {record, context};
    (void)more;
    if (record->ExceptionFlags & (2 | 4)) {  // unwinding
        if (guard->finally)
            guard->finally(guard, record->ExceptionFlags);
        return ExceptionContinueSearch;
    }
    LONG said = guard->filter ? guard->filter(&pointers, guard) : EXCEPTION_CONTINUE_SEARCH;
    if (said == EXCEPTION_CONTINUE_EXECUTION)
        return ExceptionContinueExecution;
    if (said != EXCEPTION_EXECUTE_HANDLER)
        return said == EXCEPTION_CONTINUE_SEARCH ? ExceptionContinueSearch : (EXCEPTION_DISPOSITION)said;
    guard->code = record->ExceptionCode;
    unwind_to(guard, record);
    set_top_guard(guard->previous);
    __builtin_longjmp(guard->jump, 1);
}

static inline void enter_guard(struct guard *guard, const char *name, filter *filter, finally *finally)
{
    guard->previous = top_guard();
    guard->handler = guard_handler;
    guard->filter = filter;
    guard->finally = finally;
    guard->name = name;
    guard->code = 0;
    set_top_guard(guard);
}

static inline void leave_guard(struct guard *guard)
{
    set_top_guard(guard->previous);
}

// TRY(guard, name, filter, finally) { ... leave_guard(&guard); } else { handled: guard.code }
#define TRY(guard, name, filter, finally) \
    enter_guard(&(guard), name, filter, finally); \
    if (!__builtin_setjmp((guard).jump))
