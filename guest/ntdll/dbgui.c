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

/* The events of NT as Win32 tells them (DEBUG_EVENT). */
enum { DbgCreateThread = 2, DbgCreateProcess, DbgExitThread, DbgExitProcess, DbgException, DbgBreakpoint, DbgSingleStep,
       DbgLoadDll, DbgUnloadDll };
typedef struct {
    ULONG State;
    CLIENT_ID Client;
    union {
        struct { EXCEPTION_RECORD Record; ULONG FirstChance; } Exception;
        struct { HANDLE Thread; ULONG SubSystemKey; PVOID Start; } CreateThread;
        struct {
            HANDLE Process, Thread;
            ULONG SubSystemKey;
            HANDLE File;
            PVOID Base;
            ULONG DebugInfoOffset, DebugInfoSize, ThreadKey;
            PVOID Start;
        } CreateProcess;
        NTSTATUS ExitStatus;
        struct { HANDLE File; PVOID Base; ULONG DebugInfoOffset, DebugInfoSize; PVOID Name; } LoadDll;
        PVOID UnloadedBase;
    } u;
} STATE_CHANGE;
enum { WinException = 1, WinCreateThread, WinCreateProcess, WinExitThread, WinExitProcess, WinLoadDll, WinUnloadDll,
       WinOutputString, WinRip };
typedef struct {
    ULONG Code;
    ULONG ProcessId, ThreadId;
    union {
        struct { EXCEPTION_RECORD Record; ULONG FirstChance; } Exception;
        struct { HANDLE Thread; PVOID LocalBase, Start; } CreateThread;
        struct {
            HANDLE File, Process, Thread;
            PVOID Base;
            ULONG DebugInfoOffset, DebugInfoSize;
            PVOID LocalBase, Start, Name;
            USHORT Unicode;
        } CreateProcess;
        NTSTATUS ExitStatus;
        struct { HANDLE File; PVOID Base; ULONG DebugInfoOffset, DebugInfoSize; PVOID Name; USHORT Unicode; } LoadDll;
        PVOID UnloadedBase;
        struct { PVOID Text; USHORT Unicode, Length; } Output;
        struct { ULONG Error, Type; } Rip;
    } u;
} WIN32_EVENT;
#define DBG_PRINT 0x40010006
#define DBG_RIP 0x40010007

/* A thread's TEB, 0 if it cannot be had. */
static PVOID teb_of(HANDLE thread)
{
    THREAD_BASIC_INFORMATION basic;
    NTSTATUS status = NtQueryInformationThread(thread, ThreadBasicInformation, &basic, sizeof(basic), NULL);

    return NT_SUCCESS(status) ? (PVOID)basic.TebBaseAddress : NULL;
}

static void convert_exception(const STATE_CHANGE *change, WIN32_EVENT *event)
{
    const EXCEPTION_RECORD *record = &change->u.Exception.Record;

    event->Code = WinException;
    if (record->ExceptionCode == DBG_PRINT) {
        event->Code = WinOutputString;
        event->u.Output.Text = (PVOID)record->ExceptionInformation[1];
        event->u.Output.Unicode = FALSE;
        event->u.Output.Length = (USHORT)record->ExceptionInformation[0];
    } else if (record->ExceptionCode == DBG_RIP) {
        event->Code = WinRip;
        event->u.Rip.Type = (ULONG)record->ExceptionInformation[0];
        event->u.Rip.Error = (ULONG)record->ExceptionInformation[1];
    } else {
        event->u.Exception.Record = *record;
        event->u.Exception.FirstChance = change->u.Exception.FirstChance;
    }
}

static void convert_process(const STATE_CHANGE *change, WIN32_EVENT *event)
{
    event->Code = WinCreateProcess;
    event->u.CreateProcess.Process = change->u.CreateProcess.Process;
    event->u.CreateProcess.Thread = change->u.CreateProcess.Thread;
    event->u.CreateProcess.File = change->u.CreateProcess.File;
    event->u.CreateProcess.Base = change->u.CreateProcess.Base;
    event->u.CreateProcess.DebugInfoOffset = change->u.CreateProcess.DebugInfoOffset;
    event->u.CreateProcess.DebugInfoSize = change->u.CreateProcess.DebugInfoSize;
    event->u.CreateProcess.LocalBase = teb_of(change->u.CreateProcess.Thread);
    event->u.CreateProcess.Start = change->u.CreateProcess.Start;
    event->u.CreateProcess.Name = NULL;
    event->u.CreateProcess.Unicode = TRUE;
}

NTSTATUS NTAPI DbgUiConvertStateChangeStructure(const STATE_CHANGE *Change, WIN32_EVENT *Event)
{
    Event->ProcessId = (ULONG)(ULONG_PTR)Change->Client.UniqueProcess;
    Event->ThreadId = (ULONG)(ULONG_PTR)Change->Client.UniqueThread;
    switch (Change->State) {
    case DbgCreateThread:
        Event->Code = WinCreateThread;
        Event->u.CreateThread.Thread = Change->u.CreateThread.Thread;
        Event->u.CreateThread.LocalBase = teb_of(Change->u.CreateThread.Thread);
        Event->u.CreateThread.Start = Change->u.CreateThread.Start;
        break;
    case DbgCreateProcess:
        convert_process(Change, Event);
        break;
    case DbgExitThread:
    case DbgExitProcess:
        Event->Code = Change->State == DbgExitThread ? WinExitThread : WinExitProcess;
        Event->u.ExitStatus = Change->u.ExitStatus;
        break;
    case DbgException:
    case DbgBreakpoint:
    case DbgSingleStep:
        convert_exception(Change, Event);
        break;
    case DbgLoadDll:
        Event->Code = WinLoadDll;
        Event->u.LoadDll.File = Change->u.LoadDll.File;
        Event->u.LoadDll.Base = Change->u.LoadDll.Base;
        Event->u.LoadDll.DebugInfoOffset = Change->u.LoadDll.DebugInfoOffset;
        Event->u.LoadDll.DebugInfoSize = Change->u.LoadDll.DebugInfoSize;
        Event->u.LoadDll.Name = Change->u.LoadDll.Name;
        Event->u.LoadDll.Unicode = TRUE;
        break;
    case DbgUnloadDll:
        Event->Code = WinUnloadDll;
        Event->u.UnloadedBase = Change->u.UnloadedBase;
        break;
    default:
        return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
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
