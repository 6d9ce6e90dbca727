/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other names: renaming, moving, hard links.
 * Known from: MSDN ZwSetInformationFile, FILE_RENAME_INFORMATION, FILE_LINK_INFORMATION; Wine's dlls/ntdll/tests/file.c
 * (test_file_rename_information, test_file_link_information); backslashes: Go's os/root_test.go (testRootMoveTo).
 */
#include "ntapi_file.h"

static HANDLE file, other;

static BOOLEAN is_called(HANDLE which, const WCHAR *end)
{
    NAME_INFORMATION info = {0, {0}};
    ULONG length = 0;
    NtQueryInformationFile(which, &io, &info, sizeof(info), NameInfo);
    while (end[length])
        length++;
    return info.Length / 2 > length && same_memory(info.Name + info.Length / 2 - length, end, length * 2);
}

static void renaming(void)
{
    file = file_of(L"a", CREATE);
    put(file, "a", 0);
    other = file_of(L"a", OPEN);
    expect(rename_to(file, RenameInfo, home, L"end\\", FALSE), 0, "a name with a backslash at its end");
    expect(opens(L"end", FILE_READ_DATA, SHARE_ALL, 0), 0, "is one without");
    expect(rename_to(file, RenameInfo, home, L"b", FALSE), 0, "a new name in the same folder");
    check(is_called(file, L"\\b"), "it is called so");
    check(is_called(other, L"\\b"), "by its other handle, too");
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the old name is gone");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), 0, "the new one is there");
    NtClose(other);
    expect(rename_to(file, RenameInfo, home, L"B", FALSE), 0, "another case of it");
    check(is_called(file, L"\\B"), "is kept");
    expect(rename_to(file, RenameInfo, home, L"B", FALSE), 0, "the name that it has");
    expect(rename_to(file, RenameInfo, NULL, L"bb", FALSE), 0, "a name without a folder");
    check(is_called(file, L"\\bb"), "is one in the same");
    rename_to(file, RenameInfo, home, L"b", FALSE);
    NtClose(file_of(L"c", CREATE));
    expect(rename_to(file, RenameInfo, home, L"C", FALSE), STATUS_OBJECT_NAME_COLLISION, "a name that is taken");
    other = file_of(L"c", OPEN);
    expect(rename_to(file, RenameInfo, home, L"c", TRUE), STATUS_ACCESS_DENIED, "one that is open is not replaced");
    NtClose(other);
    expect(rename_to(file, RenameInfo, home, L"c", TRUE), 0, "one that is not, is");
    equal(size_of(file), 1, "it is still the same file");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "and no longer the other name's");
    expect(rename_to(file, RenameInfo, home, L"x*", FALSE), STATUS_OBJECT_NAME_INVALID, "a name that no file can have");
    expect(rename_to(file, RenameInfo, NULL, L"\\??\\C:\\conf-no\\x", FALSE), STATUS_OBJECT_PATH_NOT_FOUND, "a folder that is not there");
    expect(rename_to(file, RenameInfo, home, L"", FALSE), STATUS_INVALID_PARAMETER, "no name");
    make(&other, L"r", READ_WRITE, FILE_ATTRIBUTE_READONLY, SHARE_ALL, CREATE, SYNC);
    NtClose(other);
    expect(rename_to(file, RenameInfo, home, L"r", TRUE), STATUS_ACCESS_DENIED, "a read-only file is not replaced");
    make(&other, L"r", FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    set_attributes(other, FILE_ATTRIBUTE_NORMAL);
    NtClose(other);
    remove(L"r");
    NtClose(file);
    make(&file, L"c", READ_WRITE, 0, SHARE_ALL, OPEN, SYNC);
    expect(rename_to(file, RenameInfo, home, L"d", FALSE), STATUS_ACCESS_DENIED, "not without the right to delete");
    NtClose(file);
    remove(L"c");
}

static void folders(void)
{
    HANDLE folder, inner;
    make(&folder, L"f", FILE_LIST_DIRECTORY | FILE_ADD_FILE | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC);
    file = file_of(L"m", CREATE);
    expect(rename_to(file, RenameInfo, folder, L"m", FALSE), 0, "move a file into a folder");
    check(is_called(file, L"\\f\\m"), "that is its path");
    expect(rename_to(folder, RenameInfo, home, L"g", FALSE), STATUS_ACCESS_DENIED, "a folder with something open in it stays");
    expect(rename_to(file, RenameInfo, home, L"m", FALSE), 0, "move it out again");
    expect(rename_to(folder, RenameInfo, home, L"g", FALSE), 0, "rename the folder");
    check(is_called(folder, L"\\g"), "as it says");
    expect(NtOpenFile(&inner, FILE_READ_DATA | SYNCHRONIZE, named_in(folder, L"m", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC),
           STATUS_OBJECT_NAME_NOT_FOUND, "nothing is in it");
    expect(make(&inner, L"g\\i", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC | DELETE_ON_CLOSE), 0, "things are made in it");
    NtClose(inner);
    expect(rename_to(folder, RenameInfo, home, L"m", TRUE), STATUS_ACCESS_DENIED, "a folder does not replace an open file");
    expect(rename_to(file, RenameInfo, home, L"g", TRUE), STATUS_ACCESS_DENIED, "a file does not replace a folder");
    NtClose(file);
    expect(rename_to(folder, RenameInfo, home, L"m", TRUE), 0, "a folder replaces a file that nobody has open");
    check(is_called(folder, L"\\m"), "and has its name");
    dispose(folder, TRUE);
    NtClose(folder);
}

static void links(void)
{
    FILE_STANDARD_INFORMATION info;
    UCHAR buffer[8];
    LI one = {.QuadPart = 0}, two = {.QuadPart = 1};
    file = file_of(L"l", CREATE);
    put(file, "shared", 0);
    expect(rename_to(file, LinkInfo, home, L"m", FALSE), 0, "a second name");
    NtQueryInformationFile(file, &io, &info, sizeof(info), StandardInfo);
    equal(info.NumberOfLinks, 2, "two links");
    other = file_of(L"m", OPEN);
    equal(get(other, buffer, 8, 0), 6, "the same bytes");
    NtQueryInformationFile(file, &io, &one, 8, InternalInfo);
    NtQueryInformationFile(other, &io, &two, 8, InternalInfo);
    check(one.QuadPart == two.QuadPart, "the same file");
    NtClose(other);
    expect(rename_to(file, LinkInfo, home, L"m", FALSE), STATUS_OBJECT_NAME_COLLISION, "a name that is taken, for a link");
    expect(rename_to(file, LinkInfo, home, L"m", TRUE), 0, "in place of a name that is taken");
    NtClose(file);
    expect(remove(L"l"), 0, "delete the first name");
    expect(opens(L"m", FILE_READ_DATA, SHARE_ALL, 0), 0, "the second stays");
    expect(remove(L"m"), 0, "delete the second");
    make(&file, L"f", FILE_LIST_DIRECTORY | DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC);
    expect(rename_to(file, LinkInfo, home, L"g", FALSE), STATUS_FILE_IS_A_DIRECTORY, "a folder has one name");
    dispose(file, TRUE);
    NtClose(file);
}

void test_main(void)
{
    home_begin();
    renaming();
    folders();
    links();
    home_end();
}
