/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a privileged program sets for the whole system: time, timer resolution, debug filters, permanence; and calls that
 * only have to refuse what is wrong.
 * Known from: MSDN SetSystemTime, timeBeginPeriod, DbgSetDebugFilterState; G. Nebbett, Native API
 * Reference, ch. 1, 18, 20; ntstatus.h. Calls that Windows 2000 lacks are looked up by name.
 */
#include "ntapi_ex.h"

#define HOUR 36000000000LL

__declspec(dllimport) NTSTATUS NTAPI NtCallbackReturn(PVOID, ULONG, NTSTATUS);
__declspec(dllimport) ULONG NTAPI NtGetTickCount(void);

static void time(void)
{
    LI now, previous = {.QuadPart = 0}, set;
    HANDLE timer;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);
    NtQuerySystemTime(&now);
    privilege(SE_SYSTEMTIME, FALSE);
    expect(NtSetSystemTime(&now, NULL), STATUS_PRIVILEGE_NOT_HELD, "set the clock without the privilege");
    privilege(SE_SYSTEMTIME, TRUE);
    set.QuadPart = -1;
    expect(NtSetSystemTime(&set, NULL), STATUS_INVALID_PARAMETER, "set the clock to no time");
    set.QuadPart = now.QuadPart + HOUR;
    NtSetTimer(timer, relative_ms(100000), NULL, NULL, FALSE, 0, NULL);
    expect(NtSetSystemTime(&set, &previous), 0, "set the clock an hour on");
    check(previous.QuadPart >= now.QuadPart && previous.QuadPart < now.QuadPart + 100000000, "the time before");
    check(system_time() >= set.QuadPart && system_time() < set.QuadPart + 100000000, "the new time holds");
    expect(wait_ms(timer, 20), STATUS_TIMEOUT, "a relative timer does not care");
    set.QuadPart = system_time() - HOUR;
    expect(NtSetSystemTime(&set, NULL), 0, "set the clock back");
    check(system_time() < now.QuadPart + HOUR / 2, "the clock is back");
    faults(BAD_IN_OPTIONAL, p, NtSetSystemTime(p, NULL), "set time, time");
    NtQuerySystemTime(&now);
    faults(BAD_OUT_OPTIONAL, p, NtSetSystemTime(&now, p), "set time, time before");
    NtClose(timer);
}

static void resolution(void)
{
    ULONG actual = 0, before, ticks;
    expect(NtSetTimerResolution(10000, FALSE, &actual), STATUS_TIMER_RESOLUTION_NOT_SET, "give back what was not set");
    expect(NtSetTimerResolution(10000, TRUE, &actual), 0, "set the timer resolution");
    check(actual >= 1000 && actual <= 156250, "the resolution that holds");
    expect(NtSetTimerResolution(10000, FALSE, &actual), 0, "give it back");
    expect(NtSetTimerResolution(10000, FALSE, &actual), STATUS_TIMER_RESOLUTION_NOT_SET, "give it back again");
    faults(BAD_OUT, p, NtSetTimerResolution(10000, TRUE, p), "timer resolution, actual");
    before = NtGetTickCount();
    ticks = (ULONG)((ULONGLONG)*(volatile ULONG *)0x7ffe0000 * *(ULONG *)0x7ffe0004 >> 24);
    check(ticks - before < 500 || before - ticks < 500, "NtGetTickCount agrees with KUSER_SHARED_DATA");
    sleep_ms(40);
    check(NtGetTickCount() - before >= 20, "and advances");
}

static void later_calls(void)
{
    NTSTATUS(NTAPI *query_filter)(ULONG, ULONG) = (PVOID)procedure("NtQueryDebugFilterState");
    NTSTATUS(NTAPI *set_filter)(ULONG, ULONG, ULONG) = (PVOID)procedure("NtSetDebugFilterState");
    NTSTATUS(NTAPI *permanent)(HANDLE) = (PVOID)procedure("NtMakePermanentObject");
    NTSTATUS(NTAPI *boost)(HANDLE) = (PVOID)procedure("NtSetEventBoostPriority");
    HANDLE event, again;
    if (!nt_at_least(5, 1)) {
        check(!query_filter && !set_filter && !permanent && !boost, "Windows 2000 lacks these calls");
        return;
    }
    check(query_filter && set_filter, "ntdll exports the debug filter calls");
    if (query_filter && set_filter) {
        expect(set_filter(5, 3, TRUE), 0, "set a debug filter");
        expect(query_filter(5, 3), TRUE, "query it: on");
        expect(set_filter(5, 3, FALSE), 0, "clear it");
        expect(query_filter(5, 3), FALSE, "query it: off");
        expect(query_filter(0x10000, 3), STATUS_INVALID_PARAMETER_1, "query, no such component");
        expect(set_filter(0x10000, 3, TRUE), STATUS_INVALID_PARAMETER_1, "set, no such component");
    }
    check(permanent != NULL, "ntdll exports NtMakePermanentObject");
    if (permanent) {
        NtCreateEvent(&event, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-settings", 0), NotificationEvent, TRUE);
        expect(permanent(event), 0, "make permanent");
        NtClose(event);
        expect(NtOpenEvent(&event, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-settings", 0)), 0, "it stays");
        NtMakeTemporaryObject(event);
        NtClose(event);
        expect(NtOpenEvent(&again, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-settings", 0)),
               STATUS_OBJECT_NAME_NOT_FOUND, "until it is made temporary");
        expect(permanent((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "make permanent, no such handle");
    }
    check(boost != NULL, "ntdll exports NtSetEventBoostPriority");
    if (boost) {
        NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
        expect(boost(event), 0, "set an event with a boost");
        expect(wait_ms(event, 0), 0, "it is set");
        NtClose(event);
        expect(boost((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "set with a boost, no such handle");
    }
}

static void refusals(void)
{
    NTSTATUS(NTAPI *flush)(void) = (PVOID)procedure("NtFlushWriteBuffer");
    expect(NtShutdownSystem(77), STATUS_INVALID_PARAMETER, "shut down in an unknown way");
    privilege(SE_SHUTDOWN, FALSE);
    expect(NtShutdownSystem(0), STATUS_PRIVILEGE_NOT_HELD, "shut down without the privilege");
    expect(NtCallbackReturn(NULL, 0, 0), STATUS_NO_CALLBACK_ACTIVE, "return from no callback");
    check(flush != NULL, "ntdll exports NtFlushWriteBuffer");
    if (flush)
        expect(flush(), 0, "flush the write buffer");
}

void test_main(void)
{
    time();
    resolution();
    later_calls();
    refusals();
}
