// SPDX-License-Identifier: LGPL-2.1-or-later
// WSAAsyncSelect: what happens to sockets, told by messages to a window.
#include "sockets.h"
#include <windows.h>

#define WM_SOCKET (WM_USER + 5)
#define WM_OTHER (WM_USER + 6)
#define ALL (FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE)

static struct told {
    UINT message;
    SOCKET s;
    WORD event, error;
} told[200];
static int count, windows_called;
static char buffer[1 << 16];

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    if (message == WM_SOCKET || message == WM_OTHER) {
        windows_called++;
        if (count < (int)(sizeof told / sizeof *told))
            told[count++] = (struct told){message, (SOCKET)wparam, WSAGETSELECTEVENT(lparam), WSAGETSELECTERROR(lparam)};
        return 0;
    }
    return DefWindowProcW(window, message, wparam, lparam);
}

static HWND make(void)
{
    return CreateWindowExW(0, L"Ring3kSockets", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, GetModuleHandleW(NULL), NULL);
}

// Dispatch messages until none came for a while.
static void settle(void)
{
    MSG message;
    while (MsgWaitForMultipleObjects(0, NULL, FALSE, 200, QS_ALLINPUT) == WAIT_OBJECT_0)
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
            DispatchMessageW(&message);
}

// Say what a socket's messages were, in their order, and forget them.
static void events(const char *what, SOCKET s)
{
    static const char *const names[] = {"READ", "WRITE", "OOB", "ACCEPT", "CONNECT", "CLOSE"};
    char line[300] = "";
    int kept = 0;
    settle();
    for (int i = 0; i < count; i++) {
        if (told[i].s != s) {
            told[kept++] = told[i];
            continue;
        }
        for (int bit = 0; bit < 6; bit++)
            if (told[i].event & 1 << bit)
                snprintf(line + strlen(line), sizeof line - strlen(line), " %s", names[bit]);
        if (told[i].error)
            snprintf(line + strlen(line), sizeof line - strlen(line), "(error %d)", told[i].error);
        if (told[i].message != WM_SOCKET)
            snprintf(line + strlen(line), sizeof line - strlen(line), "(message %x)", told[i].message);
    }
    count = kept;
    say("%s:%s", what, line);
}

static void connection(HWND window)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0), other;
    struct sockaddr_in address = loopback(port);
    u_long off = 0;
    int sent = 0, part;
    SAY_ZERO(WSAAsyncSelect(listening, window, WM_SOCKET, FD_ACCEPT | FD_READ | FD_CLOSE));
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, ALL));
    events("nothing yet", s);
    SAY_ZERO(ioctlsocket(s, FIONBIO, &off));
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address) == 0 || WSAGetLastError() != WSAEWOULDBLOCK);
    events("the caller", s);
    events("the listener", listening);
    other = accept(listening, NULL, NULL);
    events("after the accept", listening);
    SAY_ZERO(send(s, "abc", 3, 0));
    events("the accepted one is told as the listener was", other);
    events("the caller has room still", s);
    SAY_ZERO(recv(other, buffer, 1, 0));
    events("more data", other);
    SAY_ZERO(recv(other, buffer, 1, MSG_PEEK));
    events("after a peek", other);
    SAY_ZERO(recv(other, buffer, 10, 0));
    events("no more", other);
    SAY_ZERO(recv(other, buffer, 10, 0));
    events("would have waited", other);
    SAY_ZERO(send(s, "d", 1, 0));
    SAY_ZERO(send(s, "e", 1, 0));
    events("told once", other);
    SAY_ZERO(recv(other, buffer, 10, 0));
    events("read", other);

    while ((part = send(s, buffer, sizeof buffer, 0)) > 0)
        sent += part;
    say("until it is full: %d", sent > 0 && WSAGetLastError() == WSAEWOULDBLOCK);
    SAY_ZERO(WSAAsyncSelect(other, window, WM_SOCKET, 0));
    settle();
    count = 0;
    SAY_ZERO(ioctlsocket(other, FIONBIO, &off));
    while (sent > 0 && (part = recv(other, buffer, sizeof buffer, 0)) > 0)
        sent -= part;
    say("all of it came: %d", sent == 0);
    events("room", s);
    SAY_ZERO(send(other, "x", 1, MSG_OOB));
    events("urgent", s);
    SAY_ZERO(recv(s, buffer, 1, MSG_OOB));
    SAY_ZERO(send(other, "last", 4, 0));
    SAY_ZERO(closesocket(other));
    events("data and the end", s);
    SAY_ZERO(recv(s, buffer, 10, 0));
    events("the end", s);
    SAY_ZERO(recv(s, buffer, 10, 0));
    events("told once", s);
    SAY_ZERO(closesocket(s));
    SAY_ZERO(closesocket(listening));
    events("nothing of this side's end", s);
}

static void refused(HWND window)
{
    unsigned port;
    SOCKET listening = listener(&port), s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port);
    closesocket(listening);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, ALL));
    SAY_ZERO(connect(s, (struct sockaddr *)&address, sizeof address) == 0 || WSAGetLastError() != WSAEWOULDBLOCK);
    events("nobody there", s);
    closesocket(s);
}

static void selection(HWND window)
{
    SOCKET s, other;
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS found = {0};
    pair(&s, &other);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ | FD_WRITE | FD_CLOSE));
    events("at once", s);
    SAY_ZERO(send(other, "ab", 2, 0));
    events("data", s);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_OTHER, FD_READ | FD_WRITE | FD_CLOSE));
    events("anew, by another message", s);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_CLOSE));
    events("not these", s);
    SAY_ZERO(recv(s, buffer, 1, 0));
    events("and not after a read", s);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ));
    events("this one again", s);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, 0));
    SAY_ZERO(recv(s, buffer, 1, 0));
    SAY_ZERO(send(other, "c", 1, 0));
    events("cancelled", s);
    SAY_ZERO(WSAEventSelect(s, event, FD_READ));
    say("an event in its place: %lu", WSAWaitForMultipleEvents(1, &event, FALSE, 2000, FALSE));
    SAY_ZERO(WSAEnumNetworkEvents(s, event, &found));
    say("%lx", found.lNetworkEvents);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ));
    events("messages in the event's place", s);
    SAY_ZERO(recv(s, buffer, 9, 0));
    SAY_ZERO(send(other, "d", 1, 0));
    events("a message", s);
    say("and no event: %d", WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WSA_WAIT_TIMEOUT);
    SAY_ZERO(shutdown(other, SD_SEND));
    SAY_ZERO(recv(s, buffer, 9, 0));
    SAY_ZERO(recv(s, buffer, 9, 0));
    events("the end is not among them", s);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_CLOSE | FD_READ));
    events("the end that was", s);
    SAY_ZERO(closesocket(s));
    SAY_ZERO(closesocket(other));
    WSACloseEvent(event);
}

static void aborted(HWND window)
{
    SOCKET s, other;
    struct linger at_once = {1, 0};
    pair(&s, &other);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ | FD_CLOSE));
    SAY_ZERO(setsockopt(other, SOL_SOCKET, SO_LINGER, (char *)&at_once, sizeof at_once));
    SAY_ZERO(closesocket(other));
    events("aborted", s);
    SAY_ZERO(closesocket(s));
}

static void datagrams(HWND window)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = loopback(0);
    int length = sizeof address;
    SAY_ZERO(bind(s, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(getsockname(s, (struct sockaddr *)&address, &length));
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ));
    SAY_ZERO(sendto(other, "one", 3, 0, (struct sockaddr *)&address, sizeof address));
    SAY_ZERO(sendto(other, "two", 3, 0, (struct sockaddr *)&address, sizeof address));
    events("a datagram", s);
    SAY_ZERO(recv(s, buffer, 10, 0));
    events("the next", s);
    SAY_ZERO(recv(s, buffer, 10, 0));
    events("no more", s);
    closesocket(s);
    closesocket(other);
}

static HANDLE made, go_on;
static HWND theirs;

static DWORD WINAPI short_lived(void *unused)
{
    (void)unused;
    theirs = make();
    SetEvent(made);
    WaitForSingleObject(go_on, 5000);
    return 0;
}

static void gone(void)
{
    SOCKET s, other;
    HWND window = make();
    pair(&s, &other);
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ | FD_CLOSE));
    DestroyWindow(window);
    SAY_ZERO(send(other, "a", 1, 0));
    events("no window any more", s);
    SAY_ZERO(recv(s, buffer, 10, 0));

    made = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, short_lived, NULL, 0, NULL);
    WaitForSingleObject(made, 5000);
    SAY_ZERO(WSAAsyncSelect(s, theirs, WM_SOCKET, FD_READ | FD_CLOSE));
    SetEvent(go_on);
    say("the thread ended: %lu", WaitForSingleObject(thread, 5000));
    SAY_ZERO(send(other, "b", 1, 0));
    events("no thread any more", s);
    SAY_ZERO(recv(s, buffer, 10, 0));
    window = make();
    SAY_ZERO(send(other, "c", 1, 0));
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ | FD_CLOSE));
    events("another window", s);
    SAY_ZERO(closesocket(s));
    SAY_ZERO(WSAAsyncSelect(s, window, WM_SOCKET, FD_READ));
    SAY_ZERO(WSAAsyncSelect(other, (HWND)0xDEAD, WM_SOCKET, FD_READ));
    SAY_ZERO(closesocket(other));
    DestroyWindow(window);
    CloseHandle(thread);
    CloseHandle(made);
    CloseHandle(go_on);
}

int wmain(void)
{
    WNDCLASSW class = {.lpfnWndProc = procedure, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Ring3kSockets"};
    RegisterClassW(&class);
    begin_sockets();
    HWND window = make();
    connection(window);
    refused(window);
    selection(window);
    aborted(window);
    datagrams(window);
    gone();
    say("messages of other sockets: %d", count);
    return 0;
}
