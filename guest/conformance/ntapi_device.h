/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion ports, named pipes, mailslots, device controls: what ntapi.h does not declare. */
#ifndef CONFORMANCE_NTAPI_DEVICE_H
#define CONFORMANCE_NTAPI_DEVICE_H

#include "tap.h"

typedef struct { HANDLE Port; PVOID Key; } FILE_COMPLETION_INFORMATION;
typedef struct { ULONG ReadMode, CompletionMode; } FILE_PIPE_INFORMATION;
typedef struct {
    ULONG NamedPipeType, NamedPipeConfiguration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable,
        OutboundQuota, WriteQuotaAvailable, NamedPipeState, NamedPipeEnd;
} FILE_PIPE_LOCAL_INFORMATION;
typedef struct { ULONG MaximumMessageSize, MailslotQuota, NextMessageSize, MessagesAvailable; LI ReadTimeout; }
    FILE_MAILSLOT_QUERY_INFORMATION;
typedef struct { ULONG NamedPipeState, ReadDataAvailable, NumberOfMessages, MessageLength; char Data[1]; }
    FILE_PIPE_PEEK_BUFFER;
typedef struct { LI Timeout; ULONG NameLength; BOOLEAN TimeoutSpecified; WCHAR Name[32]; } FILE_PIPE_WAIT_FOR_BUFFER;
typedef struct { ULONG FileNameLength; WCHAR FileName[64]; } FILE_NAME_INFORMATION;

enum { FileStandardInformation = 5, FileNameInformation = 9, FilePipeInformation = 23, FilePipeLocalInformation = 24,
       FileMailslotQueryInformation = 26, FileMailslotSetInformation = 27, FileCompletionInformation = 30 };
enum { BYTES, MESSAGES };
enum { QUEUE, COMPLETE };
enum { INBOUND, OUTBOUND, DUPLEX };
enum { DISCONNECTED = 1, LISTENING, CONNECTED, CLOSING };
enum { OPEN = 1, CREATE, OPEN_IF };
#define SYNCHRONOUS_ALERT 0x10
#define SYNCHRONOUS 0x20
#define NONDIRECTORY 0x40

#define FSCTL_PIPE_ASSIGN_EVENT 0x110000
#define FSCTL_PIPE_DISCONNECT 0x110004
#define FSCTL_PIPE_LISTEN 0x110008
#define FSCTL_PIPE_PEEK 0x11400c
#define FSCTL_PIPE_QUERY_EVENT 0x110010
#define FSCTL_PIPE_TRANSCEIVE 0x11c017
#define FSCTL_PIPE_WAIT 0x110018
#define FSCTL_PIPE_IMPERSONATE 0x11001c
#define FSCTL_PIPE_SET_CLIENT_PROCESS 0x110020
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS 0x110024

NTCALL(NtCreateIoCompletion, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtOpenIoCompletion, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
NTCALL(NtQueryIoCompletion, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtSetIoCompletion, HANDLE, PVOID, PVOID, NTSTATUS, ULONG);
NTCALL(NtRemoveIoCompletion, HANDLE, PVOID *, PVOID *, IO_STATUS_BLOCK *, LI *);
NTCALL(NtCreateNamedPipeFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG, ULONG,
       ULONG, ULONG, ULONG, ULONG, ULONG, LI *);
NTCALL(NtCreateMailslotFile, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, ULONG, ULONG, ULONG, LI *);
NTCALL(NtFsControlFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, ULONG, PVOID, ULONG, PVOID, ULONG);
NTCALL(NtDeviceIoControlFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, ULONG, PVOID, ULONG, PVOID, ULONG);
NTCALL(NtCancelIoFile, HANDLE, IO_STATUS_BLOCK *);
NTCALL(NtFlushBuffersFile, HANDLE, IO_STATUS_BLOCK *);
NTCALL(NtQueryDirectoryFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, ULONG, UNICODE_STRING *,
       ULONG);
NTCALL(NtQueryVolumeInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtLoadDriver, UNICODE_STRING *);
NTCALL(NtUnloadDriver, UNICODE_STRING *);

#endif
