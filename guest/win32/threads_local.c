// SPDX-License-Identifier: LGPL-2.1-or-later
// Fibers, thread-local and fiber-local storage with callbacks, a hundred threads, suspending, priorities, ends.
#include "say.h"
#include <process.h>

#define MANY 100

static void *main_fiber, *fibers[3];
static DWORD slot, fls;
static volatile LONG count, freed;
static __thread int own = 5;

static void CALLBACK fiber_data_freed(void *data)
{
    InterlockedIncrement(&freed);
    if ((ULONG_PTR)data < 3)
        say("freed the data of fiber %lu", (unsigned long)(ULONG_PTR)data);
}

static void CALLBACK fiber(void *parameter)
{
    ULONG_PTR number = (ULONG_PTR)parameter;
    say("fiber %lu begins, data %d", (unsigned long)number, GetFiberData() == parameter);
    FlsSetValue(fls, parameter);
    for (int i = 0; i < 3; i++) {
        say("fiber %lu, round %d, FLS %lu, TLS %lu", (unsigned long)number, i, (unsigned long)(ULONG_PTR)FlsGetValue(fls),
            (unsigned long)(ULONG_PTR)TlsGetValue(slot));
        SwitchToFiber(number == 2 ? main_fiber : fibers[number + 1]);
    }
    SwitchToFiber(main_fiber);
}

static void fibers_of_one_thread(void)
{
    say("a fiber: %d", IsThreadAFiber());
    main_fiber = ConvertThreadToFiber((void *)77);
    say("a fiber: %d, data %lu", IsThreadAFiber(), (unsigned long)(ULONG_PTR)GetFiberData());
    SAY_BOOL(ConvertThreadToFiber(NULL));
    fls = FlsAlloc(fiber_data_freed);
    TlsSetValue(slot, (void *)9);
    FlsSetValue(fls, (void *)50);
    for (ULONG_PTR i = 0; i < 3; i++)
        fibers[i] = CreateFiber(i == 1 ? 0x20000 : 0, fiber, (void *)i);
    for (int i = 0; i < 3; i++)
        SwitchToFiber(fibers[0]);
    say("back, FLS %lu", (unsigned long)(ULONG_PTR)FlsGetValue(fls));
    for (int i = 0; i < 3; i++)
        DeleteFiber(fibers[i]);
    SAY_BOOL(ConvertFiberToThread());
    say("a fiber: %d", IsThreadAFiber());
    SAY_BOOL(FlsFree(fls));
    SAY_BOOL(FlsFree(fls));
    say("freed: %ld", freed);
}

static DWORD WINAPI many(void *parameter)
{
    ULONG_PTR number = (ULONG_PTR)parameter;
    TlsSetValue(slot, parameter);
    FlsSetValue(fls, (void *)(number + 1000));
    own += (int)number;
    Sleep(number % 7);
    if (TlsGetValue(slot) == parameter && FlsGetValue(fls) == (void *)(number + 1000) && own == 5 + (int)number)
        InterlockedIncrement(&count);
    return (DWORD)number * 3;
}

static void a_hundred(void)
{
    HANDLE threads[MANY];
    DWORD ids[MANY], status, right = 0;
    count = freed = 0;
    fls = FlsAlloc(fiber_data_freed);
    for (ULONG_PTR i = 0; i < MANY; i++)
        threads[i] = CreateThread(NULL, 0x10000, many, (void *)i, STACK_SIZE_PARAM_IS_A_RESERVATION, &ids[i]);
    for (int i = 0; i < MANY; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &status);
        right += status == (DWORD)i * 3 && GetThreadId(threads[i]) == ids[i];
        CloseHandle(threads[i]);
    }
    say("a hundred: right statuses %lu, own storage %ld, FLS callbacks %ld", right, count, freed);
    FlsFree(fls);
    DWORD slots[1100], got = 0;
    while (got < 1100 && (slots[got] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        got++;
    say("more than 1000 TLS slots: %d", got > 1000 && got < 1088);
    TlsSetValue(slots[got - 1], (void *)5);
    say("the last one: %d", TlsGetValue(slots[got - 1]) == (void *)5);
    while (got)
        TlsFree(slots[--got]);
    SAY_BOOL(TlsFree(2000));
}

static volatile LONG spins;

static DWORD WINAPI spinner(void *volatile parameter)
{
    do
        spins++;
    while (parameter != (void *)1);
    return 0;
}

static void control(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER};
    DWORD status = 0;
    HANDLE thread = CreateThread(NULL, 0, spinner, NULL, CREATE_SUSPENDED, NULL);
    say("spins while suspended: %ld", spins);
    say("previous count %lu", SuspendThread(thread));
    say("resumed from %lu", ResumeThread(thread));
    say("resumed from %lu", ResumeThread(thread));
    while (!spins)
        Sleep(1);
    SuspendThread(thread);
    SAY_BOOL(GetThreadContext(thread, &context));
    say("eip in the function: %d", context.Eip - (DWORD)spinner < 64);
    LONG before = spins;
    Sleep(20);
    say("stands still: %d", spins == before);
    GetExitCodeThread(thread, &status);
    say("status while it runs: %lu", status);
    say("priority %d", GetThreadPriority(thread));
    SAY_BOOL(SetThreadPriority(thread, THREAD_PRIORITY_ABOVE_NORMAL));
    say("priority %d", GetThreadPriority(thread));
    SAY_BOOL(SetThreadPriority(thread, 77));
    SAY_BOOL(TerminateThread(thread, 44));
    say("waited %lx", WaitForSingleObject(thread, 5000));
    GetExitCodeThread(thread, &status);
    say("status %lu", status);
    SAY_BOOL(SuspendThread(thread) != (DWORD)-1);
    CloseHandle(thread);
}

static unsigned __stdcall crt_thread(void *parameter)
{
    char *words = strtok(parameter, " ");
    int letters = 0;
    while (words) {
        letters += (int)strlen(words);
        Sleep(1);
        words = strtok(NULL, " ");
    }
    _endthreadex((unsigned)letters);
    return 0;
}

static void crt(void)
{
    char texts[4][30] = {"a bb ccc", "dddd eeeee", "f g h i j", "kkkkkkkkkk l"};
    HANDLE threads[4];
    DWORD status;
    for (int i = 0; i < 4; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, crt_thread, texts[i], 0, NULL);
    for (int i = 0; i < 4; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &status);
        say("letters: %lu", status);
        CloseHandle(threads[i]);
    }
}

static DWORD WINAPI churn(void *parameter)
{
    (void)parameter;
    for (int i = 0; i < 40; i++) {
        HANDLE thread = CreateThread(NULL, 0x10000, many, (void *)0, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    }
    return 0;
}

int wmain(void)
{
    HANDLE threads[5];
    slot = TlsAlloc();
    fibers_of_one_thread();
    a_hundred();
    control();
    crt();
    fls = FlsAlloc(NULL);
    for (int i = 0; i < 5; i++)
        threads[i] = CreateThread(NULL, 0, churn, NULL, 0, NULL);
    say("made and ended: %lx", WaitForMultipleObjects(5, threads, TRUE, 60000));
    say("process id %d, thread id %d", GetCurrentProcessId() != 0, GetCurrentThreadId() != GetCurrentProcessId());
    return 0;
}
