// SPDX-License-Identifier: LGPL-2.1-or-later
// WSAEventSelect, WSAEnumNetworkEvents, select and WSAPoll over many sockets.
#include "sockets.h"

static char buffer[1 << 16];

static void wait_for(const char *what, SOCKET s, WSAEVENT event)
{
    WSANETWORKEVENTS events = {0};
    DWORD waited = WSAWaitForMultipleEvents(1, &event, FALSE, 5000, FALSE);
    int error = WSAEnumNetworkEvents(s, event, &events);
    say("%s: waited %lu, %d, events %lx, connect %d, close %d", what, waited, error, events.lNetworkEvents,
        events.iErrorCode[FD_CONNECT_BIT], events.iErrorCode[FD_CLOSE_BIT]);
}

static void events(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0), other;
    struct sockaddr_in address = loopback(port);
    WSAEVENT calls = WSACreateEvent(), event = WSACreateEvent();
    int sent = 0, part;
    SAY_ZERO(WSAEventSelect(listening, calls, FD_ACCEPT | FD_CLOSE));
    SAY_ZERO(WSAEventSelect(s, event, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE));
    say("nothing yet: %d", WSAWaitForMultipleEvents(1, &calls, FALSE, 10, FALSE) == WSA_WAIT_TIMEOUT);
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address) == 0 || WSAGetLastError() != WSAEWOULDBLOCK);
    wait_for("the caller", s, event);
    wait_for("the listener", listening, calls);
    other = accept(listening, NULL, NULL);
    say("accepted: %d", other != INVALID_SOCKET);
    SAY_ZERO(WSAEventSelect(other, NULL, 0));
    SAY_ZERO(send(other, "ab", 2, 0));
    wait_for("data", s, event);
    SAY_ZERO(recv(s, buffer, 1, 0));
    wait_for("more data", s, event);
    SAY_ZERO(recv(s, buffer, 10, 0));
    while ((part = send(s, buffer, sizeof buffer, 0)) > 0)
        sent += part;
    say("until it is full: %d", sent > 0 && WSAGetLastError() == WSAEWOULDBLOCK);
    u_long off = 0;
    SAY_ZERO(ioctlsocket(other, FIONBIO, &off));
    while (sent > 0 && (part = recv(other, buffer, sizeof buffer, 0)) > 0)
        sent -= part;
    say("all of it came: %d", sent == 0);
    wait_for("room", s, event);
    SAY_ZERO(closesocket(other));
    wait_for("the end", s, event);
    SAY_ZERO(ioctlsocket(s, FIONBIO, &off));
    closesocket(s);
    closesocket(listening);

    s = socket(AF_INET, SOCK_STREAM, 0);
    WSAEventSelect(s, event, FD_CONNECT);
    connect(s, (struct sockaddr *)&address, sizeof address);
    wait_for("nobody there", s, event);
    closesocket(s);
    WSACloseEvent(calls);
    WSACloseEvent(event);
}

#define PAIRS 30

static void many(void)
{
    static SOCKET one[PAIRS], two[PAIRS];
    WSAPOLLFD polls[PAIRS];
    fd_set read, write, failed;
    struct timeval limit = {0, 20000}, long_limit = {5, 0};
    for (int i = 0; i < PAIRS; i++)
        pair(&one[i], &two[i]);
    FD_ZERO(&read);
    for (int i = 0; i < PAIRS; i++)
        FD_SET(two[i], &read);
    SAY_ZERO(select(0, &read, NULL, NULL, &limit));
    say("%d left", read.fd_count);
    for (int i = 0; i < PAIRS; i += 3)
        send(one[i], "x", 1, 0);
    for (int i = 0; i < PAIRS; i += 3)
        readable(two[i], 5000);
    FD_ZERO(&read);
    FD_ZERO(&write);
    FD_ZERO(&failed);
    for (int i = 0; i < PAIRS; i++) {
        FD_SET(two[i], &read);
        FD_SET(one[i], &write);
        FD_SET(one[i], &failed);
    }
    SAY_ZERO(select(0, &read, &write, &failed, &long_limit));
    say("%d %d %d", read.fd_count, write.fd_count, failed.fd_count);
    for (int i = 0; i < PAIRS; i++)
        polls[i] = (WSAPOLLFD){two[i], POLLRDNORM, 0};
    polls[1].fd = (SOCKET)0x4444;
    closesocket(one[4]);
    readable(two[4], 5000);
    SAY_ZERO(WSAPoll(polls, PAIRS, 0));
    for (int i = 0; i < 6; i++)
        say("%d: %x", i, polls[i].revents);
    SAY_ZERO(WSAPoll(polls, 0, 0));
    SAY_ZERO(select(0, NULL, NULL, NULL, &limit));
    for (int i = 0; i < PAIRS; i++) {
        closesocket(one[i]);
        closesocket(two[i]);
    }
}

static DWORD WINAPI close_later(void *argument)
{
    Sleep(50);
    return (DWORD)closesocket((SOCKET)argument);
}

static void closed(void)
{
    SOCKET s, other;
    fd_set set;
    struct timeval limit = {5, 0};
    pair(&s, &other);
    HANDLE thread = CreateThread(NULL, 0, close_later, (void *)s, 0, NULL);
    FD_ZERO(&set);
    FD_SET(s, &set);
    SAY_ZERO(select(0, &set, NULL, NULL, &limit));
    WaitForSingleObject(thread, 5000);
    CloseHandle(thread);
    SAY_ZERO(select(0, &set, NULL, NULL, &limit));
    closesocket(other);
}

int wmain(void)
{
    begin_sockets();
    events();
    many();
    closed();
    return 0;
}
