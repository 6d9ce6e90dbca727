/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program starts itself again: `PROGRAM child:WHAT` runs child_main("WHAT"). */
#include "tap_private.h"

const char *child_argument(void)
{
    static const WCHAR marker[] = L" child:";
    static char what[64];
    UNICODE_STRING line = TEB_NOW->Peb->ProcessParameters->CommandLine;
    ULONG length = line.Length / 2, skip = sizeof(marker) / 2 - 1;
    for (ULONG i = 0; i + skip <= length; i++) {
        ULONG n = 0;
        if (!same_memory(line.Buffer + i, marker, skip * 2))
            continue;
        for (; i + skip + n < length && n < sizeof(what) - 1; n++)
            what[n] = (char)line.Buffer[i + skip + n];
        what[n] = 0;
        return what;
    }
    return NULL;
}

/* NT's name of the running image; a Win32 program knows only its DOS name. */
UNICODE_STRING own_path(void)
{
    static WCHAR path[320] = L"\\??\\";
    UNICODE_STRING image = TEB_NOW->Peb->ProcessParameters->ImagePathName;
    USHORT prefix = image.Buffer[0] == '\\' ? 0 : 4;
    USHORT length = image.Length / 2;
    for (USHORT i = 0; i < length && i < 300; i++)
        path[prefix + i] = image.Buffer[i];
    path[prefix + length] = 0;
    return ustr(path);
}

OBJECT_ATTRIBUTES *beside(const WCHAR *name)
{
    static WCHAR path[360];
    UNICODE_STRING own = own_path();
    ULONG end = own.Length / 2, at = 0;
    while (end && own.Buffer[end - 1] != '\\')
        end--;
    for (; at < end; at++)
        path[at] = own.Buffer[at];
    while (*name && at < 359)
        path[at++] = *name++;
    path[at] = 0;
    return named(path, OBJ_CASE_INSENSITIVE);
}

BOOLEAN child_debugged(CHILD *child, const char *what, BOOLEAN inherit, HANDLE port)
{
    RTL_USER_PROCESS_INFORMATION info = {.Size = sizeof(info)};
    RTL_USER_PROCESS_PARAMETERS *parameters;
    WCHAR line[80] = L"test child:";
    UNICODE_STRING path = own_path(), image = TEB_NOW->Peb->ProcessParameters->ImagePathName, command;
    int n = 11;
    NTSTATUS status;
    while (*what && n < 78)
        line[n++] = *what++;
    line[n] = 0;
    command = ustr(line);
    *child = (CHILD){0};
    if (RtlCreateProcessParameters(&parameters, &image, NULL, NULL, &command, NULL, NULL, NULL, NULL, NULL))
        return FALSE;
    status = RtlCreateUserProcess(&path, OBJ_CASE_INSENSITIVE, parameters, NULL, NULL, NULL, inherit, port, NULL, &info);
    RtlDestroyProcessParameters(parameters);
    if (status) {
        tap_note("RtlCreateUserProcess failed with", (ULONG)status);
        return FALSE;
    }
    *child = (CHILD){info.ProcessHandle, info.ThreadHandle, info.ClientId};
    return TRUE;
}

BOOLEAN child_create(CHILD *child, const char *what, BOOLEAN inherit)
{
    return child_debugged(child, what, inherit, NULL);
}

BOOLEAN child_start(CHILD *child, const char *what, BOOLEAN inherit)
{
    return child_create(child, what, inherit) && !NtResumeThread(child->thread, NULL);
}

NTSTATUS child_wait(CHILD *child)
{
    PROCESS_BASIC_INFORMATION info = {.ExitStatus = STATUS_UNSUCCESSFUL};
    NTSTATUS status = wait_ms(child->process, 10000);
    if (!status)
        status = NtQueryInformationProcess(child->process, ProcessBasicInformation, &info, sizeof(info), NULL);
    return status ? status : info.ExitStatus;
}

void child_close(CHILD *child)
{
    if (child->process)
        NtClose(child->process);
    if (child->thread)
        NtClose(child->thread);
}

NTSTATUS child_run(const char *what)
{
    CHILD child;
    NTSTATUS status = child_start(&child, what, FALSE) ? child_wait(&child) : STATUS_UNSUCCESSFUL;
    child_close(&child);
    return status;
}
