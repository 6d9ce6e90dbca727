// SPDX-License-Identifier: LGPL-2.1-or-later
// Mutexes and condition variables of Microsoft's C++ library that the compiler has filled in, as std::mutex of Visual
// Studio 2022 17.10 and later: the library never initialises them.
#include "say.h"

struct mutex {
    int type;
    void *lock[9];
    int owner, count;
};
struct condition {
    void *variable[10];
};
enum { TRY = 2, RECURSIVE = 0x100, THREADS = 4, ROUNDS = 20000 };

static int(__cdecl *lock)(struct mutex *), (__cdecl *try_lock)(struct mutex *), (__cdecl *unlock)(struct mutex *);
static int(__cdecl *owns)(struct mutex *), (__cdecl *wait)(struct condition *, struct mutex *),
    (__cdecl *wake_all)(struct condition *);
static struct mutex plain = {.type = TRY, .owner = -1}, nested = {.type = TRY | RECURSIVE, .owner = -1};
static struct condition changed;
static int counter, turn;

static DWORD WINAPI count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (lock(&plain))
            return 1;
        counter++;
        unlock(&plain);
    }
    return 0;
}

static DWORD WINAPI take_turns(void *which)
{
    for (int i = 0; i < 100; i++) {
        lock(&plain);
        while (turn % THREADS != (int)(ULONG_PTR)which)
            wait(&changed, &plain);
        turn++;
        wake_all(&changed);
        unlock(&plain);
    }
    return 0;
}

static DWORD WINAPI tries(void *mutex) { return (DWORD)try_lock(mutex); }

static DWORD elsewhere(DWORD(WINAPI *what)(void *), void *argument)
{
    DWORD code = 77;
    HANDLE thread = CreateThread(NULL, 0, what, argument, 0, NULL);
    WaitForSingleObject(thread, 10000);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void all(const char *what, DWORD(WINAPI *run)(void *))
{
    HANDLE threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, run, (void *)(ULONG_PTR)i, 0, NULL);
    say("%s: %lu", what, WaitForMultipleObjects(THREADS, threads, TRUE, 5000));
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
}

static void tell(const char *what, struct mutex *mutex)
{
    say("%s: owned %d, by %s, %d times", what, owns(mutex), mutex->owner == (int)GetCurrentThreadId() ? "this" : "none",
        mutex->count);
}

int wmain(void)
{
    HMODULE library = LoadLibraryW(L"msvcp140.dll");
    lock = (void *)GetProcAddress(library, "_Mtx_lock");
    try_lock = (void *)GetProcAddress(library, "_Mtx_trylock");
    unlock = (void *)GetProcAddress(library, "_Mtx_unlock");
    owns = (void *)GetProcAddress(library, "_Mtx_current_owns");
    wait = (void *)GetProcAddress(library, "_Cnd_wait");
    wake_all = (void *)GetProcAddress(library, "_Cnd_broadcast");
    tell("new", &plain);
    say("lock: %d", lock(&plain));
    tell("locked", &plain);
    say("by another: %lu", elsewhere(tries, &plain));
    say("unlock: %d", unlock(&plain));
    tell("unlocked", &plain);
    say("by another: %lu", elsewhere(tries, &nested));
    say("nested: %d %d", try_lock(&nested), lock(&plain));
    unlock(&plain);
    all("counted", count);
    say("%d", counter - THREADS * ROUNDS);
    all("took turns", take_turns);
    say("%d turns", turn);
    return 0;
}
