"""Devices that keep files by name only: pipes, mailslots.

The device without a backslash is a file that does nothing; with one it is the one
folder, which lists the names.  What follows is a name, backslashes and all.

A listing keeps the pattern of its first call, and goes through the names that were
there then; starting again looks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_FILES,
    STATUS_NO_SUCH_FILE,
    STATUS_OBJECT_NAME_INVALID,
    NtError,
)
from ring3k.abi.structs import io as st
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.upcase import upcase
from ring3k.io.device import Device, Opening
from ring3k.io.disk.names import Pattern
from ring3k.io.file import FileObject
from ring3k.io.listing import Chain
from ring3k.typed import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.pool import Pool
    from ring3k.ke.thread import KThread

FS = st.FS_INFORMATION_CLASS
MOST = 1 << 16  # bytes for one call
ENTRY_COST = 64  # of pool, for each name of a listing
_DIRECTORY = Struct("<II32xqqII")  # next, index, times, end, allocation, attributes, length of the name
TAILS = {  # what lies between that and the name, by class
    CLASS.FileDirectoryInformation: b"",
    CLASS.FileFullDirectoryInformation: bytes(4),
    CLASS.FileBothDirectoryInformation: bytes(4 + 2 + 24),
}


class Named(NamedTuple):
    """An entry."""

    name: str
    end: int
    allocation: int


class Listing:
    """Of one opened folder; ``names`` tells what is there now."""

    def __init__(self, pool: Pool, names: Callable[[], Iterable[Named]]) -> None:
        self._pool = pool
        self._names = names
        self._pattern: Pattern | None = None
        self._found: list[Named] | None = None  # those that match, in order
        self._place = 0

    def query(self, request: Request) -> int:
        """NtQueryDirectoryFile."""
        single, restart, text = request.input
        if request.code not in TAILS and request.code != CLASS.FileNamesInformation:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        first = self._pattern is None
        if self._pattern is None:
            self._pattern = Pattern(text[:255] if text else "*")
        if restart or self._found is None:
            self._look(self._pattern)
        data, status = self._fill(request.code, min(request.length, MOST), single)
        if not data:
            return STATUS_NO_SUCH_FILE if first else STATUS_NO_MORE_FILES
        request.buffer.write(data)
        request.information = len(data)
        return status

    def _look(self, pattern: Pattern) -> None:
        """What there is now."""
        self.close()
        keys = sorted(
            (key, one)
            for key, one in ((upcase(one.name), one) for one in self._names())
            if pattern.matches(key)
        )
        self._pool.charge(len(keys) * ENTRY_COST)
        self._found, self._place = [one for _, one in keys], 0

    def close(self) -> None:
        """Forget them."""
        if self._found is not None:
            self._pool.release(len(self._found) * ENTRY_COST)
            self._found = None

    def _fill(self, kind: int, room: int, single: bool) -> tuple[bytes, int]:
        """As many entries as fit; of the first, if it does not fit, a part."""
        found, out = self._found or [], Chain(room)
        while self._place < len(found):
            record = _record(kind, found[self._place])
            if not out.add(record):
                if out.data:
                    break
                self._place += 1
                return record[:room], STATUS_BUFFER_OVERFLOW
            self._place += 1
            if single:
                break
        return bytes(out.data), 0


def _record(kind: int, one: Named) -> bytes:
    raw = one.name.encode("utf-16-le", "surrogatepass")
    if kind == CLASS.FileNamesInformation:
        return bytes(8) + len(raw).to_bytes(4, "little") + raw
    head = _DIRECTORY.pack(0, 0, one.end, one.allocation, st.FILE_ATTRIBUTE_NORMAL, len(raw))
    return head + TAILS[kind] + raw


class FlatDevice(Device):
    """The device."""

    file_system: ClassVar[str]
    label: ClassVar[str]
    has_full_size: ClassVar[bool] = False  # whether it answers FileFsFullSizeInformation

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if rest not in ("", "\\"):
            return self.open_name(t, rest, how)
        if how.extra is not None:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return self.open_folder(rest, how)

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        if not isinstance(root, FlatFolder) or not root.path or not rest:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return self.open(t, "\\" + rest, attributes, how)

    def open_folder(self, path: str, how: Opening) -> FlatFolder:
        """The device by itself (an empty path), or its folder."""
        raise NotImplementedError

    def open_name(self, t: KThread | None, name: str, how: Opening) -> FileObject:
        """Make what has this name (with its backslash), or open it."""
        raise NotImplementedError

    def names(self) -> Iterable[Named]:
        """What there is now."""
        raise NotImplementedError


class FlatFile(FileObject):
    """A file of such a device, which is no volume but says that it is."""

    device: FlatDevice

    def query_volume(self, kind: int, length: int) -> bytes:
        if kind == FS.FileFsVolumeInformation:
            label = self.device.label.encode("utf-16-le")
            return bytes(12) + len(label).to_bytes(4, "little") + bytes(2) + label
        if kind == FS.FileFsAttributeInformation:
            name = self.device.file_system.encode("utf-16-le")
            head = (st.FILE_CASE_PRESERVED_NAMES, 0xFFFFFFFF, len(name))
            return b"".join(word.to_bytes(4, "little") for word in head) + name
        if kind == FS.FileFsSizeInformation:
            return st.FILE_FS_SIZE_INFORMATION(SectorsPerAllocationUnit=1, BytesPerSector=1).pack()
        if kind == FS.FileFsFullSizeInformation and self.device.has_full_size:
            return st.FILE_FS_FULL_SIZE_INFORMATION(SectorsPerAllocationUnit=1, BytesPerSector=1).pack()
        return super().query_volume(kind, length)


class FlatFolder(FlatFile):
    """The device opened by itself (an empty path), or its folder."""

    def __init__(self, device: FlatDevice, how: Opening, path: str) -> None:
        super().__init__(device, how)
        self._path = path
        self._listing: Listing | None = None

    @property
    def path(self) -> str:
        return self._path

    def cleanup(self) -> None:
        if self._listing is not None:
            self._listing.close()

    def query_directory(self, request: Request) -> int:
        if not self._path:
            return STATUS_INVALID_PARAMETER
        if self._listing is None:
            self._listing = Listing(self.kernel.pool, self.device.names)
        return self._listing.query(request)
