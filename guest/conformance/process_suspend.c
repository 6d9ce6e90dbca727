/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtSuspendProcess and NtResumeProcess (Windows XP and later): all threads at once, counted like single suspensions.
 * Known from: Windows XP's ntdll exports; "NtSuspendProcess" in public references of undocumented functions; MSDN "Process
 * Security and Access Rights" (PROCESS_SUSPEND_RESUME); Wine's dlls/ntdll/tests/thread.c and info.c.
 */
#include "tap.h"

#define NAME L"\\BaseNamedObjects\\conf-suspend"
#define PROCESS_SUSPEND 0x800

struct common { volatile LONG first, second, stop; };

static struct common *map(HANDLE section)
{
    PVOID base = NULL;
    SIZE_T size = 0;
    NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE);
    return base;
}

static NTSTATUS count_second(PVOID common)
{
    while (!((struct common *)common)->stop) {
        ((struct common *)common)->second++;
        NtYieldExecution();
    }
    return 0;
}

NTSTATUS child_main(const char *what)
{
    HANDLE section;
    struct common *common;
    (void)what;
    if (NtOpenSection(&section, SECTION_ALL_ACCESS, named(NAME, 0)))
        return 1;
    common = map(section);
    thread_start(count_second, common);
    for (int i = 0; i < 20000 && !common->stop; i++) {
        common->first++;
        sleep_ms(1);
    }
    return 42;
}

static BOOLEAN advances(volatile LONG *counter)
{
    LONG before = *counter;
    for (int i = 0; i < 100 && *counter == before; i++)
        sleep_ms(5);
    return *counter != before;
}

void test_main(void)
{
    NTSTATUS(NTAPI *suspend)(HANDLE) = (PVOID)procedure("NtSuspendProcess");
    NTSTATUS(NTAPI *resume)(HANDLE) = (PVOID)procedure("NtResumeProcess");
    LI size = {.QuadPart = 0x1000};
    HANDLE section, limited;
    struct common *common;
    LONG first, second;
    CHILD child;
    if (!nt_at_least(5, 1)) {
        check(!suspend && !resume, "Windows 2000 cannot suspend processes");
        return;
    }
    NtCreateSection(&section, SECTION_ALL_ACCESS, named(NAME, 0), &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    common = map(section);
    check(child_start(&child, "count", FALSE), "start a child");
    check(advances(&common->first) && advances(&common->second), "both of its threads run");
    expect(suspend(child.process), 0, "suspend it");
    sleep_ms(20);
    first = common->first;
    second = common->second;
    sleep_ms(40);
    check(common->first == first && common->second == second, "both stand still");
    expect(suspend(child.process), 0, "suspend it again");
    expect(resume(child.process), 0, "resume it");
    sleep_ms(40);
    check(common->first == first && common->second == second, "suspended twice, both still stand");
    expect(resume(child.process), 0, "resume it again");
    check(advances(&common->first) && advances(&common->second), "both run again");
    NtDuplicateObject(NtCurrentProcess(), child.process, NtCurrentProcess(), &limited, PROCESS_QUERY_INFORMATION, 0, 0);
    expect(suspend(limited), STATUS_ACCESS_DENIED, "suspend without the right");
    expect(resume(limited), STATUS_ACCESS_DENIED, "resume without the right");
    NtClose(limited);
    expect(suspend((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "suspend, no such handle");
    expect(resume(child.thread), STATUS_OBJECT_TYPE_MISMATCH, "resume, a thread");
    common->stop = 1;
    expect(child_wait(&child), 42, "it ends");
    child_close(&child);
    NtUnmapViewOfSection(NtCurrentProcess(), common);
    NtClose(section);
}
