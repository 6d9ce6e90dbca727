/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the tests: ntdll's objects are linked into the program, their system calls go to the ntdll of the system it runs
 * on. Built as a console program for Wine and as a native one for our kernel. Exit status 0 if all passed.
 */
#include "test.h"

static int number, failures;

static void write_line(const char *text, size_t length)
{
    HANDLE output = NtCurrentPeb()->ProcessParameters->StandardOutput;
    STRING narrow = {.Length = (USHORT)length, .Buffer = (PCHAR)text};
    IO_STATUS_BLOCK io;
    UNICODE_STRING wide;

    if (output) {
        NtWriteFile(output, NULL, NULL, NULL, &io, text, (ULONG)length, NULL, NULL);
    } else if (NT_SUCCESS(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE))) {
        NtDisplayString(&wide);
        RtlFreeUnicodeString(&wide);
    }
}

PVOID system_ntdll(void)
{
    PLIST_ENTRY first = NtCurrentPeb()->Ldr->InLoadOrderModuleList.Flink; /* the program; ntdll is next */

    return CONTAINING_RECORD(first->Flink, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks)->DllBase;
}

static void report(int passed, const char *text)
{
    char line[700];
    int length = _snprintf(line, sizeof(line) - 1, "%sok %d - %s\n", passed ? "" : "not ", ++number, text);

    failures += !passed;
    write_line(line, length < 0 ? sizeof(line) - 1 : (size_t)length);
}

void ok(int condition, const char *format, ...)
{
    char text[600];
    va_list arguments;

    va_start(arguments, format);
    _vsnprintf(text, sizeof(text) - 1, format, arguments);
    va_end(arguments);
    text[sizeof(text) - 1] = 0;
    report(condition, text);
}

void equal(const char *what, unsigned long long is, unsigned long long wanted)
{
    if (is == wanted)
        report(1, what);
    else
        ok(0, "%s: 0x%I64x instead of 0x%I64x", what, is, wanted);
}

void equal_text(const char *what, const char *is, const char *wanted)
{
    if (!strcmp(is, wanted))
        report(1, what);
    else
        ok(0, "%s: \"%s\" instead of \"%s\"", what, is, wanted);
}

void equal_wide(const char *what, const WCHAR *is, const WCHAR *wanted)
{
    if (!wcscmp(is, wanted))
        report(1, what);
    else
        ok(0, "%s: \"%ls\" instead of \"%ls\"", what, is, wanted);
}

void NTAPI test_start(void);

void NTAPI test_start(void)
{
    char plan[16];

    heap_process_init();
    test_printf();
    test_c();
    test_heap();
    test_strings();
    test_rtl();
    test_paths();
    test_exceptions();
    test_image();
    test_tables();
    write_line(plan, (size_t)sprintf(plan, "1..%d\n", number));
    NtTerminateProcess(NtCurrentProcess(), failures ? 1 : 0);
}
