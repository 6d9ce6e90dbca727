// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Stores: memory that any number of address spaces may map.
//
// A store is a memfd that only grows.  When it grows it is mapped once more as
// a whole; the older mappings stay, because page tables point into them.
//
// Or it is a file of the host.  Such a file is foreign: whoever else may write to
// it may shorten it, and then the pages are gone although they are mapped.  So
// the kernel never touches them itself; the host copies, and tells when it can not.
#include "native.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
    int prot = memory->writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *base = mmap(NULL, length, prot, MAP_SHARED | MAP_NORESERVE, memory->fd, 0);
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
    if (!memory->writable)
        return memory->fd;
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

static Memory *memory_new(uint64_t size, bool writable)
{
    Memory *memory = PyMem_RawCalloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->references = 1;
    memory->fd = memory->read_only_fd = -1;
    memory->writable = writable;
    memory->size = size;
    memory->file_size = whole_pages(size);
    memory->budget = UINT64_MAX;
    return memory;
}

// Maps a memory that has its descriptor (or none, with errno set) and puts a store around it.
static PyObject *finish_store(Memory *memory)
{
    StoreObject *store = NULL;
    if (memory->fd < 0 || add_region(memory) < 0)
        PyErr_SetFromErrno(PyExc_OSError);
    else
        store = PyObject_New(StoreObject, &StoreType);
    if (store)
        store->memory = memory;
    else
        memory_release(memory);
    return (PyObject *)store;
}

PyObject *store_new(uint64_t size)
{
    if (size > (uint64_t)INT64_MAX - PAGE) {
        PyErr_SetString(PyExc_ValueError, "a store can not be that large");
        return NULL;
    }
    Memory *memory = memory_new(size, true);
    if (!memory)
        return PyErr_NoMemory();
    memory->fd = sealed_memory("ring3k-store", memory->file_size);
    return finish_store(memory);
}

// A store over a file; ValueError unless guests may map it whole, to run code from, too.
PyObject *store_of_file(int fd, uint64_t size, bool writable)
{
    struct stat status;
    if (size > (uint64_t)INT64_MAX - PAGE || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        PyErr_SetString(PyExc_ValueError, "not a file that can be mapped");
        return NULL;
    }
    void *trial = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if (trial == MAP_FAILED) {
        PyErr_SetFromErrno(PyExc_OSError);
        return NULL;
    }
    munmap(trial, PAGE);
    Memory *memory = memory_new(size, writable);
    if (!memory)
        return PyErr_NoMemory();
    memory->foreign = true;
    memory->fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    return finish_store(memory);
}

// The host copies from or to a foreign page; -1 when it has none there.
static int host_copies(void *own, uint8_t *foreign, uint64_t length, bool write)
{
    struct iovec here = {own, length}, there = {foreign, length};
    ssize_t done = write ? process_vm_writev(getpid(), &here, 1, &there, 1, 0) : process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    return done == (ssize_t)length ? 0 : -1;
}

int foreign_read(void *to, const uint8_t *from, uint64_t length) { return host_copies(to, (uint8_t *)from, length, false); }

int foreign_write(uint8_t *to, const void *from, uint64_t length) { return host_copies((void *)from, to, length, true); }

static PyObject *no_such_page(void)
{
    errno = EIO;
    return PyErr_SetFromErrno(PyExc_OSError);
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
    const Memory *memory = store->memory;
    if (!memory->foreign)
        return PyBytes_FromStringAndSize((char *)store_base(store) + offset, (Py_ssize_t)length);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    if (bytes && length && foreign_read(PyBytes_AS_STRING(bytes), store_base(store) + offset, length) < 0) {
        Py_DECREF(bytes);
        return no_such_page();
    }
    return bytes;
}

static PyObject *store_write(StoreObject *store, PyObject *const *args, Py_ssize_t count)
{
    uint64_t offset;
    Py_buffer data;
    if (need_args("write", count, 2) < 0 || as_u64(args[0], &offset) < 0 ||
        PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    int failed = store_range(store, offset, (uint64_t)data.len);
    if (!failed && store->memory->foreign) {
        if (data.len && foreign_write(store_base(store) + offset, data.buf, (uint64_t)data.len) < 0) {
            failed = -1;
            no_such_page();
        }
    } else if (!failed)
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
        if (!memory->foreign && ftruncate(memory->fd, (off_t)file_size) < 0)
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

// A file that was mapped for reading only can be written from now on, through another descriptor of it.
static PyObject *store_make_writable(StoreObject *store, PyObject *argument)
{
    uint32_t given;
    if (store_open(store) < 0 || as_u32(argument, &given) < 0)
        return NULL;
    Memory *memory = store->memory;
    if (!memory->foreign || memory->writable) {
        PyErr_SetString(PyExc_ValueError, "not a file mapped for reading only");
        return NULL;
    }
    int fd = fcntl((int)given, F_DUPFD_CLOEXEC, 10);
    if (fd < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    for (unsigned i = 0; i < memory->region_count; i++) {
        const struct region *region = &memory->regions[i];
        if (mmap(region->base, region->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0) == MAP_FAILED) {
            PyErr_SetFromErrno(PyExc_OSError);
            close(fd);
            return NULL;
        }
    }
    memory->read_only_fd = memory->fd;
    memory->fd = fd;
    memory->writable = true;
    Py_RETURN_NONE;
}

// Gives pages back to the host; they read as zero afterwards.
static PyObject *store_discard(StoreObject *store, PyObject *const *args, Py_ssize_t count)
{
    uint64_t offset, length;
    if (need_args("discard", count, 2) < 0 || as_u64(args[0], &offset) < 0 || as_u64(args[1], &length) < 0 ||
        store_range(store, offset, length) < 0)
        return NULL;
    if (store->memory->foreign || offset % PAGE || length % PAGE) {
        PyErr_SetString(PyExc_ValueError, "only whole pages of a store's own memory can be discarded");
        return NULL;
    }
    if (length && madvise(store_base(store) + offset, length, MADV_REMOVE) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
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
    {"make_writable", (PyCFunction)store_make_writable, METH_O, NULL},
    {"discard", (PyCFunction)(void (*)(void))store_discard, METH_FASTCALL, NULL},
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
