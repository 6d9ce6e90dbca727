// SPDX-License-Identifier: LGPL-2.1-or-later
// TCP between two threads: names, data, flags, ends, errors, options.
#include "sockets.h"

static char buffer[1 << 16];

static DWORD WINAPI echo(void *argument)
{
    SOCKET listening = (SOCKET)argument, s;
    char data[4096];
    int length;
    while ((s = accept(listening, NULL, NULL)) != INVALID_SOCKET) {
        while ((length = recv(s, data, sizeof data, 0)) > 0)
            for (int at = 0, sent; at < length; at += sent)
                if ((sent = send(s, data + at, length - at, 0)) <= 0)
                    break;
        shutdown(s, SD_SEND);
        closesocket(s);
    }
    return (DWORD)WSAGetLastError();
}

static void plain(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port), name;
    int length = sizeof name, total = 0;
    HANDLE thread = CreateThread(NULL, 0, echo, (void *)listening, 0, NULL);
    SAY_ZERO(getpeername(s, (struct sockaddr *)&name, &length));
    SAY_ZERO(getsockname(s, (struct sockaddr *)&name, &length));
    SAY_ZERO(send(s, "x", 1, 0) == SOCKET_ERROR);
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(getpeername(s, (struct sockaddr *)&name, &length));
    say("peer: family %d, %s, right port: %d", name.sin_family, inet_ntoa(name.sin_addr), ntohs(name.sin_port) == port);
    length = 4;
    SAY_ZERO(getpeername(s, (struct sockaddr *)&name, &length));
    SAY_ZERO(send(s, "hello", 5, 0));
    SAY_ZERO(recv(s, buffer, 2, MSG_PEEK));
    SAY_ZERO(recv(s, buffer, sizeof buffer, 0));
    say("got %.5s", buffer);
    for (int round = 0; round < 20; round++) {
        memset(buffer, 'a' + round, sizeof buffer);
        int sent = send(s, buffer, 50000, 0);
        for (int got = 0, part; got < sent; got += part) {
            part = recv(s, buffer + got, sent - got, 0);
            if (part <= 0) {
                say("FAILED: recv: %d", WSAGetLastError());
                return;
            }
        }
        for (int i = 0; i < sent; i++)
            total += buffer[i] == 'a' + round;
    }
    say("%d bytes came back", total);
    SAY_ZERO(shutdown(s, SD_SEND));
    SAY_ZERO(send(s, "x", 1, 0));
    SAY_ZERO(recv(s, buffer, 10, 0));
    SAY_ZERO(closesocket(s));
    SAY_ZERO(closesocket(s));
    SAY_ZERO(recv(s, buffer, 10, 0));
    closesocket(listening);
    say("the thread ends: %lu", WaitForSingleObject(thread, 10000));
    CloseHandle(thread);
}

static void refused(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port);
    closesocket(listening);
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    closesocket(s);
    SAY_ZERO(socket(AF_INET, 77, 0) == INVALID_SOCKET);
    SAY_ZERO(socket(77, SOCK_STREAM, 0) == INVALID_SOCKET);
    s = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(0x01020304);
    SAY_ZERO(bind(s, (struct sockaddr *)&address, sizeof address));
    address = loopback(0);
    SAY_ZERO(bind(s, (struct sockaddr *)&address, 3));
    SAY_ZERO(listen(s, 3));
    SAY_ZERO(bind(s, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(bind(s, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(accept(s, NULL, NULL) == INVALID_SOCKET);
    closesocket(s);
}

static void not_blocking(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0), other;
    struct sockaddr_in address = loopback(port);
    u_long on = 1, count;
    SAY_ZERO(ioctlsocket(listening, FIONBIO, &on));
    SAY_ZERO(accept(listening, NULL, NULL) == INVALID_SOCKET);
    SAY_ZERO(ioctlsocket(s, FIONBIO, &on));
    if (!connect(s, (struct sockaddr *)&address, sizeof address) || WSAGetLastError() == WSAEWOULDBLOCK)
        say("connecting");
    fd_set writable, failed;
    struct timeval limit = {5, 0};
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    FD_SET(s, &writable);
    FD_SET(s, &failed);
    SAY_ZERO(select(0, NULL, &writable, &failed, &limit));
    say("connected: %d", FD_ISSET(s, &writable) && !FD_ISSET(s, &failed));
    say("somebody calls: %d", readable(listening, 5000));
    other = accept(listening, NULL, NULL);
    SAY_ZERO(recv(s, buffer, 10, 0));
    SAY_ZERO(send(other, "some data", 9, 0));
    say("data: %d", readable(s, 5000));
    SAY_ZERO(ioctlsocket(s, FIONREAD, &count));
    say("%lu bytes", count);
    SAY_ZERO(recv(s, buffer, 4, 0));
    WSAPOLLFD poll = {s, POLLIN | POLLOUT, 0};
    SAY_ZERO(WSAPoll(&poll, 1, 1000));
    say("events %x", poll.revents);
    SAY_ZERO(recv(s, buffer, 40, 0));
    SAY_ZERO(closesocket(other));
    say("the end: %d", readable(s, 5000));
    SAY_ZERO(recv(s, buffer, 40, 0));
    poll.events = POLLIN;
    SAY_ZERO(WSAPoll(&poll, 1, 1000));
    say("hung up: %d", !!(poll.revents & POLLHUP));
    closesocket(s);
    closesocket(listening);

    s = socket(AF_INET, SOCK_STREAM, 0);
    ioctlsocket(s, FIONBIO, &on);
    int error = connect(s, (struct sockaddr *)&address, sizeof address), length = sizeof error;
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    FD_SET(s, &writable);
    FD_SET(s, &failed);
    SAY_ZERO(select(0, NULL, &writable, &failed, &limit));
    say("refused: %d", !FD_ISSET(s, &writable) && FD_ISSET(s, &failed));
    SAY_ZERO(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length));
    say("error %d", error);
    closesocket(s);
    FD_ZERO(&writable);
    SAY_ZERO(select(0, NULL, &writable, NULL, &limit));
}

#define OPTION(level, name) \
    do { \
        int value_ = -1, length_ = sizeof value_; \
        if (getsockopt(s, level, name, (char *)&value_, &length_)) \
            say(#name ": error %d", WSAGetLastError()); \
        else \
            say(#name ": %x, %d bytes", value_ & (length_ == 1 ? 0xff : -1), length_); \
    } while (0)
#define SET(level, name, what) \
    do { \
        int value_ = what; \
        SAY_ZERO(setsockopt(s, level, name, (char *)&value_, sizeof value_)); \
        OPTION(level, name); \
    } while (0)

static void options(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0), other;
    struct linger linger = {1, 7};
    int length = sizeof linger;
    OPTION(SOL_SOCKET, SO_TYPE);
    OPTION(SOL_SOCKET, SO_ACCEPTCONN);
    OPTION(SOL_SOCKET, SO_ERROR);
    OPTION(SOL_SOCKET, SO_REUSEADDR);
    OPTION(SOL_SOCKET, SO_EXCLUSIVEADDRUSE);
    OPTION(SOL_SOCKET, SO_KEEPALIVE);
    OPTION(SOL_SOCKET, SO_RCVTIMEO);
    OPTION(SOL_SOCKET, SO_CONNECT_TIME);
    OPTION(SOL_SOCKET, 0x7777);
    SET(SOL_SOCKET, SO_REUSEADDR, 1);
    SET(SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
    SET(SOL_SOCKET, SO_KEEPALIVE, 1);
    SET(SOL_SOCKET, SO_SNDBUF, 123456);
    SET(SOL_SOCKET, SO_RCVBUF, 123456);
    SET(SOL_SOCKET, SO_RCVTIMEO, 60);
    SET(SOL_SOCKET, SO_SNDTIMEO, 5000);
    SET(SOL_SOCKET, SO_OOBINLINE, 1);
    SET(IPPROTO_TCP, TCP_NODELAY, 1);
    SET(IPPROTO_IP, IP_TTL, 33);
    SAY_ZERO(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger));
    memset(&linger, 0, sizeof linger);
    SAY_ZERO(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &length));
    say("linger %d, %d seconds", linger.l_onoff, linger.l_linger);
    closesocket(s);
    pair(&s, &other);
    int limit = 50;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit);
    SAY_ZERO(recv(s, buffer, 1, 0));
    OPTION(SOL_SOCKET, SO_CONNECT_TIME);
    linger = (struct linger){1, 0};
    setsockopt(other, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger);
    closesocket(other);
    say("the reset arrives: %d", readable(s, 5000));
    int got = recv(s, buffer, 1, 0);
    say("received after a reset: %d, error %d", got, WSAGetLastError());
    SAY_ZERO(send(s, buffer, 1, 0));
    closesocket(s);
}

static void urgent(void)
{
    SOCKET s, other;
    u_long mark = 7, on = 1;
    pair(&s, &other);
    ioctlsocket(s, FIONBIO, &on);
    SAY_ZERO(recv(s, buffer, 1, MSG_OOB));
    SAY_ZERO(send(other, "abc!", 4, MSG_OOB));
    fd_set failed;
    struct timeval limit = {5, 0};
    FD_ZERO(&failed);
    FD_SET(s, &failed);
    SAY_ZERO(select(0, NULL, NULL, &failed, &limit));
    SAY_ZERO(ioctlsocket(s, SIOCATMARK, &mark));
    SAY_ZERO(recv(s, buffer, 10, MSG_OOB));
    say("urgent: %c", buffer[0]);
    SAY_ZERO(recv(s, buffer, 10, 0));
    closesocket(s);
    closesocket(other);
}

int wmain(void)
{
    say("closing before the start: %d, %d", closesocket(0x1234), WSAGetLastError());
    begin_sockets();
    plain();
    refused();
    not_blocking();
    options();
    urgent();
    SAY_ZERO(WSACleanup());
    SAY_ZERO(WSACleanup());
    return 0;
}
