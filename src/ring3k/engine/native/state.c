// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a thread holds besides its registers: arguments, FPU state, time used.
#include "native.h"

#include <fcntl.h>
#include <unistd.h>

PyObject *thread_words(ThreadObject *thread, uint32_t count)
{
    uint32_t words[64];
    if (count > sizeof words / sizeof *words) {
        PyErr_SetString(PyExc_ValueError, "too many arguments");
        return NULL;
    }
    SpaceObject *space = thread->space;
    if (space_alive(space) < 0)
        return NULL;
    uint32_t here = thread->arg_base == thread->words_base ? thread->word_count : 0;
    here = here < count ? here : count;
    memcpy(words, thread->words, here * 4ull);
    if (here < count && copy_in(space, thread->arg_base + 4ull * here, words + here, (count - here) * 4ull) < 0)
        return NULL;
    PyObject *tuple = PyTuple_New(count);
    for (uint32_t i = 0; tuple && i < count; i++) {
        PyObject *word = PyLong_FromUnsignedLong(words[i]);
        if (!word)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, word);
    }
    return tuple;
}

PyObject *thread_args(ThreadObject *thread, PyObject *argument)
{
    uint32_t count;
    if (thread_trapped(thread) < 0 || as_u32(argument, &count) < 0)
        return NULL;
    return thread_words(thread, count);
}

PyObject *thread_get_fpu(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    if (thread_trapped(thread) < 0)
        return NULL;
    if (!thread->fpu_known && !thread->space->dead && thread->space->pcb) {
        if (thread->space->engine->ptrace) {
            if (ptrace_get_fpu(thread) < 0)
                return NULL;
        } else if (thread->fpu_saved || side_order(thread, ORDER_SAVE_FPU) == 0)
            memcpy(thread->fpu, thread->tcb->fpu, sizeof thread->fpu);
        memset(thread->fpu + 416, 0, sizeof thread->fpu - 416); // reserved, or the host's own
        thread->fpu_known = true;
    }
    return PyBytes_FromStringAndSize((char *)thread->fpu, sizeof thread->fpu);
}

PyObject *thread_set_fpu(ThreadObject *thread, PyObject *argument)
{
    Py_buffer image;
    if (thread_trapped(thread) < 0 || PyObject_GetBuffer(argument, &image, PyBUF_SIMPLE) < 0)
        return NULL;
    int wrong = image.len != sizeof thread->fpu;
    if (wrong)
        PyErr_SetString(PyExc_ValueError, "an FXSAVE image has 512 bytes");
    else {
        memcpy(thread->fpu, image.buf, sizeof thread->fpu);
        uint32_t control;
        memcpy(&control, thread->fpu + 24, sizeof control);
        control &= 0xffff; // a reserved bit would fault
        memcpy(thread->fpu + 24, &control, sizeof control);
        thread->fpu_known = thread->fpu_changed = true;
    }
    PyBuffer_Release(&image);
    if (wrong)
        return NULL;
    Py_RETURN_NONE;
}

// A small file of /proc, as text; 0 bytes when it can not be read.
static size_t proc_text(int pid, int tid, const char *file, char *text, size_t room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", pid, tid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, room - 1);
    if (fd >= 0)
        close(fd);
    text[got < 0 ? 0 : got] = 0;
    return got < 0 ? 0 : (size_t)got;
}

// The host counts the sum exactly and the split in clock ticks.
static PyObject *split_time(uint64_t total, uint64_t user, uint64_t system)
{
    double share = user + system ? (double)system / (double)(user + system) : 0;
    uint64_t in_system = (uint64_t)((double)total * share);
    return Py_BuildValue("(KK)", (unsigned long long)(total - in_system), (unsigned long long)in_system);
}

// Reading three clocks costs a hundredth of what two files of /proc do; those of threads are for their own process only.
PyObject *space_cpu_time(SpaceObject *space, PyObject *Py_UNUSED(none))
{
    clockid_t exact;
    uint64_t used[3]; // in both modes and in user mode, by ticks; in both, exactly
    if (!space->pid || clock_getcpuclockid(space->pid, &exact) != 0)
        Py_RETURN_NONE;
    for (int kind = 0; kind < 3; kind++) {
        struct timespec time;
        if (clock_gettime((exact & ~3) | kind, &time) < 0)
            Py_RETURN_NONE;
        used[kind] = (uint64_t)time.tv_sec * NANO + (uint64_t)time.tv_nsec;
    }
    return split_time(used[2], used[1], used[0] > used[1] ? used[0] - used[1] : 0);
}

PyObject *thread_cpu_time(ThreadObject *thread, PyObject *Py_UNUSED(none))
{
    char text[1024];
    unsigned long long total = 0, user = 0, system = 0;
    int pid = thread->space->pid;
    if (thread->tid > 0 && pid > 0 && proc_text(pid, thread->tid, "stat", text, sizeof text)) {
        const char *rest = strrchr(text, ')');
        if (rest)
            sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
        if (proc_text(pid, thread->tid, "schedstat", text, sizeof text))
            sscanf(text, "%llu", &total);
        else
            total = (user + system) * (unsigned long long)(NANO / sysconf(_SC_CLK_TCK));
    }
    return split_time(total, user, system);
}
