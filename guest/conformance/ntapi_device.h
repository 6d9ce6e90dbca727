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
NTCALL(NtLockFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, LI *, LI *, ULONG, ULONG, ULONG);
NTCALL(NtUnlockFile, HANDLE, IO_STATUS_BLOCK *, LI *, LI *, ULONG);
NTCALL(NtFlushBuffersFile, HANDLE, IO_STATUS_BLOCK *);
NTCALL(NtQueryDirectoryFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, ULONG, UNICODE_STRING *,
       ULONG);
NTCALL(NtQueryVolumeInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtLoadDriver, UNICODE_STRING *);
NTCALL(NtUnloadDriver, UNICODE_STRING *);

/* Pipes as most tests want them. The status block of the last call is `io`. */
#define PIPE_NAME L"\\??\\pipe\\conf-pipe"
static __attribute__((unused)) IO_STATUS_BLOCK io;

static inline NTSTATUS pipe_server(HANDLE *pipe, ULONG options, ULONG share, ULONG type, ULONG read_mode, ULONG completion,
                                   ULONG instances, ULONG quota)
{
    LI timeout = {.QuadPart = -500000};
    return NtCreateNamedPipeFile(pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &io,
                                 share, OPEN_IF, options, type, read_mode, completion, instances, quota, quota, &timeout);
}

static inline NTSTATUS pipe_client(HANDLE *pipe, ULONG access, ULONG options)
{
    return NtOpenFile(pipe, access | SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &io, 0, options);
}

/* Two ends, connected, for both directions. */
static inline NTSTATUS pipe_pair(HANDLE *server, HANDLE *client, ULONG options, ULONG type, ULONG read_mode, ULONG quota)
{
    FILE_PIPE_INFORMATION mode = {read_mode, QUEUE};
    NTSTATUS status = pipe_server(server, options, FILE_SHARE_READ | FILE_SHARE_WRITE, type, read_mode, QUEUE, 4, quota);
    if (status)
        return status;
    status = pipe_client(client, GENERIC_READ | GENERIC_WRITE, options);
    if (!status && read_mode)
        status = NtSetInformationFile(*client, &io, &mode, sizeof(mode), FilePipeInformation);
    return status;
}

static inline NTSTATUS pipe_write(HANDLE pipe, const char *text, ULONG length)
{
    io.Information = 0x5555;
    return NtWriteFile(pipe, NULL, NULL, NULL, &io, (PVOID)text, length, NULL, NULL);
}

static inline NTSTATUS pipe_read(HANDLE pipe, char *buffer, ULONG length)
{
    io.Information = 0x5555;
    return NtReadFile(pipe, NULL, NULL, NULL, &io, buffer, length, NULL, NULL);
}

static inline NTSTATUS pipe_control(HANDLE pipe, ULONG code)
{
    return NtFsControlFile(pipe, NULL, NULL, NULL, &io, code, NULL, 0, NULL, 0);
}

#endif
