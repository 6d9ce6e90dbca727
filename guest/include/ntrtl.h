/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The run-time library, loader and debug functions that our ntdll exports and winternl.h does not declare.
 * Included by nt.h.
 */
#ifndef RING3K_NTRTL_H
#define RING3K_NTRTL_H

#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlCopyMemory
VOID NTAPI RtlMoveMemory(PVOID Destination, const VOID *Source, SIZE_T Length);
VOID NTAPI RtlFillMemory(PVOID Destination, SIZE_T Length, UCHAR Fill);
VOID NTAPI RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern);
VOID NTAPI RtlZeroMemory(PVOID Destination, SIZE_T Length);
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern);
#ifdef _NTSYSTEM_
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
#endif

/* ---- debug ---- */
ULONG __cdecl DbgPrint(const char *Format, ...);
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, ...);
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, __builtin_va_list Arguments);
ULONG NTAPI vDbgPrintExWithPrefix(const char *Prefix, ULONG ComponentId, ULONG Level, const char *Format,
                                  __builtin_va_list Arguments);
ULONG NTAPI DbgPrompt(const char *Prompt, char *Response, ULONG Length);
VOID NTAPI DbgBreakPoint(VOID);
VOID NTAPI DbgUserBreakPoint(VOID);
VOID NTAPI RtlAssert(PVOID Assertion, PVOID FileName, ULONG LineNumber, PSTR Message);

/* ---- loader ---- */
VOID NTAPI LdrInitializeThunk(PVOID NormalContext, PVOID NtdllBase, PVOID SystemArgument2);
NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base);
NTSTATUS NTAPI LdrUnloadDll(PVOID Base);
NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base);
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address);
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base);
NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, PLDR_DATA_TABLE_ENTRY *Entry);
NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie);
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie);
VOID NTAPI LdrShutdownThread(VOID);
VOID NTAPI LdrShutdownProcess(VOID);
NTSTATUS NTAPI LdrFindResource_U(PVOID Base, const ULONG_PTR *Path, ULONG Level, PVOID *Entry);
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Base, const ULONG_PTR *Path, ULONG Level, PVOID *Directory);
NTSTATUS NTAPI LdrAccessResource(PVOID Base, PVOID Entry, PVOID *Resource, PULONG Size);
NTSTATUS NTAPI LdrQueryImageFileExecutionOptions(PUNICODE_STRING SubKey, PCWSTR Value, ULONG Type, PVOID Buffer,
                                                 ULONG Length, PULONG ReturnLength);
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size);
PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva);
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Section);

/* ---- exceptions ---- */
#ifdef _NTSYSTEM_
VOID NTAPI RtlCaptureContext(PCONTEXT Context);
PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base);
#endif
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);
VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle);
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle);

/* ---- heap ---- */
PVOID NTAPI RtlReAllocateHeap(PVOID Heap, ULONG Flags, PVOID Block, SIZE_T Size);
SIZE_T NTAPI RtlSizeHeap(PVOID Heap, ULONG Flags, const VOID *Block);
BOOLEAN NTAPI RtlValidateHeap(PVOID Heap, ULONG Flags, const VOID *Block);
BOOLEAN NTAPI RtlLockHeap(PVOID Heap);
BOOLEAN NTAPI RtlUnlockHeap(PVOID Heap);
ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps);
SIZE_T NTAPI RtlCompactHeap(PVOID Heap, ULONG Flags);
#define RtlGetProcessHeap() (NtCurrentPeb()->ProcessHeap)

/* ---- locks ---- */
NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section);
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount);
ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount);
NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION Section);
BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION Section);
NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION Section);
NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section);
VOID NTAPI RtlAcquirePebLock(VOID);
VOID NTAPI RtlReleasePebLock(VOID);

/* ---- strings ---- */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING String, PCWSTR Source);
BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING String, PCWSTR Source);
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination);
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
VOID NTAPI RtlCopyString(PSTRING Destination, const STRING *Source);
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source);
NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive);
LONG NTAPI RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive);
BOOLEAN NTAPI RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive);
BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive);
CHAR NTAPI RtlUpperChar(CHAR Character);
VOID NTAPI RtlUpperString(PSTRING Destination, const STRING *Source);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Character);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR Character);
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInsensitive, ULONG Algorithm, PULONG Hash);
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING String, PCUNICODE_STRING Set,
                                          PUSHORT Position);
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING Destination, const STRING *Source, BOOLEAN Allocate);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
ULONG NTAPI RtlAnsiStringToUnicodeSize(const STRING *String);
ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING String);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *Cursor);
NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH Unicode, ULONG MaxBytes, PULONG Written, const CHAR *Ansi, ULONG AnsiBytes);
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Bytes, const CHAR *Ansi, ULONG AnsiBytes);
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR Ansi, ULONG MaxBytes, PULONG Written, PCWCH Unicode, ULONG UnicodeBytes);
NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR Ansi, ULONG MaxBytes, PULONG Written, PCWCH Unicode,
                                            ULONG UnicodeBytes);
NTSTATUS NTAPI RtlOemToUnicodeN(PWCH Unicode, ULONG MaxBytes, PULONG Written, const CHAR *Oem, ULONG OemBytes);
NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR Oem, ULONG MaxBytes, PULONG Written, PCWCH Unicode, ULONG UnicodeBytes);
NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR Oem, ULONG MaxBytes, PULONG Written, PCWCH Unicode, ULONG UnicodeBytes);
BOOLEAN NTAPI RtlIsTextUnicode(const VOID *Buffer, ULONG Length, PULONG Tests);
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PCHAR String);
NTSTATUS NTAPI RtlLargeIntegerToChar(const ULONGLONG *Value, ULONG Base, LONG Length, PCHAR String);
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTSTATUS NTAPI RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING String);
NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING String, GUID *Guid);

/* ---- environment and paths ---- */
typedef enum _RTL_PATH_TYPE {
    RtlPathTypeUnknown,
    RtlPathTypeUncAbsolute,
    RtlPathTypeDriveAbsolute,
    RtlPathTypeDriveRelative,
    RtlPathTypeRooted,
    RtlPathTypeRelative,
    RtlPathTypeLocalDevice,
    RtlPathTypeRootLocalDevice
} RTL_PATH_TYPE;

NTSTATUS NTAPI RtlCreateEnvironment(BOOLEAN CloneCurrent, PVOID *Environment);
VOID NTAPI RtlDestroyEnvironment(PVOID Environment);
VOID NTAPI RtlSetCurrentEnvironment(PVOID Environment, PVOID *Previous);
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value);
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value);
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination,
                                             PULONG ReturnLength);
RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path);
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path);
ULONG NTAPI RtlGetFullPathName_U(PCWSTR Path, ULONG BufferBytes, PWSTR Buffer, PWSTR *FilePart);
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG BufferBytes, PWSTR Buffer);
NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Path);
BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR Path);
ULONG NTAPI RtlDosSearchPath_U(PCWSTR Search, PCWSTR FileName, PCWSTR Extension, ULONG BufferBytes, PWSTR Buffer,
                               PWSTR *FilePart);
ULONG NTAPI RtlGetLongestNtPathLength(VOID);

/* ---- processes and threads ---- */
NTSTATUS NTAPI RtlCreateProcessParameters(PRTL_USER_PROCESS_PARAMETERS *Parameters, PCUNICODE_STRING Image,
                                          PCUNICODE_STRING DllPath, PCUNICODE_STRING CurrentDirectory,
                                          PCUNICODE_STRING CommandLine, PVOID Environment, PCUNICODE_STRING Title,
                                          PCUNICODE_STRING Desktop, PCUNICODE_STRING Shell, PCUNICODE_STRING Runtime);
VOID NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS Parameters);
PRTL_USER_PROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS Parameters);
PRTL_USER_PROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PRTL_USER_PROCESS_PARAMETERS Parameters);
NTSTATUS NTAPI RtlCreateUserProcess(PUNICODE_STRING NtImagePath, ULONG Attributes,
                                    PRTL_USER_PROCESS_PARAMETERS Parameters, PSECURITY_DESCRIPTOR ProcessSecurity,
                                    PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE Parent, BOOLEAN InheritHandles,
                                    HANDLE DebugPort, HANDLE ExceptionPort, PRTL_USER_PROCESS_INFORMATION Information);
NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR Security, BOOLEAN Suspended, ULONG ZeroBits,
                                   SIZE_T StackReserve, SIZE_T StackCommit, PUSER_THREAD_START_ROUTINE Start,
                                   PVOID Parameter, PHANDLE Thread, PCLIENT_ID ClientId);
VOID NTAPI RtlInitializeContext(HANDLE Process, PCONTEXT Context, PVOID Parameter, PVOID InitialPc, PVOID InitialSp);
VOID NTAPI RtlFreeUserThreadStack(HANDLE Process, HANDLE Thread);
VOID NTAPI RtlExitUserThread(NTSTATUS Status);
NTSTATUS NTAPI RtlAdjustPrivilege(ULONG Privilege, BOOLEAN Enable, BOOLEAN Client, PBOOLEAN WasEnabled);

/* ---- errors, version ---- */
ULONG NTAPI RtlGetLastWin32Error(VOID);
VOID NTAPI RtlSetLastWin32Error(ULONG Error);
VOID NTAPI RtlRestoreLastWin32Error(ULONG Error);
NTSTATUS NTAPI RtlGetLastNtStatus(VOID);
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);
VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS Status);
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Version);
VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build);
BOOLEAN NTAPI RtlGetNtProductType(PULONG ProductType);
ULONG NTAPI RtlGetNtGlobalFlags(VOID);
ULONG NTAPI NtGetTickCount(VOID);

#include "ntrtl2.h"
#include "ntrtl3.h"

#endif
