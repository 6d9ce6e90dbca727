// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Address spaces.
#include "native.h"

#include <structmember.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

int space_alive(SpaceObject *space)
{
    if (space->table)
        return 0;
    PyErr_SetString(EngineError, "the space was destroyed");
    return -1;
}

static int watch(SpaceObject *space)
{
    // The low bit of the cookie tells death from traps.
    struct epoll_event trap = {EPOLLIN, {.u64 = (uintptr_t)space}};
    struct epoll_event death = {EPOLLIN, {.u64 = (uintptr_t)space | 1}};
    if (epoll_ctl(space->engine->epoll, EPOLL_CTL_ADD, space->bell[0], &trap) == 0 &&
        epoll_ctl(space->engine->epoll, EPOLL_CTL_ADD, space->pidfd, &death) == 0)
        return 0;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

PyObject *space_new(EngineObject *engine)
{
    SpaceObject *space = PyObject_GC_New(SpaceObject, &SpaceType);
    if (!space)
        return NULL;
    memset((char *)space + sizeof(PyObject), 0, sizeof *space - sizeof(PyObject));
    space->engine = (EngineObject *)Py_NewRef((PyObject *)engine);
    space->fault_hook = Py_NewRef(Py_None);
    space->budget = Py_NewRef(Py_None);
    space->answers = Py_NewRef(Py_None);
    space->pidfd = space->socket = space->bell[0] = space->bell[1] = space->private = space->control = -1;
    space->next_slot = 1;
    space->recount_at = engine->max_mappings / 2;
    PyObject_GC_Track((PyObject *)space);
    space->next = engine->spaces;
    if (space->next)
        space->next->previous = space;
    engine->spaces = (SpaceObject *)Py_NewRef((PyObject *)space);
    engine->space_count++;
    space->listed = true;
    space->threads = PyMem_RawCalloc(SLOT_COUNT, sizeof *space->threads);
    space->free_slots = PyMem_RawCalloc(SLOT_COUNT, sizeof *space->free_slots);
    if (!space->threads || !space->free_slots)
        PyErr_NoMemory();
    else if (process_start(space) == 0 && watch(space) == 0)
        return (PyObject *)space;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    space_destroy(space);
    Py_DECREF(space);
    PyErr_Restore(type, value, trace);
    return NULL;
}

static void drop_threads(SpaceObject *space)
{
    for (unsigned slot = 1; slot < space->next_slot && space->threads; slot++) {
        ThreadObject *thread = space->threads[slot];
        if (!thread)
            continue;
        if (thread->state == THREAD_RUNNING)
            space->engine->running--;
        interrupt_forget(thread);
        thread_free_slot(thread);
    }
    space->running = 0;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void unmap_one(void *at, size_t size)
{
    if (at)
        munmap(at, size);
}

void space_destroy(SpaceObject *space)
{
    EngineObject *engine = space->engine;
    if (!space->listed)
        return;
    space->listed = false;
    if (engine->beat == space)
        engine->beat = space->next;
    if (space->hot)
        make_cold(space);
    process_kill(space);
    if (space->dirty) {
        space->dirty = false;
        engine->dirty--;
    }
    space->dead = true;
    if (engine->ptrace)
        ptrace_reap(space);
    loans_forget(space);
    drop_threads(space);
    process_reap(space);
    close_one(&space->pidfd);
    close_one(&space->socket);
    close_one(&space->bell[0]);
    close_one(&space->bell[1]);
    close_one(&space->private);
    close_one(&space->control);
    unmap_one(space->memory, GUEST_END);
    unmap_one(space->pcb, CTRL_SIZE);
    unmap_one(space->table, GUEST_PAGES * 8ull);
    space->memory = NULL;
    space->pcb = NULL;
    space->table = NULL;
    forget_views(space);
    permissions_forget(space);
    PyMem_RawFree(space->threads);
    PyMem_RawFree(space->free_slots);
    space->threads = NULL;
    space->free_slots = NULL;
    if (space->previous)
        space->previous->next = space->next;
    else
        engine->spaces = space->next;
    if (space->next)
        space->next->previous = space->previous;
    space->next = space->previous = NULL;
    engine->space_count--;
    Py_DECREF(space);
}

static PyObject *space_create_thread(SpaceObject *space, PyObject *argument)
{
    uint32_t teb;
    if (space_alive(space) < 0 || as_u32(argument, &teb) < 0)
        return NULL;
    return thread_new(space, teb);
}

static PyObject *space_set_short_cut(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t number, what;
    if (need_args("set_short_cut", count, 2) < 0 || space_alive(space) < 0 || as_u64(args[0], &number) < 0 ||
        as_u64(args[1], &what) < 0)
        return NULL;
    if (number >= SHORT_CUTS || what > SHORT_COUNTER) {
        PyErr_SetString(PyExc_ValueError, "no such short cut");
        return NULL;
    }
    if (what == SHORT_COUNTER) {
        if (!space->engine->counter_start)
            what = SHORT_OFF;
        space->pcb->counter_start = (uint64_t)space->engine->counter_start;
    }
    ((volatile uint8_t *)space->pcb)[PCB_SHORT_CUTS + number] = (uint8_t)what;
    Py_RETURN_NONE;
}

static PyObject *space_set_return(SpaceObject *space, PyObject *argument)
{
    uint32_t address;
    if (space_alive(space) < 0 || as_u32(argument, &address) < 0)
        return NULL;
    space->gate_return = address;
    store32(&space->pcb->gate_return, address);
    Py_RETURN_NONE;
}

static PyObject *space_destroy_call(SpaceObject *space, PyObject *Py_UNUSED(none))
{
    space_destroy(space);
    Py_RETURN_NONE;
}

static PyObject *get_pid(SpaceObject *space, void *Py_UNUSED(closure)) { return PyLong_FromLong(space->dead ? 0 : space->pid); }

static PyObject *get_crime(SpaceObject *space, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(space->crime ? space->crime : "");
}

static int space_traverse(SpaceObject *space, visitproc visit, void *arg)
{
    Py_VISIT(space->engine);
    Py_VISIT(space->fault_hook);
    Py_VISIT(space->budget);
    Py_VISIT(space->answers);
    for (unsigned slot = 1; space->threads && slot < space->next_slot; slot++)
        Py_VISIT(space->threads[slot]);
    return permissions_traverse(space, visit, arg);
}

static int space_clear(SpaceObject *space)
{
    Py_CLEAR(space->fault_hook);
    Py_CLEAR(space->budget);
    Py_CLEAR(space->answers);
    permissions_forget(space);
    return 0;
}

static void space_dealloc(SpaceObject *space)
{
    PyObject_GC_UnTrack(space);
    Py_XDECREF(space->fault_hook);
    Py_XDECREF(space->budget);
    Py_XDECREF(space->answers);
    Py_XDECREF(space->engine);
    PyObject_GC_Del(space);
}

#define FAST(function) (PyCFunction)(void (*)(void))function, METH_FASTCALL, NULL

static PyMethodDef space_methods[] = {
    {"map_private", FAST(mapping_private)},
    {"map_store", FAST(mapping_store)},
    {"protect", FAST(mapping_protect)},
    {"unmap", FAST(mapping_unmap)},
    {"discard", FAST(mapping_discard)},
    {"read", FAST(access_read)},
    {"write", FAST(access_write)},
    {"read_u8", (PyCFunction)access_read_u8, METH_O, NULL},
    {"read_u16", (PyCFunction)access_read_u16, METH_O, NULL},
    {"read_u32", (PyCFunction)access_read_u32, METH_O, NULL},
    {"read_u64", (PyCFunction)access_read_u64, METH_O, NULL},
    {"read_text", FAST(access_read_text)},
    {"read_counted", (PyCFunction)access_read_counted, METH_O, NULL},
    {"write_u8", FAST(access_write_u8)},
    {"write_u16", FAST(access_write_u16)},
    {"write_u32", FAST(access_write_u32)},
    {"write_u64", FAST(access_write_u64)},
    {"probe_write", FAST(access_probe_write)},
    {"read_file", FAST(space_read_file)},
    {"write_file", FAST(space_write_file)},
    {"peek", FAST(access_peek)},
    {"poke", FAST(access_poke)},
    {"copy_private", FAST(access_copy_private)},
    {"create_thread", (PyCFunction)space_create_thread, METH_O, NULL},
    {"set_short_cut", FAST(space_set_short_cut)},
    {"set_plain_file", FAST(space_set_plain_file)},
    {"set_signal", FAST(space_set_signal)},
    {"call_back", (PyCFunction)space_call_back, METH_NOARGS, NULL},
    {"set_system_call_return", (PyCFunction)space_set_return, METH_O, NULL},
    {"cpu_time", (PyCFunction)space_cpu_time, METH_NOARGS, NULL},
    {"destroy", (PyCFunction)space_destroy_call, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef space_members[] = {
    {"fault_hook", T_OBJECT, offsetof(SpaceObject, fault_hook), 0, NULL},
    {"budget", T_OBJECT, offsetof(SpaceObject, budget), 0, NULL},
    {"answers", T_OBJECT, offsetof(SpaceObject, answers), 0, NULL},
    {NULL},
};

static PyGetSetDef space_getset[] = {
    {"pid", (getter)get_pid, NULL, NULL, NULL},
    {"crime", (getter)get_crime, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject SpaceType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.Space",
    .tp_basicsize = sizeof(SpaceObject),
    .tp_dealloc = (destructor)space_dealloc,
    .tp_traverse = (traverseproc)space_traverse,
    .tp_clear = (inquiry)space_clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = space_methods,
    .tp_members = space_members,
    .tp_getset = space_getset,
};
