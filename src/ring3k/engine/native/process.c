// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The host process behind a space: its birth, its servant, its end.
#include "native.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE (2 * NANO) // a guest process that does not answer for so long is killed

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NANO + t.tv_nsec;
}

void futex_wake(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0); }

// Waits until the guest has set *word to value.  -1: it is dead, or was killed because it never answered.
int await_word(SpaceObject *space, uint32_t *word, uint32_t value)
{
    int64_t start = now_ns();
    for (;;) {
        uint32_t seen = load32(word);
        if (seen == value)
            return 0;
        struct timespec slice = {0, 20000000};
        syscall(SYS_futex, word, FUTEX_WAIT, seen, &slice, NULL, 0);
        if (load32(word) == value)
            return 0;
        struct pollfd dead = {.fd = space->pidfd, .events = POLLIN};
        if (poll(&dead, 1, 0) > 0)
            return -1;
        if (now_ns() - start > PATIENCE) {
            process_kill(space);
            return -1;
        }
    }
}

// The calling thread's child until exec: it shares memory with its parent, so it may only make host calls.
static void __attribute__((noreturn)) become_guest(const char *program, const int *descriptors)
{
    static char *const argv[] = {"ring3k-guest", NULL}, *const environment[] = {NULL};
    struct rlimit none = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid(); // the terminal's signals are the kernel's
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // a page touched is a page used, not five hundred
    bool ready = true;
    for (int i = 0; i < 4; i++)
        ready = ready && dup2(descriptors[i], i) == i;
    ready = ready && syscall(SYS_close_range, 4u, ~0u, 0u) == 0;
    if (ready)
        execve(program, argv, environment);
    _exit(127);
}

static int spawn(SpaceObject *space, const int *descriptors)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = vfork();
    if (pid == 0)
        become_guest(space->engine->program, descriptors);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (pid < 0)
        return -1;
    space->pid = pid;
    space->pidfd = high_descriptor((int)syscall(SYS_pidfd_open, pid, 0));
    return space->pidfd < 0 ? -1 : 0;
}

static void *map_shared(int fd, uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, size, MADV_NOHUGEPAGE);
    return at;
}

static int started(SpaceObject *space)
{
    struct pcb *pcb = space->pcb;
    if (await_word(space, &pcb->ready, 1) == 0)
        return 0;
    uint32_t ready = load32(&pcb->ready), error = load32(&pcb->ready_error);
    static const char *const steps[] = {"starting", "starting", "setting signal handlers", "forbidding new privileges",
                                        "installing the seccomp filter"};
    unsigned step = ready & 0xff;
    PyErr_Format(EngineError, "the guest process failed while %s%s%s",
                 step < sizeof steps / sizeof *steps ? steps[step] : steps[0], ready & 0x100 ? ": " : "",
                 ready & 0x100 && error < 4096 ? strerror((int)error) : "");
    return -1;
}

int process_start(SpaceObject *space)
{
    int control = space->control = sealed_memory("ring3k-control", CTRL_SIZE);
    int private = space->private = sealed_memory("ring3k-private", GUEST_END);
    int pair[2] = {-1, -1};
    int failed = control < 0 || private < 0;
    failed = failed || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0;
    space->socket = pair[0] = high_descriptor(pair[0]);
    pair[1] = high_descriptor(pair[1]);
    failed = failed || pipe2(space->bell, O_CLOEXEC | O_NONBLOCK) < 0;
    for (int end = 0; end < 2; end++)
        space->bell[end] = high_descriptor(space->bell[end]);
    failed = failed || pair[0] < 0 || pair[1] < 0 || space->bell[0] < 0 || space->bell[1] < 0;
    if (!failed) {
        space->pcb = map_shared(control, CTRL_SIZE);
        space->memory = map_shared(private, GUEST_END);
        space->table = mmap(NULL, GUEST_PAGES * 8ull, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space->table == MAP_FAILED)
            space->table = NULL;
        failed = !space->pcb || !space->memory || !space->table;
    }
    if (!failed) {
        space->pcb->kernel_pid = (uint32_t)getpid();
        space->pcb->gate_cs = CS32;
        space->pcb->ptrace = space->engine->ptrace;
        failed = spawn(space, (int[]){control, private, pair[1], space->bell[1]}) < 0;
    }
    int error = errno;
    if (pair[1] >= 0)
        close(pair[1]);
    if (failed) {
        PyErr_Format(EngineError, "cannot start a guest process: %s", strerror(error));
        return -1;
    }
    return started(space);
}

void process_kill(SpaceObject *space)
{
    if (space->pidfd >= 0 && getpid() == space->engine->owner_pid)
        syscall(SYS_pidfd_send_signal, space->pidfd, SIGKILL, NULL, 0);
}

// Waits for the end of a process that is dying, so that nothing of it is left.
void process_reap(SpaceObject *space)
{
    if (!space->pid || getpid() != space->engine->owner_pid)
        return;
    siginfo_t info = {0};
    bool traced = space->engine->ptrace;
    Py_BEGIN_ALLOW_THREADS;
    while (space->pidfd >= 0 && !info.si_pid) {
        if (traced)
            ptrace_reap(space);
        if (waitid((idtype_t)P_PIDFD, (id_t)space->pidfd, &info, WEXITED | __WALL | (traced ? WNOHANG : 0)) == 0) {
            if (!info.si_pid)
                usleep(200);
        } else if (errno != EINTR) {
            struct pollfd gone = {.fd = space->pidfd, .events = POLLIN}; // somebody else reaped it, or nobody has to
            while (poll(&gone, 1, -1) < 0 && errno == EINTR)
                ;
            break;
        }
    }
    Py_END_ALLOW_THREADS;
    space->pid = 0;
}

// Asks the servant and waits.  Returns its answer, an errno; -1 when the process is dead.
int servant(SpaceObject *space, uint32_t command, uint32_t slot)
{
    struct pcb *pcb = space->pcb;
    store32(&pcb->servant_command, command);
    store32(&pcb->servant_slot, slot);
    store32(&pcb->servant_ask, ++space->servant_ask);
    futex_wake(&pcb->servant_ask);
    if (await_word(space, &pcb->servant_ack, space->servant_ask) < 0)
        return -1;
    uint32_t result = load32(&pcb->servant_result);
    return result < 4096 ? (int)result : EPROTO;
}
