/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports that hear of a process: the debug port of Windows 2000 (XP has debug objects) with a native debugger behind it,
 * and the exception port of both.
 * Known from: G. Nebbett, Native API Reference, ch. 6 (ProcessDebugPort, ProcessExceptionPort) and 20 (debugging);
 * A. Ionescu, "Windows User Mode Debugging Internals" (DBGKM_APIMSG); Windows Internals, 3rd ed., ch. 3 (exception port).
 */
#include "ntapi_lpc.h"
#include "ntapi_ps.h"

enum { KmException, KmCreateThread, KmCreateProcess, KmExitThread, KmExitProcess, KmLoadDll, KmUnloadDll };
typedef struct {
    SHORT DataLength, TotalLength, Type, DataInfoOffset;
    CLIENT_ID ClientId;
    ULONG MessageId, CallbackId;
    ULONG ApiNumber;
    NTSTATUS ReturnedStatus;
    union {
        DBGKM_EXCEPTION Exception;
        DBGKM_CREATE_THREAD CreateThread;
        DBGKM_CREATE_PROCESS CreateProcess;
        struct { NTSTATUS ExitStatus; } Exit;
        DBGKM_LOAD_DLL LoadDll;
    } u;
    UCHAR room[64];
} DBGKM_MESSAGE;

static DBGKM_MESSAGE m;
static CHILD child;

ULONG port_function(ULONG argument);
__asm__(".text\n.globl _port_function\n_port_function:\n\tmovl 4(%esp), %eax\n_port_second:\n\taddl $1, %eax\n\tret\n");
extern const UCHAR port_second[];

static NTSTATUS short_thread(PVOID argument)
{
    return (NTSTATUS)(ULONG_PTR)argument;
}

NTSTATUS child_main(const char *what)
{
    ULONG result;
    if (what[0] == 'e') { /* nobody handles it; who listens at the exception port mends eax */
        __asm__ volatile("movl $0, %%eax\n\tmovl (%%eax), %%eax" : : : "eax");
        return 0x55;
    }
    result = port_function(10);
    if (!TEB_NOW->Peb->BeingDebugged || thread_join(thread_start(short_thread, (PVOID)0x77)) != 0x77)
        return 1;
    return (NTSTATUS)result;
}

/* What a server does: each receive also replies to the message before. */
static void next(HANDLE port, ULONG api, const char *name)
{
    for (int i = 0; i < 20; i++) {
        NTSTATUS status = NtReplyWaitReceivePort(port, NULL, NULL, (MSG *)&m);
        if (status) {
            expect(status, 0, name);
            return;
        }
        if (m.ApiNumber != KmLoadDll || api == KmLoadDll)
            break;
        m.ReturnedStatus = DBG_CONTINUE;
        NtReplyPort(port, (MSG *)&m);
    }
    equal(m.ApiNumber, api, name);
}

static void answer(HANDLE port, NTSTATUS status, const char *name)
{
    m.ReturnedStatus = status;
    expect(NtReplyPort(port, (MSG *)&m), 0, name);
}

static void poke(const volatile void *address, UCHAR value)
{
    PVOID page = (PVOID)address;
    SIZE_T size = 1;
    ULONG old;
    NtProtectVirtualMemory(child.process, &page, &size, PAGE_EXECUTE_READWRITE, &old);
    NtWriteVirtualMemory(child.process, (PVOID)address, &value, 1, NULL);
    page = (PVOID)address;
    size = 1;
    NtProtectVirtualMemory(child.process, &page, &size, old, &old);
}

static void session(HANDLE port)
{
    UCHAR *function = (UCHAR *)(ULONG_PTR)port_function, before = *function;
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE copy = NULL;
    ULONG value = 0;
    check(child_debugged(&child, "life", FALSE, port), "a process with a debug port");
    NtQueryInformationProcess(child.process, ProcessDebugPort, &value, 4, NULL);
    equal(value, 0xffffffff, "it has one");
    expect(NtSetInformationProcess(child.process, ProcessDebugPort, &port, 4), STATUS_PORT_ALREADY_SET, "it takes no second");
    NtResumeThread(child.thread, NULL);
    next(port, KmCreateProcess, "the process");
    equal(m.Type, LPC_DEBUG_EVENT, "a debug event");
    equal(m.ClientId.UniqueProcess, child.id.UniqueProcess, "from the process");
    equal(m.ClientId.UniqueThread, child.id.UniqueThread, "from its thread");
    equal(m.u.CreateProcess.BaseOfImage, TEB_NOW->Peb->ImageBaseAddress, "its image's base");
    expect(NtDuplicateObject(child.process, m.u.CreateProcess.FileHandle, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS), 0,
           "its file, by a handle of the debuggee's");
    NtClose(copy);
    answer(port, DBG_CONTINUE, "go on");
    next(port, KmLoadDll, "ntdll");
    check((ULONG_PTR)m.u.LoadDll.BaseOfDll > 0x10000, "its base");
    answer(port, DBG_CONTINUE, "ntdll goes on");

    next(port, KmException, "the loader's break point");
    equal(m.u.Exception.ExceptionRecord.ExceptionCode, STATUS_BREAKPOINT, "its code");
    poke(function, 0xcc);
    equal(*function, before, "a break point in the debuggee alone");
    answer(port, DBG_CONTINUE, "the loader goes on");
    next(port, KmException, "the break point is met");
    equal(m.u.Exception.ExceptionRecord.ExceptionAddress, function, "where it was set");
    NtGetContextThread(child.thread, &context);
    equal(context.Eip, function + 1, "eip behind it");
    poke(function, before);
    context.Eip--;
    context.EFlags |= 0x100;
    NtSetContextThread(child.thread, &context);
    answer(port, DBG_CONTINUE, "step");
    next(port, KmException, "one instruction later");
    equal(m.u.Exception.ExceptionRecord.ExceptionCode, STATUS_SINGLE_STEP, "a single step");
    equal(m.u.Exception.ExceptionRecord.ExceptionAddress, port_second, "at the second instruction");
    NtGetContextThread(child.thread, &context);
    equal(context.Eax, 10, "eax as it is");
    context.Eax = 40;
    NtSetContextThread(child.thread, &context);
    answer(port, DBG_CONTINUE, "go on with another value");

    next(port, KmCreateThread, "a second thread");
    value = m.ClientId.UniqueThread;
    answer(port, DBG_CONTINUE, "the second thread goes on");
    next(port, KmExitThread, "the second thread ends");
    equal(m.ClientId.UniqueThread, value, "it is the one");
    equal(m.u.Exit.ExitStatus, 0x77, "its exit status");
    answer(port, DBG_CONTINUE, "the second thread may go");
    next(port, KmExitProcess, "the process ends");
    equal(m.u.Exit.ExitStatus, 41, "with the value that the debugger gave it");
    expect(wait_ms(child.process, 20), STATUS_TIMEOUT, "but not before the debugger says so");
    answer(port, DBG_CONTINUE, "it may go");
    equal(child_wait(&child), 41, "the exit status");
    child_close(&child);
}

static void xp(HANDLE port)
{
    expect(NtSetInformationProcess(NtCurrentProcess(), ProcessDebugPort, &port, 4), STATUS_INVALID_INFO_CLASS,
           "XP sets no debug port");
    check(!child_debugged(&child, "life", FALSE, port), "nor does it take a port for a debug object");
}

static void exception_port(HANDLE port)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE event;
    child_create(&child, "except", FALSE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtSetInformationProcess(child.process, ProcessExceptionPort, &event, 4), STATUS_OBJECT_TYPE_MISMATCH,
           "exception port: an event");
    NtClose(event);
    expect(NtSetInformationProcess(child.process, ProcessExceptionPort, &port, 4), 0, "exception port");
    expect(NtSetInformationProcess(child.process, ProcessExceptionPort, &port, 4), STATUS_PORT_ALREADY_SET, "exception port: a second");
    NtResumeThread(child.thread, NULL);
    next(port, KmException, "an exception that nobody handled");
    equal(m.Type, LPC_EXCEPTION, "comes as one");
    equal(m.u.Exception.ExceptionRecord.ExceptionCode, STATUS_ACCESS_VIOLATION, "with its code");
    equal(m.u.Exception.FirstChance, 0, "for the second time");
    NtGetContextThread(child.thread, &context);
    context.Eax = context.Esp;
    NtSetContextThread(child.thread, &context);
    answer(port, DBG_CONTINUE, "it is mended");
    equal(child_wait(&child), 0x55, "the process goes on");
    child_close(&child);

    child_create(&child, "except", FALSE);
    NtSetInformationProcess(child.process, ProcessExceptionPort, &port, 4);
    NtResumeThread(child.thread, NULL);
    next(port, KmException, "another one");
    answer(port, DBG_EXCEPTION_NOT_HANDLED, "that is left alone");
    equal(child_wait(&child), STATUS_ACCESS_VIOLATION, "ends the process");
    child_close(&child);
}

/* The port goes while the process waits for an answer from it (a named one: others go with their last reference). */
static void server_goes(BOOLEAN ended, NTSTATUS status, const char *name)
{
    HANDLE port;
    NtCreatePort(&port, named(L"\\BaseNamedObjects\\debug_port", 0), 0, 0x100, 0);
    child_debugged(&child, "life", FALSE, port);
    NtResumeThread(child.thread, NULL);
    next(port, KmCreateProcess, ended ? "a process to be ended" : "a process to be left");
    if (ended) {
        NtTerminateProcess(child.process, 9);
        expect(wait_ms(child.process, 30), STATUS_TIMEOUT, "what waits for its debugger is not ended");
    }
    NtClose(port);
    equal(child_wait(&child), status, name);
    child_close(&child);
}

/* Nobody hears of it. */
static void exception_port_goes(void)
{
    HANDLE port;
    NtCreatePort(&port, named(L"\\BaseNamedObjects\\debug_port", 0), 0, 0x100, 0);
    child_create(&child, "except", FALSE);
    NtSetInformationProcess(child.process, ProcessExceptionPort, &port, 4);
    NtResumeThread(child.thread, NULL);
    next(port, KmException, "an exception that is never answered");
    NtClose(port);
    equal(child_wait(&child), STATUS_ACCESS_VIOLATION, "ends the process all the same");
    child_close(&child);
}

/* Nobody is there to hear of the end. */
static void no_server(void)
{
    HANDLE port;
    child_create(&child, "life", FALSE);
    NtCreatePort(&port, named(L"\\BaseNamedObjects\\debug_port", 0), 0, 0x100, 0);
    if (!nt_at_least(5, 1))
        expect(NtSetInformationProcess(child.process, ProcessDebugPort, &port, 4), 0, "a debug port given later");
    NtClose(port);
    NtTerminateProcess(child.process, 3);
    equal(child_wait(&child), 3, "is given up with the process");
    child_close(&child);
}

void test_main(void)
{
    HANDLE port;
    expect(NtCreatePort(&port, named(NULL, 0), 0, 0x100, 0), 0, "a port");
    if (nt_at_least(5, 1))
        xp(port);
    else
        session(port);
    exception_port(port);
    if (!nt_at_least(5, 1)) {
        server_goes(FALSE, STATUS_BREAKPOINT, "is on its own, and meets the loader's break point");
        server_goes(TRUE, 9, "ends with its debugger");
    }
    exception_port_goes();
    no_server();
    NtClose(port);
}
