/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls and structures that came after NT 5.2: for the programs six_*, which run on Wine's userland. */
#ifndef CONFORMANCE_NTAPI_SIX_H
#define CONFORMANCE_NTAPI_SIX_H

#include "tap.h"

#define STATUS_NOT_SAME_OBJECT_ ((NTSTATUS)0xC00001AC)

NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE id);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID address, LI *timeout);
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE key, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, ULONG options);
NTSTATUS NTAPI NtGetNextThread(HANDLE process, HANDLE thread, ACCESS_MASK access, ULONG attributes, ULONG flags, PHANDLE next);
NTSTATUS NTAPI NtCompareObjects(HANDLE first, HANDLE second);
NTSTATUS NTAPI NtFlushProcessWriteBuffers(void);

/* ---- attributes ---- */
#define PS_CLIENT_ID 0x10003
#define PS_TEB_ADDRESS 0x10004
#define PS_IMAGE_NAME 0x20005
#define PS_IMAGE_INFO 0x6
#define PS_PARENT 0x60000
#define PS_HANDLE_LIST 0x2000b
#define PS_JOB_LIST 0x20013
typedef struct { ULONG_PTR Attribute; SIZE_T Size; PVOID Value; SIZE_T *ReturnLength; } PS_ATTRIBUTE_;
typedef struct { SIZE_T TotalLength; PS_ATTRIBUTE_ Attributes[8]; } PS_LIST;
typedef struct { SIZE_T Size; ULONG State, Flags; ULONG Rest[14]; } PS_CREATE_INFO_;
enum { CREATE_SUSPENDED_ = 1, CREATE_SKIP_ATTACH = 2, CREATE_HIDE = 4, PROCESS_INHERIT = 4 };
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE thread, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, HANDLE process, PVOID start,
                                PVOID argument, ULONG flags, ULONG_PTR zero_bits, SIZE_T commit, SIZE_T reserve, PS_LIST *list);
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE process, PHANDLE thread, ACCESS_MASK process_access, ACCESS_MASK thread_access,
                                   OBJECT_ATTRIBUTES *process_attributes, OBJECT_ATTRIBUTES *thread_attributes,
                                   ULONG process_flags, ULONG thread_flags, PVOID parameters, PS_CREATE_INFO_ *info,
                                   PS_LIST *list);
NTSTATUS NTAPI RtlCreateProcessParametersEx(RTL_USER_PROCESS_PARAMETERS **parameters, UNICODE_STRING *image,
                                            UNICODE_STRING *dll_path, UNICODE_STRING *folder, UNICODE_STRING *command,
                                            PVOID environment, UNICODE_STRING *title, UNICODE_STRING *desktop,
                                            UNICODE_STRING *shell, UNICODE_STRING *runtime, ULONG flags);

/* ---- input and output ---- */
typedef struct { PVOID Key, Context; IO_STATUS_BLOCK Block; } PACKET;
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE port, PACKET *packets, ULONG count, PULONG removed, LI *timeout, BOOLEAN alertable);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE file, IO_STATUS_BLOCK *which, IO_STATUS_BLOCK *block);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE thread, IO_STATUS_BLOCK *which, IO_STATUS_BLOCK *block);

/* ---- memory ---- */
typedef struct { ULONGLONG Type, Value; } EXTENDED;
typedef struct { PVOID Lowest, Highest; SIZE_T Alignment; } REQUIREMENTS;
typedef struct { PVOID Address; SIZE_T Size; } RANGE_ENTRY;
NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE process, PVOID *base, PSIZE_T size, ULONG type, ULONG protect, EXTENDED *list,
                                         ULONG count);
NTSTATUS NTAPI NtSetInformationVirtualMemory(HANDLE process, ULONG class, SIZE_T count, RANGE_ENTRY *ranges, PVOID info,
                                             ULONG length);
NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE section, HANDLE process, PVOID *base, LARGE_INTEGER *offset, PSIZE_T size, ULONG type,
                                    ULONG protect, EXTENDED *list, ULONG count);
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE process, PVOID base, ULONG flags);

/* ---- system ---- */
NTSTATUS NTAPI NtQuerySystemInformationEx(ULONG class, PVOID given, ULONG given_length, PVOID info, ULONG length, PULONG needed);
NTSTATUS NTAPI NtQueryLicenseValue(UNICODE_STRING *name, PULONG type, PVOID data, ULONG length, PULONG needed);
NTSTATUS NTAPI NtTraceControl(ULONG function, PVOID given, ULONG given_length, PVOID out, ULONG length, PULONG needed);
typedef NTSTATUS(NTAPI *INITIALIZE_NLS)(PVOID *table, PULONG locale, LARGE_INTEGER *size); /* no import library has it */
NTSTATUS NTAPI NtGetNlsSectionPtr(ULONG type, ULONG id, PVOID unused, PVOID *table, PSIZE_T size);
NTSTATUS NTAPI NtCreateKeyTransacted(PHANDLE key, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, ULONG title,
                                     UNICODE_STRING *class, ULONG options, HANDLE transaction, PULONG disposition);

/* ---- 32-bit programs on 64 bits ---- */
typedef NTSTATUS(NTAPI *ALLOCATE_64)(HANDLE process, ULONGLONG *base, ULONGLONG zero_bits, ULONGLONG *size, ULONG type,
                                     ULONG protect);
NTSTATUS NTAPI NtWow64ReadVirtualMemory64(HANDLE process, ULONGLONG base, PVOID buffer, ULONGLONG size, ULONGLONG *done);
NTSTATUS NTAPI NtWow64WriteVirtualMemory64(HANDLE process, ULONGLONG base, const void *buffer, ULONGLONG size, ULONGLONG *done);
NTSTATUS NTAPI NtWow64GetNativeSystemInformation(ULONG class, PVOID info, ULONG length, PULONG needed);

#endif
