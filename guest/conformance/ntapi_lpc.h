/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Local procedure calls as the tests make them; independent of guest/include on purpose. */
#ifndef CONFORMANCE_NTAPI_LPC_H
#define CONFORMANCE_NTAPI_LPC_H

#include "tap.h"

enum { LPC_NEW_MESSAGE, LPC_REQUEST, LPC_REPLY, LPC_DATAGRAM, LPC_LOST_REPLY, LPC_PORT_CLOSED, LPC_CLIENT_DIED,
       LPC_EXCEPTION, LPC_DEBUG_EVENT, LPC_ERROR_EVENT, LPC_CONNECTION_REQUEST };

#define PORT_CONNECT 1
#define PORT_ALL_ACCESS 0x1f0001
#define LPC_HEADER 24
#define LPC_LONGEST 0x148 /* of a message with its header */
#define LPC_LONGEST_INFO 260

/* A PORT_MESSAGE with room for the longest. */
typedef struct {
    SHORT DataLength, TotalLength, Type, DataInfoOffset;
    CLIENT_ID ClientId;
    ULONG MessageId, CallbackId; /* CallbackId is ClientViewSize in a connection request */
    ULONG data[80];
} MSG;
typedef struct { ULONG Length; HANDLE SectionHandle; ULONG SectionOffset, ViewSize; PVOID ViewBase, ViewRemoteBase; } PORT_VIEW;
typedef struct { ULONG Length, ViewSize; PVOID ViewBase; } REMOTE_PORT_VIEW;
typedef struct { ULONG Length, ImpersonationLevel; BOOLEAN ContextTrackingMode, EffectiveOnly; } QOS;

NTCALL(NtCreatePort, PHANDLE, OBJECT_ATTRIBUTES *, ULONG, ULONG, ULONG);
NTCALL(NtCreateWaitablePort, PHANDLE, OBJECT_ATTRIBUTES *, ULONG, ULONG, ULONG);
NTCALL(NtConnectPort, PHANDLE, UNICODE_STRING *, QOS *, PORT_VIEW *, REMOTE_PORT_VIEW *, PULONG, PVOID, PULONG);
NTCALL(NtSecureConnectPort, PHANDLE, UNICODE_STRING *, QOS *, PORT_VIEW *, PVOID, REMOTE_PORT_VIEW *, PULONG, PVOID, PULONG);
NTCALL(NtListenPort, HANDLE, MSG *);
NTCALL(NtAcceptConnectPort, PHANDLE, PVOID, MSG *, ULONG, PORT_VIEW *, REMOTE_PORT_VIEW *);
NTCALL(NtCompleteConnectPort, HANDLE);
NTCALL(NtRequestPort, HANDLE, MSG *);
NTCALL(NtRequestWaitReplyPort, HANDLE, MSG *, MSG *);
NTCALL(NtReplyPort, HANDLE, MSG *);
NTCALL(NtReplyWaitReplyPort, HANDLE, MSG *);
NTCALL(NtReplyWaitReceivePort, HANDLE, PVOID *, MSG *, MSG *);
NTCALL(NtReplyWaitReceivePortEx, HANDLE, PVOID *, MSG *, MSG *, LI *);
NTCALL(NtImpersonateClientOfPort, HANDLE, MSG *);
NTCALL(NtReadRequestData, HANDLE, MSG *, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtWriteRequestData, HANDLE, MSG *, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtQueryInformationPort, HANDLE, ULONG, PVOID, ULONG, PULONG);
NTCALL(NtRegisterThreadTerminatePort, HANDLE);

#define UNUSED_HERE __attribute__((unused)) static

/* A message of so many words of data, the first of which is `first`. */
UNUSED_HERE MSG *message(MSG *m, int words, ULONG first)
{
    *m = (MSG){.DataLength = (SHORT)(words * 4), .TotalLength = (SHORT)(LPC_HEADER + words * 4)};
    for (int i = 0; i < words; i++)
        m->data[i] = first + i;
    return m;
}

UNUSED_HERE QOS *quality(ULONG level, BOOLEAN dynamic, BOOLEAN effective)
{
    static QOS qos[8];
    static LONG next;
    QOS *one = &qos[__sync_fetch_and_add(&next, 1) & 7];
    *one = (QOS){sizeof(QOS), level, dynamic, effective};
    return one;
}

/* Connect with nothing but the name. */
UNUSED_HERE NTSTATUS plain_connect(PHANDLE port, const WCHAR *name)
{
    UNICODE_STRING string = ustr(name);
    return NtConnectPort(port, &string, quality(2, FALSE, TRUE), NULL, NULL, NULL, NULL, NULL);
}

/* Receive a connection request and accept it all the way; the server's end. */
UNUSED_HERE HANDLE plain_accept(HANDLE server, PVOID context)
{
    MSG m;
    HANDLE port = NULL;
    if (NtListenPort(server, &m) || NtAcceptConnectPort(&port, context, &m, TRUE, NULL, NULL))
        return NULL;
    NtCompleteConnectPort(port);
    return port;
}

/* A client that connects in a thread of its own, while this one accepts. */
typedef struct { const WCHAR *name; HANDLE port; NTSTATUS status; } CLIENT;

UNUSED_HERE NTSTATUS plain_client(PVOID argument)
{
    CLIENT *client = argument;
    return client->status = plain_connect(&client->port, client->name);
}

/* Both ends of a connection to a port of this process. */
UNUSED_HERE BOOLEAN connect_pair(HANDLE server, const WCHAR *name, PVOID context, PHANDLE client_end, PHANDLE server_end)
{
    CLIENT client = {name, NULL, 0};
    HANDLE thread = thread_start(plain_client, &client);
    *server_end = plain_accept(server, context);
    thread_join(thread);
    *client_end = client.port;
    return *server_end && client.port;
}

/* How many ports there are: none may be left over. */
UNUSED_HERE ULONG ports_now(void)
{
    union { OBJECT_TYPE_INFORMATION info; UCHAR room[256]; } type;
    HANDLE port;
    if (NtCreatePort(&port, named(NULL, 0), 0, 100, 0))
        return 0;
    NtQueryObject(port, ObjectTypeInformation, &type, sizeof(type), NULL);
    NtClose(port);
    return type.info.TotalNumberOfObjects;
}

UNUSED_HERE void ports_gone(ULONG before)
{
    for (int tries = 0; tries < 20 && ports_now() != before; tries++)
        sleep_ms(20);
    equal(ports_now(), before, "no leak of Port objects");
}

#endif
