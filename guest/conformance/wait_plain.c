/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits for one semaphore or event, without end and without alerts, and what ends them: the same for the hundredth time
 * as for the first, whoever is in between.
 * Known from: Windows 2000 DDK (KeWaitForSingleObject, KeReleaseSemaphore, KeSetEvent, KePulseEvent); Windows Internals,
 * 4th ed., ch. 3 (waits are served first come first; a suspended thread does not wait).
 */
#include "tap.h"

#define ROUNDS 400 /* in the first half some are not plain */
#define GETTING_USED 20

static HANDLE semaphore, other;
static volatile LONG line[8], served;

static NTSTATUS wait_for_ever(HANDLE object) { return NtWaitForSingleObject(object, FALSE, NULL); }

/* Uses a new semaphore a few times as it will be used: a kernel may have learnt its handle then. */
static void create(void)
{
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 5);
    for (int i = 0; i < GETTING_USED; i++) {
        NtReleaseSemaphore(semaphore, 1, NULL);
        wait_for_ever(semaphore);
    }
    served = 0;
}

static NTSTATUS stand(PVOID name)
{
    NTSTATUS status = wait_for_ever(semaphore);
    line[InterlockedIncrement(&served) - 1] = (LONG)(ULONG_PTR)name;
    return status;
}

static NTSTATUS stand_for_a_time(PVOID name)
{
    NTSTATUS status = wait_ms(semaphore, 20000);
    line[InterlockedIncrement(&served) - 1] = (LONG)(ULONG_PTR)name;
    return status;
}

static HANDLE start(NTSTATUS (*what)(PVOID), int name)
{
    HANDLE thread = thread_start(what, (PVOID)(ULONG_PTR)name);
    sleep_ms(40);
    return thread;
}

static void wait_until_served(LONG wanted, const char *name)
{
    for (int tries = 0; tries < 500 && served < wanted; tries++)
        sleep_ms(10);
    sleep_ms(20);
    equal(served, wanted, name);
}

static NTSTATUS join(HANDLE *threads, int number)
{
    NTSTATUS status = 0;
    while (number--)
        status |= thread_join(threads[number]);
    return status;
}

static NTSTATUS echo(PVOID unused)
{
    NTSTATUS status = 0;
    (void)unused;
    for (int i = 0; i < ROUNDS && status == 0; i++) {
        status = wait_for_ever(semaphore);
        if (status == 0)
            status = NtReleaseSemaphore(other, 1, NULL);
    }
    return status;
}

static void there_and_back(void)
{
    NTSTATUS status = 0;
    create();
    NtCreateSemaphore(&other, SEMAPHORE_ALL_ACCESS, NULL, 0, 5);
    HANDLE thread = thread_start(echo, NULL);
    for (int i = 0; i < ROUNDS && status == 0; i++) {
        if (i % 10 == 9 && i < ROUNDS / 2)
            status = NtSignalAndWaitForSingleObject(semaphore, other, FALSE, NULL);
        else if ((status = NtReleaseSemaphore(semaphore, 1, NULL)) == 0)
            status = i % 2 ? wait_for_ever(other) : NtWaitForMultipleObjects(1, &other, WaitAll, FALSE, NULL);
    }
    expect(status, 0, "there and back, this side");
    expect(thread_join(thread), 0, "there and back, the other side");
    equal(semaphore_count(semaphore), 0, "nothing is left");
    NtClose(other);
    NtClose(semaphore);
}

static void first_come(void)
{
    HANDLE threads[4];
    LONG before = 77;
    create();
    for (int i = 0; i < 4; i++)
        threads[i] = start(i == 2 ? stand_for_a_time : stand, i + 1);
    expect(NtReleaseSemaphore(semaphore, 1, &before), 0, "release for the first");
    equal(before, 0, "count before that");
    wait_until_served(1, "one has gone on");
    equal(line[0], 1, "the first comes first");
    NtReleaseSemaphore(semaphore, 2, NULL);
    wait_until_served(3, "two more have");
    equal(line[1] + line[2], 2 + 3, "the next two are next");
    NtReleaseSemaphore(semaphore, 2, NULL);
    wait_until_served(4, "all have");
    equal(semaphore_count(semaphore), 1, "what nobody wanted is left");
    expect(join(threads, 4), 0, "how all these waits ended");
    NtClose(semaphore);
}

static void errors(void)
{
    HANDLE weak, event;
    LONG before = 77;
    create();
    expect(NtReleaseSemaphore(semaphore, 6, &before), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "over the maximum");
    expect(NtReleaseSemaphore(semaphore, 0, &before), STATUS_INVALID_PARAMETER, "release of nothing");
    expect(NtReleaseSemaphore(semaphore, -1, &before), STATUS_INVALID_PARAMETER, "release of less");
    equal(before, 77, "no count comes back");
    expect(NtReleaseSemaphore(semaphore, 1, (LONG *)0x10), STATUS_ACCESS_VIOLATION, "bad pointer");
    equal(semaphore_count(semaphore), 0, "and nothing was added");
    while (wait_ms(semaphore, 0) == 0)
        ;
    expect(NtReleaseSemaphore(semaphore, 5, &before), 0, "as much as fits");
    equal(before, 0, "count before as much as fits");
    expect(NtReleaseSemaphore(semaphore, 1, &before), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "one more");
    expect(NtDuplicateObject(NtCurrentProcess(), semaphore, NtCurrentProcess(), &weak, SYNCHRONIZE, 0, 0), 0, "duplicate");
    expect(wait_for_ever(weak), 0, "wait by another handle");
    expect(wait_for_ever(weak), 0, "and again");
    equal(semaphore_count(semaphore), 3, "both took one");
    expect(NtReleaseSemaphore(weak, 1, NULL), STATUS_ACCESS_DENIED, "release without the right");
    expect(NtClose(semaphore), 0, "close");
    expect(NtReleaseSemaphore(semaphore, 1, NULL), STATUS_INVALID_HANDLE, "release by a closed handle");
    expect(wait_for_ever(semaphore), STATUS_INVALID_HANDLE, "wait for a closed handle");
    expect(wait_for_ever(weak), 0, "wait for the one that is left");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, TRUE);
    expect(NtReleaseSemaphore(event, 1, NULL), STATUS_OBJECT_TYPE_MISMATCH, "an event, perhaps by the closed handle's number");
    expect(wait_for_ever(event), 0, "and a wait for it");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "which took it");
    NtClose(event);
    NtClose(weak);
}

static void suspended(void)
{
    create();
    HANDLE thread = start(stand, 1);
    expect(NtSuspendThread(thread, NULL), 0, "suspend");
    NtReleaseSemaphore(semaphore, 1, NULL);
    sleep_ms(40);
    equal(semaphore_count(semaphore), 1, "who is suspended does not wait");
    HANDLE next = start(stand, 2);
    wait_until_served(1, "another goes on");
    equal(line[0], 2, "it has it");
    NtReleaseSemaphore(semaphore, 1, NULL);
    expect(NtResumeThread(thread, NULL), 0, "resume");
    wait_until_served(2, "the first goes on when it is resumed");
    expect(thread_join(thread), 0, "with one of its own");
    thread_join(next);
    equal(semaphore_count(semaphore), 0, "nothing is left of the two");
    NtClose(semaphore);
}

static void ended(void)
{
    create();
    HANDLE thread = start(stand, 1), next = start(stand, 2);
    expect(NtTerminateThread(thread, 5), 0, "terminate who waits");
    expect(thread_join(thread), 5, "it ends");
    NtReleaseSemaphore(semaphore, 1, NULL);
    wait_until_served(1, "one goes on after that");
    equal(line[0], 2, "the next has what it would have had");
    thread_join(next);
    thread = start(stand, 3);
    NtTerminateThread(thread, 6);
    thread_join(thread);
    NtReleaseSemaphore(semaphore, 1, NULL);
    equal(semaphore_count(semaphore), 1, "nobody waits any more");
    NtClose(semaphore);
}

static void closed(void)
{
    HANDLE again;
    create();
    HANDLE thread = start(stand, 1);
    NtDuplicateObject(NtCurrentProcess(), semaphore, NtCurrentProcess(), &again, 0, 0, DUPLICATE_SAME_ACCESS);
    NtClose(semaphore);
    expect(NtReleaseSemaphore(again, 1, NULL), 0, "release by another handle");
    wait_until_served(1, "who waits by the closed handle goes on");
    expect(thread_join(thread), 0, "ends the wait that began with the closed one");
    NtClose(again);
}

#define EQUAL(got, expected, name) tap_value((ULONG)(got), (ULONG)(expected), __FILE__, __LINE__, name, kind)

static void start_three(HANDLE *threads)
{
    served = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = start(stand, i + 1);
}

static void set(int type, const char *kind)
{
    HANDLE threads[3];
    EVENT_BASIC_INFORMATION info;
    LONG state = 77;
    start_three(threads);
    EQUAL(NtSetEvent(semaphore, &state), 0, "set");
    EQUAL(state, 0, "state before");
    wait_until_served(type == NotificationEvent ? 3 : 1, type == NotificationEvent ? "set: all go on" : "set: one goes on");
    NtQueryEvent(semaphore, 0, &info, sizeof(info), NULL);
    EQUAL(info.EventState, type == NotificationEvent, "state after");
    if (type == SynchronizationEvent) {
        equal(line[0], 1, "set: the first");
        NtSetEvent(semaphore, NULL);
        wait_until_served(2, "set again: the next");
        NtSetEvent(semaphore, NULL);
    } else
        expect(wait_for_ever(semaphore), 0, "a set event ends a wait at once");
    EQUAL(join(threads, 3), 0, "how the waits for it ended");
    NtResetEvent(semaphore, NULL);
}

static void pulsed(int type, const char *kind)
{
    HANDLE threads[3];
    EVENT_BASIC_INFORMATION info;
    start_three(threads);
    EQUAL(NtPulseEvent(semaphore, NULL), 0, "pulse");
    wait_until_served(type == NotificationEvent ? 3 : 1,
                      type == NotificationEvent ? "pulse: all go on" : "pulse: one goes on");
    NtQueryEvent(semaphore, 0, &info, sizeof(info), NULL);
    EQUAL(info.EventState, 0, "state after a pulse");
    NtSetEvent(semaphore, NULL);
    sleep_ms(20);
    NtSetEvent(semaphore, NULL);
    EQUAL(join(threads, 3), 0, "how the waits for a pulse ended");
}

static void events(int type, const char *kind)
{
    NtCreateEvent(&semaphore, EVENT_ALL_ACCESS, NULL, type, FALSE);
    for (int i = 0; i < GETTING_USED; i++) {
        NtSetEvent(semaphore, NULL);
        wait_for_ever(semaphore);
        NtResetEvent(semaphore, NULL);
    }
    set(type, kind);
    pulsed(type, kind);
    NtClose(semaphore);
}

void test_main(void)
{
    there_and_back();
    first_come();
    errors();
    suspended();
    ended();
    closed();
    events(SynchronizationEvent, ", synchronization");
    events(NotificationEvent, ", notification");
}
