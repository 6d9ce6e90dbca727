/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Polls (select, WSAPoll) and selected events (WSAEventSelect), completion ports, APCs.
 * Known from: MSDN on select, WSAEventSelect, WSAEnumNetworkEvents; Wine's dlls/ws2_32/tests/afd.c (test_poll, test_event_select).
 */
#include "ntapi_afd.h"

static char buffer[1 << 16];

static void polls(void)
{
    HANDLE client, server, listening = listener(), event;
    ADDRESS target = bound;
    struct { LONGLONG timeout; ULONG count, exclusive, socket, flags, status; } in = {0}, out;
    IO_STATUS_BLOCK block;
    equal(poll_for(listening, POLL_ACCEPT, 0), 0, "nobody calls");
    equal(poll_for(listening, POLL_ACCEPT, -200000), 0, "for 20 ms");
    client = new_socket(STREAM);
    equal(poll_for(client, ~0u, 0), 0, "nothing of an unconnected one");
    expect(connect_to(client, target), 0, "connect");
    equal(poll_for(listening, ~0u, SECONDS(5)), POLL_ACCEPT, "somebody calls");
    accept_from(listening, &server);
    equal(poll_for(client, ~0u, 0), POLL_WRITE | POLL_CONNECT, "it is connected and may send");
    equal(poll_for(client, POLL_READ, 0), 0, "nothing to receive");
    send(server, "x", 1);
    equal(poll_for(client, POLL_READ | POLL_HUP, FOREVER), POLL_READ, "now there is");
    receive(client, buffer, 1, 0);

    in.socket = (ULONG)client;
    in.count = 1;
    in.flags = POLL_READ;
    expect(NtDeviceIoControlFile(client, NULL, NULL, NULL, &block, AFD_POLL, &in, 27, &out, 28), STATUS_INVALID_PARAMETER,
           "poll, short");
    in.count = 2;
    expect(NtDeviceIoControlFile(client, NULL, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_INVALID_PARAMETER,
           "poll more than there is");
    in.count = 0;
    expect(NtDeviceIoControlFile(client, NULL, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_INVALID_PARAMETER,
           "poll nothing");
    in.count = 1;
    in.socket = 0xdead;
    expect(NtDeviceIoControlFile(client, NULL, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_INVALID_HANDLE,
           "poll a bad handle");

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    in.socket = (ULONG)client;
    in.timeout = FOREVER;
    expect(NtDeviceIoControlFile(listening, event, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_PENDING, "wait");
    expect(wait_ms(event, 20), STATUS_TIMEOUT, "for what comes");
    send(server, "y", 1);
    expect(wait_ms(event, 5000), 0, "it comes");
    equal(block.Information, 28, "the answer's length");
    check(out.count == 1 && out.flags == POLL_READ && out.socket == (ULONG)client && !out.status, "the answer");
    receive(client, buffer, 1, 0);

    expect(NtDeviceIoControlFile(listening, event, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_PENDING, "wait again");
    NtClose(client);
    expect(wait_ms(event, 5000), 0, "it is closed");
    check(out.count == 1 && out.flags == POLL_CLOSE, "it says");
    equal(poll_for(server, POLL_READ | POLL_HUP, SECONDS(5)), POLL_HUP, "the other side hears");
    in.socket = (ULONG)server;
    in.flags = POLL_OOB;
    expect(NtDeviceIoControlFile(listening, event, NULL, NULL, &block, AFD_POLL, &in, 28, &out, 28), STATUS_PENDING,
           "wait for what does not come");
    expect(NtCancelIoFile(listening, &io), 0, "cancel");
    expect(wait_ms(event, 5000), 0, "it ends");
    expect(block.Status, STATUS_CANCELLED, "cancelled");
    NtClose(server);
    NtClose(listening);
    NtClose(event);
}

static HANDLE told;
static ULONG fetched[14];

static NTSTATUS select_events(HANDLE socket, HANDLE event, ULONG mask)
{
    ULONG in[2] = {(ULONG)event, mask};
    return control(socket, AFD_EVENT_SELECT, in, sizeof(in), NULL, 0);
}

/* The bits that have come, once the event is set; what went wrong as a status. */
static ULONG events_of(HANDLE socket)
{
    NTSTATUS status = wait_ms(told, 5000);
    NtResetEvent(told, NULL);
    if (!status)
        status = NtDeviceIoControlFile(socket, NULL, NULL, NULL, &io, AFD_GET_EVENTS, NULL, 0, fetched, sizeof(fetched));
    return status ? (ULONG)status : fetched[0];
}

static void events(void)
{
    HANDLE client = new_socket(STREAM), server, listening = listener(), sender;
    ADDRESS target = bound;
    ULONG sent = 0, how = 1;
    NtCreateEvent(&told, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(select_events(listening, (HANDLE)0xdead, POLL_ACCEPT), STATUS_INVALID_PARAMETER, "a bad event");
    expect(select_events(listening, told, POLL_ACCEPT), 0, "select");
    expect(set_number(listening, NET_FIONBIO, 0), STATUS_INVALID_PARAMETER, "it must not block now");
    expect(wait_ms(told, 0), STATUS_TIMEOUT, "nothing happened");
    connect_to(client, target);
    equal(events_of(listening), POLL_ACCEPT, "somebody calls the one that is selected");
    expect(wait_ms(told, 20), STATUS_TIMEOUT, "that is told once");
    accept_from(listening, &server);
    NtClose(listening);

    expect(select_events(server, told, POLL_READ | POLL_WRITE | POLL_HUP), 0, "select at the connection");
    equal(events_of(server), POLL_WRITE, "it may send");
    send(client, "ab", 2);
    equal(events_of(server), POLL_READ, "there is something");
    expect(wait_ms(told, 20), STATUS_TIMEOUT, "that is told once as well");
    receive(server, buffer, 1, 0);
    equal(events_of(server), POLL_READ, "and again once one received");
    receive(server, buffer, 1, 0);
    while (!send(server, buffer, sizeof(buffer)))
        sent += io.Information;
    check(sent > sizeof(buffer) - 1, "fill the connection");
    expect(wait_ms(told, 20), STATUS_TIMEOUT, "it may send no more");
    while (sent) {
        if (receive(client, buffer, sizeof(buffer), 0))
            break;
        sent -= io.Information;
    }
    equal(sent, 0, "all of it arrives");
    equal(events_of(server), POLL_WRITE, "it may send again");
    control(client, NET_SHUTDOWN, &how, sizeof(how), NULL, 0);
    equal(events_of(server), POLL_HUP, "the end");
    equal(fetched[4], 0, "an orderly one");
    NtSetEvent(told, NULL);
    expect(NtDeviceIoControlFile(server, NULL, NULL, NULL, &io, AFD_GET_EVENTS, told, 0, fetched, sizeof(fetched)), 0,
           "an event instead of an input buffer");
    expect(wait_ms(told, 0), STATUS_TIMEOUT, "is reset");
    expect(NtDeviceIoControlFile(server, NULL, NULL, NULL, &io, AFD_GET_EVENTS, NULL, 0, fetched, 55), STATUS_INVALID_PARAMETER,
           "fetch, short");
    expect(select_events(server, NULL, 0), 0, "select nothing");
    NtClose(client);
    NtClose(server);

    sender = new_socket(STREAM);
    expect(select_events(sender, told, POLL_CONNECT | POLL_CONNECT_ERR), 0, "select before connecting");
    NTSTATUS status = connect_to(sender, target);
    check(status == STATUS_DEVICE_NOT_READY || status == STATUS_CONNECTION_REFUSED, "nobody there");
    if (status == STATUS_DEVICE_NOT_READY) {
        equal(events_of(sender), POLL_CONNECT_ERR, "it fails");
        equal(fetched[1 + 8], STATUS_CONNECTION_REFUSED, "for this reason");
    }
    NtClose(sender);
    NtClose(told);
}

static ULONG called, called_context, called_status;

static void NTAPI routine(PVOID context, IO_STATUS_BLOCK *block, ULONG reserved)
{
    (void)reserved;
    called++;
    called_context = (ULONG)context;
    called_status = block->Status;
}

static void ends(void)
{
    HANDLE client, server, port;
    IO_STATUS_BLOCK block, packet;
    static ULONG flags;
    static SPAN span = {sizeof(buffer), buffer};
    RECVMSG in = {0, 0, 0, (ULONG)&flags, 1, 1, (ULONG)&span};
    PVOID key, context;
    connection(&client, &server);
    expect(NtDeviceIoControlFile(server, NULL, routine, (PVOID)0x1234, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0),
           STATUS_PENDING, "receive with an APC");
    send(client, "x", 1);
    for (int i = 0; i < 100 && !called; i++)
        NtDelayExecution(TRUE, relative_ms(50));
    check(called == 1 && called_context == 0x1234 && !called_status, "it is called");
    FILE_COMPLETION_INFORMATION assign = {0};
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    assign.Port = port;
    assign.Key = (PVOID)0x55;
    expect(NtSetInformationFile(server, &io, &assign, sizeof(assign), FileCompletionInformation), 0, "a port");
    expect(NtDeviceIoControlFile(server, NULL, NULL, (PVOID)0x4321, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0),
           STATUS_PENDING, "receive with a packet");
    send(client, "xy", 2);
    expect(NtRemoveIoCompletion(port, &key, &context, &packet, relative_ms(5000)), 0, "the packet");
    check(key == (PVOID)0x55 && context == (PVOID)0x4321, "whose it is");
    check(!packet.Status && packet.Information == 2, "what it says");
    send(client, "z", 1);
    poll_for(server, POLL_READ, SECONDS(5));
    NTSTATUS status = NtDeviceIoControlFile(server, NULL, NULL, (PVOID)0x77, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0);
    check(!status || status == STATUS_PENDING, "receive what is there");
    expect(NtRemoveIoCompletion(port, &key, &context, &packet, relative_ms(5000)), 0, "a packet for that as well");
    equal(packet.Information, 1, "its length");
    NtClose(client);
    NtClose(server);
    NtClose(port);
}

static void large(void)
{
    HANDLE client, server, event;
    IO_STATUS_BLOCK block;
    static UCHAR data[1 << 20];
    SPAN span = {sizeof(data), data};
    SENDMSG in = {0, 0, 0, 1, 1, (ULONG)&span};
    ULONG total = 0, sum = 0, expected = 0;
    connection(&client, &server);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    for (ULONG i = 0; i < sizeof(data); i++)
        expected += data[i] = (UCHAR)(i * 7 ^ i >> 9);
    for (int round = 0; round < 8; round++) {
        NTSTATUS status = NtDeviceIoControlFile(client, event, NULL, NULL, &block, NET_SENDMSG, &in, sizeof(in), NULL, 0);
        check(!status || status == STATUS_PENDING, round ? "send a megabyte more" + round : "send a megabyte");
        for (ULONG got = 0; got < sizeof(data); got += io.Information) {
            if (receive(server, buffer, sizeof(buffer), 0) || !io.Information)
                break;
            total += io.Information;
            for (ULONG i = 0; i < io.Information; i++)
                sum += (UCHAR)buffer[i];
        }
        wait_ms(event, 5000);
    }
    equal(total, 8 * sizeof(data), "everything arrives");
    equal(sum, 8 * expected, "as it was sent");
    equal(block.Information, sizeof(data), "all of it was sent at once");
    NtClose(event);
    NtClose(client);
    NtClose(server);
}

void test_main(void)
{
    polls();
    events();
    ends();
    large();
}
