/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtSetSystemInformation: what a privileged program changes, and what the privilege is.
 * Known from: G. Nebbett, Native API Reference, ch. 1 (the classes that can be set, and their privileges); MSDN
 * SetSystemTimeAdjustment, SetTimeZoneInformation, SetSystemFileCacheSize.
 */
#include "ntapi_ex.h"

static ULONG buffer[128];

static void lengths(void)
{
    expect(NtSetSystemInformation(9, buffer, 3), STATUS_INFO_LENGTH_MISMATCH, "flags, 3 bytes");
    expect(NtSetSystemInformation(28, buffer, 7), STATUS_INFO_LENGTH_MISMATCH, "time adjustment, 7 bytes");
    expect(NtSetSystemInformation(24, buffer, 24), STATUS_INFO_LENGTH_MISMATCH, "DPC behavior, 24 bytes");
    expect(NtSetSystemInformation(0, buffer, 44), STATUS_INVALID_INFO_CLASS, "basic");
    expect(NtSetSystemInformation(5, buffer, 4), STATUS_INVALID_INFO_CLASS, "processes");
    expect(NtSetSystemInformation(0x80000000, buffer, 4), STATUS_INVALID_INFO_CLASS, "an unknown class");
}

static void privileges(void)
{
    for (ULONG i = 0; i < 128; i++)
        buffer[i] = 0;
    privilege(SE_DEBUG, FALSE);
    privilege(SE_SYSTEMTIME, FALSE);
    privilege(SE_LOAD_DRIVER, FALSE);
    privilege(SE_TCB, FALSE);
    privilege(SE_INCREASE_QUOTA, FALSE);
    expect(NtSetSystemInformation(9, buffer, 4), STATUS_ACCESS_DENIED, "flags without the privilege");
    expect(NtSetSystemInformation(21, buffer, 36), STATUS_ACCESS_DENIED, "file cache without the privilege");
    expect(NtSetSystemInformation(24, buffer, 20), STATUS_PRIVILEGE_NOT_HELD, "DPC behavior without the privilege");
    expect(NtSetSystemInformation(28, buffer, 8), STATUS_PRIVILEGE_NOT_HELD, "time adjustment without the privilege");
    expect(NtSetSystemInformation(37, buffer, 12), STATUS_PRIVILEGE_NOT_HELD, "registry quota without the privilege");
    expect(NtSetSystemInformation(38, buffer, 8), STATUS_PRIVILEGE_NOT_HELD, "a driver without the privilege");
    expect(NtSetSystemInformation(39, buffer, 4), STATUS_PRIVILEGE_NOT_HELD, "priorities without the privilege");
    expect(NtSetSystemInformation(44, buffer, 172), STATUS_PRIVILEGE_NOT_HELD, "time zone without the privilege");
    expect(NtSetSystemInformation(46, buffer, 4), STATUS_PRIVILEGE_NOT_HELD, "time slip without the privilege");
    privilege(SE_DEBUG, TRUE);
    privilege(SE_SYSTEMTIME, TRUE);
    privilege(SE_LOAD_DRIVER, TRUE);
    privilege(SE_TCB, TRUE);
    privilege(SE_INCREASE_QUOTA, TRUE);
}

static void settings(void)
{
    ULONG flags = 0x4000 | 0x100, separation = 2, before[5], other[5] = {0, 8, 4, 30, 30};
    expect(NtSetSystemInformation(9, &flags, 4), 0, "set the flags");
    NtQuerySystemInformation(9, &flags, 4, NULL);
    equal(flags, 0x100, "but not those that are read at the start only");
    flags = 0;
    NtSetSystemInformation(9, &flags, 4);
    NtQuerySystemInformation(24, before, 20, NULL);
    expect(NtSetSystemInformation(24, other, 20), 0, "set the DPC behavior");
    NtQuerySystemInformation(24, buffer, 20, NULL);
    check(same_memory(buffer, other, 20), "it is set");
    NtSetSystemInformation(24, before, 20);
    expect(NtSetSystemInformation(39, &separation, 4), 0, "set the priority separation");
    expect(NtSetSystemInformation(38, buffer, 8), STATUS_OBJECT_NAME_NOT_FOUND, "load a driver that is not there");
    NtQuerySystemInformation(21, buffer, 36, NULL);
    expect(NtSetSystemInformation(21, buffer, 36), 0, "set the file cache as it is");
}

static void adjustment(void)
{
    struct { ULONG Adjustment; BOOLEAN Enable; } set = {312500, FALSE};
    struct { ULONG Adjustment, Increment; BOOLEAN Enable; } query;
    LI start, end, frequency;
    LONGLONG time, counter;
    expect(NtSetSystemInformation(28, &set, 8), 0, "let the clock go twice as fast");
    NtQuerySystemInformation(28, &query, 12, NULL);
    check(query.Adjustment == 312500 && query.Increment == 156250 && !query.Enable, "it is told");
    NtQueryPerformanceCounter(&start, &frequency);
    time = system_time();
    sleep_ms(150);
    NtQueryPerformanceCounter(&end, NULL);
    time = system_time() - time;
    counter = (end.QuadPart - start.QuadPart) * 10000000 / frequency.QuadPart;
    check(time > counter + counter / 2 && time < counter * 3, "it does");
    set.Adjustment = 0;
    expect(NtSetSystemInformation(28, &set, 8), STATUS_INVALID_PARAMETER_2, "let it stand still");
    set.Enable = TRUE;
    expect(NtSetSystemInformation(28, &set, 8), 0, "let it go as it does");
    NtQuerySystemInformation(28, &query, 12, NULL);
    check(query.Adjustment == query.Increment && query.Enable, "that is told, too");
}

static void slip(void)
{
    HANDLE event, none = NULL;
    LI now;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    expect(NtSetSystemInformation(46, &event, 4), 0, "an event for jumps of the clock");
    NtQuerySystemTime(&now);
    NtSetSystemTime(&now, NULL);
    expect(wait_ms(event, 0), 0, "it is set when the time is");
    expect(NtSetSystemInformation(46, &none, 4), 0, "no event any more");
    NtSetSystemTime(&now, NULL);
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "it is left alone");
    NtClose(event);
    none = (HANDLE)0x7ff0;
    expect(NtSetSystemInformation(46, &none, 4), STATUS_INVALID_HANDLE, "an event that is not there");
}

static void zone(void)
{
    struct { LONG Bias; WCHAR Standard[32]; USHORT StandardStart[8]; LONG StandardBias; WCHAR Daylight[32];
             USHORT DaylightStart[8]; LONG DaylightBias; } before, set = {0}, now;
    NtQuerySystemInformation(44, &before, sizeof(before), NULL);
    set.Bias = -60;
    set.Standard[0] = 'X';
    expect(NtSetSystemInformation(44, &set, sizeof(set)), 0, "a time zone an hour east");
    expect(NtQuerySystemInformation(44, &now, sizeof(now), NULL), 0, "query it");
    check(now.Bias == -60 && now.Standard[0] == 'X', "it is the one");
    equal(*(LONG *)0x7ffe0020, -60 * 600000000LL, "KUSER_SHARED_DATA has its distance");
    /* Summer from the first Sunday of January to the last of December: it is summer nearly always. */
    set.StandardStart[1] = 12, set.StandardStart[2] = 5, set.StandardStart[3] = 23;
    set.DaylightStart[1] = 1, set.DaylightStart[2] = 1;
    set.DaylightBias = -60;
    NtSetSystemInformation(44, &set, sizeof(set));
    check(*(LONG *)0x7ffe0020 == (LONG)(-120 * 600000000LL) || *(LONG *)0x7ffe0020 == (LONG)(-60 * 600000000LL),
          "daylight saving time adds to it");
    NtSetSystemInformation(44, &before, sizeof(before));
}

void test_main(void)
{
    lengths();
    privileges();
    settings();
    adjustment();
    slip();
    zone();
}
