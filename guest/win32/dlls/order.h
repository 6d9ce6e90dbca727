// SPDX-License-Identifier: LGPL-2.1-or-later
// A DLL that tells what it is told; NAME is its name.
#pragma once
#include <stdio.h>
#include <windows.h>

static inline void tell(const char *text, const char *more)
{
    char line[200];
    DWORD written;
    int length = sprintf(line, "  %s: %s%s\r\n", NAME, text, more);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)length, &written, NULL);
}

static inline void tell_reason(DWORD reason, void *reserved)
{
    static const char *const names[] = {"process detach", "process attach", "thread attach", "thread detach"};
    tell(names[reason], !reserved ? "" : reason == DLL_PROCESS_DETACH ? ", at the end" : ", at the start");
}
