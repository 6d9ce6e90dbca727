/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native engine: its objects, and what its parts need of each other. */
#ifndef RING3K_NATIVE_H
#define RING3K_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "shared.h"

#define PAGE 4096u
#define GUEST_PAGES (GUEST_END / PAGE)
#define NANO 1000000000ll
#define UNIX_EPOCH 116444736000000000ull /* 1970, as NT counts */
#define TICKS 10000000ll /* of NT's time in a second */

enum { TRAP_NONE, TRAP_SYSCALL, TRAP_FAULT, TRAP_INTERRUPT, TRAP_HOST_CALL, TRAP_DEAD, TRAP_STARTED, TRAP_ALIEN };

#define ERROR_NO_PAGE 0x80000000u /* in the error code of a page fault: the host could not read the page in */

/* A page table entry: kernel address of the page, and in the low bits: */
enum {
    ENTRY_READ = 1,
    ENTRY_WRITE = 2,
    ENTRY_EXEC = 4,
    ENTRY_RIGHTS = 7,
    ENTRY_MAPPED = 8,
    ENTRY_STORE = 16,     /* shows a store, not private memory */
    ENTRY_READ_ONLY = 32, /* the guest's mapping was made without the right to write, ever */
    ENTRY_FOREIGN = 64,   /* shows a file of the host: the page may be gone when it is touched */
    ENTRY_BITS = PAGE - 1,
};

/* The memory of a store; lives as long as anything maps it. */
typedef struct {
    int references;
    bool foreign;  /* a file of the host, which others may write, and shorten at any time */
    bool writable;
    int fd, read_only_fd;
    uint64_t size;      /* bytes, as asked for */
    uint64_t file_size; /* whole pages */
    uint64_t budget;    /* bytes that may be in use */
    struct region {     /* every mapping ever made of it: page table entries point into all of them */
        uint8_t *base;
        uint64_t length;
    } *regions; /* the last one is the whole file */
    unsigned region_count;
} Memory;

typedef struct EngineObject EngineObject;
typedef struct SpaceObject SpaceObject;
typedef struct ThreadObject ThreadObject;

typedef struct {
    PyObject_HEAD
    Memory *memory;
} StoreObject;

struct view {
    Memory *memory;
    uint64_t pages;
};

#define DEBUG_REGISTERS 4

enum { THREAD_RUNNING, THREAD_TRAPPED, THREAD_GONE };

struct ThreadObject {
    PyObject_HEAD
    SpaceObject *space;
    PyObject *owner;
    PyObject *answer; /* serve(): what the handler of its call returned */
    struct tcb *tcb;
    ThreadObject *next; /* in the engine's queue of traps to report */
    struct SignalObject *seat; /* it waits there; that owns a reference */
    ThreadObject *next_seat, *previous_seat;
    struct regs r;
    int trap, vector;
    unsigned error, address, arg_base;
    uint32_t words[ARG_WORDS]; /* the first argument words, if they came with the trap */
    unsigned word_count, words_base;
    unsigned slot, teb;
    int tid;
    int state;
    bool queued, started, exiting, interrupted, interrupt_listed;
    bool fpu_known, fpu_changed;
    bool fpu_saved; // the thread has put it into its control block with the trap
    bool polled; /* it stands in engine->polled */
    int debug[DEBUG_REGISTERS]; /* descriptors of break points, plus one */
    uint32_t ask;           /* last side order */
    unsigned spins_lost;    /* how often in a row the guest spun in vain for its turn */
    unsigned interrupts_left; /* how often to try again before giving up */
    uint8_t fpu[512];
    /* ptrace only: all registers as the host sees them, now and where the thread waited in the stub */
    struct user_regs_struct ptrace_regs, ptrace_home;
    bool ptrace_gone;
};

/* What the engine answers calls about: the head of the next two. */
typedef struct {
    PyObject_HEAD
    uint64_t judged; /* counts how often the kernel took the right to answer back; too wide to come round */
} JudgedObject;

/* How guests use a file that the engine reads and writes for them. */
typedef struct {
    JudgedObject head;
    long long position;
} PlainFileObject;

enum { SIGNAL_SEMAPHORE, SIGNAL_SYNCHRONIZATION, SIGNAL_NOTIFICATION };

/* The count of a semaphore or an event, and the threads that wait for nothing but that. */
typedef struct SignalObject {
    JudgedObject head;
    int kind;
    long long count, maximum; /* of an event 0 or 1 */
    PyObject *waiters;  /* the kernel's waits: while there are any, the kernel answers */
    ThreadObject *first, *last; /* the seated; owns references */
    SpaceObject *lent_to;       /* NULL: nobody; its place there: */
    unsigned lent_at;
    unsigned uses, lend_after; /* plain calls since it came back, and after how many it is lent again */
    int64_t lent_since;
} SignalObject;

/* What stands behind a place of pcb.lent. */
struct loan {
    SignalObject *signal; /* NULL: nothing */
    uint64_t word;        /* as the last beat saw it */
    uint32_t moves;       /* likewise */
    uint32_t number;      /* of loans there were */
};

struct permission {
    JudgedObject *object; /* NULL: empty */
    PyObject *counters;   /* of the process that uses a file: calls by kind, then bytes */
    uint32_t index;       /* the handle without its two low bits */
    uint64_t judged;      /* object->judged when the kernel allowed it */
    unsigned kinds;       /* bits: 1 << kind of call */
    int fd;               /* of a file */
};

struct SpaceObject {
    PyObject_HEAD
    EngineObject *engine;
    SpaceObject *next, *previous; /* in the engine's list; the list owns a reference */
    PyObject *fault_hook, *budget, *answers;
    int pid, pidfd, socket;
    int bell[2]; /* both ends of a pipe, which the guest writes to when the kernel sleeps */
    int private, control; /* what the guest's memory lies in */
    bool listed, dead, hot, dirty;
    uint8_t *memory; /* private memory, all of it */
    struct pcb *pcb;
    uint64_t *table;
    uint32_t ops_tail, servant_ask, gate_return;
    unsigned mappings;   /* the host has at most so many */
    unsigned recount_at; /* count them when that bound gets here */
    struct view *views;
    unsigned view_count, view_room;
    ThreadObject **threads; /* by slot */
    unsigned next_slot, thread_count, running;
    struct permission *permissions; /* by handle, as far as there is room; NULL before the first */
    struct loan *loans;             /* likewise */
    unsigned lent_count;
    const char *crime; /* for which it was killed */
    int64_t cpu_time, crowded_since; /* policing */
    uint16_t *free_slots; /* ring of slots whose threads were told to end */
    unsigned free_first, free_count;
};

enum { WAKE_COOKIE = 0, CHILD_COOKIE = 2, HOST_COOKIE = 4 }; /* epoll: else a space, bit 0 set for its death */

#define HOT 8
#define POLLED 4
#define KNOWN_CALLS 512

struct known_call {
    PyObject *handler;
    int words, native;
};

struct EngineObject {
    PyObject_HEAD
    bool ptrace, closed, woken;
    int owner_pid; /* a forked copy of this process must leave the guests alone */
    int epoll, wakefd;
    int child_signals;  /* ptrace: a signalfd for SIGCHLD */
    bool child_seen;    /* one was read from it */
    int processors;
    unsigned running, space_count;
    unsigned debug_events;
    SpaceObject *spaces;
    SpaceObject *hot[HOT];
    unsigned hot_count;
    ThreadObject *polled[POLLED]; /* running threads whose turn word is looked at; they set no pending bits */
    unsigned polled_count;
    unsigned dirty; /* spaces with operations queued */
    ThreadObject *first, *last; /* traps to report; owns references */
    ThreadObject **interrupts;  /* threads that were asked to trap and have not; owns references */
    unsigned interrupt_count, interrupt_room;
    PyObject *tick;
    int64_t tick_interval, last_tick;
    int64_t last_look;  /* at all descriptors */
    int64_t last_press; /* of interrupts */
    int64_t last_beat;  /* of policing */
    SpaceObject *beat;  /* whose turn it is at the next */
    unsigned quiet;     /* beats in a row at which no guest process had run */
    unsigned spin_misses, crowd_misses;
    bool woke; /* a guest thread that slept, since the kernel last looked out */
    uint64_t ticks_per_us;
    unsigned max_mappings;
    PyObject *clock;
    int64_t counter_start; /* the host's monotonic clock when interrupt time was 0; 0: interrupt time follows another */
    struct known_call known[KNOWN_CALLS]; /* serve(): by number */
    PyObject *current; /* serve(): whose call is or was answered */
    char *program; /* path of the stub */
    PyObject *name;
};

extern PyTypeObject StoreType, SpaceType, ThreadType, EngineType, PlainFileType, SignalType;
extern PyObject *EngineError, *GuestFault, *NtError;

/* store.c */
PyObject *store_new(uint64_t size);
PyObject *store_of_file(int fd, uint64_t size, bool writable);
int foreign_read(void *to, const uint8_t *from, uint64_t length);
int foreign_write(uint8_t *to, const void *from, uint64_t length);
void memory_release(Memory *memory);
int memory_read_only(Memory *memory);
bool memory_holds(const Memory *memory, const uint8_t *at);
uint64_t memory_offset(const Memory *memory, const uint8_t *at);
int sealed_memory(const char *name, uint64_t size);
int high_descriptor(int fd);

/* process.c */
int process_start(SpaceObject *space);
void process_kill(SpaceObject *space);
void process_reap(SpaceObject *space);
int servant(SpaceObject *space, uint32_t command, uint32_t slot);
int await_word(SpaceObject *space, uint32_t *word, uint32_t value);
void futex_wake(uint32_t *word);
int64_t now_ns(void);

/* space.c */
PyObject *space_new(EngineObject *engine);
void space_destroy(SpaceObject *space);
int space_alive(SpaceObject *space);

/* mapping.c */
void drain_now(SpaceObject *space);
void drain_others(EngineObject *engine, SpaceObject *space);
void forget_views(SpaceObject *space);
PyObject *mapping_private(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *mapping_store(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *mapping_protect(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *mapping_unmap(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *mapping_discard(SpaceObject *, PyObject *const *, Py_ssize_t);

/* access.c */
int copy_in(SpaceObject *space, uint64_t address, void *to, uint64_t length);
int access_pieces(SpaceObject *space, uint64_t address, uint64_t length, bool to_guest, struct iovec *pieces, int room,
                  uint64_t *covered);
uint8_t *access_plain(SpaceObject *space, uint64_t address, uint64_t length, unsigned right);
PyObject *access_read(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_read_text(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_read_counted(SpaceObject *, PyObject *);
PyObject *access_write(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_probe_write(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_peek(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_copy_private(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *access_poke(SpaceObject *, PyObject *const *, Py_ssize_t);
#define SCALAR(bits)                                        \
    PyObject *access_read_u##bits(SpaceObject *, PyObject *); \
    PyObject *access_write_u##bits(SpaceObject *, PyObject *const *, Py_ssize_t);
SCALAR(8)
SCALAR(16)
SCALAR(32)
SCALAR(64)
#undef SCALAR

/* thread.c */
PyObject *thread_new(SpaceObject *space, uint32_t teb);
void thread_free_slot(ThreadObject *thread);
void thread_go(ThreadObject *thread, uint32_t order);
int thread_send_interrupt(ThreadObject *thread);
int thread_trapped(ThreadObject *thread);
int side_order(ThreadObject *thread, uint32_t order);

/* state.c */
PyObject *thread_words(ThreadObject *thread, uint32_t count);
PyObject *thread_args(ThreadObject *thread, PyObject *argument);
PyObject *thread_get_fpu(ThreadObject *thread, PyObject *none);
PyObject *thread_set_fpu(ThreadObject *thread, PyObject *image);
PyObject *thread_cpu_time(ThreadObject *thread, PyObject *none);
PyObject *space_cpu_time(SpaceObject *space, PyObject *none);

/* debug.c */
void debug_clear(ThreadObject *thread);
PyObject *thread_set_debug(ThreadObject *thread, PyObject *const *arguments, Py_ssize_t count);

/* traps.c */
bool kernels_turn(const ThreadObject *thread);
bool sits(const ThreadObject *thread);
void take(ThreadObject *thread);
bool take_from_seat(ThreadObject *thread);
void collect(SpaceObject *space);
void collect_dead(SpaceObject *space);
void report(ThreadObject *thread, int trap);
ThreadObject *next_report(EngineObject *engine);
void collect_polled(EngineObject *engine);
void poll_start(ThreadObject *thread);
void poll_stop(ThreadObject *thread);
void make_hot(SpaceObject *space);
void make_cold(SpaceObject *space);
void interrupt_forget(ThreadObject *thread);
int interrupt_remember(ThreadObject *thread);

/* wait.c */
PyObject *engine_wait(EngineObject *engine, PyObject *timeout);

/* police.c */
int police(EngineObject *engine, int64_t now);
int64_t police_due(const EngineObject *engine);

/* serve.c */
int serve_init(void);
void serve_forget(EngineObject *engine);
PyObject *engine_serve(EngineObject *engine, PyObject *const *arguments, Py_ssize_t count);

/* native.c */
bool native_words(ThreadObject *thread, uint32_t *words, uint32_t count);
PyObject *native_call(ThreadObject *thread, int kind);

/* permission.c */
struct permission *permit(SpaceObject *space, uint32_t number, PyObject *object, int fd, uint32_t kind);
struct permission *permitted(SpaceObject *space, uint32_t number, int kind);
void permissions_forget(SpaceObject *space);
int permissions_traverse(SpaceObject *space, visitproc visit, void *arg);
PyObject *permission_judge(JudgedObject *object, PyObject *none);

/* plainfile.c */
PyObject *plain_file_new(EngineObject *engine, PyObject *none);
PyObject *space_set_plain_file(SpaceObject *space, PyObject *const *args, Py_ssize_t count);
PyObject *plain_file_call(ThreadObject *thread, int kind);

/* signal.c */
PyObject *signal_new(EngineObject *engine, PyObject *const *args, Py_ssize_t count);
PyObject *space_set_signal(SpaceObject *space, PyObject *const *args, Py_ssize_t count);
void signal_seat(SignalObject *signal, ThreadObject *thread);
void signal_leave(ThreadObject *thread);
PyObject *signal_call(ThreadObject *thread, int kind);

/* lent.c */
#define LEND_AFTER 8 /* plain calls of a signal, for a beginning */
void lend(SignalObject *signal, SpaceObject *space, uint32_t number);
void note_number(ThreadObject *thread, int kind);
void call_back(SignalObject *signal);
void call_back_all(SpaceObject *space);
void call_back_idle(SpaceObject *space);
void loans_forget(SpaceObject *space);
PyObject *space_call_back(SpaceObject *space, PyObject *none);

/* hostfile.c */
typedef struct {
    struct statx is;
    long long born; /* as NT counts; 0: unknown */
    long dos;       /* attributes that somebody has written down; -1: nobody has */
} HostLook;

long long host_nt_time(struct statx_timestamp at);
int host_look(int fd, const char *name, bool all, HostLook *look);
PyObject *space_read_file(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *space_write_file(SpaceObject *, PyObject *const *, Py_ssize_t);
PyObject *hostfile_look(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *hostfile_key_of(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *hostfile_written(PyObject *module, PyObject *fd);
PyObject *hostfile_open_same(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *hostfile_rename(PyObject *module, PyObject *args);
PyObject *hostfile_hole(PyObject *module, PyObject *args);
PyObject *hostfile_reserve(PyObject *module, PyObject *args);
PyObject *hostfile_watch(PyObject *module, PyObject *none);
PyObject *hostfile_watch_folder(PyObject *module, PyObject *args);
PyObject *hostfile_unconnect(PyObject *module, PyObject *arg);

/* hostlist.c */
PyObject *hostfile_records(PyObject *module, PyObject *args);

/* probe.c */
PyObject *probe_host(PyObject *module, PyObject *none);

/* ptrace.c */
int ptrace_attach(ThreadObject *thread);
void ptrace_go(ThreadObject *thread, uint32_t order);
int ptrace_interrupt(ThreadObject *thread);
void ptrace_end(ThreadObject *thread);
int ptrace_get_fpu(ThreadObject *thread);
void ptrace_collect(EngineObject *engine, bool all);
void ptrace_reap(SpaceObject *space);

/* Numbers from Python: masked 32 bits, or an exception. */
static inline int as_u64(PyObject *object, uint64_t *value)
{
    unsigned long long v = PyLong_AsUnsignedLongLong(object);
    if (v == (unsigned long long)-1 && PyErr_Occurred())
        return -1;
    *value = v;
    return 0;
}

static inline int as_u32(PyObject *object, uint32_t *value)
{
    unsigned long v = PyLong_AsUnsignedLongMask(object);
    if (v == (unsigned long)-1 && PyErr_Occurred())
        return -1;
    *value = (uint32_t)v;
    return 0;
}

int need_args(const char *name, Py_ssize_t given, Py_ssize_t wanted);

static inline uint32_t load32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void store32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }

#endif
