/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Semaphores: counts and limits, waiters, and what the calls refuse.
 * Known from: Windows 2000 DDK (KeReleaseSemaphore and STATUS_SEMAPHORE_LIMIT_EXCEEDED); G. Nebbett, Native API Reference,
 * ch. 8; Wine's dlls/ntdll/tests/om.c (test_semaphore).
 */
#include "tap.h"

static HANDLE semaphore;

static void counting(void)
{
    SEMAPHORE_BASIC_INFORMATION info;
    LONG previous = 77;
    ULONG length = 0;
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 3), 0, "create 2 of 3");
    expect(NtQuerySemaphore(semaphore, 0, &info, sizeof(info), &length), 0, "query");
    equal(info.CurrentCount, 2, "query: count");
    equal(info.MaximumCount, 3, "query: maximum");
    equal(length, 8, "query: length");
    expect(wait_ms(semaphore, 0), 0, "wait 1");
    expect(wait_ms(semaphore, 0), 0, "wait 2");
    expect(wait_ms(semaphore, 0), STATUS_TIMEOUT, "wait 3 times out");
    expect(NtReleaseSemaphore(semaphore, 1, &previous), 0, "release 1");
    equal(previous, 0, "release 1: count before");
    expect(NtReleaseSemaphore(semaphore, 2, &previous), 0, "release 2");
    equal(previous, 1, "release 2: count before");
    previous = 77;
    expect(NtReleaseSemaphore(semaphore, 1, &previous), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "release over the maximum");
    equal(semaphore_count(semaphore), 3, "over the maximum: count unchanged");
    equal(previous, 77, "over the maximum: no count comes back");
    wait_ms(semaphore, 0);
    expect(NtReleaseSemaphore(semaphore, 2, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "release 2 where 1 fits");
    equal(semaphore_count(semaphore), 2, "not even the one that fits");
    expect(NtReleaseSemaphore(semaphore, 0x7fffffff, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "release would overflow");
    expect(NtReleaseSemaphore(semaphore, 0, NULL), STATUS_INVALID_PARAMETER, "release 0");
    expect(NtReleaseSemaphore(semaphore, -1, NULL), STATUS_INVALID_PARAMETER, "release -1");
    expect(NtReleaseSemaphore((HANDLE)0x7ff0, 0, NULL), STATUS_INVALID_PARAMETER, "release 0, count before handle");
    NtClose(semaphore);
}

static NTSTATUS waiter(PVOID unused)
{
    (void)unused;
    return wait_ms(semaphore, 5000);
}

static void waiters(void)
{
    HANDLE threads[4];
    int ended = 0;
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 2);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(waiter, NULL);
    sleep_ms(50);
    NtReleaseSemaphore(semaphore, 2, NULL);
    for (int tries = 0; tries < 100 && ended < 2; tries++) {
        sleep_ms(10);
        ended = 0;
        for (int i = 0; i < 4; i++)
            ended += wait_ms(threads[i], 0) == 0;
    }
    sleep_ms(30);
    ended = 0;
    for (int i = 0; i < 4; i++)
        ended += wait_ms(threads[i], 0) == 0;
    equal(ended, 2, "release of 2 lets 2 of 4 waiters through");
    equal(semaphore_count(semaphore), 0, "and leaves nothing");
    NtReleaseSemaphore(semaphore, 2, NULL);
    ended = 0;
    for (int i = 0; i < 4; i++)
        ended += thread_join(threads[i]) == 0;
    equal(ended, 4, "the next 2 free the others");
    NtClose(semaphore);
}

static void errors(void)
{
    SEMAPHORE_BASIC_INFORMATION info;
    HANDLE event, query, wait;
    LONG previous;
    faults(BAD_OUT, p, NtCreateSemaphore(p, SEMAPHORE_ALL_ACCESS, NULL, 0, 1), "create, handle");
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 0), STATUS_INVALID_PARAMETER, "create 0 of 0");
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 1), STATUS_INVALID_PARAMETER, "create 2 of 1");
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, -1, 1), STATUS_INVALID_PARAMETER, "create -1 of 1");
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, -1), STATUS_INVALID_PARAMETER, "create 0 of -1");
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0x7fffffff, 0x7fffffff), 0, "create full");
    expect(NtReleaseSemaphore(semaphore, 1, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "release of the fullest");
    NtClose(semaphore);
    NtCreateSemaphore(&semaphore, SEMAPHORE_MODIFY_STATE, NULL, 0, 5);
    NtCreateSemaphore(&query, SEMAPHORE_QUERY_STATE, NULL, 1, 1);
    NtCreateSemaphore(&wait, SYNCHRONIZE, NULL, 1, 1);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    faults(BAD_OUT_OPTIONAL, p, NtReleaseSemaphore(semaphore, 1, p), "release, count");
    expect(NtReleaseSemaphore(semaphore, 1, &previous), 0, "release after the faults");
    equal(previous, 0, "a release that faults releases nothing");
    expect(NtQuerySemaphore(semaphore, 0, &info, 8, NULL), STATUS_ACCESS_DENIED, "query without the right");
    expect(wait_ms(semaphore, 0), STATUS_ACCESS_DENIED, "wait without the right");
    expect(wait_ms(query, 0), STATUS_ACCESS_DENIED, "wait with the right to query");
    expect(NtReleaseSemaphore(wait, 1, NULL), STATUS_ACCESS_DENIED, "release without the right");
    expect(NtReleaseSemaphore(event, 1, NULL), STATUS_OBJECT_TYPE_MISMATCH, "release, an event");
    expect(NtReleaseSemaphore(NULL, 1, NULL), STATUS_INVALID_HANDLE, "release, NULL handle");
    expect(NtQuerySemaphore(query, 1, &info, 8, NULL), STATUS_INVALID_INFO_CLASS, "query, class 1");
    expect(NtQuerySemaphore(query, 0, &info, 4, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, length 4");
    expect(NtQuerySemaphore(event, 0, &info, 8, NULL), STATUS_OBJECT_TYPE_MISMATCH, "query, an event");
    faults(BAD_OUT, p, NtQuerySemaphore(query, 0, p, 8, NULL), "query, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQuerySemaphore(query, 0, &info, 8, p), "query, return length");
    NtClose(semaphore);
    NtClose(query);
    NtClose(wait);
    NtClose(event);
}

void test_main(void)
{
    counting();
    waiters();
    errors();
}
