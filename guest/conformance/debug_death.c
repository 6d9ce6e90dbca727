/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debugger and debuggee ending under each other: a debugger that dies, one that lets go while a thread waits for it, a debuggee
 * that dies untold; which answers there are, and to what.
 * Known from: A. Ionescu, "Windows Native Debugging Internals"; MSDN ContinueDebugEvent, DebugActiveProcessStop,
 * DebugSetProcessKillOnExit ("if the debugger thread exits"), "Terminating a Debuggee"; Wine's dlls/kernel32/tests/debugger.c.
 */
#include "ntapi_ps.h"
#include "seh.h"

enum { ThreadHideFromDebugger_ = 17 };
#define DBG_REPLY_LATER_ 0x40010001
#define DBG_CONTROL_C_ 0x40010005

static CREATE_DEBUG_OBJECT create_object;
static DEBUG_ACTIVE_PROCESS attach, detach;
static WAIT_FOR_DEBUG_EVENT wait_event;
static DEBUG_CONTINUE go_on;
static DBGUI_WAIT_STATE_CHANGE event;
static HANDLE go, ready;

static void find_calls(void)
{
    create_object = (CREATE_DEBUG_OBJECT)procedure("NtCreateDebugObject");
    attach = (DEBUG_ACTIVE_PROCESS)procedure("NtDebugActiveProcess");
    detach = (DEBUG_ACTIVE_PROCESS)procedure("NtRemoveProcessDebug");
    wait_event = (WAIT_FOR_DEBUG_EVENT)procedure("NtWaitForDebugEvent");
    go_on = (DEBUG_CONTINUE)procedure("NtDebugContinue");
    NtCreateEvent(&go, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\debug_death_go", OBJ_CASE_INSENSITIVE | OBJ_OPENIF),
                  NotificationEvent, FALSE);
    NtCreateEvent(&ready, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\debug_death_ready", OBJ_CASE_INSENSITIVE | OBJ_OPENIF),
                  SynchronizationEvent, FALSE);
}

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

/* ---- children ---- */

/* A debugger of the process with that id, until it is ended. */
static NTSTATUS debugger_main(const char *what)
{
    CLIENT_ID id = {0};
    HANDLE object, process;
    OBJECT_ATTRIBUTES none = {sizeof(none), NULL, NULL, 0, NULL, NULL};
    ULONG number = 0;
    for (const char *at = what + 1; *at; at++)
        number = number * 10 + *at - '0';
    id.UniqueProcess = number;
    if (NtOpenProcess(&process, 0x1fffff & 0x1f0fff, &none, &id))
        return 1;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, what[0] == 'K' ? KILL_ON_CLOSE : 0);
    if (attach(process, object))
        return 2;
    swallow(object);
    NtSetEvent(ready, NULL);
    sleep_ms(20000);
    return 3;
}

NTSTATUS child_main(const char *what)
{
    struct seh_frame frame;
    find_calls();
    if (what[0] == 'K' || what[0] == 'L')
        return debugger_main(what);
    if (what[0] == 'h')
        NtSetInformationThread(NtCurrentThread(), ThreadHideFromDebugger_, NULL, 0);
    NtSetEvent(ready, NULL);
    if (wait_ms(go, 20000))
        return 1;
    if (what[0] == 'b') {
        seh_install(&frame);
        FAULT("int3");
        seh_remove(&frame);
        return seen.count == 1 && seen.code == (NTSTATUS)STATUS_BREAKPOINT ? 5 : 6;
    }
    return TEB_NOW->Peb->BeingDebugged ? 3 : 4;
}

static void start(CHILD *child, const char *what)
{
    NtResetEvent(go, NULL);
    child_start(child, what, FALSE);
    wait_ms(ready, 5000);
}

static void name_debugger(char *text, char kind, ULONG id)
{
    char digits[12];
    int count = 0, at = 0;
    do
        digits[count++] = (char)('0' + id % 10);
    while (id /= 10);
    text[at++] = kind;
    while (count)
        text[at++] = digits[--count];
    text[at] = 0;
}

/* ---- tests ---- */

static void debugger_dies(void)
{
    CHILD debuggee, debugger;
    char text[16];
    start(&debuggee, "w");
    name_debugger(text, 'L', debuggee.id.UniqueProcess);
    start(&debugger, text);
    NtTerminateProcess(debugger.process, 9);
    equal(child_wait(&debugger), 9, "a debugger is ended");
    NtSetEvent(go, NULL);
    equal(child_wait(&debuggee), 4, "its debuggee lives on, debugged no more");
    child_close(&debugger);
    child_close(&debuggee);

    start(&debuggee, "w");
    name_debugger(text, 'K', debuggee.id.UniqueProcess);
    start(&debugger, text);
    NtTerminateProcess(debugger.process, 9);
    equal(child_wait(&debugger), 9, "another debugger is ended");
    equal(child_wait(&debuggee), STATUS_DEBUGGER_INACTIVE, "and takes its debuggee along");
    child_close(&debugger);
    child_close(&debuggee);
}

static void answers(void)
{
    HANDLE object, weak;
    CHILD child;
    CLIENT_ID wrong;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    NtDuplicateObject(NtCurrentProcess(), object, NtCurrentProcess(), &weak, DEBUG_SET_INFORMATION | SYNCHRONIZE, 0, 0);
    start(&child, "w");
    attach(child.process, object);
    expect(attach(child.process, weak), STATUS_ACCESS_DENIED, "attach without the right");
    expect(detach(child.process, weak), STATUS_ACCESS_DENIED, "detach without the right");
    expect(wait_event(weak, FALSE, relative_ms(0), &event), STATUS_ACCESS_DENIED, "wait without the right");
    expect(go_on(weak, &child.id, DBG_CONTINUE), STATUS_ACCESS_DENIED, "continue without the right");
    expect(go_on(object, &child.id, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue what nobody has seen");
    equal(wait_ms(weak, 0), 0, "the object is signalled");
    expect(wait_event(object, FALSE, relative_ms(1000), &event), 0, "see it");
    close_event_handles(&event);
    equal(wait_ms(weak, 0), STATUS_TIMEOUT, "then the object is not");
    wrong = event.AppClientId;
    wrong.UniqueThread += 4;
    expect(go_on(object, &wrong, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue another thread");
    wrong.UniqueThread = event.AppClientId.UniqueThread, wrong.UniqueProcess += 4;
    expect(go_on(object, &wrong, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue another process");
    expect(go_on(object, &event.AppClientId, DBG_REPLY_LATER_), STATUS_INVALID_PARAMETER, "continue later");
    expect(go_on(object, &event.AppClientId, DBG_CONTROL_C_), STATUS_INVALID_PARAMETER, "continue with what is no answer");
    expect(go_on(object, &event.AppClientId, 0), STATUS_INVALID_PARAMETER, "continue with success");
    expect(go_on(object, &event.AppClientId, DBG_EXCEPTION_HANDLED), 0, "continue");
    swallow(object);
    expect(go_on(object, &event.AppClientId, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue once more");
    faults(BAD_IN, p, go_on(object, p, DBG_CONTINUE), "continue, id");
    faults(BAD_OUT, p, wait_event(object, FALSE, relative_ms(0), p), "wait, event");
    faults(BAD_IN_OPTIONAL, p, wait_event(object, FALSE, p, &event), "wait, time-out");
    faults(BAD_OUT, p, create_object(p, DEBUG_ALL_ACCESS, NULL, 0), "create, handle");
    NtTerminateProcess(child.process, 8);
    expect(wait_event(object, FALSE, relative_ms(1000), &event), 0, "its end");
    equal(event.NewState, DbgExitProcess, "is told");
    equal(event.StateInfo.Exit.ExitStatus, 8, "with its status");
    expect(go_on(object, &event.AppClientId, DBG_CONTINUE), 0, "and answered");
    equal(child_wait(&child), 8, "it has ended");
    expect(detach(child.process, object), 0, "what has ended can be detached");
    child_close(&child);
    NtClose(weak);
    NtClose(object);
}

/* The thread waits for its debugger, who goes: the exception is the thread's own. */
static void let_go(BOOLEAN by_closing, const char *name)
{
    HANDLE object;
    CHILD child;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    start(&child, "b");
    attach(child.process, object);
    swallow(object);
    NtSetEvent(go, NULL);
    wait_event(object, FALSE, relative_ms(2000), &event);
    equal(event.NewState, DbgBreakpoint, by_closing ? "a break point, then close" : "a break point, then detach");
    if (!by_closing)
        detach(child.process, object);
    NtClose(object);
    equal(child_wait(&child), 5, name);
    child_close(&child);
}

/* Nothing was answered yet of what attaching tells. */
static void untold(BOOLEAN hidden, BOOLEAN kill, const char *name)
{
    HANDLE object;
    CHILD child;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, kill ? KILL_ON_CLOSE : 0);
    start(&child, hidden ? "h" : "w");
    attach(child.process, object);
    if (kill) {
        NtClose(object);
        equal(child_wait(&child), STATUS_DEBUGGER_INACTIVE, name);
    } else {
        NtTerminateProcess(child.process, 7);
        if (!hidden)
            NtClose(object);
        equal(child_wait(&child), 7, name);
        if (hidden)
            NtClose(object);
    }
    child_close(&child);
}

/* Attached before its first instruction, a process tells nothing twice. */
static void before_it_runs(void)
{
    HANDLE object;
    CHILD child;
    ULONG seen_processes = 0, seen_threads = 0;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    NtResetEvent(go, NULL);
    child_create(&child, "w", FALSE);
    expect(attach(child.process, object), 0, "attach to what has not begun");
    NtResumeThread(child.thread, NULL);
    NtSetEvent(go, NULL);
    while (!wait_event(object, FALSE, relative_ms(2000), &event)) {
        BOOLEAN end = event.NewState == DbgExitProcess;
        seen_processes += event.NewState == DbgCreateProcess;
        seen_threads += event.NewState == DbgCreateThread;
        close_event_handles(&event);
        go_on(object, &event.AppClientId, DBG_CONTINUE);
        if (end)
            break;
    }
    equal(seen_processes, 1, "one process");
    equal(seen_threads, 0, "and no thread but the first");
    equal(child_wait(&child), 3, "it knows that it is debugged");
    child_close(&child);
    NtClose(object);
}

void test_main(void)
{
    if (!nt_at_least(5, 1)) {
        check(!procedure("NtDebugActiveProcess"), "Windows 2000 attaches by its session manager alone");
        return;
    }
    find_calls();
    debugger_dies();
    answers();
    let_go(FALSE, "is the thread's own when the debugger detaches");
    let_go(TRUE, "is the thread's own when the debugger is gone");
    untold(FALSE, FALSE, "ended before anything was told");
    untold(TRUE, FALSE, "ended hidden, before anything was told");
    untold(FALSE, TRUE, "the debugger gone before anything was told");
    before_it_runs();
    NtClose(go);
    NtClose(ready);
}
