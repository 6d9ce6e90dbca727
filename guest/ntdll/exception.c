/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structured exception handling on x86: the walk over the registrations at FS:0, for dispatching and for unwinding.
 * A registration must lie aligned within the thread's stack; what a handler answers decides, and answers that make no
 * sense raise an exception of their own that cannot be continued.
 */
#include "ntdll.h"

typedef struct SEH_FRAME {
    struct SEH_FRAME *next;
    SEH_HANDLER handler;
} SEH_FRAME;

#define CHAIN_END ((SEH_FRAME *)-1)

static SEH_FRAME *chain_head(void)
{
    return (SEH_FRAME *)NtCurrentTeb()->NtTib.ExceptionList;
}

static BOOLEAN frame_is_valid(const SEH_FRAME *frame)
{
    const NT_TIB *tib = &NtCurrentTeb()->NtTib;
    UINT_PTR low = (UINT_PTR)tib->StackLimit, high = (UINT_PTR)tib->StackBase, at = (UINT_PTR)frame;

    if (at < low || at + sizeof(*frame) > high || at & 3)
        return FALSE;
    /* A handler on the stack is an overwritten frame. */
    return (UINT_PTR)frame->handler < low || (UINT_PTR)frame->handler >= high;
}

static void raise_chained(NTSTATUS status, PEXCEPTION_RECORD cause)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionRecord = cause};

    RtlRaiseException(&record);
}

static BOOLEAN dispatch_to_frames(PEXCEPTION_RECORD record, PCONTEXT context)
{
    SEH_FRAME *nested = NULL, *dispatcher = NULL;

    for (SEH_FRAME *frame = chain_head(); frame != CHAIN_END; frame = frame->next) {
        if (!frame_is_valid(frame)) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        EXCEPTION_DISPOSITION answer =
            RtlpExecuteHandler(record, frame, context, &dispatcher, frame->handler, RtlpNestedGuard);
        if (frame == nested) {
            record->ExceptionFlags &= ~(DWORD)EXCEPTION_NESTED_CALL;
            nested = NULL;
        }
        switch (answer) {
        case ExceptionContinueExecution:
            if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
                raise_chained(STATUS_NONCONTINUABLE_EXCEPTION, record);
            return TRUE;
        case ExceptionContinueSearch:
            if (record->ExceptionFlags & EXCEPTION_STACK_INVALID)
                return FALSE;
            break;
        case ExceptionNestedException:
            record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatcher > nested)
                nested = dispatcher;
            break;
        default:
            raise_chained(STATUS_INVALID_DISPOSITION, record);
        }
    }
    return FALSE;
}

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD record, PCONTEXT context)
{
    BOOLEAN handled = rtl_call_vectored(record, context, FALSE) || dispatch_to_frames(record, context);

    if (handled)
        rtl_call_vectored(record, context, TRUE);
    return handled;
}

/* NtContinue or NtRaiseException came back with an error: the exception that says so. */
VOID NTAPI RtlpRaiseNested(NTSTATUS status, PEXCEPTION_RECORD cause);

VOID NTAPI RtlpRaiseNested(NTSTATUS status, PEXCEPTION_RECORD cause)
{
    raise_chained(status, cause);
}

VOID NTAPI RtlpRaiseException(PCONTEXT context, PEXCEPTION_RECORD *argument);

VOID NTAPI RtlpRaiseException(PCONTEXT context, PEXCEPTION_RECORD *argument)
{
    PEXCEPTION_RECORD record = *argument;

    record->ExceptionAddress = (PVOID)context->Eip;
    RtlRaiseStatus(NtRaiseException(record, context, TRUE));
}

VOID NTAPI RtlpRaiseStatus(PCONTEXT context, const NTSTATUS *argument);

VOID NTAPI RtlpRaiseStatus(PCONTEXT context, const NTSTATUS *argument)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)*argument,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)context->Eip};

    NtRaiseException(&record, context, TRUE);
    NtTerminateProcess(NtCurrentProcess(), *argument);
}

VOID NTAPI RtlpRaiseUserException(NTSTATUS status);

VOID NTAPI RtlpRaiseUserException(NTSTATUS status)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status};

    RtlRaiseException(&record);
}

static void pop_frame(SEH_FRAME *frame)
{
    NtCurrentTeb()->NtTib.ExceptionList = (struct _EXCEPTION_REGISTRATION_RECORD *)frame->next;
}

static void unwind_frame(SEH_FRAME **frame, PEXCEPTION_RECORD record, PCONTEXT context)
{
    SEH_FRAME *dispatcher = NULL;

    if (!frame_is_valid(*frame))
        raise_chained(STATUS_BAD_STACK, record);
    switch (RtlpExecuteHandler(record, *frame, context, &dispatcher, (*frame)->handler, RtlpUnwindGuard)) {
    case ExceptionContinueSearch:
        break;
    case ExceptionCollidedUnwind: /* an earlier unwind was cut short in this frame: go on from there */
        if (!frame_is_valid(dispatcher))
            raise_chained(STATUS_BAD_STACK, record);
        *frame = dispatcher;
        break;
    default:
        raise_chained(STATUS_INVALID_DISPOSITION, record);
    }
}

struct unwind_arguments {
    SEH_FRAME *target;
    PVOID ip;
    PEXCEPTION_RECORD record;
    ULONG value;
};

VOID NTAPI RtlpUnwind(PCONTEXT context, const struct unwind_arguments *arguments);

/*
 * Calls every handler up to the target (NULL: all of them, for an exit) with the unwinding flag, takes their
 * registrations off the chain and returns to RtlUnwind's caller. The instruction pointer that was asked for is
 * not used on x86.
 */
VOID NTAPI RtlpUnwind(PCONTEXT context, const struct unwind_arguments *arguments)
{
    SEH_FRAME *target = arguments->target;
    EXCEPTION_RECORD own = {.ExceptionCode = (DWORD)STATUS_UNWIND, .ExceptionAddress = (PVOID)context->Eip};
    PEXCEPTION_RECORD record = arguments->record ? arguments->record : &own;

    record->ExceptionFlags |= target ? EXCEPTION_UNWINDING : EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND;
    context->Eax = arguments->value;
    for (SEH_FRAME *frame = chain_head(); frame != CHAIN_END; frame = frame->next) {
        if (frame == target) {
            NtContinue(context, FALSE);
            break;
        }
        if (target && frame > target)
            raise_chained(STATUS_INVALID_UNWIND_TARGET, record);
        unwind_frame(&frame, record, context);
        pop_frame(frame);
    }
    if (target == CHAIN_END || !target)
        NtContinue(context, FALSE);
    else
        NtRaiseException(record, context, FALSE);
}
