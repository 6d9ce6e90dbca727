/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Critical sections: LockCount is -1 when free and counts owners and waiters from there; the event they wait on is made
 * when somebody first has to wait. The owner and the depth are touched by the owner alone.
 */
#include "ntdll.h"

#define PREALLOCATE_EVENT 0x80000000u

static HANDLE current_thread_id(void)
{
    return NtCurrentTeb()->ClientId.UniqueThread;
}

/* The section's event, made once: whoever loses the race closes his own. */
NTSTATUS critsect_make_event(PRTL_CRITICAL_SECTION section)
{
    HANDLE event;
    NTSTATUS status;

    if (section->LockSemaphore)
        return STATUS_SUCCESS;
    status = NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    if (NT_SUCCESS(status) && InterlockedCompareExchangePointer(&section->LockSemaphore, event, NULL))
        NtClose(event);
    return status;
}

static HANDLE wait_event(PRTL_CRITICAL_SECTION section)
{
    NTSTATUS status = critsect_make_event(section);

    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
    return section->LockSemaphore;
}

/* The highest bit of the spin count asks for the event at once. */
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount)
{
    Section->DebugInfo = NULL;
    Section->LockCount = -1;
    Section->RecursionCount = 0;
    Section->OwningThread = NULL;
    Section->LockSemaphore = NULL;
    Section->SpinCount = NtCurrentPeb()->NumberOfProcessors > 1 ? SpinCount & 0xffffff : 0;
    return SpinCount & PREALLOCATE_EVENT ? critsect_make_event(Section) : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    return RtlInitializeCriticalSectionAndSpinCount(Section, 0);
}

ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount)
{
    ULONG old = (ULONG)Section->SpinCount;

    Section->SpinCount = NtCurrentPeb()->NumberOfProcessors > 1 ? SpinCount : 0;
    return old;
}

NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    NTSTATUS status = Section->LockSemaphore ? NtClose(Section->LockSemaphore) : STATUS_SUCCESS;

    Section->DebugInfo = NULL;
    Section->LockCount = -1;
    Section->RecursionCount = 0;
    Section->OwningThread = NULL;
    Section->LockSemaphore = NULL;
    Section->SpinCount = 0;
    return status;
}

/* A wait that takes longer than PEB.CriticalSectionTimeout is reported once and goes on. */
static void wait_for_owner(PRTL_CRITICAL_SECTION section)
{
    HANDLE event = wait_event(section);
    LARGE_INTEGER limit = NtCurrentPeb()->CriticalSectionTimeout;
    NTSTATUS status = NtWaitForSingleObject(event, FALSE, limit.QuadPart ? &limit : NULL);

    if (status == STATUS_TIMEOUT) {
        DbgPrint("RTL: critical section %p: thread %lx waits for thread %lx, which may never leave\n", section,
                 (ULONG)(ULONG_PTR)current_thread_id(), (ULONG)(ULONG_PTR)section->OwningThread);
        status = NtWaitForSingleObject(event, FALSE, NULL);
    }
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

static void own(PRTL_CRITICAL_SECTION section)
{
    section->OwningThread = current_thread_id();
    section->RecursionCount = 1;
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    for (ULONG_PTR spins = Section->SpinCount; spins && Section->OwningThread != current_thread_id(); spins--) {
        if (InterlockedCompareExchange(&Section->LockCount, 0, -1) == -1) {
            own(Section);
            return STATUS_SUCCESS;
        }
        if (Section->LockCount > 0)
            break; /* others wait already */
        __asm__ volatile("pause");
    }
    if (InterlockedIncrement(&Section->LockCount) != 0) {
        if (Section->OwningThread == current_thread_id()) {
            Section->RecursionCount++;
            return STATUS_SUCCESS;
        }
        wait_for_owner(Section);
    }
    own(Section);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    if (InterlockedCompareExchange(&Section->LockCount, 0, -1) == -1) {
        own(Section);
        return TRUE;
    }
    if (Section->OwningThread != current_thread_id())
        return FALSE;
    InterlockedIncrement(&Section->LockCount);
    Section->RecursionCount++;
    return TRUE;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    NTSTATUS status;

    if (--Section->RecursionCount) {
        InterlockedDecrement(&Section->LockCount);
        return STATUS_SUCCESS;
    }
    Section->OwningThread = NULL;
    if (InterlockedDecrement(&Section->LockCount) >= 0) {
        status = NtSetEvent(wait_event(Section), NULL);
        if (!NT_SUCCESS(status))
            RtlRaiseStatus(status);
    }
    return STATUS_SUCCESS;
}

VOID NTAPI RtlAcquirePebLock(VOID)
{
    RtlEnterCriticalSection(NtCurrentPeb()->FastPebLock);
}

VOID NTAPI RtlReleasePebLock(VOID)
{
    RtlLeaveCriticalSection(NtCurrentPeb()->FastPebLock);
}
