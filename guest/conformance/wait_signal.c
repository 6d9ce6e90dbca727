/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtSignalAndWaitForSingleObject: signals an event, mutant or semaphore and waits, in one step.
 * Known from: MSDN SignalObjectAndWait; G. Nebbett, Native API Reference, ch. 8; Windows Internals, 4th ed., ch. 3; Wine's
 * dlls/kernel32/tests/sync.c (test_signalandwait).
 */
#include "tap.h"

static HANDLE ping, pong;

static NTSTATUS player(PVOID unused)
{
    (void)unused;
    for (int i = 0; i < 20; i++)
        if (wait_ms(ping, 2000) || NtSetEvent(pong, NULL))
            return 1;
    return 0;
}

static LONG apcs;
static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

void test_main(void)
{
    HANDLE mutant, semaphore, timer, query, thread, owned;
    int rounds = 0;
    NtCreateEvent(&ping, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    NtCreateEvent(&pong, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    NtCreateEvent(&query, EVENT_QUERY_STATE, NULL, SynchronizationEvent, FALSE);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);

    expect(NtSignalAndWaitForSingleObject(ping, pong, FALSE, relative_ms(10)), STATUS_TIMEOUT, "event, wait times out");
    expect(wait_ms(ping, 0), 0, "the event was set all the same");
    expect(NtSignalAndWaitForSingleObject(pong, pong, FALSE, relative_ms(0)), 0, "an event with itself");
    thread = thread_start(player, NULL);
    while (rounds < 20 && NtSignalAndWaitForSingleObject(ping, pong, FALSE, relative_ms(2000)) == 0)
        rounds++;
    equal(rounds, 20, "twenty rounds of ping-pong");
    expect(thread_join(thread), 0, "seen from the other side");

    expect(NtSignalAndWaitForSingleObject(semaphore, ping, FALSE, relative_ms(0)), STATUS_TIMEOUT, "semaphore");
    expect(NtSignalAndWaitForSingleObject(semaphore, ping, FALSE, relative_ms(2000)), STATUS_SEMAPHORE_LIMIT_EXCEEDED,
           "semaphore at its maximum: no wait");
    expect(wait_ms(semaphore, 0), 0, "the semaphore was released once");
    expect(NtSignalAndWaitForSingleObject(mutant, ping, FALSE, relative_ms(2000)), STATUS_MUTANT_NOT_OWNED,
           "mutant that is not owned: no wait");
    NtCreateMutant(&owned, MUTANT_QUERY_STATE, NULL, TRUE);
    expect(NtSignalAndWaitForSingleObject(owned, mutant, FALSE, relative_ms(0)), 0, "mutant: needs no access right");
    expect(NtReleaseMutant(owned, NULL), STATUS_MUTANT_NOT_OWNED, "it was released");
    expect(NtReleaseMutant(mutant, NULL), 0, "and the other acquired");
    NtClose(owned);

    expect(NtSignalAndWaitForSingleObject(timer, ping, FALSE, relative_ms(0)), STATUS_OBJECT_TYPE_MISMATCH,
           "a timer cannot be signalled");
    expect(NtSignalAndWaitForSingleObject(NtCurrentThread(), ping, FALSE, relative_ms(0)), STATUS_OBJECT_TYPE_MISMATCH,
           "nor a thread");
    expect(NtSignalAndWaitForSingleObject(NULL, ping, FALSE, relative_ms(0)), STATUS_INVALID_HANDLE, "signal, NULL handle");
    expect(NtSignalAndWaitForSingleObject(ping, NULL, FALSE, relative_ms(0)), STATUS_INVALID_HANDLE, "wait, NULL handle");
    expect(wait_ms(ping, 0), STATUS_TIMEOUT, "a bad wait handle signals nothing");
    expect(NtSignalAndWaitForSingleObject(query, ping, FALSE, relative_ms(0)), STATUS_ACCESS_DENIED,
           "signal without EVENT_MODIFY_STATE");
    expect(NtSignalAndWaitForSingleObject(ping, query, FALSE, relative_ms(0)), STATUS_ACCESS_DENIED,
           "wait without SYNCHRONIZE");
    expect(wait_ms(ping, 0), STATUS_TIMEOUT, "a wait refused signals nothing");
    faults(BAD_IN_OPTIONAL, p, NtSignalAndWaitForSingleObject(ping, pong, FALSE, p), "time-out");
    expect(wait_ms(ping, 0), STATUS_TIMEOUT, "a bad time-out signals nothing");
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(NtSignalAndWaitForSingleObject(ping, pong, TRUE, relative_ms(2000)), STATUS_USER_APC, "alertable");
    equal(apcs, 1, "the APC ran");
    expect(wait_ms(ping, 0), 0, "and the event was set");
    NtClose(ping);
    NtClose(pong);
    NtClose(query);
    NtClose(mutant);
    NtClose(semaphore);
    NtClose(timer);
}
