// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known of files: times, attributes, sizes, ids, volumes; and being told when a folder changes.
#include "say.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

static void when(const char *what, const FILETIME *time)
{
    SYSTEMTIME system;
    FileTimeToSystemTime(time, &system);
    say("%s: %04u-%02u-%02u %02u:%02u:%02u.%03u", what, system.wYear, system.wMonth, system.wDay, system.wHour,
        system.wMinute, system.wSecond, system.wMilliseconds);
}

static void times(void)
{
    SYSTEMTIME system = {.wYear = 2001, .wMonth = 9, .wDay = 9, .wHour = 1, .wMinute = 46, .wSecond = 40,
                         .wMilliseconds = 123};
    FILETIME time, created, accessed, written, local;
    HANDLE file = CreateFileW(L"times", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    SAY_BOOL(SystemTimeToFileTime(&system, &time));
    SAY_BOOL(SetFileTime(file, &time, &time, &time));
    SAY_BOOL(GetFileTime(file, &created, &accessed, &written));
    when("accessed", &accessed);
    when("written", &written);
    FileTimeToLocalFileTime(&written, &local);
    when("local", &local);
    CloseHandle(file);
    struct __stat64 status;
    int failed = _stat64("times", &status);
    say("stat %d: size %I64d, mode %o, written %I64d", failed, status.st_size, status.st_mode, status.st_mtime);
    WORD date, clock;
    SAY_BOOL(FileTimeToDosDateTime(&written, &date, &clock));
    say("DOS date %04x time %04x", date, clock);
    system.wMonth = 13;
    SAY_BOOL(SystemTimeToFileTime(&system, &time));
    struct _utimbuf both = {1000000000, 1100000000};
    say("utime %d", _utime("times", &both));
    _stat64("times", &status);
    say("now %I64d", status.st_mtime);
}

static void attributes(void)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    SAY_BOOL(GetFileAttributesExW(L"times", GetFileExInfoStandard, &data));
    say("attributes %lx, size %lu", data.dwFileAttributes, data.nFileSizeLow);
    SAY_BOOL(SetFileAttributesW(L"times", FILE_ATTRIBUTE_READONLY));
    say("now %lx", GetFileAttributesW(L"times"));
    SAY_BOOL(SetFileAttributesW(L"times", FILE_ATTRIBUTE_NORMAL));
    say("now %lx", GetFileAttributesW(L"times"));
    SAY_BOOL(SetFileAttributesW(L"nowhere", FILE_ATTRIBUTE_NORMAL));
    SetLastError(0);
    DWORD got = GetFileAttributesW(L"nowhere");
    say("nowhere: %lx, error %lu", got, GetLastError());
    got = GetFileAttributesW(L"no\\where");
    say("no folder: %lx, error %lu", got, GetLastError());
    say("folder: %d", (GetFileAttributesW(L".") & FILE_ATTRIBUTE_DIRECTORY) != 0);
}

static void by_handle(void)
{
    BY_HANDLE_FILE_INFORMATION one, two;
    FILE_STANDARD_INFO standard;
    FILE_BASIC_INFO basic;
    HANDLE file = CreateFileW(L"times", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE same = CreateFileW(L".\\TIMES", 0, 7, NULL, OPEN_EXISTING, 0, NULL);
    DWORD moved;
    WriteFile(file, "123456", 6, &moved, NULL);
    SAY_BOOL(GetFileInformationByHandle(file, &one));
    SAY_BOOL(GetFileInformationByHandle(same, &two));
    say("the same file: %d, links %lu, size %lu", one.nFileIndexLow == two.nFileIndexLow &&
        one.dwVolumeSerialNumber == two.dwVolumeSerialNumber, one.nNumberOfLinks, one.nFileSizeLow);
    SAY_BOOL(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    say("end %lld, links %lu, folder %d, going %d", standard.EndOfFile.QuadPart, standard.NumberOfLinks,
        standard.Directory, standard.DeletePending);
    SAY_BOOL(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    say("attributes %lx", basic.FileAttributes);
    wchar_t path[MAX_PATH];
    DWORD length = GetFinalPathNameByHandleW(file, path, MAX_PATH, 0);
    say("final path: %d, ends in times: %d, prefix %d", length > 0, length > 6 && !_wcsicmp(path + length - 6, L"\\times"),
        !wcsncmp(path, L"\\\\?\\", 4));
    say("types %lu %lu", GetFileType(file), GetFileType(NULL));
    FILE_DISPOSITION_INFO gone = {TRUE};
    SAY_BOOL(SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone));
    CloseHandle(same);
    same = CreateFileW(L"times", DELETE, 7, NULL, OPEN_EXISTING, 0, NULL);
    SAY_BOOL(SetFileInformationByHandle(same, FileDispositionInfo, &gone, sizeof gone));
    CloseHandle(file);
    CloseHandle(same);
    say("gone: %d", GetFileAttributesW(L"times") == INVALID_FILE_ATTRIBUTES);
}

static void volumes(void)
{
    wchar_t root[MAX_PATH], name[MAX_PATH], system[MAX_PATH];
    DWORD serial, longest, flags;
    ULARGE_INTEGER free_, total, all;
    DWORD a, b, c, d;
    GetWindowsDirectoryW(root, MAX_PATH);
    root[3] = 0;
    say("drive C: type %u, there %d", GetDriveTypeW(root), (GetLogicalDrives() & 4) != 0);
    SAY_BOOL(GetVolumeInformationW(root, name, MAX_PATH, &serial, &longest, &flags, system, MAX_PATH));
    say("names of up to %lu", longest);
    SAY_BOOL(GetDiskFreeSpaceExW(L".", &free_, &total, &all));
    say("free not more than total: %d", free_.QuadPart <= total.QuadPart);
    SAY_BOOL(GetDiskFreeSpaceW(L".\\", &a, &b, &c, &d));
    say("bytes a sector %lu", b);
    say("none: %u", GetDriveTypeW(L"B:\\"));
    SAY_BOOL(GetVolumeInformationW(L"B:\\", NULL, 0, NULL, NULL, NULL, NULL, 0));
    wchar_t directory[MAX_PATH];
    GetSystemDirectoryW(directory, MAX_PATH);
    say("system %s", narrow(directory));
    GetWindowsDirectoryW(directory, MAX_PATH);
    say("windows %s", narrow(directory));
}

static DWORD WINAPI changer(void *unused)
{
    (void)unused;
    Sleep(100);
    CloseHandle(CreateFileW(L"watched\\made", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    MoveFileW(L"watched\\made", L"watched\\moved");
    DeleteFileW(L"watched\\moved");
    CreateDirectoryW(L"watched\\last", NULL);
    return 0;
}

static void changes(void)
{
    static DWORD buffer[1024];
    DWORD length = 0;
    BOOL last = FALSE;
    CreateDirectoryW(L"watched", NULL);
    HANDLE folder = CreateFileW(L"watched", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    HANDLE thread = CreateThread(NULL, 0, changer, NULL, 0, NULL);
    while (!last && ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE,
                                          FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME, &length, NULL, NULL)) {
        FILE_NOTIFY_INFORMATION *one = (void *)buffer;
        for (;;) {
            wchar_t name[100];
            memcpy(name, one->FileName, one->FileNameLength);
            name[one->FileNameLength / 2] = 0;
            say("change %lu: %s", one->Action, narrow(name));
            last |= !wcscmp(name, L"last");
            if (!one->NextEntryOffset)
                break;
            one = (void *)((char *)one + one->NextEntryOffset);
        }
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(folder);
    HANDLE change = FindFirstChangeNotificationW(L"watched", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    say("nothing yet: %lx", WaitForSingleObject(change, 0));
    CloseHandle(CreateFileW(L"watched\\again", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    say("something: %lx", WaitForSingleObject(change, 5000));
    SAY_BOOL(FindNextChangeNotification(change));
    SAY_BOOL(FindCloseChangeNotification(change));
}

int wmain(void)
{
    times();
    attributes();
    by_handle();
    volumes();
    changes();
    return 0;
}
