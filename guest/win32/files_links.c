// SPDX-License-Identifier: LGPL-2.1-or-later
// Symbolic links: CreateSymbolicLink, what goes through one and what means the link itself, links as NT keeps them.
#include "say.h"
#include <winioctl.h>

#define POINT_AND_FOLDER (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)
#define SYMLINK 0xa000000c

typedef struct {
    DWORD tag;
    WORD length, reserved, at, size, shown_at, shown_size;
    DWORD flags;
    wchar_t path[300];
} LINK_DATA;

static void write(const wchar_t *name, const char *text)
{
    DWORD written;
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        say("cannot write %s: error %lu", narrow(name), GetLastError());
        return;
    }
    WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
    CloseHandle(file);
}

// What is in a file, and of what kind it is when it is looked at by name.
static void look(const wchar_t *name)
{
    char text[40] = "";
    DWORD length = 0, attributes = GetFileAttributesW(name), error = 0;
    HANDLE file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    BY_HANDLE_FILE_INFORMATION info = {0};
    if (file == INVALID_HANDLE_VALUE)
        error = GetLastError();
    else {
        GetFileInformationByHandle(file, &info);
        if (!(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            ReadFile(file, text, sizeof text - 1, &length, NULL);
        CloseHandle(file);
    }
    say("%s: %lx, through it %lx, error %lu, \"%s\"", narrow(name),
        attributes == INVALID_FILE_ATTRIBUTES ? attributes : attributes & POINT_AND_FOLDER,
        info.dwFileAttributes & POINT_AND_FOLDER, error, text);
}

static void listed(const wchar_t *name)
{
    WIN32_FIND_DATAW data;
    HANDLE find = FindFirstFileW(name, &data);
    if (find == INVALID_HANDLE_VALUE) {
        say("%s is not listed: error %lu", narrow(name), GetLastError());
        return;
    }
    say("%s: listed as %lx", narrow(name), data.dwFileAttributes & POINT_AND_FOLDER);
    FindClose(find);
}

static void to_files(void)
{
    write(L"file", "text");
    SAY_BOOL(CreateSymbolicLinkW(L"link", L"file", 0));
    look(L"link");
    listed(L"link");
    SAY_BOOL(CreateSymbolicLinkW(L"link", L"file", 0));
    SAY_BOOL(CreateSymbolicLinkW(L"other", L"file", 8));
    SAY_BOOL(CreateSymbolicLinkW(L"other", L"", 0));
    SAY_BOOL(CreateSymbolicLinkW(L"no\\where", L"file", 0));
    look(L"other");
    write(L"link", "longer text");
    look(L"file");
    SAY_BOOL(CreateSymbolicLinkW(L"dangling", L"made", SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE));
    look(L"dangling");
    write(L"dangling", "made through it");
    look(L"made");
    SAY_BOOL(MoveFileW(L"link", L"moved"));
    look(L"moved");
    SAY_BOOL(DeleteFileW(L"moved"));
    SAY_BOOL(DeleteFileW(L"dangling"));
    look(L"file");
    SAY_BOOL(DeleteFileW(L"made"));
    SAY_BOOL(CreateSymbolicLinkW(L"slash", L"file\\", 0));
    look(L"slash");
    SAY_BOOL(SetFileAttributesW(L"slash", FILE_ATTRIBUTE_READONLY));
    say("read-only: %d and %d", (GetFileAttributesW(L"slash") & FILE_ATTRIBUTE_READONLY) != 0,
        (GetFileAttributesW(L"file") & FILE_ATTRIBUTE_READONLY) != 0);
    SAY_BOOL(SetFileAttributesW(L"slash", FILE_ATTRIBUTE_NORMAL));
    SAY_BOOL(DeleteFileW(L"slash"));
    SAY_BOOL(CreateSymbolicLinkW(L"a folder", L"file", SYMBOLIC_LINK_FLAG_DIRECTORY));
    look(L"a folder");
    write(L"a folder", "nothing");
    SAY_BOOL(RemoveDirectoryW(L"a folder"));
    look(L"file");
    SAY_BOOL(CreateSymbolicLinkW(L"itself", L".\\itself", 0));
    look(L"itself");
    SAY_BOOL(DeleteFileW(L"itself"));
}

static void to_folders(void)
{
    wchar_t path[MAX_PATH];
    CreateDirectoryW(L"folder", NULL);
    CreateDirectoryW(L"folder\\inner", NULL);
    SAY_BOOL(CreateSymbolicLinkW(L"folder\\up", L"..\\folder\\.\\inner", SYMBOLIC_LINK_FLAG_DIRECTORY));
    look(L"folder\\up");
    SAY_BOOL(CreateSymbolicLinkW(L"by file", L"folder", 0));
    look(L"by file\\inner");
    SAY_BOOL(DeleteFileW(L"by file"));
    SAY_BOOL(CreateSymbolicLinkW(L"folder\\up\\back", L"..\\..\\file", 0));
    look(L"folder\\inner\\back");
    look(L"folder\\up\\back");
    GetFullPathNameW(L"folder\\", MAX_PATH, path, NULL);
    SAY_BOOL(CreateSymbolicLinkW(L"absolute", path, SYMBOLIC_LINK_FLAG_DIRECTORY));
    look(L"absolute\\up\\back");
    listed(L"absolute\\up\\b*");
    SAY_BOOL(CreateSymbolicLinkW(L"rooted", path + 2, SYMBOLIC_LINK_FLAG_DIRECTORY));
    look(L"rooted\\inner");
    SAY_BOOL(CreateDirectoryW(L"rooted", NULL));
    SAY_BOOL(RemoveDirectoryW(L"rooted"));
    SAY_BOOL(DeleteFileW(L"absolute"));
    SAY_BOOL(RemoveDirectoryW(L"absolute"));
    SAY_BOOL(DeleteFileW(L"folder\\up\\back"));
    SAY_BOOL(RemoveDirectoryW(L"folder\\up"));
    SAY_BOOL(CreateSymbolicLinkW(L"folder\\none", L"new", SYMBOLIC_LINK_FLAG_DIRECTORY));
    SAY_BOOL(CreateDirectoryW(L"folder\\none", NULL));
    SAY_BOOL(RemoveDirectoryW(L"folder\\none"));
    SAY_BOOL(RemoveDirectoryW(L"folder\\new"));
    SAY_BOOL(RemoveDirectoryW(L"folder\\inner"));
    SAY_BOOL(RemoveDirectoryW(L"folder"));
}

static BOOL set(HANDLE file, LINK_DATA *data, int more)
{
    DWORD length;
    data->length = (WORD)(12 + data->size + more);
    return DeviceIoControl(file, FSCTL_SET_REPARSE_POINT, data, 8u + data->length, NULL, 0, &length, NULL);
}

static void as_data(void)
{
    LINK_DATA data = {.tag = SYMLINK, .size = 8, .flags = 1, .path = L"file"}, found = {0};
    DWORD length = 0;
    HANDLE file = CreateFileW(L"point", GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW,
                              FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    SAY_BOOL(set(file, &data, -2));
    data.flags = 3;
    SAY_BOOL(set(file, &data, 0));
    data.flags = 1;
    data.at = 1;
    SAY_BOOL(set(file, &data, 2));
    data.at = data.size = 0;
    SAY_BOOL(set(file, &data, 0));
    data.size = 8;
    SAY_BOOL(set(file, &data, 0));
    SAY_BOOL(DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, &found, sizeof found, &length, NULL));
    say("%lu bytes, tag %lx, flags %lx, %s", length, found.tag, found.flags, narrow(found.path + found.at / 2));
    CloseHandle(file);
    look(L"point");
    SAY_BOOL(DeleteFileW(L"file"));
}

int wmain(void)
{
    to_files();
    to_folders();
    as_data();
    return 0;
}
