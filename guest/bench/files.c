/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: reading and writing, small and large; opening, among a hundred files and among ten thousand; listing. */
#include "bench.h"

enum { FEW = 100, MANY = 10000, SMALL = 512, LARGE = 65536, SHARE_ALL = 7, CREATE = 2, OPEN_IF = 3, SYNC = 0x20,
       DELETE_ON_CLOSE = 0x1000, DIRECTORY_FILE = 1, BothInfo = 3 };

NTCALL(NtDeleteFile, OBJECT_ATTRIBUTES *);
NTCALL(NtQueryDirectoryFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, ULONG, UNICODE_STRING *,
       ULONG);

static HANDLE folder, file;
static IO_STATUS_BLOCK io;
static UCHAR buffer[LARGE];

static OBJECT_ATTRIBUTES *numbered(ULONG number)
{
    static WCHAR text[] = L"file00000.txt";
    static UNICODE_STRING name = {26, 26, text};
    static OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &name, OBJ_CASE_INSENSITIVE, NULL, NULL};
    for (int i = 8; i >= 4; i--, number /= 10)
        text[i] = (WCHAR)(L'0' + number % 10);
    attributes.RootDirectory = folder;
    return &attributes;
}

static NTSTATUS make(ULONG number)
{
    HANDLE made;
    NTSTATUS status = NtCreateFile(&made, FILE_WRITE_DATA | SYNCHRONIZE, numbered(number), &io, NULL, 0, SHARE_ALL, OPEN_IF,
                                   SYNC, NULL, 0);
    if (!status)
        NtClose(made);
    return status;
}

static void move(BOOLEAN writing, ULONG size, ULONG times)
{
    LI at = {.QuadPart = 0};
    while (times--) {
        if (writing)
            NtWriteFile(file, NULL, NULL, NULL, &io, buffer, size, &at, NULL);
        else
            NtReadFile(file, NULL, NULL, NULL, &io, buffer, size, &at, NULL);
    }
}

static void read_small(ULONG times) { move(FALSE, SMALL, times); }
static void read_large(ULONG times) { move(FALSE, LARGE, times); }
static void write_small(ULONG times) { move(TRUE, SMALL, times); }
static void write_large(ULONG times) { move(TRUE, LARGE, times); }

static void open_close(ULONG times)
{
    HANDLE opened;
    while (times--) {
        NtOpenFile(&opened, FILE_READ_DATA | SYNCHRONIZE, numbered(FEW / 2), &io, SHARE_ALL, SYNC);
        NtClose(opened);
    }
}

static void open_other_case(ULONG times)
{
    HANDLE opened;
    OBJECT_ATTRIBUTES *attributes = numbered(FEW / 2);
    attributes->ObjectName->Buffer[0] = L'F';
    while (times--) {
        NtOpenFile(&opened, FILE_READ_DATA | SYNCHRONIZE, attributes, &io, SHARE_ALL, SYNC);
        NtClose(opened);
    }
    attributes->ObjectName->Buffer[0] = L'f';
}

static void create_delete(ULONG times)
{
    HANDLE made;
    while (times--) {
        NtCreateFile(&made, FILE_WRITE_DATA | DELETE | SYNCHRONIZE, numbered(99999), &io, NULL, 0, SHARE_ALL, CREATE,
                     SYNC | DELETE_ON_CLOSE, NULL, 0);
        NtClose(made);
    }
}

static void query(ULONG times)
{
    FILE_BASIC_INFORMATION info;
    while (times--)
        NtQueryAttributesFile(numbered(FEW / 2), &info);
}

static void list(ULONG times)
{
    while (times--) {
        ULONG first = TRUE;
        while (!NtQueryDirectoryFile(folder, NULL, NULL, NULL, &io, buffer, sizeof(buffer), BothInfo, FALSE, NULL, first))
            first = FALSE;
    }
}

void bench_files(void)
{
    ULONG count = 0;
    if (NtCreateFile(&folder, FILE_LIST_DIRECTORY | FILE_ADD_FILE | SYNCHRONIZE, named(L"\\??\\C:\\bench-files", OBJ_CASE_INSENSITIVE),
                     &io, NULL, 0, SHARE_ALL, OPEN_IF, SYNC | DIRECTORY_FILE, NULL, 0))
        return;
    while (count < FEW && !make(count))
        count++;
    NtOpenFile(&file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, numbered(0), &io, SHARE_ALL, SYNC);
    write_large(1);
    measure("file-read-512", read_small);
    measure("file-read-64K", read_large);
    measure("file-write-512", write_small);
    measure("file-write-64K", write_large);
    NtClose(file);
    measure("file-open+close,100", open_close);
    measure("file-open-other-case,100", open_other_case);
    measure("file-create+delete,100", create_delete);
    measure("file-attributes-by-name", query);
    while (count < MANY && !make(count))
        count++;
    measure("file-open+close,10000", open_close);
    measure("file-open-other-case,10000", open_other_case);
    measure("file-create+delete,10000", create_delete);
    measure("folder-list-10000", list);
    while (count)
        NtDeleteFile(numbered(--count));
    NtClose(folder);
    NtDeleteFile(named(L"\\??\\C:\\bench-files", OBJ_CASE_INSENSITIVE));
}
