// SPDX-License-Identifier: LGPL-2.1-or-later
// dbghelp: the modules of this process, and names of what they export, as a report of a crash asks for them.
#include "say.h"
#include <dbghelp.h>
#include <string.h>

static int modules, mine;

static BOOL CALLBACK module(PCSTR name, DWORD64 base, PVOID context)
{
    (void)context;
    modules++;
    if (base == (DWORD)GetModuleHandleW(NULL)) {
        say("the program is called %s", name);
        mine++;
    }
    return TRUE;
}

static void name_of(HANDLE process, DWORD address)
{
    char room[sizeof(SYMBOL_INFO) + 256];
    SYMBOL_INFO *symbol = (SYMBOL_INFO *)room;
    DWORD64 distance = 0;
    symbol->SizeOfStruct = sizeof *symbol;
    symbol->MaxNameLen = 255;
    if (SymFromAddr(process, address, &distance, symbol))
        say("%s+%d", symbol->Name, (int)distance);
    else
        say("no name");
}

static void symbols(HANDLE process, const char *how)
{
    HMODULE kernel32 = GetModuleHandleW(L"kernel32.dll");
    modules = mine = 0;
    SymEnumerateModules64(process, module, NULL);
    say("%s: some modules: %d, ours: %d", how, modules > 3, mine);
    name_of(process, (DWORD)GetProcAddress(kernel32, "Sleep"));
    name_of(process, (DWORD)GetProcAddress(kernel32, "Sleep") + 2);
    name_of(process, 16);
    IMAGEHLP_MODULEW64 information = {.SizeOfStruct = sizeof information};
    if (SymGetModuleInfoW64(process, (DWORD)kernel32, &information))
        say("%ls, %d", information.ModuleName, information.BaseOfImage == (DWORD)kernel32);
    say("cleaned up: %d", SymCleanup(process));
}

int wmain(void)
{
    HANDLE process = GetCurrentProcess(), other;
    SymSetOptions(SYMOPT_UNDNAME | SYMOPT_DEFERRED_LOADS);
    say("of a process: %d", SymInitialize(process, NULL, TRUE));
    say("twice: %d", SymInitialize(process, NULL, TRUE));
    symbols(process, "bytes");
    say("of a process: %d", SymInitializeW(process, NULL, TRUE));
    symbols(process, "wide");
    say("of nothing: %d", SymInitialize(process, NULL, FALSE));
    modules = mine = 0;
    SymEnumerateModules64(process, module, NULL);
    say("modules: %d", modules);
    say("cleaned up: %d", SymCleanup(process));
    say("twice: %d", SymCleanup(process));
    other = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    say("by a handle: %d", SymInitializeW(other, L"C:\\", TRUE));
    symbols(other, "handle");
    CloseHandle(other);
    return 0;
}
