// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Semaphores and events that need no judgement, answered without Python.
//
// The kernel's object keeps its count in a signal, which both sides change.  A
// thread that waits for one signal, without end and without alerts, is seated in
// the signal's own queue.  While it sits there the count is 0, it stays trapped,
// and nothing of the kernel refers to its wait; whoever needs a wait of the
// kernel's takes the queue over (take_seated).  Seats come before all waits of
// the kernel, as nobody is seated behind those.  A thread with something pending
// is left to the kernel, before anything is changed.
//
// Which handles mean a signal the kernel says (set_signal, permission.c).
#include "native.h"

enum { HANDLE, COUNT_OR_STATE, PREVIOUS, RELEASE_WORDS };
enum { OBJECT, ALERTABLE, TIMEOUT, SINGLE_WORDS };
enum { OBJECTS, HANDLES, TYPE, MANY_ALERTABLE, MANY_TIMEOUT, MANY_WORDS };

static PyObject *name_pending, *name_queue;

// ---- seats -----------------------------------------------------------------

void signal_seat(SignalObject *signal, ThreadObject *thread)
{
    thread->seat = signal;
    thread->next_seat = NULL;
    thread->previous_seat = signal->last;
    if (signal->last)
        signal->last->next_seat = thread;
    else
        signal->first = thread;
    signal->last = (ThreadObject *)Py_NewRef((PyObject *)thread);
}

// Takes a thread out of the queue it is in; the queue's reference to it is the caller's then.
static ThreadObject *unseat(ThreadObject *thread)
{
    SignalObject *signal = thread->seat;
    if (thread->previous_seat)
        thread->previous_seat->next_seat = thread->next_seat;
    else
        signal->first = thread->next_seat;
    if (thread->next_seat)
        thread->next_seat->previous_seat = thread->previous_seat;
    else
        signal->last = thread->previous_seat;
    thread->seat = NULL;
    thread->next_seat = thread->previous_seat = NULL;
    return thread;
}

// The thread ends.
void signal_leave(ThreadObject *thread)
{
    if (thread->seat)
        Py_DECREF(unseat(thread));
}

static void leave_all(SignalObject *signal)
{
    while (signal->first)
        Py_DECREF(unseat(signal->first));
}

// Whether an attribute of the thread's owner is this; false also when there is none.
static bool owner_has(ThreadObject *thread, PyObject *name, PyObject *value)
{
    PyObject *found = PyObject_GetAttr(thread->owner, name);
    if (!found)
        PyErr_Clear();
    Py_XDECREF(found);
    return found == value;
}

static bool nothing_pending(ThreadObject *thread) { return owner_has(thread, name_pending, Py_False); }

static void go_on(ThreadObject *seated)
{
    ThreadObject *thread = unseat(seated);
    thread->r.eax = 0;
    thread_go(thread, ORDER_FINISH);
    Py_DECREF(thread);
}

// ---- which handles ---------------------------------------------------------

// set_signal(handle, signal, kind)
PyObject *space_set_signal(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t number, kind;
    if (need_args("set_signal", count, 3) < 0 || space_alive(space) < 0 || as_u32(args[0], &number) < 0 || as_u32(args[2], &kind) < 0)
        return NULL;
    if (!PyObject_TypeCheck(args[1], &SignalType) || kind < NATIVE_RELEASE_SEMAPHORE || kind > NATIVE_WAIT_MANY) {
        PyErr_SetString(PyExc_TypeError, "set_signal(handle, signal, kind)");
        return NULL;
    }
    if (!permit(space, number, args[1], 0, kind))
        return NULL;
    Py_RETURN_NONE;
}

static SignalObject *find(SpaceObject *space, uint32_t number, int kind)
{
    struct permission *permission = permitted(space, number, kind);
    if (!permission)
        return NULL;
    SignalObject *signal = (SignalObject *)permission->object;
    call_back(signal);
    return signal;
}

// ---- the calls -------------------------------------------------------------

// How many of the seated an addition lets go on; -1 when one of them is for the kernel.
static long who_goes(SignalObject *signal, long long amount)
{
    long count = 0;
    for (ThreadObject *one = signal->first; one && (signal->kind == SIGNAL_NOTIFICATION || count < amount); one = one->next_seat, count++)
        if (!nothing_pending(one))
            return -1;
    return count;
}

// NtReleaseSemaphore, NtSetEvent.
static PyObject *add(ThreadObject *thread, int kind)
{
    SpaceObject *space = thread->space;
    bool semaphore = kind == NATIVE_RELEASE_SEMAPHORE;
    uint32_t words[RELEASE_WORDS] = {0}, pointer;
    if (!native_words(thread, words, semaphore ? RELEASE_WORDS : RELEASE_WORDS - 1))
        return NULL;
    SignalObject *signal = find(space, words[HANDLE], kind);
    if (!signal || PyList_GET_SIZE(signal->waiters))
        return NULL;
    long long before = signal->count, amount = semaphore ? (int32_t)words[COUNT_OR_STATE] : 1;
    pointer = words[semaphore ? PREVIOUS : COUNT_OR_STATE];
    uint8_t *previous = pointer ? access_plain(space, pointer, 4, ENTRY_WRITE) : NULL;
    if (amount <= 0 || (semaphore && before + amount > signal->maximum) || pointer % 4 || (pointer && !previous))
        return NULL;
    long going = who_goes(signal, amount);
    if (going < 0)
        return NULL;
    if (semaphore)
        signal->count = before + amount - going;
    else
        signal->count = signal->kind == SIGNAL_NOTIFICATION || !going;
    while (going--)
        go_on(signal->first);
    if (previous)
        memcpy(previous, (uint32_t[]){(uint32_t)before}, 4);
    lend(signal, space, words[HANDLE]);
    return PyLong_FromLong(0);
}

// A wait for one object.  None: the thread is seated.
static PyObject *wait_for(ThreadObject *thread, uint32_t handle)
{
    SignalObject *signal = find(thread->space, handle, NATIVE_WAIT_SINGLE);
    if (!signal)
        return NULL;
    if (signal->count > 0) {
        signal->count -= signal->kind != SIGNAL_NOTIFICATION;
        lend(signal, thread->space, handle);
        return PyLong_FromLong(0);
    }
    if (PyList_GET_SIZE(signal->waiters) || !nothing_pending(thread) || !owner_has(thread, name_queue, Py_None))
        return NULL;
    if (!thread->space->engine->ptrace)
        store32(&thread->tcb->spin, 0);
    signal_seat(signal, thread);
    return Py_NewRef(Py_None);
}

PyObject *signal_call(ThreadObject *thread, int kind)
{
    uint32_t words[MANY_WORDS];
    note_number(thread, kind);
    if (kind == NATIVE_WAIT_SINGLE) {
        bool plain = native_words(thread, words, SINGLE_WORDS) && !words[ALERTABLE] && !words[TIMEOUT];
        return plain ? wait_for(thread, words[OBJECT]) : NULL;
    }
    if (kind != NATIVE_WAIT_MANY)
        return add(thread, kind);
    if (!native_words(thread, words, MANY_WORDS) || words[OBJECTS] != 1 || words[TYPE] > 1 || words[MANY_ALERTABLE] || words[MANY_TIMEOUT])
        return NULL;
    const uint8_t *at = access_plain(thread->space, words[HANDLES], 4, ENTRY_READ);
    uint32_t handle;
    if (!at)
        return NULL;
    memcpy(&handle, at, sizeof handle);
    __asm__ volatile("" : : "g"(&handle) : "memory");
    return wait_for(thread, handle);
}

// ---- the type --------------------------------------------------------------

// signal(kind, count, maximum, waiters)
PyObject *signal_new(EngineObject *Py_UNUSED(engine), PyObject *const *args, Py_ssize_t count)
{
    uint32_t kind;
    if (need_args("signal", count, 4) < 0 || as_u32(args[0], &kind) < 0)
        return NULL;
    long long first = PyLong_AsLongLong(args[1]), maximum = PyLong_AsLongLong(args[2]);
    if (PyErr_Occurred())
        return NULL;
    if (kind > SIGNAL_NOTIFICATION || !PyList_CheckExact(args[3])) {
        PyErr_SetString(PyExc_TypeError, "signal(kind, count, maximum, list of waits)");
        return NULL;
    }
    if (!name_pending && !(name_pending = PyUnicode_InternFromString("pending")))
        return NULL;
    if (!name_queue && !(name_queue = PyUnicode_InternFromString("queue")))
        return NULL;
    SignalObject *signal = PyObject_GC_New(SignalObject, &SignalType);
    if (!signal)
        return NULL;
    memset((char *)signal + sizeof(PyObject), 0, sizeof *signal - sizeof(PyObject));
    signal->kind = (int)kind;
    signal->count = first;
    signal->maximum = maximum;
    signal->lend_after = LEND_AFTER;
    signal->waiters = Py_NewRef(args[3]);
    PyObject_GC_Track((PyObject *)signal);
    return (PyObject *)signal;
}

static PyObject *signal_take_seated(SignalObject *signal, PyObject *Py_UNUSED(none))
{
    call_back(signal);
    PyObject *list = PyList_New(0);
    while (list && signal->first) {
        if (PyList_Append(list, (PyObject *)signal->first) < 0)
            Py_CLEAR(list);
        else
            Py_DECREF(unseat(signal->first));
    }
    return list;
}

static PyObject *signal_judge(SignalObject *signal, PyObject *none)
{
    call_back(signal);
    return permission_judge(&signal->head, none);
}

static PyObject *get_seated(SignalObject *signal, void *Py_UNUSED(closure))
{
    call_back(signal);
    return PyBool_FromLong(signal->first != NULL);
}

static PyObject *get_lent(SignalObject *signal, void *Py_UNUSED(closure)) { return PyBool_FromLong(signal->lent_to != NULL); }

static PyObject *get_count(SignalObject *signal, void *Py_UNUSED(closure))
{
    call_back(signal);
    return PyLong_FromLongLong(signal->count);
}

static int set_count(SignalObject *signal, PyObject *value, void *Py_UNUSED(closure))
{
    long long count = value ? PyLong_AsLongLong(value) : -1;
    if (count < 0 || count > signal->maximum) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a count is from 0 to the maximum");
        return -1;
    }
    call_back(signal);
    signal->count = count;
    return 0;
}

static int signal_traverse(SignalObject *signal, visitproc visit, void *arg)
{
    Py_VISIT(signal->waiters);
    for (ThreadObject *one = signal->first; one; one = one->next_seat)
        Py_VISIT(one);
    return 0;
}

static int signal_clear(SignalObject *signal)
{
    leave_all(signal);
    return 0;
}

static void signal_dealloc(SignalObject *signal)
{
    PyObject_GC_UnTrack(signal);
    call_back(signal);
    leave_all(signal);
    Py_XDECREF(signal->waiters);
    PyObject_GC_Del(signal);
}

static PyMethodDef signal_methods[] = {
    {"judge", (PyCFunction)signal_judge, METH_NOARGS, NULL},
    {"take_seated", (PyCFunction)signal_take_seated, METH_NOARGS, NULL},
    {NULL},
};

static PyGetSetDef signal_getset[] = {
    {"count", (getter)get_count, (setter)set_count, NULL, NULL},
    {"seated", (getter)get_seated, NULL, NULL, NULL},
    {"lent", (getter)get_lent, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject SignalType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.Signal",
    .tp_basicsize = sizeof(SignalObject),
    .tp_dealloc = (destructor)signal_dealloc,
    .tp_traverse = (traverseproc)signal_traverse,
    .tp_clear = (inquiry)signal_clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = signal_methods,
    .tp_getset = signal_getset,
};
