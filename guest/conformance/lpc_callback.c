/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callbacks: while a client waits for a reply, its server sends it a request of its own, with the same message id; the client
 * answers and waits again in one call. Nested to any depth.
 * Known from: G. Nebbett, Native API Reference, ch. 12 (NtReplyWaitReplyPort, CallbackId); ReactOS' ntoskrnl/lpc/send.c for what is refused.
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-callback"

static HANDLE server, to_server, to_client;

typedef struct { MSG request, first, second, third; NTSTATUS got_first, got_second, got_third; } TALK;

/* Asks, is asked twice, and hears the answer. */
static NTSTATUS client(PVOID argument)
{
    TALK *talk = argument;
    message(&talk->request, 1, 1);
    talk->got_first = NtRequestWaitReplyPort(to_server, &talk->request, &talk->first);
    talk->second = talk->first;
    talk->second.data[0] += 100;
    talk->got_second = NtReplyWaitReplyPort(to_server, &talk->second);
    talk->third = talk->second;
    talk->third.data[0] += 100;
    talk->got_third = NtReplyWaitReplyPort(to_server, &talk->third);
    return 0;
}

static void callbacks(void)
{
    static TALK talk;
    HANDLE thread = thread_start(client, &talk);
    MSG original, m, reply, wrong;
    NtReplyWaitReceivePort(server, NULL, NULL, &original);
    equal(original.data[0], 1, "a request");
    m = original;
    m.Type = LPC_REQUEST;
    m.MessageId = 0;
    expect(NtRequestWaitReplyPort(to_client, &m, &reply), STATUS_INVALID_PARAMETER, "callback without a message id");
    m.MessageId = original.MessageId + 1;
    expect(NtRequestWaitReplyPort(to_client, &m, &reply), STATUS_REPLY_MESSAGE_MISMATCH, "callback for another message");
    m.MessageId = original.MessageId;
    m.ClientId.UniqueThread = 0xfff0;
    expect(NtRequestWaitReplyPort(to_client, &m, &reply), STATUS_INVALID_CID, "callback to nobody");
    m.ClientId = original.ClientId;
    m.data[0] = 2;
    expect(NtRequestWaitReplyPort(to_client, &m, &reply), 0, "callback");
    equal(reply.Type, LPC_REPLY, "its reply");
    equal(reply.data[0], 102, "with the client's data");
    equal(reply.MessageId, original.MessageId, "under the same message id");
    wrong = reply;
    wrong.ClientId = TEB_NOW->ClientId;
    expect(NtReplyPort(server, &wrong), STATUS_REPLY_MESSAGE_MISMATCH, "this thread does not wait any more");
    m.data[0] = 3;
    expect(NtRequestWaitReplyPort(to_client, &m, &reply), 0, "a second callback");
    equal(reply.data[0], 103, "and its reply");
    original.data[0] = 4;
    expect(NtReplyPort(server, &original), 0, "reply to the first request");
    thread_join(thread);
    expect(talk.got_first, 0, "the client got the callback");
    equal(talk.first.Type, LPC_REQUEST, "callback: type");
    equal(talk.first.data[0], 2, "callback: data");
    check(talk.first.CallbackId != 0, "callback: an id of its own");
    equal(talk.first.MessageId, original.MessageId, "callback: message id");
    equal(talk.first.ClientId.UniqueThread, TEB_NOW->ClientId.UniqueThread, "callback: the server's thread");
    expect(talk.got_second, 0, "the client got the second callback");
    equal(talk.second.data[0], 3, "the second callback: data");
    check(talk.second.CallbackId != talk.first.CallbackId, "the second callback: another id");
    expect(talk.got_third, 0, "the client got its reply");
    equal(talk.third.Type, LPC_REPLY, "reply: type");
    equal(talk.third.data[0], 4, "reply: data");
}

/* The client, called back, calls back in turn. */
static NTSTATUS nesting(PVOID argument)
{
    MSG m, inner;
    ULONG *seen = argument;
    message(&m, 1, 10);
    if (NtRequestWaitReplyPort(to_server, &m, &m))
        return 1;
    seen[0] = m.data[0];
    inner = m;
    inner.Type = LPC_REQUEST;
    inner.data[0] = 30;
    if (NtRequestWaitReplyPort(to_server, &inner, &inner))
        return 2;
    seen[1] = inner.data[0];
    m.data[0] = 50;
    if (NtReplyWaitReplyPort(to_server, &m))
        return 3;
    seen[2] = m.data[0];
    return 0;
}

static void nested(void)
{
    ULONG seen[3] = {0};
    HANDLE thread = thread_start(nesting, seen);
    MSG original, m, back;
    NtReplyWaitReceivePort(server, NULL, NULL, &original);
    m = original;
    m.Type = LPC_REQUEST;
    m.data[0] = 20;
    expect(NtRequestWaitReplyPort(to_client, &m, &back), 0, "callback that is answered by a callback");
    equal(back.Type, LPC_REQUEST, "it is a request");
    equal(back.data[0], 30, "of the client");
    back.data[0] = 40;
    expect(NtReplyWaitReplyPort(to_client, &back), 0, "the server answers and waits");
    equal(back.data[0], 50, "for the answer to its own callback");
    original.data[0] = 60;
    expect(NtReplyPort(to_client, &original), 0, "and replies at last");
    expect(thread_join(thread), 0, "the client ended well");
    equal(seen[0], 20, "the client's first");
    equal(seen[1], 40, "its second");
    equal(seen[2], 60, "its last");
}

void test_main(void)
{
    ULONG ports = ports_now();
    expect(NtCreatePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a port");
    check(connect_pair(server, NAME, NULL, &to_server, &to_client), "connect to it");
    callbacks();
    nested();
    NtClose(to_server);
    NtClose(to_client);
    NtClose(server);
    ports_gone(ports);
}
