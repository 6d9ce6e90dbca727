/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that native programs use and winternl.h does not declare. Included by nt.h.
 * The stubs are in our ntdll and in every Windows' ntdll.
 */
#ifndef RING3K_NTCALLS_H
#define RING3K_NTCALLS_H

/* display, system and time */
NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String);
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER PreviousTime);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER Counter, PLARGE_INTEGER Frequency);
NTSTATUS NTAPI NtQueryTimerResolution(PULONG Minimum, PULONG Maximum, PULONG Actual);
NTSTATUS NTAPI NtSetTimerResolution(ULONG Requested, BOOLEAN Set, PULONG Actual);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, const LARGE_INTEGER *Interval);
NTSTATUS NTAPI NtYieldExecution(VOID);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(LUID *Luid);
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS Status, ULONG Count, ULONG UnicodeMask, PULONG_PTR Parameters,
                                ULONG ValidResponses, PULONG Response);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE Process, PVOID Base, SIZE_T Length);

/* objects */
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, PHANDLE Target,
                                 ACCESS_MASK Access, ULONG Attributes, ULONG Options);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Object);
NTSTATUS NTAPI NtSetInformationObject(HANDLE Object, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE Directory, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Directory, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Directory, PVOID Buffer, ULONG Length, BOOLEAN Single, BOOLEAN Restart,
                                      PULONG Context, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE Link, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes,
                                          PUNICODE_STRING Target);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE Link, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE Link, PUNICODE_STRING Target, PULONG ReturnLength);

/* dispatcher objects and waits */
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, const HANDLE *Handles, WAIT_TYPE Type, BOOLEAN Alertable,
                                        const LARGE_INTEGER *Timeout);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE Signal, HANDLE Wait, BOOLEAN Alertable, const LARGE_INTEGER *Timeout);
NTSTATUS NTAPI NtCreateEvent(PHANDLE Event, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, EVENT_TYPE Type,
                             BOOLEAN InitialState);
NTSTATUS NTAPI NtOpenEvent(PHANDLE Event, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtSetEvent(HANDLE Event, PLONG PreviousState);
NTSTATUS NTAPI NtResetEvent(HANDLE Event, PLONG PreviousState);
NTSTATUS NTAPI NtClearEvent(HANDLE Event);
NTSTATUS NTAPI NtPulseEvent(HANDLE Event, PLONG PreviousState);
NTSTATUS NTAPI NtQueryEvent(HANDLE Event, EVENT_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                            PULONG ReturnLength);
NTSTATUS NTAPI NtCreateMutant(PHANDLE Mutant, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, BOOLEAN Owned);
NTSTATUS NTAPI NtOpenMutant(PHANDLE Mutant, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtReleaseMutant(HANDLE Mutant, PLONG PreviousCount);
NTSTATUS NTAPI NtQueryMutant(HANDLE Mutant, MUTANT_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                             PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE Semaphore, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, LONG Initial,
                                 LONG Maximum);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE Semaphore, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE Semaphore, LONG Count, PLONG PreviousCount);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE Semaphore, SEMAPHORE_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                PULONG ReturnLength);
NTSTATUS NTAPI NtCreateTimer(PHANDLE Timer, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, TIMER_TYPE Type);
NTSTATUS NTAPI NtOpenTimer(PHANDLE Timer, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtSetTimer(HANDLE Timer, const LARGE_INTEGER *DueTime, PTIMER_APC_ROUTINE Routine, PVOID Context,
                          BOOLEAN Resume, LONG Period, PBOOLEAN PreviousState);
NTSTATUS NTAPI NtCancelTimer(HANDLE Timer, PBOOLEAN CurrentState);
NTSTATUS NTAPI NtQueryTimer(HANDLE Timer, TIMER_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                            PULONG ReturnLength);

/* virtual memory and sections */
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Size, ULONG Type,
                                       ULONG Protect);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Protect, PULONG OldProtect);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE Process, PVOID Address, MEMORY_INFORMATION_CLASS Class, PVOID Information,
                                    SIZE_T Length, PSIZE_T ReturnLength);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE Process, const VOID *Base, PVOID Buffer, SIZE_T Length, PSIZE_T Read);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE Process, PVOID Base, const VOID *Buffer, SIZE_T Length, PSIZE_T Written);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK IoStatus);
NTSTATUS NTAPI NtCreateSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes,
                               PLARGE_INTEGER MaximumSize, ULONG Protect, ULONG Allocation, HANDLE File);
NTSTATUS NTAPI NtOpenSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T Commit,
                                  PLARGE_INTEGER Offset, PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG Type,
                                  ULONG Protect);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID Base);
NTSTATUS NTAPI NtQuerySection(HANDLE Section, SECTION_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length,
                              PSIZE_T ReturnLength);
NTSTATUS NTAPI NtExtendSection(HANDLE Section, PLARGE_INTEGER NewSize);

/* processes and threads */
NTSTATUS NTAPI NtCreateProcess(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Parent,
                               BOOLEAN InheritHandles, HANDLE Section, HANDLE DebugPort, HANDLE ExceptionPort);
NTSTATUS NTAPI NtOpenProcess(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTSTATUS NTAPI NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtCreateThread(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Process,
                              PCLIENT_ID ClientId, PCONTEXT Context, PINITIAL_TEB InitialTeb, BOOLEAN Suspended);
NTSTATUS NTAPI NtOpenThread(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTSTATUS NTAPI NtTerminateThread(HANDLE Thread, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtSetInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI NtSuspendThread(HANDLE Thread, PULONG PreviousCount);
NTSTATUS NTAPI NtResumeThread(HANDLE Thread, PULONG PreviousCount);
NTSTATUS NTAPI NtGetContextThread(HANDLE Thread, PCONTEXT Context);
NTSTATUS NTAPI NtSetContextThread(HANDLE Thread, PCONTEXT Context);
NTSTATUS NTAPI NtAlertThread(HANDLE Thread);
NTSTATUS NTAPI NtAlertResumeThread(HANDLE Thread, PULONG PreviousCount);
NTSTATUS NTAPI NtTestAlert(VOID);
NTSTATUS NTAPI NtQueueApcThread(HANDLE Thread, PKNORMAL_ROUTINE Routine, PVOID Context, PVOID Argument1,
                                PVOID Argument2);
NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);
NTSTATUS NTAPI NtCallbackReturn(PVOID Result, ULONG Length, NTSTATUS Status);

/* security */
NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE Thread, ACCESS_MASK Access, BOOLEAN OpenAsSelf, PHANDLE Token);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES NewState, ULONG Length,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength);

/* files */
NTSTATUS NTAPI NtReadFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Routine, PVOID Context, PIO_STATUS_BLOCK IoStatus,
                          PVOID Buffer, ULONG Length, PLARGE_INTEGER Offset, PULONG Key);
NTSTATUS NTAPI NtWriteFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Routine, PVOID Context,
                           PIO_STATUS_BLOCK IoStatus, const VOID *Buffer, ULONG Length, PLARGE_INTEGER Offset,
                           PULONG Key);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES Attributes, FILE_BASIC_INFORMATION *Information);

#endif
