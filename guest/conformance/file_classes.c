/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NtSetInformationFile: the classes that hardly anybody sets. Their lengths and rights are judged before the file system sees them.
 * Known from: the DDK (FILE_INFORMATION_CLASS, FILE_OBJECTID_INFORMATION, FILE_QUOTA_INFORMATION), MSDN SetFileValidData and
 * SetFileShortName; what is publicly known of the I/O manager (lengths, rights); Microsoft's FAT sample (what a file system answers to
 * classes that it does not know). The classes of valid data and of short names came with XP.
 */
#include "ntapi_file.h"
#include "ntapi_se.h"

enum { ObjectIdInfo = 29, MoveClusterInfo = 31, QuotaInfo = 32, ReparsePointInfo = 33, TrackingInfo = 36, FirstUnknownInfo = 41 };
enum { MANAGE_VOLUME_PRIVILEGE = 28, RESTORE_PRIVILEGE = 18 };
static union { UCHAR bytes[128]; ULONG words[32]; LI length; } given;

static NTSTATUS set(HANDLE file, ULONG kind, ULONG size)
{
    return NtSetInformationFile(file, &io, &given, size, kind);
}

static void lengths(HANDLE file)
{
    static const struct { ULONG kind, least; const char *short_name, *name; } classes[] = {
        {ObjectIdInfo, 72, "an object id, too short", "an object id's entry"},
        {MoveClusterInfo, 16, "clusters, too short", "clusters to move"},
        {QuotaInfo, 56, "a quota, too short", "a quota's entry"},
    };
    for (int i = 0; i < 3; i++) {
        expect(set(file, classes[i].kind, classes[i].least - 1), STATUS_INFO_LENGTH_MISMATCH, classes[i].short_name);
        expect(set(file, classes[i].kind, classes[i].least), STATUS_INVALID_PARAMETER, classes[i].name);
    }
    expect(set(file, TrackingInfo, 11), STATUS_INFO_LENGTH_MISMATCH, "tracking, too short");
    given.words[0] = 0x7ff0;
    expect(set(file, TrackingInfo, 12), STATUS_INVALID_HANDLE, "tracking, to a file that is not there");
    given.words[0] = 0;
    expect(set(file, ReparsePointInfo, 128), STATUS_INVALID_INFO_CLASS, "a reparse point is not set so");
    expect(set(file, FirstUnknownInfo, 128), STATUS_INVALID_INFO_CLASS, "a class that came later");
    expect(set((HANDLE)0x7ff0, QuotaInfo, 55), STATUS_INFO_LENGTH_MISMATCH, "the length is judged before the handle");
    expect(set((HANDLE)0x7ff0, QuotaInfo, 56), STATUS_INVALID_HANDLE, "the handle");
}

static void rights(void)
{
    HANDLE file;
    make(&file, L"the classes", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(set(file, MoveClusterInfo, 16), STATUS_ACCESS_DENIED, "to move clusters one must be allowed to write");
    expect(set(file, TrackingInfo, 12), STATUS_ACCESS_DENIED, "to have it tracked, too");
    expect(set(file, ObjectIdInfo, 72), STATUS_INVALID_PARAMETER, "an id's entry needs no right");
    NtClose(file);
}

static void valid_data(HANDLE file)
{
    given.length.QuadPart = 100;
    own_privilege(MANAGE_VOLUME_PRIVILEGE, FALSE);
    expect(set(file, ValidLengthInfo, 8), STATUS_PRIVILEGE_NOT_HELD, "valid data takes SeManageVolumePrivilege");
    own_privilege(MANAGE_VOLUME_PRIVILEGE, TRUE);
    expect(set(file, ValidLengthInfo, 7), STATUS_INFO_LENGTH_MISMATCH, "a length too short");
    expect(set(file, ValidLengthInfo, 8), 0, "with it, all there is is valid");
    equal(size_of(file), 100, "and the file is as long as before");
    given.length.QuadPart = 101;
    expect(set(file, ValidLengthInfo, 8), STATUS_INVALID_PARAMETER, "more than there is");
    given.length.QuadPart = -1;
    expect(set(file, ValidLengthInfo, 8), STATUS_INVALID_PARAMETER, "less than nothing");
    own_privilege(MANAGE_VOLUME_PRIVILEGE, FALSE);
}

static NTSTATUS short_name(HANDLE file, const WCHAR *text)
{
    NAME_INFORMATION name = {0, {0}};
    for (; text[name.Length / 2]; name.Length += 2)
        name.Name[name.Length / 2] = text[name.Length / 2];
    return NtSetInformationFile(file, &io, &name, sizeof(name), ShortNameInfo);
}

static void short_names(HANDLE file)
{
    HANDLE other = file_of(L"another one", CREATE);
    NAME_INFORMATION name;
    own_privilege(RESTORE_PRIVILEGE, FALSE);
    expect(short_name(file, L"BRIEF"), STATUS_PRIVILEGE_NOT_HELD, "a short name takes SeRestorePrivilege");
    own_privilege(RESTORE_PRIVILEGE, TRUE);
    expect(short_name(file, L"BRIEF"), 0, "with it, there is one");
    expect(NtQueryInformationFile(file, &io, &name, sizeof(name), AlternateNameInfo), 0, "ask for it");
    check(name.Length == 10 && same_memory(name.Name, L"BRIEF", 10), "that is it");
    expect(opens(L"brief", FILE_READ_DATA, SHARE_ALL, 0), 0, "and opens the file");
    expect(short_name(other, L"BRIEF"), STATUS_OBJECT_NAME_COLLISION, "another's");
    expect(short_name(file, L"much too long"), STATUS_INVALID_PARAMETER, "no short name");
    expect(short_name(file, L""), STATUS_INVALID_PARAMETER, "no name at all");
    expect(short_name(file, L"CURT"), 0, "choose another");
    expect(opens(L"brief", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the first is free again");
    expect(short_name(other, L"BRIEF"), 0, "for another file");
    own_privilege(RESTORE_PRIVILEGE, FALSE);
    dispose(other, TRUE);
    NtClose(other);
    expect(opens(L"brief", FILE_READ_DATA, SHARE_ALL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "and goes with it");
}

void test_main(void)
{
    HANDLE file;
    home_begin();
    file = file_of(L"the classes", CREATE);
    put(file, "x", 99);
    lengths(file);
    rights();
    if (nt_at_least(5, 1)) {
        valid_data(file);
        short_names(file);
    } else {
        expect(set(file, ValidLengthInfo, 8), STATUS_INVALID_INFO_CLASS, "Windows 2000 knows no length of valid data");
        expect(set(file, ShortNameInfo, 12), STATUS_INVALID_INFO_CLASS, "and sets no short names");
    }
    dispose(file, TRUE);
    NtClose(file);
    home_end();
}
