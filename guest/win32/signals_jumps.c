// SPDX-License-Identifier: LGPL-2.1-or-later
// Signals, setjmp, atexit, abort, asserts, console events, and how each ends a process.
#include "say.h"
#include <errno.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

static jmp_buf place;
static volatile int seen;

static void handler(int number)
{
    seen = number;
}

static void at_exit(void)
{
    say("at exit");
}

static volatile int depth;

static int deep(int n)
{
    if (n == depth)
        longjmp(place, 7);
    return n > 1000 ? 0 : deep(n + 1) + 1;
}

static int child(const wchar_t *what)
{
    SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);
    atexit(at_exit);
    if (!wcscmp(what, L"abort"))
        abort();
    if (!wcscmp(what, L"exit"))
        exit(3);
    if (!wcscmp(what, L"_exit"))
        _exit(4);
    if (!wcscmp(what, L"thread"))
        ExitThread(5);
    if (!wcscmp(what, L"process"))
        ExitProcess(6);
    if (!wcscmp(what, L"term"))
        raise(SIGTERM);
    if (!wcscmp(what, L"terminate"))
        TerminateProcess(GetCurrentProcess(), 8);
    return 9;
}

static BOOL WINAPI on_event(DWORD event)
{
    say("event %lu", event);
    return TRUE;
}

int wmain(int argc, wchar_t **argv)
{
    static const wchar_t *const ways[] = {L"abort", L"exit", L"_exit", L"thread", L"process", L"term", L"terminate", L"return"};
    wchar_t self[MAX_PATH];
    if (argc > 1)
        return child(argv[1]);
    GetModuleFileNameW(NULL, self, MAX_PATH);
    for (unsigned i = 0; i < ARRAYSIZE(ways); i++) {
        int status = (int)_wspawnl(_P_WAIT, self, L"child", ways[i], NULL);
        say("%s: %d", narrow(ways[i]), status);
    }
    volatile int jumps = 0;
    int came = setjmp(place);
    say("setjmp gives %d", came);
    if (!came && !jumps++)
        depth = 20, deep(0);
    signal(SIGINT, handler);
    raise(SIGINT);
    say("SIGINT seen as %d, then %d", seen, signal(SIGINT, SIG_DFL) == SIG_DFL);
    signal(SIGFPE, handler);
    raise(SIGFPE);
    say("SIGFPE seen as %d", seen);
    errno = 0;
    say("no such signal: %d", signal(99, handler) == SIG_ERR);
    say("errno %d", errno);
    SAY_BOOL(SetConsoleCtrlHandler(on_event, TRUE));
    SAY_BOOL(SetConsoleCtrlHandler(on_event, FALSE));
    SAY_BOOL(SetConsoleCtrlHandler(on_event, FALSE));
    say("errno text: %s", strerror(ENOENT));
    say("errno text: %s", strerror(EACCES));
    srand(1);
    int first = rand();
    srand(1);
    say("the same chance again: %d", rand() == first);
    say("div %d %d, abs %d, atoi %d", div(17, 5).quot, div(17, 5).rem, abs(-4), atoi(" 42x"));
    return 0;
}
