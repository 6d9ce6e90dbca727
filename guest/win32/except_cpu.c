// SPDX-License-Identifier: LGPL-2.1-or-later
// What the processor raises: codes, parameters, and where the context says that it was.
#include "guard.h"
#include "say.h"

static void *volatile fault_at, *volatile resume_at;
static char *page;
static int seen, steps;

static const char *where(ULONG_PTR address)
{
    static char texts[8][40];
    static int next;
    char *text = texts[next++ % 8];
    LONG distance = (LONG)(address - (ULONG_PTR)fault_at);
    if (address >= (ULONG_PTR)page && address < (ULONG_PTR)page + 0x10000)
        sprintf(text, "page+0x%lx", (unsigned long)(address - (ULONG_PTR)page));
    else if (address < 0x10000 || address >= 0xffff0000)
        sprintf(text, "0x%lx", (unsigned long)address);
    else if (distance > -64 && distance < 64)
        sprintf(text, "at%+ld", distance);
    else
        sprintf(text, "elsewhere");
    return text;
}

static LONG show(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    char text[200] = "";
    for (DWORD i = 0; i < record->NumberParameters; i++)
        sprintf(text + strlen(text), " %s", where(record->ExceptionInformation[i]));
    say("%s: %08lx flags %lx, %lu parameters%s; address %s, eip %s, TF %d", guard->name, record->ExceptionCode,
        record->ExceptionFlags, record->NumberParameters, text, where((ULONG_PTR)record->ExceptionAddress),
        where(context->Eip), (context->EFlags & 0x100) != 0);
    if (++seen > 3) {
        say("%s: again and again", guard->name);
        ExitProcess(1);
    }
    context->EFlags &= ~0x40100UL;
    context->Eip = (DWORD)resume_at;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define FAULT(name, code) \
    do { \
        struct guard guard; \
        seen = 0; \
        enter_guard(&guard, name, show, NULL); \
        __asm__ volatile("movl $7f, _fault_at\n\tmovl $8f, _resume_at\n\tmovl _page, %%ebx\n7:\t" code "\n8:\tcld" \
                         : : : "eax", "ebx", "ecx", "edx", "esi", "edi", "memory", "cc"); \
        leave_guard(&guard); \
        if (!seen) \
            say("%s: nothing happened", name); \
    } while (0)

static LONG step(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)guard;
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps++;
    if (pointers->ContextRecord->Eip != (DWORD)resume_at)
        pointers->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void memory(void)
{
    DWORD old;
    FAULT("read of null", "movl 0, %%eax");
    FAULT("write to null", "movl %%eax, 8");
    FAULT("jump to null", "xorl %%eax, %%eax\n\tjmp *%%eax");
    FAULT("write to a read-only page", "movb $1, 0x1004(%%ebx)");
    FAULT("read of a page without access", "movb 0x2010(%%ebx), %%al");
    FAULT("read of a reserved page", "movb 0x5001(%%ebx), %%al");
    FAULT("write across two pages", "movl %%eax, 0xffe(%%ebx)");
    FAULT("read across the end", "movl 0x4ffe(%%ebx), %%eax");
    FAULT("high half", "movl 0x80000000, %%eax");
    FAULT("the last byte", "movb 0xffffffff, %%al");
    FAULT("rep movs into nothing", "movl $16, %%ecx\n\tmovl %%ebx, %%esi\n\tleal 0x1ff0(%%ebx), %%edi\n\trep movsl");
    VirtualProtect(page + 0x3000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old);
    FAULT("read of a guard page", "movb 0x3010(%%ebx), %%al");
    VirtualProtect(page + 0x3000, 0x1000, PAGE_READWRITE, &old);
    say("the guard is gone: protection was %lx", old);
    VirtualProtect(page + 0x3000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old);
    FAULT("write to a guard page", "movb $1, 0x3010(%%ebx)");
    page[0x3010] = 3;
    say("written behind it: %d", page[0x3010]);
}

static void arithmetic(void)
{
    FAULT("divide by zero", "xorl %%ecx, %%ecx\n\tmovl $1, %%eax\n\tcltd\n\tidivl %%ecx");
    FAULT("unsigned divide by zero in memory", "movl $0, (%%ebx)\n\tdivl (%%ebx)");
    FAULT("byte divide by zero", "xorb %%cl, %%cl\n\tdivb %%cl");
    FAULT("quotient overflow", "movl $0x80000000, %%eax\n\tcltd\n\tmovl $-1, %%ecx\n\tidivl %%ecx");
    FAULT("unsigned quotient overflow", "movl $9, %%edx\n\tmovl $3, %%ecx\n\tdivl %%ecx");
    FAULT("into", "movb $0x7f, %%al\n\taddb $1, %%al\n\tinto");
    FAULT("bound", "movl $5, (%%ebx)\n\tmovl $9, 4(%%ebx)\n\tmovl $10, %%eax\n\tboundl %%eax, (%%ebx)");
}

static void instructions(void)
{
    FAULT("ud2", "ud2");
    FAULT("an instruction that is none", ".byte 0xff, 0xff");
    FAULT("lock where it may not be", ".byte 0xf0, 0x90");
    FAULT("hlt", "hlt");
    FAULT("cli", "cli");
    FAULT("in", "inb $0x60, %%al");
    FAULT("out", "outb %%al, %%dx");
    FAULT("rdmsr", "rdmsr");
    FAULT("invlpg", "invlpg (%%ebx)");
    FAULT("read of cr0", "movl %%cr0, %%eax");
    FAULT("load of the interrupt table", "lidt (%%ebx)");
    FAULT("int3", "int3");
    FAULT("int 3 in two bytes", ".byte 0xcd, 3");
    FAULT("int1", ".byte 0xf1");
    FAULT("int 5", "int $5");
    FAULT("int 0xff", "int $0xff");
    FAULT("a bad selector", "movl $0x43, %%eax\n\tmovw %%ax, %%gs");
    FAULT("single step", "pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop\n\tnop");
}

static void stepping(void)
{
    struct guard guard;
    enter_guard(&guard, "stepping", step, NULL);
    __asm__ volatile("movl $8f, _resume_at\n\tpushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop\n\tincl %%eax\n\tdecl %%eax\n\t"
                     "nop\n\tnop\n8:\tnop" : : : "eax", "memory", "cc");
    leave_guard(&guard);
    say("stepped %d instructions", steps);
}

int wmain(void)
{
    DWORD old;
    page = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualAlloc(page, 0x5000, MEM_COMMIT, PAGE_READWRITE);
    VirtualProtect(page + 0x1000, 0x1000, PAGE_READONLY, &old);
    VirtualProtect(page + 0x2000, 0x1000, PAGE_NOACCESS, &old);
    memory();
    arithmetic();
    instructions();
    stepping();
    return 0;
}
