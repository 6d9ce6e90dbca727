/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections between processes: by name, by an inherited handle, mapped into a child by its parent.
 * Known from: MSDN "Sharing Files and Memory"; NtMapViewOfSection (ViewShare, ViewUnmap); G. Nebbett, Native API Reference,
 * ch. 4; Windows Internals, 4th ed., ch. 7.
 */
#include "tap.h"

#define SELF NtCurrentProcess()
#define NAME L"\\BaseNamedObjects\\conf-section"

struct common { volatile LONG value, answer; };

NTSTATUS child_main(const char *what)
{
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;
    struct common *common;
    if (*what == 's') {
        sleep_ms(20000);
        return 9;
    }
    if (NtOpenSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE, named(NAME, 0)))
        return 2;
    if (NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE))
        return 3;
    common = base;
    common->answer = common->value + 1;
    for (int i = 0; i < 1000; i++)
        __sync_add_and_fetch(&common->value, 1);
    return 42;
}

void test_main(void)
{
    LI maximum = {.QuadPart = 0x3000};
    HANDLE section, second;
    PVOID base = NULL, remote = NULL;
    SIZE_T size = 0, done;
    struct common *common, seen;
    ULONG old;
    CHILD child;
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, named(NAME, 0), &maximum, PAGE_READWRITE, SEC_COMMIT, NULL), 0,
           "create named");
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE), 0, "map");
    common = base;
    common->value = 10;
    expect(child_run("name"), 42, "a child opens and maps it by name");
    equal(common->answer, 11, "it has seen the value and answered");
    equal(common->value, 1010, "and counted");
    expect(NtOpenSection(&second, SECTION_ALL_ACCESS, named(NAME, 0)), 0, "open");
    NtClose(second);
    expect(NtOpenSection(&second, SECTION_ALL_ACCESS, NULL), STATUS_INVALID_PARAMETER, "open without attributes");
    faults(BAD_OUT, p, NtOpenSection(p, SECTION_ALL_ACCESS, named(NAME, 0)), "open, handle");

    check(child_create(&child, "stay", FALSE), "create a child");
    size = 0x2000;
    expect(NtMapViewOfSection(section, child.process, &remote, 0, 0, NULL, &size, ViewUnmap, 0, PAGE_READWRITE), 0,
           "map into it");
    common->value = 77;
    expect(NtReadVirtualMemory(child.process, remote, &seen, sizeof(seen), &done), 0, "read there");
    equal(seen.value, 77, "it is the same memory");
    seen.answer = 88;
    expect(NtWriteVirtualMemory(child.process, remote, &seen, sizeof(seen), &done), 0, "write there");
    equal(common->answer, 88, "it is seen here");
    size = 0x1000;
    expect(NtProtectVirtualMemory(child.process, &remote, &size, PAGE_READONLY, &old), 0, "protect it there");
    common->value = 78;
    equal(common->value, 78, "a view's protection is its own");
    expect(NtUnmapViewOfSection(child.process, remote), 0, "unmap it there");
    expect(NtUnmapViewOfSection(child.process, remote), STATUS_NOT_MAPPED_VIEW, "unmap it there again");
    expect(NtMapViewOfSection(section, (HANDLE)0x7ff0, &remote, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_INVALID_HANDLE, "map into no process");
    NtTerminateProcess(child.process, 1);
    child_wait(&child);
    remote = NULL;
    size = 0;
    expect(NtMapViewOfSection(section, child.process, &remote, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_PROCESS_IS_TERMINATING, "map into a dead process");
    child_close(&child);

    NtClose(section);
    expect(NtOpenSection(&second, SECTION_ALL_ACCESS, named(NAME, 0)), STATUS_OBJECT_NAME_NOT_FOUND,
           "a view does not keep the name");
    equal(common->value, 78, "but the memory");
    expect(NtUnmapViewOfSection(SELF, base), 0, "unmap");
}
