/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NTDLL_HEAP_H
#define NTDLL_HEAP_H

#include "ntdll.h"

/*
 * A block's header lies in front of it. Sizes count granules of 8 bytes, headers included; `previous` is the size of the
 * block in front (0: the first of its segment), so neighbours are found both ways. Free blocks carry list links.
 */
typedef struct BLOCK {
    ULONG size;
    ULONG previous : 24;
    ULONG state : 2;
    ULONG unused : 6; /* bytes of the block that the caller did not ask for */
} BLOCK;

#define GRANULE 8u
#define BLOCK_FREE 1
#define BLOCK_BUSY 2
#define BLOCK_LARGE 3 /* an allocation of its own, not in a segment */

typedef struct FREE_BLOCK {
    BLOCK header;
    LIST_ENTRY links;
} FREE_BLOCK;

/* A reserved range, committed from the bottom; the last block of the committed part is followed by a busy fence. */
typedef struct SEGMENT {
    struct SEGMENT *next;
    PUCHAR first;     /* header of the first block */
    PUCHAR committed; /* end of the committed part */
    PUCHAR end;       /* end of the reservation */
    BOOLEAN foreign;  /* the caller's memory: not ours to free */
} SEGMENT;

typedef struct LARGE_BLOCK {
    LIST_ENTRY links;
    SIZE_T reserved;
    SIZE_T size; /* what the caller asked for */
    BLOCK header;
} LARGE_BLOCK;

#define BINS 32

typedef struct HEAP {
    ULONG signature;
    ULONG flags;
    PRTL_CRITICAL_SECTION lock; /* NULL: HEAP_NO_SERIALIZE */
    RTL_CRITICAL_SECTION own_lock;
    SIZE_T segment_reserve;
    SEGMENT segment; /* the first segment; more are chained */
    LIST_ENTRY large;
    ULONG bin_map; /* bit n: bin n has blocks */
    LIST_ENTRY bins[BINS];
} HEAP;

#define HEAP_SIGNATURE 0x48334b52u
#define MAX_SEGMENT_BLOCK 0x7f000u /* bigger ones get memory of their own */

HEAP *heap_check(PVOID handle);
void heap_enter(HEAP *heap, ULONG flags);
void heap_leave(HEAP *heap, ULONG flags);

#endif
