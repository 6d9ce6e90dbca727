/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sections backed by the paging file: views, protections, reserve, query, between processes.
 * Known from: MSDN CreateFileMapping, MapViewOfFile, NtCreateSection, NtMapViewOfSection; G. Nebbett, Native API Reference,
 * ch. 4; Windows Internals, 4th ed., ch. 7; Wine's dlls/kernel32/tests/virtual.c and ntdll/tests/virtual.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()
#define BNO L"\\BaseNamedObjects\\"
static HANDLE section;
static PVOID base;
static SIZE_T size;
static LI offset;

static NTSTATUS create(LONGLONG length, ULONG access, ULONG protect, ULONG attributes)
{
    LI maximum = {.QuadPart = length};
    return NtCreateSection(&section, access, NULL, &maximum, protect, attributes, NULL);
}

static NTSTATUS map(ULONG from, SIZE_T length, ULONG protect)
{
    base = NULL;
    size = length;
    offset.QuadPart = from;
    return NtMapViewOfSection(section, SELF, &base, 0, 0, &offset, &size, ViewShare, 0, protect);
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

static void views(void)
{
    UCHAR *first, *second;
    MEMORY_BASIC_INFORMATION info;
    expect(create(0x25000, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT), 0, "create");
    expect(map(0, 0, PAGE_READWRITE), 0, "map all");
    first = base;
    equal(size, 0x25000, "map all: size");
    equal((ULONG_PTR)first & 0xffff, 0, "map all: at a multiple of 64 KB");
    equal(first[0] | first[0x24fff], 0, "it is zero");
    expect(map(0x10000, 0x1234, PAGE_READWRITE), 0, "map a part");
    second = base;
    equal(size, 0x2000, "map a part: size rounds up to a page");
    first[0x10005] = 7;
    equal(second[5], 7, "both views are the same memory");
    info = query(second);
    equal(info.Type, MEM_MAPPED, "a view is of type mapped");
    equal(info.State, MEM_COMMIT, "committed");
    equal(info.Protect, PAGE_READWRITE, "of its protection");
    equal(info.RegionSize, 0x2000, "of its size");
    equal((ULONG_PTR)info.AllocationBase, (ULONG_PTR)second, "its own allocation");
    expect(NtUnmapViewOfSection(SELF, second + 0x1800), 0, "unmap by an address inside");
    equal(query(second).State, MEM_FREE, "it is gone");
    expect(NtUnmapViewOfSection(SELF, second), STATUS_NOT_MAPPED_VIEW, "unmap again");
    expect(map(0, 0x1000, PAGE_READONLY), 0, "map read-only");
    second = base;
    equal(query(second).Protect, PAGE_READONLY, "read-only it is");
    first[3] = 4;
    equal(second[3], 4, "it shows what others write");
    NtUnmapViewOfSection(SELF, second);
    expect(map(0, 0x1000, PAGE_WRITECOPY), 0, "map copy-on-write");
    second = base;
    equal(query(second).Protect, PAGE_WRITECOPY, "copy-on-write: protection");
    equal(second[3], 4, "copy-on-write: shared at first");
    second[3] = 5;
    equal(first[3], 4, "copy-on-write: a write stays private");
    equal(query(second).Protect, PAGE_READWRITE, "copy-on-write: a copied page is read-write");
    first[3] = 6;
    equal(second[3], 5, "copy-on-write: the copy no longer changes");
    NtUnmapViewOfSection(SELF, second);
    NtClose(section);
    equal(first[0x10005], 7, "a view outlives the handle");
    expect(NtUnmapViewOfSection(SELF, first), 0, "unmap");
}

static void reserved(void)
{
    UCHAR *view;
    PVOID at;
    SIZE_T length = 0x1000;
    expect(create(0x20000, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_RESERVE), 0, "create reserved");
    expect(map(0, 0, PAGE_READWRITE), 0, "map reserved");
    view = base;
    equal(query(view).State, MEM_RESERVE, "its pages are reserved");
    equal(query(view).Type, MEM_MAPPED, "and of type mapped");
    at = view + 0x3000;
    expect(NtAllocateVirtualMemory(SELF, &at, 0, &length, MEM_COMMIT, PAGE_READWRITE), 0, "commit a page of it");
    view[0x3000] = 9;
    equal(query(view + 0x3000).RegionSize, 0x1000, "one page is committed");
    expect(map(0, 0, PAGE_READWRITE), 0, "a second view");
    equal(((UCHAR *)base)[0x3000], 9, "sees the page committed through the first");
    NtUnmapViewOfSection(SELF, base);
    at = view + 0x3000;
    expect(NtFreeVirtualMemory(SELF, &at, &length, MEM_DECOMMIT), STATUS_UNABLE_TO_DELETE_SECTION,
           "a view's page cannot be decommitted");
    NtUnmapViewOfSection(SELF, view);
    NtClose(section);
}

static void information(void)
{
    SECTION_BASIC_INFORMATION info;
    SECTION_IMAGE_INFORMATION image;
    SIZE_T length = 0;
    HANDLE event;
    create(0x1234, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT);
    expect(NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), &length), 0, "query");
    equal(length, 16, "query: length");
    equal((ULONG_PTR)info.BaseAddress, 0, "query: no base address");
    equal(info.Attributes, SEC_COMMIT, "query: attributes");
    equal(info.Size.QuadPart, 0x2000, "query: size in whole pages");
    expect(NtQuerySection(section, SectionBasicInformation, &info, 15, NULL), STATUS_INFO_LENGTH_MISMATCH,
           "query, length 15");
    expect(NtQuerySection(section, SectionImageInformation, &image, sizeof(image), NULL), STATUS_SECTION_NOT_IMAGE,
           "query as an image");
    expect(NtQuerySection(section, 7, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "query, class 7");
    faults(BAD_OUT, p, NtQuerySection(section, SectionBasicInformation, p, sizeof(info), NULL), "query, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), p), "query, length");
    NtClose(section);
    create(0x1000, SECTION_MAP_READ, PAGE_READWRITE, SEC_COMMIT);
    expect(NtQuerySection(section, SectionBasicInformation, &info, sizeof(info), NULL), STATUS_ACCESS_DENIED,
           "query without SECTION_QUERY");
    NtClose(section);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQuerySection(event, SectionBasicInformation, &info, sizeof(info), NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "query, an event");
    NtClose(event);
}

static void refused(void)
{
    expect(create(0, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT), STATUS_INVALID_PARAMETER_4, "create, size 0");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL),
           STATUS_INVALID_PARAMETER_4, "create, no size");
    expect(create(0x1000, SECTION_ALL_ACCESS, 3, SEC_COMMIT), STATUS_INVALID_PAGE_PROTECTION, "create, protection 3");
    expect(create(0x1000, SECTION_ALL_ACCESS, PAGE_READWRITE, 0), STATUS_INVALID_PARAMETER_6, "create, no attributes");
    expect(create(0x1000, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT | 1), STATUS_INVALID_PARAMETER_6,
           "create, unknown attribute");
    expect(create(0x1000, SECTION_ALL_ACCESS, PAGE_READONLY, SEC_IMAGE), STATUS_INVALID_FILE_FOR_SECTION,
           "create an image without a file");
    expect(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, (HANDLE)0x7ff0),
           STATUS_INVALID_HANDLE, "create, no such file handle");
    faults(BAD_OUT, p, NtCreateSection(p, SECTION_ALL_ACCESS, NULL, &offset, PAGE_READWRITE, SEC_COMMIT, NULL),
           "create, handle");
    faults(BAD_IN_OPTIONAL, p, NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, p, PAGE_READWRITE, SEC_COMMIT, NULL),
           "create, size pointer");
    create(0x20000, SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT);
    expect(map(0x1000, 0, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT, "map at an offset of one page");
    expect(map(0x20000, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "map from the end");
    expect(map(0, 0x21000, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "map more than there is");
    expect(map(0x10000, 0x11000, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "map more than there is from the middle");
    expect(map(0, 0, PAGE_EXECUTE_READWRITE), STATUS_SECTION_PROTECTION, "map for execution what was not made for it");
    expect(map(0, 0, 3), STATUS_INVALID_PAGE_PROTECTION, "map, protection 3");
    base = (PVOID)0x12345000;
    size = 0x1000;
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_MAPPED_ALIGNMENT, "map at an odd address");
    base = NULL;
    expect(NtMapViewOfSection(section, SELF, &base, 22, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_INVALID_PARAMETER_4, "map, 22 zero bits");
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, 0, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_8,
           "map, inheritance 0");
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, 3, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_8,
           "map, inheritance 3");
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0x1, PAGE_READWRITE),
           STATUS_INVALID_PARAMETER_9, "map, unknown allocation type");
    base = TEB_NOW->Peb->ImageBaseAddress;
    expect(NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_CONFLICTING_ADDRESSES, "map over something");
    faults(BAD_OUT, p, NtMapViewOfSection(section, SELF, p, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE), "map, base");
    base = NULL;
    faults(BAD_OUT, p, NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, p, ViewShare, 0, PAGE_READWRITE), "map, size");
    faults(BAD_OUT_OPTIONAL, p, NtMapViewOfSection(section, SELF, &base, 0, 0, p, &size, ViewShare, 0, PAGE_READWRITE),
           "map, offset");
    expect(NtMapViewOfSection((HANDLE)0x7ff0, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
           STATUS_INVALID_HANDLE, "map, no such section");
    NtClose(section);
    create(0x1000, SECTION_MAP_READ, PAGE_READWRITE, SEC_COMMIT);
    expect(map(0, 0, PAGE_READWRITE), STATUS_ACCESS_DENIED, "map to write with the right to read");
    expect(map(0, 0, PAGE_READONLY), 0, "map to read");
    NtUnmapViewOfSection(SELF, base);
    NtClose(section);
    create(0x1000, SECTION_ALL_ACCESS, PAGE_READONLY, SEC_COMMIT);
    expect(map(0, 0, PAGE_READWRITE), STATUS_SECTION_PROTECTION, "map to write what is read-only");
    NtClose(section);
    base = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    expect(NtUnmapViewOfSection(SELF, base), STATUS_NOT_MAPPED_VIEW, "unmap private memory");
    pages_free(base);
    expect(NtUnmapViewOfSection(SELF, (PVOID)0x80000000), STATUS_NOT_MAPPED_VIEW, "unmap a kernel address");
    expect(NtUnmapViewOfSection((HANDLE)0x7ff0, NULL), STATUS_INVALID_HANDLE, "unmap, no such process");
}

void test_main(void)
{
    views();
    reserved();
    information();
    refused();
}
