/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The native API as the conformance tests call it. Independent of guest/include on purpose: a wrong declaration there
 * must not hide itself here. Classes and types are plain ULONGs, so that a test can pass a wrong one.
 */
#ifndef CONFORMANCE_NTAPI_H
#define CONFORMANCE_NTAPI_H

#define WIN32_NO_STATUS
#include <windef.h>
#include <winnt.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

typedef LONG NTSTATUS;
typedef struct { USHORT Length, MaximumLength; PWSTR Buffer; } UNICODE_STRING, *PUNICODE_STRING;
typedef struct { USHORT Length, MaximumLength; PSTR Buffer; } ANSI_STRING;
typedef struct {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor, SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef struct { ULONG UniqueProcess, UniqueThread; } CLIENT_ID;
typedef struct { NTSTATUS Status; ULONG Information; } IO_STATUS_BLOCK;
typedef struct { ULONG EventType; LONG EventState; } EVENT_BASIC_INFORMATION;
typedef struct { LONG CurrentCount; BOOLEAN OwnedByCaller, AbandonedState; } MUTANT_BASIC_INFORMATION;
typedef struct { LONG CurrentCount, MaximumCount; } SEMAPHORE_BASIC_INFORMATION;
typedef struct { LARGE_INTEGER RemainingTime; BOOLEAN TimerState; } TIMER_BASIC_INFORMATION;
typedef struct { PVOID BaseAddress; ULONG Attributes; LARGE_INTEGER Size; } SECTION_BASIC_INFORMATION;
typedef struct {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize, CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion, SubSystemMajorVersion;
    ULONG GpValue;
    USHORT ImageCharacteristics, DllCharacteristics, Machine;
    BOOLEAN ImageContainsCode, Spare1;
    ULONG LoaderFlags, ImageFileSize, Reserved;
} SECTION_IMAGE_INFORMATION;
typedef struct {
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount, PointerCount, PagedPoolUsage, NonPagedPoolUsage, Reserved[3];
    ULONG NameInformationLength, TypeInformationLength, SecurityDescriptorLength;
    LARGE_INTEGER CreateTime;
} OBJECT_BASIC_INFORMATION;
typedef struct {
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects, TotalNumberOfHandles, Usage[10];
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    BOOLEAN SecurityRequired, MaintainHandleCount;
    ULONG PoolType, DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
} OBJECT_TYPE_INFORMATION;
typedef struct { UNICODE_STRING Name, TypeName; } OBJECT_DIRECTORY_INFORMATION;
typedef struct {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG AffinityMask;
    LONG Priority, BasePriority;
} THREAD_BASIC_INFORMATION;
typedef struct {
    NTSTATUS ExitStatus;
    PVOID PebBaseAddress;
    ULONG AffinityMask;
    LONG BasePriority;
    ULONG UniqueProcessId, InheritedFromUniqueProcessId;
} PROCESS_BASIC_INFORMATION;
typedef struct { LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime; } KERNEL_USER_TIMES;
typedef struct { PVOID PreviousStackBase, PreviousStackLimit, StackBase, StackLimit, AllocatedStackBase; } INITIAL_TEB;
typedef struct {
    ULONG Size;
    HANDLE ProcessHandle, ThreadHandle;
    CLIENT_ID ClientId;
    SECTION_IMAGE_INFORMATION ImageInformation;
} RTL_USER_PROCESS_INFORMATION;
typedef struct {
    ULONG MaximumLength, Length, Flags, DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput, StandardOutput, StandardError;
    UNICODE_STRING CurrentDirectory;
    HANDLE CurrentDirectoryHandle;
    UNICODE_STRING DllPath, ImagePathName, CommandLine;
    PWSTR Environment;
} RTL_USER_PROCESS_PARAMETERS;
typedef struct {
    BOOLEAN InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged, Spare;
    HANDLE Mutant;
    PVOID ImageBaseAddress, Ldr;
    RTL_USER_PROCESS_PARAMETERS *ProcessParameters;
} PEB_START;
typedef struct {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId;
    PVOID ActiveRpcHandle, ThreadLocalStoragePointer;
    PEB_START *Peb;
    ULONG LastErrorValue;
} TEB_START;
typedef struct {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    ULONG FileAttributes;
} FILE_BASIC_INFORMATION;
typedef struct {
    LARGE_INTEGER AllocationSize, EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending, Directory;
} FILE_STANDARD_INFORMATION;
typedef struct { ULONG LowPart; volatile LONG High1Time, High2Time; } KSYSTEM_TIME;

enum { NotificationEvent, SynchronizationEvent };
enum { NotificationTimer, SynchronizationTimer };
enum { WaitAll, WaitAny };
enum { ViewShare = 1, ViewUnmap = 2 };
enum { ObjectBasicInformation, ObjectNameInformation, ObjectTypeInformation, ObjectTypesInformation,
       ObjectHandleFlagInformation };
enum { SectionBasicInformation, SectionImageInformation };
enum { ProcessBasicInformation, ProcessQuotaLimits, ProcessIoCounters, ProcessVmCounters, ProcessTimes,
       ProcessBasePriority, ProcessRaisePriority, ProcessDebugPort, ProcessDefaultHardErrorMode = 12,
       ProcessPriorityClass = 18, ProcessHandleCount = 20, ProcessAffinityMask = 21, ProcessPriorityBoost = 22,
       ProcessSessionInformation = 24 };
enum { ThreadBasicInformation, ThreadTimes, ThreadPriority, ThreadBasePriority, ThreadAffinityMask,
       ThreadDescriptorTableEntry = 6, ThreadQuerySetWin32StartAddress = 9, ThreadPerformanceCount = 11,
       ThreadAmILastThread = 12, ThreadPriorityBoost = 14, ThreadHideFromDebugger = 17 };

#define OBJ_INHERIT 0x002
#define OBJ_PROTECT_CLOSE 0x001
#define OBJ_PERMANENT 0x010
#define OBJ_EXCLUSIVE 0x020
#define OBJ_CASE_INSENSITIVE 0x040
#define OBJ_OPENIF 0x080
#define OBJ_OPENLINK 0x100
#define EVENT_QUERY_STATE 1
#define SEMAPHORE_QUERY_STATE 1
#define DIRECTORY_QUERY 1
#define DIRECTORY_TRAVERSE 2
#define DIRECTORY_CREATE_OBJECT 4
#define DIRECTORY_CREATE_SUBDIRECTORY 8
#define DIRECTORY_ALL_ACCESS 0xf000f
#define SYMBOLIC_LINK_QUERY 1
#define SYMBOLIC_LINK_ALL_ACCESS 0xf0001
#define NtCurrentProcess() ((HANDLE)-1)
#define NtCurrentThread() ((HANDLE)-2)
#undef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 4
/* What NT 5 grants for everything; later Windows widened the process and thread masks. */
#define NT5_PROCESS_ALL_ACCESS 0x1f0fff
#define NT5_THREAD_ALL_ACCESS 0x1f03ff

#define NTCALL(name, ...) __declspec(dllimport) NTSTATUS NTAPI name(__VA_ARGS__)
typedef VOID(NTAPI *APC_ROUTINE)(PVOID, PVOID, PVOID);
typedef VOID(NTAPI *TIMER_ROUTINE)(PVOID, ULONG, LONG);
typedef LARGE_INTEGER LI;

/* dispatcher objects */
NTCALL(NtCreateEvent, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG, ULONG);
NTCALL(NtOpenEvent, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtSetEvent, HANDLE, PLONG);
NTCALL(NtResetEvent, HANDLE, PLONG);
NTCALL(NtClearEvent, HANDLE);
NTCALL(NtPulseEvent, HANDLE, PLONG);
NTCALL(NtQueryEvent, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtCreateMutant, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtOpenMutant, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtReleaseMutant, HANDLE, PLONG);
NTCALL(NtQueryMutant, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtCreateSemaphore, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, LONG, LONG);
NTCALL(NtOpenSemaphore, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtReleaseSemaphore, HANDLE, LONG, PLONG);
NTCALL(NtQuerySemaphore, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtCreateTimer, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtOpenTimer, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtSetTimer, HANDLE, LI *, TIMER_ROUTINE, PVOID, ULONG, LONG, PBOOLEAN);
NTCALL(NtCancelTimer, HANDLE, PBOOLEAN);
NTCALL(NtQueryTimer, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtWaitForSingleObject, HANDLE, ULONG, LI *);
NTCALL(NtWaitForMultipleObjects, ULONG, HANDLE *, ULONG, ULONG, LI *);
NTCALL(NtSignalAndWaitForSingleObject, HANDLE, HANDLE, ULONG, LI *);

/* objects and handles */
NTCALL(NtClose, HANDLE);
NTCALL(NtDuplicateObject, HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);
NTCALL(NtQueryObject, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetInformationObject, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtMakeTemporaryObject, HANDLE);
NTCALL(NtCreateDirectoryObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtOpenDirectoryObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtQueryDirectoryObject, HANDLE, PVOID, ULONG, ULONG, ULONG, PULONG, PULONG);
NTCALL(NtCreateSymbolicLinkObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, UNICODE_STRING *);
NTCALL(NtOpenSymbolicLinkObject, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtQuerySymbolicLinkObject, HANDLE, UNICODE_STRING *, PULONG);

/* processes and threads */
NTCALL(NtCreateThread, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, HANDLE, CLIENT_ID *, CONTEXT *, INITIAL_TEB *, ULONG);
NTCALL(NtOpenThread, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NTCALL(NtOpenProcess, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, CLIENT_ID *);
NTCALL(NtTerminateThread, HANDLE, NTSTATUS);
NTCALL(NtTerminateProcess, HANDLE, NTSTATUS);
NTCALL(NtSuspendThread, HANDLE, PULONG);
NTCALL(NtResumeThread, HANDLE, PULONG);
NTCALL(NtAlertThread, HANDLE);
NTCALL(NtAlertResumeThread, HANDLE, PULONG);
NTCALL(NtTestAlert, void);
NTCALL(NtQueueApcThread, HANDLE, APC_ROUTINE, PVOID, PVOID, PVOID);
NTCALL(NtGetContextThread, HANDLE, CONTEXT *);
NTCALL(NtSetContextThread, HANDLE, CONTEXT *);
NTCALL(NtQueryInformationThread, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetInformationThread, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtQueryInformationProcess, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetInformationProcess, HANDLE, ULONG, PVOID, ULONG);
NTCALL(NtRaiseException, EXCEPTION_RECORD *, CONTEXT *, ULONG);
NTCALL(NtContinue, CONTEXT *, ULONG);

/* memory and sections */
NTCALL(NtAllocateVirtualMemory, HANDLE, PVOID *, ULONG, PSIZE_T, ULONG, ULONG);
NTCALL(NtFreeVirtualMemory, HANDLE, PVOID *, PSIZE_T, ULONG);
NTCALL(NtProtectVirtualMemory, HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
NTCALL(NtQueryVirtualMemory, HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);
NTCALL(NtReadVirtualMemory, HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTCALL(NtWriteVirtualMemory, HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTCALL(NtLockVirtualMemory, HANDLE, PVOID *, PSIZE_T, ULONG);
NTCALL(NtUnlockVirtualMemory, HANDLE, PVOID *, PSIZE_T, ULONG);
NTCALL(NtFlushVirtualMemory, HANDLE, PVOID *, PSIZE_T, IO_STATUS_BLOCK *);
NTCALL(NtFlushInstructionCache, HANDLE, PVOID, SIZE_T);
NTCALL(NtCreateSection, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, LI *, ULONG, ULONG, HANDLE);
NTCALL(NtOpenSection, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtMapViewOfSection, HANDLE, HANDLE, PVOID *, ULONG, SIZE_T, LI *, PSIZE_T, ULONG, ULONG, ULONG);
NTCALL(NtUnmapViewOfSection, HANDLE, PVOID);
NTCALL(NtQuerySection, HANDLE, ULONG, PVOID, SIZE_T, PSIZE_T);

/* system, time, files */
NTCALL(NtQuerySystemInformation, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtQuerySystemTime, LI *);
NTCALL(NtQueryPerformanceCounter, LI *, LI *);
NTCALL(NtQueryTimerResolution, PULONG, PULONG, PULONG);
NTCALL(NtDelayExecution, ULONG, LI *);
NTCALL(NtYieldExecution, void);
NTCALL(NtAllocateLocallyUniqueId, LUID *);
NTCALL(NtDisplayString, UNICODE_STRING *);
NTCALL(NtCreateFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LI *, ULONG, ULONG, ULONG, ULONG,
       PVOID, ULONG);
NTCALL(NtOpenFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG);
NTCALL(NtReadFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LI *, PULONG);
NTCALL(NtWriteFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LI *, PULONG);
NTCALL(NtQueryInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtSetInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtQueryAttributesFile, OBJECT_ATTRIBUTES *, FILE_BASIC_INFORMATION *);

/* ntdll's own functions */
NTCALL(RtlCreateUserThread, HANDLE, PVOID, ULONG, ULONG, SIZE_T, SIZE_T, PVOID, PVOID, PHANDLE, CLIENT_ID *);
NTCALL(RtlCreateProcessParameters, RTL_USER_PROCESS_PARAMETERS **, UNICODE_STRING *, UNICODE_STRING *, UNICODE_STRING *,
       UNICODE_STRING *, PVOID, UNICODE_STRING *, UNICODE_STRING *, UNICODE_STRING *, UNICODE_STRING *);
NTCALL(RtlDestroyProcessParameters, RTL_USER_PROCESS_PARAMETERS *);
NTCALL(RtlCreateUserProcess, UNICODE_STRING *, ULONG, RTL_USER_PROCESS_PARAMETERS *, PVOID, PVOID, HANDLE, ULONG, HANDLE,
       HANDLE, RTL_USER_PROCESS_INFORMATION *);
NTCALL(LdrGetDllHandle, PWSTR, PULONG, UNICODE_STRING *, PVOID *);
NTCALL(LdrGetProcedureAddress, PVOID, ANSI_STRING *, ULONG, PVOID *);
__declspec(dllimport) ULONG __cdecl DbgPrint(const char *, ...);

#endif
