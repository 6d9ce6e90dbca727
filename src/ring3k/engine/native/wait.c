// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Waiting for the next trap: look, spin a little where that can win, sleep.
//
// While the kernel is awake the spaces in use are `hot`: their threads only set
// bits.  Before it sleeps it clears `watched` and looks once more, so a thread
// that saw the flag set is seen here, and one that saw it clear rings the bell of
// its space.  That is a pipe because its writer tells the host's scheduler that it
// is about to sleep: the kernel then takes over the writer's processor, where an
// eventfd leaves it queued behind whatever runs on its own.
#include "native.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPIN_NS 30000
#define SPIN_SHORT_NS 3000
#define SPIN_CROWD_NS 25000 // where guests use all processors
#define SPIN_MISSES 16 // after so many vain spins in a row the short one is used
#define CROWD_PAUSE 64 // or none, so many times
#define RESEND_NS 1000000

static int64_t coarse_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec * NANO + t.tv_nsec;
}

static int run_tick(EngineObject *engine, int64_t now)
{
    if (!engine->tick || now - engine->last_tick < engine->tick_interval)
        return 0;
    // Late by less than one interval: keep the rhythm.
    engine->last_tick = now - engine->last_tick < 2 * engine->tick_interval ? engine->last_tick + engine->tick_interval : now;
    PyObject *tick = Py_NewRef(engine->tick), *result = PyObject_CallNoArgs(tick);
    Py_DECREF(tick);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static void look(EngineObject *engine, bool all)
{
    if (engine->ptrace) {
        ptrace_collect(engine, all);
        return;
    }
    collect_polled(engine);
    for (unsigned i = 0; i < engine->hot_count; i++)
        if (__atomic_load_n(&engine->hot[i]->pcb->summary, __ATOMIC_ACQUIRE))
            collect(engine->hot[i]);
}

// How long to look out for the next trap; some other processor must be there for the guest, or that only keeps it from
// running.  Where guests use all of them, a thread that was just woken is worth a moment: it often makes its next call at
// once, and a kernel that has left a processor it had taken from a guest may not get one back for milliseconds.
static int64_t spin_time(EngineObject *engine, bool crowded)
{
    bool woke = engine->woke;
    engine->woke = false;
    if (engine->ptrace || !engine->running || engine->processors < 2)
        return 0;
    if (!crowded)
        return engine->spin_misses > SPIN_MISSES ? SPIN_SHORT_NS : SPIN_NS;
    if (!woke)
        return 0;
    if (engine->crowd_misses > SPIN_MISSES && ++engine->crowd_misses < SPIN_MISSES + CROWD_PAUSE)
        return 0;
    return SPIN_CROWD_NS;
}

static bool traps_to_take(EngineObject *engine)
{
    bool found = false;
    for (unsigned i = 0; i < engine->polled_count; i++)
        found = found || kernels_turn(engine->polled[i]);
    for (unsigned i = 0; i < engine->hot_count; i++)
        found = found || __atomic_load_n(&engine->hot[i]->pcb->summary, __ATOMIC_ACQUIRE);
    return found;
}

static bool spin(EngineObject *engine)
{
    bool crowded = (int)engine->running >= engine->processors;
    unsigned *misses = crowded ? &engine->crowd_misses : &engine->spin_misses;
    int64_t time = spin_time(engine, crowded), end = time ? now_ns() + time : 0;
    if (!time)
        return false;
    do {
        for (int pass = 0; pass < 8; pass++) {
            if (traps_to_take(engine)) {
                *misses = 0;
                return true;
            }
            __builtin_ia32_pause();
        }
    } while (now_ns() < end);
    *misses = *misses > SPIN_MISSES ? SPIN_MISSES + 1 : *misses + 1;
    return false;
}

// Sends interrupts again that have not hit guest code yet; kills the spaces where that never succeeds.
static void press_interrupts(EngineObject *engine)
{
    int64_t now = now_ns();
    if (now - engine->last_press < RESEND_NS)
        return;
    engine->last_press = now;
    for (unsigned i = engine->interrupt_count; i-- > 0;) {
        if (i >= engine->interrupt_count)
            continue;
        ThreadObject *thread = engine->interrupts[i];
        if (!thread->interrupts_left--)
            process_kill(thread->space);
        else if (thread_send_interrupt(thread) < 0 && !thread->space->dead && thread->state == THREAD_RUNNING) {
            Py_INCREF(thread);
            interrupt_forget(thread); // the host thread is gone
            if (thread->exiting) {
                thread->space->running--;
                engine->running--;
                thread_free_slot(thread);
            } else
                report(thread, TRAP_DEAD);
            Py_DECREF(thread);
        }
    }
}

// A host thread that ended by itself has no other way to tell.
static void find_lost(EngineObject *engine)
{
    for (SpaceObject *space = engine->spaces; space; space = space->next)
        for (unsigned slot = 1; slot < space->next_slot && space->running && !space->dead; slot++) {
            ThreadObject *thread = space->threads[slot];
            if (thread && thread->state == THREAD_RUNNING && !thread->exiting && !load32(&thread->tcb->tid)) {
                interrupt_forget(thread);
                report(thread, TRAP_DEAD);
            }
        }
}

static int64_t sleep_limit(EngineObject *engine, int64_t deadline)
{
    int64_t now = now_ns(), limit = deadline < 0 ? INT64_MAX : deadline - now;
    if (engine->running && engine->tick) {
        int64_t tick = engine->last_tick + engine->tick_interval - now;
        limit = tick < limit ? tick : limit;
    }
    int64_t beat = engine->running ? INT64_MAX : police_due(engine); // the tick is often enough while guests run
    if (beat != INT64_MAX && beat - now < limit)
        limit = beat - now;
    if (engine->interrupt_count && limit > RESEND_NS)
        limit = RESEND_NS;
    if (engine->ptrace && engine->running && limit > 10000000)
        limit = 10000000;
    if (engine->running && limit > NANO) // find_lost
        limit = NANO;
    return limit < 0 ? 0 : limit;
}

// Stops watching; true when something came in at the last moment, or is polled again: a thread goes on here when its
// trap was an interrupt that had been answered.
static bool turn_away(EngineObject *engine)
{
    ThreadObject *polled[POLLED];
    unsigned count = engine->polled_count;
    memcpy(polled, engine->polled, count * sizeof *polled);
    for (unsigned i = 0; i < count; i++) {
        poll_stop(polled[i]);
        __atomic_fetch_and(&polled[i]->tcb->spin, ~SPIN_POLLED, __ATOMIC_SEQ_CST);
    }
    for (unsigned i = 0; i < count; i++)
        take(polled[i]);
    bool found = engine->first || engine->polled_count;
    for (unsigned i = 0; i < engine->hot_count; i++)
        __atomic_store_n(&engine->hot[i]->pcb->watched, 0, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine->hot_count; i++)
        found = found || __atomic_load_n(&engine->hot[i]->pcb->summary, __ATOMIC_SEQ_CST);
    return found;
}

static void turn_back(EngineObject *engine)
{
    for (unsigned i = engine->hot_count; i-- > 0;) {
        if (i >= engine->hot_count)
            continue;
        SpaceObject *space = engine->hot[i];
        if (!space->running) // nothing can come from it
            make_cold(space);
        else
            store32(&space->pcb->watched, 1);
    }
}

// Sleeps in epoll and takes in what it says.
static void sleep_in_epoll(EngineObject *engine, int64_t nanoseconds)
{
    struct epoll_event events[32];
    struct timespec limit = {nanoseconds / NANO, nanoseconds % NANO};
    int count;
    if (nanoseconds == 0)
        count = epoll_wait(engine->epoll, events, 32, 0);
    else {
        PyThreadState *state = PyEval_SaveThread();
        count = (int)syscall(SYS_epoll_pwait2, engine->epoll, events, 32, nanoseconds == INT64_MAX ? NULL : &limit, NULL, 0);
        if (count < 0 && errno == ENOSYS)
            count = epoll_wait(engine->epoll, events, 32, nanoseconds > NANO ? 1000 : (int)(nanoseconds / 1000000 + 1));
        PyEval_RestoreThread(state);
    }
    for (int i = 0; i < count; i++) {
        uint64_t cookie = events[i].data.u64;
        SpaceObject *space = (SpaceObject *)(cookie & ~1ull);
        if (cookie == WAKE_COOKIE) {
            uint64_t times;
            if (read(engine->wakefd, &times, sizeof times) == sizeof times)
                engine->woken = true;
        } else if (cookie == HOST_COOKIE) {
            engine->woken = true;
        } else if (cookie == CHILD_COOKIE) {
            struct signalfd_siginfo child;
            while (read(engine->child_signals, &child, sizeof child) > 0)
                engine->child_seen = true;
        } else if (cookie & 1) {
            epoll_ctl(engine->epoll, EPOLL_CTL_DEL, space->pidfd, NULL);
            collect(space); // traps from before its end count
            collect_dead(space);
        } else {
            char rings[4096];
            bool heard = read(space->bell[0], rings, sizeof rings) > 0; // also of the dead, or it would go on ringing
            if (heard && !space->dead) {
                make_hot(space);
                collect(space);
            }
        }
    }
}

// One look at everything, and one step towards sleep.  `limit` nanoseconds are slept at most.
static int look_further(EngineObject *engine, int64_t limit)
{
    bool found = turn_away(engine);
    sleep_in_epoll(engine, found ? 0 : limit);
    if (engine->closed) {
        PyErr_SetString(EngineError, "the engine was closed");
        return -1;
    }
    turn_back(engine);
    if (engine->interrupt_count)
        press_interrupts(engine);
    if (limit >= RESEND_NS && engine->running && !engine->first && !engine->ptrace)
        find_lost(engine);
    return 0;
}

// Between traps: the tick, host signals, and from time to time what a busy guest would keep from being seen.  Who has
// `slept` has just looked, and till the very moment that a tick was due: the coarse clock may be behind that.
static int upkeep(EngineObject *engine, bool slept)
{
    int64_t now = coarse_ns();
    if (!slept && now != engine->last_look && look_further(engine, 0) < 0)
        return -1;
    engine->last_look = now;
    if (slept)
        now = now_ns();
    if (police(engine, now) < 0 || run_tick(engine, now) < 0 || PyErr_CheckSignals() < 0)
        return -1;
    if (!engine->closed)
        return 0;
    PyErr_SetString(EngineError, "the engine was closed");
    return -1;
}

static PyObject *wait_loop(EngineObject *engine, int64_t deadline)
{
    if (engine->dirty)
        drain_others(engine, NULL);
    bool looked = false, spun = false, slept = false;
    for (;;) {
        look(engine, looked);
        if (upkeep(engine, slept) < 0)
            return NULL;
        slept = false;
        if (engine->woken) {
            engine->woken = false;
            Py_RETURN_NONE;
        }
        ThreadObject *thread = next_report(engine);
        if (thread)
            return (PyObject *)thread;
        if (looked && deadline >= 0 && (deadline == 0 || now_ns() >= deadline))
            Py_RETURN_NONE;
        if (deadline != 0 && !spun && !engine->interrupt_count && spin(engine)) {
            spun = true; // if that was nothing, go on to the rest
            continue;
        }
        spun = false;
        looked = true;
        slept = deadline != 0;
        if (look_further(engine, slept ? sleep_limit(engine, deadline) : 0) < 0)
            return NULL;
    }
}

// Stops of traced threads are announced by SIGCHLD, which only a signalfd can wait for without a race.
static PyObject *ptrace_wait(EngineObject *engine, int64_t deadline)
{
    sigset_t child, old;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, &old);
    PyObject *result = wait_loop(engine, deadline);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    struct sigaction action;
    if (engine->child_seen && sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
        action.sa_handler != SIG_IGN)
        kill(getpid(), SIGCHLD); // it may have been about a child of the program's own
    engine->child_seen = false;
    return result;
}

PyObject *engine_wait(EngineObject *engine, PyObject *timeout)
{
    long long nanoseconds = PyLong_AsLongLong(timeout);
    if (nanoseconds == -1 && PyErr_Occurred())
        return NULL;
    if (engine->closed) {
        PyErr_SetString(EngineError, "the engine is closed");
        return NULL;
    }
    int64_t deadline = nanoseconds < 0 ? -1 : nanoseconds == 0 ? 0 : now_ns() + nanoseconds;
    return engine->ptrace ? ptrace_wait(engine, deadline) : wait_loop(engine, deadline);
}
