// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Handing a trapped thread to the kernel and taking it back.
//
// A trapped thread has published its registers in its control block; from then
// until tcb.turn is TURN_GUEST again it only does what tcb.order says.
#include "stub.h"

#include <linux/futex.h>
#include <linux/time.h>

void wake_word(uint32_t *word) { sys_futex(word, FUTEX_WAKE, 0x7fffffff, 0); }
void wait_word(uint32_t *word, uint32_t value) { sys_futex(word, FUTEX_WAIT, value, 0); }

void publish(struct tcb *tcb)
{
    uint64_t slot = ((uint64_t)tcb - CTRL_BASE) >> SLOT_SHIFT;
    // Before the kernel sleeps it clears SPIN_POLLED, then looks at `turn` once more; this side the other way round.
    __atomic_exchange_n(&tcb->turn, TURN_KERNEL, __ATOMIC_SEQ_CST);
    if (load(&tcb->spin) & SPIN_POLLED)
        return;
    __atomic_fetch_or(&PCB->pending[slot >> 6], 1ul << (slot & 63), __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&PCB->summary, 1ul << (slot >> 7), __ATOMIC_SEQ_CST);
    // Likewise with `watched` and `summary`.
    if (!load(&PCB->watched)) {
        uint64_t one = 1;
        sys_write(FD_BELL, &one, 8);
    }
}

static void await_turn(struct tcb *tcb)
{
    uint64_t start = __builtin_ia32_rdtsc();
    // The kernel sets tcb.spin to 0 once it knows that the answer will take long.
    while (load(&tcb->turn) == TURN_KERNEL && __builtin_ia32_rdtsc() - start < (load(&tcb->spin) & ~SPIN_POLLED))
        __builtin_ia32_pause();
    for (uint32_t turn; (turn = load(&tcb->turn)) != TURN_GUEST;) {
        uint32_t asleep = turn == TURN_SEATED || turn == TURN_SEATED_ASLEEP ? TURN_SEATED_ASLEEP : TURN_KERNEL_ASLEEP;
        if (turn == asleep || __atomic_compare_exchange_n(&tcb->turn, &turn, asleep, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            wait_word(&tcb->turn, asleep);
    }
}

// Bytes 464.. of the image belong to the host kernel when it lies in a signal frame.
void save_fpu(struct tcb *tcb, uint8_t *frame)
{
    if (frame)
        memcpy(tcb->fpu, frame, 464);
    else
        __asm__ volatile("fxsave64 %0" : "=m"(tcb->fpu));
}

static void load_fpu(struct tcb *tcb, uint8_t *frame)
{
    if (frame) {
        memcpy(frame, tcb->fpu, 464);
        if (*(uint32_t *)(frame + 464) == 0x46505853) // FP_XSTATE_MAGIC1: an xsave header follows
            *(uint64_t *)(frame + 512) |= 3;
    } else
        __asm__ volatile("fxrstor64 %0" : : "m"(tcb->fpu));
    tcb->load_fpu = 0;
}

// Waits for leave to run guest code again; fpstate is the FPU image of a signal frame, NULL when the registers hold it.
uint32_t await_order(struct tcb *tcb, void *fpstate)
{
    for (;;) {
        await_turn(tcb);
        uint32_t order = load(&tcb->order);
        switch (order) {
        case ORDER_SAVE_FPU:
            save_fpu(tcb, fpstate);
            break;
        case ORDER_DRAIN:
            drain();
            break;
        case ORDER_EXIT:
            sys_exit(0);
            break;
        default:
            if (load(&PCB->ops_done) != load(&PCB->ops_tail))
                drain();
            if (load(&PCB->ops_error))
                sys_exit_group(3); // the guest must not run on with another memory than the kernel believes
            if (tcb->load_fpu)
                load_fpu(tcb, fpstate);
            return order;
        }
        store(&tcb->turn, TURN_KERNEL);
        store(&tcb->ack, load(&tcb->ask));
        wake_word(&tcb->ack);
    }
}

void load_segments(struct tcb *tcb)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %1, %%fs\n\tmov %2, %%gs\n\twrgsbase %3"
                     :
                     : "r"(SS32), "r"(tcb->fs), "r"(0), "r"((uint64_t)tcb)
                     : "memory");
}

// Where a call's first argument wants eight bytes; 0 when it is for the kernel to say what is wrong.
int out_address(uint32_t arguments, uint32_t *to)
{
    if (!copy_words(to, (void *)(uint64_t)arguments, 1) || *to & 3 || *to > GUEST_END - 8)
        return 0;
    return ((*to + 4) & 0xfff) != 0; // two pages, of which the second may not be there: both are written or none
}

// NtQueryPerformanceCounter; 0 when the kernel has to answer, as where the frequency is asked for, too.
int performance_counter(uint32_t arguments)
{
    uint32_t to, frequency;
    int64_t time[2];
    if (!out_address(arguments, &to) || !copy_words(&frequency, (void *)(uint64_t)(arguments + 4), 1) || frequency)
        return 0;
    if (sys_clock_gettime(CLOCK_MONOTONIC, time) < 0)
        return 0;
    uint64_t count = ((uint64_t)time[0] * 1000000000 + (uint64_t)time[1] - PCB->counter_start) / 100;
    return copy_words((void *)(uint64_t)to, (const uint32_t *)&count, 2);
}

static int short_cut(struct tcb *tcb, uint32_t esp)
{
    uint32_t number = load(&tcb->r.eax);
    if (number >= SHORT_CUTS || ((uint8_t *)CTRL_BASE)[PCB_SHORT_CUTS + number] != SHORT_COUNTER || tcb->stepping)
        return 0;
    return performance_counter(esp + 8);
}

static int back_from_gate(struct tcb *tcb, uint32_t esp)
{
    tcb->r.eip = PCB->gate_return;
    tcb->r.edx = esp;
    return (tcb->r.eflags & (FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC)) != 0;
}

// A call through the gate.  0: the cheap way back; 1: all registers from the control block.
int gate_trap(struct tcb *tcb)
{
    // The arguments travel with the registers when they lie in the page that the call has just pushed to: the kernel
    // would have to fetch them from this processor's cache.
    uint32_t word[ARG_WORDS], esp = tcb->r.esp;
    enum lent_answer lent = LENT_NOT;
    if (short_cut(tcb, esp)) {
        tcb->r.eax = 0;
        return back_from_gate(tcb, esp);
    }
    if ((esp & 0xfff) <= 0x1000 - 8 - sizeof word && copy_words(word, (const uint32_t *)(uint64_t)(esp + 8), ARG_WORDS)) {
        tcb->kind = KIND_GATE_ARGS;
        tcb->words[0] = word[0];
        tcb->words[1] = word[1];
        tcb->r.eip = word[2];
        tcb->r.edx = word[3];
        if (!tcb->stepping)
            lent = lent_call(tcb, word, esp + 8);
    } else {
        tcb->kind = KIND_GATE;
        tcb->r.eip = PCB->gate_return;
    }
    if (tcb->stepping) {
        tcb->stepping = 0;
        tcb->r.eflags |= FLAG_TF;
    }
    if (lent == LENT_NOT)
        publish(tcb);
    if (lent != LENT_ANSWERED && await_order(tcb, NULL) != ORDER_FINISH)
        return 1;
    return back_from_gate(tcb, esp);
}

// The first code of a new thread; full_resume follows.
void thread_main(struct tcb *tcb)
{
    struct {
        uint64_t address;
        int flags;
        uint64_t size;
    } stack = {(uint64_t)tcb + 0x1000, 0, SLOT_SIZE - 0x1000};
    if (PCB->ptrace)
        stack.size -= 0x1000; // what lies above is needed again when the thread ends
    sys_sigaltstack(&stack, NULL);
    load_segments(tcb);
    tcb->kind = KIND_STARTED;
    if (PCB->ptrace) {
        store(&tcb->turn, TURN_KERNEL);
        store(&tcb->ack, 1);
        wake_word(&tcb->ack);
    } else
        publish(tcb);
    await_order(tcb, NULL);
}
