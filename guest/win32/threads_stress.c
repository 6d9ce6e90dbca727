// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads that are stopped, looked at and interrupted all the time: registers and floating-point state stay theirs.
#include "guard.h"
#include "say.h"
#include <float.h>
#include <math.h>

#define WORKERS 6

static volatile LONG stop, errors, rounds, apcs, handled;

static void CALLBACK disturb(ULONG_PTR parameter)
{
    volatile double x = (double)parameter;
    for (int i = 0; i < 5; i++)
        x = sqrt(x + i) * 3;
    InterlockedIncrement(&apcs);
}

// Sums that come out the same however often a thread is disturbed.
static DWORD WINAPI computes(void *parameter)
{
    INT_PTR number = (INT_PTR)parameter;
    double expected = 0;
    _controlfp(number % 2 ? _RC_UP : _RC_DOWN, _MCW_RC);
    unsigned control = _controlfp(0, 0);
    for (LONG turn = 0; !stop; turn++) {
        double sum = 0;
        long double wide = (long double)number;
        int checks = 0;
        for (int i = 1; i < 3000; i++) {
            sum += 1.0 / i;
            wide = wide / 3 + i;
            checks = checks * 31 + i;
        }
        sum += (double)wide + checks;
        if (turn == 0)
            expected = sum;
        else if (sum != expected || _controlfp(0, 0) != control)
            InterlockedIncrement(&errors);
        InterlockedIncrement(&rounds);
        if (turn % 16 == 0)
            SleepEx(0, TRUE);
    }
    return 0;
}

static LONG handle(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)pointers;
    (void)guard;
    return EXCEPTION_EXECUTE_HANDLER;
}

static int __attribute__((noinline)) fault(void)
{
    struct guard guard;
    volatile int caught = 0;
    TRY(guard, "fault", handle, NULL) {
        __asm__ volatile("xorl %%eax, %%eax\n\tmovl %%eax, (%%eax)" : : : "eax", "memory");
        GetLastError();  // without a call the compiler sees no way into the other branch
        leave_guard(&guard);
    } else
        caught = 1;
    return caught;
}

static DWORD WINAPI faults(void *parameter)
{
    (void)parameter;
    while (!stop)
        InterlockedExchangeAdd(&handled, fault());
    return 0;
}

static void disturbed(void)
{
    HANDLE threads[WORKERS];
    int stops = 0, contexts = 0;
    for (INT_PTR i = 0; i < WORKERS; i++)
        threads[i] = CreateThread(NULL, 0, i == WORKERS - 1 ? faults : computes, (void *)i, 0, NULL);
    Sleep(50);
    for (int i = 0; i < 400; i++) {
        HANDLE thread = threads[i % WORKERS];
        CONTEXT context = {.ContextFlags = CONTEXT_FULL | CONTEXT_FLOATING_POINT};
        stops += SuspendThread(thread) == 0;
        contexts += GetThreadContext(thread, &context) && context.Eip;
        if (i % 3 == 0)
            SetThreadContext(thread, &context);
        ResumeThread(thread);
        QueueUserAPC(disturb, thread, (ULONG_PTR)i);
        if (i % 40 == 0)
            Sleep(1);
    }
    Sleep(100);
    stop = 1;
    say("ended: %lx", WaitForMultipleObjects(WORKERS, threads, TRUE, 30000));
    say("stopped %d, contexts %d, errors %ld", stops, contexts, errors);
    say("work was done: %d %d %d", rounds > 100, apcs > 100, handled > 100);
}

static DWORD WINAPI serves(void *port)
{
    DWORD bytes, sum = 0;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key)
        sum += bytes;
    return sum;
}

static void completion(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2), threads[4];
    DWORD sum = 0, one;
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, serves, port, 0, NULL);
    for (DWORD i = 0; i < 2000; i++)
        PostQueuedCompletionStatus(port, i, 1, NULL);
    for (int i = 0; i < 4; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    say("ended: %lx", WaitForMultipleObjects(4, threads, TRUE, 30000));
    for (int i = 0; i < 4; i++) {
        GetExitCodeThread(threads[i], &one);
        sum += one;
    }
    say("packets add up to %lu", sum);
}

static int finished;

static void CALLBACK io_finished(DWORD error, DWORD bytes, OVERLAPPED *overlapped)
{
    say("finished %lu: error %lu, %lu bytes", overlapped->Offset, error, bytes);
    finished++;
}

static void alertable(void)
{
    char text[] = "0123456789abcdef", back[3][8];
    OVERLAPPED overlapped[3] = {{0}};
    HANDLE file = CreateFileW(L"stress.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    SAY_BOOL(WriteFileEx(file, text, 16, &overlapped[0], io_finished));
    while (finished < 1)
        SleepEx(1000, TRUE);
    for (int i = 1; i < 3; i++) {
        overlapped[i].Offset = (DWORD)i * 6;
        ReadFileEx(file, back[i], 8, &overlapped[i], io_finished);
        while (finished < 1 + i)
            SleepEx(1000, TRUE);
    }
    say("read %.8s %.4s", back[1], back[2]);
    overlapped[0].Offset = 100;
    SAY_BOOL(ReadFileEx(file, back[0], 8, &overlapped[0], io_finished));
    SleepEx(50, TRUE);
    CloseHandle(file);
}

static void clocks(void)
{
    LARGE_INTEGER frequency, before, after, last = {0};
    int backwards = 0;
    QueryPerformanceFrequency(&frequency);
    for (int i = 0; i < 20000; i++) {
        QueryPerformanceCounter(&after);
        backwards += after.QuadPart < last.QuadPart;
        last = after;
    }
    QueryPerformanceCounter(&before);
    for (int i = 0; i < 20; i++)
        Sleep(5);
    QueryPerformanceCounter(&after);
    double seconds = (double)(after.QuadPart - before.QuadPart) / (double)frequency.QuadPart;
    say("never backwards: %d; 100 ms took 100 ms to 10 s: %d", !backwards, seconds >= 0.099 && seconds < 10);
    ULONGLONG start = GetTickCount64();
    DWORD short_start = GetTickCount();
    Sleep(200);
    ULONGLONG passed = GetTickCount64() - start;
    say("ticks: %d, the same in 32 bits: %d", passed >= 180 && passed < 15000, GetTickCount() - short_start - passed < 5000);
    FILETIME now, later;
    GetSystemTimeAsFileTime(&now);
    Sleep(60);
    GetSystemTimeAsFileTime(&later);
    say("time goes on: %d", later.dwLowDateTime - now.dwLowDateTime >= 400000);
}

int wmain(void)
{
    disturbed();
    completion();
    alertable();
    clocks();
    return 0;
}
