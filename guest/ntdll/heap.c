/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Heap blocks: allocation, release and resizing. A boundary-tag allocator with a first fit search in bins of like sizes;
 * neighbours that are free are always joined. The committed part of a segment grows as needed (heap_manage.c makes and
 * destroys heaps). Invariants, checked by RtlValidateHeap: no two free neighbours; every free block is in the bin of
 * its size; a block's `previous` is its front neighbour's size; the committed part ends with a busy fence of size 0.
 */
#include "heap.h"

#define COMMIT_STEP 0x4000u
#define MAX_REQUEST 0x7ff00000u /* more than the address space has room for */
#define MIN_GRANULES ((ULONG)(sizeof(FREE_BLOCK) / GRANULE))

static BLOCK *block_of(const VOID *pointer)
{
    return (BLOCK *)pointer - 1;
}

static BLOCK *next_block(BLOCK *block)
{
    return (BLOCK *)((PUCHAR)block + block->size * GRANULE);
}

static BLOCK *previous_block(BLOCK *block)
{
    return (BLOCK *)((PUCHAR)block - block->previous * GRANULE);
}

static SIZE_T requested_size(const BLOCK *block)
{
    if (block->state == BLOCK_LARGE)
        return CONTAINING_RECORD(block, LARGE_BLOCK, header)->size;
    return block->size * GRANULE - sizeof(BLOCK) - block->unused;
}

static unsigned bin_of(ULONG granules)
{
    unsigned bin;

    if (granules < MIN_GRANULES + 16)
        return granules - MIN_GRANULES;
    bin = 16 + (31 - (unsigned)__builtin_clz(granules)) - 4;
    return bin < BINS ? bin : BINS - 1;
}

static void insert_free(HEAP *heap, BLOCK *block)
{
    unsigned bin = bin_of(block->size);

    block->state = BLOCK_FREE;
    list_insert_head(&heap->bins[bin], &((FREE_BLOCK *)block)->links);
    heap->bin_map |= 1u << bin;
}

static void remove_free(HEAP *heap, BLOCK *block)
{
    unsigned bin = bin_of(block->size);

    list_remove(&((FREE_BLOCK *)block)->links);
    if (heap->bins[bin].Flink == &heap->bins[bin])
        heap->bin_map &= ~(1u << bin);
}

static void set_size(BLOCK *block, ULONG granules)
{
    block->size = granules;
    next_block(block)->previous = granules & 0xffffff;
}

/* Gives back what a block has beyond `granules`, joined with a free neighbour behind it. */
static void split(HEAP *heap, BLOCK *block, ULONG granules)
{
    ULONG rest = block->size - granules;
    BLOCK *tail, *next;

    if (rest < MIN_GRANULES)
        return;
    block->size = granules;
    tail = next_block(block);
    tail->previous = granules & 0xffffff;
    tail->size = rest;
    next = next_block(tail);
    if (next->state == BLOCK_FREE) {
        remove_free(heap, next);
        rest += next->size;
    }
    set_size(tail, rest);
    insert_free(heap, tail);
}

static BLOCK *find_free(HEAP *heap, ULONG granules)
{
    unsigned bin = bin_of(granules);
    PLIST_ENTRY head = &heap->bins[bin];
    ULONG larger;

    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
        BLOCK *block = &CONTAINING_RECORD(at, FREE_BLOCK, links)->header;
        if (block->size >= granules)
            return block;
    }
    larger = bin >= 31 ? 0 : heap->bin_map & ~((2u << bin) - 1);
    if (!larger)
        return NULL;
    head = &heap->bins[__builtin_ctz(larger)];
    return &CONTAINING_RECORD(head->Flink, FREE_BLOCK, links)->header;
}

/* Commits more of a segment and makes a free block of it, joined with a free block before it. */
static BLOCK *grow_segment(HEAP *heap, SEGMENT *segment, ULONG granules)
{
    BLOCK *fence = (BLOCK *)(segment->committed - sizeof(BLOCK)), *block = fence;
    SIZE_T have = 0, bytes;
    PVOID base = segment->committed;

    if (fence->previous && previous_block(fence)->state == BLOCK_FREE)
        have = previous_block(fence)->size;
    bytes = PAGE_ROUND((granules - have) * GRANULE);
    if (bytes < COMMIT_STEP && (SIZE_T)(segment->end - segment->committed) >= COMMIT_STEP)
        bytes = COMMIT_STEP;
    if (bytes > (SIZE_T)(segment->end - segment->committed))
        return NULL;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes, MEM_COMMIT, PAGE_READWRITE)))
        return NULL;
    segment->committed += bytes;
    if (have) {
        block = previous_block(fence);
        remove_free(heap, block);
    }
    block->size = (ULONG)(have + bytes / GRANULE);
    fence = next_block(block);
    fence->size = 0;
    fence->previous = block->size & 0xffffff;
    fence->state = BLOCK_BUSY;
    insert_free(heap, block);
    return block;
}

static SEGMENT *add_segment(HEAP *heap)
{
    SIZE_T reserve = heap->segment_reserve, commit = PAGE_SIZE;
    PVOID base = NULL;
    SEGMENT *segment;
    BLOCK *fence;

    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &reserve, MEM_RESERVE, PAGE_READWRITE)))
        return NULL;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &commit, MEM_COMMIT, PAGE_READWRITE))) {
        reserve = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &reserve, MEM_RELEASE);
        return NULL;
    }
    segment = base;
    segment->end = (PUCHAR)base + reserve;
    segment->committed = (PUCHAR)base + PAGE_SIZE;
    segment->foreign = FALSE;
    /* The rest of the first page goes unused: the fence stands at its end and the first block begins there. */
    fence = (BLOCK *)(segment->committed - sizeof(BLOCK));
    *fence = (BLOCK){.state = BLOCK_BUSY};
    segment->first = (PUCHAR)fence;
    segment->next = heap->segment.next;
    heap->segment.next = segment;
    return segment;
}

static BLOCK *grow(HEAP *heap, ULONG granules)
{
    BLOCK *block = NULL;

    for (SEGMENT *segment = &heap->segment; segment && !block; segment = segment->next)
        block = grow_segment(heap, segment, granules);
    if (!block && heap->flags & HEAP_GROWABLE) {
        SEGMENT *segment = add_segment(heap);
        block = segment ? grow_segment(heap, segment, granules) : NULL;
    }
    return block;
}

static BLOCK *allocate_large(HEAP *heap, SIZE_T size)
{
    SIZE_T bytes = size + sizeof(LARGE_BLOCK);
    PVOID base = NULL;
    LARGE_BLOCK *large;

    if (!(heap->flags & HEAP_GROWABLE) || bytes < size ||
        !NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &bytes, MEM_RESERVE | MEM_COMMIT,
                                            PAGE_READWRITE)))
        return NULL;
    large = base;
    large->reserved = bytes;
    large->size = size;
    large->header.state = BLOCK_LARGE;
    list_insert_tail(&heap->large, &large->links);
    return &large->header;
}

static ULONG granules_for(SIZE_T size)
{
    ULONG granules = (ULONG)((size + sizeof(BLOCK) + GRANULE - 1) / GRANULE);

    return granules < MIN_GRANULES ? MIN_GRANULES : granules;
}

static void mark_busy(BLOCK *block, SIZE_T size)
{
    block->state = BLOCK_BUSY;
    block->unused = (block->size * GRANULE - sizeof(BLOCK) - size) & 63;
}

static BLOCK *allocate(HEAP *heap, SIZE_T size)
{
    ULONG granules;
    BLOCK *block;

    if (size > MAX_SEGMENT_BLOCK)
        return allocate_large(heap, size);
    granules = granules_for(size);
    block = find_free(heap, granules);
    if (!block)
        block = grow(heap, granules);
    if (!block)
        return NULL;
    remove_free(heap, block);
    block->state = BLOCK_BUSY;
    split(heap, block, granules);
    mark_busy(block, size);
    return block;
}

static void release(HEAP *heap, BLOCK *block)
{
    BLOCK *next = next_block(block);
    ULONG granules = block->size;

    if (block->state == BLOCK_LARGE) {
        LARGE_BLOCK *large = CONTAINING_RECORD(block, LARGE_BLOCK, header);
        PVOID base = large;
        SIZE_T zero = 0;
        list_remove(&large->links);
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &zero, MEM_RELEASE);
        return;
    }
    if (next->state == BLOCK_FREE) {
        remove_free(heap, next);
        granules += next->size;
    }
    if (block->previous && previous_block(block)->state == BLOCK_FREE) {
        block = previous_block(block);
        remove_free(heap, block);
        granules += block->size;
    }
    set_size(block, granules);
    insert_free(heap, block);
}

/* Is this a pointer that this heap gave out and has not taken back? */
static BLOCK *check_block(HEAP *heap, const VOID *pointer)
{
    BLOCK *block = block_of(pointer);

    if ((UINT_PTR)pointer & (GRANULE - 1))
        return NULL;
    for (SEGMENT *segment = &heap->segment; segment; segment = segment->next) {
        if ((PUCHAR)block < segment->first || (PUCHAR)pointer >= segment->committed)
            continue;
        if (block->state != BLOCK_BUSY || block->size < MIN_GRANULES ||
            block->size > (ULONG)(segment->committed - (PUCHAR)block) / GRANULE ||
            next_block(block)->previous != (block->size & 0xffffff))
            return NULL;
        return block;
    }
    for (PLIST_ENTRY at = heap->large.Flink; at != &heap->large; at = at->Flink)
        if (&CONTAINING_RECORD(at, LARGE_BLOCK, links)->header == block)
            return block;
    return NULL;
}

static BLOCK *checked_block(HEAP *heap, const VOID *pointer)
{
    BLOCK *block = check_block(heap, pointer);

    if (!block)
        DbgPrint("HEAP[%p]: %p is not an allocated block\n", heap, pointer);
    return block;
}

PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    HEAP *heap = heap_check(HeapHandle);
    BLOCK *block;

    if (!heap)
        return NULL;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    block = Size > MAX_REQUEST ? NULL : allocate(heap, Size);
    heap_leave(heap, Flags);
    if (!block) {
        if (Flags & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    if (Flags & HEAP_ZERO_MEMORY && block->state != BLOCK_LARGE)
        memset(block + 1, 0, Size);
    return block + 1;
}

BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer)
{
    HEAP *heap = heap_check(HeapHandle);
    BLOCK *block;

    if (!Pointer)
        return TRUE;
    if (!heap)
        return FALSE;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    block = checked_block(heap, Pointer);
    if (block)
        release(heap, block);
    heap_leave(heap, Flags);
    return block != NULL;
}

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, const VOID *Pointer)
{
    HEAP *heap = heap_check(HeapHandle);
    SIZE_T size = (SIZE_T)-1;
    BLOCK *block;

    if (!heap)
        return size;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    block = checked_block(heap, Pointer);
    if (block)
        size = requested_size(block);
    heap_leave(heap, Flags);
    return size;
}

static BOOLEAN resize_in_place(HEAP *heap, BLOCK *block, SIZE_T size)
{
    ULONG granules;
    BLOCK *next;

    if (block->state == BLOCK_LARGE) {
        LARGE_BLOCK *large = CONTAINING_RECORD(block, LARGE_BLOCK, header);
        if (size + sizeof(LARGE_BLOCK) > large->reserved || size <= MAX_SEGMENT_BLOCK)
            return FALSE;
        large->size = size;
        return TRUE;
    }
    if (size > MAX_SEGMENT_BLOCK)
        return FALSE;
    granules = granules_for(size);
    next = next_block(block);
    if (granules > block->size) {
        if (next->state != BLOCK_FREE || block->size + next->size < granules)
            return FALSE;
        remove_free(heap, next);
        set_size(block, block->size + next->size);
    }
    split(heap, block, granules);
    mark_busy(block, size);
    return TRUE;
}

static BLOCK *move_block(HEAP *heap, BLOCK *block, SIZE_T old_size, SIZE_T size)
{
    BLOCK *moved = allocate(heap, size);

    if (moved) {
        memcpy(moved + 1, block + 1, old_size < size ? old_size : size);
        release(heap, block);
    }
    return moved;
}

PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer, SIZE_T Size)
{
    HEAP *heap = heap_check(HeapHandle);
    SIZE_T old_size = 0;
    BLOCK *block;

    if (!heap || !Pointer)
        return NULL;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    block = Size > MAX_REQUEST ? NULL : checked_block(heap, Pointer);
    if (block) {
        old_size = requested_size(block);
        if (!resize_in_place(heap, block, Size))
            block = Flags & HEAP_REALLOC_IN_PLACE_ONLY ? NULL : move_block(heap, block, old_size, Size);
    }
    heap_leave(heap, Flags);
    if (!block) {
        if (Flags & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    if (Flags & HEAP_ZERO_MEMORY && Size > old_size)
        memset((PUCHAR)(block + 1) + old_size, 0, Size - old_size);
    return block + 1;
}

static BOOLEAN validate_segment(HEAP *heap, SEGMENT *segment, ULONG *free_blocks)
{
    BLOCK *fence = (BLOCK *)(segment->committed - sizeof(BLOCK)), *block = (BLOCK *)segment->first;
    ULONG previous = 0;

    (void)heap;
    while (block < fence) {
        if (block->size < MIN_GRANULES || block->previous != (previous & 0xffffff) ||
            block->size > (ULONG)((PUCHAR)fence - (PUCHAR)block) / GRANULE ||
            (block->state != BLOCK_BUSY && block->state != BLOCK_FREE))
            return FALSE;
        if (block->state == BLOCK_FREE) {
            FREE_BLOCK *free = (FREE_BLOCK *)block;
            if (next_block(block)->state == BLOCK_FREE || free->links.Flink->Blink != &free->links)
                return FALSE;
            ++*free_blocks;
        }
        previous = block->size;
        block = next_block(block);
    }
    return block == fence && fence->size == 0 && fence->previous == (previous & 0xffffff);
}

static BOOLEAN validate_all(HEAP *heap)
{
    ULONG counted = 0, listed = 0;

    for (SEGMENT *segment = &heap->segment; segment; segment = segment->next)
        if (!validate_segment(heap, segment, &counted))
            return FALSE;
    for (unsigned bin = 0; bin < BINS; bin++)
        for (PLIST_ENTRY at = heap->bins[bin].Flink; at != &heap->bins[bin]; at = at->Flink, listed++)
            if (bin_of(CONTAINING_RECORD(at, FREE_BLOCK, links)->header.size) != bin)
                return FALSE;
    return counted == listed;
}

BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, const VOID *Pointer)
{
    HEAP *heap = heap_check(HeapHandle);
    BOOLEAN valid;

    if (!heap)
        return FALSE;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    valid = Pointer ? checked_block(heap, Pointer) != NULL : validate_all(heap);
    heap_leave(heap, Flags);
    return valid;
}

/* The largest block that could be had without more memory; free neighbours are joined already. */
SIZE_T NTAPI RtlCompactHeap(PVOID HeapHandle, ULONG Flags)
{
    HEAP *heap = heap_check(HeapHandle);
    SIZE_T largest = 0;

    if (!heap)
        return 0;
    Flags |= heap->flags;
    heap_enter(heap, Flags);
    for (unsigned bin = 0; bin < BINS; bin++)
        for (PLIST_ENTRY at = heap->bins[bin].Flink; at != &heap->bins[bin]; at = at->Flink) {
            SIZE_T bytes = CONTAINING_RECORD(at, FREE_BLOCK, links)->header.size * GRANULE - sizeof(BLOCK);
            largest = bytes > largest ? bytes : largest;
        }
    heap_leave(heap, Flags);
    return largest;
}
