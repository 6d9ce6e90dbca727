/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: directions, opening, what is known of them.
 * Known from: MSDN CreateNamedPipe, ConnectNamedPipe, FILE_PIPE_LOCAL_INFORMATION; Wine's dlls/ntdll/tests/pipe.c (pipe names,
 * dispositions, access, the instance that XP still counts when its server is gone) and dlls/kernel32/tests/pipe.c.
 */
#include "ntapi_device.h"

#define SHARE_BOTH (FILE_SHARE_READ | FILE_SHARE_WRITE)

static HANDLE pipe;
static LI second = {.QuadPart = -10000000};

static NTSTATUS make(const WCHAR *name, ULONG share, ULONG disposition, ULONG options, ULONG type, ULONG read_mode,
                     ULONG instances)
{
    return NtCreateNamedPipeFile(&pipe, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(name, OBJ_CASE_INSENSITIVE), &io,
                                 share, disposition, options, type, read_mode, QUEUE, instances, 100, 200, &second);
}

static void directions(void)
{
    static const ULONG shares[] = {FILE_SHARE_WRITE, FILE_SHARE_READ, SHARE_BOTH};
    static const char *const names[][4] = {
        {"inbound, read", "inbound, write", "inbound, both", "inbound, neither"},
        {"outbound, read", "outbound, write", "outbound, both", "outbound, neither"},
        {"duplex, read", "duplex, write", "duplex, both", "duplex, neither"},
    };
    for (ULONG i = 0; i < 3; i++)
        for (ULONG k = 0; k < 4; k++) {
            HANDLE client = NULL;
            BOOLEAN reads = k == 0 || k == 2, writes = k == 1 || k == 2;
            BOOLEAN good = !(reads && !(shares[i] & FILE_SHARE_READ)) && !(writes && !(shares[i] & FILE_SHARE_WRITE));
            make(PIPE_NAME, shares[i], CREATE, 0, BYTES, BYTES, 1);
            expect(pipe_client(&client, (reads ? GENERIC_READ : 0) | (writes ? GENERIC_WRITE : 0), 0),
                   good ? 0 : STATUS_ACCESS_DENIED, names[i][k]);
            if (client)
                NtClose(client);
            NtClose(pipe);
        }
}

static void opening(void)
{
    HANDLE client, other;
    expect(pipe_client(&client, GENERIC_READ, 0), STATUS_OBJECT_NAME_NOT_FOUND, "no such pipe");
    make(PIPE_NAME, SHARE_BOTH, CREATE, 0, BYTES, BYTES, 3);
    expect(pipe_client(&client, GENERIC_READ | GENERIC_WRITE, 0), 0, "a client of a listening instance");
    expect(pipe_client(&other, GENERIC_READ, 0), STATUS_PIPE_NOT_AVAILABLE, "no instance listens");
    expect(wait_ms(client, 0), 0, "a new end is signalled");
    NtClose(client);
    expect(pipe_client(&other, GENERIC_READ, 0), STATUS_PIPE_NOT_AVAILABLE, "a closing instance does not listen");
    expect(pipe_control(pipe, FSCTL_PIPE_DISCONNECT), 0, "disconnect");
    expect(pipe_client(&other, GENERIC_READ, 0), STATUS_PIPE_NOT_AVAILABLE, "nor a disconnected one");
    expect(pipe_control(pipe, FSCTL_PIPE_LISTEN), STATUS_PENDING, "listen");
    expect(pipe_client(&client, GENERIC_READ, 0), 0, "a client again");
    NtClose(client);
    NtClose(pipe);
    expect(pipe_client(&client, GENERIC_READ, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the name went with the instance");
}

static void known(void)
{
    FILE_PIPE_LOCAL_INFORMATION local;
    FILE_PIPE_INFORMATION mode;
    FILE_NAME_INFORMATION name;
    FILE_STANDARD_INFORMATION standard;
    ULONG device[2];
    HANDLE client;
    make(PIPE_NAME, FILE_SHARE_READ, CREATE, 0, MESSAGES, BYTES, 5);
    expect(NtQueryInformationFile(pipe, &io, &local, sizeof(local), FilePipeLocalInformation), 0, "query local");
    equal(io.Information, sizeof(local), "its length");
    equal(local.NamedPipeType, MESSAGES, "type");
    equal(local.NamedPipeConfiguration, OUTBOUND, "configuration");
    equal(local.MaximumInstances, 5, "maximum");
    equal(local.CurrentInstances, 1, "instances");
    equal(local.InboundQuota, 100, "inbound quota");
    equal(local.OutboundQuota, 200, "outbound quota");
    equal(local.ReadDataAvailable, 0, "nothing to read");
    equal(local.WriteQuotaAvailable, 200, "all of the quota");
    equal(local.NamedPipeState, LISTENING, "listening");
    equal(local.NamedPipeEnd, 1, "the server's end");
    pipe_client(&client, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0);
    pipe_write(pipe, "1234567890", 10);
    expect(NtQueryInformationFile(client, &io, &local, sizeof(local), FilePipeLocalInformation), 0, "query the client's");
    equal(local.NamedPipeConfiguration, OUTBOUND, "the same configuration");
    equal(local.ReadDataAvailable, 10, "ten bytes to read");
    equal(local.WriteQuotaAvailable, 100, "client: quota");
    equal(local.NamedPipeState, CONNECTED, "connected");
    equal(local.NamedPipeEnd, 0, "the client's end");
    NtQueryInformationFile(pipe, &io, &local, sizeof(local), FilePipeLocalInformation);
    equal(local.WriteQuotaAvailable, 190, "ten less for the server");
    expect(NtQueryInformationFile(client, &io, &local, sizeof(local) - 1, FilePipeLocalInformation), STATUS_INFO_LENGTH_MISMATCH,
           "local, one byte less");
    expect(NtQueryInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation), 0, "query modes");
    equal(mode.ReadMode, BYTES, "clients read bytes at first");
    equal(mode.CompletionMode, QUEUE, "and wait");
    mode.ReadMode = MESSAGES;
    mode.CompletionMode = COMPLETE;
    expect(NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation), 0, "set modes");
    mode.ReadMode = mode.CompletionMode = 0;
    NtQueryInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation);
    equal(mode.ReadMode, MESSAGES, "messages now");
    equal(mode.CompletionMode, COMPLETE, "and no waiting");
    NtQueryInformationFile(pipe, &io, &mode, sizeof(mode), FilePipeInformation);
    equal(mode.ReadMode, BYTES, "the server's end is its own");
    expect(NtSetInformationFile(client, &io, &mode, 7, FilePipeInformation), STATUS_INFO_LENGTH_MISMATCH, "set, too short");
    expect(NtQueryInformationFile(pipe, &io, &name, sizeof(name), FileNameInformation), 0, "query the name");
    equal(name.FileNameLength, 20, "its length in bytes");
    check(same_memory(name.FileName, L"\\conf-pipe", 20), "with a backslash");
    expect(NtQueryInformationFile(client, &io, &name, 12, FileNameInformation), STATUS_BUFFER_OVERFLOW, "name, too short");
    equal(name.FileNameLength, 20, "tells the whole length");
    expect(NtQueryInformationFile(client, &io, &standard, sizeof(standard), FileStandardInformation), 0, "query standard");
    equal(standard.EndOfFile.QuadPart, 10, "the end is what can be read");
    equal(standard.Directory, FALSE, "no directory");
    expect(NtQueryVolumeInformationFile(client, &io, device, sizeof(device), 4), 0, "query the device");
    equal(device[0], 0x11, "a named pipe");
    NtClose(client);
    NtClose(pipe);
    make(PIPE_NAME, SHARE_BOTH, CREATE, 0, BYTES, BYTES, 5);
    mode.ReadMode = MESSAGES;
    mode.CompletionMode = QUEUE;
    NtOpenFile(&client, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &io, 0, 0);
    expect(NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation), STATUS_INVALID_PARAMETER,
           "messages cannot be read from bytes");
    NtClose(client);
    NtClose(pipe);
    NtCreateNamedPipeFile(&pipe, SYNCHRONIZE, named(PIPE_NAME, OBJ_CASE_INSENSITIVE), &io, SHARE_BOTH, CREATE, 0, 0, 0, 0, 1, 1, 1,
                          &second);
    expect(NtQueryInformationFile(pipe, &io, &local, sizeof(local), FilePipeLocalInformation), STATUS_ACCESS_DENIED,
           "query without the right");
    expect(NtSetInformationFile(pipe, &io, &mode, sizeof(mode), FilePipeInformation), STATUS_ACCESS_DENIED,
           "set without the right");
    NtClose(pipe);
}

void test_main(void)
{
    directions();
    opening();
    known();
}
