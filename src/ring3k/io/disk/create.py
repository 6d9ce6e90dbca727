"""Making files and folders on a disk, and giving new contents to what is there.

All but the rights has been judged by the device (``io.disk.device``) when something is
overwritten; what is made is judged here.  What could not be made whole is taken away again.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_DELETE_PENDING,
    STATUS_INVALID_PARAMETER,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_USER_MAPPED_FILE,
    NtError,
)
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    CREATE_RESULT,
    FILE_ATTRIBUTE_HIDDEN,
    FILE_ATTRIBUTE_NORMAL,
    FILE_ATTRIBUTE_READONLY,
    FILE_ATTRIBUTE_SYSTEM,
    FILE_ATTRIBUTE_TEMPORARY,
    FILE_DELETE_ON_CLOSE,
    FILE_DIRECTORY_FILE,
    FILE_NOTIFY_CHANGE_LAST_WRITE,
    FILE_NOTIFY_CHANGE_SIZE,
    FILE_WRITE_THROUGH,
)
from ring3k.engine.hostfile import look_at
from ring3k.io.device import Opening
from ring3k.io.disk.attributes import default_attributes, write_attributes
from ring3k.io.disk.directory import DiskFolder
from ring3k.io.disk.entry import Entry, Place
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import to_host
from ring3k.io.disk.node import Node
from ring3k.io.disk.notify import ADDED, MODIFIED
from ring3k.io.disk.security import check_create, store
from ring3k.mm.segment import SegmentTable
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.ke.thread import KThread
    from ring3k.se.descriptor import Descriptor

D = CREATE_DISPOSITION
RESERVED = 64 << 20  # bytes
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def allocate(fd: int, size: int) -> None:
    """See to room for a file of this size; OSError where there is none.

    Much is not taken away from others before it is written: who asks for more than
    ``RESERVED`` is only told whether it is there now.
    """
    from ring3k.engine.hostfile import reserve

    try:
        if size > RESERVED:
            info, taken = os.fstatvfs(fd), os.fstat(fd).st_blocks * 512
            if size - taken > info.f_bavail * info.f_frsize:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        reserve(fd, 0, min(size, RESERVED))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise


# -- what is not there -----------------------------------------------------------------------
def create(
    device: DiskDevice, t: KThread | None, place: Place, name: str, how: Opening, folder_only: bool = False
) -> DiskFile:
    """Make a file or a folder, and open it."""
    directory = bool(how.options & FILE_DIRECTORY_FILE)
    if (folder_only or how.folder_only) and not directory:
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    if place.read_only or place.folder is None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if directory and how.attributes & FILE_ATTRIBUTE_TEMPORARY:
        raise NtError(STATUS_INVALID_PARAMETER)
    if how.options & FILE_DELETE_ON_CLOSE and how.attributes & FILE_ATTRIBUTE_READONLY:
        raise NtError(STATUS_CANNOT_DELETE)
    if device.volume.is_deleted(place):
        raise NtError(STATUS_DELETE_PENDING)
    how.granted, descriptor = check_create(t, device.kernel, place, how, directory)
    host = to_host(name)
    fd = _make(place, host, how, directory)
    try:
        file = _furnish(device, place, name, fd, how, directory, descriptor)
    except BaseException:
        os.close(fd)
        with suppress(OSError):
            (os.rmdir if directory else os.unlink)(host, dir_fd=place.folder.fd)
        raise
    place.folder.entered(name)
    device.notifier.report(place.path, name, ADDED, directory)
    return file


def _make(place: Place, host: str | bytes, how: Opening, directory: bool) -> int:
    """The bare thing on the host, and a descriptor of it."""
    folder = place.folder.fd if place.folder is not None else -1
    try:
        if directory:
            os.mkdir(host, 0o777, dir_fd=folder)
            return os.open(host, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        flags = _NEW
        if how.options & FILE_WRITE_THROUGH:
            flags |= os.O_DSYNC
        return os.open(host, flags, 0o666, dir_fd=folder)
    except FileExistsError:  # something that a guest does not see, or another was faster
        made = how.disposition == D.FILE_CREATE
        raise NtError(STATUS_OBJECT_NAME_COLLISION if made else STATUS_ACCESS_DENIED) from None
    except OSError as error:
        if error.errno == errno.ENOENT:  # the folder is gone
            raise NtError(STATUS_OBJECT_PATH_NOT_FOUND) from None
        raise nt_error(error) from None


def _furnish(
    device: DiskDevice,
    place: Place,
    name: str,
    fd: int,
    how: Opening,
    directory: bool,
    descriptor: Descriptor | None,
) -> DiskFile:
    """Attributes and the rest of a new file; then it is open."""
    try:
        info = look_at(fd, None)
        attributes = how.attributes & ~FILE_ATTRIBUTE_NORMAL | default_attributes(info)
        if not directory:
            _reserve(fd, how)
    except OSError as error:
        raise nt_error(error) from None
    if how.ea:
        from ring3k.io.disk.ea import replace_eas

        replace_eas(fd, info, how.ea)
        info = look_at(fd, None)
    if descriptor is not None and store(device.kernel, fd, info, descriptor):
        info = look_at(fd, None)
    if attributes != default_attributes(info):
        write_attributes(fd, info, attributes)
    folder = place.folder
    entry = Entry(place, name, folder.fd if folder is not None else -1, to_host(name), info, None, False)
    node = Node(entry.key)
    file: DiskFile
    if directory:
        opened = device.volume.enter(entry)
        file = DiskFolder(device, how, entry, node, opened)
        os.close(fd)
    else:
        file = DiskFile(device, how, entry, fd, node)
    device.volume.nodes[node.key] = node
    file.information = CREATE_RESULT.FILE_CREATED
    return file


def _reserve(fd: int, how: Opening) -> None:
    """Room for as much as the opener has in mind."""
    if how.allocation > 0:
        allocate(fd, how.allocation)


# -- what is there -----------------------------------------------------------------------
def overwrite(file: DiskFile, how: Opening, found: int) -> None:
    """Its data, streams and extended attributes go; attributes are the opener's."""
    from ring3k.io.disk.ea import replace_eas
    from ring3k.io.disk.streams import remove_streams

    try:
        if file.kernel.part(SegmentTable).has(file.node.key, image=False):
            raise NtError(STATUS_USER_MAPPED_FILE)
        try:
            os.ftruncate(file.fd, 0)
            os.utime(file.fd)  # also of what was empty
            _reserve(file.fd, how)
        except OSError as error:
            raise nt_error(error) from None
        info = file.look()
        remove_streams(file.fd, info)
        replace_eas(file.fd, file.look(), how.ea)
        attributes = how.attributes & ~FILE_ATTRIBUTE_NORMAL | default_attributes(info)
        if how.disposition != D.FILE_SUPERSEDE:
            attributes |= found & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)
        write_attributes(file.fd, file.look(), attributes)
    except BaseException:
        file.reference()
        file.fd = -1  # the caller closes it
        file.dereference()
        raise
    superseded = how.disposition == D.FILE_SUPERSEDE
    file.information = CREATE_RESULT.FILE_SUPERSEDED if superseded else CREATE_RESULT.FILE_OVERWRITTEN
    file.report(FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, MODIFIED)
