/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input and output since Vista: packets many at once, single operations cancelled, no packet for what ends at once.
 * Known from: MSDN GetQueuedCompletionStatusEx, CancelIoEx, CancelSynchronousIo, SetFileCompletionNotificationModes; Wine's
 * dlls/ntdll/tests/file.c and sync.c.
 */
#include "ntapi_device.h"
#include "ntapi_six.h"

enum { Notification = 41, SectorSize = 11, IdInfo = 59, StandardLink = 54 };
static HANDLE port, server, client;
static volatile LONG apcs;
static PACKET packets[4];

static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

static void many(void)
{
    ULONG removed = 99;
    LI now = {.QuadPart = 0};
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    expect(NtRemoveIoCompletionEx(port, packets, 2, &removed, &now, FALSE), STATUS_TIMEOUT, "nothing is there");
    equal(removed, 1, "which counts as one");
    removed = 123;
    expect(NtRemoveIoCompletionEx(port, packets, 0, &removed, &now, FALSE), STATUS_INVALID_PARAMETER, "no room");
    equal(removed, 123, "nothing is told");
    for (ULONG i = 1; i <= 3; i++)
        NtSetIoCompletion(port, (PVOID)i, (PVOID)(i + 10), (NTSTATUS)(i + 20), i + 30);
    expect(NtRemoveIoCompletionEx(port, packets, 2, &removed, NULL, FALSE), 0, "two of three");
    equal(removed, 2, "two");
    equal(packets[0].Key, 1, "the first's key");
    equal(packets[1].Context, 12, "the second's context");
    equal(packets[1].Block.Status, 22, "its status");
    equal(packets[1].Block.Information, 32, "its information");
    expect(NtRemoveIoCompletionEx(port, packets, 4, &removed, NULL, FALSE), 0, "up to four");
    equal(removed, 1, "one is left");
    NtQueueApcThread(NtCurrentThread(), (APC_ROUTINE)apc, NULL, NULL, NULL);
    expect(NtRemoveIoCompletionEx(port, packets, 4, &removed, relative_ms(5000), TRUE), STATUS_USER_APC, "an APC comes");
    equal(apcs, 1, "it ran");
    NtSetIoCompletion(port, (PVOID)7, NULL, 0, 0);
    expect(NtRemoveIoCompletionEx((HANDLE)0x7770, packets, 1, &removed, &now, FALSE), STATUS_INVALID_HANDLE, "no port");
    expect(NtRemoveIoCompletionEx(port, packets, 1, &removed, &now, TRUE), 0, "a packet goes before an alert");
    equal(packets[0].Key, 7, "this one");
    NtClose(port);
}

static NTSTATUS closer(PVOID handle)
{
    ULONG removed = 0;
    return NtRemoveIoCompletionEx(handle, packets, 1, &removed, NULL, FALSE);
}

static void closing(void)
{
    HANDLE thread;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    thread = thread_start(closer, port);
    sleep_ms(30);
    NtClose(port);
    expect(thread_join(thread), STATUS_ABANDONED_WAIT_0, "closing the port ends waits");
}

static NTSTATUS reader(PVOID unused)
{
    char buffer[8];
    (void)unused;
    return NtReadFile(client, NULL, NULL, NULL, &io, buffer, 4, NULL, NULL);
}

static void cancelling(void)
{
    IO_STATUS_BLOCK one = {STATUS_PENDING, 0}, two = {STATUS_PENDING, 0}, told = {99, 99};
    char buffer[8];
    ULONG id = 0;
    HANDLE thread;
    expect(pipe_server(&server, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 1, 100), 0, "a pipe");
    expect(pipe_client(&client, GENERIC_READ | GENERIC_WRITE, SYNCHRONOUS), 0, "its other end");
    expect(NtFsControlFile(client, NULL, NULL, NULL, &io, 0x110030, "ServerProcessId", 16, &id, 4), 0, "who is the server");
    equal(id, TEB_NOW->ClientId.UniqueProcess, "this process");
    expect(NtReadFile(server, NULL, NULL, NULL, &one, buffer, 4, NULL, NULL), STATUS_PENDING, "a read");
    expect(NtReadFile(server, NULL, NULL, NULL, &two, buffer, 4, NULL, NULL), STATUS_PENDING, "and another");
    expect(NtCancelIoFileEx(server, &two, &told), 0, "cancel the second");
    equal(told.Status, 0, "the status block says so");
    equal(two.Status, STATUS_CANCELLED, "cancelled");
    equal(one.Status, STATUS_PENDING, "the first is not");
    expect(NtCancelIoFileEx(server, &two, &told), STATUS_NOT_FOUND, "it is no more");
    expect(NtCancelIoFileEx(server, NULL, &told), 0, "cancel the rest");
    equal(one.Status, STATUS_CANCELLED, "that was the first");
    expect(NtCancelIoFileEx(server, NULL, &told), STATUS_NOT_FOUND, "nothing is left");
    expect(NtCancelIoFileEx((HANDLE)0x7770, NULL, &told), STATUS_INVALID_HANDLE, "of no file");
    expect(NtCancelSynchronousIoFile(NtCurrentThread(), NULL, &told), STATUS_NOT_FOUND, "this thread waits for nothing");
    thread = thread_start(reader, NULL);
    sleep_ms(30);
    expect(NtCancelSynchronousIoFile(thread, NULL, &told), 0, "a thread that waits in a read");
    expect(thread_join(thread), STATUS_CANCELLED, "reads no more");
    NtClose(client);
    NtClose(server);
}

static void skipping(void)
{
    struct { HANDLE port; PVOID key; } completion;
    LI now = {.QuadPart = 0};
    ULONG flags = 1, removed;
    char text[] = "abcd", buffer[8];
    IO_STATUS_BLOCK block, own;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    pipe_server(&server, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 1, 100);
    pipe_client(&client, GENERIC_READ | GENERIC_WRITE, SYNCHRONOUS);
    completion.port = port;
    completion.key = (PVOID)3;
    NtSetInformationFile(server, &block, &completion, sizeof(completion), 30);
    expect(NtWriteFile(server, NULL, NULL, (PVOID)9, &own, text, 4, NULL, NULL), 0, "a write that ends at once");
    expect(NtRemoveIoCompletionEx(port, packets, 1, &removed, &now, FALSE), 0, "posts a packet");
    expect(NtSetInformationFile(client, &block, &flags, 4, Notification), STATUS_INVALID_PARAMETER, "not on a synchronous file");
    expect(NtSetInformationFile(server, &block, &flags, 2, Notification), STATUS_INFO_LENGTH_MISMATCH, "half the flags");
    expect(NtSetInformationFile(server, &block, &flags, 4, Notification), 0, "skip the port on success");
    flags = 0;
    expect(NtSetInformationFile(server, &block, &flags, 4, Notification), 0, "no flags change nothing");
    expect(NtQueryInformationFile(server, &block, &flags, 4, Notification), 0, "query the flags");
    equal(flags, 1, "it stays");
    expect(NtWriteFile(server, NULL, NULL, (PVOID)9, &own, text, 4, NULL, NULL), 0, "another write");
    expect(NtRemoveIoCompletionEx(port, packets, 1, &removed, &now, FALSE), STATUS_TIMEOUT, "posts none");
    expect(NtReadFile(server, NULL, NULL, (PVOID)10, &own, buffer, 4, NULL, NULL), STATUS_PENDING, "a read that has to wait");
    NtWriteFile(client, NULL, NULL, NULL, &block, text, 4, NULL, NULL);
    expect(NtRemoveIoCompletionEx(port, packets, 1, &removed, relative_ms(1000), FALSE), 0, "posts one");
    equal(packets[0].Context, 10, "its own");
    NtClose(client);
    NtClose(server);
    NtClose(port);
}

static void files(void)
{
    struct { ULONGLONG serial, id[2]; } name = {0, {0, 0}}, again = {1, {1, 1}};
    struct { ULONG accessible, total; BOOLEAN pending, directory; } links;
    ULONG sectors[7];
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    IO_STATUS_BLOCK block;
    HANDLE file;
    NtOpenFile(&file, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &block, FILE_SHARE_READ, SYNCHRONOUS);
    expect(NtQueryInformationFile(file, &block, &name, sizeof(name), IdInfo), 0, "query the file's id");
    NtQueryInformationFile(file, &block, &again, sizeof(again), IdInfo);
    check(name.id[0] && same_memory(&name, &again, sizeof(name)), "it stays the same");
    expect(NtQueryInformationFile(file, &block, &name, 8, IdInfo), STATUS_INFO_LENGTH_MISMATCH, "a part of it");
    expect(NtQueryInformationFile(file, &block, &links, 12, StandardLink), 0, "query its links");
    equal(links.total, 1, "one link");
    equal(links.directory, FALSE, "of no directory");
    expect(NtQueryVolumeInformationFile(file, &block, sectors, sizeof(sectors), SectorSize), 0, "query the sectors");
    equal(sectors[0], 512, "of 512 bytes");
    NtClose(file);
}

void test_main(void)
{
    many();
    closing();
    cancelling();
    skipping();
    files();
}

NTSTATUS child_main(const char *what)
{
    (void)what;
    return 0;
}
