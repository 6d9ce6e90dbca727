/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQueryInformationProcess and NtSetInformationProcess.
 * Known from: G. Nebbett, Native API Reference, ch. 6 (PROCESSINFOCLASS with the sizes of NT 4 and 2000); MSDN
 * NtQueryInformationProcess, GetProcessTimes, GetPriorityClass, SetErrorMode.
 */
#include "tap.h"

static const struct { ULONG class, length; const char *right, *filled, *shorter, *longer; } sizes[] = {
    {ProcessBasicInformation, 24, "basic", "basic: length", "basic, one byte less", "basic, one byte more"},
    {ProcessIoCounters, 48, "I/O counters", "I/O counters: length", "I/O counters, one byte less", "I/O counters, one byte more"},
    {ProcessVmCounters, 44, "VM counters", "VM counters: length", "VM counters, one byte less", "VM counters, one byte more"},
    {ProcessTimes, 32, "times", "times: length", "times, one byte less", "times, one byte more"},
    {ProcessDebugPort, 4, "debug port", "debug port: length", "debug port, one byte less", "debug port, one byte more"},
    {ProcessDefaultHardErrorMode, 4, "hard error mode", "hard error mode: length", "hard error mode, one byte less", "hard error mode, one byte more"},
    {ProcessPriorityClass, 2, "priority class", "priority class: length", "priority class, one byte less", "priority class, one byte more"},
    {ProcessHandleCount, 4, "handle count", "handle count: length", "handle count, one byte less", "handle count, one byte more"},
    {ProcessPriorityBoost, 4, "priority boost", "priority boost: length", "priority boost, one byte less", "priority boost, one byte more"},
    {ProcessSessionInformation, 4, "session", "session: length", "session, one byte less", "session, one byte more"},
};

static void lengths(void)
{
    UCHAR buffer[64];
    ULONG length;
    for (ULONG i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        length = 0;
        expect(NtQueryInformationProcess(NtCurrentProcess(), sizes[i].class, buffer, sizes[i].length, &length), 0,
               sizes[i].right);
        equal(length, sizes[i].length, sizes[i].filled);
        expect(NtQueryInformationProcess(NtCurrentProcess(), sizes[i].class, buffer, sizes[i].length - 1, NULL),
               STATUS_INFO_LENGTH_MISMATCH, sizes[i].shorter);
        if (sizes[i].class != ProcessVmCounters)
            expect(NtQueryInformationProcess(NtCurrentProcess(), sizes[i].class, buffer, sizes[i].length + 1, NULL),
                   STATUS_INFO_LENGTH_MISMATCH, sizes[i].longer);
    }
}

static void values(void)
{
    KERNEL_USER_TIMES times;
    ULONG value = 77, handles = 0, counters[11];
    _Alignas(4) UCHAR class[2] = {9, 9};
    HANDLE event;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessTimes, &times, sizeof(times), NULL);
    check(times.CreateTime.QuadPart > system_time() - 1200000000 && times.CreateTime.QuadPart <= system_time(),
          "created a moment ago");
    check(times.UserTime.QuadPart >= 0 && times.KernelTime.QuadPart >= 0, "times are not negative");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessDebugPort, &value, 4, NULL);
    equal(value, 0, "nobody debugs this process");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &handles, 4, NULL);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &value, 4, NULL);
    equal(value - handles, 1, "one handle more is one more");
    NtClose(event);
    NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, counters, sizeof(counters), NULL);
    check(counters[1] > 0x100000 && counters[0] >= counters[1], "virtual size, and its peak");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessPriorityClass, class, 2, NULL);
    equal(class[1], 2, "the priority class is normal");
}

static void sets(void)
{
    ULONG value = 1, saved = 0;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &saved, 4, NULL);
    value = saved ^ 3;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &value, 4), 0, "set hard error mode");
    value = 0;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &value, 4, NULL);
    equal(value, saved ^ 3, "hard error mode is set");
    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &saved, 4);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &saved, 3), STATUS_INFO_LENGTH_MISMATCH,
           "set hard error mode, length 3");
    faults(BAD_IN, p, NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, p, 4),
           "set hard error mode, buffer");
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessTimes, &saved, 4), STATUS_INVALID_INFO_CLASS, "set times");
    expect(NtSetInformationProcess(NtCurrentProcess(), 200, &saved, 4), STATUS_INVALID_INFO_CLASS, "set class 200");
    value = 0;
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessAffinityMask, &value, 4), STATUS_INVALID_PARAMETER,
           "affinity to no processor");
}

static void errors(void)
{
    PROCESS_BASIC_INFORMATION info;
    UCHAR room[32];
    HANDLE event, limited;
    expect(NtQueryInformationProcess(NtCurrentProcess(), 200, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS,
           "class 200");
    faults(BAD_OUT, p, NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, p, 24, NULL), "basic, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &info, 24, p),
           "basic, return length");
    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, room + 1, 24, NULL),
           STATUS_DATATYPE_MISALIGNMENT, "basic, misaligned");
    expect(NtQueryInformationProcess((HANDLE)0x7ff0, ProcessBasicInformation, &info, 24, NULL), STATUS_INVALID_HANDLE,
           "no such handle");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQueryInformationProcess(event, ProcessBasicInformation, &info, 24, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "an event");
    NtClose(event);
    NtDuplicateObject(NtCurrentProcess(), NtCurrentProcess(), NtCurrentProcess(), &limited, PROCESS_VM_READ, 0, 0);
    expect(NtQueryInformationProcess(limited, ProcessBasicInformation, &info, 24, NULL), STATUS_ACCESS_DENIED,
           "basic without the right");
    expect(NtSetInformationProcess(limited, ProcessDefaultHardErrorMode, &info, 4), STATUS_ACCESS_DENIED,
           "set without the right");
    NtClose(limited);
}

void test_main(void)
{
    lengths();
    values();
    sets();
    errors();
}
