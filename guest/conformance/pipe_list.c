/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folder of the pipes: listing it.
 * Known from: Sysinternals' PipeList (what the sizes of an entry mean); MSDN NtQueryDirectoryFile.
 */
#include "ntapi_device.h"

typedef struct {
    ULONG NextEntryOffset, FileIndex;
    LI Times[4], EndOfFile, AllocationSize;
    ULONG FileAttributes, FileNameLength;
    WCHAR FileName[1];
} FILE_DIRECTORY_INFORMATION;
typedef struct { ULONG NextEntryOffset, FileIndex, FileNameLength; WCHAR FileName[1]; } FILE_NAMES_INFORMATION;

static HANDLE folder;
static UCHAR buffer[1000] __attribute__((aligned(8)));

static NTSTATUS list(ULONG kind, ULONG length, BOOLEAN single, const WCHAR *pattern, BOOLEAN restart)
{
    UNICODE_STRING text = ustr(pattern ? pattern : L"");
    return NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, length, kind, single, pattern ? &text : NULL, restart);
}

void test_main(void)
{
    FILE_DIRECTORY_INFORMATION *first = (PVOID)buffer, *next;
    FILE_NAMES_INFORMATION *name = (PVOID)buffer;
    HANDLE one, two, other;
    LI timeout = {.QuadPart = -10000000};
    pipe_server(&one, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 5, 100);
    pipe_server(&two, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, BYTES, BYTES, QUEUE, 5, 100);
    NtCreateNamedPipeFile(&other, GENERIC_READ | SYNCHRONIZE, named(L"\\??\\pipe\\conf-other", OBJ_CASE_INSENSITIVE), &io,
                          FILE_SHARE_READ, CREATE, 0, 0, 0, 0, -1, 1, 1, &timeout);
    expect(NtOpenFile(&folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, named(L"\\??\\pipe\\", 0x40), &io, 3, SYNCHRONOUS), 0, "open");
    expect(list(1, sizeof(buffer), FALSE, L"CONF-*", FALSE), 0, "list");
    equal(first->FileNameLength, 20, "the length of a name");
    check(same_memory(first->FileName, L"conf-other", 20), "names in order");
    equal(first->EndOfFile.QuadPart, 1, "one instance");
    equal(first->AllocationSize.QuadPart, -1, "of as many as one likes");
    next = (PVOID)(buffer + first->NextEntryOffset);
    check(first->NextEntryOffset != 0, "there is another");
    check(same_memory(next->FileName, L"conf-pipe", 18), "its name");
    equal(next->EndOfFile.QuadPart, 2, "two instances");
    equal(next->AllocationSize.QuadPart, 5, "of five");
    equal(next->NextEntryOffset, 0, "that is all");
    expect(list(1, sizeof(buffer), FALSE, NULL, FALSE), STATUS_NO_MORE_FILES, "nothing more");
    expect(list(12, sizeof(buffer), TRUE, NULL, TRUE), 0, "from the start, one at a time");
    check(same_memory(name->FileName, L"conf-other", 20), "the first");
    expect(list(12, sizeof(buffer), TRUE, NULL, FALSE), 0, "the next");
    check(same_memory(name->FileName, L"conf-pipe", 18), "the second");
    expect(list(12, 16, TRUE, NULL, TRUE), STATUS_BUFFER_OVERFLOW, "a name that does not fit");
    expect(list(1, 8, TRUE, NULL, TRUE), STATUS_INFO_LENGTH_MISMATCH, "too small for anything");
    NtClose(folder);
    NtOpenFile(&folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, named(L"\\??\\pipe\\", 0x40), &io, 3, SYNCHRONOUS);
    expect(list(1, sizeof(buffer), FALSE, L"conf-none*", FALSE), STATUS_NO_SUCH_FILE, "no such pipe");
    NtClose(folder);
    NtClose(one);
    NtClose(two);
    NtClose(other);
}
