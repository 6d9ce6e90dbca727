// SPDX-License-Identifier: LGPL-2.1-or-later
// What the socket programs share. All they do stays on the loopback interface.
#pragma once

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "say.h"

#define UNUSED __attribute__((unused))

static UNUSED void begin_sockets(void)
{
    WSADATA data;
    int error = WSAStartup(MAKEWORD(2, 2), &data);
    say("WSAStartup: %d, version %x", error, data.wVersion);
}

// The outcome of a call that is 0 when it goes well.
#define SAY_ZERO(call) \
    do { \
        WSASetLastError(0); \
        int said_ = (call); \
        int error_ = WSAGetLastError(); \
        if (said_ == SOCKET_ERROR) \
            say("%s: error %d", #call, error_); \
        else \
            say("%s: %d", #call, said_); \
    } while (0)

static UNUSED struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// A socket that listens on a port of its own; the port comes back.
static UNUSED SOCKET listener(unsigned *port)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    struct sockaddr_in address = loopback(0);
    int length = sizeof address;
    if (bind(s, (struct sockaddr *)&address, sizeof address) || listen(s, 5) ||
        getsockname(s, (struct sockaddr *)&address, &length))
        say("FAILED: a listener: %d", WSAGetLastError());
    *port = ntohs(address.sin_port);
    return s;
}

// Both ends of a connection.
static UNUSED void pair(SOCKET *client, SOCKET *server)
{
    unsigned port;
    SOCKET listening = listener(&port);
    struct sockaddr_in address = loopback(port);
    *client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (connect(*client, (struct sockaddr *)&address, sizeof address))
        say("FAILED: connect: %d", WSAGetLastError());
    *server = accept(listening, NULL, NULL);
    if (*server == INVALID_SOCKET)
        say("FAILED: accept: %d", WSAGetLastError());
    closesocket(listening);
}

// Wait until a socket can be read, for at most so many milliseconds.
static UNUSED BOOL readable(SOCKET s, int milliseconds)
{
    fd_set set;
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    FD_ZERO(&set);
    FD_SET(s, &set);
    return select(0, &set, NULL, NULL, &limit) == 1;
}
