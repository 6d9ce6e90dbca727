// SPDX-License-Identifier: LGPL-2.1-or-later
// Sockets and processes: a server and its clients, inherited and duplicated sockets, ends of processes.
#include "sockets.h"
#include <stdlib.h>

static char buffer[4096];
static wchar_t self[MAX_PATH];

static PROCESS_INFORMATION start(const wchar_t *what, unsigned number, BOOL inherit)
{
    wchar_t line[MAX_PATH + 100];
    STARTUPINFOW info = {.cb = sizeof info};
    PROCESS_INFORMATION process = {0};
    swprintf(line, MAX_PATH + 100, L"\"%ls\" %ls %u", self, what, number);
    if (!CreateProcessW(self, line, NULL, NULL, inherit, 0, NULL, NULL, &info, &process))
        say("FAILED: CreateProcess: %lu", GetLastError());
    return process;
}

static DWORD ended(PROCESS_INFORMATION process)
{
    DWORD status = 99999;
    if (WaitForSingleObject(process.hProcess, 20000))
        say("FAILED: a child runs too long");
    GetExitCodeProcess(process.hProcess, &status);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    return status;
}

static int talk(SOCKET s, const char *words)
{
    int length = (int)strlen(words), got = 0, part;
    if (send(s, words, length, 0) != length)
        return 100;
    while (got < length && (part = recv(s, buffer + got, length - got, 0)) > 0)
        got += part;
    return got == length && !memcmp(buffer, words, (size_t)length) ? 0 : 101;
}

static int child(const wchar_t *what, unsigned number)
{
    WSADATA data;
    struct sockaddr_in address = loopback(number);
    SOCKET s;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    if (!wcscmp(what, L"inherited")) {
        OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
        DWORD length = 0;
        HANDLE file = (HANDLE)(ULONG_PTR)number;
        if (!WriteFile(file, "from the child", 14, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
            return (int)GetLastError();
        return GetOverlappedResult(file, &overlapped, &length, TRUE) && length == 14 ? 7 : 3;
    }
    if (!wcscmp(what, L"duplicated")) {
        WSAPROTOCOL_INFOW info;
        DWORD length;
        if (!ReadFile((HANDLE)(ULONG_PTR)number, &info, sizeof info, &length, NULL) || length != sizeof info)
            return 2;
        s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, WSA_FLAG_OVERLAPPED);
        return send(s, "duplicated", 10, 0) == 10 ? 8 : WSAGetLastError();
    }
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&address, sizeof address))
        return WSAGetLastError();
    if (!wcscmp(what, L"die"))
        ExitProcess(send(s, "x", 1, 0) == 1 ? 9 : 10); // nothing is closed
    return talk(s, "a client's words");
}

static void clients(void)
{
    unsigned port;
    SOCKET listening = listener(&port), s;
    PROCESS_INFORMATION processes[5];
    int length;
    for (int i = 0; i < 5; i++)
        processes[i] = start(L"client", port, FALSE);
    for (int i = 0; i < 5; i++) {
        s = accept(listening, NULL, NULL);
        while ((length = recv(s, buffer, sizeof buffer, 0)) > 0)
            send(s, buffer, length, 0);
        closesocket(s);
    }
    for (int i = 0; i < 5; i++)
        say("client: %lu", ended(processes[i]));
    PROCESS_INFORMATION process = start(L"die", port, FALSE);
    s = accept(listening, NULL, NULL);
    say("it ends: %lu", ended(process));
    SAY_ZERO(recv(s, buffer, 10, 0));
    SAY_ZERO(recv(s, buffer, 10, 0));
    closesocket(s);
    closesocket(listening);
}

static void shared(void)
{
    SOCKET s, other;
    pair(&s, &other);
    say("inherited: %lu", ended(start(L"inherited", (unsigned)s, TRUE)));
    SAY_ZERO(recv(other, buffer, 100, 0));
    say("%.14s", buffer);

    HANDLE in, out;
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    WSAPROTOCOL_INFOW info;
    DWORD length;
    CreatePipe(&in, &out, &inherit, 0);
    PROCESS_INFORMATION process = start(L"duplicated", (unsigned)(ULONG_PTR)in, TRUE);
    SAY_ZERO(WSADuplicateSocketW(s, process.dwProcessId, &info));
    WriteFile(out, &info, sizeof info, &length, NULL);
    say("duplicated: %lu", ended(process));
    SAY_ZERO(recv(other, buffer, 100, 0));
    closesocket(s);
    SAY_ZERO(recv(other, buffer, 100, 0));
    closesocket(other);
    CloseHandle(in);
    CloseHandle(out);
}

int wmain(int argc, wchar_t **argv)
{
    if (argc == 3)
        return child(argv[1], (unsigned)_wtoi(argv[2]));
    GetModuleFileNameW(NULL, self, MAX_PATH);
    begin_sockets();
    clients();
    shared();
    return 0;
}
