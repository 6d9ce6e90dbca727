// SPDX-License-Identifier: LGPL-2.1-or-later
// One side of a conversation with somebody outside: client HOST PORT, server, or off (what works without a network).
#include "sockets.h"

static char buffer[1 << 16];

static int client(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(host, port, &hints, &found), length;
    long long total = 0;
    unsigned sum = 0;
    if (error) {
        say("getaddrinfo: %d", error);
        return 1;
    }
    SOCKET s = INVALID_SOCKET;
    for (struct addrinfo *one = found; one; one = one->ai_next) {
        s = socket(one->ai_family, SOCK_STREAM, IPPROTO_TCP);
        if (!connect(s, one->ai_addr, (int)one->ai_addrlen))
            break;
        error = WSAGetLastError();
        closesocket(s);
        s = INVALID_SOCKET;
    }
    freeaddrinfo(found);
    if (s == INVALID_SOCKET) {
        say("connect: %d", error);
        return 2;
    }
    say("connected");
    send(s, "GET\n", 4, 0);
    while ((length = recv(s, buffer, sizeof buffer, 0)) > 0) {
        for (int i = 0; i < length; i++)
            sum = sum * 31 + (unsigned char)buffer[i];
        total += length;
    }
    say("received %lld, sum %08x, then %d, error %d", total, sum, length, length ? WSAGetLastError() : 0);
    return 0;
}

static int server(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s;
    int length;
    say("port %u", port);
    s = accept(listening, NULL, NULL);
    while ((length = recv(s, buffer, sizeof buffer, 0)) > 0)
        for (int at = 0, sent; at < length; at += sent)
            if ((sent = send(s, buffer + at, length - at, 0)) <= 0)
                return 3;
    shutdown(s, SD_SEND);
    say("the end: %d", length);
    closesocket(s);
    return 0;
}

static void look_up(const char *name)
{
    struct addrinfo *found = NULL;
    int error = getaddrinfo(name, "80", NULL, &found);
    struct hostent *host = gethostbyname(name);
    say("%s: %d, %d", name, error, host ? 0 : WSAGetLastError());
    if (found)
        freeaddrinfo(found);
}

static int off(void)
{
    char name[100];
    SAY_ZERO(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) == INVALID_SOCKET ? -1 : 0);
    SAY_ZERO(socket(AF_INET6, SOCK_DGRAM, 0) == INVALID_SOCKET ? -1 : 0);
    look_up("localhost");
    look_up("127.0.0.1");
    look_up("192.0.2.1");
    look_up("example.org");
    gethostname(name, sizeof name);
    look_up(name);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc < 2) {
        say("nobody to talk to");
        return 0;
    }
    begin_sockets();
    if (!wcscmp(argv[1], L"client") && argc == 4)
        return client(narrow(argv[2]), narrow(argv[3]));
    return !wcscmp(argv[1], L"server") ? server() : off();
}
