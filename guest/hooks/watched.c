/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program whose output says what its system calls answered, and nothing that differs from run to run: whoever
 * watches it must not change it. tests/hooks knows the calls and their numbers by heart.
 * Exit status: 0, or the first NTSTATUS that was not as expected.
 */
#include <nt.h>

enum { ROUNDS = 100 };
#define YIELDED_NOTHING ((NTSTATUS)0x40000024)

NTSTATUS __cdecl _snwprintf(WCHAR *out, SIZE_T size, const WCHAR *format, ...);

static NTSTATUS result;

static void say(const WCHAR *format, ULONG a, ULONG b)
{
    WCHAR text[128];
    UNICODE_STRING string;

    _snwprintf(text, 127, format, a, b);
    text[127] = 0;
    RtlInitUnicodeString(&string, text);
    NtDisplayString(&string);
}

static NTSTATUS must(NTSTATUS status)
{
    if (!NT_SUCCESS(status) && !result)
        result = status;
    return status;
}

/* Two calls that the engine may answer without the kernel. */
static void short_cuts(const WCHAR *format)
{
    LARGE_INTEGER before = {.QuadPart = 0}, now;
    ULONG steady = 0, alone = 0;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        now.QuadPart = 0;
        must(NtQuerySystemTime(&now));
        steady += now.QuadPart >= before.QuadPart && now.QuadPart != 0;
        before = now;
        alone += NtYieldExecution() == YIELDED_NOTHING;
    }
    say(format, steady, alone);
}

static void show(HANDLE event)
{
    EVENT_BASIC_INFORMATION information = {0};

    must(NtQueryEvent(event, EventBasicInformation, &information, sizeof(information), NULL));
    say(L"event: type %u, state %u\n", information.EventType, (ULONG)information.EventState);
}

static ULONG NTAPI signaller(PVOID event)
{
    LARGE_INTEGER time = {.QuadPart = -500000};

    must(NtDelayExecution(FALSE, &time));
    must(NtSetEvent(event, NULL));
    NtTerminateThread(NtCurrentThread(), STATUS_SUCCESS);
    return 0;
}

static void wait(HANDLE event)
{
    LARGE_INTEGER time = {.QuadPart = -100000};
    HANDLE thread = NULL;

    say(L"delay: 0x%08x\n", (ULONG)NtDelayExecution(FALSE, &time), 0);
    must(NtResetEvent(event, NULL));
    must(RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)signaller, event, &thread, NULL));
    say(L"wait: 0x%08x\n", (ULONG)must(NtWaitForSingleObject(event, FALSE, NULL)), 0);
    must(NtWaitForSingleObject(thread, FALSE, NULL));
    must(NtClose(thread));
}

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE event = NULL, again = NULL;

    (void)Peb;
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\ring3k-watched");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    short_cuts(L"first: steady %u, alone %u\n");
    must(NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE));
    short_cuts(L"second: steady %u, alone %u\n");
    show(event);
    must(NtOpenEvent(&again, EVENT_ALL_ACCESS, &attributes));
    show(again);
    must(NtClose(again));
    wait(event);
    must(NtClose(event));
    say(L"close: 0x%08x\n", (ULONG)NtClose(event), 0);
    DbgPrint("watched: done\n");
    NtTerminateProcess(NtCurrentProcess(), result);
}
