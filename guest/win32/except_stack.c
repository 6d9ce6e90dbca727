// SPDX-License-Identifier: LGPL-2.1-or-later
// Stack overflow, handled and mended, again and again and in threads; the guard page as VirtualQuery tells of it.
#include "guard.h"
#include "say.h"
#include <malloc.h>

static volatile int parameters;

static LONG handle(EXCEPTION_POINTERS *pointers, struct guard *guard)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    (void)guard;
    parameters = (int)record->NumberParameters;
    return record->ExceptionCode == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static int __attribute__((noinline)) recurse(int depth)
{
    volatile char room[900];
    room[0] = (char)depth;
    room[899] = (char)depth;
    return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

static void regions(const char *when)
{
    MEMORY_BASIC_INFORMATION information = {0};
    char *bottom, *at, *top;
    int guards = 0;
    VirtualQuery(&information, &information, sizeof information);
    bottom = information.AllocationBase;
    top = (char *)information.BaseAddress + information.RegionSize;
    for (at = bottom; at < top && VirtualQuery(at, &information, sizeof information); at += information.RegionSize)
        guards += (information.Protect & PAGE_GUARD) != 0;
    say("%s: %d guarded", when, guards);
}

static int overflow(void)
{
    struct guard guard;
    TRY(guard, "overflow", handle, NULL) {
        recurse(0);
        leave_guard(&guard);
    } else
        return 1;
    return 0;
}

static DWORD WINAPI thread(void *parameter)
{
    int count = 0;
    (void)parameter;
    for (int i = 0; i < 3; i++) {
        count += overflow();
        if (!_resetstkoflw())
            return 100;
    }
    return (DWORD)count;
}

static DWORD WINAPI guaranteed(void *parameter)
{
    ULONG size = 0x4000;
    (void)parameter;
    BOOL set = SetThreadStackGuarantee(&size);
    return (DWORD)(overflow() + 10 * (_resetstkoflw() != 0) + 100 * set);
}

int wmain(void)
{
    regions("at first");
    say("overflow is handled: %d", overflow());
    say("it had %d parameters", parameters);
    regions("behind it");
    say("mended: %d", _resetstkoflw() != 0);
    regions("when mended");
    for (int i = 0; i < 3; i++)
        say("again: %d, mended %d", overflow(), _resetstkoflw() != 0);
    for (SIZE_T size = 0x10000; size <= 0x400000; size *= 8) {
        DWORD result = 0;
        HANDLE made = CreateThread(NULL, size, thread, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        WaitForSingleObject(made, INFINITE);
        GetExitCodeThread(made, &result);
        say("in a thread with %lu KB: %lu", (unsigned long)(size >> 10), result);
        CloseHandle(made);
    }
    HANDLE made = CreateThread(NULL, 0, guaranteed, NULL, 0, NULL);
    DWORD result = 0;
    WaitForSingleObject(made, INFINITE);
    GetExitCodeThread(made, &result);
    say("with a guarantee: %lu", result);
    char *room = _alloca(200000);
    room[0] = 1;
    room[199999] = 2;
    say("200,000 bytes at once: %d", room[0] + room[199999]);
    return 0;
}
