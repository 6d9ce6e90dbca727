// SPDX-License-Identifier: LGPL-2.1-or-later
// Critical sections, slim locks, condition variables, WaitOnAddress, InitOnce, barriers: many threads and one count.
#include "say.h"

#define THREADS 8
#define ROUNDS 2000

typedef BOOL WINAPI wait_on_address(volatile void *, void *, SIZE_T, DWORD);
typedef void WINAPI wake_by_address(void *);

static wait_on_address *wait_address;
static wake_by_address *wake_one, *wake_all;

static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE full = CONDITION_VARIABLE_INIT, empty = CONDITION_VARIABLE_INIT;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static volatile LONG count, other, ready, errors, futex;
static int queue[16], head, tail;

static void run(const char *name, LPTHREAD_START_ROUTINE routine, int threads)
{
    HANDLE made[64] = {0};
    count = other = 0;
    for (int i = 0; i < threads; i++)
        made[i] = CreateThread(NULL, 0x10000, routine, (void *)(INT_PTR)i, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    DWORD waited = WaitForMultipleObjects(threads, made, TRUE, 60000);
    for (int i = 0; i < threads; i++)
        CloseHandle(made[i]);
    say("%s: waited %lu, count %ld, other %ld, errors %ld", name, waited, count, other, errors);
}

static DWORD WINAPI sections(void *parameter)
{
    (void)parameter;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        LONG before = count;
        if (i % 100 == 0)
            SwitchToThread();
        EnterCriticalSection(&section);
        count = before + 1;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI slim(void *parameter)
{
    for (int i = 0; i < ROUNDS; i++)
        if ((i + (INT_PTR)parameter) % 4 == 0) {
            AcquireSRWLockExclusive(&lock);
            LONG before = count;
            if (i % 64 == 0)
                SwitchToThread();
            count = before + 1;
            other = count;
            ReleaseSRWLockExclusive(&lock);
        } else {
            AcquireSRWLockShared(&lock);
            if (count != other)
                InterlockedIncrement(&errors);
            ReleaseSRWLockShared(&lock);
        }
    return 0;
}

static DWORD WINAPI produce_consume(void *parameter)
{
    INT_PTR number = (INT_PTR)parameter;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        if (number % 2) {
            while (head - tail == 16)
                SleepConditionVariableCS(&full, &section, INFINITE);
            queue[head++ % 16] = i;
            count++;
            LeaveCriticalSection(&section);
            WakeConditionVariable(&empty);
        } else {
            while (head == tail)
                SleepConditionVariableCS(&empty, &section, INFINITE);
            tail++;
            other++;
            LeaveCriticalSection(&section);
            WakeAllConditionVariable(&full);
        }
    }
    return 0;
}

static DWORD WINAPI addresses(void *parameter)
{
    INT_PTR number = (INT_PTR)parameter;
    for (LONG turn = 0; turn < 200; turn++) {
        LONG seen = futex;
        while (seen % THREADS != number) {
            wait_address(&futex, &seen, sizeof seen, 10000);
            seen = futex;
        }
        count++;
        futex = seen + 1;
        wake_all((void *)&futex);
    }
    return 0;
}

static BOOL CALLBACK initialise(PINIT_ONCE which, void *parameter, void **context)
{
    (void)which;
    (void)parameter;
    Sleep(20);
    InterlockedIncrement(&ready);
    *context = (void *)0x100;
    return TRUE;
}

static DWORD WINAPI initialises(void *parameter)
{
    void *context = NULL;
    (void)parameter;
    if (!InitOnceExecuteOnce(&once, initialise, NULL, &context) || context != (void *)0x100)
        InterlockedIncrement(&errors);
    InterlockedIncrement(&count);
    return 0;
}

static DWORD WINAPI holds(void *parameter)
{
    EnterCriticalSection(&section);
    AcquireSRWLockExclusive(&lock);
    SetEvent(parameter);
    Sleep(100);
    ReleaseSRWLockExclusive(&lock);
    LeaveCriticalSection(&section);
    return 0;
}

static void tries(void)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE holder = CreateThread(NULL, 0, holds, event, 0, NULL);
    WaitForSingleObject(event, INFINITE);
    say("held by another: %d %d %d", TryEnterCriticalSection(&section), TryAcquireSRWLockExclusive(&lock),
        TryAcquireSRWLockShared(&lock));
    WaitForSingleObject(holder, INFINITE);
    say("free: %d", TryEnterCriticalSection(&section));
    say("again: %d, recursion %ld", TryEnterCriticalSection(&section), section.RecursionCount);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    say("free: %d", TryAcquireSRWLockShared(&lock));
    say("shared twice: %d, exclusive too: %d", TryAcquireSRWLockShared(&lock), TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    say("exclusive: %d", TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
}

static void timeouts(void)
{
    LONG value = 5, same = 5, not_same = 6;
    EnterCriticalSection(&section);
    SAY_BOOL(SleepConditionVariableCS(&empty, &section, 50));
    LeaveCriticalSection(&section);
    AcquireSRWLockShared(&lock);
    SAY_BOOL(SleepConditionVariableSRW(&empty, &lock, 20, CONDITION_VARIABLE_LOCKMODE_SHARED));
    ReleaseSRWLockShared(&lock);
    SAY_BOOL(wait_address(&value, &same, sizeof value, 20));
    SAY_BOOL(wait_address(&value, &not_same, sizeof value, 20));
    SAY_BOOL(wait_address(&value, &same, 3, 20));
    wake_one(&value);
    void *context;
    BOOL pending;
    INIT_ONCE by_hand = INIT_ONCE_STATIC_INIT;
    SAY_BOOL(InitOnceBeginInitialize(&by_hand, INIT_ONCE_CHECK_ONLY, &pending, &context));
    SAY_BOOL(InitOnceBeginInitialize(&by_hand, 0, &pending, &context));
    say("pending %d", pending);
    SAY_BOOL(InitOnceComplete(&by_hand, 0, (void *)0x40));
    SAY_BOOL(InitOnceBeginInitialize(&by_hand, 0, &pending, &context));
    say("pending %d, context %p", pending, context);
}

int wmain(void)
{
    HMODULE base = GetModuleHandleW(L"kernelbase.dll");
    wait_address = (wait_on_address *)(void *)GetProcAddress(base, "WaitOnAddress");
    wake_one = (wake_by_address *)(void *)GetProcAddress(base, "WakeByAddressSingle");
    wake_all = (wake_by_address *)(void *)GetProcAddress(base, "WakeByAddressAll");
    InitializeCriticalSection(&section);
    run("critical section", sections, THREADS);
    InitializeCriticalSectionAndSpinCount(&section, 1000);
    run("critical section that spins", sections, THREADS);
    run("slim lock", slim, THREADS);
    run("producers and consumers", produce_consume, THREADS);
    run("taking turns by address", addresses, THREADS);
    run("once", initialises, 20);
    say("initialised %ld times", ready);
    tries();
    timeouts();
    return 0;
}
