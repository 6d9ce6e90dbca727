/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resource locks, splay trees, generic tables, XP's debugger interface. Included by ntrtl.h.
 */
#ifndef RING3K_NTRTL3_H
#define RING3K_NTRTL3_H

typedef struct _RTL_RESOURCE {
    RTL_CRITICAL_SECTION CriticalSection;
    HANDLE SharedSemaphore;
    ULONG NumberOfWaitingShared;
    HANDLE ExclusiveSemaphore;
    ULONG NumberOfWaitingExclusive;
    LONG NumberOfActive;
    HANDLE ExclusiveOwnerThread;
    ULONG Flags;
    PVOID DebugInfo;
} RTL_RESOURCE, *PRTL_RESOURCE;

VOID NTAPI RtlInitializeResource(PRTL_RESOURCE Resource);
VOID NTAPI RtlDeleteResource(PRTL_RESOURCE Resource);
BOOLEAN NTAPI RtlAcquireResourceShared(PRTL_RESOURCE Resource, BOOLEAN Wait);
BOOLEAN NTAPI RtlAcquireResourceExclusive(PRTL_RESOURCE Resource, BOOLEAN Wait);
VOID NTAPI RtlReleaseResource(PRTL_RESOURCE Resource);
VOID NTAPI RtlConvertSharedToExclusive(PRTL_RESOURCE Resource);
VOID NTAPI RtlConvertExclusiveToShared(PRTL_RESOURCE Resource);

typedef struct _RTL_SPLAY_LINKS {
    struct _RTL_SPLAY_LINKS *Parent;
    struct _RTL_SPLAY_LINKS *LeftChild;
    struct _RTL_SPLAY_LINKS *RightChild;
} RTL_SPLAY_LINKS, *PRTL_SPLAY_LINKS;

PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links);
PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links);
VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root);
PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links);
PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links);
PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links);
PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links);

typedef enum _RTL_GENERIC_COMPARE_RESULTS {
    GenericLessThan,
    GenericGreaterThan,
    GenericEqual
} RTL_GENERIC_COMPARE_RESULTS;

struct _RTL_GENERIC_TABLE;
typedef RTL_GENERIC_COMPARE_RESULTS(NTAPI *PRTL_GENERIC_COMPARE_ROUTINE)(struct _RTL_GENERIC_TABLE *Table,
                                                                        PVOID First, PVOID Second);
typedef PVOID(NTAPI *PRTL_GENERIC_ALLOCATE_ROUTINE)(struct _RTL_GENERIC_TABLE *Table, ULONG Size);
typedef VOID(NTAPI *PRTL_GENERIC_FREE_ROUTINE)(struct _RTL_GENERIC_TABLE *Table, PVOID Buffer);

typedef struct _RTL_GENERIC_TABLE {
    PRTL_SPLAY_LINKS TableRoot;
    LIST_ENTRY InsertOrderList;
    PLIST_ENTRY OrderedPointer;
    ULONG WhichOrderedElement;
    ULONG NumberGenericTableElements;
    PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine;
    PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine;
    PRTL_GENERIC_FREE_ROUTINE FreeRoutine;
    PVOID TableContext;
} RTL_GENERIC_TABLE, *PRTL_GENERIC_TABLE;

VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE Compare,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE Allocate, PRTL_GENERIC_FREE_ROUTINE Free,
                                     PVOID Context);
PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, ULONG Size, PBOOLEAN New);
BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer);
PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer);
PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart);
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey);
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG Index);
ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table);
BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table);

/* Not on Windows 2000. */
HANDLE NTAPI DbgUiGetThreadDebugObject(VOID);
VOID NTAPI DbgUiSetThreadDebugObject(HANDLE Object);
NTSTATUS NTAPI DbgUiConnectToDbg(VOID);
NTSTATUS NTAPI DbgUiWaitStateChange(PVOID StateChange, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI DbgUiContinue(PCLIENT_ID ClientId, NTSTATUS Status);
NTSTATUS NTAPI DbgUiStopDebugging(HANDLE Process);
VOID NTAPI DbgUiRemoteBreakin(PVOID Context);
NTSTATUS NTAPI DbgUiIssueRemoteBreakin(HANDLE Process);
NTSTATUS NTAPI DbgUiDebugActiveProcess(HANDLE Process);

ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags);

#endif
