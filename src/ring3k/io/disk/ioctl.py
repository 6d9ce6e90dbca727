"""Controls of the disk below a volume, and of the mount manager's client in it.

There is one fixed disk; every volume is a partition of its own on it, as large as
the host's file system is.  What is told is told so that it fits together.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_MEDIA_WRITE_PROTECTED,
    NtError,
)
from ring3k.abi.structs.ioctl import IOCTL
from ring3k.io.disk.information import SECTOR, SECTORS
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.request import Request

FIXED_MEDIA = 12
HEADS, SECTORS_PER_TRACK = 255, 63
PARTITION_IFS = 7
FIRST_SECTOR = SECTORS_PER_TRACK * SECTOR  # where a partition begins
BUS_TYPE_ATA = 3
DEVICE_DISK = 7

_GEOMETRY = Struct("<qIIII")
_PARTITION = Struct("<qqIIBBBB4x")
_DEVICE_NUMBER = Struct("<III")
_HOTPLUG = Struct("<I4B")
_EXTENTS = Struct("<I4xI4xqq")
_DESCRIPTOR = Struct("<IIBBBBIIIIII")


def _length(device: DiskDevice) -> int:
    return device.volume.space()[0] * SECTORS * SECTOR


def _geometry(device: DiskDevice) -> bytes:
    cylinder = HEADS * SECTORS_PER_TRACK * SECTOR
    cylinders = max(_length(device) // cylinder, 1)
    return _GEOMETRY.pack(cylinders, FIXED_MEDIA, HEADS, SECTORS_PER_TRACK, SECTOR)


def _number(device: DiskDevice) -> int:
    """Of the partition: the one in the device's name."""
    digits = device.name.removeprefix("HarddiskVolume")
    return int(digits) if digits.isdecimal() else 1


def _partition(device: DiskDevice) -> bytes:
    length, number = _length(device), _number(device)
    hidden = FIRST_SECTOR // SECTOR
    return _PARTITION.pack(FIRST_SECTOR, length, hidden, number, PARTITION_IFS, number == 1, 1, 0)


def _device_number(device: DiskDevice) -> bytes:
    return _DEVICE_NUMBER.pack(DEVICE_DISK, 0, _number(device))


def _extents(device: DiskDevice) -> bytes:
    return _EXTENTS.pack(1, 0, FIRST_SECTOR, _length(device))


_ANSWERS: dict[int, Callable[[DiskDevice], bytes]] = {
    IOCTL.IOCTL_DISK_GET_DRIVE_GEOMETRY: _geometry,
    IOCTL.IOCTL_DISK_GET_PARTITION_INFO: _partition,
    IOCTL.IOCTL_DISK_GET_LENGTH_INFO: lambda device: _length(device).to_bytes(8, "little"),
    IOCTL.IOCTL_STORAGE_GET_DEVICE_NUMBER: lambda device: _DEVICE_NUMBER.pack(
        DEVICE_DISK, 0, _number(device)
    ),
    IOCTL.IOCTL_STORAGE_GET_HOTPLUG_INFO: lambda device: _HOTPLUG.pack(_HOTPLUG.size, 0, 0, 0, 0),
    IOCTL.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS: _extents,
    IOCTL.IOCTL_DISK_CHECK_VERIFY: lambda device: b"",
    IOCTL.IOCTL_STORAGE_CHECK_VERIFY: lambda device: b"",
    IOCTL.IOCTL_STORAGE_CHECK_VERIFY2: lambda device: b"",
    IOCTL.IOCTL_VOLUME_ONLINE: lambda device: b"",
}


def device_control(device: DiskDevice, request: Request) -> int:
    """One of them; STATUS_INVALID_DEVICE_REQUEST for others, STATUS_BUFFER_TOO_SMALL."""
    code = request.code
    answer = _ANSWERS.get(code)
    if answer is not None:
        data = answer(device)
        if len(data) > request.length:
            raise NtError(STATUS_BUFFER_TOO_SMALL)
        if data:
            request.buffer.write(data)
        request.information = len(data)
        return 0
    if code == IOCTL.IOCTL_DISK_IS_WRITABLE:
        return STATUS_MEDIA_WRITE_PROTECTED if device.volume.read_only else 0
    if code == IOCTL.IOCTL_STORAGE_QUERY_PROPERTY:
        return _property(request)
    if code == IOCTL.IOCTL_MOUNTDEV_QUERY_DEVICE_NAME:
        return _counted(request, device.full_name().encode("utf-16-le"))
    if code == IOCTL.IOCTL_MOUNTDEV_QUERY_UNIQUE_ID:
        return _counted(request, device.volume.object_id)
    raise NtError(STATUS_INVALID_DEVICE_REQUEST)


def _counted(request: Request, data: bytes) -> int:
    """A 16-bit length and what it counts; the length alone where there is no room."""
    if request.length < 4:
        raise NtError(STATUS_INVALID_PARAMETER)
    head = len(data).to_bytes(2, "little")
    if request.length < 2 + len(data):
        request.buffer.write(head + bytes(2))
        request.information = 4
        return STATUS_BUFFER_OVERFLOW
    request.buffer.write(head + data)
    request.information = 2 + len(data)
    return 0


def _property(request: Request) -> int:
    """IOCTL_STORAGE_QUERY_PROPERTY: what the disk is."""
    if len(request.input) < 8:
        raise NtError(STATUS_INVALID_PARAMETER)
    property_, kind = (int.from_bytes(request.input[at : at + 4], "little") for at in (0, 4))
    if property_ != 0 or kind > 1:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
    if kind == 1:  # whether there is such a property
        return 0
    product = b"ring3k disk\0"
    size = _DESCRIPTOR.size + len(product)
    head = _DESCRIPTOR.pack(size, size, 0, 0, 0, 0, 0, _DESCRIPTOR.size, 0, 0, BUS_TYPE_ATA, 0)
    data = (head + product)[: request.length]
    if data:
        request.buffer.write(data)
    request.information = len(data)
    return 0
