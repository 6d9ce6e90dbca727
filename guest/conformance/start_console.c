/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The console build, for Wine and for Windows. */
#include "tap_private.h"

void tap_output(const char *text)
{
    IO_STATUS_BLOCK io;
    ULONG length = 0;
    while (text[length])
        length++;
    NtWriteFile(TEB_NOW->Peb->ProcessParameters->StandardOutput, NULL, NULL, NULL, &io, (PVOID)text, length, NULL, NULL);
}

int main(void)
{
    NtTerminateProcess(NtCurrentProcess(), tap_run());
    return 1;
}
