"""Reparse points: what a folder (or file) keeps that sends whoever opens it elsewhere.

That there is one stands with the DOS attributes, which every look at a file brings
along; the data, REPARSE_DATA_BUFFER, is in an extended attribute of the host's.
Mount points ("junctions") are followed, by walking again from the root of the
namespace: ``Redirected`` is raised where a walk meets one; symbolic links
(``io.disk.symlink``) since Vista. Other tags are kept for whoever understands them, and nobody
does here: STATUS_IO_REPARSE_TAG_NOT_HANDLED.

Who wants the point itself says FILE_OPEN_REPARSE_POINT; asking for attributes by name
means it, too. Windows' own DeleteFile, RemoveDirectory, MoveFile, SetFileAttributes and CreateDirectory
say so; Wine 8's do not, and would remove, rename, change or make what is at the other end: for Wine's DLLs an
open for DELETE only, one for nothing beside which there may be no other, and the making of a folder mean the
point.  Their CreateFile drops the flag; ``userland.wine_edits`` has it told.

Links of the host's (``io.disk.link``) are followed in the same way.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from struct import Struct

from ring3k.abi.access import (
    DELETE,
    FILE_READ_ATTRIBUTES,
    FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA,
    READ_CONTROL,
    SYNCHRONIZE,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_DIRECTORY_NOT_EMPTY,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_IO_REPARSE_DATA_INVALID,
    STATUS_IO_REPARSE_TAG_INVALID,
    STATUS_IO_REPARSE_TAG_MISMATCH,
    STATUS_IO_REPARSE_TAG_NOT_HANDLED,
    STATUS_NOT_A_DIRECTORY,
    STATUS_NOT_A_REPARSE_POINT,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_REPARSE_POINT_NOT_RESOLVED,
    NtError,
)
from ring3k.abi.structs.io import CREATE_DISPOSITION as D
from ring3k.abi.structs.io import FILE_DIRECTORY_FILE, FILE_OPEN_REPARSE_POINT
from ring3k.abi.version import Version
from ring3k.engine.hostfile import ATTRIBUTES, MODE
from ring3k.io.device import IS_OPEN, OPENS_POINT, WINE_LEVEL, LookOpening, Opening
from ring3k.io.disk.attributes import REPARSE, mark, read_attribute, write_attribute
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import SEPARATOR, split_path
from ring3k.io.disk.symlink import SINCE, SYMLINK, link_target, on_volume
from ring3k.io.file import FileObject
from ring3k.ob.namespace import Namespace
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.engine.hostfile import Look
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.entry import Entry
    from ring3k.io.disk.file import DiskFile
    from ring3k.io.disk.names import Path
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

NAME = "user.ring3k.reparse"
MOUNT_POINT = 0xA0000003
MICROSOFT = 0x80000000  # a tag without this comes with a GUID
MOST = 16384  # bytes of one
MOST_FOLLOWED = 31
HEAD, GUID = Struct("<IHH"), 16  # tag, length of what follows, 0
NAMES = Struct("<4H")  # of a mount point: offset and length of the target, and of what is shown for it
OF_LINKS = DELETE | SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES  # what a link to a file is opened for
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def is_point(info: Look | None) -> bool:
    return info is not None and info[ATTRIBUTES] > 0 and bool(info[ATTRIBUTES] & REPARSE)


def tag_by_name(folder: int, host: str | bytes) -> int:
    """The tag of an entry of a folder; 0 when it is gone."""
    data = _by_name(folder, host)
    return HEAD.unpack_from(data)[0] if data is not None else 0


def tag_of(fd: int) -> int:
    data = read_attribute(fd, NAME)
    return HEAD.unpack_from(data)[0] if data is not None and len(data) >= HEAD.size else 0


def _by_name(folder: int, host: str | bytes) -> bytes | None:
    try:
        fd = os.open(host, OPEN, dir_fd=folder if folder >= 0 else None)
    except OSError as error:
        return HEAD.pack(MOUNT_POINT, 0, 0) if error.errno == errno.ELOOP else None  # a link passes for one
    try:
        data = read_attribute(fd, NAME)
    finally:
        os.close(fd)
    return data if data is not None and len(data) >= HEAD.size else None


# -- on the way ---------------------------------------------------------------------------------
def stays(device: DiskDevice, t: KThread | None, point: Entry, how: Opening) -> bool:
    """Whether who opens a point means the point itself."""
    if point.leads is not None and (
        how.disposition not in (D.FILE_OPEN, D.FILE_OPEN_IF)
        or (not point.is_directory and how.desired & ~OF_LINKS and not isinstance(how, LookOpening))
    ):
        return False
    if how.options & FILE_OPEN_REPARSE_POINT or isinstance(how, LookOpening):
        return True
    if point.leads is not None and how.desired == DELETE | SYNCHRONIZE:
        return True
    if t is None or device.kernel.part(Version).level < WINE_LEVEL:
        return False
    if how.desired == DELETE | SYNCHRONIZE or (how.desired == SYNCHRONIZE and not how.share):
        return True
    if how.disposition == D.FILE_CREATE and how.options & FILE_DIRECTORY_FILE:
        return True
    with suppress(NtError):
        return bool(t.memory.read_u32(t.teb + OPENS_POINT) == IS_OPEN)
    return False


def follow(
    device: DiskDevice,
    t: KThread | None,
    point: Entry,
    path: Path,
    rest: list[str],
    attributes: int,
    how: Opening,
) -> FileObject:
    """Open ``rest`` below what a point stands for."""
    how.followed += 1
    if how.followed > MOST_FOLLOWED:
        raise NtError(STATUS_REPARSE_POINT_NOT_RESOLVED)
    name, on_its_volume = (point.leads, True) if point.leads is not None else _leads(device, point)
    how.folder_only = point.is_directory and not rest
    if rest:
        name = SEPARATOR.join((name.rstrip(SEPARATOR), *rest))
    if path.folder_only and not name.endswith(SEPARATOR):
        name += SEPARATOR
    if path.stream:
        name += f":{path.stream}"
    if on_its_volume:
        return device.open_path(t, split_path(name), None, attributes, how)
    found = device.kernel.part(Namespace).walk(t, name, None, attributes, how).object
    if found is None:
        raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
    return found  # type: ignore[no-any-return]


def _leads(device: DiskDevice, point: Entry) -> tuple[str, bool]:
    """Where it leads, and whether that is a path on its volume."""
    data = _by_name(point.at, point.host)
    if data is None:
        raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
    tag = HEAD.unpack_from(data)[0]
    if tag == MOUNT_POINT:
        return _target(data[HEAD.size :]), False
    if tag != SYMLINK or device.kernel.part(Version).level < SINCE:
        raise NtError(STATUS_IO_REPARSE_TAG_NOT_HANDLED)
    name, relative = link_target(data[HEAD.size :])
    if not relative and not name.startswith(SEPARATOR):
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)  # no name of NT's, which is found out only now
    return (on_volume(name, point), True) if relative else (name, False)


def _target(data: bytes) -> str:
    """The path of a mount point; STATUS_IO_REPARSE_DATA_INVALID."""
    if len(data) < NAMES.size:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    at, length, shown_at, shown_length = NAMES.unpack_from(data)
    room = len(data) - NAMES.size
    if at % 2 or length % 2 or at + length > room or shown_at + shown_length > room:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    text = data[NAMES.size + at : NAMES.size + at + length].decode("utf-16-le", "surrogatepass")
    if not text.startswith(SEPARATOR):
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    return text


# -- controls -----------------------------------------------------------------------------------
def _head(data: bytes) -> tuple[int, int]:
    """The tag and the length; the statuses of FsRtlValidateReparsePointBuffer."""
    if not HEAD.size <= len(data) <= MOST:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    tag, length, _ = HEAD.unpack_from(data)
    if len(data) != HEAD.size + length + (0 if tag & MICROSOFT else GUID):
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    if tag in (0, 1):
        raise NtError(STATUS_IO_REPARSE_TAG_INVALID)
    return tag, length


def _require_write(file: DiskFile) -> None:
    from ring3k.io.disk.file import require_writable

    if not file.granted & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES):
        raise NtError(STATUS_ACCESS_DENIED)
    require_writable(file)


def get_point(file: DiskFile, request: Request) -> int:
    data = read_attribute(file.fd, NAME) if is_point(file.look()) else None
    if data is None:
        raise NtError(STATUS_NOT_A_REPARSE_POINT)
    return give_point(data, request)


def mount_point(path: str) -> bytes:
    """A REPARSE_DATA_BUFFER that leads to a DOS path."""
    target, shown = (text.encode("utf-16-le", "surrogatepass") for text in (f"\\??\\{path}", path))
    names = NAMES.pack(0, len(target), len(target) + 2, len(shown)) + target + b"\0\0" + shown + b"\0\0"
    return HEAD.pack(MOUNT_POINT, len(names), 0) + names


def give_point(data: bytes, request: Request) -> int:
    """Answer with as much as there is room for."""
    if request.length < HEAD.size:
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    part = data[: request.length]
    request.buffer.write(part)
    request.information = len(part)
    return 0 if len(part) == len(data) else STATUS_BUFFER_OVERFLOW


def set_point(file: DiskFile, request: Request) -> int:
    set_data(file, bytes(request.input))
    return 0


def set_data(file: DiskFile, data: bytes) -> None:
    """Make a point of a file or an empty folder, or change its data."""
    tag, _ = _head(data)
    _require_write(file)
    if tag == MOUNT_POINT:
        if not file.is_directory:
            raise NtError(STATUS_NOT_A_DIRECTORY)
        _target(data[HEAD.size :])
    elif tag == SYMLINK and file.kernel.part(Version).level >= SINCE:
        link_target(data[HEAD.size :])
    info = file.look()
    if is_point(info):
        if tag_of(file.fd) != tag:
            raise NtError(STATUS_IO_REPARSE_TAG_MISMATCH)
    elif file.is_directory:
        try:
            if os.listdir(file.fd):
                raise NtError(STATUS_DIRECTORY_NOT_EMPTY)
        except OSError as error:
            raise nt_error(error) from None
    if not write_attribute(file.fd, info[MODE], NAME, data):
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
    _note(file, info, True)


def _note(file: DiskFile, info: Look, on: bool) -> None:
    from ring3k.io.disk.directory import DiskFolder

    mark(file.fd, info, REPARSE, on)
    if isinstance(file, DiskFolder) and file.here.folder is not None:
        file.here.folder.point = on


def delete_point(file: DiskFile, request: Request) -> int:
    tag, length = _head(bytes(request.input))
    if length:
        raise NtError(STATUS_IO_REPARSE_DATA_INVALID)
    _require_write(file)
    info = file.look()
    if not is_point(info):
        raise NtError(STATUS_NOT_A_REPARSE_POINT)
    if tag_of(file.fd) != tag:
        raise NtError(STATUS_IO_REPARSE_TAG_MISMATCH)
    _note(file, info, False)
    write_attribute(file.fd, info[MODE], NAME, None)
    return 0
