/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User APCs: when they run, in which order, and what they see; alerts.
 * Known from: MSDN QueueUserAPC, SleepEx ("all pending APCs run, first in first out"); Windows Internals, 4th ed., ch. 3
 * (user-mode APCs); G. Nebbett, Native API Reference, ch. 5 (NtAlertThread, NtAlertResumeThread, NtTestAlert).
 */
#include "tap.h"

static volatile LONG ran;
static LONG order[8];
static ULONG arguments[3], thread_id;
static HANDLE event;

static void NTAPI record(PVOID a, PVOID b, PVOID c)
{
    arguments[0] = (ULONG_PTR)a;
    arguments[1] = (ULONG_PTR)b;
    arguments[2] = (ULONG_PTR)c;
    thread_id = TEB_NOW->ClientId.UniqueThread;
    order[ran++ & 7] = (LONG)(ULONG_PTR)a;
}

static void NTAPI queue_another(PVOID a, PVOID b, PVOID c)
{
    record(a, b, c);
    NtQueueApcThread(NtCurrentThread(), record, (PVOID)99, NULL, NULL);
}

static void NTAPI nested(PVOID a, PVOID b, PVOID c)
{
    NtQueueApcThread(NtCurrentThread(), record, (PVOID)7, NULL, NULL);
    NtDelayExecution(TRUE, relative_ms(2000));
    record(a, b, c);
}

static NTSTATUS queue(ULONG a)
{
    return NtQueueApcThread(NtCurrentThread(), record, (PVOID)(ULONG_PTR)a, (PVOID)2, (PVOID)3);
}

static void own(void)
{
    expect(queue(1), 0, "queue to oneself");
    sleep_ms(5);
    equal(ran, 0, "nothing runs before the thread is alertable");
    expect(NtTestAlert(), 0, "test alert");
    equal(ran, 1, "runs it");
    equal(arguments[0] << 8 | arguments[1] << 4 | arguments[2], 0x123, "with its three arguments");
    equal(thread_id, TEB_NOW->ClientId.UniqueThread, "in this thread");
    NtTestAlert();
    equal(ran, 1, "runs once");
    ran = 0;
    for (ULONG i = 1; i <= 4; i++)
        queue(i);
    expect(NtDelayExecution(TRUE, relative_ms(2000)), STATUS_USER_APC, "an alertable delay");
    equal(ran, 4, "runs all that wait");
    equal(order[0] << 12 | order[1] << 8 | order[2] << 4 | order[3], 0x1234, "first in, first out");
    ran = 0;
    NtQueueApcThread(NtCurrentThread(), queue_another, (PVOID)1, NULL, NULL);
    NtTestAlert();
    equal(ran, 2, "an APC queued by an APC runs in the same go");
    ran = 0;
    NtQueueApcThread(NtCurrentThread(), nested, (PVOID)1, NULL, NULL);
    NtTestAlert();
    equal(ran, 2, "an APC may wait alertably itself");
    equal(order[0] << 4 | order[1], 0x71, "and the inner one runs first");
}

/* Registers and flags survive an APC that interrupts nothing but a call. */
static void registers(void)
{
    ULONG ebx = 0, esi = 0, edi = 0;
    queue(1);
    __asm__ volatile("pushl %%ebx\n\tpushl %%esi\n\tpushl %%edi\n\t"
                     "movl $0x12340001, %%ebx\n\tmovl $0x12340002, %%esi\n\tmovl $0x12340003, %%edi\n\t"
                     "call _NtTestAlert@0\n\t"
                     "movl %%ebx, %%eax\n\tmovl %%esi, %%ecx\n\tmovl %%edi, %%edx\n\t"
                     "popl %%edi\n\tpopl %%esi\n\tpopl %%ebx"
                     : "=a"(ebx), "=c"(esi), "=d"(edi) : : "memory", "cc");
    equal(ebx, 0x12340001, "ebx survives");
    equal(esi, 0x12340002, "esi survives");
    equal(edi, 0x12340003, "edi survives");
}

static NTSTATUS alertable(PVOID unused)
{
    (void)unused;
    return NtWaitForSingleObject(event, TRUE, relative_ms(1500));
}

static NTSTATUS not_alertable(PVOID unused)
{
    (void)unused;
    return NtWaitForSingleObject(event, FALSE, relative_ms(5000));
}

static NTSTATUS nothing(PVOID unused)
{
    (void)unused;
    return 33;
}

static void others(void)
{
    HANDLE thread = thread_start(alertable, NULL), limited;
    THREAD_BASIC_INFORMATION info;
    ran = 0;
    sleep_ms(30);
    NtQueryInformationThread(thread, ThreadBasicInformation, &info, sizeof(info), NULL);
    expect(NtQueueApcThread(thread, record, (PVOID)1, NULL, NULL), 0, "queue to another thread");
    expect(thread_join(thread), STATUS_USER_APC, "its alertable wait ends");
    equal(ran, 1, "the APC ran");
    equal(thread_id, info.ClientId.UniqueThread, "in that thread");
    thread = thread_start(not_alertable, NULL);
    sleep_ms(30);
    NtQueueApcThread(thread, record, (PVOID)1, NULL, NULL);
    expect(wait_ms(thread, 30), STATUS_TIMEOUT, "a wait not alertable goes on");
    NtSetEvent(event, NULL);
    expect(thread_join(thread), 0, "and the thread ends without running it");
    equal(ran, 1, "nothing ran");
    thread = thread_start_suspended(nothing, NULL);
    NtQueueApcThread(thread, record, (PVOID)1, NULL, NULL);
    NtResumeThread(thread, NULL);
    expect(thread_join(thread), 33, "queued before the thread began");
    equal(ran, 2, "it runs before the thread's function");
    thread = thread_start(nothing, NULL);
    wait_ms(thread, 2000);
    expect(NtQueueApcThread(thread, record, NULL, NULL, NULL), STATUS_UNSUCCESSFUL, "queue to a dead thread");
    NtDuplicateObject(NtCurrentProcess(), thread, NtCurrentProcess(), &limited, THREAD_QUERY_INFORMATION, 0, 0);
    expect(NtQueueApcThread(limited, record, NULL, NULL, NULL), STATUS_ACCESS_DENIED, "queue without the right");
    NtClose(limited);
    NtClose(thread);
    expect(NtQueueApcThread(event, record, NULL, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "queue, an event");
    expect(NtQueueApcThread((HANDLE)0x7ff0, record, NULL, NULL, NULL), STATUS_INVALID_HANDLE, "queue, no such handle");
}

static void alerts(void)
{
    HANDLE thread, limited;
    ULONG count = 77;
    expect(NtTestAlert(), 0, "not alerted");
    expect(NtAlertThread(NtCurrentThread()), 0, "alert oneself");
    expect(NtTestAlert(), STATUS_ALERTED, "alerted");
    expect(NtTestAlert(), 0, "alerted once");
    NtAlertThread(NtCurrentThread());
    expect(NtDelayExecution(TRUE, relative_ms(1000)), STATUS_ALERTED, "an alertable delay is alerted");
    thread = thread_start(alertable, NULL);
    sleep_ms(30);
    expect(NtAlertThread(thread), 0, "alert another thread");
    expect(thread_join(thread), STATUS_ALERTED, "its wait ends");
    thread = thread_start(alertable, NULL);
    sleep_ms(30);
    NtSuspendThread(thread, NULL);
    expect(NtAlertResumeThread(thread, &count), 0, "alert and resume a suspended thread");
    equal(count, 1, "count before");
    expect(thread_join(thread), STATUS_ALERTED, "it is resumed and alerted");
    NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &limited, THREAD_QUERY_INFORMATION, 0, 0);
    expect(NtAlertThread(limited), STATUS_ACCESS_DENIED, "alert without the right");
    expect(NtAlertResumeThread(limited, NULL), STATUS_ACCESS_DENIED, "alert and resume without the right");
    NtClose(limited);
    expect(NtAlertThread(event), STATUS_OBJECT_TYPE_MISMATCH, "alert, an event");
    expect(NtAlertThread((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "alert, no such handle");
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    own();
    registers();
    others();
    alerts();
    NtClose(event);
}
