// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The engine object and the module.
#include "native.h"

#include <sched.h>
#include <signal.h>
#include <structmember.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define SLICE_NS 100000 // the shortest
#define RESET_ON_FORK 1

PyObject *EngineError, *GuestFault, *NtError;

int need_args(const char *name, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments (%zd given)", name, wanted, given);
    return -1;
}

static int processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static unsigned max_mappings(void)
{
    unsigned value = 65530;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (file && fscanf(file, "%u", &value) != 1)
        value = 65530;
    if (file)
        fclose(file);
    return value < 4096 ? 4096 : value;
}

static uint64_t ticks_per_us(void)
{
    int64_t start = now_ns();
    uint64_t from = __builtin_ia32_rdtsc();
    while (now_ns() - start < 100000)
        ;
    uint64_t rate = (__builtin_ia32_rdtsc() - from) / 100;
    return rate < 100 ? 100 : rate > 10000 ? 10000 : rate;
}

// Every process and every section needs descriptors, and the usual limit is meant for select().
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// The kernel runs for a moment at a time: with a short slice the host lets it go first when it wakes on a busy processor.
// Guest processes do not inherit that.  A host older than 6.12 knows no slices and changes nothing.
static void take_short_slices(void)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes; // struct sched_attr as it was at first; the C library has none
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) < 0 || attributes.policy != SCHED_OTHER)
        return;
    attributes.flags |= RESET_ON_FORK;
    attributes.runtime = SLICE_NS;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static int watch_children(EngineObject *engine)
{
    engine->child_signals = -1;
    if (!engine->ptrace)
        return 0;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    engine->child_signals = high_descriptor(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    struct epoll_event event = {EPOLLIN, {.u64 = CHILD_COOKIE}};
    return engine->child_signals < 0 ? -1 : epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->child_signals, &event);
}

static PyObject *engine_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"name", "program", NULL};
    PyObject *name, *program;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "UO&", names, &name, PyUnicode_FSConverter, &program))
        return NULL;
    EngineObject *engine = (EngineObject *)type->tp_alloc(type, 0);
    if (!engine) {
        Py_DECREF(program);
        return NULL;
    }
    engine->name = Py_NewRef(name);
    engine->ptrace = PyUnicode_CompareWithASCIIString(name, "ptrace") == 0;
    engine->program = PyMem_RawMalloc((size_t)PyBytes_GET_SIZE(program) + 1);
    if (engine->program)
        strcpy(engine->program, PyBytes_AS_STRING(program));
    Py_DECREF(program);
    allow_descriptors();
    engine->owner_pid = getpid();
    engine->processors = processors();
    engine->max_mappings = max_mappings();
    engine->ticks_per_us = ticks_per_us();
    take_short_slices();
    engine->epoll = high_descriptor(epoll_create1(EPOLL_CLOEXEC));
    engine->wakefd = high_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    struct epoll_event wake = {EPOLLIN, {.u64 = WAKE_COOKIE}};
    if (!engine->program || engine->epoll < 0 || engine->wakefd < 0 ||
        epoll_ctl(engine->epoll, EPOLL_CTL_ADD, engine->wakefd, &wake) < 0 || watch_children(engine) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        Py_DECREF(engine);
        return NULL;
    }
    return (PyObject *)engine;
}

static int engine_open(EngineObject *engine)
{
    if (!engine->closed)
        return 0;
    PyErr_SetString(EngineError, "the engine is closed");
    return -1;
}

static void engine_shut(EngineObject *engine)
{
    if (engine->closed)
        return;
    engine->closed = true;
    for (SpaceObject *space = engine->spaces; space; space = space->next)
        process_kill(space); // all at once, then reap one by one
    while (engine->spaces)
        space_destroy(engine->spaces);
    for (ThreadObject *thread; (thread = next_report(engine));)
        Py_DECREF(thread);
    if (engine->epoll >= 0)
        close(engine->epoll);
    if (engine->wakefd >= 0)
        close(engine->wakefd);
    if (engine->ptrace && engine->child_signals >= 0)
        close(engine->child_signals);
    engine->epoll = engine->wakefd = -1;
    while (engine->interrupt_count)
        interrupt_forget(engine->interrupts[0]);
    PyMem_RawFree(engine->interrupts);
    engine->interrupts = NULL;
    engine->interrupt_room = 0;
    Py_CLEAR(engine->tick);
    Py_CLEAR(engine->clock);
}

static PyObject *engine_close(EngineObject *engine, PyObject *Py_UNUSED(none))
{
    engine_shut(engine);
    Py_RETURN_NONE;
}

static PyObject *engine_create_space(EngineObject *engine, PyObject *Py_UNUSED(none))
{
    return engine_open(engine) < 0 ? NULL : space_new(engine);
}

static PyObject *engine_create_store(EngineObject *engine, PyObject *argument)
{
    uint64_t size;
    return engine_open(engine) < 0 || as_u64(argument, &size) < 0 ? NULL : store_new(size);
}

static PyObject *engine_open_store(EngineObject *engine, PyObject *const *args, Py_ssize_t count)
{
    uint64_t size;
    uint32_t fd;
    int writable = count == 3 ? PyObject_IsTrue(args[2]) : 0;
    if (need_args("open_store", count, 3) < 0 || engine_open(engine) < 0 || as_u32(args[0], &fd) < 0 ||
        as_u64(args[1], &size) < 0 || writable < 0)
        return NULL;
    return store_of_file((int)fd, size, writable);
}

static PyObject *engine_set_clock_page(EngineObject *engine, PyObject *const *args, Py_ssize_t count)
{
    if (need_args("set_clock_page", count, 2) < 0)
        return NULL;
    if (!PyObject_TypeCheck(args[0], &StoreType)) {
        PyErr_SetString(PyExc_TypeError, "a store of this engine is needed");
        return NULL;
    }
    int64_t start = args[1] == Py_None ? 0 : PyLong_AsLongLong(args[1]);
    if (start == -1 && PyErr_Occurred())
        return NULL;
    engine->counter_start = start;
    Py_XSETREF(engine->clock, Py_NewRef(args[0])); // the short cuts read the guest's own view of it
    Py_RETURN_NONE;
}

static PyObject *engine_set_tick(EngineObject *engine, PyObject *const *args, Py_ssize_t count)
{
    if (need_args("set_tick", count, 2) < 0)
        return NULL;
    long long interval = PyLong_AsLongLong(args[0]);
    if (interval == -1 && PyErr_Occurred())
        return NULL;
    if (interval < 1) {
        PyErr_SetString(PyExc_ValueError, "the interval must be positive");
        return NULL;
    }
    engine->tick_interval = interval;
    engine->last_tick = 0;
    Py_XSETREF(engine->tick, Py_NewRef(args[1]));
    Py_RETURN_NONE;
}

static PyObject *engine_wake(EngineObject *engine, PyObject *Py_UNUSED(none))
{
    uint64_t one = 1;
    if (engine->wakefd >= 0 && write(engine->wakefd, &one, sizeof one) < 0 && errno != EAGAIN)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

static PyObject *engine_watch(EngineObject *engine, PyObject *descriptor)
{
    long fd = PyLong_AsLong(descriptor);
    if (engine_open(engine) < 0 || (fd == -1 && PyErr_Occurred()))
        return NULL;
    struct epoll_event event = {EPOLLIN, {.u64 = HOST_COOKIE}};
    if (epoll_ctl(engine->epoll, EPOLL_CTL_ADD, (int)fd, &event) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

static PyObject *get_gate(EngineObject *engine, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(engine->ptrace ? GATE_TRACED : GATE_BASE);
}

static PyObject *get_running(EngineObject *engine, void *Py_UNUSED(closure)) { return PyLong_FromUnsignedLong(engine->running); }

static int engine_traverse(EngineObject *engine, visitproc visit, void *arg)
{
    Py_VISIT(engine->tick);
    Py_VISIT(engine->clock);
    Py_VISIT(engine->current);
    for (unsigned i = 0; i < KNOWN_CALLS; i++)
        Py_VISIT(engine->known[i].handler);
    for (SpaceObject *space = engine->spaces; space; space = space->next)
        Py_VISIT(space);
    for (ThreadObject *thread = engine->first; thread; thread = thread->next)
        Py_VISIT(thread);
    for (unsigned i = 0; i < engine->interrupt_count; i++)
        Py_VISIT(engine->interrupts[i]);
    return 0;
}

static int engine_clear(EngineObject *engine)
{
    engine_shut(engine);
    Py_CLEAR(engine->current);
    serve_forget(engine);
    return 0;
}

static void engine_dealloc(EngineObject *engine)
{
    PyObject_GC_UnTrack(engine);
    engine_shut(engine);
    PyMem_RawFree(engine->program);
    Py_XDECREF(engine->name);
    Py_XDECREF(engine->current);
    serve_forget(engine);
    Py_TYPE(engine)->tp_free((PyObject *)engine);
}

static PyMethodDef engine_methods[] = {
    {"create_space", (PyCFunction)engine_create_space, METH_NOARGS, NULL},
    {"create_store", (PyCFunction)engine_create_store, METH_O, NULL},
    {"open_store", (PyCFunction)(void (*)(void))engine_open_store, METH_FASTCALL, NULL},
    {"plain_file", (PyCFunction)plain_file_new, METH_NOARGS, NULL},
    {"signal", (PyCFunction)(void (*)(void))signal_new, METH_FASTCALL, NULL},
    {"set_clock_page", (PyCFunction)(void (*)(void))engine_set_clock_page, METH_FASTCALL, NULL},
    {"set_tick", (PyCFunction)(void (*)(void))engine_set_tick, METH_FASTCALL, NULL},
    {"wait", (PyCFunction)engine_wait, METH_O, NULL},
    {"serve", (PyCFunction)(void (*)(void))engine_serve, METH_FASTCALL, NULL},
    {"wake", (PyCFunction)engine_wake, METH_NOARGS, NULL},
    {"watch", (PyCFunction)engine_watch, METH_O, NULL},
    {"close", (PyCFunction)engine_close, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef engine_members[] = {
    {"name", T_OBJECT, offsetof(EngineObject, name), READONLY, NULL},
    {"current", T_OBJECT, offsetof(EngineObject, current), READONLY, NULL},
    {NULL},
};

static PyGetSetDef engine_getset[] = {
    {"gate", (getter)get_gate, NULL, NULL, NULL},
    {"running", (getter)get_running, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject EngineType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.Engine",
    .tp_basicsize = sizeof(EngineObject),
    .tp_new = engine_new,
    .tp_dealloc = (destructor)engine_dealloc,
    .tp_traverse = (traverseproc)engine_traverse,
    .tp_clear = (inquiry)engine_clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = engine_methods,
    .tp_members = engine_members,
    .tp_getset = engine_getset,
};

static PyObject *imported(const char *module, const char *name)
{
    PyObject *from = PyImport_ImportModule(module);
    PyObject *object = from ? PyObject_GetAttrString(from, name) : NULL;
    Py_XDECREF(from);
    return object;
}

static PyMethodDef functions[] = {
    {"host", probe_host, METH_NOARGS, NULL},
    {"look", (PyCFunction)(void (*)(void))hostfile_look, METH_FASTCALL, NULL},
    {"key_of", (PyCFunction)(void (*)(void))hostfile_key_of, METH_FASTCALL, NULL},
    {"written", hostfile_written, METH_O, NULL},
    {"records", hostfile_records, METH_VARARGS, NULL},
    {"open_same", (PyCFunction)(void (*)(void))hostfile_open_same, METH_FASTCALL, NULL},
    {"rename", hostfile_rename, METH_VARARGS, NULL},
    {"hole", hostfile_hole, METH_VARARGS, NULL},
    {"reserve", hostfile_reserve, METH_VARARGS, NULL},
    {"watch", hostfile_watch, METH_NOARGS, NULL},
    {"watch_folder", hostfile_watch_folder, METH_VARARGS, NULL},
    {"unconnect", hostfile_unconnect, METH_O, NULL},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_native", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__native(void)
{
    EngineError = imported("ring3k.engine.protocol", "EngineError");
    GuestFault = EngineError ? imported("ring3k.abi.status", "GuestFault") : NULL;
    NtError = GuestFault ? imported("ring3k.abi.status", "NtError") : NULL;
    PyObject *module = NtError && serve_init() == 0 ? PyModule_Create(&definition) : NULL;
    if (!module || PyModule_AddType(module, &EngineType) < 0 || PyModule_AddType(module, &SpaceType) < 0 ||
        PyModule_AddType(module, &ThreadType) < 0 || PyModule_AddType(module, &StoreType) < 0 ||
        PyModule_AddType(module, &PlainFileType) < 0 || PyModule_AddType(module, &SignalType) < 0)
        return NULL;
    return module;
}
