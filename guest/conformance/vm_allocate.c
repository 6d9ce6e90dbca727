/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtAllocateVirtualMemory and NtFreeVirtualMemory: rounding, reserve and commit, what is refused and how.
 * Known from: MSDN VirtualAlloc, VirtualFree and NtAllocateVirtualMemory; G. Nebbett, Native API Reference, ch. 4; Windows
 * Internals, 4th ed., ch. 7 (64 KB granularity, VADs); Wine's dlls/kernel32/tests/virtual.c and ntdll/tests/virtual.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()
static PVOID base;
static SIZE_T size;

static NTSTATUS allocate(PVOID at, SIZE_T length, ULONG type, ULONG protect)
{
    base = at;
    size = length;
    return NtAllocateVirtualMemory(SELF, &base, 0, &size, type, protect);
}

static NTSTATUS release(PVOID at, SIZE_T length, ULONG type)
{
    base = at;
    size = length;
    return NtFreeVirtualMemory(SELF, &base, &size, type);
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

static void rounding(void)
{
    UCHAR *first;
    expect(allocate(NULL, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0, "allocate one byte");
    first = base;
    equal(size, 0x1000, "is a page");
    equal((ULONG_PTR)first & 0xffff, 0, "at a multiple of 64 KB");
    first[0xfff] = 1;
    equal(first[0], 0, "it is zero");
    expect(release(first, 0, MEM_RELEASE), 0, "release");
    equal(size, 0x1000, "tells the size released");
    expect(allocate(first + 0x1234, 0x1000, MEM_RESERVE, PAGE_READWRITE), 0, "reserve at an odd address");
    equal((ULONG_PTR)base, (ULONG_PTR)first, "rounds down to 64 KB");
    equal(size, 0x3000, "and up to the last page touched");
    expect(allocate(first + 0x1ffe, 4, MEM_COMMIT, PAGE_READWRITE), 0, "commit four bytes across pages");
    equal((ULONG_PTR)base, (ULONG_PTR)first + 0x1000, "rounds down to a page");
    equal(size, 0x2000, "is two pages");
    expect(release(first, 0, MEM_RELEASE), 0, "release the three pages");
    equal(size, 0x3000, "tells all");
    expect(allocate(NULL, 0x12345, MEM_COMMIT, PAGE_READWRITE), 0, "commit without an address reserves as well");
    equal(size, 0x13000, "13 pages and 6");
    release(base, 0, MEM_RELEASE);
}

static void stages(void)
{
    UCHAR *area;
    allocate(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    area = base;
    equal(query(area).State, MEM_RESERVE, "reserved");
    expect(allocate(area + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE), 0, "commit a page inside");
    area[0x2000] = 5;
    expect(allocate(area + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE), 0, "commit it again");
    equal(area[0x2000], 5, "its data stays");
    expect(allocate(area + 0x1000, 0x4000, MEM_COMMIT, PAGE_READWRITE), 0, "commit around it");
    equal(area[0x2000], 5, "its data stays again");
    expect(release(area + 0x2000, 0x1000, MEM_DECOMMIT), 0, "decommit it");
    equal(query(area + 0x2000).State, MEM_RESERVE, "it is reserved");
    equal(query(area + 0x3000).State, MEM_COMMIT, "its neighbour committed");
    expect(release(area + 0x2000, 0x1000, MEM_DECOMMIT), 0, "decommit what is not committed");
    allocate(area + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    equal(area[0x2000], 0, "committed anew it is zero");
    expect(release(area, 0, MEM_DECOMMIT), 0, "decommit with size zero");
    equal(size, 0x10000, "is the whole region");
    equal(query(area).RegionSize, 0x10000, "one reserved region again");
    expect(release(area + 0x1000, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE, "decommit size zero, not at the base");
    expect(release(area + 0x1000, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE, "release size zero, not at the base");
    expect(release(area, 0x20000, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM, "release more than there is");
    expect(release(area, 0x20000, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM, "decommit more than there is");
    expect(release(area, 0, MEM_RELEASE), 0, "release the area");
    expect(release(area, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED, "release again");
    expect(release(area, 0x1000, MEM_DECOMMIT), STATUS_MEMORY_NOT_ALLOCATED, "decommit what is free");
    equal(query(area).State, MEM_FREE, "free");
}

/* NT can release a part; what remains stays allocated. kernel32 alone insists on size zero. */
static void parts(void)
{
    UCHAR *area;
    allocate(NULL, 0x30000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    area = base;
    area[0x2ffff] = 9;
    expect(release(area, 0x10000, MEM_RELEASE), 0, "release the first third");
    equal(query(area).State, MEM_FREE, "it is free");
    equal((ULONG_PTR)query(area + 0x10000).AllocationBase, (ULONG_PTR)area + 0x10000, "the rest has a base of its own");
    expect(release(area + 0x10000, 0x10000, MEM_RELEASE), 0, "release the second third");
    equal(area[0x2ffff], 9, "the last has kept its data");
    expect(release(area + 0x20000, 0, MEM_RELEASE), 0, "release the last third");
}

static void places(void)
{
    PVOID low, high;
    base = NULL;
    size = 0x1000;
    expect(NtAllocateVirtualMemory(SELF, &base, 8, &size, MEM_RESERVE, PAGE_READWRITE), 0, "8 zero bits");
    check((ULONG_PTR)base && (ULONG_PTR)base < 0x1000000, "give an address below 16 MB");
    release(base, 0, MEM_RELEASE);
    base = NULL;
    size = 0x1000;
    expect(NtAllocateVirtualMemory(SELF, &base, 22, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3,
           "22 zero bits");
    allocate(NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE);
    low = base;
    expect(allocate(NULL, 0x1000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE), 0, "top down");
    high = base;
    check(high > low, "is above the rest");
    check((ULONG_PTR)high >= 0x70000000, "near the top of user space");
    release(high, 0, MEM_RELEASE);
    expect(allocate(low, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "reserve where something is");
    expect(allocate((PVOID)0x7ffe0000, 0x1000, MEM_RESERVE, PAGE_READWRITE) < 0, 1, "nothing goes over KUSER_SHARED_DATA");
    release(low, 0, MEM_RELEASE);
    expect(allocate(low, 0x1000, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "commit where nothing is");
}

static void errors(void)
{
    HANDLE limited;
    expect(allocate(NULL, 0x1000, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "type 0");
    expect(allocate(NULL, 0x1000, MEM_RESERVE | 1, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "unknown type");
    expect(allocate(NULL, 0x1000, MEM_RESERVE | MEM_RESET, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5,
           "reserve and reset");
    expect(allocate(NULL, 0x1000, MEM_RESERVE, 0), STATUS_INVALID_PAGE_PROTECTION, "protection 0");
    expect(allocate(NULL, 0x1000, MEM_RESERVE, 3), STATUS_INVALID_PAGE_PROTECTION, "protection 3");
    expect(allocate(NULL, 0x1000, MEM_RESERVE, PAGE_NOACCESS | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION,
           "a guard without access");
    expect(allocate(NULL, 0x1000, MEM_RESERVE, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION,
           "private memory cannot be copied on write");
    expect(allocate(NULL, 0, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "size 0");
    expect(allocate((PVOID)0x80000000, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2, "kernel address");
    expect(allocate((PVOID)0x10000000, 0x80000000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4,
           "size beyond user space");
    expect(allocate(NULL, 0x7ff00000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY, "more than fits");
    size = 0x1000;
    faults(BAD_OUT, p, NtAllocateVirtualMemory(SELF, p, 0, &size, MEM_RESERVE, PAGE_READWRITE), "allocate, base");
    base = NULL;
    faults(BAD_OUT, p, NtAllocateVirtualMemory(SELF, &base, 0, p, MEM_RESERVE, PAGE_READWRITE), "allocate, size");
    base = NULL;
    size = 0x1000;
    expect(NtAllocateVirtualMemory((HANDLE)0x7ff0, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_HANDLE,
           "allocate, no such process");
    NtDuplicateObject(SELF, SELF, SELF, &limited, PROCESS_VM_READ, 0, 0);
    expect(NtAllocateVirtualMemory(limited, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_ACCESS_DENIED,
           "allocate without PROCESS_VM_OPERATION");
    expect(NtFreeVirtualMemory(limited, &base, &size, MEM_RELEASE), STATUS_ACCESS_DENIED,
           "free without PROCESS_VM_OPERATION");
    NtClose(limited);
    expect(release((PVOID)0x10000, 0, 0), STATUS_INVALID_PARAMETER_4, "free, type 0");
    expect(release((PVOID)0x10000, 0, MEM_RELEASE | MEM_DECOMMIT), STATUS_INVALID_PARAMETER_4, "free, both types");
    expect(release((PVOID)0x80000000, 0x1000, MEM_RELEASE), STATUS_INVALID_PARAMETER_2, "free, kernel address");
    expect(release((PVOID)0x10000000, 0x80000000, MEM_RELEASE), STATUS_INVALID_PARAMETER_3, "free, size beyond user space");
    size = 0;
    faults(BAD_OUT, p, NtFreeVirtualMemory(SELF, p, &size, MEM_RELEASE), "free, base");
    faults(BAD_OUT, p, NtFreeVirtualMemory(SELF, &base, p, MEM_RELEASE), "free, size");
    expect(release(TEB_NOW->Peb->ImageBaseAddress, 0, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION, "free an image");
}

void test_main(void)
{
    rounding();
    stages();
    parts();
    places();
    errors();
}
