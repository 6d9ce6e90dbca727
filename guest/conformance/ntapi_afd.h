/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets: the controls of \Device\Afd that Wine's socket library uses, for tests that do without that library. */
#ifndef CONFORMANCE_NTAPI_AFD_H
#define CONFORMANCE_NTAPI_AFD_H

#include "ntapi_device.h"

#define MAYBE static __attribute__((unused))

#define AFD_BIND 0x12003
#define AFD_LISTEN 0x1200b
#define AFD_RECV 0x12017
#define AFD_POLL 0x12024
#define AFD_GETSOCKNAME 0x1202f
#define AFD_EVENT_SELECT 0x12087
#define AFD_GET_EVENTS 0x1208b
#define NET(number) (0x120000 | (number) << 2)
#define NET_CREATE NET(200)
#define NET_ACCEPT NET(201)
#define NET_ACCEPT_INTO NET(202)
#define NET_CONNECT NET(203)
#define NET_SHUTDOWN NET(204)
#define NET_RECVMSG NET(205)
#define NET_SENDMSG NET(206)
#define NET_FIONBIO NET(209)
#define NET_FIONREAD NET(211)
#define NET_GETPEERNAME NET(216)
#define NET_GET_INFO NET(218)
#define NET_GET_ACCEPTCONN NET(219)
#define NET_GET_ERROR NET(222)
#define NET_GET_LINGER NET(225)
#define NET_SET_LINGER NET(226)
#define NET_SET_RCVBUF NET(229)
#define NET_GET_RCVBUF NET(230)
#define NET_SET_RCVTIMEO NET(231)
#define NET_GET_RCVTIMEO NET(232)
#define NET_GET_REUSEADDR NET(233)
#define NET_SET_REUSEADDR NET(234)
#define NET_GET_NODELAY NET(284)
#define NET_SET_NODELAY NET(285)
#define NET_SET_EXCLUSIVE NET(298)

enum { POLL_READ = 1, POLL_OOB = 2, POLL_WRITE = 4, POLL_HUP = 8, POLL_RESET = 16, POLL_CLOSE = 32, POLL_CONNECT = 64,
       POLL_ACCEPT = 128, POLL_CONNECT_ERR = 256 };
enum { INET = 2, INET6 = 23, STREAM = 1, DATAGRAM = 2, RAW = 3 };
#define OOB 1
#define PEEK 2
#define WAITALL 8
#define FOREVER 0x7fffffffffffffffLL

#define WSA(number) (0xc0010000 | (10000 + (number)))

typedef struct { USHORT family, port; ULONG address; UCHAR zero[8]; } ADDRESS;
typedef struct { ULONG length; PVOID buffer; } SPAN;
#define LOOPBACK 0x0100007f

static inline USHORT swap16(ULONG value) { return (USHORT)((value & 0xff) << 8 | (value >> 8 & 0xff)); }

/* A control whose caller waits for its end; the status block is left in `io`, except by other threads than the first. */
MAYBE NTSTATUS control(HANDLE socket, ULONG code, const void *in, ULONG in_length, void *out, ULONG out_length)
{
    static ULONG first;
    IO_STATUS_BLOCK block = {0};
    HANDLE event;
    NTSTATUS status;
    if (!first)
        first = __readfsdword(0x24);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    status = NtDeviceIoControlFile(socket, event, NULL, NULL, &block, code, (PVOID)in, in_length, out, out_length);
    if (status == STATUS_PENDING)
        status = wait_ms(event, 10000) ? STATUS_TIMEOUT : block.Status;
    NtClose(event);
    if (first == __readfsdword(0x24))
        io = block;
    return status;
}

MAYBE NTSTATUS open_afd(HANDLE *socket, ULONG options)
{
    return NtOpenFile(socket, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, named(L"\\Device\\Afd", OBJ_CASE_INSENSITIVE), &io, 0,
                      options);
}

MAYBE NTSTATUS create(HANDLE socket, int family, int type, int protocol)
{
    int parameters[4] = {family, type, protocol, 1};
    return control(socket, NET_CREATE, parameters, sizeof(parameters), NULL, 0);
}

MAYBE HANDLE new_socket(int type)
{
    HANDLE socket = NULL;
    open_afd(&socket, 0);
    create(socket, INET, type, 0);
    return socket;
}

MAYBE ADDRESS at_port(ULONG port) { return (ADDRESS){.family = INET, .port = swap16(port), .address = LOOPBACK}; }

/* Bind; 0 takes any port. The address it got is left in `bound`. */
static __attribute__((unused)) ADDRESS bound;
MAYBE NTSTATUS bind_to(HANDLE socket, ULONG port)
{
    struct { int unused; ADDRESS address; } in = {0, at_port(port)};
    return control(socket, AFD_BIND, &in, sizeof(in), &bound, sizeof(bound));
}

MAYBE NTSTATUS listen_on(HANDLE socket, int backlog)
{
    int in[3] = {0, backlog, 0};
    return control(socket, AFD_LISTEN, in, sizeof(in), NULL, 0);
}

MAYBE HANDLE listener(void)
{
    HANDLE socket = new_socket(STREAM);
    bind_to(socket, 0);
    listen_on(socket, 5);
    return socket;
}

MAYBE NTSTATUS connect_to(HANDLE socket, ADDRESS address)
{
    struct { int length, synchronous; ADDRESS address; } in = {sizeof(ADDRESS), 1, address};
    return control(socket, NET_CONNECT, &in, sizeof(in), NULL, 0);
}

MAYBE NTSTATUS accept_from(HANDLE socket, HANDLE *accepted)
{
    ULONG handle = 0;
    NTSTATUS status = control(socket, NET_ACCEPT, NULL, 0, &handle, sizeof(handle));
    *accepted = (HANDLE)handle;
    return status;
}

/* Both ends of a connection. */
MAYBE void connection(HANDLE *client, HANDLE *server)
{
    HANDLE listening = listener();
    *client = new_socket(STREAM);
    connect_to(*client, bound);
    accept_from(listening, server);
    NtClose(listening);
}

typedef struct { ULONGLONG control, address, address_length, flags; int async; ULONG count; ULONGLONG buffers; } RECVMSG;
typedef struct { ULONGLONG address; ULONG address_length, flags; int async; ULONG count; ULONGLONG buffers; } SENDMSG;

MAYBE NTSTATUS receive_from(HANDLE socket, void *buffer, ULONG length, ULONG flags, ADDRESS *from, int *from_length)
{
    SPAN span = {length, buffer};
    RECVMSG in = {0, (ULONG)from, (ULONG)from_length, (ULONG)&flags, 0, 1, (ULONG)&span};
    return control(socket, NET_RECVMSG, &in, sizeof(in), NULL, 0);
}

MAYBE NTSTATUS receive(HANDLE socket, void *buffer, ULONG length, ULONG flags)
{
    return receive_from(socket, buffer, length, flags, NULL, NULL);
}

MAYBE NTSTATUS send_to(HANDLE socket, const void *buffer, ULONG length, ULONG flags, const ADDRESS *to)
{
    SPAN span = {length, (PVOID)buffer};
    SENDMSG in = {(ULONG)to, to ? sizeof(*to) : 0, flags, 0, 1, (ULONG)&span};
    return control(socket, NET_SENDMSG, &in, sizeof(in), NULL, 0);
}

MAYBE NTSTATUS send(HANDLE socket, const void *buffer, ULONG length) { return send_to(socket, buffer, length, 0, NULL); }

MAYBE NTSTATUS set_number(HANDLE socket, ULONG code, ULONG value) { return control(socket, code, &value, sizeof(value), NULL, 0); }

MAYBE ULONG get_number(HANDLE socket, ULONG code)
{
    ULONG value = 0xdeadbeef;
    return control(socket, code, NULL, 0, &value, sizeof(value)) ? 0xbadbad : value;
}

/* Poll one socket; the bits, or what went wrong. */
typedef struct { LONGLONG timeout; ULONG count; BOOLEAN exclusive; struct { ULONG socket, flags, status; } sockets[2]; }
    __attribute__((packed, aligned(4))) POLLING;
static __attribute__((unused)) POLLING polled;
MAYBE ULONG poll_for(HANDLE socket, ULONG mask, LONGLONG timeout)
{
    NTSTATUS status;
    struct { LONGLONG timeout; ULONG count, exclusive, socket, flags, status; } in = {timeout, 1, 0, (ULONG)socket, mask, 0};
    ULONG out[7];
    status = control(socket, AFD_POLL, &in, 28, out, 28);
    if (status == STATUS_TIMEOUT)
        return 0;
    return status ? (ULONG)status : out[2] ? out[5] : 0;
}
#define SECONDS(n) ((n) * -10000000LL)

#endif
