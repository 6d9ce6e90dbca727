/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files for asynchronous use: offsets are needed, ends are told by event, APC or completion packet; scatter and gather.
 * Known from: MSDN ZwReadFile, ZwWriteFile, ReadFileScatter, WriteFileGather; G. Nebbett, Native API Reference, ch. 9; Wine's
 * dlls/ntdll/tests/file.c (read_file_test, test_iocp_fileio).
 */
#include "ntapi_file.h"

NTCALL(NtCreateIoCompletion, PHANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
NTCALL(NtRemoveIoCompletion, HANDLE, PULONG, PULONG, IO_STATUS_BLOCK *, LI *);

static HANDLE file, event;
static IO_STATUS_BLOCK done;
static UCHAR buffer[64];
static ULONG called;
static PVOID called_with;

static VOID NTAPI routine(PVOID context, PVOID block, PVOID reserved)
{
    called++;
    called_with = block == &done && !reserved ? context : NULL;
}

static NTSTATUS run(BOOLEAN writing, HANDLE signal, PVOID apc, PVOID context, ULONG length, LI *at)
{
    done.Status = 77, done.Information = 77;
    return writing ? NtWriteFile(file, signal, apc, context, &done, buffer, length, at, NULL)
                   : NtReadFile(file, signal, apc, context, &done, buffer, length, at, NULL);
}

/* A disk may be slow: what is pending is waited for. */
static NTSTATUS ended(NTSTATUS status)
{
    if (status == STATUS_PENDING) {
        wait_ms(file, 10000);
        return done.Status;
    }
    return status;
}

static void offsets(void)
{
    LI at = {.QuadPart = 0}, pointer = {.QuadPart = -2}, end = {.QuadPart = -1};
    make(&file, L"a", FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, 0);
    expect(run(TRUE, NULL, NULL, NULL, 4, NULL), STATUS_INVALID_PARAMETER, "write without an offset");
    expect(run(FALSE, NULL, NULL, NULL, 4, NULL), STATUS_INVALID_PARAMETER, "read without an offset");
    expect(run(TRUE, NULL, NULL, NULL, 4, &pointer), STATUS_INVALID_PARAMETER, "write at the position");
    expect(ended(run(TRUE, NULL, NULL, NULL, 4, &at)), 0, "write at an offset");
    equal(done.Information, 4, "four bytes");
    expect(ended(run(TRUE, NULL, NULL, NULL, 4, &end)), 0, "write to the end");
    expect(ended(run(FALSE, NULL, NULL, NULL, 64, &at)), 0, "read");
    equal(done.Information, 8, "eight bytes");
    at.QuadPart = 8;
    expect(ended(run(FALSE, NULL, NULL, NULL, 64, &at)), STATUS_END_OF_FILE, "read at the end");
}

static void ends(void)
{
    LI at = {.QuadPart = 0};
    NTSTATUS status;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    status = run(FALSE, event, NULL, NULL, 4, &at);
    check(status == 0 || status == STATUS_PENDING, "read with an event");
    equal(wait_ms(event, 10000), 0, "it is set at the end");
    equal(done.Status, 0, "with the status block filled in");
    status = run(FALSE, NULL, routine, (PVOID)0x1234, 4, &at);
    check(status == 0 || status == STATUS_PENDING, "read with an APC");
    wait_ms(file, 10000);
    equal(called, 0, "it does not come by itself");
    NtTestAlert();
    equal(called, 1, "but when the thread is ready");
    check(called_with == (PVOID)0x1234, "with what was given");
    at.QuadPart = 100;
    NtClearEvent(event);
    status = run(FALSE, event, NULL, NULL, 4, &at);
    if (status == STATUS_PENDING)
        equal(wait_ms(event, 10000), 0, "a failure is told like any end");
    else
        equal(wait_ms(event, 0), STATUS_TIMEOUT, "a failure is told like any end");
    expect(run(FALSE, (HANDLE)0x7ff0, NULL, NULL, 4, &at), STATUS_INVALID_HANDLE, "no such event");
    expect(run(FALSE, file, NULL, NULL, 4, &at), STATUS_OBJECT_TYPE_MISMATCH, "a file for an event");
    NtClose(event);
    NtClose(file);
}

static void packets(void)
{
    struct { HANDLE port; PVOID key; } tie;
    ULONG key = 0, context = 0;
    IO_STATUS_BLOCK block;
    LI at = {.QuadPart = 0};
    make(&file, L"a", FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, 0);
    NtCreateIoCompletion(&tie.port, 0x1f0003, NULL, 0);
    tie.key = (PVOID)0x55;
    expect(NtSetInformationFile(file, &io, &tie, sizeof(tie), CompletionInfo), 0, "tie it to a port");
    run(FALSE, NULL, NULL, (PVOID)0x66, 4, &at);
    expect(NtRemoveIoCompletion(tie.port, &key, &context, &block, relative_ms(10000)), 0, "a packet comes");
    equal(key, 0x55, "with the file's key");
    equal(context, 0x66, "and the read's context");
    equal(block.Information, 4, "and what was read");
    run(FALSE, NULL, NULL, NULL, 4, &at);
    expect(NtRemoveIoCompletion(tie.port, &key, &context, &block, relative_ms(20)), STATUS_TIMEOUT, "none without a context");
    NtClose(tie.port);
    NtClose(file);
    remove(L"a");
}

static void scattered(void)
{
    UCHAR *page = pages(0x4000, MEM_COMMIT, PAGE_READWRITE);
    ULONGLONG segments[3] = {(ULONG)page + 0x2000, (ULONG)page, 0};
    LI at = {.QuadPart = 0};
    page[0] = 'B', page[0x2000] = 'A';
    make(&file, L"s", FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, NO_BUFFERING);
    expect(ended(NtWriteFileGather(file, NULL, NULL, NULL, &done, segments, 0x2000, &at, NULL)), 0, "gather two pages");
    page[0] = page[0x2000] = 0;
    expect(ended(NtReadFile(file, NULL, NULL, NULL, &done, page + 0x1000, 0x1000, &at, NULL)), 0, "read the first");
    equal(page[0x1000], 'A', "in order");
    segments[0] = (ULONG)page + 0x3000;
    expect(ended(NtReadFileScatter(file, NULL, NULL, NULL, &done, segments, 0x2000, &at, NULL)), 0, "scatter them");
    equal(done.Information, 0x2000, "both");
    equal(page[0x3000], 'A', "the first here");
    equal(page[0], 'B', "the second there");
    expect(ended(NtReadFileScatter(file, NULL, NULL, NULL, &done, segments, 0x1100, &at, NULL)), STATUS_INVALID_PARAMETER,
           "a part of a sector");
    at.QuadPart = 0x2000;
    expect(ended(NtReadFileScatter(file, NULL, NULL, NULL, &done, segments, 0x1000, &at, NULL)), STATUS_END_OF_FILE, "scatter at the end");
    NtClose(file);
    make(&file, L"s", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, 0);
    expect(NtReadFileScatter(file, NULL, NULL, NULL, &done, segments, 0x1000, &at, NULL), STATUS_INVALID_PARAMETER, "scatter with buffering");
    expect(NtWriteFileGather(file, NULL, NULL, NULL, &done, segments, 0x1000, &at, NULL), STATUS_ACCESS_DENIED, "gather without the right");
    NtClose(file);
    make(&file, L"s", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, NO_BUFFERING | SYNC);
    expect(NtReadFileScatter(file, NULL, NULL, NULL, &done, segments, 0x1000, &at, NULL), STATUS_INVALID_PARAMETER, "scatter synchronously");
    NtClose(file);
    pages_free(page);
    remove(L"s");
}

void test_main(void)
{
    home_begin();
    offsets();
    ends();
    packets();
    scattered();
    home_end();
}
