/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debugger's side of XP's debug objects: each thread that debugs keeps its object's handle in TEB.DbgSsReserved[1].
 */
#include "ntdll.h"

#if NTDLL_VERSION >= 0x501

#define DEBUG_OBJECT_ALL_ACCESS 0x1f000fu
#define DEBUG_KILL_ON_CLOSE 1u
#define BREAKIN_STACK 0x4000u

NTSTATUS NTAPI NtCreateDebugObject(PHANDLE Object, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Flags);
NTSTATUS NTAPI NtWaitForDebugEvent(HANDLE Object, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PVOID StateChange);
NTSTATUS NTAPI NtDebugContinue(HANDLE Object, PCLIENT_ID ClientId, NTSTATUS Status);
NTSTATUS NTAPI NtDebugActiveProcess(HANDLE Process, HANDLE Object);
NTSTATUS NTAPI NtRemoveProcessDebug(HANDLE Process, HANDLE Object);

HANDLE NTAPI DbgUiGetThreadDebugObject(VOID)
{
    return NtCurrentTeb()->DbgSsReserved[1];
}

VOID NTAPI DbgUiSetThreadDebugObject(HANDLE Object)
{
    NtCurrentTeb()->DbgSsReserved[1] = Object;
}

NTSTATUS NTAPI DbgUiConnectToDbg(VOID)
{
    OBJECT_ATTRIBUTES attributes;

    if (DbgUiGetThreadDebugObject())
        return STATUS_SUCCESS;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    return NtCreateDebugObject(&NtCurrentTeb()->DbgSsReserved[1], DEBUG_OBJECT_ALL_ACCESS, &attributes,
                               DEBUG_KILL_ON_CLOSE);
}

NTSTATUS NTAPI DbgUiWaitStateChange(PVOID StateChange, PLARGE_INTEGER Timeout)
{
    return NtWaitForDebugEvent(DbgUiGetThreadDebugObject(), TRUE, Timeout, StateChange);
}

NTSTATUS NTAPI DbgUiContinue(PCLIENT_ID ClientId, NTSTATUS Status)
{
    return NtDebugContinue(DbgUiGetThreadDebugObject(), ClientId, Status);
}

NTSTATUS NTAPI DbgUiStopDebugging(HANDLE Process)
{
    return NtRemoveProcessDebug(Process, DbgUiGetThreadDebugObject());
}

/* Runs in the process that is to stop. */
VOID NTAPI DbgUiRemoteBreakin(PVOID Context)
{
    (void)Context;
    if (NtCurrentPeb()->BeingDebugged)
        DbgBreakPoint();
    RtlExitUserThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI DbgUiIssueRemoteBreakin(HANDLE Process)
{
    return RtlCreateUserThread(Process, NULL, FALSE, 0, BREAKIN_STACK, 0,
                               (PUSER_THREAD_START_ROUTINE)(PVOID)DbgUiRemoteBreakin, NULL, NULL, NULL);
}

NTSTATUS NTAPI DbgUiDebugActiveProcess(HANDLE Process)
{
    NTSTATUS status = NtDebugActiveProcess(Process, DbgUiGetThreadDebugObject());

    if (!NT_SUCCESS(status))
        return status;
    status = DbgUiIssueRemoteBreakin(Process);
    if (!NT_SUCCESS(status))
        DbgUiStopDebugging(Process);
    return status;
}

#endif
