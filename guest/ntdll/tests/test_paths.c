/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

static void full(PCWSTR path, PCWSTR wanted)
{
    WCHAR buffer[300];
    PWSTR part;
    ULONG bytes = RtlGetFullPathName_U(path, sizeof(buffer), buffer, &part);

    equal_wide("RtlGetFullPathName_U", bytes ? buffer : L"", wanted);
    if (bytes)
        equal("  its length", bytes, wcslen(wanted) * sizeof(WCHAR));
}

static void full_paths(void)
{
    WCHAR small[4];

    full(L"C:\\a\\b", L"C:\\a\\b");
    full(L"C:/a/./b/../c", L"C:\\a\\c");
    full(L"C:\\..\\..\\x", L"C:\\x");
    full(L"C:\\a\\b\\..\\..", L"C:\\");
    full(L"C:\\a\\\\b\\", L"C:\\a\\b\\");
    full(L"C:\\a\\b. . ", L"C:\\a\\b");
    full(L"\\\\server\\share\\x\\..\\..\\y", L"\\\\server\\share\\y");
    full(L"\\\\.\\pipe\\x", L"\\\\.\\pipe\\x");
    full(L"C:\\dir\\nul.txt", L"\\\\.\\nul");
    full(L"con", L"\\\\.\\con");
    full(L"com1:", L"\\\\.\\com1");
    full(L"X:\\com10", L"X:\\com10");
    equal("too small a buffer", RtlGetFullPathName_U(L"C:\\abcdef", sizeof(small), small, NULL), 20);
}

static void kinds(void)
{
    static const struct {
        PCWSTR path;
        RTL_PATH_TYPE type;
    } known[] = {
        {L"\\\\s\\h", RtlPathTypeUncAbsolute}, {L"C:\\", RtlPathTypeDriveAbsolute}, {L"C:x", RtlPathTypeDriveRelative},
        {L"\\x", RtlPathTypeRooted},           {L"x", RtlPathTypeRelative},         {L"\\\\.\\x", RtlPathTypeLocalDevice},
        {L"\\\\.", RtlPathTypeRootLocalDevice}, {L"\\\\?\\x", RtlPathTypeLocalDevice},
    };

    for (unsigned i = 0; i < COUNT_OF(known); i++)
        equal("RtlDetermineDosPathNameType_U", RtlDetermineDosPathNameType_U(known[i].path), known[i].type);
}

static void nt_paths(void)
{
    static const PCWSTR pairs[][2] = {
        {L"C:\\a\\..\\b", L"\\??\\C:\\b"},
        {L"\\\\server\\share\\x", L"\\??\\UNC\\server\\share\\x"},
        {L"\\\\.\\COM1", L"\\??\\COM1"},
        {L"\\\\?\\C:\\a\\..\\b", L"\\??\\C:\\a\\..\\b"},
        {L"nul", L"\\??\\nul"},
    };
    UNICODE_STRING name;
    PCWSTR part;

    for (unsigned i = 0; i < COUNT_OF(pairs); i++) {
        ok(RtlDosPathNameToNtPathName_U(pairs[i][0], &name, &part, NULL), "RtlDosPathNameToNtPathName_U");
        equal_wide("its result", name.Buffer, pairs[i][1]);
        RtlFreeUnicodeString(&name);
    }
    ok(!RtlDosPathNameToNtPathName_U(L"", &name, NULL, NULL), "an empty name has none");
}

static void set(PWSTR *environment, PCWSTR name, PCWSTR value, NTSTATUS wanted)
{
    UNICODE_STRING n, v;

    RtlInitUnicodeString(&n, name);
    RtlInitUnicodeString(&v, value);
    equal("RtlSetEnvironmentVariable", (ULONG)RtlSetEnvironmentVariable(environment, &n, value ? &v : NULL),
          (ULONG)wanted);
}

static void environment(void)
{
    WCHAR buffer[64];
    UNICODE_STRING name, value = {.MaximumLength = sizeof(buffer), .Buffer = buffer}, source;
    PVOID block;
    PWSTR env;
    ULONG needed;

    RtlCreateEnvironment(FALSE, &block);
    env = block;
    set(&env, L"PATH", L"C:\\bin", STATUS_SUCCESS);
    set(&env, L"alpha", L"1", STATUS_SUCCESS);
    set(&env, L"=C:", L"C:\\dir", STATUS_SUCCESS);
    set(&env, L"a=b", L"1", STATUS_INVALID_PARAMETER);
    set(&env, L"Path", L"D:\\other\\bin", STATUS_SUCCESS);
    ok(!memcmp(env, L"=C:=C:\\dir\0alpha=1\0Path=D:\\other\\bin\0", 38 * sizeof(WCHAR)), "the block is in order");
    equal("env_size", env_size(env), 38 * sizeof(WCHAR));
    RtlInitUnicodeString(&name, L"ALPHA");
    equal("RtlQueryEnvironmentVariable_U", (ULONG)RtlQueryEnvironmentVariable_U(env, &name, &value), STATUS_SUCCESS);
    equal_wide("the value", buffer, L"1");
    RtlInitUnicodeString(&source, L"<%PATH%> %none% 100%");
    equal("RtlExpandEnvironmentStrings_U", (ULONG)RtlExpandEnvironmentStrings_U(env, &source, &value, &needed),
          STATUS_SUCCESS);
    equal_wide("the text", buffer, L"<D:\\other\\bin> %none% 100%");
    equal("the bytes it takes", needed, (wcslen(buffer) + 1) * sizeof(WCHAR));
    set(&env, L"alpha", NULL, STATUS_SUCCESS);
    equal("a variable that is gone", (ULONG)RtlQueryEnvironmentVariable_U(env, &name, &value),
          (ULONG)STATUS_VARIABLE_NOT_FOUND);
    RtlDestroyEnvironment(env);
}

static void parameters(void)
{
    PRTL_USER_PROCESS_PARAMETERS made;
    UNICODE_STRING image, command;

    RtlInitUnicodeString(&image, L"C:\\x.exe");
    RtlInitUnicodeString(&command, L"x a b");
    equal("RtlCreateProcessParameters",
          (ULONG)RtlCreateProcessParameters(&made, &image, NULL, NULL, &command, NULL, NULL, NULL, NULL, NULL),
          STATUS_SUCCESS);
    ok(!(made->Flags & 1) && (UINT_PTR)made->CommandLine.Buffer < made->Length, "its strings are offsets");
    RtlNormalizeProcessParams(made);
    ok(made->Flags & 1 && RtlEqualUnicodeString(&made->CommandLine, &command, FALSE) &&
           RtlEqualUnicodeString(&made->ImagePathName, &image, FALSE),
       "normalised they are strings");
    RtlDestroyProcessParameters(made);
}

void test_paths(void)
{
    kinds();
    full_paths();
    nt_paths();
    environment();
    parameters();
}
