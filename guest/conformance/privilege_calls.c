/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that ask for a privilege, with and without it.
 * Known from: MSDN "Privilege Constants", SetPriorityClass, SetThreadPriority, SetProcessWorkingSetSize, InitiateSystemShutdown;
 * G. Nebbett, Native API Reference (the privilege that each call needs); Windows Internals, 4th ed., ch. 8 (privileges).
 */
#include "ntapi_se.h"

#define BNO L"\\BaseNamedObjects\\"
enum { LOCK = 4, TCB = 7, PRIORITY = 14, PERMANENT = 16, DEBUG = 20 };
enum { ThreadPriorityClass = 2, ProcessBasePriorityClass = 5, ProcessQuotaClass = 1, ProcessPriorityClassClass = 18,
       ProcessSessionClass = 24, ProcessBreakClass = 29, ThreadBreakClass = 18 };

static NTSTATUS create_permanent(void)
{
    HANDLE one;
    NTSTATUS status = NtCreateEvent(&one, EVENT_ALL_ACCESS, named(BNO L"conf-perm", OBJ_PERMANENT), NotificationEvent, FALSE);
    if (!status) {
        NtMakeTemporaryObject(one);
        NtClose(one);
    }
    return status;
}

static void permanent(void)
{
    MAKE_PERMANENT make = (MAKE_PERMANENT)procedure("NtMakePermanentObject");
    HANDLE one;
    own_privilege(PERMANENT, FALSE);
    expect(create_permanent(), STATUS_PRIVILEGE_NOT_HELD, "create a permanent object without SeCreatePermanentPrivilege");
    own_privilege(PERMANENT, TRUE);
    expect(create_permanent(), 0, "create one with it");
    check(!!make == nt_at_least(5, 1), "NtMakePermanentObject came with Windows XP");
    if (!make)
        return;
    NtCreateEvent(&one, EVENT_ALL_ACCESS, named(BNO L"conf-perm", 0), NotificationEvent, FALSE);
    own_privilege(PERMANENT, FALSE);
    expect(make(one), STATUS_PRIVILEGE_NOT_HELD, "make one permanent without it");
    expect(make(NULL), STATUS_PRIVILEGE_NOT_HELD, "that comes before the handle");
    own_privilege(PERMANENT, TRUE);
    expect(make(NULL), STATUS_INVALID_HANDLE, "then the handle is looked at");
    expect(make(one), 0, "make one permanent with it");
    NtMakeTemporaryObject(one);
    NtClose(one);
}

static NTSTATUS thread_priority(LONG value)
{
    return NtSetInformationThread(NtCurrentThread(), ThreadPriorityClass, &value, sizeof(value));
}

static NTSTATUS base_priority(LONG value)
{
    return NtSetInformationProcess(NtCurrentProcess(), ProcessBasePriorityClass, &value, sizeof(value));
}

static NTSTATUS priority_class(BYTE value)
{
    BYTE data[2] __attribute__((aligned(4))) = {FALSE, value};
    return NtSetInformationProcess(NtCurrentProcess(), ProcessPriorityClassClass, data, sizeof(data));
}

static void priorities(void)
{
    own_privilege(PRIORITY, FALSE);
    expect(thread_priority(9), 0, "a thread's priority");
    expect(thread_priority(16), STATUS_PRIVILEGE_NOT_HELD, "a real-time priority without SeIncreaseBasePriorityPrivilege");
    expect(thread_priority(0), STATUS_INVALID_PARAMETER, "no priority at all");
    expect(base_priority(13), STATUS_PRIVILEGE_NOT_HELD, "a higher base priority without it");
    expect(base_priority(7), 0, "a lower one needs none");
    expect(base_priority(8), STATUS_PRIVILEGE_NOT_HELD, "but there is no way back");
    expect(priority_class(4), STATUS_PRIVILEGE_NOT_HELD, "the real-time class without it");
    expect(priority_class(3), 0, "the high class needs none");
    own_privilege(PRIORITY, TRUE);
    expect(priority_class(4), 0, "the real-time class with it");
    expect(priority_class(2), 0, "and back to normal");
    expect(thread_priority(16), 0, "a real-time priority with it");
    expect(thread_priority(8), 0, "and back to normal again");
    expect(base_priority(8), 0, "a base priority with it");
}

static void processes(void)
{
    QUOTA_LIMITS quota = {0};
    ULONG number = 0, one = 0;
    NTSTATUS status = NtQueryInformationProcess(NtCurrentProcess(), ProcessQuotaClass, &quota, sizeof(quota), NULL);
    expect(status, 0, "query the working set");
    quota.MinimumWorkingSetSize += 0x10000;
    quota.MaximumWorkingSetSize += 0x10000;
    own_privilege(PRIORITY, FALSE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessQuotaClass, &quota, sizeof(quota)), STATUS_PRIVILEGE_NOT_HELD,
           "a larger working set without SeIncreaseBasePriorityPrivilege");
    own_privilege(PRIORITY, TRUE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessQuotaClass, &quota, sizeof(quota)), 0, "with it");
    own_privilege(TCB, FALSE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessSessionClass, &number, 4), STATUS_PRIVILEGE_NOT_HELD,
           "another session without SeTcbPrivilege");
    own_privilege(TCB, TRUE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessSessionClass, &number, 4), 0, "a session with it");
    if (!nt_at_least(5, 1))
        return;
    own_privilege(DEBUG, FALSE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessBreakClass, &one, 4), STATUS_PRIVILEGE_NOT_HELD,
           "a critical process without SeDebugPrivilege");
    expect(NtSetInformationThread(NtCurrentThread(), ThreadBreakClass, &one, 4), STATUS_PRIVILEGE_NOT_HELD,
           "a critical thread without it");
    own_privilege(DEBUG, TRUE);
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessBreakClass, &one, 4), 0, "no critical process, with it");
    expect(NtSetInformationThread(NtCurrentThread(), ThreadBreakClass, &one, 4), 0, "no critical thread, with it");
}

static NTSTATUS lock_for_all(PVOID page)
{
    PVOID base = page;
    SIZE_T size = 0x1000;
    return NtLockVirtualMemory(NtCurrentProcess(), &base, &size, 2);
}

static void memory(void)
{
    PVOID page = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), base = page;
    SIZE_T size = 0x1000;
    own_privilege(LOCK, FALSE);
    expect(lock_for_all(page), STATUS_PRIVILEGE_NOT_HELD, "lock pages in memory without SeLockMemoryPrivilege");
    own_privilege(LOCK, TRUE);
    expect(lock_for_all(page), 0, "lock pages in memory with it");
    NtUnlockVirtualMemory(NtCurrentProcess(), &base, &size, 2);
    pages_free(page);
}

/* Whose privileges: the client's, if there is one who lets itself be acted for. */
static void clients(void)
{
    HANDLE full = impersonation_token(SecurityImpersonation), weak = impersonation_token(SecurityIdentification);
    switch_privilege(full, PERMANENT, 0);
    impersonate(full);
    expect(create_permanent(), STATUS_PRIVILEGE_NOT_HELD, "the client's privilege is off");
    impersonate(weak);
    expect(create_permanent(), STATUS_PRIVILEGE_NOT_HELD, "a client who is only identified has none");
    impersonate(NULL);
    expect(create_permanent(), 0, "the process's own is on");
    NtClose(full);
    NtClose(weak);
}

void test_main(void)
{
    permanent();
    priorities();
    processes();
    memory();
    clients();
}
