// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Taking traps in: from pending bits in shared memory to threads in the queue
// of reports.  What the guest wrote is copied once and checked here.
#include "native.h"

#include <signal.h>
#include <unistd.h>

#define VECTOR_DEBUG 1
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE 14
#define ERROR_INT_2E 0x172
#define SEAT_TRIES 100 // a thread changes its turn once while it sits

// ---- which spaces are looked at without being asked -----------------------

void make_cold(SpaceObject *space)
{
    EngineObject *engine = space->engine;
    if (!space->hot)
        return;
    space->hot = false;
    __atomic_store_n(&space->pcb->watched, 0, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine->hot_count; i++)
        if (engine->hot[i] == space)
            engine->hot[i] = engine->hot[--engine->hot_count];
    uint64_t one = 1;
    if (__atomic_load_n(&space->pcb->summary, __ATOMIC_SEQ_CST) && write(space->bell[1], &one, sizeof one) < 0)
        return; // full, so it is readable already
}

void make_hot(SpaceObject *space)
{
    EngineObject *engine = space->engine;
    if (space->hot || space->dead || engine->ptrace)
        return;
    if (engine->hot_count == HOT)
        make_cold(engine->hot[0]);
    space->hot = true;
    engine->hot[engine->hot_count++] = space;
    store32(&space->pcb->watched, 1);
}

// ---- which threads are looked at ----------------------------------------------

void poll_start(ThreadObject *thread)
{
    EngineObject *engine = thread->space->engine;
    if (thread->polled || engine->polled_count == POLLED)
        return;
    thread->polled = true;
    engine->polled[engine->polled_count++] = thread;
}

void poll_stop(ThreadObject *thread)
{
    EngineObject *engine = thread->space->engine;
    if (!thread->polled)
        return;
    thread->polled = false;
    for (unsigned i = 0; i < engine->polled_count; i++)
        if (engine->polled[i] == thread)
            engine->polled[i] = engine->polled[--engine->polled_count];
}

// ---- interrupts under way -------------------------------------------------

int interrupt_remember(ThreadObject *thread)
{
    EngineObject *engine = thread->space->engine;
    if (thread->interrupt_listed)
        return 0;
    if (engine->interrupt_count == engine->interrupt_room) {
        unsigned room = engine->interrupt_room ? 2 * engine->interrupt_room : 16;
        ThreadObject **list = PyMem_RawRealloc(engine->interrupts, room * sizeof *list);
        if (!list) {
            PyErr_NoMemory();
            return -1;
        }
        engine->interrupts = list;
        engine->interrupt_room = room;
    }
    engine->interrupts[engine->interrupt_count++] = (ThreadObject *)Py_NewRef((PyObject *)thread);
    thread->interrupt_listed = true;
    return 0;
}

void interrupt_forget(ThreadObject *thread)
{
    EngineObject *engine = thread->space->engine;
    thread->interrupted = false;
    if (!thread->interrupt_listed)
        return;
    thread->interrupt_listed = false;
    for (unsigned i = 0; i < engine->interrupt_count; i++)
        if (engine->interrupts[i] == thread) {
            engine->interrupts[i] = engine->interrupts[--engine->interrupt_count];
            Py_DECREF(thread);
            return;
        }
}

// ---- reports --------------------------------------------------------------

// The thread runs no guest code any more.
static void leave_guest(ThreadObject *thread)
{
    thread->space->engine->running--;
    thread->space->running--;
    thread->state = THREAD_TRAPPED;
}

void report(ThreadObject *thread, int trap)
{
    EngineObject *engine = thread->space->engine;
    if (thread->state == THREAD_RUNNING)
        leave_guest(thread);
    else if (thread->trap == TRAP_DEAD)
        return; // once is enough
    signal_leave(thread);
    thread->state = THREAD_TRAPPED;
    thread->trap = trap;
    if (thread->queued)
        return;
    thread->queued = true;
    thread->next = NULL;
    Py_INCREF(thread);
    if (engine->last)
        engine->last->next = thread;
    else
        engine->first = thread;
    engine->last = thread;
}

// The next trap to report, with its reference; NULL when there is none.
ThreadObject *next_report(EngineObject *engine)
{
    for (;;) {
        ThreadObject *thread = engine->first;
        if (!thread)
            return NULL;
        engine->first = thread->next;
        if (!engine->first)
            engine->last = NULL;
        thread->queued = false;
        if (thread->state == THREAD_TRAPPED)
            return thread;
        Py_DECREF(thread); // ended meanwhile
    }
}

static int classify(ThreadObject *thread, uint32_t kind, const struct detail *d)
{
    thread->vector = 0;
    thread->error = thread->address = thread->arg_base = 0;
    if (kind == KIND_STARTED)
        return thread->started ? -1 : TRAP_STARTED;
    if (kind == KIND_GATE_ARGS) {
        thread->words[2] = thread->r.eip;
        thread->words[3] = thread->r.edx;
        thread->r.eip = thread->space->gate_return;
        thread->r.edx = thread->r.esp;
        thread->word_count = ARG_WORDS;
        thread->words_base = thread->r.esp + 8;
    }
    if (kind == KIND_GATE || kind == KIND_GATE_ARGS) {
        thread->arg_base = thread->r.esp + 8;
        return TRAP_SYSCALL;
    }
    if (kind != KIND_SIGNAL || d->vector > 255)
        return -1;
    if (d->signal == SIGSYS) {
        thread->error = d->call;
        return TRAP_HOST_CALL;
    }
    if (d->cs != CS32)
        return TRAP_ALIEN;
    if (d->signal == SIGNAL_INTERRUPT)
        return TRAP_INTERRUPT;
    if (d->signal == SIGTRAP && d->code == CODE_WATCHED) { // vector and error are those of an earlier trap
        thread->vector = VECTOR_DEBUG;
        thread->error = d->call & 7;
        return TRAP_FAULT;
    }
    if (d->vector == VECTOR_PROTECTION && d->error == ERROR_INT_2E) {
        thread->arg_base = thread->r.edx;
        return TRAP_SYSCALL;
    }
    thread->vector = (int)d->vector;
    thread->error = d->signal == SIGTRAP ? 0 : d->error & ~ERROR_NO_PAGE;
    if (d->signal == SIGBUS && d->vector == VECTOR_PAGE)
        thread->error |= ERROR_NO_PAGE;
    thread->address = d->address;
    return TRAP_FAULT;
}

static void end_thread(ThreadObject *thread)
{
    if (thread->state == THREAD_RUNNING)
        leave_guest(thread);
    thread_go(thread, ORDER_EXIT);
    thread_free_slot(thread);
}

// Whether the guest thread waits for the kernel.
bool kernels_turn(const ThreadObject *thread)
{
    uint32_t turn = load32(&thread->tcb->turn);
    return turn == TURN_KERNEL || turn == TURN_KERNEL_ASLEEP;
}

// Whether it sits in the guest, as far as the guest can be believed.
bool sits(const ThreadObject *thread)
{
    uint32_t turn = thread->state == THREAD_RUNNING ? load32(&thread->tcb->turn) : TURN_GUEST;
    return turn == TURN_SEATED || turn == TURN_SEATED_ASLEEP;
}

// Copies what a thread that gave its turn away has written; which trap it is, -1 if there is none to be looked at.
static int take_in(ThreadObject *thread)
{
    struct tcb *tcb = thread->tcb;
    poll_stop(thread);
    if (thread->exiting) {
        interrupt_forget(thread);
        end_thread(thread);
        return -1;
    }
    struct detail detail = {0};
    uint32_t kind = load32(&tcb->kind);
    memcpy(&thread->r, &tcb->r, sizeof thread->r);
    memcpy(thread->words, tcb->words, sizeof tcb->words);
    thread->word_count = 0;
    if (kind == KIND_SIGNAL)
        memcpy(&detail, &tcb->d, sizeof detail);
    __asm__ volatile("" : : "g"(&detail), "g"(&thread->r) : "memory"); // from here on only the copies are read
    thread->fpu_known = thread->fpu_changed = false;
    thread->fpu_saved = detail.with_fpu == 1;
    int trap = classify(thread, kind, &detail);
    if (trap < 0)
        process_kill(thread->space);
    return trap;
}

// A trap of this thread, if there is one.
void take(ThreadObject *thread)
{
    if (thread->state != THREAD_RUNNING || !kernels_turn(thread))
        return; // not its turn: the guest made it up
    int trap = take_in(thread);
    if (trap < 0)
        return;
    if (trap == TRAP_INTERRUPT && !thread->interrupted) { // a second signal for an interrupt already answered
        leave_guest(thread);
        thread_go(thread, ORDER_RESUME);
        return;
    }
    thread->started = true;
    interrupt_forget(thread);
    report(thread, trap);
}

// Makes the wait of a thread that sits in the guest one of the engine's: true, and it is to be seated here.  False: it does
// not sit there, or has ended, or is to be stopped, and so its wait is reported.
bool take_from_seat(ThreadObject *thread)
{
    uint32_t *turn = &thread->tcb->turn, seen = load32(turn);
    for (int tries = 0;; tries++) {
        if (thread->state != THREAD_RUNNING || (seen != TURN_SEATED && seen != TURN_SEATED_ASLEEP) || tries == SEAT_TRIES)
            return false; // the guest made it up
        uint32_t mine = seen == TURN_SEATED ? TURN_KERNEL : TURN_KERNEL_ASLEEP;
        if (__atomic_compare_exchange_n(turn, &seen, mine, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            break;
    }
    bool interrupted = thread->interrupted;
    int trap = take_in(thread);
    if (trap < 0)
        return false;
    if (trap != TRAP_SYSCALL) { // only those sit down
        process_kill(thread->space);
        return false;
    }
    thread->started = true;
    interrupt_forget(thread);
    if (interrupted) {
        report(thread, trap);
        return false;
    }
    leave_guest(thread);
    thread->trap = trap;
    return true;
}

void collect_polled(EngineObject *engine)
{
    for (unsigned i = engine->polled_count; i-- > 0;)
        if (i < engine->polled_count && kernels_turn(engine->polled[i]))
            take(engine->polled[i]);
}

void collect(SpaceObject *space)
{
    struct pcb *pcb = space->pcb;
    if (space->engine->ptrace)
        return;
    uint64_t summary = __atomic_exchange_n(&pcb->summary, 0, __ATOMIC_SEQ_CST);
    for (; summary; summary &= summary - 1) {
        unsigned group = (unsigned)__builtin_ctzll(summary);
        for (unsigned word = 2 * group; word < 2 * group + 2; word++) {
            if (!__atomic_load_n(&pcb->pending[word], __ATOMIC_RELAXED))
                continue;
            uint64_t bits = __atomic_exchange_n(&pcb->pending[word], 0, __ATOMIC_SEQ_CST);
            for (; bits; bits &= bits - 1) {
                ThreadObject *thread = space->threads[64 * word + (unsigned)__builtin_ctzll(bits)];
                if (thread)
                    take(thread);
            }
        }
    }
}

// The process is gone: every thread of it reports that, whatever it was doing.
void collect_dead(SpaceObject *space)
{
    if (space->dead)
        return;
    make_cold(space);
    space->dead = true;
    if (space->engine->ptrace)
        ptrace_reap(space);
    process_reap(space);
    call_back_all(space);
    for (unsigned slot = 1; slot < space->next_slot; slot++) {
        ThreadObject *thread = space->threads[slot];
        if (!thread)
            continue;
        thread->tid = 0;
        poll_stop(thread);
        interrupt_forget(thread);
        if (thread->exiting)
            end_thread(thread);
        else
            report(thread, TRAP_DEAD);
    }
}
