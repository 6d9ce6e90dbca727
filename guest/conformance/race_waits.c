/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads pass the tokens of a semaphore round while others look, suspend them, alert them and queue APCs to them: no token
 * is ever lost or made, and nobody is left behind.  Once with all kinds of waits, and once with plain ones alone, for long
 * stretches of which nobody disturbs them: a kernel may leave those to the process.
 * Known from: Windows 2000 DDK (KeReleaseSemaphore: each wait takes one, each release adds what it says).
 */
#include "tap.h"

#define WORKERS 5
#define TOKENS 2
#define ROUNDS 150

static HANDLE semaphore, turn;
static volatile LONG plain, stop, inside, most, apcs, rounds;

#define EXPECT(got, expected, name) tap_value((ULONG)(got), (ULONG)(expected), __FILE__, __LINE__, name, kind)

static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    InterlockedIncrement(&apcs);
}

/* Every third wait has an end, every fifth can be alerted: those are other kinds of waits in the same queue. */
static NTSTATUS worker(PVOID name)
{
    for (int i = (int)(ULONG_PTR)name; !stop; i++) {
        BOOLEAN other = !plain;
        NTSTATUS status = NtWaitForSingleObject(semaphore, other && i % 5 == 0, other && i % 3 == 0 ? relative_ms(5000) : NULL);
        if (status == STATUS_ALERTED || status == STATUS_USER_APC)
            continue;
        if (status != 0)
            return status;
        LONG now = InterlockedIncrement(&inside);
        if (now > most)
            most = now;
        NtSetEvent(turn, NULL);
        InterlockedIncrement(&rounds);
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
        if (plain)
            sleep_ms(2);
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

static void go(const char *kind)
{
    HANDLE threads[WORKERS];
    NTSTATUS status = 0;
    EXPECT(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, TOKENS, WORKERS + TOKENS), 0, "create");
    NtCreateEvent(&turn, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    stop = inside = most = rounds = 0;
    for (int i = 0; i < WORKERS; i++)
        threads[i] = thread_start(worker, (PVOID)(ULONG_PTR)i);
    disturb(threads);
    EXPECT(wait_ms(turn, 5000), 0, "they still go round");
    stop = 1;
    for (int i = 0; i < WORKERS; i++)
        status |= thread_join(threads[i]);
    EXPECT(status, 0, "all of them end");
    EXPECT(semaphore_count(semaphore), TOKENS, "with all tokens given back");
    EXPECT(most > 0 && most <= TOKENS && rounds > ROUNDS, TRUE, "there were never more of them inside than tokens");
    NtClose(turn);
    NtClose(semaphore);
}

void test_main(void)
{
    go("");
    plain = 1;
    go(", plain waits");
}
