/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads pass the tokens of a semaphore round while others look, suspend them, alert them and queue APCs to them: no token
 * is ever lost or made, and nobody is left behind.
 * Known from: Windows 2000 DDK (KeReleaseSemaphore: each wait takes one, each release adds what it says).
 */
#include "tap.h"

#define WORKERS 5
#define TOKENS 2
#define ROUNDS 150

static HANDLE semaphore, turn;
static volatile LONG stop, inside, most, apcs;

static LONG count(void)
{
    SEMAPHORE_BASIC_INFORMATION info = {77, 77};
    NtQuerySemaphore(semaphore, 0, &info, sizeof(info), NULL);
    return info.CurrentCount;
}

static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    InterlockedIncrement(&apcs);
}

/* Every third wait has an end, every fifth can be alerted: those are other kinds of waits in the same queue. */
static NTSTATUS worker(PVOID name)
{
    for (int i = (int)(ULONG_PTR)name; !stop; i++) {
        NTSTATUS status = NtWaitForSingleObject(semaphore, i % 5 == 0, i % 3 ? NULL : relative_ms(5000));
        if (status == STATUS_ALERTED || status == STATUS_USER_APC)
            continue;
        if (status != 0)
            return status;
        LONG now = InterlockedIncrement(&inside);
        if (now > most)
            most = now;
        NtSetEvent(turn, NULL);
        InterlockedDecrement(&inside);
        if ((status = NtReleaseSemaphore(semaphore, 1, NULL)) != 0)
            return status;
    }
    return 0;
}

static void disturb(HANDLE *threads)
{
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE thread = threads[i % WORKERS];
        switch (i % 4) {
        case 0:
            NtSuspendThread(thread, NULL);
            if (wait_ms(semaphore, 5) == 0)
                NtReleaseSemaphore(semaphore, 1, NULL);
            NtResumeThread(thread, NULL);
            break;
        case 1:
            NtAlertThread(thread);
            break;
        case 2:
            NtQueueApcThread(thread, apc, NULL, NULL, NULL);
            break;
        default:
            wait_ms(turn, 20);
        }
    }
}

void test_main(void)
{
    HANDLE threads[WORKERS];
    NTSTATUS status = 0;
    expect(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, TOKENS, WORKERS + TOKENS), 0, "create");
    NtCreateEvent(&turn, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    for (int i = 0; i < WORKERS; i++)
        threads[i] = thread_start(worker, (PVOID)(ULONG_PTR)i);
    disturb(threads);
    check(wait_ms(turn, 5000) == 0, "they still go round");
    stop = 1;
    for (int i = 0; i < WORKERS; i++)
        status |= thread_join(threads[i]);
    expect(status, 0, "all of them end");
    equal(count(), TOKENS, "with all tokens given back");
    check(most > 0 && most <= TOKENS, "there were never more of them inside than tokens");
    NtClose(turn);
    NtClose(semaphore);
}
