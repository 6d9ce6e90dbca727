/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Change notification: events, status blocks, APCs, trees, closing; synchronous and not.
 * Known from: MSDN (RegNotifyChangeKeyValue, ZwNotifyChangeKey, ZwNotifyChangeMultipleKeys); G. Nebbett, Native API
 * Reference, ch. 19; Wine's dlls/ntdll/tests/reg.c (test_notify).
 */
#include "ntapi_cm.h"

enum { NAME = 1, LAST_SET = 4 };

static HANDLE top, event;
static IO_STATUS_BLOCK block;

static NTSTATUS notify(HANDLE key, ULONG filter, BOOLEAN tree)
{
    block.Status = 0x55555555;
    NtResetEvent(event, NULL);
    return NtNotifyChangeKey(key, event, NULL, NULL, &block, filter, tree, NULL, 0, TRUE);
}

static BOOLEAN signalled(void)
{
    return wait_ms(event, 0) == 0;
}

static void asynchronous(void)
{
    HANDLE key = key_at(top, L"watched", 0), child, same;
    expect(notify(key, NAME, FALSE), STATUS_PENDING, "watch");
    check(!signalled(), "nothing yet");
    equal(block.Status, 0x55555555, "nor in the status block");
    set_dword(key, L"v", 1);
    check(!signalled(), "a value is no name");
    child = key_at(key, L"child", 0);
    check(signalled(), "a subkey is");
    equal(block.Status, STATUS_NOTIFY_ENUM_DIR, "the status block tells to look");
    equal(block.Information, 0, "no more than that");
    expect(notify(key, NAME, FALSE), STATUS_PENDING, "watch again");
    check(!signalled(), "nothing again");
    NtClose(key_at(child, L"grandchild", 0));
    check(!signalled(), "a subkey's subkey does not count");
    same = key_at(child, L"grandchild", 0);
    NtDeleteKey(same);
    NtClose(same);
    NtDeleteKey(child);
    check(signalled(), "a deleted subkey does");
    NtClose(child);
    NtClose(key_at(key, L"unseen", 0));
    expect(notify(key, NAME, FALSE), STATUS_PENDING, "watch after a change that nobody saw");
    check(signalled(), "is over at once");
    expect(notify(key, NAME, FALSE), STATUS_PENDING, "and the next");
    check(!signalled(), "waits");
    NtClose(key);
    check(signalled(), "closing ends it");
    equal(block.Status, STATUS_NOTIFY_CLEANUP, "with a status of its own");
    key = key_at(top, L"watched", 0);
    expect(notify(key, LAST_SET, TRUE), STATUS_PENDING, "watch the values of a tree");
    child = key_at(key, L"child", 0);
    check(!signalled(), "a name is no value");
    set_dword(child, L"v", 2);
    check(signalled(), "a value below counts");
    NtClose(child);
    expect(notify(key, LAST_SET, TRUE), STATUS_PENDING, "watch what will be deleted");
    expect(NtNotifyChangeKey(key, event, NULL, NULL, &block, 0x1000, FALSE, NULL, 0, TRUE), STATUS_INVALID_PARAMETER,
           "unknown filter");
    expect(NtNotifyChangeKey((HANDLE)0x7ff0, event, NULL, NULL, &block, NAME, FALSE, NULL, 0, TRUE),
           STATUS_INVALID_HANDLE, "bad handle");
    expect(NtNotifyChangeKey(key, (HANDLE)0x7ff0, NULL, NULL, &block, NAME, FALSE, NULL, 0, TRUE), STATUS_INVALID_HANDLE,
           "bad event");
    NtOpenKey(&same, KEY_SET_VALUE, named_in(key, L"", 0));
    expect(NtNotifyChangeKey(same, event, NULL, NULL, &block, NAME, FALSE, NULL, 0, TRUE), STATUS_ACCESS_DENIED,
           "without the right");
    NtClose(same);
    delete_tree(key);
    check(signalled(), "it is over then, too");
}

static volatile LONG apcs;
static volatile PVOID apc_context, apc_block;

static VOID NTAPI routine(PVOID context, PVOID status_block, PVOID unused)
{
    (void)unused;
    apcs++;
    apc_context = context;
    apc_block = status_block;
}

static void apc(void)
{
    HANDLE key = key_at(top, L"apc", 0);
    IO_STATUS_BLOCK own = {0x55555555, 1};
    expect(NtNotifyChangeKey(key, NULL, routine, (PVOID)0x1234, &own, LAST_SET, FALSE, NULL, 0, TRUE), STATUS_PENDING,
           "watch with an APC");
    NtTestAlert();
    equal(apcs, 0, "no APC yet");
    set_dword(key, L"v", 1);
    NtTestAlert();
    equal(apcs, 1, "one APC");
    equal((ULONG_PTR)apc_context, 0x1234, "with its context");
    check(apc_block == &own, "and the status block");
    equal(own.Status, STATUS_NOTIFY_ENUM_DIR, "which is filled");
    delete_tree(key);
}

static HANDLE waited;
static IO_STATUS_BLOCK waiter_block;

static NTSTATUS waiter(PVOID unused)
{
    (void)unused;
    return NtNotifyChangeKey(waited, NULL, NULL, NULL, &waiter_block, LAST_SET, FALSE, NULL, 0, FALSE);
}

static NTSTATUS starter(PVOID unused)
{
    (void)unused;
    return notify(waited, LAST_SET, FALSE) == STATUS_PENDING ? 3 : 4;
}

static void synchronous(void)
{
    HANDLE thread;
    waited = key_at(top, L"waited", 0);
    thread = thread_start(waiter, NULL);
    expect(wait_ms(thread, 50), STATUS_TIMEOUT, "a synchronous call waits");
    set_dword(waited, L"v", 1);
    expect(thread_join(thread), STATUS_NOTIFY_ENUM_DIR, "until there is a change");
    equal(waiter_block.Status, STATUS_NOTIFY_ENUM_DIR, "which the status block says, too");
    thread = thread_start(waiter, NULL);
    sleep_ms(30);
    NtTerminateThread(thread, 7);
    expect(thread_join(thread), 7, "a thread that waits can be ended");
    thread = thread_start(starter, NULL);
    expect(thread_join(thread), 3, "a thread watches and ends");
    check(signalled(), "with it ends the watch");
    delete_tree(waited);
}

static void multiple(void)
{
    HANDLE key = key_at(top, L"master", 0);
    HANDLE other = key_at(NULL, L"\\REGISTRY\\USER\\.DEFAULT\\conformance-slave", 0);
    OBJECT_ATTRIBUTES slave = *named(L"\\REGISTRY\\USER\\.DEFAULT\\conformance-slave", 0);
    OBJECT_ATTRIBUTES beside_it = *named_in(top, L"master", 0);
    block.Status = 0x55555555;
    NtResetEvent(event, NULL);
    expect(NtNotifyChangeMultipleKeys(key, 0, NULL, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_PENDING, "one key by the call for several");
    set_dword(key, L"v", 1);
    check(signalled(), "tells");
    NtResetEvent(event, NULL);
    expect(NtNotifyChangeMultipleKeys(key, 1, &slave, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_PENDING, "two keys");
    check(!signalled(), "two keys: nothing yet");
    set_dword(other, L"v", 1);
    check(signalled(), "the second one tells");
    NtResetEvent(event, NULL);
    expect(NtNotifyChangeMultipleKeys(key, 1, &slave, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_PENDING, "two keys again");
    set_dword(key, L"v", 2);
    check(signalled(), "the first one tells");
    expect(NtNotifyChangeMultipleKeys(key, 2, &slave, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_INVALID_PARAMETER, "three keys");
    expect(NtNotifyChangeMultipleKeys(key, 1, &beside_it, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_INVALID_PARAMETER, "two keys of one hive");
    expect(NtNotifyChangeMultipleKeys((HANDLE)0x7ff0, 0, NULL, event, NULL, NULL, &block, LAST_SET, FALSE, NULL, 0, TRUE),
           STATUS_INVALID_HANDLE, "several: bad handle");
    delete_tree(key);
    delete_tree(other);
}

/* A process that ends with a watch of each kind under way. */
NTSTATUS child_main(const char *what)
{
    (void)what;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    top = key_at(NULL, SOFTWARE L"\\conformance-notify", 0);
    waited = key_at(top, L"child", 0);
    thread_start(waiter, NULL);
    sleep_ms(30);
    return notify(waited, NAME | LAST_SET, TRUE) == STATUS_PENDING ? 3 : 4;
}

static void process_end(void)
{
    HANDLE key;
    expect(child_run("watch"), 3, "a process watches and ends");
    expect(NtOpenKey(&key, KEY_ALL_ACCESS, named_in(top, L"child", 0)), 0, "its key");
    expect(set_dword(key, L"v", 1), 0, "can be changed");
    expect(NtDeleteKey(key), 0, "and deleted");
    NtClose(key);
}

void test_main(void)
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    top = key_at(NULL, SOFTWARE L"\\conformance-notify", 0);
    asynchronous();
    apc();
    synchronous();
    multiple();
    process_end();
    delete_tree(top);
    NtClose(event);
}
