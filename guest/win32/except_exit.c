// SPDX-License-Identifier: LGPL-2.1-or-later
// How a process ends: what is told to whom and in which order, in TLS callbacks, atexit, threads that still run.
#include "guard.h"
#include "say.h"
#include <process.h>

static const char *reason_name(DWORD reason)
{
    static const char *const names[] = {"process detach", "process attach", "thread attach", "thread detach"};
    return reason < 4 ? names[reason] : "?";
}

static HANDLE still_running;

static void NTAPI on_tls(void *module, DWORD reason, void *reserved)
{
    char text[100];
    DWORD written;
    // Other threads are gone at the end, perhaps with locks of the C library.
    int length = sprintf(text, "TLS callback: %s%s\r\n", reason_name(reason), reserved ? ", at the end" : "");
    (void)module;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)length, &written, NULL);
    if (reason == DLL_PROCESS_DETACH && still_running) {
        DWORD status = 0;
        GetExitCodeThread(still_running, &status);
        length = sprintf(text, "the other thread: wait %lu, status %lu\r\n", WaitForSingleObject(still_running, 0), status);
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)length, &written, NULL);
    }
}

PIMAGE_TLS_CALLBACK callback __attribute__((section(".CRT$XLF"), used)) = on_tls;

static void first(void)
{
    say("atexit: registered first");
}

static void second(void)
{
    say("atexit: registered second");
}

static int __cdecl third(void)
{
    say("_onexit");
    return 0;
}

static DWORD WINAPI sleeper(void *parameter)
{
    say("the other thread runs");
    SetEvent(parameter);
    Sleep(INFINITE);
    return 1;
}

static DWORD WINAPI quits(void *parameter)
{
    (void)parameter;
    ExitThread(3);
}

static LONG leaves(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)guard;
    say("exit within a filter, on %08lx", pointers->ExceptionRecord->ExceptionCode);
    exit(17);
}

int wmain(void)
{
    struct guard guard;
    DWORD status;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    atexit(first);
    atexit(second);
    _onexit(third);
    HANDLE quitter = CreateThread(NULL, 0, quits, NULL, 0, NULL);
    WaitForSingleObject(quitter, INFINITE);
    GetExitCodeThread(quitter, &status);
    say("a thread ended with %lu", status);
    HANDLE killed = CreateThread(NULL, 0, sleeper, event, 0, NULL);
    WaitForSingleObject(event, INFINITE);
    SAY_BOOL(TerminateThread(killed, 9));
    WaitForSingleObject(killed, INFINITE);
    GetExitCodeThread(killed, &status);
    say("a thread was killed with %lu", status);
    ResetEvent(event);
    still_running = CreateThread(NULL, 0, sleeper, event, 0, NULL);
    WaitForSingleObject(event, INFINITE);
    enter_guard(&guard, "last", leaves, NULL);
    *(volatile int *)0 = 1;
    return 0;
}
