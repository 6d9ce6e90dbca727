// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the kernel has allowed the engine to answer: kinds of calls, by handle.
//
// The kernel takes that back by object (judge), so an object knows nothing of its
// handles: it counts how often that happened, and a permission with an older count
// is void.  One is also forgotten when another handle needs its place.
#include "native.h"

#define HANDLES 128

static void empty(struct permission *one)
{
    Py_CLEAR(one->object);
    Py_CLEAR(one->counters);
}

void permissions_forget(SpaceObject *space)
{
    for (unsigned i = 0; space->permissions && i < HANDLES; i++)
        empty(&space->permissions[i]);
    PyMem_RawFree(space->permissions);
    space->permissions = NULL;
}

int permissions_traverse(SpaceObject *space, visitproc visit, void *arg)
{
    for (unsigned i = 0; space->permissions && i < HANDLES; i++) {
        Py_VISIT(space->permissions[i].object);
        Py_VISIT(space->permissions[i].counters);
    }
    return 0;
}

static bool stands(const struct permission *one, uint32_t number)
{
    return one->object && one->index == number >> 2 && one->judged == one->object->judged;
}

// NULL with an exception set.  A handle that means another object, or a file by another descriptor, begins anew.
struct permission *permit(SpaceObject *space, uint32_t number, PyObject *object, int fd, uint32_t kind)
{
    if (!space->permissions)
        space->permissions = PyMem_RawCalloc(HANDLES, sizeof *space->permissions);
    if (!space->permissions) {
        PyErr_NoMemory();
        return NULL;
    }
    struct permission *one = &space->permissions[(number >> 2) % HANDLES];
    if (!stands(one, number) || (PyObject *)one->object != object || one->fd != fd) {
        Py_XSETREF(one->object, (JudgedObject *)Py_NewRef(object));
        Py_CLEAR(one->counters);
        one->kinds = 0;
        one->index = number >> 2;
        one->judged = one->object->judged;
        one->fd = fd;
    }
    one->kinds |= 1u << kind;
    return one;
}

// NULL: the kernel has to answer.
struct permission *permitted(SpaceObject *space, uint32_t number, int kind)
{
    if (!space->permissions)
        return NULL;
    struct permission *one = &space->permissions[(number >> 2) % HANDLES];
    return stands(one, number) && one->kinds & (1u << kind) ? one : NULL;
}

PyObject *permission_judge(JudgedObject *object, PyObject *Py_UNUSED(none))
{
    object->judged++;
    Py_RETURN_NONE;
}
