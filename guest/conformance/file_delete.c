/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deleting: a file goes with its last handle, and from the moment that is settled nobody gets in.
 * Known from: MSDN ZwSetInformationFile (FileDispositionInformation), ZwDeleteFile, FILE_DELETE_ON_CLOSE; the DDK on
 * STATUS_CANNOT_DELETE; Wine's dlls/ntdll/tests/file.c (delete_file_test, test_file_disposition_information).
 */
#include "ntapi_file.h"

static HANDLE file, other, file_two;

static void dispositions(void)
{
    FILE_STANDARD_INFORMATION info;
    file = file_of(L"d", CREATE);
    other = file_of(L"d", OPEN);
    expect(dispose(file, TRUE), 0, "mark a file");
    NtQueryInformationFile(file, &io, &info, sizeof(info), StandardInfo);
    equal(info.DeletePending, TRUE, "it is to be deleted");
    equal(info.NumberOfLinks, 0, "one link less");
    NtQueryInformationFile(other, &io, &info, sizeof(info), StandardInfo);
    equal(info.DeletePending, TRUE, "another handle says so, too");
    expect(opens(L"d", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "nobody gets in");
    expect(make(&file_two, L"d", READ_WRITE, 0, SHARE_ALL, CREATE, SYNC), STATUS_DELETE_PENDING, "nor makes another");
    expect(rename_to(file, RenameInfo, NULL, L"dd", FALSE), STATUS_ACCESS_DENIED, "it gets no other name");
    expect(rename_to(other, RenameInfo, NULL, L"dd", FALSE), STATUS_ACCESS_DENIED, "nor by another handle");
    expect(rename_to(other, LinkInfo, NULL, L"dd", FALSE), STATUS_ACCESS_DENIED, "nor one more");
    expect(dispose(other, FALSE), 0, "unmark it by the other handle");
    expect(opens(L"d", FILE_READ_DATA, SHARE_ALL, 0), 0, "now there is a way in");
    expect(dispose(file, TRUE), 0, "mark it again");
    NtClose(file);
    expect(opens(L"d", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "the other handle keeps it");
    expect(put(other, "x", 0), 0, "and writes");
    NtClose(other);
    expect(opens(L"d", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "gone with the last");
    make(&file, L"d", READ_WRITE, 0, SHARE_ALL, CREATE, SYNC);
    expect(dispose(file, TRUE), STATUS_ACCESS_DENIED, "not without the right to delete");
    NtClose(file);
    expect(remove(L"d"), 0, "delete by name");
    expect(remove(L"d"), STATUS_OBJECT_NAME_NOT_FOUND, "once");
    expect(remove(L"no\\d"), STATUS_OBJECT_PATH_NOT_FOUND, "delete by a wrong path");
}

static void on_close(void)
{
    expect(make(&file, L"c", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC | DELETE_ON_CLOSE), 0, "a file for a moment");
    expect(opens(L"c", FILE_READ_DATA, SHARE_ALL, 0), 0, "is open to all");
    expect(opens(L"c", FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, 0), STATUS_SHARING_VIOLATION,
           "who let it be deleted");
    other = file_of(L"c", OPEN);
    NtClose(file);
    expect(opens(L"c", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "it is marked when that handle goes");
    NtClose(other);
    expect(opens(L"c", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "and goes with the other");
    file = file_of(L"c", CREATE);
    expect(remove(L"c"), 0, "delete by name what is open");
    expect(opens(L"c", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "marks it");
    NtClose(file);
    expect(opens(L"c", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "until it is closed");
    make(&file, L"c", READ_WRITE, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, CREATE, SYNC);
    expect(remove(L"c"), STATUS_SHARING_VIOLATION, "delete what is not shared for it");
    NtClose(file);
    remove(L"c");
}

static void read_only(void)
{
    expect(make(&file, L"r", READ_WRITE | DELETE, FILE_ATTRIBUTE_READONLY, SHARE_ALL, CREATE, SYNC), 0, "a read-only file");
    expect(dispose(file, TRUE), STATUS_CANNOT_DELETE, "cannot be deleted");
    NtClose(file);
    expect(remove(L"r"), STATUS_CANNOT_DELETE, "nor by name");
    expect(make(&file, L"r", DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC | DELETE_ON_CLOSE), STATUS_CANNOT_DELETE,
           "nor on close");
    expect(make(&file, L"q", READ_WRITE | DELETE, FILE_ATTRIBUTE_READONLY, SHARE_ALL, CREATE, SYNC | DELETE_ON_CLOSE),
           STATUS_CANNOT_DELETE, "nor is one made to go");
    expect(make(&file, L"r", FILE_WRITE_ATTRIBUTES | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "its attributes");
    expect(set_attributes(file, FILE_ATTRIBUTE_NORMAL), 0, "are changed");
    expect(dispose(file, TRUE), 0, "and then it can");
    NtClose(file);
    expect(opens(L"r", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
}

static void folders(void)
{
    expect(make(&other, L"f", DELETE | FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC), 0,
           "a folder");
    file = file_of(L"f\\x", CREATE);
    expect(dispose(other, TRUE), STATUS_DIRECTORY_NOT_EMPTY, "is not deleted with something in it");
    dispose(file, TRUE);
    expect(dispose(other, TRUE), STATUS_DIRECTORY_NOT_EMPTY, "nor while that is about to go");
    NtClose(file);
    expect(dispose(other, TRUE), 0, "but when it is empty");
    expect(make(&file, L"f\\y", READ_WRITE, 0, SHARE_ALL, CREATE, SYNC), STATUS_DELETE_PENDING, "nothing is made in it then");
    expect(opens(L"f", FILE_LIST_DIRECTORY, SHARE_ALL, DIRECTORY_FILE), STATUS_DELETE_PENDING, "nobody looks");
    NtClose(other);
    expect(opens(L"f", FILE_LIST_DIRECTORY, SHARE_ALL, DIRECTORY_FILE), STATUS_OBJECT_NAME_NOT_FOUND, "it has gone");
    NtOpenFile(&file, DELETE | SYNCHRONIZE, named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC | DIRECTORY_FILE);
    expect(dispose(file, TRUE), STATUS_CANNOT_DELETE, "the root stays");
    NtClose(file);
}

void test_main(void)
{
    home_begin();
    dispositions();
    on_close();
    read_only();
    folders();
    home_end();
}
