/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of 32-bit programs on 64-bit systems, locale tables, licence values, keys in transactions; calls as only
 * kernelbase and advapi32 of Wine 8.0 make them.
 * Known from: MSDN RegCreateKeyTransacted; Wine's dlls/ntdll/tests/wow64.c, reg.c (test_NtQueryLicenseKey), virtual.c, and
 * locale tests of dlls/kernel32; G. Chappell on NtQueryLicenseValue.
 */
#include "ntapi_six.h"
#include "ntapi_se.h"

static ULONG word = 0x12345678;

static void across(void)
{
    ULONG basic[11] = {0}, native[11] = {1}, value = 0, needed = 0;
    ULONGLONG base = 0, size = 0x2000, done = 99;
    PVOID at;
    SIZE_T none = 0;
    ALLOCATE_64 allocate = (ALLOCATE_64)procedure("NtWow64AllocateVirtualMemory64");
    expect(NtWow64ReadVirtualMemory64(NtCurrentProcess(), (ULONG_PTR)&word, &value, 4, &done), 0, "read");
    equal(value, word, "what is there");
    equal(done, 4, "four bytes");
    value = 77;
    expect(NtWow64WriteVirtualMemory64(NtCurrentProcess(), (ULONG_PTR)&word, &value, 4, &done), 0, "write");
    equal(word, 77, "it is there");
    check(NtWow64ReadVirtualMemory64(NtCurrentProcess(), 0x1234500000000ull, &value, 4, &done), "nothing above 4 GB");
    expect(NtWow64ReadVirtualMemory64((HANDLE)0x7770, (ULONG_PTR)&word, &value, 4, &done), STATUS_INVALID_HANDLE, "of no process");
    expect(NtWow64WriteVirtualMemory64((HANDLE)0x7770, (ULONG_PTR)&word, &value, 4, &done), STATUS_INVALID_HANDLE, "to no process");
    expect(allocate(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0,
           "allocate");
    check(base && size == 0x2000, "somewhere");
    at = (PVOID)(ULONG_PTR)base;
    NtFreeVirtualMemory(NtCurrentProcess(), &at, &none, MEM_RELEASE);
    expect(allocate(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE, 0x3333), STATUS_INVALID_PAGE_PROTECTION,
           "with a protection that is none");
    NtQuerySystemInformation(0, basic, sizeof(basic), NULL);
    expect(NtWow64GetNativeSystemInformation(0, native, sizeof(native), &needed), 0, "the native system");
    equal(native[2], basic[2], "has the same pages");
    expect(NtWow64GetNativeSystemInformation(200, native, sizeof(native), &needed), STATUS_INVALID_INFO_CLASS, "no such class");
}

static void tables(void)
{
    PVOID table = NULL, again = NULL, base;
    LARGE_INTEGER length = {.QuadPart = 0};
    SIZE_T size = 0;
    ULONG locale = 0;
    INITIALIZE_NLS initialize = (INITIALIZE_NLS)procedure("NtInitializeNlsFiles");
    expect(initialize(&table, &locale, &length), 0, "the locale table");
    check(table && locale, "and the locale");
    expect(NtGetNlsSectionPtr(11, 1252, NULL, &again, &size), 0, "a code page");
    check(again && size > 0x200 && ((USHORT *)again)[1] == 1252, "is the right one");
    expect(NtGetNlsSectionPtr(11, 12345, NULL, &base, &size), STATUS_OBJECT_NAME_NOT_FOUND, "no code page");
    expect(NtGetNlsSectionPtr(77, 0, NULL, &base, &size), STATUS_INVALID_PARAMETER_1, "no kind of table");
    NtUnmapViewOfSection(NtCurrentProcess(), table);
    NtUnmapViewOfSection(NtCurrentProcess(), again);
}

static void licence(void)
{
    UNICODE_STRING none = ustr(L"No such value"), empty = ustr(NULL);
    ULONG type = 0, needed = 0, data[16];
    expect(NtQueryLicenseValue(&none, &type, data, sizeof(data), &needed), STATUS_OBJECT_NAME_NOT_FOUND, "no licence value");
    expect(NtQueryLicenseValue(&empty, &type, data, sizeof(data), &needed), STATUS_INVALID_PARAMETER, "no name");
}

static void as_kernelbase_asks(void)
{
    HANDLE token, copy, file;
    IO_STATUS_BLOCK io;
    OBJECT_ATTRIBUTES none = {.Length = sizeof(none)}, named;
    ULONG level = 9, mode = 9, needed;
    UNICODE_STRING folder = ustr(L"\\??\\C:\\windows\\");

    expect(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &token), 0, "the token");
    expect(NtDuplicateToken(token, MAXIMUM_ALLOWED, &none, SecurityImpersonation, TokenImpersonation, &copy), 0, "a copy");
    expect(NtQueryInformationToken(copy, TokenImpersonationLevel, &level, sizeof(level), &needed), 0, "its level");
    check(level == SecurityImpersonation, "stands where EffectiveOnly is");
    NtClose(copy);
    NtClose(token);

    expect(NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &mode, sizeof(mode), NULL), 0, "mode");
    check(mode == 0, "no error mode");

    named = (OBJECT_ATTRIBUTES){sizeof(named), NULL, &folder, OBJ_CASE_INSENSITIVE, NULL, (PVOID)&level};
    expect(NtCreateFile(&file, READ_CONTROL | SYNCHRONIZE, &named, &io, NULL, 0x2000000, 7, FILE_OPEN,
                        FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0), 0, "flags where attributes are, and no quality");
    NtClose(file);
}

void test_main(void)
{
    as_kernelbase_asks();
    across();
    tables();
    licence();
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}
