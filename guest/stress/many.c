/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One of many processes: `many.exe N` makes N threads that all wait for one event, which every such process shares,
 * waits for the threads and ends with the sum of their exit statuses; `many.exe go` sets the event.
 */
#include "../conformance/tap.h"

#define MOST 4096

static HANDLE event, threads[MOST];
static volatile LONG started;
int __cdecl _snwprintf(WCHAR *, SIZE_T, const WCHAR *, ...);

static void die(NTSTATUS status)
{
    NtTerminateProcess(NtCurrentProcess(), status);
}

static void need(NTSTATUS status)
{
    if (status < 0)
        die(status);
}

static void say(const WCHAR *format, ULONG value)
{
    WCHAR text[64];
    UNICODE_STRING string = {0, sizeof(text), text};
    string.Length = (USHORT)(_snwprintf(text, 63, format, value) * 2);
    NtDisplayString(&string);
}

static void NTAPI waiter(ULONG number)
{
    if (__sync_add_and_fetch(&started, 1) == (LONG)number >> 16)
        say(L"ready %u\n", number >> 16);
    need(NtWaitForSingleObject(event, FALSE, NULL));
    NtTerminateThread(NtCurrentThread(), number & 0xffff);
}

static ULONG exit_status(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info;
    need(NtWaitForSingleObject(thread, FALSE, NULL));
    need(NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL));
    need(NtClose(thread));
    return info.ExitStatus;
}

static void many(ULONG count)
{
    ULONG sum = 0;
    for (ULONG i = 0; i < count; i++)
        need(RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)waiter, (PVOID)(count << 16 | (i + 1)),
                                 &threads[i], NULL));
    for (ULONG i = 0; i < count; i++)
        sum += exit_status(threads[i]);
    die((NTSTATUS)sum);
}

void NTAPI NtProcessStartup(PVOID peb);
void NTAPI NtProcessStartup(PVOID peb)
{
    static WCHAR path[] = L"\\ManyProcessesWaitForThis";
    UNICODE_STRING name = {sizeof(path) - 2, sizeof(path), path};
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_OPENIF, NULL, NULL};
    UNICODE_STRING *line = &TEB_NOW->Peb->ProcessParameters->CommandLine;
    ULONG count = 0, end = line->Length / 2, at = end;
    (void)peb;
    need(NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE));
    while (at && line->Buffer[at - 1] != ' ')
        at--;
    if (line->Buffer[at] == 'g') {
        need(NtSetEvent(event, NULL));
        die(0);
    }
    for (; at < end; at++)
        count = count * 10 + (line->Buffer[at] & 15);
    many(count < MOST ? count : MOST);
}
