"""Control codes of a file system: sparse files, object ids, reparse points, oplocks, what NTFS refuses."""

from __future__ import annotations

import errno
import os
from struct import Struct, pack

from ring3k.abi.access import FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECTID_NOT_FOUND,
    NtError,
)
from ring3k.abi.structs.fsctl import FSCTL
from ring3k.abi.structs.io import FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_SPARSE_FILE
from ring3k.engine.hostfile import MODE, hole
from ring3k.io.disk.attributes import dos_attributes, read_attribute, write_attribute, write_attributes
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.oplock import ACKNOWLEDGEMENTS, REQUESTS, acknowledge, request_oplock
from ring3k.se.privilege import SE_RESTORE_PRIVILEGE, require_privilege
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.disk.file import DiskFile
    from ring3k.io.request import Request

OBJECT_ID = "user.ring3k.objectid"
ID_SIZE = 64  # the id, and the three of its birth
ZEROS = 1 << 20
_RANGE = Struct("<qq")
_VOLUME_DATA = Struct("<qqqqqIIIIqqqqq")


def _give(request: Request, data: bytes) -> int:
    """Answer with bytes; STATUS_BUFFER_TOO_SMALL."""
    if len(data) > request.length:
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if data:
        request.buffer.write(data)
    request.information = len(data)
    return 0


def _nothing(file: DiskFile, request: Request) -> int:
    return 0


def _require_data(file: DiskFile) -> None:
    from ring3k.io.disk.file import require_writable

    if file.is_directory or file.stream:
        raise NtError(STATUS_INVALID_PARAMETER)
    require_writable(file)


# -- sparse files ---------------------------------------------------------------------------
def _set_sparse(file: DiskFile, request: Request) -> int:
    _require_data(file)
    if not file.granted & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES):
        raise NtError(STATUS_ACCESS_DENIED)
    info = file.look()
    found = dos_attributes(info) & ~FILE_ATTRIBUTE_NORMAL
    sparse = not request.input or bool(request.input[0])
    wanted = found | FILE_ATTRIBUTE_SPARSE_FILE if sparse else found & ~FILE_ATTRIBUTE_SPARSE_FILE
    write_attributes(file.fd, info, wanted)
    return 0


def _set_zero_data(file: DiskFile, request: Request) -> int:
    _require_data(file)
    if len(request.input) < _RANGE.size:
        raise NtError(STATUS_INVALID_PARAMETER)
    start, end = _RANGE.unpack_from(request.input)
    if start < 0 or end < start:
        raise NtError(STATUS_INVALID_PARAMETER)
    if file.node.locks is not None:
        file.node.locks.check_write(start, end - start, file, request.t.process, request.key)
    end = min(end, file.size)
    file.modified = True
    if start >= end:
        return 0
    try:
        hole(file.fd, start, end - start)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENOSYS):
            raise nt_error(error) from None
        while start < end:
            part = min(ZEROS, end - start)
            file.write_at(start, bytes(part))
            start += part
    return 0


def _allocated_ranges(file: DiskFile, request: Request) -> int:
    if file.is_directory or file.stream or len(request.input) < _RANGE.size:
        raise NtError(STATUS_INVALID_PARAMETER)
    start, length = _RANGE.unpack_from(request.input)
    if start < 0 or length < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    end = min(start + length, file.size)
    room = request.length // _RANGE.size
    out, status = bytearray(), 0
    for first, behind in _ranges(file, start, end):
        if room <= 0:
            status = STATUS_BUFFER_OVERFLOW if out else STATUS_BUFFER_TOO_SMALL
            break
        out += _RANGE.pack(first, behind - first)
        room -= 1
    if out:
        request.buffer.write(bytes(out))
    request.information = len(out)
    return status


def _ranges(file: DiskFile, start: int, end: int) -> list[tuple[int, int]]:
    """Where there is data between two offsets."""
    if start >= end:
        return []
    if not dos_attributes(file.look()) & FILE_ATTRIBUTE_SPARSE_FILE:
        return [(start, end)]
    found: list[tuple[int, int]] = []
    try:
        while start < end and len(found) < ZEROS:
            first = os.lseek(file.fd, start, os.SEEK_DATA)
            behind = os.lseek(file.fd, first, os.SEEK_HOLE)
            if first >= end:
                break
            found.append((first, min(behind, end)))
            start = behind
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise nt_error(error) from None
    return found


# -- object ids --------------------------------------------------------------------------------
def _object_id(file: DiskFile) -> bytes | None:
    found = read_attribute(file.fd, OBJECT_ID)
    return found if found is not None and len(found) == ID_SIZE else None


def _get_object_id(file: DiskFile, request: Request) -> int:
    found = _object_id(file)
    if found is None:
        raise NtError(STATUS_OBJECTID_NOT_FOUND)
    return _give(request, found)


def _identify(file: DiskFile, request: Request) -> int:
    """Which file it is, for who compares two."""
    found = _object_id(file)
    if found is None:
        info = os.fstat(file.fd)
        found = pack("<2Q", info.st_dev, info.st_ino).ljust(ID_SIZE, b"\0")
    return _give(request, found)


def _create_object_id(file: DiskFile, request: Request) -> int:
    found = _object_id(file)
    if request.length < ID_SIZE:
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if found is None:
        new = os.urandom(16)
        found = new + file.device.volume.object_id + new + bytes(16)
        _write_object_id(file, found)
    return _give(request, found)


def _write_object_id(file: DiskFile, value: bytes | None) -> None:
    from ring3k.io.disk.file import require_writable

    require_writable(file)
    if not write_attribute(file.fd, file.look()[MODE], OBJECT_ID, value) and value:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)


def _set_object_id(file: DiskFile, request: Request) -> int:
    require_privilege(request.t, SE_RESTORE_PRIVILEGE)
    if len(request.input) != ID_SIZE:
        raise NtError(STATUS_INVALID_PARAMETER)
    if _object_id(file) is not None:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    _write_object_id(file, request.input)
    return 0


def _extend_object_id(file: DiskFile, request: Request) -> int:
    if len(request.input) != ID_SIZE - 16:
        raise NtError(STATUS_INVALID_PARAMETER)
    found = _object_id(file)
    if found is None:
        raise NtError(STATUS_OBJECTID_NOT_FOUND)
    _write_object_id(file, found[:16] + request.input)
    return 0


def _delete_object_id(file: DiskFile, request: Request) -> int:
    if _object_id(file) is not None:
        _write_object_id(file, None)
    return 0


# -- reparse points: few programs have any --------------------------------------------------------
def _set_point(file: DiskFile, request: Request) -> int:
    from ring3k.io.disk.reparse import set_point

    return set_point(file, request)


def _get_point(file: DiskFile, request: Request) -> int:
    from ring3k.io.disk.reparse import get_point

    return get_point(file, request)


def _delete_point(file: DiskFile, request: Request) -> int:
    from ring3k.io.disk.reparse import delete_point

    return delete_point(file, request)


# -- the rest -----------------------------------------------------------------------------------
def _get_compression(file: DiskFile, request: Request) -> int:
    if request.length < 2:
        raise NtError(STATUS_INVALID_PARAMETER)
    return _give(request, bytes(2))


def _set_compression(file: DiskFile, request: Request) -> int:
    """Not to compress is all that a volume without compression can be told."""
    if len(request.input) < 2 or request.input[:2] not in (b"\0\0", b"\1\0", b"\2\0"):
        raise NtError(STATUS_INVALID_PARAMETER)
    if request.input[:2] != b"\0\0":
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
    return 0


def _volume_data(file: DiskFile, request: Request) -> int:
    volume = file.device.volume
    total, free = volume.space()
    data = _VOLUME_DATA.pack(
        volume.serial, total * 8, total, free, 0, 512, 4096, 1024, 0, 0, 0, total // 2, 0, 0
    )
    return _give(request, data)


def _is_dirty(file: DiskFile, request: Request) -> int:
    return _give(request, bytes(4))


_CONTROLS: dict[int, Callable[[DiskFile, Request], int]] = {
    **dict.fromkeys(REQUESTS, request_oplock),
    **dict.fromkeys(ACKNOWLEDGEMENTS, acknowledge),
    FSCTL.FSCTL_IS_VOLUME_MOUNTED: _nothing,
    FSCTL.FSCTL_IS_PATHNAME_VALID: _nothing,
    FSCTL.FSCTL_MARK_HANDLE: _nothing,
    FSCTL.FSCTL_GET_COMPRESSION: _get_compression,
    FSCTL.FSCTL_SET_COMPRESSION: _set_compression,
    FSCTL.FSCTL_GET_NTFS_VOLUME_DATA: _volume_data,
    FSCTL.FSCTL_IS_VOLUME_DIRTY: _is_dirty,
    FSCTL.FSCTL_SET_SPARSE: _set_sparse,
    FSCTL.FSCTL_SET_ZERO_DATA: _set_zero_data,
    FSCTL.FSCTL_QUERY_ALLOCATED_RANGES: _allocated_ranges,
    FSCTL.FSCTL_GET_OBJECT_ID: _get_object_id,
    FSCTL.IDENTIFY: _identify,
    FSCTL.FSCTL_CREATE_OR_GET_OBJECT_ID: _create_object_id,
    FSCTL.FSCTL_SET_OBJECT_ID: _set_object_id,
    FSCTL.FSCTL_SET_OBJECT_ID_EXTENDED: _extend_object_id,
    FSCTL.FSCTL_DELETE_OBJECT_ID: _delete_object_id,
    FSCTL.FSCTL_SET_REPARSE_POINT: _set_point,
    FSCTL.FSCTL_GET_REPARSE_POINT: _get_point,
    FSCTL.FSCTL_DELETE_REPARSE_POINT: _delete_point,
}


def control(file: DiskFile, request: Request) -> int:
    """NtFsControlFile; STATUS_INVALID_DEVICE_REQUEST for what there is not."""
    action = _CONTROLS.get(request.code)
    if action is None:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
    return action(file, request)
