// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Faults and interrupts of guest code arrive here, on the thread's own signal stack.
#include "stub.h"

#include <signal.h>

#define TRAP_DEBUG 1
#define TRAP_PROTECTION 13
#define ERROR_INT_2E 0x172

struct frame {
    uint64_t flags, link, stack[3];
    uint64_t r8_15[8];
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint64_t selectors; // cs, gs, fs, ss
    uint64_t error, trap, old_mask, cr2;
    void *fpstate;
};

extern const char stub_start[], stub_end[], full_resume[], stub_gate[], gate_repair[], gate_slow[], fix_gate[],
    fix_gate_end[], fix_tick[], fix_tick_end[], fix_copy[], fix_copy_end[], copy_fault[];

static int within(uint64_t address, const char *start, const char *end)
{
    return address >= (uint64_t)start && address < (uint64_t)end;
}

// Signals that belong to the stub's own code.  0: hostile code runs there, or something is broken.
static int own_signal(struct frame *f, struct tcb *tcb, const siginfo_t *info, int signal)
{
    if (signal == SIGTRAP && info->si_code == CODE_WATCHED)
        return 1; // the stub itself touched what is watched
    if (signal == SIGNAL_INTERRUPT)
        return 1; // the kernel sends it again until it hits guest code
    if (signal == SIGTRAP && f->trap == TRAP_DEBUG && f->rflags & FLAG_TF) {
        f->rflags &= ~(uint64_t)FLAG_TF;
        tcb->stepping = 0x80;
        return 1;
    }
    if (signal == SIGILL && f->rip == (uint64_t)gate_repair) {
        __asm__ volatile("wrgsbase %0" : : "r"((uint64_t)tcb));
        f->rip = (uint64_t)stub_gate;
        return 1;
    }
    if (signal != SIGSEGV && signal != SIGBUS)
        return 0;
    if (within(f->rip, fix_gate, fix_gate_end) || within(f->rip, fix_tick, fix_tick_end))
        f->rip = (uint64_t)gate_slow;
    else if (within(f->rip, fix_copy, fix_copy_end))
        f->rip = (uint64_t)copy_fault;
    else
        return 0;
    return 1;
}

static int system_time(uint32_t arguments)
{
    uint32_t to, time[3];
    do {
        if (!copy_words(&time[1], (void *)0x7ffe0018, 1) || !copy_words(&time[0], (void *)0x7ffe0014, 1) ||
            !copy_words(&time[2], (void *)0x7ffe001c, 1))
            return 0;
    } while (time[1] != time[2]);
    return out_address(arguments, &to) && copy_words((void *)(uint64_t)to, time, 2);
}

// The short cuts of the gate, for int 2e.
static int short_cut(struct frame *f)
{
    uint32_t number = (uint32_t)f->rax, tick[2];
    if (number >= SHORT_CUTS)
        return 0;
    switch (((uint8_t *)CTRL_BASE)[PCB_SHORT_CUTS + number]) {
    case SHORT_SYSTEM_TIME:
        if (!system_time((uint32_t)f->rdx))
            return 0;
        f->rax = 0;
        return 1;
    case SHORT_YIELD:
        f->rax = 0x40000024;
        return 1;
    case SHORT_TICK_COUNT:
        if (!copy_words(tick, (void *)0x7ffe0000, 2))
            return 0;
        f->rax = (uint32_t)(((uint64_t)tick[0] * tick[1]) >> 24);
        return 1;
    case SHORT_COUNTER:
        if (!performance_counter((uint32_t)f->rdx))
            return 0;
        f->rax = 0;
        return 1;
    default:
        return 0;
    }
}

static void describe(struct tcb *tcb, struct frame *f, const siginfo_t *info, int signal)
{
    tcb->r = (struct regs){
        (uint32_t)f->rax, (uint32_t)f->rbx, (uint32_t)f->rcx, (uint32_t)f->rdx, (uint32_t)f->rsi,
        (uint32_t)f->rdi, (uint32_t)f->rbp, (uint32_t)f->rsp, (uint32_t)f->rip, (uint32_t)f->rflags,
    };
    tcb->kind = KIND_SIGNAL;
    tcb->d = (struct detail){
        .signal = (uint32_t)signal,
        .code = (uint32_t)info->si_code,
        .vector = (uint32_t)f->trap,
        .error = (uint32_t)f->error,
        .address = (uint32_t)f->cr2,
        .cs = f->selectors & 0xffff,
        .call = signal == SIGSYS                                         ? (uint32_t)info->si_syscall
                : signal == SIGTRAP && info->si_code == CODE_WATCHED ? *(const uint32_t *)((const char *)info + WATCHED_NUMBER)
                                                                     : 0,
    };
}

static void set_registers(struct frame *f, const struct regs *r)
{
    f->rax = r->eax;
    f->rbx = r->ebx;
    f->rcx = r->ecx;
    f->rdx = r->edx;
    f->rsi = r->esi;
    f->rdi = r->edi;
    f->rbp = r->ebp;
    f->rsp = r->esp;
    f->rip = r->eip;
    f->rflags = r->eflags;
    f->selectors = CS32 | (uint64_t)SS32 << 48;
}

void handle_signal(int signal, const siginfo_t *info, struct frame *f)
{
    struct tcb *tcb = (struct tcb *)((uint64_t)f & ~(uint64_t)(SLOT_SIZE - 1));
    if ((uint64_t)tcb < CTRL_BASE + SLOT_SIZE || (uint64_t)tcb >= CTRL_BASE + CTRL_SIZE) {
        if (signal == SIGNAL_INTERRUPT && (uint64_t)tcb == CTRL_BASE)
            return; // the servant never runs guest code
        sys_exit_group(4);
    }
    int user = (f->selectors & 0xffff) == CS32;
    if ((f->selectors & 0xffff) == CS64 &&
        (within(f->rip, stub_start, stub_end) || (f->rip & ~0xffful) == GATE_BASE) &&
        own_signal(f, tcb, info, signal))
        return;
    if (user && f->trap == TRAP_PROTECTION && f->error == ERROR_INT_2E && signal == SIGSEGV) {
        f->rip += 2;
        if (short_cut(f))
            return;
    }
    describe(tcb, f, info, signal);
    if (user && f->fpstate && signal != SIGNAL_INTERRUPT && signal != SIGSYS &&
        !(f->trap == TRAP_PROTECTION && f->error == ERROR_INT_2E)) {
        save_fpu(tcb, f->fpstate);
        tcb->d.with_fpu = 1;
    }
    publish(tcb);
    uint32_t order = await_order(tcb, f->fpstate);
    if (tcb->r.eflags & (FLAG_NT | FLAG_ID)) {
        // sigreturn drops these two: it only brings the FPU back, iret does the rest
        f->rip = (uint64_t)full_resume;
        f->rbx = (uint64_t)tcb;
        f->rsp = (uint64_t)tcb + SLOT_SIZE;
        f->rflags = 2;
        f->selectors = CS64 | (uint64_t)SS32 << 48;
    } else if (order == ORDER_FINISH)
        f->rax = tcb->r.eax;
    else {
        set_registers(f, &tcb->r);
        load_segments(tcb);
    }
}
