/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The places where the kernel enters user mode (KiUser*), and where XP's stubs leave it (KiFastSystemCall).
 * The kernel lays out the stack as Windows does; nothing here may assume more than that layout.
 */
#define CONTEXT_EIP 0xb8

    .text

/* Stack: NormalRoutine, NormalContext, SystemArgument1, SystemArgument2, CONTEXT. */
    .globl _KiUserApcDispatcher
_KiUserApcDispatcher:
    leal    16(%esp), %edi
    popl    %eax
    call    *%eax
    pushl   $1
    pushl   %edi
    call    _NtContinue@8
    pushl   %eax
    call    _RtlRaiseStatus@4
    int3

/* Stack: EXCEPTION_RECORD *, CONTEXT *; both lie higher on this stack. There is no return address. */
    .globl _KiUserExceptionDispatcher
_KiUserExceptionDispatcher:
    cld
    movl    (%esp), %ebx
    movl    4(%esp), %esi
    pushl   %esi
    pushl   %ebx
    call    _RtlDispatchException@8
    testb   %al, %al
    jz      1f
    pushl   $0
    pushl   %esi
    call    _NtContinue@8
    jmp     2f
1:  pushl   $0
    pushl   %esi
    pushl   %ebx
    call    _NtRaiseException@12
2:  pushl   %ebx
    pushl   %eax
    call    _RtlpRaiseNested@8
    int3

/* Stack: unused, index, buffer, length. The routine takes (buffer, length) or (buffer): esp is not used after it. */
    .globl _KiUserCallbackDispatcher
_KiUserCallbackDispatcher:
    addl    $4, %esp
    popl    %edx
    movl    %fs:0x18, %eax
    movl    0x30(%eax), %eax
    movl    0x2c(%eax), %eax
    call    *(%eax,%edx,4)
    xorl    %ecx, %ecx
    xorl    %edx, %edx
    int     $0x2b
    int3

/* The kernel enters here instead of returning from a call, with the status in TEB.ExceptionCode. */
    .globl _KiRaiseUserExceptionDispatcher
_KiRaiseUserExceptionDispatcher:
    pushl   %eax
    movl    %fs:0x18, %eax
    pushl   0x1a4(%eax)
    call    _RtlpRaiseUserException@4
    popl    %eax
    ret

#if NTDLL_VERSION >= 0x501
    .p2align 4
    .globl _KiFastSystemCall
_KiFastSystemCall:
    movl    %esp, %edx
    sysenter
    .globl _KiFastSystemCallRet
_KiFastSystemCallRet:
    ret

    .p2align 4
    .globl _KiIntSystemCall
_KiIntSystemCall:
    leal    8(%esp), %edx
    int     $0x2e
    ret
#endif

/* Break points that a debugger recognises: int3 followed by ret, as their callers expect to resume. */
    .globl _DbgBreakPoint@0, _DbgUserBreakPoint@0
_DbgBreakPoint@0:
    int3
    ret
_DbgUserBreakPoint@0:
    int3
    ret

/* NTSTATUS RtlpDebugService(ULONG service, const void *argument1, const void *argument2) */
    .globl _RtlpDebugService@12
_RtlpDebugService@12:
    movl    4(%esp), %eax
    movl    8(%esp), %ecx
    movl    12(%esp), %edx
    int     $0x2d
    int3
    ret     $12

    .globl _NtCurrentTebExport@0
_NtCurrentTebExport@0:
    movl    %fs:0x18, %eax
    ret
