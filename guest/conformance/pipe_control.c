/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named pipes: the controls that Win32 does not make: events for a pipe, who the client is, the kernel's own reads and
 * writes; and the names of the ends.
 * Known from: the WDK's ntifs.h (FILE_PIPE_ASSIGN_EVENT_BUFFER, FILE_PIPE_EVENT_BUFFER, FILE_PIPE_CLIENT_PROCESS_BUFFER,
 * FSCTL_PIPE_INTERNAL_*).
 */
#include "ntapi_device.h"

typedef struct { HANDLE EventHandle; ULONG KeyValue; } ASSIGN;
typedef struct { ULONG NamedPipeState, EntryType, ByteCount, KeyValue, NumberRequests; } EVENT_ENTRY;
typedef struct { PVOID ClientSession, ClientProcess; } CLIENT_PROCESS;

static HANDLE server, client, event;
static char buffer[64];

static NTSTATUS control(HANDLE pipe, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length)
{
    return NtFsControlFile(pipe, NULL, NULL, NULL, &io, code, in, in_length, out, out_length);
}

static void events(void)
{
    ASSIGN assign = {event, 7};
    EVENT_ENTRY entries[4] = {{0, 0, 0, 0, 0}};
    expect(control(server, FSCTL_PIPE_ASSIGN_EVENT, &assign, 4, NULL, 0), STATUS_INVALID_PARAMETER, "assign, too short");
    expect(control(server, FSCTL_PIPE_ASSIGN_EVENT, &assign, sizeof(assign), NULL, 0), 0, "assign an event");
    NtResetEvent(event, NULL);
    pipe_write(client, "abc", 3);
    expect(wait_ms(event, 0), 0, "data set it");
    expect(control(server, FSCTL_PIPE_QUERY_EVENT, &event, sizeof(event), entries, sizeof(entries)), 0, "query the event");
    check(io.Information >= sizeof(EVENT_ENTRY), "something is told");
    equal(entries[0].NamedPipeState, CONNECTED, "the state");
    equal(entries[0].KeyValue, 7, "the key");
    equal(entries[0].ByteCount, 3, "what can be read");
    pipe_read(server, buffer, 3);
    assign.EventHandle = (HANDLE)0x7ff0;
    expect(control(server, FSCTL_PIPE_ASSIGN_EVENT, &assign, sizeof(assign), NULL, 0), STATUS_INVALID_HANDLE, "assign nothing");
    assign.EventHandle = NULL;
    expect(control(server, FSCTL_PIPE_ASSIGN_EVENT, &assign, sizeof(assign), NULL, 0), 0, "take it back");
    NtResetEvent(event, NULL);
    pipe_write(client, "abc", 3);
    expect(wait_ms(event, 0), STATUS_TIMEOUT, "it is left alone");
    pipe_read(server, buffer, 3);
}

static void clients(void)
{
    CLIENT_PROCESS who = {NULL, NULL}, said = {(PVOID)1, (PVOID)2};
    expect(control(server, FSCTL_PIPE_QUERY_CLIENT_PROCESS, NULL, 0, &who, 7), STATUS_INVALID_PARAMETER, "who, too short");
    expect(control(server, FSCTL_PIPE_QUERY_CLIENT_PROCESS, NULL, 0, &who, sizeof(who)), 0, "who is the client");
    equal(io.Information, sizeof(who), "both words");
    check((ULONG)who.ClientProcess >= 0x80000000, "an object of the kernel's");
    expect(control(server, FSCTL_PIPE_SET_CLIENT_PROCESS, &said, 4, NULL, 0), STATUS_INVALID_PARAMETER, "say who, too short");
}

static void internal(void)
{
    expect(control(client, 0x119ff8, "abcde", 5, NULL, 0), 0, "the kernel's write");
    equal(io.Information, 5, "five bytes");
    expect(control(server, 0x116000, NULL, 0, buffer, 3), STATUS_BUFFER_OVERFLOW, "a read of all or nothing");
    expect(control(server, 0x115ff4, NULL, 0, buffer, sizeof(buffer)), 0, "the kernel's read");
    equal(io.Information, 5, "all of them");
    check(same_memory(buffer, "abcde", 5), "they are");
}

static void names(void)
{
    static UCHAR name[200];
    ULONG length;
    UNICODE_STRING *text = (PVOID)name;
    expect(NtQueryObject(server, ObjectNameInformation, name, sizeof(name), &length), 0, "the name of an end");
    equal(text->Length, 54, "its length");
    check(same_memory(text->Buffer, L"\\Device\\NamedPipe\\conf-pipe", 54), "device and pipe");
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    pipe_pair(&server, &client, 0, MESSAGES, MESSAGES, 100);
    events();
    clients();
    internal();
    names();
    NtClose(client);
    NtClose(server);
    NtClose(event);
}
