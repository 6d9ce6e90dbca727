/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports and connections: NtCreatePort, NtConnectPort, NtListenPort, NtAcceptConnectPort, NtCompleteConnectPort.
 * Known from: G. Nebbett, Native API Reference, ch. 12; ReactOS' tests (apitests/ntdll/NtAcceptConnectPort.c: refusal leaves the
 * handle alone, what a connection request looks like); Windows Internals, 4th ed., ch. 3 (local procedure calls). The longest message and
 * the longest connection information follow from the size of NT 5's message blocks on x86 (0x148 bytes; MAX_LPC_DATA 0x130).
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-connect"

static HANDLE server;

static void creation(void)
{
    static UCHAR type[512];
    OBJECT_TYPE_INFORMATION *info = (void *)type;
    HANDLE port, other;
    faults(BAD_OUT, p, NtCreatePort(p, named(NAME, 0), 0, 100, 0), "create, handle");
    faults(BAD_IN, p, NtCreatePort(&port, p, 0, 100, 0), "create, attributes");
    expect(NtCreatePort(&port, named(NAME, 0), LPC_LONGEST_INFO + 1, 100, 0), STATUS_INVALID_PARAMETER_3,
           "create, too much connection information");
    expect(NtCreatePort(&port, named(NAME, 0), 0, LPC_LONGEST + 1, 0), STATUS_INVALID_PARAMETER_4,
           "create, messages too long");
    expect(NtCreatePort(&port, named(NAME, OBJ_OPENIF), 0, 100, 0), STATUS_INVALID_PARAMETER, "create, OBJ_OPENIF");
    expect(NtCreatePort(&port, named(NAME, OBJ_INHERIT), 0, 100, 0), STATUS_INVALID_PARAMETER, "create, OBJ_INHERIT");
    expect(NtCreatePort(&port, named(NAME, OBJ_PERMANENT), 0, 100, 0), STATUS_INVALID_PARAMETER, "create, OBJ_PERMANENT");
    expect(NtCreatePort(&port, named(L"conf-lpc", 0), 0, 100, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "create, no path");
    expect(NtCreatePort(&port, named(L"\\conf-none\\conf-lpc", 0), 0, 100, 0), STATUS_OBJECT_PATH_NOT_FOUND,
           "create, no such directory");
    expect(NtCreatePort(&port, named(NAME, OBJ_CASE_INSENSITIVE), LPC_LONGEST_INFO, LPC_LONGEST, 0), 0,
           "create, the longest of both");
    equal(granted_access(port), PORT_ALL_ACCESS, "rights granted");
    expect(NtQueryObject(port, ObjectTypeInformation, type, sizeof(type), NULL), 0, "query its type");
    check(info->TypeName.Length == 8 && same_memory(info->TypeName.Buffer, L"Port", 8), "it is a Port");
    equal(info->ValidAccessMask, PORT_ALL_ACCESS, "valid rights");
    expect(NtCreatePort(&other, named(NAME, 0), 0, 100, 0), STATUS_OBJECT_NAME_COLLISION, "create again");
    expect(NtCreatePort(&other, named(NAME, 0), 0, LPC_LONGEST + 1, 0), STATUS_INVALID_PARAMETER_4,
           "create again, messages too long");
    NtClose(port);
    expect(NtCreatePort(&port, named(NULL, 0), 0, 100, 0), 0, "create, no name");
    expect(NtClose(port), 0, "close it");
}

static void names(void)
{
    HANDLE port = NULL, event;
    UNICODE_STRING name = ustr(NAME), upper = ustr(L"\\BaseNamedObjects\\CONF-LPC-CONNECT"), empty = {0, 0, NULL};
    UNICODE_STRING wrong = ustr(L"\\BaseNamedObjects\\conf-lpc-event"), relative = ustr(L"conf-lpc");
    UNICODE_STRING file = ustr(L"\\SystemRoot\\System32\\ntdll.dll"), key = ustr(L"\\REGISTRY\\MACHINE"), root = ustr(L"\\");
    PORT_VIEW view = {.Length = 1};
    REMOTE_PORT_VIEW remote = {.Length = 1};
    QOS *qos = quality(2, FALSE, TRUE);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-lpc-event", 0), NotificationEvent, FALSE);
    expect(NtConnectPort(&port, &name, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "connect, no such port");
    expect(NtConnectPort(&port, &wrong, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "connect, an event");
    expect(NtConnectPort(&port, &file, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "connect, a file");
    expect(NtConnectPort(&port, &key, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "connect, a key");
    expect(NtConnectPort(&port, &root, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "connect, a directory");
    expect(NtConnectPort(&port, &empty, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_NAME_INVALID, "connect, empty name");
    expect(NtConnectPort(&port, &relative, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_PATH_SYNTAX_BAD, "connect, no path");
    expect(NtConnectPort(&port, &name, qos, &view, NULL, NULL, NULL, NULL), STATUS_INVALID_PARAMETER, "connect, view of a wrong length");
    expect(NtConnectPort(&port, &name, qos, NULL, &remote, NULL, NULL, NULL), STATUS_INVALID_PARAMETER,
           "connect, remote view of a wrong length");
    faults(BAD_OUT, p, NtConnectPort(p, &name, qos, NULL, NULL, NULL, NULL, NULL), "connect, handle");
    faults(BAD_IN, p, NtConnectPort(&port, &name, p, NULL, NULL, NULL, NULL, NULL), "connect, quality of service");
    NtClose(event);
    expect(NtCreatePort(&server, named(NAME, 0), LPC_LONGEST_INFO, 100, 0), 0, "create the server's port");
    expect(NtConnectPort(&port, &upper, qos, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
           "connect, the case of names counts");
    equal((ULONG_PTR)port, 0, "no handle was given");
}

typedef struct {
    ULONG info[128], length, longest;
    HANDLE port;
    NTSTATUS status;
    BOOLEAN with_info;
} SEEN;

static NTSTATUS client(PVOID argument)
{
    SEEN *seen = argument;
    UNICODE_STRING name = ustr(NAME);
    seen->port = (HANDLE)0x55555555;
    seen->status = NtConnectPort(&seen->port, &name, quality(1, FALSE, TRUE), NULL, NULL, &seen->longest,
                                 seen->with_info ? seen->info : NULL, &seen->length);
    return 0;
}

static CLIENT_ID id_of(HANDLE thread)
{
    THREAD_BASIC_INFORMATION info = {0};
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    return info.ClientId;
}

static void refusal(void)
{
    SEEN seen = {.info = {0xaabb0123}, .length = 4, .longest = 7, .with_info = TRUE};
    HANDLE thread = thread_start(client, &seen), port = (HANDLE)0x55555555;
    CLIENT_ID id = id_of(thread);
    MSG m = {0};
    expect(NtListenPort(server, &m), 0, "listen");
    equal(m.TotalLength, LPC_HEADER + 4, "request: total length");
    equal(m.DataLength, 4, "request: data length");
    equal(m.Type, LPC_CONNECTION_REQUEST, "request: type");
    equal(m.ClientId.UniqueProcess, id.UniqueProcess, "request: process");
    equal(m.ClientId.UniqueThread, id.UniqueThread, "request: thread");
    equal(m.CallbackId, 0, "request: no view");
    check(m.MessageId != 0, "request: message id");
    equal(m.data[0], 0xaabb0123, "request: connection information");
    m.data[0] = 0x11223344;
    expect(NtAcceptConnectPort(&port, NULL, &m, FALSE, NULL, NULL), 0, "refuse");
    equal((ULONG_PTR)port, 0x55555555, "refuse: no handle");
    thread_join(thread);
    expect(seen.status, STATUS_PORT_CONNECTION_REFUSED, "the client is refused");
    equal((ULONG_PTR)seen.port, 0x55555555, "refused: no handle");
    equal(seen.info[0], 0x11223344, "refused: the server's information comes all the same");
    equal(seen.longest, 7, "refused: no length");
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL), STATUS_INVALID_CID, "accept, the client is gone");
}

static void acceptance(void)
{
    SEEN seen = {.info = {1, 2, 3}, .length = 12, .with_info = TRUE};
    HANDLE thread = thread_start(client, &seen), port = NULL, second = NULL;
    MSG m = {0}, wrong;
    PORT_VIEW view = {.Length = 1};
    REMOTE_PORT_VIEW remote = {.Length = 1};
    expect(NtListenPort(server, &m), 0, "listen again");
    equal(m.DataLength, 12, "three words of information");
    faults(BAD_OUT, p, NtAcceptConnectPort(p, NULL, &m, TRUE, NULL, NULL), "accept, handle");
    faults(BAD_IN, p, NtAcceptConnectPort(&port, NULL, p, TRUE, NULL, NULL), "accept, message");
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, &view, NULL), STATUS_INVALID_PARAMETER, "accept, view of a wrong length");
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, &remote), STATUS_INVALID_PARAMETER,
           "accept, remote view of a wrong length");
    wrong = m;
    wrong.MessageId += 1000;
    expect(NtAcceptConnectPort(&port, NULL, &wrong, TRUE, NULL, NULL), STATUS_REPLY_MESSAGE_MISMATCH, "accept, another message");
    wrong = m;
    wrong.ClientId.UniqueThread = 0xfff0;
    expect(NtAcceptConnectPort(&port, NULL, &wrong, TRUE, NULL, NULL), STATUS_INVALID_CID, "accept, no such thread");
    expect(NtReplyPort(server, &m), STATUS_REPLY_MESSAGE_MISMATCH, "a connection request cannot be replied to");
    m.DataLength = 8;
    m.data[0] = 10;
    m.data[1] = 20;
    expect(NtAcceptConnectPort(&port, (PVOID)0x1234, &m, TRUE, NULL, NULL), 0, "accept");
    equal(granted_access(port), PORT_ALL_ACCESS, "rights of the server's end");
    expect(NtAcceptConnectPort(&second, NULL, &m, TRUE, NULL, NULL), STATUS_REPLY_MESSAGE_MISMATCH, "accept twice");
    sleep_ms(20);
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "the client waits for the completion");
    expect(NtCompleteConnectPort(server), STATUS_INVALID_PORT_HANDLE, "complete, the port of the name");
    expect(NtCompleteConnectPort((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "complete, no such handle");
    expect(NtCompleteConnectPort(thread), STATUS_OBJECT_TYPE_MISMATCH, "complete, a thread");
    NtDuplicateObject(NtCurrentProcess(), port, NtCurrentProcess(), &second, READ_CONTROL, 0, 0);
    expect(NtCompleteConnectPort(second), STATUS_ACCESS_DENIED, "complete, without the rights");
    NtClose(second);
    expect(NtCompleteConnectPort(port), 0, "complete");
    thread_join(thread);
    expect(seen.status, 0, "the client is connected");
    expect(NtCompleteConnectPort(port), STATUS_INVALID_PARAMETER, "complete twice");
    equal(seen.longest, 100, "longest message");
    equal(seen.length, 8, "length of the server's information");
    equal(seen.info[0], 10, "the server's information");
    equal(seen.info[2], 3, "and no more of it");
    equal(granted_access(seen.port), PORT_ALL_ACCESS, "rights of the client's end");
    expect(NtCompleteConnectPort(seen.port), STATUS_INVALID_PORT_HANDLE, "complete, the client's end");
    NtClose(seen.port);
    NtClose(port);
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_PORT_CLOSED, "the server hears of the client's end");
}

/* More information than a port takes is cut; without a buffer there is none, but a length. */
static void information(void)
{
    SEEN seen = {.length = 400, .with_info = TRUE};
    HANDLE thread, port = NULL;
    MSG m = {0};
    seen.info[64] = 0x77;
    thread = thread_start(client, &seen);
    NtListenPort(server, &m);
    equal(m.DataLength, LPC_LONGEST_INFO, "too much information is cut");
    equal(m.data[64], 0x77, "its last word");
    m.data[64] = 0x78;
    m.data[65] = 0x79;
    m.DataLength = LPC_LONGEST_INFO + 4;
    expect(NtAcceptConnectPort(&port, NULL, &m, FALSE, NULL, NULL), 0, "refuse with too much information");
    thread_join(thread);
    equal(seen.length, LPC_LONGEST_INFO, "it is cut as well");
    equal(seen.info[64], 0x78, "the last word of it");
    equal(seen.info[65], 0, "nothing behind");
    seen = (SEEN){.length = 8, .with_info = FALSE};
    thread = thread_start(client, &seen);
    NtListenPort(server, &m);
    equal(m.DataLength, 8, "a length without information");
    NtAcceptConnectPort(&port, NULL, &m, FALSE, NULL, NULL);
    thread_join(thread);
    equal(seen.length, 8, "the length is not told without a buffer");
}

static void closing(void)
{
    SEEN seen = {0}, queued = {0};
    HANDLE thread = thread_start(client, &seen), other, port = NULL;
    MSG m;
    NtListenPort(server, &m);
    other = thread_start(client, &queued);
    sleep_ms(30);
    expect(wait_ms(other, 0), STATUS_TIMEOUT, "a second client waits");
    NtClose(server);
    thread_join(thread);
    thread_join(other);
    expect(seen.status, STATUS_PORT_CONNECTION_REFUSED, "a client whose request was received, and the server's port closed");
    expect(queued.status, STATUS_PORT_CONNECTION_REFUSED, "a client whose request was queued, and the server's port closed");
    expect(plain_connect(&port, NAME), STATUS_OBJECT_NAME_NOT_FOUND, "the name is gone");
}

/* A client that ends while it waits takes its request back. */
static void killed(void)
{
    SEEN seen = {0}, next = {0};
    HANDLE thread, port = NULL;
    MSG m;
    CLIENT_ID id;
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
    thread = thread_start(client, &seen);
    sleep_ms(20);
    NtTerminateThread(thread, 0);
    thread_join(thread);
    thread = thread_start(client, &next);
    id = id_of(thread);
    NtListenPort(server, &m);
    equal(m.ClientId.UniqueThread, id.UniqueThread, "the request of a client that ended is gone");
    NtTerminateThread(thread, 0);
    wait_ms(thread, 1000);
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL), STATUS_REPLY_MESSAGE_MISMATCH,
           "accept, the client has ended and is still held");
    NtClose(thread);
    NtClose(server);
}

NTSTATUS child_main(const char *what)
{
    PROCESS_BASIC_INFORMATION info;
    OBJECT_ATTRIBUTES none = {sizeof(none), NULL, NULL, 0, NULL, NULL};
    CLIENT_ID parent = {0, 0};
    HANDLE port = NULL, process, copy;
    ULONG handle = 0;
    MSG m;
    if (*what == 'c')
        return plain_connect(&port, NAME);
    /* What the parent's handle of this value stands for, duplicated from there. */
    for (what++; *what; what++)
        handle = handle * 16 + (ULONG)(*what - 'a');
    NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &info, sizeof(info), NULL);
    parent.UniqueProcess = info.InheritedFromUniqueProcessId;
    if (NtOpenProcess(&process, PROCESS_DUP_HANDLE, &none, &parent) ||
        NtDuplicateObject(process, (HANDLE)handle, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS))
        return 1;
    if (NtListenPort(copy, &m))
        return 2;
    return NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL);
}

/* Another process that has the port may receive, but not accept. */
static void strangers(void)
{
    SEEN seen = {0};
    HANDLE thread;
    CHILD child;
    char what[10] = "x";
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
    for (int i = 0; i < 8; i++)
        what[i + 1] = (char)('a' + ((ULONG_PTR)server >> (28 - 4 * i) & 15));
    thread = thread_start(client, &seen);
    check(child_start(&child, what, FALSE), "a process that has the server's port as well");
    expect(child_wait(&child), STATUS_REPLY_MESSAGE_MISMATCH, "accept, in a process that did not make the port");
    child_close(&child);
    NtClose(server);
    thread_join(thread);
    expect(seen.status, STATUS_PORT_CONNECTION_REFUSED, "its client is refused in the end");
}

static void processes(void)
{
    CHILD child;
    HANDLE port;
    MSG m;
    NtCreatePort(&server, named(NAME, 0), 0, 100, 0);
    check(child_start(&child, "client", FALSE), "a client in another process");
    NtListenPort(server, &m);
    equal(m.ClientId.UniqueProcess, child.id.UniqueProcess, "its process is told");
    expect(NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL), 0, "accept it");
    NtCompleteConnectPort(port);
    expect(child_wait(&child), 0, "it is connected");
    NtReplyWaitReceivePort(server, NULL, NULL, &m);
    equal(m.Type, LPC_PORT_CLOSED, "and ends");
    equal(m.ClientId.UniqueProcess, child.id.UniqueProcess, "its process is told again");
    child_close(&child);
    NtClose(port);
    NtClose(server);
}

void test_main(void)
{
    ULONG ports = ports_now();
    creation();
    names();
    refusal();
    acceptance();
    information();
    closing();
    killed();
    processes();
    strangers();
    ports_gone(ports);
}
