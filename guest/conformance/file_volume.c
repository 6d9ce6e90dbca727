/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes, and attributes by name.
 * Known from: MSDN NtQueryVolumeInformationFile, NtQueryFullAttributesFile, GetVolumeInformation, GetDiskFreeSpace; G. Nebbett,
 * Native API Reference, ch. 9; Wine's dlls/ntdll/tests/file.c (test_query_volume_information_file).
 */
#include "tap.h"

__declspec(dllimport) NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG);
__declspec(dllimport) NTSTATUS NTAPI NtQueryFullAttributesFile(OBJECT_ATTRIBUTES *, PVOID);

typedef struct { LI CreationTime; ULONG SerialNumber, LabelLength; BOOLEAN SupportsObjects; WCHAR Label[33]; } VOLUME;
typedef struct { LI Total, Available; ULONG SectorsPerUnit, BytesPerSector; } SIZE_INFORMATION;
typedef struct { ULONG DeviceType, Characteristics; } DEVICE;
typedef struct { ULONG Attributes; LONG MaximumComponent; ULONG NameLength; WCHAR Name[32]; } ATTRIBUTE;
typedef struct { LI Creation, LastAccess, LastWrite, Change, AllocationSize, EndOfFile; ULONG Attributes; } NETWORK_OPEN;

static IO_STATUS_BLOCK io;

static void volumes(void)
{
    HANDLE directory, event;
    VOLUME volume;
    SIZE_INFORMATION size;
    DEVICE device;
    ATTRIBUTE attribute;
    expect(NtOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &io, 7, 0x21),
           0, "open the root of C:");
    expect(NtQueryVolumeInformationFile(directory, &io, &volume, sizeof(volume), 1), 0, "volume");
    check(volume.LabelLength % 2 == 0 && volume.LabelLength <= 64, "volume: label");
    expect(NtQueryVolumeInformationFile(directory, &io, &size, sizeof(size), 3), 0, "size");
    equal(io.Information, 24, "size: length");
    check(size.BytesPerSector >= 512 && size.SectorsPerUnit >= 1, "size: sectors");
    check(size.Total.QuadPart > 0 && size.Available.QuadPart <= size.Total.QuadPart, "size: available of total");
    expect(NtQueryVolumeInformationFile(directory, &io, &device, sizeof(device), 4), 0, "device");
    equal(device.DeviceType, 7, "device: a disk");
    expect(NtQueryVolumeInformationFile(directory, &io, &attribute, sizeof(attribute), 5), 0, "attributes");
    equal(attribute.MaximumComponent, 255, "attributes: names have up to 255 characters");
    check(attribute.Attributes & 4, "attributes: names are Unicode");
    check(attribute.NameLength >= 2 && attribute.NameLength <= 64, "attributes: the file system has a name");
    expect(NtQueryVolumeInformationFile(directory, &io, &size, sizeof(size) - 1, 3), STATUS_INFO_LENGTH_MISMATCH,
           "size, one byte less");
    expect(NtQueryVolumeInformationFile(directory, &io, &size, sizeof(size), 99), STATUS_INVALID_INFO_CLASS, "class 99");
    faults(BAD_OUT, p, NtQueryVolumeInformationFile(directory, &io, p, sizeof(size), 3), "size, buffer");
    faults(BAD_OUT, p, NtQueryVolumeInformationFile(directory, p, &size, sizeof(size), 3), "size, status block");
    expect(NtQueryVolumeInformationFile((HANDLE)0x7ff0, &io, &size, sizeof(size), 3), STATUS_INVALID_HANDLE, "no such handle");
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    expect(NtQueryVolumeInformationFile(event, &io, &size, sizeof(size), 3), STATUS_OBJECT_TYPE_MISMATCH, "an event");
    NtClose(event);
    NtClose(directory);
}

static void attributes(void)
{
    UNICODE_STRING path = own_path();
    OBJECT_ATTRIBUTES own = {sizeof(own), NULL, &path, OBJ_CASE_INSENSITIVE, NULL, NULL};
    NETWORK_OPEN info = {.Attributes = 0};
    expect(NtQueryFullAttributesFile(&own, &info), 0, "full attributes of the own file");
    check(info.EndOfFile.QuadPart > 1000 && info.AllocationSize.QuadPart >= info.EndOfFile.QuadPart, "its sizes");
    equal(info.Attributes & FILE_ATTRIBUTE_DIRECTORY, 0, "no directory");
    check(info.LastWrite.QuadPart > 0x1d0000000000000LL && info.LastWrite.QuadPart <= system_time(), "written before now");
    expect(NtQueryFullAttributesFile(named(L"\\??\\C:\\", OBJ_CASE_INSENSITIVE), &info), 0, "full attributes of a directory");
    equal(info.Attributes & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY, "say so");
    expect(NtQueryFullAttributesFile(named(L"\\??\\C:\\conf-nothing", OBJ_CASE_INSENSITIVE), &info),
           STATUS_OBJECT_NAME_NOT_FOUND, "full attributes of nothing");
    faults(BAD_OUT, p, NtQueryFullAttributesFile(&own, p), "full attributes, buffer");
    faults(BAD_IN_OPTIONAL, p, NtQueryFullAttributesFile(p, &info), "full attributes, name");
    expect(NtQueryFullAttributesFile(NULL, &info), STATUS_INVALID_PARAMETER, "full attributes without a name");
}

void test_main(void)
{
    volumes();
    attributes();
}
