/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stub: what its parts need of each other. */
#ifndef RING3K_STUB_H
#define RING3K_STUB_H

#include "../native/shared.h"

#pragma GCC visibility push(hidden) /* addresses relative to rip, no GOT */

#define PCB ((struct pcb *)CTRL_BASE)

long stub_syscall(long number, long a, long b, long c, long d, long e, long f);
long sys_write(int fd, const void *data, unsigned long length);
long sys_mmap(uint64_t address, uint64_t length, int prot, int flags, int fd, uint64_t offset);
long sys_mprotect(uint64_t address, uint64_t length, int prot);
long sys_munmap(uint64_t address, uint64_t length);
long sys_recvmsg(int fd, void *message, int flags);
long sys_close(int fd);
long sys_exit(int status);
long sys_exit_group(int status);
long sys_modify_ldt(int function, void *data, unsigned long length);
long sys_sigaltstack(const void *stack, void *old);
long sys_clock_gettime(int clock, int64_t *time);
long sys_futex(uint32_t *word, int operation, uint32_t value, void *timeout);
long sys_clone(unsigned long flags, void *stack, uint32_t *parent_tid, uint32_t *child_tid);
void *memcpy(void *to, const void *from, unsigned long length);
int copy_words(uint32_t *to, const uint32_t *from, long count);

void signal_entry(void);
void signal_restorer(void);

int install_filter(void);                /* filter.c */
void drain(void);                        /* memory.c */
int out_address(uint32_t arguments, uint32_t *to); /* trap.c */
int performance_counter(uint32_t arguments);
enum lent_answer { LENT_NOT, LENT_ANSWERED, LENT_SEATED };
enum lent_answer lent_call(struct tcb *tcb, const uint32_t word[ARG_WORDS], uint32_t arguments); /* lent.c */
void publish(struct tcb *tcb);
void save_fpu(struct tcb *tcb, uint8_t *frame);
uint32_t await_order(struct tcb *tcb, void *fpstate);
void load_segments(struct tcb *tcb);
void wake_word(uint32_t *word);
void wait_word(uint32_t *word, uint32_t value);

static inline uint32_t load(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void store(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }

#endif
