/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Firmware variables and boot entries of a machine without EFI.
 * Known from: G. Nebbett, Native API Reference, ch. 1 (NtQuerySystemEnvironmentValue); ReactOS' apitests
 * NtQuerySystemEnvironmentValue, NtQuerySystemEnvironmentValueEx, NtSetSystemEnvironmentValueEx (statuses of real systems).
 */
#include "ntapi_ex.h"

static WCHAR value[64];

static void variables(void)
{
    LOOK_UP(NtQuerySystemEnvironmentValue, UNICODE_STRING *, PVOID, ULONG, PUSHORT);
    LOOK_UP(NtSetSystemEnvironmentValue, UNICODE_STRING *, UNICODE_STRING *);
    UNICODE_STRING none = ustr(L"NonExistent"), good = ustr(L"LastKnownGood"), same = ustr(L"lastknowngood");
    UNICODE_STRING on = ustr(L"TRUE"), off = ustr(L"FALSE"), odd = ustr(L"PERHAPS");
    USHORT length = 77;
    privilege(SE_SYSTEM_ENVIRONMENT, FALSE);
    expect(p_NtQuerySystemEnvironmentValue(&good, value, sizeof(value), &length), STATUS_PRIVILEGE_NOT_HELD,
           "query without the privilege");
    expect(p_NtSetSystemEnvironmentValue(&good, &on), STATUS_PRIVILEGE_NOT_HELD, "set without the privilege");
    privilege(SE_SYSTEM_ENVIRONMENT, TRUE);
    expect(p_NtQuerySystemEnvironmentValue(&none, value, sizeof(value), &length), STATUS_UNSUCCESSFUL, "query no variable");
    expect(p_NtSetSystemEnvironmentValue(&none, &on), STATUS_UNSUCCESSFUL, "set no variable");
    expect(p_NtQuerySystemEnvironmentValue(&good, value, 4, &length), STATUS_BUFFER_OVERFLOW, "query into 4 bytes");
    equal(length, 10, "the length is told");
    expect(p_NtQuerySystemEnvironmentValue(&good, value, sizeof(value), &length), 0, "query");
    check(length == 10 && same_memory(value, L"FALSE", 12), "the last start was good");
    expect(p_NtSetSystemEnvironmentValue(&same, &on), 0, "set, in other letters");
    expect(p_NtQuerySystemEnvironmentValue(&good, value, sizeof(value), NULL), 0, "query without a length");
    check(same_memory(value, L"TRUE", 10), "it is set");
    expect(p_NtSetSystemEnvironmentValue(&good, &odd), STATUS_UNSUCCESSFUL, "set to what is no truth value");
    expect(p_NtSetSystemEnvironmentValue(&good, &off), 0, "set it back");
}

static void no_efi(void)
{
    static const struct { const char *name; ULONG words; } calls[] = {
        {"NtQuerySystemEnvironmentValueEx", 5}, {"NtSetSystemEnvironmentValueEx", 5},
        {"NtEnumerateSystemEnvironmentValuesEx", 3}, {"NtAddBootEntry", 2}, {"NtModifyBootEntry", 1}, {"NtDeleteBootEntry", 1},
        {"NtEnumerateBootEntries", 2}, {"NtQueryBootEntryOrder", 2}, {"NtSetBootEntryOrder", 2}, {"NtQueryBootOptions", 2},
        {"NtSetBootOptions", 2}, {"NtTranslateFilePath", 4},
    };
    for (ULONG i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        PVOID call = procedure(calls[i].name);
        NTSTATUS status = 0;
        if (call && calls[i].words == 1)
            status = ((NTSTATUS(NTAPI *)(ULONG))call)(0);
        else if (call && calls[i].words == 2)
            status = ((NTSTATUS(NTAPI *)(ULONG, ULONG))call)(0, 0);
        else if (call && calls[i].words == 3)
            status = ((NTSTATUS(NTAPI *)(ULONG, ULONG, ULONG))call)(0, 0, 0);
        else if (call && calls[i].words == 4)
            status = ((NTSTATUS(NTAPI *)(ULONG, ULONG, ULONG, ULONG))call)(0, 0, 0, 0);
        else if (call)
            status = ((NTSTATUS(NTAPI *)(ULONG, ULONG, ULONG, ULONG, ULONG))call)(0, 0, 0, 0, 0);
        if (nt_at_least(5, 1))
            equal(status, STATUS_NOT_IMPLEMENTED, calls[i].name);
        else
            check(call == NULL, calls[i].name);
    }
}

void test_main(void)
{
    no_efi();
    variables();
}
