/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Controls of the file system: sparse files, compression, object ids, reparse points, oplocks.
 * Known from: MSDN FSCTL_SET_SPARSE, FSCTL_SET_ZERO_DATA, FSCTL_QUERY_ALLOCATED_RANGES, FSCTL_CREATE_OR_GET_OBJECT_ID,
 * FSCTL_GET_REPARSE_POINT, FSCTL_REQUEST_OPLOCK_LEVEL_1 and their like.
 */
#include "ntapi_file.h"

enum { SET_SPARSE = 0x900c4, SET_ZERO_DATA = 0x980c8, ALLOCATED_RANGES = 0x940cf, GET_COMPRESSION = 0x9003c, SET_COMPRESSION = 0x9c040,
       GET_ID = 0x9009c, CREATE_ID = 0x900c0, DELETE_ID = 0x900a0, GET_REPARSE = 0x900a8, DELETE_REPARSE = 0x900ac,
       OPLOCK_1 = 0x90000, BATCH = 0x90008, ACKNOWLEDGE = 0x9000c, MOUNTED = 0x90028 };

static HANDLE file;

static NTSTATUS control(ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length)
{
    return NtFsControlFile(file, NULL, NULL, NULL, &io, code, in, in_length, out, out_length);
}

static void sparse(void)
{
    struct { LI start, end; } range, found[4];
    UCHAR buffer[4];
    file = file_of(L"s", CREATE);
    put(file, "head", 0);
    put(file, "tail", 0x100000);
    range.start.QuadPart = 0, range.end.QuadPart = 0x200000;
    expect(control(ALLOCATED_RANGES, &range, sizeof(range), found, sizeof(found)), 0, "ranges of a plain file");
    equal(io.Information, sizeof(range), "are one");
    equal(found[0].end.QuadPart, 0x100004, "all of it");
    expect(control(SET_SPARSE, NULL, 0, NULL, 0), 0, "make it sparse");
    equal(attributes_of(file) & FILE_ATTRIBUTE_SPARSE_FILE, FILE_ATTRIBUTE_SPARSE_FILE, "its attributes say so");
    range.start.QuadPart = 0x10000, range.end.QuadPart = 0x80000;
    expect(control(SET_ZERO_DATA, &range, sizeof(range), NULL, 0), 0, "zeros in the middle");
    range.start.QuadPart = 0, range.end.QuadPart = 4;
    expect(control(SET_ZERO_DATA, &range, sizeof(range), NULL, 0), 0, "and at the head");
    equal(get(file, buffer, 4, 0), 4, "the head is still there");
    check(same_memory(buffer, "\0\0\0\0", 4), "as zeros");
    equal(get(file, buffer, 4, 0x100000), 4, "the tail is");
    check(same_memory(buffer, "tail", 4), "as it was");
    range.start.QuadPart = 0, range.end.QuadPart = 0x200000;
    expect(control(ALLOCATED_RANGES, &range, sizeof(range), found, sizeof(found)), 0, "ranges of a sparse file");
    check(io.Information >= sizeof(range) && io.Information <= sizeof(found), "are some");
    check(found[io.Information / sizeof(range) - 1].start.QuadPart >= 0x80000, "the last is the tail's");
    expect(control(ALLOCATED_RANGES, &range, sizeof(range), found, 8), STATUS_BUFFER_TOO_SMALL, "no room for one");
    expect(control(ALLOCATED_RANGES, &range, 8, found, sizeof(found)), STATUS_INVALID_PARAMETER, "half a range");
    range.start.QuadPart = 5, range.end.QuadPart = 4;
    expect(control(SET_ZERO_DATA, &range, sizeof(range), NULL, 0), STATUS_INVALID_PARAMETER, "zeros backwards");
    range.start.QuadPart = -5;
    expect(control(SET_ZERO_DATA, &range, sizeof(range), NULL, 0), STATUS_INVALID_PARAMETER, "zeros before the file");
    NtClose(file);
    make(&file, L"s", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    range.start.QuadPart = 0;
    expect(control(SET_ZERO_DATA, &range, sizeof(range), NULL, 0), STATUS_ACCESS_DENIED, "zeros without the right to write");
    expect(control(SET_SPARSE, NULL, 0, NULL, 0), STATUS_ACCESS_DENIED, "sparse without it");
    NtClose(file);
    remove(L"s");
}

static void others(void)
{
    UCHAR id[64], again[64], big[256];
    USHORT format = 7;
    file = file_of(L"o", CREATE);
    expect(control(GET_COMPRESSION, NULL, 0, &format, sizeof(format)), 0, "compression");
    equal(format, 0, "none");
    expect(control(SET_COMPRESSION, &format, sizeof(format), NULL, 0), 0, "set it to none");
    format = 9;
    expect(control(SET_COMPRESSION, &format, sizeof(format), NULL, 0), STATUS_INVALID_PARAMETER, "an unknown one");
    expect(control(GET_ID, NULL, 0, id, sizeof(id)), STATUS_OBJECTID_NOT_FOUND, "no object id");
    expect(control(CREATE_ID, NULL, 0, id, sizeof(id)), 0, "make one");
    equal(io.Information, 64, "with its birth");
    expect(control(GET_ID, NULL, 0, again, sizeof(again)), 0, "get it");
    check(same_memory(id, again, 64), "the same");
    expect(control(CREATE_ID, NULL, 0, again, sizeof(again)), 0, "make it again");
    check(same_memory(id, again, 64), "is still the same");
    expect(control(DELETE_ID, NULL, 0, NULL, 0), 0, "delete it");
    expect(control(GET_ID, NULL, 0, id, sizeof(id)), STATUS_OBJECTID_NOT_FOUND, "there is none now");
    expect(control(DELETE_ID, NULL, 0, NULL, 0), 0, "delete none");
    expect(control(GET_REPARSE, NULL, 0, big, sizeof(big)), STATUS_NOT_A_REPARSE_POINT, "no reparse point");
    expect(control(MOUNTED, NULL, 0, NULL, 0), 0, "the volume is mounted");
    expect(control(0x9ffff, NULL, 0, NULL, 0), STATUS_INVALID_DEVICE_REQUEST, "an unknown code");
    expect(control(OPLOCK_1, NULL, 0, NULL, 0), STATUS_OPLOCK_NOT_GRANTED, "an oplock for a synchronous file");
    NtClose(file);
    remove(L"o");
}

static void oplocks(void)
{
    IO_STATUS_BLOCK mine = {.Status = 77};
    HANDLE event, other;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    make(&file, L"p", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, 0);
    expect(NtFsControlFile(file, event, NULL, NULL, &mine, BATCH, NULL, 0, NULL, 0), STATUS_PENDING, "an oplock for who is alone");
    expect(control(OPLOCK_1, NULL, 0, NULL, 0), STATUS_OPLOCK_NOT_GRANTED, "not a second one");
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "it holds");
    make(&other, L"p", FILE_READ_ATTRIBUTES, 0, SHARE_ALL, OPEN, 0);
    NtClose(other);
    equal(wait_ms(event, 0), STATUS_TIMEOUT, "also when somebody looks at attributes");
    expect(NtCancelIoFile(file, &io), 0, "it can be given up");
    equal(wait_ms(event, 0), 0, "that is told");
    equal(mine.Status, STATUS_CANCELLED, "as cancelled");
    expect(control(ACKNOWLEDGE, NULL, 0, NULL, 0), STATUS_INVALID_OPLOCK_PROTOCOL, "nothing to acknowledge");
    make(&other, L"p", FILE_READ_DATA, 0, SHARE_ALL, OPEN, 0);
    expect(NtFsControlFile(file, event, NULL, NULL, &mine, BATCH, NULL, 0, NULL, 0), STATUS_OPLOCK_NOT_GRANTED,
           "none for who is not alone");
    NtClose(other);
    NtClose(file);
    NtClose(event);
    remove(L"p");
}

void test_main(void)
{
    home_begin();
    sparse();
    others();
    oplocks();
    home_end();
}
