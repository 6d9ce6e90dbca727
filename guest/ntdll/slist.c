/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Singly linked lists that are pushed to and popped from without a lock: the header is changed as one 64-bit value, and
 * its sequence number tells a pop that the first entry is no longer what it was.
 */
#include "ntdll.h"

VOID NTAPI RtlInitializeSListHead(PSLIST_HEADER ListHead)
{
    ListHead->Alignment = 0;
}

PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *ListHead)
{
    return (PSLIST_ENTRY)ListHead->Next.Next;
}

WORD NTAPI RtlQueryDepthSList(PSLIST_HEADER ListHead)
{
    return ListHead->Depth;
}

static BOOLEAN replace(PSLIST_HEADER head, const SLIST_HEADER *old, const SLIST_HEADER *new)
{
    return __sync_bool_compare_and_swap((volatile long long *)&head->Alignment, (long long)old->Alignment,
                                        (long long)new->Alignment);
}

PSLIST_ENTRY NTAPI RtlInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    SLIST_HEADER old, new;

    do {
        old = *(volatile SLIST_HEADER *)ListHead;
        ListEntry->Next = old.Next.Next;
        new.Next.Next = ListEntry;
        new.Depth = (WORD)(old.Depth + 1);
        new.Sequence = (WORD)(old.Sequence + 1);
    } while (!replace(ListHead, &old, &new));
    return (PSLIST_ENTRY)old.Next.Next;
}

PSLIST_ENTRY NTAPI RtlInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER old, new;

    do {
        old = *(volatile SLIST_HEADER *)ListHead;
        if (!old.Next.Next)
            return NULL;
        new.Next.Next = old.Next.Next->Next;
        new.Depth = (WORD)(old.Depth - 1);
        new.Sequence = old.Sequence;
    } while (!replace(ListHead, &old, &new));
    return (PSLIST_ENTRY)old.Next.Next;
}

PSLIST_ENTRY NTAPI RtlInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    SLIST_HEADER old, new;

    do {
        old = *(volatile SLIST_HEADER *)ListHead;
        new = old;
        new.Next.Next = NULL;
        new.Depth = 0;
    } while (!replace(ListHead, &old, &new));
    return (PSLIST_ENTRY)old.Next.Next;
}
