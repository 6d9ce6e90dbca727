/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel writes into memory of every kind: watched, copied on write, guarded, of a mapped file, of another file's view.
 * Known from: MSDN GetWriteWatch (writes by the system count), ReadFile into guarded and write-copy pages; Windows Internals,
 * 4th ed., ch. 7 (probing and locking of buffers).
 */
#include "ntapi_file.h"
#include "ntapi_mm.h"

#define SELF NtCurrentProcess()
static HANDLE file;

static NTSTATUS read_into(PVOID to, ULONG length)
{
    LI start = {.QuadPart = 0};
    return NtReadFile(file, NULL, NULL, NULL, &io, to, length, &start, NULL);
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

static void watched(void)
{
    PVOID found[8];
    ULONG_PTR count = 8;
    ULONG granularity;
    UCHAR *area = pages(0x5000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    expect(read_into(area + 0x1800, 0x1000), 0, "read into watched memory, across pages");
    expect(NtGetWriteWatch(SELF, 1, area, 0x5000, found, &count, &granularity), 0, "what was written");
    equal(count, 2, "two pages");
    check(found[0] == area + 0x1000 && found[1] == area + 0x2000, "those that were read into");
    NtQuerySystemTime((LI *)(area + 0x4000));
    count = 8;
    NtGetWriteWatch(SELF, 1, area, 0x5000, found, &count, &granularity);
    equal(count, 1, "an output counts");
    check(found[0] == area + 0x4000, "where it went");
    pages_free(area);
}

static void copied(void)
{
    HANDLE section;
    UCHAR *shared = NULL, *own = NULL;
    SIZE_T size = 0;
    LI maximum = {.QuadPart = 0x3000};
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READWRITE, SEC_COMMIT, NULL);
    NtMapViewOfSection(section, SELF, (PVOID *)&shared, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE);
    size = 0;
    NtMapViewOfSection(section, SELF, (PVOID *)&own, 0, 0, NULL, &size, ViewShare, 0, PAGE_WRITECOPY);
    shared[0x1000] = 's';
    expect(read_into(own + 0xff8, 16), 0, "read into write-copy memory, across pages");
    check(same_memory(own + 0xff8, "0123456789abcdef", 16), "it is there");
    equal(shared[0x1000], 's', "and nowhere else");
    equal(query(own).Protect, PAGE_READWRITE, "the page is one's own now");
    equal(query(own + 0x2000).Protect, PAGE_WRITECOPY, "the next is not");
    expect(read_into(shared, 16), 0, "read into a shared view");
    equal(own[0x2000], 0, "what was not written is shared still");
    shared[0x2000] = 't';
    equal(own[0x2000], 't', "as it shows");
    NtUnmapViewOfSection(SELF, shared);
    NtUnmapViewOfSection(SELF, own);
    NtClose(section);
}

static void guarded(void)
{
    UCHAR *area = pages(0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    expect(read_into(area, 16), STATUS_GUARD_PAGE_VIOLATION, "read into a guard page");
    equal(query(area).Protect, PAGE_READWRITE, "the guard is gone");
    expect(read_into(area, 16), 0, "read again");
    equal(query(area + 0x1000).Protect, PAGE_READWRITE | PAGE_GUARD, "the next guard is not");
    pages_free(area);
    area = pages(0x2000, MEM_RESERVE, PAGE_READWRITE);
    expect(read_into(area, 16), STATUS_ACCESS_VIOLATION, "read into reserved memory");
    pages_free(area);
}

static void mapped(void)
{
    HANDLE section;
    UCHAR *view = NULL;
    SIZE_T size = 0;
    LI maximum = {.QuadPart = 0x2000}, at = {.QuadPart = 0x800};
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READWRITE, SEC_COMMIT, file), 0,
           "a section of the file");
    expect(NtMapViewOfSection(section, SELF, (PVOID *)&view, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE), 0, "mapped");
    expect(read_into(view + 0x1000, 16), 0, "read the file into its own view");
    check(same_memory(view + 0x1000, "0123456789abcdef", 16), "it is in the view");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, view, 16, &at, NULL), 0, "write the file from its own view");
    check(same_memory(view + 0x800, "0123456789abcdef", 16), "that, too");
    NtQuerySystemTime((LI *)(view + 0x1800));
    check(view[0x1806] || view[0x1805], "an output into it");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
}

void test_main(void)
{
    home_begin();
    expect(make(&file, L"input", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC), 0, "a file");
    for (int i = 0; i < 0x2000; i += 16)
        put(file, "0123456789abcdef", i);
    watched();
    copied();
    guarded();
    mapped();
    dispose(file, TRUE);
    NtClose(file);
    home_end();
}
