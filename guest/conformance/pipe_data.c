/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: bytes and messages, quotas, peeking, flushing, ends that do not wait.
 * Known from: MSDN "Named Pipe Type, Read, and Wait Modes", ReadFile (empty writes), FlushFileBuffers, PeekNamedPipe,
 * FILE_PIPE_PEEK_BUFFER; Wine's dlls/ntdll/tests/pipe.c and dlls/kernel32/tests/pipe.c; empty writes of bytes: ReactOS'
 * drivers/filesystems/npfs/writesup.c, and Go's tests, which write to os.Stdout in its os.Pipe.
 */
#include "ntapi_device.h"

static HANDLE server, client;
static char buffer[4096];

static ULONG available(HANDLE pipe)
{
    FILE_PIPE_LOCAL_INFORMATION local;
    IO_STATUS_BLOCK own;
    NtQueryInformationFile(pipe, &own, &local, sizeof(local), FilePipeLocalInformation);
    return local.ReadDataAvailable;
}

static void close_both(void)
{
    NtClose(server);
    NtClose(client);
}

static void bytes(void)
{
    expect(pipe_pair(&server, &client, 0, BYTES, BYTES, 4096), 0, "a pair for bytes");
    expect(pipe_write(client, "abc", 3), 0, "write");
    equal(io.Information, 3, "three bytes");
    expect(pipe_write(client, "defg", 4), 0, "write more");
    equal(available(server), 7, "seven to read");
    expect(pipe_read(server, buffer, 2), 0, "read two");
    equal(io.Information, 2, "they come");
    expect(pipe_read(server, buffer, sizeof(buffer)), 0, "read the rest");
    equal(io.Information, 5, "over the border of two writes");
    check(same_memory(buffer, "cdefg", 5), "in order");
    pipe_write(server, "back", 4);
    expect(pipe_read(client, buffer, 4), 0, "the other way");
    check(same_memory(buffer, "back", 4), "works too");
    expect(NtReadFile(server, NULL, NULL, NULL, &io, buffer, 1, NULL, NULL), STATUS_PENDING, "read what is not there");
    pipe_write(client, "xyz", 3);
    equal(buffer[0], 'x', "the write ends the read");
    equal(available(server), 2, "and two stay");
    close_both();
}

static void messages(void)
{
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 4096);
    pipe_write(client, "abc", 3);
    pipe_write(client, "defg", 4);
    pipe_write(client, "", 0);
    expect(pipe_read(server, buffer, sizeof(buffer)), 0, "read a message");
    equal(io.Information, 3, "only one");
    expect(pipe_read(server, buffer, 3), STATUS_BUFFER_OVERFLOW, "read part of a message");
    equal(io.Status, STATUS_BUFFER_OVERFLOW, "the status block says so");
    equal(io.Information, 3, "how much came");
    expect(pipe_read(server, buffer, sizeof(buffer)), 0, "the rest of it");
    equal(io.Information, 1, "one byte");
    equal(buffer[0], 'g', "the last");
    expect(pipe_read(server, buffer, sizeof(buffer)), 0, "an empty message");
    equal(io.Information, 0, "has no bytes");
    expect(NtReadFile(server, NULL, NULL, NULL, &io, buffer, 2, NULL, NULL), STATUS_PENDING, "a short read waits");
    pipe_write(client, "12345", 5);
    equal(available(server), 3, "it took two");
    expect(pipe_read(server, buffer, 2), STATUS_BUFFER_OVERFLOW, "two more");
    expect(pipe_read(server, buffer, 2), 0, "the end");
    equal(io.Information, 1, "the fifth");
    pipe_write(client, "123", 3);
    expect(pipe_read(server, buffer, 0), STATUS_BUFFER_OVERFLOW, "read nothing of a message");
    equal(available(server), 3, "it stays");
    close_both();
}

/* A message pipe read in bytes. */
static void mixed(void)
{
    pipe_pair(&server, &client, 0, MESSAGES, BYTES, 4096);
    pipe_write(client, "abc", 3);
    pipe_write(client, "defg", 4);
    expect(pipe_read(server, buffer, 5), 0, "bytes of two messages");
    equal(io.Information, 5, "five of them");
    expect(pipe_read(server, buffer, 5), 0, "and the rest");
    equal(io.Information, 2, "of the second");
    close_both();
}

static NTSTATUS peek(HANDLE pipe, ULONG length)
{
    return NtFsControlFile(pipe, NULL, NULL, NULL, &io, FSCTL_PIPE_PEEK, NULL, 0, buffer, length);
}

static void peeking(void)
{
    FILE_PIPE_PEEK_BUFFER *seen = (PVOID)buffer;
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 4096);
    expect(peek(server, 100), 0, "peek at nothing");
    equal(io.Information, 16, "the head only");
    equal(seen->NamedPipeState, CONNECTED, "connected");
    equal(seen->ReadDataAvailable, 0, "nothing there");
    pipe_write(client, "abc", 3);
    pipe_write(client, "de", 2);
    expect(peek(server, 100), 0, "peek");
    equal(io.Information, 19, "the first message");
    equal(seen->ReadDataAvailable, 5, "five bytes in all");
    equal(seen->NumberOfMessages, 2, "two messages");
    equal(seen->MessageLength, 3, "the first has three");
    check(same_memory(seen->Data, "abc", 3), "they are");
    expect(peek(server, 18), STATUS_BUFFER_OVERFLOW, "peek at part of it");
    equal(io.Information, 18, "as much as fits");
    equal(available(server), 5, "peeking takes nothing");
    close_both();
    pipe_pair(&server, &client, 0, BYTES, BYTES, 4096);
    pipe_write(client, "abc", 3);
    pipe_write(client, "de", 2);
    expect(peek(server, 20), 0, "peek at some bytes");
    equal(io.Information, 20, "they fill the buffer");
    check(same_memory(seen->Data, "abcd", 4), "across the border");
    close_both();
}

static void no_waiting(void)
{
    FILE_PIPE_INFORMATION mode = {BYTES, COMPLETE};
    pipe_pair(&server, &client, 0, BYTES, BYTES, 10);
    NtSetInformationFile(server, &io, &mode, sizeof(mode), FilePipeInformation);
    NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation);
    expect(pipe_read(server, buffer, 5), STATUS_PIPE_EMPTY, "a read that does not wait");
    expect(pipe_write(client, "1234567", 7), 0, "what fits the quota");
    equal(io.Information, 7, "is written");
    expect(pipe_write(client, "1234567", 7), 0, "bytes that do not fit");
    equal(io.Information, 3, "are written in part");
    expect(pipe_write(client, "1", 1), 0, "when it is full");
    equal(io.Information, 0, "nothing is written");
    expect(pipe_read(server, buffer, 20), 0, "read all");
    equal(io.Information, 10, "ten");
    close_both();
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 10);
    mode.ReadMode = MESSAGES;
    NtSetInformationFile(client, &io, &mode, sizeof(mode), FilePipeInformation);
    pipe_write(client, "1234567", 7);
    expect(pipe_write(client, "1234", 4), 0, "a message that does not fit");
    equal(io.Information, 0, "is not written at all");
    equal(available(server), 7, "only the first is there");
    close_both();
}

static NTSTATUS wait_io(HANDLE event, IO_STATUS_BLOCK *block)
{
    NTSTATUS status = wait_ms(event, 2000);
    return status ? status : block->Status;
}

static void quotas(void)
{
    static char big[3000];
    IO_STATUS_BLOCK first, second;
    HANDLE event, other;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&other, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 1000);
    first.Status = second.Status = 0x5555;
    expect(NtWriteFile(client, event, NULL, NULL, &first, big, sizeof(big), NULL, NULL), STATUS_PENDING,
           "a write beyond the quota waits");
    expect(NtWriteFile(client, other, NULL, NULL, &second, big, 10, NULL, NULL), STATUS_PENDING, "so does what comes behind it");
    equal(available(server), 3010, "all can be read");
    expect(pipe_read(server, buffer, 1500), STATUS_BUFFER_OVERFLOW, "read half");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "too much is left");
    expect(pipe_read(server, buffer, 1000), STATUS_BUFFER_OVERFLOW, "read on");
    expect(wait_io(event, &first), 0, "what is left is within the quota");
    equal(first.Information, 3000, "all was written");
    expect(wait_io(other, &second), 0, "and the second fits as well");
    expect(pipe_read(server, buffer, 1000), 0, "the end of the first");
    equal(io.Information, 500, "its last bytes");
    expect(pipe_read(server, buffer, 1000), 0, "the second");
    equal(io.Information, 10, "whole");
    close_both();
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 0);
    expect(NtWriteFile(client, event, NULL, NULL, &first, big, 10, NULL, NULL), STATUS_PENDING, "without quota all wait");
    expect(pipe_read(server, buffer, 20), 0, "until read");
    expect(wait_io(event, &first), 0, "it was read");
    expect(NtReadFile(server, other, NULL, NULL, &second, buffer, 20, NULL, NULL), STATUS_PENDING, "a reader waits");
    expect(pipe_write(client, big, 10), 0, "then a write needs no quota");
    expect(wait_io(other, &second), 0, "and the reader has it");
    equal(second.Information, 10, "all of it");
    close_both();
    NtClose(event);
    NtClose(other);
}

static NTSTATUS reader(PVOID unused)
{
    IO_STATUS_BLOCK block;
    char own[16];
    (void)unused;
    sleep_ms(40);
    return NtReadFile(server, NULL, NULL, NULL, &block, own, sizeof(own), NULL, NULL);
}

static void flushing(void)
{
    HANDLE thread;
    LONGLONG start;
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    expect(NtFlushBuffersFile(client, &io), 0, "flush an empty pipe");
    equal(io.Information, 0, "says nothing");
    pipe_write(client, "abc", 3);
    start = system_time();
    thread = thread_start(reader, NULL);
    expect(NtFlushBuffersFile(client, &io), 0, "flush a full one");
    check(system_time() - start >= 200000, "waits until it was read");
    expect(thread_join(thread), 0, "it was");
    pipe_write(client, "abc", 3);
    NtClose(client);
    expect(pipe_read(server, buffer, 10), 0, "what was written outlives the writer");
    equal(io.Information, 3, "all three");
    expect(pipe_read(server, buffer, 10), STATUS_PIPE_BROKEN, "then the pipe is broken");
    NtClose(server);
}

static void empty_writes(void)
{
    HANDLE event;
    IO_STATUS_BLOCK block;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 100);
    expect(NtReadFile(server, event, NULL, NULL, &block, buffer, 10, NULL, NULL), STATUS_PENDING, "a read waits");
    expect(pipe_write(client, "", 0), 0, "an empty write");
    expect(wait_io(event, &block), 0, "ends it");
    equal(block.Information, 0, "with nothing");
    close_both();
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    expect(pipe_write(client, "", 0), 0, "an empty write of bytes");
    equal(io.Information, 0, "writes nothing");
    block.Status = STATUS_PENDING;
    expect(NtReadFile(server, event, NULL, NULL, &block, buffer, 10, NULL, NULL), STATUS_PENDING, "no read finds it");
    expect(pipe_write(client, "", 0), 0, "another");
    equal(block.Status, STATUS_PENDING, "ends none");
    expect(pipe_write(client, "ab", 2), 0, "bytes");
    expect(wait_io(event, &block), 0, "do");
    equal(block.Information, 2, "with both");
    pipe_write(client, "", 0);
    pipe_write(client, "c", 1);
    pipe_write(client, "", 0);
    expect(pipe_read(server, buffer, 10), 0, "between others");
    equal(io.Information, 1, "it is not there either");
    close_both();
    pipe_pair(&server, &client, 0, MESSAGES, BYTES, 100);
    pipe_write(client, "", 0);
    pipe_write(client, "d", 1);
    expect(pipe_read(server, buffer, 10), 0, "an empty message read by bytes");
    equal(io.Information, 1, "has none");
    close_both();
    NtClose(event);
}

static void wrong(void)
{
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    faults(BAD_OUT, p, NtReadFile(server, NULL, NULL, NULL, &io, p, 10, NULL, NULL), "read, buffer");
    faults(BAD_IN, p, NtWriteFile(client, NULL, NULL, NULL, &io, p, 10, NULL, NULL), "write, buffer");
    equal(available(server), 0, "nothing was written");
    NtClose(client);
    expect(pipe_write(server, "a", 1), STATUS_PIPE_CLOSING, "write to nobody");
    NtClose(server);
    pipe_server(&server, 0, FILE_SHARE_READ, BYTES, BYTES, QUEUE, 1, 100);
    expect(pipe_read(server, buffer, 1), STATUS_INVALID_PARAMETER, "the server does not read an outbound pipe");
    NtClose(server);
}

void test_main(void)
{
    bytes();
    messages();
    mixed();
    peeking();
    no_waiting();
    quotas();
    flushing();
    empty_writes();
    wrong();
}
