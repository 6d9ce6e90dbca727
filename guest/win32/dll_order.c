// SPDX-License-Identifier: LGPL-2.1-or-later
// DLLs: who is told what and when, at load, by threads, at free and at the end; and those that cannot be loaded.
#include "say.h"

__declspec(dllimport) int work_b(int number);

static DWORD WINAPI thread(void *parameter)
{
    (void)parameter;
    say("in a thread: %d", work_b(1));
    return 0;
}

static void load(const char *how)
{
    HMODULE module;
    say("- load, %s", how);
    SetEnvironmentVariableA("ORDER", how);
    SetLastError(0);
    module = LoadLibraryW(L"order_c.dll");
    say("loaded: %d, %lu", module != NULL, module ? 0 : GetLastError());
    if (!module)
        return;
    say("again the same: %d", LoadLibraryW(L"ORDER_C") == module);
    SAY_BOOL(FreeLibrary(module));
    say("still there: %d", GetModuleHandleW(L"order_c.dll") == module);
    SAY_BOOL(FreeLibrary(module));
    say("still there: %d", GetModuleHandleW(L"order_c.dll") == module);
}

int wmain(void)
{
    HANDLE made;
    HMODULE module;
    char line[100];
    DWORD written;
    int length;

    say("in main: %d", work_b(5));
    made = CreateThread(NULL, 0, thread, NULL, 0, NULL);
    WaitForSingleObject(made, INFINITE);
    load("works");
    load("fail");
    load("fault");
    SAY_BOOL(LoadLibraryW(L"no_such.dll"));
    SAY_BOOL(LoadLibraryW(L"dll_order.exe"));
    module = LoadLibraryW(L"order_b.dll");
    SAY_BOOL(GetProcAddress(module, "work_b"));
    SAY_BOOL(GetProcAddress(module, "work_x"));
    SAY_BOOL(GetProcAddress(module, (char *)1));
    SAY_BOOL(GetProcAddress(module, (char *)99));
    SAY_BOOL(FreeLibrary(module));
    SAY_BOOL(FreeLibrary(NULL));
    SetEnvironmentVariableA("ORDER", "works");
    LoadLibraryW(L"order_c.dll");
    length = sprintf(line, "the end\r\n");
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)length, &written, NULL);
    return 0;
}
