// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel's reads and writes of guest memory, through the page table.
//
// A page without the right needed is offered to the space's fault hook once;
// what it does not open raises GuestFault with the first byte that failed.
#include "native.h"

#include <unistd.h>

#define STATUS_IN_PAGE_ERROR 0xc0000006u

static inline uint8_t *reach(SpaceObject *space, uint64_t address, unsigned right)
{
    if (address >= GUEST_END)
        return NULL;
    uint64_t entry = space->table[address / PAGE];
    return entry & right ? (uint8_t *)(entry & ~(uint64_t)ENTRY_BITS) + address % PAGE : NULL;
}

// The same for a page that can be touched without care.
static inline uint8_t *reach_plain(SpaceObject *space, uint64_t address, unsigned right)
{
    if (address >= GUEST_END)
        return NULL;
    uint64_t entry = space->table[address / PAGE];
    return (entry & (right | ENTRY_FOREIGN)) == right ? (uint8_t *)(entry & ~(uint64_t)ENTRY_BITS) + address % PAGE : NULL;
}

static bool is_foreign(SpaceObject *space, uint64_t address) { return space->table[address / PAGE] & ENTRY_FOREIGN; }

static void raise_fault(uint64_t address, bool write, PyObject *status)
{
    PyObject *error =
        PyObject_CallFunction(GuestFault, "KOO", (unsigned long long)address, write ? Py_True : Py_False, status);
    if (error) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
}

// The page is mapped, but the host can not read it in.
static int in_page_error(uint64_t address, bool write)
{
    PyObject *status = PyLong_FromUnsignedLong(STATUS_IN_PAGE_ERROR);
    if (status)
        raise_fault(address, write, status);
    Py_XDECREF(status);
    return -1;
}

static uint8_t *fault(SpaceObject *space, uint64_t address, unsigned right)
{
    bool write = right == ENTRY_WRITE;
    if (space->fault_hook && space->fault_hook != Py_None && address < GUEST_END) {
        PyObject *hook = Py_NewRef(space->fault_hook);
        PyObject *opened = PyObject_CallFunction(hook, "KO", (unsigned long long)address, write ? Py_True : Py_False);
        Py_DECREF(hook);
        int yes = opened ? PyObject_IsTrue(opened) : -1;
        Py_XDECREF(opened);
        if (yes < 0 || space_alive(space) < 0)
            return NULL;
        uint8_t *at = yes ? reach(space, address, right) : NULL;
        if (at)
            return at;
    }
    raise_fault(address, write, Py_None);
    return NULL;
}

static inline uint8_t *page_at(SpaceObject *space, uint64_t address, unsigned right)
{
    uint8_t *at = reach(space, address, right);
    return at ? at : fault(space, address, right);
}

static inline uint64_t rest_of_page(uint64_t address) { return PAGE - address % PAGE; }

// Length is at most GUEST_END and address fits 64 bits: a range too long faults where it leaves the guest.
int copy_in(SpaceObject *space, uint64_t address, void *to, uint64_t length)
{
    uint8_t *out = to;
    while (length) {
        uint64_t part = rest_of_page(address) < length ? rest_of_page(address) : length;
        uint8_t *at = page_at(space, address, ENTRY_READ);
        if (!at)
            return -1;
        if (!is_foreign(space, address))
            memcpy(out, at, part);
        else if (foreign_read(out, at, part) < 0)
            return in_page_error(address, false);
        out += part;
        address += part;
        length -= part;
    }
    return 0;
}

static int probe(SpaceObject *space, uint64_t address, uint64_t length)
{
    while (length) {
        uint64_t part = rest_of_page(address) < length ? rest_of_page(address) : length;
        if (!page_at(space, address, ENTRY_WRITE))
            return -1;
        address += part;
        length -= part;
    }
    return 0;
}

static int copy_out(SpaceObject *space, uint64_t address, const void *from, uint64_t length)
{
    const uint8_t *in = from;
    while (length) {
        uint64_t part = rest_of_page(address) < length ? rest_of_page(address) : length;
        uint8_t *at = page_at(space, address, ENTRY_WRITE);
        if (!at)
            return -1;
        if (!is_foreign(space, address))
            memcpy(at, in, part);
        else if (foreign_write(at, in, part) < 0)
            return in_page_error(address, true);
        in += part;
        address += part;
        length -= part;
    }
    return 0;
}

// The kernel's addresses of a guest range, for one host call: how many, and how many bytes they cover.
int access_pieces(SpaceObject *space, uint64_t address, uint64_t length, bool to_guest, struct iovec *pieces, int room,
                  uint64_t *covered)
{
    int used = 0;
    unsigned right = to_guest ? ENTRY_WRITE : ENTRY_READ;
    *covered = 0;
    while (length) {
        uint64_t part = rest_of_page(address) < length ? rest_of_page(address) : length;
        uint8_t *at = reach(space, address, right);
        if (!at) {
            if (used) // the pages so far first: a fault hook may change what is mapped
                return used;
            at = fault(space, address, right);
            if (!at)
                return -1;
        }
        if (used && (uint8_t *)pieces[used - 1].iov_base + pieces[used - 1].iov_len == at) {
            pieces[used - 1].iov_len += part;
        } else if (used == room) {
            return used;
        } else {
            pieces[used++] = (struct iovec){at, part};
        }
        *covered += part;
        address += part;
        length -= part;
    }
    return used;
}

// The kernel's address of a guest range whose pages can all be touched without care and lie in one row; else NULL.
uint8_t *access_plain(SpaceObject *space, uint64_t address, uint64_t length, unsigned right)
{
    uint8_t *start = reach_plain(space, address, right);
    for (uint64_t done = rest_of_page(address); start && done < length; done += PAGE)
        if (reach_plain(space, address + done, right) != start + done)
            return NULL;
    return start;
}

static int address_of(SpaceObject *space, PyObject *object, uint64_t *address)
{
    return space_alive(space) < 0 ? -1 : as_u64(object, address);
}

PyObject *access_read(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address, length;
    if (need_args("read", count, 2) < 0 || address_of(space, args[0], &address) < 0 || as_u64(args[1], &length) < 0)
        return NULL;
    if (length > GUEST_END || address >= GUEST_END || length > GUEST_END - address) {
        // The pages before the end may fault first; only then the end itself does.
        if (length) {
            uint64_t at = address;
            while (page_at(space, at, ENTRY_READ))
                at += rest_of_page(at);
            return NULL;
        }
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    if (bytes && copy_in(space, address, PyBytes_AS_STRING(bytes), length) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

PyObject *access_write(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address;
    Py_buffer data;
    if (need_args("write", count, 2) < 0 || address_of(space, args[0], &address) < 0 ||
        PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    int failed = copy_out(space, address, data.buf, (uint64_t)data.len);
    PyBuffer_Release(&data);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

PyObject *access_probe_write(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address, length;
    if (need_args("probe_write", count, 2) < 0 || address_of(space, args[0], &address) < 0 ||
        as_u64(args[1], &length) < 0 || probe(space, address, length) < 0)
        return NULL;
    Py_RETURN_NONE;
}

#define SCALAR(bits)                                                                                      \
    PyObject *access_read_u##bits(SpaceObject *space, PyObject *argument)                                 \
    {                                                                                                     \
        uint64_t address;                                                                                 \
        uint##bits##_t value;                                                                             \
        if (address_of(space, argument, &address) < 0)                                                    \
            return NULL;                                                                                  \
        const uint8_t *at = rest_of_page(address) >= sizeof value ? reach_plain(space, address, ENTRY_READ) : NULL; \
        if (at)                                                                                           \
            memcpy(&value, at, sizeof value);                                                             \
        else if (copy_in(space, address, &value, sizeof value) < 0)                                       \
            return NULL;                                                                                  \
        return PyLong_FromUnsignedLongLong(value);                                                        \
    }                                                                                                     \
    PyObject *access_write_u##bits(SpaceObject *space, PyObject *const *args, Py_ssize_t count)           \
    {                                                                                                     \
        uint64_t address;                                                                                 \
        if (need_args("write_u" #bits, count, 2) < 0 || address_of(space, args[0], &address) < 0)         \
            return NULL;                                                                                  \
        unsigned long long number = PyLong_AsUnsignedLongLongMask(args[1]);                               \
        if (number == (unsigned long long)-1 && PyErr_Occurred())                                         \
            return NULL;                                                                                  \
        uint##bits##_t value = (uint##bits##_t)number;                                                    \
        uint8_t *at = rest_of_page(address) >= sizeof value ? reach_plain(space, address, ENTRY_WRITE) : NULL;  \
        if (at)                                                                                           \
            memcpy(at, &value, sizeof value);                                                             \
        else if (probe(space, address, sizeof value) < 0 || copy_out(space, address, &value, sizeof value) < 0) \
            return NULL;                                                                                  \
        Py_RETURN_NONE;                                                                                   \
    }
SCALAR(8)
SCALAR(16)
SCALAR(32)
SCALAR(64)

// UTF-16 of so many bytes; lone surrogates survive.  Copied first: the guest may write there meanwhile.
static PyObject *text_at(SpaceObject *space, uint64_t address, uint32_t size)
{
    uint8_t few[256], *text = size <= sizeof few ? few : PyMem_Malloc(size);
    int order = -1;
    PyObject *found = NULL;
    if (!text)
        return PyErr_NoMemory();
    if (copy_in(space, address, text, size) == 0)
        found = PyUnicode_DecodeUTF16((char *)text, size, "surrogatepass", &order);
    if (text != few)
        PyMem_Free(text);
    return found;
}

PyObject *access_read_text(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address;
    uint32_t size;
    if (need_args("read_text", count, 2) < 0 || address_of(space, args[0], &address) < 0 || as_u32(args[1], &size) < 0)
        return NULL;
    if (size > UINT16_MAX || size & 1) {
        PyErr_SetString(PyExc_ValueError, "no size of a text");
        return NULL;
    }
    return text_at(space, address, size);
}

PyObject *access_read_counted(SpaceObject *space, PyObject *argument)
{
    uint64_t address;
    struct {
        uint16_t length, maximum;
        uint32_t buffer;
    } string; // UNICODE_STRING
    if (address_of(space, argument, &address) < 0 || copy_in(space, address, &string, sizeof string) < 0)
        return NULL;
    return text_at(space, string.buffer, string.length & ~1u);
}

static int private_range(SpaceObject *space, uint64_t address, uint64_t length)
{
    if (space_alive(space) < 0)
        return -1;
    if (address > GUEST_END || length > GUEST_END - address) {
        PyErr_SetString(PyExc_ValueError, "outside the guest's memory");
        return -1;
    }
    return 0;
}

PyObject *access_peek(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address, length;
    if (need_args("peek", count, 2) < 0 || as_u64(args[0], &address) < 0 || as_u64(args[1], &length) < 0 ||
        private_range(space, address, length) < 0)
        return NULL;
    return PyBytes_FromStringAndSize((char *)space->memory + address, (Py_ssize_t)length);
}

PyObject *access_poke(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address;
    Py_buffer data;
    if (need_args("poke", count, 2) < 0 || as_u64(args[0], &address) < 0 ||
        PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    int failed = private_range(space, address, (uint64_t)data.len);
    if (!failed)
        memcpy(space->memory + address, data.buf, (size_t)data.len);
    PyBuffer_Release(&data);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

// 0, or what went wrong.
static int copy_run(int from, int to, off_t at, off_t end)
{
    enum { PIECE = 1 << 18 };
    int error = 0;
    char *piece = PyMem_RawMalloc(PIECE);
    if (!piece)
        return ENOMEM;
    while (!error && at < end) {
        ssize_t got = pread(from, piece, (size_t)(end - at < PIECE ? end - at : PIECE), at);
        ssize_t put = got > 0 ? pwrite(to, piece, (size_t)got, at) : got;
        if (put > 0)
            at += put;
        else
            error = put < 0 ? errno : EIO;
    }
    PyMem_RawFree(piece);
    return error;
}

PyObject *access_copy_private(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint64_t address, length;
    if (need_args("copy_private", count, 3) < 0 || as_u64(args[0], &address) < 0 || as_u64(args[1], &length) < 0 ||
        private_range(space, address, length) < 0)
        return NULL;
    if (!Py_IS_TYPE(args[2], &SpaceType)) {
        PyErr_SetString(PyExc_TypeError, "copy_private() wants a space to copy into");
        return NULL;
    }
    SpaceObject *other = (SpaceObject *)args[2];
    if (space_alive(other) < 0)
        return NULL;
    // What was never touched is a hole: it costs nothing, and looking through the mapping would fill it.
    off_t end = (off_t)(address + length), at = lseek(space->private, (off_t)address, SEEK_DATA);
    while (at >= 0 && at < end) {
        off_t hole = lseek(space->private, at, SEEK_HOLE);
        if (hole >= 0)
            errno = copy_run(space->private, other->private, at, hole < end ? hole : end);
        if (hole < 0 || errno)
            return PyErr_SetFromErrno(PyExc_OSError);
        at = lseek(space->private, hole, SEEK_DATA);
    }
    if (at < 0 && errno != ENXIO)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}
