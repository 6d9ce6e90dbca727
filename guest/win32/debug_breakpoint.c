// SPDX-License-Identifier: LGPL-2.1-or-later
// What a debugger does with its debuggee's memory: break points in code, single steps, pages that are
// protected, a dump.
#include "say.h"
#include <dbghelp.h>
#include <string.h>

#define INT3 0xcc
#define TRAP_FLAG 0x100

static volatile int calls;

static __attribute__((noinline)) void called(void) { calls++; }

static int debuggee(void)
{
    for (int i = 0; i < 3; i++)
        called();
    return calls;
}

static BOOL put(HANDLE process, BYTE byte)
{
    SIZE_T written = 0;
    return WriteProcessMemory(process, (void *)called, &byte, 1, &written) && written == 1;
}

// Over the instruction at the break point, and the point back.
static void at_point(HANDLE process, HANDLE thread, BYTE first, int *hits)
{
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    GetThreadContext(thread, &context);
    say("hit %d: behind the point %d, put back %d", ++*hits, context.Eip == (DWORD)called + 1, put(process, first));
    context.Eip--;
    context.EFlags |= TRAP_FLAG;
    SetThreadContext(thread, &context);
}

static DWORD exception(const DEBUG_EVENT *event, HANDLE process, HANDLE thread, BYTE first, int *hits)
{
    DWORD code = event->u.Exception.ExceptionRecord.ExceptionCode;
    void *address = event->u.Exception.ExceptionRecord.ExceptionAddress;
    if (code == EXCEPTION_BREAKPOINT && address == (void *)called)
        at_point(process, thread, first, hits);
    else if (code == EXCEPTION_SINGLE_STEP)
        say("a step: %d, set again %d", address != (void *)called, put(process, INT3));
    else
        return code == EXCEPTION_BREAKPOINT ? DBG_CONTINUE : DBG_EXCEPTION_NOT_HANDLED;
    return DBG_CONTINUE;
}

static void points(HANDLE process, HANDLE thread)
{
    DEBUG_EVENT event;
    BYTE first = *(BYTE *)called, now = 0;
    int hits = 0;
    while (WaitForDebugEvent(&event, 20000)) {
        DWORD answer = DBG_CONTINUE;
        if (event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
            say("set: %d", put(process, INT3));
            SAY_BOOL(ReadProcessMemory(process, (void *)called, &now, 1, NULL));
            say("read: %02x", now);
            say("in the debugger: %d", *(BYTE *)called == first);
            CloseHandle(event.u.CreateProcessInfo.hFile);
        } else if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
            CloseHandle(event.u.LoadDll.hFile);
        } else if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT) {
            answer = exception(&event, process, thread, first, &hits);
        } else if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
            say("ended with %lu", event.u.ExitProcess.dwExitCode);
            break;
        }
        ContinueDebugEvent(event.dwProcessId, event.dwThreadId, answer);
    }
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
}

static void protection(DWORD protect, const char *name)
{
    SIZE_T written = 9;
    MEMORY_BASIC_INFORMATION now;
    BYTE *pages = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, protect);
    SetLastError(0);
    BOOL done = WriteProcessMemory(GetCurrentProcess(), pages + 0xffe, "four", 4, &written);
    DWORD error = GetLastError();
    VirtualQuery(pages, &now, sizeof now);
    say("%s: %d, error %lu, written %lu, still %d, %lx", name, done, done ? 0 : error, (unsigned long)written,
        now.Protect == protect, (unsigned long)now.RegionSize);
    if (done && protect != PAGE_NOACCESS && protect != PAGE_EXECUTE)
        say("there: %d", memcmp(pages + 0xffe, "four", 4) == 0);
    VirtualFree(pages, 0, MEM_RELEASE);
}

static void refused(void)
{
    char byte = 0;
    BYTE *page = VirtualAlloc(NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE);
    SAY_BOOL(WriteProcessMemory(GetCurrentProcess(), page, "x", 1, NULL));
    SAY_BOOL(ReadProcessMemory(GetCurrentProcess(), page, &byte, 1, NULL));
    SAY_BOOL(WriteProcessMemory(NULL, &byte, "x", 1, NULL));
    SAY_BOOL(WriteProcessMemory(GetCurrentProcess(), &byte, page, 1, NULL));
    SAY_BOOL(WriteProcessMemory(GetCurrentProcess(), &byte, "x", 1, NULL));
    say("%c", byte);
}

static void dump(HANDLE process, DWORD id, const char *what)
{
    char head[4] = "";
    DWORD got = 0;
    HANDLE file = CreateFileW(L"a.dmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    BOOL done = MiniDumpWriteDump(process, id, file, MiniDumpNormal, NULL, NULL, NULL);
    DWORD size = GetFileSize(file, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, head, 4, &got, NULL);
    say("dump of %s: %d, %.4s, long %d", what, done, head, size > 1000);
    CloseHandle(file);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc > 1)
        return argv[1][0] == 's' ? (Sleep(60000), 0) : debuggee();
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    wchar_t path[MAX_PATH], command[MAX_PATH + 20];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    swprintf(command, MAX_PATH + 20, L"\"%ls\" debuggee", path);
    SAY_BOOL(CreateProcessW(path, command, NULL, NULL, FALSE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL, &start, &child));
    points(child.hProcess, child.hThread);
    protection(PAGE_EXECUTE_READ, "code");
    protection(PAGE_EXECUTE, "code that is not read");
    protection(PAGE_READWRITE, "data");
    protection(PAGE_EXECUTE_READWRITE, "both");
    protection(PAGE_READONLY, "constants");
    protection(PAGE_NOACCESS, "nothing");
    refused();
    dump(GetCurrentProcess(), GetCurrentProcessId(), "this");
    dump(GetCurrentProcess(), GetCurrentProcessId(), "this, again");
    swprintf(command, MAX_PATH + 20, L"\"%ls\" sleep", path);
    SAY_BOOL(CreateProcessW(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child));
    dump(child.hProcess, child.dwProcessId, "another");
    SAY_BOOL(TerminateProcess(child.hProcess, 0));
    return 0;
}
