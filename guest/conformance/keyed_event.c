/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keyed events (Windows XP and later): a release and a wait of the same key meet; each blocks until the other comes.
 * Known from: Windows Internals, 4th ed., ch. 3 (keyed events); Wine's dlls/ntdll/tests/om.c (test_keyed_events), whose
 * statuses were taken from real systems; J. Honeycutt and others on \KernelObjects\CritSecOutOfMemoryEvent.
 */
#include "tap.h"

typedef NTSTATUS(NTAPI *CREATE)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
typedef NTSTATUS(NTAPI *OPEN)(PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *);
typedef NTSTATUS(NTAPI *MEET)(HANDLE, PVOID, ULONG, LI *);

static CREATE create;
static OPEN open;
static MEET release, wait;
static HANDLE event;

#define KEY(n) ((PVOID)(ULONG_PTR)(2 * (n)))

static NTSTATUS waiter(PVOID key)
{
    return wait(event, key, FALSE, relative_ms(3000));
}

static NTSTATUS releaser(PVOID key)
{
    return release(event, key, FALSE, relative_ms(3000));
}

static void meeting(void)
{
    HANDLE first, second;
    expect(wait(event, KEY(1), FALSE, relative_ms(10)), STATUS_TIMEOUT, "wait with nobody there");
    expect(release(event, KEY(1), FALSE, relative_ms(10)), STATUS_TIMEOUT, "release with nobody there");
    expect(wait(event, KEY(1), FALSE, relative_ms(10)), STATUS_TIMEOUT, "a release that timed out leaves nothing");
    first = thread_start(waiter, KEY(1));
    expect(release(event, KEY(1), FALSE, relative_ms(3000)), 0, "release meets a wait");
    expect(thread_join(first), 0, "the waiter goes on");
    first = thread_start(releaser, KEY(1));
    expect(wait(event, KEY(1), FALSE, relative_ms(3000)), 0, "wait meets a release");
    expect(thread_join(first), 0, "the releaser goes on");
    first = thread_start(waiter, KEY(1));
    sleep_ms(20);
    expect(release(event, KEY(2), FALSE, relative_ms(20)), STATUS_TIMEOUT, "another key does not meet it");
    second = thread_start(waiter, KEY(1));
    sleep_ms(20);
    expect(release(event, KEY(1), FALSE, relative_ms(3000)), 0, "one release");
    sleep_ms(20);
    equal((wait_ms(first, 0) == 0) + (wait_ms(second, 0) == 0), 1, "frees one waiter");
    expect(release(event, KEY(1), FALSE, relative_ms(3000)), 0, "one more");
    expect(thread_join(first), 0, "first");
    expect(thread_join(second), 0, "second");
    first = thread_start(waiter, KEY(0));
    expect(release(event, KEY(0), FALSE, relative_ms(3000)), 0, "key zero is a key");
    thread_join(first);
    first = thread_start(waiter, KEY(1));
    sleep_ms(20);
    NtTerminateThread(first, 3);
    expect(thread_join(first), 3, "a waiter is terminated");
    expect(release(event, KEY(1), FALSE, relative_ms(10)), STATUS_TIMEOUT, "and cannot be met any more");
}

static LONG apcs;
static void NTAPI apc(PVOID a, PVOID b, PVOID c)
{
    (void)a, (void)b, (void)c;
    apcs++;
}

static void errors(void)
{
    HANDLE wake_only, wait_only, plain;
    faults(BAD_OUT, p, create(p, 3, NULL, 0), "create, handle");
    expect(create(&plain, 3, NULL, 1), STATUS_INVALID_PARAMETER_4, "create, flags 1");
    expect(wait(event, (PVOID)3, FALSE, relative_ms(0)), STATUS_INVALID_PARAMETER_1, "wait, odd key");
    expect(release(event, (PVOID)3, FALSE, relative_ms(0)), STATUS_INVALID_PARAMETER_1, "release, odd key");
    faults(BAD_IN_OPTIONAL, p, wait(event, KEY(1), FALSE, p), "wait, time-out");
    faults(BAD_IN_OPTIONAL, p, release(event, KEY(1), FALSE, p), "release, time-out");
    expect(wait((HANDLE)0x7ff0, KEY(1), FALSE, relative_ms(0)), STATUS_INVALID_HANDLE, "wait, no such handle");
    NtCreateEvent(&plain, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    expect(wait(plain, KEY(1), FALSE, relative_ms(0)), STATUS_OBJECT_TYPE_MISMATCH, "wait, a plain event");
    expect(release(plain, KEY(1), FALSE, relative_ms(0)), STATUS_OBJECT_TYPE_MISMATCH, "release, a plain event");
    NtClose(plain);
    expect(create(&wait_only, 1, NULL, 0), 0, "create with the right to wait");
    expect(create(&wake_only, 2, NULL, 0), 0, "create with the right to wake");
    expect(release(wait_only, KEY(1), FALSE, relative_ms(0)), STATUS_ACCESS_DENIED, "release without the right");
    expect(wait(wake_only, KEY(1), FALSE, relative_ms(0)), STATUS_ACCESS_DENIED, "wait without the right");
    NtClose(wait_only);
    NtClose(wake_only);
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(wait(event, KEY(1), TRUE, relative_ms(2000)), STATUS_USER_APC, "alertable wait: APC");
    NtQueueApcThread(NtCurrentThread(), apc, NULL, NULL, NULL);
    expect(release(event, KEY(1), TRUE, relative_ms(2000)), STATUS_USER_APC, "alertable release: APC");
    equal(apcs, 2, "the APCs ran");
}

static void names(void)
{
    HANDLE first, second;
    expect(create(&first, 3, named(L"\\BaseNamedObjects\\conf-keyed", 0), 0), 0, "create named");
    expect(create(&second, 3, named(L"\\BaseNamedObjects\\conf-keyed", 0), 0), STATUS_OBJECT_NAME_COLLISION, "once only");
    expect(open(&second, 3, named(L"\\BaseNamedObjects\\conf-keyed", 0)), 0, "open");
    equal(granted_access(second), 3, "rights granted");
    NtClose(second);
    NtClose(first);
    expect(open(&first, 3, named(L"\\BaseNamedObjects\\conf-keyed", 0)), STATUS_OBJECT_NAME_NOT_FOUND, "gone when closed");
    expect(open(&first, 3, named(L"\\KernelObjects\\CritSecOutOfMemoryEvent", 0)), 0, "the system's keyed event");
    NtClose(first);
}

void test_main(void)
{
    create = (CREATE)procedure("NtCreateKeyedEvent");
    open = (OPEN)procedure("NtOpenKeyedEvent");
    release = (MEET)procedure("NtReleaseKeyedEvent");
    wait = (MEET)procedure("NtWaitForKeyedEvent");
    if (!nt_at_least(5, 1)) {
        equal((ULONG_PTR)create, 0, "Windows 2000 has no keyed events");
        return;
    }
    expect(create(&event, 0x1f0003, NULL, 0), 0, "create");
    equal(granted_access(event), 0x1f0003, "all rights granted");
    meeting();
    errors();
    names();
    NtClose(event);
}
