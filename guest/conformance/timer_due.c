/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Timers: relative, absolute and periodic due times, synchronization and notification, cancel and query.
 * Known from: Windows 2000 DDK (KeSetTimerEx); MSDN SetWaitableTimer and CancelWaitableTimer ("does not change the signaled
 * state"); G. Nebbett, Native API Reference, ch. 8; Wine's dlls/ntdll/tests/om.c and kernel32/tests/sync.c.
 */
#include "tap.h"

static HANDLE timer;

static TIMER_BASIC_INFORMATION query(void)
{
    TIMER_BASIC_INFORMATION info;
    NtQueryTimer(timer, 0, &info, sizeof(info), NULL);
    return info;
}

static void one_shot(void)
{
    BOOLEAN previous = 7;
    LONGLONG start, took;
    LI due;
    expect(NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer), 0, "create notification timer");
    equal(query().TimerState, FALSE, "a new timer is not signalled");
    expect(wait_ms(timer, 0), STATUS_TIMEOUT, "nor can it be waited for");
    start = system_time();
    expect(NtSetTimer(timer, relative_ms(300), NULL, NULL, FALSE, 0, &previous), 0, "set to 300 ms from now");
    equal(previous, FALSE, "state before: not signalled");
    check(query().RemainingTime.QuadPart > 0 && query().RemainingTime.QuadPart <= 3000000, "remaining time is at most 300 ms");
    expect(wait_ms(timer, 10), STATUS_TIMEOUT, "not due after 10 ms");
    expect(wait_ms(timer, 2000), 0, "due");
    took = system_time() - start;
    check(took >= 2900000, "not before 290 ms");
    check(took < 30000000, "and long before 3 s");
    equal(query().TimerState, TRUE, "signalled");
    expect(wait_ms(timer, 0), 0, "a notification timer stays signalled");
    expect(NtSetTimer(timer, relative_ms(200), NULL, NULL, FALSE, 0, &previous), 0, "set again");
    equal(previous, TRUE, "state before: signalled");
    equal(query().TimerState, FALSE, "setting resets the state");
    expect(NtSetTimer(timer, relative_ms(10000), NULL, NULL, FALSE, 0, &previous), 0, "set replaces the earlier setting");
    expect(wait_ms(timer, 260), STATUS_TIMEOUT, "the earlier setting is gone");
    due.QuadPart = system_time() + 3000000;
    NtSetTimer(timer, &due, NULL, NULL, FALSE, 0, NULL);
    expect(wait_ms(timer, 5), STATUS_TIMEOUT, "absolute time: not yet");
    expect(wait_ms(timer, 2000), 0, "absolute time: due");
    check(system_time() >= due.QuadPart, "absolute time: not early");
    due.QuadPart = system_time() - 10000000;
    NtSetTimer(timer, &due, NULL, NULL, FALSE, 0, NULL);
    expect(wait_ms(timer, 1000), 0, "absolute time in the past: due at once");
    NtSetTimer(timer, relative_ms(10000), NULL, NULL, FALSE, 0, NULL);
    due.QuadPart = 0;
    NtSetTimer(timer, &due, NULL, NULL, FALSE, 0, NULL);
    expect(wait_ms(timer, 1000), 0, "due time zero: due at once");
    NtClose(timer);
}

static void synchronization(void)
{
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, SynchronizationTimer);
    NtSetTimer(timer, relative_ms(10), NULL, NULL, FALSE, 0, NULL);
    expect(wait_ms(timer, 1000), 0, "synchronization timer due");
    equal(query().TimerState, FALSE, "the wait resets it");
    expect(wait_ms(timer, 30), STATUS_TIMEOUT, "once only");
    NtClose(timer);
}

static void periodic(void)
{
    LONGLONG start;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, SynchronizationTimer);
    start = system_time();
    expect(NtSetTimer(timer, relative_ms(30), NULL, NULL, FALSE, 20, NULL), 0, "set with a period of 20 ms");
    expect(wait_ms(timer, 1000), 0, "period: first");
    expect(wait_ms(timer, 1000), 0, "period: second");
    expect(wait_ms(timer, 1000), 0, "period: third");
    check(system_time() - start >= 550000, "period: three take 30 + 20 + 20 ms");
    expect(NtCancelTimer(timer, NULL), 0, "cancel");
    expect(wait_ms(timer, 60), STATUS_TIMEOUT, "a cancelled period does not come again");
    NtClose(timer);
}

static void cancel(void)
{
    BOOLEAN state = 7;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);
    expect(NtCancelTimer(timer, &state), 0, "cancel a timer never set");
    equal(state, FALSE, "cancel: its state");
    NtSetTimer(timer, relative_ms(20), NULL, NULL, FALSE, 0, NULL);
    expect(NtCancelTimer(timer, &state), 0, "cancel before it is due");
    equal(state, FALSE, "cancel before it is due: state");
    expect(wait_ms(timer, 50), STATUS_TIMEOUT, "it never comes due");
    NtSetTimer(timer, relative_ms(1), NULL, NULL, FALSE, 0, NULL);
    wait_ms(timer, 1000);
    expect(NtCancelTimer(timer, &state), 0, "cancel after it was due");
    equal(state, TRUE, "cancel after it was due: state");
    equal(query().TimerState, TRUE, "cancel does not reset the state");
    NtClose(timer);
}

static void errors(void)
{
    TIMER_BASIC_INFORMATION info;
    HANDLE modify, event;
    ULONG length = 0;
    BOOLEAN state;
    faults(BAD_OUT, p, NtCreateTimer(p, TIMER_ALL_ACCESS, NULL, NotificationTimer), "create, handle");
    expect(NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 2), STATUS_INVALID_PARAMETER_4, "create, type 2");
    NtCreateTimer(&timer, TIMER_QUERY_STATE, NULL, NotificationTimer);
    NtCreateTimer(&modify, TIMER_MODIFY_STATE, NULL, NotificationTimer);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    faults(BAD_IN, p, NtSetTimer(modify, p, NULL, NULL, FALSE, 0, NULL), "set, due time");
    faults(BAD_OUT_OPTIONAL, p, NtSetTimer(modify, relative_ms(1), NULL, NULL, FALSE, 0, p), "set, previous state");
    expect(NtSetTimer(modify, relative_ms(1), NULL, NULL, FALSE, -1, NULL), STATUS_INVALID_PARAMETER_6, "set, period -1");
    expect(NtSetTimer(timer, relative_ms(1), NULL, NULL, FALSE, 0, NULL), STATUS_ACCESS_DENIED, "set without the right");
    expect(NtCancelTimer(timer, &state), STATUS_ACCESS_DENIED, "cancel without the right");
    faults(BAD_OUT_OPTIONAL, p, NtCancelTimer(modify, p), "cancel, state");
    expect(NtQueryTimer(modify, 0, &info, sizeof(info), NULL), STATUS_ACCESS_DENIED, "query without the right");
    expect(NtQueryTimer(timer, 0, &info, sizeof(info), &length), 0, "query with the right");
    equal(length, 16, "query: length");
    expect(NtQueryTimer(timer, 1, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "query, class 1");
    expect(NtQueryTimer(timer, 0, &info, 8, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, length 8");
    faults(BAD_OUT, p, NtQueryTimer(timer, 0, p, 16, NULL), "query, buffer");
    expect(NtSetTimer(event, relative_ms(1), NULL, NULL, FALSE, 0, NULL), STATUS_OBJECT_TYPE_MISMATCH, "set, an event");
    expect(NtCancelTimer(NULL, NULL), STATUS_INVALID_HANDLE, "cancel, NULL handle");
    expect(wait_ms(timer, 0), STATUS_ACCESS_DENIED, "wait without the right");
    NtClose(timer);
    NtClose(modify);
    NtClose(event);
}

void test_main(void)
{
    one_shot();
    synchronization();
    periodic();
    cancel();
    errors();
}
