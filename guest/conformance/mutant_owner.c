/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutants: ownership, recursion, abandonment.
 * Known from: Windows 2000 DDK (KeReleaseMutex, abandoned wait status); MSDN "Mutex Objects"; Wine's
 * dlls/ntdll/tests/om.c (test_mutant); G. Nebbett, Native API Reference, ch. 8 (MUTANT_BASIC_INFORMATION).
 */
#include "tap.h"

static HANDLE mutant, other, gate;

static MUTANT_BASIC_INFORMATION query(HANDLE handle)
{
    MUTANT_BASIC_INFORMATION info = {77, 7, 7};
    NtQueryMutant(handle, 0, &info, sizeof(info), NULL);
    return info;
}

static void recursion(void)
{
    LONG previous = 77;
    expect(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE), 0, "create free");
    equal(query(mutant).CurrentCount, 1, "free: count 1");
    equal(query(mutant).OwnedByCaller, FALSE, "free: not owned");
    equal(query(mutant).AbandonedState, FALSE, "free: not abandoned");
    expect(NtReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED, "release of a free mutant");
    equal(previous, 77, "and no count comes back");
    expect(wait_ms(mutant, 0), 0, "acquire");
    equal(query(mutant).CurrentCount, 0, "acquired: count 0");
    equal(query(mutant).OwnedByCaller, TRUE, "acquired: owned by caller");
    expect(wait_ms(mutant, 0), 0, "acquire again");
    expect(wait_ms(mutant, 0), 0, "acquire a third time");
    equal(query(mutant).CurrentCount, -2, "three times: count -2");
    expect(NtReleaseMutant(mutant, &previous), 0, "release 1");
    equal(previous, -2, "release 1: count before");
    expect(NtReleaseMutant(mutant, &previous), 0, "release 2");
    equal(previous, -1, "release 2: count before");
    expect(NtReleaseMutant(mutant, &previous), 0, "release 3");
    equal(previous, 0, "release 3: count before");
    expect(NtReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED, "release 4");
    NtClose(mutant);
    expect(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE), 0, "create owned");
    equal(query(mutant).CurrentCount, 0, "created owned: count 0");
    equal(query(mutant).OwnedByCaller, TRUE, "created owned: owned by caller");
    expect(NtReleaseMutant(mutant, NULL), 0, "release without asking for the count");
    NtClose(mutant);
}

static NTSTATUS stranger(PVOID unused)
{
    (void)unused;
    equal(query(mutant).CurrentCount, 0, "seen by another thread: count 0");
    equal(query(mutant).OwnedByCaller, FALSE, "seen by another thread: not owned by it");
    expect(wait_ms(mutant, 0), STATUS_TIMEOUT, "another thread cannot acquire");
    expect(NtReleaseMutant(mutant, NULL), STATUS_MUTANT_NOT_OWNED, "another thread cannot release");
    return 0;
}

static NTSTATUS successor(PVOID unused)
{
    NTSTATUS status = wait_ms(mutant, 5000);
    (void)unused;
    NtReleaseMutant(mutant, NULL);
    return status;
}

static void two_threads(void)
{
    HANDLE thread;
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    expect(thread_join(thread_start(stranger, NULL)), 0, "stranger ran");
    thread = thread_start(successor, NULL);
    sleep_ms(30);
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "a waiter waits while the mutant is owned");
    NtReleaseMutant(mutant, NULL);
    expect(thread_join(thread), 0, "and acquires it after the release");
    equal(query(mutant).CurrentCount, 1, "then it is free");
    NtClose(mutant);
}

static NTSTATUS abandoner(PVOID hold)
{
    NTSTATUS status = wait_ms(mutant, 1000);
    wait_ms(mutant, 1000);
    if (other)
        wait_ms(other, 1000);
    if (hold) {
        NtSetEvent(gate, NULL);
        sleep_ms(5000);
    }
    return status;
}

static void abandoned(void)
{
    HANDLE thread, both[2];
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateMutant(&other, MUTANT_ALL_ACCESS, NULL, FALSE);
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    expect(thread_join(thread_start(abandoner, NULL)), 0, "a thread ends owning two mutants");
    equal(query(mutant).CurrentCount, 1, "abandoned: count 1");
    equal(query(mutant).AbandonedState, TRUE, "abandoned: says so");
    equal(query(mutant).OwnedByCaller, FALSE, "abandoned: not owned");
    expect(wait_ms(mutant, 0), STATUS_ABANDONED_WAIT_0, "wait on an abandoned mutant");
    equal(query(mutant).AbandonedState, FALSE, "the next owner clears the state");
    equal(query(mutant).CurrentCount, 0, "recursion of the dead does not count");
    expect(NtReleaseMutant(mutant, NULL), 0, "release after an abandoned wait");
    both[0] = gate;
    both[1] = other;
    expect(NtWaitForMultipleObjects(2, both, WaitAny, FALSE, relative_ms(0)), STATUS_ABANDONED_WAIT_0 + 1,
           "wait for any, the second is abandoned");
    NtReleaseMutant(other, NULL);

    thread = thread_start(abandoner, &gate);
    expect(wait_ms(gate, 1000), 0, "a thread owns both");
    expect(NtTerminateThread(thread, 5), 0, "and is terminated");
    expect(thread_join(thread), 5, "with exit status 5");
    both[0] = mutant;
    expect(NtWaitForMultipleObjects(2, both, WaitAll, FALSE, relative_ms(1000)), STATUS_ABANDONED_WAIT_0,
           "wait for all, both abandoned");
    expect(NtReleaseMutant(mutant, NULL), 0, "wait for all acquired the first");
    expect(NtReleaseMutant(other, NULL), 0, "wait for all acquired the second");

    thread = thread_start(abandoner, &gate);
    wait_ms(gate, 1000);
    NtTerminateThread(thread, 6);
    expect(wait_ms(mutant, 1000), STATUS_ABANDONED_WAIT_0, "a waiter sees the mutant abandoned under it");
    thread_join(thread);
    NtClose(mutant);
    NtClose(other);
    NtClose(gate);
}

NTSTATUS child_main(const char *what)
{
    HANDLE handle;
    (void)what;
    if (NtOpenMutant(&handle, MUTANT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-mutant-owner", 0)))
        return 2;
    return wait_ms(handle, 1000) ? 3 : 42;
}

static void process_death(void)
{
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-mutant-owner", 0), FALSE);
    expect(child_run("own"), 42, "a child ends owning the mutant");
    expect(wait_ms(mutant, 1000), STATUS_ABANDONED_WAIT_0, "the mutant of a dead process is abandoned");
    NtReleaseMutant(mutant, NULL);
    NtClose(mutant);
}

void test_main(void)
{
    recursion();
    two_threads();
    abandoned();
    process_death();
}
