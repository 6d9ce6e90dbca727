/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory: the C functions and the Rtl routines that stand beside them.
 */
#include "ntdll.h"

void *CRTAPI memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *CRTAPI memmove(void *to, const void *from, size_t size)
{
    void *result = to;
    size_t words = size / 4, rest = size % 4;

    if ((UINT_PTR)to - (UINT_PTR)from >= size) {
        __asm__ volatile("rep movsl\n\tmovl %3, %%ecx\n\trep movsb"
                         : "+D"(to), "+S"(from), "+c"(words)
                         : "r"(rest)
                         : "memory");
    } else {
        /* The destination overlaps the end of the source: from the top down. */
        for (; size >= 4; size -= 4)
            *(unsigned *)((char *)to + size - 4) = *(const unsigned *)((const char *)from + size - 4);
        while (size--)
            ((char *)to)[size] = ((const char *)from)[size];
    }
    return result;
}

void *CRTAPI memset(void *to, int value, size_t size)
{
    void *result = to;
    unsigned pattern = (unsigned char)value * 0x01010101u;
    size_t words = size / 4, rest = size % 4;

    __asm__ volatile("rep stosl\n\tmovl %3, %%ecx\n\trep stosb"
                     : "+D"(to), "+c"(words)
                     : "a"(pattern), "r"(rest)
                     : "memory");
    return result;
}

int CRTAPI memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size >= 4 && *(const unsigned *)x == *(const unsigned *)y; size -= 4, x += 4, y += 4)
        ;
    for (; size; size--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}

void *CRTAPI memchr(const void *from, int value, size_t size)
{
    const unsigned char *p = from;

    for (; size; size--, p++)
        if (*p == (unsigned char)value)
            return (void *)p;
    return NULL;
}

void *CRTAPI _memccpy(void *to, const void *from, int value, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    while (size--) {
        *out++ = *in;
        if (*in++ == (unsigned char)value)
            return out;
    }
    return NULL;
}

int CRTAPI _memicmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (; size; size--, x++, y++) {
        int difference = tolower(*x) - tolower(*y);
        if (difference)
            return difference;
    }
    return 0;
}

VOID NTAPI RtlMoveMemory(PVOID to, const VOID *from, SIZE_T size)
{
    memmove(to, from, size);
}

VOID NTAPI RtlFillMemory(PVOID to, SIZE_T size, UCHAR fill)
{
    memset(to, fill, size);
}

VOID NTAPI RtlZeroMemory(PVOID to, SIZE_T size)
{
    memset(to, 0, size);
}

VOID NTAPI RtlFillMemoryUlong(PVOID to, SIZE_T size, ULONG pattern)
{
    PULONG out = to;

    for (size /= sizeof(ULONG); size; size--)
        *out++ = pattern;
}

SIZE_T NTAPI RtlCompareMemory(const VOID *a, const VOID *b, SIZE_T size)
{
    const UCHAR *x = a, *y = b;
    SIZE_T equal = 0;

    while (equal < size && x[equal] == y[equal])
        equal++;
    return equal;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID from, SIZE_T size, ULONG pattern)
{
    PULONG in = from;
    SIZE_T equal = 0;

    while (equal < size / sizeof(ULONG) && in[equal] == pattern)
        equal++;
    return equal * sizeof(ULONG);
}
