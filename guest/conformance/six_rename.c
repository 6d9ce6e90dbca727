/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Renaming with POSIX semantics over a file that is open.
 * Known from: MSDN FILE_RENAME_INFORMATION (FILE_RENAME_POSIX_SEMANTICS); Go's os.Root tests, which rename over open files.
 */
#include "ntapi_file.h"

enum { BY_NAME = 10, BY_FLAGS = 65, REPLACE = 1, POSIX = 2, STANDARD = 5 };

static NTSTATUS rename_with(HANDLE file, const WCHAR *name, ULONG class, ULONG flags)
{
    static struct { ULONG flags; HANDLE root; ULONG length; WCHAR name[40]; } data;
    data.flags = flags;
    data.root = home;
    for (data.length = 0; name[data.length / 2]; data.length += 2)
        data.name[data.length / 2] = name[data.length / 2];
    return NtSetInformationFile(file, &io, &data, 12 + data.length, class);
}

static HANDLE with(const WCHAR *name, const char *text, ULONG access, ULONG share)
{
    HANDLE file = file_of(name, OVERWRITE_IF);
    put(file, text, 0);
    NtClose(file);
    make(&file, name, access | SYNCHRONIZE, 0, share, OPEN, SYNC);
    return file;
}

static BOOLEAN holds(HANDLE file, char c)
{
    char text[4] = "";
    return get(file, text, 4, 0) == 4 && text[0] == c;
}

/* A symbolic link that is a folder. */
static void to_link(HANDLE source)
{
    enum { SET_POINT = 0x900a4, OPEN_POINT = 0x200000 };
    struct { ULONG tag; USHORT length, reserved, at, size, shown_at, shown_size; ULONG flags; WCHAR path[8]; } link = {
        0xa000000c, 28, 0, 0, 16, 0, 16, 1, {'.', '\\', 'f', 'o', 'l', 'd', 'e', 'r'}};
    HANDLE folder, way;
    make(&folder, L"folder", DELETE | SYNCHRONIZE, 0, SHARE_ALL, CREATE, SYNC | DIRECTORY_FILE);
    make(&way, L"way", FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, CREATE, SYNC | DIRECTORY_FILE | OPEN_POINT);
    expect(NtFsControlFile(way, NULL, NULL, NULL, &io, SET_POINT, &link, 36, NULL, 0), 0, "a link to a folder");
    NtClose(way);
    expect(opens(L"way", FILE_READ_DATA, SHARE_ALL, DIRECTORY_FILE), 0, "leads there");
    expect(rename_with(source, L"folder", BY_FLAGS, REPLACE | POSIX), STATUS_ACCESS_DENIED, "the folder is not replaced");
    expect(rename_with(source, L"way", BY_FLAGS, REPLACE), STATUS_ACCESS_DENIED, "nor is the link");
    expect(rename_with(source, L"way", BY_FLAGS, REPLACE | POSIX), 0, "but with POSIX semantics");
    expect(opens(L"way", FILE_READ_DATA, SHARE_ALL, 0x40), 0, "a file is there now");
    dispose(folder, TRUE);
    NtClose(folder);
}

void test_main(void)
{
    struct { LI allocation, end; ULONG links; BOOLEAN pending, directory; } standard;
    HANDLE source, target, named, other;
    home_begin();
    source = with(L"source", "mine", FILE_READ_DATA | DELETE, SHARE_ALL);
    target = with(L"target", "that", FILE_READ_DATA | DELETE, SHARE_ALL);
    expect(rename_with(source, L"target", BY_FLAGS, 0x80), STATUS_INVALID_PARAMETER, "a flag that is none");
    expect(rename_with(source, L"target", BY_FLAGS, POSIX), STATUS_OBJECT_NAME_COLLISION, "over it, not to replace");
    expect(rename_with(source, L"target", BY_FLAGS, REPLACE), STATUS_ACCESS_DENIED, "over an open file");
    expect(rename_with(source, L"target", BY_NAME, REPLACE), STATUS_ACCESS_DENIED, "by the older class");
    expect(rename_with(source, L"target", BY_FLAGS, REPLACE | POSIX), 0, "with POSIX semantics");
    check(holds(target, 't'), "who had it open keeps it");
    expect(NtQueryInformationFile(target, &io, &standard, sizeof(standard), STANDARD), 0, "what is known of it");
    check(standard.pending, "it is deleted");
    expect(rename_with(target, L"again", BY_NAME, REPLACE), STATUS_ACCESS_DENIED, "it gets no other name");
    expect(make(&named, L"target", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC), 0, "by its name");
    check(holds(named, 'm'), "another is found");
    NtClose(target);
    NtClose(named);
    expect(opens(L"target", FILE_READ_DATA, SHARE_ALL, 0), 0, "which stays when the first is closed");
    expect(opens(L"source", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "its old name is gone");
    other = with(L"other", "shut", FILE_READ_DATA, FILE_SHARE_READ);
    check(rename_with(source, L"other", BY_FLAGS, REPLACE | POSIX) != 0, "over a file that nobody may delete");
    check(holds(other, 's'), "it is as it was");
    NtClose(other);
    expect(rename_with(source, L"other", BY_FLAGS, REPLACE | POSIX), 0, "now that nobody has it open");
    expect(rename_with(source, L"OTHER", BY_FLAGS, REPLACE | POSIX), 0, "and over its own name");
    to_link(source);
    dispose(source, TRUE);
    NtClose(source);
    expect(opens(L"other", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "deleted");
    home_end();
}
