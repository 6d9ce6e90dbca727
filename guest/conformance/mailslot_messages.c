/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailslots: messages, time-outs, limits, what is known of them.
 * Known from: MSDN CreateMailslot, GetMailslotInfo, SetMailslotInfo, "Mailslots"; Wine's dlls/kernel32/tests/mailslot.c and
 * dlls/ntdll/tests/file.c.
 */
#include "ntapi_device.h"

#define SLOT_NAME L"\\??\\mailslot\\conf-slot"

static HANDLE slot, writer;
static char buffer[64];

static NTSTATUS make(ULONG options, ULONG maximum, LONGLONG timeout)
{
    LI time = {.QuadPart = timeout};
    return NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, named(SLOT_NAME, OBJ_CASE_INSENSITIVE), &io, options, 0,
                                maximum, &time);
}

static NTSTATUS open_writer(HANDLE *handle, ULONG access, ULONG share)
{
    return NtOpenFile(handle, access | SYNCHRONIZE, named(SLOT_NAME, OBJ_CASE_INSENSITIVE), &io, share, SYNCHRONOUS);
}

static FILE_MAILSLOT_QUERY_INFORMATION info;

static NTSTATUS query(HANDLE handle)
{
    return NtQueryInformationFile(handle, &io, &info, sizeof(info), FileMailslotQueryInformation);
}

static void creating(void)
{
    LI time = {.QuadPart = -1};
    OBJECT_ATTRIBUTES *name = named(SLOT_NAME, OBJ_CASE_INSENSITIVE), *folder = named(L"\\??\\mailslot\\", OBJ_CASE_INSENSITIVE);
    expect(open_writer(&writer, GENERIC_WRITE, FILE_SHARE_READ), STATUS_OBJECT_NAME_NOT_FOUND, "no such slot");
    expect(NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, folder, &io, SYNCHRONOUS, 0, 0, &time),
           STATUS_OBJECT_NAME_INVALID, "a slot without a name");
    slot = NULL;
    expect(NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, name, &io, NONDIRECTORY, 0, 0, &time),
           STATUS_INVALID_PARAMETER, "an option for files");
    if (slot)
        NtClose(slot);
    faults(BAD_OUT, p, NtCreateMailslotFile(p, GENERIC_READ | SYNCHRONIZE, name, &io, SYNCHRONOUS, 0, 0, &time),
           "create, handle");
    faults(BAD_IN_OPTIONAL, p, NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, name, &io, SYNCHRONOUS, 0, 0, p),
           "create, time-out");
    expect(NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, name, &io, SYNCHRONOUS, 1000, 100, &time), 0, "create");
    equal(io.Information, 2, "created, it says");
    expect(NtCreateMailslotFile(&writer, GENERIC_READ | SYNCHRONIZE, name, &io, SYNCHRONOUS, 0, 0, &time),
           STATUS_OBJECT_NAME_COLLISION, "create again");
    expect(query(slot), 0, "query");
    equal(io.Information, sizeof(info), "its length");
    equal(info.MaximumMessageSize, 100, "the largest message");
    equal(info.NextMessageSize, -1, "no message is next");
    equal(info.MessagesAvailable, 0, "none there");
    check(info.ReadTimeout.QuadPart == -1, "reads wait for ever");
    expect(NtQueryInformationFile(slot, &io, &info, sizeof(info) - 1, FileMailslotQueryInformation), STATUS_INFO_LENGTH_MISMATCH,
           "query, one byte less");
    NtClose(slot);
}

static void messages(void)
{
    HANDLE second;
    make(SYNCHRONOUS, 0, 0);
    expect(pipe_read(slot, buffer, sizeof(buffer)), STATUS_IO_TIMEOUT, "nothing to read");
    expect(pipe_write(slot, "x", 1), STATUS_ACCESS_DENIED, "the owner does not write");
    expect(open_writer(&writer, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE), 0, "a writer");
    expect(open_writer(&second, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE), 0, "and another");
    expect(pipe_write(writer, "a", 1), 0, "write");
    equal(io.Information, 1, "one byte");
    expect(pipe_write(second, "bc", 2), 0, "write two");
    expect(pipe_write(second, "", 0), 0, "write nothing");
    query(slot);
    equal(info.NextMessageSize, 1, "the next has one");
    equal(info.MessagesAvailable, 3, "three messages");
    expect(query(writer), STATUS_INVALID_PARAMETER, "a writer cannot ask");
    expect(pipe_read(slot, buffer, sizeof(buffer)), 0, "read");
    equal(io.Information, 1, "the first message");
    equal(buffer[0], 'a', "it is");
    expect(pipe_read(slot, buffer, 1), STATUS_BUFFER_TOO_SMALL, "too small a buffer");
    query(slot);
    equal(info.MessagesAvailable, 2, "takes nothing");
    expect(pipe_read(slot, buffer, 2), 0, "a buffer that fits");
    equal(io.Information, 2, "the second message");
    expect(pipe_read(slot, buffer, 2), 0, "the empty message");
    equal(io.Information, 0, "is empty");
    expect(pipe_read(slot, buffer, 0), STATUS_IO_TIMEOUT, "that was all");
    NtClose(second);
    NtClose(slot);
    expect(pipe_write(writer, "a", 1), STATUS_FILE_FORCED_CLOSED, "write when the owner is gone");
    expect(make(SYNCHRONOUS, 3, 0), 0, "the name is free");
    NtClose(writer);
    open_writer(&writer, GENERIC_WRITE, FILE_SHARE_READ);
    expect(pipe_write(writer, "abc", 3), 0, "as large as allowed");
    expect(pipe_write(writer, "abcd", 4), STATUS_INVALID_PARAMETER, "a larger message");
    faults(BAD_IN, p, NtWriteFile(writer, NULL, NULL, NULL, &io, p, 2, NULL, NULL), "write, buffer");
    NtClose(writer);
    NtClose(slot);
}

static void sharing(void)
{
    HANDLE second;
    make(SYNCHRONOUS, 0, 0);
    expect(open_writer(&writer, GENERIC_WRITE, 0), STATUS_SHARING_VIOLATION, "a writer must share reading");
    expect(open_writer(&writer, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ), 0, "one that does");
    expect(pipe_read(writer, buffer, 1), STATUS_INVALID_PARAMETER, "does not read");
    expect(open_writer(&second, GENERIC_WRITE, FILE_SHARE_READ), STATUS_SHARING_VIOLATION, "a second that does not share writing");
    NtClose(writer);
    expect(open_writer(&writer, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE), 0, "sharing both");
    expect(open_writer(&second, GENERIC_WRITE, FILE_SHARE_READ), STATUS_SHARING_VIOLATION, "one that does not");
    NtClose(writer);
    NtClose(slot);
}

static NTSTATUS later(PVOID unused)
{
    IO_STATUS_BLOCK own;
    (void)unused;
    sleep_ms(30);
    return NtWriteFile(writer, NULL, NULL, NULL, &own, (PVOID)"late", 4, NULL, NULL);
}

static void waiting(void)
{
    LI time, *pointer = &time;
    LONGLONG start = system_time();
    HANDLE thread, event;
    make(SYNCHRONOUS, 0, -300000);
    open_writer(&writer, GENERIC_WRITE, FILE_SHARE_READ);
    expect(pipe_read(slot, buffer, sizeof(buffer)), STATUS_IO_TIMEOUT, "a read waits");
    check(system_time() - start >= 250000, "for the time given");
    time.QuadPart = -50000000;
    expect(NtSetInformationFile(slot, &io, &pointer, sizeof(pointer), FileMailslotSetInformation), 0, "set the time-out");
    query(slot);
    check(info.ReadTimeout.QuadPart == -50000000, "it is set");
    expect(NtSetInformationFile(slot, &io, &pointer, 3, FileMailslotSetInformation), STATUS_INFO_LENGTH_MISMATCH,
           "set, one byte less");
    expect(NtSetInformationFile(writer, &io, &pointer, sizeof(pointer), FileMailslotSetInformation), STATUS_INVALID_PARAMETER,
           "a writer cannot set it");
    thread = thread_start(later, NULL);
    expect(pipe_read(slot, buffer, sizeof(buffer)), 0, "a message ends the wait");
    equal(io.Information, 4, "it has four bytes");
    expect(thread_join(thread), 0, "the writer ends");
    NtClose(writer);
    NtClose(slot);
    make(0, 0, -1);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtReadFile(slot, event, NULL, NULL, &io, buffer, 10, NULL, NULL), STATUS_PENDING, "a read that is pending");
    NtClose(slot);
    expect(wait_ms(event, 0), 0, "ends with the slot");
    NtClose(event);
}

/* Last, for not everybody refuses it: what is made then stays. */
static void blind(void)
{
    LI time = {.QuadPart = -1};
    OBJECT_ATTRIBUTES *name = named(L"\\??\\mailslot\\conf-blind", OBJ_CASE_INSENSITIVE);
    slot = NULL;
    faults(BAD_OUT, p, NtCreateMailslotFile(&slot, GENERIC_READ | SYNCHRONIZE, name, p, SYNCHRONOUS, 0, 0, &time),
           "create, status block");
    if (slot)
        NtClose(slot);
}

void test_main(void)
{
    creating();
    messages();
    sharing();
    waiting();
    blind();
}
