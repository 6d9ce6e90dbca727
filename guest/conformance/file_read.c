/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files, as far as a native program needs them at first: opening, reading, querying, what is not there.
 * Known from: MSDN NtCreateFile, NtOpenFile, NtReadFile, NtQueryInformationFile; G. Nebbett, Native API Reference, ch. 9; Wine's
 * dlls/ntdll/tests/file.c.
 */
#include "tap.h"

#define SYNCHRONOUS 0x20 /* FILE_SYNCHRONOUS_IO_NONALERT */
#define DIRECTORY_FILE 1
#define NON_DIRECTORY_FILE 0x40

static IO_STATUS_BLOCK io;
static HANDLE file;

static NTSTATUS open(const WCHAR *name, ULONG access, ULONG share, ULONG options)
{
    return NtOpenFile(&file, access | SYNCHRONIZE, named(name, OBJ_CASE_INSENSITIVE), &io, share, options | SYNCHRONOUS);
}

static NTSTATUS open_self(ULONG access, ULONG share)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES attributes = {sizeof(attributes), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    return NtOpenFile(&file, access | SYNCHRONIZE, &attributes, &io, share, SYNCHRONOUS | NON_DIRECTORY_FILE);
}

static void reading(void)
{
    UCHAR buffer[0x400];
    FILE_STANDARD_INFORMATION info = {.EndOfFile.QuadPart = 0};
    LI offset = {.QuadPart = 0}, position;
    expect(open_self(FILE_READ_DATA | FILE_READ_ATTRIBUTES, FILE_SHARE_READ), 0, "open the own file");
    equal(io.Status, 0, "the status block says success");
    equal(io.Information, 1, "and opened");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 2, &offset, NULL), 0, "read two bytes");
    equal(io.Information, 2, "two came");
    equal(buffer[0] << 8 | buffer[1], 'M' << 8 | 'Z', "MZ");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, sizeof(buffer), NULL, NULL), 0, "read on without an offset");
    equal(io.Information, sizeof(buffer), "a whole buffer");
    expect(NtQueryInformationFile(file, &io, &position, sizeof(position), 14), 0, "query position");
    equal(position.QuadPart, sizeof(buffer) + 2, "behind what was read");
    expect(NtQueryInformationFile(file, &io, &info, sizeof(info), 5), 0, "query standard information");
    equal(io.Information, sizeof(info), "its length");
    equal(info.Directory, FALSE, "no directory");
    equal(info.NumberOfLinks, 1, "one link");
    check(info.AllocationSize.QuadPart >= info.EndOfFile.QuadPart, "allocation holds the file");
    offset.QuadPart = info.EndOfFile.QuadPart - 5;
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 64, &offset, NULL), 0, "read across the end");
    equal(io.Information, 5, "what is left");
    offset.QuadPart = info.EndOfFile.QuadPart;
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 64, &offset, NULL), STATUS_END_OF_FILE, "read at the end");
    position.QuadPart = 0;
    expect(NtSetInformationFile(file, &io, &position, sizeof(position), 14), 0, "set position");
    NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, NULL, NULL);
    equal(buffer[0], 'M', "reads from there");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 0, NULL, NULL), 0, "read nothing");
    faults(BAD_OUT, p, NtReadFile(file, NULL, NULL, NULL, p, buffer, 1, NULL, NULL), "read, status block");
    faults(BAD_OUT, p, NtReadFile(file, NULL, NULL, NULL, &io, p, 1, NULL, NULL), "read, buffer");
    faults(BAD_IN_OPTIONAL, p, NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, p, NULL), "read, offset");
    expect(NtQueryInformationFile(file, &io, &info, sizeof(info) - 1, 5), STATUS_INFO_LENGTH_MISMATCH,
           "query standard, one byte less");
    expect(NtQueryInformationFile(file, &io, &info, sizeof(info), 99), STATUS_INVALID_INFO_CLASS, "query, class 99");
    faults(BAD_OUT, p, NtQueryInformationFile(file, &io, p, sizeof(info), 5), "query, buffer");
    expect(NtReadFile((HANDLE)0x7ff0, NULL, NULL, NULL, &io, buffer, 1, NULL, NULL), STATUS_INVALID_HANDLE, "read, no handle");
    NtClose(file);
    expect(open_self(FILE_READ_ATTRIBUTES, FILE_SHARE_READ), 0, "open for attributes");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, buffer, 1, NULL, NULL), STATUS_ACCESS_DENIED, "read without the right");
    NtClose(file);
}

static void names(void)
{
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION info;
    expect(open(L"\\??\\C:\\conf-nothing.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_NAME_NOT_FOUND, "no such file");
    expect(open(L"\\??\\C:\\conf-nowhere\\x.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_PATH_NOT_FOUND, "no such directory");
    expect(open(L"\\??\\Q:\\x.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_PATH_NOT_FOUND, "no such drive");
    expect(open(L"\\DosDevices\\C:\\conf-nothing.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_NAME_NOT_FOUND,
           "no such file by \\DosDevices");
    expect(open(L"C:\\conf-nothing.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "a DOS path is none of NT's");
    expect(open(L"\\??\\C:\\", FILE_LIST_DIRECTORY, 7, DIRECTORY_FILE), 0, "open a directory");
    expect(NtQueryInformationFile(file, &io, &info, sizeof(info), 5), 0, "query it");
    equal(info.Directory, TRUE, "a directory it is");
    expect(NtReadFile(file, NULL, NULL, NULL, &io, &info, 1, NULL, NULL) < 0, 1, "a directory is not read");
    NtClose(file);
    expect(open(L"\\??\\C:\\", FILE_READ_DATA, 7, NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY, "a directory as a file");
    expect(open(L"\\??\\C:\\conf-*.txt", FILE_READ_DATA, 7, 0), STATUS_OBJECT_NAME_INVALID, "a name with a wildcard");
    expect(NtQueryAttributesFile(named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &basic), 0, "attributes by name");
    equal(basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY, "say directory");
    expect(NtQueryAttributesFile(named(L"\\??\\C:\\conf-nothing.txt", OBJ_CASE_INSENSITIVE), &basic),
           STATUS_OBJECT_NAME_NOT_FOUND, "attributes of nothing");
    faults(BAD_OUT, p, NtQueryAttributesFile(named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), p), "attributes, buffer");
    faults(BAD_OUT, p, NtOpenFile(p, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:\\", 0x40), &io, 7, SYNCHRONOUS),
           "open, handle");
    faults(BAD_OUT, p, NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:\\", 0x40), p, 7, SYNCHRONOUS),
           "open, status block");
    expect(NtOpenFile(&file, FILE_READ_DATA, named(L"\\??\\C:\\", 0x40), &io, 7, SYNCHRONOUS), STATUS_INVALID_PARAMETER,
           "synchronous without SYNCHRONIZE");
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:\\", 0x40), &io, 7, SYNCHRONOUS | 0x41),
           STATUS_INVALID_PARAMETER, "a directory and no directory");
    expect(NtOpenFile(&file, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:\\", 0x40), &io, 8, SYNCHRONOUS),
           STATUS_INVALID_PARAMETER, "unknown share mode");
}

static void sharing(void)
{
    HANDLE first;
    open_self(FILE_READ_DATA, FILE_SHARE_READ);
    first = file;
    expect(open_self(FILE_READ_DATA, FILE_SHARE_READ), 0, "two readers that share reading");
    NtClose(file);
    expect(open_self(FILE_READ_DATA, 0), STATUS_SHARING_VIOLATION, "one that does not share");
    expect(open_self(FILE_READ_ATTRIBUTES, 0), 0, "attributes need no sharing");
    NtClose(file);
    NtClose(first);
}

void test_main(void)
{
    reading();
    names();
    sharing();
}
