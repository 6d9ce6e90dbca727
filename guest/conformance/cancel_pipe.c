/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cancelling operations: NtCancelIoFile, the end of the thread, the last handle.
 * Known from: MSDN CancelIo ("issued by the calling thread"), CloseHandle, ExitThread; Wine's dlls/ntdll/tests/pipe.c.
 */
#include "ntapi_device.h"

static HANDLE server, client, event;
static IO_STATUS_BLOCK block, second;
static char buffer[64];
static LONG calls;

static void NTAPI routine(PVOID context, PVOID status, PVOID reserved)
{
    (void)context, (void)status, (void)reserved;
    calls++;
}

static NTSTATUS start_read(IO_STATUS_BLOCK *where, HANDLE with, PVOID apc)
{
    where->Status = where->Information = 0x5555;
    return NtReadFile(server, with, apc, NULL, where, buffer, sizeof(buffer), NULL, NULL);
}

static void by_call(void)
{
    HANDLE other;
    expect(NtCancelIoFile(server, &io), 0, "cancel nothing");
    equal(io.Status, 0, "succeeds");
    expect(start_read(&block, event, routine), STATUS_PENDING, "a read");
    expect(start_read(&second, NULL, NULL), STATUS_PENDING, "another");
    expect(NtCancelIoFile(client, &io), 0, "cancel on the other end");
    equal(block.Status, 0x5555, "is not about them");
    NtDuplicateObject(NtCurrentProcess(), server, NtCurrentProcess(), &other, 0, 0, DUPLICATE_SAME_ACCESS);
    expect(NtCancelIoFile(other, &io), 0, "cancel by another handle");
    NtClose(other);
    equal(block.Status, STATUS_CANCELLED, "the first is cancelled");
    equal(block.Information, 0, "with nothing");
    equal(second.Status, STATUS_CANCELLED, "so is the second");
    expect(wait_ms(event, 0), 0, "the event is set");
    equal(calls, 0, "no APC yet");
    NtTestAlert();
    equal(calls, 1, "now it runs");
    pipe_write(client, "abc", 3);
    expect(pipe_read(server, buffer, 64), 0, "what is written later is for later reads");
    equal(io.Information, 3, "whole");
    expect(NtCancelIoFile((HANDLE)0x7ff0, &io), STATUS_INVALID_HANDLE, "cancel, no handle");
    expect(NtCancelIoFile(event, &io), STATUS_OBJECT_TYPE_MISMATCH, "cancel, an event");
    faults(BAD_OUT, p, NtCancelIoFile(server, p), "cancel, status block");
}

static NTSTATUS starter(PVOID unused)
{
    (void)unused;
    return start_read(&second, event, NULL) == STATUS_PENDING ? 0 : 1;
}

static NTSTATUS staying(PVOID gate)
{
    NTSTATUS status = start_read(&second, event, NULL);
    return status == STATUS_PENDING ? NtWaitForSingleObject(gate, FALSE, relative_ms(5000)) : status;
}

static void by_end(void)
{
    HANDLE thread, gate;
    expect(thread_join(thread_start(starter, NULL)), 0, "a thread reads and ends");
    expect(wait_ms(event, 1000), 0, "which cancels the read");
    equal(second.Status, STATUS_CANCELLED, "so its block says");
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    thread = thread_start(staying, gate);
    sleep_ms(20);
    expect(NtCancelIoFile(server, &io), 0, "cancel, the read is another thread's");
    equal(second.Status, 0x5555, "that one goes on");
    expect(NtTerminateThread(thread, 3), 0, "end that thread");
    expect(thread_join(thread), 3, "it has ended");
    equal(second.Status, STATUS_CANCELLED, "and so has its read");
    NtClose(gate);
}

static void by_close(void)
{
    HANDLE other;
    NtDuplicateObject(NtCurrentProcess(), server, NtCurrentProcess(), &other, 0, 0, DUPLICATE_SAME_ACCESS);
    expect(start_read(&block, event, NULL), STATUS_PENDING, "a read, two handles");
    NtClose(server);
    equal(block.Status, 0x5555, "closing one leaves it");
    NtClose(other);
    expect(wait_ms(event, 1000), 0, "closing the last one ends it");
    check((ULONG)block.Status >= 0xc0000000, "with a failure");
    NtClose(client);
    pipe_server(&server, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 1, 100);
    expect(NtFsControlFile(server, event, NULL, NULL, &block, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0), STATUS_PENDING, "listen");
    expect(NtCancelIoFile(server, &io), 0, "cancel that");
    equal(block.Status, STATUS_CANCELLED, "it is cancelled");
    expect(pipe_client(&client, GENERIC_READ, 0), 0, "the instance listens all the same");
    NtClose(client);
    NtClose(server);
}

static void writes(void)
{
    static char big[300];
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 100);
    expect(NtWriteFile(client, event, NULL, NULL, &block, big, sizeof(big), NULL, NULL), STATUS_PENDING, "a write that waits");
    expect(NtWriteFile(client, NULL, NULL, NULL, &second, big, 50, NULL, NULL), STATUS_PENDING, "and one behind it");
    expect(NtCancelIoFile(client, &io), 0, "cancel both");
    equal(block.Status, STATUS_CANCELLED, "cancelled");
    equal(second.Status, STATUS_CANCELLED, "cancelled as well");
    pipe_write(client, "abc", 3);
    expect(pipe_read(server, buffer, 64), 0, "what they wrote is gone");
    equal(io.Information, 3, "only this is there");
    NtClose(client);
    NtClose(server);
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, BYTES, BYTES, 100);
    by_call();
    by_end();
    by_close();
    writes();
    NtClose(event);
}
