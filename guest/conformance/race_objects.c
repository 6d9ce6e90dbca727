/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that all do the same at once: nothing is lost, counted twice or left over.
 * Known from: the definition of each object (a semaphore neither makes nor loses counts, a mutant has one owner, a wait for all
 * takes all or nothing), as in MSDN "Synchronization Objects".
 */
#include "tap.h"

enum { THREADS = 4, ROUNDS = 150 };

static HANDLE semaphore, mutant, pair[2];
static volatile LONG unguarded, produced, consumed, both;

static NTSTATUS guarded(PVOID unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        LONG seen;
        if (wait_ms(mutant, 5000))
            return 1;
        seen = unguarded;
        if (i % 8 == 0)
            NtYieldExecution();
        unguarded = seen + 1;
        if (NtReleaseMutant(mutant, NULL))
            return 2;
    }
    return 0;
}

static NTSTATUS produce(PVOID unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        __sync_add_and_fetch(&produced, 1);
        if (NtReleaseSemaphore(semaphore, 1, NULL))
            return 1;
    }
    return 0;
}

static NTSTATUS consume(PVOID unused)
{
    (void)unused;
    while (wait_ms(semaphore, 200) == 0)
        __sync_add_and_fetch(&consumed, 1);
    return 0;
}

static NTSTATUS names(PVOID number)
{
    static const WCHAR *const all[2] = {L"\\BaseNamedObjects\\conf-race-a", L"\\BaseNamedObjects\\conf-race-b"};
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE event;
        OBJECT_ATTRIBUTES attributes;
        UNICODE_STRING name = ustr(all[((ULONG_PTR)number + i) & 1]);
        NTSTATUS status;
        attributes = (OBJECT_ATTRIBUTES){sizeof(attributes), NULL, &name, OBJ_OPENIF, NULL, NULL};
        status = NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
        if (status != STATUS_SUCCESS && status != STATUS_OBJECT_NAME_EXISTS)
            return status;
        status = NtSetEvent(event, NULL);
        if (status)
            return status;
        NtClose(event);
    }
    return 0;
}

static NTSTATUS take_both(PVOID unused)
{
    (void)unused;
    for (;;) {
        NTSTATUS status = NtWaitForMultipleObjects(2, pair, WaitAll, FALSE, relative_ms(300));
        if (status == STATUS_TIMEOUT)
            return 0;
        if (status)
            return status;
        __sync_add_and_fetch(&both, 1);
        NtReleaseSemaphore(pair[0], 1, NULL);
        if (both < THREADS * ROUNDS)
            NtReleaseSemaphore(pair[1], 1, NULL);
        else
            return 0;
    }
}

static NTSTATUS memory(PVOID unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        UCHAR *area = pages(0x5000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!area)
            return 1;
        for (int page = 0; page < 5; page++) {
            if (area[page * 0x1000])
                return 2;
            area[page * 0x1000] = 1;
        }
        pages_free(area);
    }
    return 0;
}

static int together(THREAD_FUNCTION function)
{
    HANDLE threads[THREADS];
    int bad = 0;
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(function, (PVOID)(ULONG_PTR)i);
    for (int i = 0; i < THREADS; i++)
        bad += thread_join(threads[i]) != 0;
    return bad;
}

void test_main(void)
{
    HANDLE threads[2 * THREADS];
    SEMAPHORE_BASIC_INFORMATION info;
    int bad = 0;
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    equal(together(guarded), 0, "threads take turns with a mutant");
    equal(unguarded, THREADS * ROUNDS, "no count is lost");
    NtClose(mutant);

    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 0x7fffffff);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = thread_start(consume, NULL);
        threads[THREADS + i] = thread_start(produce, NULL);
    }
    for (int i = 0; i < 2 * THREADS; i++)
        bad += thread_join(threads[i]) != 0;
    equal(bad, 0, "producers and consumers of a semaphore");
    equal(consumed, produced, "what was produced was consumed");
    NtQuerySemaphore(semaphore, 0, &info, sizeof(info), NULL);
    equal(info.CurrentCount, 0, "nothing is left");
    NtClose(semaphore);

    equal(together(names), 0, "threads open, create and close the same two names");
    NtCreateSemaphore(&pair[0], SEMAPHORE_ALL_ACCESS, NULL, 2, 1000);
    NtCreateSemaphore(&pair[1], SEMAPHORE_ALL_ACCESS, NULL, 1, 1000);
    equal(together(take_both), 0, "threads wait for all of the same two");
    check(both >= THREADS * ROUNDS, "everybody has had both");
    equal(together(memory), 0, "threads allocate and free, and always find zeroes");
    NtClose(pair[0]);
    NtClose(pair[1]);
}
