// SPDX-License-Identifier: LGPL-2.1-or-later
// Mappings that cannot be made, names that differ in case only, and memory that is given back with a size.
#include "say.h"
#include <string.h>

#define SAY_NULL(call) \
    do { \
        SetLastError(0); \
        HANDLE made_ = (call); \
        DWORD error_ = GetLastError(); \
        say("%s: %s, error %lu", #call, made_ ? "there" : "NULL", (unsigned long)error_); \
    } while (0)

static void maps(void)
{
    HANDLE empty = CreateFileW(L"empty", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE none = INVALID_HANDLE_VALUE, wrong = (HANDLE)0x7770;
    SAY_NULL(CreateFileMappingW(empty, NULL, PAGE_READWRITE, 0, 0, NULL));
    SAY_NULL(CreateFileMappingW(empty, NULL, PAGE_READONLY, 0, 10, NULL));
    SAY_NULL(CreateFileMappingW(none, NULL, PAGE_READWRITE, 0, 0, NULL));
    SAY_NULL(CreateFileMappingW(none, NULL, PAGE_READWRITE, 0, 10, L"no\\such"));
    SAY_NULL(CreateFileMappingW(wrong, NULL, PAGE_READWRITE, 0, 10, NULL));
    SAY_NULL(CreateFileMappingW(none, NULL, 0x999, 0, 10, NULL));
    SAY_NULL(CreateFileMappingW(empty, NULL, PAGE_READWRITE, 0, 10, L"a map"));
    SAY_NULL(CreateFileMappingW(none, NULL, PAGE_READWRITE, 0, 10, L"a map"));
    SAY_NULL(OpenFileMappingW(FILE_MAP_READ, FALSE, L"another map"));
    CloseHandle(empty);
}

static void names(void)
{
    SAY_NULL(CreateEventW(NULL, TRUE, FALSE, L"A Name"));
    SAY_NULL(OpenEventW(EVENT_ALL_ACCESS, FALSE, L"A Name"));
    SAY_NULL(OpenEventW(EVENT_ALL_ACCESS, FALSE, L"a name"));
    SAY_NULL(CreateEventW(NULL, TRUE, FALSE, L"a name"));
    SAY_NULL(CreateMutexW(NULL, FALSE, L"a name"));
    SAY_NULL(CreateMutexW(NULL, FALSE, L"A NAME"));
    SAY_NULL(OpenSemaphoreW(SEMAPHORE_ALL_ACCESS, FALSE, L"A nAME"));
    SAY_NULL(CreateSemaphoreW(NULL, 1, 1, L"A nAME"));
    SAY_NULL(CreateWaitableTimerW(NULL, FALSE, L"A NAMe"));
    SAY_NULL(OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, L"A NaME"));
    SAY_NULL(CreateJobObjectW(NULL, L"a NAME"));
    SAY_NULL(CreateJobObjectW(NULL, L"a NAME"));
    SAY_NULL(OpenJobObjectW(JOB_OBJECT_ALL_ACCESS, FALSE, L"a NAMe"));
}

static void sizes(void)
{
    char *pages = VirtualAlloc(NULL, 0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    SAY_BOOL(VirtualFree(pages, 0x1000, MEM_RELEASE));
    SAY_BOOL(VirtualFree(pages, 0x4000, MEM_RELEASE));
    SAY_BOOL(VirtualFreeEx(GetCurrentProcess(), pages, 0x4000, MEM_RELEASE));
    strcpy(pages, "still there");
    say("%s", pages);
    SAY_BOOL(VirtualFree(pages + 0x1000, 0x1000, MEM_DECOMMIT));
    SAY_BOOL(VirtualFree(pages + 0x1000, 0, MEM_RELEASE));
    SAY_BOOL(VirtualFree(pages, 0, MEM_RELEASE | MEM_DECOMMIT));
    SAY_BOOL(VirtualFreeEx(GetCurrentProcess(), pages, 0, MEM_RELEASE));
}

int wmain(void)
{
    maps();
    names();
    sizes();
    return 0;
}
