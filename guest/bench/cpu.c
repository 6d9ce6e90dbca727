/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor work, by one thread and by two. */
#include "bench.h"

/* Integer work that fits the first-level cache; the same source is built for Linux. */
#include "work.h"

static NTSTATUS worker(PVOID argument)
{
    return (NTSTATUS)work((ULONG)argument);
}

static LONGLONG two_workers(BOOLEAN together, ULONG amount)
{
    LONGLONG start = counter();
    HANDLE first = thread_start(worker, (PVOID)amount), second;
    if (!together)
        thread_join(first);
    second = thread_start(worker, (PVOID)amount);
    if (together)
        thread_join(first);
    thread_join(second);
    return counter() - start;
}

void bench_cpu(void)
{
    LONGLONG best = 0x7fffffffffffffff, apart = best, together = best;
    for (int round = 0; round < 3; round++) {
        LONGLONG start = counter(), took;
        work(WORK_AMOUNT);
        took = counter() - start;
        best = took < best ? took : best;
        took = two_workers(FALSE, WORK_AMOUNT / 2);
        apart = took < apart ? took : apart;
        took = two_workers(TRUE, WORK_AMOUNT / 2);
        together = took < together ? took : together;
    }
    say("cpu", best * 100000);
    say("cpu-two-after-each-other", apart * 100000);
    say("cpu-two-together", together * 100000);
}
