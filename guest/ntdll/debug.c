/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debug output: DbgPrint formats into at most 512 bytes and hands them to the kernel's debug service (int 2d, service 1).
 * XP adds a component and a level, which choose whether a message is shown.
 */
#include "ntdll.h"

#define SERVICE_PRINT 1
#define SERVICE_PROMPT 2
#define MAX_MESSAGE 512
#define DEFAULT_COMPONENT 101 /* DPFLTR_DEFAULT_ID */
#define ALWAYS_SHOWN ((ULONG)-1)

static ULONG print(const char *prefix, ULONG component, ULONG level, const char *format, va_list arguments)
{
    char text[MAX_MESSAGE];
    PTEB teb = NtCurrentTeb();
    STRING message = {.Buffer = text, .MaximumLength = sizeof(text)};
    size_t length = strlen(prefix);
    NTSTATUS status;
    int more;

    if (teb->InDbgPrint)
        return STATUS_SUCCESS;
#if NTDLL_VERSION >= 0x501
    if (component != ALWAYS_SHOWN && component != DEFAULT_COMPONENT && level > 0 && level < 32)
        return STATUS_SUCCESS; /* errors (level 0) are shown; the rest is off unless a mask turns it on */
#else
    (void)component;
    (void)level;
#endif
    length = length < sizeof(text) ? length : sizeof(text) - 1;
    memcpy(text, prefix, length);
    more = _vsnprintf(text + length, sizeof(text) - length, format, arguments);
    if (more < 0) {
        text[sizeof(text) - 1] = '\n';
        length = sizeof(text);
    } else {
        length += (size_t)more;
    }
    message.Length = (USHORT)length;
    teb->InDbgPrint = TRUE;
    status = RtlpDebugService(SERVICE_PRINT, &message, NULL);
    teb->InDbgPrint = FALSE;
    return (ULONG)status;
}

ULONG __cdecl DbgPrint(const char *Format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, Format);
    status = print("", ALWAYS_SHOWN, 0, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, Format);
    status = print("", ComponentId, Level, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG __cdecl DbgPrintReturnControlC(const char *Format, ...);

ULONG __cdecl DbgPrintReturnControlC(const char *Format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, Format);
    status = print("", ALWAYS_SHOWN, 0, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, va_list Arguments)
{
    return print("", ComponentId, Level, Format, Arguments);
}

ULONG NTAPI vDbgPrintExWithPrefix(const char *Prefix, ULONG ComponentId, ULONG Level, const char *Format,
                                  va_list Arguments)
{
    return print(Prefix, ComponentId, Level, Format, Arguments);
}

ULONG NTAPI DbgPrompt(const char *Prompt, char *Response, ULONG Length)
{
    STRING question, answer = {.Buffer = Response, .MaximumLength = (USHORT)Length};

    RtlInitAnsiString(&question, Prompt);
    return (ULONG)RtlpDebugService(SERVICE_PROMPT, &question, &answer);
}

VOID NTAPI RtlAssert(PVOID Assertion, PVOID FileName, ULONG LineNumber, PSTR Message)
{
    DbgPrint("\n*** Assertion failed: %s%s%s\n***   Source File: %s, line %lu\n\n", Message ? Message : "",
             Message ? ": " : "", (const char *)Assertion, (const char *)FileName, LineNumber);
    DbgBreakPoint();
}
