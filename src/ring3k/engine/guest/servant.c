// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The first thread of a guest process.  It makes the process what it has to be
// and afterwards serves the kernel: memory operations and new threads.  It
// never runs guest code.
#include "stub.h"

#include <asm/unistd_64.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define SA_RESTORER_FLAG 0x04000000
#define USER_TOP 0x7ffffffff000

extern const char stub_start[], stub_end[];

static long host(long number, long a, long b, long c, long d) { return stub_syscall(number, a, b, c, d, 0, 0); }

static void failed(uint32_t step, long result)
{
    PCB->ready_error = (uint32_t)-result;
    store(&PCB->ready, 0x100 | step);
    host(__NR_exit_group, 2, 0, 0, 0);
}

void stub_map_control(void)
{
    long at = stub_syscall(__NR_mmap, CTRL_BASE, CTRL_SIZE, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_FIXED | MAP_NORESERVE, FD_CONTROL, 0);
    if (at != CTRL_BASE)
        host(__NR_exit_group, 2, 0, 0, 0);
    host(__NR_close, FD_CONTROL, 0, 0, 0);
}

static void unmap_between(uint64_t start, uint64_t end) { host(__NR_munmap, (long)start, (long)(end - start), 0, 0); }

static void unmap_rest(void)
{
    unmap_between(0x1000, GATE_BASE);
    unmap_between(GATE_BASE + 0x1000, (uint64_t)stub_start);
    unmap_between((uint64_t)stub_end, CTRL_BASE);
    unmap_between(CTRL_BASE + CTRL_SIZE, USER_TOP);
}

static void set_handlers(void)
{
    static const uint8_t signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGNAL_INTERRUPT};
    for (unsigned i = 0; i < sizeof signals; i++) {
        struct {
            void (*handler)(void);
            uint64_t flags;
            void (*restorer)(void);
            uint64_t mask;
        } action = {signal_entry, SA_SIGINFO | SA_ONSTACK | SA_RESTORER_FLAG, signal_restorer, ~0ul};
        if (signals[i] == SIGSEGV || signals[i] == SIGBUS)
            action.flags |= SA_NODEFER;
        action.mask &= ~(1ul << (SIGSEGV - 1) | 1ul << (SIGBUS - 1)); // a short cut may fault while another signal is served
        long result = host(__NR_rt_sigaction, signals[i], (long)&action, 0, 8);
        if (result < 0)
            failed(2, result);
    }
    uint64_t none = 0;
    host(__NR_rt_sigprocmask, 2, (long)&none, 0, 8);
}

static void seal(uint64_t start, uint64_t length)
{
#ifndef __NR_mseal
#define __NR_mseal 462
#endif
    host(__NR_mseal, (long)start, (long)length, 0, 0); // older hosts lack it; the filter forbids the same
}

static void prepare(void)
{
    if ((uint32_t)host(__NR_getppid, 0, 0, 0, 0) != PCB->kernel_pid)
        host(__NR_exit_group, 0, 0, 0, 0); // the kernel died before the parent-death signal was set
    unmap_rest();
    set_handlers();
    seal((uint64_t)stub_start, (uint64_t)(stub_end - stub_start));
    seal(GATE_BASE, 0x1000);
    seal(CTRL_BASE, CTRL_SIZE);
    long result = host(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    if (result < 0)
        failed(3, result);
    result = install_filter();
    if (result < 0)
        failed(4, result);
}

static uint32_t new_thread(uint32_t slot)
{
    struct tcb *tcb = (struct tcb *)(CTRL_BASE + ((uint64_t)slot << SLOT_SHIFT));
    struct {
        uint32_t entry, base, limit, flags;
    } descriptor = {slot, tcb->teb, 0xfff, 0x41}; // 32-bit data, usable
    int result = (int)sys_modify_ldt(0x11, &descriptor, sizeof descriptor);
    if (result < 0)
        return (uint32_t)-result;
    long tid = sys_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                             CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
                         (char *)tcb + SLOT_SIZE, &tcb->tid, &tcb->tid);
    return tid < 0 ? (uint32_t)-tid : 0;
}

void servant_main(void)
{
    prepare();
    store(&PCB->ready, 1);
    wake_word(&PCB->ready);
    uint32_t served = 0;
    for (;;) {
        uint32_t ask = load(&PCB->servant_ask);
        if (ask == served) {
            wait_word(&PCB->servant_ask, ask);
            continue;
        }
        served = ask;
        uint32_t result = 0;
        if (load(&PCB->servant_command) == SERVANT_CLONE)
            result = new_thread(load(&PCB->servant_slot) % SLOT_COUNT);
        else
            drain();
        PCB->servant_result = result;
        store(&PCB->servant_ack, ask);
        wake_word(&PCB->servant_ack);
    }
}
