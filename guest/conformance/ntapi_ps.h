/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Process structure beyond ntapi.h: debug objects, jobs, more information classes. */
#ifndef CONFORMANCE_NTAPI_PS_H
#define CONFORMANCE_NTAPI_PS_H

#include "tap.h"

/* ---- debug objects ---- */
#define DEBUG_READ_EVENT 1
#define DEBUG_PROCESS_ASSIGN 2
#define DEBUG_SET_INFORMATION 4
#undef DEBUG_ALL_ACCESS
#define DEBUG_ALL_ACCESS 0x1f000f
#define KILL_ON_CLOSE 1

enum { DbgIdle, DbgReplyPending, DbgCreateThread, DbgCreateProcess, DbgExitThread, DbgExitProcess, DbgException,
       DbgBreakpoint, DbgSingleStep, DbgLoadDll, DbgUnloadDll };
typedef struct { ULONG SubSystemKey; PVOID StartAddress; } DBGKM_CREATE_THREAD;
typedef struct {
    ULONG SubSystemKey;
    HANDLE FileHandle;
    PVOID BaseOfImage;
    ULONG DebugInfoFileOffset, DebugInfoSize;
    DBGKM_CREATE_THREAD InitialThread;
} DBGKM_CREATE_PROCESS;
typedef struct { HANDLE FileHandle; PVOID BaseOfDll; ULONG DebugInfoFileOffset, DebugInfoSize; PVOID NamePointer; } DBGKM_LOAD_DLL;
typedef struct { EXCEPTION_RECORD ExceptionRecord; ULONG FirstChance; } DBGKM_EXCEPTION;
typedef struct {
    ULONG NewState;
    CLIENT_ID AppClientId;
    union {
        DBGKM_EXCEPTION Exception;
        struct { HANDLE HandleToThread; DBGKM_CREATE_THREAD NewThread; } CreateThread;
        struct { HANDLE HandleToProcess, HandleToThread; DBGKM_CREATE_PROCESS NewProcess; } CreateProcess;
        struct { NTSTATUS ExitStatus; } Exit;
        DBGKM_LOAD_DLL LoadDll;
        struct { PVOID BaseAddress; } UnloadDll;
    } StateInfo;
} DBGUI_WAIT_STATE_CHANGE;

/* Those that came with an event. */
static inline void close_event_handles(const DBGUI_WAIT_STATE_CHANGE *event)
{
    if (event->NewState == DbgCreateProcess) {
        NtClose(event->StateInfo.CreateProcess.HandleToProcess);
        NtClose(event->StateInfo.CreateProcess.HandleToThread);
        if (event->StateInfo.CreateProcess.NewProcess.FileHandle)
            NtClose(event->StateInfo.CreateProcess.NewProcess.FileHandle);
    } else if (event->NewState == DbgCreateThread)
        NtClose(event->StateInfo.CreateThread.HandleToThread);
    else if (event->NewState == DbgLoadDll && event->StateInfo.LoadDll.FileHandle)
        NtClose(event->StateInfo.LoadDll.FileHandle);
}

typedef NTSTATUS(NTAPI *CREATE_DEBUG_OBJECT)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
typedef NTSTATUS(NTAPI *DEBUG_ACTIVE_PROCESS)(HANDLE, HANDLE);
typedef NTSTATUS(NTAPI *WAIT_FOR_DEBUG_EVENT)(HANDLE, ULONG, LI *, DBGUI_WAIT_STATE_CHANGE *);
typedef NTSTATUS(NTAPI *DEBUG_CONTINUE)(HANDLE, CLIENT_ID *, NTSTATUS);
typedef NTSTATUS(NTAPI *SET_INFORMATION_DEBUG_OBJECT)(HANDLE, ULONG, PVOID, ULONG, PULONG);

enum { ProcessIoPortHandlers_ = 13, ProcessExceptionPort = 8, ProcessAccessToken = 9, ProcessLdtInformation = 10, ProcessLdtSize = 11,
       ProcessPooledUsageAndLimits = 14, ProcessWorkingSetWatch = 15, ProcessUserModeIOPL = 16,
       ProcessEnableAlignmentFaultFixup = 17, ProcessWx86Information = 19, ProcessDeviceMap = 23,
       ProcessForegroundInformation = 25, ProcessWow64Information = 26, ProcessImageFileName = 27,
       ProcessLUIDDeviceMapsEnabled = 28, ProcessBreakOnTermination = 29, ProcessDebugObjectHandle = 30,
       ProcessDebugFlags = 31, ProcessHandleTracing = 32, ProcessExecuteFlags = 34 };

/* ---- jobs ---- */
#undef JOB_OBJECT_ALL_ACCESS
#define JOB_OBJECT_ALL_ACCESS 0x1f001f
enum { JobBasicAccounting = 1, JobBasicLimit, JobProcessIdList, JobUIRestrictions, JobSecurityLimit, JobEndOfJobTime,
       JobCompletionPort, JobBasicAndIoAccounting, JobExtendedLimit, JobJobSet };
typedef struct {
    LARGE_INTEGER TotalUserTime, TotalKernelTime, ThisPeriodTotalUserTime, ThisPeriodTotalKernelTime;
    ULONG TotalPageFaultCount, TotalProcesses, ActiveProcesses, TotalTerminatedProcesses;
} JOB_ACCOUNTING;
typedef struct {
    LARGE_INTEGER PerProcessUserTimeLimit, PerJobUserTimeLimit;
    ULONG LimitFlags;
    SIZE_T MinimumWorkingSetSize, MaximumWorkingSetSize;
    ULONG ActiveProcessLimit, Affinity, PriorityClass, SchedulingClass;
} JOB_BASIC_LIMITS;
typedef struct {
    JOB_BASIC_LIMITS Basic;
    ULONGLONG IoInfo[6];
    SIZE_T ProcessMemoryLimit, JobMemoryLimit, PeakProcessMemoryUsed, PeakJobMemoryUsed;
} JOB_EXTENDED_LIMITS;
typedef struct { ULONG Assigned, InList, Ids[8]; } JOB_IDS;
typedef struct { PVOID Key; HANDLE Port; } JOB_PORT;
typedef struct { HANDLE Job; ULONG MemberLevel, Flags; } JOB_SET_ENTRY;

NTCALL(NtCreateJobObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtOpenJobObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtAssignProcessToJobObject, HANDLE, HANDLE);
NTCALL(NtTerminateJobObject, HANDLE, NTSTATUS);
NTCALL(NtQueryInformationJobObject, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetInformationJobObject, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtCreateIoCompletion, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtRemoveIoCompletion, HANDLE, PVOID *, PVOID *, IO_STATUS_BLOCK *, LI *);
typedef NTSTATUS(NTAPI *IS_PROCESS_IN_JOB)(HANDLE, HANDLE);
typedef NTSTATUS(NTAPI *CREATE_JOB_SET)(ULONG, JOB_SET_ENTRY *, ULONG);

/* child_create with a debug object or port. */
BOOLEAN child_debugged(CHILD *child, const char *what, BOOLEAN inherit, HANDLE port);

#endif
