/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtLockVirtualMemory and NtUnlockVirtualMemory: two kinds of locks, what can be locked, and how much.
 * Known from: MSDN VirtualLock, VirtualUnlock, SetProcessWorkingSetSize; G. Nebbett, Native API Reference, ch. 4 (ZwLockVirtualMemory:
 * LOCK_VM_IN_WSL, LOCK_VM_IN_RAM and the privilege).
 */
#include "ntapi_mm.h"
#include "tap.h"

#define SELF NtCurrentProcess()
enum { WORKING_SET = 1, MEMORY = 2 };
static PVOID base;
static SIZE_T size;

static NTSTATUS lock(PVOID at, SIZE_T length, ULONG type)
{
    base = at;
    size = length;
    return NtLockVirtualMemory(SELF, &base, &size, type);
}

static NTSTATUS unlock(PVOID at, SIZE_T length, ULONG type)
{
    base = at;
    size = length;
    return NtUnlockVirtualMemory(SELF, &base, &size, type);
}

static void kinds(void)
{
    UCHAR *area = pages(0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    expect(lock(area, 0x2000, WORKING_SET), 0, "lock in the working set");
    expect(lock(area, 0x2000, MEMORY), 0, "lock in memory");
    expect(lock(area, 0x3000, MEMORY), STATUS_WAS_LOCKED, "lock one page more");
    expect(unlock(area, 0x3000, WORKING_SET), STATUS_NOT_LOCKED, "the last page is not in the working set");
    expect(unlock(area, 0x3000, WORKING_SET | MEMORY), STATUS_NOT_LOCKED, "so both cannot be undone");
    expect(unlock(area, 0x2000, WORKING_SET | MEMORY), 0, "both of the first two");
    expect(unlock(area, 0x1000, MEMORY), STATUS_NOT_LOCKED, "they are undone");
    expect(unlock(area + 0x2000, 0x1000, MEMORY), 0, "the last page");
    expect(lock(area + 0x3fff, 2, WORKING_SET), STATUS_ACCESS_VIOLATION, "beyond the end");
    pages_free(area);
    area = pages(0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    lock(area, 0x1000, WORKING_SET);
    pages_free(area);
    expect(unlock(area, 0x1000, WORKING_SET), STATUS_NOT_LOCKED, "freed memory is unlocked");
}

static void states(void)
{
    UCHAR *area = pages(0x4000, MEM_RESERVE, PAGE_READWRITE);
    ULONG old;
    expect(lock(area, 0x1000, WORKING_SET), STATUS_ACCESS_VIOLATION, "reserved memory cannot be locked");
    pages_free(area);
    area = pages(0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    base = area + 0x1000;
    size = 0x1000;
    NtProtectVirtualMemory(SELF, &base, &size, PAGE_NOACCESS, &old);
    expect(lock(area, 0x2000, WORKING_SET), STATUS_ACCESS_VIOLATION, "nor what cannot be touched");
    expect(unlock(area, 0x1000, WORKING_SET), STATUS_NOT_LOCKED, "then nothing is locked");
    base = area + 0x1000;
    size = 0x1000;
    NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old);
    expect(lock(area, 0x2000, WORKING_SET), 0, "read-only memory can be");
    expect(unlock(area, 0x2000, WORKING_SET), 0, "unlock it");
    pages_free(area);
}

static void refused(void)
{
    UCHAR *area = pages(0x400000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    NTSTATUS status;
    HANDLE limited;
    expect(lock(area, 0x400000, WORKING_SET), STATUS_WORKING_SET_QUOTA, "lock more than the working set's minimum");
    expect(lock(area, 0, WORKING_SET), STATUS_INVALID_PARAMETER, "lock, size 0");
    expect(lock((PVOID)0x80000000, 0x1000, WORKING_SET), STATUS_INVALID_PARAMETER, "lock, kernel address");
    expect(lock(area, 0x80000000, WORKING_SET), STATUS_INVALID_PARAMETER, "lock, size beyond user space");
    expect(lock(area, 0xffffffff, WORKING_SET), STATUS_INVALID_PARAMETER, "lock, size around the end");
    expect(unlock(area, 0, WORKING_SET), STATUS_INVALID_PARAMETER, "unlock, size 0");
    expect(unlock(area, 0x1000, 0), STATUS_INVALID_PARAMETER, "unlock, type 0");
    expect(unlock(area, 0x1000, 8), STATUS_INVALID_PARAMETER, "unlock, type 8");
    base = area;
    size = 0x1000;
    expect(NtLockVirtualMemory((HANDLE)0x7ff0, &base, &size, WORKING_SET), STATUS_INVALID_HANDLE, "lock, no such process");
    NtDuplicateObject(SELF, SELF, SELF, &limited, PROCESS_VM_READ, 0, 0);
    expect(NtLockVirtualMemory(limited, &base, &size, WORKING_SET), STATUS_ACCESS_DENIED, "lock without the right");
    expect(NtUnlockVirtualMemory(limited, &base, &size, WORKING_SET), STATUS_ACCESS_DENIED, "unlock without the right");
    NtClose(limited);
    status = set_privilege(LOCK_MEMORY_PRIVILEGE, FALSE);
    if (status == STATUS_NOT_IMPLEMENTED)
        tap_skip("lock in memory without SeLockMemoryPrivilege", "privileges cannot be switched yet");
    else {
        expect(lock(area, 0x1000, MEMORY), STATUS_PRIVILEGE_NOT_HELD, "lock in memory without SeLockMemoryPrivilege");
        expect(NtLockVirtualMemory(SELF, NULL, NULL, MEMORY), STATUS_PRIVILEGE_NOT_HELD, "which comes before bad pointers");
        expect(unlock(area, 0x1000, MEMORY), STATUS_PRIVILEGE_NOT_HELD, "unlock in memory without it");
        expect(lock(area, 0x1000, WORKING_SET), 0, "the working set needs none");
        unlock(area, 0x1000, WORKING_SET);
        set_privilege(LOCK_MEMORY_PRIVILEGE, TRUE);
    }
    pages_free(area);
}

void test_main(void)
{
    kinds();
    states();
    refused();
}
