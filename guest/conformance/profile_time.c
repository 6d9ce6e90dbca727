/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles: what is judged first, and that time is counted where it is spent.
 * Known from: G. Nebbett, Native API Reference, ch. 20 (NtCreateProfile and the rest); G. Chappell on the size check
 * of NtCreateProfile; ReactOS' apitests NtCreateProfile and NtStartProfile (statuses of real systems).
 */
#include "ntapi_ex.h"

typedef NTSTATUS(NTAPI *CREATE)(PVOID, HANDLE, PVOID, SIZE_T, ULONG, PVOID, ULONG, ULONG, ULONG);
typedef NTSTATUS(NTAPI *ACT)(HANDLE);

static CREATE create;
static ULONG counts[0x40];
static volatile ULONG work;

/* Long enough for several samples, in code that lies in 256 bytes. */
static __attribute__((noinline, aligned(256))) void spin(int milliseconds)
{
    LONGLONG end;
    volatile KSYSTEM_TIME *time = (PVOID)0x7ffe0008;
    end = (((LONGLONG)time->High1Time << 32) | time->LowPart) + milliseconds * 10000LL;
    while ((((LONGLONG)time->High1Time << 32) | time->LowPart) < end)
        work++;
}

static void parameters(void)
{
    static const struct { ULONG base, size, bucket, room; NTSTATUS status; const char *name; } tries[] = {
        {0, 0, 0, 0, STATUS_INVALID_PARAMETER_7, "no buffer"},
        {0xffff, 0, 0, 3, STATUS_INVALID_PARAMETER_7, "low base, no bucket, 3 bytes"},
        {0x10000, 0, 0, 3, STATUS_INVALID_PARAMETER, "no bucket"},
        {0xffff, 0, 1, 4, STATUS_INVALID_PARAMETER, "a bucket of 2 bytes"},
        {0x10000, 0x80000000, 32, 1, STATUS_INVALID_PARAMETER, "a bucket of 4 GB"},
        {0x10000, 0x80000000, 31, 1, STATUS_BUFFER_TOO_SMALL, "2 GB into one byte"},
        {0x10000, 0x400, 10, 3, STATUS_BUFFER_TOO_SMALL, "one bucket into 3 bytes"},
        {0x10000, 20, 4, 4, STATUS_BUFFER_TOO_SMALL, "a quarter more than one bucket"},
        {0x10000, 19, 4, 4, STATUS_ACCESS_VIOLATION, "less than a quarter more is forgiven"},
        {0x10000, 0xffff0000, 31, 0x80000000, STATUS_BUFFER_OVERFLOW, "a range that wraps around"},
        {0x10000, 0xfffeffff, 31, 0x80000000, STATUS_ACCESS_VIOLATION, "a range up to the end"},
    };
    HANDLE profile = NULL;
    for (ULONG i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
        expect(create(NULL, NULL, (PVOID)tries[i].base, tries[i].size, tries[i].bucket, NULL, tries[i].room, ProfileTime, 1),
               tries[i].status, tries[i].name);
    expect(create(&profile, (HANDLE)0x7ff0, (PVOID)0x10000, 0x1000, 31, (PVOID)2, 4, ProfileTime, 1),
           STATUS_DATATYPE_MISALIGNMENT, "the buffer is aligned");
    expect(create(&profile, (HANDLE)0x7ff0, (PVOID)0x10000, 0x1000, 31, counts, 4, ProfileTime, 1), STATUS_INVALID_HANDLE,
           "the process is looked up last");
}

void test_main(void)
{
    LOOK_UP(NtCreateProfile, PVOID, HANDLE, PVOID, SIZE_T, ULONG, PVOID, ULONG, ULONG, ULONG);
    LOOK_UP(NtStartProfile, HANDLE);
    LOOK_UP(NtStopProfile, HANDLE);
    LOOK_UP(NtQueryIntervalProfile, ULONG, PULONG);
    LOOK_UP(NtSetIntervalProfile, ULONG, ULONG);
    HANDLE profile = NULL, event, second = NULL;
    ULONG interval = 0, before, seen;
    UCHAR *base = (PVOID)((ULONG_PTR)spin - 0x100);
    create = p_NtCreateProfile;
    parameters();
    expect(p_NtQueryIntervalProfile(ProfileTime, &interval), 0, "query the interval");
    check(interval >= 1000 && interval <= 10000000, "it is a time");
    expect(p_NtQueryIntervalProfile(77, &seen), 0, "query an unknown source");
    equal(seen, 0, "it never samples");
    expect(p_NtSetIntervalProfile(20000, ProfileTime), 0, "set the interval");
    p_NtQueryIntervalProfile(ProfileTime, &seen);
    check(seen > 0 && seen <= 40000, "it is set, about");
    expect(create(&profile, NtCurrentProcess(), base, 0x300, 8, counts, 12, ProfileTime, ~0u), 0, "create");
    equal(granted_access(profile), 0xf0001, "rights granted");
    expect(p_NtStopProfile(profile), STATUS_PROFILING_NOT_STARTED, "stop before it was started");
    expect(p_NtStartProfile(profile), 0, "start");
    expect(p_NtStartProfile(profile), STATUS_PROFILING_NOT_STOPPED, "start again");
    spin(120);
    before = counts[1];
    check(before >= 2, "the time is counted where it is spent");
    check(counts[0] + counts[2] <= before, "and not elsewhere");
    spin(60);
    check(counts[1] > before, "it counts on");
    expect(p_NtStopProfile(profile), 0, "stop");
    before = counts[1];
    spin(40);
    equal(counts[1], before, "nothing is counted any more");
    expect(p_NtStartProfile(profile), 0, "start it once more");
    NtDuplicateObject(NtCurrentProcess(), profile, NtCurrentProcess(), &second, READ_CONTROL, 0, 0);
    expect(p_NtStopProfile(second), STATUS_ACCESS_DENIED, "stop without the right");
    NtClose(second);
    NtClose(profile);
    before = counts[1];
    spin(40);
    equal(counts[1], before, "a closed one counts no more");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(p_NtStartProfile(event), STATUS_OBJECT_TYPE_MISMATCH, "start an event");
    expect(p_NtStopProfile(NULL), STATUS_INVALID_HANDLE, "stop nothing");
    NtClose(event);
    p_NtSetIntervalProfile(interval, ProfileTime);
}
