/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: birth, exit status, suspension, termination, opening by id.
 * Known from: MSDN CreateThread, SuspendThread (at most MAXIMUM_SUSPEND_COUNT = 127), TerminateThread, GetExitCodeThread;
 * G. Nebbett, Native API Reference, ch. 5; Windows Internals, 4th ed., ch. 6; Wine's dlls/kernel32/tests/thread.c.
 */
#include "tap.h"

static volatile LONG ran;
static HANDLE gate;

static NTSTATUS count(PVOID step)
{
    ran += (LONG)(ULONG_PTR)step;
    return 11;
}

static NTSTATUS wait_gate(PVOID unused)
{
    (void)unused;
    return wait_ms(gate, 10000);
}

static NTSTATUS spin(PVOID stop)
{
    while (!*(volatile LONG *)stop)
        ran++;
    return 12;
}

static THREAD_BASIC_INFORMATION basic(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info = {0};
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    return info;
}

static void life(void)
{
    HANDLE thread = thread_start(wait_gate, NULL), opened;
    NTSTATUS status = 0;
    CLIENT_ID id = basic(thread).ClientId, other = {0, id.UniqueThread};
    check(thread != NULL, "create");
    equal(basic(thread).ExitStatus, STATUS_PENDING, "while it runs its exit status is STATUS_PENDING");
    equal(id.UniqueProcess, TEB_NOW->ClientId.UniqueProcess, "it belongs to this process");
    check(id.UniqueThread != TEB_NOW->ClientId.UniqueThread, "and has its own id");
    equal(id.UniqueThread & 3, 0, "a multiple of four");
    check(basic(thread).TebBaseAddress != TEB_NOW, "and its own TEB");
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "a living thread is not signalled");
    expect(NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, named(NULL, 0), &id), 0, "open by process and thread id");
    NtClose(opened);
    expect(NtOpenThread(&opened, THREAD_QUERY_INFORMATION, named(NULL, 0), &other), 0, "open by thread id alone");
    expect(NtTerminateThread(opened, 0), STATUS_ACCESS_DENIED, "terminate without the right");
    NtClose(opened);
    other.UniqueThread = 0x7ffffff0;
    expect(NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, named(NULL, 0), &other), STATUS_INVALID_CID, "open, no such id");
    other = (CLIENT_ID){id.UniqueProcess + 4000, id.UniqueThread};
    expect(NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, named(NULL, 0), &other), STATUS_INVALID_CID,
           "open, not in that process");
    expect(NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, named(NULL, 0), NULL), STATUS_INVALID_PARAMETER_MIX,
           "open, neither name nor id");
    faults(BAD_OUT, p, NtOpenThread(p, NT5_THREAD_ALL_ACCESS, named(NULL, 0), &id), "open, handle");
    faults(BAD_IN_OPTIONAL, p, NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, named(NULL, 0), p), "open, id");
    faults(BAD_IN, p, NtOpenThread(&opened, NT5_THREAD_ALL_ACCESS, p, &id), "open, attributes");
    NtSetEvent(gate, NULL);
    expect(wait_ms(thread, 2000), 0, "a thread that ended is signalled");
    expect(wait_ms(thread, 0), 0, "for ever");
    equal(basic(thread).ExitStatus, 0, "exit status");
    expect(NtOpenThread(&opened, THREAD_QUERY_INFORMATION, named(NULL, 0), &id), 0,
           "a dead thread can be opened while it has a handle");
    NtClose(opened);
    NtClose(thread);
    for (int i = 0; i < 20 && !(status = NtOpenThread(&opened, THREAD_QUERY_INFORMATION, named(NULL, 0), &id)); i++) {
        NtClose(opened);
        sleep_ms(10);
    }
    expect(status, STATUS_INVALID_CID, "and not when it has none");
}

static void suspension(void)
{
    HANDLE thread = thread_start_suspended(count, (PVOID)1), limited;
    ULONG previous = 77;
    int suspended = 0;
    sleep_ms(30);
    equal(ran, 0, "created suspended, it does not run");
    expect(NtSuspendThread(thread, &previous), 0, "suspend");
    equal(previous, 1, "suspend: count before");
    expect(NtResumeThread(thread, &previous), 0, "resume");
    equal(previous, 2, "resume: count before");
    sleep_ms(20);
    equal(ran, 0, "it still does not run");
    while (suspended < 200 && NtSuspendThread(thread, &previous) == 0)
        suspended++;
    equal(suspended, 126, "suspended until the count is 127");
    expect(NtSuspendThread(thread, &previous), STATUS_SUSPEND_COUNT_EXCEEDED, "not more");
    for (int i = 0; i < 126; i++)
        NtResumeThread(thread, NULL);
    expect(NtResumeThread(thread, &previous), 0, "the last resume");
    equal(previous, 1, "the last resume: count before");
    expect(thread_join(thread), 11, "it runs and ends with its function's status");
    equal(ran, 1, "it ran once");
    thread = thread_start(wait_gate, NULL);
    expect(NtResumeThread(thread, &previous), 0, "resume of a thread not suspended");
    equal(previous, 0, "count before is 0");
    faults(BAD_OUT_OPTIONAL, p, NtSuspendThread(thread, p), "suspend, count");
    faults(BAD_OUT_OPTIONAL, p, NtResumeThread(thread, p), "resume, count");
    NtDuplicateObject(NtCurrentProcess(), thread, NtCurrentProcess(), &limited, THREAD_QUERY_INFORMATION, 0, 0);
    expect(NtSuspendThread(limited, NULL), STATUS_ACCESS_DENIED, "suspend without the right");
    expect(NtResumeThread(limited, NULL), STATUS_ACCESS_DENIED, "resume without the right");
    NtClose(limited);
    expect(NtSuspendThread(gate, NULL), STATUS_OBJECT_TYPE_MISMATCH, "suspend, an event");
    expect(NtResumeThread((HANDLE)0x7ff0, NULL), STATUS_INVALID_HANDLE, "resume, no such handle");
    NtSuspendThread(thread, NULL);
    NtSetEvent(gate, NULL);
    expect(wait_ms(thread, 30), STATUS_TIMEOUT, "suspended in a wait it does not end");
    NtResumeThread(thread, NULL);
    expect(wait_ms(thread, 2000), 0, "resumed it does");
    expect(NtSuspendThread(thread, NULL), STATUS_THREAD_IS_TERMINATING, "suspend of a dead thread");
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    expect(NtGetContextThread(thread, &context), STATUS_UNSUCCESSFUL, "the context of a dead thread");
    expect(NtSetContextThread(thread, &context), STATUS_UNSUCCESSFUL, "a context for a dead thread");
    NtClose(thread);
}

static void running(void)
{
    volatile LONG stop = 0;
    HANDLE thread;
    LONG seen;
    ran = 0;
    thread = thread_start(spin, (PVOID)&stop);
    for (int i = 0; i < 100 && !ran; i++)
        sleep_ms(5);
    check(ran != 0, "a thread that makes no calls runs");
    expect(NtSuspendThread(thread, NULL), 0, "suspend it");
    sleep_ms(20);
    seen = ran;
    sleep_ms(20);
    equal(ran, seen, "suspended it stands still");
    NtResumeThread(thread, NULL);
    for (int i = 0; i < 100 && ran == seen; i++)
        sleep_ms(5);
    check(ran != seen, "resumed it goes on");
    stop = 1;
    expect(thread_join(thread), 12, "and ends when told");
    stop = 0;
    thread = thread_start(spin, (PVOID)&stop);
    sleep_ms(20);
    expect(NtTerminateThread(thread, 13), 0, "terminate one that makes no calls");
    expect(thread_join(thread), 13, "it ends");
}

static void termination(void)
{
    HANDLE thread = thread_start(wait_gate, NULL);
    NtTerminateThread(thread, 0x12345678);
    expect(thread_join(thread), 0x12345678, "exit status is any number");
    thread = thread_start_suspended(count, (PVOID)1);
    expect(NtTerminateThread(thread, 5), 0, "terminate one that never ran");
    expect(wait_ms(thread, 2000), 0, "it ends all the same");
    expect(NtTerminateThread(thread, 6), 0, "terminate it again");
    equal(basic(thread).ExitStatus, 5, "the first status stays");
    NtClose(thread);
    expect(NtTerminateThread((HANDLE)0x7ff0, 0), STATUS_INVALID_HANDLE, "terminate, no such handle");
    expect(NtTerminateThread(gate, 0), STATUS_OBJECT_TYPE_MISMATCH, "terminate, an event");
}

void test_main(void)
{
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    life();
    suspension();
    running();
    termination();
    NtClose(gate);
}
