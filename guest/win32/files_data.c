// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading and writing, sharing, locks, overlapped requests, mapped files, temporary files, moving and copying.
#include "say.h"
#include <stdlib.h>

static HANDLE open_file(const wchar_t *name, DWORD access, DWORD share, DWORD how, DWORD flags)
{
    SetLastError(0);
    HANDLE file = CreateFileW(name, access, share, NULL, how, flags, NULL);
    say("open %s: %s, error %lu", narrow(name), file == INVALID_HANDLE_VALUE ? "no" : "yes", GetLastError());
    return file;
}

static void contents(const wchar_t *name)
{
    char buffer[64];
    DWORD length = 0;
    HANDLE file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        say("  %s is not there: error %lu", narrow(name), GetLastError());
        return;
    }
    ReadFile(file, buffer, sizeof buffer - 1, &length, NULL);
    buffer[length] = 0;
    say("  %s holds [%s]", narrow(name), buffer);
    CloseHandle(file);
}

static void write_file(const wchar_t *name, const char *text)
{
    DWORD written;
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
    CloseHandle(file);
}

static void dispositions(void)
{
    CloseHandle(open_file(L"new", GENERIC_READ | GENERIC_WRITE, 0, CREATE_NEW, 0));
    open_file(L"new", GENERIC_READ, 0, CREATE_NEW, 0);
    CloseHandle(open_file(L"new", GENERIC_WRITE, 0, CREATE_ALWAYS, 0));
    CloseHandle(open_file(L"new", GENERIC_WRITE, 0, OPEN_ALWAYS, 0));
    CloseHandle(open_file(L"new2", GENERIC_WRITE, 0, OPEN_ALWAYS, 0));
    open_file(L"new3", GENERIC_WRITE, 0, OPEN_EXISTING, 0);
    open_file(L"new3", GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0);
    open_file(L".", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    CloseHandle(open_file(L".", GENERIC_READ, 7, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    open_file(L"new", GENERIC_READ, 0, 77, 0);
    HANDLE first = open_file(L"new", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    open_file(L"new", GENERIC_WRITE, 7, OPEN_EXISTING, 0);
    CloseHandle(open_file(L"new", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0));
    SAY_BOOL(DeleteFileW(L"new"));
    CloseHandle(first);
    SAY_BOOL(DeleteFileW(L"new"));
    CloseHandle(open_file(L"gone", GENERIC_WRITE | DELETE, 7, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE));
    contents(L"gone");
}

static void positions(void)
{
    DWORD moved;
    char buffer[32];
    LARGE_INTEGER size, to = {.QuadPart = -2};
    HANDLE file = open_file(L"data", GENERIC_READ | GENERIC_WRITE, 7, CREATE_ALWAYS, 0);
    WriteFile(file, "0123456789", 10, &moved, NULL);
    say("pointer %lu", SetFilePointer(file, 4, NULL, FILE_BEGIN));
    ReadFile(file, buffer, 3, &moved, NULL);
    say("read %lu: %.3s", moved, buffer);
    SetFilePointerEx(file, to, &size, FILE_END);
    say("two before the end: %lld", size.QuadPart);
    SAY_BOOL(ReadFile(file, buffer, 30, &moved, NULL));
    say("read %lu", moved);
    SAY_BOOL(ReadFile(file, buffer, 30, &moved, NULL));
    say("at the end %lu", moved);
    SetLastError(0);
    DWORD bad = SetFilePointer(file, -100, NULL, FILE_BEGIN);
    say("before the start: %lx, error %lu", bad, GetLastError());
    SetFilePointer(file, 20, NULL, FILE_BEGIN);
    SAY_BOOL(SetEndOfFile(file));
    SAY_BOOL(GetFileSizeEx(file, &size));
    say("size %lld", size.QuadPart);
    OVERLAPPED at = {.Offset = 2};
    SAY_BOOL(WriteFile(file, "AB", 2, &moved, &at));
    at.Offset = 100;
    SAY_BOOL(ReadFile(file, buffer, 2, &moved, &at));
    SAY_BOOL(FlushFileBuffers(file));
    CloseHandle(file);
    SAY_BOOL(ReadFile(file, buffer, 2, &moved, NULL));
    contents(L"data");
}

static void locks(void)
{
    DWORD moved;
    char buffer[8];
    HANDLE one = CreateFileW(L"data", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE two = CreateFileW(L"data", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    OVERLAPPED at = {.Offset = 0};
    SAY_BOOL(LockFile(one, 0, 0, 5, 0));
    SAY_BOOL(LockFile(two, 4, 0, 5, 0));
    SAY_BOOL(LockFile(two, 5, 0, 5, 0));
    SAY_BOOL(ReadFile(two, buffer, 2, &moved, NULL));
    SAY_BOOL(WriteFile(two, "zz", 2, &moved, NULL));
    SAY_BOOL(ReadFile(one, buffer, 2, &moved, NULL));
    SAY_BOOL(UnlockFile(one, 0, 0, 4, 0));
    SAY_BOOL(UnlockFile(one, 0, 0, 5, 0));
    SAY_BOOL(LockFileEx(one, 0, 0, 5, 0, &at));
    SAY_BOOL(LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY, 0, 5, 0, &at));
    SAY_BOOL(LockFileEx(two, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, &at));
    SAY_BOOL(UnlockFileEx(one, 0, 5, 0, &at));
    CloseHandle(one);
    CloseHandle(two);
}

static VOID CALLBACK completed(DWORD error, DWORD moved, OVERLAPPED *what)
{
    say("completed: error %lu, %lu bytes, at %lu", error, moved, what->Offset);
}

static void overlapped(void)
{
    char buffer[8] = "";
    DWORD moved = 0;
    OVERLAPPED at = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE file = CreateFileW(L"data", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    BOOL done = WriteFile(file, "overlapped", 10, NULL, &at);
    if (!done && GetLastError() != ERROR_IO_PENDING)
        say("FAILED: WriteFile, error %lu", GetLastError());
    SAY_BOOL(GetOverlappedResult(file, &at, &moved, TRUE));
    say("%lu bytes, event %lu", moved, WaitForSingleObject(at.hEvent, 0));
    at.Offset = 4;
    SAY_BOOL(ReadFileEx(file, buffer, 4, &at, completed));
    say("alertable sleep %lu", SleepEx(5000, TRUE));
    say("read [%.4s]", buffer);
    HANDLE port = CreateIoCompletionPort(file, NULL, 77, 1);
    OVERLAPPED *who = NULL;
    ULONG_PTR key = 0;
    OVERLAPPED plain = {.Offset = 1};
    done = ReadFile(file, buffer, 3, NULL, &plain);
    if (!done && GetLastError() != ERROR_IO_PENDING)
        say("FAILED: ReadFile, error %lu", GetLastError());
    SAY_BOOL(GetQueuedCompletionStatus(port, &moved, &key, &who, 5000));
    say("packet: %lu bytes, key %lu, ours %d", moved, (DWORD)key, who == &plain);
    SAY_BOOL(PostQueuedCompletionStatus(port, 5, 6, NULL));
    SAY_BOOL(GetQueuedCompletionStatus(port, &moved, &key, &who, 0));
    say("packet: %lu %lu %p", moved, (DWORD)key, (void *)who);
    SAY_BOOL(GetQueuedCompletionStatus(port, &moved, &key, &who, 10));
    CloseHandle(port);
    CloseHandle(file);
}

static void mapped(void)
{
    HANDLE file = CreateFileW(L"mapped", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    SetLastError(0);
    HANDLE none = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    say("an empty file: %d, error %lu", none != NULL, GetLastError());
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 100000, L"Local\\say mapped");
    say("made %d, error %lu, file size %lu", mapping != NULL, GetLastError(), GetFileSize(file, NULL));
    char *view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    strcpy(view, "through the view");
    strcpy(view + 65536, "second");
    HANDLE again = OpenFileMappingW(FILE_MAP_READ, FALSE, L"Local\\say mapped");
    const char *second = MapViewOfFile(again, FILE_MAP_READ, 0, 65536, 100);
    say("second view: %s", second);
    SAY_BOOL(FlushViewOfFile(view, 0));
    SAY_BOOL(UnmapViewOfFile(view));
    SAY_BOOL(UnmapViewOfFile(view));
    UnmapViewOfFile(second);
    CloseHandle(again);
    CloseHandle(mapping);
    CloseHandle(file);
    file = CreateFileW(L"mapped", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    char buffer[17] = "";
    DWORD moved;
    ReadFile(file, buffer, 16, &moved, NULL);
    say("in the file: %s", buffer);
    mapping = CreateFileMappingW(file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    view = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0);
    view[0] = 'T';
    say("private: %.16s", view);
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    CloseHandle(file);
    contents(L"mapped");
    mapping = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1 << 20, L"say memory");
    say("memory: error %lu", GetLastError());
    HANDLE twin = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1 << 20, L"say memory");
    say("twin: error %lu", GetLastError());
    CloseHandle(twin);
    CloseHandle(mapping);
    twin = OpenFileMappingW(FILE_MAP_READ, FALSE, L"say memory");
    say("gone: %d, error %lu", twin == NULL, GetLastError());
}

static void moving(void)
{
    write_file(L"one", "first");
    write_file(L"two", "second");
    SAY_BOOL(MoveFileW(L"one", L"two"));
    SAY_BOOL(MoveFileExW(L"one", L"two", MOVEFILE_REPLACE_EXISTING));
    contents(L"one");
    contents(L"two");
    SAY_BOOL(CopyFileW(L"two", L"three", TRUE));
    SAY_BOOL(CopyFileW(L"two", L"three", TRUE));
    SAY_BOOL(CopyFileW(L"two", L"three", FALSE));
    SAY_BOOL(CopyFileW(L"nowhere", L"three", FALSE));
    SAY_BOOL(CopyFileW(L"three", L"THREE", FALSE));
    SAY_BOOL(CopyFileW(L"three", L"three", FALSE));
    contents(L"three");
    SAY_BOOL(LoadLibraryW(L"three.")); // text
    SAY_BOOL(MoveFileW(L"three", L"Three"));
    contents(L"THREE");
    SAY_BOOL(CreateDirectoryW(L"folder", NULL));
    SAY_BOOL(MoveFileW(L"Three", L"folder\\moved"));
    SAY_BOOL(MoveFileW(L"folder", L"renamed"));
    contents(L"renamed\\moved");
    SAY_BOOL(MoveFileExW(L"renamed", L"two", MOVEFILE_REPLACE_EXISTING));
    write_file(L"old", "old text");
    write_file(L"new", "new text");
    SAY_BOOL(ReplaceFileW(L"old", L"new", L"backup", 0, NULL, NULL));
    contents(L"old");
    contents(L"backup");
    contents(L"new");
    SAY_BOOL(CreateHardLinkW(L"link", L"old", NULL));
    contents(L"link");
    SAY_BOOL(SetFileAttributesW(L"old", FILE_ATTRIBUTE_READONLY));
    open_file(L"old", GENERIC_WRITE, 7, OPEN_EXISTING, 0);
    SAY_BOOL(DeleteFileW(L"old"));
    SAY_BOOL(SetFileAttributesW(L"old", FILE_ATTRIBUTE_NORMAL));
    SAY_BOOL(DeleteFileW(L"old"));
}

static void temporary(void)
{
    wchar_t folder[MAX_PATH], name[MAX_PATH];
    DWORD length = GetTempPathW(MAX_PATH, folder);
    say("a temporary folder: %d, ends in a backslash: %d", length > 3, folder[length - 1] == L'\\');
    UINT unique = GetTempFileNameW(L".", L"say", 0, name);
    const wchar_t *base = wcsrchr(name, L'\\') ? wcsrchr(name, L'\\') + 1 : name;
    say("made one: %d, prefix %.3ls, ends in .tmp: %d", unique != 0, base, wcsstr(name, L".tmp") != NULL);
    say("there: %d, deleted %d", GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES, DeleteFileW(name));
    unique = GetTempFileNameW(L".", L"prefix", 0xabcd, name);
    base = wcsrchr(name, L'\\') ? wcsrchr(name, L'\\') + 1 : name;
    say("chosen: %x %s", unique, narrow(base));
    SetLastError(0);
    unique = GetTempFileNameW(L"nowhere", L"say", 0, name);
    say("no folder: %u, error %lu", unique, GetLastError());
    FILE *file = tmpfile();
    say("tmpfile: %d", file != NULL);
    if (file) {
        fputs("kept", file);
        rewind(file);
        say("holds %c", fgetc(file));
        fclose(file);
    }
}

// The null device takes all and keeps nothing, and no size either: programs that empty what they open know the error.
static void null_device(void)
{
    DWORD written = 0;
    FILE_END_OF_FILE_INFO size = {.EndOfFile.QuadPart = 0};
    HANDLE file = open_file(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_ALWAYS, 0);
    SAY_BOOL(WriteFile(file, "abc", 3, &written, NULL));
    say("%lu bytes, a device: %d", written, GetFileType(file) == FILE_TYPE_CHAR);
    SAY_BOOL(SetEndOfFile(file));
    SAY_BOOL(SetFileInformationByHandle(file, FileEndOfFileInfo, &size, sizeof size));
    CloseHandle(file);
}

int wmain(void)
{
    dispositions();
    positions();
    locks();
    overlapped();
    mapped();
    moving();
    temporary();
    null_device();
    return 0;
}
