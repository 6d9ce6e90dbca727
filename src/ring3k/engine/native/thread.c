// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Guest threads: registers, and running on.
#include "native.h"

#include <signal.h>
#include <structmember.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER_FLAGS 0x254dd5u // CF PF AF ZF SF TF DF OF NT RF AC ID
#define FIXED_FLAGS 0x202u   // IF and the bit that is always set
#define SPIN_US 20           // how long a guest thread spins for the kernel's answer
#define LOST_LIMIT 4         // after so many vain spins it sleeps at once for a while
#define LOST_PAUSE 64
#define INTERRUPT_TRIES 2000 // one a millisecond

// ---- slots ----------------------------------------------------------------

static unsigned free_slot(SpaceObject *space)
{
    // The host clears tid when a thread is really gone; until then its stack is in use.
    for (unsigned tries = space->free_count < 16 ? space->free_count : 16; tries; tries--) {
        unsigned slot = space->free_slots[space->free_first];
        space->free_first = (space->free_first + 1) % SLOT_COUNT;
        struct tcb *tcb = (struct tcb *)((char *)space->pcb + ((size_t)slot << SLOT_SHIFT));
        if (!load32(&tcb->tid)) {
            space->free_count--;
            return slot;
        }
        space->free_slots[(space->free_first + space->free_count - 1) % SLOT_COUNT] = (uint16_t)slot;
    }
    return space->next_slot < SLOT_COUNT ? space->next_slot++ : 0;
}

void thread_free_slot(ThreadObject *thread)
{
    SpaceObject *space = thread->space;
    if (thread->state == THREAD_GONE)
        return;
    signal_leave(thread);
    interrupt_forget(thread);
    poll_stop(thread);
    debug_clear(thread);
    thread->state = THREAD_GONE;
    thread->tid = 0;
    if (!space->threads || space->threads[thread->slot] != thread)
        return;
    space->threads[thread->slot] = NULL;
    space->thread_count--;
    space->free_slots[(space->free_first + space->free_count++) % SLOT_COUNT] = (uint16_t)thread->slot;
    Py_DECREF(thread);
}

PyObject *thread_new(SpaceObject *space, uint32_t teb)
{
    if (space->dead) {
        PyErr_SetString(EngineError, "the guest process is gone");
        return NULL;
    }
    unsigned slot = free_slot(space);
    if (!slot) {
        PyErr_SetString(EngineError, "too many threads in one process");
        return NULL;
    }
    ThreadObject *thread = PyObject_GC_New(ThreadObject, &ThreadType);
    if (!thread)
        return NULL;
    memset((char *)thread + sizeof(PyObject), 0, sizeof *thread - sizeof(PyObject));
    thread->space = (SpaceObject *)Py_NewRef((PyObject *)space);
    thread->owner = Py_NewRef(Py_None);
    thread->slot = slot;
    thread->teb = teb;
    thread->tcb = (struct tcb *)((char *)space->pcb + ((size_t)slot << SLOT_SHIFT));
    thread->state = THREAD_RUNNING;
    memset(thread->tcb, 0, 0x200);
    thread->tcb->self = CTRL_BASE + ((uint64_t)slot << SLOT_SHIFT);
    thread->tcb->teb = teb;
    thread->tcb->fs = slot << 3 | 7;
    space->threads[slot] = (ThreadObject *)Py_NewRef((PyObject *)thread);
    space->thread_count++;
    space->running++;
    space->engine->running++;
    space->engine->quiet = 0;
    PyObject_GC_Track((PyObject *)thread);
    make_hot(space);
    int error = servant(space, SERVANT_CLONE, slot);
    if (error == 0) {
        thread->tid = (int)load32(&thread->tcb->tid);
        if (thread->tid > 0 && (!space->engine->ptrace || ptrace_attach(thread) == 0))
            return (PyObject *)thread;
        error = EPROTO;
    }
    if (!PyErr_Occurred())
        PyErr_Format(EngineError, "the host made no thread: %s", error < 0 ? "the guest process is gone" : strerror(error));
    space->running--;
    space->engine->running--;
    thread_free_slot(thread);
    Py_DECREF(thread);
    return NULL;
}

// ---- running on -----------------------------------------------------------

static uint32_t spin_budget(ThreadObject *thread)
{
    EngineObject *engine = thread->space->engine;
    if ((int)engine->running >= engine->processors)
        return 0;
    poll_start(thread);
    uint32_t ticks = thread->spins_lost < LOST_LIMIT ? (uint32_t)(SPIN_US * engine->ticks_per_us) : 0;
    return thread->polled ? ticks | SPIN_POLLED : ticks;
}

// Gives a trapped thread its turn.
static void hand_over(ThreadObject *thread, uint32_t order)
{
    struct tcb *tcb = thread->tcb;
    store32(&tcb->order, order);
    if (__atomic_exchange_n(&tcb->turn, TURN_GUEST, __ATOMIC_SEQ_CST) == TURN_KERNEL_ASLEEP) {
        futex_wake(&tcb->turn);
        thread->space->engine->woke = true;
        if (thread->spins_lost < LOST_LIMIT)
            thread->spins_lost++;
        else if (++thread->spins_lost > LOST_LIMIT + LOST_PAUSE)
            thread->spins_lost = LOST_LIMIT - 1; // try once more
    } else
        thread->spins_lost = 0;
}

// Runs a trapped thread on, or ends it.
void thread_go(ThreadObject *thread, uint32_t order)
{
    SpaceObject *space = thread->space;
    EngineObject *engine = space->engine;
    struct tcb *tcb = thread->tcb;
    if (space->dead || !space->pcb)
        return;
    signal_leave(thread);
    if (engine->ptrace && order == ORDER_EXIT) {
        ptrace_end(thread);
        return;
    }
    if (order != ORDER_EXIT) {
        thread->trap = TRAP_NONE;
        engine->quiet = 0;
        if (engine->dirty > space->dirty)
            drain_others(engine, space);
        if (engine->ptrace) {
            ptrace_go(thread, order);
            return;
        }
        if (space->dirty) {
            space->dirty = false; // the thread runs the operations before anything else
            engine->dirty--;
        }
        thread->state = THREAD_RUNNING;
        engine->running++;
        space->running++;
        make_hot(space);
        store32(&tcb->spin, spin_budget(thread));
        if (thread->fpu_changed) {
            memcpy(tcb->fpu, thread->fpu, sizeof tcb->fpu);
            tcb->load_fpu = 1;
        }
    }
    if (order == ORDER_FINISH)
        tcb->r.eax = thread->r.eax;
    else if (order == ORDER_RESUME) {
        struct regs r = thread->r;
        r.eflags = (r.eflags & USER_FLAGS) | FIXED_FLAGS;
        tcb->r = r;
        tcb->teb = thread->teb;
        tcb->fs = thread->slot << 3 | 7;
    }
    hand_over(thread, order);
}

// Has a trapped thread do something and stay trapped.
int side_order(ThreadObject *thread, uint32_t order)
{
    store32(&thread->tcb->ask, ++thread->ask);
    hand_over(thread, order);
    return await_word(thread->space, &thread->tcb->ack, thread->ask);
}

int thread_trapped(ThreadObject *thread)
{
    if (thread->state == THREAD_TRAPPED)
        return 0;
    PyErr_SetString(EngineError, thread->state == THREAD_RUNNING ? "the guest thread is running" : "the guest thread has ended");
    return -1;
}

static PyObject *thread_finish(ThreadObject *thread, PyObject *argument)
{
    uint32_t status;
    if (thread_trapped(thread) < 0 || as_u32(argument, &status) < 0)
        return NULL;
    if (thread->trap != TRAP_SYSCALL) {
        if (thread->trap == TRAP_DEAD)
            Py_RETURN_NONE;
        PyErr_SetString(EngineError, "finish() ends a system call only");
        return NULL;
    }
    thread->r.eax = status;
    thread_go(thread, ORDER_FINISH);
    Py_RETURN_NONE;
}

// The answer will take long: the guest thread need not spin for it.
static PyObject *thread_rest(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (thread->state == THREAD_TRAPPED && !thread->space->dead && !thread->space->engine->ptrace)
        store32(&thread->tcb->spin, 0);
    Py_RETURN_NONE;
}

// From now on every wait of the thread's is reported.
static PyObject *thread_show_waits(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (thread->state != THREAD_GONE && !thread->space->dead)
        store32(&thread->tcb->no_seat, 1);
    Py_RETURN_NONE;
}

static PyObject *thread_resume(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (thread_trapped(thread) < 0)
        return NULL;
    if (thread->trap != TRAP_DEAD)
        thread_go(thread, ORDER_RESUME);
    Py_RETURN_NONE;
}

// ---- stopping -------------------------------------------------------------

// Has a thread trap soon; or at once, with the wait that it makes, if it sits in the guest, where no signal reaches it.
int thread_send_interrupt(ThreadObject *thread)
{
    SpaceObject *space = thread->space;
    if (space->engine->ptrace)
        return ptrace_interrupt(thread);
    Py_INCREF(thread); // it may have been told to end
    call_back_all(space);
    bool sent = thread->state != THREAD_RUNNING || syscall(SYS_tgkill, space->pid, thread->tid, SIGNAL_INTERRUPT) == 0;
    Py_DECREF(thread);
    return sent ? 0 : -1;
}

static int start_interrupt(ThreadObject *thread)
{
    if (thread->state != THREAD_RUNNING || thread->interrupted || thread->space->dead)
        return 0;
    if (interrupt_remember(thread) < 0)
        return -1;
    thread->interrupted = true;
    thread->interrupts_left = INTERRUPT_TRIES;
    thread_send_interrupt(thread);
    return 0;
}

static PyObject *thread_interrupt(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (start_interrupt(thread) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *thread_exit(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (thread->state == THREAD_RUNNING && !thread->space->dead) {
        thread->exiting = true;
        if (start_interrupt(thread) < 0)
            return NULL;
    } else if (thread->state == THREAD_TRAPPED) {
        thread_go(thread, ORDER_EXIT);
        thread_free_slot(thread);
    }
    Py_RETURN_NONE;
}

// ---- the type -------------------------------------------------------------

static PyObject *get_register(ThreadObject *thread, void *closure)
{
    if (thread_trapped(thread) < 0)
        return NULL;
    return PyLong_FromUnsignedLong(*(uint32_t *)((char *)thread + (size_t)closure));
}

static int set_register(ThreadObject *thread, PyObject *value, void *closure)
{
    uint32_t number;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "a register can not be deleted");
        return -1;
    }
    if (thread_trapped(thread) < 0 || as_u32(value, &number) < 0)
        return -1;
    *(uint32_t *)((char *)thread + (size_t)closure) = number;
    return 0;
}

static PyObject *get_space(ThreadObject *thread, void *Py_UNUSED(closure)) { return Py_NewRef((PyObject *)thread->space); }

static int thread_traverse(ThreadObject *thread, visitproc visit, void *arg)
{
    Py_VISIT(thread->owner);
    Py_VISIT(thread->answer);
    Py_VISIT(thread->space);
    return 0;
}

static int thread_clear(ThreadObject *thread)
{
    Py_CLEAR(thread->owner);
    Py_CLEAR(thread->answer);
    return 0;
}

static void thread_dealloc(ThreadObject *thread)
{
    PyObject_GC_UnTrack(thread);
    if (thread->space)
        debug_clear(thread);
    Py_XDECREF(thread->owner);
    Py_XDECREF(thread->answer);
    Py_XDECREF(thread->space);
    PyObject_GC_Del(thread);
}

#define REGISTER(name) \
    {#name, (getter)get_register, (setter)set_register, NULL, (void *)offsetof(ThreadObject, r.name)}

// A trap counts from the moment wait() returns it: until then the kernel must take the thread for running.
static PyObject *get_trap(ThreadObject *thread, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(thread->queued ? TRAP_NONE : thread->trap);
}

static PyObject *get_seated(ThreadObject *thread, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(thread->seat != NULL || (!thread->space->dead && sits(thread)));
}

static PyGetSetDef thread_getset[] = {
    {"trap", (getter)get_trap, NULL, NULL, NULL},
    {"seated", (getter)get_seated, NULL, NULL, NULL},
    REGISTER(eax), REGISTER(ebx), REGISTER(ecx), REGISTER(edx), REGISTER(esi),    REGISTER(edi),
    REGISTER(ebp), REGISTER(esp), REGISTER(eip), REGISTER(eflags),
    {"space", (getter)get_space, NULL, NULL, NULL},
    {NULL},
};

static PyMemberDef thread_members[] = {
    {"owner", T_OBJECT, offsetof(ThreadObject, owner), 0, NULL},
    {"answer", T_OBJECT, offsetof(ThreadObject, answer), 0, NULL},
    {"vector", T_INT, offsetof(ThreadObject, vector), READONLY, NULL},
    {"error", T_UINT, offsetof(ThreadObject, error), READONLY, NULL},
    {"address", T_UINT, offsetof(ThreadObject, address), READONLY, NULL},
    {"arg_base", T_UINT, offsetof(ThreadObject, arg_base), 0, NULL},
    {"tid", T_INT, offsetof(ThreadObject, tid), READONLY, NULL},
    {NULL},
};

static PyMethodDef thread_methods[] = {
    {"args", (PyCFunction)thread_args, METH_O, NULL},
    {"finish", (PyCFunction)thread_finish, METH_O, NULL},
    {"rest", (PyCFunction)thread_rest, METH_NOARGS, NULL},
    {"show_waits", (PyCFunction)thread_show_waits, METH_NOARGS, NULL},
    {"resume", (PyCFunction)thread_resume, METH_NOARGS, NULL},
    {"get_fpu", (PyCFunction)thread_get_fpu, METH_NOARGS, NULL},
    {"set_fpu", (PyCFunction)thread_set_fpu, METH_O, NULL},
    {"set_debug", (PyCFunction)(void (*)(void))thread_set_debug, METH_FASTCALL, NULL},
    {"interrupt", (PyCFunction)thread_interrupt, METH_NOARGS, NULL},
    {"exit", (PyCFunction)thread_exit, METH_NOARGS, NULL},
    {"cpu_time", (PyCFunction)thread_cpu_time, METH_NOARGS, NULL},
    {NULL},
};

PyTypeObject ThreadType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.Thread",
    .tp_basicsize = sizeof(ThreadObject),
    .tp_dealloc = (destructor)thread_dealloc,
    .tp_traverse = (traverseproc)thread_traverse,
    .tp_clear = (inquiry)thread_clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = thread_methods,
    .tp_members = thread_members,
    .tp_getset = thread_getset,
};
