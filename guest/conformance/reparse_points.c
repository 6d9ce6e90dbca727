/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reparse points: what sets, tells and takes away one, and where an open through a mount point ends.
 * Known from: MSDN FSCTL_SET_REPARSE_POINT, FSCTL_GET_REPARSE_POINT, FSCTL_DELETE_REPARSE_POINT, REPARSE_DATA_BUFFER, Reparse
 * Point Operations, FILE_ATTRIBUTE_TAG_INFORMATION, FILE_BOTH_DIR_INFORMATION (EaSize).
 */
#include "ntapi_file.h"

enum { SET = 0x900a4, GET = 0x900a8, DELETE_POINT = 0x900ac, OPEN_POINT = 0x200000, MOUNT_POINT = 0xa0000003, OTHER = 0x80000aaa,
       IS_POINT = 0x400 };
enum { NOT_EMPTY = 0xc0000101, NOT_A_FOLDER = 0xc0000103, NO_POINT = 0xc0000275, BAD_TAG = 0xc0000276, OTHER_TAG = 0xc0000277,
       BAD_DATA = 0xc0000278, NOT_HANDLED = 0xc0000279, NOT_RESOLVED = 0xc0000280, OVERFLOW = 0x80000005 };
#define WRITES (FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE | SYNCHRONIZE)

typedef struct {
    ULONG tag;
    USHORT length, reserved, at, size, shown_at, shown_size;
    WCHAR path[200];
} REPARSE_DATA;

static REPARSE_DATA point, told;
static WCHAR prefix[80] = L"\\??\\C:";
static ULONG prefix_length = 6;

static NTSTATUS control(HANDLE file, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length)
{
    return NtFsControlFile(file, NULL, NULL, NULL, &io, code, in, in_length, out, out_length);
}

/* A mount point to a name in the folder; its size. */
static ULONG leads_to(const WCHAR *name)
{
    ULONG n = 0;
    for (; n < prefix_length; n++)
        point.path[n] = prefix[n];
    for (; *name; name++)
        point.path[n++] = *name;
    point.path[n] = point.path[n + 1] = 0;
    point.tag = MOUNT_POINT;
    point.at = 0;
    point.size = (USHORT)(n * 2);
    point.shown_at = (USHORT)(n * 2 + 2);
    point.shown_size = 0;
    point.length = (USHORT)(8 + n * 2 + 4);
    return 8u + point.length;
}

static HANDLE point_of(const WCHAR *name, ULONG disposition)
{
    HANDLE file = NULL;
    NTSTATUS status = make(&file, name, WRITES, 0, SHARE_ALL, disposition, SYNC | DIRECTORY_FILE | OPEN_POINT);
    return status ? NULL : file;
}

static void gone(const WCHAR *name)
{
    HANDLE file = point_of(name, OPEN);
    dispose(file, TRUE);
    NtClose(file);
}

static void controls(void)
{
    ULONG size = leads_to(L"target");
    HANDLE file, dir = point_of(L"j", CREATE);
    expect(control(dir, GET, NULL, 0, &told, sizeof(told)), NO_POINT, "none yet");
    expect(control(dir, DELETE_POINT, &point, 8, NULL, 0), BAD_DATA, "to delete takes no data");
    expect(control(dir, SET, &point, 7, NULL, 0), BAD_DATA, "less than a head");
    expect(control(dir, SET, &point, size - 2, NULL, 0), BAD_DATA, "another length than it says");
    point.size = 1000;
    expect(control(dir, SET, &point, size, NULL, 0), BAD_DATA, "a path beyond its end");
    size = leads_to(L"target");
    expect(control(dir, SET, &point, size, NULL, 0), 0, "set one");
    equal(attributes_of(dir) & (IS_POINT | FILE_ATTRIBUTE_DIRECTORY), IS_POINT | FILE_ATTRIBUTE_DIRECTORY, "its attributes say so");
    expect(control(dir, GET, NULL, 0, &told, sizeof(told)), 0, "it is told");
    equal(io.Information, size, "whole");
    check(same_memory(&told, &point, size), "as it was set");
    expect(control(dir, GET, NULL, 0, &told, 20), OVERFLOW, "a part of it");
    equal(io.Information, 20, "is what fits");
    expect(control(dir, GET, NULL, 0, &told, 4), STATUS_BUFFER_TOO_SMALL, "less than a head is too small");
    ULONG tag[2] = {0, 0};
    expect(NtQueryInformationFile(dir, &io, tag, sizeof(tag), TagInfo), 0, "attributes and tag");
    equal(tag[0] & IS_POINT, IS_POINT, "of a point");
    equal(tag[1], MOUNT_POINT, "for mounting");
    expect(set_attributes(dir, FILE_ATTRIBUTE_HIDDEN), 0, "other attributes");
    equal(attributes_of(dir) & (IS_POINT | FILE_ATTRIBUTE_HIDDEN), IS_POINT | FILE_ATTRIBUTE_HIDDEN, "leave it");
    REPARSE_DATA other = {.tag = OTHER};
    expect(control(dir, SET, &other, 8, NULL, 0), OTHER_TAG, "another tag over it");
    expect(control(dir, DELETE_POINT, &other, 8, NULL, 0), OTHER_TAG, "delete another's");
    other.tag = MOUNT_POINT;
    expect(control(dir, DELETE_POINT, &other, 8, NULL, 0), 0, "delete it");
    expect(control(dir, DELETE_POINT, &other, 8, NULL, 0), NO_POINT, "once");
    equal(attributes_of(dir) & IS_POINT, 0, "its attributes say so, too");
    NtClose(dir);
    make(&dir, L"j", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(control(dir, SET, &point, size, NULL, 0), STATUS_ACCESS_DENIED, "without the right to write");
    NtClose(dir);
    file = file_of(L"j\\f", CREATE);
    expect(control(file, SET, &point, size, NULL, 0), NOT_A_FOLDER, "a file is no mount point");
    dir = point_of(L"j", OPEN);
    expect(control(dir, SET, &point, size, NULL, 0), NOT_EMPTY, "a folder with something in it");
    other.tag = OTHER;
    expect(control(file, SET, &other, 8, NULL, 0), 0, "somebody's own tag on a file");
    NtClose(file);
    expect(opens(L"j\\f", FILE_READ_DATA, SHARE_ALL, 0), NOT_HANDLED, "who does not know it cannot open it");
    expect(make(&file, L"j\\f", FILE_READ_DATA | DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC | OPEN_POINT), 0, "but as it is");
    dispose(file, TRUE);
    NtClose(file);
    NtClose(dir);
    gone(L"j");
}

static void ways(void)
{
    static struct { ULONG next, index; LI times[4], end, allocation; ULONG attributes, name_length, ea; UCHAR rest[300]; } entry;
    UCHAR name[300], text[8];
    FILE_BASIC_INFORMATION basic = {.FileAttributes = 0};
    HANDLE dir, target, file;
    expect(make(&target, L"target", WRITES, 0, SHARE_ALL, CREATE, SYNC | DIRECTORY_FILE), 0, "a folder");
    dir = point_of(L"j", CREATE);
    expect(control(dir, SET, &point, leads_to(L"target"), NULL, 0), 0, "a mount point to it");
    NtClose(dir);
    file = file_of(L"j\\f", CREATE);
    expect(put(file, "text", 0), 0, "a file made through it");
    expect(NtQueryInformationFile(file, &io, name, sizeof(name), NameInfo), 0, "has a name");
    check(((WCHAR *)name)[2 + (*(ULONG *)name) / 2 - 3] == 't', "in the folder it is in");
    NtClose(file);
    file = file_of(L"target\\f", OPEN);
    equal(get(file, text, 4, 0), 4, "and is there");
    NtClose(file);
    expect(opens(L"j\\nothing", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "nothing there");
    expect(opens(L"j\\no\\way", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_PATH_NOT_FOUND, "nor further on");
    expect(make(&dir, L"j", FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC | DIRECTORY_FILE), 0, "through it");
    equal(attributes_of(dir) & IS_POINT, 0, "to the folder");
    NtClose(dir);
    expect(NtQueryAttributesFile(named_in(home, L"j", OBJ_CASE_INSENSITIVE), &basic), 0, "attributes by name");
    equal(basic.FileAttributes & IS_POINT, IS_POINT, "are the point's");
    expect(NtQueryAttributesFile(named_in(home, L"j\\f", OBJ_CASE_INSENSITIVE), &basic), 0, "further on");
    UNICODE_STRING only = ustr(L"j");
    make(&dir, L"", FILE_LIST_DIRECTORY | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(NtQueryDirectoryFile(dir, NULL, NULL, NULL, &io, &entry, sizeof(entry), 3, TRUE, &only, TRUE), 0, "it is listed");
    equal(entry.attributes & IS_POINT, IS_POINT, "as a point");
    equal(entry.ea, MOUNT_POINT, "with its tag");
    NtClose(dir);
    make(&file, L"j\\f", DELETE | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC | OPEN_POINT);
    dispose(file, TRUE);
    NtClose(file);
    expect(opens(L"target\\f", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "deleted through it");
    gone(L"j");
    expect(opens(L"j", FILE_READ_DATA, SHARE_ALL, OPEN_POINT), STATUS_OBJECT_NAME_NOT_FOUND, "the point can be deleted");
    expect(opens(L"target", FILE_READ_DATA, SHARE_ALL, DIRECTORY_FILE), 0, "the folder stays");
    dispose(target, TRUE);
    NtClose(target);
}

static void nowhere(void)
{
    HANDLE dir = point_of(L"j", CREATE);
    expect(control(dir, SET, &point, leads_to(L"target"), NULL, 0), 0, "to nothing");
    expect(opens(L"j", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "it is not there");
    expect(opens(L"j\\f", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_PATH_NOT_FOUND, "nor what would be in it");
    expect(control(dir, SET, &point, leads_to(L"j"), NULL, 0), 0, "to itself");
    expect(opens(L"j", FILE_READ_DATA, SHARE_ALL, 0), NOT_RESOLVED, "that never ends");
    expect(opens(L"j\\f", FILE_READ_DATA, SHARE_ALL, 0), NOT_RESOLVED, "on the way, too");
    NtClose(dir);
    gone(L"j");
}

void test_main(void)
{
    static UCHAR name[200];
    home_begin();
    NtQueryInformationFile(home, &io, name, sizeof(name), NameInfo);
    for (ULONG i = 0; i < *(ULONG *)name / 2; i++)
        prefix[prefix_length++] = ((WCHAR *)name)[2 + i];
    prefix[prefix_length++] = '\\';
    controls();
    ways();
    nowhere();
    home_end();
}
