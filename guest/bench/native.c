/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same work as a 32-bit Linux program without any library: the yardstick for processor-bound guest code. */
#include "work.h"

static int host_call(int number, int a, void *b, int c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

static unsigned long long now(void)
{
    int spec[2];
    host_call(265, 1, spec, 0); /* clock_gettime, CLOCK_MONOTONIC */
    return (unsigned long long)(unsigned)spec[0] * 1000000000u + (unsigned)spec[1];
}

void _start(void);
void _start(void)
{
    unsigned long long best = ~0ull;
    char text[32];
    int at = 31;
    volatile unsigned keep = 0;
    for (int round = 0; round < 5; round++) {
        unsigned long long start = now();
        keep += work(WORK_AMOUNT);
        start = now() - start;
        best = start < best ? start : best;
    }
    text[at] = '\n';
    unsigned microseconds = (unsigned)best / 1000u;
    do {
        text[--at] = (char)('0' + microseconds % 10);
        microseconds /= 10;
    } while (microseconds);
    host_call(4, 1, text + at, 32 - at);
    host_call(1, 0, 0, 0);
}
