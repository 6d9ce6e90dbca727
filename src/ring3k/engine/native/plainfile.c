// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads and writes of files that need no judgement, answered without Python.
//
// The kernel names the handles (set_plain_file, permission.c).  A call that is in any way unusual is left alone, before or after
// the transfer: the kernel then does all of it again, and nothing here has told
// the guest anything.
#include "native.h"

#include <structmember.h>
#include <unistd.h>

enum { HANDLE, EVENT, APC_ROUTINE, APC_CONTEXT, STATUS_BLOCK, BUFFER, LENGTH, BYTE_OFFSET, KEY, WORDS };

#define USE_POSITION (-2ll)          /* FILE_USE_FILE_POINTER_POSITION */
#define LAST_OFFSET (1ll << 62)      /* as in io.disk.file */
#define MOST (1u << 20)              /* bytes at a time */
#define COUNTERS 6
#define STATUS_END_OF_FILE 0xc0000011u

static PyObject *one;

PyObject *plain_file_new(EngineObject *Py_UNUSED(engine), PyObject *Py_UNUSED(none))
{
    return PlainFileType.tp_alloc(&PlainFileType, 0);
}

// ---- which handles ---------------------------------------------------------

static int good_counters(PyObject *list)
{
    bool good = PyList_CheckExact(list) && PyList_GET_SIZE(list) == COUNTERS;
    for (int i = 0; good && i < COUNTERS; i++)
        good = PyLong_CheckExact(PyList_GET_ITEM(list, i));
    return good;
}

// set_plain_file(handle, file, fd, kind, counters)
PyObject *space_set_plain_file(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t number, fd, kind;
    if (need_args("set_plain_file", count, 5) < 0 || space_alive(space) < 0 || as_u32(args[0], &number) < 0 ||
        as_u32(args[2], &fd) < 0 || as_u32(args[3], &kind) < 0)
        return NULL;
    if (!PyObject_TypeCheck(args[1], &PlainFileType) || !good_counters(args[4]) || (kind != NATIVE_READ_FILE && kind != NATIVE_WRITE_FILE)) {
        PyErr_SetString(PyExc_TypeError, "set_plain_file(handle, plain file, descriptor, kind, six counters)");
        return NULL;
    }
    if (!one && !(one = PyLong_FromLong(1)))
        return NULL;
    struct permission *permission = permit(space, number, args[1], (int)fd, kind);
    if (!permission)
        return NULL;
    Py_XSETREF(permission->counters, Py_NewRef(args[4]));
    Py_RETURN_NONE;
}

// ---- the call --------------------------------------------------------------

// Where to read or write; negative when the kernel is to say.
static long long where(SpaceObject *space, const PlainFileObject *file, uint32_t pointer)
{
    long long offset = USE_POSITION;
    if (pointer) {
        const uint8_t *at = access_plain(space, pointer, sizeof offset, ENTRY_READ);
        if (!at)
            return -1;
        memcpy(&offset, at, sizeof offset);
        __asm__ volatile("" : : "g"(&offset) : "memory");
    }
    if (offset == USE_POSITION)
        offset = file->position;
    return offset < LAST_OFFSET - MOST ? offset : -1;
}

static int add_to(PyObject *counters, int which, PyObject *amount)
{
    PyObject *sum = PyNumber_Add(PyList_GET_ITEM(counters, which), amount);
    return sum ? PyList_SetItem(counters, which, sum) : -1;
}

static int count_call(PyObject *counters, int kind, ssize_t bytes)
{
    if (!good_counters(counters))
        return 0; // the process has others now, or none
    PyObject *amount = PyLong_FromSsize_t(bytes);
    int failed = !amount || add_to(counters, kind - 1, one) < 0 || add_to(counters, kind + 2, amount) < 0;
    Py_XDECREF(amount);
    return failed ? -1 : 0;
}

// NtReadFile or NtWriteFile (native.c).
PyObject *plain_file_call(ThreadObject *thread, int kind)
{
    SpaceObject *space = thread->space;
    uint32_t words[WORDS];
    if (!native_words(thread, words, WORDS))
        return NULL;
    struct permission *handle = permitted(space, words[HANDLE], kind);
    if (!handle || words[EVENT] || words[APC_ROUTINE] || words[KEY] || !words[LENGTH] || words[LENGTH] > MOST)
        return NULL;
    PlainFileObject *file = (PlainFileObject *)handle->object;
    long long offset = where(space, file, words[BYTE_OFFSET]);
    bool reading = kind == NATIVE_READ_FILE;
    uint8_t *block = access_plain(space, words[STATUS_BLOCK], 8, ENTRY_WRITE);
    uint8_t *buffer = access_plain(space, words[BUFFER], words[LENGTH], reading ? ENTRY_WRITE : ENTRY_READ);
    if (offset < 0 || !block || !buffer)
        return NULL;
    ssize_t done = reading ? pread(handle->fd, buffer, words[LENGTH], offset) : pwrite(handle->fd, buffer, words[LENGTH], offset);
    if (done < 0 || (!reading && done < (ssize_t)words[LENGTH]))
        return NULL;
    if (count_call(handle->counters, kind, done) < 0)
        return NULL;
    file->position = offset + done;
    uint32_t status = done ? 0 : STATUS_END_OF_FILE; // nothing is never written: that was seen above
    memcpy(block, (uint32_t[]){status, (uint32_t)done}, 8);
    return PyLong_FromUnsignedLong(status);
}

static PyMethodDef plain_file_methods[] = {
    {"judge", (PyCFunction)permission_judge, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef plain_file_members[] = {
    {"position", T_LONGLONG, offsetof(PlainFileObject, position), 0, NULL},
    {NULL},
};

PyTypeObject PlainFileType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.PlainFile",
    .tp_basicsize = sizeof(PlainFileObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = plain_file_methods,
    .tp_members = plain_file_members,
};
