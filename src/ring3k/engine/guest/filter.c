// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The seccomp filter.  A host call is let through only from the one address in
// the stub that makes it, with the arguments that call site may have.  All else,
// and every other architecture's calls, become SIGSYS.
#include "stub.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include <linux/futex.h>
#include <linux/time.h>
#include <asm/unistd_64.h>

#define NR offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)
#define IP offsetof(struct seccomp_data, instruction_pointer)
#define LOW(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH(n) (LOW(n) + 4)

struct program {
    struct sock_filter code[256];
    unsigned count;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
    p->code[p->count++] = (struct sock_filter){code, yes, no, k};
}

static void trap(struct program *p) { emit(p, BPF_RET | BPF_K, SECCOMP_RET_TRAP, 0, 0); }
static void allow(struct program *p) { emit(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0); }

static void get(struct program *p, unsigned offset) { emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }

// The word at offset must be value.
static void need(struct program *p, unsigned offset, uint32_t value)
{
    get(p, offset);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    trap(p);
}

static void need_below(struct program *p, unsigned offset, uint32_t limit)
{
    get(p, offset);
    emit(p, BPF_JMP | BPF_JGE | BPF_K, limit, 0, 1);
    trap(p);
}

static void need_range(struct program *p)
{
    need(p, HIGH(0), 0);
    need(p, HIGH(1), 0);
    need_below(p, LOW(0), GUEST_END);
    need_below(p, LOW(1), GUEST_END + 1u);
    get(p, LOW(0));
    emit(p, BPF_MISC | BPF_TAX, 0, 0, 0);
    get(p, LOW(1));
    emit(p, BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0); // below 2 * GUEST_END: no overflow
    emit(p, BPF_JMP | BPF_JGT | BPF_K, GUEST_END, 0, 1);
    trap(p);
}

// Opens the rules of one call site; returns what close_site needs.
static unsigned open_site(struct program *p, const char *site, int number)
{
    get(p, IP);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uint64_t)site, 0, 0);
    unsigned at = p->count - 1;
    need(p, NR, (uint32_t)number);
    return at;
}

static void close_site(struct program *p, unsigned at)
{
    allow(p);
    p->code[at].jf = (uint8_t)(p->count - at - 1);
}

extern const char site_write[], site_mmap[], site_mprotect[], site_munmap[], site_recvmsg[], site_close[],
    site_exit[], site_exit_group[], site_modify_ldt[], site_sigaltstack[], site_futex[], site_clone[], site_clock_gettime[],
    site_sigreturn[];

static void frequent_sites(struct program *p)
{
    unsigned at = open_site(p, site_sigreturn, __NR_rt_sigreturn);
    close_site(p, at);

    at = open_site(p, site_futex, __NR_futex); // wait or wake, not private: the kernel is another process
    need(p, HIGH(1), 0);
    need_below(p, LOW(1), FUTEX_WAKE + 1);
    need(p, LOW(3), 0); // no time-out: who waits is woken by somebody
    need(p, HIGH(3), 0);
    close_site(p, at);

    at = open_site(p, site_write, __NR_write);
    need(p, LOW(0), FD_BELL);
    need(p, LOW(2), 8);
    need(p, HIGH(2), 0);
    close_site(p, at);

    at = open_site(p, site_clock_gettime, __NR_clock_gettime);
    need(p, LOW(0), CLOCK_MONOTONIC);
    close_site(p, at);
}

static void memory_sites(struct program *p)
{
    unsigned at = open_site(p, site_mmap, __NR_mmap);
    need_range(p);
    need_below(p, LOW(2), 8);
    need(p, LOW(3), 0x11); // MAP_SHARED | MAP_FIXED
    get(p, LOW(4));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, FD_PRIVATE, 2, 0);
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, FD_VIEW, 1, 0);
    trap(p);
    close_site(p, at);

    at = open_site(p, site_mprotect, __NR_mprotect);
    need_range(p);
    need_below(p, LOW(2), 8);
    close_site(p, at);

    at = open_site(p, site_munmap, __NR_munmap);
    need_range(p);
    close_site(p, at);

    at = open_site(p, site_recvmsg, __NR_recvmsg);
    need(p, LOW(0), FD_SOCKET);
    close_site(p, at);

    at = open_site(p, site_close, __NR_close);
    need(p, LOW(0), FD_VIEW);
    close_site(p, at);
}

static void thread_sites(struct program *p)
{
    unsigned at = open_site(p, site_clone, __NR_clone);
    need(p, HIGH(0), 0);
    need(p, LOW(0), CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                        CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID);
    need(p, HIGH(2), (uint32_t)(CTRL_BASE >> 32));
    need(p, HIGH(3), (uint32_t)(CTRL_BASE >> 32));
    close_site(p, at);

    at = open_site(p, site_modify_ldt, __NR_modify_ldt);
    need(p, LOW(0), 0x11);
    need(p, LOW(2), 16);
    close_site(p, at);

    at = open_site(p, site_sigaltstack, __NR_sigaltstack);
    need(p, LOW(1), 0);
    need(p, HIGH(1), 0);
    close_site(p, at);

    at = open_site(p, site_exit, __NR_exit);
    close_site(p, at);
    at = open_site(p, site_exit_group, __NR_exit_group);
    close_site(p, at);
}

int install_filter(void)
{
    struct program program;
    program.count = 0;
    need(&program, ARCH, AUDIT_ARCH_X86_64);
    need(&program, IP + 4, (uint32_t)(STUB_BASE >> 32));
    frequent_sites(&program);
    memory_sites(&program);
    thread_sites(&program);
    trap(&program);
    struct sock_fprog fprog = {(unsigned short)program.count, program.code};
    return (int)stub_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, (long)&fprog, 0, 0, 0);
}
