"""Changes on their way into the store: a log in shared memory, for a kernel that has a machine to itself.

A commit costs more than everything else that setting a value or making a key takes.
So while no other kernel uses the file, these are written into this mapped file, which
outlives the process that wrote them, and go into the store together: before any
other change, when the log is full, when somebody flushes.  What a killed kernel
has left here is applied by the next one that opens the store, before it looks.

A kernel that comes while another is at work says so in the header first, and
applies what is here then; the other looks there after every entry, applies it at
once if it must, and from then on uses the log no more.  Entries have numbers, the
store knows the last one that was applied: nothing is applied twice.

A key that is made and deleted again never reaches the store, nor do its values.
"""

from __future__ import annotations

import _sqlite3 as sqlite3
import errno
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from struct import Struct
from zlib import crc32

from ring3k.cm.names import fold
from ring3k.cm.sqlite_reader import as_text, sortable
from ring3k.typed import Any, NamedTuple

SIZE = 1 << 20
HEADER = 64
MOST_DATA = 1 << 14  # larger data goes into the store at once
VALUE, VALUE_GONE, KEY, KEY_GONE = range(4)  # what entries tell
_MAGIC = 0x314C334B  # in the first word; then the end of the entries, and whether others are there
_END, _SHARED = 1, 2
_HEAD = Struct("<II")  # length, check sum of the rest
_ENTRY = Struct("<QQQqIHBxI")  # number, key, row, time, type, length of name, kind, length of data
_HEAD_SIZE = _HEAD.size
_KEY = Struct("<Q?")  # a key's data: number of its descriptor, whether there is a class, which follows

Run = Callable[..., Any]  # a statement of SQL


class Entry(NamedTuple):
    """A change: of a value, or of a key, whose number is then ``row`` and its parent's ``key``."""

    number: int
    key: int
    row: int
    time: int
    type: int  # of a value; flags of a key
    kind: int
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
        self._names: dict[str, bytes] = {}  # of the entries that are here, as they are written

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
        self._names.clear()

    def append(
        self,
        number: int,
        key: int,
        row: int,
        time: int,
        type_: int,
        name: str,
        data: bytes,
        kind: int = VALUE,
    ) -> int:
        """Write an entry, which is there as a whole or not at all; its place, 0 if there is no room."""
        raw = self._names.get(name)
        if raw is None:
            raw = self._names[name] = name.encode("utf-16-le", "surrogatepass")
        body = _ENTRY.pack(number, key, row, time, type_, len(raw), kind, len(data)) + raw + data
        end = self._end
        after = end + _HEAD_SIZE + len(body)
        if after > SIZE:
            return 0
        self._map[end:after] = _HEAD.pack(len(body), crc32(body)) + body
        self._end = self._words[_END] = after  # one store: from now on it is there
        return end

    def entry(self, place: int) -> Entry | None:
        """What stands at a place; None if it is not whole (after a loss of power)."""
        length, check = _HEAD.unpack_from(self._map, place)
        start = place + _HEAD_SIZE
        body = self._map[start : start + length]
        if len(body) != length or length < _ENTRY.size or crc32(body) != check:
            return None
        number, key, row, time, type_, name_size, kind, size = _ENTRY.unpack_from(body)
        name_end = _ENTRY.size + name_size
        name = body[_ENTRY.size : name_end].decode("utf-16-le", "surrogatepass")
        return Entry(number, key, row, time, type_, kind, name, body[name_end : name_end + size])

    def entries(self, after: int = -1) -> Iterator[Entry]:
        """What is in the log with larger numbers, up to the first entry that is not whole."""
        at, end = HEADER, min(self._words[_END], SIZE)
        while at + _HEAD_SIZE + _ENTRY.size <= end:
            found = self.entry(at)
            if found is None:
                return
            if found.number > after:
                yield found
            at += _HEAD_SIZE + _HEAD.unpack_from(self._map, at)[0]

    def close(self) -> None:
        self._words.release()
        self._map.close()
        os.close(self._file)


def open_log(path: str) -> Log | None:
    """None where there is no room for one; then there was none before, either.  OSError."""
    try:
        return Log(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or os.path.getsize(path):
            raise
        return None


def key_data(security: int, class_name: str | None) -> bytes:
    """What an entry says of a key besides its name."""
    if class_name is None:
        return _KEY.pack(security, False)
    return _KEY.pack(security, True) + class_name.encode("utf-16-le", "surrogatepass")


def apply(run: Run, entries: list[Entry], fold: Callable[[str], str] = fold) -> None:
    """In a transaction: changes into the store.  What is below a key that is gone, goes with it."""
    made = {entry.row for entry in entries if entry.kind == KEY}
    passing = {entry.row for entry in entries if entry.kind == KEY_GONE and entry.row in made}
    for entry in entries:
        with suppress(sqlite3.IntegrityError):
            if entry.kind == VALUE:
                if entry.key not in passing:
                    _set_value(run, entry, sortable(fold(entry.name)))
            elif entry.kind == KEY:
                if entry.row not in passing:
                    _make_key(run, entry, sortable(fold(entry.name)))
            elif entry.kind == KEY_GONE:
                if entry.row not in passing:
                    run("DELETE FROM key WHERE id = ?", (entry.row,))
                run("UPDATE key SET time = ? WHERE id = ?", (entry.time, entry.key))
            else:
                run("DELETE FROM value WHERE key = ? AND folded = ?", (entry.key, sortable(fold(entry.name))))
                run("UPDATE key SET time = ? WHERE id = ?", (entry.time, entry.key))


def _set_value(run: Run, entry: Entry, folded: bytes) -> None:
    changed = run(
        "UPDATE value SET type = ?, data = ?, time = ? WHERE key = ? AND folded = ?",
        (entry.type, entry.data, entry.time, entry.key, folded),
    ).rowcount
    if not changed:
        row = entry.row, entry.key, as_text(entry.name), folded, entry.type, entry.data, entry.time
        run("INSERT INTO value VALUES(?, ?, ?, ?, ?, ?, ?)", row)


def _make_key(run: Run, entry: Entry, folded: bytes) -> None:
    security, has_class = _KEY.unpack_from(entry.data)
    class_name = entry.data[_KEY.size :].decode("utf-16-le", "surrogatepass") if has_class else None
    run(
        "INSERT INTO key VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.row,
            entry.key,
            as_text(entry.name),
            folded,
            as_text(class_name),
            entry.time,
            entry.type,
            security or None,
        ),
    )
