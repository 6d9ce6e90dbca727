/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtWaitForSingleObject: time-outs, alertable waits, and what may be waited for.
 * Known from: MSDN WaitForSingleObjectEx; Windows 2000 DDK (KeWaitForSingleObject and its time-out rules); G. Nebbett,
 * Native API Reference, ch. 8; Windows Internals, 4th ed., ch. 3; Wine's dlls/kernel32/tests/sync.c.
 */
#include "tap.h"

static HANDLE event;
static LONG apcs;

static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

static NTSTATUS poke(PVOID unused)
{
    (void)unused;
    sleep_ms(30);
    NtSetEvent(event, NULL);
    return 0;
}

static NTSTATUS alert(PVOID thread)
{
    sleep_ms(30);
    return NtAlertThread(thread);
}

static void times(void)
{
    LONGLONG start = system_time();
    HANDLE thread;
    LI due;
    expect(wait_ms(event, 40), STATUS_TIMEOUT, "relative time-out");
    check(system_time() - start >= 300000, "not before its time");
    due.QuadPart = system_time() + 300000;
    expect(NtWaitForSingleObject(event, FALSE, &due), STATUS_TIMEOUT, "absolute time-out");
    check(system_time() >= due.QuadPart, "not before that time");
    start = system_time();
    due.QuadPart = start - 1000000000;
    expect(NtWaitForSingleObject(event, FALSE, &due), STATUS_TIMEOUT, "absolute time in the past");
    due.QuadPart = 0;
    expect(NtWaitForSingleObject(event, FALSE, &due), STATUS_TIMEOUT, "time-out zero");
    check(system_time() - start < 100000000, "these return at once");
    due.QuadPart = 1;
    expect(NtWaitForSingleObject(event, FALSE, &due), STATUS_TIMEOUT, "absolute time of the year 1601");
    thread = thread_start(poke, NULL);
    expect(NtWaitForSingleObject(event, FALSE, NULL), 0, "no time-out: waits until signalled");
    thread_join(thread);
    thread = thread_start(poke, NULL);
    due.QuadPart = (LONGLONG)0x8000000000000001ULL;
    expect(NtWaitForSingleObject(event, FALSE, &due), 0, "the longest relative time-out");
    thread_join(thread);
}

static void alertable(void)
{
    HANDLE self, thread;
    NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &self, 0, 0, DUPLICATE_SAME_ACCESS);
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(NtWaitForSingleObject(event, FALSE, relative_ms(10)), STATUS_TIMEOUT, "not alertable: the APC waits");
    equal(apcs, 0, "and does not run");
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(3000)), STATUS_USER_APC, "alertable: a queued APC ends it");
    equal(apcs, 1, "and runs");
    NtSetEvent(event, NULL);
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(0)), 0, "a signalled object wins over a pending APC");
    equal(apcs, 1, "which still waits");
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(0)), STATUS_USER_APC, "an APC wins over time-out zero");
    equal(apcs, 2, "and runs now");
    NtAlertThread(NtCurrentThread());
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(1000)), STATUS_ALERTED, "alerted before the wait");
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(10)), STATUS_TIMEOUT, "an alert is used up");
    thread = thread_start(alert, self);
    expect(NtWaitForSingleObject(event, TRUE, relative_ms(1000)), STATUS_ALERTED, "alerted during the wait");
    expect(thread_join(thread), 0, "alerting succeeded");
    thread = thread_start(alert, self);
    expect(NtWaitForSingleObject(event, FALSE, relative_ms(80)), STATUS_TIMEOUT, "a wait not alertable is not alerted");
    thread_join(thread);
    expect(NtTestAlert(), STATUS_ALERTED, "the alert is kept");
    NtClose(self);
}

static void objects(void)
{
    HANDLE handle;
    LI size = {.QuadPart = 4096};
    expect(wait_ms(NULL, 0), STATUS_INVALID_HANDLE, "NULL handle");
    expect(wait_ms((HANDLE)0x7ff0, 0), STATUS_INVALID_HANDLE, "no such handle");
    expect(wait_ms(NtCurrentProcess(), 0), STATUS_TIMEOUT, "the own process");
    expect(wait_ms(NtCurrentThread(), 0), STATUS_TIMEOUT, "the own thread");
    faults(BAD_IN_OPTIONAL, p, NtWaitForSingleObject(event, FALSE, p), "time-out");
    faults(BAD_IN_OPTIONAL, p, NtWaitForSingleObject(NULL, FALSE, p), "time-out before handle");
    NtCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    expect(wait_ms(handle, 0), STATUS_ACCESS_DENIED, "a section: SYNCHRONIZE is not among its rights");
    NtClose(handle);
    NtCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, named(NULL, 0));
    expect(wait_ms(handle, 0), STATUS_ACCESS_DENIED, "a directory opened without SYNCHRONIZE");
    NtClose(handle);
}

static NTSTATUS endless(PVOID unused)
{
    (void)unused;
    return wait_ms(event, 100000);
}

/* An object lives as long as somebody waits for it. */
static void closed_while_waiting(void)
{
    HANDLE thread = thread_start(endless, NULL), copy;
    sleep_ms(30);
    NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS);
    NtClose(event);
    sleep_ms(10);
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "closing a handle does not end a wait through it");
    NtSetEvent(copy, NULL);
    expect(thread_join(thread), 0, "setting the event through another handle does");
    event = copy;
    thread = thread_start(endless, NULL);
    sleep_ms(20);
    expect(NtTerminateThread(thread, 9), 0, "a waiting thread is terminated");
    expect(thread_join(thread), 9, "and ends with that status");
    NtSetEvent(event, NULL);
    expect(wait_ms(event, 0), 0, "a dead waiter takes no signal");
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    times();
    alertable();
    objects();
    closed_while_waiting();
    NtClose(event);
}
