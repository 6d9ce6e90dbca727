/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datagram sockets by their controls; IPv6; options.
 * Known from: MSDN on sendto, recvfrom, setsockopt, ioctlsocket; Wine's dlls/ws2_32/tests/{afd,sock}.c.
 */
#include "ntapi_afd.h"

static char buffer[64];

static void datagrams(void)
{
    HANDLE first = new_socket(DATAGRAM), second = new_socket(DATAGRAM);
    ADDRESS to, from = {0}, name;
    int length = sizeof(from);
    expect(bind_to(first, 0), 0, "bind");
    to = bound;
    expect(listen_on(first, 1), STATUS_NOT_SUPPORTED, "listen");
    expect(control(second, AFD_GETSOCKNAME, NULL, 0, &name, sizeof(name)), STATUS_INVALID_PARAMETER, "not bound yet");
    expect(control(second, NET_GETPEERNAME, NULL, 0, &name, sizeof(name)), STATUS_INVALID_CONNECTION, "nor connected");
    expect(send_to(second, "one", 3, 0, &to), 0, "send");
    equal(io.Information, 3, "all of it");
    expect(send_to(second, "", 0, 0, &to), 0, "send nothing");
    expect(send_to(second, "three", 5, 0, &to), 0, "send more");
    expect(control(second, AFD_GETSOCKNAME, NULL, 0, &name, sizeof(name)), 0, "sending binds");
    expect(receive_from(first, buffer, sizeof(buffer), 0, &from, &length), 0, "receive");
    equal(io.Information, 3, "one message");
    equal(length, sizeof(from), "the address' length");
    check(from.port == name.port && from.address == LOOPBACK, "who sent it");
    expect(receive_from(first, buffer, sizeof(buffer), 0, NULL, NULL), 0, "the empty message");
    equal(io.Information, 0, "is empty");
    expect(receive_from(first, buffer, 2, PEEK, NULL, NULL), STATUS_BUFFER_OVERFLOW, "peek with too small a buffer");
    equal(io.Information, 2, "as much as fits");
    expect(receive_from(first, buffer, 2, 0, NULL, NULL), STATUS_BUFFER_OVERFLOW, "receive with too small a buffer");
    set_number(first, NET_FIONBIO, 1);
    expect(receive_from(first, buffer, 2, 0, NULL, NULL), STATUS_DEVICE_NOT_READY, "the rest is lost");
    expect(connect_to(second, to), 0, "connect");
    expect(control(second, NET_GETPEERNAME, NULL, 0, &name, sizeof(name)), 0, "its peer");
    equal(name.port, to.port, "is that");
    expect(send(second, "x", 1), 0, "send to the peer");
    equal(poll_for(first, POLL_READ, SECONDS(5)), POLL_READ, "it arrives");
    equal(get_number(first, NET_FIONREAD), 1, "so much is there");
    expect(NtReadFile(first, NULL, NULL, NULL, &io, buffer, 10, NULL, NULL), 0, "read it as a file");
    equal(io.Information, 1, "its length");
    equal(buffer[0], 'x', "it is that");
    NtClose(first);
    NtClose(second);
}

typedef struct { USHORT family, port; ULONG flow; UCHAR address[16]; ULONG scope; } ADDRESS6;

static void sixes(void)
{
    HANDLE first, second;
    struct { int unused; ADDRESS6 address; } in = {0, {.family = INET6}};
    struct { int length, synchronous; ADDRESS6 address; } to = {sizeof(ADDRESS6), 1, {0}};
    ADDRESS6 name;
    HANDLE server;
    open_afd(&first, 0);
    open_afd(&second, 0);
    expect(create(first, INET6, STREAM, 6), 0, "create");
    expect(create(second, INET6, STREAM, 6), 0, "create another");
    in.address.address[15] = 1;
    if (control(first, AFD_BIND, &in, sizeof(in), &name, sizeof(name)) == (NTSTATUS)STATUS_INVALID_ADDRESS_COMPONENT) {
        tap_skip("IPv6", "the host has none");
    } else {
        to.address = name;
        check(name.family == INET6 && name.port && name.address[15] == 1, "the address that it got");
        expect(listen_on(first, 1), 0, "listen to it");
        expect(control(second, NET_CONNECT, &to, sizeof(to), NULL, 0), 0, "connect six");
        expect(accept_from(first, &server), 0, "accept");
        expect(control(second, NET_GETPEERNAME, NULL, 0, &name, sizeof(name)), 0, "its address");
        check(same_memory(&name, &to.address, sizeof(name)), "is as connected");
        expect(control(second, NET_GETPEERNAME, NULL, 0, &name, 16), STATUS_BUFFER_TOO_SMALL, "too small for that");
        NtClose(server);
    }
    NtClose(first);
    NtClose(second);
    first = new_socket(STREAM);
    expect(control(first, NET_CONNECT, &to, sizeof(to), NULL, 0), STATUS_NOT_SUPPORTED, "connect a four to a six");
    NtClose(first);
}

static void options(void)
{
    HANDLE socket = new_socket(STREAM), other = new_socket(STREAM);
    ULONG value;
    equal(get_number(socket, NET_GET_NODELAY), 0, "no delay, at first");
    expect(set_number(socket, NET_SET_NODELAY, 1), 0, "set");
    equal(get_number(socket, NET_GET_NODELAY), 1, "no delay, then");
    expect(set_number(socket, NET_SET_RCVBUF, 100000), 0, "buffer size");
    equal(get_number(socket, NET_GET_RCVBUF), 100000, "it is what was asked for");
    expect(control(socket, NET_GET_RCVBUF, NULL, 0, &value, 3), STATUS_BUFFER_TOO_SMALL, "ask, short");
    expect(control(socket, NET_SET_RCVBUF, &value, 3, NULL, 0), STATUS_BUFFER_TOO_SMALL, "set, short");
    equal(get_number(socket, NET_GET_REUSEADDR), 0, "no sharing, at first");
    expect(set_number(socket, NET_SET_REUSEADDR, 1), 0, "share");
    equal(get_number(socket, NET_GET_REUSEADDR), 1, "shared");
    expect(set_number(socket, NET_SET_EXCLUSIVE, 1), STATUS_INVALID_PARAMETER, "both share and not");
    equal(get_number(socket, NET_GET_ERROR), 0, "no error");
    expect(bind_to(socket, 0), 0, "bind and share");
    expect(bind_to(other, swap16(bound.port)), STATUS_SHARING_VIOLATION, "share with one that does not want to");
    expect(set_number(other, NET_SET_REUSEADDR, 1), 0, "let it want to");
    expect(bind_to(other, swap16(bound.port)), 0, "now");
    NtClose(socket);
    NtClose(other);
}

void test_main(void)
{
    datagrams();
    sixes();
    options();
}
