/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages: datagrams, requests and replies, in both directions; what is wrong with a message; memory that it describes.
 * Known from: G. Nebbett, Native API Reference, ch. 12; Wine's dlls/ntdll/tests/port.c (types, what stays unchanged in a request and a reply);
 * ReactOS' ntoskrnl/lpc (send.c, reply.c) for the order of checks and for lengths compared as unsigned numbers.
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-request"

static HANDLE server, to_server, to_client;

static void datagrams(void)
{
    MSG m, got = {0};
    PVOID context = NULL;
    ULONG first;
    message(&m, 3, 100);
    m.MessageId = 77;
    m.ClientId.UniqueThread = 88;
    expect(NtRequestPort(to_server, &m), 0, "send a datagram");
    equal(m.Type, 0, "what was sent keeps its type");
    equal(m.MessageId, 77, "and its id");
    message(&m, 1, 200);
    NtRequestPort(to_server, &m);
    expect(NtReplyWaitReceivePort(server, &context, NULL, &got), 0, "receive it");
    equal((ULONG_PTR)context, 0x1234, "the context of the client");
    equal(got.Type, LPC_DATAGRAM, "type");
    equal(got.DataLength, 12, "data length");
    equal(got.TotalLength, LPC_HEADER + 12, "total length");
    equal(got.ClientId.UniqueProcess, TEB_NOW->ClientId.UniqueProcess, "sending process");
    equal(got.ClientId.UniqueThread, TEB_NOW->ClientId.UniqueThread, "sending thread");
    equal(got.CallbackId, 0, "no callback");
    check(got.data[0] == 100 && got.data[2] == 102, "data");
    first = got.MessageId;
    expect(NtReplyPort(server, &got), STATUS_REPLY_MESSAGE_MISMATCH, "a datagram cannot be replied to");
    expect(NtReplyWaitReceivePort(to_client, NULL, NULL, &got), 0, "receive through the server's end");
    equal(got.data[0], 200, "the second datagram");
    check(got.MessageId != first, "message ids differ");
    message(&m, 2, 300);
    m.TotalLength += 4;
    expect(NtRequestPort(to_client, &m), 0, "the server sends a datagram");
    context = (PVOID)1;
    expect(NtReplyWaitReceivePort(to_server, &context, NULL, &got), 0, "the client receives it");
    equal((ULONG_PTR)context, 0, "without a context");
    equal(got.TotalLength, LPC_HEADER + 12, "a total length beyond the data is kept");
    equal(got.data[1], 301, "the server's data");
    message(&m, 1, 400);
    expect(NtRequestPort(server, &m), 0, "a datagram to the port of the name");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    equal(got.data[0], 400, "comes to itself");
    message(&m, 1, 0);
    m.Type = (SHORT)0x8000;
    expect(NtRequestPort(to_server, &m), 0, "a datagram that says it is the kernel's");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    equal(got.Type, LPC_DATAGRAM, "it is not");
    message(&m, 1, 0);
    m.Type = 4;
    expect(NtRequestPort(to_server, &m), 0, "a datagram with a type of its own");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    equal(got.Type, LPC_DATAGRAM, "is one like others, and no exception");
    message(&m, 0, 0);
    expect(NtRequestPort(to_server, &m), 0, "a datagram without data");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    equal(got.DataLength, 0, "has none");
}

/* Lengths are compared as unsigned numbers that were made of signed ones. */
static void lengths(void)
{
    static const struct { SHORT data, total; NTSTATUS status; const char *name; } cases[] = {
        {4, 27, STATUS_INVALID_PARAMETER, "data beyond the total"},
        {0, 23, STATUS_INVALID_PARAMETER, "total smaller than a header"},
        {0, 0, STATUS_INVALID_PARAMETER, "no lengths"},
        {80, 105, STATUS_PORT_MESSAGE_TOO_LONG, "longer than the port takes"},
        {0, 0x7fff, STATUS_PORT_MESSAGE_TOO_LONG, "much longer"},
        {0, -1, STATUS_PORT_MESSAGE_TOO_LONG, "negative total"},
        {-24, 24, STATUS_PORT_MESSAGE_TOO_LONG, "data of minus a header"},
        {-25, 24, STATUS_INVALID_PARAMETER, "data of less"},
        {-1, 100, STATUS_PORT_MESSAGE_TOO_LONG, "negative data"},
    };
    MSG m, reply;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        message(&m, 20, 0);
        m.DataLength = cases[i].data;
        m.TotalLength = cases[i].total;
        expect(NtRequestPort(to_server, &m), cases[i].status, cases[i].name);
        if (NtRequestWaitReplyPort(to_server, &m, &reply) != cases[i].status)
            check(FALSE, "request judged otherwise");
        m.MessageId = 1;
        if (NtReplyPort(server, &m) != cases[i].status)
            check(FALSE, "reply judged otherwise");
    }
    message(&m, 19, 0);
    expect(NtRequestPort(to_server, &m), 0, "as long as the port takes");
    NtReplyWaitReceivePort(server, NULL, NULL, &reply);
    equal(reply.data[18], 18, "its last word");
}

static void errors(void)
{
    MSG m, reply;
    HANDLE event, weak;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    faults(BAD_IN, p, NtRequestPort(to_server, p), "datagram, message");
    faults(BAD_IN, p, NtRequestWaitReplyPort(to_server, p, &reply), "request, message");
    message(&m, 1, 0);
    faults(BAD_OUT, p, NtRequestWaitReplyPort(to_server, &m, p), "request, reply");
    faults(BAD_IN, p, NtReplyPort(server, p), "reply, message");
    faults(BAD_IN, p, NtReplyWaitReplyPort(server, p), "reply and wait, message");
    faults(BAD_IN_OPTIONAL, p, NtReplyWaitReceivePort(server, NULL, p, &m), "receive, reply");
    faults(BAD_OUT, p, NtReplyWaitReceivePort(server, NULL, NULL, p), "receive, message");
    faults(BAD_OUT_OPTIONAL, p, NtReplyWaitReceivePort(server, p, NULL, &m), "receive, context");
    expect(NtRequestPort(to_server, (MSG *)((char *)&m + 2)), STATUS_DATATYPE_MISALIGNMENT, "datagram, misaligned");
    NtDuplicateObject(NtCurrentProcess(), to_server, NtCurrentProcess(), &weak, READ_CONTROL, 0, 0);
    expect(NtRequestPort(weak, &m), 0, "datagram, no rights are asked for");
    expect(NtReplyWaitReceivePort(server, NULL, NULL, &reply), 0, "and it arrives");
    expect(NtRegisterThreadTerminatePort(weak), STATUS_ACCESS_DENIED, "register, without the rights");
    NtClose(weak);
    message(&m, 1, 0);
    expect(NtRequestPort((HANDLE)0x7ff0, &m), STATUS_INVALID_HANDLE, "datagram, no such handle");
    expect(NtRequestPort(event, &m), STATUS_OBJECT_TYPE_MISMATCH, "datagram, an event");
    expect(NtRequestWaitReplyPort(event, &m, &reply), STATUS_OBJECT_TYPE_MISMATCH, "request, an event");
    expect(NtReplyWaitReceivePort(event, NULL, NULL, &m), STATUS_OBJECT_TYPE_MISMATCH, "receive, an event");
    expect(NtListenPort(event, &m), STATUS_OBJECT_TYPE_MISMATCH, "listen, an event");
    m.DataInfoOffset = LPC_HEADER;
    expect(NtRequestPort(to_server, &m), STATUS_INVALID_PARAMETER, "datagram with a description of memory");
    for (int type = LPC_REPLY; type <= LPC_CONNECTION_REQUEST; type++) {
        message(&m, 1, 0);
        m.Type = (SHORT)type;
        if (NtRequestWaitReplyPort(to_server, &m, &reply) != (NTSTATUS)STATUS_INVALID_PARAMETER)
            check(FALSE, "request of another type");
    }
    message(&m, 1, 0);
    expect(NtReplyPort(server, &m), STATUS_INVALID_PARAMETER, "reply to message 0");
    m.MessageId = 0x1234567;
    expect(NtReplyPort(server, &m), STATUS_INVALID_CID, "reply to nobody");
    m.ClientId = TEB_NOW->ClientId;
    expect(NtReplyPort(server, &m), STATUS_REPLY_MESSAGE_MISMATCH, "reply to a thread that does not wait");
    m.ClientId.UniqueProcess += 4;
    expect(NtReplyPort(server, &m), STATUS_INVALID_CID, "reply to a thread of another process");
    expect(NtReplyWaitReceivePort(server, NULL, &m, &reply), STATUS_INVALID_CID, "reply and receive, nobody");
    expect(NtReplyWaitReplyPort(server, &m), STATUS_INVALID_CID, "reply and wait, nobody");
    NtClose(event);
}

typedef struct { HANDLE port; MSG request, reply; NTSTATUS status; } ASK;

static NTSTATUS asking(PVOID argument)
{
    ASK *ask = argument;
    return ask->status = NtRequestWaitReplyPort(ask->port, &ask->request, &ask->reply);
}

static HANDLE ask_in_thread(ASK *ask, HANDLE port, int words, ULONG first)
{
    ask->port = port;
    ask->status = 1;
    message(&ask->request, words, first);
    return thread_start(asking, ask);
}

static void requests(void)
{
    static ASK ask;
    HANDLE thread = ask_in_thread(&ask, to_server, 5, 500), port, other_client, other_server;
    MSG m = {0}, copy;
    PVOID context = NULL;
    CLIENT_ID client;
    expect(NtReplyWaitReceivePort(server, &context, NULL, &m), 0, "receive a request");
    equal(m.Type, LPC_REQUEST, "request: type");
    equal((ULONG_PTR)context, 0x1234, "request: context");
    equal(m.data[4], 504, "request: data");
    equal(m.CallbackId, 0, "request: no callback");
    client = m.ClientId;
    copy = m;
    copy.MessageId++;
    expect(NtReplyPort(server, &copy), STATUS_REPLY_MESSAGE_MISMATCH, "reply to another message");
    copy = m;
    copy.ClientId = TEB_NOW->ClientId;
    expect(NtReplyPort(server, &copy), STATUS_REPLY_MESSAGE_MISMATCH, "reply to another thread");
    NtCreatePort(&port, named(NULL, 0), 0, 100, 0);
    expect(NtReplyPort(port, &m), STATUS_REPLY_MESSAGE_MISMATCH, "reply through a stranger's port");
    NtClose(port);
    check(connect_pair(server, NAME, NULL, &other_client, &other_server), "a second connection");
    expect(NtReplyPort(other_server, &m), STATUS_REPLY_MESSAGE_MISMATCH, "reply through another connection");
    expect(NtReplyPort(other_client, &m), STATUS_REPLY_MESSAGE_MISMATCH, "reply through another client's end");
    NtClose(other_client);
    NtReplyWaitReceivePort(server, &context, NULL, &copy);
    equal((ULONG_PTR)context, (ULONG_PTR)other_server, "without a context it is the handle of the server's end");
    NtClose(other_server);
    m.data[0] = 600;
    m.DataLength = 8;
    m.TotalLength = LPC_HEADER + 12;
    m.CallbackId = 0x42;
    m.Type = 0x77;
    expect(NtReplyPort(server, &m), 0, "reply");
    equal(m.Type, 0x77, "the reply keeps its type for its sender");
    expect(thread_join(thread), 0, "the client goes on");
    equal(ask.reply.Type, LPC_REPLY, "reply: type");
    equal(ask.reply.data[0], 600, "reply: data");
    equal(ask.reply.DataLength, 8, "reply: data length");
    equal(ask.reply.TotalLength, LPC_HEADER + 12, "reply: total length");
    equal(ask.reply.MessageId, m.MessageId, "reply: message id");
    equal(ask.reply.CallbackId, 0x42, "reply: whatever stood there");
    equal(ask.reply.ClientId.UniqueThread, client.UniqueThread, "reply: client id");
    equal(ask.request.Type, 0, "the request keeps its type");
    equal(ask.request.MessageId, 0, "and has no id");
    expect(NtReplyPort(server, &m), STATUS_INVALID_CID, "reply twice");
}

/* Reply and receive in one call, through the server's end; and the client's side serving a request. */
static void chains(void)
{
    static ASK one, two;
    HANDLE first = ask_in_thread(&one, to_server, 1, 700), second;
    MSG m, reply;
    NtReplyWaitReceivePort(to_client, NULL, NULL, &m);
    second = ask_in_thread(&two, to_server, 1, 800);
    reply = m;
    reply.data[0]++;
    expect(NtReplyWaitReceivePort(to_client, NULL, &reply, &m), 0, "reply and receive");
    equal(m.data[0], 800, "the second request");
    expect(thread_join(first), 0, "the first client");
    equal(one.reply.data[0], 701, "its reply");
    m.data[0]++;
    expect(NtReplyPort(to_client, &m), 0, "reply through the server's end");
    expect(thread_join(second), 0, "the second client");
    equal(two.reply.data[0], 801, "the second reply");
    first = ask_in_thread(&one, to_client, 1, 900);
    expect(NtReplyWaitReceivePort(to_server, NULL, NULL, &m), 0, "the client receives a request");
    equal(m.data[0], 900, "of the server");
    m.data[0]++;
    expect(NtReplyPort(to_server, &m), 0, "the client replies");
    expect(thread_join(first), 0, "the server goes on");
    equal(one.reply.data[0], 901, "with its reply");
    first = ask_in_thread(&one, server, 1, 1000);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    expect(NtReplyPort(server, &m), 0, "a request to the port of the name");
    expect(thread_join(first), 0, "can be replied to");
}

static void unconnected(void)
{
    static ASK ask;
    HANDLE port, thread;
    MSG m;
    NtCreatePort(&port, named(NULL, 0), 0, 100, 0);
    message(&m, 1, 5);
    expect(NtRequestPort(port, &m), 0, "a port without a name takes datagrams");
    expect(NtReplyWaitReceivePort(port, NULL, NULL, &m), 0, "and gives them back");
    equal(m.data[0], 5, "as they were");
    thread = ask_in_thread(&ask, port, 1, 6);
    NtReplyWaitReceivePort(port, NULL, NULL, &m);
    m.data[0] = 7;
    expect(NtReplyPort(port, &m), 0, "and requests");
    expect(thread_join(thread), 0, "and replies");
    equal(ask.reply.data[0], 7, "with data");
    NtClose(port);
}

/* A message may describe memory of its sender, which the server then reads and writes. */
static void described(void)
{
    static ASK ask;
    static ULONG text[4] = {1, 2, 3, 4};
    ULONG there[4] = {0}, done = 0, fifth = 5;
    HANDLE thread;
    MSG m;
    ask.port = to_server;
    message(&ask.request, 6, 0);
    ask.request.DataInfoOffset = LPC_HEADER;
    ask.request.data[0] = 2;
    ask.request.data[1] = (ULONG_PTR)text;
    ask.request.data[2] = 12;
    ask.request.data[3] = 0x10;
    ask.request.data[4] = 16;
    thread = thread_start(asking, &ask);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.DataInfoOffset, LPC_HEADER, "a request that describes memory");
    expect(NtReadRequestData(to_client, &m, 0, there, 12, &done), 0, "read it");
    equal(done, 12, "so many bytes");
    check(there[0] == 1 && there[2] == 3 && !there[3], "they are the client's");
    expect(NtReadRequestData(server, &m, 0, there, 4, NULL), 0, "read less, through the port of the name");
    expect(NtReadRequestData(to_client, &m, 0, there, 16, &done), STATUS_INVALID_PARAMETER, "read more than is described");
    expect(NtReadRequestData(to_client, &m, 2, there, 4, &done), STATUS_INVALID_PARAMETER, "read, no such entry");
    expect(NtReadRequestData(to_client, &m, 1, there, 4, &done), STATUS_PARTIAL_COPY, "read what the client does not have");
    expect(NtWriteRequestData(to_client, &m, 0, &fifth, 4, &done), 0, "write");
    equal(text[0], 5, "the client has it");
    equal(done, 4, "so many bytes written");
    expect(NtWriteRequestData(to_client, &m, 0, &fifth, 13, &done), STATUS_INVALID_PARAMETER, "write more than is described");
    faults(BAD_IN, p, NtReadRequestData(to_client, p, 0, there, 4, NULL), "read, message");
    faults(BAD_OUT, p, NtReadRequestData(to_client, &m, 0, p, 4, NULL), "read, buffer");
    expect(NtReadRequestData((HANDLE)0x7ff0, &m, 0, there, 4, NULL), STATUS_INVALID_HANDLE, "read, no such handle");
    m.DataInfoOffset = 0;
    expect(NtReadRequestData(to_client, &m, 0, there, 4, NULL), STATUS_INVALID_PARAMETER, "read, nothing described");
    m.DataInfoOffset = LPC_HEADER;
    NtReplyPort(server, &m);
    thread_join(thread);
    expect(NtReadRequestData(to_client, &m, 0, there, 4, NULL), STATUS_INVALID_CID, "read, replied to already");
    ask.request.DataInfoOffset = 20;
    expect(NtRequestWaitReplyPort(to_server, &ask.request, &m), STATUS_INVALID_PARAMETER, "a description inside the header");
    ask.request.DataInfoOffset = LPC_HEADER + 16;
    expect(NtRequestWaitReplyPort(to_server, &ask.request, &m), STATUS_INVALID_PARAMETER, "a description beyond the end");
    ask.request.DataInfoOffset = LPC_HEADER;
    ask.request.data[0] = 3;
    expect(NtRequestWaitReplyPort(to_server, &ask.request, &m), STATUS_INVALID_PARAMETER, "more entries than there is room for");
    ask.request.data[0] = 0x20000001;
    expect(NtRequestWaitReplyPort(to_server, &ask.request, &m), STATUS_INVALID_PARAMETER, "very many entries");
}

static void queries(void)
{
    ULONG value, length;
    LONG(NTAPI *told)(void) = procedure("NtQueryPortInformationProcess");
    expect(NtQueryInformationPort(NULL, 0, &value, 4, &length), STATUS_INVALID_INFO_CLASS, "query, no port");
    expect(NtQueryInformationPort((HANDLE)0x7ff0, 0, &value, 4, &length), STATUS_INVALID_HANDLE, "query, no such handle");
    expect(NtQueryInformationPort(server, 0, &value, 4, &length), STATUS_ACCESS_DENIED, "query asks for GENERIC_READ itself");
    faults(BAD_OUT, p, NtQueryInformationPort(server, 0, p, 4, &length), "query, information");
    equal(told != NULL, nt_at_least(5, 1), "XP has NtQueryPortInformationProcess");
    if (told)
        equal(told(), 0, "nobody hears of exceptions");
    expect(child_run("exceptions"), 1, "with an exception port somebody does");
}

/* Once it is set, an exception port stays for the life of the process. */
NTSTATUS child_main(const char *what)
{
    enum { ProcessExceptionPort = 8 };
    LONG(NTAPI *told)(void) = procedure("NtQueryPortInformationProcess");
    HANDLE port;
    (void)what;
    if (NtCreatePort(&port, named(NULL, 0), 0, 200, 0) ||
        NtSetInformationProcess(NtCurrentProcess(), ProcessExceptionPort, &port, sizeof(port)))
        return 5;
    return told ? told() : 1;
}

/* Windows 2000 has calls for channels, which do nothing. */
static void channels(void)
{
    static const char *const names[] = {"NtCreateChannel", "NtOpenChannel", "NtListenChannel", "NtSendWaitReplyChannel",
                                        "NtReplyWaitSendChannel", "NtSetContextChannel"};
    NTSTATUS(NTAPI *two)(PVOID, PVOID), (NTAPI *three)(PVOID, ULONG, PVOID), (NTAPI *four)(HANDLE, PVOID, ULONG, PVOID),
        (NTAPI *one)(PVOID);
    for (int i = 0; i < 6; i++)
        if (!!procedure(names[i]) != !nt_at_least(5, 1))
            check(FALSE, "channels are Windows 2000's");
    if (nt_at_least(5, 1))
        return;
    for (int i = 0; i < 3; i++) {
        two = procedure(names[i]);
        expect(two(NULL, NULL), STATUS_NOT_IMPLEMENTED, names[i]);
    }
    four = procedure(names[3]);
    expect(four(NULL, NULL, 4, NULL), STATUS_NOT_IMPLEMENTED, names[3]);
    three = procedure(names[4]);
    expect(three(NULL, 4, NULL), STATUS_NOT_IMPLEMENTED, names[4]);
    one = procedure(names[5]);
    expect(one(NULL), STATUS_NOT_IMPLEMENTED, names[5]);
}

void test_main(void)
{
    ULONG ports = ports_now();
    expect(NtCreatePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a port");
    check(connect_pair(server, NAME, (PVOID)0x1234, &to_server, &to_client), "connect to it");
    datagrams();
    lengths();
    errors();
    requests();
    chains();
    unconnected();
    described();
    queries();
    channels();
    NtClose(to_server);
    NtClose(to_client);
    NtClose(server);
    ports_gone(ports);
}
