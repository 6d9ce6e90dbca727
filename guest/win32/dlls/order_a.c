// SPDX-License-Identifier: LGPL-2.1-or-later
#define NAME "a"
#include "order.h"

__declspec(dllexport) int work_a(int number);

__thread int own = 100;

int work_a(int number)
{
    return own += number;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved)
{
    (void)module;
    tell_reason(reason, reserved);
    return TRUE;
}
