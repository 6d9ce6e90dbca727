/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Event pairs: two synchronization events, high and low, for a client and a server that take turns.
 * Known from: G. Nebbett, Native API Reference, ch. 8 (NtCreateEventPair and the rest); ReactOS' API documentation of
 * EVENT_PAIR_ALL_ACCESS. Wine has none of these calls, so that there is no second opinion.
 */
#include "tap.h"

typedef NTSTATUS(NTAPI *CREATE)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
typedef NTSTATUS(NTAPI *ACT)(HANDLE);

static CREATE create, open;
static ACT set_high, set_low, wait_high, wait_low, set_high_wait_low, set_low_wait_high;
static HANDLE pair;
static LONG turns;

#define EVENT_PAIR_ALL_ACCESS 0x1f0000

static NTSTATUS server(PVOID unused)
{
    (void)unused;
    if (wait_high(pair))
        return 1;
    for (int i = 0; i < 10; i++) {
        turns++;
        if (set_low_wait_high(pair))
            return 2;
    }
    return 0;
}

static BOOLEAN look_up(void)
{
    create = (CREATE)procedure("NtCreateEventPair");
    open = (CREATE)procedure("NtOpenEventPair");
    set_high = (ACT)procedure("NtSetHighEventPair");
    set_low = (ACT)procedure("NtSetLowEventPair");
    wait_high = (ACT)procedure("NtWaitHighEventPair");
    wait_low = (ACT)procedure("NtWaitLowEventPair");
    set_high_wait_low = (ACT)procedure("NtSetHighWaitLowEventPair");
    set_low_wait_high = (ACT)procedure("NtSetLowWaitHighEventPair");
    return create && open && set_high && set_low && wait_high && wait_low && set_high_wait_low && set_low_wait_high;
}

void test_main(void)
{
    HANDLE thread, event, copy;
    int rounds = 0;
    BOOLEAN there = look_up();
    check(there, "ntdll exports the event pair calls");
    if (!there)
        return;
    faults(BAD_OUT, p, create(p, EVENT_PAIR_ALL_ACCESS, NULL), "create, handle");
    expect(create(&pair, EVENT_PAIR_ALL_ACCESS, NULL), 0, "create");
    equal(granted_access(pair), EVENT_PAIR_ALL_ACCESS, "rights granted");
    expect(set_low(pair), 0, "set low");
    expect(wait_low(pair), 0, "wait low takes it");
    expect(set_high(pair), 0, "set high");
    expect(wait_high(pair), 0, "wait high takes it");
    thread = thread_start(server, NULL);
    while (rounds < 10 && set_high_wait_low(pair) == 0)
        rounds++;
    equal(rounds, 10, "ten turns with a server");
    sleep_ms(20);
    expect(wait_ms(thread, 0), STATUS_TIMEOUT, "the server waits for high");
    set_high(pair);
    expect(thread_join(thread), 0, "and ends");
    equal(turns, 10, "it had ten turns too");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(set_low(event), STATUS_OBJECT_TYPE_MISMATCH, "set low, an event");
    expect(set_high((HANDLE)0x7ff0), STATUS_INVALID_HANDLE, "set high, no such handle");
    expect(wait_low(NULL), STATUS_INVALID_HANDLE, "wait low, NULL handle");
    expect(set_high_wait_low(event), STATUS_OBJECT_TYPE_MISMATCH, "set high wait low, an event");
    NtDuplicateObject(NtCurrentProcess(), pair, NtCurrentProcess(), &copy, READ_CONTROL, 0, 0);
    expect(set_low(copy), STATUS_ACCESS_DENIED, "set low without SYNCHRONIZE");
    expect(wait_low(copy), STATUS_ACCESS_DENIED, "wait low without SYNCHRONIZE");
    NtClose(copy);
    expect(NtSetInformationThread(NtCurrentThread(), 8, &event, 4),
           nt_at_least(5, 1) ? STATUS_INVALID_INFO_CLASS : STATUS_OBJECT_TYPE_MISMATCH, "an event as the thread's pair");
    expect(NtSetInformationThread(NtCurrentThread(), 8, &pair, 4), nt_at_least(5, 1) ? STATUS_INVALID_INFO_CLASS : 0,
           "the pair as the thread's pair, which XP has no more");
    NtClose(event);
    NtClose(pair);
    expect(create(&pair, EVENT_PAIR_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-pair", 0)), 0, "create named");
    expect(open(&copy, EVENT_PAIR_ALL_ACCESS, named(L"\\BaseNamedObjects\\conf-pair", 0)), 0, "open");
    set_high(copy);
    expect(wait_high(pair), 0, "both handles are one pair");
    NtClose(copy);
    NtClose(pair);
}
