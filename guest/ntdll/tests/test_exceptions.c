/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dispatching and unwinding with registrations made by hand, as a compiler would make them.
 */
#include "test.h"

typedef struct FRAME {
    struct FRAME *next;
    SEH_HANDLER handler;
    int id;
} FRAME;

static int order[16], order_count;
static DWORD seen_flags;
static PVOID jump_buffer[5];

static void push(FRAME *frame, SEH_HANDLER handler, int id)
{
    frame->next = (FRAME *)NtCurrentTeb()->NtTib.ExceptionList;
    frame->handler = handler;
    frame->id = id;
    NtCurrentTeb()->NtTib.ExceptionList = (struct _EXCEPTION_REGISTRATION_RECORD *)frame;
}

static void pop(FRAME *frame)
{
    NtCurrentTeb()->NtTib.ExceptionList = (struct _EXCEPTION_REGISTRATION_RECORD *)frame->next;
}

static EXCEPTION_DISPOSITION __cdecl note(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context, PVOID dispatcher)
{
    (void)context;
    (void)dispatcher;
    order[order_count++ & 15] = ((FRAME *)frame)->id;
    seen_flags = record->ExceptionFlags;
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION __cdecl resume(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context, PVOID dispatcher)
{
    (void)record;
    (void)dispatcher;
    order[order_count++ & 15] = ((FRAME *)frame)->id;
    context->Eax = 0x600d;
    return ExceptionContinueExecution;
}

static EXCEPTION_DISPOSITION __cdecl unwind_here(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context,
                                                 PVOID dispatcher)
{
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    RtlUnwind(frame, NULL, record, NULL);
    ((FRAME *)frame)->id = (int)record->ExceptionCode;
    __builtin_longjmp(jump_buffer, 1);
}

static void dispatch(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000001};
    CONTEXT context = {0};
    FRAME outer, inner;

    order_count = 0;
    push(&outer, resume, 1);
    push(&inner, note, 2);
    ok(RtlDispatchException(&record, &context), "an exception is handled by the outer frame");
    ok(order_count == 2 && order[0] == 2 && order[1] == 1, "the inner one was asked first");
    equal("the handler's change of the context is kept", context.Eax, 0x600d);
    pop(&inner);
    pop(&outer);
    ok((FRAME *)NtCurrentTeb()->NtTib.ExceptionList == outer.next, "the chain is as it was");
}

static void bad_frame(void)
{
    static FRAME not_on_stack;
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000002};
    CONTEXT context = {0};

    push(&not_on_stack, resume, 1);
    ok(!RtlDispatchException(&record, &context), "a registration off the stack is not asked");
    ok(record.ExceptionFlags & EXCEPTION_STACK_INVALID, "and marks the stack as invalid");
    pop(&not_on_stack);
}

static void raise_and_unwind(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000003};
    FRAME frames[3]; /* on a real stack an outer frame lies higher */
    FRAME *target = &frames[2];

    order_count = 0;
    push(target, unwind_here, 0);
    if (!__builtin_setjmp(jump_buffer)) {
        push(&frames[1], note, 2);
        push(&frames[0], note, 3);
        RtlRaiseException(&record);
        ok(0, "RtlRaiseException does not return when its frame was unwound");
    }
    equal("the handler that unwinds gets control", (ULONG)target->id, 0xe0000003);
    ok(order_count == 4 && order[0] == 3 && order[1] == 2 && order[2] == 3 && order[3] == 2,
       "frames are searched, then unwound, from the inside");
    ok(seen_flags & EXCEPTION_UNWINDING, "with the unwinding flag");
    ok((FRAME *)NtCurrentTeb()->NtTib.ExceptionList == target, "the target is the head of the chain");
    pop(target);
}

static void raise_and_continue(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000004};
    FRAME frame;

    order_count = 0;
    push(&frame, resume, 5);
    RtlRaiseException(&record);
    ok(order_count == 1 && order[0] == 5, "RtlRaiseException returns when a handler continues");
    pop(&frame);
}

/* __try { __try { raise } __finally { 1 } } __except (filter) { 2 }, as compiled for _except_handler3. */
int __cdecl seh3_function(void);
EXCEPTION_DISPOSITION __cdecl seh3_handler(PEXCEPTION_RECORD, PVOID, PCONTEXT, PVOID);
LONG seh3_finally_ran, seh3_code;

__asm__("    .data\n"
        "seh3_scopes:\n"
        "    .long -1, seh3_filter, seh3_except\n"
        "    .long 0, 0, seh3_finally\n"
        "    .text\n"
        "    .globl _seh3_function\n"
        "_seh3_function:\n"
        "    pushl %ebp\n"
        "    movl %esp, %ebp\n"
        "    pushl $-1\n"
        "    pushl $seh3_scopes\n"
        "    pushl $__except_handler3\n"
        "    pushl %fs:0\n"
        "    movl %esp, %fs:0\n"
        "    subl $88, %esp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    movl %esp, -24(%ebp)\n"
        "    movl $1, -4(%ebp)\n"
        "    movl $0xe0000005, -100(%ebp)\n" /* an EXCEPTION_RECORD's first five words */
        "    leal -100(%ebp), %eax\n"
        "    movl $0, 4(%eax)\n"
        "    movl $0, 8(%eax)\n"
        "    movl $0, 16(%eax)\n"
        "    pushl %eax\n"
        "    call _RtlRaiseException@4\n"
        "    movl $99, %eax\n"
        "    jmp seh3_leave\n"
        "seh3_finally:\n"
        "    incl _seh3_finally_ran\n"
        "    ret\n"
        "seh3_filter:\n"
        "    movl -20(%ebp), %eax\n" /* EXCEPTION_POINTERS */
        "    movl (%eax), %eax\n"
        "    movl (%eax), %eax\n"
        "    movl %eax, _seh3_code\n"
        "    movl $1, %eax\n"
        "    ret\n"
        "seh3_except:\n"
        "    movl -24(%ebp), %esp\n"
        "    movl _seh3_finally_ran, %eax\n"
        "    addl $41, %eax\n"
        "seh3_leave:\n"
        "    movl -16(%ebp), %ecx\n"
        "    movl %ecx, %fs:0\n"
        "    popl %edi\n"
        "    popl %esi\n"
        "    popl %ebx\n"
        "    movl %ebp, %esp\n"
        "    popl %ebp\n"
        "    ret\n");

static LONG vectored_calls;

static LONG WINAPI vectored(PEXCEPTION_POINTERS pointers)
{
    vectored_calls++;
    return pointers->ExceptionRecord->ExceptionCode == 0xe0000006 ? EXCEPTION_CONTINUE_EXECUTION
                                                                   : EXCEPTION_CONTINUE_SEARCH;
}

static void vectored_handlers(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000006};
    CONTEXT context = {0};
    PVOID handle = RtlAddVectoredExceptionHandler(1, vectored);

    ok(handle && RtlDispatchException(&record, &context) && vectored_calls == 1, "a vectored handler is asked first");
    ok(RtlRemoveVectoredExceptionHandler(handle) && !RtlRemoveVectoredExceptionHandler(handle), "and removed, once");
}

/* RtlCaptureContext finds its caller's frame through ebp, which asking for the frame's address makes sure of. */
static PVOID __attribute__((noinline)) capture(PCONTEXT context)
{
    __asm__ volatile("" : : "r"(__builtin_frame_address(0)));
    RtlCaptureContext(context);
    return __builtin_return_address(0);
}

void test_exceptions(void)
{
    CONTEXT context;
    PVOID here;

    dispatch();
    bad_frame();
    raise_and_continue();
    raise_and_unwind();
    equal("_except_handler3 runs the __finally block, then the __except block", (ULONG)seh3_function(), 42);
    equal("the filter saw the code", (ULONG)seh3_code, 0xe0000005);
    vectored_handlers();
    here = capture(&context);
    equal("RtlCaptureContext gives the caller's caller", context.Eip, (ULONG)here);
}
