/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files, or the folders, that are in one folder:
 *
 *     for (list_files(&list, folder, length, mask); next(&list);)
 *         ... list.path, list.one
 */
#ifndef FILES_H
#define FILES_H

#include "tool.h"

#define MOST_DEPTH 128 /* folders in each other */

struct list {
    WIN32_FIND_DATAW one;
    WCHAR *path;         /* of that one */
    const WCHAR *folder; /* so much of this, with what ends it */
    int length;
    BOOL folders, begun;
    HANDLE handle;
};

static BOOL list_all(struct list *list, const WCHAR *folder, int length, const WCHAR *mask, BOOL folders)
{
    WCHAR *path = appended(folder, length, mask);

    list->handle = FindFirstFileW(path, &list->one);
    list->folder = folder;
    list->length = length;
    list->folders = folders;
    list->begun = FALSE;
    list->path = NULL;
    release(path);
    return list->handle != INVALID_HANDLE_VALUE;
}

/* FALSE: the mask means nothing, not even folders. */
SHARED BOOL list_files(struct list *list, const WCHAR *folder, int length, const WCHAR *mask)
{
    return list_all(list, folder, length, mask, FALSE);
}

SHARED BOOL list_folders(struct list *list, const WCHAR *folder, int length)
{
    return list_all(list, folder, length, L"*", TRUE);
}

/* The next one; FALSE at the end, where nothing is left to be closed. */
SHARED BOOL next(struct list *list)
{
    BOOL is_folder;

    release(list->path);
    list->path = NULL;
    if (list->handle == INVALID_HANDLE_VALUE)
        return FALSE;
    while (!list->begun || FindNextFileW(list->handle, &list->one)) {
        list->begun = TRUE;
        is_folder = (list->one.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        if (is_folder == list->folders && lstrcmpW(list->one.cFileName, L".") &&
            lstrcmpW(list->one.cFileName, L"..")) {
            list->path = appended(list->folder, list->length, list->one.cFileName);
            return TRUE;
        }
    }
    FindClose(list->handle);
    list->handle = INVALID_HANDLE_VALUE;
    return FALSE;
}

/* So much of a path, with a backslash that ends it. */
SHARED WCHAR *ended(const WCHAR *folder, int length)
{
    return appended(folder, length, length && folder[length - 1] != '\\' ? L"\\" : L"");
}

#endif
