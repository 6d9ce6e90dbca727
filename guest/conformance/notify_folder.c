/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for changes in a folder.
 * Known from: MSDN ReadDirectoryChangesW, FILE_NOTIFY_INFORMATION; the DDK on FsRtlNotifyFullChangeDirectory; Wine's
 * dlls/ntdll/tests/change.c.
 */
#include "ntapi_file.h"

enum { ADDED = 1, REMOVED, MODIFIED, RENAMED_OLD, RENAMED_NEW };
enum { FILE_NAMES = 1, DIR_NAMES = 2, ATTRIBUTES = 4, SIZES = 8, WRITES = 0x10, CREATIONS = 0x40 };

static HANDLE folder, event;
static IO_STATUS_BLOCK done;
static ULONG buffer[128];

static NTSTATUS watch(ULONG what, BOOLEAN tree, ULONG length)
{
    done.Status = 77, done.Information = 77;
    for (ULONG i = 0; i < 128; i++)
        buffer[i] = 0;
    return NtNotifyChangeDirectoryFile(folder, event, NULL, NULL, &done, buffer, length, what, tree);
}

static void open(void)
{
    make(&folder, L"n", FILE_LIST_DIRECTORY | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN_IF, DIRECTORY_FILE);
}

static BOOLEAN record(ULONG at, ULONG action, const WCHAR *name)
{
    UNICODE_STRING wanted = ustr(name);
    ULONG *one = buffer + at / 4;
    return one[1] == action && one[2] == wanted.Length && same_memory(one + 3, wanted.Buffer, wanted.Length);
}

static void names(void)
{
    HANDLE file;
    open();
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_PENDING, "wait for names");
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "nothing has happened");
    file = file_of(L"n\\x", CREATE);
    equal(wait_ms(event, 1000), 0, "a file was made");
    equal(done.Status, 0, "that is all right");
    equal(done.Information, 14, "one record");
    check(record(0, ADDED, L"x"), "added");
    put(file, "1", 0);
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_PENDING, "wait again");
    rename_to(file, RenameInfo, NULL, L"yy", FALSE);
    equal(wait_ms(event, 1000), 0, "it was renamed");
    check(record(0, RENAMED_OLD, L"x"), "the old name");
    check(buffer[0] == 16 && record(16, RENAMED_NEW, L"yy"), "and the new one");
    dispose(file, TRUE);
    NtClose(file);
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), 0, "what happened between calls is kept");
    check(record(0, REMOVED, L"yy"), "removed");
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_PENDING, "and wait");
    make(&file, L"n\\d", FILE_LIST_DIRECTORY | DELETE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE);
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "a folder is no file");
    expect(NtCancelIoFile(folder, &io), 0, "cancel");
    equal(wait_ms(event, 0), 0, "is told");
    equal(done.Status, STATUS_CANCELLED, "as cancelled");
    NtClose(folder);
    open();
    watch(DIR_NAMES, FALSE, sizeof(buffer));
    dispose(file, TRUE);
    NtClose(file);
    equal(wait_ms(event, 1000), 0, "a folder goes");
    check(record(0, REMOVED, L"d"), "by its name");
    NtClose(folder);
}

static void contents(void)
{
    HANDLE file = file_of(L"n\\c", CREATE);
    open();
    watch(ATTRIBUTES, FALSE, sizeof(buffer));
    set_attributes(file, FILE_ATTRIBUTE_HIDDEN);
    equal(wait_ms(event, 1000), 0, "attributes change");
    check(record(0, MODIFIED, L"c"), "modified");
    NtClose(folder);
    open();
    watch(SIZES, FALSE, sizeof(buffer));
    set_size(file, EndOfFileInfo, 10);
    equal(wait_ms(event, 1000), 0, "the size changes");
    NtClose(folder);
    open();
    watch(WRITES, FALSE, sizeof(buffer));
    put(file, "x", 0);
    NtFlushBuffersFile(file, &io);
    equal(wait_ms(event, 1000), 0, "what was written is flushed");
    check(record(0, MODIFIED, L"c"), "that is a change");
    expect(watch(WRITES, FALSE, sizeof(buffer)), STATUS_PENDING, "one only");
    put(file, "xx", 0);
    NtClose(file);
    equal(wait_ms(event, 1000), 0, "it was written");
    check(record(0, MODIFIED, L"c"), "and so modified");
    NtClose(folder);
    remove(L"n\\c");
}

static void trees(void)
{
    HANDLE below, file;
    make(&below, L"n\\t", FILE_LIST_DIRECTORY | DELETE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE);
    open();
    watch(FILE_NAMES, FALSE, sizeof(buffer));
    file = file_of(L"n\\t\\a", CREATE);
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "what is deeper is another's");
    NtClose(folder);
    equal(wait_ms(event, 0), 0, "closing ends the wait");
    equal(done.Status, STATUS_NOTIFY_CLEANUP, "as cleaned up");
    open();
    watch(FILE_NAMES, TRUE, sizeof(buffer));
    dispose(file, TRUE);
    NtClose(file);
    equal(wait_ms(event, 1000), 0, "but not if all below is watched");
    check(record(0, REMOVED, L"t\\a"), "then it has a path");
    NtClose(folder);
    dispose(below, TRUE);
    NtClose(below);
}

static void overflows(void)
{
    HANDLE file;
    open();
    watch(FILE_NAMES, FALSE, 16);
    file = file_of(L"n\\a very long name", CREATE);
    equal(wait_ms(event, 1000), 0, "a name that does not fit");
    equal(done.Status, STATUS_NOTIFY_ENUM_DIR, "look for yourself");
    equal(done.Information, 0, "nothing else is said");
    dispose(file, TRUE);
    NtClose(file);
    NtClose(folder);
    open();
    expect(watch(0, FALSE, sizeof(buffer)), STATUS_INVALID_PARAMETER, "wait for nothing");
    expect(watch(0x1000, FALSE, sizeof(buffer)), STATUS_INVALID_PARAMETER, "wait for what does not exist");
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_PENDING, "wait in a folder");
    dispose(folder, TRUE);
    equal(wait_ms(event, 1000), 0, "that is about to go");
    equal(done.Status, STATUS_DELETE_PENDING, "which is told");
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_DELETE_PENDING, "nobody waits there any more");
    NtClose(folder);
    make(&folder, L"n", FILE_READ_ATTRIBUTES, 0, SHARE_ALL, CREATE, DIRECTORY_FILE);
    expect(watch(FILE_NAMES, FALSE, sizeof(buffer)), STATUS_ACCESS_DENIED, "without the right to list");
    NtClose(folder);
    remove(L"n");
}

void test_main(void)
{
    home_begin();
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    names();
    contents();
    trees();
    overflows();
    NtClose(event);
    home_end();
}
