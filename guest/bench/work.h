/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work for the processor alone: a xorshift generator fills and sorts a small table, over and over. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#define WORK_AMOUNT 12000

static unsigned work(unsigned amount)
{
    unsigned table[256], state = 2463534242u, sum = 0;
    while (amount--) {
        for (int i = 0; i < 256; i++) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            table[i] = state;
        }
        for (int gap = 121; gap; gap = gap == 1 ? 0 : gap / 3)
            for (int i = gap; i < 256; i++) {
                unsigned value = table[i];
                int j = i;
                for (; j >= gap && table[j - gap] > value; j -= gap)
                    table[j] = table[j - gap];
                table[j] = value;
            }
        sum += table[128];
    }
    return sum;
}

#endif
