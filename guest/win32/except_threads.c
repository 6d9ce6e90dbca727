// SPDX-License-Identifier: LGPL-2.1-or-later
// Exceptions in many threads at once, in callbacks of all kinds, and ends of threads within handlers.
#include "guard.h"
#include "say.h"

#define THREADS 12
#define ROUNDS 300

static __thread int mine;
static void *volatile nothing = (void *)8, *volatile *volatile nowhere = &nothing;

static LONG handle(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)guard;
    mine += (int)pointers->ExceptionRecord->ExceptionCode == (int)EXCEPTION_ACCESS_VIOLATION ? 1 : 1000;
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG skip(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)guard;
    mine += 10000;
    pointers->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD WINAPI worker(void *parameter)
{
    for (volatile int i = 0; i < ROUNDS; i++) {
        struct guard guard;
        TRY(guard, "worker", i % 3 == 2 ? skip : handle, NULL) {
            if (i % 3 == 1)
                RaiseException(0xe0000001, 0, 0, NULL);
            else
                __asm__ volatile("xorl %%eax, %%eax\n\tmovl %%eax, (%%eax)" : : : "eax", "memory");
            leave_guard(&guard);
        }
        if (i % 50 == 0)
            Sleep(0);
    }
    *(int *)parameter = mine;
    return 0;
}

static LONG ends(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    (void)pointers;
    (void)guard;
    ExitThread(33);
}

static DWORD WINAPI ender(void *parameter)
{
    struct guard guard;
    enter_guard(&guard, "ender", parameter ? ends : handle, NULL);
    *(volatile int *)0 = 1;
    return 0;
}

static int guarded(void (*what)(void))
{
    struct guard guard;
    mine = 0;
    TRY(guard, "guarded", handle, NULL) {
        what();
        leave_guard(&guard);
    }
    return mine;
}

static int __cdecl compare_faults(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return *(volatile int *)0;
}

static void sort(void)
{
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof(int), compare_faults);
}

static BOOL CALLBACK locale(LPWSTR name)
{
    (void)name;
    return *(volatile int *)0;
}

static void enumerate(void)
{
    EnumSystemLocalesW(locale, LCID_INSTALLED);
}

static void bad_copy(void)
{
    lstrcpyW((LPWSTR)8, L"1234");
    memset(*nowhere, 1, 4);
}

static void CALLBACK apc(ULONG_PTR parameter)
{
    (void)parameter;
    *(volatile int *)0 = 1;
}

static void in_apc(void)
{
    QueueUserAPC(apc, GetCurrentThread(), 0);
    SleepEx(INFINITE, TRUE);
}

static void heap(void)
{
    HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, 0x7ffffff0);
}

int wmain(void)
{
    HANDLE threads[THREADS];
    int counts[THREADS] = {0}, all = 0;
    DWORD status;
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, worker, &counts[i], 0, NULL);
    say("waited: %lu", WaitForMultipleObjects(THREADS, threads, TRUE, 60000));
    for (int i = 0; i < THREADS; i++) {
        all += counts[i] == ROUNDS / 3 * 11001;
        CloseHandle(threads[i]);
    }
    say("threads that saw all their exceptions: %d", all);
    threads[0] = CreateThread(NULL, 0, ender, (void *)1, 0, NULL);
    WaitForSingleObject(threads[0], INFINITE);
    GetExitCodeThread(threads[0], &status);
    say("a thread that ended in its filter: %lu", status);
    say("from a sort's callback: %d", guarded(sort));
    say("from a callback of kernel32: %d", guarded(enumerate));
    say("bad string to lstrlen is handled there: %d", lstrlenW((LPCWSTR)8));
    say("bad copy: %d", guarded(bad_copy));
    say("in an APC: %d", guarded(in_apc));
    say("a heap that raises: %d", guarded(heap));
    say("IsBadReadPtr: %d %d", IsBadReadPtr((void *)8, 4) != 0, IsBadReadPtr(counts, 4) != 0);
    say("IsBadWritePtr: %d %d", IsBadWritePtr((void *)8, 4) != 0, IsBadWritePtr(counts, 4) != 0);
    return 0;
}
