// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A listing of a host folder: the records of many entries at a time.
//
// The kernel gives the names and says what a record looks like.  Whatever is not ordinary, and what there is no room for,
// is left to it: it does one entry in its own way and goes on here.
#include "native.h"

#include <string.h>

#define READONLY 0x1ul
#define DIRECTORY 0x10ul
#define ARCHIVE 0x20ul
#define NORMAL 0x80ul
#define SPARSE_FILE 0x200ul
#define CLUSTER 4096u
#define NUMBERS 8       /* where a record's numbers begin: four times, end, allocation, attributes */
#define BRIEF_LETTERS 12 /* of an 8.3 name, which begins two bytes behind its length */
#define MOST_FIXED 256  /* bytes of a record without its name */

typedef struct {
    int fd;
    Py_ssize_t fixed, length, ea, brief, number; // a record without its name, and where in it things are; 0: it has none
    unsigned long kept, odd;                     // DOS attributes that count, and those that are the kernel's affair
    PyObject *names, *briefs;                    // a list; a dictionary of 8.3 names, "" for a name that is one itself
    Py_ssize_t place;                            // of the next name
    char *out;
    Py_ssize_t room, used, last; // where the last record begins
    PyObject *numbers;           // file ids that were given -> names
} Listing;

typedef enum { FAILED = -1, LEFT, GONE, WRITTEN } Done;

static void put32(char *at, uint64_t value) { memcpy(at, (uint32_t[]){(uint32_t)value}, 4); }
static void put64(char *at, uint64_t value) { memcpy(at, &value, 8); }

static unsigned long dos_attributes(const Listing *listing, const HostLook *look)
{
    bool directory = S_ISDIR(look->is.stx_mode);
    unsigned long found = (unsigned long)look->dos & listing->kept;
    if (look->dos < 0)
        found = directory ? 0 : ARCHIVE;
    if (directory)
        return found | DIRECTORY | (look->dos < 0 ? 0 : (unsigned long)look->dos & READONLY);
    if (!(look->is.stx_mode & S_IWUSR))
        found |= READONLY;
    return found ? found : NORMAL;
}

static void put_numbers(const Listing *listing, const HostLook *look, char *at)
{
    long long written = host_nt_time(look->is.stx_mtime), changed = host_nt_time(look->is.stx_ctime);
    uint64_t size = look->is.stx_size, taken = look->is.stx_blocks * 512, whole = (size + CLUSTER - 1) / CLUSTER * CLUSTER;
    if (taken < whole && (look->dos < 0 || !(look->dos & SPARSE_FILE)))
        taken = whole;
    if (S_ISDIR(look->is.stx_mode))
        size = taken = 0;
    put64(at, (uint64_t)(look->born ? look->born : written < changed ? written : changed));
    put64(at + 8, (uint64_t)host_nt_time(look->is.stx_atime));
    put64(at + 16, (uint64_t)written);
    put64(at + 24, (uint64_t)changed);
    put64(at + 32, size);
    put64(at + 40, taken);
    put32(at + 48, dos_attributes(listing, look));
}

// Room for a record, zeros, behind those that are there; NULL without.
static char *new_record(Listing *listing, Py_ssize_t name_bytes)
{
    Py_ssize_t start = (listing->used + 7) & ~(Py_ssize_t)7, end = start + listing->fixed + name_bytes;
    if (end > listing->room)
        return NULL;
    memset(listing->out + listing->used, 0, (size_t)(end - listing->used));
    if (listing->used)
        put32(listing->out + listing->last, (uint64_t)(start - listing->last));
    listing->last = start;
    listing->used = end;
    put32(listing->out + start + listing->length, (uint64_t)name_bytes);
    return listing->out + start;
}

static Done put_number(Listing *listing, char *record, uint64_t inode, PyObject *name)
{
    PyObject *number = PyLong_FromUnsignedLongLong(inode);
    put64(record + listing->number, inode);
    Done done = number && PyDict_SetItem(listing->numbers, number, name) == 0 ? WRITTEN : FAILED;
    Py_XDECREF(number);
    return done;
}

// The entry ``name``: ``host`` for the host, ``raw`` in the record: UTF-16 or, if NULL, the same as for the host.
static Done put_entry(Listing *listing, PyObject *name, const char *host, const char *raw, Py_ssize_t name_bytes)
{
    HostLook look;
    PyObject *brief = NULL;
    if (listing->brief) {
        brief = PyDict_GetItemWithError(listing->briefs, name);
        if (!brief)
            return PyErr_Occurred() ? FAILED : LEFT;
        if (!PyUnicode_Check(brief) || !PyUnicode_IS_ASCII(brief) || PyUnicode_GET_LENGTH(brief) > BRIEF_LETTERS)
            return LEFT;
    }
    bool all = listing->length > NUMBERS;
    if (host_look(listing->fd, host, all, &look) < 0)
        return GONE;
    if (!S_ISREG(look.is.stx_mode) && !S_ISDIR(look.is.stx_mode))
        return S_ISLNK(look.is.stx_mode) ? LEFT : GONE;
    if (listing->ea && look.dos >= 0 && (unsigned long)look.dos & listing->odd)
        return LEFT;
    char *record = new_record(listing, name_bytes);
    if (!record)
        return LEFT;
    if (all)
        put_numbers(listing, &look, record + NUMBERS);
    if (brief) {
        Py_ssize_t letters = PyUnicode_GET_LENGTH(brief);
        record[listing->brief] = (char)(2 * letters);
        for (Py_ssize_t i = 0; i < letters; i++)
            record[listing->brief + 2 + 2 * i] = ((const char *)PyUnicode_DATA(brief))[i];
    }
    if (raw)
        memcpy(record + listing->fixed, raw, (size_t)name_bytes);
    for (Py_ssize_t i = 0; !raw && i < name_bytes / 2; i++)
        record[listing->fixed + 2 * i] = host[i];
    return listing->number ? put_number(listing, record, look.is.stx_ino, name) : WRITTEN;
}

static Done next(Listing *listing)
{
    PyObject *name = PyList_GET_ITEM(listing->names, listing->place);
    if (!PyUnicode_Check(name))
        return LEFT;
    if (PyUnicode_IS_ASCII(name)) {
        Py_ssize_t length = PyUnicode_GET_LENGTH(name);
        const char *host = PyUnicode_DATA(name);
        return memchr(host, 0, (size_t)length) ? LEFT : put_entry(listing, name, host, NULL, 2 * length);
    }
    PyObject *host = PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass");
    PyObject *raw = host ? PyUnicode_AsEncodedString(name, "utf-16-le", "surrogatepass") : NULL;
    Done done = FAILED;
    if (raw && memchr(PyBytes_AS_STRING(host), 0, (size_t)PyBytes_GET_SIZE(host)))
        done = LEFT;
    else if (raw)
        done = put_entry(listing, name, PyBytes_AS_STRING(host), PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw));
    Py_XDECREF(host);
    Py_XDECREF(raw);
    return done;
}

static bool within(const Listing *listing, Py_ssize_t at, Py_ssize_t size)
{
    return !at || (at >= NUMBERS && at <= listing->fixed - size);
}

static bool sound(const Listing *listing)
{
    return listing->fixed >= 0 && listing->fixed <= MOST_FIXED && listing->length && within(listing, listing->length, 4) &&
           (listing->length == NUMBERS || listing->length >= NUMBERS + 52) && within(listing, listing->ea, 4) &&
           within(listing, listing->brief, 2 + 2 * BRIEF_LETTERS) && within(listing, listing->number, 8) &&
           listing->place >= 0 && listing->room >= 0;
}

// records(folder, names, place, most, room, (fixed, length, ea, brief, number), (kept, odd), briefs)
// -> (records, where the last of them begins, place of the name to go on with, {file id: name} of those that were given)
PyObject *hostfile_records(PyObject *Py_UNUSED(module), PyObject *args)
{
    Listing l = {0};
    Py_ssize_t most;
    if (!PyArg_ParseTuple(args, "iO!nnn(nnnnn)(kk)O!", &l.fd, &PyList_Type, &l.names, &l.place, &most, &l.room, &l.fixed, &l.length,
                          &l.ea, &l.brief, &l.number, &l.kept, &l.odd, &PyDict_Type, &l.briefs))
        return NULL;
    if (!sound(&l))
        return PyErr_Format(PyExc_ValueError, "no such records");
    PyObject *result = NULL;
    Done done = GONE;
    l.out = PyMem_Malloc((size_t)l.room + 1);
    l.numbers = PyDict_New();
    if (!l.out || !l.numbers) {
        PyErr_NoMemory();
        goto out;
    }
    while (done != LEFT && most > 0 && l.place < PyList_GET_SIZE(l.names)) {
        done = next(&l);
        if (done == FAILED)
            goto out;
        most -= done == WRITTEN;
        l.place += done != LEFT;
    }
    result = Py_BuildValue("y#nnO", l.out, l.used, l.last, l.place, l.numbers);
out:
    PyMem_Free(l.out);
    Py_XDECREF(l.numbers);
    return result;
}
