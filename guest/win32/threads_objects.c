// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel objects between threads: events, semaphores, mutexes that are abandoned, waits for many, APCs, timers.
#include "say.h"
#include <process.h>

static HANDLE shared, go, done;
static volatile LONG count;

static HANDLE start(LPTHREAD_START_ROUTINE routine, void *parameter)
{
    return CreateThread(NULL, 0x10000, routine, parameter, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
}

static DWORD WINAPI abandons(void *parameter)
{
    WaitForSingleObject(parameter, INFINITE);
    return 0;
}

static DWORD WINAPI releases_others(void *parameter)
{
    SAY_BOOL(ReleaseMutex(parameter));
    return 0;
}

static void join(HANDLE thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static void mutexes(void)
{
    HANDLE mutex = CreateMutexW(NULL, FALSE, NULL), event = CreateEventW(NULL, TRUE, TRUE, NULL);
    HANDLE both[2] = {event, mutex};
    say("free: %lx", WaitForSingleObject(mutex, 0));
    say("mine: %lx", WaitForSingleObject(mutex, 0));
    join(start(releases_others, mutex));
    ReleaseMutex(mutex);
    ReleaseMutex(mutex);
    SAY_BOOL(ReleaseMutex(mutex));
    join(start(abandons, mutex));
    say("abandoned: %lx", WaitForSingleObject(mutex, 0));
    ReleaseMutex(mutex);
    say("only once: %lx", WaitForSingleObject(mutex, 0));
    ReleaseMutex(mutex);
    join(start(abandons, mutex));
    say("abandoned among all: %lx", WaitForMultipleObjects(2, both, TRUE, 0));
    ReleaseMutex(mutex);
    ResetEvent(event);
    join(start(abandons, mutex));
    say("abandoned among any: %lx", WaitForMultipleObjects(2, both, FALSE, 0));
    ReleaseMutex(mutex);
    CloseHandle(mutex);
    mutex = CreateMutexW(NULL, TRUE, L"a name of a mutex");
    say("first: %lu", GetLastError());
    HANDLE second = CreateMutexW(NULL, TRUE, L"a name of a mutex");
    say("second: %lu", GetLastError());
    HANDLE wrong = CreateEventW(NULL, TRUE, TRUE, L"a name of a mutex");
    say("as an event: %d, %lu", wrong != NULL, GetLastError());
    CloseHandle(second);
    second = OpenMutexW(MUTEX_ALL_ACCESS, FALSE, L"a name of a mutex");
    say("opened: %d", second != NULL);
    CloseHandle(second);
    CloseHandle(mutex);
    second = OpenMutexW(MUTEX_ALL_ACCESS, FALSE, L"a name of a mutex");
    say("gone: %d, %lu", second != NULL, GetLastError());
}

static DWORD WINAPI takes(void *parameter)
{
    (void)parameter;
    for (int i = 0; i < 100; i++) {
        WaitForSingleObject(shared, INFINITE);
        InterlockedIncrement(&count);
    }
    return 0;
}

static void semaphores(void)
{
    LONG before = 77;
    HANDLE threads[5];
    shared = CreateSemaphoreW(NULL, 2, 3, NULL);
    say("%lx %lx %lx", WaitForSingleObject(shared, 0), WaitForSingleObject(shared, 0), WaitForSingleObject(shared, 0));
    SAY_BOOL(ReleaseSemaphore(shared, 4, &before));
    SAY_BOOL(ReleaseSemaphore(shared, 2, &before));
    say("before: %ld", before);
    SAY_BOOL(ReleaseSemaphore(shared, 0, &before));
    CloseHandle(shared);
    SAY_BOOL(CreateSemaphoreW(NULL, 4, 3, NULL));
    shared = CreateSemaphoreW(NULL, 0, 1000, NULL);
    for (int i = 0; i < 5; i++)
        threads[i] = start(takes, NULL);
    for (int i = 0; i < 250; i++)
        ReleaseSemaphore(shared, 2, NULL);
    say("waited: %lx", WaitForMultipleObjects(5, threads, TRUE, 20000));
    say("taken: %ld, left: %lx", count, WaitForSingleObject(shared, 0));
    CloseHandle(shared);
}

static DWORD WINAPI answers(void *parameter)
{
    (void)parameter;
    for (;;) {
        DWORD which = SignalObjectAndWait(done, go, INFINITE, FALSE);
        if (which || count < 0)
            return which;
        count++;
    }
}

static void pulses(void)
{
    HANDLE events[64], automatic = CreateEventW(NULL, FALSE, TRUE, NULL);
    count = 0;
    go = CreateEventW(NULL, FALSE, FALSE, NULL);
    done = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE thread = start(answers, NULL);
    WaitForSingleObject(done, INFINITE);
    for (int i = 0; i < 500; i++)
        SignalObjectAndWait(go, done, INFINITE, FALSE);
    say("ping-pong: %ld", count);
    count = -10;
    SetEvent(go);
    join(thread);
    for (int i = 0; i < 64; i++)
        events[i] = CreateEventW(NULL, TRUE, i % 2, NULL);
    say("the first of many: %lx", WaitForMultipleObjects(64, events, FALSE, 0));
    say("not all: %lx", WaitForMultipleObjects(64, events, TRUE, 10));
    for (int i = 0; i < 64; i += 2)
        SetEvent(events[i]);
    say("all: %lx", WaitForMultipleObjects(64, events, TRUE, 0));
    say("too many: %lx, %lu", WaitForMultipleObjects(65, events, TRUE, 0), GetLastError());
    events[1] = events[0];
    say("twice the same: %lx, %lu", WaitForMultipleObjects(2, events, TRUE, 0), GetLastError());
    say("twice the same, any: %lx", WaitForMultipleObjects(2, events, FALSE, 0));
    events[1] = (HANDLE)0x7777;
    SetLastError(0);
    say("a bad one: %lx, %lu", WaitForMultipleObjects(2, events, FALSE, 0), GetLastError());
    say("automatic: %lx %lx", WaitForSingleObject(automatic, 0), WaitForSingleObject(automatic, 0));
    say("a pulse for nobody: %d, %lx", PulseEvent(automatic), WaitForSingleObject(automatic, 0));
}

static void CALLBACK apc(ULONG_PTR parameter)
{
    say("APC %lu", (unsigned long)parameter);
    if (parameter == 3)
        QueueUserAPC(apc, GetCurrentThread(), 4);
}

static DWORD WINAPI sleeper(void *parameter)
{
    DWORD result;
    SetEvent(parameter);
    result = SleepEx(10000, TRUE);
    say("slept: %lx", result);
    result = WaitForSingleObjectEx(go, 10000, TRUE);
    say("waited: %lx", result);
    return SleepEx(0, TRUE);
}

static void apcs(void)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    QueueUserAPC(apc, GetCurrentThread(), 1);
    QueueUserAPC(apc, GetCurrentThread(), 2);
    say("not alertable: %lx", SleepEx(0, FALSE));
    say("alertable: %lx", SleepEx(0, TRUE));
    QueueUserAPC(apc, GetCurrentThread(), 3);
    say("one that queues another: %lx", WaitForSingleObjectEx(event, 0, TRUE));
    say("nothing left: %lx", SleepEx(0, TRUE));
    ResetEvent(go);
    HANDLE thread = start(sleeper, event);
    WaitForSingleObject(event, INFINITE);
    Sleep(30);
    QueueUserAPC(apc, thread, 10);
    Sleep(50);
    SetEvent(go);
    WaitForSingleObject(thread, INFINITE);
    SAY_BOOL(QueueUserAPC(apc, thread, 11));
    HANDLE suspended = CreateThread(NULL, 0, abandons, event, CREATE_SUSPENDED, NULL);
    QueueUserAPC(apc, suspended, 12);
    SetEvent(event);
    say("resumed: %lu", ResumeThread(suspended));
    join(suspended);
}

static int fired;

static void CALLBACK timer_apc(void *parameter, DWORD low, DWORD high)
{
    fired++;
    if (fired <= 3)
        say("timer %d for %s, a time: %d", fired, (char *)parameter, high != 0 || low != 0);
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerW(NULL, TRUE, NULL);
    LARGE_INTEGER due = {.QuadPart = -3000000};
    DWORD before = GetTickCount();
    SAY_BOOL(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    say("not yet: %lx", WaitForSingleObject(timer, 0));
    say("then: %lx", WaitForSingleObject(timer, 5000));
    say("after 290 ms or more: %d", GetTickCount() - before >= 290 - 16);
    say("stays: %lx", WaitForSingleObject(timer, 0));
    due.QuadPart = -100000;
    for (int i = 0; i < 3; i++) {
        SAY_BOOL(SetWaitableTimer(timer, &due, 0, timer_apc, "a routine", FALSE));
        say("slept: %lx", SleepEx(5000, TRUE));
    }
    fired = 3;
    SAY_BOOL(SetWaitableTimer(timer, &due, 10, timer_apc, "a routine", FALSE));
    for (int i = 0; i < 10 && fired < 6; i++)
        SleepEx(50, TRUE);
    say("APCs of a periodic timer: %s", fired >= 6 ? "all" : "too few");
    SAY_BOOL(CancelWaitableTimer(timer));
    SleepEx(0, TRUE);
    fired = 0;
    say("cancelled: %lx, %d", SleepEx(40, TRUE), fired);
    CloseHandle(timer);
    timer = CreateWaitableTimerW(NULL, FALSE, NULL);
    SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE);
    say("periodic: %lx %lx %lx", WaitForSingleObject(timer, 5000), WaitForSingleObject(timer, 5000),
        WaitForSingleObject(timer, 5000));
    due.QuadPart = 0;
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    say("due at once: %lx", WaitForSingleObject(timer, 1000));
    CloseHandle(timer);
}

int wmain(void)
{
    mutexes();
    semaphores();
    pulses();
    apcs();
    timers();
    return 0;
}
