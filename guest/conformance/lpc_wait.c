/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waitable ports, time-outs, and several who wait at one port.
 * Known from: G. Nebbett, Native API Reference, ch. 12 (NtCreateWaitablePort, NtReplyWaitReceivePortEx); ReactOS' ntoskrnl/lpc/port.c and
 * reply.c (a type of its own with an event that is set while messages are queued; other ports use the object manager's default
 * object, which is always signalled).
 */
#include "ntapi_lpc.h"

#define NAME L"\\BaseNamedObjects\\conf-lpc-wait"

static HANDLE server, to_server, to_client;

static void waitable(void)
{
    static UCHAR type[512];
    OBJECT_TYPE_INFORMATION *info = (void *)type;
    HANDLE plain, thread;
    CLIENT client = {NAME, NULL, 0};
    MSG m, got;
    faults(BAD_OUT, p, NtCreateWaitablePort(p, named(NAME, 0), 0, 100, 0), "create, handle");
    expect(NtCreateWaitablePort(&server, named(NAME, 0), LPC_LONGEST_INFO + 1, 100, 0), STATUS_INVALID_PARAMETER_3,
           "create, too much connection information");
    expect(NtCreateWaitablePort(&server, named(NAME, 0), 0, LPC_LONGEST + 1, 0), STATUS_INVALID_PARAMETER_4,
           "create, messages too long");
    expect(NtCreateWaitablePort(&server, named(NAME, 0), 0, 100, 0), 0, "create a waitable port");
    expect(NtQueryObject(server, ObjectTypeInformation, type, sizeof(type), NULL), 0, "query its type");
    check(info->TypeName.Length == 24 && same_memory(info->TypeName.Buffer, L"WaitablePort", 24), "it is a WaitablePort");
    expect(NtCreatePort(&plain, named(NAME, 0), 0, 100, 0), STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    expect(wait_ms(server, 0), STATUS_TIMEOUT, "nothing is queued");
    thread = thread_start(plain_client, &client);
    expect(wait_ms(server, 5000), 0, "a connection request is");
    expect(wait_ms(server, 0), 0, "and stays");
    to_client = plain_accept(server, NULL);
    check(to_client != NULL, "accept it");
    thread_join(thread);
    to_server = client.port;
    expect(wait_ms(server, 0), STATUS_TIMEOUT, "nothing is queued again");
    message(&m, 1, 1);
    NtRequestPort(to_server, &m);
    message(&m, 1, 2);
    NtRequestPort(to_server, &m);
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    expect(wait_ms(server, 0), 0, "one of two is left");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    expect(wait_ms(server, 0), STATUS_TIMEOUT, "none is left");
    expect(wait_ms(to_server, 0), 0, "a port that is not waitable is always signalled");
    expect(wait_ms(to_client, 0), 0, "and so is the server's end");
    NtRequestPort(server, &m);
    expect(wait_ms(server, 0), 0, "a datagram to itself");
    NtReplyWaitReceivePort(server, NULL, NULL, &got);
    expect(NtCreateWaitablePort(&plain, named(NULL, 0), 0, 100, 0), 0, "a waitable port without a name");
    NtRequestPort(plain, &m);
    expect(wait_ms(plain, 0), 0, "is signalled by its datagram");
    NtClose(plain);
}

static void timeouts(void)
{
    MSG m, got;
    LI now = {.QuadPart = 0}, past = {.QuadPart = 1};
    LONGLONG start, took;
    faults(BAD_IN_OPTIONAL, p, NtReplyWaitReceivePortEx(server, NULL, NULL, &m, p), "receive, time-out");
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, &now), STATUS_TIMEOUT, "receive, look only");
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, &past), STATUS_TIMEOUT, "receive, long past");
    start = system_time();
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &m, relative_ms(30)), STATUS_TIMEOUT, "receive, for 30 ms");
    took = system_time() - start;
    check(took >= 290000 && took < 20000000, "it took as long");
    message(&m, 1, 9);
    NtRequestPort(to_server, &m);
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &got, &now), 0, "receive, something is there");
    equal(got.data[0], 9, "it is that");
    expect(NtReplyWaitReceivePortEx(to_server, NULL, NULL, &got, relative_ms(10)), STATUS_TIMEOUT, "a client receives, for 10 ms");
}

static volatile LONG received[4];

static NTSTATUS receiver(PVOID argument)
{
    MSG m;
    NTSTATUS status = NtReplyWaitReceivePort(server, NULL, NULL, &m);
    if (!status)
        received[(ULONG_PTR)argument] = m.data[0];
    return status;
}

/* First come, first served; who is suspended is not served; who is terminated loses nothing. */
static void many(void)
{
    HANDLE threads[4];
    MSG m, got;
    ULONG before;
    for (ULONG_PTR i = 0; i < 4; i++) {
        threads[i] = thread_start(receiver, (PVOID)i);
        sleep_ms(15);
    }
    NtSuspendThread(threads[0], &before);
    NtTerminateThread(threads[1], 0);
    thread_join(threads[1]);
    message(&m, 1, 11);
    NtRequestPort(to_server, &m);
    expect(thread_join(threads[2]), 0, "the third gets the first message");
    equal(received[2], 11, "it has it");
    equal(received[0], 0, "the suspended one has nothing");
    message(&m, 1, 12);
    NtRequestPort(to_server, &m);
    expect(thread_join(threads[3]), 0, "the fourth gets the second");
    message(&m, 1, 13);
    NtRequestPort(to_server, &m);
    expect(wait_ms(threads[0], 20), STATUS_TIMEOUT, "the first is still suspended");
    NtResumeThread(threads[0], NULL);
    expect(thread_join(threads[0]), 0, "resumed, it gets the third");
    equal(received[0], 13, "that one");
    threads[0] = thread_start(receiver, (PVOID)0);
    sleep_ms(15);
    NtSuspendThread(threads[0], &before);
    NtRequestPort(to_server, &m);
    expect(NtReplyWaitReceivePortEx(server, NULL, NULL, &got, relative_ms(0)), 0, "what a suspended one waits for, another can have");
    NtTerminateThread(threads[0], 0);
    thread_join(threads[0]);
}

/* An alert or APC does not end a wait at a port. */
static volatile LONG apcs;

static VOID NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

static void alerts(void)
{
    HANDLE thread = thread_start(receiver, (PVOID)1);
    MSG m;
    sleep_ms(15);
    NtQueueApcThread(thread, apc, NULL, NULL, NULL);
    NtAlertThread(thread);
    expect(wait_ms(thread, 20), STATUS_TIMEOUT, "it goes on waiting");
    message(&m, 1, 14);
    NtRequestPort(to_server, &m);
    expect(thread_join(thread), 0, "until there is a message");
    equal(received[1], 14, "which it has");
}

void test_main(void)
{
    ULONG ports = ports_now();
    waitable();
    timeouts();
    many();
    alerts();
    NtClose(to_server);
    NtClose(to_client);
    NtClose(server);
    ports_gone(ports);
}
