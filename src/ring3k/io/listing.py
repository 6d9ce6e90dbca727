"""Listing what a device keeps by name only: pipes, mailslots.

A listing keeps the pattern of its first call, and goes through the names that were
there then; starting again looks anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_INFO_CLASS,
    STATUS_NO_MORE_FILES,
    STATUS_NO_SUCH_FILE,
    NtError,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.structs.io import FILE_ATTRIBUTE_NORMAL
from ring3k.abi.upcase import upcase
from ring3k.io.disk.names import Pattern
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.pool import Pool

MOST = 1 << 16  # bytes for one call
ENTRY_COST = 64  # of pool, for each name of a listing
_DIRECTORY = Struct("<II32xqqII")  # next, index, times, end, allocation, attributes, length of the name
TAILS = {  # what lies between that and the name, by class
    CLASS.FileDirectoryInformation: b"",
    CLASS.FileFullDirectoryInformation: bytes(4),
    CLASS.FileBothDirectoryInformation: bytes(4 + 2 + 24),
}


class Chain:
    """Entries of a listing in ``room`` bytes: each at a multiple of 8, its first word the way to the next."""

    __slots__ = ("_last", "_room", "data")

    def __init__(self, room: int) -> None:
        self._room = room
        self._last = 0
        self.data = bytearray()

    def add(self, record: bytes) -> bool:
        """False if it does not fit any more."""
        data = self.data
        start = (len(data) + 7) & ~7
        if start + len(record) > self._room:
            return False
        if data:
            data[self._last : self._last + 4] = (start - self._last).to_bytes(4, "little")
            data += bytes(start - len(data))
        self._last = start
        data += record
        return True

    @property
    def left(self) -> int:
        """Room for what begins at the next multiple of 8."""
        return self._room - ((len(self.data) + 7) & ~7)

    def add_many(self, records: bytes, last: int) -> None:
        """Entries in a chain of their own, the last of which begins at ``last``; there is room for them."""
        if records:
            start = (len(self.data) + 7) & ~7
            self.add(records)
            self._last = start + last


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
    head = _DIRECTORY.pack(0, 0, one.end, one.allocation, FILE_ATTRIBUTE_NORMAL, len(raw))
    return head + TAILS[kind] + raw
