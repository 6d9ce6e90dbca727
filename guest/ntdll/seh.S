/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of structured exception handling that C cannot say: capturing registers, calling a handler under a guard
 * frame, and calling filters and termination blocks in the frame of another function.
 */
#define CTX_FLAGS 0x00
#define CTX_FLOAT 0x1c
#define CTX_GS 0x8c
#define CTX_FS 0x90
#define CTX_ES 0x94
#define CTX_DS 0x98
#define CTX_EDI 0x9c
#define CTX_ESI 0xa0
#define CTX_EBX 0xa4
#define CTX_EDX 0xa8
#define CTX_ECX 0xac
#define CTX_EAX 0xb0
#define CTX_EBP 0xb4
#define CTX_EIP 0xb8
#define CTX_CS 0xbc
#define CTX_EFLAGS 0xc0
#define CTX_ESP 0xc4
#define CTX_SS 0xc8
#define CTX_SIZE 0x2cc
#define CONTEXT_FULL 0x10007
#define UNWINDING_FLAGS 6

    .text

/* ebx -> CONTEXT: stores what has no home on the stack. Changes eax. */
capture_common:
    movl    $CONTEXT_FULL, CTX_FLAGS(%ebx)
    movl    %ecx, CTX_ECX(%ebx)
    movl    %edx, CTX_EDX(%ebx)
    movl    %esi, CTX_ESI(%ebx)
    movl    %edi, CTX_EDI(%ebx)
    movl    $0, CTX_CS(%ebx)
    movw    %cs, CTX_CS(%ebx)
    movl    $0, CTX_DS(%ebx)
    movw    %ds, CTX_DS(%ebx)
    movl    $0, CTX_ES(%ebx)
    movw    %es, CTX_ES(%ebx)
    movl    $0, CTX_FS(%ebx)
    movw    %fs, CTX_FS(%ebx)
    movl    $0, CTX_GS(%ebx)
    movw    %gs, CTX_GS(%ebx)
    movl    $0, CTX_SS(%ebx)
    movw    %ss, CTX_SS(%ebx)
    ret

/*
 * VOID RtlCaptureContext(PCONTEXT): the caller's frame as it will be once the caller has returned. It leans on ebp being
 * the caller's frame pointer, as on Windows.
 */
    .globl _RtlCaptureContext@4
_RtlCaptureContext@4:
    pushfl
    pushl   %ebx
    movl    12(%esp), %ebx
    movl    %eax, CTX_EAX(%ebx)
    call    capture_common
    movl    (%esp), %eax
    movl    %eax, CTX_EBX(%ebx)
    movl    4(%esp), %eax
    movl    %eax, CTX_EFLAGS(%ebx)
    movl    (%ebp), %eax
    movl    %eax, CTX_EBP(%ebx)
    movl    4(%ebp), %eax
    movl    %eax, CTX_EIP(%ebx)
    leal    8(%ebp), %eax
    movl    %eax, CTX_ESP(%ebx)
    movl    CTX_EAX(%ebx), %eax
    popl    %ebx
    popfl
    ret     $4

/*
 * Functions whose worker needs the registers of the moment of the call: builds a CONTEXT that resumes after the call
 * (arguments popped), then calls worker(context, first argument).
 * Frame: ebp -> old ebp, return address, arguments.
 */
    .macro with_context name, bytes, worker
    .globl \name
\name:
    pushl   %ebp
    movl    %esp, %ebp
    pushfl
    pushl   %ebx
    subl    $CTX_SIZE, %esp
    movl    %esp, %ebx
    movl    %eax, CTX_EAX(%ebx)
    call    capture_common
    movl    -8(%ebp), %eax
    movl    %eax, CTX_EBX(%ebx)
    movl    -4(%ebp), %eax
    movl    %eax, CTX_EFLAGS(%ebx)
    movl    (%ebp), %eax
    movl    %eax, CTX_EBP(%ebx)
    movl    4(%ebp), %eax
    movl    %eax, CTX_EIP(%ebx)
    leal    8+\bytes(%ebp), %eax
    movl    %eax, CTX_ESP(%ebx)
    leal    8(%ebp), %eax
    pushl   %eax
    pushl   %ebx
    call    \worker
    leal    -8(%ebp), %esp
    popl    %ebx
    popfl
    popl    %ebp
    ret     $\bytes
    .endm

/* VOID RtlRaiseException(PEXCEPTION_RECORD) */
    with_context _RtlRaiseException@4, 4, _RtlpRaiseException@8
/* VOID RtlRaiseStatus(NTSTATUS) */
    with_context _RtlRaiseStatus@4, 4, _RtlpRaiseStatus@8
/* VOID RtlUnwind(PVOID frame, PVOID ip, PEXCEPTION_RECORD, PVOID value) */
    with_context _RtlUnwind@16, 16, _RtlpUnwind@8

/*
 * EXCEPTION_DISPOSITION RtlpExecuteHandler(record, frame, context, dispatcher, handler, guard): calls the handler with a
 * registration of our own in front, whose handler is `guard` and which remembers `frame` at offset 8.
 */
    .globl _RtlpExecuteHandler@24
_RtlpExecuteHandler@24:
    pushl   %ebp
    movl    %esp, %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    xorl    %ebx, %ebx
    xorl    %esi, %esi
    xorl    %edi, %edi
    pushl   12(%ebp)
    pushl   28(%ebp)
    pushl   %fs:0
    movl    %esp, %fs:0
    pushl   20(%ebp)
    pushl   16(%ebp)
    pushl   12(%ebp)
    pushl   8(%ebp)
    call    *24(%ebp)
    movl    %fs:0, %esp
    popl    %fs:0
    leal    -12(%ebp), %esp
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret     $24

/* Guards of the two walks. cdecl (record, frame, context, dispatcher); 1 = continue search. */
    .globl _RtlpNestedGuard
_RtlpNestedGuard:
    movl    4(%esp), %ecx
    movl    $1, %eax
    testl   $UNWINDING_FLAGS, 4(%ecx)
    jnz     1f
    movl    8(%esp), %ecx
    movl    8(%ecx), %ecx
    movl    16(%esp), %edx
    movl    %ecx, (%edx)
    movl    $2, %eax
1:  ret

    .globl _RtlpUnwindGuard
_RtlpUnwindGuard:
    movl    4(%esp), %ecx
    movl    $1, %eax
    testl   $UNWINDING_FLAGS, 4(%ecx)
    jz      1f
    movl    8(%esp), %ecx
    movl    8(%ecx), %ecx
    movl    16(%esp), %edx
    movl    %ecx, (%edx)
    movl    $3, %eax
1:  ret

/* LONG RtlpCallInFrame(PVOID routine, PVOID frame_ebp): calls a filter or a finally block with another function's ebp. */
    .globl _RtlpCallInFrame@8
_RtlpCallInFrame@8:
    pushl   %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    movl    20(%esp), %eax
    movl    24(%esp), %ebp
    call    *%eax
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret     $8

/* VOID RtlpJumpToHandler(PVOID handler, PVOID frame_ebp): enters an __except block; it restores esp itself. */
    .globl _RtlpJumpToHandler@8
_RtlpJumpToHandler@8:
    movl    4(%esp), %eax
    movl    8(%esp), %ebp
    xorl    %ebx, %ebx
    xorl    %ecx, %ecx
    xorl    %edx, %edx
    xorl    %esi, %esi
    xorl    %edi, %edi
    jmp     *%eax

/* VOID _global_unwind2(PVOID frame), cdecl */
    .globl __global_unwind2
__global_unwind2:
    pushl   %ebp
    movl    %esp, %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    pushl   $0
    pushl   $0
    pushl   $1f
    pushl   8(%ebp)
    call    _RtlUnwind@16
1:  popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret
