/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorting and searching. qsort is a heap sort: no recursion, no worst case, the caller's stack stays small.
 */
#include "ntdll.h"

static void swap(char *a, char *b, size_t size)
{
    for (; size; size--, a++, b++) {
        char kept = *a;
        *a = *b;
        *b = kept;
    }
}

static void sift_down(char *base, size_t root, size_t count, size_t size, crt_compare compare)
{
    for (;;) {
        size_t child = root * 2 + 1;
        if (child >= count)
            return;
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
        root = child;
    }
}

void CRTAPI qsort(void *base, size_t count, size_t size, crt_compare compare)
{
    for (size_t root = count / 2; root-- > 0;)
        sift_down(base, root, count, size, compare);
    while (count > 1) {
        count--;
        swap(base, (char *)base + count * size, size);
        sift_down(base, 0, count, size, compare);
    }
}

void *CRTAPI bsearch(const void *key, const void *base, size_t count, size_t size, crt_compare compare)
{
    const char *low = base;

    while (count) {
        const char *middle = low + count / 2 * size;
        int order = compare(key, middle);
        if (order == 0)
            return (void *)middle;
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

void *CRTAPI _lfind(const void *key, const void *base, unsigned int *count, unsigned int size, crt_compare compare)
{
    const char *item = base;

    for (unsigned i = 0; i < *count; i++, item += size)
        if (!compare(key, item))
            return (void *)item;
    return NULL;
}

int CRTAPI abs(int value)
{
    return value < 0 ? -value : value;
}

long CRTAPI labs(long value)
{
    return value < 0 ? -value : value;
}
