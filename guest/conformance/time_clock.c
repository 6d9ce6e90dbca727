/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks: system time, interrupt time, tick count, performance counter, delays.
 * Known from: MSDN GetSystemTimeAsFileTime, QueryPerformanceCounter, Sleep; Windows 2000 DDK (KeQuerySystemTime,
 * KeQueryInterruptTime, KeQueryTickCount); the layout of KUSER_SHARED_DATA in ntddk.h.
 */
#include "tap.h"

#define KUSER 0x7ffe0000

static LONGLONG shared(ULONG at)
{
    volatile KSYSTEM_TIME *time = (PVOID)(ULONG_PTR)(KUSER + at);
    LONG high;
    ULONG low;
    do {
        high = time->High1Time;
        low = time->LowPart;
    } while (high != time->High2Time);
    return (LONGLONG)high << 32 | low;
}

static LONGLONG ticks_ms(void)
{
    ULONGLONG count = *(volatile ULONG *)KUSER;
    return (LONGLONG)(count * *(volatile ULONG *)(KUSER + 4) >> 24);
}

static void system(void)
{
    LONGLONG before, after, shown;
    int back = 0;
    before = system_time();
    for (int i = 0; i < 1000; i++) {
        after = system_time();
        back += after < before;
        before = after;
    }
    equal(back, 0, "the system time does not go back");
    check(before > 0x1d0000000000000LL && before < 0x260000000000000LL, "it is a time of this century");
    shown = shared(0x14);
    after = system_time();
    check(shown <= after && shown > after - 1000000, "KUSER_SHARED_DATA shows the same time");
    shown = shared(8);
    sleep_ms(60);
    check(shared(8) - shown >= 300000 && shared(8) - shown < 20000000, "the interrupt time advances");
    check(shared(0x14) > after + 300000, "the shared time advances by itself");
    equal(*(ULONG *)(KUSER + 4), 0x0fa00000, "the tick count multiplier is 15.625 ms");
    shown = ticks_ms();
    sleep_ms(60);
    check(ticks_ms() - shown >= 31 && ticks_ms() - shown < 2000, "the tick count advances");
    faults(BAD_OUT, p, NtQuerySystemTime(p), "query system time");
}

static void counters(void)
{
    LI first, second, frequency = {.QuadPart = 0};
    LONGLONG time;
    ULONG minimum = 0, maximum = 0, actual = 0;
    expect(NtQueryPerformanceCounter(&first, &frequency), 0, "performance counter");
    time = system_time();
    check(frequency.QuadPart >= 1000 && frequency.QuadPart <= 10000000000LL, "its frequency");
    sleep_ms(50);
    NtQueryPerformanceCounter(&second, NULL);
    time = system_time() - time;
    check(second.QuadPart > first.QuadPart, "it advances");
    first.QuadPart = (second.QuadPart - first.QuadPart) * 10000000 / frequency.QuadPart;
    check(first.QuadPart > time - 300000 && first.QuadPart < time + 3000000, "as fast as the system time");
    faults(BAD_OUT, p, NtQueryPerformanceCounter(p, NULL), "performance counter, counter");
    faults(BAD_OUT_OPTIONAL, p, NtQueryPerformanceCounter(&first, p), "performance counter, frequency");
    expect(NtQueryTimerResolution(&minimum, &maximum, &actual), 0, "timer resolution");
    check(maximum <= actual && actual <= minimum, "coarsest and finest, and between them the actual");
    check(minimum >= 100000 && minimum <= 156250, "the coarsest is 10 to 15.625 ms");
    faults(BAD_OUT, p, NtQueryTimerResolution(p, &maximum, &actual), "timer resolution, coarsest");
    faults(BAD_OUT, p, NtQueryTimerResolution(&minimum, p, &actual), "timer resolution, finest");
    faults(BAD_OUT, p, NtQueryTimerResolution(&minimum, &maximum, p), "timer resolution, actual");
}

static void delays(void)
{
    LONGLONG start = system_time();
    LI time;
    expect(NtDelayExecution(FALSE, relative_ms(40)), 0, "a relative delay");
    check(system_time() - start >= 350000 && system_time() - start < 100000000, "takes its time");
    time.QuadPart = system_time() + 300000;
    expect(NtDelayExecution(FALSE, &time), 0, "an absolute delay");
    check(system_time() >= time.QuadPart, "ends after its time");
    /* Delays that are over at once yield, and may tell that nobody else wanted to run. */
    start = system_time();
    time.QuadPart = start - 1000000000;
    check(NtDelayExecution(FALSE, &time) >= 0, "an absolute delay into the past");
    time.QuadPart = 0;
    check(NtDelayExecution(FALSE, &time) >= 0, "a delay of zero");
    check(system_time() - start < 100000000, "take no time");
    /* NULL is left out: it is a fault here too, but a wait for ever in Wine. */
    faults(BAD_IN_OPTIONAL, p, NtDelayExecution(FALSE, p), "delay");
    expect(NtDelayExecution(TRUE, relative_ms(5)), 0, "an alertable delay that nothing ends is a success");
    check(NtYieldExecution() >= 0, "yield");
}

void test_main(void)
{
    system();
    counters();
    delays();
}
