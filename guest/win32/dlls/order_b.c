// SPDX-License-Identifier: LGPL-2.1-or-later
// Needs order_a.dll, and wants to hear nothing of threads.
#define NAME "b"
#include "order.h"

__declspec(dllimport) int work_a(int number);
__declspec(dllexport) int work_b(int number);

int work_b(int number)
{
    return work_a(number) * 2;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved)
{
    tell_reason(reason, reserved);
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
}
