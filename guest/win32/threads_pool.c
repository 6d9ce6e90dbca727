// SPDX-License-Identifier: LGPL-2.1-or-later
// Thread pools, new and old: work, timers, waits, input and output, clean-up; timer queues and registered waits.
#include "say.h"

static volatile LONG count, running, most;
static HANDLE event, all_done;

static void CALLBACK work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK item)
{
    (void)instance;
    (void)context;
    (void)item;
    LONG now = InterlockedIncrement(&running);
    if (now > most)
        most = now;
    if (count % 50 == 0)
        Sleep(1);
    InterlockedDecrement(&running);
    InterlockedIncrement(&count);
}

static void works(void)
{
    PTP_WORK item = CreateThreadpoolWork(work, NULL, NULL);
    for (int i = 0; i < 1000; i++)
        SubmitThreadpoolWork(item);
    WaitForThreadpoolWorkCallbacks(item, FALSE);
    say("work done %ld times, never more than 64 at once: %d", count, most <= 64);
    CloseThreadpoolWork(item);
}

static void CALLBACK ticks(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    (void)instance;
    if (InterlockedIncrement((volatile LONG *)context) == 4) {
        SetThreadpoolTimer(timer, NULL, 0, 0);
        SetEvent(event);
    }
}

static void timers(void)
{
    LONG counted = 0;
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG)-100000LL};
    FILETIME time = {due.LowPart, due.HighPart};
    PTP_TIMER timer = CreateThreadpoolTimer(ticks, &counted, NULL);
    say("set before: %d", IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, &time, 10, 0);
    say("set: %d", IsThreadpoolTimerSet(timer));
    say("waited: %lx", WaitForSingleObject(event, 10000));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    say("ticks: %d", counted >= 4);
    CloseThreadpoolTimer(timer);
}

static void CALLBACK waited(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance;
    (void)context;
    (void)wait;
    say("wait callback: %lx", result);
    SetEvent(all_done);
}

static void waits(void)
{
    ULARGE_INTEGER due = {.QuadPart = (ULONGLONG)-200000LL};
    FILETIME time = {due.LowPart, due.HighPart};
    PTP_WAIT wait = CreateThreadpoolWait(waited, NULL, NULL);
    SetThreadpoolWait(wait, event, NULL);
    SetEvent(event);
    WaitForSingleObject(all_done, 10000);
    SetThreadpoolWait(wait, event, &time);
    WaitForSingleObject(all_done, 10000);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    CloseThreadpoolWait(wait);
}

static void CALLBACK io_done(PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped, ULONG result,
                             ULONG_PTR transferred, PTP_IO io)
{
    (void)instance;
    (void)context;
    (void)overlapped;
    (void)io;
    say("io callback: result %lu, %lu bytes", result, (unsigned long)transferred);
    SetEvent(all_done);
}

static void io(void)
{
    OVERLAPPED overlapped = {0};
    char text[] = "some bytes for a file";
    HANDLE file = CreateFileW(L"pool.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    PTP_IO made = CreateThreadpoolIo(file, io_done, NULL, NULL);
    say("made: %d", made != NULL);
    StartThreadpoolIo(made);
    if (!WriteFile(file, text, sizeof text, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
        CancelThreadpoolIo(made);
    say("waited: %lx", WaitForSingleObject(all_done, 10000));
    WaitForThreadpoolIoCallbacks(made, FALSE);
    CloseThreadpoolIo(made);
    CloseHandle(file);
}

static void CALLBACK simple(PTP_CALLBACK_INSTANCE instance, void *context)
{
    SetEventWhenCallbackReturns(instance, event);
    InterlockedIncrement((volatile LONG *)context);
}

static void CALLBACK cleaned(void *object, void *context)
{
    (void)object;
    InterlockedIncrement((volatile LONG *)context);
}

static void groups(void)
{
    LONG runs = 0, cleanups = 0;
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    SetThreadpoolThreadMaximum(pool, 2);
    say("minimum: %d", SetThreadpoolThreadMinimum(pool, 1));
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    SetThreadpoolCallbackCleanupGroup(&environment, group, cleaned);
    for (int i = 0; i < 3; i++)
        CreateThreadpoolWork(work, &cleanups, &environment);
    say("simple: %d", TrySubmitThreadpoolCallback(simple, &runs, &environment));
    say("its event: %lx", WaitForSingleObject(event, 10000));
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &cleanups);
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
    say("runs %ld, cleaned up %ld or fewer than 4: %d", runs, cleanups, cleanups < 4);
}

static DWORD WINAPI old_work(void *parameter)
{
    if (InterlockedIncrement((volatile LONG *)parameter) == 100)
        SetEvent(all_done);
    return 0;
}

static void CALLBACK old_wait(void *parameter, BOOLEAN timed_out)
{
    InterlockedIncrement((volatile LONG *)parameter);
    if (timed_out)
        InterlockedExchangeAdd((volatile LONG *)parameter, 100);
    SetEvent(all_done);
}

static void CALLBACK old_timer(void *parameter, BOOLEAN timed_out)
{
    (void)timed_out;
    if (InterlockedIncrement((volatile LONG *)parameter) == 5)
        SetEvent(all_done);
}

static void old(void)
{
    LONG counted = 0;
    HANDLE wait, timer, queue;
    for (int i = 0; i < 100; i++)
        QueueUserWorkItem(old_work, &counted, i % 10 ? WT_EXECUTEDEFAULT : WT_EXECUTELONGFUNCTION);
    say("work items: %lx", WaitForSingleObject(all_done, 10000));
    say("counted %ld", counted);
    counted = 0;
    SAY_BOOL(RegisterWaitForSingleObject(&wait, event, old_wait, &counted, INFINITE, WT_EXECUTEONLYONCE));
    SetEvent(event);
    say("registered wait: %lx", WaitForSingleObject(all_done, 10000));
    say("unregistered: %d", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) != 0);
    say("counted %ld", counted);
    counted = 0;
    SAY_BOOL(RegisterWaitForSingleObject(&wait, event, old_wait, &counted, 20, WT_EXECUTEONLYONCE));
    say("timed out: %lx", WaitForSingleObject(all_done, 10000));
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    say("counted %ld", counted);
    counted = 0;
    queue = CreateTimerQueue();
    SAY_BOOL(CreateTimerQueueTimer(&timer, queue, old_timer, &counted, 10, 10, WT_EXECUTEDEFAULT));
    say("timer queue: %lx", WaitForSingleObject(all_done, 10000));
    SAY_BOOL(ChangeTimerQueueTimer(queue, timer, 100000, 100000));
    SAY_BOOL(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    SAY_BOOL(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    SAY_BOOL(BindIoCompletionCallback(INVALID_HANDLE_VALUE, NULL, 0));
}

int wmain(void)
{
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    all_done = CreateEventW(NULL, FALSE, FALSE, NULL);
    works();
    timers();
    waits();
    io();
    groups();
    old();
    return 0;
}
