/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stub's edges: start, the gate that 32-bit code calls, signal entry,
 * return to 32-bit code, and the only host system calls the filter allows.
 *
 * All of it may be entered by hostile code at any byte with any registers.
 * Nothing here protects anything but the guest process' own good working.
 */
#include "../native/shared.h"

    .text
    .globl _start
_start:
    xor %ebp, %ebp
    call stub_map_control
    movabs $(CTRL_BASE + SLOT_SIZE), %rsp
    call servant_main
    ud2

/* ---- host system calls -------------------------------------------------- */

    .macro HOST name, number
    .globl sys_\name, site_\name
sys_\name:
    mov %rcx, %r10
    mov $\number, %eax
    syscall
site_\name:
    ret
    .endm

    HOST write, 1
    HOST mmap, 9
    HOST mprotect, 10
    HOST munmap, 11
    HOST recvmsg, 47
    HOST close, 3
    HOST exit, 60
    HOST exit_group, 231
    HOST modify_ldt, 154
    HOST sigaltstack, 131
    HOST futex, 202
    HOST clock_gettime, 228

/* Any call, for the time before the filter is in place. */
    .globl stub_syscall
stub_syscall:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    mov 8(%rsp), %r9
    syscall
    ret

/* long sys_clone(flags, stack, parent_tid, child_tid): the child runs thread_main on its slot. */
    .globl sys_clone, site_clone
sys_clone:
    mov %rcx, %r10
    xor %r8d, %r8d
    mov $56, %eax
    syscall
site_clone:
    test %eax, %eax
    jz 1f
    ret
1:  lea -SLOT_SIZE(%rsp), %rdi
    xor %ebp, %ebp
    call thread_main
    lea -SLOT_SIZE(%rsp), %rbx

/* ---- to 32-bit code with every register: rbx = tcb, rsp = end of its slot -- */

    .globl full_resume
full_resume:
    pushq $2 /* iret with NT set would fault */
    popfq
    mov $SS32, %eax
    mov %eax, %ds
    mov %eax, %es
    xor %eax, %eax
    mov %eax, %gs
    wrgsbase %rbx
    mov TCB_FS(%rbx), %eax
    mov %eax, %fs
    pushq $SS32
    mov TCB_ESP(%rbx), %eax
    push %rax
    mov TCB_EFLAGS(%rbx), %eax
    push %rax
    pushq $CS32
    mov TCB_EIP(%rbx), %eax
    push %rax
    mov TCB_EAX(%rbx), %eax
    mov TCB_ECX(%rbx), %ecx
    mov TCB_EDX(%rbx), %edx
    mov TCB_ESI(%rbx), %esi
    mov TCB_EDI(%rbx), %edi
    mov TCB_EBP(%rbx), %ebp
    mov TCB_EBX(%rbx), %ebx
    iretq

/* ---- the gate ------------------------------------------------------------
 * 32-bit code calls gate_entry with eax = number; [esp], [esp+4] are return
 * addresses, the arguments follow.  edx = esp is what sysenter code does too.
 * r8-r15 do not exist for the guest, so they are free here.
 */
    .section .gate, "ax"
    .code32
    .globl gate_entry
gate_entry:
    mov %esp, %edx
    ljmp $CS64, $gate_long
    .code64
gate_long:
    jmp *1f(%rip)
    .balign 8
1:  .quad stub_gate
    .org GATE_TRACED - GATE_BASE, 0xcc
    .code32
    mov %esp, %edx
    int $0x2e /* the kernel knows the address and sends the thread to the same place as stub_gate does */
    .code64
    .balign 4096, 0xcc

    .text
    .balign 64
    .globl stub_gate, gate_repair
stub_gate:
    rdgsbase %r8
    movabs $CTRL_BASE, %r10
    mov %r8, %r9
    sub %r10, %r9
    cmp $CTRL_SIZE, %r9
    jae gate_repair
    test $(SLOT_SIZE - 1), %r9d
    jnz gate_repair
    cmp %r8, TCB_SELF(%r8)
    jne gate_repair
    mov %eax, %eax
    mov %edx, %edx
    cmp $SHORT_CUTS, %eax
    jae gate_slow
    movzbl PCB_SHORT_CUTS(%r10, %rax), %r9d
    orb TCB_STEPPING(%r8), %r9b
    jnz gate_short
    .globl gate_slow
gate_slow:
    mov %eax, TCB_EAX(%r8)
    mov %ebx, TCB_EBX(%r8)
    mov %ecx, TCB_ECX(%r8)
    mov %edx, TCB_EDX(%r8)
    mov %esi, TCB_ESI(%r8)
    mov %edi, TCB_EDI(%r8)
    mov %ebp, TCB_EBP(%r8)
    mov %edx, TCB_ESP(%r8)
    lea SLOT_SIZE(%r8), %rsp
    pushfq
    mov (%rsp), %r11d
    mov %r11d, TCB_EFLAGS(%r8)
    and $(FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC), %r11d
    jz 1f
    movq $2, (%rsp)
    popfq
    pushq $0
1:  pop %r11
    mov %r8, %rbx
    mov %r8, %rdi
    call gate_trap
    test %eax, %eax
    jnz full_resume
    mov %rbx, %r8
    movabs $CTRL_BASE, %r10
    mov TCB_EAX(%r8), %eax
    mov TCB_ECX(%r8), %ecx
    mov TCB_EDX(%r8), %edx
    mov TCB_ESI(%r8), %esi
    mov TCB_EDI(%r8), %edi
    mov TCB_EBP(%r8), %ebp
    mov TCB_EBX(%r8), %ebx
    mov TCB_ESP(%r8), %esp
    ljmpl *PCB_GATE_RETURN(%r10)

/* The guest lost GS: the signal handler knows the slot from its stack, and goes to stub_gate again. */
gate_repair:
    ud2

/* Short cuts.  A fault between fix_gate and fix_gate_end goes on at gate_slow. */
gate_short:
    testb $0x80, %r9b
    jnz gate_slow
    cmp $2, %r9b
    je 2f
    ja 3f
    .globl fix_gate, fix_gate_end, fix_copy, fix_copy_end, copy_fault
fix_gate:
    mov 8(%rdx), %r11d
    test $3, %r11d
    jnz gate_slow
    cmp $(GUEST_END - 8), %r11d
    ja gate_slow
    lea 4(%r11), %r12d
    test $0xfff, %r12d /* two pages, of which the second may not be there: both are written or none */
    jz gate_slow
1:  mov 0x7ffe0018, %r12d /* High1Time; read it first, High2Time last */
    mov 0x7ffe0014, %r13d
    cmp 0x7ffe001c, %r12d
    jne 1b
    mov %r13d, (%r11) /* two stores: with AC set, one of eight bytes could fault */
    mov %r12d, 4(%r11)
fix_gate_end:
    xor %eax, %eax
    ljmpl *PCB_GATE_RETURN(%r10)
2:  mov $0x40000024, %eax /* STATUS_NO_YIELD_PERFORMED */
    ljmpl *PCB_GATE_RETURN(%r10)
3:  cmp $3, %r9b
    jne gate_slow
    mov $0x7ffe0000, %r11d
    jmp 4f
    .globl fix_tick, fix_tick_end
fix_tick:
4:  mov (%r11), %r12d
    mov 4(%r11), %r13d
fix_tick_end:
    imul %r13, %r12
    shr $24, %r12
    mov %r12d, %eax
    ljmpl *PCB_GATE_RETURN(%r10)

/* int copy_words(uint32_t *to, const uint32_t *from, long count): 0 when a word could not be reached. */
    .globl copy_words
copy_words:
fix_copy:
    mov (%rsi), %eax
    mov %eax, (%rdi)
    add $4, %rsi
    add $4, %rdi
    dec %rdx
    jnz fix_copy
fix_copy_end:
    mov $1, %eax
    ret
copy_fault:
    xor %eax, %eax
    ret

/* ---- signals ------------------------------------------------------------- */

    .globl signal_entry, signal_restorer, site_sigreturn
signal_entry:
    pushq $2 /* the guest's AC and DF are still set */
    popfq
    sub $8, %rsp
    call handle_signal
    add $8, %rsp
    ret
signal_restorer:
    mov $15, %eax
    syscall
site_sigreturn:
    ud2

    .globl memcpy, memset
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    rep movsb
    ret
memset:
    mov %rdi, %r8
    mov %esi, %eax
    mov %rdx, %rcx
    rep stosb
    mov %r8, %rax
    ret
    .section .note.GNU-stack, "", @progbits
