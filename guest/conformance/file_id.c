/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening by file id.
 * Known from: MSDN NtCreateFile (FILE_OPEN_BY_FILE_ID), FileInternalInformation.
 */
#include "ntapi_file.h"

void test_main(void)
{
    LI id = {.QuadPart = 0}, other = {.QuadPart = 0};
    UNICODE_STRING name = {8, 8, (PWSTR)&id};
    OBJECT_ATTRIBUTES by_id = {sizeof(by_id), NULL, &name, 0, NULL, NULL};
    HANDLE file, again;
    home_begin();
    by_id.RootDirectory = home;
    file = file_of(L"i", CREATE);
    put(file, "text", 0);
    expect(NtQueryInformationFile(file, &io, &id, sizeof(id), InternalInfo), 0, "a file's id");
    expect(NtOpenFile(&again, FILE_READ_DATA | SYNCHRONIZE, &by_id, &io, SHARE_ALL, SYNC | OPEN_BY_FILE_ID), 0, "opens it");
    equal(size_of(again), 4, "it is the same");
    NtQueryInformationFile(again, &io, &other, sizeof(other), InternalInfo);
    check(id.QuadPart == other.QuadPart, "by its id");
    NtClose(again);
    name.Length = 6;
    expect(NtOpenFile(&again, FILE_READ_DATA | SYNCHRONIZE, &by_id, &io, SHARE_ALL, SYNC | OPEN_BY_FILE_ID), STATUS_INVALID_PARAMETER,
           "an id too short");
    name.Length = 8;
    dispose(file, TRUE);
    NtClose(file);
    expect(NtOpenFile(&again, FILE_READ_DATA | SYNCHRONIZE, &by_id, &io, SHARE_ALL, SYNC | OPEN_BY_FILE_ID) < 0, TRUE, "gone with the file");
    id.QuadPart = 0x7777777777LL;
    expect(NtOpenFile(&again, FILE_READ_DATA | SYNCHRONIZE, &by_id, &io, SHARE_ALL, SYNC | OPEN_BY_FILE_ID), STATUS_INVALID_PARAMETER,
           "an id that no file has");
    home_end();
}
