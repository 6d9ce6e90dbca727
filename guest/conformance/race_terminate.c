/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that are terminated at any moment: in a wait, in a loop, in calls, twice. Not while they begin: a thread that
 * is terminated with the loader lock keeps it, and the process starts no other (which is why TerminateThread is dangerous).
 * Known from: MSDN TerminateThread, WaitForSingleObject (a terminated thread is signalled for ever); Windows Internals, 4th ed., ch. 6.
 */
#include "tap.h"

enum { THREADS = 8, ROUNDS = 6 };

static HANDLE event;
static volatile LONG spins, begun;

static NTSTATUS wait_for_ever(PVOID unused)
{
    (void)unused;
    InterlockedIncrement(&begun);
    NtWaitForSingleObject(event, FALSE, NULL);
    return 0;
}

static NTSTATUS spin(PVOID unused)
{
    (void)unused;
    InterlockedIncrement(&begun);
    for (;;)
        spins++;
    return 0;
}

static NTSTATUS calls(PVOID unused)
{
    (void)unused;
    for (;;) {
        HANDLE copy;
        if (!NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS))
            NtClose(copy);
    }
    return 0;
}

static NTSTATUS terminate(PVOID thread)
{
    for (int i = 0; i < 20; i++)
        NtTerminateThread(thread, 0x99);
    return 0;
}

static NTSTATUS toggle(PVOID thread)
{
    for (int i = 0; i < 60; i++) {
        NtSuspendThread(thread, NULL);
        NtResumeThread(thread, NULL);
    }
    return 0;
}

/* How many of a row of threads ended otherwise than they were told to. */
static int round_of(THREAD_FUNCTION function, int delay)
{
    HANDLE threads[THREADS];
    int bad = 0;
    begun = 0;
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(function, NULL);
    while (begun < THREADS)
        sleep_ms(1);
    if (delay)
        sleep_ms(delay);
    for (int i = 0; i < THREADS; i++)
        NtTerminateThread(threads[i], 0x70 + i);
    for (int i = 0; i < THREADS; i++)
        bad += thread_join(threads[i]) != 0x70 + i;
    return bad;
}

void test_main(void)
{
    HANDLE victim, first, second;
    int bad = 0;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    for (int i = 0; i < ROUNDS; i++)
        bad += round_of(wait_for_ever, i & 3);
    equal(bad, 0, "threads that wait, or are about to");
    bad = 0;
    for (int i = 0; i < 2; i++)
        bad += round_of(spin, 4 * i);
    equal(bad, 0, "threads that make no calls");
    begun = 0;
    victim = thread_start(spin, NULL);
    while (!begun)
        sleep_ms(1);
    first = thread_start(terminate, victim);
    second = thread_start(terminate, victim);
    expect(thread_join(first), 0, "a thread terminated by two others: one");
    expect(thread_join(second), 0, "and the other");
    expect(thread_join(victim), 0x99, "it ends");
    victim = thread_start(calls, NULL);
    first = thread_start(toggle, victim);
    second = thread_start(toggle, victim);
    expect(thread_join(first), 0, "a thread suspended and resumed by two others: one");
    expect(thread_join(second), 0, "and the other one");
    expect(wait_ms(victim, 0), STATUS_TIMEOUT, "it lives");
    /* It shall not own a handle at its end: the event's count tells, once a call under way has come to its end. */
    for (int i = 0; i < 50; i++) {
        OBJECT_BASIC_INFORMATION info;
        NtSuspendThread(victim, NULL);
        sleep_ms(5);
        NtQueryObject(event, ObjectBasicInformation, &info, sizeof(info), NULL);
        if (info.HandleCount == 1)
            break;
        NtResumeThread(victim, NULL);
        sleep_ms(1);
    }
    NtTerminateThread(victim, 5);
    NtResumeThread(victim, NULL);
    expect(thread_join(victim), 5, "it is terminated while it is suspended");
    NtClose(event);
}
