/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing, positions and ends.
 * Known from: MSDN NtWriteFile, ZwReadFile (ByteOffset, FILE_USE_FILE_POINTER_POSITION, FILE_WRITE_TO_END_OF_FILE); Wine's
 * dlls/ntdll/tests/file.c (append_file_test, read_file_test).
 */
#include "ntapi_file.h"

static HANDLE file;
static UCHAR buffer[64];

static LONGLONG position(void)
{
    LI now = {.QuadPart = -1};
    NtQueryInformationFile(file, &io, &now, sizeof(now), PositionInfo);
    return now.QuadPart;
}

static void positions(void)
{
    LI pointer = {.QuadPart = -2}, end = {.QuadPart = -1}, bad = {.QuadPart = -3}, distant = {.QuadPart = 0x100000000LL};
    file = file_of(L"w", CREATE);
    expect(put(file, "hello", 0), 0, "write five bytes");
    equal(io.Information, 5, "five were written");
    equal(position(), 5, "the position is behind them");
    expect(put(file, " you", -2), 0, "write at the position");
    equal(get(file, buffer, 64, 0), 9, "all of it");
    check(same_memory(buffer, "hello you", 9), "as it was written");
    pointer.LowPart = 0xfffffffe;
    set_size(file, PositionInfo, 6);
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 3, &pointer, NULL), 0, "read at the position, said in words");
    check(same_memory(buffer, "you", 3), "what is there");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, "!", 1, &end, NULL), 0, "write to the end");
    equal(position(), 10, "the position went along");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, &end, NULL), STATUS_INVALID_PARAMETER, "read at the end, in words");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, &bad, NULL), STATUS_INVALID_PARAMETER, "read at -3");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, "!", 1, &bad, NULL), STATUS_INVALID_PARAMETER, "write at -3");
    expect(put(file, "", 20), 0, "write nothing behind the end");
    equal(size_of(file), 10, "changes nothing");
    expect(put(file, "x", 12), 0, "write behind the end");
    equal(get(file, buffer, 64, 8), 5, "what is between is there");
    check(same_memory(buffer, "u!\0\0x", 5), "as zeros");
    equal(get(file, buffer, 64, 13), STATUS_END_OF_FILE, "read at the end");
    equal(get(file, buffer, 64, 1000), STATUS_END_OF_FILE, "read behind the end");
    equal(get(file, buffer, 0, 1000), 0, "read nothing behind the end");
    expect(set_size(file, EndOfFileInfo, 3), 0, "shorter");
    equal(get(file, buffer, 64, 0), 3, "is shorter");
    expect(set_size(file, EndOfFileInfo, 6), 0, "longer");
    equal(get(file, buffer, 64, 0), 6, "is longer");
    check(same_memory(buffer, "hel\0\0\0", 6), "with zeros, not what was there");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, "z", 1, &distant, NULL), 0, "write beyond 4 GB");
    check(size_of(file) == 0x100000001LL, "a size of more than 32 bits");
    equal(get(file, buffer, 64, 0x100000000LL), 1, "read there");
    expect(set_size(file, EndOfFileInfo, 0), 0, "empty");
    expect(set_size(file, EndOfFileInfo, -1), STATUS_INVALID_PARAMETER, "a negative size");
    expect(set_size(file, PositionInfo, -1), STATUS_INVALID_PARAMETER, "a negative position");
    expect(set_size(file, AllocationInfo, 8192), 0, "allocate");
    equal(size_of(file), 0, "no longer for it");
    put(file, "hello", 0);
    expect(set_size(file, AllocationInfo, 0), 0, "allocate nothing");
    equal(size_of(file), 0, "which takes the end along");
    expect(NtFlushBuffersFile(file, &io), 0, "flush");
    equal(io.Status, 0, "the status block of a flush");
    NtClose(file);
}

static void appending(void)
{
    HANDLE other = file_of(L"w", OPEN);
    put(other, "12345", 0);
    expect(make(&file, L"w", FILE_APPEND_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "open to append");
    expect(put(file, "6", 0), 0, "append, whatever the offset");
    expect(put(file, "7", -2), 0, "append at the position");
    equal(get(other, buffer, 64, 0), 7, "seven bytes");
    check(same_memory(buffer, "1234567", 7), "in their order");
    equal(get(file, buffer, 1, 0), STATUS_ACCESS_DENIED, "who appends does not read");
    NtClose(file);
    expect(make(&file, L"w", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "open to read");
    expect(put(file, "x", 0), STATUS_ACCESS_DENIED, "who reads does not write");
    expect(NtFlushBuffersFile(file, &io), STATUS_ACCESS_DENIED, "nor flush");
    expect(set_size(file, EndOfFileInfo, 0), STATUS_ACCESS_DENIED, "nor cut");
    NtClose(file);
    NtClose(other);
}

static void without_buffering(void)
{
    UCHAR *page = pages(0x1000, MEM_COMMIT, PAGE_READWRITE);
    LI at = {.QuadPart = 512};
    expect(make(&file, L"u", READ_WRITE, 0, SHARE_ALL, CREATE, SYNC | NO_BUFFERING), 0, "open without buffering");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, page, 512, &at, NULL), 0, "a sector");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, page, 100, &at, NULL), STATUS_INVALID_PARAMETER, "a part of one");
    at.QuadPart = 100;
    expect(NtReadFile(file, NULL, NULL, NULL, &io, page, 512, &at, NULL), STATUS_INVALID_PARAMETER, "between sectors");
    expect(set_size(file, PositionInfo, 100), STATUS_INVALID_PARAMETER, "a position between sectors");
    equal(get(file, page, 512, 512), 512, "read a sector");
    NtClose(file);
    pages_free(page);
    remove(L"u");
}

static void big(void)
{
    UCHAR *pattern = pages(0x40000, MEM_COMMIT, PAGE_READWRITE), *back = pages(0x40000, MEM_COMMIT, PAGE_READWRITE);
    LI at = {.QuadPart = 3};
    for (ULONG i = 0; i < 0x40000; i++)
        pattern[i] = (UCHAR)(i * 7 + (i >> 8));
    file = file_of(L"big", CREATE);
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, pattern, 0x40000, &at, NULL), 0, "256 KB at once");
    equal(io.Information, 0x40000, "all of them");
    equal(get(file, back + 1, 0x3ffff, 3), 0x3ffff, "read nearly all");
    check(same_memory(pattern, back + 1, 0x3ffff), "the same bytes");
    NtClose(file);
    pages_free(pattern);
    pages_free(back);
    remove(L"big");
}

void test_main(void)
{
    home_begin();
    positions();
    appending();
    without_buffering();
    big();
    remove(L"w");
    home_end();
}
