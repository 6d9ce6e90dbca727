// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a guest sees where: the page table, and the operations that make the
// host's mappings follow it.
//
// The table changes at once.  The operations queue up in shared memory and are
// run by the next thread of the space before it returns to guest code, or by
// the servant when other threads of the space are running.
#include "native.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t *entry_of(SpaceObject *space, uint32_t address) { return &space->table[address / PAGE]; }

// ---- views of stores ----------------------------------------------------

static struct view *find_view(SpaceObject *space, const uint8_t *at)
{
    for (unsigned i = 0; i < space->view_count; i++)
        if (memory_holds(space->views[i].memory, at))
            return &space->views[i];
    return NULL;
}

static struct view *add_view(SpaceObject *space, Memory *memory)
{
    for (unsigned i = 0; i < space->view_count; i++)
        if (space->views[i].memory == memory)
            return &space->views[i];
    if (space->view_count == space->view_room) {
        unsigned room = space->view_room ? 2 * space->view_room : 16;
        struct view *views = PyMem_RawRealloc(space->views, room * sizeof *views);
        if (!views) {
            PyErr_NoMemory();
            return NULL;
        }
        space->views = views;
        space->view_room = room;
    }
    memory->references++;
    space->views[space->view_count] = (struct view){memory, 0};
    return &space->views[space->view_count++];
}

void forget_views(SpaceObject *space)
{
    for (unsigned i = 0; i < space->view_count; i++)
        memory_release(space->views[i].memory);
    PyMem_RawFree(space->views);
    space->views = NULL;
    space->view_count = space->view_room = 0;
}

static void drop_unused_views(SpaceObject *space)
{
    for (unsigned i = space->view_count; i-- > 0;)
        if (!space->views[i].pages) {
            memory_release(space->views[i].memory);
            space->views[i] = space->views[--space->view_count];
        }
}

// Sets the entries of a range; `step` is added to the entry from page to page.
static void set_entries(SpaceObject *space, uint32_t address, uint32_t length, uint64_t entry, uint64_t step)
{
    struct view *last = NULL;
    uint64_t *at = entry_of(space, address);
    for (uint32_t i = 0; i < length / PAGE; i++, entry += step) {
        if (at[i] & ENTRY_STORE) {
            uint8_t *page = (uint8_t *)(at[i] & ~(uint64_t)ENTRY_BITS);
            if (!last || !memory_holds(last->memory, page))
                last = find_view(space, page);
            if (last)
                last->pages--;
        }
        at[i] = entry;
    }
}

// ---- operations ----------------------------------------------------------

static void clean(SpaceObject *space)
{
    if (space->dirty) {
        space->dirty = false;
        space->engine->dirty--;
    }
}

// Runs all queued operations now.  Returns the errno of the first that failed.
static int drain(SpaceObject *space)
{
    clean(space);
    if (space->dead || load32(&space->pcb->ops_done) == space->ops_tail)
        return 0;
    if (servant(space, SERVANT_DRAIN, 0) < 0)
        return 0; // dead: reported as such
    uint32_t error = load32(&space->pcb->ops_error);
    return error < 4096 ? (int)error : EPROTO;
}

// Where nobody can be told about a failure, the guest ends instead of running on with other memory than it should have.
void drain_now(SpaceObject *space)
{
    if (drain(space))
        process_kill(space);
}

// Where the caller can be told: only running out of mappings is the host's fault, all else is the guest's.
static int drain_or_raise(SpaceObject *space)
{
    int error = drain(space);
    if (error == ENOMEM) {
        store32(&space->pcb->ops_error, 0);
        PyErr_SetString(EngineError, "the host has no more mappings for this process; raise vm.max_map_count");
        return -1;
    }
    if (error)
        process_kill(space);
    return 0;
}

// Before a thread of `space` runs on, other spaces whose threads run see what was changed in them.
void drain_others(EngineObject *engine, SpaceObject *space)
{
    for (SpaceObject *other = engine->spaces; other; other = other->next)
        if (other->dirty && other != space && other->running)
            drain_now(other);
}

static int send_descriptor(SpaceObject *space, int fd)
{
    char byte = 0;
    struct iovec part = {&byte, 1};
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {.space = {0}};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sendmsg(space->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

static unsigned count_mappings(SpaceObject *space)
{
    unsigned count = 0;
    uint64_t previous = 0;
    for (uint32_t i = 0; i < GUEST_PAGES; i++) {
        uint64_t entry = space->table[i];
        if (entry && entry != previous + PAGE)
            count++;
        previous = entry;
    }
    return count;
}

static int queue_descriptor(SpaceObject *space, int fd)
{
    int error = send_descriptor(space, fd);
    if (error == EAGAIN || error == ETOOMANYREFS) { // too many under way
        drain_now(space);
        error = send_descriptor(space, fd);
    }
    if (!error || error == EPIPE || error == ECONNREFUSED || error == ECONNRESET) // or it is dead
        return 0;
    PyErr_Format(EngineError, "cannot pass a descriptor to a guest process: %s", strerror(error));
    return -1;
}

// Queues one operation; fd >= 0 is sent along.  Near the host's limit it is run at once, so that failure is seen.
static int queue_op(SpaceObject *space, const struct op *op, int fd)
{
    if (space->dead)
        return 0;
    uint32_t queued = space->ops_tail - load32(&space->pcb->ops_done);
    if (queued > OPS) { // the guest wrote nonsense
        process_kill(space);
        return 0;
    }
    if (queued == OPS)
        drain_now(space);
    if (fd >= 0 && queue_descriptor(space, fd) < 0)
        return -1;
    struct op *ring = (struct op *)((char *)space->pcb + PCB_OPS);
    ring[space->ops_tail % OPS] = *op;
    store32(&space->pcb->ops_tail, ++space->ops_tail);
    if (!space->dirty) {
        space->dirty = true;
        space->engine->dirty++;
    }
    space->mappings += 2;
    if (space->mappings < space->recount_at)
        return 0;
    unsigned limit = space->engine->max_mappings - 1024;
    space->mappings = count_mappings(space);
    space->recount_at = space->mappings < limit ? space->mappings + (limit - space->mappings) / 2 + 2 : 0;
    return space->mappings < limit ? 0 : drain_or_raise(space);
}

// ---- the calls -----------------------------------------------------------

static int range(SpaceObject *space, PyObject *address, PyObject *length, uint32_t *at, uint32_t *size)
{
    uint64_t a, l;
    if (space_alive(space) < 0 || as_u64(address, &a) < 0 || as_u64(length, &l) < 0)
        return -1;
    if (a % PAGE || l % PAGE || !l || a < 0x10000 || a >= GUEST_END || l > GUEST_END - a) {
        PyErr_Format(PyExc_ValueError, "bad range: %llu bytes at 0x%llx", l, a);
        return -1;
    }
    *at = (uint32_t)a;
    *size = (uint32_t)l;
    return 0;
}

static int rights(PyObject *prot, uint32_t *value)
{
    if (as_u32(prot, value) < 0)
        return -1;
    *value &= ENTRY_RIGHTS;
    if (*value) // x86 has no page that can be written or run but not read
        *value |= ENTRY_READ;
    return 0;
}

PyObject *mapping_private(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t address, length, prot;
    if (need_args("map_private", count, 3) < 0 || range(space, args[0], args[1], &address, &length) < 0 ||
        rights(args[2], &prot) < 0)
        return NULL;
    if (queue_op(space, &(struct op){OP_PRIVATE, address, length, prot, 0, 0}, -1) < 0)
        return NULL;
    set_entries(space, address, length, (uint64_t)(space->memory + address) | prot | ENTRY_MAPPED, PAGE);
    drop_unused_views(space);
    Py_RETURN_NONE;
}

static int show_store(SpaceObject *space, Memory *memory, uint32_t address, uint32_t length, uint64_t offset, uint32_t prot)
{
    int fd = prot & ENTRY_WRITE ? memory->fd : memory_read_only(memory);
    if (fd < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return queue_op(space, &(struct op){OP_STORE, address, length, prot, (uint32_t)offset, (uint32_t)(offset >> 32)}, fd);
}

PyObject *mapping_store(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t address, length, prot;
    uint64_t offset;
    if (need_args("map_store", count, 5) < 0 || range(space, args[0], args[1], &address, &length) < 0 ||
        as_u64(args[3], &offset) < 0 || rights(args[4], &prot) < 0)
        return NULL;
    if (!PyObject_TypeCheck(args[2], &StoreType) || !((StoreObject *)args[2])->memory) {
        PyErr_SetString(PyExc_TypeError, "an open store of this engine is needed");
        return NULL;
    }
    Memory *memory = ((StoreObject *)args[2])->memory;
    if (offset % PAGE || offset > memory->file_size || length > memory->file_size - offset) {
        PyErr_SetString(PyExc_ValueError, "outside the store");
        return NULL;
    }
    if (prot & ENTRY_WRITE && !memory->writable) {
        PyErr_SetString(PyExc_ValueError, "the store can only be read");
        return NULL;
    }
    struct view *view = add_view(space, memory);
    if (!view || show_store(space, memory, address, length, offset, prot) < 0)
        return NULL;
    view->pages += length / PAGE;
    uint8_t *base = memory->regions[memory->region_count - 1].base + offset;
    set_entries(space, address, length,
                (uint64_t)base | prot | ENTRY_MAPPED | ENTRY_STORE | (prot & ENTRY_WRITE ? 0 : ENTRY_READ_ONLY) |
                    (memory->foreign ? ENTRY_FOREIGN : 0),
                PAGE);
    drop_unused_views(space);
    Py_RETURN_NONE;
}

// Changes `pages` pages that follow each other in one file and have the same rights now.
static int protect_run(SpaceObject *space, uint32_t address, uint32_t pages, uint32_t prot)
{
    uint64_t *entry = entry_of(space, address), drop = ENTRY_RIGHTS;
    uint32_t length = pages * PAGE;
    if ((*entry & ENTRY_READ_ONLY) && (prot & ENTRY_WRITE)) {
        uint8_t *at = (uint8_t *)(*entry & ~(uint64_t)ENTRY_BITS);
        struct view *view = find_view(space, at);
        if (view && !view->memory->writable) {
            PyErr_SetString(PyExc_ValueError, "the store can only be read");
            return -1;
        }
        if (!view || show_store(space, view->memory, address, length, memory_offset(view->memory, at), prot) < 0)
            return -1;
        drop |= ENTRY_READ_ONLY;
    } else if (queue_op(space, &(struct op){OP_PROTECT, address, length, prot, 0, 0}, -1) < 0)
        return -1;
    for (uint32_t i = 0; i < pages; i++)
        entry[i] = (entry[i] & ~drop) | prot;
    return 0;
}

PyObject *mapping_protect(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t address, length, prot;
    if (need_args("protect", count, 3) < 0 || range(space, args[0], args[1], &address, &length) < 0 ||
        rights(args[2], &prot) < 0)
        return NULL;
    uint64_t *entry = entry_of(space, address);
    uint32_t pages = length / PAGE;
    for (uint32_t i = 0; i < pages;) {
        uint32_t run = 1;
        if ((entry[i] & ENTRY_MAPPED) && (entry[i] & ENTRY_RIGHTS) != prot) {
            while (i + run < pages && entry[i + run] == entry[i] + (uint64_t)run * PAGE)
                run++;
            if (protect_run(space, address + i * PAGE, run, prot) < 0)
                return NULL;
        }
        i += run;
    }
    Py_RETURN_NONE;
}

PyObject *mapping_unmap(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t address, length;
    if (need_args("unmap", count, 2) < 0 || range(space, args[0], args[1], &address, &length) < 0)
        return NULL;
    if (queue_op(space, &(struct op){OP_UNMAP, address, length, 0, 0, 0}, -1) < 0)
        return NULL;
    set_entries(space, address, length, 0, 0);
    drop_unused_views(space);
    Py_RETURN_NONE;
}

PyObject *mapping_discard(SpaceObject *space, PyObject *const *args, Py_ssize_t count)
{
    uint32_t address, length;
    if (need_args("discard", count, 2) < 0 || range(space, args[0], args[1], &address, &length) < 0)
        return NULL;
    // Most of what guests free they have never touched, and looking is cheaper than giving back.
    off_t data = lseek(space->private, address, SEEK_DATA);
    if (data < 0 ? errno == ENXIO : (uint64_t)data >= (uint64_t)address + length)
        Py_RETURN_NONE;
    if (madvise(space->memory + address, length, MADV_REMOVE) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}
