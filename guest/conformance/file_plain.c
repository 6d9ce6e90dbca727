/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many reads and writes through one handle: however often it went well, the next one is judged as the first was.
 * Known from: MSDN NtReadFile, NtWriteFile, NtLockFile, NtDuplicateObject (a copy shares the position and has rights of its
 * own); Wine's dlls/ntdll/tests/file.c (locks); IO_COUNTERS in the SDK.
 */
#include "ntapi_file.h"

enum { TIMES = 50 };

typedef struct { LI Calls[3], Bytes[3]; } COUNTERS; /* read, write, other */

static HANDLE file;
static UCHAR buffer[128];
static LONG volatile stop, denied, odd;

static LONGLONG position(HANDLE of)
{
    LI now = {.QuadPart = -1};
    IO_STATUS_BLOCK block;
    NtQueryInformationFile(of, &block, &now, sizeof(now), PositionInfo);
    return now.QuadPart;
}

/* Read and write until nobody looks twice any more; the file then holds ten digits. */
static void warm(HANDLE one, const char *name)
{
    ULONG good = 0;
    for (int i = 0; i < TIMES; i++)
        good += !put(one, "0123456789", 0) && io.Information == 10;
    for (int i = 0; i < TIMES; i++)
        good += get(one, buffer, 10, 0) == 10 && buffer[9] == '9';
    equal(good, 2 * TIMES, name);
}

static void positions(void)
{
    ULONG good = 0;
    file = file_of(L"p", CREATE);
    for (int i = 0; i < TIMES; i++)
        good += !put(file, "abc", -2) && io.Status == 0 && io.Information == 3;
    equal(good, TIMES, "written one behind the other");
    equal(position(file), 3 * TIMES, "the position is behind them");
    equal(size_of(file), 3 * TIMES, "so is the end");
    set_size(file, PositionInfo, 1);
    for (good = 0; get(file, buffer, 3, -2) == 3 && same_memory(buffer, "bca", 3);)
        good++;
    equal(good, TIMES - 1, "read one behind the other");
    equal(io.Information, 2, "up to what is left");
    equal(get(file, buffer, 3, -2), STATUS_END_OF_FILE, "and the end");
    equal(io.Status, STATUS_END_OF_FILE, "which the block says, too");
    equal(io.Information, 0, "with nothing read");
    equal(get(file, buffer, 2, 4), 2, "read elsewhere");
    equal(position(file), 6, "moves the position");
    equal(get(file, buffer, 2, -3), STATUS_INVALID_PARAMETER, "at -3");
    equal(position(file), 6, "which moves nothing");
    equal(get(file, buffer, 2, 0x7fffffffffffffffLL), STATUS_END_OF_FILE, "as far away as can be");
    equal(get((HANDLE)((ULONG_PTR)file | 3), buffer, 2, 0), 2, "the low bits of a handle mean nothing");
    NtClose(file);
    remove(L"p");
}

static void pointers(void)
{
    UCHAR *area = pages(0x3000, MEM_COMMIT, PAGE_READWRITE);
    PVOID base = area + 0x1000;
    SIZE_T size = 0x1000;
    ULONG old;
    IO_STATUS_BLOCK *block = (IO_STATUS_BLOCK *)(area + 0x100);
    LI at = {.QuadPart = 0};
    file = file_of(L"b", CREATE);
    warm(file, "warm before bad pointers");
    equal(get(file, area + 0xffb, 10, 0), 10, "into two pages");
    check(same_memory(area + 0xffb, "0123456789", 10), "as they lie");
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READONLY, &old);
    equal(get(file, area + 0xffb, 10, 0), STATUS_ACCESS_VIOLATION, "into one that is only read, too");
    equal(position(file), 10, "the position stays");
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, area + 0xffb, 10, &at, NULL), 0, "out of it");
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_NOACCESS, &old);
    expect(NtWriteFile(file, NULL, NULL, NULL, &io, area + 0xffb, 10, &at, NULL) < 0, 1, "not out of one that nobody touches");
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READWRITE | PAGE_GUARD, &old);
    expect(get(file, area + 0x1000, 10, 0), STATUS_GUARD_PAGE_VIOLATION, "a guard page is one");
    equal(get(file, area + 0x1000, 10, 0), 10, "once");
    faults(BAD_OUT, p, NtReadFile(file, NULL, NULL, NULL, p, buffer, 1, &at, NULL), "read, status block");
    faults(BAD_OUT, p, NtReadFile(file, NULL, NULL, NULL, &io, p, 1, &at, NULL), "read, buffer");
    faults(BAD_IN_OPTIONAL, p, NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, p, NULL), "read, offset");
    faults(BAD_IN_OPTIONAL, p, NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, &at, p), "read, key");
    faults(BAD_OUT, p, NtWriteFile(file, NULL, NULL, NULL, p, buffer, 1, &at, NULL), "write, status block");
    faults(BAD_IN_OPTIONAL, p, NtWriteFile(file, NULL, NULL, NULL, &io, buffer, 1, p, NULL), "write, offset");
    expect(NtReadFile(file, NULL, NULL, NULL, block, block, 10, &at, NULL), 0, "into the status block");
    equal(block->Status, 0, "the block wins");
    equal(block->Information, 10, "both words of it");
    check(same_memory((UCHAR *)block + 8, "89", 2), "the rest is the file's");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, &at, 4, &at, NULL), 0, "into the offset");
    equal(position(file), 4, "which was read before");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, (PVOID)0x7ffe0000, 0, NULL, NULL), 0, "nothing, to where nothing can be");
    NtClose(file);
    pages_free(area);
    remove(L"b");
}

static void handles(void)
{
    HANDLE copy, reader, again;
    file = file_of(L"h", CREATE);
    warm(file, "warm before copies");
    NtDuplicateObject(NtCurrentProcess(), file, NtCurrentProcess(), &copy, 0, 0, DUPLICATE_SAME_ACCESS);
    NtDuplicateObject(NtCurrentProcess(), file, NtCurrentProcess(), &reader, FILE_READ_DATA | SYNCHRONIZE, 0, 0);
    warm(copy, "a copy does as well");
    equal(get(reader, buffer, 4, 2), 4, "a copy that reads");
    equal(put(reader, "x", 0), STATUS_ACCESS_DENIED, "does not write");
    equal(get(reader, buffer, 4, -2), 4, "it reads on");
    equal(position(file), 10, "and all have one position");
    equal(put(reader, "x", 0), STATUS_ACCESS_DENIED, "still it does not write");
    NtClose(copy);
    equal(get(copy, buffer, 4, 0), STATUS_INVALID_HANDLE, "a closed copy does nothing");
    equal(get(file, buffer, 4, 0), 4, "the others go on");
    NtClose(reader);
    NtClose(file);
    equal(get(file, buffer, 4, 0), STATUS_INVALID_HANDLE, "nor does a closed handle");
    again = file_of(L"other", CREATE);
    equal(get(file, buffer, 4, 0) == 4, FALSE, "nor one that stands for another file now");
    equal(get(again, buffer, 4, 0), STATUS_END_OF_FILE, "which is empty");
    NtClose(again);
    make(&file, L"h", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    equal(get(file, buffer, 10, 0), 10, "opened to be read");
    equal(get(file, buffer, 10, 0), 10, "and read again");
    equal(put(file, "x", 0), STATUS_ACCESS_DENIED, "it is not written");
    NtClose(file);
    remove(L"h");
    remove(L"other");
}

static void locks(void)
{
    HANDLE holder;
    LI offset = {.QuadPart = 4}, length = {.QuadPart = 2};
    file = file_of(L"l", CREATE);
    holder = file_of(L"l", OPEN);
    warm(file, "warm before locks");
    warm(holder, "the holder, too");
    expect(NtLockFile(holder, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE), 0, "lock two bytes");
    equal(get(file, buffer, 10, 0), STATUS_FILE_LOCK_CONFLICT, "others do not read them");
    equal(put(file, "0123456789", 0), STATUS_FILE_LOCK_CONFLICT, "nor write");
    equal(get(file, buffer, 4, 0), 4, "but what is before");
    equal(get(holder, buffer, 10, 0), 10, "who has locked them reads all");
    expect(NtUnlockFile(holder, &io, &offset, &length, 0), 0, "unlock them");
    equal(get(file, buffer, 10, 0), 10, "everybody reads them");
    warm(file, "warm between locks");
    expect(NtLockFile(holder, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE), 0, "lock them again");
    equal(get(file, buffer, 10, 0), STATUS_FILE_LOCK_CONFLICT, "nobody else reads");
    NtClose(holder);
    equal(get(file, buffer, 10, 0), 10, "the lock goes with its handle");
    NtClose(file);
    remove(L"l");
}

static void times(void)
{
    FILE_BASIC_INFORMATION before, set = {.LastWriteTime.QuadPart = -1}, after;
    file = file_of(L"t", CREATE);
    warm(file, "warm before a frozen time");
    NtSetInformationFile(file, &io, &set, sizeof(set), BasicInfo);
    NtQueryInformationFile(file, &io, &before, sizeof(before), BasicInfo);
    sleep_ms(30);
    warm(file, "warm with a frozen time");
    NtQueryInformationFile(file, &io, &after, sizeof(after), BasicInfo);
    check(before.LastWriteTime.QuadPart == after.LastWriteTime.QuadPart, "a frozen time stays");
    NtClose(file);
    file = file_of(L"t", OPEN);
    warm(file, "warm in a new opening");
    NtQueryInformationFile(file, &io, &after, sizeof(after), BasicInfo);
    check(before.LastWriteTime.QuadPart < after.LastWriteTime.QuadPart, "another opening's does not");
    NtClose(file);
    remove(L"t");
}

static void sizes(void)
{
    HANDLE other;
    PVOID view = NULL;
    SIZE_T whole = 0;
    HANDLE section;
    file = file_of(L"s", CREATE);
    other = file_of(L"s", OPEN);
    warm(file, "warm before sizes");
    set_size(other, EndOfFileInfo, 5);
    equal(get(file, buffer, 10, 0), 5, "cut by another");
    equal(get(file, buffer, 10, 5), STATUS_END_OF_FILE, "there it ends");
    put(file, "0123456789", 0);
    expect(NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, file), 0, "map it");
    expect(NtMapViewOfSection(section, NtCurrentProcess(), &view, 0, 0, NULL, &whole, 1, 0, PAGE_READWRITE), 0, "and see it");
    put(file, "AB", 3);
    check(same_memory(view, "012AB56789", 10), "what is written is seen");
    *((UCHAR *)view + 4) = 'C';
    get(file, buffer, 10, 0);
    check(same_memory(buffer, "012AC56789", 10), "what is stored is read");
    equal(get(file, (UCHAR *)view + 5, 5, 0), 5, "read into the view");
    check(same_memory(view, "012AC012AC", 10), "which is the file itself");
    NtUnmapViewOfSection(NtCurrentProcess(), view);
    NtClose(section);
    expect(dispose(file, TRUE), 0, "it is to go");
    equal(get(other, buffer, 10, 0), 10, "who has it open reads on");
    equal(put(other, "x", 0), 0, "and writes");
    NtClose(other);
    NtClose(file);
    equal(opens(L"s", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it has gone");
}

static void counted(void)
{
    COUNTERS before, after;
    HANDLE event;
    LI at = {.QuadPart = 0};
    ULONG key = 7;
    file = file_of(L"c", CREATE);
    warm(file, "warm before counters");
    NtQueryInformationProcess(NtCurrentProcess(), ProcessIoCounters, &before, sizeof(before), NULL);
    for (int i = 0; i < TIMES; i++) {
        get(file, buffer, 7, 1);
        put(file, "xyz", 0);
    }
    NtQueryInformationProcess(NtCurrentProcess(), ProcessIoCounters, &after, sizeof(after), NULL);
    equal(after.Calls[0].QuadPart - before.Calls[0].QuadPart, TIMES, "reads are counted");
    equal(after.Bytes[0].QuadPart - before.Bytes[0].QuadPart, 7 * TIMES, "their bytes, too");
    equal(after.Calls[1].QuadPart - before.Calls[1].QuadPart, TIMES, "writes are counted");
    equal(after.Bytes[1].QuadPart - before.Bytes[1].QuadPart, 3 * TIMES, "and their bytes");
    expect(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), 0, "an event");
    expect(NtReadFile(file, event, NULL, NULL, &io, buffer, 7, &at, NULL), 0, "read with it");
    expect(wait_ms(event, 0), 0, "it is set");
    NtResetEvent(event, NULL);
    expect(NtWriteFile(file, event, NULL, NULL, &io, buffer, 7, &at, NULL), 0, "write with it");
    expect(wait_ms(event, 0), 0, "it is set again");
    equal(NtReadFile(file, (HANDLE)0x7ff0, NULL, NULL, &io, buffer, 7, &at, NULL), STATUS_INVALID_HANDLE, "no such event");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 7, &at, &key), 0, "read with a key");
    expect(wait_ms(file, 0), 0, "the file itself is signalled");
    NtClose(event);
    NtClose(file);
    remove(L"c");
}

static NTSTATUS reads(PVOID unused)
{
    UCHAR own[16];
    IO_STATUS_BLOCK block;
    (void)unused;
    while (!stop) {
        LI at = {.QuadPart = 0};
        NTSTATUS status = NtReadFile(file, NULL, NULL, NULL, &block, own, 10, &at, NULL);
        if (status == STATUS_INVALID_HANDLE)
            denied++;
        else if (status || block.Information != 10 || !same_memory(own, "0123456789", 10))
            odd++;
    }
    return 0;
}

/* One thread reads as fast as it can, the other closes the handle under it and opens the same file again. */
static void races(void)
{
    HANDLE reader, keep = file_of(L"r", CREATE);
    put(keep, "0123456789", 0);
    file = file_of(L"r", OPEN);
    stop = denied = odd = 0;
    reader = thread_start(reads, NULL);
    for (int i = 0; i < 300; i++) {
        NtClose(file);
        file = file_of(L"r", OPEN);
        if (i % 10 == 0)
            sleep_ms(1);
    }
    stop = 1;
    expect(thread_join(reader), 0, "a thread reads all the while");
    equal(odd, 0, "what it reads is the file, or the handle is bad");
    NtClose(file);
    NtClose(keep);
    remove(L"r");
}

void test_main(void)
{
    home_begin();
    positions();
    pointers();
    handles();
    locks();
    times();
    sizes();
    counted();
    races();
    home_end();
}
