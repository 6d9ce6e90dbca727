/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: what the tests of disks call, and a folder of their own to work in, which is empty and gone at the end. */
#ifndef CONFORMANCE_NTAPI_FILE_H
#define CONFORMANCE_NTAPI_FILE_H

#include "tap.h"

#define MAYBE __attribute__((unused)) static
enum { SUPERSEDE, OPEN, CREATE, OPEN_IF, OVERWRITE, OVERWRITE_IF };
enum { SUPERSEDED, OPENED, CREATED, OVERWRITTEN };
enum { DirectoryInfo = 1, FullInfo, BothInfo, BasicInfo, StandardInfo, InternalInfo, EaInfo, AccessInfo, NameInfo, RenameInfo,
       LinkInfo, NamesInfo, DispositionInfo, PositionInfo, ModeInfo = 16, AlignmentInfo, AllInfo, AllocationInfo, EndOfFileInfo,
       AlternateNameInfo, StreamInfo, CompressionInfo = 28, CompletionInfo = 30, NetworkOpenInfo = 34, TagInfo,
       IdBothInfo = 37, IdFullInfo, ValidLengthInfo, ShortNameInfo };
#define DIRECTORY_FILE 0x1
#define WRITE_THROUGH 0x2
#define SEQUENTIAL_ONLY 0x4
#define NO_BUFFERING 0x8
#define SYNC_ALERT 0x10
#define SYNC 0x20
#define NON_DIRECTORY_FILE 0x40
#define DELETE_ON_CLOSE 0x1000
#define OPEN_BY_FILE_ID 0x2000
#define OPEN_FOR_BACKUP 0x4000
#define SHARE_ALL 7
#define READ_WRITE (FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)

typedef struct { BOOLEAN Replace; HANDLE Root; ULONG Length; WCHAR Name[128]; } RENAME;
typedef struct { LI Creation, LastAccess, LastWrite, Change, AllocationSize, EndOfFile; ULONG Attributes; } NETWORK_OPEN;
typedef struct { ULONG Length; WCHAR Name[128]; } NAME_INFORMATION;

NTCALL(NtFlushBuffersFile, HANDLE, IO_STATUS_BLOCK *);
NTCALL(NtDeleteFile, OBJECT_ATTRIBUTES *);
NTCALL(NtCancelIoFile, HANDLE, IO_STATUS_BLOCK *);
NTCALL(NtLockFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, LI *, LI *, ULONG, ULONG, ULONG);
NTCALL(NtUnlockFile, HANDLE, IO_STATUS_BLOCK *, LI *, LI *, ULONG);
NTCALL(NtQueryDirectoryFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, ULONG, UNICODE_STRING *,
       ULONG);
NTCALL(NtNotifyChangeDirectoryFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, ULONG);
NTCALL(NtReadFileScatter, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LI *, PULONG);
NTCALL(NtWriteFileGather, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, LI *, PULONG);
NTCALL(NtFsControlFile, HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, ULONG, PVOID, ULONG, PVOID, ULONG);
NTCALL(NtQueryVolumeInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtSetVolumeInformationFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
NTCALL(NtQueryFullAttributesFile, OBJECT_ATTRIBUTES *, PVOID);
NTCALL(NtQueryEaFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, PVOID, ULONG, PULONG, ULONG);
NTCALL(NtSetEaFile, HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG);

static IO_STATUS_BLOCK io;
static HANDLE home;

/* A name no other run of a test has; the folder goes with its handle, if it is empty. */
MAYBE void home_begin(void)
{
    static WCHAR path[] = L"\\??\\C:\\conf-00000000";
    ULONG number = (ULONG)system_time() ^ (TEB_NOW->ClientId.UniqueProcess << 20);
    for (int i = 0; i < 8; i++, number >>= 4)
        path[12 + i] = L"0123456789abcdef"[number & 15];
    expect(NtCreateFile(&home, FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | DELETE | SYNCHRONIZE |
                        FILE_READ_ATTRIBUTES, named(path, OBJ_CASE_INSENSITIVE), &io, NULL, 0, SHARE_ALL, CREATE,
                        DIRECTORY_FILE | SYNC | DELETE_ON_CLOSE, NULL, 0), 0, "a folder to work in is made");
}

MAYBE void home_end(void)
{
    UCHAR buffer[256];
    UNICODE_STRING all = ustr(L"*");
    ULONG left = 0;
    if (!NtQueryDirectoryFile(home, NULL, NULL, NULL, &io, buffer, sizeof(buffer), NamesInfo, TRUE, &all, TRUE))
        while (!NtQueryDirectoryFile(home, NULL, NULL, NULL, &io, buffer, sizeof(buffer), NamesInfo, TRUE, NULL, FALSE))
            left++;
    equal(left, 1, "nothing is left in it but ..");
    NtClose(home);
}

MAYBE NTSTATUS make(HANDLE *file, const WCHAR *name, ULONG access, ULONG attributes, ULONG share, ULONG disposition, ULONG options)
{
    io.Information = 99;
    return NtCreateFile(file, access, named_in(home, name, OBJ_CASE_INSENSITIVE), &io, NULL, attributes, share, disposition,
                        options, NULL, 0);
}

/* The usual kind: for reading and writing, shared with all, synchronous. */
MAYBE HANDLE file_of(const WCHAR *name, ULONG disposition)
{
    HANDLE file = NULL;
    NTSTATUS status = make(&file, name, READ_WRITE | DELETE, 0, SHARE_ALL, disposition, SYNC | NON_DIRECTORY_FILE);
    return status ? NULL : file;
}

MAYBE NTSTATUS opens(const WCHAR *name, ULONG access, ULONG share, ULONG options)
{
    HANDLE file;
    NTSTATUS status = make(&file, name, access | SYNCHRONIZE, 0, share, OPEN, options | SYNC);
    if (!status)
        NtClose(file);
    return status;
}

MAYBE NTSTATUS remove(const WCHAR *name)
{
    return NtDeleteFile(named_in(home, name, OBJ_CASE_INSENSITIVE));
}

MAYBE NTSTATUS put(HANDLE file, const char *text, LONGLONG offset)
{
    LI at = {.QuadPart = offset};
    ULONG length = 0;
    while (text[length])
        length++;
    return NtWriteFile(file, NULL, NULL, NULL, &io, (PVOID)text, length, offset == -2 ? NULL : &at, NULL);
}

/* How many bytes came, or the status. */
MAYBE ULONG get(HANDLE file, PVOID buffer, ULONG length, LONGLONG offset)
{
    LI at = {.QuadPart = offset};
    NTSTATUS status = NtReadFile(file, NULL, NULL, NULL, &io, buffer, length, offset == -2 ? NULL : &at, NULL);
    return status ? (ULONG)status : io.Information;
}

MAYBE LONGLONG size_of(HANDLE file)
{
    FILE_STANDARD_INFORMATION info = {.EndOfFile.QuadPart = -1};
    NtQueryInformationFile(file, &io, &info, sizeof(info), StandardInfo);
    return info.EndOfFile.QuadPart;
}

MAYBE ULONG attributes_of(HANDLE file)
{
    FILE_BASIC_INFORMATION info = {.FileAttributes = 0};
    NTSTATUS status = NtQueryInformationFile(file, &io, &info, sizeof(info), BasicInfo);
    return status ? (ULONG)status : info.FileAttributes;
}

MAYBE NTSTATUS set_attributes(HANDLE file, ULONG attributes)
{
    FILE_BASIC_INFORMATION info = {.FileAttributes = attributes};
    return NtSetInformationFile(file, &io, &info, sizeof(info), BasicInfo);
}

MAYBE NTSTATUS dispose(HANDLE file, BOOLEAN yes) { return NtSetInformationFile(file, &io, &yes, 1, DispositionInfo); }

MAYBE NTSTATUS set_size(HANDLE file, ULONG class, LONGLONG size)
{
    LI value = {.QuadPart = size};
    return NtSetInformationFile(file, &io, &value, sizeof(value), class);
}

MAYBE NTSTATUS rename_to(HANDLE file, ULONG class, HANDLE root, const WCHAR *name, BOOLEAN replace)
{
    RENAME info = {replace, root, 0, {0}};
    while (name[info.Length / 2]) {
        info.Name[info.Length / 2] = name[info.Length / 2];
        info.Length += 2;
    }
    return NtSetInformationFile(file, &io, &info, 12 + info.Length > 16 ? 12 + info.Length : 16, class);
}

#endif
