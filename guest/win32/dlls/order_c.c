// SPDX-License-Identifier: LGPL-2.1-or-later
// Loaded and freed; fails to start, or faults, as the environment says.
#define NAME "c"
#include "order.h"

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved)
{
    char how[10] = "";
    (void)module;
    tell_reason(reason, reserved);
    GetEnvironmentVariableA("ORDER", how, sizeof how);
    if (reason == DLL_PROCESS_ATTACH && !strcmp(how, "fault"))
        *(volatile int *)0 = 1;
    return strcmp(how, "fail") != 0;
}
