/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs: the sizes of the information classes, and the limits that are refused.
 * Known from: MSDN JOBOBJECT_BASIC_LIMIT_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECT_END_OF_JOB_TIME_INFORMATION,
 * SetInformationJobObject; winnt.h; Wine's dlls/kernel32/tests/process.c.
 */
#include "ntapi_ps.h"

enum { LIMIT_WORKINGSET = 1, LIMIT_PROCESS_TIME = 2, LIMIT_JOB_TIME = 4, LIMIT_ACTIVE_PROCESS = 8, LIMIT_AFFINITY = 0x10,
       LIMIT_PRIORITY_CLASS = 0x20, LIMIT_PRESERVE_JOB_TIME = 0x40, LIMIT_PROCESS_MEMORY = 0x100, LIMIT_JOB_MEMORY = 0x200,
       LIMIT_BREAKAWAY_OK = 0x800, LIMIT_KILL_ON_JOB_CLOSE = 0x2000 };

static HANDLE new_job(void)
{
    HANDLE job = NULL;
    NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    return job;
}

static const struct { ULONG class, length; const char *right, *filled, *shorter, *longer; } sizes[] = {
    {JobBasicAccounting, 48, "accounting", "accounting: length", "accounting, shorter", "accounting, longer"},
    {JobBasicLimit, 48, "limits", "limits: length", "limits, shorter", "limits, longer"},
    {JobUIRestrictions, 4, "UI", "UI: length", "UI, shorter", "UI, longer"},
    {JobEndOfJobTime, 4, "end of job", "end of job: length", "end of job, shorter", "end of job, longer"},
    {JobBasicAndIoAccounting, 96, "I/O accounting", "I/O accounting: length", "I/O accounting, shorter", "I/O accounting, longer"},
    {JobExtendedLimit, 112, "extended limits", "extended limits: length", "extended limits, shorter", "extended limits, longer"},
};

static void lengths(void)
{
    HANDLE job = new_job();
    UCHAR buffer[128];
    ULONG length;
    for (ULONG i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        length = 0;
        expect(NtQueryInformationJobObject(job, sizes[i].class, buffer, sizes[i].length, &length), 0, sizes[i].right);
        equal(length, sizes[i].length, sizes[i].filled);
        expect(NtQueryInformationJobObject(job, sizes[i].class, buffer, sizes[i].length - 1, NULL), STATUS_INFO_LENGTH_MISMATCH,
               sizes[i].shorter);
        expect(NtQueryInformationJobObject(job, sizes[i].class, buffer, sizes[i].length + 1, NULL), STATUS_INFO_LENGTH_MISMATCH,
               sizes[i].longer);
    }
    expect(NtQueryInformationJobObject(job, 0, buffer, 4, NULL), STATUS_INVALID_INFO_CLASS, "class 0");
    expect(NtQueryInformationJobObject(job, 200, buffer, 4, NULL), STATUS_INVALID_INFO_CLASS, "class 200");
    expect(NtSetInformationJobObject(job, 0, buffer, 4), STATUS_INVALID_INFO_CLASS, "set class 0");
    expect(NtSetInformationJobObject(job, JobBasicLimit, buffer, 47), STATUS_INFO_LENGTH_MISMATCH, "set limits, shorter");
    expect(NtQueryInformationJobObject(NULL, JobBasicLimit, buffer, 48, NULL), STATUS_ACCESS_DENIED, "own job, without one");
    expect(NtQueryInformationJobObject((HANDLE)0x7ff0, JobBasicLimit, buffer, 48, NULL), STATUS_INVALID_HANDLE, "no such handle");
    faults(BAD_OUT, p, NtQueryInformationJobObject(job, JobBasicLimit, p, 48, NULL), "limits, buffer");
    faults(BAD_IN, p, NtSetInformationJobObject(job, JobBasicLimit, p, 48), "set limits, buffer");
    NtClose(job);
}

static NTSTATUS set_basic(HANDLE job, JOB_BASIC_LIMITS limits)
{
    return NtSetInformationJobObject(job, JobBasicLimit, &limits, sizeof(limits));
}

static NTSTATUS set_extended(HANDLE job, JOB_EXTENDED_LIMITS limits)
{
    return NtSetInformationJobObject(job, JobExtendedLimit, &limits, sizeof(limits));
}

static void values(void)
{
    HANDLE job = new_job();
    JOB_BASIC_LIMITS got;
    JOB_EXTENDED_LIMITS more;
    ULONG value;
    NtQueryInformationJobObject(job, JobBasicLimit, &got, sizeof(got), NULL);
    equal(got.LimitFlags, 0, "no limits at first");
    equal(got.SchedulingClass, 5, "the usual scheduling class");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = 0x100}), STATUS_INVALID_PARAMETER, "an extended limit among the basic");
    expect(set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = 0x8000000}), STATUS_INVALID_PARAMETER, "an unknown limit");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_AFFINITY}), STATUS_INVALID_PARAMETER, "no processor");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_PRIORITY_CLASS, .PriorityClass = 7}), STATUS_INVALID_PARAMETER,
           "priority class 7");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = 0x80, .SchedulingClass = 10}), STATUS_INVALID_PARAMETER,
           "scheduling class 10");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_WORKINGSET, .MinimumWorkingSetSize = 0x200000,
                                             .MaximumWorkingSetSize = 0x100000}), STATUS_INVALID_PARAMETER, "a working set upside down");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_JOB_TIME | LIMIT_PRESERVE_JOB_TIME}), STATUS_INVALID_PARAMETER,
           "a new time and the old");
    expect(set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = LIMIT_PROCESS_MEMORY}), STATUS_INVALID_PARAMETER,
           "no memory at all");
    expect(set_basic(job, (JOB_BASIC_LIMITS){.LimitFlags = LIMIT_ACTIVE_PROCESS, .ActiveProcessLimit = 3}), 0, "three processes");
    NtQueryInformationJobObject(job, JobBasicLimit, &got, sizeof(got), NULL);
    equal(got.LimitFlags, LIMIT_ACTIVE_PROCESS, "the limit is there");
    equal(got.ActiveProcessLimit, 3, "of three");
    expect(set_extended(job, (JOB_EXTENDED_LIMITS){.Basic.LimitFlags = LIMIT_JOB_MEMORY, .JobMemoryLimit = 0x1234567}), 0, "memory");
    NtQueryInformationJobObject(job, JobExtendedLimit, &more, sizeof(more), NULL);
    equal(more.Basic.LimitFlags, LIMIT_JOB_MEMORY, "the last ones count");
    equal(more.JobMemoryLimit, 0x1234000, "in whole pages");
    value = 0x100;
    expect(NtSetInformationJobObject(job, JobUIRestrictions, &value, 4), STATUS_INVALID_PARAMETER, "UI: unknown");
    value = 0x41;
    expect(NtSetInformationJobObject(job, JobUIRestrictions, &value, 4), 0, "UI: handles and exit");
    NtQueryInformationJobObject(job, JobUIRestrictions, &value, 4, NULL);
    equal(value, 0x41, "UI: is set");
    value = 2;
    expect(NtSetInformationJobObject(job, JobEndOfJobTime, &value, 4), STATUS_INVALID_PARAMETER, "end of job: 2");
    value = 1;
    expect(NtSetInformationJobObject(job, JobEndOfJobTime, &value, 4), 0, "end of job: post");
    expect(NtSetInformationJobObject(job, JobBasicAccounting, more.IoInfo, 48), STATUS_INVALID_INFO_CLASS, "set accounting");
    NtClose(job);
}

void test_main(void)
{
    lengths();
    values();
}
