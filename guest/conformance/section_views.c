/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How views are placed and what kinds of sections there are: based, reserved, not to be changed, not cached.
 * Known from: MSDN NtMapViewOfSection, NtCreateSection (SEC_* attributes), MapViewOfFileEx; G. Nebbett, Native API Reference, ch. 4
 * (SEC_BASED, SEC_NO_CHANGE, CommitSize, AllocationType).
 */
#include "ntapi_mm.h"
#include "tap.h"

#define SELF NtCurrentProcess()
static HANDLE section;
static UCHAR *base;
static SIZE_T size;
static LI offset;

static NTSTATUS create(LONGLONG length, ULONG protect, ULONG attributes)
{
    LI maximum = {.QuadPart = length};
    return NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &maximum, protect, attributes, NULL);
}

static NTSTATUS map(PVOID at, SIZE_T length, ULONG zero_bits, SIZE_T commit, ULONG type, ULONG protect)
{
    base = at;
    size = length;
    return NtMapViewOfSection(section, SELF, (PVOID *)&base, zero_bits, commit, &offset, &size, ViewUnmap, type, protect);
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

static void places(void)
{
    UCHAR *place;
    create(0x40000, PAGE_READWRITE, SEC_COMMIT);
    expect(map(NULL, 0, 0, 0, MEM_TOP_DOWN, PAGE_READWRITE), 0, "map top down");
    check((ULONG_PTR)base >= 0x60000000, "is high");
    place = base;
    expect(NtUnmapViewOfSection(SELF, base), 0, "unmap it");
    expect(map(place, 0x1000, 0, 0, 0, PAGE_READWRITE), 0, "map at a given address");
    equal((ULONG_PTR)base, (ULONG_PTR)place, "there it is");
    equal(query(base).RegionSize, 0x1000, "of the given size");
    expect(map(place, 0x1000, 0, 0, 0, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "map there again");
    NtUnmapViewOfSection(SELF, place);
    expect(map(NULL, 0, 4, 0, 0, PAGE_READWRITE), 0, "map with 4 zero bits");
    check((ULONG_PTR)base + size <= 0x10000000, "is below 256 MB");
    NtUnmapViewOfSection(SELF, base);
    expect(map(place, 0x1000, 8, 0, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "an address that has such bits");
    expect(map((PVOID)0x80000000, 0x1000, 0, 0, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3, "a kernel address");
    expect(map((PVOID)0x7ffd0000, 0x40000, 0, 0, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3, "into the kernel");
    offset.QuadPart = 0x20000;
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), 0, "map the second half");
    equal(size, 0x20000, "is the rest");
    NtUnmapViewOfSection(SELF, base);
    offset.QuadPart = 0x100000000;
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "map far behind the end");
    offset.QuadPart = 0x40000;
    expect(map(NULL, 0x1000, 0, 0, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "map at the end");
    offset.QuadPart = 0;
    expect(map(NULL, 1, 0, 0, 0, PAGE_READWRITE), 0, "map a byte");
    equal(size, 0x1000, "is a page");
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
}

static void reserved(void)
{
    UCHAR *view;
    PVOID at;
    SIZE_T length = 0x2000;
    expect(create(0x100000, PAGE_READWRITE, SEC_RESERVE), 0, "create reserved");
    expect(map(NULL, 0, 0, 0x3000, 0, PAGE_READWRITE), 0, "map with three pages committed");
    view = base;
    equal(query(view).State, MEM_COMMIT, "they are");
    equal(query(view).RegionSize, 0x3000, "three pages");
    view[0x2fff] = 3;
    equal(query(view + 0x3000).State, MEM_RESERVE, "the next are not");
    at = view + 0x8000;
    expect(NtAllocateVirtualMemory(SELF, &at, 0, &length, MEM_COMMIT, PAGE_READONLY), 0, "commit two read-only");
    equal(query(view + 0x8000).Protect, PAGE_READONLY, "read-only they are");
    expect(NtAllocateVirtualMemory(SELF, &at, 0, &length, MEM_COMMIT, PAGE_EXECUTE_READWRITE), STATUS_SECTION_PROTECTION,
           "commit for execution");
    expect(map(NULL, 0x10000, 0, 0x20000, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "commit more than the view");
    NtUnmapViewOfSection(SELF, view);
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), 0, "map again");
    equal(base[0x2fff], 3, "what was committed is there");
    equal(query(base + 0x8000).Protect, PAGE_READWRITE, "under the view's own protection");
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
    expect(create(0x180000000, PAGE_READWRITE, SEC_RESERVE), 0, "reserve 6 GB");
    offset.QuadPart = 0x17fff0000;
    expect(map(NULL, 0, 0, 0x1000, 0, PAGE_READWRITE), 0, "map the end");
    equal(size, 0x10000, "of it");
    base[0] = 1;
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
    offset.QuadPart = 0;
    create(0x10000, PAGE_READWRITE, SEC_COMMIT);
    map(NULL, 0, 0, 0, 0, PAGE_READWRITE);
    at = base;
    length = 0x1000;
    expect(NtAllocateVirtualMemory(SELF, &at, 0, &length, MEM_COMMIT, PAGE_READWRITE), STATUS_ALREADY_COMMITTED,
           "commit what is committed");
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
    expect(create(-1, PAGE_READWRITE, SEC_COMMIT) < 0, 1, "a negative size");
    expect(create(0x7fffffffffffffff, PAGE_READWRITE, SEC_RESERVE), STATUS_SECTION_TOO_BIG, "the largest size");
}

static void based(void)
{
    SECTION_BASIC_INFORMATION info = {0};
    UCHAR *place;
    if (create(0x20000, PAGE_READWRITE, SEC_COMMIT | SEC_BASED)) {
        check(FALSE, "create based");
        return;
    }
    check(TRUE, "create based");
    NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
    check(info.BaseAddress != NULL, "it has an address");
    equal(info.Attributes, SEC_COMMIT | SEC_BASED, "it says so");
    place = info.BaseAddress;
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), 0, "map it");
    equal((ULONG_PTR)base, (ULONG_PTR)place, "at that address");
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "a second view has no place");
    NtUnmapViewOfSection(SELF, place);
    offset.QuadPart = 0x10000;
    expect(map(NULL, 0, 0, 0, 0, PAGE_READWRITE), 0, "map its second half");
    equal((ULONG_PTR)base, (ULONG_PTR)place + 0x10000, "is where it belongs");
    offset.QuadPart = 0;
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
}

static void unchanged(void)
{
    SECTION_BASIC_INFORMATION info = {0};
    PVOID at;
    SIZE_T length = 0x1000;
    ULONG old;
    expect(create(0x10000, PAGE_READWRITE, SEC_COMMIT | SEC_NO_CHANGE), 0, "create, no change");
    expect(map(NULL, 0, 0, 0, SEC_NO_CHANGE, PAGE_READWRITE), 0, "map, no change");
    at = base;
    expect(NtProtectVirtualMemory(SELF, &at, &length, PAGE_READONLY, &old), STATUS_INVALID_PAGE_PROTECTION,
           "its protection stays");
    expect(NtUnmapViewOfSection(SELF, base), 0, "it can be unmapped");
    NtClose(section);
    expect(create(0x10000, PAGE_READWRITE, SEC_COMMIT | SEC_NOCACHE), 0, "create, not cached");
    NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL);
    equal(info.Attributes, SEC_COMMIT | SEC_NOCACHE, "not cached: attributes");
    NtClose(section);
    expect(create(0x10000, PAGE_READWRITE | PAGE_GUARD, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION, "create, guard");
    expect(create(0x10000, PAGE_NOACCESS, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION, "create, no access");
    expect(create(0x10000, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE), STATUS_INVALID_PARAMETER_6, "committed and reserved");
    expect(create(0x10000, PAGE_READWRITE, SEC_COMMIT | SEC_IMAGE), STATUS_INVALID_PARAMETER_6, "committed and an image");
    expect(create(0x10000, PAGE_READWRITE, SEC_COMMIT | 0x80000000), STATUS_INVALID_PARAMETER_6,
           "large pages are not known yet");
}

void test_main(void)
{
    places();
    reserved();
    based();
    unchanged();
}
