// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policing: what a guest process uses of the host beyond what the kernel gave it.
//
// Hostile 64-bit code can jump to the places in the stub where host calls are
// made.  The filter limits what is called, not how often: it may make threads,
// and map and touch all of its memory, committed or not.  So the kernel counts,
// some spaces at each beat, and a guest with more than its own is killed.
//
// Where all guests wait nothing has to be counted, once their processes were seen
// to use no processor time: only the kernel can wake a thread that sleeps.
#include "native.h"

#include <sys/stat.h>
#include <time.h>

#define BEAT_NS 10000000         // while guests run
#define IDLE_BEAT_NS 100000000   // while all of them wait, until they were quiet
#define QUIET_BEATS 2            // for so many beats in a row
#define AT_ONCE 16               // spaces looked at in one beat
#define SPARE_BYTES (4ull << 20) // small freed blocks, pages touched while they were taken away
#define SPARE_THREADS 64         // on their way out
#define LEAVING_NS (10 * NANO)   // threads told to end must have done so by then, however busy the host is

static uint64_t in_use(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

// The host counts a process' threads as links of this folder: far cheaper than any file there.
static bool too_many_threads(SpaceObject *space, int64_t now)
{
    char path[32];
    struct stat tasks;
    snprintf(path, sizeof path, "/proc/%d/task", space->pid);
    uint64_t expected = 2 + 1 + space->thread_count + SPARE_THREADS; // a folder's own links, the servant
    if (stat(path, &tasks) < 0 || tasks.st_nlink <= expected) {
        space->crowded_since = 0;
        return false;
    }
    if (!space->crowded_since)
        space->crowded_since = now;
    return tasks.st_nlink > expected + space->free_count || now - space->crowded_since > LEAVING_NS;
}

// 1: yes; -1 with an exception set.
static int over_budget(SpaceObject *space, uint64_t used)
{
    if (used <= SPARE_BYTES || !space->budget || space->budget == Py_None)
        return 0;
    PyObject *budget = Py_NewRef(space->budget), *bytes = PyObject_CallNoArgs(budget);
    Py_DECREF(budget);
    uint64_t allowed;
    int failed = bytes ? as_u64(bytes, &allowed) : -1;
    Py_XDECREF(bytes);
    return failed < 0 ? -1 : used > allowed + SPARE_BYTES;
}

static int too_much_memory(SpaceObject *space)
{
    if (in_use(space->control) > space->next_slot * (uint64_t)SLOT_SIZE + SPARE_BYTES)
        return 1;
    for (unsigned i = 0; i < space->view_count; i++) {
        const Memory *memory = space->views[i].memory;
        if (memory->budget < memory->file_size && in_use(memory->fd) > memory->budget + SPARE_BYTES)
            return 1;
    }
    return over_budget(space, in_use(space->private));
}

static int inspect(SpaceObject *space, int64_t now)
{
    if (space->dead)
        return 0;
    call_back_idle(space);
    const char *crime = too_many_threads(space, now) ? "it made host threads of its own" : NULL;
    if (!crime) {
        int much = too_much_memory(space);
        if (much < 0)
            return -1;
        crime = much ? "it took memory that was not its own" : NULL;
    }
    if (crime && !space->crime) {
        space->crime = crime;
        process_kill(space);
    }
    return 0;
}

// Whether the process has run since the last time this was asked.
static bool has_run(SpaceObject *space)
{
    struct timespec used = {0};
    clockid_t clock;
    if (space->dead || clock_getcpuclockid(space->pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
        return false;
    int64_t time = used.tv_sec * NANO + used.tv_nsec;
    bool run = time != space->cpu_time;
    space->cpu_time = time;
    return run;
}

// When the next beat is due; INT64_MAX: not before a guest runs again.
int64_t police_due(const EngineObject *engine)
{
    if (engine->running)
        return engine->last_beat + BEAT_NS;
    return engine->space_count && engine->quiet < QUIET_BEATS ? engine->last_beat + IDLE_BEAT_NS : INT64_MAX;
}

int police(EngineObject *engine, int64_t now)
{
    if (now < police_due(engine))
        return 0;
    engine->last_beat = now;
    bool idle = !engine->running, quiet = true;
    unsigned count = idle || engine->space_count < AT_ONCE ? engine->space_count : AT_ONCE;
    while (count--) {
        SpaceObject *space = engine->beat ? engine->beat : engine->spaces;
        if (!space)
            break;
        engine->beat = space->next;
        Py_INCREF(space);
        int failed = inspect(space, now);
        if (idle && has_run(space))
            quiet = false;
        Py_DECREF(space);
        if (failed)
            return -1;
    }
    if (idle)
        engine->quiet = quiet ? engine->quiet + 1 : 0;
    return 0;
}
