/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads since Vista: alerts by thread id, threads with stacks of their own, names, the next thread.
 * Known from: MSDN WaitOnAddress, SetThreadDescription, CreateRemoteThreadEx; Wine's dlls/ntdll/tests/sync.c (test_tid_alert),
 * thread.c and info.c.
 */
#include "ntapi_six.h"

enum { ThreadSuspendCount = 35, ThreadName = 38, ThreadGroup = 30, ThreadIdealEx = 33, ThreadPagePriority = 24 };
#define ID_OF_SELF ((HANDLE)TEB_NOW->ClientId.UniqueThread)
static volatile LONG ran;

static NTSTATUS NTAPI alerter(PVOID id)
{
    NTSTATUS status = NtAlertThreadByThreadId(id);
    if (status)
        return status;
    return NtWaitForAlertByThreadId((PVOID)0x123, NULL);
}

static NTSTATUS alert_other(PVOID id)
{
    return alerter(id);
}

static void alerts(void)
{
    LI now = {.QuadPart = 0};
    THREAD_BASIC_INFORMATION info;
    HANDLE thread;
    LONGLONG start;
    expect(NtWaitForAlertByThreadId((PVOID)0x123, &now), STATUS_TIMEOUT, "nobody has alerted");
    expect(NtAlertThreadByThreadId(NULL), STATUS_INVALID_CID, "no thread");
    expect(NtAlertThreadByThreadId((HANDLE)0xdeadbeef), STATUS_INVALID_CID, "no such thread");
    expect(NtAlertThreadByThreadId(ID_OF_SELF), 0, "the own thread");
    expect(NtAlertThreadByThreadId(ID_OF_SELF), 0, "a second time");
    expect(NtWaitForAlertByThreadId((PVOID)0x123, &now), STATUS_ALERTED, "alerted");
    expect(NtWaitForAlertByThreadId((PVOID)0x123, &now), STATUS_TIMEOUT, "and only once");
    start = system_time();
    expect(NtWaitForAlertByThreadId(NULL, relative_ms(30)), STATUS_TIMEOUT, "nobody comes");
    check(system_time() - start >= 250000, "in all that time");
    thread = thread_start(alert_other, ID_OF_SELF);
    expect(NtWaitForAlertByThreadId((PVOID)0x123, relative_ms(5000)), STATUS_ALERTED, "another thread alerts");
    expect(wait_ms(thread, 30), STATUS_TIMEOUT, "it waits itself");
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    expect(NtAlertThreadByThreadId((HANDLE)info.ClientId.UniqueThread), 0, "alert it");
    expect(wait_ms(thread, 5000), 0, "the other thread ends");
    expect(NtAlertThreadByThreadId((HANDLE)info.ClientId.UniqueThread), 0, "alert a thread that has ended");
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    equal(info.ExitStatus, STATUS_ALERTED, "its own wait was alerted, too");
    NtClose(thread);
    expect(NtFlushProcessWriteBuffers(), 0, "flush the write buffers of all threads");
}

static NTSTATUS NTAPI body(PVOID argument)
{
    UCHAR deep[0x4000];
    volatile UCHAR *touch = deep;
    touch[0] = 1;
    ran += (LONG)(ULONG_PTR)argument;
    NtTerminateThread(NtCurrentThread(), 77);
    return 0;
}

static PVOID stack_base_of(PVOID teb) { return ((PVOID *)teb)[0xe0c / 4]; }

static ULONG state_of(PVOID address)
{
    MEMORY_BASIC_INFORMATION info = {.State = 0};
    NtQueryVirtualMemory(NtCurrentProcess(), address, 0, &info, sizeof(info), NULL);
    return info.State;
}

static void creation(void)
{
    CLIENT_ID id = {0, 0};
    PVOID teb = NULL, stack;
    SIZE_T told = 0;
    PS_LIST list = {4 + 2 * 16, {{PS_CLIENT_ID, sizeof(id), &id, &told}, {PS_TEB_ADDRESS, 4, &teb, NULL}}};
    THREAD_BASIC_INFORMATION info;
    ULONG count = 99;
    HANDLE thread;
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)body, (PVOID)5, CREATE_SUSPENDED_, 0,
                            0x10000, 0x200000, &list), 0, "create a suspended thread");
    equal(told, 8, "the length of the client id");
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    equal(info.ClientId.UniqueThread, id.UniqueThread, "its id");
    equal(id.UniqueProcess, TEB_NOW->ClientId.UniqueProcess, "in this process");
    equal(info.TebBaseAddress, teb, "its TEB");
    stack = stack_base_of(teb);
    check(state_of(stack) != MEM_FREE, "it has a stack");
    expect(NtQueryInformationThread(thread, ThreadSuspendCount, &count, 4, NULL), 0, "query the suspend count");
    equal(count, 1, "once");
    equal(ran, 0, "it has not run");
    expect(NtResumeThread(thread, NULL), 0, "resume");
    expect(wait_ms(thread, 5000), 0, "it ends");
    equal(ran, 5, "it got its argument");
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    equal(info.ExitStatus, 77, "its exit status");
    NtClose(thread);
    sleep_ms(20);
    equal(state_of(stack), MEM_FREE, "its stack is gone");
}

static void wrong_threads(void)
{
    CLIENT_ID id;
    PS_LIST list = {4 + 16, {{PS_CLIENT_ID, sizeof(id), &id, NULL}}};
    HANDLE thread;
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, (HANDLE)0x7770, (PVOID)body, NULL, 0, 0, 0, 0, NULL),
           STATUS_INVALID_HANDLE, "in no process");
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)body, NULL, 0, 22, 0, 0, NULL),
           STATUS_INVALID_PARAMETER_3, "too many zero bits");
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)body, NULL, 0x8000, 0, 0, 0, NULL),
           STATUS_INVALID_PARAMETER_7, "unknown flags");
    list.Attributes[0].Attribute = PS_IMAGE_NAME;
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)body, NULL, 0, 0, 0, 0, &list),
           STATUS_INVALID_PARAMETER, "an attribute of processes");
    list.TotalLength = 7;
    expect(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)body, NULL, 0, 0, 0, 0, &list),
           STATUS_INVALID_PARAMETER, "a list of odd length");
}

static void names(void)
{
    struct { UNICODE_STRING name; WCHAR text[32]; } info;
    UNICODE_STRING name = ustr(L"worker");
    ULONG needed = 0;
    expect(NtSetInformationThread(NtCurrentThread(), ThreadName, &name, sizeof(name)), 0, "name a thread");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadName, &info, 8, &needed), STATUS_BUFFER_TOO_SMALL,
           "no room for the name");
    equal(needed, 20, "what it needs");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadName, &info, sizeof(info), &needed), 0, "query the name");
    equal(info.name.Length, 12, "its length");
    check(info.name.Buffer == info.text && same_memory(info.text, L"worker", 12), "its characters");
    name = ustr(NULL);
    expect(NtSetInformationThread(NtCurrentThread(), ThreadName, &name, sizeof(name)), 0, "no name any more");
    expect(NtSetInformationThread(NtCurrentThread(), ThreadName, &name, 4), STATUS_INFO_LENGTH_MISMATCH, "half a string");
}

static void classes(void)
{
    struct { ULONG mask; USHORT group, reserved[3]; } group = {0, 1, {0}};
    UCHAR number[4] = {9, 9, 9, 9};
    ULONG value = 5;
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadGroup, &group, sizeof(group), NULL), 0, "query the group");
    check(group.mask && !group.group, "some processors of group 0");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadIdealEx, number, 4, NULL), 0, "query the ideal processor");
    check(!number[0] && !number[1] && number[2] < 64, "one of group 0");
    expect(NtQueryInformationThread(NtCurrentThread(), ThreadSuspendCount, &value, 2, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "a suspend count of two bytes");
}

static void next_threads(void)
{
    HANDLE thread = thread_start_suspended(alert_other, NULL), first = NULL, second = NULL, third = NULL;
    ULONG seen = 1;
    expect(NtGetNextThread(NtCurrentProcess(), NULL, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &first), 0, "the first thread");
    for (HANDLE one = first; seen < 10; seen++) {
        NTSTATUS status = NtGetNextThread(NtCurrentProcess(), one, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &second);
        NtClose(one);
        if (status == STATUS_NO_MORE_ENTRIES)
            break;
        one = second;
    }
    check(seen >= 2, "at least two threads");
    expect(NtGetNextThread(NtCurrentProcess(), NULL, THREAD_QUERY_INFORMATION, 0, 2, &third), STATUS_INVALID_PARAMETER,
           "unknown flags of the next thread");
    expect(NtGetNextThread((HANDLE)0x7770, NULL, THREAD_QUERY_INFORMATION, 0, 0, &third), STATUS_INVALID_HANDLE,
           "of no process");
    NtTerminateThread(thread, 0);
    thread_join(thread);
}

static void same(void)
{
    HANDLE event, other, copy;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&other, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS);
    expect(NtCompareObjects(event, copy), 0, "a copy is the same object");
    expect(NtCompareObjects(event, other), STATUS_NOT_SAME_OBJECT_, "another is another");
    expect(NtCompareObjects(event, (HANDLE)0x7770), STATUS_INVALID_HANDLE, "no handle is no object");
    expect(NtCompareObjects(NtCurrentProcess(), NtCurrentProcess()), 0, "the own process");
    NtClose(event);
    NtClose(other);
    NtClose(copy);
}

void test_main(void)
{
    alerts();
    creation();
    wrong_threads();
    names();
    classes();
    next_threads();
    same();
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}
