/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtSystemDebugControl on a machine without a kernel debugger; timer resolution of several processes.
 * Known from: G. Nebbett, Native API Reference, ch. 21 (SYSDBG_COMMAND); ntexapi.h (SYSDBG_VIRTUAL); MSDN timeBeginPeriod.
 */
#include "ntapi_ex.h"

NTSTATUS child_main(const char *what)
{
    ULONG actual = 0;
    if (what[0] == 'k') { /* keep: set and go */
        NtSetTimerResolution(20000, TRUE, &actual);
        return (NTSTATUS)actual;
    }
    return 0;
}

static void debugger(void)
{
    struct { PVOID Address, Buffer; ULONG Request; } ask;
    ULONG there = 0x12345678, copy = 0, done = 0, version[10];
    expect(NtSystemDebugControl(99, NULL, 0, NULL, 0, NULL), STATUS_INVALID_INFO_CLASS, "an unknown command");
    expect(NtSystemDebugControl(6, NULL, 0, NULL, 0, NULL), STATUS_UNSUCCESSFUL, "break into no debugger");
    expect(NtSystemDebugControl(7, NULL, 0, version, 39, NULL), STATUS_INFO_LENGTH_MISMATCH, "version into 39 bytes");
    expect(NtSystemDebugControl(7, NULL, 0, version, 40, &done), 0, "version");
    equal(((USHORT *)version)[4], 0x14c, "it is of an Intel machine");
    equal(((USHORT *)version)[1], nt_at_least(5, 1) ? 2600 : 2195, "and has the build");
    ask.Address = &there, ask.Buffer = &copy, ask.Request = 4;
    expect(NtSystemDebugControl(8, &ask, sizeof(ask), NULL, 0, &done), 0, "read memory");
    check(copy == there && done == 4, "it is read");
    expect(NtSystemDebugControl(8, &ask, sizeof(ask) - 1, NULL, 0, &done), STATUS_INFO_LENGTH_MISMATCH,
           "read memory, one byte less");
    copy = 99;
    expect(NtSystemDebugControl(9, &ask, sizeof(ask), NULL, 0, &done), 0, "write memory");
    equal(there, 99, "it is written");
    ask.Address = (PVOID)0x80001000;
    expect(NtSystemDebugControl(8, &ask, sizeof(ask), NULL, 0, &done), STATUS_UNSUCCESSFUL, "read where nothing is");
    privilege(SE_DEBUG, FALSE);
    expect(NtSystemDebugControl(7, NULL, 0, version, 40, &done), STATUS_ACCESS_DENIED, "version without the privilege");
    privilege(SE_DEBUG, TRUE);
}

static ULONG current(void)
{
    ULONG coarsest, finest, now = 0;
    NtQueryTimerResolution(&coarsest, &finest, &now);
    return now;
}

static ULONG changes_in_100_ms(void)
{
    volatile KSYSTEM_TIME *time = (PVOID)0x7ffe0008;
    ULONG before = time->LowPart, changes = 0;
    for (LONGLONG end = system_time() + 1000000; system_time() < end;) {
        changes += time->LowPart != before;
        before = time->LowPart;
    }
    return changes;
}

static void resolution(void)
{
    ULONG actual = 0, usual = current();
    ULONG changes = 0;
    expect(NtSetTimerResolution(10000, TRUE, &actual), 0, "a fine clock");
    check(actual <= 20000 && current() == actual, "it is fine");
    for (ULONG tries = 0; tries < 20 && changes < 12; tries++) /* others may have the processor */
        changes = changes_in_100_ms();
    check(changes >= 12, "the shared clock moves more often");
    expect(NtSetTimerResolution(50000, TRUE, &actual), 0, "a coarser one");
    expect(NtSetTimerResolution(0, FALSE, &actual), 0, "and none");
    equal(current(), usual, "the clock is as before");
    expect(child_run("keep"), 20000, "another process has a fine clock");
    sleep_ms(20);
    equal(current(), usual, "its end takes it back");
}

void test_main(void)
{
    debugger();
    resolution();
}
