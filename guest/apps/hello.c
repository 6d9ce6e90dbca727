/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first native program: says hello, tells what it was started with and on what, and works an event.
 * Exit status: 0, or the NTSTATUS of the call that failed.
 */
#include <nt.h>

NTSTATUS __cdecl _snwprintf(WCHAR *out, SIZE_T size, const WCHAR *format, ...);

static void display(const WCHAR *format, PVOID a, ULONG b, ULONG c)
{
    WCHAR text[512];
    UNICODE_STRING string;

    _snwprintf(text, 511, format, a, b, c);
    text[511] = 0;
    RtlInitUnicodeString(&string, text);
    NtDisplayString(&string);
}

static NTSTATUS work_event(void)
{
    EVENT_BASIC_INFORMATION information;
    HANDLE event;
    NTSTATUS status = NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);

    if (!NT_SUCCESS(status))
        return status;
    status = NtSetEvent(event, NULL);
    if (NT_SUCCESS(status))
        status = NtWaitForSingleObject(event, FALSE, NULL);
    if (NT_SUCCESS(status))
        status = NtQueryEvent(event, EventBasicInformation, &information, sizeof(information), NULL);
    if (NT_SUCCESS(status))
        display(L"event: type %u, state %u\n", (PVOID)information.EventType, (ULONG)information.EventState, 0);
    NtClose(event);
    return status;
}

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    NTSTATUS status;

    display(L"Hello from user mode\n", NULL, 0, 0);
    display(L"command line: %wZ\n", &Peb->ProcessParameters->CommandLine, 0, 0);
    display(L"NT %u.%u, build %u\n", (PVOID)Peb->OSMajorVersion, Peb->OSMinorVersion, Peb->OSBuildNumber & 0x3fff);
    display(L"ticks: %u\n", (PVOID)NtGetTickCount(), 0, 0);
    status = work_event();
    if (!NT_SUCCESS(status))
        display(L"event: 0x%08x\n", (PVOID)status, 0, 0);
    NtTerminateProcess(NtCurrentProcess(), status);
}
