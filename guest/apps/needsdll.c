/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Imports sample.dll by name and by ordinal, loads it once more at run time and asks for its functions, one of them
 * forwarded. Exit status: 0, or the number of the first check that failed.
 */
#include <nt.h>

LONG __cdecl SampleAdd(LONG a, LONG b);
LONG __cdecl SampleCalls(ULONG reason);
PLONG __cdecl SampleTls(VOID);
LONG __cdecl SampleTlsCalls(VOID);

static NTSTATUS NTAPI thread_main(PVOID result)
{
    PLONG tls = SampleTls();

    *(volatile LONG *)result = tls && *tls == 0x1234 ? SampleCalls(DLL_THREAD_ATTACH) : -1;
    RtlExitUserThread(0);
    return 0;
}

static int check_load(void)
{
    UNICODE_STRING name;
    STRING function;
    LONG(__cdecl * add)(LONG, LONG) = NULL, (__cdecl * by_ordinal)(LONG, LONG) = NULL;
    WCHAR(NTAPI * forwarded)(WCHAR) = NULL;
    PVOID base, again;

    RtlInitUnicodeString(&name, L"sample");
    if (!NT_SUCCESS(LdrGetDllHandle(NULL, NULL, &name, &base)))
        return 10;
    if (!NT_SUCCESS(LdrLoadDll(NULL, NULL, &name, &again)) || again != base)
        return 11;
    RtlInitAnsiString(&function, "SampleAdd");
    if (!NT_SUCCESS(LdrGetProcedureAddress(base, &function, 0, (PVOID *)&add)) || add(40, 2) != 42)
        return 12;
    if (!NT_SUCCESS(LdrGetProcedureAddress(base, NULL, 1, (PVOID *)&by_ordinal)) || by_ordinal != add)
        return 13;
    RtlInitAnsiString(&function, "SampleForward");
    if (!NT_SUCCESS(LdrGetProcedureAddress(base, &function, 0, (PVOID *)&forwarded)) || forwarded('a') != 'A')
        return 17;
    RtlInitAnsiString(&function, "NoSuchFunction");
    if (LdrGetProcedureAddress(base, &function, 0, (PVOID *)&add) != STATUS_PROCEDURE_NOT_FOUND)
        return 14;
    RtlInitUnicodeString(&name, L"nosuch.dll");
    if (LdrLoadDll(NULL, NULL, &name, &again) != STATUS_DLL_NOT_FOUND)
        return 15;
    return NT_SUCCESS(LdrUnloadDll(base)) && SampleAdd(1, 1) == 2 ? 0 : 16;
}

static int check_thread(void)
{
    volatile LONG attached = 0;
    HANDLE thread;

    if (!NT_SUCCESS(RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, thread_main, (PVOID)&attached,
                                        &thread, NULL)))
        return 20;
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    if (attached != 1)
        return 21;
    return SampleCalls(DLL_THREAD_DETACH) == 1 ? 0 : 22;
}

static int check(void)
{
    int failed;

    if (SampleAdd(2, 3) != 5)
        return 1;
    if (SampleCalls(DLL_PROCESS_ATTACH) != 1)
        return 2;
    if (!SampleTls() || *SampleTls() != 0x1234)
        return 3;
    if (SampleTlsCalls() != 1)
        return 4;
    failed = check_load();
    return failed ? failed : check_thread();
}

VOID NTAPI NtProcessStartup(PPEB Peb)
{
    UNICODE_STRING text;
    int failed = check();

    (void)Peb;
    RtlInitUnicodeString(&text, failed ? L"needsdll: failed\n" : L"needsdll: the loader works\n");
    NtDisplayString(&text);
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), failed);
}
