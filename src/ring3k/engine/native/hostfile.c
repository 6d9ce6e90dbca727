// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Host files: bytes between a file and guest memory without a copy, and what Python's os module does not offer.
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PIECES 256 /* iovec entries for one host call */
#define ATTRIBUTE "user.DOSATTRIB"

static PyObject *host_error(void) { return PyErr_SetFromErrno(PyExc_OSError); }

static int as_fd(PyObject *object, int *fd)
{
    long value = PyLong_AsLong(object);
    if (value == -1 && PyErr_Occurred())
        return -1;
    *fd = (int)value;
    return 0;
}

// The host's form of a name; NULL and an exception for what has none.
static const char *as_name(PyObject *object)
{
    return PyBytes_Check(object) ? PyBytes_AS_STRING(object) : PyUnicode_AsUTF8(object);
}

// Moves until everything is done, the file ends, or the host refuses more; bad memory is a fault wherever it is.
static PyObject *move(SpaceObject *space, PyObject *const *args, Py_ssize_t count, bool in)
{
    int fd;
    uint64_t offset, address, length, done = 0;
    if (need_args(in ? "read_file" : "write_file", count, 4) < 0 || space_alive(space) < 0 || as_fd(args[0], &fd) < 0 ||
        as_u64(args[1], &offset) < 0 || as_u64(args[2], &address) < 0 || as_u64(args[3], &length) < 0)
        return NULL;
    while (done < length) {
        struct iovec pieces[PIECES];
        uint64_t asked;
        int used = access_pieces(space, address + done, length - done, in, pieces, PIECES, &asked);
        if (used < 0)
            return NULL;
        ssize_t moved = in ? preadv(fd, pieces, used, (off_t)(offset + done)) : pwritev(fd, pieces, used, (off_t)(offset + done));
        if (moved < 0) {
            if (errno == EINTR)
                continue;
            if (done)
                break;
            return host_error();
        }
        if (moved == 0)
            break;
        done += (uint64_t)moved;
        if (in && (uint64_t)moved < asked)
            break;
    }
    return PyLong_FromUnsignedLongLong(done);
}

PyObject *space_read_file(SpaceObject *space, PyObject *const *args, Py_ssize_t count) { return move(space, args, count, true); }
PyObject *space_write_file(SpaceObject *space, PyObject *const *args, Py_ssize_t count) { return move(space, args, count, false); }

// A host's time as NT counts it, which nanoseconds in 64 bits could not: they end in 2262.
long long host_nt_time(struct statx_timestamp at)
{
    const long long before = UNIX_EPOCH / TICKS, last = (INT64_MAX - (long long)UNIX_EPOCH) / TICKS - 1;
    if (at.tv_sec < -before)
        return 0;
    return (at.tv_sec < last ? at.tv_sec : last) * TICKS + at.tv_nsec / 100 + (long long)UNIX_EPOCH;
}

static PyObject *nt_time(struct statx_timestamp at) { return PyLong_FromLongLong(host_nt_time(at)); }

// Linux 6.13 has a call for the attribute of a file in a folder; before, the way leads through /proc.
static ssize_t attribute_of(int folder, const char *name, char *text, size_t room)
{
    static bool missing;
    char path[64 + 4096];
    if (!missing) {
        struct {
            uint64_t value;
            uint32_t size, flags;
        } arguments = {(uint64_t)(uintptr_t)text, (uint32_t)room, 0};
        ssize_t length = syscall(464 /* getxattrat */, folder, name, AT_SYMLINK_NOFOLLOW, ATTRIBUTE, &arguments, sizeof arguments);
        if (length >= 0 || errno != ENOSYS)
            return length;
        missing = true;
    }
    if ((size_t)snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name) >= sizeof path)
        return -1;
    return lgetxattr(path, ATTRIBUTE, text, room);
}

// The DOS attributes that somebody has written down, as Samba and Wine do ("0x22"); -1 without.  Behind them may stand
// the time of creation, as NT counts.
static long attributes(int fd, const char *name, long long *born)
{
    char text[64], *end;
    ssize_t length = name ? attribute_of(fd, name, text, sizeof text - 1) : fgetxattr(fd, ATTRIBUTE, text, sizeof text - 1);
    if (length < 3 || text[0] != '0' || text[1] != 'x')
        return -1;
    text[length] = 0;
    long found = (long)(strtoul(text + 2, &end, 16) & 0x7fffffff);
    if (*end == ' ')
        *born = strtoll(end + 1, NULL, 10);
    return found;
}

// What the host says of a file, by descriptor or (links are not followed) by folder and name; without ``all``, only what it is.
int host_look(int fd, const char *name, bool all, HostLook *look)
{
    int flags = AT_SYMLINK_NOFOLLOW | AT_STATX_SYNC_AS_STAT | (name ? 0 : AT_EMPTY_PATH);
    if (syscall(SYS_statx, fd, name ? name : "", flags, all ? STATX_BASIC_STATS | STATX_BTIME : STATX_TYPE, &look->is) < 0)
        return -1;
    bool kept = all && (S_ISREG(look->is.stx_mode) || S_ISDIR(look->is.stx_mode));
    look->born = look->is.stx_mask & STATX_BTIME ? host_nt_time(look->is.stx_btime) : 0;
    look->dos = kept ? attributes(fd, name, &look->born) : -1;
    return 0;
}

// look(fd, name or None) -> None if nothing is called so, or, with times as NT counts, (mode, dev, ino, nlink, size, blocks, atime, mtime, ctime, btime or 0, attributes or -1)
PyObject *hostfile_look(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    int fd;
    const char *name = NULL;
    if (need_args("look", count, 2) < 0 || as_fd(args[0], &fd) < 0)
        return NULL;
    if (args[1] != Py_None && !(name = as_name(args[1])))
        return NULL;
    HostLook look;
    if (host_look(fd, name, true, &look) < 0) {
        if (errno == ENOENT)
            Py_RETURN_NONE;
        return host_error();
    }
    const struct statx *found = &look.is;
    PyObject *all[11] = {
        PyLong_FromLong(found->stx_mode),
        PyLong_FromUnsignedLongLong(makedev(found->stx_dev_major, found->stx_dev_minor)),
        PyLong_FromUnsignedLongLong(found->stx_ino),
        PyLong_FromUnsignedLong(found->stx_nlink),
        PyLong_FromUnsignedLongLong(found->stx_size),
        PyLong_FromUnsignedLongLong(found->stx_blocks),
        nt_time(found->stx_atime),
        nt_time(found->stx_mtime),
        nt_time(found->stx_ctime),
        PyLong_FromLongLong(look.born),
        PyLong_FromLong(look.dos),
    };
    PyObject *tuple = PyTuple_New(11);
    for (int i = 0; i < 11; i++) {
        if (!all[i])
            Py_CLEAR(tuple);
        if (tuple)
            PyTuple_SET_ITEM(tuple, i, all[i]);
        else
            Py_XDECREF(all[i]);
    }
    return tuple;
}

// key_of(folder, name) -> (dev, ino); None if nothing is called so.
PyObject *hostfile_key_of(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    int fd;
    struct stat found;
    if (need_args("key_of", count, 2) < 0 || as_fd(args[0], &fd) < 0)
        return NULL;
    const char *name = as_name(args[1]);
    if (!name)
        return NULL;
    if (fstatat(fd, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? Py_NewRef(Py_None) : host_error();
    return Py_BuildValue("KK", (unsigned long long)found.st_dev, (unsigned long long)found.st_ino);
}

// written(fd) -> when its data was changed last, nanoseconds.
PyObject *hostfile_written(PyObject *Py_UNUSED(module), PyObject *argument)
{
    int fd;
    struct stat found;
    if (as_fd(argument, &fd) < 0)
        return NULL;
    if (fstat(fd, &found) < 0)
        return host_error();
    return PyLong_FromLongLong(found.st_mtim.tv_sec * NANO + found.st_mtim.tv_nsec);
}

// open_same(folder, name, flags, dev, ino) -> descriptor of that regular file, or -1 if another is called so.
PyObject *hostfile_open_same(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    int folder, flags;
    uint64_t device, inode;
    struct stat found;
    if (need_args("open_same", count, 5) < 0 || as_fd(args[0], &folder) < 0 || as_fd(args[2], &flags) < 0 ||
        as_u64(args[3], &device) < 0 || as_u64(args[4], &inode) < 0)
        return NULL;
    const char *name = as_name(args[1]);
    if (!name)
        return NULL;
    int fd = openat(folder, name, flags | O_CLOEXEC);
    if (fd < 0)
        return host_error();
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_dev == device && found.st_ino == inode)
        return PyLong_FromLong(fd);
    close(fd);
    return PyLong_FromLong(-1);
}

// rename(folder, name, folder, name): never over what is there.  ENOSYS or EINVAL where the host cannot.
PyObject *hostfile_rename(PyObject *Py_UNUSED(module), PyObject *args)
{
    int from, to;
    PyObject *old = NULL, *new = NULL;
    if (!PyArg_ParseTuple(args, "iO&iO&", &from, PyUnicode_FSConverter, &old, &to, PyUnicode_FSConverter, &new)) {
        Py_XDECREF(old);
        return NULL;
    }
    long result = syscall(SYS_renameat2, from, PyBytes_AS_STRING(old), to, PyBytes_AS_STRING(new), 1u /* RENAME_NOREPLACE */);
    Py_DECREF(old);
    Py_DECREF(new);
    if (result < 0)
        return host_error();
    Py_RETURN_NONE;
}

PyObject *hostfile_hole(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    long long offset, length;
    if (!PyArg_ParseTuple(args, "iLL", &fd, &offset, &length))
        return NULL;
    if (fallocate(fd, 3 /* PUNCH_HOLE | KEEP_SIZE */, offset, length) < 0)
        return host_error();
    Py_RETURN_NONE;
}

// reserve(fd, offset, length): room on the disk, the size left as it is.
PyObject *hostfile_reserve(PyObject *Py_UNUSED(module), PyObject *args)
{
    int fd;
    long long offset, length;
    if (!PyArg_ParseTuple(args, "iLL", &fd, &offset, &length))
        return NULL;
    if (fallocate(fd, 1 /* KEEP_SIZE */, offset, length) < 0)
        return host_error();
    Py_RETURN_NONE;
}

// watch() -> a descriptor that tells of changes; watch_folder(watch, fd of a folder) -> number.
PyObject *hostfile_watch(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return fd < 0 ? host_error() : PyLong_FromLong(fd);
}

PyObject *hostfile_watch_folder(PyObject *Py_UNUSED(module), PyObject *args)
{
    int watch, folder;
    char path[64];
    if (!PyArg_ParseTuple(args, "ii", &watch, &folder))
        return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", folder);
    int number = inotify_add_watch(watch, path,
                                   IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB | IN_ONLYDIR);
    return number < 0 ? host_error() : PyLong_FromLong(number);
}

// unconnect(fd): a datagram's socket has no partner any more.  Python's connect() knows no address without a family.
PyObject *hostfile_unconnect(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    int fd = PyLong_AsLong(arg);
    if (fd == -1 && PyErr_Occurred())
        return NULL;
    if (connect(fd, &none, sizeof none) < 0)
        return host_error();
    Py_RETURN_NONE;
}
