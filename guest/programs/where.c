/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * where: files by name, in the current folder and those of PATH, or below a folder.
 *
 * Known from: Microsoft's reference of the command.  A name also stands for itself with each extension of PATHEXT.
 */
#include "files.h"

static struct {
    BOOL quiet, quoted, times;
    WCHAR extensions[1024]; /* ";"-separated */
    BOOL found;
} find;

static void two(int number)
{
    char digits[2] = {(char)('0' + number / 10), (char)('0' + number % 10)};
    put(digits, 2);
}

static void put_times(const WIN32_FIND_DATAW *one)
{
    FILETIME local;
    SYSTEMTIME time;

    FileTimeToLocalFileTime(&one->ftLastWriteTime, &local);
    FileTimeToSystemTime(&local, &time);
    put_number((ULONGLONG)one->nFileSizeHigh << 32 | one->nFileSizeLow);
    put("   ", 3);
    put_number(time.wMonth);
    put("/", 1);
    put_number(time.wDay);
    put("/", 1);
    put_number(time.wYear);
    put("  ", 2);
    put_number(time.wHour % 12 ? time.wHour % 12 : 12);
    put(":", 1);
    two(time.wMinute);
    put(":", 1);
    two(time.wSecond);
    put(time.wHour < 12 ? " AM  " : " PM  ", 5);
}

static void show(const WCHAR *path, const WIN32_FIND_DATAW *one)
{
    find.found = TRUE;
    if (find.quiet)
        return;
    if (find.times)
        put_times(one);
    if (find.quoted)
        put("\"", 1);
    put_wide(path);
    put(find.quoted ? "\"\r\n" : "\r\n", find.quoted ? 3 : 2);
}

/* What one name, which may have wildcards, stands for in one folder. */
static void in_folder(const WCHAR *folder, const WCHAR *name)
{
    struct list list;

    for (list_files(&list, folder, lstrlenW(folder), name); next(&list);)
        show(list.path, &list.one);
}

static void with_extensions(const WCHAR *path, int length, const WCHAR *name)
{
    const WCHAR *at = find.extensions;
    WCHAR *folder = ended(path, length);
    WCHAR *longer = grow(NULL, (lstrlenW(name) + LENGTH(find.extensions)) * sizeof(WCHAR));
    int size;

    in_folder(folder, name);
    while (*at && !is_wild(name)) {
        for (size = 0; at[size] && at[size] != ';'; size++)
            ;
        lstrcpyW(longer, name);
        lstrcpynW(longer + lstrlenW(name), at, size + 1);
        if (size)
            in_folder(folder, longer);
        at += size + (at[size] == ';');
    }
    release(longer);
    release(folder);
}

static void below(const WCHAR *path, const WCHAR *name, int depth)
{
    WCHAR *folder = ended(path, lstrlenW(path));
    struct list list;

    with_extensions(folder, lstrlenW(folder), name);
    if (depth <= MOST_DEPTH)
        for (list_folders(&list, folder, lstrlenW(folder)); next(&list);)
            below(list.path, name, depth + 1);
    release(folder);
}

/* In folders apart by semicolons. */
static void along(const WCHAR *folders, const WCHAR *name)
{
    int size;

    while (*folders) {
        for (size = 0; folders[size] && folders[size] != ';'; size++)
            ;
        if (size)
            with_extensions(folders, size, name);
        folders += size + (folders[size] == ';');
    }
}

static const WCHAR *variable(const WCHAR *name)
{
    DWORD size = GetEnvironmentVariableW(name, NULL, 0);
    WCHAR *value = grow(NULL, (size + 1) * sizeof(WCHAR));

    *value = 0;
    GetEnvironmentVariableW(name, value, size + 1);
    return value;
}

/* NAME, $VARIABLE:NAME or FOLDERS:NAME. */
static void look_for(WCHAR *pattern)
{
    WCHAR here[MAX_PATH], *colon = NULL;

    for (WCHAR *c = pattern; *c; c++)
        if (*c == ':')
            colon = c;
    if (colon) {
        *colon = 0;
        along(*pattern == '$' ? variable(pattern + 1) : pattern, colon + 1);
        *colon = ':';
        return;
    }
    GetCurrentDirectoryW(LENGTH(here), here);
    with_extensions(here, lstrlenW(here), pattern);
    along(variable(L"PATH"), pattern);
}

static int run(int count, WCHAR **words)
{
    const WCHAR *root = NULL;
    WCHAR full[MAX_PATH];
    int i = 1;

    for (; i < count && words[i][0] == '/'; i++) {
        if (is_word(words[i], L"/R") && i + 1 < count) {
            root = words[++i];
        } else if (is_word(words[i], L"/Q")) {
            find.quiet = TRUE;
        } else if (is_word(words[i], L"/F")) {
            find.quoted = TRUE;
        } else if (is_word(words[i], L"/T")) {
            find.times = TRUE;
        } else if (is_word(words[i], L"/?")) {
            put_wide(L"Shows where files are.\r\n\r\nWHERE [/R folder] [/Q] [/F] [/T] pattern...\r\n\r\n"
                     L"  /R   in that folder and those below it; else here and in the folders of PATH\r\n"
                     L"  /Q   only the exit status: 0 found, 1 not, 2 error\r\n  /F   in quotation marks      /T   with size and time\r\n\r\n"
                     L"A pattern may be $VARIABLE:name or folder;folder:name.\r\n");
            return 0;
        } else {
            break;
        }
    }
    if (i == count || words[i][0] == '/') {
        complain(L"ERROR: Invalid argument or option - '");
        complain(i == count ? L"" : words[i]);
        complain(L"'.\r\nType \"WHERE /?\" for usage help.\r\n");
        return 2;
    }
    GetEnvironmentVariableW(L"PATHEXT", find.extensions, LENGTH(find.extensions));
    for (; i < count; i++) {
        if (!root)
            look_for(words[i]);
        else if (GetFullPathNameW(root, LENGTH(full), full, NULL))
            below(full, words[i], 0);
    }
    if (!find.found && !find.quiet)
        complain(L"INFO: Could not find files for the given pattern(s).\r\n");
    return !find.found;
}
