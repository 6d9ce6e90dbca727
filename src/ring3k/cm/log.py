"""Values on their way into the store: a log in shared memory, for a kernel that has a machine to itself.

A commit costs more than everything else that setting a value takes.  So while no
other kernel uses the file, values are written into this mapped file, which
outlives the process that wrote them, and go into the store together: before any
other change, when the log is full, when somebody flushes.  What a killed kernel
has left here is applied by the next one that opens the store, before it looks.

A kernel that comes while another is at work says so in the header first, and
applies what is here then; the other looks there after every entry, applies it at
once if it must, and from then on uses the log no more.  Entries have numbers, the
store knows the last one that was applied: nothing is applied twice.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from struct import Struct
from zlib import crc32

from ring3k.typed import NamedTuple

SIZE = 1 << 20
HEADER = 64
MOST_DATA = 1 << 14  # larger data goes into the store at once
_MAGIC = 0x314C334B  # in the first word; then the end of the entries, and whether others are there
_END, _SHARED = 1, 2
_HEAD = Struct("<II")  # length, check sum of the rest
_ENTRY = Struct("<QQQqIHxxI")  # number, key, value, time, type, lengths of name and data


class Entry(NamedTuple):
    """A value as it was set."""

    number: int
    key: int
    value: int
    time: int
    type: int
    name: str
    data: bytes


class Log:
    """The file, mapped.  OSError when it cannot be had."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(self._file, 0, SIZE)  # a write to memory cannot say that the disk is full
            self._map = mmap.mmap(self._file, SIZE)
        except OSError:
            os.close(self._file)
            raise
        self._words = memoryview(self._map).cast("Q")
        if self._words[0] != _MAGIC:
            self._words[_END] = self._words[_SHARED] = 0
            self._words[0] = _MAGIC
        self._end = HEADER

    @property
    def shared(self) -> bool:
        """Whether another kernel has come."""
        return self._words[_SHARED] != 0

    def join(self) -> None:
        """Say that we have come."""
        self._words[_SHARED] = 1

    def begin(self) -> None:
        """Nobody else is there, and all that was here is in the store."""
        self._words[_SHARED] = 0
        self.empty()

    def empty(self) -> None:
        self._end = HEADER
        self._words[_END] = 0

    def append(
        self, number: int, key: int, value: int, time: int, type_: int, name: str, data: bytes
    ) -> bool:
        """Write an entry, which is there as a whole or not at all; False if there is no room."""
        raw = name.encode("utf-16-le", "surrogatepass")
        body = _ENTRY.pack(number, key, value, time, type_, len(raw), len(data)) + raw + data
        end = self._end
        after = end + _HEAD.size + len(body)
        if after > SIZE:
            return False
        self._map[end:after] = _HEAD.pack(len(body), crc32(body)) + body
        self._end = after
        self._words[_END] = after  # one store: from now on it is there
        return True

    def entries(self) -> Iterator[Entry]:
        """What is in the log, up to the first entry that is not whole (after a loss of power)."""
        at, end = HEADER, min(self._words[_END], SIZE)
        while at + _HEAD.size + _ENTRY.size <= end:
            length, check = _HEAD.unpack_from(self._map, at)
            body = self._map[at + _HEAD.size : at + _HEAD.size + length]
            if len(body) != length or length < _ENTRY.size or crc32(body) != check:
                return
            number, key, value, time, type_, name_size, size = _ENTRY.unpack_from(body)
            name_end = _ENTRY.size + name_size
            name = body[_ENTRY.size : name_end].decode("utf-16-le", "surrogatepass")
            yield Entry(number, key, value, time, type_, name, body[name_end : name_end + size])
            at += _HEAD.size + length

    def close(self) -> None:
        self._words.release()
        self._map.close()
        os.close(self._file)
