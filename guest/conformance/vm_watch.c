/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Write watch, working set lists, names of mapped files, and whether two views show one file.
 * Known from: MSDN GetWriteWatch, ResetWriteWatch, QueryWorkingSet (PSAPI_WORKING_SET_BLOCK), GetMappedFileName; G. Nebbett,
 * Native API Reference, ch. 4 (ZwQueryVirtualMemory, ZwAreMappedFilesTheSame); Wine's dlls/kernel32/tests/virtual.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()
#define WATCHED (MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH)
NTCALL(NtGetWriteWatch, HANDLE, ULONG, PVOID, SIZE_T, PVOID *, ULONG_PTR *, ULONG *);
NTCALL(NtResetWriteWatch, HANDLE, PVOID, SIZE_T);
NTCALL(NtAreMappedFilesTheSame, PVOID, PVOID);

static UCHAR *area;
static PVOID found[16];
static ULONG_PTR count;
static ULONG granularity;

static NTSTATUS watch(ULONG flags, PVOID at, SIZE_T size, ULONG_PTR room)
{
    count = room;
    granularity = 0;
    return NtGetWriteWatch(SELF, flags, at, size, found, &count, &granularity);
}

static void writes(void)
{
    UCHAR byte = 1;
    SIZE_T size = 0x1000;
    PVOID base;
    area = pages(0x10000, WATCHED, PAGE_READWRITE);
    equal(area[0x5000], 0, "read a page");
    expect(watch(0, area, 0x10000, 16), 0, "nothing was written");
    equal(count, 0, "so there is no page");
    equal(granularity, 0x1000, "pages are what is counted");
    area[0x3123] = 1;
    area[0x1fff] = area[0x2000] = 1;
    NtWriteVirtualMemory(SELF, area + 0x8000, &byte, 1, NULL);
    expect(watch(0, area, 0x10000, 16), 0, "four pages were written");
    equal(count, 4, "four pages");
    check(found[0] == area + 0x1000 && found[1] == area + 0x2000 && found[2] == area + 0x3000, "in order");
    check(found[3] == area + 0x8000, "one of them by a system call");
    expect(watch(0, area + 0x2000, 0x2000, 16), 0, "a part");
    equal(count, 2, "has two of them");
    expect(watch(1, area, 0x10000, 2), 0, "two, and reset");
    equal(count, 2, "no more than there is room for");
    expect(watch(0, area, 0x10000, 16), 0, "the others");
    equal(count, 2, "were not reset");
    area[0x1000] = 2;
    watch(0, area, 0x10000, 16);
    equal(count, 3, "written again it counts again");
    expect(NtResetWriteWatch(SELF, area, 0x10000), 0, "reset all");
    watch(0, area, 0x10000, 16);
    equal(count, 0, "all are reset");
    area[0x4000] = 3;
    base = area + 0x4000;
    NtFreeVirtualMemory(SELF, &base, &size, MEM_DECOMMIT);
    NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    equal(area[0x4000], 0, "committed anew");
}

static void refused(void)
{
    UCHAR *plain = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    expect(watch(2, area, 0x1000, 1), STATUS_INVALID_PARAMETER_2, "flags 2");
    expect(watch(0, area, 0x1000, 0), STATUS_INVALID_PARAMETER_5, "no room");
    expect(watch(0, area, 0, 1), STATUS_INVALID_PARAMETER_3, "size 0");
    expect(watch(0, area, 0x11000, 1), STATUS_INVALID_PARAMETER_1, "past the end");
    expect(watch(0, plain, 0x1000, 1), STATUS_INVALID_PARAMETER_1, "memory that is not watched");
    expect(watch(0, (PVOID)0x80000000, 0x1000, 1), STATUS_INVALID_PARAMETER_2, "a kernel address");
    expect(NtResetWriteWatch(SELF, plain, 0x1000), STATUS_INVALID_PARAMETER_1, "reset what is not watched");
    expect(NtResetWriteWatch(SELF, area, 0), STATUS_INVALID_PARAMETER_3, "reset, size 0");
    expect(NtResetWriteWatch((HANDLE)0x7ff0, area, 0x1000), STATUS_INVALID_HANDLE, "reset, no such process");
    count = 1;
    expect(NtGetWriteWatch((HANDLE)0x7ff0, 0, area, 0x1000, found, &count, &granularity), STATUS_INVALID_HANDLE,
           "no such process");
    faults(BAD_OUT, p, NtGetWriteWatch(SELF, 0, area, 0x1000, p, &count, &granularity), "array");
    faults(BAD_OUT, p, NtGetWriteWatch(SELF, 0, area, 0x1000, found, p, &granularity), "count");
    faults(BAD_OUT, p, NtGetWriteWatch(SELF, 0, area, 0x1000, found, &count, p), "granularity");
    pages_free(plain);
    pages_free(area);
}

static void working_set(void)
{
    static ULONG_PTR list[0x4000];
    UCHAR *page = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONG entry = 0;
    page[0] = 1;
    expect(NtQueryVirtualMemory(SELF, NULL, 1, list, 8, NULL), STATUS_INFO_LENGTH_MISMATCH, "working set, too small");
    check(list[0] > 4, "it tells how many there are");
    expect(NtQueryVirtualMemory(SELF, NULL, 1, list, sizeof(list), NULL), 0, "working set");
    for (ULONG i = 1; i <= list[0]; i++)
        if ((list[i] & ~0xffful) == (ULONG_PTR)page)
            entry = list[i];
    equal(entry & 0x11f, 4, "a page of one's own in it: read-write, not shared");
    pages_free(page);
}

static void names(void)
{
    struct { UNICODE_STRING name; WCHAR text[300]; } answer;
    UCHAR *page = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    UCHAR *own = TEB_NOW->Peb->ImageBaseAddress;
    SIZE_T length = 0;
    ULONG last;
    expect(NtQueryVirtualMemory(SELF, own + 0x1000, 2, &answer, sizeof(answer), &length), 0, "name of the own image");
    last = answer.name.Length / 2;
    check(last > 4 && answer.name.Buffer[last - 4] == '.' && answer.name.Buffer[0] == '\\', "is a path");
    check(answer.name.Buffer == answer.text, "behind its head");
    expect(NtQueryVirtualMemory(SELF, own, 2, &answer, 10, NULL), STATUS_BUFFER_OVERFLOW, "name, no room for the text");
    expect(NtQueryVirtualMemory(SELF, page, 2, &answer, sizeof(answer), NULL), STATUS_INVALID_ADDRESS,
           "name of private memory");
    pages_free(page);
    expect(NtQueryVirtualMemory(SELF, page, 2, &answer, sizeof(answer), NULL), STATUS_INVALID_ADDRESS, "name of nothing");
}

static UCHAR *map_self(ULONG attributes)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES object = {sizeof(object), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK io;
    HANDLE file, section;
    PVOID base = NULL;
    SIZE_T size = 0;
    NtOpenFile(&file, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, &object, &io, FILE_SHARE_READ | FILE_SHARE_DELETE, 0x20);
    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, attributes, file);
    NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewShare, 0, PAGE_READONLY);
    NtClose(section);
    NtClose(file);
    return base;
}

static void same_files(void)
{
    UCHAR *image = map_self(SEC_IMAGE), *data = map_self(SEC_COMMIT), *own = TEB_NOW->Peb->ImageBaseAddress;
    UCHAR *page = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    check(image && data, "map the own file as an image and as data");
    expect(NtAreMappedFilesTheSame(own, image), 0, "two images of one file");
    expect(NtAreMappedFilesTheSame(own, data), 0, "an image and its file");
    expect(NtAreMappedFilesTheSame(data, own), STATUS_NOT_SAME_DEVICE, "data is no image");
    expect(NtAreMappedFilesTheSame(own, page), STATUS_CONFLICTING_ADDRESSES, "private memory");
    pages_free(page);
    expect(NtAreMappedFilesTheSame(own, page), STATUS_INVALID_ADDRESS, "nothing there");
    expect(NtAreMappedFilesTheSame(NULL, own), STATUS_INVALID_ADDRESS, "nothing at NULL");
    NtUnmapViewOfSection(SELF, image);
    NtUnmapViewOfSection(SELF, data);
}

void test_main(void)
{
    writes();
    refused();
    working_set();
    names();
    same_files();
}
