/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts another native image, waits for it and ends with its exit status. The image is the second word of the command
 * line (a DOS or NT path); without one, exit42.exe from the directory of this program. What follows is its command line.
 */
#include <nt.h>

#define MAX_TEXT 520

static BOOLEAN is_space(WCHAR c)
{
    return c == ' ' || c == '\t';
}

/* Skips the first word of a command line, which may be quoted, and the spaces behind it. */
static PCWSTR skip_word(PCWSTR text, PCWSTR end)
{
    BOOLEAN quoted = FALSE;

    for (; text < end && (quoted || !is_space(*text)); text++)
        if (*text == '"')
            quoted = !quoted;
    while (text < end && is_space(*text))
        text++;
    return text;
}

static void take(PUNICODE_STRING to, PCWSTR from, PCWSTR end)
{
    UNICODE_STRING part = {.Length = (USHORT)((end - from) * sizeof(WCHAR)), .Buffer = (PWSTR)from};

    RtlAppendUnicodeStringToString(to, &part);
}

static void choose(PRTL_USER_PROCESS_PARAMETERS own, PUNICODE_STRING image, PUNICODE_STRING command)
{
    PCWSTR start = own->CommandLine.Buffer, end = start + own->CommandLine.Length / sizeof(WCHAR), word_end;

    start = skip_word(start, end);
    if (start < end) {
        for (word_end = start; word_end < end && !is_space(*word_end); word_end++)
            ;
        if (*start != '\\')
            RtlAppendUnicodeToString(image, L"\\??\\");
        take(image, start, word_end);
        take(command, start, end);
        return;
    }
    start = own->ImagePathName.Buffer;
    end = start + own->ImagePathName.Length / sizeof(WCHAR);
    while (end > start && end[-1] != '\\')
        end--;
    if (*start != '\\')
        RtlAppendUnicodeToString(image, L"\\??\\");
    take(image, start, end);
    RtlAppendUnicodeToString(image, L"exit42.exe");
    RtlAppendUnicodeToString(command, L"exit42.exe");
}

static NTSTATUS run(PUNICODE_STRING image, PUNICODE_STRING command)
{
    PRTL_USER_PROCESS_PARAMETERS parameters;
    RTL_USER_PROCESS_INFORMATION process;
    PROCESS_BASIC_INFORMATION information;
    UNICODE_STRING dos_name = *image;
    NTSTATUS status;

    if (image->Length > 8 && image->Buffer[1] == '?' && image->Buffer[2] == '?') {
        dos_name.Buffer += 4;
        dos_name.Length -= 8;
    }
    status = RtlCreateProcessParameters(&parameters, &dos_name, NULL, NULL, command, NULL, NULL, NULL, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = RtlCreateUserProcess(image, OBJ_CASE_INSENSITIVE, parameters, NULL, NULL, NULL, FALSE, NULL, NULL,
                                  &process);
    RtlDestroyProcessParameters(parameters);
    if (!NT_SUCCESS(status))
        return status;
    status = NtResumeThread(process.ThreadHandle, NULL);
    if (NT_SUCCESS(status))
        status = NtWaitForSingleObject(process.ProcessHandle, FALSE, NULL);
    if (NT_SUCCESS(status))
        status = NtQueryInformationProcess(process.ProcessHandle, ProcessBasicInformation, &information,
                                           sizeof(information), NULL);
    NtClose(process.ThreadHandle);
    NtClose(process.ProcessHandle);
    return NT_SUCCESS(status) ? information.ExitStatus : status;
}

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    WCHAR image_text[MAX_TEXT], command_text[MAX_TEXT];
    UNICODE_STRING image = {.MaximumLength = sizeof(image_text), .Buffer = image_text};
    UNICODE_STRING command = {.MaximumLength = sizeof(command_text), .Buffer = command_text};

    choose(Peb->ProcessParameters, &image, &command);
    NtTerminateProcess(NtCurrentProcess(), run(&image, &command));
}
