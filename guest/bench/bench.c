/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times single calls and traps from inside the guest. Prints "bench NAME PICOSECONDS" for each; built native for our
 * kernel and as a console program for Wine, from this one source, so that both do exactly the same.
 */
#include "../conformance/seh.h"
#include "../conformance/tap_private.h"

enum { ROUND_MS = 40, ROUNDS = 5 };

typedef void (*OPERATION)(ULONG times);

static HANDLE event, pair_to, pair_back;
static HANDLE set_event;
static volatile ULONG stopped;

static LONGLONG counter(void)
{
    LI now, frequency;
    NtQueryPerformanceCounter(&now, &frequency);
    return now.QuadPart * (10000000 / frequency.QuadPart);
}

static void say(const char *name, LONGLONG picoseconds)
{
    char text[128], digits[24], *at = text;
    int n = 0;
    for (const char *word = "bench "; *word;)
        *at++ = *word++;
    while (*name)
        *at++ = *name++;
    *at++ = ' ';
    do {
        digits[n++] = (char)('0' + picoseconds % 10);
        picoseconds /= 10;
    } while (picoseconds);
    while (n)
        *at++ = digits[--n];
    *at++ = '\n';
    *at = 0;
    tap_output(text);
}

/* The median of five rounds, each long enough for the clock. */
static void measure(const char *name, OPERATION operation)
{
    LONGLONG rounds[ROUNDS], start, took;
    ULONG times = 1;
    operation(1);
    for (;;) {
        start = counter();
        operation(times);
        took = counter() - start;
        if (took > ROUND_MS * 10000 / 4)
            break;
        times *= 2;
    }
    times = (ULONG)(times * (ROUND_MS * 10000) / took) + 1;
    for (int round = 0; round < ROUNDS; round++) {
        int place = round;
        start = counter();
        operation(times);
        took = (counter() - start) * 100000 / times;
        for (; place && rounds[place - 1] > took; place--)
            rounds[place] = rounds[place - 1];
        rounds[place] = took;
    }
    say(name, rounds[ROUNDS / 2]);
}

/* A far call into 64-bit code and back: what leaving 32-bit mode costs at the very least. */
static void far_call(ULONG times)
{
    while (times--)
        __asm__ volatile("lcall $0x33, $7f\n\tjmp 8f\n7:\tlret\n8:" : : : "memory");
}

static void yield(ULONG times)
{
    while (times--)
        NtYieldExecution();
}

static void query_time(ULONG times)
{
    LI now;
    while (times--)
        NtQuerySystemTime(&now);
}

static void set(ULONG times)
{
    while (times--)
        NtSetEvent(set_event, NULL);
}

static void create_close(ULONG times)
{
    HANDLE handle;
    while (times--) {
        NtCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
        NtClose(handle);
    }
}

static void wait_signalled(ULONG times)
{
    while (times--)
        NtWaitForSingleObject(set_event, FALSE, NULL);
}

static void query_memory(ULONG times)
{
    MEMORY_BASIC_INFORMATION info;
    while (times--)
        NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)far_call, 0, &info, sizeof(info), NULL);
}

static void allocate_free(ULONG times)
{
    while (times--) {
        PVOID base = NULL;
        SIZE_T size = 0x10000, none = 0;
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &none, MEM_RELEASE);
    }
}

/* First touch of fresh pages, 256 at a time; the time of the allocation is shared by them. */
static void touch(ULONG times)
{
    while (times) {
        PVOID base = NULL;
        SIZE_T size = 0x100000, none = 0;
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (ULONG i = 0; i < 256 && times; i++, times--)
            ((volatile char *)base)[i * 4096] = 1;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &none, MEM_RELEASE);
    }
}

static void exception(ULONG times)
{
    struct seh_frame frame;
    seh_install(&frame);
    while (times--)
        FAULT("movl $0, 0");
    seh_remove(&frame);
}

static NTSTATUS partner(PVOID argument)
{
    (void)argument;
    while (!stopped) {
        NtWaitForSingleObject(pair_to, FALSE, NULL);
        NtSetEvent(pair_back, NULL);
    }
    return 0;
}

static void ping_pong(ULONG times)
{
    while (times--) {
        NtSetEvent(pair_to, NULL);
        NtWaitForSingleObject(pair_back, FALSE, NULL);
    }
}

static NTSTATUS nothing(PVOID argument)
{
    (void)argument;
    return 0;
}

static void thread(ULONG times)
{
    while (times--)
        thread_join(thread_start(nothing, NULL));
}

static void process(ULONG times)
{
    while (times--)
        child_run("exit");
}

/* Integer work that fits the first-level cache; the same source is built for Linux. */
#include "work.h"

static NTSTATUS worker(PVOID argument)
{
    return (NTSTATUS)work((ULONG)argument);
}

static LONGLONG two_workers(BOOLEAN together, ULONG amount)
{
    LONGLONG start = counter();
    HANDLE first = thread_start(worker, (PVOID)amount), second;
    if (!together)
        thread_join(first);
    second = thread_start(worker, (PVOID)amount);
    if (together)
        thread_join(first);
    thread_join(second);
    return counter() - start;
}

static void cpu(void)
{
    LONGLONG best = 0x7fffffffffffffff, apart = best, together = best;
    for (int round = 0; round < 3; round++) {
        LONGLONG start = counter(), took;
        work(WORK_AMOUNT);
        took = counter() - start;
        best = took < best ? took : best;
        took = two_workers(FALSE, WORK_AMOUNT / 2);
        apart = took < apart ? took : apart;
        took = two_workers(TRUE, WORK_AMOUNT / 2);
        together = took < together ? took : together;
    }
    say("cpu", best * 100000);
    say("cpu-two-after-each-other", apart * 100000);
    say("cpu-two-together", together * 100000);
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}

void test_main(void)
{
    HANDLE other;
    NtCreateEvent(&set_event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&pair_to, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    NtCreateEvent(&pair_back, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    measure("far-call", far_call);
    measure("NtYieldExecution", yield);
    measure("NtQuerySystemTime", query_time);
    measure("NtSetEvent", set);
    measure("NtCreateEvent+NtClose", create_close);
    measure("NtWaitForSingleObject", wait_signalled);
    measure("NtQueryVirtualMemory", query_memory);
    measure("NtAllocate+NtFreeVirtualMemory", allocate_free);
    measure("page-first-touch", touch);
    measure("exception-round-trip", exception);
    other = thread_start(partner, NULL);
    measure("context-switch-pair", ping_pong);
    stopped = 1;
    NtSetEvent(pair_to, NULL);
    thread_join(other);
    measure("thread-create+exit", thread);
    measure("process-create+exit", process);
    cpu();
    NtClose(set_event);
    NtClose(event);
    NtClose(pair_to);
    NtClose(pair_back);
}
