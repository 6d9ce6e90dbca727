/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtWaitForMultipleObjects: any and all, 64 objects, duplicates, order of checks.
 * Known from: MSDN WaitForMultipleObjects (lowest index; all is atomic; no duplicates for all); G. Nebbett, Native API
 * Reference, ch. 8; Windows 2000 DDK (KeWaitForMultipleObjects); Wine's dlls/kernel32/tests/sync.c.
 */
#include "tap.h"

static HANDLE events[65];

static LONG state(HANDLE event)
{
    EVENT_BASIC_INFORMATION info = {9, 9};
    NtQueryEvent(event, 0, &info, sizeof(info), NULL);
    return info.EventState;
}

static NTSTATUS wait(ULONG count, ULONG type, int milliseconds)
{
    return NtWaitForMultipleObjects(count, events, type, FALSE, relative_ms(milliseconds));
}

static void any(void)
{
    HANDLE same[2] = {events[1], events[1]};
    expect(wait(3, WaitAny, 20), STATUS_TIMEOUT, "any: none");
    NtSetEvent(events[2], NULL);
    expect(wait(3, WaitAny, 0), STATUS_WAIT_0 + 2, "any: the third");
    equal(state(events[2]), 0, "any: takes it");
    NtSetEvent(events[0], NULL);
    NtSetEvent(events[1], NULL);
    NtSetEvent(events[2], NULL);
    expect(wait(3, WaitAny, 0), STATUS_WAIT_0, "any: the lowest of three");
    expect(wait(3, WaitAny, 0), STATUS_WAIT_1, "any: it took only that one");
    expect(wait(3, WaitAny, 0), STATUS_WAIT_2, "any: the last");
    NtSetEvent(events[63], NULL);
    expect(wait(64, WaitAny, 0), STATUS_WAIT_63, "any of 64: the last");
    NtSetEvent(events[1], NULL);
    expect(NtWaitForMultipleObjects(2, same, WaitAny, FALSE, relative_ms(0)), 0, "any: duplicates are fine");
    expect(NtWaitForMultipleObjects(2, same, WaitAny, FALSE, relative_ms(0)), STATUS_TIMEOUT, "any: taken once");
}

static void all(void)
{
    HANDLE same[3] = {events[0], events[1], events[0]};
    NtSetEvent(events[0], NULL);
    expect(wait(2, WaitAll, 20), STATUS_TIMEOUT, "all: one of two");
    equal(state(events[0]), 1, "all: takes nothing until all are there");
    NtSetEvent(events[1], NULL);
    expect(wait(2, WaitAll, 0), STATUS_WAIT_0, "all: both");
    equal(state(events[0]) + state(events[1]), 0, "all: takes both");
    for (int i = 0; i < 64; i++)
        NtSetEvent(events[i], NULL);
    expect(wait(64, WaitAll, 0), STATUS_WAIT_0, "all of 64");
    expect(wait(64, WaitAny, 0), STATUS_TIMEOUT, "all of 64: takes them");
    expect(NtWaitForMultipleObjects(3, same, WaitAll, FALSE, relative_ms(0)), STATUS_INVALID_PARAMETER_MIX,
           "all: duplicates are refused");
}

static NTSTATUS wait_two(PVOID unused)
{
    (void)unused;
    return NtWaitForMultipleObjects(2, events, WaitAll, FALSE, relative_ms(5000));
}

static NTSTATUS wait_third(PVOID unused)
{
    (void)unused;
    return NtWaitForMultipleObjects(3, events, WaitAny, FALSE, relative_ms(5000));
}

static void blocked(void)
{
    HANDLE thread = thread_start(wait_two, NULL);
    sleep_ms(20);
    NtSetEvent(events[0], NULL);
    sleep_ms(20);
    equal(state(events[0]), 1, "a blocked wait for all leaves the first alone");
    expect(wait_ms(events[0], 0), 0, "so that another may take it");
    NtSetEvent(events[1], NULL);
    sleep_ms(20);
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "the second alone does not end it");
    NtSetEvent(events[0], NULL);
    expect(thread_join(thread), 0, "both do");
    equal(state(events[0]) + state(events[1]), 0, "and are taken");
    thread = thread_start(wait_third, NULL);
    sleep_ms(20);
    NtSetEvent(events[2], NULL);
    expect(thread_join(thread), STATUS_WAIT_2, "a blocked wait for any ends with the index");
}

static void mixed(void)
{
    HANDLE objects[4], mutant, semaphore, thread;
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 1);
    thread = thread_start(wait_third, NULL);
    objects[0] = mutant;
    objects[1] = semaphore;
    objects[2] = thread;
    objects[3] = events[5];
    NtSetEvent(events[5], NULL);
    expect(NtWaitForMultipleObjects(4, objects, WaitAll, FALSE, relative_ms(20)), STATUS_TIMEOUT,
           "all of mutant, semaphore, thread, event: the thread still runs");
    expect(NtReleaseMutant(mutant, NULL), STATUS_MUTANT_NOT_OWNED, "the mutant was not acquired");
    NtSetEvent(events[0], NULL);
    expect(NtWaitForMultipleObjects(4, objects, WaitAll, FALSE, relative_ms(2000)), STATUS_WAIT_0, "now all of them");
    expect(NtReleaseMutant(mutant, NULL), 0, "the mutant was acquired");
    expect(wait_ms(semaphore, 0), STATUS_TIMEOUT, "the semaphore was counted down");
    expect(thread_join(thread), 0, "the thread stays signalled");
    NtClose(mutant);
    NtClose(semaphore);
}

static LONG apcs;
static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

static void errors(void)
{
    HANDLE objects[2] = {events[0], (HANDLE)0x7ff0}, denied;
    NtCreateEvent(&denied, EVENT_MODIFY_STATE, NULL, SynchronizationEvent, TRUE);
    expect(wait(0, WaitAny, 0), STATUS_INVALID_PARAMETER_1, "no objects");
    expect(wait(65, WaitAny, 0), STATUS_INVALID_PARAMETER_1, "65 objects");
    expect(wait(0xffffffff, WaitAny, 0), STATUS_INVALID_PARAMETER_1, "2^32-1 objects");
    expect(wait(2, 2, 0), STATUS_INVALID_PARAMETER_3, "type 2");
    expect(NtWaitForMultipleObjects(2, objects, WaitAny, FALSE, relative_ms(0)), STATUS_INVALID_HANDLE,
           "the second is no handle");
    NtSetEvent(events[0], NULL);
    expect(NtWaitForMultipleObjects(2, objects, WaitAny, FALSE, relative_ms(0)), STATUS_INVALID_HANDLE,
           "even when the first is signalled");
    equal(state(events[0]), 1, "which is not taken");
    objects[1] = denied;
    expect(NtWaitForMultipleObjects(2, objects, WaitAny, FALSE, relative_ms(0)), STATUS_ACCESS_DENIED,
           "the second without SYNCHRONIZE");
    faults(BAD_IN, p, NtWaitForMultipleObjects(2, p, WaitAny, FALSE, relative_ms(0)), "handles");
    faults(BAD_IN_OPTIONAL, p, NtWaitForMultipleObjects(2, objects, WaitAny, FALSE, p), "time-out");
    faults(BAD_IN, p, NtWaitForMultipleObjects(65, p, WaitAny, FALSE, relative_ms(0)) == STATUS_INVALID_PARAMETER_1
                          ? STATUS_ACCESS_VIOLATION : 0, "the count is checked before the handles");
    NtResetEvent(events[0], NULL);
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(NtWaitForMultipleObjects(2, events, WaitAll, TRUE, relative_ms(2000)), STATUS_USER_APC, "alertable: APC");
    equal(apcs, 1, "the APC ran");
    NtAlertThread(NtCurrentThread());
    expect(NtWaitForMultipleObjects(2, events, WaitAny, TRUE, relative_ms(1000)), STATUS_ALERTED, "alertable: alert");
    NtClose(denied);
}

void test_main(void)
{
    for (int i = 0; i < 65; i++)
        NtCreateEvent(&events[i], EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    any();
    all();
    blocked();
    mixed();
    errors();
    for (int i = 0; i < 65; i++)
        NtClose(events[i]);
}
