// SPDX-License-Identifier: LGPL-2.1-or-later
// UDP, and both families; packet information.
#include "sockets.h"

static char buffer[70000];

static void plain(void)
{
    SOCKET first = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), second = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = loopback(0), from;
    int length = sizeof to, on = 1;
    u_long count = 0;
    SAY_ZERO(bind(first, (struct sockaddr *)&to, sizeof to));
    SAY_ZERO(getsockname(first, (struct sockaddr *)&to, &length));
    SAY_ZERO(sendto(second, "one", 3, 0, (struct sockaddr *)&to, sizeof to));
    SAY_ZERO(sendto(second, "", 0, 0, (struct sockaddr *)&to, sizeof to));
    SAY_ZERO(sendto(second, "three bytes and more", 20, 0, (struct sockaddr *)&to, sizeof to));
    length = sizeof from;
    SAY_ZERO(recvfrom(first, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length));
    say("from %s, %d bytes of address", inet_ntoa(from.sin_addr), length);
    SAY_ZERO(recv(first, buffer, sizeof buffer, 0));
    SAY_ZERO(recv(first, buffer, 3, MSG_PEEK));
    SAY_ZERO(ioctlsocket(first, FIONREAD, &count));
    say("%lu bytes", count);
    memset(buffer, 0, 8);
    SAY_ZERO(recv(first, buffer, 3, 0));
    say("what fits: %.3s", buffer);
    say("nothing is left: %d", !readable(first, 20));
    SAY_ZERO(send(second, "x", 1, 0));
    SAY_ZERO(connect(second, (struct sockaddr *)&to, sizeof to));
    SAY_ZERO(send(second, "x", 1, 0));
    SAY_ZERO(recv(first, buffer, 3, 0));
    memset(buffer, 'y', sizeof buffer);
    SAY_ZERO(send(second, buffer, 60000, 0));
    SAY_ZERO(recv(first, buffer, sizeof buffer, 0));
    SAY_ZERO(send(second, buffer, 70000, 0));
    SAY_ZERO(listen(first, 1));
    SAY_ZERO(setsockopt(first, SOL_SOCKET, SO_BROADCAST, (char *)&on, sizeof on));
    SAY_ZERO(shutdown(first, SD_RECEIVE));
    SAY_ZERO(recv(first, buffer, 1, 0));
    SAY_ZERO(shutdown(second, SD_BOTH));
    SAY_ZERO(send(second, "x", 1, 0));
    closesocket(first);
    closesocket(second);
}

static void sixes(void)
{
    SOCKET listening = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP), s, other;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6}, peer;
    int length = sizeof address, only = -1;
    address.sin6_addr.s6_addr[15] = 1;
    if (bind(listening, (struct sockaddr *)&address, sizeof address)) {
        say("no IPv6 here");
        return;
    }
    SAY_ZERO(getsockname(listening, (struct sockaddr *)&address, &length));
    SAY_ZERO(listen(listening, 1));
    length = sizeof only;
    SAY_ZERO(getsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &length));
    say("only six: %d", only);
    s = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    length = sizeof peer;
    other = accept(listening, (struct sockaddr *)&peer, &length);
    say("accepted: %d, %d bytes, family %d", other != INVALID_SOCKET, length, peer.sin6_family);
    SAY_ZERO(send(s, "six", 3, 0));
    SAY_ZERO(recv(other, buffer, 10, 0));
    closesocket(s);
    closesocket(other);
    closesocket(listening);
}

static void messages(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    struct sockaddr_in address = loopback(0), from;
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive = NULL;
    DWORD length, on = 1;
    int size = sizeof address;
    char control[100], data[20];
    WSABUF spans[2] = {{2, data}, {10, data + 10}};
    WSAMSG message = {(struct sockaddr *)&from, sizeof from, spans, 2, {sizeof control, control}, 0};
    bind(s, (struct sockaddr *)&address, sizeof address);
    getsockname(s, (struct sockaddr *)&address, &size);
    SAY_ZERO(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &receive, sizeof receive, &length, NULL, NULL));
    SAY_ZERO(setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    SAY_ZERO(sendto(s, "gather", 6, 0, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(receive(s, &message, &length, NULL, NULL));
    say("%lu bytes, %.2s %.4s, flags %lx, %lu bytes of control data", length, data, data + 10, message.dwFlags,
        message.Control.len);
    WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(&message);
    if (header) {
        IN_PKTINFO *info = (IN_PKTINFO *)WSA_CMSG_DATA(header);
        say("level %d, type %d, %s", header->cmsg_level, header->cmsg_type, inet_ntoa(info->ipi_addr));
    }
    closesocket(s);
}

// Where a socket can neither be nor go.
static void nowhere(void)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(9)};
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, 0);
    SAY_ZERO(bind(s, (struct sockaddr *)&four, sizeof four));
    closesocket(s);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    SAY_ZERO(connect(s, (struct sockaddr *)&four, sizeof four));
    for (int i = 0; i < 2; i++) { // an address of zeros is no partner any more
        struct sockaddr_in peer = loopback(9), none = {.sin_family = i ? AF_INET : AF_UNSPEC};
        int length = sizeof peer;
        SAY_ZERO(connect(s, (struct sockaddr *)&peer, sizeof peer));
        SAY_ZERO(getpeername(s, (struct sockaddr *)&peer, &length));
        SAY_ZERO(connect(s, (struct sockaddr *)&none, sizeof none));
        SAY_ZERO(getpeername(s, (struct sockaddr *)&peer, &length));
        SAY_ZERO(send(s, "x", 1, 0));
        SAY_ZERO(sendto(s, "x", 1, 0, (struct sockaddr *)&peer, sizeof peer));
    }
    closesocket(s);
}

int wmain(void)
{
    begin_sockets();
    plain();
    sixes();
    messages();
    nowhere();
    return 0;
}
