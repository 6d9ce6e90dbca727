/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A native debugger and its debuggee: the events of a whole life, a break point, a single step, changed registers.
 * Known from: MSDN "Debugging Events", WaitForDebugEvent, ContinueDebugEvent, CREATE_PROCESS_DEBUG_INFO,
 * EXCEPTION_DEBUG_INFO; A. Ionescu, "Windows Native Debugging Internals" (DbgUi and NT structures); Wine's
 * dlls/kernel32/tests/debugger.c.
 */
#include "ntapi_ps.h"
#include "seh.h"

static CREATE_DEBUG_OBJECT create_object;
static WAIT_FOR_DEBUG_EVENT wait_event;
static DEBUG_CONTINUE go_on;
static HANDLE debugger, main_thread;
static DBGUI_WAIT_STATE_CHANGE event;
static CHILD child;

/* ---- the debuggee ---- */

/* cdecl: the argument at [esp+4] on entry. The second instruction is where a single step ends. */
ULONG debuggee_function(ULONG argument);
__asm__(".text\n.globl _debuggee_function\n_debuggee_function:\n\tmovl 4(%esp), %eax\n_debuggee_second:\n\taddl $1, %eax\n\tret\n");
extern const UCHAR debuggee_second[];

static NTSTATUS short_thread(PVOID argument)
{
    return (NTSTATUS)(ULONG_PTR)argument;
}

static void map_image(void)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK io;
    HANDLE file, section;
    PVOID base = NULL;
    SIZE_T size = 0;
    NtOpenFile(&file, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_DELETE, 0x20);
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READONLY);
    NtUnmapViewOfSection(NtCurrentProcess(), base);
    NtClose(section);
    NtClose(file);
}

NTSTATUS child_main(const char *what)
{
    struct seh_frame frame;
    ULONG result = debuggee_function(10);
    NTSTATUS status;
    (void)what;
    if (!TEB_NOW->Peb->BeingDebugged)
        return 1;
    status = thread_join(thread_start(short_thread, (PVOID)0x77));
    if (status != 0x77)
        return 2;
    map_image();
    seh_install(&frame);
    FAULT("ud2"); /* the debugger passes it on */
    if (seen.count != 1 || seen.code != (NTSTATUS)STATUS_ILLEGAL_INSTRUCTION)
        return 3;
    FAULT("int3"); /* the debugger handles it */
    if (seen.count)
        return 4;
    seh_remove(&frame);
    __asm__ volatile("movl $0, %%eax\n\tmovl (%%eax), %%eax" : : : "eax"); /* nobody handles it; the debugger mends eax */
    return (NTSTATUS)result;
}

/* ---- the debugger ---- */

static NTSTATUS next(int milliseconds)
{
    event.NewState = DbgIdle;
    return wait_event(debugger, FALSE, relative_ms(milliseconds), &event);
}

static void answer(NTSTATUS status, const char *name)
{
    expect(go_on(debugger, &event.AppClientId, status), 0, name);
}

/* The next event that is of no DLL of the start, which Win32 has more of. */
static void next_but_dlls(ULONG state, const char *name)
{
    for (int i = 0; i < 40; i++) {
        if (next(5000))
            break;
        if ((event.NewState != DbgLoadDll && event.NewState != DbgUnloadDll) || state == event.NewState)
            break;
        if (event.NewState == DbgLoadDll && event.StateInfo.LoadDll.FileHandle)
            NtClose(event.StateInfo.LoadDll.FileHandle);
        go_on(debugger, &event.AppClientId, DBG_CONTINUE);
    }
    equal(event.NewState, state, name);
}

static void get_context(CONTEXT *context)
{
    context->ContextFlags = CONTEXT_FULL;
    NtGetContextThread(main_thread, context);
}

static void poke(const volatile void *address, UCHAR value)
{
    PVOID page = (PVOID)address;
    SIZE_T size = 1;
    ULONG old;
    NtProtectVirtualMemory(child.process, &page, &size, PAGE_EXECUTE_READWRITE, &old);
    expect(NtWriteVirtualMemory(child.process, (PVOID)address, &value, 1, NULL), 0,
           value == 0xcc ? "a break point is written" : "the break point is taken out");
    page = (PVOID)address;
    size = 1;
    NtProtectVirtualMemory(child.process, &page, &size, old, &old);
}

static void birth(void)
{
    CLIENT_ID wrong;
    ULONG_PTR entry, pointer = 0;
    WCHAR name[10] = {0};
    struct { ULONG code, process, thread; HANDLE file, handles[2]; PVOID base; ULONG room[16]; } win32 = {0};
    NTSTATUS(NTAPI *convert)(PVOID, PVOID) = procedure("DbgUiConvertStateChangeStructure");
    next_but_dlls(DbgCreateProcess, "first comes the process");
    equal(event.AppClientId.UniqueProcess, child.id.UniqueProcess, "of this id");
    equal(event.AppClientId.UniqueThread, child.id.UniqueThread, "and this thread");
    equal(event.StateInfo.CreateProcess.NewProcess.BaseOfImage, TEB_NOW->Peb->ImageBaseAddress, "its image's base");
    entry = (ULONG_PTR)event.StateInfo.CreateProcess.NewProcess.InitialThread.StartAddress;
    check(entry > (ULONG_PTR)TEB_NOW->Peb->ImageBaseAddress && entry < (ULONG_PTR)TEB_NOW->Peb->ImageBaseAddress + 0x100000,
          "its entry point");
    check(event.StateInfo.CreateProcess.NewProcess.FileHandle != NULL, "a handle to its file");
    expect(convert(&event, &win32), 0, "the event as Win32 tells it");
    equal(win32.code, 3, "CREATE_PROCESS_DEBUG_EVENT");
    equal(win32.thread, child.id.UniqueThread, "of the thread");
    equal(win32.base, TEB_NOW->Peb->ImageBaseAddress, "with its base");
    NtClose(event.StateInfo.CreateProcess.NewProcess.FileHandle);
    check(granted_access(event.StateInfo.CreateProcess.HandleToProcess) & PROCESS_VM_WRITE, "a handle to the process");
    NtClose(event.StateInfo.CreateProcess.HandleToProcess);
    main_thread = event.StateInfo.CreateProcess.HandleToThread;
    check(granted_access(main_thread) & THREAD_SET_CONTEXT, "a handle to the thread");

    expect(wait_event(debugger, FALSE, relative_ms(0), &event), STATUS_TIMEOUT, "nothing else until it goes on");
    wrong = event.AppClientId;
    wrong.UniqueThread += 4;
    expect(go_on(debugger, &wrong, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue, another thread");
    wrong = event.AppClientId;
    wrong.UniqueProcess += 4;
    expect(go_on(debugger, &wrong, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "continue, another process");
    expect(go_on(debugger, &event.AppClientId, 0), STATUS_INVALID_PARAMETER, "continue, no such answer");
    expect(go_on((HANDLE)0x7ff0, &event.AppClientId, DBG_CONTINUE), STATUS_INVALID_HANDLE, "continue, no such handle");
    expect(go_on((HANDLE)0x7ff0, &event.AppClientId, 0), STATUS_INVALID_PARAMETER, "continue, bad answer before bad handle");
    expect(go_on(child.process, &event.AppClientId, DBG_CONTINUE), STATUS_OBJECT_TYPE_MISMATCH, "continue, a process");
    answer(DBG_CONTINUE, "the process goes on");

    equal(next(5000), 0, "then comes ntdll");
    equal(event.NewState, DbgLoadDll, "as a DLL that was loaded");
    check(event.StateInfo.LoadDll.FileHandle != NULL, "with its file");
    check((ULONG_PTR)event.StateInfo.LoadDll.BaseOfDll > 0x10000, "and its base");
    NtClose(event.StateInfo.LoadDll.FileHandle);
    NtReadVirtualMemory(child.process, event.StateInfo.LoadDll.NamePointer, &pointer, 4, NULL);
    NtReadVirtualMemory(child.process, (PVOID)pointer, name, sizeof(name), NULL);
    check(same_memory(name, L"ntdll.dll", sizeof(name)), "and a pointer to its name");
    answer(DBG_CONTINUE, "ntdll goes on");
}

static void break_point(void)
{
    CONTEXT context;
    UCHAR *function = (UCHAR *)(ULONG_PTR)debuggee_function, before = *function;
    ULONG argument = 0;
    next_but_dlls(DbgBreakpoint, "the loader's break point");
    equal(event.StateInfo.Exception.FirstChance, 1, "is a first chance");
    get_context(&context);
    equal(context.Eip, (ULONG_PTR)event.StateInfo.Exception.ExceptionRecord.ExceptionAddress + 1,
          "the context stands behind the break point");
    poke(function, 0xcc);
    equal(*function, before, "which this process does not see");
    answer(DBG_CONTINUE, "the loader goes on");

    next_but_dlls(DbgBreakpoint, "the break point is met");
    equal(event.StateInfo.Exception.ExceptionRecord.ExceptionAddress, function, "where it was set");
    get_context(&context);
    equal(context.Eip, function + 1, "eip behind it");
    NtReadVirtualMemory(child.process, (PVOID)(ULONG_PTR)(context.Esp + 4), &argument, 4, NULL);
    equal(argument, 10, "the argument on the stack");
    argument = 20;
    NtWriteVirtualMemory(child.process, (PVOID)(ULONG_PTR)(context.Esp + 4), &argument, 4, NULL);
    poke(function, before);
    context.Eip--;
    context.EFlags |= 0x100;
    expect(NtSetContextThread(main_thread, &context), 0, "set context");
    answer(DBG_CONTINUE, "step");

    next_but_dlls(DbgSingleStep, "one instruction later");
    equal(event.StateInfo.Exception.ExceptionRecord.ExceptionAddress, debuggee_second, "at the second instruction");
    get_context(&context);
    equal(context.Eax, 20, "the changed argument was read");
    equal(context.EFlags & 0x100, 0, "the trap flag is off again");
    context.Eax = 40;
    NtSetContextThread(main_thread, &context);
    answer(DBG_EXCEPTION_HANDLED, "go on with another value");
}

static void threads(void)
{
    ULONG id;
    next_but_dlls(DbgCreateThread, "a second thread");
    id = event.AppClientId.UniqueThread;
    check(id != child.id.UniqueThread, "with an id of its own");
    check(event.StateInfo.CreateThread.NewThread.StartAddress != NULL, "a start address");
    check(granted_access(event.StateInfo.CreateThread.HandleToThread) & THREAD_SET_CONTEXT, "and a handle");
    NtClose(event.StateInfo.CreateThread.HandleToThread);
    answer(DBG_CONTINUE, "the second thread goes on");
    next_but_dlls(DbgExitThread, "the second thread ends");
    equal(event.AppClientId.UniqueThread, id, "it is the one");
    equal(event.StateInfo.Exit.ExitStatus, 0x77, "its exit status");
    answer(DBG_CONTINUE, "the second thread may go");
}

static void views(void)
{
    PVOID base;
    next_but_dlls(DbgLoadDll, "an image is mapped");
    base = event.StateInfo.LoadDll.BaseOfDll;
    check(event.StateInfo.LoadDll.FileHandle != NULL, "it has a file");
    NtClose(event.StateInfo.LoadDll.FileHandle);
    answer(DBG_CONTINUE, "the mapping goes on");
    next_but_dlls(DbgUnloadDll, "it is unmapped");
    equal(event.StateInfo.UnloadDll.BaseAddress, base, "the same base");
    answer(DBG_CONTINUE, "the unmapping goes on");
}

static void exceptions(void)
{
    CONTEXT context;
    next_but_dlls(DbgException, "an illegal instruction");
    equal(event.StateInfo.Exception.ExceptionRecord.ExceptionCode, STATUS_ILLEGAL_INSTRUCTION, "its code");
    equal(event.StateInfo.Exception.FirstChance, 1, "its first chance");
    answer(DBG_EXCEPTION_NOT_HANDLED, "left to the program");
    next_but_dlls(DbgBreakpoint, "a break point of the program's own");
    answer(DBG_CONTINUE, "handled by the debugger");
    next_but_dlls(DbgException, "an access violation");
    equal(event.StateInfo.Exception.ExceptionRecord.ExceptionCode, STATUS_ACCESS_VIOLATION, "its code is that");
    equal(event.StateInfo.Exception.FirstChance, 1, "also a first chance");
    answer(DBG_EXCEPTION_NOT_HANDLED, "left to the program, too");
    next_but_dlls(DbgException, "it comes again");
    equal(event.StateInfo.Exception.FirstChance, 0, "for the second time");
    get_context(&context);
    context.Eax = context.Esp;
    NtSetContextThread(main_thread, &context);
    answer(DBG_CONTINUE, "mended");
}


static void end(void)
{
    next_but_dlls(DbgExitProcess, "the process ends");
    equal(event.StateInfo.Exit.ExitStatus, 41, "with the value that the debugger gave it");
    expect(wait_ms(child.process, 20), STATUS_TIMEOUT, "but not before the debugger says so");
    answer(DBG_CONTINUE, "it may go");
    expect(wait_ms(child.process, 5000), 0, "now it is gone");
    expect(next(0), STATUS_TIMEOUT, "there is nothing more");
    expect(go_on(debugger, &event.AppClientId, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "and nothing to continue");
    equal(child_wait(&child), 41, "the exit status");
}

void test_main(void)
{
    create_object = (CREATE_DEBUG_OBJECT)procedure("NtCreateDebugObject");
    wait_event = (WAIT_FOR_DEBUG_EVENT)procedure("NtWaitForDebugEvent");
    go_on = (DEBUG_CONTINUE)procedure("NtDebugContinue");
    if (!nt_at_least(5, 1)) {
        check(!create_object, "Windows 2000 has no debug objects");
        return;
    }
    expect(create_object(&debugger, DEBUG_ALL_ACCESS, NULL, KILL_ON_CLOSE), 0, "create a debug object");
    expect(next(0), STATUS_TIMEOUT, "no event");
    check(child_debugged(&child, "life", FALSE, debugger), "a process that is debugged");
    expect(next(20), STATUS_TIMEOUT, "nothing to tell before it runs");
    NtResumeThread(child.thread, NULL);
    birth();
    break_point();
    threads();
    views();
    exceptions();
    end();
    NtClose(main_thread);
    NtClose(debugger);
    child_close(&child);
}
