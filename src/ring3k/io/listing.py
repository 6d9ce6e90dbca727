"""Entries of a listing, as NtQueryDirectoryFile gives them: a chain in a buffer."""

from __future__ import annotations


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
