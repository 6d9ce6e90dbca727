/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Floating point functions and compiler helpers that NT's ntdll exports, on the x87; and the 64-bit helpers of
 * Microsoft's compilers (arguments on the stack, popped by the callee; the shifts take edx:eax and cl).
 */
    .text

    .macro unary name, operation
    .globl _\name
_\name:
    fldl    4(%esp)
    \operation
    ret
    .endm

unary sqrt, fsqrt
unary fabs, fabs
unary sin, fsin
unary cos, fcos

    .globl _tan
_tan:
    fldl    4(%esp)
    fptan
    fstp    %st(0)
    ret

    .globl _atan
_atan:
    fldl    4(%esp)
    fld1
    fpatan
    ret

    .globl _log
_log:
    fldln2
    fldl    4(%esp)
    fyl2x
    ret

/* Rounds st(0) with the rounding control given: 0x0400 down, 0x0800 up, 0x0c00 towards zero. */
    .macro rounding name, control
    .globl _\name
_\name:
    fldl    4(%esp)
    subl    $8, %esp
    fnstcw  (%esp)
    movl    (%esp), %eax
    andl    $0xf3ff, %eax
    orl     $\control, %eax
    movl    %eax, 4(%esp)
    fldcw   4(%esp)
    frndint
    fldcw   (%esp)
    addl    $8, %esp
    ret
    .endm

rounding floor, 0x0400
rounding ceil, 0x0800

/* double pow(double x, double y): 2^(y * log2 x); a negative x needs a whole y. */
    .globl _pow
_pow:
    fldl    12(%esp)
    fldl    4(%esp)
power:
    fldz
    fucomp  %st(1)
    fnstsw  %ax
    sahf
    jz      3f
    jb      1f
    /* x < 0: |x|^y, negated when y is odd */
    fld     %st(1)
    frndint
    fucomp  %st(2)
    fnstsw  %ax
    sahf
    jnz     4f
    fchs
    fld     %st(1)
    fld1
    fadd    %st(0), %st(0)
    fxch    %st(1)
2:  fprem
    fnstsw  %ax
    testb   $4, %ah
    jnz     2b
    fstp    %st(1)
    fldz
    fucompp
    fnstsw  %ax
    sahf
    jz      1f
    call    1f
    fchs
    ret
1:  fyl2x
    fld     %st(0)
    frndint
    fsubr   %st(0), %st(1)
    fxch    %st(1)
    f2xm1
    fld1
    faddp
    fscale
    fstp    %st(1)
    ret
3:  /* x = 0: 1 when y = 0, else 0 (or infinity for y < 0) */
    fstp    %st(0)
    fldz
    fucomp  %st(1)
    fnstsw  %ax
    fstp    %st(0)
    sahf
    jz      5f
    fldz
    jb      6f
    fld1
    fdivp   %st(0), %st(1)
6:  ret
5:  fld1
    ret
4:  /* no real result */
    fstp    %st(0)
    fstp    %st(0)
    fldz
    fdiv    %st(0), %st(0)
    ret

/* The compiler's intrinsic forms: arguments and result on the floating point stack. */
    .globl __CIsqrt, __CIsin, __CIcos, __CIlog, __CIpow
__CIsqrt:
    fsqrt
    ret
__CIsin:
    fsin
    ret
__CIcos:
    fcos
    ret
__CIlog:
    fldln2
    fxch    %st(1)
    fyl2x
    ret
__CIpow:
    jmp     power

/* st(0) -> edx:eax, cut towards zero */
    .globl __ftol
__ftol:
    subl    $12, %esp
    fnstcw  (%esp)
    movl    (%esp), %eax
    orl     $0x0c00, %eax
    movl    %eax, 4(%esp)
    fldcw   4(%esp)
    movl    (%esp), %ecx
    fistpll 4(%esp)
    movl    %ecx, (%esp)
    fldcw   (%esp)
    movl    4(%esp), %eax
    movl    8(%esp), %edx
    addl    $12, %esp
    ret

/* __int64 operations: _allmul(a, b) and the divisions call the compiler's own, which leave the arguments. */
    .macro via_gcc name, helper
    .globl \name
\name:
    pushl   16(%esp)
    pushl   16(%esp)
    pushl   16(%esp)
    pushl   16(%esp)
    call    \helper
    addl    $16, %esp
    ret     $16
    .endm

via_gcc __alldiv, ___divdi3
via_gcc __allrem, ___moddi3
via_gcc __aulldiv, ___udivdi3
via_gcc __aullrem, ___umoddi3

/* edx:eax = low(a) * low(b); the high word gains low(a) * high(b) + high(a) * low(b). */
    .globl __allmul
__allmul:
    movl    8(%esp), %ecx
    imull   12(%esp), %ecx
    movl    4(%esp), %eax
    imull   16(%esp), %eax
    addl    %eax, %ecx
    movl    4(%esp), %eax
    mull    12(%esp)
    addl    %ecx, %edx
    ret     $16

/* Quotient in edx:eax, remainder in ebx:ecx. */
    .macro divide_both name, divide, modulo
    .globl \name
\name:
    pushl   16(%esp)
    pushl   16(%esp)
    pushl   16(%esp)
    pushl   16(%esp)
    call    \modulo
    addl    $16, %esp
    pushl   %edx
    pushl   %eax
    pushl   24(%esp)
    pushl   24(%esp)
    pushl   24(%esp)
    pushl   24(%esp)
    call    \divide
    addl    $16, %esp
    popl    %ecx
    popl    %ebx
    ret     $16
    .endm

divide_both __alldvrm, ___divdi3, ___moddi3
divide_both __aulldvrm, ___udivdi3, ___umoddi3

    .globl __allshl
__allshl:
    cmpb    $64, %cl
    jae     1f
    cmpb    $32, %cl
    jae     2f
    shldl   %cl, %eax, %edx
    shll    %cl, %eax
    ret
2:  movl    %eax, %edx
    xorl    %eax, %eax
    shll    %cl, %edx
    ret
1:  xorl    %eax, %eax
    xorl    %edx, %edx
    ret

    .globl __aullshr
__aullshr:
    cmpb    $64, %cl
    jae     1b
    cmpb    $32, %cl
    jae     2f
    shrdl   %cl, %edx, %eax
    shrl    %cl, %edx
    ret
2:  movl    %edx, %eax
    xorl    %edx, %edx
    shrl    %cl, %eax
    ret

    .globl __allshr
__allshr:
    cmpb    $64, %cl
    jae     1f
    cmpb    $32, %cl
    jae     2f
    shrdl   %cl, %edx, %eax
    sarl    %cl, %edx
    ret
2:  movl    %edx, %eax
    sarl    $31, %edx
    sarl    %cl, %eax
    ret
1:  sarl    $31, %edx
    movl    %edx, %eax
    ret

/* _chkstk = _alloca_probe (clang: _alloca): lowers esp by eax, touching every page on the way. */
    .globl __chkstk, __alloca_probe, __alloca
__chkstk:
__alloca_probe:
__alloca:
    pushl   %ecx
    leal    8(%esp), %ecx
1:  cmpl    $0x1000, %eax
    jb      2f
    subl    $0x1000, %ecx
    testl   %eax, (%ecx)
    subl    $0x1000, %eax
    jmp     1b
2:  subl    %eax, %ecx
    testl   %eax, (%ecx)
    movl    %esp, %eax
    movl    %ecx, %esp
    movl    (%eax), %ecx
    pushl   4(%eax)
    ret

/* gcc's ___chkstk_ms only touches the pages; every register is kept. */
    .globl ___chkstk_ms
___chkstk_ms:
    pushl   %ecx
    pushl   %eax
    leal    12(%esp), %ecx
1:  cmpl    $0x1000, %eax
    jb      2f
    subl    $0x1000, %ecx
    testl   %eax, (%ecx)
    subl    $0x1000, %eax
    jmp     1b
2:  subl    %eax, %ecx
    testl   %eax, (%ecx)
    popl    %eax
    popl    %ecx
    ret
