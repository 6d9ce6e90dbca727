/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes: every class that can be asked, the label, the volume opened by itself.
 * Known from: MSDN ZwQueryVolumeInformationFile, ZwSetVolumeInformationFile, FILE_FS_*_INFORMATION; FSCTL_LOCK_VOLUME.
 */
#include "ntapi_file.h"

typedef struct { LI created; ULONG serial, length; BOOLEAN objects; WCHAR label[64]; } VOLUME;

static HANDLE root;

static void classes(void)
{
    struct { LI total, caller, actual; ULONG sectors, bytes; } full;
    struct { LI total, available; ULONG sectors, bytes; } size;
    struct { ULONG type, characteristics; } device;
    struct { ULONG attributes, maximum, length; WCHAR name[16]; } attribute;
    struct { UCHAR id[16], extended[48]; } id;
    VOLUME volume;
    expect(NtQueryVolumeInformationFile(root, &io, &volume, sizeof(volume), 1), 0, "volume");
    equal(io.Information, 18 + volume.length, "volume: what came");
    check(volume.serial, "volume: a serial number");
    expect(NtQueryVolumeInformationFile(root, &io, &size, sizeof(size), 3), 0, "size");
    expect(NtQueryVolumeInformationFile(root, &io, &full, sizeof(full), 7), 0, "full size");
    check(full.total.QuadPart == size.total.QuadPart && full.bytes == size.bytes, "full size: the same total");
    check(full.caller.QuadPart <= full.actual.QuadPart && full.actual.QuadPart <= full.total.QuadPart, "full size: what is free");
    expect(NtQueryVolumeInformationFile(root, &io, &device, sizeof(device), 4), 0, "device");
    equal(device.type, 7, "device: a disk");
    equal(device.characteristics & 0x20, 0x20, "device: mounted");
    expect(NtQueryVolumeInformationFile(root, &io, &attribute, sizeof(attribute), 5), 0, "attributes");
    equal(attribute.length, 8, "attributes: a name of four letters");
    check(same_memory(attribute.name, L"NTFS", 8), "attributes: it is NTFS");
    equal(attribute.attributes & 0x4000e, 0x4000e, "attributes: it keeps case, Unicode, ACLs and streams");
    expect(NtQueryVolumeInformationFile(root, &io, &id, sizeof(id), 8), 0, "object id");
    expect(NtQueryVolumeInformationFile(root, &io, &volume, 17, 1), STATUS_INFO_LENGTH_MISMATCH, "volume, too little");
    expect(NtQueryVolumeInformationFile(root, &io, &volume, sizeof(volume), 2), STATUS_INVALID_INFO_CLASS, "the label is not asked so");
}

static void labels(void)
{
    struct { ULONG length; WCHAR label[40]; } label = {8, L"Test"};
    VOLUME volume = {.length = 0}, before;
    HANDLE reader;
    NtQueryVolumeInformationFile(root, &io, &before, sizeof(before), 1);
    expect(NtSetVolumeInformationFile(root, &io, &label, sizeof(label), 2), 0, "set the label");
    expect(NtQueryVolumeInformationFile(root, &io, &volume, sizeof(volume), 1), 0, "ask for it");
    equal(volume.length, 8, "four characters");
    check(same_memory(volume.label, L"Test", 8), "as they were set");
    expect(NtQueryVolumeInformationFile(root, &io, &volume, 24, 1), STATUS_BUFFER_OVERFLOW, "room for three of them");
    equal(io.Information, 24, "what fits is told");
    label.length = 66;
    expect(NtSetVolumeInformationFile(root, &io, &label, sizeof(label), 2), STATUS_INVALID_VOLUME_LABEL, "a label too long");
    label.length = 2, label.label[0] = L'*';
    expect(NtSetVolumeInformationFile(root, &io, &label, sizeof(label), 2), STATUS_INVALID_VOLUME_LABEL, "a label with a star");
    expect(NtSetVolumeInformationFile(root, &io, &label, 4, 2), STATUS_INFO_LENGTH_MISMATCH, "no label");
    expect(NtSetVolumeInformationFile(root, &io, &label, sizeof(label), 1), STATUS_INVALID_INFO_CLASS, "a class that is not set");
    NtOpenFile(&reader, FILE_LIST_DIRECTORY | SYNCHRONIZE, named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC);
    expect(NtSetVolumeInformationFile(reader, &io, &label, sizeof(label), 2), STATUS_ACCESS_DENIED, "without the right");
    NtClose(reader);
    label.length = before.length;
    for (ULONG i = 0; i < before.length / 2; i++)
        label.label[i] = before.label[i];
    expect(NtSetVolumeInformationFile(root, &io, &label, sizeof(label), 2), 0, "as it was before");
}

static void itself(void)
{
    HANDLE volume;
    ULONG value = 7;
    VOLUME info;
    expect(NtOpenFile(&volume, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, named(L"\\??\\C:", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC),
           0, "the volume by itself");
    expect(NtQueryVolumeInformationFile(volume, &io, &info, sizeof(info), 1), 0, "what is known of it");
    expect(NtFsControlFile(volume, NULL, NULL, NULL, &io, 0x90028, NULL, 0, NULL, 0), 0, "it is mounted");
    expect(NtFsControlFile(volume, NULL, NULL, NULL, &io, 0x90078, NULL, 0, &value, 4), 0, "whether it is dirty");
    equal(value, 0, "it is not");
    expect(NtFsControlFile(volume, NULL, NULL, NULL, &io, 0x90018, NULL, 0, NULL, 0), STATUS_ACCESS_DENIED, "lock it, with files open");
    expect(NtFsControlFile(volume, NULL, NULL, NULL, &io, 0x9001c, NULL, 0, NULL, 0), STATUS_NOT_LOCKED, "unlock it");
    NtClose(volume);
    expect(NtOpenFile(&volume, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL, SYNC | DIRECTORY_FILE),
           STATUS_NOT_A_DIRECTORY, "it is no folder");
}

void test_main(void)
{
    home_begin();
    expect(NtOpenFile(&root, FILE_LIST_DIRECTORY | FILE_ADD_FILE | SYNCHRONIZE, named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &io, SHARE_ALL,
                      SYNC | DIRECTORY_FILE), 0, "the root folder");
    classes();
    labels();
    itself();
    NtClose(root);
    home_end();
}
