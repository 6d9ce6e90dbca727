/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Controls of volumes, and the mount manager: where a volume is, what it is called.
 * Known from: MSDN IOCTL_DISK_GET_DRIVE_GEOMETRY, IOCTL_DISK_GET_PARTITION_INFO, IOCTL_DISK_GET_LENGTH_INFO,
 * IOCTL_STORAGE_GET_DEVICE_NUMBER, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, IOCTL_MOUNTDEV_QUERY_DEVICE_NAME,
 * IOCTL_MOUNTMGR_QUERY_POINTS, IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH.
 */
#include "ntapi_device.h"

typedef struct { LI Cylinders; ULONG MediaType, TracksPerCylinder, SectorsPerTrack, BytesPerSector; } DISK_GEOMETRY;
typedef struct { LI StartingOffset, PartitionLength; ULONG HiddenSectors, PartitionNumber; UCHAR Kind, Boot, Known, Rewrite; }
    PARTITION_INFORMATION;
typedef struct { ULONG NumberOfDiskExtents, DiskNumber, Pad; LI StartingOffset, ExtentLength; } ONE_EXTENT;
typedef struct { ULONG DeviceType, DeviceNumber, PartitionNumber; } STORAGE_DEVICE_NUMBER;
typedef struct { USHORT NameLength; WCHAR Name[64]; } MOUNTDEV_NAME;
typedef struct { ULONG At; USHORT Length, Pad; } PLACE;
typedef struct { PLACE Link, Identity, Device; } MOUNT_POINT;
typedef struct { ULONG Size, Count; MOUNT_POINT Points[1]; } MOUNT_POINTS;

static HANDLE volume;
static UCHAR buffer[1024] __attribute__((aligned(8)));

static NTSTATUS control(HANDLE handle, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length)
{
    io.Information = 0x5555;
    return NtDeviceIoControlFile(handle, NULL, NULL, NULL, &io, code, in, in_length, out, out_length);
}

static BOOLEAN starts_with(const WCHAR *text, const WCHAR *start)
{
    while (*start)
        if (*text++ != *start++)
            return FALSE;
    return TRUE;
}

static void disk(void)
{
    DISK_GEOMETRY geometry;
    PARTITION_INFORMATION partition;
    STORAGE_DEVICE_NUMBER number;
    ONE_EXTENT *extent = (PVOID)buffer;
    LI length = {.QuadPart = 0};
    expect(NtOpenFile(&volume, FILE_READ_DATA | SYNCHRONIZE, named(L"\\??\\C:", 0x40), &io, 3, SYNCHRONOUS), 0, "open the volume");
    expect(control(volume, 0x70000, NULL, 0, &geometry, sizeof(geometry)), 0, "geometry");
    equal(io.Information, 24, "its length");
    equal(geometry.BytesPerSector, 512, "sectors");
    equal(geometry.MediaType, 12, "a fixed disk");
    expect(control(volume, 0x70000, NULL, 0, &geometry, 23), STATUS_BUFFER_TOO_SMALL, "geometry, one byte less");
    expect(control(volume, 0x7405c, NULL, 0, &length, sizeof(length)), 0, "length");
    check(length.QuadPart > 0, "not empty");
    expect(control(volume, 0x74004, NULL, 0, &partition, sizeof(partition)), 0, "partition");
    check(partition.PartitionLength.QuadPart == length.QuadPart, "of that length");
    equal(partition.PartitionNumber, 1, "the first");
    expect(control(volume, 0x2d1080, NULL, 0, &number, sizeof(number)), 0, "device number");
    equal(number.DeviceType, 7, "a disk");
    equal(number.PartitionNumber, partition.PartitionNumber, "the same partition");
    expect(control(volume, 0x560000, NULL, 0, extent, sizeof(buffer)), 0, "extents");
    equal(extent->NumberOfDiskExtents, 1, "one");
    check(extent->ExtentLength.QuadPart == length.QuadPart, "all of it");
    expect(control(volume, 0x70024, NULL, 0, NULL, 0), 0, "it can be written");
    expect(control(volume, 0x2d4800, NULL, 0, NULL, 0), 0, "it is there");
    expect(control(volume, 0x7bffc, NULL, 0, NULL, 0), STATUS_ACCESS_DENIED, "a control that needs the right to write");
    expect(control(volume, 0x73ffc, NULL, 0, NULL, 0), STATUS_INVALID_DEVICE_REQUEST, "an unknown one");
}

static void names(void)
{
    HANDLE manager, again;
    MOUNTDEV_NAME name = {0, {0}};
    MOUNT_POINTS *points = (PVOID)buffer;
    static struct { MOUNT_POINT point; WCHAR name[64]; } wanted;
    BOOLEAN letter = FALSE;
    static WCHAR lasting[64];
    expect(control(volume, 0x4d0008, NULL, 0, &name, sizeof(name)), 0, "the device's name");
    check(starts_with(name.Name, L"\\Device\\HarddiskVolume"), "as in the namespace");
    equal(io.Information, 2 + name.NameLength, "that much");
    expect(control(volume, 0x4d0008, NULL, 0, buffer, 4), STATUS_BUFFER_OVERFLOW, "the name, too short");
    equal(*(USHORT *)buffer, name.NameLength, "tells the length");
    NtClose(volume);
    expect(NtOpenFile(&manager, FILE_READ_ATTRIBUTES | SYNCHRONIZE, named(L"\\??\\MountPointManager", 0x40), &io, 3, SYNCHRONOUS),
           0, "open the mount manager");
    wanted.point.Device.At = sizeof(wanted.point);
    wanted.point.Device.Length = name.NameLength;
    for (ULONG i = 0; i < name.NameLength / 2u; i++)
        wanted.name[i] = name.Name[i];
    expect(control(manager, 0x6d0008, &wanted, sizeof(wanted), points, sizeof(buffer)), 0, "names of the volume");
    equal(points->Count, 2, "two");
    for (ULONG i = 0; i < 2; i++) {
        WCHAR *text = (PVOID)(buffer + points->Points[i].Link.At);
        letter |= points->Points[i].Link.Length == 28 && starts_with(text, L"\\DosDevices\\C:");
        if (starts_with(text, L"\\??\\Volume{"))
            for (ULONG k = 0; k < points->Points[i].Link.Length / 2u && k < 63; k++)
                lasting[k] = text[k];
    }
    check(letter, "one is the letter");
    check(lasting[0], "the other lasts");
    expect(control(manager, 0x6d0008, &wanted, sizeof(wanted), points, 8), STATUS_BUFFER_OVERFLOW, "names, too short");
    expect(control(manager, 0x6d0008, &wanted, 8, points, sizeof(buffer)), STATUS_INVALID_PARAMETER, "names of half a question");
    expect(NtOpenFile(&again, FILE_READ_DATA | SYNCHRONIZE, named(lasting, 0x40), &io, 3, SYNCHRONOUS), 0, "open by that name");
    NtClose(again);
    expect(control(manager, 0x6d0030, &name, 2 + name.NameLength, buffer, sizeof(buffer)), 0, "where DOS finds it");
    check(starts_with((PVOID)(buffer + 4), L"C:"), "there");
    name.Name[0] = 'x';
    expect(control(manager, 0x6d0030, &name, 2 + name.NameLength, buffer, sizeof(buffer)), STATUS_OBJECT_NAME_NOT_FOUND,
           "where it does not");
    NtClose(manager);
}

void test_main(void)
{
    disk();
    names();
}
