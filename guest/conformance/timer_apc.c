/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Timers that queue an APC to the thread that set them.
 * Known from: MSDN SetWaitableTimer (completion routine, its time arguments, alertable thread); "Using a Waitable Timer with
 * an Asynchronous Procedure Call"; Windows 2000 DDK; Wine's dlls/kernel32/tests/sync.c.
 */
#include "tap.h"

static LONG calls;
static PVOID seen_context;
static LONGLONG seen_time;

static void NTAPI routine(PVOID context, ULONG low, LONG high)
{
    calls++;
    seen_context = context;
    seen_time = (LONGLONG)((ULONGLONG)(ULONG)high << 32 | low);
}

static NTSTATUS setter(PVOID timer)
{
    return NtSetTimer(timer, relative_ms(10), routine, NULL, FALSE, 0, NULL);
}

void test_main(void)
{
    HANDLE timer, event;
    LONGLONG start;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, SynchronizationTimer);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    start = system_time();
    expect(NtSetTimer(timer, relative_ms(20), routine, &timer, FALSE, 0, NULL), 0, "set with an APC");
    expect(NtDelayExecution(TRUE, relative_ms(3000)), STATUS_USER_APC, "an alertable delay ends with STATUS_USER_APC");
    check(system_time() - start < 20000000, "long before its time");
    equal(calls, 1, "the routine ran once");
    equal(seen_context, &timer, "with the context given");
    check(seen_time >= start + 150000 && seen_time <= system_time(), "and the time at which the timer came due");
    expect(wait_ms(timer, 0), 0, "the timer itself is signalled as well");

    NtSetTimer(timer, relative_ms(10), routine, NULL, FALSE, 0, NULL);
    expect(wait_ms(event, 60), STATUS_TIMEOUT, "a wait that is not alertable runs to its end");
    equal(calls, 1, "and runs no routine");
    expect(NtTestAlert(), 0, "NtTestAlert delivers it");
    equal(calls, 2, "the routine ran");

    NtSetTimer(timer, relative_ms(10), routine, NULL, FALSE, 0, NULL);
    sleep_ms(40);
    expect(NtCancelTimer(timer, NULL), 0, "cancel after it came due");
    expect(NtTestAlert(), 0, "cancel takes back an APC that has not run");
    equal(calls, 2, "nothing ran");

    NtSetTimer(timer, relative_ms(10), routine, NULL, FALSE, 0, NULL);
    sleep_ms(40);
    NtSetTimer(timer, relative_ms(10000), NULL, NULL, FALSE, 0, NULL);
    NtTestAlert();
    equal(calls, 2, "a new setting takes back the old APC");

    NtSetTimer(timer, relative_ms(10), routine, NULL, FALSE, 10, NULL);
    for (int i = 0; i < 3; i++)
        expect(NtWaitForSingleObject(event, TRUE, relative_ms(2000)), STATUS_USER_APC,
               i == 0 ? "period, first APC" : i == 1 ? "period, second APC" : "period, third APC");
    check(calls >= 5, "period: at least one call a wait");
    NtCancelTimer(timer, NULL);
    NtTestAlert();
    calls = 0;

    expect(thread_join(thread_start(setter, timer)), 0, "another thread sets an APC and ends");
    expect(wait_ms(timer, 50), STATUS_TIMEOUT, "the end of the setting thread cancels the timer");
    expect(NtDelayExecution(TRUE, relative_ms(20)), 0, "no APC comes here");
    equal(calls, 0, "no routine ran");
    NtClose(timer);
    NtClose(event);
}
