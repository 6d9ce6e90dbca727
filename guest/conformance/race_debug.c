/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debuggers and debuggees that end at any moment: whatever goes first, the others end or go on, and nothing is left.
 * Known from: MSDN "Terminating a Debugger" (debuggees end with it), DebugSetProcessKillOnExit.
 */
#include "ntapi_ps.h"

static CREATE_DEBUG_OBJECT create_object;
static DEBUG_ACTIVE_PROCESS attach, detach;
static WAIT_FOR_DEBUG_EVENT wait_event;
static DEBUG_CONTINUE go_on;
static DBGUI_WAIT_STATE_CHANGE event;

static void look_up(void)
{
    create_object = (CREATE_DEBUG_OBJECT)procedure("NtCreateDebugObject");
    attach = (DEBUG_ACTIVE_PROCESS)procedure("NtDebugActiveProcess");
    detach = (DEBUG_ACTIVE_PROCESS)procedure("NtRemoveProcessDebug");
    wait_event = (WAIT_FOR_DEBUG_EVENT)procedure("NtWaitForDebugEvent");
    go_on = (DEBUG_CONTINUE)procedure("NtDebugContinue");
}

static NTSTATUS nothing(PVOID argument)
{
    return (NTSTATUS)(ULONG_PTR)argument;
}

/* Makes events as fast as it can. */
static NTSTATUS busy(PVOID unused)
{
    (void)unused;
    for (;;) {
        HANDLE thread = thread_start(nothing, NULL);
        if (thread)
            thread_join(thread);
    }
    return 0;
}

static void serve(HANDLE object, int count)
{
    while (count-- && !wait_event(object, FALSE, relative_ms(500), &event)) {
        BOOLEAN last = event.NewState == DbgExitProcess;
        close_event_handles(&event);
        go_on(object, &event.AppClientId, DBG_CONTINUE);
        if (last)
            break;
    }
}

NTSTATUS child_main(const char *what)
{
    if (what[0] == 'b') {
        thread_start(busy, NULL);
        return busy(NULL);
    }
    if (what[0] == 'd') { /* a debugger with a debuggee, until somebody ends it */
        HANDLE object;
        CHILD child;
        look_up();
        create_object(&object, DEBUG_ALL_ACCESS, NULL, KILL_ON_CLOSE);
        child_debugged(&child, "busy", FALSE, object);
        NtResumeThread(child.thread, NULL);
        for (;;)
            serve(object, 100);
    }
    return 0;
}

static BOOLEAN gone(HANDLE process)
{
    return !wait_ms(process, 10000);
}

static void debugger_ends(void)
{
    int bad = 0;
    for (int i = 0; i < 6; i++) {
        CHILD debugger;
        child_start(&debugger, "debugger", FALSE);
        sleep_ms(20 + i * 25);
        NtTerminateProcess(debugger.process, 1);
        bad += !gone(debugger.process);
        child_close(&debugger);
    }
    equal(bad, 0, "debuggers end");
}

static void debuggee_ends(void)
{
    int bad = 0;
    for (int i = 0; i < 6; i++) {
        HANDLE object;
        CHILD child;
        create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
        child_debugged(&child, "busy", FALSE, object);
        NtResumeThread(child.thread, NULL);
        serve(object, i * 7);
        NtTerminateProcess(child.process, 1);
        serve(object, 1000);
        bad += !gone(child.process);
        NtClose(object);
        child_close(&child);
    }
    equal(bad, 0, "debuggees end");
}

static void comes_and_goes(void)
{
    HANDLE object;
    CHILD child;
    ULONG count;
    int bad = 0;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, 0);
    child_start(&child, "busy", FALSE);
    sleep_ms(50);
    for (int i = 0; i < 10; i++) {
        bad += attach(child.process, object) != 0;
        serve(object, 3 + i * 5);
        NtSuspendThread(child.thread, &count);
        serve(object, 2);
        NtResumeThread(child.thread, &count);
        if (i < 9)
            detach(child.process, object);
    }
    equal(bad, 0, "attach and detach, again and again");
    NtClose(object);
    NtTerminateProcess(child.process, 1);
    check(gone(child.process), "nobody keeps it");
    child_close(&child);
}

static void from_the_side(void)
{
    HANDLE object;
    CHILD child;
    create_object(&object, DEBUG_ALL_ACCESS, NULL, KILL_ON_CLOSE);
    child_debugged(&child, "busy", FALSE, object);
    NtResumeThread(child.thread, NULL);
    serve(object, 20);
    NtTerminateThread(child.thread, 2);
    serve(object, 20);
    NtClose(object);
    check(gone(child.process), "a debuggee whose threads end, too");
    child_close(&child);
}

void test_main(void)
{
    look_up();
    if (!create_object) {
        check(!nt_at_least(5, 1), "Windows 2000 has no debug objects");
        return;
    }
    debugger_ends();
    debuggee_ends();
    comes_and_goes();
    from_the_side();
}
