/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtReadVirtualMemory, NtWriteVirtualMemory, NtLockVirtualMemory, NtFlushVirtualMemory, and memory of other processes.
 * Known from: MSDN ReadProcessMemory, WriteProcessMemory (partial copies), VirtualLock; G. Nebbett, Native API Reference,
 * ch. 4; Wine's dlls/ntdll/tests/virtual.c and info.c.
 */
#include "tap.h"

#define SELF NtCurrentProcess()

NTSTATUS child_main(const char *what)
{
    (void)what;
    sleep_ms(20000);
    return 1;
}

static void copies(void)
{
    UCHAR *area = pages(0x4000, MEM_RESERVE, PAGE_NOACCESS), buffer[64] = {0};
    PVOID base = area;
    SIZE_T size = 0x1000, done = 77;
    HANDLE limited;
    NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    area[0] = 1;
    area[0xfff] = 2;
    expect(NtReadVirtualMemory(SELF, area, buffer, 16, &done), 0, "read");
    equal(done, 16, "read: count");
    equal(buffer[0], 1, "read: data");
    buffer[1] = 9;
    expect(NtWriteVirtualMemory(SELF, area + 8, buffer, 2, &done), 0, "write");
    equal(done, 2, "write: count");
    equal(area[9], 9, "write: data");
    done = 77;
    expect(NtReadVirtualMemory(SELF, area, buffer, 0, &done), 0, "read nothing");
    equal(done, 0, "read nothing: count");
    expect(NtReadVirtualMemory(SELF, area + 0x1000, buffer, 8, &done), STATUS_PARTIAL_COPY, "read reserved memory");
    equal(done, 0, "read reserved memory: count");
    expect(NtReadVirtualMemory(SELF, NULL, buffer, 8, &done), STATUS_PARTIAL_COPY, "read NULL");
    expect(NtReadVirtualMemory(SELF, (PVOID)0x80001000, buffer, 8, &done), STATUS_ACCESS_VIOLATION, "read the kernel");
    expect(NtReadVirtualMemory(SELF, (PVOID)0x7ffefff8, buffer, 0x80000000, &done), STATUS_ACCESS_VIOLATION,
           "read across the end of user space");
    expect(NtReadVirtualMemory(SELF, (PVOID)0xfffffff8, buffer, 16, &done), STATUS_ACCESS_VIOLATION,
           "read across the end of all");
    expect(NtWriteVirtualMemory(SELF, (PVOID)0x80001000, buffer, 8, &done), STATUS_ACCESS_VIOLATION, "write the kernel");
    check(NtWriteVirtualMemory(SELF, tap_bad_pointer(BAD_READONLY), buffer, 8, &done) < 0, "write read-only memory");
    faults(BAD_OUT_OPTIONAL, p, NtReadVirtualMemory(SELF, area, buffer, 8, p), "read, count");
    faults(BAD_OUT_OPTIONAL, p, NtWriteVirtualMemory(SELF, area, buffer, 8, p), "write, count");
    expect(NtReadVirtualMemory((HANDLE)0x7ff0, area, buffer, 8, NULL), STATUS_INVALID_HANDLE, "read, no such process");
    NtDuplicateObject(SELF, SELF, SELF, &limited, PROCESS_QUERY_INFORMATION, 0, 0);
    expect(NtReadVirtualMemory(limited, area, buffer, 8, NULL), STATUS_ACCESS_DENIED, "read without PROCESS_VM_READ");
    expect(NtWriteVirtualMemory(limited, area, buffer, 8, NULL), STATUS_ACCESS_DENIED, "write without PROCESS_VM_WRITE");
    NtClose(limited);
    expect(NtReadVirtualMemory(SELF, (PVOID)0x7ffe026c, buffer, 4, &done), 0, "read KUSER_SHARED_DATA");
    equal(*(ULONG *)buffer, *(ULONG *)0x7ffe026c, "as one's own eyes see it");
    pages_free(area);
}

static void across(void)
{
    CHILD child;
    PVOID base = NULL;
    SIZE_T size = 0x3000, done = 0;
    UCHAR out[300], in[300] = {0};
    MEMORY_BASIC_INFORMATION info;
    ULONG old;
    for (int i = 0; i < 300; i++)
        out[i] = (UCHAR)(i * 7);
    check(child_create(&child, "x", FALSE), "create a child");
    expect(NtAllocateVirtualMemory(child.process, &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0,
           "allocate in it");
    expect(NtWriteVirtualMemory(child.process, (UCHAR *)base + 0xf80, out, 300, &done), 0, "write across a page");
    equal(done, 300, "write across a page: count");
    expect(NtReadVirtualMemory(child.process, (UCHAR *)base + 0xf80, in, 300, &done), 0, "read back");
    check(same_memory(in, out, 300), "read back: the same");
    NtQueryVirtualMemory(SELF, base, 0, &info, sizeof(info), NULL);
    check(info.State == MEM_FREE || !same_memory((UCHAR *)base + 0xf80, out, 300), "not in this process");
    expect(NtProtectVirtualMemory(child.process, &base, &size, PAGE_READONLY, &old), 0, "protect it");
    expect(NtQueryVirtualMemory(child.process, base, 0, &info, sizeof(info), NULL), 0, "query it");
    equal(info.Protect, PAGE_READONLY, "it says so");
    size = 0;
    expect(NtFreeVirtualMemory(child.process, &base, &size, MEM_RELEASE), 0, "free it");
    expect(NtReadVirtualMemory(child.process, base, in, 4, &done), STATUS_PARTIAL_COPY, "then it cannot be read");
    NtTerminateProcess(child.process, 3);
    child_wait(&child);
    check(NtReadVirtualMemory(child.process, TEB_NOW->Peb->ImageBaseAddress, in, 4, &done) < 0, "nor a dead process");
    base = NULL;
    size = 0x1000;
    expect(NtAllocateVirtualMemory(child.process, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
           STATUS_PROCESS_IS_TERMINATING, "a dead process gets no memory");
    child_close(&child);
}

static void locks(void)
{
    UCHAR *area = pages(0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID base = area + 0x10;
    SIZE_T size = 0x10;
    expect(NtLockVirtualMemory(SELF, &base, &size, 1), 0, "lock");
    equal((ULONG_PTR)base, (ULONG_PTR)area, "lock: rounds down to a page");
    equal(size, 0x1000, "lock: rounds up to a page");
    expect(NtLockVirtualMemory(SELF, &base, &size, 1), STATUS_WAS_LOCKED, "lock again");
    expect(NtUnlockVirtualMemory(SELF, &base, &size, 1), 0, "unlock");
    expect(NtUnlockVirtualMemory(SELF, &base, &size, 1), STATUS_NOT_LOCKED, "unlock again");
    expect(NtLockVirtualMemory(SELF, &base, &size, 0), STATUS_INVALID_PARAMETER, "lock, type 0");
    expect(NtLockVirtualMemory(SELF, &base, &size, 4), STATUS_INVALID_PARAMETER, "lock, type 4");
    faults(BAD_OUT, p, NtLockVirtualMemory(SELF, p, &size, 1), "lock, base");
    faults(BAD_OUT, p, NtUnlockVirtualMemory(SELF, &base, p, 1), "unlock, size");
    pages_free(area);
    base = area;
    size = 0x1000;
    expect(NtLockVirtualMemory(SELF, &base, &size, 1), STATUS_ACCESS_VIOLATION, "lock free memory");
}

static void flushes(void)
{
    UCHAR *area = pages(0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID base = area;
    SIZE_T size = 0x1000;
    IO_STATUS_BLOCK io;
    expect(NtFlushVirtualMemory(SELF, &base, &size, &io), STATUS_NOT_MAPPED_VIEW, "flush private memory");
    expect(NtFlushInstructionCache(SELF, area, 16), 0, "flush the instruction cache");
    expect(NtFlushInstructionCache(SELF, NULL, 0), 0, "flush all of it");
    expect(NtFlushInstructionCache((HANDLE)0x7ff0, NULL, 0), STATUS_INVALID_HANDLE, "flush it, no such process");
    pages_free(area);
}

void test_main(void)
{
    copies();
    across();
    locks();
    flushes();
}
