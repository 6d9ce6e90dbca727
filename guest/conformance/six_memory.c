/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory since Vista: placed by requirements, looked at by region and by page, prefetched.
 * Known from: MSDN VirtualAlloc2, MapViewOfFile3, QueryWorkingSetEx, PrefetchVirtualMemory; Wine's dlls/ntdll/tests/virtual.c.
 */
#include "ntapi_six.h"

enum { WorkingSetEx = 4, Region = 3, ImageInfo = 6 };
#define RESERVE (MEM_RESERVE | MEM_COMMIT)

static NTSTATUS allocate(PVOID *base, SIZE_T *size, REQUIREMENTS *wanted, ULONG count)
{
    EXTENDED list[2] = {{1, (ULONG_PTR)wanted}, {1, (ULONG_PTR)wanted}};
    return NtAllocateVirtualMemoryEx(NtCurrentProcess(), base, size, RESERVE, PAGE_READWRITE, list, count);
}

static void allocation(void)
{
    REQUIREMENTS low = {NULL, (PVOID)0x1fffffff, 0}, aligned = {NULL, NULL, 0x100000};
    PVOID base = NULL;
    SIZE_T size = 0x2000;
    expect(NtAllocateVirtualMemoryEx(NtCurrentProcess(), &base, &size, RESERVE, PAGE_READWRITE, NULL, 0), 0, "no requirements");
    pages_free(base);
    base = NULL, size = 0x2000;
    expect(allocate(&base, &size, &low, 1), 0, "below an address");
    check((ULONG_PTR)base < 0x20000000 && size == 0x2000, "it is");
    pages_free(base);
    base = NULL;
    expect(allocate(&base, &size, &aligned, 1), 0, "aligned");
    equal((ULONG_PTR)base & 0xfffff, 0, "it is aligned");
    expect(allocate(&base, &size, &aligned, 1), STATUS_INVALID_PARAMETER, "an address and a requirement");
    pages_free(base);
    base = NULL;
    expect(allocate(&base, &size, &aligned, 2), STATUS_INVALID_PARAMETER, "the same requirement twice");
    aligned.Alignment = 0x30000;
    expect(allocate(&base, &size, &aligned, 1), STATUS_INVALID_PARAMETER, "an alignment that is none");
    low.Highest = (PVOID)0x1ffffff0;
    expect(allocate(&base, &size, &low, 1), STATUS_INVALID_PARAMETER, "an end inside of a page");
    expect(NtAllocateVirtualMemoryEx(NtCurrentProcess(), &base, &size, RESERVE, 0x3333, NULL, 0), STATUS_INVALID_PAGE_PROTECTION,
           "a protection that is none");
}

static void views(void)
{
    REQUIREMENTS low = {NULL, (PVOID)0x1fffffff, 0};
    EXTENDED list = {1, (ULONG_PTR)&low};
    LARGE_INTEGER length = {.QuadPart = 0x10000};
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &length, PAGE_READWRITE, SEC_COMMIT, NULL);
    expect(NtMapViewOfSectionEx(section, NtCurrentProcess(), &base, NULL, &size, 0, PAGE_READWRITE, NULL, 0), 0, "a view");
    equal(size, 0x10000, "of all of it");
    expect(NtUnmapViewOfSectionEx(NtCurrentProcess(), base, 0), 0, "unmap it");
    expect(NtUnmapViewOfSectionEx(NtCurrentProcess(), base, 0), STATUS_NOT_MAPPED_VIEW, "a second time");
    base = NULL, size = 0;
    expect(NtMapViewOfSectionEx(section, NtCurrentProcess(), &base, NULL, &size, 0, PAGE_READWRITE, &list, 1), 0, "a low view");
    check((ULONG_PTR)base < 0x20000000, "it is low");
    NtUnmapViewOfSectionEx(NtCurrentProcess(), base, 0);
    expect(NtMapViewOfSectionEx((HANDLE)0x7770, NtCurrentProcess(), &base, NULL, &size, 0, PAGE_READWRITE, NULL, 0),
           STATUS_INVALID_HANDLE, "of no section");
    NtClose(section);
}

static void looking(void)
{
    struct { PVOID address; ULONG attributes; } page[2];
    struct { PVOID base; ULONG protect, kind; SIZE_T size, commit; } region;
    UCHAR *base = pages(0x3000, MEM_RESERVE, PAGE_NOACCESS);
    PVOID at = base;
    SIZE_T size = 0x1000, told = 0;
    NtAllocateVirtualMemory(NtCurrentProcess(), &at, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    base[0] = 1;
    page[0].address = base + 5;
    page[1].address = base + 0x1000;
    expect(NtQueryVirtualMemory(NtCurrentProcess(), NULL, WorkingSetEx, page, sizeof(page), &told), 0, "look at two pages");
    equal(told, sizeof(page), "both are told");
    equal(page[0].attributes & 1, 1, "one is there");
    equal(page[0].attributes >> 4 & 0x7ff, PAGE_READWRITE, "with its protection");
    equal(page[1].attributes & 1, 0, "one is not");
    expect(NtQueryVirtualMemory(NtCurrentProcess(), NULL, WorkingSetEx, page, 4, &told), STATUS_INFO_LENGTH_MISMATCH,
           "look at half a page");
    expect(NtQueryVirtualMemory(NtCurrentProcess(), base + 0x1234, Region, &region, sizeof(region), &told), 0, "query the region");
    equal(region.base, base, "its start");
    equal(region.size, 0x3000, "its size");
    equal(region.protect, PAGE_NOACCESS, "its first protection");
    expect(NtQueryVirtualMemory(NtCurrentProcess(), base, Region, &region, 8, &told), STATUS_INFO_LENGTH_MISMATCH,
           "a part of it");
    pages_free(base);
}

static void prefetching(void)
{
    static UCHAR here[0x1000];
    RANGE_ENTRY ranges[2] = {{here, 10}, {here, 0x1000}};
    ULONG flags = 0;
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 2, ranges, &flags, 4), 0, "prefetch");
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 77, 2, ranges, &flags, 4), STATUS_INVALID_PARAMETER_2, "no such class");
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 0, ranges, &flags, 4), STATUS_INVALID_PARAMETER_3, "no ranges");
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 2, ranges, NULL, 4), STATUS_INVALID_PARAMETER_5, "no flags");
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 2, ranges, &flags, 8), STATUS_INVALID_PARAMETER_6, "long flags");
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 2, NULL, &flags, 4), STATUS_ACCESS_VIOLATION, "ranges nowhere");
    ranges[1].Size = 0;
    expect(NtSetInformationVirtualMemory(NtCurrentProcess(), 0, 2, ranges, &flags, 4), STATUS_INVALID_PARAMETER_4, "an empty range");
}

void test_main(void)
{
    allocation();
    views();
    looking();
    prefetching();
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}
