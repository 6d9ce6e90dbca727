/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RTL_RESOURCE: a lock for many readers or one writer. NumberOfActive counts readers, or is negative (minus the depth) for
 * the writer; who gives the lock away hands it on to waiters, writers only after the last reader left.
 */
#include "ntdll.h"

static HANDLE self(void)
{
    return NtCurrentTeb()->ClientId.UniqueThread;
}

VOID NTAPI RtlInitializeResource(PRTL_RESOURCE Resource)
{
    NTSTATUS status;

    memset(Resource, 0, sizeof(*Resource));
    status = RtlInitializeCriticalSection(&Resource->CriticalSection);
    if (NT_SUCCESS(status))
        status = NtCreateSemaphore(&Resource->SharedSemaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, MAXLONG);
    if (NT_SUCCESS(status))
        status = NtCreateSemaphore(&Resource->ExclusiveSemaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, MAXLONG);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

VOID NTAPI RtlDeleteResource(PRTL_RESOURCE Resource)
{
    RtlDeleteCriticalSection(&Resource->CriticalSection);
    NtClose(Resource->SharedSemaphore);
    NtClose(Resource->ExclusiveSemaphore);
    memset(Resource, 0, sizeof(*Resource));
}

/* Leaves the inner lock and waits to be given the resource. */
static void wait_for_turn(PRTL_RESOURCE resource, HANDLE semaphore)
{
    NTSTATUS status;

    RtlLeaveCriticalSection(&resource->CriticalSection);
    status = NtWaitForSingleObject(semaphore, FALSE, NULL);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

BOOLEAN NTAPI RtlAcquireResourceShared(PRTL_RESOURCE Resource, BOOLEAN Wait)
{
    BOOLEAN mine;

    RtlEnterCriticalSection(&Resource->CriticalSection);
    mine = Resource->NumberOfActive < 0 && Resource->ExclusiveOwnerThread == self();
    if (mine) {
        Resource->NumberOfActive--; /* the writer reads under its own lock */
    } else if (Resource->NumberOfActive >= 0 && !Resource->NumberOfWaitingExclusive) {
        Resource->NumberOfActive++;
    } else if (Wait) {
        Resource->NumberOfWaitingShared++;
        wait_for_turn(Resource, Resource->SharedSemaphore);
        return TRUE;
    } else {
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return FALSE;
    }
    RtlLeaveCriticalSection(&Resource->CriticalSection);
    return TRUE;
}

BOOLEAN NTAPI RtlAcquireResourceExclusive(PRTL_RESOURCE Resource, BOOLEAN Wait)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (Resource->NumberOfActive < 0 && Resource->ExclusiveOwnerThread == self()) {
        Resource->NumberOfActive--;
    } else if (!Resource->NumberOfActive) {
        Resource->NumberOfActive = -1;
        Resource->ExclusiveOwnerThread = self();
    } else if (Wait) {
        Resource->NumberOfWaitingExclusive++;
        wait_for_turn(Resource, Resource->ExclusiveSemaphore);
        Resource->ExclusiveOwnerThread = self();
        return TRUE;
    } else {
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return FALSE;
    }
    RtlLeaveCriticalSection(&Resource->CriticalSection);
    return TRUE;
}

/* Gives a free resource to whoever waits: one writer, or else all readers. */
static void hand_on(PRTL_RESOURCE resource)
{
    ULONG readers = resource->NumberOfWaitingShared;

    if (resource->NumberOfWaitingExclusive) {
        resource->NumberOfWaitingExclusive--;
        resource->NumberOfActive = -1;
        NtReleaseSemaphore(resource->ExclusiveSemaphore, 1, NULL);
    } else if (readers) {
        resource->NumberOfWaitingShared = 0;
        resource->NumberOfActive = (LONG)readers;
        NtReleaseSemaphore(resource->SharedSemaphore, (LONG)readers, NULL);
    }
}

VOID NTAPI RtlReleaseResource(PRTL_RESOURCE Resource)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (Resource->NumberOfActive > 0)
        Resource->NumberOfActive--;
    else if (Resource->NumberOfActive < 0)
        Resource->NumberOfActive++;
    if (!Resource->NumberOfActive) {
        Resource->ExclusiveOwnerThread = NULL;
        hand_on(Resource);
    }
    RtlLeaveCriticalSection(&Resource->CriticalSection);
}

/* A reader becomes the writer once the other readers have left. */
VOID NTAPI RtlConvertSharedToExclusive(PRTL_RESOURCE Resource)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (Resource->NumberOfActive == 1) {
        Resource->NumberOfActive = -1;
        Resource->ExclusiveOwnerThread = self();
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return;
    }
    Resource->NumberOfActive--;
    Resource->NumberOfWaitingExclusive++;
    wait_for_turn(Resource, Resource->ExclusiveSemaphore);
    Resource->ExclusiveOwnerThread = self();
}

/* The writer becomes a reader, and readers who wait come in too. */
VOID NTAPI RtlConvertExclusiveToShared(PRTL_RESOURCE Resource)
{
    ULONG readers;

    RtlEnterCriticalSection(&Resource->CriticalSection);
    readers = Resource->NumberOfWaitingShared;
    Resource->NumberOfWaitingShared = 0;
    Resource->NumberOfActive = (LONG)readers + 1;
    Resource->ExclusiveOwnerThread = NULL;
    if (readers)
        NtReleaseSemaphore(Resource->SharedSemaphore, (LONG)readers, NULL);
    RtlLeaveCriticalSection(&Resource->CriticalSection);
}
