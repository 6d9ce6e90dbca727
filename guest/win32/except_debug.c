// SPDX-License-Identifier: LGPL-2.1-or-later
// A debugger and what it is told: breaks, exceptions that it handles or passes on, text, threads, DLLs, the end.
#include "guard.h"
#include "say.h"

static LONG handles(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)pointers;
    (void)guard;
    return EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI thread(void *parameter)
{
    return (DWORD)(INT_PTR)parameter;
}

static volatile int marker = 5;

static int debuggee(void)
{
    struct guard guard;
    int value = 0;
    OutputDebugStringA("text for the debugger");
    OutputDebugStringW(L"wide text");
    HANDLE made = CreateThread(NULL, 0, thread, (void *)7, 0, NULL);
    WaitForSingleObject(made, INFINITE);
    TRY(guard, "passed on", handles, NULL) {
        RaiseException(0xe0000001, 0, 0, NULL);
        leave_guard(&guard);
        value += 1;
    } else
        value += 2;
    TRY(guard, "handled by the debugger", handles, NULL) {
        RaiseException(0xe0000002, 0, 0, NULL);
        leave_guard(&guard);
        value += 10;
    } else
        value += 20;
    DebugBreak();
    __asm__ volatile("xorl %%eax, %%eax\n\tmovl (%%eax), %%eax" : : : "eax");
    FreeLibrary(LoadLibraryW(L"version.dll"));
    value += marker * 100;
    if (IsDebuggerPresent())
        value += 1000;
    return value;
}

static void exception(DEBUG_EVENT *event, HANDLE thread_handle, DWORD *answer)
{
    EXCEPTION_RECORD *record = &event->u.Exception.ExceptionRecord;
    static int breaks;
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    say("exception %08lx, %s chance, %lu parameters", record->ExceptionCode,
        event->u.Exception.dwFirstChance ? "first" : "second", record->NumberParameters);
    switch (record->ExceptionCode) {
    case EXCEPTION_BREAKPOINT:
        say("  break %d", ++breaks);
        break;
    case EXCEPTION_ACCESS_VIOLATION:
        GetThreadContext(thread_handle, &context);
        say("  at the instruction: %d", context.Eip == (DWORD)record->ExceptionAddress);
        context.Eip += 2;
        SetThreadContext(thread_handle, &context);
        break;
    case 0xe0000001:
        *answer = DBG_EXCEPTION_NOT_HANDLED;
        break;
    }
}

static void text(DEBUG_EVENT *event, HANDLE process)
{
    char buffer[100] = "";
    SIZE_T done = 0;
    ReadProcessMemory(process, event->u.DebugString.lpDebugStringData, buffer, event->u.DebugString.nDebugStringLength, &done);
    say("text of %u: %s", event->u.DebugString.nDebugStringLength, buffer);
}

static void loop(HANDLE process)
{
    DEBUG_EVENT event;
    HANDLE threads[20] = {0};
    DWORD ids[20];
    int count = 0, dlls = 0, patched = 9, ended = 0;
    while (!ended && WaitForDebugEvent(&event, 20000)) {
        DWORD answer = DBG_CONTINUE;
        HANDLE here = NULL;
        for (int i = 0; i < count; i++)
            if (ids[i] == event.dwThreadId)
                here = threads[i];
        switch (event.dwDebugEventCode) {
        case CREATE_PROCESS_DEBUG_EVENT:
            say("process: base %d, start %d, file %d", event.u.CreateProcessInfo.lpBaseOfImage == GetModuleHandleW(NULL),
                event.u.CreateProcessInfo.lpStartAddress != NULL, event.u.CreateProcessInfo.hFile != NULL);
            ids[count] = event.dwThreadId;
            threads[count++] = event.u.CreateProcessInfo.hThread;
            SIZE_T written = 0;
            SAY_BOOL(WriteProcessMemory(process, (void *)&marker, &patched, sizeof patched, &written));
            CloseHandle(event.u.CreateProcessInfo.hFile);
            break;
        case CREATE_THREAD_DEBUG_EVENT:
            say("thread: handle %d", event.u.CreateThread.hThread != NULL);
            ids[count] = event.dwThreadId;
            threads[count++] = event.u.CreateThread.hThread;
            break;
        case EXIT_THREAD_DEBUG_EVENT:
            say("thread ended with %lu", event.u.ExitThread.dwExitCode);
            break;
        case EXIT_PROCESS_DEBUG_EVENT:
            say("process ended with %lu", event.u.ExitProcess.dwExitCode);
            ended = 1;
            break;
        case LOAD_DLL_DEBUG_EVENT:
            dlls++;
            CloseHandle(event.u.LoadDll.hFile);
            break;
        case UNLOAD_DLL_DEBUG_EVENT:
            say("a DLL is unloaded");
            break;
        case OUTPUT_DEBUG_STRING_EVENT:
            text(&event, process);
            break;
        case EXCEPTION_DEBUG_EVENT:
            exception(&event, here, &answer);
            break;
        default:
            say("event %lu", event.dwDebugEventCode);
        }
        ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
    }
    say("DLLs: %s", dlls > 3 ? "several" : "too few");
}

int wmain(int count, wchar_t **words)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    wchar_t line[600], path[400];
    DWORD status = 0;
    DEBUG_EVENT event;
    (void)words;
    if (count > 1)
        return debuggee();
    GetModuleFileNameW(NULL, path, 400);
    swprintf(line, 600, L"\"%ls\" child", path);
    say("debugged myself: %d", IsDebuggerPresent());
    SAY_BOOL(CreateProcessW(path, line, NULL, NULL, TRUE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL, &startup, &started));
    loop(started.hProcess);
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, &status);
    say("status %lu", status);
    SAY_BOOL(WaitForDebugEvent(&event, 0));
    SAY_BOOL(ContinueDebugEvent(1, 2, DBG_CONTINUE));
    CreateProcessW(path, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &started);
    BOOL debugged = 7;
    SAY_BOOL(CheckRemoteDebuggerPresent(started.hProcess, &debugged));
    say("debugged: %d", debugged);
    SAY_BOOL(DebugActiveProcess(started.dwProcessId));
    SAY_BOOL(CheckRemoteDebuggerPresent(started.hProcess, &debugged));
    say("debugged: %d", debugged);
    DebugSetProcessKillOnExit(FALSE);
    SAY_BOOL(DebugActiveProcessStop(started.dwProcessId));
    TerminateProcess(started.hProcess, 3);
    return 0;
}
