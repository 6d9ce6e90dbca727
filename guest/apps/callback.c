/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that the kernel calls: number 0 returns by itself, number 1 by NtCallbackReturn with a result, number 2 makes
 * the kernel call again from inside. The system call that makes the kernel call out has a number no table has.
 */
#include <nt.h>

enum { CALL_OUT = 0xffe };

NTSTATUS __cdecl _snwprintf(WCHAR *out, SIZE_T size, const WCHAR *format, ...);

static ULONG called;

static NTSTATUS call_out(ULONG index, ULONG value)
{
    ULONG words[2] = {index, value};
    NTSTATUS status;

    __asm__ volatile("int $0x2e" : "=a"(status) : "a"(CALL_OUT), "d"(words) : "ecx", "memory");
    return status;
}

static NTSTATUS NTAPI plain(PVOID data)
{
    called++;
    return *(ULONG *)data + 1;
}

static NTSTATUS NTAPI with_result(PVOID data)
{
    ULONG result[2] = {*(ULONG *)data * 2, 0x600d};

    called++;
    NtCallbackReturn(result, sizeof(result), 7);
    return 0;
}

static NTSTATUS NTAPI nested(PVOID data)
{
    ULONG depth = *(ULONG *)data;

    called++;
    return depth ? call_out(2, depth - 1) + 1 : 0;
}

static PVOID table[] = {plain, with_result, nested};

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    WCHAR text[128];
    UNICODE_STRING string;
    NTSTATUS a, b, c;

    Peb->KernelCallbackTable = table;
    a = call_out(0, 41);
    b = call_out(1, 21);
    c = call_out(2, 5);
    _snwprintf(text, 127, L"%u %u %u, called %u\n", a, b, c, called);
    RtlInitUnicodeString(&string, text);
    NtDisplayString(&string);
    NtTerminateProcess(NtCurrentProcess(), 0);
}
