/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtQueryInformationThread and NtSetInformationThread; the TEB.
 * Known from: G. Nebbett, Native API Reference, ch. 5 (THREADINFOCLASS); MSDN SetThreadPriority (base priorities -2 … 2,
 * ±15), GetThreadTimes, SetThreadAffinityMask; winnt.h (NT_TIB).
 */
#include "tap.h"

static HANDLE gate;

static NTSTATUS wait_gate(PVOID unused)
{
    (void)unused;
    return wait_ms(gate, 10000);
}

static THREAD_BASIC_INFORMATION basic(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info = {0};
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    return info;
}

static NTSTATUS set(HANDLE thread, ULONG class, LONG value)
{
    return NtSetInformationThread(thread, class, &value, sizeof(value));
}

static void teb(void)
{
    TEB_START *teb = TEB_NOW;
    PROCESS_BASIC_INFORMATION process;
    ULONG_PTR here = (ULONG_PTR)__builtin_frame_address(0);
    NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &process, sizeof(process), NULL);
    equal(teb->NtTib.Self, teb, "TEB: points at itself");
    equal(basic(NtCurrentThread()).TebBaseAddress, teb, "TEB: is where the query says");
    equal(teb->Peb, process.PebBaseAddress, "TEB: PEB is where the query says");
    equal(teb->ClientId.UniqueProcess, process.UniqueProcessId, "TEB: process id");
    equal(teb->ClientId.UniqueThread, basic(NtCurrentThread()).ClientId.UniqueThread, "TEB: thread id");
    check(here < (ULONG_PTR)teb->NtTib.StackBase && here >= (ULONG_PTR)teb->NtTib.StackLimit, "TEB: stack bounds");
    equal((ULONG_PTR)teb & 0xfff, 0, "TEB: on a page of its own");
    check((ULONG_PTR)teb >= 0x7ff00000 && (ULONG_PTR)teb < 0x7ffe0000, "TEB: near the top of user space");
    check((ULONG_PTR)teb->Peb >= 0x7ff00000 && (ULONG_PTR)teb->Peb < 0x7ffe0000, "PEB: near the top of user space");
}

static void query(void)
{
    THREAD_BASIC_INFORMATION info;
    KERNEL_USER_TIMES times = {.CreateTime.QuadPart = 0};
    HANDLE thread = thread_start(wait_gate, NULL), limited;
    LI counter;
    ULONG length = 0, last = 9;
    sleep_ms(10);
    expect(NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), &length), 0, "basic");
    equal(length, 28, "basic: length");
    expect(NtQueryInformationThread(thread, ThreadBasicInformation, &info, 27, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "basic, length 27");
    expect(NtQueryInformationThread(thread, ThreadBasicInformation, &info, 29, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "basic, length 29");
    expect(NtQueryInformationThread(thread, 200, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "class 200");
    faults(BAD_OUT, p, NtQueryInformationThread(thread, ThreadBasicInformation, p, 28, NULL), "basic, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryInformationThread(thread, ThreadBasicInformation, &info, 28, p), "basic, length");
    expect(NtQueryInformationThread((HANDLE)0x7ff0, ThreadBasicInformation, &info, 28, NULL), STATUS_INVALID_HANDLE,
           "no such handle");
    expect(NtQueryInformationThread(gate, ThreadBasicInformation, &info, 28, NULL), STATUS_OBJECT_TYPE_MISMATCH, "an event");
    NtDuplicateObject(NtCurrentProcess(), thread, NtCurrentProcess(), &limited, THREAD_TERMINATE, 0, 0);
    expect(NtQueryInformationThread(limited, ThreadBasicInformation, &info, 28, NULL), STATUS_ACCESS_DENIED,
           "basic without the right");
    expect(set(limited, ThreadBasePriority, 1), STATUS_ACCESS_DENIED, "set without the right");
    NtClose(limited);

    expect(NtQueryInformationThread(thread, ThreadTimes, &times, sizeof(times), &length), 0, "times");
    equal(length, 32, "times: length");
    check(times.CreateTime.QuadPart > system_time() - 600000000 && times.CreateTime.QuadPart <= system_time(),
          "times: created a moment ago");
    expect(NtQueryInformationThread(thread, ThreadTimes, &times, 31, NULL), STATUS_INFO_LENGTH_MISMATCH, "times, length 31");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &last, sizeof(last), NULL), 0, "last thread?");
    equal(last, 0, "not the last");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadPerformanceCount, &counter, sizeof(counter), NULL), 0,
           "performance count");
    NtSetEvent(gate, NULL);
    wait_ms(thread, 2000);
    NtQueryInformationThread(thread, ThreadTimes, &times, sizeof(times), NULL);
    check(times.ExitTime.QuadPart >= times.CreateTime.QuadPart && times.ExitTime.QuadPart <= system_time(),
          "times: ended after it began");
    NtClose(thread);
    sleep_ms(30);
    NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &last, sizeof(last), NULL);
    equal(last, 1, "now the last");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadHideFromDebugger, &last, sizeof(last), NULL),
           STATUS_INVALID_INFO_CLASS, "hide from debugger cannot be queried");
}

/* A class is 8 by default (normal); a thread's priority is relative to it. */
static void priority(void)
{
    HANDLE thread = thread_start_suspended(wait_gate, NULL);
    LONG normal = basic(thread).BasePriority;
    check(basic(thread).Priority >= 1 && basic(thread).Priority <= 15, "priority: of the dynamic range");
    expect(set(thread, ThreadBasePriority, 2), 0, "priority: +2");
    expect(set(thread, ThreadBasePriority, -2), 0, "priority: -2");
    expect(set(thread, ThreadBasePriority, 15), 0, "priority: time critical");
    expect(set(thread, ThreadBasePriority, -15), 0, "priority: idle");
    expect(set(thread, ThreadBasePriority, 3), STATUS_INVALID_PARAMETER, "priority: +3");
    expect(set(thread, ThreadBasePriority, -3), STATUS_INVALID_PARAMETER, "priority: -3");
    expect(set(thread, ThreadBasePriority, 16), STATUS_INVALID_PARAMETER, "priority: +16");
    expect(set(thread, ThreadBasePriority, 0), 0, "priority: 0");
    equal(basic(thread).BasePriority, normal, "priority: back to normal");
    expect(NtSetInformationThread(thread, ThreadBasePriority, &normal, 3), STATUS_INFO_LENGTH_MISMATCH, "set, length 3");
    faults(BAD_IN, p, NtSetInformationThread(thread, ThreadBasePriority, p, 4), "set, buffer");
    expect(set(thread, ThreadTimes, 0), STATUS_INVALID_INFO_CLASS, "set times");
    expect(set(thread, 200, 0), STATUS_INVALID_INFO_CLASS, "set class 200");
    expect(set(thread, ThreadAffinityMask, 0), STATUS_INVALID_PARAMETER, "affinity to no processor");
    expect(set(thread, ThreadAffinityMask, 1), 0, "affinity to the first");
    equal(basic(thread).AffinityMask, 1, "affinity: seen in basic");
    NtTerminateThread(thread, 0);
    thread_join(thread);
}

void test_main(void)
{
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    teb();
    query();
    priority();
    NtClose(gate);
}
