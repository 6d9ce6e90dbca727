/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies its standard input to its standard output, and says on its standard error how much that was.
 * Exit status: 0, or the NTSTATUS of the call that failed.
 */
#include <nt.h>

int __cdecl sprintf(char *out, const char *format, ...);

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    RTL_USER_PROCESS_PARAMETERS *given = RtlNormalizeProcessParams(Peb->ProcessParameters);
    static char buffer[4096];
    IO_STATUS_BLOCK block;
    ULONG total = 0;
    NTSTATUS status;

    while (NT_SUCCESS(status = NtReadFile(given->StandardInput, NULL, NULL, NULL, &block, buffer, sizeof(buffer), NULL, NULL))) {
        total += block.Information;
        status = NtWriteFile(given->StandardOutput, NULL, NULL, NULL, &block, buffer, block.Information, NULL, NULL);
        if (!NT_SUCCESS(status))
            break;
    }
    if (status == STATUS_END_OF_FILE) {
        int length = sprintf(buffer, "%u bytes\n", total);
        status = NtWriteFile(given->StandardError, NULL, NULL, NULL, &block, buffer, length, NULL, NULL);
    }
    NtTerminateProcess(NtCurrentProcess(), status);
}
