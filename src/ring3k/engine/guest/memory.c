// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The ring of memory operations.  Any thread that is about to run guest code
// first runs what is queued; the lock keeps the order.
#include "stub.h"

#include <sys/mman.h>

struct message {
    void *name;
    uint32_t name_length;
    struct {
        void *base;
        uint64_t length;
    } *parts;
    uint64_t part_count;
    void *control;
    uint64_t control_length;
    int flags;
};

static void lock(void)
{
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(&PCB->ops_lock, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&PCB->ops_lock, 2, __ATOMIC_ACQUIRE))
        wait_word(&PCB->ops_lock, 2);
}

static void unlock(void)
{
    if (__atomic_exchange_n(&PCB->ops_lock, 0, __ATOMIC_RELEASE) == 2)
        wake_word(&PCB->ops_lock);
}

// Maps the store whose descriptor waits in the socket.
static long map_store(const struct op *op)
{
    char byte;
    struct {
        uint64_t length;
        int level, type, fd, pad;
    } control = {0};
    struct {
        void *base;
        uint64_t length;
    } part = {&byte, 1};
    struct message message = {.parts = (void *)&part, .part_count = 1, .control = &control, .control_length = sizeof control};
    long got = sys_recvmsg(FD_SOCKET, &message, 0x40); // MSG_DONTWAIT: the kernel sent it before it queued the operation
    if (got < 0)
        return got;
    long result = sys_mmap(op->address, op->length, (int)op->prot, MAP_SHARED | MAP_FIXED, FD_VIEW,
                           (uint64_t)op->offset_high << 32 | op->offset_low);
    sys_close(FD_VIEW);
    return result;
}

static long run(const struct op *op)
{
    switch (op->kind) {
    case OP_PRIVATE:
        return sys_mmap(op->address, op->length, (int)op->prot, MAP_SHARED | MAP_FIXED, FD_PRIVATE, op->address);
    case OP_STORE:
        return map_store(op);
    case OP_PROTECT:
        return sys_mprotect(op->address, op->length, (int)op->prot);
    case OP_UNMAP:
        return sys_munmap(op->address, op->length);
    default:
        return -22;
    }
}

void drain(void)
{
    const struct op *ring = (const struct op *)(CTRL_BASE + PCB_OPS);
    lock();
    for (uint32_t done = load(&PCB->ops_done); done != load(&PCB->ops_tail); store(&PCB->ops_done, ++done)) {
        long result = run(&ring[done % OPS]);
        if (result < 0 && result > -4096 && !load(&PCB->ops_error))
            store(&PCB->ops_error, (uint32_t)-result);
    }
    unlock();
}
