/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Byte-range locks: who may overlap whom, what they keep others from, how they are given back and waited for.
 * Known from: MSDN LockFileEx, UnlockFileEx, ZwLockFile; the DDK on FsRtlFastLock, FsRtlFastUnlockAll; Wine's
 * dlls/kernel32/tests/file.c (test_LockFile); [MS-FSA] on ranges of folders.
 */
#include "ntapi_file.h"

static HANDLE one, two;
static UCHAR buffer[16];

static NTSTATUS lock(HANDLE file, LONGLONG start, LONGLONG length, ULONG key, BOOLEAN exclusive)
{
    LI at = {.QuadPart = start}, size = {.QuadPart = length};
    return NtLockFile(file, NULL, NULL, NULL, &io, &at, &size, key, TRUE, exclusive);
}

static NTSTATUS unlock(HANDLE file, LONGLONG start, LONGLONG length, ULONG key)
{
    LI at = {.QuadPart = start}, size = {.QuadPart = length};
    return NtUnlockFile(file, &io, &at, &size, key);
}

static void exclusive(void)
{
    ULONG key = 5;
    LI at = {.QuadPart = 4};
    expect(lock(one, 4, 4, 0, TRUE), 0, "an exclusive lock");
    equal(io.Status, 0, "the status block says so");
    expect(lock(two, 6, 4, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "another that overlaps it");
    expect(lock(two, 6, 4, 0, FALSE), STATUS_LOCK_NOT_GRANTED, "a shared one that does");
    expect(lock(one, 6, 4, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "even by the same handle");
    expect(lock(two, 8, 4, 0, TRUE), 0, "one beside it");
    expect(unlock(two, 8, 4, 0), 0, "given back");
    equal(get(one, buffer, 4, 4), 4, "its owner reads");
    expect(put(one, "x", 5), 0, "and writes");
    equal(get(two, buffer, 4, 0), 4, "another reads before it");
    equal(get(two, buffer, 4, 1), STATUS_FILE_LOCK_CONFLICT, "but not into it");
    expect(put(two, "x", 7), STATUS_FILE_LOCK_CONFLICT, "nor writes");
    expect(put(two, "x", 8), 0, "but behind it");
    expect(NtReadFile(one, NULL, NULL, NULL, &io, buffer, 2, &at, &key), STATUS_FILE_LOCK_CONFLICT, "another key is another owner");
    expect(unlock(two, 4, 4, 0), STATUS_RANGE_NOT_LOCKED, "others cannot unlock it");
    expect(unlock(one, 4, 3, 0), STATUS_RANGE_NOT_LOCKED, "nor its owner a part");
    expect(unlock(one, 4, 4, 1), STATUS_RANGE_NOT_LOCKED, "nor with another key");
    expect(unlock(one, 4, 4, 0), 0, "but the whole");
    expect(unlock(one, 4, 4, 0), STATUS_RANGE_NOT_LOCKED, "once");
}

static void shared(void)
{
    expect(lock(one, 0, 8, 0, FALSE), 0, "a shared lock");
    expect(lock(two, 4, 8, 0, FALSE), 0, "another over it");
    expect(lock(two, 4, 8, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "an exclusive one");
    equal(get(two, buffer, 4, 0), 4, "all read");
    expect(put(two, "x", 0), STATUS_FILE_LOCK_CONFLICT, "nobody writes");
    expect(put(one, "x", 0), STATUS_FILE_LOCK_CONFLICT, "not even the owner");
    expect(unlock(one, 0, 8, 0), 0, "give one back");
    expect(unlock(two, 4, 8, 0), 0, "and the other");
    expect(lock(one, 0, 8, 0, TRUE), 0, "an exclusive lock of one's own");
    expect(lock(one, 2, 2, 0, FALSE), 0, "and a shared one over it");
    expect(put(one, "x", 2), STATUS_FILE_LOCK_CONFLICT, "is not written");
    expect(put(one, "x", 0), 0, "the rest is");
    expect(unlock(one, 2, 2, 0), 0, "the shared one given back");
    expect(unlock(one, 0, 8, 0), 0, "and the exclusive one");
}

static void odd_ranges(void)
{
    expect(lock(one, 100, 10, 0, TRUE), 0, "behind the end of the file");
    expect(lock(two, 105, 0, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "nothing, inside it");
    expect(lock(two, 100, 0, 0, TRUE), 0, "nothing, at its start");
    expect(unlock(two, 100, 0, 0), 0, "nothing given back");
    expect(unlock(one, 100, 10, 0), 0, "the rest given back");
    expect(lock(one, -10, 10, 0, TRUE), 0, "the last bytes there can be");
    expect(unlock(one, -10, 10, 0), 0, "those given back");
    expect(lock(one, -10, 11, 0, TRUE), STATUS_INVALID_LOCK_RANGE, "one more than there can be");
    expect(lock(one, 0, -1, 0, TRUE), 0, "nearly everything");
    expect(lock(two, 0x7000000000000000LL, 1, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "is taken");
    expect(unlock(one, 0, -1, 0), 0, "everything given back");
}

static NTSTATUS waiter(PVOID argument)
{
    LI at = {.QuadPart = 0}, size = {.QuadPart = 4};
    IO_STATUS_BLOCK block = {.Status = 77};
    NTSTATUS status = NtLockFile(argument, NULL, NULL, NULL, &block, &at, &size, 0, FALSE, TRUE);
    return status ? status : block.Status;
}

static void waiting(void)
{
    HANDLE thread, event, asynchronous;
    IO_STATUS_BLOCK block = {.Status = 77};
    LI at = {.QuadPart = 0}, size = {.QuadPart = 4};
    lock(one, 0, 4, 0, TRUE);
    thread = thread_start(waiter, two);
    equal(wait_ms(thread, 30), STATUS_TIMEOUT, "a thread waits for a lock");
    unlock(one, 0, 4, 0);
    equal(thread_join(thread), 0, "and gets it");
    expect(lock(one, 0, 4, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "that is kept");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    make(&asynchronous, L"l", FILE_READ_DATA | FILE_WRITE_DATA, 0, SHARE_ALL, OPEN, 0);
    expect(NtLockFile(asynchronous, event, NULL, NULL, &block, &at, &size, 0, FALSE, TRUE), STATUS_PENDING, "who does not wait");
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "does not have it");
    unlock(two, 0, 4, 0);
    equal(wait_ms(event, 1000), 0, "until it is free");
    equal(block.Status, 0, "then he has");
    expect(lock(one, 0, 4, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "and nobody else");
    NtClose(asynchronous);
    expect(lock(one, 0, 4, 0, TRUE), 0, "closing gives it back");
    make(&asynchronous, L"l", FILE_READ_DATA | FILE_WRITE_DATA, 0, SHARE_ALL, OPEN, 0);
    expect(NtLockFile(asynchronous, event, NULL, NULL, &block, &at, &size, 0, FALSE, TRUE), STATUS_PENDING, "wait once more");
    expect(NtCancelIoFile(asynchronous, &io), 0, "give up waiting");
    equal(block.Status, STATUS_CANCELLED, "as the status block says");
    unlock(one, 0, 4, 0);
    expect(lock(two, 0, 4, 0, TRUE), 0, "nobody took it meanwhile");
    unlock(two, 0, 4, 0);
    NtClose(asynchronous);
    NtClose(event);
}

static void rights(void)
{
    HANDLE file;
    make(&file, L"l", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(lock(file, 0, 1, 0, TRUE), STATUS_ACCESS_DENIED, "a lock without the right to read or write");
    NtClose(file);
    expect(lock((HANDLE)0x7ff0, 0, 1, 0, TRUE), STATUS_INVALID_HANDLE, "no such file");
    expect(unlock((HANDLE)0x7ff0, 0, 1, 0), STATUS_INVALID_HANDLE, "unlock no such file");
    expect(lock(home, 0, 1, 0, TRUE), STATUS_INVALID_PARAMETER, "a folder has no bytes to lock");
    expect(unlock(home, 0, 1, 0), STATUS_INVALID_PARAMETER, "nor to unlock");
}

void test_main(void)
{
    home_begin();
    one = file_of(L"l", CREATE);
    two = file_of(L"l", OPEN);
    put(one, "0123456789abcdef", 0);
    exclusive();
    shared();
    odd_ranges();
    waiting();
    rights();
    NtClose(one);
    NtClose(two);
    remove(L"l");
    home_end();
}
