/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The language handler of Microsoft's C compilers up to VC 7: __try blocks described by a scope table. A function with
 * such blocks keeps a registration whose tail is {scope table, try level, saved ebp}; its frame pointer is the address
 * of that saved ebp.
 */
#include "ntdll.h"

typedef struct SCOPE {
    ULONG outer;
    PVOID filter; /* NULL: a __finally block */
    PVOID handler;
} SCOPE;

typedef struct SCOPE_FRAME {
    struct SCOPE_FRAME *next;
    SEH_HANDLER handler;
    const SCOPE *scopes;
    ULONG level;
    ULONG saved_ebp;
} SCOPE_FRAME;

#define NO_SCOPE 0xffffffffu
#define UNWIND_FLAGS (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)

VOID CRTAPI _global_unwind2(PVOID frame);
VOID CRTAPI _local_unwind2(SCOPE_FRAME *frame, ULONG stop);
EXCEPTION_DISPOSITION CRTAPI _except_handler3(PEXCEPTION_RECORD record, PVOID registration, PCONTEXT context,
                                              PVOID dispatcher);

VOID CRTAPI _local_unwind2(SCOPE_FRAME *frame, ULONG stop)
{
    while (frame->level != NO_SCOPE && frame->level != stop) {
        const SCOPE *scope = &frame->scopes[frame->level];
        frame->level = scope->outer;
        if (!scope->filter)
            RtlpCallInFrame(scope->handler, &frame->saved_ebp);
    }
}

EXCEPTION_DISPOSITION CRTAPI _except_handler3(PEXCEPTION_RECORD record, PVOID registration, PCONTEXT context,
                                              PVOID dispatcher)
{
    SCOPE_FRAME *frame = registration;
    EXCEPTION_POINTERS pointers = {.ExceptionRecord = record, .ContextRecord = context};

    (void)dispatcher;
    if (record->ExceptionFlags & UNWIND_FLAGS) {
        _local_unwind2(frame, NO_SCOPE);
        return ExceptionContinueSearch;
    }
    ((UINT_PTR *)frame)[-1] = (UINT_PTR)&pointers; /* what GetExceptionInformation() reads */
    for (ULONG level = frame->level; level != NO_SCOPE; level = frame->scopes[level].outer) {
        const SCOPE *scope = &frame->scopes[level];
        LONG answer;
        if (!scope->filter)
            continue;
        answer = RtlpCallInFrame(scope->filter, &frame->saved_ebp);
        if (answer < 0)
            return ExceptionContinueExecution;
        if (answer > 0) {
            _global_unwind2(frame);
            _local_unwind2(frame, level);
            frame->level = scope->outer;
            RtlpJumpToHandler(scope->handler, &frame->saved_ebp);
        }
    }
    return ExceptionContinueSearch;
}
