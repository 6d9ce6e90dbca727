/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#define SLOTS 300
#define ROUNDS 20000

static struct {
    PUCHAR block;
    SIZE_T size;
    UCHAR pattern;
} slots[SLOTS];

static SIZE_T random_size(PULONG seed)
{
    ULONG kind = RtlUniform(seed) % 100, number = RtlUniform(seed);

    if (kind < 70)
        return number % 300;
    return kind < 97 ? number % 20000 : number % 900000;
}

static int intact(unsigned slot)
{
    for (SIZE_T i = 0; i < slots[slot].size; i++)
        if (slots[slot].block[i] != slots[slot].pattern)
            return 0;
    return 1;
}

/* Every block keeps its own pattern; each is checked before it is freed or resized. */
static void stress(PVOID heap)
{
    ULONG seed = 12345, errors = 0, failed = 0;

    for (ULONG round = 0; round < ROUNDS; round++) {
        unsigned slot = RtlUniform(&seed) % SLOTS;
        SIZE_T size = random_size(&seed), old = slots[slot].size;
        PUCHAR block = slots[slot].block;
        if (block && !intact(slot))
            errors++;
        if (block && RtlSizeHeap(heap, 0, block) != old)
            errors++;
        if (block && RtlUniform(&seed) % 3) {
            RtlFreeHeap(heap, 0, block);
            slots[slot].block = NULL;
            continue;
        }
        block = block ? RtlReAllocateHeap(heap, 0, block, size) : RtlAllocateHeap(heap, 0, size);
        failed += !block;
        if (!block)
            continue;
        for (SIZE_T i = 0; slots[slot].block && i < old && i < size; i++)
            errors += block[i] != slots[slot].pattern;
        errors += ((UINT_PTR)block & 7) != 0;
        slots[slot].block = block;
        slots[slot].size = size;
        slots[slot].pattern = (UCHAR)round;
        memset(block, slots[slot].pattern, size);
        if (round % 1000 == 0)
            errors += !RtlValidateHeap(heap, 0, NULL);
    }
    ok(!failed, "%d random operations find memory", ROUNDS);
    ok(!errors, "they leave all blocks intact (%lu errors)", errors);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        RtlFreeHeap(heap, 0, slots[slot].block);
    ok(RtlValidateHeap(heap, 0, NULL), "the heap is valid in the end");
}

static void small_heap(void)
{
    PVOID heap = RtlCreateHeap(0, NULL, 0x10000, 0x1000, NULL, NULL), block;
    ULONG count = 0;

    while ((block = RtlAllocateHeap(heap, 0, 1000)) != NULL)
        count++;
    ok(count > 50 && count < 66, "a heap that does not grow ends: %lu blocks of 1000 bytes in 64 KB", count);
    ok(!RtlAllocateHeap(heap, 0, 0x80000), "nor has it large blocks");
    ok(!RtlDestroyHeap(heap), "RtlDestroyHeap");
}

static void single(PVOID heap)
{
    PUCHAR block = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100), other;
    int zero = 1;

    for (unsigned i = 0; i < 100; i++)
        zero &= !block[i];
    ok(zero, "HEAP_ZERO_MEMORY");
    equal("RtlSizeHeap", RtlSizeHeap(heap, 0, block), 100);
    ok(RtlValidateHeap(heap, 0, block), "a block is valid");
    other = RtlReAllocateHeap(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 50);
    ok(other == block && RtlSizeHeap(heap, 0, block) == 50, "shrinks in place");
    ok(RtlFreeHeap(heap, 0, block), "RtlFreeHeap");
    block = RtlAllocateHeap(heap, 0, 0);
    ok(block && RtlSizeHeap(heap, 0, block) == 0, "a block of no bytes");
    RtlFreeHeap(heap, 0, block);
    block = RtlAllocateHeap(heap, 0, 0x100000);
    ok(block && RtlSizeHeap(heap, 0, block) == 0x100000 && RtlFreeHeap(heap, 0, block), "a large block");
    ok(!RtlAllocateHeap(heap, 0, 0x7fffffff), "too much is refused");
    ok(RtlFreeHeap(heap, 0, NULL), "freeing NULL succeeds");
}

void test_heap(void)
{
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), heaps[16];
    ULONG before = RtlGetProcessHeaps(16, heaps);

    ok(heap != NULL && before > 0, "RtlCreateHeap");
    single(heap);
    stress(heap);
    small_heap();
    ok(!RtlDestroyHeap(heap), "the heap goes");
    equal("RtlGetProcessHeaps", RtlGetProcessHeaps(16, heaps), before - 1);
}
