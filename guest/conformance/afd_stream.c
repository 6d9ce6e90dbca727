/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stream sockets by their controls: making, binding, listening, connecting, data, ends.
 * Known from: MSDN on bind, listen, accept, connect, recv, send, shutdown; Wine's dlls/ws2_32/tests/{afd,sock}.c.
 */
#include "ntapi_afd.h"

static char buffer[64];

static void making(void)
{
    HANDLE socket = NULL;
    char name[16];
    expect(open_afd(&socket, 0), 0, "open");
    expect(create(socket, 77, STREAM, 0), WSA(47), "no such family");
    expect(create(socket, INET, 99, 0), WSA(44), "no such type");
    expect(create(socket, INET, STREAM, 99), WSA(43), "no such protocol");
    expect(control(socket, NET_CREATE, name, 8, NULL, 0), STATUS_INVALID_PARAMETER, "create, short");
    expect(create(socket, INET, STREAM, 6), 0, "create");
    int info[3] = {0};
    expect(control(socket, NET_GET_INFO, NULL, 0, info, sizeof(info)), 0, "info");
    check(info[0] == INET && info[1] == STREAM && info[2] == 6, "family, type, protocol");
    expect(control(socket, NET_GET_INFO, NULL, 0, info, 8), STATUS_BUFFER_TOO_SMALL, "info, short");
    expect(control(socket, AFD_GETSOCKNAME, NULL, 0, name, sizeof(name)), STATUS_INVALID_PARAMETER, "name of an unbound one");
    expect(control(socket, NET_GETPEERNAME, NULL, 0, name, sizeof(name)), STATUS_INVALID_CONNECTION, "peer of an unconnected one");
    expect(receive(socket, buffer, 1, 0), STATUS_INVALID_CONNECTION, "receive, unconnected");
    expect(send(socket, "x", 1), STATUS_INVALID_CONNECTION, "send, unconnected");
    expect(listen_on(socket, 1), STATUS_INVALID_PARAMETER, "listen, unbound");
    expect(control(socket, NET(230 + 700), NULL, 0, NULL, 0), STATUS_NOT_SUPPORTED, "no such control");
    NtClose(socket);
}

static void binding(void)
{
    HANDLE first = new_socket(STREAM), second = new_socket(STREAM);
    ADDRESS name = {0}, saved;
    expect(bind_to(first, 0), 0, "bind to any port");
    saved = bound;
    check(bound.family == INET && bound.port && bound.address == LOOPBACK, "the address that it got");
    equal(io.Information, sizeof(bound), "how long it is");
    expect(bind_to(first, 0), STATUS_ADDRESS_ALREADY_ASSOCIATED, "bind again");
    expect(control(first, AFD_GETSOCKNAME, NULL, 0, &name, sizeof(name)), 0, "name");
    check(same_memory(&name, &saved, sizeof(name)), "it is the same");
    expect(control(first, AFD_GETSOCKNAME, NULL, 0, &name, 15), STATUS_BUFFER_TOO_SMALL, "name, short");
    expect(bind_to(second, swap16(saved.port)), STATUS_SHARING_VIOLATION, "bind to a taken port");
    struct { int unused; ADDRESS address; } in = {0, at_port(0)};
    in.address.family = 77;
    expect(control(second, AFD_BIND, &in, sizeof(in), &name, sizeof(name)), STATUS_INVALID_ADDRESS, "bind to no such family");
    in.address = at_port(0);
    in.address.address = 0x01010101;
    expect(control(second, AFD_BIND, &in, sizeof(in), &name, sizeof(name)), STATUS_INVALID_ADDRESS_COMPONENT, "not our address");
    NtClose(first);
    expect(bind_to(second, swap16(saved.port)), 0, "it is free once closed");
    NtClose(second);
}

static void connecting(void)
{
    HANDLE listening = listener(), client = new_socket(STREAM), server = NULL;
    ADDRESS target = bound, name, peer;
    equal(get_number(listening, NET_GET_ACCEPTCONN), 1, "it listens");
    equal(get_number(client, NET_GET_ACCEPTCONN), 0, "it does not");
    expect(set_number(listening, NET_FIONBIO, 1), 0, "the listener shall not block");
    expect(accept_from(listening, &server), STATUS_DEVICE_NOT_READY, "nobody there");
    expect(set_number(listening, NET_FIONBIO, 0), 0, "it shall");
    expect(connect_to(listening, target), STATUS_INVALID_PARAMETER, "connect a listener");
    expect(connect_to(client, target), 0, "connect");
    expect(connect_to(client, target), STATUS_CONNECTION_ACTIVE, "connect again");
    expect(accept_from(listening, &server), 0, "accept");
    expect(control(client, AFD_GETSOCKNAME, NULL, 0, &name, sizeof(name)), 0, "the client's name");
    expect(control(server, NET_GETPEERNAME, NULL, 0, &peer, sizeof(peer)), 0, "the server's peer");
    check(same_memory(&name, &peer, sizeof(name)), "are the same");
    expect(control(server, AFD_GETSOCKNAME, NULL, 0, &name, sizeof(name)), 0, "the server's name");
    check(name.port == target.port && name.address == LOOPBACK, "is what was connected to");
    expect(send(client, "hello", 5), 0, "send");
    equal(io.Information, 5, "all of it");
    equal(poll_for(server, POLL_READ, SECONDS(5)), POLL_READ, "it arrives");
    equal(get_number(server, NET_FIONREAD), 5, "so much is there");
    expect(receive(server, buffer, sizeof(buffer), PEEK), 0, "peek");
    equal(io.Information, 5, "sees it");
    expect(receive(server, buffer, 2, 0), 0, "receive a part");
    expect(receive(server, buffer + 2, 20, 0), 0, "and the rest");
    equal(io.Information, 3, "the rest's length");
    check(same_memory(buffer, "hello", 5), "it is what was sent");
    expect(set_number(server, NET_FIONBIO, 1), 0, "do not block");
    expect(receive(server, buffer, 1, 0), STATUS_DEVICE_NOT_READY, "nothing there");
    ULONG how = 1;
    expect(control(client, NET_SHUTDOWN, &how, sizeof(how), NULL, 0), 0, "the client sends no more");
    expect(send(client, "x", 1), STATUS_PIPE_DISCONNECTED, "it cannot");
    equal(poll_for(server, POLL_HUP, SECONDS(5)), POLL_HUP, "the server hears");
    expect(receive(server, buffer, 1, 0), 0, "the end of data");
    equal(io.Information, 0, "is no data");
    expect(send(server, "bye", 3), 0, "the other way is open");
    expect(receive(client, buffer, 10, 0), 0, "receive");
    equal(io.Information, 3, "what was sent");
    how = 0;
    expect(control(client, NET_SHUTDOWN, &how, sizeof(how), NULL, 0), 0, "the client receives no more");
    expect(receive(client, buffer, 1, 0), STATUS_PIPE_DISCONNECTED, "it cannot receive");
    how = 3;
    expect(control(client, NET_SHUTDOWN, &how, sizeof(how), NULL, 0), STATUS_INVALID_PARAMETER, "shut what down?");
    NtClose(client);
    NtClose(server);
    NtClose(listening);
    client = new_socket(STREAM);
    expect(connect_to(client, target), STATUS_CONNECTION_REFUSED, "nobody listens any more");
    expect(set_number(client, NET_FIONBIO, 1), 0, "do not block at this");
    NTSTATUS status = connect_to(client, target);
    check(status == (NTSTATUS)STATUS_DEVICE_NOT_READY || status == (NTSTATUS)STATUS_CONNECTION_REFUSED, "connect, not blocking");
    equal(poll_for(client, POLL_CONNECT_ERR | POLL_WRITE, SECONDS(5)), POLL_CONNECT_ERR, "it fails");
    equal(get_number(client, NET_GET_ERROR), 10061, "with this error");
    NtClose(client);
}

static void resetting(void)
{
    HANDLE client, server;
    USHORT linger[2] = {1, 0};
    connection(&client, &server);
    expect(control(client, NET_SET_LINGER, linger, sizeof(linger), NULL, 0), 0, "reset instead of an orderly end");
    linger[0] = 0;
    expect(control(client, NET_GET_LINGER, NULL, 0, linger, sizeof(linger)), 0, "ask");
    check(linger[0] == 1 && linger[1] == 0, "it is so");
    NtClose(client);
    equal(poll_for(server, POLL_READ | POLL_HUP | POLL_RESET, SECONDS(5)) & POLL_RESET, POLL_RESET, "the server hears of that");
    expect(receive(server, buffer, 1, 0), STATUS_CONNECTION_RESET, "receive after a reset");
    expect(send(server, "x", 1), STATUS_CONNECTION_RESET, "send after a reset");
    NtClose(server);
}

static NTSTATUS late(PVOID argument)
{
    sleep_ms(50);
    return send(argument, "late", 4);
}

static NTSTATUS caller(PVOID argument)
{
    HANDLE client = new_socket(STREAM);
    NTSTATUS status;
    sleep_ms(50);
    status = connect_to(client, *(ADDRESS *)argument);
    if (!status)
        status = send(client, "first", 5);
    sleep_ms(20);
    NtClose(client);
    return status;
}

static void waiting(void)
{
    HANDLE client, server, listening, thread, event, event2;
    IO_STATUS_BLOCK block;
    connection(&client, &server);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&event2, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);

    static ULONG flags;
    static SPAN spans[2] = {{2, buffer}, {10, buffer + 10}};
    RECVMSG in = {0, 0, 0, (ULONG)&flags, 1, 2, (ULONG)spans};
    expect(NtDeviceIoControlFile(server, event, NULL, NULL, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0), STATUS_PENDING,
           "receive, later");
    expect(wait_ms(event, 30), STATUS_TIMEOUT, "not yet");
    thread = thread_start(late, client);
    expect(wait_ms(event, 5000), 0, "now");
    thread_join(thread);
    expect(block.Status, 0, "it went well");
    equal(block.Information, 4, "its length");
    check(same_memory(buffer, "la", 2) && same_memory(buffer + 10, "te", 2), "in both buffers");

    expect(NtDeviceIoControlFile(server, event, NULL, NULL, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0), STATUS_PENDING,
           "receive, and give up");
    expect(NtCancelIoFile(server, &io), 0, "cancel");
    expect(wait_ms(event, 5000), 0, "it is over");
    expect(block.Status, STATUS_CANCELLED, "so");

    expect(set_number(server, NET_SET_RCVTIMEO, 30), 0, "a time-out");
    equal(get_number(server, NET_GET_RCVTIMEO), 30, "that is it");
    expect(receive(server, buffer, 1, 0), STATUS_IO_TIMEOUT, "nothing in time");

    expect(NtDeviceIoControlFile(server, event, NULL, NULL, &block, NET_RECVMSG, &in, sizeof(in), NULL, 0), STATUS_PENDING,
           "receive, and close");
    NtClose(server);
    expect(wait_ms(event, 5000), 0, "closing ends it");
    expect(block.Status, STATUS_CANCELLED, "cancelled");
    NtClose(client);

    listening = listener();
    ADDRESS target = bound;
    thread = thread_start(caller, &target);
    expect(accept_from(listening, &server), 0, "accept waits");
    expect(receive(server, buffer, 20, 0), 0, "receive from the caller");
    expect(thread_join(thread), 0, "the caller");
    NtClose(server);

    server = new_socket(STREAM);
    ULONG into[3] = {(ULONG)server, 16, 32};
    static UCHAR answer[16 + 32 + 32];
    expect(NtDeviceIoControlFile(listening, event, NULL, NULL, &block, NET_ACCEPT_INTO, into, sizeof(into), answer, sizeof(answer)),
           STATUS_PENDING, "accept into a socket");
    expect(NtDeviceIoControlFile(listening, event2, NULL, NULL, &io, NET_ACCEPT_INTO, into, sizeof(into), answer, sizeof(answer)),
           STATUS_INVALID_PARAMETER, "twice");
    thread = thread_start(caller, &target);
    expect(wait_ms(event, 5000), 0, "somebody called");
    expect(thread_join(thread), 0, "the second caller");
    expect(block.Status, 0, "it went well with the second");
    equal(block.Information, 5, "the first data's length");
    check(same_memory(answer, "first", 5), "the first data");
    equal(*(ULONG *)(answer + 16), 16, "the local address' length");
    equal(((ADDRESS *)(answer + 20))->port, target.port, "the local port");
    equal(*(ULONG *)(answer + 48), 16, "the remote address' length");
    equal(((ADDRESS *)(answer + 52))->address, LOOPBACK, "the remote address");
    expect(receive(server, buffer, 20, 0), 0, "the end");
    equal(io.Information, 0, "is empty");
    NtClose(server);
    NtClose(listening);
    NtClose(event);
    NtClose(event2);
}

void test_main(void)
{
    making();
    binding();
    connecting();
    resetting();
    waiting();
}
