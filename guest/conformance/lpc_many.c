/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients, in several processes and threads, and several threads that serve them at one port, while clients are killed: every
 * reply reaches its request, and nothing is left behind. Nothing here depends on luck.
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-many"

enum { SERVERS = 3, PROCESSES = 4, THREADS = 3, ROUNDS = 60 };

static HANDLE server, to_server;
static volatile LONG requests, datagrams, closed, wrong, quit;

static NTSTATUS serving(PVOID unused)
{
    MSG m, *reply = NULL;
    PVOID context;
    HANDLE port;
    (void)unused;
    while (!quit) {
        NTSTATUS status = NtReplyWaitReceivePortEx(server, &context, reply, &m, relative_ms(20));
        if (status == (NTSTATUS)STATUS_REPLY_MESSAGE_MISMATCH || status == (NTSTATUS)STATUS_INVALID_CID) {
            reply = NULL; /* its client was killed */
            continue;
        }
        reply = NULL;
        if (status == STATUS_TIMEOUT)
            continue;
        if (status)
            __sync_fetch_and_add(&wrong, 1);
        switch (m.Type) {
        case LPC_CONNECTION_REQUEST:
            if (NtAcceptConnectPort(&port, NULL, &m, TRUE, NULL, NULL) == 0)
                NtCompleteConnectPort(port);
            break;
        case LPC_REQUEST:
            __sync_fetch_and_add(&requests, 1);
            m.data[1] = m.data[0] * 3 + m.ClientId.UniqueThread;
            reply = &m;
            break;
        case LPC_DATAGRAM:
            __sync_fetch_and_add(&datagrams, 1);
            break;
        case LPC_PORT_CLOSED:
            NtClose((HANDLE)context);
            __sync_fetch_and_add(&closed, 1);
            break;
        default:
            __sync_fetch_and_add(&wrong, 1);
        }
    }
    return 0;
}

static NTSTATUS asking(PVOID argument)
{
    HANDLE port = to_server;
    MSG m;
    ULONG own = TEB_NOW->ClientId.UniqueThread;
    for (int i = 0; i < ROUNDS; i++) {
        message(&m, 2, own + i);
        if (NtRequestWaitReplyPort(port, &m, &m))
            return 1;
        if (m.Type != LPC_REPLY || m.data[0] != own + i || m.data[1] != (own + i) * 3 + own)
            return 2;
        if (i % 8 == 0) {
            message(&m, 1, 0);
            if (NtRequestPort(port, &m))
                return 3;
        }
    }
    (void)argument;
    return 0;
}

NTSTATUS child_main(const char *what)
{
    HANDLE threads[THREADS];
    NTSTATUS worst = 0;
    if (plain_connect(&to_server, NAME))
        return 10;
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start(asking, NULL);
    for (int i = 0; i < THREADS; i++) {
        NTSTATUS status = thread_join(threads[i]);
        worst = status ? status : worst;
    }
    while (*what == 'f')
        asking(NULL);
    return worst;
}

void test_main(void)
{
    ULONG ports = ports_now();
    HANDLE servers[SERVERS];
    CHILD child[PROCESSES], victim;
    int good = 0;
    expect(NtCreatePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a port");
    for (int i = 0; i < SERVERS; i++)
        servers[i] = thread_start(serving, NULL);
    check(child_start(&victim, "forever", FALSE), "a client that never stops");
    for (int i = 0; i < 500 && !requests; i++)
        sleep_ms(10);
    check(requests != 0, "it is served");
    for (int i = 0; i < PROCESSES; i++)
        if (!child_start(&child[i], "some", FALSE))
            check(FALSE, "a client");
    sleep_ms(50);
    NtTerminateProcess(victim.process, 3);
    for (int i = 0; i < PROCESSES; i++)
        good += child_wait(&child[i]) == 0;
    equal(good, PROCESSES, "every client had its replies");
    expect(child_wait(&victim), 3, "but one was killed");
    for (int i = 0; i < 200 && closed < PROCESSES + 1; i++)
        sleep_ms(10);
    equal(closed, PROCESSES + 1, "every connection was closed");
    check(requests >= PROCESSES * THREADS * ROUNDS, "every request was received");
    check(datagrams >= PROCESSES * THREADS * (ROUNDS / 8), "every datagram was received");
    equal(wrong, 0, "and nothing else");
    quit = 1;
    for (int i = 0; i < SERVERS; i++)
        if (thread_join(servers[i]))
            check(FALSE, "a server");
    for (int i = 0; i < PROCESSES; i++)
        child_close(&child[i]);
    child_close(&victim);
    NtClose(server);
    ports_gone(ports);
}
