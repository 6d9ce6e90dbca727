/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What hostile code does once it has jumped to 64-bit mode.  Assembled for the host and carried by escapes.exe as
 * bytes.  Entered by a far call from 32-bit code: eax = what to do, ebx = a block of eight 64-bit words
 * {target, six arguments, result}; ends with a far return.
 */
    .text
    .globl entry
entry:
    mov %eax, %eax
    mov %ebx, %ebx
    mov %esp, %esp
    cld
    cmp $1, %eax
    je call_stub
    cmp $2, %eax
    je jump
    cmp $3, %eax
    je spin
    cmp $4, %eax
    je store
    cmp $5, %eax
    je scribble
    cmp $6, %eax
    je bad_stack
    cmp $7, %eax
    je bad_address
    cmp $8, %eax
    je bases
    cmp $9, %eax
    je storm
    cmp $10, %eax
    je touch

/* 0: a host system call from here. */
    call arguments
    mov %rcx, %r10
    mov (%rbx), %rax
    syscall
    mov %rax, 56(%rbx)
    lretl

/* 1: call one of the stub's own functions with arguments of our choice. */
call_stub:
    call arguments
    mov (%rbx), %rax
    mov %rbx, %r15
    mov %rsp, %rbp
    and $-16, %rsp
    call *%rax
    mov %rbp, %rsp
    mov %r15, %rbx
    mov %rax, 56(%rbx)
    lretl

/* 2: jump anywhere with chosen registers; rsp is the sixth argument when it is not 0. */
jump:
    call arguments
    mov (%rbx), %rax
    mov %rdi, %r10
    mov %rsi, %r11
    mov %rdx, %r12
    mov %r8, %r13
    mov %rdx, %rbp
    mov 48(%rbx), %r14
    test %r14, %r14
    jz 1f
    mov %r14, %rsp
1:  mov %r8, %rbx
    jmp *%rax

/* 3: never come back. */
spin:
    pause
    jmp spin

/* 4: *argument0 = argument1 */
store:
    call arguments
    mov %rsi, (%rdi)
    lretl

/* 5: write pseudo-random words over [argument0, argument1), argument2 times (0: for ever) */
scribble:
    call arguments
    mov %rdx, %r9
    sub %rdi, %rsi
    mov $0x2545f4914f6cdd1d, %r10
1:  mov %r10, %rax
    shl $13, %rax
    xor %rax, %r10
    mov %r10, %rax
    shr $7, %rax
    xor %rax, %r10
    mov %r10, %rax
    shl $17, %rax
    xor %rax, %r10
    mov %r10, %rax
    xor %edx, %edx
    div %rsi
    and $-4, %rdx
    mov %r10d, (%rdi, %rdx)
    dec %r9
    jnz 1b
    lretl

/* 6: push with a stack pointer that is no address */
bad_stack:
    movabs $0x8000000000000000, %rsp
    push %rax
    lretl

/* 7: jump to what is no address */
bad_address:
    movabs $0x8000000000000000, %rax
    jmp *%rax

/* 8: fs and gs bases of our choice, then back */
bases:
    call arguments
    wrfsbase %rdi
    wrgsbase %rsi
    lretl

/* 9: call the stub's clone (target) argument1 times; each child gets a slot of its own, from argument0 on */
storm:
    mov 8(%rbx), %r12
    mov 16(%rbx), %r13
1:  mov $0x350f00, %edi
    lea 0x8000(%r12), %rsi
    lea 8(%r12), %rdx
    mov %rdx, %rcx
    call *(%rbx)
    mov %rax, 56(%rbx)
    add $0x8000, %r12
    dec %r13
    jnz 1b
    lretl

/* 10: write to each page of [argument0, argument1) */
touch:
    call arguments
1:  mov %rdi, (%rdi)
    add $4096, %rdi
    cmp %rsi, %rdi
    jb 1b
    lretl

arguments:
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %rcx
    mov 40(%rbx), %r8
    mov 48(%rbx), %r9
    ret
    .section .note.GNU-stack, "", @progbits
