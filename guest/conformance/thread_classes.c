/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The less common classes of NtQueryInformationThread and NtSetInformationThread.
 * Known from: G. Nebbett, Native API Reference, ch. 5; MSDN SetThreadIdealProcessor, SetThreadPriorityBoost, SetThreadToken,
 * TlsAlloc; Windows Internals, 4th ed., ch. 6; Wine's dlls/ntdll/tests/info.c.
 */
#include "ntapi_se.h"
#include "ntapi_ps.h"

enum { ThreadEnableAlignmentFaultFixup = 7, ThreadZeroTlsCell = 10, ThreadIdealProcessor = 13, ThreadSetTlsArrayAddress = 15,
       ThreadIsIoPending = 16, ThreadBreakOnTermination = 18 };

static NTSTATUS sleeper(PVOID unused)
{
    (void)unused;
    sleep_ms(20000);
    return 0;
}

static NTSTATUS set4(HANDLE thread, ULONG class, ULONG value)
{
    return NtSetInformationThread(thread, class, &value, 4);
}

static ULONG get4(HANDLE thread, ULONG class)
{
    ULONG value = 0x55;
    NTSTATUS status = NtQueryInformationThread(thread, class, &value, 4, NULL);
    return status ? (ULONG)status : value;
}

static void priorities(HANDLE thread)
{
    expect(set4(thread, ThreadPriority, 0), STATUS_INVALID_PARAMETER, "priority 0");
    expect(set4(thread, ThreadPriority, 32), STATUS_INVALID_PARAMETER, "priority 32");
    expect(set4(thread, ThreadPriority, 10), 0, "priority 10");
    own_privilege(14, FALSE);
    expect(set4(thread, ThreadPriority, 16), STATUS_PRIVILEGE_NOT_HELD, "real time without the privilege");
    expect(set4(thread, ThreadPriority, 15), 0, "the highest without it");
    own_privilege(14, TRUE);
    expect(set4(thread, ThreadPriority, 16), 0, "real time");
    expect(set4(thread, ThreadPriorityBoost, 1), 0, "no boost");
    equal(get4(thread, ThreadPriorityBoost), 1, "there is none");
    expect(set4(thread, ThreadIdealProcessor, 33), STATUS_INVALID_PARAMETER, "processor 33");
    expect(set4(thread, ThreadIdealProcessor, 0), 0, "processor 0; 0 was before");
    expect(set4(thread, ThreadIdealProcessor, 32), 0, "32 only asks");
    expect(set4(thread, ThreadAffinityMask, 0x80000000), STATUS_INVALID_PARAMETER, "a processor that is not there");
}

static void tokens(HANDLE thread)
{
    HANDLE client = impersonation_token(SecurityImpersonation), primary = own_token(TOKEN_ALL_ACCESS), found = NULL;
    expect(NtSetInformationThread(thread, ThreadImpersonationTokenClass, &primary, 4), STATUS_BAD_TOKEN_TYPE, "a primary token");
    expect(NtSetInformationThread(thread, ThreadImpersonationTokenClass, &client, 4), 0, "a client's token");
    expect(NtOpenThreadToken(thread, TOKEN_QUERY, TRUE, &found), 0, "the thread has it");
    NtClose(found);
    NtClose(client);
    client = NULL;
    expect(NtSetInformationThread(thread, ThreadImpersonationTokenClass, &client, 4), 0, "no token");
    expect(NtOpenThreadToken(thread, TOKEN_QUERY, TRUE, &found), STATUS_NO_TOKEN, "it has none any more");
    NtClose(primary);
}

static void tls(HANDLE thread)
{
    ULONG *slots = (ULONG *)((UCHAR *)TEB_NOW + 0xe10), saved = slots[5];
    slots[5] = 0x1234;
    expect(set4(NtCurrentThread(), ThreadZeroTlsCell, 5), 0, "zero a TLS cell");
    equal(slots[5], 0, "it is zero");
    slots[5] = saved;
    expect(set4(NtCurrentThread(), ThreadZeroTlsCell, 0x10000), STATUS_INVALID_PARAMETER, "a cell that is not there");
    expect(set4(thread, ThreadZeroTlsCell, 5), STATUS_INVALID_PARAMETER, "from another thread");
    expect(set4(NtCurrentThread(), ThreadSetTlsArrayAddress, 0), 0, "an address of TLS pointers");
}

static void rest(HANDLE thread)
{
    UCHAR one = 1;
    ULONG start = 0;
    expect(NtSetInformationThread(thread, ThreadEnableAlignmentFaultFixup, &one, 1), 0, "alignment fixup");
    expect(NtSetInformationThread(thread, ThreadEnableAlignmentFaultFixup, &start, 4), STATUS_INFO_LENGTH_MISMATCH,
           "alignment fixup, length 4");
    expect(set4(thread, ThreadQuerySetWin32StartAddress, 0x12345678), 0, "a start address");
    equal(get4(thread, ThreadQuerySetWin32StartAddress), 0x12345678, "which is told");
    equal(get4(thread, ThreadIsIoPending), 0, "no I/O is pending");
    expect(NtSetInformationThread(thread, ThreadHideFromDebugger, &one, 1), STATUS_INFO_LENGTH_MISMATCH, "hide, length 1");
    expect(NtSetInformationThread(thread, ThreadHideFromDebugger, NULL, 0), 0, "hide from debuggers");
    if (nt_at_least(5, 1)) {
        equal(get4(thread, ThreadBreakOnTermination), 0, "not critical");
        own_privilege(20, FALSE);
        expect(set4(thread, ThreadBreakOnTermination, 1), STATUS_PRIVILEGE_NOT_HELD, "critical without the privilege");
        own_privilege(20, TRUE);
        expect(set4(thread, ThreadBreakOnTermination, 1), 0, "critical");
        equal(get4(thread, ThreadBreakOnTermination), 1, "it is");
        expect(set4(thread, ThreadBreakOnTermination, 0), 0, "critical no longer");
    } else
        expect(set4(thread, ThreadBreakOnTermination, 1), STATUS_INVALID_INFO_CLASS, "Windows 2000 knows nothing critical");
}

void test_main(void)
{
    HANDLE thread = thread_start(sleeper, NULL);
    sleep_ms(20);
    priorities(thread);
    tokens(thread);
    tls(thread);
    rest(thread);
    NtTerminateThread(thread, 0);
    wait_ms(thread, 5000);
    expect(set4(thread, ThreadAffinityMask, 1), STATUS_THREAD_IS_TERMINATING, "a processor for what has ended");
    NtClose(thread);
}
