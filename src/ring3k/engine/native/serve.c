// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The short way round for system calls: wait, look the number up, call its
// handler, finish.  Whatever is not a plain status ends the round, and so does
// work in the kernel's own queues; the kernel's loop in Python takes it from there.
#include "native.h"

static PyObject *name_native, *name_pending, *name_status, *name_words;

int serve_init(void)
{
    name_native = PyUnicode_InternFromString("native");
    name_pending = PyUnicode_InternFromString("pending");
    name_status = PyUnicode_InternFromString("status");
    name_words = PyUnicode_InternFromString("words");
    return name_native && name_pending && name_status && name_words ? 0 : -1;
}

void serve_forget(EngineObject *engine)
{
    for (unsigned i = 0; i < KNOWN_CALLS; i++)
        Py_CLEAR(engine->known[i].handler);
}

// The status of the NtError that was raised; NULL with the exception set when it was something else.
static PyObject *status_of_error(void)
{
    if (!PyErr_ExceptionMatches(NtError))
        return NULL;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *status = PyObject_GetAttr(value, name_status);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return status;
}

// 1: finished; 0: `result` is for the kernel; -1: an exception.
static int finish_plain(ThreadObject *thread, PyObject *result)
{
    if (thread->seat)
        return 1;
    if (!PyLong_CheckExact(result) || thread->state != THREAD_TRAPPED || thread->trap != TRAP_SYSCALL)
        return 0;
    PyObject *pending = PyObject_GetAttr(thread->owner, name_pending);
    if (!pending)
        return -1;
    Py_DECREF(pending);
    if (pending != Py_False || as_u32(result, &thread->r.eax) < 0)
        return PyErr_Occurred() ? -1 : 0;
    thread_go(thread, ORDER_FINISH);
    return 1;
}

// A small number that a handler has as an attribute; 0 without, -1 with an exception set.
static long attribute(PyObject *handler, PyObject *name)
{
    PyObject *found = PyObject_GetAttr(handler, name);
    long value = found ? PyLong_AsLong(found) : 0;
    Py_XDECREF(found);
    if (!PyErr_Occurred())
        return value;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError))
        return -1;
    PyErr_Clear();
    return 0;
}

// What a handler wants: so many argument words with the call (0: it fetches them itself), and whether the engine may
// answer in its place.
static struct known_call *wishes(EngineObject *engine, uint32_t number, PyObject *handler)
{
    struct known_call *known = &engine->known[number % KNOWN_CALLS];
    if (known->handler == handler)
        return known;
    long words = attribute(handler, name_words);
    long native = words < 0 ? -1 : attribute(handler, name_native);
    if (native < 0)
        return NULL;
    Py_XSETREF(known->handler, Py_NewRef(handler));
    known->words = (int)words;
    known->native = (int)native;
    return known;
}

static PyObject *call_with_words(ThreadObject *thread, PyObject *handler, int count)
{
    PyObject *words = thread_words(thread, (uint32_t)count);
    if (!words)
        return NULL;
    PyObject *arguments[] = {thread->owner, words};
    PyObject *result = PyObject_Vectorcall(handler, arguments, 2, NULL);
    Py_DECREF(words);
    return result;
}

static PyObject *call_handler(ThreadObject *thread, PyObject *table)
{
    PyObject *number = PyLong_FromUnsignedLong(thread->r.eax);
    PyObject *handler = number ? PyDict_GetItemWithError(table, number) : NULL;
    Py_XDECREF(number);
    if (!handler)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_NotImplemented);
    Py_INCREF(handler);
    const struct known_call *known = wishes(thread->space->engine, thread->r.eax, handler);
    PyObject *result = known && known->native ? native_call(thread, known->native) : NULL;
    if (!result && !PyErr_Occurred())
        result = known->words ? call_with_words(thread, handler, known->words) : PyObject_CallOneArg(handler, thread->owner);
    Py_DECREF(handler);
    return result ? result : status_of_error();
}

// serve(timeout, table, ready, alarms): None after the time-out, False when a queue wants the kernel, else the thread
// whose trap the kernel has to answer; then thread.answer is what the handler returned, NotImplemented when none was
// called.  An exception of a handler is passed on; engine.current tells whose call it was.
PyObject *engine_serve(EngineObject *engine, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 4 || !PyDict_CheckExact(arguments[1]) || !PyList_CheckExact(arguments[3])) {
        PyErr_SetString(PyExc_TypeError, "serve(timeout, table, ready, alarms)");
        return NULL;
    }
    PyObject *table = arguments[1], *ready = arguments[2], *alarms = arguments[3];
    Py_ssize_t alarm_count = PyList_GET_SIZE(alarms);
    for (;;) {
        Py_CLEAR(engine->current);
        PyObject *found = engine_wait(engine, arguments[0]);
        if (!found || found == Py_None)
            return found;
        ThreadObject *thread = (ThreadObject *)found;
        engine->current = Py_NewRef(found);
        if (thread->trap != TRAP_SYSCALL) {
            Py_XSETREF(thread->answer, Py_NewRef(Py_NotImplemented));
            return found;
        }
        PyObject *result = call_handler(thread, table);
        int done = result ? finish_plain(thread, result) : -1;
        if (done == 0) {
            Py_XSETREF(thread->answer, result);
            return found;
        }
        Py_XDECREF(result);
        Py_DECREF(found);
        if (done < 0)
            return NULL;
        Py_ssize_t waiting = PyObject_Size(ready);
        if (waiting < 0)
            return NULL;
        if (waiting || PyList_GET_SIZE(alarms) != alarm_count)
            Py_RETURN_FALSE;
    }
}
