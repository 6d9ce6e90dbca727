"""Alternate streams: more data under one name, kept in extended attributes of the host's.

How much a stream holds is up to the host (64 KB at most); more is STATUS_DISK_FULL,
and where the host keeps no extended attributes there are no streams.  What is
written goes to the host with each call.  A stream has sharing and locks of its own;
times and attributes are the file's.
"""

from __future__ import annotations

import errno
import os

from ring3k.abi.access import FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_DELETE_PENDING,
    STATUS_DISK_FULL,
    STATUS_END_OF_FILE,
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_INVALID_PARAMETER,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_A_DIRECTORY,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    NtError,
)
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    CREATE_RESULT,
    FILE_DELETE_ON_CLOSE,
    FILE_DIRECTORY_FILE,
    FILE_NOTIFY_CHANGE_STREAM_NAME,
    FILE_NOTIFY_CHANGE_STREAM_SIZE,
    FILE_NOTIFY_CHANGE_STREAM_WRITE,
    FILE_WRITE_TO_END_OF_FILE,
)
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import ATTRIBUTES, MODE, Look, look_at
from ring3k.io.device import SHARE_ALL, Opening
from ring3k.io.disk.attributes import HAS_STREAMS, mark, write_attribute
from ring3k.io.disk.create import create
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import Path
from ring3k.io.disk.node import Link, Node, link_of
from ring3k.io.disk.notify import ADDED_STREAM, MODIFIED_STREAM, REMOVED_STREAM
from ring3k.io.disk.security import check_open
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.entry import Entry, Place
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

PREFIX = b"user.ring3k.stream."
MOST = 0x10000  # bytes: no host keeps more in an attribute
D = CREATE_DISPOSITION
OVERWRITING = (D.FILE_SUPERSEDE, D.FILE_OVERWRITE, D.FILE_OVERWRITE_IF)


def _attribute(name: str) -> bytes:
    return PREFIX + name.encode("utf-8", "surrogatepass")


def stream_names(fd: int) -> list[str]:
    """Of an open file."""
    try:
        found = os.listxattr(fd)
    except OSError:
        return []
    names = []
    for one in found:
        raw = os.fsencode(one)
        if raw.startswith(PREFIX):
            names.append(raw[len(PREFIX) :].decode("utf-8", "replace"))
    return sorted(names, key=upcase)


def list_streams(fd: int, info: Look) -> list[tuple[str, int]]:
    """Names and sizes."""
    if info[ATTRIBUTES] <= 0 or not info[ATTRIBUTES] & HAS_STREAMS:
        return []
    found = []
    for name in stream_names(fd):
        try:
            found.append((name, len(os.getxattr(fd, _attribute(name)))))
        except OSError:
            continue
    return found


def remove_streams(fd: int, info: Look) -> None:
    """All of them: the file is overwritten."""
    if info[ATTRIBUTES] > 0 and info[ATTRIBUTES] & HAS_STREAMS:
        for name in stream_names(fd):
            write_attribute(fd, info[MODE], _attribute(name), None)
        mark(fd, info, HAS_STREAMS, False)


def _load(fd: int, name: str) -> bytearray:
    try:
        return bytearray(os.getxattr(fd, _attribute(name)))
    except OSError:
        return bytearray()


class StreamFile(DiskFile):
    """One opening of a stream."""

    quick = False

    def __init__(
        self, device: DiskDevice, how: Opening, entry: Entry, fd: int, node: Node, name: str
    ) -> None:
        super().__init__(device, how, entry, fd, node)
        self.stream = name

    def close(self) -> None:
        node = self.node
        super().close()
        if not node.references and node.data is not None:
            node.data = None
            self.kernel.pool.release(MOST)

    def _store(self, data: bytearray) -> None:
        try:
            os.setxattr(self.fd, _attribute(self.stream), bytes(data))
        except OSError as error:
            if error.errno == errno.ENODATA:
                raise NtError(STATUS_OBJECT_NAME_NOT_FOUND) from None
            raise (
                NtError(STATUS_DISK_FULL) if error.errno in (errno.ERANGE, errno.EINVAL) else nt_error(error)
            ) from None
        self.node.data = data

    # -- data -------------------------------------------------------------------------------
    @property
    def size(self) -> int:
        return len(self.node.data)

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(self.node.data[offset : offset + length])

    def write_at(self, offset: int, data: bytes) -> None:
        if offset + len(data) > MOST:
            raise NtError(STATUS_DISK_FULL)
        new = bytearray(self.node.data)
        if len(new) < offset:
            new += bytes(offset - len(new))
        new[offset : offset + len(data)] = data
        self._store(new)
        self.modified = True

    def truncate(self, size: int) -> None:
        if size > MOST:
            raise NtError(STATUS_DISK_FULL)
        new = self.node.data[:size]
        self._store(new + bytes(size - len(new)))
        self.modified = True

    def read(self, request: Request) -> int:
        offset, length = request.offset, request.length
        if self.node.locks is not None:
            self.node.locks.check_read(offset, length, self, request.t.process, request.key)
        data = self.read_at(offset, length)
        request.buffer.write(data)
        if self.synchronous:
            self.position = offset + len(data)
        request.information = len(data)
        return 0 if data or not length else STATUS_END_OF_FILE

    def write(self, request: Request) -> int:
        offset, length = request.offset, request.length
        if offset == FILE_WRITE_TO_END_OF_FILE:
            offset = self.size
        if self.node.locks is not None:
            self.node.locks.check_write(offset, length, self, request.t.process, request.key)
        if offset + length > MOST:
            raise NtError(STATUS_DISK_FULL)
        if length:
            self.write_at(offset, request.buffer.read(length))
        if self.synchronous:
            self.position = offset + length
        request.information = length
        return 0

    # -- the end ------------------------------------------------------------------------------
    @property
    def link(self) -> Link:
        """A stream has one name, whichever its file was opened by."""
        return None, ""

    def unlink(self, parent: Place, name: str) -> None:
        info = self.look()
        write_attribute(self.fd, info[MODE], _attribute(self.stream), None)
        self.node.unlinked = True
        if not stream_names(self.fd):
            mark(self.fd, info, HAS_STREAMS, False)
        self.report(FILE_NOTIFY_CHANGE_STREAM_NAME, REMOVED_STREAM)

    def _note_modified(self) -> None:
        self.report(FILE_NOTIFY_CHANGE_STREAM_SIZE | FILE_NOTIFY_CHANGE_STREAM_WRITE, MODIFIED_STREAM)


def open_stream(
    device: DiskDevice, t: KThread | None, place: Place | None, entry: Entry | None, path: Path, how: Opening
) -> DiskFile:
    """``file:stream``: the file is made if the stream may be."""
    if how.options & FILE_DIRECTORY_FILE:
        raise NtError(STATUS_NOT_A_DIRECTORY)
    makes = how.disposition not in (D.FILE_OPEN, D.FILE_OVERWRITE)
    if entry is None:
        if not makes or place is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND if place is not None else STATUS_OBJECT_PATH_NOT_FOUND)
        base = Opening(how.desired, SHARE_ALL, D.FILE_CREATE, attributes=how.attributes)
        made = create(device, t, place, path.names[-1], base)
        made.reference()
        made.dereference()
        entry = device.volume.step(place, path.names[-1])
        if entry is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    fd = _open_base(entry, bool(how.granted & FILE_WRITE_DATA or makes))
    try:
        return _open(device, t, entry, fd, path.stream, how, makes)
    except BaseException:
        os.close(fd)
        raise


def _open_base(entry: Entry, writes: bool) -> int:
    """A descriptor of the file; attributes are written through one for reading, too."""
    try:
        return os.open(
            entry.host,
            os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK,
            dir_fd=entry.at if entry.at >= 0 else None,
        )
    except OSError as error:
        raise nt_error(error) from None


def _open(
    device: DiskDevice, t: KThread | None, entry: Entry, fd: int, wanted: str, how: Opening, makes: bool
) -> DiskFile:
    main = device.volume.nodes.get(entry.key)
    if main is not None and main.doomed(link_of(entry.parent, entry.name)):
        raise NtError(STATUS_DELETE_PENDING)
    same = [one for one in stream_names(fd) if upcase(one) == upcase(wanted)]
    name = same[0] if same else wanted
    if not same and not makes:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if same and how.disposition == D.FILE_CREATE:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    key = (entry.key, upcase(name))
    node: Any = device.volume.nodes.get(key)
    if node is not None and node.victims is not None:
        raise NtError(STATUS_DELETE_PENDING)
    granted = check_open(t, device, entry, fd, how)
    changes = not same or how.disposition in OVERWRITING
    if entry.read_only and (changes or (granted & FILE_WRITE_DATA and not how.maximum)):
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if entry.is_directory and how.options & FILE_DELETE_ON_CLOSE and entry.read_only:
        raise NtError(STATUS_FILE_IS_A_DIRECTORY)
    how.granted = granted
    fresh = node is None
    node = node or Node(key)
    node.check_share(how)
    if fresh:
        device.kernel.pool.charge(MOST)
        node.data = _load(fd, name)
    try:
        file = StreamFile(device, how, entry, fd, node, name)
    except BaseException:
        if fresh:
            device.kernel.pool.release(MOST)
        raise
    if fresh:
        device.volume.nodes[key] = node
    try:
        if changes:
            file.truncate(0)
            if not same:
                mark(fd, look_at(fd, None), HAS_STREAMS, True)
                file.report(FILE_NOTIFY_CHANGE_STREAM_NAME, ADDED_STREAM)
    except BaseException:
        file.reference()
        file.fd = -1  # the caller closes it
        file.dereference()
        raise
    if not same:
        file.information = CREATE_RESULT.FILE_CREATED
    elif changes:
        superseded = how.disposition == D.FILE_SUPERSEDE
        file.information = CREATE_RESULT.FILE_SUPERSEDED if superseded else CREATE_RESULT.FILE_OVERWRITTEN
    return file


def rename_stream(file: DiskFile, data: bytes) -> int:
    """``:new``, with or without its type."""
    length = int.from_bytes(data[8:12], "little")
    if length & 1 or 12 + length > len(data) or not isinstance(file, StreamFile):
        raise NtError(STATUS_INVALID_PARAMETER)
    text = data[12 : 12 + length].decode("utf-16-le", "surrogatepass")
    head, _, rest = text.partition(":")
    name, _, kind = rest.partition(":")
    if head or not name or kind.upper() not in ("", "$DATA") or not frozenset(name).isdisjoint(":\\/\0"):
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    same = [one for one in stream_names(file.fd) if upcase(one) == upcase(name)]
    if same and upcase(name) != upcase(file.stream) and not data[0]:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    info, old, nodes = file.look(), file.stream, file.device.volume.nodes
    for one in same:
        write_attribute(file.fd, info[MODE], _attribute(one), None)
    write_attribute(file.fd, info[MODE], _attribute(old), None)
    nodes.pop(file.node.key, None)
    file.node.key = (file.node.key[0], upcase(name))  # type: ignore[index]
    nodes[file.node.key] = file.node
    for opened in file.node.files:
        opened.stream = name
    file._store(file.node.data)
    return 0
