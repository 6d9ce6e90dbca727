/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a file: times and attributes and the rules for setting them, names, ids, modes; by which rights.
 * Known from: MSDN ZwQueryInformationFile, ZwSetInformationFile, FILE_BASIC_INFORMATION (0 and -1), FILE_ALL_INFORMATION; the DDK
 * (IopQueryOperationLength, IopSetOperationAccess); Wine's dlls/ntdll/tests/file.c (test_file_basic_information and others).
 */
#include "ntapi_file.h"

static HANDLE file;

static NTSTATUS times(LONGLONG creation, LONGLONG access, LONGLONG write, LONGLONG change, ULONG attributes)
{
    FILE_BASIC_INFORMATION info = {{.QuadPart = creation}, {.QuadPart = access}, {.QuadPart = write}, {.QuadPart = change}, attributes};
    return NtSetInformationFile(file, &io, &info, sizeof(info), BasicInfo);
}

#define basic() ({ FILE_BASIC_INFORMATION now_ = {.FileAttributes = 0}; \
                   NtQueryInformationFile(file, &io, &now_, sizeof(now_), BasicInfo); now_; })

static void time_stamps(void)
{
    const LONGLONG then = 0x1c0000000000000LL, day = 864000000000LL;
    LONGLONG now = system_time();
    FILE_BASIC_INFORMATION info;
    file = file_of(L"t", CREATE);
    info = basic();
    check(info.CreationTime.QuadPart > now - 2 * 10000000 && info.CreationTime.QuadPart < now + 2 * 10000000, "made just now");
    check(info.LastWriteTime.QuadPart > now - 2 * 10000000 && info.LastWriteTime.QuadPart < now + 2 * 10000000, "written just now");
    expect(times(then, then + day, then + 2 * day, 0, 0), 0, "set three times");
    info = basic();
    check(info.CreationTime.QuadPart == then, "creation is what was set");
    check(info.LastAccessTime.QuadPart == then + day, "last access is");
    check(info.LastWriteTime.QuadPart == then + 2 * day, "last write is");
    equal(info.FileAttributes, FILE_ATTRIBUTE_ARCHIVE, "attributes of 0 change nothing");
    expect(times(0, 0, then + 3 * day, 0, 0), 0, "set one time");
    info = basic();
    check(info.CreationTime.QuadPart == then && info.LastAccessTime.QuadPart == then + day, "0 leaves a time alone");
    check(info.LastWriteTime.QuadPart == then + 3 * day, "the one is set");
    put(file, "x", 0);
    info = basic();
    check(info.LastWriteTime.QuadPart == then + 3 * day, "who has set it does not change it by writing");
    NtClose(file);
    file = file_of(L"t", OPEN);
    info = basic();
    check(info.CreationTime.QuadPart == then && info.LastWriteTime.QuadPart == then + 3 * day, "times are kept");
    expect(times(0, 0, -1, 0, 0), 0, "no more changes of the last write");
    put(file, "y", 0);
    info = basic();
    check(info.LastWriteTime.QuadPart == then + 3 * day, "none there are");
    NtClose(file);
    file = file_of(L"t", OPEN);
    put(file, "z", 0);
    info = basic();
    check(info.LastWriteTime.QuadPart >= now - 2 * 10000000, "another handle's writing counts");
    expect(times(-3, 0, 0, 0, 0), STATUS_INVALID_PARAMETER, "a time of -3");
    NtClose(file);
    remove(L"t");
}

static void attributes(void)
{
    HANDLE folder;
    file = file_of(L"a", CREATE);
    expect(set_attributes(file, FILE_ATTRIBUTE_HIDDEN), 0, "hide");
    equal(attributes_of(file), FILE_ATTRIBUTE_HIDDEN, "hidden, nothing else");
    expect(set_attributes(file, FILE_ATTRIBUTE_NORMAL), 0, "make it normal");
    equal(attributes_of(file), FILE_ATTRIBUTE_NORMAL, "normal, nothing else");
    expect(set_attributes(file, FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_NORMAL), 0, "system, temporary");
    equal(attributes_of(file), FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY, "normal is only for nothing else");
    expect(set_attributes(file, FILE_ATTRIBUTE_DIRECTORY), STATUS_INVALID_PARAMETER, "a file is no folder");
    expect(set_attributes(file, FILE_ATTRIBUTE_COMPRESSED | FILE_ATTRIBUTE_OFFLINE), 0, "what cannot be set is passed over");
    equal(attributes_of(file), FILE_ATTRIBUTE_OFFLINE, "the rest is set");
    NtClose(file);
    file = file_of(L"a", OPEN);
    equal(attributes_of(file), FILE_ATTRIBUTE_OFFLINE, "kept");
    put(file, "x", 0);
    NtClose(file);
    file = file_of(L"a", OPEN);
    equal(attributes_of(file), FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_ARCHIVE, "what was written is to be archived");
    NtClose(file);
    remove(L"a");
    make(&folder, L"f", FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE | SYNCHRONIZE, FILE_ATTRIBUTE_HIDDEN,
         SHARE_ALL, CREATE, DIRECTORY_FILE | SYNC);
    equal(attributes_of(folder), FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_HIDDEN, "a hidden folder");
    expect(set_attributes(folder, FILE_ATTRIBUTE_READONLY), 0, "a read-only folder");
    equal(attributes_of(folder), FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY, "is still a folder");
    expect(set_attributes(folder, FILE_ATTRIBUTE_TEMPORARY), STATUS_INVALID_PARAMETER, "a folder is not temporary");
    expect(make(&file, L"f\\x", READ_WRITE | DELETE, 0, SHARE_ALL, CREATE, SYNC | DELETE_ON_CLOSE), 0, "files are made in it all the same");
    NtClose(file);
    set_attributes(folder, FILE_ATTRIBUTE_NORMAL);
    dispose(folder, TRUE);
    NtClose(folder);
}

static void classes(void)
{
    struct { FILE_BASIC_INFORMATION basic; FILE_STANDARD_INFORMATION standard; LI id; ULONG ea, access; LI position;
             ULONG mode, alignment, name_length; WCHAR name[200]; } all;
    NETWORK_OPEN network;
    ULONG value, pair[2];
    LI id = {.QuadPart = 0};
    NAME_INFORMATION name;
    file = file_of(L"some name", CREATE);
    put(file, "abc", 0);
    expect(NtQueryInformationFile(file, &io, &all, sizeof(all), AllInfo), 0, "all");
    equal(io.Information, 100 + all.name_length, "all: what came");
    equal(all.standard.EndOfFile.QuadPart, 3, "all: size");
    equal(all.access, READ_WRITE | DELETE, "all: access");
    equal(all.position.QuadPart, 3, "all: position");
    equal(all.mode, SYNC, "all: mode");
    check(same_memory((UCHAR *)all.name + all.name_length - 20, L"\\some name", 20), "all: name");
    expect(NtQueryInformationFile(file, &io, &all, 104, AllInfo), STATUS_BUFFER_OVERFLOW, "all, without room for the name");
    equal(io.Information, 104, "all, as much as fits");
    expect(NtQueryInformationFile(file, &io, &id, 8, InternalInfo), 0, "id");
    check(id.QuadPart == all.id.QuadPart && id.QuadPart, "the same id");
    expect(NtQueryInformationFile(file, &io, &network, sizeof(network), NetworkOpenInfo), 0, "network");
    equal(network.EndOfFile.QuadPart, 3, "network: size");
    equal(network.Attributes, FILE_ATTRIBUTE_ARCHIVE, "network: attributes");
    expect(NtQueryInformationFile(file, &io, pair, 8, TagInfo), 0, "attributes and tag");
    equal(pair[0], FILE_ATTRIBUTE_ARCHIVE, "attributes");
    equal(pair[1], 0, "no tag");
    expect(NtQueryInformationFile(file, &io, &value, 4, EaInfo), 0, "extended attributes");
    equal(value, 0, "none");
    expect(NtQueryInformationFile(file, &io, &value, 4, AlignmentInfo), 0, "alignment");
    expect(NtQueryInformationFile(file, &io, &value, 4, ModeInfo), 0, "mode");
    equal(value, SYNC, "synchronous");
    value = SYNC_ALERT | WRITE_THROUGH;
    expect(NtSetInformationFile(file, &io, &value, 4, ModeInfo), 0, "set the mode");
    NtQueryInformationFile(file, &io, &value, 4, ModeInfo);
    equal(value, SYNC_ALERT | WRITE_THROUGH, "as it was set");
    value = 0;
    expect(NtSetInformationFile(file, &io, &value, 4, ModeInfo), STATUS_INVALID_PARAMETER, "it stays synchronous");
    value = SYNC | DELETE_ON_CLOSE;
    expect(NtSetInformationFile(file, &io, &value, 4, ModeInfo), STATUS_INVALID_PARAMETER, "and is not deleted by its mode");
    expect(NtQueryInformationFile(file, &io, &name, sizeof(name), AlternateNameInfo), 0, "the 8.3 name");
    equal(name.Length, 16, "has eight characters");
    check(same_memory(name.Name, L"SOMENA~1", 16), "such as these");
    expect(opens(L"somena~1", FILE_READ_DATA, SHARE_ALL, 0), 0, "and opens the file");
    expect(NtQueryInformationFile(file, &io, &name, 8, NameInfo), STATUS_BUFFER_OVERFLOW, "a name cut short");
    equal(io.Information, 8, "as much as fits of it");
    check(name.Length > 20, "its length is told");
    expect(NtQueryInformationFile(file, &io, &name, 7, NameInfo), STATUS_INFO_LENGTH_MISMATCH, "name, too short for its length");
    expect(NtQueryInformationFile(file, &io, &name, 40, BasicInfo - 3), STATUS_INVALID_INFO_CLASS, "a class of listings");
    expect(NtSetInformationFile(file, &io, &name, 40, StandardInfo), STATUS_INVALID_INFO_CLASS, "set what is only asked");
    expect(NtSetInformationFile(file, &io, &name, 39, BasicInfo), STATUS_INFO_LENGTH_MISMATCH, "set, too short");
    NtClose(file);
    make(&file, L"some name", FILE_READ_DATA | SYNCHRONIZE, 0, SHARE_ALL, OPEN, SYNC);
    expect(NtQueryInformationFile(file, &io, &all, sizeof(all), AllInfo), STATUS_ACCESS_DENIED, "all needs the right to read attributes");
    expect(NtQueryInformationFile(file, &io, &all, sizeof(all), StandardInfo), 0, "sizes need none");
    expect(set_attributes(file, FILE_ATTRIBUTE_HIDDEN), STATUS_ACCESS_DENIED, "setting needs the right to");
    NtClose(file);
    remove(L"some name");
}

static void by_name(void)
{
    FILE_BASIC_INFORMATION info;
    NETWORK_OPEN network;
    HANDLE exclusive;
    make(&exclusive, L"e", READ_WRITE | DELETE, 0, 0, CREATE, SYNC | DELETE_ON_CLOSE);
    put(exclusive, "abcd", 0);
    expect(NtQueryAttributesFile(named_in(home, L"e", OBJ_CASE_INSENSITIVE), &info), 0, "attributes by name of what nobody shares");
    equal(info.FileAttributes, FILE_ATTRIBUTE_ARCHIVE, "as they are");
    expect(NtQueryFullAttributesFile(named_in(home, L"e", OBJ_CASE_INSENSITIVE), &network), 0, "full attributes by name");
    equal(network.EndOfFile.QuadPart, 4, "and size");
    NtClose(exclusive);
    expect(NtQueryAttributesFile(named_in(home, L"e", OBJ_CASE_INSENSITIVE), &info), STATUS_OBJECT_NAME_NOT_FOUND, "of what is gone");
}

void test_main(void)
{
    home_begin();
    time_stamps();
    attributes();
    classes();
    by_name();
    home_end();
}
