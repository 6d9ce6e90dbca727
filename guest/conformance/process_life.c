/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes: children, exit status, termination, opening by id, threads in other processes.
 * Known from: MSDN CreateProcess, TerminateProcess, GetExitCodeProcess (STILL_ACTIVE = 259), OpenProcess; G. Nebbett, Native
 * API Reference, ch. 6 and example 6.1; Windows Internals, 4th ed., ch. 6; Wine's dlls/kernel32/tests/process.c.
 */
#include "tap.h"

static NTSTATUS other_thread(PVOID unused)
{
    (void)unused;
    sleep_ms(20000);
    return 4;
}

static NTSTATUS ender(PVOID status)
{
    NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)(ULONG_PTR)status);
    return 5;
}

NTSTATUS child_main(const char *what)
{
    switch (*what) {
    case 'e': /* end at once */
        return 42;
    case 's': /* stay */
        sleep_ms(20000);
        return 2;
    case 't': /* another thread stays: ending the process ends it too */
        thread_start(other_thread, NULL);
        return 43;
    case 'o': /* another thread ends the process */
        thread_start(ender, (PVOID)44);
        sleep_ms(20000);
        return 3;
    case 'n': { /* NULL ends all other threads and leaves this one */
        HANDLE thread = thread_start(other_thread, NULL);
        sleep_ms(20);
        NTSTATUS status = NtTerminateProcess(NULL, 45);
        if (status || thread_join(thread) != 45)
            return 1;
        return 46;
    }
    case 'l': /* the last thread may not end itself by NULL, but by its handle: the process ends with its status */
        if (NtTerminateThread(NULL, 1) != STATUS_CANT_TERMINATE_SELF)
            return 1;
        NtTerminateThread(NtCurrentThread(), 47);
        return 2;
    }
    return 9;
}

static PROCESS_BASIC_INFORMATION basic(HANDLE process)
{
    PROCESS_BASIC_INFORMATION info = {0};
    NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info), NULL);
    return info;
}

static void ends(void)
{
    expect(child_run("e"), 42, "a child's exit status");
    expect(child_run("t"), 43, "ending a process ends its other threads");
    expect(child_run("o"), 44, "any thread ends the process");
    expect(child_run("n"), 46, "NtTerminateProcess(NULL) ends the other threads and returns");
    expect(child_run("l"), 47, "the last thread's status becomes the process's");
}

static void life(void)
{
    CHILD child;
    HANDLE opened, limited, thread;
    CLIENT_ID wrong;
    NTSTATUS status = 0;
    check(child_create(&child, "s", FALSE), "create a child suspended");
    equal(basic(child.process).ExitStatus, STATUS_PENDING, "a living process has the status 259");
    equal(basic(child.process).UniqueProcessId, child.id.UniqueProcess, "its id");
    equal(basic(child.process).InheritedFromUniqueProcessId, TEB_NOW->ClientId.UniqueProcess, "its parent's id");
    check(basic(child.process).PebBaseAddress != NULL, "its PEB");
    expect(wait_ms(child.process, 0), STATUS_TIMEOUT, "a living process is not signalled");
    NtResumeThread(child.thread, NULL);
    wrong = (CLIENT_ID){child.id.UniqueProcess, 0};
    expect(NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), &wrong), 0, "open by id");
    NtClose(opened);
    expect(NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), &child.id), 0, "open by process and thread id");
    NtClose(opened);
    wrong = (CLIENT_ID){0x7ffffff0, 0};
    expect(NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), &wrong), STATUS_INVALID_CID, "open, no such id");
    wrong = (CLIENT_ID){child.id.UniqueProcess, TEB_NOW->ClientId.UniqueThread};
    expect(NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), &wrong), STATUS_INVALID_CID,
           "open, the thread is another process's");
    expect(NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), NULL), STATUS_INVALID_PARAMETER_MIX,
           "open, neither name nor id");
    faults(BAD_OUT, p, NtOpenProcess(p, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), &child.id), "open, handle");
    faults(BAD_IN_OPTIONAL, p, NtOpenProcess(&opened, NT5_PROCESS_ALL_ACCESS, named(NULL, 0), p), "open, id");
    NtDuplicateObject(NtCurrentProcess(), child.process, NtCurrentProcess(), &limited, SYNCHRONIZE, 0, 0);
    expect(NtTerminateProcess(limited, 1), STATUS_ACCESS_DENIED, "terminate without the right");
    NtClose(limited);
    expect(NtTerminateProcess((HANDLE)0x7ff0, 1), STATUS_INVALID_HANDLE, "terminate, no such handle");
    expect(NtTerminateProcess(child.thread, 1), STATUS_OBJECT_TYPE_MISMATCH, "terminate, a thread");
    expect(NtTerminateProcess(child.process, 99), 0, "terminate");
    expect(wait_ms(child.process, 2000), 0, "it ends");
    equal(basic(child.process).ExitStatus, 99, "with the status given");
    expect(wait_ms(child.thread, 2000), 0, "its thread ended too");
    status = NtTerminateProcess(child.process, 98);
    check(status == STATUS_SUCCESS || status == STATUS_PROCESS_IS_TERMINATING, "terminate a dead process");
    equal(basic(child.process).ExitStatus, 99, "its status stays");
    expect(RtlCreateUserThread(child.process, NULL, FALSE, 0, 0, 0, (PVOID)0x401000, NULL, &thread, NULL) < 0, 1,
           "a dead process gets no thread");
    wrong = (CLIENT_ID){child.id.UniqueProcess, 0};
    child_close(&child);
    for (int i = 0; i < 20 && !(status = NtOpenProcess(&opened, SYNCHRONIZE, named(NULL, 0), &wrong)); i++) {
        NtClose(opened);
        sleep_ms(10);
    }
    expect(status, STATUS_INVALID_CID, "without a handle a dead process is gone");
}

/* A thread that starts in another process runs there. */
static void remote_thread(void)
{
    CHILD child;
    HANDLE thread;
    CLIENT_ID id = {0, 0};
    THREAD_BASIC_INFORMATION info;
    check(child_start(&child, "s", FALSE), "start a child");
    sleep_ms(50);
    expect(RtlCreateUserThread(child.process, NULL, TRUE, 0, 0, 0, (PVOID)0x401000, NULL, &thread, &id), 0,
           "create a suspended thread in it");
    equal(id.UniqueProcess, child.id.UniqueProcess, "it belongs to the child");
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    equal(info.ClientId.UniqueThread, id.UniqueThread, "the id of that thread");
    NtTerminateThread(thread, 3);
    expect(thread_join(thread), 3, "end that thread alone");
    expect(wait_ms(child.process, 20), STATUS_TIMEOUT, "the child lives on");
    NtTerminateThread(child.thread, 55);
    expect(child_wait(&child), 55, "the end of its last thread ends it");
    child_close(&child);
}

void test_main(void)
{
    ends();
    life();
    remote_thread();
}
