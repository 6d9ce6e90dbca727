// SPDX-License-Identifier: LGPL-2.1-or-later
// TransmitFile, controls of WSAIoctl, sharing of ports, many connections by several threads.
#include "sockets.h"
#include <mstcpip.h>
#include <stdlib.h>

static char buffer[1 << 16], content[300000];

static int drain(SOCKET s, unsigned *sum)
{
    int total = 0, part;
    while ((part = recv(s, buffer, sizeof buffer, 0)) > 0) {
        for (int i = 0; i < part; i++)
            *sum = *sum * 31 + (unsigned char)buffer[i];
        total += part;
    }
    return total;
}

static DWORD WINAPI drainer(void *argument)
{
    unsigned sum = 0;
    int total = drain((SOCKET)argument, &sum);
    say("drained %d, sum %08x", total, sum);
    return 0;
}

static void transmit(void)
{
    SOCKET s, other;
    wchar_t folder[MAX_PATH], name[MAX_PATH];
    DWORD written;
    char head[] = "the head", tail[] = "the tail";
    TRANSMIT_FILE_BUFFERS blocks = {head, 8, tail, 8};
    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"soc", 0, name);
    for (unsigned i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 7 + i / 1000);
    HANDLE file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    WriteFile(file, content, sizeof content, &written, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    pair(&s, &other);
    HANDLE thread = CreateThread(NULL, 0, drainer, (void *)other, 0, NULL);
    SAY_ZERO(TransmitFile(s, file, 0, 0, NULL, &blocks, 0) ? 0 : -1);
    OVERLAPPED overlapped = {.Offset = 1000, .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    say("part: %d", TransmitFile(s, file, 5000, 0, &overlapped, NULL, 0) || WSAGetLastError() == WSA_IO_PENDING);
    DWORD length = 0, flags;
    WaitForSingleObject(overlapped.hEvent, 5000);
    BOOL good = WSAGetOverlappedResult(s, &overlapped, &length, TRUE, &flags);
    say("%d, %lu bytes", good, length);
    closesocket(s);
    WaitForSingleObject(thread, 10000);
    closesocket(other);
    CloseHandle(thread);
    s = socket(AF_INET, SOCK_STREAM, 0);
    SAY_ZERO(TransmitFile(s, file, 0, 0, NULL, NULL, 0) ? 0 : -1);
    closesocket(s);
    CloseHandle(file);
    CloseHandle(overlapped.hEvent);
}

static void controls(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    static INTERFACE_INFO list[64];
    DWORD length = 0;
    struct tcp_keepalive alive = {1, 10000, 2000};
    int loop = 0;
    SAY_ZERO(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &length, NULL, NULL));
    for (unsigned i = 0; i < length / sizeof list[0]; i++)
        if (list[i].iiAddress.AddressIn.sin_addr.s_addr == htonl(INADDR_LOOPBACK))
            loop = (list[i].iiFlags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK) &&
                   list[i].iiNetmask.AddressIn.sin_addr.s_addr == htonl(0xff000000);
    say("loopback is one: %d", loop);
    SAY_ZERO(WSAIoctl(s, SIO_KEEPALIVE_VALS, &alive, sizeof alive, NULL, 0, &length, NULL, NULL));
    SAY_ZERO(WSAIoctl(s, SIO_KEEPALIVE_VALS, &alive, 3, NULL, 0, &length, NULL, NULL));
    SAY_ZERO(WSAIoctl(s, 0x12345678, NULL, 0, NULL, 0, &length, NULL, NULL));
    u_long on = 1;
    ioctlsocket(s, FIONBIO, &on);
    SAY_ZERO(WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &length, NULL, NULL));
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    SAY_ZERO(WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &length, &overlapped, NULL));
    say("not yet: %d", WaitForSingleObject(overlapped.hEvent, 20) == WAIT_TIMEOUT);
    closesocket(s);
    say("closed: %lu", WaitForSingleObject(overlapped.hEvent, 5000));
    CloseHandle(overlapped.hEvent);
}

// Whether a receive tells of packets that did not arrive.
static void resets(void)
{
    enum { CONNECTION = (int)0x9800000c, NETWORK = (int)0x9800000f };
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0), stream = socket(AF_INET, SOCK_STREAM, 0);
    BOOL no = FALSE;
    DWORD length = 7;
    SAY_ZERO(WSAIoctl(s, (DWORD)CONNECTION, &no, sizeof no, NULL, 0, &length, NULL, NULL));
    length = 7;
    SAY_ZERO(WSAIoctl(s, (DWORD)NETWORK, &no, sizeof no, NULL, 0, &length, NULL, NULL));
    say("%lu bytes", length);
    SAY_ZERO(WSAIoctl(s, (DWORD)NETWORK, &no, 3, NULL, 0, &length, NULL, NULL));
    SAY_ZERO(WSAIoctl(s, (DWORD)NETWORK, NULL, sizeof no, NULL, 0, &length, NULL, NULL));
    SAY_ZERO(WSAIoctl(stream, (DWORD)NETWORK, &no, sizeof no, NULL, 0, &length, NULL, NULL));
    SAY_ZERO(WSAIoctl(1234, (DWORD)NETWORK, &no, sizeof no, NULL, 0, &length, NULL, NULL));
    closesocket(s);
    closesocket(stream);
}

// What Windows 10 has of TCP's keep-alives.
static void keep_alives(void)
{
    static const int options[] = {3 /* TCP_KEEPALIVE */, 16 /* TCP_KEEPCNT */, 17 /* TCP_KEEPINTVL */};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    int value = 33, length = 2;
    for (int i = 0; i < 3; i++) {
        value = 30 + i;
        SAY_ZERO(setsockopt(s, IPPROTO_TCP, options[i], (char *)&value, sizeof value));
        value = 0, length = sizeof value;
        SAY_ZERO(getsockopt(s, IPPROTO_TCP, options[i], (char *)&value, &length));
        say("keep-alive option %d is %d, %d bytes", options[i], value, length);
    }
    SAY_ZERO(setsockopt(s, IPPROTO_TCP, 3, NULL, sizeof value));
    SAY_ZERO(setsockopt(s, IPPROTO_TCP, 3, (char *)16, sizeof value));
    SAY_ZERO(setsockopt(s, IPPROTO_TCP, 3, (char *)&value, 2));
    length = 2;
    SAY_ZERO(getsockopt(s, IPPROTO_TCP, 3, (char *)&value, &length));
    SAY_ZERO(setsockopt(1234, IPPROTO_TCP, 3, (char *)&value, sizeof value));
    SAY_ZERO(setsockopt(s, IPPROTO_TCP, 99, (char *)&value, sizeof value));
    value = 1, length = sizeof value;
    SAY_ZERO(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value));
    SAY_ZERO(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length));
    say("no delay is %d", *(char *)&value);
    closesocket(s);
}

static void ports(void)
{
    SOCKET one = socket(AF_INET, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(0);
    int length = sizeof address, on = 1;
    bind(one, (struct sockaddr *)&address, sizeof address);
    getsockname(one, (struct sockaddr *)&address, &length);
    SAY_ZERO(bind(two, (struct sockaddr *)&address, sizeof address));
    setsockopt(two, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof on);
    say("a shared port: %d", bind(two, (struct sockaddr *)&address, sizeof address));
    closesocket(one);
    closesocket(two);
    one = socket(AF_INET, SOCK_DGRAM, 0);
    two = socket(AF_INET, SOCK_DGRAM, 0);
    address.sin_port = 0;
    bind(one, (struct sockaddr *)&address, sizeof address);
    getsockname(one, (struct sockaddr *)&address, &length);
    SAY_ZERO(bind(two, (struct sockaddr *)&address, sizeof address));
    closesocket(one);
    closesocket(two);
}

static int answer;

static int CALLBACK condition(WSABUF *caller, WSABUF *data, QOS *qos, QOS *group, WSABUF *callee, WSABUF *more, GROUP *g, DWORD_PTR context)
{
    (void)data, (void)qos, (void)group, (void)more, (void)g;
    say("asked: %d bytes of address, %d of ours, context %d", (int)caller->len, (int)callee->len, (int)context);
    return answer;
}

static void conditions(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s, other;
    struct sockaddr_in address = loopback(port);
    s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (struct sockaddr *)&address, sizeof address);
    answer = CF_DEFER;
    SAY_ZERO(WSAAccept(listening, NULL, NULL, condition, 7) == INVALID_SOCKET ? -1 : 0);
    send(s, "deferred", 8, 0);
    answer = CF_ACCEPT;
    other = WSAAccept(listening, NULL, NULL, condition, 8);
    say("accepted: %d", other != INVALID_SOCKET);
    SAY_ZERO(recv(other, buffer, 100, 0));
    closesocket(other);
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (struct sockaddr *)&address, sizeof address);
    answer = CF_REJECT;
    SAY_ZERO(WSAAccept(listening, NULL, NULL, condition, 9) == INVALID_SOCKET ? -1 : 0);
    say("it hears: %d", readable(s, 5000));
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (struct sockaddr *)&address, sizeof address);
    answer = CF_DEFER;
    SAY_ZERO(WSAAccept(listening, NULL, NULL, condition, 10) == INVALID_SOCKET ? -1 : 0);
    closesocket(listening);
    say("the end: %d", readable(s, 5000));
    closesocket(s);
}

static unsigned server_port;

static DWORD WINAPI caller(void *argument)
{
    struct sockaddr_in address = loopback(server_port);
    DWORD good = 0;
    for (int i = 0; i < 20; i++) {
        char words[32], answer[32] = {0};
        SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
        int length = sprintf(words, "thread %d call %d", (int)(INT_PTR)argument, i), got = 0, part;
        if (connect(s, (struct sockaddr *)&address, sizeof address) || send(s, words, length, 0) != length)
            say("FAILED: call: %d", WSAGetLastError());
        shutdown(s, SD_SEND);
        while ((part = recv(s, answer + got, sizeof answer - (unsigned)got, 0)) > 0)
            got += part;
        good += got == length && !memcmp(words, answer, (unsigned)length);
        closesocket(s);
    }
    return good;
}

static DWORD WINAPI server(void *argument)
{
    SOCKET s;
    char words[32];
    while ((s = accept((SOCKET)argument, NULL, NULL)) != INVALID_SOCKET) {
        int length;
        while ((length = recv(s, words, sizeof words, 0)) > 0)
            send(s, words, length, 0);
        closesocket(s);
    }
    return 0;
}

static void crowd(void)
{
    SOCKET listening = listener(&server_port);
    HANDLE servers[3], callers[6];
    DWORD good, total = 0;
    for (int i = 0; i < 3; i++)
        servers[i] = CreateThread(NULL, 0, server, (void *)listening, 0, NULL);
    for (int i = 0; i < 6; i++)
        callers[i] = CreateThread(NULL, 0, caller, (void *)(INT_PTR)i, 0, NULL);
    say("callers end: %lu", WaitForMultipleObjects(6, callers, TRUE, 30000));
    for (int i = 0; i < 6; i++) {
        GetExitCodeThread(callers[i], &good);
        total += good;
        CloseHandle(callers[i]);
    }
    closesocket(listening);
    say("servers end: %lu", WaitForMultipleObjects(3, servers, TRUE, 30000));
    for (int i = 0; i < 3; i++)
        CloseHandle(servers[i]);
    say("%lu good calls", total);
}

int wmain(void)
{
    begin_sockets();
    transmit();
    controls();
    resets();
    keep_alives();
    ports();
    conditions();
    crowd();
    return 0;
}
