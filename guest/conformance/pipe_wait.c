/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: waiting for an instance, transactions, two processes, anonymous pipes as Win32 makes them.
 * Known from: MSDN WaitNamedPipe, TransactNamedPipe, CallNamedPipe, CreatePipe; Wine's dlls/ntdll/tests/pipe.c.
 */
#include "ntapi_device.h"

static HANDLE server, client, folder;
static char buffer[64];

static NTSTATUS wait_pipe(const WCHAR *name, ULONG characters, BOOLEAN specified, int milliseconds)
{
    FILE_PIPE_WAIT_FOR_BUFFER wait = {.Timeout.QuadPart = -10000LL * milliseconds, .NameLength = characters * 2,
                                      .TimeoutSpecified = specified};
    for (ULONG i = 0; i < characters; i++)
        wait.Name[i] = name[i];
    return NtFsControlFile(folder, NULL, NULL, NULL, &io, FSCTL_PIPE_WAIT, &wait, 14 + characters * 2, NULL, 0);
}

static NTSTATUS listener(PVOID unused)
{
    (void)unused;
    sleep_ms(30);
    return pipe_control(server, FSCTL_PIPE_DISCONNECT) || pipe_control(server, FSCTL_PIPE_LISTEN) != STATUS_PENDING;
}

static void waiting(void)
{
    HANDLE device, thread;
    LONGLONG start;
    expect(NtOpenFile(&folder, FILE_READ_ATTRIBUTES | SYNCHRONIZE, named(L"\\??\\pipe\\", 0x40), &io, 3, SYNCHRONOUS), 0,
           "open the folder");
    expect(wait_pipe(L"conf-none", 9, TRUE, 0), STATUS_OBJECT_NAME_NOT_FOUND, "wait for what is not there");
    pipe_server(&server, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 1, 100);
    expect(wait_pipe(L"conf-pipe", 9, TRUE, 1000), 0, "one that listens");
    pipe_client(&client, GENERIC_READ, 0);
    start = system_time();
    expect(wait_pipe(L"conf-pipe", 9, TRUE, 30), STATUS_IO_TIMEOUT, "one that does not");
    check(system_time() - start >= 250000, "in all that time");
    expect(wait_pipe(L"CONF-PIPE", 9, FALSE, 0), STATUS_IO_TIMEOUT, "with the pipe's own time-out");
    check(system_time() - start >= 700000, "which is longer");
    thread = thread_start(listener, NULL);
    expect(wait_pipe(L"conf-pipe", 9, TRUE, 3000), 0, "until it listens");
    expect(thread_join(thread), 0, "the other thread made it");
    expect(pipe_control(server, FSCTL_PIPE_WAIT), STATUS_ILLEGAL_FUNCTION, "no pipe waits for pipes");
    expect(pipe_control(folder, FSCTL_PIPE_WAIT), STATUS_INVALID_PARAMETER, "wait for no name");
    NtClose(client);
    NtClose(server);
    expect(NtOpenFile(&device, FILE_READ_ATTRIBUTES | SYNCHRONIZE, named(L"\\??\\pipe", 0x40), &io, 3, SYNCHRONOUS), 0,
           "open the device");
    expect(pipe_control(device, FSCTL_PIPE_LISTEN), STATUS_ILLEGAL_FUNCTION, "it does not listen");
    expect(pipe_control(device, FSCTL_PIPE_DISCONNECT), STATUS_PIPE_DISCONNECTED, "nor disconnect");
    expect(pipe_control(device, FSCTL_PIPE_IMPERSONATE), STATUS_ILLEGAL_FUNCTION, "nor impersonate");
    NtClose(device);
    NtClose(folder);
}

static NTSTATUS transceive(const char *text, ULONG length, ULONG room, HANDLE event)
{
    return NtFsControlFile(client, event, NULL, NULL, &io, FSCTL_PIPE_TRANSCEIVE, (PVOID)text, length, buffer, room);
}

static void transactions(void)
{
    HANDLE event;
    IO_STATUS_BLOCK other;
    char own[16];
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 100);
    expect(transceive("test", 4, sizeof(buffer), event), STATUS_PENDING, "write a question and wait for the answer");
    expect(NtReadFile(server, NULL, NULL, NULL, &other, own, sizeof(own), NULL, NULL), 0, "the server reads it");
    equal(other.Information, 4, "four bytes");
    expect(NtWriteFile(server, NULL, NULL, NULL, &other, (PVOID)"answer", 6, NULL, NULL), 0, "and answers");
    expect(wait_ms(event, 0), 0, "the answer has come");
    equal(io.Status, 0, "well");
    equal(io.Information, 6, "six bytes");
    check(same_memory(buffer, "answer", 6), "the answer");
    transceive("test", 4, 3, event);
    NtWriteFile(server, NULL, NULL, NULL, &other, (PVOID)"answer", 6, NULL, NULL);
    equal(io.Status, STATUS_BUFFER_OVERFLOW, "a longer answer");
    expect(transceive("test", 4, sizeof(buffer), event), STATUS_PIPE_BUSY, "unread data are in the way");
    NtClose(client);
    NtClose(server);
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    expect(transceive("test", 4, sizeof(buffer), event), STATUS_INVALID_PIPE_STATE, "bytes have no transactions");
    NtClose(client);
    NtClose(server);
    NtClose(event);
}

/* The child is the client: it asks, the parent answers; it goes without a word. */
NTSTATUS child_main(const char *what)
{
    HANDLE pipe;
    NTSTATUS status = pipe_client(&pipe, GENERIC_READ | GENERIC_WRITE, SYNCHRONOUS);
    ULONG number, sum = 0;
    (void)what;
    for (ULONG i = 1; i <= 20 && !status; i++) {
        status = pipe_write(pipe, (PVOID)&i, sizeof(i));
        if (!status)
            status = pipe_read(pipe, (PVOID)&number, sizeof(number));
        sum += number;
    }
    return status ? status : sum == 420 ? 0 : 1;
}

static void two_processes(void)
{
    CHILD child;
    ULONG number, answered = 0;
    pipe_server(&server, SYNCHRONOUS, FILE_SHARE_READ | FILE_SHARE_WRITE, MESSAGES, MESSAGES, QUEUE, 1, 100);
    check(child_start(&child, "client", FALSE), "start the child");
    NTSTATUS status = pipe_control(server, FSCTL_PIPE_LISTEN);
    check(status == 0 || status == STATUS_PIPE_CONNECTED, "it connects");
    while (!(status = pipe_read(server, (PVOID)&number, sizeof(number)))) {
        number *= 2;
        pipe_write(server, (PVOID)&number, sizeof(number));
        answered++;
    }
    equal(status, STATUS_PIPE_BROKEN, "its end closes its pipe");
    equal(answered, 20, "after twenty questions");
    expect(child_wait(&child), 0, "the answers were good");
    child_close(&child);
    NtClose(server);
}

static void anonymous(void)
{
    HANDLE reading, writing;
    LI timeout = {.QuadPart = -1200000000};
    OBJECT_ATTRIBUTES *name = named(L"\\Device\\NamedPipe\\Win32Pipes.00000000.00000001", OBJ_CASE_INSENSITIVE | OBJ_INHERIT);
    expect(NtCreateNamedPipeFile(&reading, GENERIC_READ | SYNCHRONIZE | FILE_WRITE_ATTRIBUTES, name, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, CREATE, SYNCHRONOUS, BYTES, BYTES, QUEUE, 1, 4096, 4096,
                                 &timeout), 0, "the reading end");
    expect(NtOpenFile(&writing, GENERIC_WRITE | SYNCHRONIZE | FILE_READ_ATTRIBUTES, name, &io, FILE_SHARE_READ,
                      SYNCHRONOUS | NONDIRECTORY), 0, "the writing end");
    expect(pipe_write(writing, "through", 7), 0, "in");
    expect(pipe_read(reading, buffer, sizeof(buffer)), 0, "and out");
    equal(io.Information, 7, "all of it");
    expect(pipe_write(reading, "x", 1), STATUS_ACCESS_DENIED, "one way only");
    NtClose(writing);
    expect(pipe_read(reading, buffer, sizeof(buffer)), STATUS_PIPE_BROKEN, "the end");
    NtClose(reading);
}

void test_main(void)
{
    waiting();
    transactions();
    two_processes();
    anonymous();
}
