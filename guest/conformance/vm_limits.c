/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ends of what NtAllocateVirtualMemory and its kin accept: sizes, addresses, zero bits, exhaustion, types and modifiers.
 * Known from: MSDN VirtualAlloc, NtAllocateVirtualMemory (ZeroBits up to 21), memory protection constants; G. Nebbett, Native API
 * Reference, ch. 4; Windows Internals, 4th ed., ch. 7 (x86 address space; large pages came with Server 2003).
 */
#include "ntapi_mm.h"
#include "tap.h"

#define SELF NtCurrentProcess()
#define BOTH (MEM_RESERVE | MEM_COMMIT)
static PVOID base;
static SIZE_T size;

static NTSTATUS allocate(PVOID at, ULONG zero_bits, SIZE_T length, ULONG type, ULONG protect)
{
    base = at;
    size = length;
    return NtAllocateVirtualMemory(SELF, &base, zero_bits, &size, type, protect);
}

static NTSTATUS release(PVOID at)
{
    base = at;
    size = 0;
    return NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE);
}

static void sizes(void)
{
    expect(allocate(NULL, 0, 0xffffffff, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "4 GB less a byte");
    expect(allocate(NULL, 0, 0x80000000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "2 GB");
    expect(allocate(NULL, 0, 0x7ffe0000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY, "all that user space has");
    expect(allocate((PVOID)0x10000, 0, 0x7ffd0001, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4,
           "one byte beyond it");
    expect(allocate((PVOID)0x7ffd0000, 0, 0x10001, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4,
           "one byte over the highest");
    expect(allocate((PVOID)0x7ffe0000, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2,
           "where KUSER_SHARED_DATA is");
    expect(allocate((PVOID)0xffffffff, 0, 0xffffffff, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2,
           "the last byte there is");
    expect(allocate((PVOID)1, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE) < 0, 1, "the first 64 KB are nobody's");
    expect(allocate((PVOID)0x1000, 0, 0x20000, MEM_RESERVE, PAGE_READWRITE) < 0, 1, "nor is what begins there");
    expect(allocate((PVOID)0x12345, 0, 0x1000, MEM_COMMIT, PAGE_READWRITE) < 0, 1, "commit where nothing is reserved");
}

static void bits(void)
{
    PVOID low;
    expect(allocate(NULL, 0x7fffffff, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3, "very many zero bits");
    expect(allocate(NULL, 21, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY, "21 zero bits leave no address");
    expect(allocate(NULL, 4, 0x1000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE), 0, "4 zero bits, top down");
    check((ULONG_PTR)base < 0x10000000 && (ULONG_PTR)base >= 0x0f000000, "is just below 256 MB");
    low = base;
    expect(allocate(NULL, 4, 0x1000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE), 0, "and again");
    equal((ULONG_PTR)low - (ULONG_PTR)base, 0x10000, "is one granule lower");
    release(base);
    release(low);
    expect(allocate(NULL, 8, 0x1000000, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY, "16 MB below 16 MB");
}

/* Reserves all that is left, in blocks that get smaller: what fails is the memory, not the machine. */
static void exhaustion(void)
{
    static PVOID blocks[600];
    ULONG count = 0;
    NTSTATUS status = 0;
    for (SIZE_T block = 0x10000000; block >= 0x100000; block /= 4)
        while (count < 600 && (status = allocate(NULL, 0, block, MEM_RESERVE, PAGE_READWRITE)) == 0)
            blocks[count++] = base;
    expect(status, STATUS_NO_MEMORY, "address space ends with STATUS_NO_MEMORY");
    check(count > 10 && count < 600, "after some blocks");
    expect(allocate(NULL, 0, 0x10000000, BOTH, PAGE_READWRITE), STATUS_NO_MEMORY, "with committing, too");
    expect(allocate(blocks[0], 0, 0x1000, MEM_COMMIT, PAGE_READWRITE), 0, "what is reserved can still be committed");
    *(UCHAR *)blocks[0] = 1;
    while (count)
        release(blocks[--count]);
    expect(allocate(NULL, 0, 0x10000000, MEM_RESERVE, PAGE_READWRITE), 0, "after that there is room again");
    release(base);
}

static void types(void)
{
    UCHAR *area;
    expect(allocate(NULL, 0, 0x400000, BOTH | 0x20000000, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5,
           "MEM_LARGE_PAGES is not known yet");
    expect(allocate(NULL, 0, 0x1000, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5,
           "write watch without reserving");
    expect(allocate(NULL, 0, 0x1000, MEM_TOP_DOWN, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "top down alone");
    area = pages(0x2000, BOTH, PAGE_READWRITE);
    area[5] = 5;
    expect(allocate(area, 0, 0x1000, MEM_RESET, PAGE_READWRITE), 0, "reset a page");
    expect(allocate(area, 0, 0x1000, MEM_RESET, PAGE_NOACCESS), 0, "its protection means nothing");
    area[5] = 6;
    equal(area[5], 6, "it stays accessible");
    expect(allocate(area, 0, 0x3000, MEM_RESET, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "reset beyond the end");
    expect(allocate(area, 0, 0x1000, MEM_RESET, 0), STATUS_INVALID_PAGE_PROTECTION, "reset, protection 0");
    pages_free(area);
}

static void modifiers(void)
{
    static const struct { ULONG protect; const char *name; } good[] = {
        {PAGE_READWRITE | PAGE_NOCACHE, "read-write, not cached"},
        {PAGE_READONLY | PAGE_GUARD, "read-only, guard"},
        {PAGE_EXECUTE_READ | PAGE_NOCACHE, "execute-read, not cached"},
    }, bad[] = {
        {PAGE_READWRITE | PAGE_NOCACHE | PAGE_GUARD, "not cached and a guard"},
        {PAGE_NOACCESS | PAGE_NOCACHE, "no access, not cached"},
        {PAGE_READWRITE | PAGE_READONLY, "read-write and read-only"},
        {PAGE_GUARD, "a guard alone"},
        {PAGE_READWRITE | 0x800, "an unknown modifier"},
        {PAGE_READWRITE | 0x80000000, "the highest bit"},
    };
    UCHAR *area = pages(0x1000, BOTH, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION info;
    ULONG old;
    for (ULONG i = 0; i < sizeof(good) / sizeof(*good); i++) {
        base = area;
        size = 0x1000;
        expect(NtProtectVirtualMemory(SELF, &base, &size, good[i].protect, &old), 0, good[i].name);
        NtQueryVirtualMemory(SELF, area, 0, &info, sizeof(info), NULL);
        tap_value(info.Protect, good[i].protect, __FILE__, __LINE__, good[i].name, ": told so");
    }
    for (ULONG i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        base = area;
        size = 0x1000;
        expect(NtProtectVirtualMemory(SELF, &base, &size, bad[i].protect, &old), STATUS_INVALID_PAGE_PROTECTION, bad[i].name);
    }
    pages_free(area);
}

static void around(void)
{
    MEMORY_BASIC_INFORMATION info;
    ULONG old;
    base = (PVOID)0x10000;
    size = 0xffffffff;
    expect(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), STATUS_INVALID_PARAMETER_3,
           "protect around the end");
    expect(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_INVALID_PARAMETER_3, "free around the end");
    expect(NtQueryVirtualMemory(SELF, (PVOID)0x7fff0000, 0, &info, sizeof(info), NULL), STATUS_INVALID_PARAMETER,
           "query the guard below the kernel");
    expect(NtQueryVirtualMemory(SELF, (PVOID)0xffffffff, 0, &info, sizeof(info), NULL), STATUS_INVALID_PARAMETER,
           "query the last byte");
    expect(NtQueryVirtualMemory(SELF, (PVOID)0x7ffeffff, 0, &info, sizeof(info), NULL), 0, "query the highest address");
    equal((ULONG_PTR)info.BaseAddress, 0x7ffef000, "its page");
    equal(info.RegionSize, 0x1000, "is the last");
}

void test_main(void)
{
    sizes();
    bits();
    exhaustion();
    types();
    modifiers();
    around();
}
