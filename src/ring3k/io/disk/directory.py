"""An opened folder: listing it, watching it.

A listing begins with the pattern of its first call, which later calls cannot
change, and goes through the names that were there then; starting again looks anew.
Names come in the order of their letters, as NTFS keeps them, ``.`` and ``..`` first except
in the root.  A pattern is held against the 8.3 name, too.

The first entry of a buffer that is too small for it is cut, STATUS_BUFFER_OVERFLOW.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, ClassVar

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_INFO_CLASS,
    STATUS_NO_MORE_FILES,
    STATUS_NO_SUCH_FILE,
    NtError,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.engine.hostfile import ATTRIBUTES, INODE, MODE, Look, look, look_at
from ring3k.io.device import Opening
from ring3k.io.disk.attributes import HAS_EA, dos_attributes, times
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.information import allocation
from ring3k.io.disk.names import Pattern, pattern_of, to_host, upcase
from ring3k.io.disk.notify import Watch, start_watch
from ring3k.io.disk.volume import HERE, Entry, Place
from ring3k.io.listing import Chain
from ring3k.io.request import Request
from ring3k.sched.clock import UNIX_EPOCH

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.node import Node

MOST = 1 << 18  # bytes for one call, however long the buffer: others have calls, too
NAME_COST = 16  # of pool, for each name of a listing

# What precedes the name, by class.  The first fields are the same in all but the one with nothing else.
_TIMES = Struct(
    "<IIqqqqqqII"
)  # next, index, creation, access, write, change, end, allocation, attributes, length
_FULL = Struct("<IIqqqqqqIII")
_BOTH = Struct("<IIqqqqqqIIIBx24s")
_ID_BOTH = Struct("<IIqqqqqqIIIBx24s2xq")
_ID_FULL = Struct("<IIqqqqqqIII4xq")
_EXTENDED = Struct("<II4qqqIIIIQQ")
_EXTENDED_BOTH = Struct("<II4qqqIIIIQQBx24s")
_NAMES = Struct("<III")


class DiskFolder(DiskFile):
    """One opening of a folder."""

    is_directory = True
    quick = False
    seekable: ClassVar[bool] = False

    def __init__(
        self, device: DiskDevice, how: Opening, entry: Entry, node: Node, here: Place | None
    ) -> None:
        self.here = here or Place(entry.path, None, entry.mount, True)
        folder = self.here.folder
        super().__init__(device, how, entry, folder.fd if folder is not None else -1, node)
        if folder is not None:
            folder.pins += 1
        self._names: list[str] | None = None
        self._place = 0
        self._pattern: Pattern | None = None
        self.watch: Watch | None = None

    def close_host(self) -> None:
        folder = self.here.folder
        if folder is not None:
            folder.pins -= 1
            if self.node.unlinked:
                self.device.volume.leave(folder)
        self.fd = -1
        self._forget()

    def cleanup(self) -> None:
        if self.watch is not None:
            self.watch.close()
            self.watch = None
        super().cleanup()

    def mark_deleted(self) -> None:
        super().mark_deleted()
        self.device.notifier.gone(self.path)

    def moved(self, parent: Place, name: str) -> None:
        super().moved(parent, name)
        self.here.path = self.path
        if self.watch is not None:
            self.device.notifier.renamed(self.watch)

    def entry(self) -> Entry:
        """As a walk would have found it."""
        parent = self.parent
        if parent is None:
            return self.device.volume.root()
        at = parent.folder.fd if parent.folder is not None else HERE
        return Entry(parent, self.name, at, to_host(self.name), self.info, self.here.mount, self.read_only)

    # -- what a folder does not do ---------------------------------------------------------
    def read(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def write(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    @property
    def size(self) -> int:
        return 0

    # -- watching -----------------------------------------------------------------------------
    def notify_directory(self, request: Request) -> int:
        return start_watch(self, request)

    # -- listing --------------------------------------------------------------------------------
    def query_directory(self, request: Request) -> int:
        """``request.code``: the class; ``request.input``: single entry?, restart?, the pattern or None."""
        kind = request.code
        single, restart, text = request.input
        make = RECORDS.get(kind)
        if make is None:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        first = self._pattern is None
        if self._pattern is None:
            self._pattern = pattern_of(text) if text else Pattern("*")
        if restart or self._names is None:
            self._begin()
        data, status = self._fill(make, min(request.length, MOST), bool(single))
        if not data and not status:
            status = STATUS_NO_SUCH_FILE if first else STATUS_NO_MORE_FILES
            if first:
                self._pattern = None  # nothing has begun
                self._forget()
            return status
        request.buffer.write(data)
        request.information = len(data)
        return status

    def _begin(self) -> None:
        """The names as they are now."""
        self._forget()
        names = self.device.volume.names_in(self.here)
        if self._pattern is not None and self._pattern.exact is not None:
            names = [name for name in names if upcase(name) == self._pattern.exact]
        if self.parent is not None:
            names = [".", "..", *names]
        self.kernel.pool.charge(len(names) * NAME_COST)
        self._names, self._place = names, 0

    def _forget(self) -> None:
        if self._names is not None:
            self.kernel.pool.release(len(self._names) * NAME_COST)
            self._names = None

    def _fill(
        self, make: Callable[[DiskFolder, str, Look | None], bytes], room: int, single: bool
    ) -> tuple[bytes, int]:
        """As many entries as fit; the last one's place is where the next call goes on."""
        names, pattern = self._names or [], self._pattern
        out = Chain(room)
        plain = pattern is None or pattern.matches_all
        here = self.here
        simple = here.folder is not None and (here.mount is None or not here.mount.adds)
        folder_fd = here.folder.fd if here.folder is not None else -1
        while self._place < len(names):
            name = names[self._place]
            if not plain and pattern is not None and not self._matches(pattern, name):
                self._place += 1
                continue
            try:
                if simple and name not in (".", ".."):
                    info = look(folder_fd, to_host(name))
                    there = info is not None and info[MODE] & 0o170000 in (0o040000, 0o100000)
                else:
                    info, there = self._look(name)
            except OSError:
                there = False
            if not there:
                self._place += 1
                continue
            record = make(self, name, info)
            if not out.add(record):
                if out.data:
                    break
                self._place += 1
                return record[:room], STATUS_BUFFER_OVERFLOW
            self._place += 1
            if single:
                break
        return bytes(out.data), 0

    def _matches(self, pattern: Pattern, name: str) -> bool:
        up = upcase(name)
        if pattern.matches(up):
            return True
        if pattern.exact is not None or name in (".", ".."):
            return False
        short = self.short(name)
        return bool(short) and pattern.matches(short)

    def _look(self, name: str) -> tuple[Look | None, bool]:
        """What the host says, and whether a guest may see it."""
        here = self.here
        if name == ".":
            return self.info, True
        if name == "..":
            up = self.parent.folder if self.parent is not None else None
            return (look_at(up.fd, None) if up is not None else None), True
        if here.mount is not None and here.mount.adds:
            entry = self.device.volume.step(here, name)
            return (entry.info, True) if entry is not None else (None, False)
        if here.folder is None:
            return None, False
        info = look(here.folder.fd, to_host(name))
        return info, info is not None and (stat.S_ISREG(info[MODE]) or stat.S_ISDIR(info[MODE]))

    def short(self, name: str) -> str:
        """The 8.3 name of what is in this folder; "" where there is no other than its own."""
        folder = self.here.folder
        return folder.short(name) if folder is not None and name not in (".", "..") else ""

    def ea_size(self, name: str, info: Look | None) -> int:
        """What the extended attributes of an entry take, as a listing tells it."""
        if info is None or info[ATTRIBUTES] < 0 or not info[ATTRIBUTES] & HAS_EA or self.here.folder is None:
            return 0
        from ring3k.io.disk.ea import size_by_name

        return size_by_name(self.here.folder.fd, to_host(name))


def _numbers(info: Look | None) -> tuple[int, int, int, int, int, int, int]:
    """Times, end, allocation, attributes.  Written out: a listing is made of thousands of these."""
    if info is None:
        return (*times(None), 0, 0, dos_attributes(None))
    mode, _, _, _, size, _, accessed, written, changed, born, _ = info
    taken = allocation(info)
    if mode & 0o170000 == 0o040000:  # S_ISDIR
        size = taken = 0
    return (
        (born or min(written, changed)) // 100 + UNIX_EPOCH,
        accessed // 100 + UNIX_EPOCH,
        written // 100 + UNIX_EPOCH,
        changed // 100 + UNIX_EPOCH,
        size,
        taken,
        dos_attributes(info),
    )


def _directory(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    return _TIMES.pack(0, 0, *_numbers(info), len(raw)) + raw


def _full(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    return _FULL.pack(0, 0, *_numbers(info), len(raw), folder.ea_size(name, info)) + raw


def _both(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    short = folder.short(name).encode("utf-16-le")
    ea = folder.ea_size(name, info) if info is not None and info[ATTRIBUTES] >= 0 else 0
    return _BOTH.pack(0, 0, *_numbers(info), len(raw), ea, len(short), short) + raw


def _number(folder: DiskFolder, name: str, info: Look | None) -> int:
    if info is None:
        return 0
    if name not in (".", ".."):
        folder.device.volume.told(info[INODE], f"{folder.path.rstrip(chr(92))}\\{name}")
    return info[INODE]


def _id_both(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    short = folder.short(name).encode("utf-16-le")
    ea, number = folder.ea_size(name, info), _number(folder, name, info)
    return _ID_BOTH.pack(0, 0, *_numbers(info), len(raw), ea, len(short), short, number) + raw


def _id_full(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    ea, number = folder.ea_size(name, info), _number(folder, name, info)
    return _ID_FULL.pack(0, 0, *_numbers(info), len(raw), ea, number) + raw


def _names(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    return _NAMES.pack(0, 0, len(raw)) + raw


def _extended(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    """With a reparse tag (none) and an id of 16 bytes: Windows 8 and later."""
    raw = name.encode("utf-16-le", "surrogatepass")
    ea, number = folder.ea_size(name, info), _number(folder, name, info)
    return _EXTENDED.pack(0, 0, *_numbers(info), len(raw), ea, 0, number, 0) + raw


def _extended_both(folder: DiskFolder, name: str, info: Look | None) -> bytes:
    raw = name.encode("utf-16-le", "surrogatepass")
    short = folder.short(name).encode("utf-16-le")
    ea, number = folder.ea_size(name, info), _number(folder, name, info)
    return _EXTENDED_BOTH.pack(0, 0, *_numbers(info), len(raw), ea, 0, number, 0, len(short), short) + raw


RECORDS: dict[int, Callable[[DiskFolder, str, Look | None], bytes]] = {
    CLASS.FileDirectoryInformation: _directory,
    CLASS.FileFullDirectoryInformation: _full,
    CLASS.FileBothDirectoryInformation: _both,
    CLASS.FileIdBothDirectoryInformation: _id_both,
    CLASS.FileIdFullDirectoryInformation: _id_full,
    CLASS.FileNamesInformation: _names,
    CLASS.FileIdExtdDirectoryInformation: _extended,
    CLASS.FileIdExtdBothDirectoryInformation: _extended_both,
}
