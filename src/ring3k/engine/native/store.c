// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Stores: memory that any number of address spaces may map.
//
// A store is a memfd that only grows.  When it grows it is mapped once more as
// a whole; the older mappings stay, because page tables point into them.
#include "native.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

static uint64_t whole_pages(uint64_t size) { return (size + PAGE - 1) & ~(uint64_t)(PAGE - 1); }

// Descriptors 0 to 9 are kept free: a guest process gets its own there.
int high_descriptor(int fd)
{
    if (fd < 0 || fd >= 10)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    close(fd);
    return high;
}

// A memfd that can not shrink, so that nobody can make another's mapping fault.
int sealed_memory(const char *name, uint64_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    fd = high_descriptor(fd);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int add_region(Memory *memory)
{
    struct region *regions = PyMem_RawRealloc(memory->regions, (memory->region_count + 1) * sizeof *regions);
    if (!regions)
        return -1;
    memory->regions = regions;
    uint64_t length = memory->file_size ? memory->file_size : PAGE;
    void *base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory->fd, 0);
    if (base == MAP_FAILED)
        return -1;
    madvise(base, length, MADV_NOHUGEPAGE); // what was never touched shall stay untouched
    regions[memory->region_count++] = (struct region){base, length};
    return 0;
}

void memory_release(Memory *memory)
{
    if (--memory->references)
        return;
    for (unsigned i = 0; i < memory->region_count; i++)
        munmap(memory->regions[i].base, memory->regions[i].length);
    PyMem_RawFree(memory->regions);
    if (memory->fd >= 0)
        close(memory->fd);
    if (memory->read_only_fd >= 0)
        close(memory->read_only_fd);
    PyMem_RawFree(memory);
}

// The descriptor for views that may never be written.
int memory_read_only(Memory *memory)
{
    if (memory->read_only_fd < 0) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory->fd);
        memory->read_only_fd = high_descriptor(open(path, O_RDONLY | O_CLOEXEC));
    }
    return memory->read_only_fd;
}

bool memory_holds(const Memory *memory, const uint8_t *at)
{
    for (unsigned i = 0; i < memory->region_count; i++)
        if (at >= memory->regions[i].base && at < memory->regions[i].base + memory->regions[i].length)
            return true;
    return false;
}

uint64_t memory_offset(const Memory *memory, const uint8_t *at)
{
    for (unsigned i = 0; i < memory->region_count; i++)
        if (at >= memory->regions[i].base && at < memory->regions[i].base + memory->regions[i].length)
            return (uint64_t)(at - memory->regions[i].base);
    return 0;
}

PyObject *store_new(uint64_t size)
{
    if (size > (uint64_t)INT64_MAX - PAGE) {
        PyErr_SetString(PyExc_ValueError, "a store can not be that large");
        return NULL;
    }
    Memory *memory = PyMem_RawCalloc(1, sizeof *memory);
    if (!memory)
        return PyErr_NoMemory();
    memory->references = 1;
    memory->read_only_fd = -1;
    memory->size = size;
    memory->file_size = whole_pages(size);
    memory->budget = UINT64_MAX;
    memory->fd = sealed_memory("ring3k-store", memory->file_size);
    if (memory->fd < 0 || add_region(memory) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        memory_release(memory);
        return NULL;
    }
    StoreObject *store = PyObject_New(StoreObject, &StoreType);
    if (!store) {
        memory_release(memory);
        return NULL;
    }
    store->memory = memory;
    return (PyObject *)store;
}

static int store_open(StoreObject *store)
{
    if (store->memory)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the store is closed");
    return -1;
}

static int store_range(StoreObject *store, uint64_t offset, uint64_t length)
{
    if (store_open(store) < 0)
        return -1;
    if (offset > store->memory->size || length > store->memory->size - offset) {
        PyErr_SetString(PyExc_ValueError, "outside the store");
        return -1;
    }
    return 0;
}

static uint8_t *store_base(StoreObject *store)
{
    return store->memory->regions[store->memory->region_count - 1].base;
}

static PyObject *store_read(StoreObject *store, PyObject *const *args, Py_ssize_t count)
{
    uint64_t offset, length;
    if (need_args("read", count, 2) < 0 || as_u64(args[0], &offset) < 0 || as_u64(args[1], &length) < 0 ||
        store_range(store, offset, length) < 0)
        return NULL;
    return PyBytes_FromStringAndSize((char *)store_base(store) + offset, (Py_ssize_t)length);
}

static PyObject *store_write(StoreObject *store, PyObject *const *args, Py_ssize_t count)
{
    uint64_t offset;
    Py_buffer data;
    if (need_args("write", count, 2) < 0 || as_u64(args[0], &offset) < 0 ||
        PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    int failed = store_range(store, offset, (uint64_t)data.len);
    if (!failed)
        memcpy(store_base(store) + offset, data.buf, (size_t)data.len);
    PyBuffer_Release(&data);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *store_resize(StoreObject *store, PyObject *argument)
{
    uint64_t size;
    if (store_open(store) < 0 || as_u64(argument, &size) < 0)
        return NULL;
    Memory *memory = store->memory;
    if (size < memory->size || size > (uint64_t)INT64_MAX - PAGE) {
        PyErr_SetString(PyExc_ValueError, "a store can only grow");
        return NULL;
    }
    uint64_t file_size = whole_pages(size), old = memory->file_size;
    if (file_size > old) {
        if (ftruncate(memory->fd, (off_t)file_size) < 0)
            return PyErr_SetFromErrno(PyExc_OSError);
        memory->file_size = file_size;
        if (add_region(memory) < 0) {
            memory->file_size = old;
            return PyErr_SetFromErrno(PyExc_OSError);
        }
    }
    memory->size = size;
    Py_RETURN_NONE;
}

static PyObject *store_close(StoreObject *store, PyObject *Py_UNUSED(none))
{
    Memory *memory = store->memory;
    store->memory = NULL;
    if (memory)
        memory_release(memory);
    Py_RETURN_NONE;
}

static PyObject *store_size(StoreObject *store, void *Py_UNUSED(closure))
{
    return store_open(store) < 0 ? NULL : PyLong_FromUnsignedLongLong(store->memory->size);
}

static PyObject *store_budget(StoreObject *store, void *Py_UNUSED(closure))
{
    if (store_open(store) < 0)
        return NULL;
    const Memory *memory = store->memory;
    return PyLong_FromUnsignedLongLong(memory->budget < memory->size ? memory->budget : memory->size);
}

static int store_set_budget(StoreObject *store, PyObject *value, void *Py_UNUSED(closure))
{
    uint64_t bytes;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "a budget can not be deleted");
        return -1;
    }
    if (store_open(store) < 0 || as_u64(value, &bytes) < 0)
        return -1;
    store->memory->budget = bytes;
    return 0;
}

static void store_dealloc(StoreObject *store)
{
    if (store->memory)
        memory_release(store->memory);
    PyObject_Free(store);
}

static PyMethodDef store_methods[] = {
    {"read", (PyCFunction)(void (*)(void))store_read, METH_FASTCALL, NULL},
    {"write", (PyCFunction)(void (*)(void))store_write, METH_FASTCALL, NULL},
    {"resize", (PyCFunction)store_resize, METH_O, NULL},
    {"close", (PyCFunction)store_close, METH_NOARGS, NULL},
    {NULL},
};

static PyGetSetDef store_getset[] = {
    {"size", (getter)store_size, NULL, NULL, NULL},
    {"budget", (getter)store_budget, (setter)store_set_budget, NULL, NULL},
    {NULL},
};

PyTypeObject StoreType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ring3k.engine._native.Store",
    .tp_basicsize = sizeof(StoreObject),
    .tp_dealloc = (destructor)store_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = store_methods,
    .tp_getset = store_getset,
};
