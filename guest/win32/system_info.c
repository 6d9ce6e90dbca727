// SPDX-License-Identifier: LGPL-2.1-or-later
// What programs ask of the system and of themselves: versions, memory, modules, names, processes.
#include "say.h"
#include <psapi.h>
#include <stdlib.h>
#include <tlhelp32.h>

static void system_(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    say("page %lu, granularity %lu, from %p to %p, kind %u", info.dwPageSize, info.dwAllocationGranularity,
        info.lpMinimumApplicationAddress, info.lpMaximumApplicationAddress, info.wProcessorArchitecture);
    say("processors: %d", info.dwNumberOfProcessors > 0);
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    SAY_BOOL(GlobalMemoryStatusEx(&memory));
    say("memory: %d, address space %llu MB", memory.ullAvailPhys <= memory.ullTotalPhys, memory.ullTotalVirtual >> 20);
    BOOL wow = TRUE;
    SAY_BOOL(IsWow64Process(GetCurrentProcess(), &wow));
    say("floating point emulated %d, cmpxchg8b %d, SSE2 %d", IsProcessorFeaturePresent(PF_FLOATING_POINT_EMULATED),
        IsProcessorFeaturePresent(PF_COMPARE_EXCHANGE_DOUBLE), IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE));
    wchar_t text[MAX_PATH];
    DWORD length = MAX_PATH;
    say("a computer name: %d", GetComputerNameW(text, &length) && length);
    length = MAX_PATH;
    say("a user name: %d", GetUserNameW(text, &length) && length > 1);
    say("error message: %s", FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 2, 0x409, text, MAX_PATH, NULL) ? narrow(text) : "none");
    const wchar_t *inserts[] = {L"one", L"two"};
    FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, L"%2 before %1, %%%n", 0, 0, text, MAX_PATH, (va_list *)inserts);
    say("inserted: %s", narrow(text));
}

static void modules(void)
{
    wchar_t text[MAX_PATH];
    HMODULE kernel = GetModuleHandleW(L"kernel32"), self = GetModuleHandleW(NULL);
    say("kernel32: %d, own base %p", kernel != NULL, (void *)self);
    SetLastError(0);
    HMODULE none = GetModuleHandleW(L"nowhere.dll");
    say("not loaded: %p, error %lu", (void *)none, GetLastError());
    none = LoadLibraryW(L"nowhere.dll");
    say("not there: %p, error %lu", (void *)none, GetLastError());
    HMODULE version = LoadLibraryW(L"version.dll");
    GetModuleFileNameW(version, text, MAX_PATH);
    say("loaded %s", narrow(text));
    say("a function: %d, none: %d", GetProcAddress(version, "VerQueryValueW") != NULL, GetProcAddress(version, "NoSuch") != NULL);
    SAY_BOOL(FreeLibrary(version));
    HMODULE data = LoadLibraryExW(L"shell32.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    say("as data: %d", data != NULL);
    HMODULE found[200];
    DWORD size = 0;
    SAY_BOOL(EnumProcessModules(GetCurrentProcess(), found, sizeof found, &size));
    say("the first is own: %d, several: %d", found[0] == self, size / sizeof *found > 3);
    GetModuleBaseNameW(GetCurrentProcess(), self, text, MAX_PATH);
    say("base name %s", narrow(text));
    DWORD length = MAX_PATH;
    SAY_BOOL(QueryFullProcessImageNameW(GetCurrentProcess(), 0, text, &length));
    say("image name ends in .exe: %d, a drive: %d", length > 4 && !_wcsicmp(text + length - 4, L".exe"), text[1] == L':');
}

static void processes(void)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD | TH32CS_SNAPMODULE, 0);
    BOOL own = FALSE;
    unsigned threads = 0;
    for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry))
        own |= entry.th32ProcessID == GetCurrentProcessId() && !_wcsicmp(entry.szExeFile, L"system_info.exe");
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread))
        threads += thread.th32OwnerProcessID == GetCurrentProcessId();
    say("found itself: %d, threads %u", own, threads);
    FILETIME created, ended, kernel, user;
    SAY_BOOL(GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user));
    PROCESS_MEMORY_COUNTERS counters;
    SAY_BOOL(GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
    say("uses memory: %d", counters.WorkingSetSize > 0);
    IO_COUNTERS io;
    SAY_BOOL(GetProcessIoCounters(GetCurrentProcess(), &io));
    DWORD handles = 0;
    SAY_BOOL(GetProcessHandleCount(GetCurrentProcess(), &handles));
    say("priority %lx, thread %d", GetPriorityClass(GetCurrentProcess()), GetThreadPriority(GetCurrentThread()));
    SAY_BOOL(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST));
    say("now %d", GetThreadPriority(GetCurrentThread()));
    SAY_BOOL(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, 99999999));
    DWORD_PTR process, whole;
    SAY_BOOL(GetProcessAffinityMask(GetCurrentProcess(), &process, &whole));
    say("affinity: %d", process && (process & whole) == process);
}

static void memory(void)
{
    MEMORY_BASIC_INFORMATION info;
    DWORD old;
    char *block = VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_NOACCESS);
    VirtualQuery(block, &info, sizeof info);
    say("reserved %lx, state %lx, protect %lx", (DWORD)info.RegionSize, info.State, info.AllocationProtect);
    SAY_BOOL(VirtualAlloc(block + 0x10000, 0x2000, MEM_COMMIT, PAGE_READWRITE));
    block[0x10000] = 1;
    SAY_BOOL(VirtualProtect(block + 0x10000, 0x1000, PAGE_READONLY, &old));
    say("was %lx", old);
    VirtualQuery(block + 0x10000, &info, sizeof info);
    say("committed %lx, state %lx, protect %lx", (DWORD)info.RegionSize, info.State, info.Protect);
    SAY_BOOL(VirtualFree(block, 0x1000, MEM_RELEASE));
    SAY_BOOL(VirtualFree(block, 0, MEM_RELEASE));
    SAY_BOOL(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    HANDLE heap = HeapCreate(0, 0, 0);
    void *parts[100];
    for (int i = 0; i < 100; i++)
        parts[i] = HeapAlloc(heap, HEAP_ZERO_MEMORY, (SIZE_T)(i * 1000 + 1));
    say("size %lu, valid %d", (DWORD)HeapSize(heap, 0, parts[99]), HeapValidate(heap, 0, NULL));
    parts[5] = HeapReAlloc(heap, 0, parts[5], 100000);
    for (int i = 0; i < 100; i += 2)
        if (!HeapFree(heap, 0, parts[i]))
            say("FAILED: HeapFree");
    SAY_BOOL(HeapDestroy(heap));
    void *large = malloc(300 << 20);
    say("300 MB: %d", large != NULL);
    free(large);
}

int wmain(void)
{
    system_();
    modules();
    processes();
    memory();
    return 0;
}
