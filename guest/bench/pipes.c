/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipes and completion ports: a byte there and back between two threads, data through one's own pipe, packets. */
#include "../conformance/ntapi_device.h"
#include "bench.h"

static HANDLE server, client, port;
static char block[4096];

static NTSTATUS echo(PVOID argument)
{
    IO_STATUS_BLOCK own;
    char byte;
    (void)argument;
    while (NtReadFile(server, NULL, NULL, NULL, &own, &byte, 1, NULL, NULL) == 0)
        NtWriteFile(server, NULL, NULL, NULL, &own, &byte, 1, NULL, NULL);
    return 0;
}

static void ping_pong(ULONG times)
{
    char byte = 1;
    while (times--) {
        pipe_write(client, &byte, 1);
        pipe_read(client, &byte, 1);
    }
}

static void through(ULONG times)
{
    while (times--) {
        pipe_write(client, block, sizeof(block));
        pipe_read(server, block, sizeof(block));
    }
}

static void packets(ULONG times)
{
    PVOID key, context;
    while (times--) {
        NtSetIoCompletion(port, (PVOID)1, (PVOID)2, 0, 0);
        NtRemoveIoCompletion(port, &key, &context, &io, NULL);
    }
}

void bench_pipes(void)
{
    HANDLE thread;
    if (pipe_pair(&server, &client, SYNCHRONOUS, BYTES, BYTES, 8192))
        return;
    measure("pipe-4K-write+read", through);
    thread = thread_start(echo, NULL);
    measure("pipe-ping-pong", ping_pong);
    NtClose(client);
    thread_join(thread);
    NtClose(server);
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    measure("io-completion-post+remove", packets);
    NtClose(port);
}
