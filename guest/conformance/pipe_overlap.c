/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How operations on pipes end: events, APCs, completion packets, the handle itself; and how they are waited for.
 * Known from: MSDN ReadFileEx, CreateIoCompletionPort, "Synchronous and Asynchronous I/O"; Wine's dlls/ntdll/tests/pipe.c.
 */
#include "ntapi_device.h"

static HANDLE server, client, event;
static IO_STATUS_BLOCK block;
static char buffer[64];
static LONG calls;
static PVOID seen_context, seen_block;
static ULONG seen_reserved;

static void NTAPI routine(PVOID context, PVOID status, PVOID reserved)
{
    calls++;
    seen_context = context;
    seen_block = status;
    seen_reserved = (ULONG)(ULONG_PTR)reserved;
}

static NTSTATUS read_with(HANDLE with_event, PVOID apc, PVOID context)
{
    block.Status = block.Information = 0x5555;
    return NtReadFile(server, with_event, apc, context, &block, buffer, sizeof(buffer), NULL, NULL);
}

static void with_event(void)
{
    NtSetEvent(event, NULL);
    expect(wait_ms(server, 0), 0, "the handle is signalled at first");
    expect(read_with(event, NULL, NULL), STATUS_PENDING, "read with an event");
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "the event is reset");
    expect(wait_ms(server, 0), STATUS_TIMEOUT, "and the handle");
    equal(block.Status, 0x5555, "the status block is left alone");
    pipe_write(client, "abc", 3);
    expect(wait_ms(event, 0), 0, "the event is set");
    expect(wait_ms(server, 0), STATUS_TIMEOUT, "not the handle");
    equal(block.Status, 0, "the status block is written");
    equal(block.Information, 3, "with the length");
    expect(read_with(NULL, NULL, NULL), STATUS_PENDING, "read without an event");
    pipe_write(client, "abc", 3);
    expect(wait_ms(server, 0), 0, "sets the handle");
    NtSetEvent(event, NULL);
    NtFsControlFile(server, event, NULL, NULL, &block, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0);
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "an operation that fails at once resets the event");
    expect(NtReadFile(server, (HANDLE)0x7ff0, NULL, NULL, &block, buffer, 1, NULL, NULL), STATUS_INVALID_HANDLE, "no event");
    expect(NtReadFile(server, client, NULL, NULL, &block, buffer, 1, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "a pipe for an event");
}

static void with_apc(void)
{
    expect(read_with(event, routine, &calls), STATUS_PENDING, "read with an APC");
    pipe_write(client, "abc", 3);
    expect(wait_ms(event, 0), 0, "the event is set, too");
    equal(calls, 0, "no APC without an alertable wait");
    expect(NtDelayExecution(TRUE, relative_ms(0)), STATUS_USER_APC, "an alertable wait");
    equal(calls, 1, "lets it run");
    equal(seen_context, &calls, "with its context");
    equal(seen_block, &block, "the status block");
    equal(seen_reserved, 0, "and nothing");
    pipe_write(client, "abc", 3);
    expect(read_with(NULL, routine, NULL), 0, "read what is there");
    NtTestAlert();
    equal(calls, 2, "has its APC as well");
    expect(NtReadFile(server, NULL, routine, NULL, &block, buffer, 1, NULL, NULL), STATUS_PENDING, "read, and lose the writer");
    NtClose(client);
    equal(block.Status, STATUS_PIPE_BROKEN, "the pipe is broken");
    equal(block.Information, 0, "nothing came");
    NtTestAlert();
    equal(calls, 3, "that is told, too");
    expect(read_with(event, routine, NULL), STATUS_PIPE_BROKEN, "read from a broken pipe");
    equal(block.Status, 0x5555, "fails at once: no status block");
    NtTestAlert();
    equal(calls, 3, "and no APC");
    NtClose(server);
}

static HANDLE port;

static NTSTATUS packet(ULONG *context, ULONG *key, IO_STATUS_BLOCK *told)
{
    *context = *key = 0;
    return NtRemoveIoCompletion(port, (PVOID *)key, (PVOID *)context, told, relative_ms(0));
}

static void with_port(void)
{
    FILE_COMPLETION_INFORMATION tie = {NULL, (PVOID)77};
    IO_STATUS_BLOCK told;
    ULONG context, key;
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 100);
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    tie.Port = event;
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie), FileCompletionInformation), STATUS_OBJECT_TYPE_MISMATCH,
           "tie to an event");
    tie.Port = (HANDLE)0x7ff0;
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie), FileCompletionInformation), STATUS_INVALID_HANDLE,
           "tie to nothing");
    tie.Port = port;
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie) - 1, FileCompletionInformation), STATUS_INFO_LENGTH_MISMATCH,
           "tie, one byte less");
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie), FileCompletionInformation), 0, "tie to a port");
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie), FileCompletionInformation), STATUS_INVALID_PARAMETER,
           "tie again");
    expect(read_with(NULL, routine, NULL), STATUS_INVALID_PARAMETER, "no APCs any more");
    expect(read_with(NULL, NULL, &context), STATUS_PENDING, "read with a context");
    expect(packet(&context, &key, &told), STATUS_TIMEOUT, "no packet yet");
    pipe_write(client, "abc", 3);
    expect(packet(&context, &key, &told), 0, "a packet");
    equal(key, 77, "with the file's key");
    equal(context, &context, "the operation's context");
    equal(told.Status, 0, "its status");
    equal(told.Information, 3, "and its length");
    equal(block.Information, 3, "which the status block has, too");
    pipe_write(client, "abc", 3);
    expect(NtReadFile(server, NULL, NULL, &key, &block, buffer, 2, NULL, NULL), STATUS_BUFFER_OVERFLOW, "a warning at once");
    expect(packet(&context, &key, &told), 0, "has a packet");
    equal(told.Status, STATUS_BUFFER_OVERFLOW, "that tells it");
    expect(read_with(NULL, NULL, NULL), 0, "read without a context");
    expect(packet(&context, &key, &told), STATUS_TIMEOUT, "has none");
    expect(NtFsControlFile(server, NULL, NULL, &key, &block, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PIPE_CONNECTED,
           "what fails at once");
    expect(packet(&context, &key, &told), STATUS_TIMEOUT, "has none either");
    read_with(NULL, NULL, &context);
    NtCancelIoFile(server, &io);
    expect(packet(&context, &key, &told), 0, "what was cancelled has one");
    equal(told.Status, STATUS_CANCELLED, "and says so");
    NtClose(client);
    NtClose(server);
    pipe_pair(&server, &client, SYNCHRONOUS, BYTES, BYTES, 100);
    expect(NtSetInformationFile(server, &io, &tie, sizeof(tie), FileCompletionInformation), STATUS_INVALID_PARAMETER,
           "tie a synchronous file");
    NtClose(client);
    NtClose(server);
    NtClose(port);
}

static NTSTATUS writer(PVOID unused)
{
    IO_STATUS_BLOCK own;
    (void)unused;
    sleep_ms(30);
    return NtWriteFile(client, NULL, NULL, NULL, &own, (PVOID)"abc", 3, NULL, NULL);
}

static void synchronous(void)
{
    HANDLE thread;
    pipe_pair(&server, &client, SYNCHRONOUS, BYTES, BYTES, 100);
    thread = thread_start(writer, NULL);
    expect(read_with(NULL, NULL, NULL), 0, "a synchronous read waits");
    equal(block.Information, 3, "until data come");
    expect(thread_join(thread), 0, "the writer ends");
    thread = thread_start(writer, NULL);
    calls = 0;
    expect(read_with(event, routine, NULL), 0, "with an event and an APC");
    expect(wait_ms(event, 0), 0, "the event is set after it");
    expect(wait_ms(server, 0), 0, "so is the handle of a synchronous file");
    equal(calls, 0, "the APC waits");
    NtTestAlert();
    equal(calls, 1, "and runs");
    thread_join(thread);
    NtClose(client);
    NtClose(server);
}

static void NTAPI nothing(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    calls++;
}

static NTSTATUS alerter(PVOID thread)
{
    sleep_ms(30);
    return NtQueueApcThread(thread, nothing, NULL, NULL, NULL);
}

static void alertable(void)
{
    HANDLE thread, self;
    NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &self, 0, 0, DUPLICATE_SAME_ACCESS);
    pipe_pair(&server, &client, SYNCHRONOUS_ALERT, BYTES, BYTES, 100);
    calls = 0;
    NtQueueApcThread(self, nothing, NULL, NULL, NULL);
    expect(read_with(NULL, NULL, NULL), STATUS_CANCELLED, "an alertable read is cancelled by an APC that is there");
    equal(calls, 1, "which runs");
    equal(block.Status, 0x5555, "the status block is not written");
    thread = thread_start(alerter, self);
    expect(read_with(NULL, NULL, NULL), STATUS_CANCELLED, "or by one that comes");
    equal(calls, 2, "which runs as well");
    thread_join(thread);
    NtClose(client);
    NtClose(server);
    NtClose(self);
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    with_event();
    with_apc();
    with_port();
    synchronous();
    alertable();
    NtClose(event);
}
