/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Local procedure call: a request and its reply between two threads, and what a datagram costs. */
#include "../conformance/ntapi_lpc.h"
#include "bench.h"

#define NAME L"\\BaseNamedObjects\\bench-lpc"

static HANDLE server, to_server, to_client;

static NTSTATUS serve(PVOID argument)
{
    MSG m, *reply = NULL;
    (void)argument;
    to_client = plain_accept(server, NULL);
    while (NtReplyWaitReceivePort(server, NULL, reply, &m) == 0 && m.Type == LPC_REQUEST)
        reply = &m;
    return 0;
}

static void ping_pong(ULONG times)
{
    MSG m;
    while (times--) {
        message(&m, 8, 1);
        NtRequestWaitReplyPort(to_server, &m, &m);
    }
}

static void datagram(ULONG times)
{
    MSG m;
    while (times--) {
        message(&m, 8, 1);
        NtRequestPort(server, &m);
        NtReplyWaitReceivePort(server, NULL, NULL, &m);
    }
}

/* Wine has no ports, and then no figures. */
void bench_lpc(void)
{
    HANDLE thread;
    if (NtCreatePort(&server, named(NAME, 0), 0, 256, 0))
        return;
    measure("lpc-datagram", datagram);
    thread = thread_start(serve, NULL);
    if (plain_connect(&to_server, NAME) == 0) {
        measure("lpc-ping-pong", ping_pong);
        NtClose(to_server);
    }
    thread_join(thread);
    NtClose(to_client);
    NtClose(server);
}
