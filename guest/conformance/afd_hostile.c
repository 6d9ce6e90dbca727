/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every control of the socket device with garbage, in every state of a socket: each is answered, and nothing is left behind. */
#include "ntapi_afd.h"

static UCHAR in[128], out[128];
static ULONG answered, pending;

static void try(HANDLE socket, ULONG code)
{
    static const ULONG lengths[] = {0, 3, 4, 8, 12, 16, 20, 28, 32, 48, 100};
    for (ULONG i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        static IO_STATUS_BLOCK blocks[16];
        NTSTATUS status = NtDeviceIoControlFile(socket, NULL, NULL, NULL, &blocks[i], code, in, lengths[i], out, lengths[i & 7]);
        answered++;
        if (status == STATUS_PENDING)
            pending++;
    }
    NtCancelIoFile(socket, &io);
}

static void all_of(HANDLE socket)
{
    for (ULONG function = 0x7fe; function < 0x830; function++)
        for (ULONG method = 0; method < 4; method += 3)
            try(socket, 0x10000 | function << 2 | method);
    for (ULONG number = 195; number < 310; number++)
        if (number != 207) /* transmit: a handle of 0x41414141 or none, but all of memory as data */
            try(socket, NET(number));
}

void test_main(void)
{
    static const UCHAR fills[] = {0, 0xff, 0x41};
    for (int fill = 0; fill < 3; fill++) {
        HANDLE sockets[6];
        for (ULONG i = 0; i < sizeof(in); i++)
            in[i] = fills[fill];
        open_afd(&sockets[0], 0);
        sockets[1] = new_socket(STREAM);
        sockets[2] = new_socket(DATAGRAM);
        sockets[3] = listener();
        connection(&sockets[4], &sockets[5]);
        for (int i = 0; i < 6; i++) {
            all_of(sockets[i]);
            NtClose(sockets[i]);
        }
    }
    check(answered > 30000, "everything is answered");
    check(pending < answered, "not all of it later");

    static HANDLE many[8300];
    ULONG made = 0;
    NTSTATUS status = 0;
    for (; made < 8300 && !status; made++) {
        open_afd(&many[made], 0);
        status = create(many[made], INET, DATAGRAM, 0);
    }
    expect(status, WSA(24), "too many sockets");
    while (made)
        NtClose(many[--made]);
    many[0] = new_socket(STREAM);
    check(many[0] != NULL, "and then it goes on");
    expect(bind_to(many[0], 0), 0, "with a new one");
    NtClose(many[0]);

    SPAN span = {0x7fff0000, (PVOID)0x10000};
    HANDLE client, server;
    ULONG flags = 0;
    connection(&client, &server);
    RECVMSG receiving = {0, 0, 0, (ULONG)&flags, 0, 1, (ULONG)&span};
    SENDMSG sending = {0, 0, 0, 0, 1, (ULONG)&span};
    expect(control(client, NET_RECVMSG, &receiving, sizeof(receiving), NULL, 0), STATUS_ACCESS_VIOLATION, "receive into bad memory");
    expect(control(client, NET_SENDMSG, &sending, sizeof(sending), NULL, 0), STATUS_ACCESS_VIOLATION, "send bad memory");
    receiving.buffers = 0x1234567812345678;
    expect(control(client, NET_RECVMSG, &receiving, sizeof(receiving), NULL, 0), STATUS_ACCESS_VIOLATION, "a wide pointer");
    receiving.buffers = (ULONG)&span;
    receiving.count = 0x7fffffff;
    expect(control(client, NET_RECVMSG, &receiving, sizeof(receiving), NULL, 0), STATUS_INSUFFICIENT_RESOURCES, "too many buffers");
    NtClose(client);
    NtClose(server);
}
