/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel process and a guest process share: the layout of the control
 * memory.  Included by the native engine, the stub's C and the stub's assembly.
 *
 * The guest can write all of it.  The kernel side therefore reads each word
 * once, checks it, and never lets a wrong one harm anything but that guest.
 */
#ifndef RING3K_SHARED_H
#define RING3K_SHARED_H

#define STUB_BASE 0x7e0000000000
#define CTRL_BASE 0x7e1000000000
#define GATE_BASE 0xf0000000
#define GATE_TRACED 0xf0000100 /* the gate where guest threads are traced */
#define GUEST_END 0x7fff0000

#define SLOT_SHIFT 15
#define SLOT_SIZE 0x8000 /* one thread: control block page, then its stack */
#define SLOT_COUNT 8192  /* as many as the LDT has entries; slot 0 is the process' own */
#define CTRL_SIZE 0x10000000

#define PCB_OPS 0x1000       /* ring of memory operations */
#define PCB_SHORT_CUTS 0x2000 /* one byte for each system call number */
#define SHORT_CUTS 0x2000
#define OPS 128

/* Descriptors of a guest process. */
#define FD_CONTROL 0
#define FD_PRIVATE 1
#define FD_SOCKET 2
#define FD_BELL 3
#define FD_VIEW 0 /* a store, for the moment of mapping; the control memory is mapped and closed by then */

#define SIGNAL_INTERRUPT 10 /* SIGUSR1 */

/* Offsets the assembly uses. */
#define PCB_GATE_RETURN 0x440
#define TCB_SELF 0x00
#define TCB_STEPPING 0x20
#define TCB_EAX 0x40
#define TCB_EBX 0x44
#define TCB_ECX 0x48
#define TCB_EDX 0x4c
#define TCB_ESI 0x50
#define TCB_EDI 0x54
#define TCB_EBP 0x58
#define TCB_ESP 0x5c
#define TCB_EIP 0x60
#define TCB_EFLAGS 0x64
#define TCB_FS 0x24

#define CS32 0x23
#define CS64 0x33
#define SS32 0x2b

#define FLAG_TF 0x100
#define FLAG_DF 0x400
#define FLAG_NT 0x4000
#define FLAG_AC 0x40000
#define FLAG_ID 0x200000

#define CODE_WATCHED 6    /* si_code of a break point by debug register (TRAP_PERF) */
#define WATCHED_NUMBER 24 /* where in siginfo its number is (si_perf_data) */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* Whose turn it is (tcb.turn, a futex word).  Who is seated has said all that the kernel needs to know of its call, but
 * another thread of its process will answer it, unless the kernel calls back what it waits for (struct lent). */
enum { TURN_GUEST = 0, TURN_KERNEL = 1, TURN_KERNEL_ASLEEP = 2, TURN_SEATED = 3, TURN_SEATED_ASLEEP = 4 };

/* What the kernel asks of a trapped thread (tcb.order). */
enum { ORDER_FINISH = 1, ORDER_RESUME, ORDER_SAVE_FPU, ORDER_DRAIN, ORDER_EXIT };

/* How a thread trapped (tcb.kind). */
enum { KIND_STARTED = 1, KIND_GATE, KIND_SIGNAL, KIND_GATE_ARGS };
#define ARG_WORDS 4
#define SPIN_POLLED 0x80000000u /* the kernel looks at tcb.turn by itself */

/* Memory operations. */
enum { OP_PRIVATE = 1, OP_STORE, OP_PROTECT, OP_UNMAP };

/* What the servant thread is asked. */
enum { SERVANT_DRAIN = 1, SERVANT_CLONE };

/* Which system calls may be answered without Python (protocol.Native). */
enum {
    NATIVE_NONE,
    NATIVE_READ_FILE,
    NATIVE_WRITE_FILE,
    NATIVE_QUERY_MEMORY,
    NATIVE_RELEASE_SEMAPHORE,
    NATIVE_SET_EVENT,
    NATIVE_WAIT_SINGLE, /* as a right, for both */
    NATIVE_WAIT_MANY,
};

enum {
    SHORT_OFF = 0,
    SHORT_SYSTEM_TIME = 1,
    SHORT_YIELD = 2,
    SHORT_TICK_COUNT = 3,
    SHORT_COUNTER = 4,
    SHORT_LENT = 0x10, /* with one of the NATIVE_ above: perhaps about something that is lent */
};

struct regs {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags;
};

/* More about a trap by signal. */
struct detail {
    uint32_t signal, code;
    uint32_t vector, error, address;
    uint32_t cs;
    uint32_t call; /* SIGSYS: the host's call number; CODE_WATCHED: which debug register, from 1 */
    uint32_t with_fpu; /* fpu[] holds the FPU's state: exceptions show it, and to ask for it costs more than all else */
};

/* Thread control block: the first page of a slot.  The second line is all that a call through the gate needs. */
struct tcb {
    uint64_t self;
    uint32_t tid;      /* written and cleared by the host */
    uint32_t teb;
    uint32_t ack;      /* last ORDER_SAVE_FPU / ORDER_DRAIN done */
    uint32_t ask;      /* number of that order */
    uint32_t load_fpu; /* fpu[] is to be loaded before the guest goes on */
    uint32_t no_seat;  /* its waits are the kernel's to see */
    uint8_t stepping; /* a TF trap came in the gate: TF is the guest's wish */
    uint8_t pad1[3];
    uint32_t fs;
    uint8_t pad2[24];
    struct regs r; /* at the trap, and to go on with */
    uint32_t turn;
    uint32_t order;
    uint32_t spin; /* time stamp ticks the guest may spin for its turn, and SPIN_POLLED */
    uint32_t kind;
    uint32_t words[2]; /* KIND_GATE_ARGS: the first two argument words; two more in r.eip and r.edx, which are known */
    struct detail d; /* KIND_SIGNAL */
    uint8_t pad4[0x200 - 0x80 - sizeof(struct detail)];
    uint8_t fpu[512];
};

struct op {
    uint32_t kind, address, length, prot;
    uint32_t offset_low, offset_high;
};

/* A semaphore or event that is lent to the guest: until the kernel calls it back, the guest's threads change it without
 * asking.  All of its state is one word:
 *   bit 0 it is lent, 1-11 its count, 12-31 which loan of this place it is, and four bytes: the slots of the threads that
 *   wait for nothing else, first come first.  While there are any, the count is 0.
 * Whoever changes it compares the whole word, so nobody changes what has been called back, or lent again, meanwhile. */
#define LENT 64 /* places, by handle */
#define LENT_OUT 1ull
#define LENT_ONE 2ull
#define LENT_MOST 0x7ffull
#define LENT_COUNT (LENT_MOST * LENT_ONE)
#define LENT_LOAN (1ull << 12)
#define LENT_LOANS 0xfffffull
#define LENT_SEATS 4
#define LENT_SEAT_SHIFT 32
struct lent {
    uint64_t word;
    uint32_t index;        /* the handle without its two low bits */
    uint32_t kinds;        /* bits: 1 << kind of call */
    uint32_t maximum;
    uint32_t notification; /* an event that stays set: it is lent while it is, and only the kernel resets it */
    uint32_t moves;        /* changes with every call; only to be seen */
    uint32_t pad;
};

/* Process control block: the first page of slot 0. */
struct pcb {
    uint64_t summary; /* bit i: something in pending[2i], pending[2i+1] */
    uint32_t watched; /* the kernel looks at summary before it sleeps */
    uint32_t pad0;
    uint64_t pending[SLOT_COUNT / 64];
    uint8_t pad1[0x440 - 16 - SLOT_COUNT / 8];
    /* 0x440: written by the kernel */
    uint32_t gate_return;
    uint16_t gate_cs, pad2;
    uint32_t kernel_pid;
    uint32_t ptrace;
    uint32_t ops_tail;
    uint32_t pad5;
    uint64_t counter_start; /* the host's monotonic clock when the performance counter was 0, in nanoseconds */
    uint8_t pad3[64 - 32];
    /* 0x480: written by the guest */
    uint32_t ops_done;
    uint32_t ops_lock;
    uint32_t ops_error;
    uint32_t ready; /* 1 up and running; else 0x100 | step that failed */
    uint32_t ready_error;
    uint8_t pad4[64 - 20];
    /* 0x4c0: the servant's mailbox */
    uint32_t servant_ask;
    uint32_t servant_command, servant_slot;
    uint32_t servant_ack;
    uint32_t servant_result;
    uint32_t servant_tid;
    uint8_t pad6[0x800 - 0x4c0 - 24];
    struct lent lent[LENT];
};

#define CHECK_OFFSET(type, field, value) \
    _Static_assert(offsetof(struct type, field) == (value), #type "." #field)
CHECK_OFFSET(pcb, gate_return, PCB_GATE_RETURN);
CHECK_OFFSET(tcb, stepping, TCB_STEPPING);
CHECK_OFFSET(tcb, r.eax, TCB_EAX);
CHECK_OFFSET(tcb, r.esp, TCB_ESP);
CHECK_OFFSET(tcb, r.eflags, TCB_EFLAGS);
CHECK_OFFSET(tcb, fs, TCB_FS);
CHECK_OFFSET(tcb, d, 0x80);
CHECK_OFFSET(tcb, fpu, 0x200);
CHECK_OFFSET(pcb, ops_done, 0x480);
CHECK_OFFSET(pcb, servant_ask, 0x4c0);
CHECK_OFFSET(pcb, lent, 0x800);
_Static_assert(sizeof(struct pcb) == PCB_OPS, "a page");
_Static_assert(sizeof(struct op) * OPS <= 0x1000, "ring");
#endif
#endif
