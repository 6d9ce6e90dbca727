// SPDX-License-Identifier: LGPL-2.1-or-later
// Overlapped operations: events, completion routines, completion ports; AcceptEx, ConnectEx, DisconnectEx.
#include "sockets.h"

static char buffer[1 << 16];
static LPFN_ACCEPTEX accept_ex;
static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;
static LPFN_GETACCEPTEXSOCKADDRS accepted_addresses;

static void *extension(SOCKET s, GUID id)
{
    void *found = NULL;
    DWORD length;
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &found, sizeof found, &length, NULL, NULL))
        say("FAILED: no such extension: %d", WSAGetLastError());
    return found;
}

// The end of an overlapped operation.
static void end_of(const char *what, SOCKET s, OVERLAPPED *overlapped)
{
    DWORD length = 0, flags = 0;
    BOOL good = WaitForSingleObject(overlapped->hEvent, 5000) == WAIT_OBJECT_0 &&
                WSAGetOverlappedResult(s, overlapped, &length, FALSE, &flags);
    say("%s: %d, error %d, %lu bytes", what, good, good ? 0 : WSAGetLastError(), length);
}

static BOOL started(int result) { return !result || WSAGetLastError() == WSA_IO_PENDING; }

static void with_events(void)
{
    SOCKET s, other;
    OVERLAPPED first = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    OVERLAPPED second = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    WSABUF spans[2] = {{3, buffer}, {5, buffer + 10}}, rest = {100, buffer + 100};
    DWORD flags = 0, length = 0;
    pair(&s, &other);
    say("pending: %d", WSARecv(s, spans, 2, NULL, &flags, &first, NULL) && WSAGetLastError() == WSA_IO_PENDING);
    say("another: %d", WSARecv(s, &rest, 1, NULL, &flags, &second, NULL) && WSAGetLastError() == WSA_IO_PENDING);
    say("not yet: %d", WaitForSingleObject(first.hEvent, 20) == WAIT_TIMEOUT);
    SAY_ZERO(WSAGetOverlappedResult(s, &first, &length, FALSE, &flags));
    SAY_ZERO(send(other, "hello", 5, 0));
    end_of("the first", s, &first);
    say("%.3s %.2s", buffer, buffer + 10);
    SAY_ZERO(send(other, "world", 5, 0));
    end_of("the second", s, &second);
    say("%.5s", buffer + 100);
    WSARecv(s, &rest, 1, NULL, &flags, &first, NULL);
    SAY_ZERO(CancelIo((HANDLE)s) ? 0 : -1);
    end_of("cancelled", s, &first);
    WSARecv(s, &rest, 1, NULL, &flags, &first, NULL);
    shutdown(other, SD_SEND);
    end_of("the end of data", s, &first);
    spans[0] = (WSABUF){sizeof buffer, buffer};
    say("started: %d", started(WSASend(s, spans, 1, NULL, 0, &first, NULL)));
    for (int got = 0; got < (int)sizeof buffer;)
        got += recv(other, buffer, sizeof buffer, 0);
    end_of("sent", s, &first);
    closesocket(s);
    closesocket(other);
    CloseHandle(first.hEvent);
    CloseHandle(second.hEvent);
}

// A receive of no bytes tells of the first ones, and takes none; a send may have any number of buffers.
static void no_bytes(void)
{
    enum { MANY = 3000 };
    static WSABUF spans[MANY];
    SOCKET s, other;
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    WSABUF none = {0, buffer};
    DWORD flags = 0, length = 0, total = 0;
    pair(&s, &other);
    say("nothing is there: %d", WSARecv(s, &none, 1, NULL, &flags, &overlapped, NULL) && WSAGetLastError() == WSA_IO_PENDING);
    say("it waits: %d", WaitForSingleObject(overlapped.hEvent, 20) == WAIT_TIMEOUT);
    SAY_ZERO(send(other, "ab", 2, 0));
    end_of("something", s, &overlapped);
    say("again: %d", started(WSARecv(s, &none, 1, NULL, &flags, &overlapped, NULL)));
    end_of("at once", s, &overlapped);
    SAY_ZERO(recv(s, buffer, 100, 0));
    say("the end: %d", started(WSARecv(s, &none, 1, NULL, &flags, &overlapped, NULL)));
    shutdown(other, SD_SEND);
    end_of("the end", s, &overlapped);
    for (int i = 0; i < MANY; i++)
        spans[i] = (WSABUF){i % 50, buffer}, total += i % 50;
    say("many: %d", WSASend(s, spans, MANY, &length, 0, NULL, NULL) || length != total);
    shutdown(s, SD_SEND);
    for (flags = 0; total; total -= length)
        if (WSARecv(other, &(WSABUF){sizeof buffer, buffer}, 1, &length, &flags, NULL, NULL) || !length)
            break;
    say("%lu bytes are missing", total);
    closesocket(s);
    closesocket(other);
    CloseHandle(overlapped.hEvent);
}

// What cannot be reached: ConnectEx hears of it when it waits.
static void unreachable(void)
{
    unsigned port;
    SOCKET gone = listener(&port);
    struct sockaddr_in address = loopback(port), any = {.sin_family = AF_INET};
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    closesocket(gone);
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    SAY_ZERO(bind(s, (struct sockaddr *)&any, sizeof any));
    say("pending: %d", !connect_ex(s, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL, &overlapped) &&
                           WSAGetLastError() == WSA_IO_PENDING);
    end_of("refused", s, &overlapped);
    closesocket(s);
    s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    any.sin_port = htons((u_short)port);
    SAY_ZERO(connect(s, (struct sockaddr *)&any, sizeof any));
    address.sin_port = 0;
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address));
    closesocket(s);
    CloseHandle(overlapped.hEvent);
}

static int calls;

static void CALLBACK routine(DWORD error, DWORD length, OVERLAPPED *overlapped, DWORD flags)
{
    say("called: error %lu, %lu bytes, flags %lx, %d", error, length, flags, overlapped->hEvent == (HANDLE)0x1234);
    calls++;
}

static void with_routines(void)
{
    SOCKET s, other;
    OVERLAPPED overlapped = {.hEvent = (HANDLE)0x1234};
    WSABUF span = {100, buffer};
    DWORD flags = 0;
    pair(&s, &other);
    say("started: %d", started(WSARecv(s, &span, 1, NULL, &flags, &overlapped, routine)));
    send(other, "abc", 3, 0);
    for (int i = 0; i < 50 && !calls; i++)
        SleepEx(100, TRUE);
    say("started: %d", started(WSASend(s, &span, 1, NULL, 0, &overlapped, routine)));
    for (int i = 0; i < 50 && calls < 2; i++)
        SleepEx(100, TRUE);
    say("started: %d", started(WSARecv(s, &span, 1, NULL, &flags, &overlapped, routine)));
    closesocket(other);
    for (int i = 0; i < 50 && calls < 3; i++)
        SleepEx(100, TRUE);
    closesocket(s);
}

// The next packets, by the names of their operations.
static void packets(HANDLE port, int count)
{
    static char lines[2][100];
    for (int i = 0; i < count; i++) {
        DWORD length = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *overlapped = NULL;
        BOOL good = GetQueuedCompletionStatus(port, &length, &key, &overlapped, 5000);
        sprintf(lines[i], "packet of the %s: %d, error %lu, %lu bytes, key %lu", overlapped ? (char *)(overlapped + 1) : "-", good,
                good ? 0 : GetLastError(), length, (unsigned long)key);
    }
    int swap = count == 2 && strcmp(lines[0], lines[1]) > 0;
    for (int i = 0; i < count; i++)
        say("%s", lines[i ^ swap]);
}

static void with_ports(void)
{
    struct { OVERLAPPED overlapped; char name[16]; } first = {{0}, "first"}, second = {{0}, "second"}, third = {{0}, "third"};
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    SOCKET s, other;
    WSABUF span = {100, buffer}, more = {4, "data"};
    DWORD flags = 0;
    pair(&s, &other);
    say("port: %d", CreateIoCompletionPort((HANDLE)s, port, 7, 0) == port);
    say("port: %d", CreateIoCompletionPort((HANDLE)other, port, 8, 0) == port);
    say("started: %d", started(WSARecv(s, &span, 1, NULL, &flags, &first.overlapped, NULL)));
    say("started: %d", started(WSASend(other, &more, 1, NULL, 0, &second.overlapped, NULL)));
    packets(port, 2);
    say("started: %d", started(WSARecv(s, &span, 1, NULL, &flags, &third.overlapped, NULL)));
    closesocket(other);
    packets(port, 1);
    closesocket(s);
    CloseHandle(port);
}

static void extensions(void)
{
    unsigned port;
    SOCKET listening = listener(&port), server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port), any = {.sin_family = AF_INET};
    struct sockaddr *local, *remote;
    OVERLAPPED accepting = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    OVERLAPPED connecting = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    int local_length = 0, remote_length = 0, room = sizeof(struct sockaddr_in) + 16;
    DWORD length;
    accept_ex = extension(listening, (GUID)WSAID_ACCEPTEX);
    connect_ex = extension(listening, (GUID)WSAID_CONNECTEX);
    disconnect_ex = extension(listening, (GUID)WSAID_DISCONNECTEX);
    accepted_addresses = extension(listening, (GUID)WSAID_GETACCEPTEXSOCKADDRS);
    say("accepting: %d", accept_ex(listening, server, buffer, 100, room, room, &length, &accepting) ||
                             WSAGetLastError() == WSA_IO_PENDING);
    SAY_ZERO(connect_ex(client, (struct sockaddr *)&address, sizeof address, "greetings", 9, &length, &connecting) ? 0 : -1);
    SAY_ZERO(bind(client, (struct sockaddr *)&any, sizeof any));
    say("connecting: %d", connect_ex(client, (struct sockaddr *)&address, sizeof address, "greetings", 9, &length, &connecting) ||
                              WSAGetLastError() == WSA_IO_PENDING);
    end_of("connected", client, &connecting);
    end_of("accepted", listening, &accepting);
    accepted_addresses(buffer, 100, room, room, &local, &local_length, &remote, &remote_length);
    say("%.9s, %d %d bytes of addresses, families %d %d, right port: %d", buffer, local_length, remote_length,
        local->sa_family, remote->sa_family, ((struct sockaddr_in *)local)->sin_port == address.sin_port);
    SAY_ZERO(setsockopt(server, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listening, sizeof listening));
    SAY_ZERO(setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    SAY_ZERO(send(server, "back", 4, 0));
    SAY_ZERO(recv(client, buffer, 10, 0));
    ResetEvent(connecting.hEvent);
    say("disconnecting: %d", disconnect_ex(client, &connecting, 0, 0) || WSAGetLastError() == WSA_IO_PENDING);
    end_of("disconnected", client, &connecting);
    SAY_ZERO(recv(server, buffer, 10, 0));
    closesocket(server);
    closesocket(client);

    server = socket(AF_INET, SOCK_STREAM, 0);
    ResetEvent(accepting.hEvent);
    say("accepting: %d", accept_ex(listening, server, buffer, 0, room, room, &length, &accepting) ||
                             WSAGetLastError() == WSA_IO_PENDING);
    say("not yet: %d", WaitForSingleObject(accepting.hEvent, 20) == WAIT_TIMEOUT);
    client = socket(AF_INET, SOCK_STREAM, 0);
    SAY_ZERO(connect(client, (struct sockaddr *)&address, sizeof address));
    end_of("accepted without data", listening, &accepting);
    SAY_ZERO(send(client, "late", 4, 0));
    SAY_ZERO(recv(server, buffer, 10, 0));
    closesocket(server);
    closesocket(client);

    closesocket(listening);
    client = socket(AF_INET, SOCK_STREAM, 0);
    bind(client, (struct sockaddr *)&any, sizeof any);
    ResetEvent(connecting.hEvent);
    say("connecting: %d", connect_ex(client, (struct sockaddr *)&address, sizeof address, NULL, 0, &length, &connecting) ||
                              WSAGetLastError() == WSA_IO_PENDING || WSAGetLastError() == WSAECONNREFUSED);
    closesocket(client);
    CloseHandle(accepting.hEvent);
    CloseHandle(connecting.hEvent);
}

static void as_files(void)
{
    SOCKET s, other;
    DWORD done = 0;
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    pair(&s, &other);
    say("type %lu", GetFileType((HANDLE)s));
    say("written: %d", WriteFile((HANDLE)s, "file", 4, &done, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    end_of("written", s, &overlapped);
    ResetEvent(overlapped.hEvent);
    say("read: %d", ReadFile((HANDLE)other, buffer, 100, &done, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    end_of("read", other, &overlapped);
    closesocket(s);
    closesocket(other);
    CloseHandle(overlapped.hEvent);
}

int wmain(void)
{
    begin_sockets();
    with_events();
    with_routines();
    with_ports();
    extensions();
    no_bytes();
    unreachable();
    as_files();
    return 0;
}
