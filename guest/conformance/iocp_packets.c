/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion ports as queues of packets.
 * Known from: MSDN CreateIoCompletionPort, GetQueuedCompletionStatus (what closing the port does before Vista),
 * PostQueuedCompletionStatus; G. Nebbett, Native API Reference, ch. 9; Wine's dlls/ntdll/tests/sync.c and file.c.
 */
#include "ntapi_device.h"

static HANDLE port;
static PVOID key, context;
static IO_STATUS_BLOCK io;

static NTSTATUS post(ULONG number)
{
    return NtSetIoCompletion(port, (PVOID)number, (PVOID)(number + 100), (NTSTATUS)(number + 200), number + 300);
}

static NTSTATUS remove_ms(int milliseconds)
{
    key = context = NULL;
    return NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(milliseconds));
}

static ULONG depth(void)
{
    ULONG count = 99;
    NtQueryIoCompletion(port, 0, &count, sizeof(count), NULL);
    return count;
}

static void packets(void)
{
    ULONG count, length = 0;
    LONGLONG start;
    expect(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0), 0, "create");
    expect(NtQueryIoCompletion(port, 0, &count, sizeof(count), &length), 0, "query");
    equal(count, 0, "empty");
    equal(length, 4, "its length");
    expect(remove_ms(0), STATUS_TIMEOUT, "nothing to remove");
    start = system_time();
    expect(remove_ms(30), STATUS_TIMEOUT, "nothing comes");
    check(system_time() - start >= 250000, "in all that time");
    for (ULONG i = 1; i <= 3; i++)
        expect(post(i), 0, i == 1 ? "post" : i == 2 ? "post again" : "and again");
    equal(depth(), 3, "three packets");
    expect(remove_ms(0), 0, "remove");
    equal(key, 1, "the first one's key");
    equal(context, 101, "its context");
    equal(io.Status, 201, "its status");
    equal(io.Information, 301, "its information");
    equal(depth(), 2, "two are left");
    expect(NtRemoveIoCompletion(port, &key, &context, &io, NULL), 0, "remove without a time-out");
    equal(key, 2, "the second");
    expect(remove_ms(1000), 0, "remove what is there");
    equal(key, 3, "the third");
    expect(remove_ms(0), STATUS_TIMEOUT, "no more");
    equal(key, 0, "a time-out writes nothing");
}

static void wrong(void)
{
    ULONG count;
    HANDLE other, event;
    expect(NtQueryIoCompletion(port, 1, &count, sizeof(count), NULL), STATUS_INVALID_INFO_CLASS, "query, class 1");
    expect(NtQueryIoCompletion(port, 0, &count, 3, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, one byte less");
    expect(NtQueryIoCompletion(port, 0, &count, 8, NULL), STATUS_INFO_LENGTH_MISMATCH, "query, too long");
    expect(NtQueryIoCompletion((HANDLE)0x7ff0, 0, &count, 4, NULL), STATUS_INVALID_HANDLE, "query, no handle");
    expect(NtSetIoCompletion((HANDLE)0x7ff0, NULL, NULL, 0, 0), STATUS_INVALID_HANDLE, "post, no handle");
    expect(NtRemoveIoCompletion((HANDLE)0x7ff0, &key, &context, &io, NULL), STATUS_INVALID_HANDLE, "remove, no handle");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtSetIoCompletion(event, NULL, NULL, 0, 0), STATUS_OBJECT_TYPE_MISMATCH, "post to an event");
    expect(NtRemoveIoCompletion(event, &key, &context, &io, NULL), STATUS_OBJECT_TYPE_MISMATCH, "remove from an event");
    NtClose(event);
    NtDuplicateObject(NtCurrentProcess(), port, NtCurrentProcess(), &other, 1, 0, 0);
    expect(NtQueryIoCompletion(other, 0, &count, 4, NULL), 0, "query with the right to query");
    expect(NtSetIoCompletion(other, NULL, NULL, 0, 0), STATUS_ACCESS_DENIED, "but not post");
    expect(NtRemoveIoCompletion(other, &key, &context, &io, relative_ms(0)), STATUS_ACCESS_DENIED, "nor remove");
    NtClose(other);
    NtDuplicateObject(NtCurrentProcess(), port, NtCurrentProcess(), &other, 2, 0, 0);
    expect(NtQueryIoCompletion(other, 0, &count, 4, NULL), STATUS_ACCESS_DENIED, "query without that right");
    expect(NtSetIoCompletion(other, NULL, NULL, 0, 0), 0, "post with the right to modify");
    expect(NtRemoveIoCompletion(other, &key, &context, &io, relative_ms(0)), 0, "and remove");
    NtClose(other);
    faults(BAD_OUT, p, NtCreateIoCompletion(p, IO_COMPLETION_ALL_ACCESS, NULL, 0), "create, handle");
    faults(BAD_OUT, p, NtQueryIoCompletion(port, 0, p, 4, NULL), "query, buffer");
    faults(BAD_OUT, p, NtRemoveIoCompletion(port, p, &context, &io, relative_ms(0)), "remove, key");
    faults(BAD_OUT, p, NtRemoveIoCompletion(port, &key, p, &io, relative_ms(0)), "remove, context");
    faults(BAD_OUT, p, NtRemoveIoCompletion(port, &key, &context, p, relative_ms(0)), "remove, status block");
    faults(BAD_IN_OPTIONAL, p, NtRemoveIoCompletion(port, &key, &context, &io, p), "remove, time-out");
}

static void names(void)
{
    HANDLE first, second;
    OBJECT_ATTRIBUTES *name = named(L"\\BaseNamedObjects\\conf-port", OBJ_CASE_INSENSITIVE);
    expect(NtOpenIoCompletion(&first, IO_COMPLETION_ALL_ACCESS, name), STATUS_OBJECT_NAME_NOT_FOUND, "open what is not there");
    expect(NtCreateIoCompletion(&first, IO_COMPLETION_ALL_ACCESS, name, 1), 0, "create with a name");
    expect(NtCreateIoCompletion(&second, IO_COMPLETION_ALL_ACCESS, name, 1), STATUS_OBJECT_NAME_COLLISION, "again");
    expect(NtOpenIoCompletion(&second, IO_COMPLETION_ALL_ACCESS, name), 0, "open");
    expect(NtSetIoCompletion(first, (PVOID)7, NULL, 0, 0), 0, "post to one");
    expect(NtRemoveIoCompletion(second, &key, &context, &io, relative_ms(0)), 0, "remove from the other");
    equal(key, 7, "it is the same port");
    NtClose(first);
    NtClose(second);
}

/* A wait on the port ends when there are packets, and takes none. */
static void waiting(void)
{
    expect(wait_ms(port, 0), STATUS_TIMEOUT, "wait for an empty port");
    post(1);
    expect(wait_ms(port, 0), 0, "wait for one with a packet");
    equal(depth(), 1, "takes nothing");
    remove_ms(0);
}

static NTSTATUS remover(PVOID argument)
{
    PVOID own_key = NULL, own_context;
    IO_STATUS_BLOCK own_io;
    NTSTATUS status = NtRemoveIoCompletion(port, &own_key, &own_context, &own_io, relative_ms((int)(ULONG_PTR)argument));
    return status ? status : (NTSTATUS)(ULONG_PTR)own_key;
}

static void closing(void)
{
    HANDLE thread, keep = port;
    HANDLE again;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    thread = thread_start(remover, (PVOID)60);
    sleep_ms(20);
    NtClose(port);
    expect(thread_join(thread), STATUS_TIMEOUT, "closing the port wakes nobody");
    port = keep;
    thread = thread_start(remover, (PVOID)5000);
    sleep_ms(10);
    expect(NtTerminateThread(thread, 77), 0, "end a thread that waits");
    expect(thread_join(thread), 77, "it has ended");
    post(5);
    expect(remove_ms(0), 0, "its place in the queue is gone");
    equal(key, 5, "the packet is here");
    NtCreateIoCompletion(&again, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    NtSetIoCompletion(again, NULL, NULL, 0, 0);
    expect(NtClose(again), 0, "close a port with a packet");
}

void test_main(void)
{
    packets();
    wrong();
    names();
    waiting();
    closing();
    NtClose(port);
}
