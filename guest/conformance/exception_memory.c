/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page faults: access violations with their parameters, guard pages, faults inside the kernel's copy.
 * Known from: winnt.h and MSDN EXCEPTION_RECORD (parameter 0 read, 1 write, 8 execute where the processor can tell; parameter
 * 1 the address); MSDN "Creating Guard Pages" (one-shot); Wine's dlls/ntdll/tests/exception.c and kernel32/tests/virtual.c.
 */
#include "seh.h"

static void violation(ULONG access, ULONG_PTR address, const char *name, const char *what, const char *where)
{
    equal(seen.count ? seen.code : 0, STATUS_ACCESS_VIOLATION, name);
    equal(seen.information[0], access, what);
    equal(seen.information[1], address, where);
}

ULONG_PTR target;

static void accesses(void)
{
    UCHAR *page = pages(0x3000, MEM_RESERVE, PAGE_NOACCESS), *middle = page + 0x1000;
    PVOID base = middle;
    SIZE_T size = 0x1000;
    ULONG old;
    target = 0;
    FAULT("movl _target, %%ecx\n\tmovl $5f, _seh_fault_at\n5:\tmovl (%%ecx), %%eax");
    violation(0, 0, "read NULL", "read NULL: is a read", "read NULL: address");
    equal(seen.parameters, 2, "two parameters");
    equal(seen.address, seh_fault_at, "address of the instruction");
    equal(seen.context.Eip, seh_fault_at, "eip of the instruction");
    equal(seen.flags, 0, "continuable");
    FAULT("movl _target, %%ecx\n\tmovl %%eax, 16(%%ecx)");
    violation(1, 16, "write NULL", "write NULL: is a write", "write NULL: address");
    target = (ULONG_PTR)page + 0x123;
    FAULT("movl _target, %%ecx\n\tmovb (%%ecx), %%al");
    violation(0, target, "read reserved", "read reserved: is a read", "read reserved: address");
    target = 0x80001234;
    FAULT("movl _target, %%ecx\n\tmovb (%%ecx), %%al");
    violation(0, target, "read the kernel", "read the kernel: is a read", "read the kernel: address");
    FAULT("movl _target, %%ecx\n\tmovb %%al, (%%ecx)");
    violation(1, target, "write the kernel", "write the kernel: is a write", "write the kernel: address");
    target = 0x7ffe0000;
    FAULT("movl _target, %%ecx\n\tmovb %%al, (%%ecx)");
    violation(1, target, "write KUSER_SHARED_DATA", "is a write", "at its address");

    NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    *middle = 7;
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READONLY, &old);
    target = (ULONG_PTR)middle;
    FAULT("movl _target, %%ecx\n\tmovb %%al, (%%ecx)");
    violation(1, target, "write read-only", "write read-only: is a write", "write read-only: address");
    equal(*middle, 7, "a read-only page can be read");
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_NOACCESS, &old);
    FAULT("movl _target, %%ecx\n\tmovb (%%ecx), %%al");
    violation(0, target, "read no-access", "read no-access: is a read", "read no-access: address");
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READWRITE, &old);
    equal(*middle, 7, "protection changes keep the data");
    target = (ULONG_PTR)middle + 0xffe;
    FAULT("movl _target, %%ecx\n\tmovl (%%ecx), %%eax");
    violation(0, (ULONG_PTR)middle + 0x1000, "read across the end", "read across the end: is a read",
              "read across the end: address of the second page");
    target = (ULONG_PTR)page + 0x10;
    FAULT("movl _target, %%ecx\n\tjmp *%%ecx");
    equal(seen.count ? seen.code : 0, STATUS_ACCESS_VIOLATION, "execute reserved");
    check(seen.information[0] == 0 || seen.information[0] == 8, "execute reserved: is a read, or an execute with NX");
    equal(seen.information[1], target, "execute reserved: address");
    equal(seen.address, target, "execute reserved: instruction address is the same");
    pages_free(page);
}

static void guards(void)
{
    UCHAR *page = pages(0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    MEMORY_BASIC_INFORMATION info;
    target = (ULONG_PTR)page + 0x44;
    FAULT("movl _target, %%ecx\n\tmovb (%%ecx), %%al");
    equal(seen.count ? seen.code : 0, STATUS_GUARD_PAGE_VIOLATION, "read a guard page");
    equal(seen.parameters, 2, "guard: two parameters");
    equal(seen.information[0], 0, "guard: a read");
    equal(seen.information[1], target, "guard: address");
    FAULT("movl _target, %%ecx\n\tmovb (%%ecx), %%al");
    equal(seen.count, 0, "once only");
    NtQueryVirtualMemory(NtCurrentProcess(), page, 0, &info, sizeof(info), NULL);
    equal(info.Protect, PAGE_READWRITE, "the page lost its guard");
    equal(info.RegionSize, 0x1000, "the next page kept it");
    target = (ULONG_PTR)page + 0x1000;
    FAULT("movl _target, %%ecx\n\tmovb %%al, (%%ecx)");
    equal(seen.count ? seen.code : 0, STATUS_GUARD_PAGE_VIOLATION, "write a guard page");
    equal(seen.information[0], 1, "guard: a write");
    pages_free(page);
}

/* A system call that meets a guard page reports it as a status and uses the guard up. */
static void guard_in_call(void)
{
    UCHAR *page = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    HANDLE event;
    expect(NtCreateEvent((PHANDLE)page, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_GUARD_PAGE_VIOLATION,
           "a call's output on a guard page");
    expect(NtCreateEvent((PHANDLE)page, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), 0, "the second time it works");
    event = *(PHANDLE)page;
    NtClose(event);
    pages_free(page);
}

static LONG depth, deepest;

static int deep(int n)
{
    volatile UCHAR room[3000];
    room[0] = (UCHAR)n;
    deepest = n;
    return n ? deep(n - 1) + room[0] : room[0];
}

/* The stack grows by its own guard page without anybody seeing an exception. */
static void stack_growth(void)
{
    seen.count = 0;
    depth = deep(20);
    equal(deepest, 0, "the stack grows by 60 KB");
    equal(seen.count, 0, "without an exception that the program sees");
    check((ULONG_PTR)TEB_NOW->NtTib.StackLimit < (ULONG_PTR)__builtin_frame_address(0), "the limit is below");
}

void test_main(void)
{
    struct seh_frame frame;
    seh_install(&frame);
    accesses();
    guards();
    guard_in_call();
    stack_growth();
    seh_remove(&frame);
}
