/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtProtectVirtualMemory and NtQueryVirtualMemory: every kind of region, how regions fall together.
 * Known from: MSDN VirtualProtect, VirtualQuery, MEMORY_BASIC_INFORMATION; G. Nebbett, Native API Reference, ch. 4; Windows
 * Internals, 4th ed., ch. 7; Wine's dlls/kernel32/tests/virtual.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()
static ULONG old;

static NTSTATUS protect(PVOID at, SIZE_T size, ULONG to)
{
    return NtProtectVirtualMemory(SELF, &at, &size, to, &old);
}

static MEMORY_BASIC_INFORMATION query(PVOID at)
{
    MEMORY_BASIC_INFORMATION info = {0};
    NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), NULL);
    return info;
}

static void protections(void)
{
    UCHAR *area = pages(0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID base = area + 0x1ffe;
    SIZE_T size = 4;
    expect(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), 0, "protect four bytes across pages");
    equal((ULONG_PTR)base, (ULONG_PTR)area + 0x1000, "rounds down to a page");
    equal(size, 0x2000, "is two pages");
    equal(old, PAGE_READWRITE, "the protection before");
    equal(query(area).RegionSize, 0x1000, "the first page is a region");
    equal(query(area + 0x1000).RegionSize, 0x2000, "the next two are a region");
    equal(query(area + 0x1000).Protect, PAGE_READONLY, "of the new protection");
    equal(query(area + 0x2000).RegionSize, 0x1000, "a query inside a region counts from there");
    equal((ULONG_PTR)query(area + 0x2abc).BaseAddress, (ULONG_PTR)area + 0x2000, "its base is the page");
    equal((ULONG_PTR)query(area + 0x2abc).AllocationBase, (ULONG_PTR)area, "its allocation base the whole's");
    equal(query(area + 0x2000).AllocationProtect, PAGE_READWRITE, "as is its allocation protection");
    expect(protect(area, 0x4000, PAGE_NOACCESS), 0, "protect over two protections");
    equal(old, PAGE_READWRITE, "the first page's protection before");
    equal(query(area).RegionSize, 0x4000, "one region again");
    expect(protect(area, 0x1000, PAGE_READWRITE | PAGE_GUARD), 0, "guard");
    expect(protect(area, 0x1000, PAGE_READWRITE), 0, "unguard");
    equal(old, PAGE_READWRITE | PAGE_GUARD, "guard is part of the protection before");
    expect(protect(area, 0x1000, PAGE_EXECUTE_READWRITE), 0, "execute, read, write");
    equal(query(area).Protect, PAGE_EXECUTE_READWRITE, "so it says");
    expect(protect(area, 0x1000, PAGE_EXECUTE_READ), 0, "execute, read");
    expect(protect(area, 0x1000, PAGE_EXECUTE), 0, "execute");
    equal(old, PAGE_EXECUTE_READ, "the protection before, again");
    pages_free(area);
}

static void regions(void)
{
    UCHAR *area = pages(0x10000, MEM_RESERVE, PAGE_READONLY);
    PVOID base = area + 0x4000;
    SIZE_T size = 0x2000;
    MEMORY_BASIC_INFORMATION info = query(area);
    equal(info.State, MEM_RESERVE, "reserved: state");
    equal(info.Protect, 0, "reserved: no protection");
    equal(info.AllocationProtect, PAGE_READONLY, "reserved: allocation protection");
    equal(info.Type, MEM_PRIVATE, "reserved: private");
    equal(info.RegionSize, 0x10000, "reserved: size");
    NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    equal(query(area).RegionSize, 0x4000, "reserved, up to what is committed");
    info = query(area + 0x4000);
    equal(info.State, MEM_COMMIT, "committed: state");
    equal(info.Protect, PAGE_READWRITE, "committed: protection");
    equal(info.AllocationProtect, PAGE_READONLY, "committed: allocation protection stays");
    equal(info.RegionSize, 0x2000, "committed: size");
    equal(query(area + 0x6000).RegionSize, 0xa000, "reserved behind it");
    pages_free(area);
    info = query(area);
    equal(info.State, MEM_FREE, "free: state");
    equal(info.Protect, PAGE_NOACCESS, "free: protection");
    equal((ULONG_PTR)info.AllocationBase, 0, "free: no allocation base");
    equal(info.AllocationProtect, 0, "free: no allocation protection");
    equal(info.Type, 0, "free: no type");
    check(info.RegionSize >= 0x10000, "free: up to the next allocation");
    info = query(NULL);
    equal(info.State, MEM_FREE, "page zero is free");
    equal((ULONG_PTR)info.BaseAddress, 0, "and is page zero");
}

static void fixed_places(void)
{
    MEMORY_BASIC_INFORMATION info = query((PVOID)0x7ffe0000);
    PVOID image = TEB_NOW->Peb->ImageBaseAddress;
    equal(info.State, MEM_COMMIT, "KUSER_SHARED_DATA: committed");
    equal(info.Protect, PAGE_READONLY, "KUSER_SHARED_DATA: read-only");
    equal(info.RegionSize, 0x1000, "KUSER_SHARED_DATA: one page");
    equal(info.Type, MEM_PRIVATE, "KUSER_SHARED_DATA: private");
    info = query(image);
    equal(info.Type, MEM_IMAGE, "the executable: an image");
    equal(info.AllocationProtect, PAGE_EXECUTE_WRITECOPY, "allocated execute, write-copy");
    equal(info.Protect, PAGE_READONLY, "its header is read-only");
    equal((ULONG_PTR)info.AllocationBase, (ULONG_PTR)image, "its allocation base");
    info = query((PVOID)query);
    equal(info.Type, MEM_IMAGE, "its code: an image");
    equal(info.Protect, PAGE_EXECUTE_READ, "its code: execute, read");
    info = query(&old);
    check(info.Protect == PAGE_READWRITE || info.Protect == PAGE_WRITECOPY, "its data: written, or copied when written");
    info = query(&info);
    equal(info.Type, MEM_PRIVATE, "the stack: private");
    equal(info.Protect, PAGE_READWRITE, "the stack: read, write");
    equal((ULONG_PTR)info.BaseAddress + info.RegionSize, (ULONG_PTR)TEB_NOW->NtTib.StackBase, "the stack ends at StackBase");
    info = query(TEB_NOW);
    equal(info.State, MEM_COMMIT, "the TEB: committed");
    equal(info.Protect, PAGE_READWRITE, "the TEB: read, write");
}

static void errors(void)
{
    UCHAR *area = pages(0x3000, MEM_RESERVE, PAGE_READWRITE);
    PVOID base = area;
    SIZE_T size = 0x1000, length = 0;
    MEMORY_BASIC_INFORMATION info;
    UCHAR room[32];
    HANDLE limited;
    NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    expect(protect(area, 0x1000, 0), STATUS_INVALID_PAGE_PROTECTION, "protect, 0");
    expect(protect(area, 0x1000, 3), STATUS_INVALID_PAGE_PROTECTION, "protect, 3");
    expect(protect(area, 0x1000, 0x80000000), STATUS_INVALID_PAGE_PROTECTION, "protect, unknown bit");
    expect(protect(area, 0x2000, PAGE_READONLY), STATUS_NOT_COMMITTED, "protect, half of it is only reserved");
    equal(query(area).Protect, PAGE_READWRITE, "then nothing changes");
    expect(protect(area, 0, PAGE_READONLY), STATUS_INVALID_PARAMETER_3, "protect, size 0");
    expect(protect((PVOID)0x80000000, 0x1000, PAGE_READONLY), STATUS_INVALID_PARAMETER_2, "protect, kernel address");
    expect(protect(NULL, 0x1000, PAGE_READONLY), STATUS_CONFLICTING_ADDRESSES, "protect, free memory");
    expect(protect((PVOID)0x7ffe0000, 0x1000, PAGE_READWRITE) < 0, 1, "protect, KUSER_SHARED_DATA stays as it is");
    base = area;
    size = 0x1000;
    faults(BAD_OUT, p, NtProtectVirtualMemory(SELF, p, &size, PAGE_READONLY, &old), "protect, base");
    faults(BAD_OUT, p, NtProtectVirtualMemory(SELF, &base, p, PAGE_READONLY, &old), "protect, size");
    faults(BAD_OUT, p, NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, p), "protect, old protection");
    equal(query(area).Protect, PAGE_READWRITE, "faults change nothing");
    expect(NtProtectVirtualMemory((HANDLE)0x7ff0, &base, &size, PAGE_READONLY, &old), STATUS_INVALID_HANDLE,
           "protect, no such process");
    NtDuplicateObject(SELF, SELF, SELF, &limited, PROCESS_VM_READ, 0, 0);
    expect(NtProtectVirtualMemory(limited, &base, &size, PAGE_READONLY, &old), STATUS_ACCESS_DENIED,
           "protect without PROCESS_VM_OPERATION");
    expect(NtQueryVirtualMemory(limited, area, 0, &info, sizeof(info), NULL), STATUS_ACCESS_DENIED,
           "query without PROCESS_QUERY_INFORMATION");
    NtClose(limited);
    pages_free(area);
    expect(NtQueryVirtualMemory(SELF, NULL, 0, &info, sizeof(info), &length), 0, "query");
    equal(length, 28, "query: length");
    expect(NtQueryVirtualMemory(SELF, NULL, 0, &info, 27, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, length 27");
    expect(NtQueryVirtualMemory(SELF, NULL, 99, &info, sizeof(info), NULL), STATUS_INVALID_INFO_CLASS, "query, class 99");
    expect(NtQueryVirtualMemory(SELF, (PVOID)0x80000000, 0, &info, sizeof(info), NULL), STATUS_INVALID_PARAMETER,
           "query, kernel address");
    expect(NtQueryVirtualMemory(SELF, (PVOID)0x7fff0000, 0, &info, sizeof(info), NULL), STATUS_INVALID_PARAMETER,
           "query, the no-access area below 2 GB");
    faults(BAD_OUT, p, NtQueryVirtualMemory(SELF, NULL, 0, p, sizeof(info), NULL), "query, buffer");
    faults(BAD_OUT_OPTIONAL, p, NtQueryVirtualMemory(SELF, NULL, 0, &info, sizeof(info), p), "query, length returned");
    expect(NtQueryVirtualMemory(SELF, NULL, 0, room + 1, sizeof(info), NULL), STATUS_DATATYPE_MISALIGNMENT,
           "query, misaligned");
    expect(NtQueryVirtualMemory((HANDLE)0x7ff0, NULL, 0, &info, sizeof(info), NULL), STATUS_INVALID_HANDLE,
           "query, no such process");
}

void test_main(void)
{
    protections();
    regions();
    fixed_places();
    errors();
}
