// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Debug registers: break points and watch points of one guest thread, by events of the host that
// raise SIGTRAP in it.  Where the host grants none, they have no effect.
#include "native.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_EVENTS 256 // of all threads of an engine: each is a descriptor

void debug_clear(ThreadObject *thread)
{
    for (int i = 0; i < DEBUG_REGISTERS; i++)
        if (thread->debug[i]) {
            close(thread->debug[i] - 1);
            thread->debug[i] = 0;
            thread->space->engine->debug_events--;
        }
}

#ifdef PERF_ATTR_SIZE_VER7
// Type and length as DR7 has them; 0 when it is set or is none that the host knows, -1 when the host refuses.
static int set_one(ThreadObject *thread, int number, uint32_t address, unsigned type, unsigned length)
{
    static const unsigned types[] = {HW_BREAKPOINT_X, HW_BREAKPOINT_W, 0, HW_BREAKPOINT_RW};
    static const unsigned lengths[] = {1, 2, 8, 4};
    EngineObject *engine = thread->space->engine;
    struct perf_event_attr attr = {
        .type = PERF_TYPE_BREAKPOINT,
        .size = sizeof attr,
        .sample_period = 1,
        .bp_type = types[type],
        .bp_addr = address,
        .bp_len = type ? lengths[length] : sizeof(long),
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .remove_on_exec = 1,
        .sigtrap = 1,
        .sig_data = (uint64_t)number + 1,
    };
    if (!attr.bp_type || address >= GUEST_END)
        return 0;
    if (engine->debug_events >= MOST_EVENTS)
        return -1;
    int fd = high_descriptor((int)syscall(SYS_perf_event_open, &attr, thread->tid, -1, -1, PERF_FLAG_FD_CLOEXEC));
    if (fd < 0)
        return -1;
    engine->debug_events++;
    thread->debug[number] = fd + 1;
    return 0;
}
#else
static int set_one(ThreadObject *thread, int number, uint32_t address, unsigned type, unsigned length)
{
    (void)thread, (void)number, (void)address, (void)type, (void)length;
    return -1;
}
#endif

PyObject *thread_set_debug(ThreadObject *thread, PyObject *const *arguments, Py_ssize_t count)
{
    uint32_t values[DEBUG_REGISTERS + 1];
    bool all = true;
    if (need_args("set_debug", count, DEBUG_REGISTERS + 1) < 0 || thread_trapped(thread) < 0)
        return NULL;
    for (int i = 0; i <= DEBUG_REGISTERS; i++)
        if (as_u32(arguments[i], &values[i]) < 0)
            return NULL;
    debug_clear(thread);
    for (int i = 0; i < DEBUG_REGISTERS && thread->tid > 0; i++) {
        uint32_t control = values[DEBUG_REGISTERS];
        if (control >> 2 * i & 1)
            all &= set_one(thread, i, values[i], control >> (16 + 4 * i) & 3, control >> (18 + 4 * i) & 3) == 0;
    }
    return PyBool_FromLong(all);
}
