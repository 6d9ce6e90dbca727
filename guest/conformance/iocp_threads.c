/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads of a completion port: who is woken, and how many may run.
 * Known from: MSDN "I/O Completion Ports" (last in, first out; the concurrency value; a thread that blocks lets another
 * run; a thread belongs to the port it last removed from); CreateIoCompletionPort; Windows Internals (a thread is suspended by
 * an APC that waits).
 */
#include "ntapi_device.h"

static HANDLE port, gate, blocked;
static volatile LONG order[16], running;

static NTSTATUS waiter(PVOID number)
{
    PVOID key, context;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(5000));
    if (status)
        return status;
    order[(ULONG)key] = (LONG)(ULONG_PTR)number;
    InterlockedIncrement((LONG *)&running);
    return NtWaitForSingleObject(gate, FALSE, relative_ms(5000));
}

static void post(ULONG key)
{
    NtSetIoCompletion(port, (PVOID)key, NULL, 0, 0);
}

static ULONG depth(void)
{
    ULONG count = 99;
    NtQueryIoCompletion(port, 0, &count, sizeof(count), NULL);
    return count;
}

static void last_in_first_out(void)
{
    HANDLE threads[3];
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 8);
    for (ULONG i = 0; i < 3; i++) {
        threads[i] = thread_start(waiter, (PVOID)(i + 1));
        sleep_ms(20);
    }
    for (ULONG i = 0; i < 3; i++) {
        post(i);
        sleep_ms(20);
    }
    equal(order[0], 3, "the last to wait is the first to be woken");
    equal(order[1], 2, "then the one before");
    equal(order[2], 1, "and the first at last");
    NtSetEvent(gate, NULL);
    for (ULONG i = 0; i < 3; i++)
        expect(thread_join(threads[i]), 0, i == 0 ? "first ends" : i == 1 ? "second ends" : "third ends");
    NtResetEvent(gate, NULL);
    NtClose(port);
}

/* Runs without waiting until told to stop, then waits. */
static volatile LONG stop;

static NTSTATUS spinner(PVOID unused)
{
    PVOID key, context;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(5000));
    (void)unused;
    if (status)
        return status;
    InterlockedIncrement((LONG *)&running);
    while (!stop)
        NtYieldExecution();
    NtSetEvent(blocked, NULL);
    return NtWaitForSingleObject(gate, FALSE, relative_ms(5000));
}

static void limit(void)
{
    HANDLE threads[2];
    running = stop = 0;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 1);
    threads[0] = thread_start(spinner, NULL);
    threads[1] = thread_start(spinner, NULL);
    sleep_ms(20);
    post(1);
    post(2);
    sleep_ms(40);
    equal(running, 1, "one thread may run, so the second packet waits");
    equal(depth(), 1, "in the port");
    stop = 1;
    expect(wait_ms(blocked, 2000), 0, "the first thread goes to wait for something else");
    sleep_ms(40);
    equal(running, 2, "so the second thread was woken");
    equal(depth(), 0, "and has the packet");
    NtSetEvent(gate, NULL);
    expect(thread_join(threads[0]), 0, "one ends");
    expect(thread_join(threads[1]), 0, "the other ends");
    NtResetEvent(gate, NULL);
    NtClose(port);
}

/* A suspended thread waits, too: for its resumption. */
static void suspended(void)
{
    HANDLE threads[2];
    running = stop = 0;
    NtResetEvent(blocked, NULL);
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 1);
    threads[0] = thread_start(spinner, NULL);
    sleep_ms(20);
    post(1);
    sleep_ms(20);
    equal(running, 1, "a thread runs");
    threads[1] = thread_start(spinner, NULL);
    sleep_ms(20);
    post(2);
    sleep_ms(20);
    equal(running, 1, "so another does not");
    NtSuspendThread(threads[0], NULL);
    sleep_ms(40);
    equal(running, 2, "until the first is suspended");
    stop = 1;
    NtResumeThread(threads[0], NULL);
    NtSetEvent(gate, NULL);
    expect(thread_join(threads[0]), 0, "the suspended thread ends");
    expect(thread_join(threads[1]), 0, "and the other");
    NtResetEvent(gate, NULL);
    NtClose(port);
}

static NTSTATUS taker(PVOID wanted)
{
    PVOID key, context;
    IO_STATUS_BLOCK io;
    NTSTATUS status = 0;
    for (ULONG i = 0; i < (ULONG)(ULONG_PTR)wanted && !status; i++)
        status = NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(5000));
    return status;
}

/* A thread that ends, or removes again, makes room. */
static void again(void)
{
    HANDLE thread;
    PVOID key, context;
    IO_STATUS_BLOCK io;
    NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 1);
    for (ULONG i = 0; i < 6; i++)
        post(i);
    expect(thread_join(thread_start(taker, (PVOID)3)), 0, "a thread removes three, one after the other, and ends");
    thread = thread_start(taker, (PVOID)2);
    expect(thread_join(thread), 0, "another removes two");
    expect(NtRemoveIoCompletion(port, &key, &context, &io, relative_ms(0)), 0, "the last one is for this thread");
    equal(key, 5, "the sixth");
    NtClose(port);
}

void test_main(void)
{
    NtCreateEvent(&gate, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    NtCreateEvent(&blocked, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    last_in_first_out();
    limit();
    suspended();
    again();
    NtClose(gate);
    NtClose(blocked);
}
