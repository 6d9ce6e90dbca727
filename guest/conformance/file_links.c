/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of several names: each is deleted by itself, with the last handle that was opened by it; renamed over another of its
 * own, it has one less.
 * Known from: MS-FSA 2.1.5.1.2 (opening: Link.IsDeleted), 2.1.5.15.3 (FileDispositionInformation), 2.1.5.15.11
 * (FileRenameInformation: a target that is the same file) and 2.1.5.12.31 (FileStandardInformation); MSDN CreateHardLink.
 */
#include "ntapi_file.h"

static HANDLE a, b;
static FILE_STANDARD_INFORMATION info;

static void query(HANDLE file) { NtQueryInformationFile(file, &io, &info, sizeof(info), StandardInfo); }

static void two(void)
{
    a = file_of(L"a", CREATE);
    rename_to(a, LinkInfo, NULL, L"b", FALSE);
}

static void deleted_by_name(void)
{
    two();
    query(a);
    equal(info.NumberOfLinks, 2, "two names");
    expect(dispose(a, TRUE), 0, "mark one");
    query(a);
    equal(info.NumberOfLinks, 1, "one is left");
    equal(info.DeletePending, TRUE, "this one goes");
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "nobody gets in by it");
    b = file_of(L"b", OPEN);
    check(b != NULL, "but by the other");
    query(b);
    equal(info.DeletePending, FALSE, "which stays");
    equal(info.NumberOfLinks, 1, "alone");
    expect(rename_to(a, RenameInfo, NULL, L"c", FALSE), STATUS_ACCESS_DENIED, "the marked one is not renamed");
    NtClose(a);
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it goes though the file is open");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), 0, "the file is there");
    expect(rename_to(b, LinkInfo, NULL, L"a", FALSE), 0, "and gets the name again");
    expect(dispose(b, TRUE), 0, "mark the other");
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), 0, "now the first is the way in");
    expect(dispose(b, FALSE), 0, "unmark it");
    query(b);
    equal(info.NumberOfLinks, 2, "two names again");
    dispose(b, TRUE);
    NtClose(b);
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the other has gone");
    expect(remove(L"a"), 0, "delete the first by name");
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "nothing is left");
}

static void two_handles(void)
{
    HANDLE again;
    two();
    again = file_of(L"a", OPEN);
    b = file_of(L"b", OPEN);
    dispose(a, TRUE);
    NtClose(a);
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "a name stays for a second handle of it");
    dispose(b, TRUE);
    NtClose(again);
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "and goes with that");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), STATUS_DELETE_PENDING, "the other, marked, is still open");
    expect(put(b, "x", 0), 0, "and written");
    NtClose(b);
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "then both are gone");
}

static void on_close(void)
{
    two();
    NtClose(a);
    b = file_of(L"b", OPEN);
    expect(make(&a, L"a", DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC | DELETE_ON_CLOSE), 0, "open a name to delete it on close");
    NtClose(a);
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it has gone");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), 0, "the other has not");
    dispose(b, TRUE);
    NtClose(b);
}

static void renamed_over_itself(void)
{
    two();
    expect(rename_to(a, RenameInfo, NULL, L"b", FALSE), STATUS_OBJECT_NAME_COLLISION, "rename one to the other");
    expect(rename_to(a, RenameInfo, NULL, L"b", TRUE), 0, "rename one over the other");
    query(a);
    equal(info.NumberOfLinks, 1, "there is one name");
    expect(opens(L"a", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "not the old");
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), 0, "but the new");
    dispose(a, TRUE);
    NtClose(a);
    expect(opens(L"b", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "by which it is deleted");
    two();
    b = file_of(L"b", OPEN);
    dispose(b, TRUE);
    expect(rename_to(a, RenameInfo, NULL, L"b", TRUE), STATUS_ACCESS_DENIED, "rename over a name that is about to go");
    dispose(a, TRUE);
    NtClose(b);
    NtClose(a);
}

void test_main(void)
{
    home_begin();
    deleted_by_name();
    two_handles();
    on_close();
    renamed_over_itself();
    home_end();
}
