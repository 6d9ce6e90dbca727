/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs: which processes are in them, their end, messages to a completion port.
 * Known from: MSDN "Job Objects", AssignProcessToJobObject, TerminateJobObject, IsProcessInJob, CreateJobSet,
 * JOBOBJECT_ASSOCIATE_COMPLETION_PORT, JOBOBJECT_BASIC_PROCESS_ID_LIST; G. Nebbett, Native API Reference, ch. 7; Wine's
 * dlls/kernel32/tests/process.c.
 */
#include "ntapi_se.h"
#include "ntapi_ps.h"

enum { MSG_ACTIVE_PROCESS_LIMIT = 3, MSG_ACTIVE_PROCESS_ZERO = 4, MSG_NEW_PROCESS = 6, MSG_EXIT_PROCESS = 7,
       MSG_ABNORMAL_EXIT = 8 };
static IS_PROCESS_IN_JOB is_in_job;

NTSTATUS child_main(const char *what)
{
    HANDLE go;
    NtOpenEvent(&go, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\job_members", OBJ_CASE_INSENSITIVE));
    if (what[0] == 'g') /* a parent: its child is in the same job */
        return child_run("w");
    if (what[0] == 'c')
        return STATUS_ACCESS_VIOLATION;
    return wait_ms(go, 20000) ? 1 : 7;
}

static HANDLE new_job(void)
{
    HANDLE job = NULL;
    NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    return job;
}

static void creation(void)
{
    HANDLE job, other;
    expect(NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, named(L"\\BaseNamedObjects\\a_job", OBJ_CASE_INSENSITIVE)), 0,
           "create a job");
    equal(granted_access(job), JOB_OBJECT_ALL_ACCESS, "all access");
    expect(NtOpenJobObject(&other, 4, named(L"\\BaseNamedObjects\\a_job", OBJ_CASE_INSENSITIVE)), 0, "open it");
    expect(NtTerminateJobObject(other, 0), STATUS_ACCESS_DENIED, "terminate without the right");
    expect(NtAssignProcessToJobObject(other, NtCurrentProcess()), STATUS_ACCESS_DENIED, "assign without the right");
    NtClose(other);
    expect(NtOpenJobObject(&other, 4, named(L"\\BaseNamedObjects\\no_job", OBJ_CASE_INSENSITIVE)), STATUS_OBJECT_NAME_NOT_FOUND,
           "open what is not there");
    expect(NtTerminateJobObject((HANDLE)0x7ff0, 0), STATUS_INVALID_HANDLE, "terminate, no such handle");
    expect(NtTerminateJobObject(NtCurrentProcess(), 0), STATUS_OBJECT_TYPE_MISMATCH, "terminate, a process");
    expect(NtAssignProcessToJobObject(job, (HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "assign, no such process");
    expect(wait_ms(job, 0), STATUS_TIMEOUT, "a job is not signalled");
    expect(NtTerminateJobObject(job, 0), 0, "terminate an empty job");
    NtClose(job);
}

static void ids(HANDLE job, ULONG assigned)
{
    JOB_IDS list = {0};
    ULONG length = 0;
    expect(NtQueryInformationJobObject(job, JobProcessIdList, &list, sizeof(list), &length), 0, "ids");
    equal(list.Assigned, assigned, "ids: assigned");
    equal(list.InList, assigned, "ids: in the list");
    equal(length, 8 + 4 * assigned, "ids: length");
    expect(NtQueryInformationJobObject(job, JobProcessIdList, &list, 11, NULL), STATUS_INFO_LENGTH_MISMATCH, "ids, length 11");
    expect(NtQueryInformationJobObject(job, JobProcessIdList, &list, 12, NULL), STATUS_BUFFER_OVERFLOW, "ids, room for one");
    equal(list.Assigned, assigned, "ids, room for one: assigned");
    equal(list.InList, 1, "ids, room for one: in the list");
}

static void members(HANDLE go)
{
    HANDLE job = new_job(), second = new_job();
    JOB_ACCOUNTING account;
    CHILD parent;
    child_create(&parent, "g", FALSE);
    if (is_in_job) {
        expect(is_in_job(parent.process, NULL), STATUS_PROCESS_NOT_IN_JOB, "in no job");
        expect(is_in_job(parent.process, job), STATUS_PROCESS_NOT_IN_JOB, "not in this job");
    }
    expect(NtAssignProcessToJobObject(job, parent.process), 0, "assign");
    expect(NtAssignProcessToJobObject(job, parent.process), STATUS_ACCESS_DENIED, "assign again");
    expect(NtAssignProcessToJobObject(second, parent.process), STATUS_ACCESS_DENIED, "assign to a second job");
    if (is_in_job) {
        expect(is_in_job(parent.process, NULL), STATUS_PROCESS_IN_JOB, "in a job");
        expect(is_in_job(parent.process, job), STATUS_PROCESS_IN_JOB, "in this job");
        expect(is_in_job(parent.process, second), STATUS_PROCESS_NOT_IN_JOB, "in no other");
        expect(is_in_job((HANDLE)0x7ff0, NULL), STATUS_INVALID_HANDLE, "in a job, no such process");
        expect(is_in_job(parent.process, (HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "in a job, no such job");
    }
    NtResumeThread(parent.thread, NULL);
    for (int i = 0; i < 100; i++) {
        sleep_ms(20);
        NtQueryInformationJobObject(job, JobBasicAccounting, &account, sizeof(account), NULL);
        if (account.ActiveProcesses == 2)
            break;
    }
    equal(account.ActiveProcesses, 2, "a child is born into the job");
    equal(account.TotalProcesses, 2, "two in all");
    equal(account.TotalTerminatedProcesses, 0, "no limit ended one");
    ids(job, 2);
    NtSetEvent(go, NULL);
    equal(child_wait(&parent), 7, "both end");
    NtQueryInformationJobObject(job, JobBasicAccounting, &account, sizeof(account), NULL);
    equal(account.ActiveProcesses, 0, "none is left");
    equal(account.TotalProcesses, 2, "two there were");
    check(account.TotalUserTime.QuadPart + account.TotalKernelTime.QuadPart >= 0, "they took their time");
    NtResetEvent(go, NULL);
    child_close(&parent);
    NtClose(second);
    NtClose(job);
}

static void termination(void)
{
    HANDLE job = new_job();
    CHILD one, two;
    child_start(&one, "w", FALSE);
    child_start(&two, "w", FALSE);
    NtAssignProcessToJobObject(job, one.process);
    NtAssignProcessToJobObject(job, two.process);
    expect(NtTerminateJobObject(job, 0x1234), 0, "terminate");
    equal(child_wait(&one), 0x1234, "the first has ended");
    equal(child_wait(&two), 0x1234, "so has the second");
    expect(NtAssignProcessToJobObject(job, two.process), STATUS_ACCESS_DENIED, "what has ended is still in its job");
    child_close(&two);
    NtClose(job);
    child_close(&one);
}

static void message(HANDLE port, ULONG expected, ULONG pid, const char *name, const char *whose)
{
    IO_STATUS_BLOCK io = {0};
    PVOID key = NULL, context = NULL;
    NTSTATUS status = NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(5000));
    equal(status ? (ULONG)status : io.Information, expected, name);
    equal((ULONG)(ULONG_PTR)context, pid, whose);
    if (key != (PVOID)0x5555 || io.Status)
        check(FALSE, "key and status of a message");
}

static void messages(HANDLE go)
{
    HANDLE job = new_job(), port;
    JOB_PORT info = {(PVOID)0x5555, NULL};
    CHILD one, two;
    NtCreateIoCompletion(&port, 0x1f0003, NULL, 1);
    child_start(&one, "w", FALSE);
    NtAssignProcessToJobObject(job, one.process);
    expect(NtSetInformationJobObject(job, JobCompletionPort, &info, sizeof(info)), STATUS_INVALID_PARAMETER, "port: NULL");
    info.Port = job;
    expect(NtSetInformationJobObject(job, JobCompletionPort, &info, sizeof(info)), STATUS_OBJECT_TYPE_MISMATCH, "port: a job");
    info.Port = port;
    expect(NtSetInformationJobObject(job, JobCompletionPort, &info, 7), STATUS_INFO_LENGTH_MISMATCH, "port: length 7");
    expect(NtSetInformationJobObject(job, JobCompletionPort, &info, sizeof(info)), 0, "port");
    expect(NtSetInformationJobObject(job, JobCompletionPort, &info, sizeof(info)), STATUS_INVALID_PARAMETER, "port: a second time");
    message(port, MSG_NEW_PROCESS, one.id.UniqueProcess, "who is there already is new", "its id");
    child_create(&two, "c", FALSE);
    NtAssignProcessToJobObject(job, two.process);
    message(port, MSG_NEW_PROCESS, two.id.UniqueProcess, "so is who comes", "its id, too");
    NtResumeThread(two.thread, NULL);
    message(port, MSG_ABNORMAL_EXIT, two.id.UniqueProcess, "a crash is an abnormal exit", "of the second");
    NtSetEvent(go, NULL);
    message(port, MSG_EXIT_PROCESS, one.id.UniqueProcess, "an end is an exit", "of the first");
    message(port, MSG_ACTIVE_PROCESS_ZERO, 0, "and then there was none", "no id");
    child_close(&one);
    child_close(&two);
    NtResetEvent(go, NULL);
    NtClose(job);
    NtClose(port);
}

static void security(void)
{
    struct { ULONG Flags; HANDLE Token; PVOID lists[3]; } limits = {0};
    HANDLE job = new_job(), own = own_token(TOKEN_DUPLICATE | TOKEN_QUERY), token, members;
    TOKEN_STATISTICS given = {0};
    ULONG length = 0;
    CHILD child;
    child_create(&child, "w", FALSE);
    limits.Flags = 0x10;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_INVALID_PARAMETER, "security: unknown");
    limits.Flags = 12;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_INVALID_PARAMETER,
           "security: a token and a filter");
    limits.Flags = 1;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, 19), STATUS_INFO_LENGTH_MISMATCH, "security: length 19");
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), 0, "security: no administrator");
    limits.Flags = 0;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_ACCESS_DENIED, "which stays");
    expect(NtAssignProcessToJobObject(job, child.process), STATUS_ACCESS_DENIED, "an administrator");
    NtClose(job);
    job = new_job();
    NtDuplicateToken(own, TOKEN_ALL_ACCESS, NULL, FALSE, TokenPrimary, &token);
    limits.Flags = 4;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_INVALID_HANDLE, "security: no token");
    limits.Token = token;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_PRIVILEGE_NOT_HELD,
           "security: a token without the privilege");
    own_privilege(3, TRUE);
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), 0, "security: only this token");
    own_privilege(3, FALSE);
    expect(NtQueryInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits), &length), 0, "query security");
    equal(limits.Flags, 4, "it is set");
    own_privilege(5, FALSE);
    switch_privilege(token, 5, SE_PRIVILEGE_ENABLED);
    expect(NtAssignProcessToJobObject(job, child.process), 0, "who comes");
    NtOpenProcessToken(child.process, TOKEN_QUERY, &members);
    expect(NtQueryInformationToken(members, TokenStatistics, &given, sizeof(given), &length), 0, "has a token");
    equal(given.TokenType, TokenPrimary, "a copy of that");
    NtClose(members);
    NtTerminateJobObject(job, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(job);
    NtClose(token);
    NtClose(own);
}

/* A filter takes SeDebugPrivilege away from the tokens of clients. It holds for this very process: the last test. */
static void filter(void)
{
    TOKEN_PRIVILEGES gone = one_privilege(20, 0);
    struct { ULONG Flags; HANDLE Token; PVOID Sids, Privileges, Restricted; } limits = {8, NULL, NULL, NULL, NULL};
    HANDLE job = new_job(), client = impersonation_token(SecurityImpersonation), acting = NULL;
    PRIVILEGE_SET wanted = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{20, 0}, 0}}};
    BOOLEAN held = FALSE;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_INVALID_PARAMETER, "a filter of nothing");
    limits.Privileges = tap_bad_pointer(BAD_UNMAPPED);
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_ACCESS_VIOLATION, "a filter nowhere");
    limits.Privileges = &gone;
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), 0, "a filter");
    expect(NtSetInformationJobObject(job, JobSecurityLimit, &limits, sizeof(limits)), STATUS_ACCESS_DENIED, "another filter");
    expect(NtPrivilegeCheck(client, &wanted, &held), 0, "the client may debug");
    check(held, "so it is");
    expect(NtAssignProcessToJobObject(job, NtCurrentProcess()), 0, "this process joins");
    expect(impersonate(client), 0, "it acts for its client");
    NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &acting);
    impersonate(NULL);
    expect(NtPrivilegeCheck(acting, &wanted, &held), 0, "may it debug?");
    check(!held, "no longer");
    NtClose(acting);
    NtClose(client);
    NtClose(job);
}

static void sets(void)
{
    CREATE_JOB_SET create_set = (CREATE_JOB_SET)procedure("NtCreateJobSet");
    HANDLE low, high;
    JOB_SET_ENTRY set[2] = {{NULL, 1, 0}, {NULL, 2, 0}};
    CHILD child;
    ULONG level = 0;
    check(create_set != NULL, "ntdll exports NtCreateJobSet");
    if (!create_set)
        return;
    set[0].Job = low = new_job();
    set[1].Job = high = new_job();
    expect(create_set(1, set, 0), STATUS_INVALID_PARAMETER, "a set of one");
    expect(create_set(2, set, 1), STATUS_INVALID_PARAMETER, "a set with flags");
    set[1].MemberLevel = 1;
    expect(create_set(2, set, 0), STATUS_INVALID_PARAMETER, "a set with equal levels");
    set[1].MemberLevel = 2;
    set[1].Job = (HANDLE)0x7ff0;
    expect(create_set(2, set, 0), STATUS_INVALID_HANDLE, "a set with a bad handle");
    set[1].Job = high;
    expect(create_set(2, set, 0), 0, "a set");
    expect(create_set(2, set, 0), STATUS_INVALID_PARAMETER, "a set of the same again");
    expect(NtQueryInformationJobObject(high, JobJobSet, &level, 4, NULL), 0, "query the level");
    equal(level, 2, "it is the higher");
    child_create(&child, "w", FALSE);
    expect(NtAssignProcessToJobObject(low, child.process), 0, "into the lower");
    expect(NtAssignProcessToJobObject(high, child.process), 0, "up to the higher");
    expect(NtAssignProcessToJobObject(low, child.process), STATUS_ACCESS_DENIED, "never down again");
    expect(is_in_job(child.process, high), STATUS_PROCESS_IN_JOB, "it is in the higher");
    NtTerminateJobObject(high, 0);
    child_wait(&child);
    child_close(&child);
    NtClose(low);
    NtClose(high);
}

void test_main(void)
{
    HANDLE go;
    NtCreateEvent(&go, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\job_members", OBJ_CASE_INSENSITIVE), NotificationEvent, FALSE);
    is_in_job = nt_at_least(5, 1) ? (IS_PROCESS_IN_JOB)procedure("NtIsProcessInJob") : NULL;
    creation();
    members(go);
    termination();
    messages(go);
    security();
    if (nt_at_least(5, 1))
        sets();
    filter();
    NtClose(go);
}
