/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exceptions that instructions raise: code, address, parameters and the context delivered.
 * Known from: Intel SDM vol. 3 (fault or trap, hence the address); Windows Internals, 4th ed., ch. 3 (trap table of x86);
 * winnt.h (codes); Wine's dlls/ntdll/tests/exception.c (which checked the same on real systems).
 */
#include "seh.h"

LONG bounds[2] = {1, 5};

static void caught(ULONG code, LONG offset, const char *name, const char *where)
{
    equal(seen.count ? seen.code : 0, code, name);
    equal(seen.address, seh_fault_at + offset, where);
}

static void divide(void)
{
    FAULT("xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tmovl $7, %%eax\n\tmovl $5f, _seh_fault_at\n5:\tdivl %%ecx");
    caught(STATUS_INTEGER_DIVIDE_BY_ZERO, 0, "div by zero", "div by zero: address");
    equal(seen.parameters, 0, "div by zero: no parameters");
    equal(seen.flags, 0, "div by zero: continuable");
    equal(seen.context.Eip, seh_fault_at, "div by zero: eip at the instruction");
    equal(seen.context.Eax, 7, "div by zero: eax");
    equal(seen.context.ContextFlags & CONTEXT_FULL, CONTEXT_FULL, "div by zero: a full context");
    equal(seen.context.ContextFlags & CONTEXT_DEBUG_REGISTERS, CONTEXT_DEBUG_REGISTERS, "with debug registers");
    equal(seen.context.SegCs, 0x1b, "cs");
    equal(seen.context.SegSs, 0x23, "ss");
    equal(seen.context.SegFs, 0x3b, "fs");
    /* The processor does not tell the two apart; NT looks at the divisor. */
    FAULT("movl $0x80000000, %%eax\n\tcltd\n\tmovl $-1, %%ecx\n\tmovl $5f, _seh_fault_at\n5:\tidivl %%ecx");
    caught(STATUS_INTEGER_OVERFLOW, 0, "idiv that overflows", "idiv that overflows: address");
}

static void breakpoints(void)
{
    FAULT("int3");
    caught(STATUS_BREAKPOINT, 0, "int3", "int3: address of the instruction");
    equal(seen.context.Eip, seh_fault_at, "int3: eip of the instruction");
    equal(seen.parameters, 3, "int3: three parameters");
    equal(seen.information[0], 0, "int3: the first is 0");
    FAULT(".byte 0xcd, 3");
    equal(seen.count ? seen.code : 0, STATUS_BREAKPOINT, "int 3 of two bytes");
    equal(seen.address, seh_fault_at + 1, "int 3 of two bytes: address is the byte before the next instruction");
    FAULT("pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop\n\tmovl $0, %%eax");
    equal(seen.count ? seen.code : 0, STATUS_SINGLE_STEP, "trap flag");
    equal(seen.context.Eip, seen.address, "trap flag: eip is the address");
    equal(*(UCHAR *)(seen.address - 1), 0x90, "trap flag: behind the first instruction after popf");
    equal(seen.context.EFlags & 0x100, 0, "trap flag: cleared in the context");
    equal(seen.parameters, 0, "trap flag: no parameters");
}

static void opcodes(void)
{
    FAULT("ud2");
    caught(STATUS_ILLEGAL_INSTRUCTION, 0, "ud2", "ud2: address");
    equal(seen.parameters, 0, "ud2: no parameters");
    FAULT("hlt");
    caught(STATUS_PRIVILEGED_INSTRUCTION, 0, "hlt", "hlt: address");
    FAULT("cli");
    caught(STATUS_PRIVILEGED_INSTRUCTION, 0, "cli", "cli: address");
    FAULT("inb $0x60, %%al");
    caught(STATUS_PRIVILEGED_INSTRUCTION, 0, "in", "in: address");
    FAULT("outb %%al, $0x60");
    caught(STATUS_PRIVILEGED_INSTRUCTION, 0, "out", "out: address");
    FAULT("movl %%cr0, %%eax");
    caught(STATUS_PRIVILEGED_INSTRUCTION, 0, "mov from cr0", "mov from cr0: address");
    FAULT("movb $0x7f, %%al\n\taddb $1, %%al\n\tmovl $5f, _seh_fault_at\n5:\tinto");
    caught(STATUS_INTEGER_OVERFLOW, 0, "into", "into: address of the instruction");
    FAULT("movl $9, %%eax\n\tmovl $5f, _seh_fault_at\n5:\tbound %%eax, _bounds");
    caught(STATUS_ARRAY_BOUNDS_EXCEEDED, 0, "bound", "bound: address");
    FAULT("movl $0x1fff, %%eax\n\tmovl $5f, _seh_fault_at\n5:\tmovw %%ax, %%gs");
    equal(seen.count ? seen.code : 0, STATUS_ACCESS_VIOLATION, "a selector that is none");
    check(seen.information[1] == 0xffffffff || seen.information[1] == 0x1ff8, "a selector that is none: -1 or the selector");
    FAULT("int $0x7f");
    equal(seen.count ? seen.code : 0, STATUS_ACCESS_VIOLATION, "an interrupt that has no gate");
    equal(seen.address, seh_fault_at, "an interrupt that has no gate: address");
    equal(seen.information[0] == 0 && seen.information[1] == 0xffffffff, 1, "reads -1");
}

/* All registers arrive as they were, and go back as the handler leaves them. */
static int changer(EXCEPTION_RECORD *record, PVOID frame, CONTEXT *context, PVOID dispatcher)
{
    (void)frame, (void)dispatcher;
    if (record->ExceptionFlags & 6)
        return 1;
    seen.context = *context;
    context->Eax = 0xa1;
    context->Ebx = 0xb1;
    context->Ecx = 0xc1;
    context->Edx = 0xd1;
    context->Esi = 0xe1;
    context->Edi = 0xf1;
    context->EFlags |= 1;
    context->Eip += 2;
    return 0;
}

static void registers(void)
{
    struct seh_frame frame = {(struct seh_frame *)__readfsdword(0), changer};
    static ULONG after[7];
    __writefsdword(0, (ULONG_PTR)&frame);
    __asm__ volatile("pushal\n\t"
                     "movl $1, %%eax\n\tmovl $2, %%ebx\n\tmovl $3, %%ecx\n\tmovl $4, %%edx\n\tmovl $5, %%esi\n\t"
                     "movl $6, %%edi\n\tclc\n\tud2\n\t"
                     "movl %%eax, %0\n\tmovl %%ebx, %1\n\tmovl %%ecx, %2\n\tmovl %%edx, %3\n\tmovl %%esi, %4\n\t"
                     "movl %%edi, %5\n\tsbbl %%eax, %%eax\n\tmovl %%eax, %6\n\tpopal"
                     : "=m"(after[0]), "=m"(after[1]), "=m"(after[2]), "=m"(after[3]), "=m"(after[4]), "=m"(after[5]),
                       "=m"(after[6]) : : "memory", "cc");
    __writefsdword(0, (ULONG_PTR)frame.previous);
    equal(seen.context.Eax << 20 | seen.context.Ebx << 16 | seen.context.Ecx << 12 | seen.context.Edx << 8 |
              seen.context.Esi << 4 | seen.context.Edi, 0x123456, "registers arrive");
    equal(seen.context.EFlags & 1, 0, "the carry flag arrives");
    equal(after[0], 0xa1, "eax goes back");
    equal(after[1], 0xb1, "ebx goes back");
    equal(after[2], 0xc1, "ecx goes back");
    equal(after[3], 0xd1, "edx goes back");
    equal(after[4], 0xe1, "esi goes back");
    equal(after[5], 0xf1, "edi goes back");
    equal(after[6], 0xffffffff, "the carry flag goes back");
}

void test_main(void)
{
    struct seh_frame frame;
    seh_install(&frame);
    divide();
    breakpoints();
    opcodes();
    seh_remove(&frame);
    registers();
}
