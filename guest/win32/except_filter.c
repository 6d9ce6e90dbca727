// SPDX-License-Identifier: LGPL-2.1-or-later
// The last filter and how processes end: each way in a child, whose exit status is told.
#include "say.h"
#include <signal.h>
#include <stdlib.h>

static LONG answer;

static LONG WINAPI last(EXCEPTION_POINTERS *pointers)
{
    say("  last filter: %08lx, says %ld", pointers->ExceptionRecord->ExceptionCode, answer);
    if (answer == EXCEPTION_CONTINUE_EXECUTION && pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
        pointers->ContextRecord->Eax = (DWORD)&answer;
    return answer;
}

static LONG WINAPI exits(EXCEPTION_POINTERS *pointers)
{
    say("  last filter exits on %08lx", pointers->ExceptionRecord->ExceptionCode);
    exit(12);
}

static LONG WINAPI faults(EXCEPTION_POINTERS *pointers)
{
    say("  last filter faults on %08lx", pointers->ExceptionRecord->ExceptionCode);
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        *(volatile int *)8 = 1;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void fault(void)
{
    int value;
    __asm__ volatile("xorl %%eax, %%eax\n\tmovl (%%eax), %%eax" : "=a"(value));
    say("  went on, and read %d", value);
}

static DWORD WINAPI thread(void *parameter)
{
    (void)parameter;
    fault();
    return 5;
}

static LONG CALLBACK vectored_exit(EXCEPTION_POINTERS *pointers)
{
    say("  vectored handler exits on %08lx", pointers->ExceptionRecord->ExceptionCode);
    ExitProcess(13);
}

static void on_abort(int number)
{
    say("  signal %d", number);
}

static void on_exit_(void)
{
    say("  atexit");
}

static void child(const wchar_t *what)
{
    atexit(on_exit_);
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    if (!wcscmp(what, L"handled"))
        answer = EXCEPTION_EXECUTE_HANDLER, SetUnhandledExceptionFilter(last), fault();
    else if (!wcscmp(what, L"continued"))
        answer = EXCEPTION_CONTINUE_EXECUTION, SetUnhandledExceptionFilter(last), fault();
    else if (!wcscmp(what, L"passed"))
        answer = EXCEPTION_CONTINUE_SEARCH, SetUnhandledExceptionFilter(last), fault();
    else if (!wcscmp(what, L"none"))
        SetUnhandledExceptionFilter(NULL), fault();
    else if (!wcscmp(what, L"exits"))
        SetUnhandledExceptionFilter(exits), fault();
    else if (!wcscmp(what, L"faults"))
        SetUnhandledExceptionFilter(faults), RaiseException(0xe0000001, 0, 0, NULL);
    else if (!wcscmp(what, L"thread")) {
        answer = EXCEPTION_EXECUTE_HANDLER;
        SetUnhandledExceptionFilter(last);
        WaitForSingleObject(CreateThread(NULL, 0, thread, NULL, 0, NULL), INFINITE);
        Sleep(INFINITE);
    } else if (!wcscmp(what, L"raised"))
        answer = EXCEPTION_EXECUTE_HANDLER, SetUnhandledExceptionFilter(last), RaiseException(0x1234, 0, 0, NULL);
    else if (!wcscmp(what, L"divided"))
        __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx");
    else if (!wcscmp(what, L"vectored"))
        AddVectoredExceptionHandler(1, vectored_exit), fault();
    else if (!wcscmp(what, L"abort"))
        abort();
    else if (!wcscmp(what, L"aborted"))
        signal(SIGABRT, on_abort), abort();
    else if (!wcscmp(what, L"breakpoint"))
        SetUnhandledExceptionFilter(NULL), DebugBreak();
    else if (!wcscmp(what, L"failfast"))
        __asm__ volatile("int $0x29" : : "c"(7));
    else if (!wcscmp(what, L"terminate"))
        TerminateProcess(GetCurrentProcess(), 0xc0000005);
    else if (!wcscmp(what, L"exit"))
        ExitProcess(0x12345678);
    else if (!wcscmp(what, L"fatal"))
        FatalAppExitA(0, "fatal");
    say("  at the end");
}

// A debugger that is started for crashes would write into our output.
static void no_debugger(void)
{
    HKEY key;
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"Software\\Microsoft\\Windows NT\\CurrentVersion\\AeDebug", 0, NULL, 0,
                        KEY_ALL_ACCESS, NULL, &key, NULL))
        say("the registry cannot be written");
    RegSetValueExW(key, L"Debugger", 0, REG_SZ, (const BYTE *)L"", 2);
    RegCloseKey(key);
}

int wmain(int count, wchar_t **words)
{
    static const wchar_t *const ways[] = {
        L"handled", L"continued", L"passed", L"none", L"exits", L"faults", L"thread", L"raised", L"divided", L"vectored",
        L"abort", L"aborted", L"breakpoint", L"failfast", L"terminate", L"exit",
    };
    if (count > 1) {
        child(words[1]);
        return 0;
    }
    no_debugger();
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(last);
    say("filters are exchanged: %d, %d", SetUnhandledExceptionFilter(NULL) == last, before != last);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
        PROCESS_INFORMATION started;
        wchar_t line[600], path[400];
        DWORD status = 0;
        GetModuleFileNameW(NULL, path, 400);
        swprintf(line, 600, L"\"%ls\" %ls", path, ways[i]);
        say("- %ls", ways[i]);
        startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
        startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);  // and no standard error: it differs
        if (!CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started)) {
            say("not started: %lu", GetLastError());
            return 1;
        }
        WaitForSingleObject(started.hProcess, INFINITE);
        GetExitCodeProcess(started.hProcess, &status);
        say("%ls ended with %08lx", ways[i], status);
        CloseHandle(started.hThread);
        CloseHandle(started.hProcess);
    }
    return 0;
}
