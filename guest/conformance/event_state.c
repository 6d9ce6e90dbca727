/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: set, reset, pulse, and what a wait takes away.
 * Known from: Windows 2000 DDK (NtCreateEvent family: notification and synchronization events); G. Nebbett, Windows
 * NT/2000 Native API Reference, ch. 8; Wine's dlls/ntdll/tests/om.c (test_event) and sync.c.
 */
#include "tap.h"

static LONG state(HANDLE event)
{
    EVENT_BASIC_INFORMATION info = {9, 9};
    NtQueryEvent(event, 0, &info, sizeof(info), NULL);
    return info.EventState;
}

static void notification(void)
{
    HANDLE event;
    LONG previous = -1;
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), 0, "create notification event");
    equal((ULONG_PTR)event & 3, 0, "handles are multiples of four");
    equal(state(event), 0, "it begins reset");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "wait on a reset event times out");
    expect(NtSetEvent(event, &previous), 0, "set");
    equal(previous, 0, "set returns the state before");
    expect(NtSetEvent(event, &previous), 0, "set again");
    equal(previous, 1, "set again returns 1");
    expect(wait_ms(event, 0), 0, "wait on a set notification event");
    equal(state(event), 1, "a notification event stays set");
    expect(NtResetEvent(event, &previous), 0, "reset");
    equal(previous, 1, "reset returns the state before");
    expect(NtResetEvent(event, &previous), 0, "reset again");
    equal(previous, 0, "reset again returns 0");
    NtSetEvent(event, NULL);
    expect(NtClearEvent(event), 0, "clear");
    equal(state(event), 0, "clear resets");
    expect(NtSetEvent((HANDLE)((ULONG_PTR)event | 3), &previous), 0, "the two low bits of a handle are ignored");
    equal(state(event), 1, "set through a tagged handle");
    expect(NtPulseEvent(event, &previous), 0, "pulse");
    equal(previous, 1, "pulse returns the state before");
    equal(state(event), 0, "pulse leaves it reset");
    expect(NtClose(event), 0, "close");
    expect(NtClose(event), STATUS_INVALID_HANDLE, "close twice");
}

static void synchronization(void)
{
    EVENT_BASIC_INFORMATION info = {9, 9};
    ULONG length = 0;
    HANDLE event;
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, TRUE), 0, "create synchronization event");
    expect(NtQueryEvent(event, 0, &info, sizeof(info), &length), 0, "query");
    equal(info.EventType, SynchronizationEvent, "query: type");
    equal(info.EventState, 1, "query: state");
    equal(length, 8, "query: length");
    expect(wait_ms(event, 0), 0, "wait takes the signal");
    equal(state(event), 0, "reset by the wait");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "second wait times out");
    NtSetEvent(event, NULL);
    NtSetEvent(event, NULL);
    expect(wait_ms(event, 0), 0, "two sets");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "are one signal");
    NtClose(event);
}

static HANDLE gate;
static LONG ready, through;

static NTSTATUS waiter(PVOID unused)
{
    NTSTATUS status;
    (void)unused;
    __sync_add_and_fetch(&ready, 1);
    status = wait_ms(gate, 5000);
    __sync_add_and_fetch(&through, 1);
    return status;
}

/* Three threads that wait, as far as one can know. */
static void start_three(HANDLE *threads)
{
    ready = through = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(waiter, NULL);
    for (int i = 0; i < 400 && *(volatile LONG *)&ready < 3; i++)
        sleep_ms(5);
    sleep_ms(40);
}

static void until_through(LONG wanted)
{
    for (int i = 0; i < 400 && *(volatile LONG *)&through < wanted; i++)
        sleep_ms(5);
}

static void waiters(void)
{
    HANDLE threads[3];
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    start_three(threads);
    NtSetEvent(gate, NULL);
    until_through(1);
    sleep_ms(30);
    equal(through, 1, "set of a synchronization event releases one waiter");
    equal(state(gate), 0, "and leaves it reset");
    NtPulseEvent(gate, NULL);
    until_through(2);
    equal(through, 2, "pulse of a synchronization event releases one waiter");
    NtSetEvent(gate, NULL);
    for (int i = 0; i < 3; i++)
        expect(thread_join(threads[i]), 0, i == 0 ? "waiter 1" : i == 1 ? "waiter 2" : "waiter 3");
    NtClose(gate);

    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    start_three(threads);
    NtPulseEvent(gate, NULL);
    until_through(3);
    equal(through, 3, "pulse of a notification event releases all waiters");
    equal(state(gate), 0, "and leaves it reset again");
    NtSetEvent(gate, NULL);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    NtClose(gate);
}

void test_main(void)
{
    notification();
    synchronization();
    waiters();
}
