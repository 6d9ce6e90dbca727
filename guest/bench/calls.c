/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the kernel's core, traps, and the making of threads and processes. */
#include "../conformance/seh.h"
#include "bench.h"

static HANDLE event, pair_to, pair_back;
static HANDLE set_event;
static volatile ULONG stopped;

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

static void query_counter(ULONG times)
{
    LI now;
    while (times--)
        NtQueryPerformanceCounter(&now, NULL);
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

void bench_calls(void)
{
    HANDLE other;
    NtCreateEvent(&set_event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&pair_to, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    NtCreateEvent(&pair_back, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    measure("far-call", far_call);
    measure("NtYieldExecution", yield);
    measure("NtQuerySystemTime", query_time);
    measure("NtQueryPerformanceCounter", query_counter);
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
    NtClose(set_event);
    NtClose(event);
    NtClose(pair_to);
    NtClose(pair_back);
}
