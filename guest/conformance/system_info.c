/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQuerySystemInformation: lengths, plausible contents, errors.
 * Known from: G. Nebbett, Native API Reference, ch. 1 (SYSTEM_INFORMATION_CLASS with sizes); MSDN NtQuerySystemInformation,
 * GetSystemInfo; Wine's dlls/ntdll/tests/info.c (lengths and statuses from real systems).
 */
#include "tap.h"

typedef struct {
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPageNumber, HighestPhysicalPageNumber;
    ULONG AllocationGranularity, MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
} BASIC;
typedef struct { USHORT Architecture, Level, Revision, Reserved; ULONG FeatureBits; } PROCESSOR;
typedef struct { LI BootTime, CurrentTime, TimeZoneBias; ULONG TimeZoneId, Reserved; LI BiasAndMore[2]; } TIME_OF_DAY;
typedef struct {
    ULONG NextEntryOffset, NumberOfThreads;
    LI Reserved[3], CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    ULONG UniqueProcessId, InheritedFromUniqueProcessId, HandleCount, SessionId, Reserved2;
} PROCESS;

static UCHAR buffer[0x10000] __attribute__((aligned(8)));

static void fixed(void)
{
    static const struct { ULONG class, length; const char *name, *filled, *smaller; } sizes[] = {
        {0, 44, "basic", "basic: length", "basic, one byte less"},
        {1, 12, "processor", "processor: length", "processor, one byte less"},
        {2, 312, "performance", "performance: length", "performance, one byte less"},
        {3, 48, "time of day", "time of day: length", "time of day, one byte less"},
    };
    BASIC *basic = (PVOID)buffer;
    PROCESSOR *processor = (PVOID)buffer;
    TIME_OF_DAY *time = (PVOID)buffer;
    ULONG length;
    LONGLONG now;
    for (ULONG i = 0; i < 4; i++) {
        length = 0;
        expect(NtQuerySystemInformation(sizes[i].class, buffer, sizes[i].length, &length), 0, sizes[i].name);
        if (i != 3)
            expect(NtQuerySystemInformation(sizes[i].class, buffer, sizes[i].length - 1, NULL), STATUS_INFO_LENGTH_MISMATCH,
                   sizes[i].smaller);
        equal(length, sizes[i].length, sizes[i].filled);
    }
    NtQuerySystemInformation(0, buffer, 44, NULL);
    equal(basic->PageSize, 0x1000, "page size");
    equal(basic->AllocationGranularity, 0x10000, "granularity");
    equal(basic->MinimumUserModeAddress, 0x10000, "lowest user address");
    equal(basic->MaximumUserModeAddress, 0x7ffeffff, "highest user address");
    check(basic->NumberOfProcessors >= 1 && basic->NumberOfProcessors <= 32, "processors");
    equal(basic->ActiveProcessorsAffinityMask, basic->NumberOfProcessors == 32 ? ~0u : (1u << basic->NumberOfProcessors) - 1,
          "affinity mask has as many bits");
    check(basic->NumberOfPhysicalPages > 1000, "physical pages");
    NtQuerySystemInformation(1, buffer, 12, NULL);
    equal(processor->Architecture, 0, "the architecture is Intel");
    check(processor->Level >= 5, "a Pentium at least");
    NtQuerySystemInformation(3, buffer, 48, NULL);
    now = system_time();
    check(time->CurrentTime.QuadPart <= now && time->CurrentTime.QuadPart > now - 10000000, "current time");
    check(time->BootTime.QuadPart < now, "booted before now");
    expect(NtQuerySystemInformation(3, buffer, 49, NULL), STATUS_INFO_LENGTH_MISMATCH, "time of day, one byte more");
    expect(NtQuerySystemInformation(3, buffer, 16, &length), 0, "time of day, the first 16 bytes");
    equal(length, 16, "are 16");
}

static void processes(void)
{
    ULONG length = 0, found = 0;
    HANDLE event;
    PROCESS *process;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQuerySystemInformation(5, buffer, 16, &length), STATUS_INFO_LENGTH_MISMATCH, "process list into 16 bytes");
    expect(NtQuerySystemInformation(5, buffer, sizeof(buffer), &length), 0, "process list");
    for (process = (PVOID)buffer;; process = (PVOID)((UCHAR *)process + process->NextEntryOffset)) {
        if (process->UniqueProcessId == TEB_NOW->ClientId.UniqueProcess) {
            ULONG handles = 0;
            found++;
            NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &handles, 4, NULL);
            equal(process->NumberOfThreads, 1, "this process has one thread");
            equal(process->HandleCount, handles, "this process has as many handles as it says itself");
            check(process->ImageName.Length >= 8, "this process has a name");
        }
        if (!process->NextEntryOffset)
            break;
    }
    equal(found, 1, "this process is in the list once");
    NtClose(event);
}

static void errors(void)
{
    ULONG length = 77;
    expect(NtQuerySystemInformation(0x7fff, buffer, 44, &length), STATUS_INVALID_INFO_CLASS, "class 0x7fff");
    expect(NtQuerySystemInformation(0xffffffff, buffer, 44, NULL), STATUS_INVALID_INFO_CLASS, "class -1");
    faults(BAD_OUT, p, NtQuerySystemInformation(0, p, 44, NULL), "basic, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQuerySystemInformation(0, buffer, 44, p), "basic, return length");
    expect(NtQuerySystemInformation(0, buffer + 1, 44, NULL), STATUS_DATATYPE_MISALIGNMENT, "basic, misaligned");
}

void test_main(void)
{
    fixed();
    processes();
    errors();
}
