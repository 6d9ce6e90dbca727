"""Devices and file objects.

A device stands in the namespace and parses what follows its name.  A file
object is one opening of a file: its own position, access and share mode.  All
input and output is finished when the call returns, so a file object is
signalled from the start, as NT leaves it after a synchronous operation.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ring3k.abi.access import (
    DELETE,
    FILE_APPEND_DATA,
    FILE_EXECUTE,
    FILE_READ_DATA,
    FILE_WRITE_DATA,
)
from ring3k.abi.status import (
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_INVALID_FILE_FOR_SECTION,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_A_DIRECTORY,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_SHARING_VIOLATION,
    NtError,
)
from ring3k.abi.structs.io import CREATE_DISPOSITION, FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE
from ring3k.io.backing import FileData
from ring3k.io.volume import Entry, Volume, components, open_host
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ob.object import Object

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE = 1, 2, 4
_CHANGING = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE
_CREATING = (
    CREATE_DISPOSITION.FILE_SUPERSEDE,
    CREATE_DISPOSITION.FILE_OVERWRITE,
    CREATE_DISPOSITION.FILE_OVERWRITE_IF,
)


class Opening(NamedTuple):
    """How a file is to be opened: the context of a walk that may end in a device."""

    granted: int
    share: int
    disposition: int
    options: int

    @property
    def wants(self) -> tuple[bool, bool, bool]:
        """Whether it reads, writes, deletes."""
        granted = self.granted
        return (
            bool(granted & (FILE_READ_DATA | FILE_EXECUTE)),
            bool(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)),
            bool(granted & DELETE),
        )


class Device(Object):
    """A named device with a volume behind it."""

    type_name = "Device"

    def __init__(self, kernel: Kernel, volume: Volume) -> None:
        super().__init__(kernel)
        self.volume = volume
        self.shares: dict[Any, list[FileObject]] = {}

    def check_share(self, entry: Entry, how: Opening) -> None:
        """IoCheckShareAccess: each wants only what all others share, and shares what they want."""
        mine = how.wants
        if not any(mine):
            return
        bits = (FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE)
        for other in self.shares.get(entry.identity, ()):
            theirs = other.how.wants
            if not any(theirs):
                continue
            for want, held, bit in zip(mine, theirs, bits, strict=True):
                if (want and not other.how.share & bit) or (held and not how.share & bit):
                    raise NtError(STATUS_SHARING_VIOLATION)

    def parse(self, t: KThread | None, rest: str, attributes: int, context: Any) -> Any:
        """Open what follows the device's name.  Only file opens get here with a context."""
        if not isinstance(context, Opening):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        if not rest:
            return FileObject(self, Entry("", None, None), context)
        return self._open(components(rest), rest.endswith("\\"), context)

    def _open(self, names: list[str], only_directory: bool, how: Opening) -> FileObject:
        try:
            entry = self.volume.find(names)
        except NtError as error:
            if error.status == STATUS_OBJECT_NAME_NOT_FOUND and how.disposition not in (
                CREATE_DISPOSITION.FILE_OPEN,
                CREATE_DISPOSITION.FILE_OVERWRITE,
            ):
                raise NtError(STATUS_MEDIA_WRITE_PROTECTED) from None
            raise
        if how.disposition == CREATE_DISPOSITION.FILE_CREATE:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if entry.is_directory and how.options & FILE_NON_DIRECTORY_FILE:
            raise NtError(STATUS_FILE_IS_A_DIRECTORY)
        if not entry.is_directory and (only_directory or how.options & FILE_DIRECTORY_FILE):
            raise NtError(STATUS_NOT_A_DIRECTORY)
        if how.disposition in _CREATING or how.granted & _CHANGING & ~DELETE:
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
        return FileObject(self, entry, how)


class FileObject(Object, Dispatcher):
    """One opening of a file, a folder or a volume."""

    type_name = "File"

    def __init__(self, device: Device, entry: Entry, how: Opening) -> None:
        device.check_share(entry, how)
        self._host = -1 if entry.is_directory else open_host(entry)
        super().__init__(device.kernel)
        self.device = device
        self.entry = entry
        self.how = how
        self.position = 0
        device.reference()
        device.shares.setdefault(entry.identity, []).append(self)

    def can_take(self, thread: KThread) -> bool:
        return True

    def on_close(self, process: Any) -> None:
        if self.handle_count == 0:
            same = self.device.shares.get(self.entry.identity, [])
            if self in same:
                same.remove(self)
            if not same:
                self.device.shares.pop(self.entry.identity, None)

    def on_delete(self) -> None:
        self.on_close(None)
        if self._host >= 0:
            os.close(self._host)
            self._host = -1
        self.device.dereference()

    # -- data ----------------------------------------------------------------------------
    @property
    def size(self) -> int:
        """Bytes now."""
        return os.fstat(self._host).st_size if self._host >= 0 else 0

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes."""
        return os.pread(self._host, length, offset) if self._host >= 0 else b""

    @property
    def identity(self) -> Any:
        return self.entry.identity

    def section_backing(self) -> FileData:
        """What a section of this file is made from; STATUS_INVALID_FILE_FOR_SECTION for a folder."""
        if self._host < 0:
            raise NtError(STATUS_INVALID_FILE_FOR_SECTION)
        return FileData(os.dup(self._host), self.full_name())

    def full_name(self) -> str:
        name = self.device.full_name()
        return name if not self.entry.path else name + self.entry.path
