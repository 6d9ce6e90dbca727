/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Times calls and traps from inside the guest; each group of them has a file of its own (bench.h). Prints "bench NAME PICOSECONDS" for each; built native for our
 * kernel and as a console program for Wine, from this one source, so that both do exactly the same.
 */
#include "../conformance/tap_private.h"
#include "bench.h"

enum { ROUND_MS = 40, ROUNDS = 5 };

LONGLONG counter(void)
{
    LI now, frequency;
    NtQueryPerformanceCounter(&now, &frequency);
    return now.QuadPart * (10000000 / frequency.QuadPart);
}

void say(const char *name, LONGLONG picoseconds)
{
    char text[128], digits[24], *at = text;
    int n = 0;
    for (const char *word = "bench "; *word;)
        *at++ = *word++;
    while (*name)
        *at++ = *name++;
    *at++ = ' ';
    do {
        digits[n++] = (char)('0' + picoseconds % 10);
        picoseconds /= 10;
    } while (picoseconds);
    while (n)
        *at++ = digits[--n];
    *at++ = '\n';
    *at = 0;
    tap_output(text);
}

/* The median of five rounds, each long enough for the clock. */
void measure(const char *name, OPERATION operation)
{
    LONGLONG rounds[ROUNDS], start, took;
    ULONG times = 1;
    operation(1);
    for (;;) {
        start = counter();
        operation(times);
        took = counter() - start;
        if (took > ROUND_MS * 10000 / 4)
            break;
        times *= 2;
    }
    times = (ULONG)(times * (ROUND_MS * 10000) / took) + 1;
    for (int round = 0; round < ROUNDS; round++) {
        int place = round;
        start = counter();
        operation(times);
        took = (counter() - start) * 100000 / times;
        for (; place && rounds[place - 1] > took; place--)
            rounds[place] = rounds[place - 1];
        rounds[place] = took;
    }
    say(name, rounds[ROUNDS / 2]);
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}

void test_main(void)
{
#define RUN(group) bench_##group();
    BENCH_GROUPS(RUN)
}
