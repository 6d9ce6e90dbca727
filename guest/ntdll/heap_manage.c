/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making and destroying heaps, their lock, and the process's list of them (PEB.ProcessHeaps).
 */
#include "heap.h"

#define DEFAULT_RESERVE 0x100000u
#define MAX_RESERVE 0x4000000u
#define OWN_LIST 64

PVOID heap_process;

static PVOID own_list[OWN_LIST]; /* used when the kernel gave the PEB no room for the list */
static RTL_CRITICAL_SECTION list_lock = {.LockCount = -1};

HEAP *heap_check(PVOID handle)
{
    HEAP *heap = handle;

    if (heap && heap->signature == HEAP_SIGNATURE)
        return heap;
    DbgPrint("HEAP: %p is not a heap\n", handle);
    return NULL;
}

void heap_enter(HEAP *heap, ULONG flags)
{
    if (heap->lock && !(flags & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(heap->lock);
}

void heap_leave(HEAP *heap, ULONG flags)
{
    if (heap->lock && !(flags & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(heap->lock);
}

static void list_heap(HEAP *heap)
{
    PPEB peb = NtCurrentPeb();

    RtlEnterCriticalSection(&list_lock);
    if (!peb->ProcessHeaps) {
        peb->ProcessHeaps = own_list;
        peb->MaximumNumberOfHeaps = OWN_LIST;
        peb->NumberOfHeaps = 0;
    }
    if (peb->NumberOfHeaps < peb->MaximumNumberOfHeaps)
        peb->ProcessHeaps[peb->NumberOfHeaps++] = heap;
    RtlLeaveCriticalSection(&list_lock);
}

static void unlist_heap(HEAP *heap)
{
    PPEB peb = NtCurrentPeb();

    RtlEnterCriticalSection(&list_lock);
    for (ULONG i = 0; i < peb->NumberOfHeaps; i++) {
        if (peb->ProcessHeaps[i] == heap) {
            peb->ProcessHeaps[i] = peb->ProcessHeaps[--peb->NumberOfHeaps];
            break;
        }
    }
    RtlLeaveCriticalSection(&list_lock);
}

static void init_first_segment(HEAP *heap, SIZE_T committed, SIZE_T reserved)
{
    PUCHAR first = (PUCHAR)heap + ((sizeof(HEAP) + GRANULE - 1) & ~(SIZE_T)(GRANULE - 1));

    heap->segment.first = first;
    heap->segment.end = (PUCHAR)heap + reserved;
    /* An empty committed part: only the fence. What is committed beyond it is given out by committing it again. */
    heap->segment.committed = first + sizeof(BLOCK);
    *(BLOCK *)first = (BLOCK){.state = BLOCK_BUSY};
    if (committed > (SIZE_T)(heap->segment.committed - (PUCHAR)heap) + 4 * GRANULE) {
        BLOCK *block = (BLOCK *)first;
        SIZE_T bytes = (SIZE_T)((PUCHAR)heap + committed - heap->segment.committed) & ~(SIZE_T)(GRANULE - 1);
        heap->segment.committed = first + bytes + sizeof(BLOCK);
        *(BLOCK *)(first + bytes) = (BLOCK){.state = BLOCK_BUSY};
        /* Enter the block as if it had been in use and were now given back. */
        *block = (BLOCK){.size = (ULONG)(bytes / GRANULE), .state = BLOCK_BUSY};
        ((BLOCK *)(first + bytes))->previous = block->size & 0xffffff;
        RtlFreeHeap(heap, HEAP_NO_SERIALIZE, block + 1);
    }
}

PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                          PRTL_HEAP_PARAMETERS Parameters)
{
    PVOID base = HeapBase;
    SIZE_T reserve, commit = PAGE_ROUND(CommitSize ? CommitSize : PAGE_SIZE);
    HEAP *heap;

    (void)Parameters;
    reserve = PAGE_ROUND(ReserveSize ? ReserveSize : Flags & HEAP_GROWABLE ? DEFAULT_RESERVE : commit);
    reserve = reserve < commit ? commit : reserve;
    reserve = reserve < 0x10000 ? 0x10000 : reserve > MAX_RESERVE ? MAX_RESERVE : reserve;
    commit = commit > reserve ? reserve : commit;
    if (!HeapBase) {
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &reserve, MEM_RESERVE, PAGE_READWRITE)))
            return NULL;
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &commit, MEM_COMMIT, PAGE_READWRITE))) {
            NtFreeVirtualMemory(NtCurrentProcess(), &base, &(SIZE_T){0}, MEM_RELEASE);
            return NULL;
        }
    } else {
        reserve = commit = CommitSize ? CommitSize : ReserveSize; /* what the caller vouches for, and no more */
        if (commit < sizeof(HEAP) + 64)
            return NULL;
    }
    heap = base;
    memset(heap, 0, sizeof(*heap));
    heap->signature = HEAP_SIGNATURE;
    heap->flags = Flags;
    heap->segment_reserve = DEFAULT_RESERVE;
    heap->segment.foreign = HeapBase != NULL;
    list_init(&heap->large);
    for (unsigned bin = 0; bin < BINS; bin++)
        list_init(&heap->bins[bin]);
    if (!(Flags & HEAP_NO_SERIALIZE)) {
        heap->lock = Lock ? Lock : &heap->own_lock;
        if (!Lock)
            RtlInitializeCriticalSection(heap->lock);
    }
    init_first_segment(heap, commit, reserve);
    list_heap(heap);
    return heap;
}

PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    HEAP *heap = heap_check(HeapHandle);
    SEGMENT *segment;
    SIZE_T zero;
    PVOID base;

    if (!heap || heap == heap_process)
        return HeapHandle;
    unlist_heap(heap);
    while (heap->large.Flink != &heap->large) {
        base = CONTAINING_RECORD(heap->large.Flink, LARGE_BLOCK, links);
        list_remove(heap->large.Flink);
        zero = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &zero, MEM_RELEASE);
    }
    while ((segment = heap->segment.next) != NULL) {
        heap->segment.next = segment->next;
        base = segment;
        zero = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &zero, MEM_RELEASE);
    }
    if (heap->lock == &heap->own_lock)
        RtlDeleteCriticalSection(heap->lock);
    heap->signature = 0;
    if (!heap->segment.foreign) {
        base = heap;
        zero = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &zero, MEM_RELEASE);
    }
    return NULL;
}

BOOLEAN NTAPI RtlLockHeap(PVOID HeapHandle)
{
    HEAP *heap = heap_check(HeapHandle);

    if (!heap)
        return FALSE;
    heap_enter(heap, heap->flags);
    return TRUE;
}

BOOLEAN NTAPI RtlUnlockHeap(PVOID HeapHandle)
{
    HEAP *heap = heap_check(HeapHandle);

    if (!heap)
        return FALSE;
    heap_leave(heap, heap->flags);
    return TRUE;
}

ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps)
{
    PPEB peb = NtCurrentPeb();
    ULONG total;

    RtlEnterCriticalSection(&list_lock);
    total = peb->NumberOfHeaps;
    for (ULONG i = 0; i < total && i < Count; i++)
        Heaps[i] = peb->ProcessHeaps[i];
    RtlLeaveCriticalSection(&list_lock);
    return total;
}

void heap_process_init(void)
{
    heap_process = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
}

void heap_process_shared(void)
{
    critsect_make_event(((HEAP *)heap_process)->lock);
}

PVOID heap_alloc(SIZE_T size)
{
    return RtlAllocateHeap(heap_process, 0, size);
}

void heap_free(PVOID block)
{
    RtlFreeHeap(heap_process, 0, block);
}
