/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs: what the limits do.
 * Known from: MSDN JOBOBJECT_BASIC_LIMIT_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECT_END_OF_JOB_TIME_INFORMATION,
 * SetInformationJobObject; winnt.h; Wine's dlls/kernel32/tests/process.c.
 */
#include "ntapi_ps.h"

enum { LIMIT_WORKINGSET = 1, LIMIT_PROCESS_TIME = 2, LIMIT_JOB_TIME = 4, LIMIT_ACTIVE_PROCESS = 8, LIMIT_AFFINITY = 0x10,
       LIMIT_PRIORITY_CLASS = 0x20, LIMIT_PRESERVE_JOB_TIME = 0x40, LIMIT_PROCESS_MEMORY = 0x100, LIMIT_JOB_MEMORY = 0x200,
       LIMIT_BREAKAWAY_OK = 0x800, LIMIT_KILL_ON_JOB_CLOSE = 0x2000 };
enum { MSG_END_OF_JOB_TIME = 1, MSG_END_OF_PROCESS_TIME, MSG_ACTIVE_PROCESS_LIMIT, MSG_ACTIVE_PROCESS_ZERO,
       MSG_NEW_PROCESS = 6, MSG_EXIT_PROCESS, MSG_ABNORMAL_EXIT, MSG_PROCESS_MEMORY_LIMIT, MSG_JOB_MEMORY_LIMIT };
static HANDLE port;

NTSTATUS child_main(const char *what)
{
    PVOID base = NULL;
    SIZE_T size = 0x2000000;
    if (what[0] == 's')
        for (;;)
            __asm__ volatile("pause");
    if (what[0] == 'm')
        return NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    if (what[0] == 'c') {
        CHILD child = {0};
        BOOLEAN born = child_create(&child, "w", FALSE);
        child_close(&child);
        return born ? 1 : 2;
    }
    sleep_ms(20000);
    return 3;
}

static HANDLE new_job(void)
{
    HANDLE job = NULL;
    NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    return job;
}

static NTSTATUS set_basic(HANDLE job, JOB_BASIC_LIMITS limits)
{
    return NtSetInformationJobObject(job, JobBasicLimit, &limits, sizeof(limits));
}

static NTSTATUS set_extended(HANDLE job, JOB_EXTENDED_LIMITS limits)
{
    return NtSetInformationJobObject(job, JobExtendedLimit, &limits, sizeof(limits));
}

static void watch(HANDLE job)
{
    JOB_PORT info = {(PVOID)1, NULL};
    NtCreateIoCompletion(&port, 0x1f0003, NULL, 1);
    info.Port = port;
    NtSetInformationJobObject(job, JobCompletionPort, &info, sizeof(info));
}

static void message(ULONG expected, const char *name)
{
    IO_STATUS_BLOCK io = {0};
    PVOID key, context;
    NTSTATUS status = NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(8000));
    equal(status ? (ULONG)status : io.Information, expected, name);
}

static void active_limit(void)
{
    HANDLE job = new_job();
    JOB_ACCOUNTING account;
    CHILD one, two;
    watch(job);
    set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_ACTIVE_PROCESS, .ActiveProcessLimit = 1});
    child_create(&one, "c", FALSE);
    child_create(&two, "w", FALSE);
    expect(NtAssignProcessToJobObject(job, one.process), 0, "the first of one");
    message(MSG_NEW_PROCESS, "is new");
    expect(NtAssignProcessToJobObject(job, two.process), STATUS_QUOTA_EXCEEDED, "the second of one");
    message(MSG_ACTIVE_PROCESS_LIMIT, "is one too many");
    equal(child_wait(&two), 1816, "it is ended");
    NtResumeThread(one.thread, NULL);
    equal(child_wait(&one), 2, "the first gets no child");
    message(MSG_ACTIVE_PROCESS_LIMIT, "for that was too many, too");
    NtQueryInformationJobObject(job, JobBasicAccounting, &account, sizeof(account), NULL);
    check(account.TotalTerminatedProcesses >= 1, "ended by a limit");
    child_close(&one);
    child_close(&two);
    NtClose(port);
    NtClose(job);
}

static void memory_limits(void)
{
    HANDLE job = new_job();
    JOB_EXTENDED_LIMITS limits;
    CHILD child;
    watch(job);
    set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = LIMIT_PROCESS_MEMORY, .ProcessMemoryLimit = 0x1800000});
    child_create(&child, "m", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    NtResumeThread(child.thread, NULL);
    equal(child_wait(&child), STATUS_COMMITMENT_LIMIT, "more than a process may have");
    message(MSG_NEW_PROCESS, "it was new");
    message(MSG_PROCESS_MEMORY_LIMIT, "it met its limit");
    NtQueryInformationJobObject(job, JobExtendedLimit, &limits, sizeof(limits), NULL);
    check(limits.PeakProcessMemoryUsed > 0x1000 && limits.PeakProcessMemoryUsed < 0x1800000, "the most a process had");
    child_close(&child);
    NtClose(port);
    NtClose(job);

    job = new_job();
    watch(job);
    set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = LIMIT_JOB_MEMORY, .JobMemoryLimit = 0x1800000});
    child_create(&child, "m", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    NtResumeThread(child.thread, NULL);
    equal(child_wait(&child), STATUS_COMMITMENT_LIMIT, "more than the job may have");
    message(MSG_NEW_PROCESS, "that was new");
    message(MSG_JOB_MEMORY_LIMIT, "it met the job's limit");
    child_close(&child);
    NtClose(port);
    NtClose(job);
}

static void time_limits(void)
{
    HANDLE job = new_job();
    JOB_ACCOUNTING account;
    CHILD child;
    ULONG value = 1;
    watch(job);
    set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_PROCESS_TIME, .PerProcessUserTimeLimit.QuadPart = 2000000});
    child_start(&child, "s", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    equal(child_wait(&child), 1816, "a process that had its time");
    message(MSG_NEW_PROCESS, "a process came");
    message(MSG_END_OF_PROCESS_TIME, "its time was up");
    message(MSG_EXIT_PROCESS, "it went");
    message(MSG_ACTIVE_PROCESS_ZERO, "nobody was left");
    NtQueryInformationJobObject(job, JobBasicAccounting, &account, sizeof(account), NULL);
    check(account.TotalUserTime.QuadPart >= 2000000, "its time is accounted for");
    equal(account.TotalTerminatedProcesses, 1, "a limit has ended it");
    child_close(&child);

    expect(NtSetInformationJobObject(job, JobEndOfJobTime, &value, 4), 0, "post at the end");
    set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_JOB_TIME, .PerJobUserTimeLimit.QuadPart = 1000000});
    NtQueryInformationJobObject(job, JobBasicAccounting, &account, sizeof(account), NULL);
    equal(account.ThisPeriodTotalUserTime.QuadPart, 0, "a new period");
    child_start(&child, "s", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    message(MSG_NEW_PROCESS, "another process");
    message(MSG_END_OF_JOB_TIME, "the job's time is up");
    expect(wait_ms(child.process, 30), STATUS_TIMEOUT, "which was only told");
    expect(wait_ms(job, 0), STATUS_TIMEOUT, "and the job is not signalled");
    value = 0;
    NtSetInformationJobObject(job, JobEndOfJobTime, &value, 4);
    set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_JOB_TIME, .PerJobUserTimeLimit.QuadPart = 1000000});
    equal(child_wait(&child), 1816, "now the job ends");
    expect(wait_ms(job, 5000), 0, "and is signalled");
    child_close(&child);
    NtClose(port);
    NtClose(job);
}

static void other_limits(void)
{
    HANDLE job = new_job();
    PROCESS_BASIC_INFORMATION basic;
    _Alignas(4) UCHAR class[2] = {0, 0};
    CHILD child;
    set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_PRIORITY_CLASS | LIMIT_AFFINITY, .PriorityClass = 1, .Affinity = 1});
    child_create(&child, "w", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    NtQueryInformationProcess(child.process, ProcessPriorityClass, class, 2, NULL);
    equal(class[1], 1, "the job's priority class");
    NtQueryInformationProcess(child.process, ProcessBasicInformation, &basic, sizeof(basic), NULL);
    equal(basic.AffinityMask, 1, "the job's processors");
    class[1] = 2;
    expect(NtSetInformationProcess(child.process, ProcessPriorityClass, class, 2), 0, "another priority class");
    NtQueryInformationProcess(child.process, ProcessPriorityClass, class, 2, NULL);
    equal(class[1], 1, "does not count");
    NtTerminateJobObject(job, 5);
    equal(child_wait(&child), 5, "a suspended process ends with its job");
    child_close(&child);
    NtClose(job);

    job = new_job();
    set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = LIMIT_KILL_ON_JOB_CLOSE});
    child_start(&child, "w", FALSE);
    NtAssignProcessToJobObject(job, child.process);
    NtClose(job);
    equal(child_wait(&child), 0, "the last handle takes the processes along");
    child_close(&child);
}

void test_main(void)
{
    active_limit();
    memory_limits();
    time_limits();
    other_limits();
}
