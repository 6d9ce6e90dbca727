"""An opened file or folder on a disk: data, and the way from open to closed.

Data goes between the host's file and guest memory without a copy.  A file that was
to be deleted goes, name and all, when the last handle to it does.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_END_OF_FILE,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_FILE_FOR_SECTION,
    STATUS_INVALID_PARAMETER,
    STATUS_LOCK_NOT_GRANTED,
    STATUS_MEDIA_WRITE_PROTECTED,
    NtError,
)
from ring3k.abi.structs.io import (
    FILE_ATTRIBUTE_ARCHIVE,
    FILE_ATTRIBUTE_NORMAL,
    FILE_DELETE_ON_CLOSE,
    FILE_NO_INTERMEDIATE_BUFFERING,
    FILE_NOTIFY_CHANGE_EA,
    FILE_NOTIFY_CHANGE_LAST_WRITE,
    FILE_NOTIFY_CHANGE_SIZE,
    FILE_WRITE_TO_END_OF_FILE,
)
from ring3k.engine.hostfile import INODE, MODE, SIZE, Look, key_of, look_at
from ring3k.engine.protocol import PAGE
from ring3k.io.device import Opening
from ring3k.io.disk.attributes import dos_attributes, write_attributes
from ring3k.io.disk.backing import FileData
from ring3k.io.disk.entry import Entry, Place
from ring3k.io.disk.folder import join
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.locks import Lock, Locks
from ring3k.io.disk.names import SEPARATOR, HostName, to_host
from ring3k.io.disk.node import link_of
from ring3k.io.disk.notify import MODIFIED, REMOVED
from ring3k.io.disk.oplock import break_oplock
from ring3k.io.file import FileObject
from ring3k.io.request import WRITE, Request
from ring3k.mm.segment import SegmentTable
from ring3k.typed import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ring3k.engine.protocol import PlainFile
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.node import Link, Node
    from ring3k.ke.thread import KThread

SECTOR = 512
LAST_OFFSET = 1 << 62  # hosts have no files so long


class DiskFile(FileObject):
    """One opening of a file.  A folder's is ``io.disk.directory``, a stream's ``io.disk.streams``."""

    seekable = True
    quick = True
    device: DiskDevice
    is_directory: ClassVar[bool] = False
    stream: str = ""
    modified: bool = False  # written through this opening
    ea_place: int = 0  # where a query of extended attributes goes on
    keeps_write_time: bool = False  # somebody has set it: writing leaves it alone

    def __init__(self, device: DiskDevice, how: Opening, entry: Entry, fd: int, node: Node) -> None:
        super().__init__(device, how)
        self.plain: PlainFile = device.kernel.engine.plain_file()
        self.fd = fd  # -1: a folder of the volume's own making
        self.node = node
        self.parent: Place | None = entry.parent
        parent = entry.parent
        self.name = entry.name
        self.movable = entry.mount is None and parent is not None and parent.folder is not None
        self.read_only = entry.read_only  # the mount is
        self.unbuffered = bool(how.options & FILE_NO_INTERMEDIATE_BUFFERING)
        self.delete_on_close = bool(how.options & FILE_DELETE_ON_CLOSE)
        node.enter(self)
        if parent is not None and parent.folder is not None:
            parent.folder.pins += 1

    @property
    def position(self) -> int:
        return self.plain.position

    @position.setter
    def position(self, value: int) -> None:
        self.plain.position = value

    @property
    def file_path(self) -> str:
        """Without the stream."""
        return join(self.parent.path, self.name) if self.parent is not None else SEPARATOR

    @property
    def path(self) -> str:
        return f"{self.file_path}:{self.stream}" if self.stream else self.file_path

    def moved(self, parent: Place, name: str) -> None:
        """It is called otherwise now."""
        if parent.folder is not None:
            parent.folder.pins += 1
        if self.parent is not None and self.parent.folder is not None:
            self.parent.folder.pins -= 1
        self.parent, self.name = parent, name

    # -- the end ---------------------------------------------------------------------------
    def cleanup(self) -> None:
        node = self.node
        if node.locks is not None:
            node.locks.give_all(self)
        node.leave(self)
        if node.oplock is not None and node.oplock.request.file is self:
            break_oplock(node, None)
        if self.modified:
            self._note_modified()
        if self.delete_on_close and not node.unlinked:
            self.mark_deleted()
        if node.victims is not None:
            self._bury()

    def close(self) -> None:
        node = self.node
        node.references -= 1
        if not node.references:
            self.device.volume.nodes.pop(node.key, None)
        if self.parent is not None and self.parent.folder is not None:
            self.parent.folder.pins -= 1
        self.close_host()

    def close_host(self) -> None:
        self.plain.judge()
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    @property
    def link(self) -> Link:
        """The name by which it was opened."""
        return link_of(self.parent, self.name)

    @property
    def doomed(self) -> bool:
        """Whether that is about to go."""
        return self.node.doomed(self.link)

    def mark_deleted(self) -> None:
        """It goes with its last handle."""
        if self.parent is not None:
            self.node.doom(self.link)

    def _bury(self) -> None:
        """The last handle of a name that is to go is closed, or the one with which it goes before that."""
        node, link = self.node, self.link
        last = all(one.link != link for one in node.files)
        if self.parent is not None and node.doomed(link) and (last or node.posix is self):
            if node.victims is not None and node.victims[link]:
                with suppress(NtError, OSError):
                    self.unlink(self.parent, self.name)
            if last:
                node.forget(link)
            elif node.victims is not None:
                node.victims[link] = False

    def unlink(self, parent: Place, name: str) -> None:
        """Take the name away, if it still is this file's."""
        folder, node = parent.folder, self.node
        if folder is None or self.read_only:
            return
        host = to_host(name)
        if key_of(folder.fd, host) != node.key:
            return
        self.remove_name(host, folder.fd)
        node.unlinked = self.is_directory
        folder.left(name)
        self.device.notifier.report(parent.path, name, REMOVED, self.is_directory)

    def remove_name(self, host: HostName, folder: int) -> None:
        """On the host; OSError."""
        os.unlink(host, dir_fd=folder)

    def require_removable(self) -> None:
        """STATUS_CANNOT_DELETE while a program runs from it."""
        if not self.kernel.part(SegmentTable).can_delete(self.node.key):
            raise NtError(STATUS_CANNOT_DELETE)

    def _note_modified(self) -> None:
        """What NT does when a file that was written is closed: the archive bit, and word to who watches."""
        with suppress(OSError, NtError):
            info = self.look()
            found = dos_attributes(info)
            if not found & FILE_ATTRIBUTE_ARCHIVE and not self.stream:
                write_attributes(self.fd, info, found & ~FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_ARCHIVE)
        self.report(FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE)

    def report(self, what: int, action: int = MODIFIED) -> None:
        """Tell who watches the folder; ``what``: bits of a filter."""
        if self.parent is not None:
            self.device.notifier.report(self.parent.path, self.name, action, self.is_directory, what)

    # -- what the host says ------------------------------------------------------------------
    def look(self) -> Look:
        """NtError when the host does not say."""
        try:
            return look_at(self.fd, None)
        except OSError as error:
            raise nt_error(error) from None

    @property
    def info(self) -> Look | None:
        """None for a folder of the volume's own making."""
        return self.look() if self.fd >= 0 else None

    @property
    def size(self) -> int:
        """Bytes now."""
        return self.look()[SIZE]

    @property
    def reparse_tag(self) -> int:
        """Of a reparse point."""
        from ring3k.io.disk.reparse import tag_of

        return tag_of(self.fd)

    @property
    def mode_bits(self) -> int:
        return self.look()[MODE]

    @property
    def file_id(self) -> int:
        info = self.info
        if info is None:
            return 0
        self.device.volume.told(info[INODE], self.file_path)
        return info[INODE]

    # -- data ----------------------------------------------------------------------------------
    def read_at(self, offset: int, length: int) -> bytes:
        """For the kernel itself: up to ``length`` bytes."""
        try:
            return os.pread(self.fd, length, offset)
        except OSError as error:
            raise nt_error(error) from None

    def write_at(self, offset: int, data: bytes) -> None:
        """For the kernel itself: all of it, or NtError."""
        self.modified = True
        try:
            while data:
                done = os.pwrite(self.fd, data, offset)
                offset, data = offset + done, data[done:]
        except OSError as error:
            raise nt_error(error) from None

    def truncate(self, size: int) -> None:
        """For the kernel itself: make it so long."""
        self.modified = True
        try:
            os.ftruncate(self.fd, size)
        except OSError as error:
            raise nt_error(error) from None

    def flush_data(self) -> None:
        """For the kernel itself: what was written is on the disk."""
        try:
            os.fsync(self.fd)
        except OSError as error:
            raise nt_error(error) from None

    def is_plain(self, kind: int) -> bool:
        return not (
            self.unbuffered or self.node.locks is not None or (kind == WRITE and self.keeps_write_time)
        )

    def _may_read(self, process: Any, offset: int, length: int, key: int) -> bool:
        """Judge a read; False where no file has bytes."""
        if self.unbuffered and (offset | length) & (SECTOR - 1):
            raise NtError(STATUS_INVALID_PARAMETER)
        locks = self.node.locks
        if locks is not None:
            locks.check_read(offset, length, self, process, key)
        return offset < LAST_OFFSET

    def quick_read(self, t: KThread, offset: int, address: int, length: int, key: int) -> int:
        if not self._may_read(t.process, offset, length, key):
            return 0
        try:
            return t.memory.read_file(self.fd, offset, address, length)
        except OSError as error:
            raise nt_error(error) from None

    def read(self, request: Request) -> int:
        offset, length, t = request.offset, request.length, request.t
        if request.pages is None:
            done = self.quick_read(t, offset, request.buffer.address, length, request.key)
        elif self._may_read(t.process, offset, length, request.key):
            done = self._scatter(request, t.memory.read_file)
        else:
            done = 0
        if self.synchronous:
            self.position = offset + done
        request.information = done
        return 0 if done or not length else STATUS_END_OF_FILE

    def _may_write(self, process: Any, offset: int, length: int, key: int) -> None:
        if self.unbuffered and (offset | length) & (SECTOR - 1):
            raise NtError(STATUS_INVALID_PARAMETER)
        locks = self.node.locks
        if locks is not None:
            locks.check_write(offset, length, self, process, key)
        if offset + length > LAST_OFFSET:
            raise NtError(STATUS_INVALID_PARAMETER)
        self.modified = True

    def quick_write(self, t: KThread, offset: int, address: int, length: int, key: int) -> int:
        self._may_write(t.process, offset, length, key)
        try:
            if not self.keeps_write_time:
                return t.memory.write_file(self.fd, offset, address, length)
            before = os.fstat(self.fd)
            done = t.memory.write_file(self.fd, offset, address, length)
            os.utime(self.fd, ns=(before.st_atime_ns, before.st_mtime_ns))
        except OSError as error:
            raise nt_error(error) from None
        return done

    def write(self, request: Request) -> int:
        offset, t = request.offset, request.t
        if offset == FILE_WRITE_TO_END_OF_FILE:
            offset = self.size
        if request.pages is None:
            done = self.quick_write(t, offset, request.buffer.address, request.length, request.key)
        else:
            self._may_write(t.process, offset, request.length, request.key)
            request.offset = offset
            done = self._scatter(request, t.memory.write_file)
        if self.synchronous:
            self.position = offset + done
        request.information = done
        return 0

    def _scatter(self, request: Request, move: Any) -> int:
        """The same with pages that lie apart."""
        total = 0
        for page in request.pages or ():
            part = min(PAGE, request.length - total)
            try:
                done = move(self.fd, request.offset + total, page, part)
            except OSError as error:
                raise nt_error(error) from None
            total += done
            if done < part:
                break
        return total

    def flush(self, request: Request) -> int:
        self.flush_data()
        if self.modified:
            self.modified = False
            self.plain.judge()
            self._note_modified()
        return 0

    def query_directory(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_PARAMETER)

    def notify_directory(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_PARAMETER)

    # -- locks -----------------------------------------------------------------------------------
    def lock(self, request: Request) -> int:
        """``request.input``: whether exclusive, whether to wait."""
        node = self.node
        if node.locks is None:
            node.locks = Locks(self.kernel.pool)
            for file in node.files:
                file.plain.judge()
        exclusive, wait = request.input
        end = request.offset + request.length
        lock = Lock(request.offset, end, bool(exclusive), self, request.t.process, request.key)
        if node.locks.take(lock):
            return 0
        if not wait:
            return STATUS_LOCK_NOT_GRANTED
        return node.locks.wait(lock, request)

    def unlock(self, offset: int, length: int, key: int, process: Any) -> int:
        locks = self.node.locks
        if locks is None:
            locks = Locks(self.kernel.pool)
        locks.give(offset, offset + length, self, process, key)
        return 0

    def on_close(self, process: Any) -> None:
        self.plain.judge()
        if not self.handle_count:
            if not self.cleaned:
                self.cleaned = True
                self.cleanup()
        elif self.node.locks is not None:
            self._unlock_for(process)

    def _unlock_for(self, process: Any) -> None:
        """A process' locks go with its last handle to the file object."""
        locks = self.node.locks
        if locks is not None and not any(entry.object is self for _, entry in process.handles.items()):
            locks.give_all(self, process)

    # -- sections -----------------------------------------------------------------------------------
    @property
    def identity(self) -> Any:
        return self.node.key

    def section_backing(self) -> FileData:
        """What a section of this file is made from; STATUS_INVALID_FILE_FOR_SECTION for a folder."""
        if self.fd < 0 or self.is_directory or self.stream:
            raise NtError(STATUS_INVALID_FILE_FOR_SECTION)
        try:
            return FileData(os.dup(self.fd), self.full_name())
        except OSError as error:
            raise nt_error(error) from None

    # -- information: what is known, and what may be changed ------------------------------------------
    def query_information(self, kind: int, length: int) -> bytes:
        from ring3k.io.disk.information import file_information

        return file_information(self, kind)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        from ring3k.io.disk.change import change

        return change(t, self, kind, data)

    def query_volume(self, kind: int, length: int) -> bytes:
        from ring3k.io.disk.information import volume_information

        return volume_information(self.device, kind)

    def set_volume(self, kind: int, data: bytes) -> int:
        from ring3k.io.disk.change import change_volume

        return change_volume(self.device, kind, data)

    def fs_control(self, request: Request) -> int:
        from ring3k.io.disk.control import control

        return control(self, request)

    def device_control(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    # -- extended attributes ----------------------------------------------------------------------------
    def query_eas(
        self, room: int, single: bool, names: bytes | None, index: int | None, restart: bool
    ) -> tuple[bytes, int]:
        from ring3k.io.disk.ea import query_file

        return query_file(self, room, single, names, index, restart)

    def set_eas(self, data: bytes) -> int:
        from ring3k.io.disk.ea import set_eas

        require_writable(self)
        set_eas(self.fd, self.look(), data)
        self.report(FILE_NOTIFY_CHANGE_EA)
        return 0

    # -- security --------------------------------------------------------------------------------------
    def query_security(self) -> Any:
        from ring3k.io.disk.security import read_security

        return read_security(self)

    def set_security(self, descriptor: Any) -> None:
        from ring3k.io.disk.security import write_security

        write_security(self, descriptor)


def require_writable(file: DiskFile) -> None:
    """STATUS_MEDIA_WRITE_PROTECTED on what is mounted read-only."""
    if file.read_only:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if file.fd < 0:
        raise NtError(STATUS_ACCESS_DENIED)
