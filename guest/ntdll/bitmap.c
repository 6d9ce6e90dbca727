/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bit maps over an array of ULONGs, and the search for runs in them. 0xffffffff means that there is no such run.
 */
#include "ntdll.h"

#define NO_RUN 0xffffffffu

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP Map, PULONG Buffer, ULONG Bits)
{
    Map->SizeOfBitMap = Bits;
    Map->Buffer = Buffer;
}

static ULONG words(PRTL_BITMAP map)
{
    return (map->SizeOfBitMap + 31) / 32;
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0, words(Map) * sizeof(ULONG));
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0xff, words(Map) * sizeof(ULONG));
}

VOID NTAPI RtlClearBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit / 32] &= ~(1u << Bit % 32);
}

VOID NTAPI RtlSetBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit / 32] |= 1u << Bit % 32;
}

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP Map, ULONG Bit)
{
    return Map->Buffer[Bit / 32] >> Bit % 32 & 1;
}

VOID NTAPI RtlClearBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    for (; Count; Count--, Start++)
        RtlClearBit(Map, Start);
}

VOID NTAPI RtlSetBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    for (; Count; Count--, Start++)
        RtlSetBit(Map, Start);
}

/* Length of the run of bits that equal `value` from `start` on, at most `limit`. */
static ULONG run_length(PRTL_BITMAP map, ULONG start, ULONG limit, BOOLEAN value)
{
    ULONG skip = value ? 0xffffffffu : 0, at = start;

    while (at < map->SizeOfBitMap && at - start < limit) {
        if (at % 32 == 0 && map->Buffer[at / 32] == skip && map->SizeOfBitMap - at >= 32)
            at += 32;
        else if (RtlTestBit(map, at) == value)
            at++;
        else
            break;
    }
    return at - start < limit ? at - start : limit;
}

static BOOLEAN are_bits(PRTL_BITMAP map, ULONG start, ULONG count, BOOLEAN value)
{
    if (!count || start >= map->SizeOfBitMap || count > map->SizeOfBitMap - start)
        return FALSE;
    return run_length(map, start, count, value) == count;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return are_bits(Map, Start, Count, FALSE);
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return are_bits(Map, Start, Count, TRUE);
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP Map)
{
    ULONG count = 0, rest = Map->SizeOfBitMap % 32;

    for (ULONG i = 0; i < Map->SizeOfBitMap / 32; i++)
        count += (ULONG)__builtin_popcount(Map->Buffer[i]);
    if (rest)
        count += (ULONG)__builtin_popcount(Map->Buffer[Map->SizeOfBitMap / 32] & ((1u << rest) - 1));
    return count;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP Map)
{
    return Map->SizeOfBitMap - RtlNumberOfSetBits(Map);
}

static ULONG find_from(PRTL_BITMAP map, ULONG start, ULONG end, ULONG count, BOOLEAN value)
{
    while (start < end) {
        ULONG run = run_length(map, start, count, value);
        if (run == count)
            return start;
        start += run;
        start += run_length(map, start, NO_RUN, !value);
    }
    return NO_RUN;
}

/* Searches from the hint to the end, then from the start. A run of no bits is found at the hint's byte. */
static ULONG find_run(PRTL_BITMAP map, ULONG count, ULONG hint, BOOLEAN value)
{
    ULONG found;

    if (hint >= map->SizeOfBitMap)
        hint = 0;
    if (!count)
        return hint & ~7u;
    if (count > map->SizeOfBitMap)
        return NO_RUN;
    found = find_from(map, hint, map->SizeOfBitMap, count, value);
    return found == NO_RUN && hint ? find_from(map, 0, hint, count, value) : found;
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return find_run(Map, Count, Hint, FALSE);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return find_run(Map, Count, Hint, TRUE);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG found = find_run(Map, Count, Hint, FALSE);

    if (found != NO_RUN)
        RtlSetBits(Map, found, Count);
    return found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG found = find_run(Map, Count, Hint, TRUE);

    if (found != NO_RUN)
        RtlClearBits(Map, found, Count);
    return found;
}

ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP Map, PULONG Start)
{
    ULONG best = 0;

    *Start = 0;
    for (ULONG at = 0; at < Map->SizeOfBitMap;) {
        ULONG run = run_length(Map, at, NO_RUN, FALSE);
        if (run > best) {
            best = run;
            *Start = at;
        }
        at += run;
        at += run_length(Map, at, NO_RUN, TRUE);
    }
    return best;
}

CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set ? (CCHAR)(63 - __builtin_clzll(Set)) : -1;
}

CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set ? (CCHAR)__builtin_ctzll(Set) : -1;
}
