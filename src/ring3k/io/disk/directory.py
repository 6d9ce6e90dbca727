"""An opened folder: listing it, watching it.

A listing begins with the pattern of its first call, which later calls cannot
change, and goes through the names that were there then; starting again looks anew.
Names come in the order of their letters, as NTFS keeps them, ``.`` and ``..`` first except
in the root.  A pattern is held against the 8.3 name, too.

The first entry of a buffer that is too small for it is cut, STATUS_BUFFER_OVERFLOW.
"""

from __future__ import annotations

import os
import stat
from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_DIRECTORY_NOT_EMPTY,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_FILES,
    STATUS_NO_SUCH_FILE,
    NtError,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import ATTRIBUTES, INODE, MODE, SIZE, Look, look, look_at, records
from ring3k.io.device import Opening
from ring3k.io.disk.attributes import HAS_EA, KEPT, REPARSE, dos_attributes, times
from ring3k.io.disk.entry import HERE, Entry, Place
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.folder import join
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.information import allocation
from ring3k.io.disk.names import Pattern, pattern_of, to_host
from ring3k.io.disk.notify import Watch, start_watch
from ring3k.io.listing import Chain
from ring3k.io.request import Request
from ring3k.typed import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.names import HostName
    from ring3k.io.disk.node import Node

MOST = 1 << 18  # bytes for one call, however long the buffer: others have calls, too
NAME_COST = 16  # of pool, for each name of a listing
PART = 128  # names that are looked at together


class Layout(NamedTuple):
    """A record without its name: its length, and where in it things are (0: nowhere)."""

    fixed: int
    length: int = 60  # of the name; before it, the times and the other numbers, if there is room
    ea: int = 0
    brief: int = 0  # the 8.3 name: its length in a byte, 24 bytes of it after another
    number: int = 0


LAYOUTS = {
    CLASS.FileDirectoryInformation: Layout(64),
    CLASS.FileFullDirectoryInformation: Layout(68, ea=64),
    CLASS.FileBothDirectoryInformation: Layout(94, ea=64, brief=68),
    CLASS.FileIdBothDirectoryInformation: Layout(104, ea=64, brief=68, number=96),
    CLASS.FileIdFullDirectoryInformation: Layout(80, ea=64, number=72),
    CLASS.FileNamesInformation: Layout(12, length=8),
    # Windows 8 and later: with a reparse tag (none), and ids of 16 bytes.
    CLASS.FileIdExtdDirectoryInformation: Layout(88, ea=64, number=72),
    CLASS.FileIdExtdBothDirectoryInformation: Layout(114, ea=64, brief=88, number=72),
}
SPECIAL = (KEPT | REPARSE, HAS_EA | REPARSE)  # attributes that are shown, and those that are work
_NUMBERS = Struct("<qqqqqqI")  # creation, access, write, change, end, allocation, attributes
NUMBERS = 8  # where they begin


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
        self._names: list[str] | None = None  # of the listing, as far as they have been looked for
        self._rest: list[str] = []  # those of the folder that have not been looked at, the last first
        self._charge = 0
        self._place = 0
        self._dots = 0  # of the names: "." and ".."
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

    def remove_name(self, host: HostName, folder: int) -> None:
        os.rmdir(host, dir_fd=folder)

    def require_removable(self) -> None:
        """STATUS_DIRECTORY_NOT_EMPTY."""
        try:
            if os.listdir(self.fd):
                raise NtError(STATUS_DIRECTORY_NOT_EMPTY)
        except OSError as error:
            raise nt_error(error) from None

    # -- what a folder does not do ---------------------------------------------------------
    def read(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def write(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def lock(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_PARAMETER)

    def unlock(self, offset: int, length: int, key: int, process: Any) -> int:
        raise NtError(STATUS_INVALID_PARAMETER)

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
        layout = LAYOUTS.get(kind)
        if layout is None:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        first = self._pattern is None
        if self._pattern is None:
            self._pattern = pattern_of(text) if text else Pattern("*")
        if restart or self._names is None:
            self._begin(self._pattern)
        data, status = self._fill(layout, min(request.length, MOST), bool(single))
        if not data and not status:
            status = STATUS_NO_SUCH_FILE if first else STATUS_NO_MORE_FILES
            if first:
                self._pattern = None  # nothing has begun
                self._forget()
            return status
        request.buffer.write(data)
        request.information = len(data)
        return status

    def _begin(self, pattern: Pattern) -> None:
        """The names as they are now."""
        self._forget()
        names = self._found(pattern)
        dots = [name for name in (".", "..") if self.parent is not None and pattern.matches(name)]
        charge = (len(dots) + len(names)) * NAME_COST
        self.kernel.pool.charge(charge)
        self._charge = charge
        if pattern.matches_all or pattern.exact is not None:
            self._names, self._rest = [*dots, *names], []
        else:
            self._names, self._rest = dots.copy(), names[::-1]
        self._place, self._dots = 0, len(dots)

    def _forget(self) -> None:
        if self._names is not None:
            self.kernel.pool.release(self._charge)
            self._names, self._rest = None, []

    def _more(self, names: list[str]) -> bool:
        """Look for further names that the pattern means, as far as some are found."""
        pattern, rest = self._pattern, self._rest
        while rest and pattern is not None:
            part = rest[: -PART - 1 : -1]
            del rest[-PART:]
            found = [name for name in part if self._matches(pattern, name)]
            if found:
                names += found
                return True
        return False

    def _found(self, pattern: Pattern) -> list[str]:
        """The names that a pattern may mean, in order: those of a folder if it has wildcards."""
        here, volume = self.here, self.device.volume
        if pattern.exact is None:
            return volume.names_in(here)
        if self._adds or here.folder is None:
            entry = volume.step(here, pattern.exact)
            return [entry.name] if entry is not None else []
        return here.folder.find(pattern.exact)

    def _matches(self, pattern: Pattern, name: str) -> bool:
        if pattern.matches(upcase(name)):
            return True
        short = self.short(name)
        return bool(short) and pattern.matches(short)

    @property
    def _adds(self) -> bool:
        """Whether more is to be seen here than the host's folder has."""
        return self.here.mount is not None and self.here.mount.adds

    def _fill(self, layout: Layout, room: int, single: bool) -> tuple[bytes, int]:
        """As many entries as fit; the last one's place is where the next call goes on."""
        names, out, adds = self._names, Chain(room), self._adds
        if names is None:
            return b"", 0
        while self._place < len(names) or self._more(names):
            if self._place >= self._dots and not adds:
                self._add_many(layout, out, 1 if single else len(names))
                if single and out.data:
                    break
                if self._place == len(names):
                    continue
            record = self._record(layout, names[self._place])
            if record is not None and not out.add(record):
                if out.data:
                    break
                self._place += 1
                return record[:room], STATUS_BUFFER_OVERFLOW
            self._place += 1
            if single and out.data:
                break
        return bytes(out.data), 0

    def _add_many(self, layout: Layout, out: Chain, most: int) -> None:
        """Those that the engine can do, up to the first that it cannot or that does not fit."""
        folder = self.here.folder
        if folder is None or out.left <= 0:
            return
        data, last, self._place, numbers = records(
            folder.fd,
            self._names or [],
            self._place,
            most,
            out.left,
            layout,
            SPECIAL,
            folder.shorts,
        )
        out.add_many(data, last)
        for number, name in numbers.items():
            self.device.volume.told(number, join(self.path, name))

    def _record(self, layout: Layout, name: str) -> bytes | None:
        """One entry; None where a guest is to see nothing."""
        try:
            info, there = self._look(name)
        except OSError:
            return None
        return make_record(self, layout, name, info) if there else None

    def _look(self, name: str) -> tuple[Look | None, bool]:
        """What the host says, and whether a guest may see it."""
        here = self.here
        if name == ".":
            return self.info, True
        if name == "..":
            up = self.parent.folder if self.parent is not None else None
            return (look_at(up.fd, None) if up is not None else None), True
        if self._adds:
            entry = self.device.volume.step(here, name)
            return (entry.info, True) if entry is not None else (None, False)
        if here.folder is None:
            return None, False
        info = look(here.folder.fd, to_host(name))
        if info is not None and stat.S_ISLNK(info[MODE]):
            entry = self.device.volume.step(here, name, False)
            return (entry.info, True) if entry is not None else (None, False)
        return info, info is not None and (stat.S_ISREG(info[MODE]) or stat.S_ISDIR(info[MODE]))

    def short(self, name: str) -> str:
        """The 8.3 name of what is in this folder; "" where there is no other than its own."""
        folder = self.here.folder
        return folder.short(name) if folder is not None and name not in (".", "..") else ""

    def ea_size(self, name: str, info: Look | None) -> int:
        """What the extended attributes of an entry take, as it is listed; of a reparse point the tag."""
        if info is None or info[ATTRIBUTES] < 0 or self.here.folder is None:
            return 0
        if info[ATTRIBUTES] & REPARSE:
            from ring3k.io.disk.reparse import tag_by_name

            return tag_by_name(self.here.folder.fd, to_host(name))
        if not info[ATTRIBUTES] & HAS_EA:
            return 0
        from ring3k.io.disk.ea import size_by_name

        return size_by_name(self.here.folder.fd, to_host(name))


def _numbers(info: Look | None) -> tuple[int, int, int, int, int, int, int]:
    """Times, end, allocation, attributes."""
    is_file = info is not None and not stat.S_ISDIR(info[MODE])
    size, taken = (info[SIZE], allocation(info)) if info is not None and is_file else (0, 0)
    return (*times(info), size, taken, dos_attributes(info))


def make_record(folder: DiskFolder, layout: Layout, name: str, info: Look | None) -> bytes:
    """What ``engine.hostfile.records`` does, for any entry."""
    raw = name.encode("utf-16-le", "surrogatepass")
    record = bytearray(layout.fixed)
    record[layout.length : layout.length + 4] = len(raw).to_bytes(4, "little")
    if layout.length > NUMBERS:
        _NUMBERS.pack_into(record, NUMBERS, *_numbers(info))
    if layout.ea:
        record[layout.ea : layout.ea + 4] = folder.ea_size(name, info).to_bytes(4, "little")
    if layout.brief:
        brief = folder.short(name).encode("utf-16-le")
        record[layout.brief] = len(brief)
        record[layout.brief + 2 : layout.brief + 2 + len(brief)] = brief
    if layout.number and info is not None:
        record[layout.number : layout.number + 8] = info[INODE].to_bytes(8, "little")
        if name not in (".", ".."):
            folder.device.volume.told(info[INODE], join(folder.path, name))
    return bytes(record) + raw
