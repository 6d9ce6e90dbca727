// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The other way to see traps: the kernel traces every guest thread.
//
// A guest thread is stopped before a signal would reach it; the signal is then
// dropped and the registers are changed with ptrace.  Two things ptrace does
// not show, error code and CR2, are read from the signal frame: the thread is
// let into its handler, stopped before the first instruction, and put back.
#include "native.h"

#include <dirent.h>
#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#define EVENT_STOP PTRACE_EVENT_STOP
#define VECTOR_DEBUG 1
#define VECTOR_BREAKPOINT 3
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE 14
#define USER_FLAGS 0x54dd5u // ptrace can not set ID
#define XSTATE_ROOM 16384

static struct user_regs_struct *home(ThreadObject *thread) { return &thread->ptrace_home; }

// ---- beginning and end ------------------------------------------------------

static bool is_thread_of(int pid, int tid)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/task/%d", pid, tid);
    return access(path, F_OK) == 0;
}

// Takes a new thread over, once it waits in the stub for its first order.
int ptrace_attach(ThreadObject *thread)
{
    SpaceObject *space = thread->space;
    int status;
    // The guest wrote tid: only a thread of this very process may be traced.
    if (is_thread_of(space->pid, thread->tid) && await_word(space, &thread->tcb->ack, 1) == 0 &&
        ptrace(PTRACE_SEIZE, thread->tid, 0, PTRACE_O_EXITKILL) == 0 &&
        ptrace(PTRACE_INTERRUPT, thread->tid, 0, 0) == 0 && waitpid(thread->tid, &status, __WALL) == thread->tid &&
        WIFSTOPPED(status) && ptrace(PTRACE_GETREGS, thread->tid, 0, home(thread)) == 0) {
        thread->ptrace_regs = *home(thread);
        thread->started = true;
        report(thread, TRAP_STARTED);
        return 0;
    }
    PyErr_Format(EngineError, "cannot trace a guest thread: %s", strerror(errno));
    return -1;
}

// Sends a stopped thread back to where it waited in the stub, with the order to exit.
void ptrace_end(ThreadObject *thread)
{
    struct user_regs_struct regs = *home(thread);
    if (regs.orig_rax != (unsigned long long)-1) {
        regs.rax = 0; // it waited in a host call, which now returns
        regs.orig_rax = (unsigned long long)-1;
    }
    store32(&thread->tcb->order, ORDER_EXIT);
    store32(&thread->tcb->turn, TURN_GUEST);
    ptrace(PTRACE_SETREGS, thread->tid, 0, &regs);
    ptrace(PTRACE_DETACH, thread->tid, 0, 0);
}

static void reap_thread(int tid)
{
    int status;
    pid_t got;
    do
        got = waitpid(tid, &status, __WALL);
    while ((got < 0 && errno == EINTR) || (got > 0 && WIFSTOPPED(status)));
}

// Reaps the traced threads of a process that was killed; until then the host keeps the whole process.  The host knows
// best which there are: one told to end may have been caught on its way.  Its list may be cut short where threads die
// while it is read, so this is done until the process is gone.
void ptrace_reap(SpaceObject *space)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", space->pid);
    DIR *tasks = space->pid > 0 ? opendir(path) : NULL;
    for (struct dirent *one; tasks && (one = readdir(tasks));) {
        int tid = atoi(one->d_name);
        if (tid > 0 && tid != space->pid)
            reap_thread(tid);
    }
    if (tasks)
        closedir(tasks);
    for (unsigned slot = 1; space->threads && slot < space->next_slot; slot++)
        if (space->threads[slot])
            space->threads[slot]->ptrace_gone = true;
}

// ---- running on -------------------------------------------------------------

void ptrace_go(ThreadObject *thread, uint32_t order)
{
    SpaceObject *space = thread->space;
    struct user_regs_struct *regs = &thread->ptrace_regs;
    drain_now(space);
    if (order == ORDER_FINISH)
        regs->rax = thread->r.eax;
    else {
        const struct regs *r = &thread->r;
        *regs = (struct user_regs_struct){
            .rax = r->eax, .rbx = r->ebx, .rcx = r->ecx, .rdx = r->edx, .rsi = r->esi, .rdi = r->edi,
            .rbp = r->ebp, .rsp = r->esp, .rip = r->eip, .eflags = (r->eflags & USER_FLAGS) | 0x202,
            .cs = CS32, .ss = SS32, .ds = SS32, .es = SS32, .fs = thread->slot << 3 | 7, .fs_base = thread->teb,
        };
    }
    regs->orig_rax = (unsigned long long)-1; // no host call to restart
    if (thread->fpu_changed)
        ptrace(PTRACE_SETFPREGS, thread->tid, 0, thread->fpu);
    thread->state = THREAD_RUNNING;
    space->running++;
    space->engine->running++;
    ptrace(PTRACE_SETREGS, thread->tid, 0, regs); // fails only for a dead thread, which is reported anyway
    ptrace(PTRACE_CONT, thread->tid, 0, 0);
}

int ptrace_interrupt(ThreadObject *thread) { return ptrace(PTRACE_INTERRUPT, thread->tid, 0, 0) < 0 ? -1 : 0; }

int ptrace_get_fpu(ThreadObject *thread)
{
    if (ptrace(PTRACE_GETFPREGS, thread->tid, 0, thread->fpu) == 0 || errno == ESRCH)
        return 0;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

// ---- what a stop means --------------------------------------------------------

// Lets the signal through up to the handler's first instruction and reads the frame.  0, or -1 when that failed.
static int read_frame(ThreadObject *thread, int signal)
{
    struct user_regs_struct in_handler;
    uint8_t state[XSTATE_ROOM];
    struct iovec part = {state, sizeof state};
    uint64_t no_signals = 0, frame[6];
    int status;
    if (ptrace(PTRACE_GETREGSET, thread->tid, NT_X86_XSTATE, &part) < 0 ||
        ptrace(PTRACE_SINGLESTEP, thread->tid, 0, signal) < 0 || waitpid(thread->tid, &status, __WALL) < 0)
        return -1;
    if (!WIFSTOPPED(status)) {
        thread->ptrace_gone = true;
        return -1;
    }
    if (ptrace(PTRACE_GETREGS, thread->tid, 0, &in_handler) < 0)
        return -1;
    ptrace(PTRACE_SETREGSET, thread->tid, NT_X86_XSTATE, &part);
    ptrace(PTRACE_SETSIGMASK, thread->tid, sizeof no_signals, &no_signals);
    // pretcode, flags, link, stack (3), 18 registers, selectors; then error, trap, mask, cr2
    uint64_t at = in_handler.rsp + 8 * (1 + 2 + 3 + 8 + 10 + 1), slot = CTRL_BASE + ((uint64_t)thread->slot << SLOT_SHIFT);
    if (at < slot + PAGE || at > slot + SLOT_SIZE - sizeof frame)
        return -1;
    memcpy(frame, (char *)thread->tcb + (at - slot), sizeof frame);
    if (frame[1] > 31)
        return -1;
    thread->error = (unsigned)frame[0];
    thread->vector = (int)frame[1];
    thread->address = (unsigned)frame[3];
    return 0;
}

static int guest_byte(SpaceObject *space, uint32_t address)
{
    uint64_t entry = address < GUEST_END ? space->table[address / PAGE] : 0;
    if (entry & ENTRY_FOREIGN) {
        uint8_t byte;
        return foreign_read(&byte, (uint8_t *)(entry & ~(uint64_t)ENTRY_BITS) + address % PAGE, 1) < 0 ? -1 : byte;
    }
    return entry & ENTRY_MAPPED ? ((volatile uint8_t *)(entry & ~(uint64_t)ENTRY_BITS))[address % PAGE] : -1;
}

// The number of the `int n` that faulted; -1 when it was something else.
static int software_interrupt(ThreadObject *thread)
{
    SpaceObject *space = thread->space;
    uint32_t eip = thread->r.eip;
    if (eip == GATE_TRACED + 2)
        return 0x2e;
    if (guest_byte(space, eip) != 0xcd)
        return -1;
    if (guest_byte(space, eip - 1) == 0xce || (guest_byte(space, eip - 2) == 0xcd && guest_byte(space, eip - 1) == 4))
        return -1; // perhaps the trap of an INTO before it: the frame knows
    return guest_byte(space, eip + 1);
}

static void copy_registers(ThreadObject *thread)
{
    const struct user_regs_struct *r = &thread->ptrace_regs;
    thread->r = (struct regs){
        (uint32_t)r->rax, (uint32_t)r->rbx, (uint32_t)r->rcx, (uint32_t)r->rdx, (uint32_t)r->rsi,
        (uint32_t)r->rdi, (uint32_t)r->rbp, (uint32_t)r->rsp, (uint32_t)r->rip, (uint32_t)r->eflags,
    };
}

// A signal the host made because of what the guest did.  Returns the trap, 0 to run on, -1: thread gone.
static int classify(ThreadObject *thread, int signal, const siginfo_t *info)
{
    if (signal == SIGSYS) {
        thread->error = (unsigned)info->si_syscall;
        return TRAP_HOST_CALL;
    }
    if (signal == SIGTRAP && info->si_code == CODE_WATCHED && thread->ptrace_regs.cs != CS32)
        return 0; // the stub itself touched what is watched
    if (thread->ptrace_regs.cs != CS32)
        return TRAP_ALIEN;
    if (signal == SIGTRAP) {
        thread->vector = info->si_code == SI_KERNEL ? VECTOR_BREAKPOINT : VECTOR_DEBUG;
        if (info->si_code == CODE_WATCHED)
            memcpy(&thread->error, (const char *)info + WATCHED_NUMBER, sizeof thread->error);
        return TRAP_FAULT;
    }
    int number = signal == SIGSEGV && info->si_code == SI_KERNEL ? software_interrupt(thread) : -1;
    if (number >= 0) {
        thread->vector = VECTOR_PROTECTION;
        thread->error = (unsigned)number << 3 | 2;
    } else if (read_frame(thread, signal) < 0)
        return -1;
    if (thread->vector == VECTOR_PROTECTION && thread->error == (0x2e << 3 | 2)) {
        bool gate = thread->r.eip == GATE_TRACED + 2;
        thread->r.eip = gate ? thread->space->gate_return : thread->r.eip + 2;
        thread->ptrace_regs.rip = thread->r.eip;
        thread->arg_base = gate ? thread->r.esp + 8 : thread->r.edx;
        thread->vector = 0;
        thread->error = 0;
        return TRAP_SYSCALL;
    }
    if (signal == SIGBUS && thread->vector == VECTOR_PAGE)
        thread->error |= ERROR_NO_PAGE;
    return TRAP_FAULT;
}

static bool is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGTRAP || signal == SIGILL || signal == SIGFPE || signal == SIGBUS ||
           signal == SIGSYS;
}

static void trap(ThreadObject *thread, int what)
{
    interrupt_forget(thread);
    report(thread, what);
    if (thread->exiting) {
        thread_go(thread, ORDER_EXIT);
        thread_free_slot(thread);
    }
}

static void stopped(ThreadObject *thread, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16, pass = 0;
    siginfo_t info;
    thread->vector = 0;
    thread->error = thread->address = thread->arg_base = 0;
    thread->fpu_known = thread->fpu_changed = false;
    if (event == EVENT_STOP && signal != SIGTRAP) {
        ptrace(PTRACE_LISTEN, thread->tid, 0, 0); // the whole process was stopped from outside
        return;
    }
    if (ptrace(PTRACE_GETREGS, thread->tid, 0, &thread->ptrace_regs) < 0)
        return;
    copy_registers(thread);
    if (event == EVENT_STOP) {
        if (thread->interrupted) {
            trap(thread, thread->ptrace_regs.cs == CS32 ? TRAP_INTERRUPT : TRAP_ALIEN);
            return;
        }
    } else if (is_fault(signal)) {
        int what = ptrace(PTRACE_GETSIGINFO, thread->tid, 0, &info) == 0 && info.si_code > 0
                       ? classify(thread, signal, &info)
                       : 0;
        if (what < 0)
            process_kill(thread->space);
        if (what > 0)
            trap(thread, what);
        if (what)
            return;
    } else if (signal != SIGNAL_INTERRUPT)
        pass = signal;
    ptrace(PTRACE_CONT, thread->tid, 0, pass);
}

static void gone(ThreadObject *thread)
{
    interrupt_forget(thread);
    if (thread->exiting) {
        if (thread->state == THREAD_RUNNING) {
            thread->space->running--;
            thread->space->engine->running--;
        }
        thread_free_slot(thread);
    } else
        report(thread, TRAP_DEAD);
}

// Looks at the threads that run, or at all of them: a stopped thread can still be killed.
void ptrace_collect(EngineObject *engine, bool all)
{
    for (SpaceObject *space = engine->spaces; space; space = space->next)
        for (unsigned slot = 1; slot < space->next_slot && !space->dead && (all || space->running); slot++) {
            ThreadObject *thread = space->threads[slot];
            int status;
            if (!thread || thread->ptrace_gone || (!all && thread->state != THREAD_RUNNING))
                continue;
            pid_t got = waitpid(thread->tid, &status, __WALL | WNOHANG);
            if (got <= 0)
                continue;
            thread->ptrace_gone = !WIFSTOPPED(status);
            if (WIFSIGNALED(status))
                collect_dead(space); // what kills one thread kills them all
            else if (WIFEXITED(status))
                gone(thread);
            else if (thread->state == THREAD_RUNNING)
                stopped(thread, status);
        }
}
