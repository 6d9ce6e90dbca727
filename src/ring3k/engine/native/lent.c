// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Lending semaphores and events to the guest.
//
// A signal that one process uses a lot, by one handle for all it does, is lent to that process: its threads change the count
// and wake each other in memory that they share with the kernel (pcb.lent; the stub's part is guest/lent.c).  Whoever asks
// for anything of the signal here calls it back first, so no other part knows of loans.  A thread that sits in the guest
// then becomes one that is seated here, by what it wrote before it sat down.
//
// What comes back is a guest's word: a count from 0 to the maximum, which the handle allowed it to make, and threads of its
// own that are taken only if they sit.
//
// One thing a loan does not show: that the process rests.  A loan with threads waiting, and not used for a beat, is
// called back, so that a kernel all of whose guests wait knows it.
#include "native.h"

#define LEND_AFTER_MOST 4096
#define LONG_LOAN 10000000 // nanoseconds: it was worth it

static struct lent *place(SpaceObject *space, unsigned at) { return &space->pcb->lent[at]; }

// A handle is lent only for what it may do anyway: to wait, and the opposite.
static uint32_t lent_kinds(SpaceObject *space, uint32_t number)
{
    struct permission *permission = permitted(space, number, NATIVE_WAIT_SINGLE);
    uint32_t kinds = permission ? permission->kinds : 0;
    return kinds & (1u << NATIVE_RELEASE_SEMAPHORE | 1u << NATIVE_SET_EVENT) ? kinds : 0;
}

// The stub may look whether calls of this number are about something lent, until call_back_all by the kernel.
void note_number(ThreadObject *thread, int kind)
{
    if (thread->r.eax >= SHORT_CUTS)
        return;
    volatile uint8_t *what = (volatile uint8_t *)thread->space->pcb + PCB_SHORT_CUTS + thread->r.eax;
    if (*what == SHORT_OFF)
        *what = (uint8_t)(SHORT_LENT | kind);
}

// The engine has answered a call about a signal; it may be time to lend it.
void lend(SignalObject *signal, SpaceObject *space, uint32_t number)
{
    if (++signal->uses < signal->lend_after || signal->first || PyList_GET_SIZE(signal->waiters))
        return;
    uint32_t kinds = lent_kinds(space, number);
    unsigned at = (number >> 2) % LENT;
    if (!kinds || signal->count > (long long)LENT_MOST || space->engine->ptrace)
        return;
    if (!space->loans && !(space->loans = PyMem_RawCalloc(LENT, sizeof *space->loans)))
        return;
    struct loan *loan = &space->loans[at];
    if (loan->signal || loan->number == LENT_LOANS)
        return;
    loan->signal = signal;
    loan->number++;
    loan->word = 0;
    space->lent_count++;
    signal->lent_to = space;
    signal->lent_at = at;
    signal->lent_since = now_ns();
    struct lent *one = place(space, at);
    store32(&one->index, number >> 2);
    store32(&one->kinds, kinds);
    store32(&one->maximum, signal->maximum > (long long)LENT_MOST ? (uint32_t)LENT_MOST : (uint32_t)signal->maximum);
    store32(&one->notification, signal->kind == SIGNAL_NOTIFICATION);
    uint64_t word = LENT_OUT | loan->number * LENT_LOAN | (uint64_t)signal->count * LENT_ONE;
    __atomic_store_n(&one->word, word, __ATOMIC_SEQ_CST);
}

void call_back(SignalObject *signal)
{
    SpaceObject *space = signal->lent_to;
    if (!space)
        return;
    struct loan *loan = &space->loans[signal->lent_at];
    struct lent *one = place(space, signal->lent_at);
    uint64_t word = __atomic_exchange_n(&one->word, loan->number * LENT_LOAN, __ATOMIC_SEQ_CST);
    store32(&one->kinds, 0);
    loan->signal = NULL;
    space->lent_count--;
    signal->lent_to = NULL;
    signal->uses = 0;
    if (now_ns() - signal->lent_since > LONG_LOAN)
        signal->lend_after = LEND_AFTER;
    else if (signal->lend_after < LEND_AFTER_MOST)
        signal->lend_after *= 2;
    long long count = (long long)((word & LENT_COUNT) / LENT_ONE);
    signal->count = count < signal->maximum ? count : signal->maximum;
    for (uint64_t seats = word >> LENT_SEAT_SHIFT; seats && !space->dead; seats >>= 8) {
        ThreadObject *thread = (seats & 0xff) < space->next_slot ? space->threads[seats & 0xff] : NULL;
        if (thread && take_from_seat(thread)) {
            signal_seat(signal, thread);
            signal->count = 0;
        }
    }
}

void call_back_all(SpaceObject *space)
{
    for (unsigned at = 0; at < LENT && space->lent_count; at++)
        if (space->loans[at].signal)
            call_back(space->loans[at].signal);
}

// Those that somebody waits for and nobody has used since the last time.
void call_back_idle(SpaceObject *space)
{
    for (unsigned at = 0; at < LENT && space->lent_count; at++) {
        struct loan *loan = &space->loans[at];
        if (!loan->signal)
            continue;
        uint64_t word = __atomic_load_n(&place(space, at)->word, __ATOMIC_RELAXED);
        uint32_t moves = load32(&place(space, at)->moves);
        if (word >> LENT_SEAT_SHIFT && word == loan->word && moves == loan->moves)
            call_back(loan->signal);
        loan->word = word;
        loan->moves = moves;
    }
}

void loans_forget(SpaceObject *space)
{
    call_back_all(space);
    PyMem_RawFree(space->loans);
    space->loans = NULL;
}

// call_back(): from now on all these calls are reported, until the kernel has let the engine answer them once more.
PyObject *space_call_back(SpaceObject *space, PyObject *Py_UNUSED(none))
{
    if (space_alive(space) < 0)
        return NULL;
    call_back_all(space);
    volatile uint8_t *what = (volatile uint8_t *)space->pcb + PCB_SHORT_CUTS;
    for (unsigned number = 0; number < SHORT_CUTS; number++)
        if (what[number] & SHORT_LENT)
            what[number] = SHORT_OFF;
    Py_RETURN_NONE;
}
