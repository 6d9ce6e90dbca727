/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks for what is not there: a call that the test has taken out of our kernel, three times, and a number that no Windows
 * has. Exit status: 0 if each is refused as it should be.
 */
#include <nt.h>

#define STATUS_INVALID_SYSTEM_SERVICE ((NTSTATUS)0xC000001C)
#define NO_SUCH_CALL 0xFFF

NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName);

NTSTATUS __cdecl system_call(ULONG number);
__asm__("_system_call:\n\tmovl 4(%esp), %eax\n\tleal 4(%esp), %edx\n\tint $0x2e\n\tret");

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    NTSTATUS status = STATUS_SUCCESS;
    int i;

    (void)Peb;
    for (i = 0; i < 3; i++)
        if (NtLoadDriver(NULL) != STATUS_NOT_IMPLEMENTED)
            status = STATUS_UNSUCCESSFUL;
    if (system_call(NO_SUCH_CALL) != STATUS_INVALID_SYSTEM_SERVICE)
        status = STATUS_UNSUCCESSFUL;
    NtTerminateProcess(NtCurrentProcess(), status);
}
