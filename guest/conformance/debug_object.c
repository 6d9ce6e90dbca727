/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug objects: making them, attaching and detaching, what a process tells about its debugger, the end of a debugger.
 * Known from: A. Ionescu, "Windows Native Debugging Internals"; MSDN DebugActiveProcess, DebugActiveProcessStop,
 * DebugSetProcessKillOnExit; Wine's dlls/ntdll/tests/info.c (ProcessDebugObjectHandle, ProcessDebugFlags) and
 * dlls/kernel32/tests/debugger.c.
 */
#include "ntapi_ps.h"

static CREATE_DEBUG_OBJECT create_object;
static DEBUG_ACTIVE_PROCESS attach, detach;
static WAIT_FOR_DEBUG_EVENT wait_event;
static DEBUG_CONTINUE go_on;
static SET_INFORMATION_DEBUG_OBJECT set_object;
static DBGUI_WAIT_STATE_CHANGE event;

NTSTATUS child_main(const char *what)
{
    HANDLE go;
    (void)what;
    if (NtOpenEvent(&go, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\debug_object", OBJ_CASE_INSENSITIVE)))
        return 1;
    if (wait_ms(go, 20000))
        return 2;
    return TEB_NOW->Peb->BeingDebugged ? 3 : 4;
}

static void creation(void)
{
    HANDLE object, other;
    ULONG flags;
    expect(create_object(&object, DEBUG_ALL_ACCESS, NULL, 2), STATUS_INVALID_PARAMETER, "create, unknown flag");
    expect(create_object(&object, DEBUG_ALL_ACCESS, named(L"\\BaseNamedObjects\\debugger", 0), 0), 0, "create with a name");
    expect(create_object(&other, DEBUG_ALL_ACCESS, named(L"\\BaseNamedObjects\\debugger", 0), 0), STATUS_OBJECT_NAME_COLLISION,
           "create the same again");
    expect(create_object(&other, DEBUG_READ_EVENT, named(L"\\BaseNamedObjects\\debugger", OBJ_OPENIF), 0),
           STATUS_OBJECT_NAME_EXISTS, "open it so");
    equal(granted_access(object), DEBUG_ALL_ACCESS, "all access");
    flags = 1;
    expect(set_object(object, 1, &flags, 4, NULL), 0, "set kill on close");
    flags = 2;
    expect(set_object(object, 1, &flags, 4, NULL), STATUS_INVALID_PARAMETER, "set an unknown flag");
    flags = 0;
    expect(set_object(object, 2, &flags, 4, NULL), STATUS_INVALID_PARAMETER, "set class 2");
    flags = 77;
    expect(set_object(object, 1, &flags, 3, &flags), STATUS_INFO_LENGTH_MISMATCH, "set, length 3");
    equal(flags, 4, "set: the length it wants");
    flags = 0;
    expect(set_object(other, 1, &flags, 4, NULL), STATUS_ACCESS_DENIED, "set without the right");
    expect(set_object((HANDLE)0x7ff0, 1, &flags, 4, NULL), STATUS_INVALID_HANDLE, "set, no such handle");
    expect(wait_event((HANDLE)0x7ff0, FALSE, relative_ms(0), &event), STATUS_INVALID_HANDLE, "wait, no such handle");
    expect(wait_event(other, FALSE, relative_ms(0), &event), STATUS_TIMEOUT, "wait: nothing there");
    expect(attach(NtCurrentProcess(), object), STATUS_ACCESS_DENIED, "a process does not debug itself");
    expect(attach((HANDLE)0x7ff0, object), STATUS_INVALID_HANDLE, "attach, no such process");
    expect(attach(object, object), STATUS_OBJECT_TYPE_MISMATCH, "attach to a debug object");
    expect(detach(NtCurrentProcess(), object), STATUS_PORT_NOT_SET, "detach what is not attached");
    NtClose(other);
    NtClose(object);
}

static ULONG query(HANDLE process, ULONG class)
{
    ULONG value = 0x55;
    NTSTATUS status = NtQueryInformationProcess(process, class, &value, 4, NULL);
    return status ? (ULONG)status : value;
}

static void queries(HANDLE process, HANDLE object, BOOLEAN debugged)
{
    HANDLE handle = (HANDLE)0x55;
    ULONG value;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessDebugObjectHandle, &handle, sizeof(handle), NULL);
    if (!debugged) {
        equal(query(process, ProcessDebugPort), 0, "no debug port");
        equal(status, STATUS_PORT_NOT_SET, "no debug object");
        equal(handle, 0, "a NULL handle for it");
        equal(query(process, ProcessDebugFlags), 1, "debugging would be inherited");
        value = 2;
        expect(NtSetInformationProcess(process, ProcessDebugFlags, &value, 4), STATUS_INVALID_PARAMETER, "debug flags: 2");
        value = 0;
        expect(NtSetInformationProcess(process, ProcessDebugFlags, &value, 4), 0, "debug flags: 0");
        equal(query(process, ProcessDebugFlags), 0, "now it would not");
        value = 1;
        NtSetInformationProcess(process, ProcessDebugFlags, &value, 4);
        expect(NtSetInformationProcess(process, ProcessDebugFlags, &value, 3), STATUS_INFO_LENGTH_MISMATCH, "debug flags, length 3");
        return;
    }
    equal(query(process, ProcessDebugPort), 0xffffffff, "a debug port");
    equal(status, 0, "a debug object");
    check(handle != NULL && handle != object, "a new handle to it");
    expect(wait_event(handle, FALSE, relative_ms(0), &event), STATUS_TIMEOUT, "which works");
    NtClose(handle);
    expect(NtQueryInformationProcess(process, ProcessDebugObjectHandle, &handle, 3, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "debug object, length 3");
}

/* Takes the events of attaching: the process, ntdll and whatever else is there. */
static int swallow(HANDLE object)
{
    int count = 0;
    while (!wait_event(object, FALSE, relative_ms(100), &event)) {
        count++;
        close_event_handles(&event);
        go_on(object, &event.AppClientId, DBG_CONTINUE);
    }
    return count;
}

static void attaching(HANDLE go)
{
    HANDLE object, second;
    CHILD child;
    ULONG count;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    create_object(&second, DEBUG_ALL_ACCESS, NULL, 0);
    child_start(&child, "wait", FALSE);
    sleep_ms(200);
    queries(child.process, object, FALSE);
    expect(attach(child.process, object), 0, "attach");
    expect(attach(child.process, object), STATUS_PORT_ALREADY_SET, "attach again");
    expect(attach(child.process, second), STATUS_PORT_ALREADY_SET, "attach from elsewhere");
    expect(detach(child.process, second), STATUS_PORT_NOT_SET, "detach from elsewhere");
    expect(wait_event(object, FALSE, relative_ms(1000), &event), 0, "there is an event at once");
    equal(event.NewState, DbgCreateProcess, "the process");
    equal(event.AppClientId.UniqueProcess, child.id.UniqueProcess, "its id");
    equal(event.StateInfo.CreateProcess.NewProcess.InitialThread.StartAddress, 0, "no entry point");
    close_event_handles(&event);
    NtSuspendThread(child.thread, &count);
    equal(count, 1, "the thread is suspended meanwhile");
    NtResumeThread(child.thread, NULL);
    go_on(object, &event.AppClientId, DBG_CONTINUE);
    check(swallow(object) >= 1, "then its DLLs");
    NtSuspendThread(child.thread, &count);
    equal(count, 0, "it is no longer suspended");
    NtResumeThread(child.thread, NULL);
    queries(child.process, object, TRUE);
    expect(detach(child.process, object), 0, "detach");
    equal(query(child.process, ProcessDebugPort), 0, "no debug port any more");
    NtSetEvent(go, NULL);
    equal(child_wait(&child), 4, "the process ends as if nothing had been");
    expect(attach(child.process, object), STATUS_PROCESS_IS_TERMINATING, "attach to what has ended");
    child_close(&child);
    NtResetEvent(go, NULL);
    NtClose(object);
    NtClose(second);
}

static void ends(HANDLE go)
{
    HANDLE object;
    CHILD child;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    child_start(&child, "wait", FALSE);
    sleep_ms(100);
    attach(child.process, object);
    swallow(object);
    NtClose(object);
    equal(query(child.process, ProcessDebugPort), 0, "the last handle detaches");
    NtSetEvent(go, NULL);
    equal(child_wait(&child), 4, "the process lives on");
    child_close(&child);
    NtResetEvent(go, NULL);

    create_object(&object, DEBUG_ALL_ACCESS, NULL, KILL_ON_CLOSE);
    child_start(&child, "wait", FALSE);
    sleep_ms(100);
    attach(child.process, object);
    swallow(object);
    NtClose(object);
    equal(child_wait(&child), STATUS_DEBUGGER_INACTIVE, "or it goes with its debugger");
    child_close(&child);

    create_object(&object, DEBUG_ALL_ACCESS, NULL, KILL_ON_CLOSE);
    child_debugged(&child, "wait", FALSE, object);
    NtResumeThread(child.thread, NULL);
    wait_event(object, FALSE, relative_ms(1000), &event);
    close_event_handles(&event);
    NtTerminateProcess(child.process, 9);
    expect(wait_ms(child.process, 30), STATUS_TIMEOUT, "what waits for its debugger is not ended");
    NtClose(object);
    equal(child_wait(&child), 9, "until that has gone");
    child_close(&child);
}

/* DebugActiveProcess: ntdll attaches, and a thread of its own in the process runs into a break point. */
static void break_in(HANDLE go)
{
    NTSTATUS(NTAPI *connect)(void) = procedure("DbgUiConnectToDbg");
    NTSTATUS(NTAPI *attach_and_break)(HANDLE) = procedure("DbgUiDebugActiveProcess");
    HANDLE(NTAPI *object)(void) = procedure("DbgUiGetThreadDebugObject");
    HANDLE debugger;
    ULONG seen = 0;
    CHILD child;
    child_start(&child, "wait", FALSE);
    sleep_ms(100);
    expect(connect(), 0, "DbgUiConnectToDbg");
    debugger = object();
    check(debugger != NULL, "a debug object of the thread's");
    expect(attach_and_break(child.process), 0, "DbgUiDebugActiveProcess");
    for (int i = 0; i < 60 && !wait_event(debugger, FALSE, relative_ms(1000), &event); i++) {
        BOOLEAN stopped = event.NewState == DbgBreakpoint || event.NewState == DbgException;
        close_event_handles(&event);
        seen |= 1u << event.NewState;
        go_on(debugger, &event.AppClientId, DBG_CONTINUE);
        if (stopped)
            break;
    }
    check(seen & 1 << DbgCreateThread, "a new thread");
    check(seen & (1 << DbgBreakpoint | 1 << DbgException), "that breaks");
    swallow(debugger);
    detach(child.process, debugger);
    NtSetEvent(go, NULL);
    equal(child_wait(&child), 4, "the process has survived it");
    NtResetEvent(go, NULL);
    child_close(&child);
    NtClose(debugger);
}

static HANDLE shared;

static NTSTATUS waiter(PVOID unused)
{
    DBGUI_WAIT_STATE_CHANGE own;
    (void)unused;
    return wait_event(shared, FALSE, relative_ms(5000), &own);
}

static void last_handle(void)
{
    HANDLE thread;
    create_object(&shared, DEBUG_ALL_ACCESS, NULL, 0);
    thread = thread_start(waiter, NULL);
    sleep_ms(50);
    NtClose(shared);
    equal(thread_join(thread), STATUS_DEBUGGER_INACTIVE, "who waits learns that the last handle is closed");
}

void test_main(void)
{
    HANDLE go;
    if (!nt_at_least(5, 1)) {
        check(!procedure("NtCreateDebugObject"), "Windows 2000 has no debug objects");
        return;
    }
    create_object = (CREATE_DEBUG_OBJECT)procedure("NtCreateDebugObject");
    attach = (DEBUG_ACTIVE_PROCESS)procedure("NtDebugActiveProcess");
    detach = (DEBUG_ACTIVE_PROCESS)procedure("NtRemoveProcessDebug");
    wait_event = (WAIT_FOR_DEBUG_EVENT)procedure("NtWaitForDebugEvent");
    go_on = (DEBUG_CONTINUE)procedure("NtDebugContinue");
    set_object = (SET_INFORMATION_DEBUG_OBJECT)procedure("NtSetInformationDebugObject");
    NtCreateEvent(&go, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\debug_object", OBJ_CASE_INSENSITIVE), NotificationEvent, FALSE);
    creation();
    attaching(go);
    ends(go);
    break_in(go);
    last_handle();
    NtClose(go);
}
