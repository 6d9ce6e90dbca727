"""\\Device\\MountPointManager: which names lead to which volume.

Each volume has two: its letter, ``\\DosDevices\\C:``, and one that never changes,
``\\??\\Volume{...}``, made from what identifies the volume.  Mount points cannot be
changed: the drives are what the system's owner made them.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    NtError,
)
from ring3k.abi.structs.ioctl import IOCTL
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.io.mounts import Mounted, MountTable
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

_POINT = Struct("<IH2xIH2xIH2x")  # offset and length of a name, an identity, a device
_HEAD = Struct("<II")  # MOUNTMGR_MOUNT_POINTS: size, number of points


class MountManager(Device):
    """The device."""

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if rest.strip("\\"):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return MountManagerFile(self, how)


class MountManagerFile(FileObject):
    """One opening of it."""

    def device_control(self, request: Request) -> int:
        table = self.kernel.part(MountTable)
        if request.code == IOCTL.IOCTL_MOUNTMGR_QUERY_POINTS:
            return _points(table, request)
        if request.code in (
            IOCTL.IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATH,
            IOCTL.IOCTL_MOUNTMGR_QUERY_DOS_VOLUME_PATHS,
        ):
            return _paths(table, request)
        private = request.t.process.contract.private_classes.get(("NtDeviceIoControlFile", request.code))
        if private is not None:
            return int(private(request))
        if request.code >> 16 == 0x6D and request.code & 0xC000:  # those that change something
            return STATUS_ACCESS_DENIED
        return super().device_control(request)


def _text(data: bytes, offset: int, length: int) -> str:
    """A name in an input buffer; STATUS_INVALID_PARAMETER."""
    if offset + length > len(data) or length & 1:
        raise NtError(STATUS_INVALID_PARAMETER)
    return data[offset : offset + length].decode("utf-16-le", "surrogatepass")


def _wanted(table: MountTable, data: bytes) -> Iterator[tuple[str, Mounted]]:
    """The names, and their volumes, that a MOUNTMGR_MOUNT_POINT asks for: all if it says nothing."""
    if len(data) < _POINT.size:
        raise NtError(STATUS_INVALID_PARAMETER)
    name_at, name_size, id_at, id_size, device_at, device_size = _POINT.unpack_from(data)
    name, device = _text(data, name_at, name_size), _text(data, device_at, device_size)
    if id_at + id_size > len(data):
        raise NtError(STATUS_INVALID_PARAMETER)
    identity = data[id_at : id_at + id_size]
    for one in table.volumes:
        if (device and table.find(device) is not one) or (identity and one.identity != identity):
            continue
        for own in one.names:
            if not name or name.upper() == own.upper():
                yield own, one


def _points(table: MountTable, request: Request) -> int:
    found = list(_wanted(table, request.input))
    if not found:
        return STATUS_OBJECT_NAME_NOT_FOUND
    at = _HEAD.size + _POINT.size * len(found)
    points, tail = b"", b""
    for name, one in found:
        parts = (name.encode("utf-16-le"), one.identity, one.device.encode("utf-16-le"))
        numbers: list[int] = []
        for part in parts:
            numbers += at + len(tail), len(part)
            tail += part + bytes(len(part) & 1)
        points += _POINT.pack(*numbers)
    whole = _HEAD.pack(at + len(tail), len(found)) + points + tail
    if request.length < _HEAD.size:
        return STATUS_INVALID_PARAMETER
    if request.length < len(whole):
        request.buffer.write(whole[: _HEAD.size])
        request.information = _HEAD.size
        return STATUS_BUFFER_OVERFLOW
    request.buffer.write(whole)
    request.information = len(whole)
    return 0


def _paths(table: MountTable, request: Request) -> int:
    """Where a volume is mounted, as DOS knows it: ``C:``."""
    data = request.input
    if len(data) < 2:
        return STATUS_INVALID_PARAMETER
    one = table.find(_text(data, 2, int.from_bytes(data[:2], "little")))
    if one is None:
        return STATUS_OBJECT_NAME_NOT_FOUND
    text = f"{one.letter}:\0\0".encode("utf-16-le")
    if request.length < 4:
        return STATUS_INVALID_PARAMETER
    whole = len(text).to_bytes(4, "little") + text
    if request.length < len(whole):
        request.buffer.write(whole[:4])
        request.information = 4
        return STATUS_BUFFER_OVERFLOW
    request.buffer.write(whole)
    request.information = len(whole)
    return 0
