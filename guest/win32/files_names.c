// SPDX-License-Identifier: LGPL-2.1-or-later
// Names: wildcards of FindFirstFile, long, Unicode and odd ones, short names, full paths, directories.
#include "say.h"
#include <stdlib.h>
#include <wchar.h>

static void make(const wchar_t *name, DWORD size)
{
    DWORD written;
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        say("cannot make %s: error %lu", narrow(name), GetLastError());
        return;
    }
    for (; size; size--)
        WriteFile(file, "x", 1, &written, NULL);
    CloseHandle(file);
}

static int by_name(const void *a, const void *b)
{
    return wcscmp((const wchar_t *)a, (const wchar_t *)b);
}

static void list(const wchar_t *pattern)
{
    static wchar_t names[64][MAX_PATH];
    WIN32_FIND_DATAW data;
    unsigned count = 0;
    SetLastError(0);
    HANDLE find = FindFirstFileW(pattern, &data);
    if (find == INVALID_HANDLE_VALUE) {
        say("%s: error %lu", narrow(pattern), GetLastError());
        return;
    }
    do
        _snwprintf(names[count++ % 64], MAX_PATH, L"%ls%ls", data.cFileName,
                   data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? L"\\" : L"");
    while (FindNextFileW(find, &data));
    DWORD end = GetLastError();
    FindClose(find);
    qsort(names, count, sizeof *names, by_name);
    say("%s: %u, then error %lu", narrow(pattern), count, end);
    for (unsigned i = 0; i < count; i++)
        say("    %s", narrow(names[i]));
}

static void wildcards(void)
{
    static const wchar_t *const names[] = {L"a.txt", L"ab.txt", L"abc.txt", L"b.TXT", L"noextension", L"two.dots.txt",
                                           L"trailing.t", L"a.text", L"file with spaces.doc", L"~tilde$#!.x"};
    static const wchar_t *const patterns[] = {
        L"*", L"*.*", L"*.txt", L"a*", L"?.txt", L"??.txt", L"???.txt", L"*.t?t", L"*.", L"a.*", L"*dots*", L"A.TXT",
        L".\\*.doc", L"nothing*", L"no\\folder\\*", L"noextension", L"noextension\\*", L"", L"sub", L"sub\\", L"sub\\*",
        L"*.tx", L"*.t*", L"??????????????", L"<.txt", L"*e", L"*.*.txt"};
    SAY_BOOL(CreateDirectoryW(L"wild", NULL));
    SAY_BOOL(SetCurrentDirectoryW(L"wild"));
    CreateDirectoryW(L"sub", NULL);
    for (unsigned i = 0; i < ARRAYSIZE(names); i++)
        make(names[i], i);
    for (unsigned i = 0; i < ARRAYSIZE(patterns); i++)
        list(patterns[i]);
    SAY_BOOL(SetCurrentDirectoryW(L".."));
}

static void odd_names(void)
{
    wchar_t name[300];
    SAY_BOOL(CreateDirectoryW(L"odd", NULL));
    SAY_BOOL(SetCurrentDirectoryW(L"odd"));
    make(L"gr\u00fc\u00df.txt", 1);
    make(L"\u4e2d\u6587", 2);
    make(L"\U0001f600.smile", 3);
    make(L"dots at the end...", 4);
    make(L"space at the end ", 5);
    make(L".hidden", 6);
    make(L"a:b:c", 7);
    make(L"what?", 8);
    make(L"less<more", 8);
    make(L"con", 0);
    make(L"nul.txt", 0);
    wmemset(name, L'n', 255);
    name[255] = 0;
    make(name, 9);
    name[255] = L'n';
    name[256] = 0;
    make(name, 9);
    list(L"*");
    SAY_BOOL(DeleteFileW(L"GR\u00dc\u00df.TXT"));
    SAY_BOOL(DeleteFileW(L"\u4e2d\u6587"));
    SAY_BOOL(DeleteFileW(L"dots at the end"));
    SAY_BOOL(DeleteFileW(L"nowhere"));
    SAY_BOOL(SetCurrentDirectoryW(L".."));
}

static void deep(void)
{
    static wchar_t path[3000];
    wchar_t base[MAX_PATH], part[60];
    unsigned made = 0;
    GetCurrentDirectoryW(MAX_PATH, base);
    if (base[wcslen(base) - 1] == L'\\')
        base[wcslen(base) - 1] = 0;
    _snwprintf(path, 3000, L"\\\\?\\%ls", base);
    wmemset(part, L'd', 50);
    part[50] = 0;
    for (int i = 0; i < 12; i++) {
        wcscat(path, L"\\");
        wcscat(path, part);
        if (CreateDirectoryW(path, NULL))
            made++;
        else
            say("depth %d: error %lu", i, GetLastError());
    }
    wcscat(path, L"\\file");
    make(path, 3);
    say("%u deep, longer than MAX_PATH: %d, there: %d", made, wcslen(path) > MAX_PATH,
        GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES);
    SetLastError(0);
    DWORD attributes = GetFileAttributesW(path + 4);
    say("without the prefix: %s", attributes == INVALID_FILE_ATTRIBUTES ? "not found" : "found");
    SAY_BOOL(DeleteFileW(path));
    for (int i = 0; i < 12; i++) {
        *wcsrchr(path, L'\\') = 0;
        if (!RemoveDirectoryW(path))
            say("FAILED: RemoveDirectory, error %lu", GetLastError());
    }
}

static void full_paths(void)
{
    static const wchar_t *const paths[] = {L"C:\\a\\..\\b\\.\\c", L"C:/forward/slash", L"C:\\trailing. . .", L"C:\\..\\..\\x",
                                           L"\\\\server\\share\\..\\x", L"\\\\?\\C:\\a\\..\\b", L"nul", L"C:\\x\\nul", L"com1:",
                                           L"C:\\a\\\\\\b", L"\\\\.\\pipe\\name", L""};
    for (unsigned i = 0; i < ARRAYSIZE(paths); i++) {
        wchar_t full[MAX_PATH] = L"", *file = NULL;
        DWORD length = GetFullPathNameW(paths[i], MAX_PATH, full, &file);
        say("%s -> %lu %s, file %s", narrow(paths[i]), length, narrow(full), file ? narrow(file) : "none");
    }
}

static void folders(void)
{
    SAY_BOOL(CreateDirectoryW(L"tree", NULL));
    SAY_BOOL(CreateDirectoryW(L"tree", NULL));
    SAY_BOOL(CreateDirectoryW(L"no\\where", NULL));
    SAY_BOOL(CreateDirectoryW(L"tree\\leaf", NULL));
    SAY_BOOL(RemoveDirectoryW(L"tree"));
    SAY_BOOL(DeleteFileW(L"tree\\leaf"));
    SAY_BOOL(RemoveDirectoryW(L"tree\\leaf\\"));
    make(L"tree\\file", 1);
    SAY_BOOL(RemoveDirectoryW(L"tree\\file"));
    SAY_BOOL(SetCurrentDirectoryW(L"tree\\file"));
    SAY_BOOL(SetCurrentDirectoryW(L"nowhere"));
    SAY_BOOL(DeleteFileW(L"tree\\file"));
    SAY_BOOL(RemoveDirectoryW(L"tree"));
    SAY_BOOL(RemoveDirectoryW(L"tree"));
}

// The longest folder to work in, and one that is longer by a character.
static void long_folder(void)
{
    wchar_t path[MAX_PATH + 20];
    const size_t most = MAX_PATH - 2;
    for (int more = 0; more < 2; more++) {
        DWORD length = GetCurrentDirectoryW(MAX_PATH, path);
        if (path[length - 1] != L'\\')
            path[length++] = L'\\';
        wmemset(path + length, L'w', most + more - length);
        path[most + more] = 0;
        while (most + more - length > 200) {
            path[length + 100] = L'\\';
            length += 101;
            path[length - 1] = 0;
            CreateDirectoryW(path, NULL);
            path[length - 1] = L'\\';
        }
        wchar_t prefixed[MAX_PATH + 30] = L"\\\\?\\";
        wcscat(prefixed, path);
        SAY_BOOL(CreateDirectoryW(prefixed, NULL));
        SAY_BOOL(SetCurrentDirectoryW(path));
        DWORD now = GetCurrentDirectoryW(MAX_PATH + 20, path);
        say("in one of the longest: %d", now == most);
        while (wcsstr(path, L"\\ww"))
            if (SetCurrentDirectoryW(L".."))
                GetCurrentDirectoryW(MAX_PATH + 20, path);
    }
}

int wmain(void)
{
    wildcards();
    odd_names();
    deep();
    full_paths();
    folders();
    long_folder();
    return 0;
}
