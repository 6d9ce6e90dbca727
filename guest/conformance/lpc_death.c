/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of ports, threads and processes: who is told what.
 * Known from: G. Nebbett, Native API Reference, ch. 12 (NtRegisterThreadTerminatePort; LPC_PORT_CLOSED and LPC_CLIENT_DIED carry a creation time);
 * Wine's dlls/ntdll/tests/port.c (LPC_CLIENT_DIED); ReactOS' ntoskrnl/lpc/close.c (STATUS_LPC_REPLY_LOST, what disconnects whom).
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-death"

static HANDLE server, to_server, to_client;

typedef struct { HANDLE port; NTSTATUS status; BOOLEAN listens; } WAITING;

static NTSTATUS waiting(PVOID argument)
{
    WAITING *one = argument;
    MSG m;
    message(&m, 1, 1);
    one->status = one->listens ? NtReplyWaitReceivePort(one->port, NULL, NULL, &m) : NtRequestWaitReplyPort(one->port, &m, &m);
    return 0;
}

static LONGLONG birth(HANDLE object, BOOLEAN process)
{
    KERNEL_USER_TIMES times = {0};
    if (process)
        NtQueryInformationProcess(object, ProcessTimes, &times, sizeof(times), NULL);
    else
        NtQueryInformationThread(object, ThreadTimes, &times, sizeof(times), NULL);
    return times.CreateTime.QuadPart;
}

static void client_closes(void)
{
    WAITING other = {.status = 1};
    HANDLE thread, copy;
    MSG m;
    PVOID context;
    LONGLONG born = birth(NtCurrentProcess(), TRUE);
    check(connect_pair(server, NAME, (PVOID)0x777, &to_server, &to_client), "connect");
    other.port = to_client;
    thread = thread_start(waiting, &other);
    sleep_ms(20);
    NtDuplicateObject(NtCurrentProcess(), to_server, NtCurrentProcess(), &copy, 0, 0, 2);
    NtClose(copy);
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, relative_ms(0)), STATUS_TIMEOUT, "one handle of two tells nothing");
    NtClose(to_server);
    expect(NtReplyWaitReceivePort(server, &context, NULL, &m), 0, "the last handle does");
    equal(m.Type, LPC_PORT_CLOSED, "port closed");
    equal((ULONG_PTR)context, 0x777, "port closed: context");
    equal(m.ClientId.UniqueProcess, TEB_NOW->ClientId.UniqueProcess, "port closed: process");
    equal(m.ClientId.UniqueThread, TEB_NOW->ClientId.UniqueThread, "port closed: thread");
    equal(m.DataLength, 8, "port closed: data length");
    equal(m.TotalLength, LPC_HEADER + 8, "port closed: total length");
    check(*(LONGLONG *)m.data == born, "port closed: when the client was created");
    check(m.MessageId != 0, "port closed: message id");
    thread_join(thread);
    expect(other.status, STATUS_LPC_REPLY_LOST, "a server that waits for the client's reply");
    message(&m, 1, 1);
    expect(NtRequestPort(to_client, &m), STATUS_PORT_DISCONNECTED, "datagram of the server");
    expect(NtRequestWaitReplyPort(to_client, &m, &m), STATUS_PORT_DISCONNECTED, "request of the server");
    expect(NtReplyWaitReceivePort(to_client, NULL, NULL, &m), STATUS_PORT_DISCONNECTED, "receive through the server's end");
    NtClose(to_client);
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, relative_ms(0)), STATUS_TIMEOUT, "the server's end tells nothing");
}

static void server_closes(void)
{
    WAITING asks = {.status = 1}, receives = {.status = 1, .listens = TRUE};
    HANDLE thread, receiver;
    MSG m;
    connect_pair(server, NAME, NULL, &to_server, &to_client);
    asks.port = receives.port = to_server;
    thread = thread_start(waiting, &asks);
    receiver = thread_start(waiting, &receives);
    expect(NtReplyWaitReceivePort(server, NULL, NULL, &m), 0, "a request is received");
    sleep_ms(20);
    NtClose(to_client);
    thread_join(thread);
    expect(asks.status, STATUS_LPC_REPLY_LOST, "a client that waits for a reply, and the server's end closed");
    expect(NtReplyPort(server, &m), STATUS_INVALID_CID, "a late reply");
    message(&m, 1, 1);
    expect(NtRequestPort(to_server, &m), STATUS_PORT_DISCONNECTED, "datagram of the client");
    expect(NtRequestWaitReplyPort(to_server, &m, &m), STATUS_PORT_DISCONNECTED, "request of the client");
    expect(wait_ms(receiver, 20), STATUS_TIMEOUT, "a client that waits for messages is not told");
    NtTerminateThread(receiver, 0);
    thread_join(receiver);
    NtClose(to_server);
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, relative_ms(0)), STATUS_TIMEOUT, "nor is a server of a cut connection");
}

/* Without the port of the name a connection lives on; its requests can be received through the server's end. */
static void name_closes(void)
{
    WAITING asks = {.status = 1}, itself = {.status = 1};
    HANDLE thread, other;
    MSG m;
    connect_pair(server, NAME, NULL, &to_server, &to_client);
    asks.port = to_server;
    itself.port = server;
    message(&m, 1, 5);
    NtRequestPort(to_server, &m);
    other = thread_start(waiting, &itself);
    sleep_ms(20);
    NtClose(server);
    thread_join(other);
    expect(itself.status, STATUS_LPC_REPLY_LOST, "who asked the port of the name itself");
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
    expect(NtReplyWaitReceivePortEx(to_client, NULL, NULL, &m, relative_ms(0)), STATUS_TIMEOUT, "what was queued is gone");
    thread = thread_start(waiting, &asks);
    expect(NtReplyWaitReceivePort(to_client, NULL, NULL, &m), 0, "a request after the name has gone");
    expect(NtReplyPort(to_client, &m), 0, "is replied to");
    expect(thread_join(thread), 0, "the client ended");
    expect(asks.status, 0, "with a reply");
    NtClose(to_server);
    NtClose(to_client);
    NtClose(server);
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
}

static NTSTATUS registers(PVOID argument)
{
    for (int i = 0; i < *(int *)argument; i++)
        if (NtRegisterThreadTerminatePort(to_server))
            return 1;
    return 0;
}

static void threads(void)
{
    HANDLE thread, event;
    CLIENT_ID id;
    THREAD_BASIC_INFORMATION info;
    LONGLONG born;
    MSG m;
    PVOID context;
    int times = 2;
    connect_pair(server, NAME, (PVOID)0x888, &to_server, &to_client);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtRegisterThreadTerminatePort(event), STATUS_OBJECT_TYPE_MISMATCH, "register an event");
    expect(NtRegisterThreadTerminatePort((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "register, no such handle");
    NtClose(event);
    thread = thread_start_suspended(registers, &times);
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    id = info.ClientId;
    born = birth(thread, FALSE);
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 0, "a thread registers twice and ends");
    for (int i = 0; i < 2; i++) {
        context = NULL;
        NtReplyWaitReceivePort(server, &context, NULL, &m);
        equal(m.Type, LPC_CLIENT_DIED, i ? "client died, again" : "client died");
    }
    equal((ULONG_PTR)context, 0x888, "client died: context");
    equal(m.ClientId.UniqueThread, id.UniqueThread, "client died: thread");
    equal(m.DataLength, 8, "client died: data length");
    check(*(LONGLONG *)m.data == born, "client died: when the thread was created");
    NtClose(to_server);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    NtClose(to_client);
}

NTSTATUS child_main(const char *what)
{
    MSG m;
    if (plain_connect(&to_server, NAME))
        return 1;
    NtRegisterThreadTerminatePort(to_server);
    message(&m, 1, 1);
    if (*what == 'a')
        NtRequestWaitReplyPort(to_server, &m, &m);
    return 7;
}

static void processes(void)
{
    CHILD child;
    MSG m, request;
    check(child_start(&child, "quit", FALSE), "a client in another process");
    to_client = plain_accept(server, NULL);
    expect(child_wait(&child), 7, "it ends");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_CLIENT_DIED, "first its thread");
    equal(m.ClientId.UniqueThread, child.id.UniqueThread, "by its id");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_PORT_CLOSED, "then its port");
    equal(m.ClientId.UniqueProcess, child.id.UniqueProcess, "of its process");
    check(*(LONGLONG *)m.data == birth(child.process, TRUE), "created when it was");
    child_close(&child);
    NtClose(to_client);
    check(child_start(&child, "ask", FALSE), "a client that asks");
    to_client = plain_accept(server, NULL);
    NtReplyWaitReceivePort(server, NULL, NULL, &request);
    equal(request.Type, LPC_REQUEST, "its request");
    NtTerminateProcess(child.process, 9);
    expect(child_wait(&child), 9, "it is killed");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_CLIENT_DIED, "its thread is dead");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_PORT_CLOSED, "and its port");
    expect(NtReplyPort(server, &request), STATUS_REPLY_MESSAGE_MISMATCH, "reply to a thread that ended and is still held");
    child_close(&child);
    expect(NtReplyPort(server, &request), STATUS_INVALID_CID, "reply to a thread that is gone");
    NtClose(to_client);
}

void test_main(void)
{
    ULONG ports = ports_now();
    expect(NtCreatePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a port");
    client_closes();
    server_closes();
    name_closes();
    threads();
    processes();
    NtClose(server);
    ports_gone(ports);
}
