"""The registry of a machine in one SQLite file, as it is read.

Who changes the file holds a lock beside it, shared; who finds nobody else there
starts the machine.  Who only reads it has no part in that.

Several kernels may have the same file open; each notices the others' commits by
the change counter in SQLite's shared WAL index (a word in shared memory: looking
costs nothing) and drops what it remembers.

A key's last write time is the newest of its own and its values' times, so that
setting a value writes one row.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # what ``sqlite3`` adds are dates: a start reads ``datetime`` for them
import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ring3k.abi.status import STATUS_REGISTRY_IO_FAILED, STATUS_REGISTRY_QUOTA_LIMIT, NtError
from ring3k.cm.store import HiveRow, KeyRow, StoreError, StoreReader, ValueRow

LIMIT = 256 << 20  # bytes in the file
PAGE_SIZE = 1024  # small: each commit writes whole pages
LONGEST_WAIT = 30  # seconds for another kernel's transaction
FORMAT = 3

_KEY = """SELECT id, parent, name, class,
    max(time, ifnull((SELECT max(value.time) FROM value WHERE value.key = key.id), 0)),
    flags, security FROM key"""


class Database:
    """The file, connected to; the lock of those who use it; the counter of commits in it.

    sqlite3.Error, OSError, StoreError.
    """

    def __init__(self, path: str, limit: int, use: bool) -> None:
        """``use``: as one of those who change it, or make it."""
        self.path = path
        self.limit = limit // PAGE_SIZE  # pages
        self.alone = False  # nobody else uses it, and nobody can begin to
        self._lock = self._index = -1
        if use:
            self.use()
        with self.closed_on_error():
            self.connection = sqlite3.connect(
                path if use else _existing(path),
                timeout=LONGEST_WAIT,
                isolation_level=None,
                check_same_thread=False,
                uri=not use,
            )
            self.run = run = self.connection.execute
            self.format = self.read_format()
            if not self.format:
                run(f"PRAGMA page_size={PAGE_SIZE}")
            run("PRAGMA journal_mode=WAL")
            run("PRAGMA synchronous=NORMAL")  # check points wait for the disk, commits do not: never corrupt
            run("PRAGMA wal_autocheckpoint=16384")
            run("PRAGMA foreign_keys=ON")
            run(f"PRAGMA max_page_count={self.limit}")

    def use(self) -> None:
        """Be one of those who use it, as long as it is open."""
        self._lock = lock = os.open(f"{self.path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
        else:
            self.alone = True

    def let_others_in(self) -> None:
        self.alone = False
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def read_format(self) -> int:
        """0: nothing was made yet."""
        found: int = self.run("PRAGMA user_version").fetchone()[0]
        return found

    def wrong_format(self) -> StoreError:
        return StoreError(f"{self.path}: made by another version of ring3k (format {self.format})")

    def watch(self) -> None:
        """Have the counter; the file has its tables now."""
        self._identity = _identity(self.path)
        self._index = os.open(f"{self.path}-shm", os.O_RDONLY | os.O_CLOEXEC)  # kept: closing drops locks
        self._map = mmap.mmap(self._index, 136, mmap.MAP_SHARED, mmap.PROT_READ)
        self.words = memoryview(self._map).cast("I")  # [2]: counts commits (sqlite.org/walformat.html)

    def use_now(self) -> None:
        """``use`` of what was opened for reading, if it is still what it was."""
        if _identity(self.path) != self._identity:
            raise StoreError(f"{self.path}: another file than before")
        self.use()
        self.format = self.read_format()
        if self.format != FORMAT:
            raise self.wrong_format()

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """May be called twice."""
        with suppress(AttributeError):  # there was no connection
            self.connection.close()  # the last one empties SQLite's log into the file
        if self._index >= 0:
            self.words.release()
            self._map.close()
            os.close(self._index)
        if self._lock >= 0:
            os.close(self._lock)
        self._index = self._lock = -1


class Reader(StoreReader):
    """What is in the file; nothing is written, and nobody who uses it is held up."""

    path: str

    def __init__(self, database: Database) -> None:
        self.path = database.path
        self.database = database
        self._run = database.run
        self.words = database.words
        self.seen = self.words[2]
        self._by_number: dict[int | None, bytes | None] = {None: None}  # descriptors

    # -- noticing others ---------------------------------------------------------------
    def changed(self) -> bool:
        now = self.words[2]
        if now == self.seen:
            return False
        self.seen = now
        return True

    # -- rows --------------------------------------------------------------------------
    def _keys(self, where: str, *values: object) -> list[KeyRow]:
        known = self._by_number
        try:
            return [
                KeyRow(
                    number,
                    parent,
                    from_text(name) or "",
                    from_text(class_name),
                    time,
                    flags,
                    known[security] if security in known else self._descriptor(security),
                )
                for number, parent, name, class_name, time, flags, security in self._run(
                    f"{_KEY} WHERE {where}", values
                ).fetchall()
            ]
        except sqlite3.Error as error:
            raise NtError(status_of(error)) from None

    def _descriptor(self, number: int) -> bytes:
        """A descriptor's number stays its own, but for one that was given in a transaction that is undone."""
        found: bytes = self._run("SELECT descriptor FROM security WHERE id = ?", (number,)).fetchone()[0]
        self._by_number[number] = found
        return found

    def key(self, number: int) -> KeyRow | None:
        found = self._keys("id = ?", number)
        return found[0] if found else None

    def child(self, parent: int, folded: str) -> KeyRow | None:
        found = self._keys("parent = ? AND folded = ?", parent, sortable(folded))
        return found[0] if found else None

    def children(self, parent: int, most: int = -1) -> list[KeyRow]:
        """Sorted by name; at most so many."""
        return self._keys("parent = ? ORDER BY folded LIMIT ?", parent, most)

    def values(self, key: int) -> list[ValueRow]:
        """In the order they were made."""
        try:
            rows = self._run(
                "SELECT id, name, type, data FROM value WHERE key = ? ORDER BY id", (key,)
            ).fetchall()
        except sqlite3.Error as error:
            raise NtError(status_of(error)) from None
        return [(number, from_text(name) or "", type_, data) for number, name, type_, data in rows]

    def hives(self) -> list[HiveRow]:
        return [HiveRow(*row) for row in self._run("SELECT key, nt_path, host_path, replacement FROM hive")]

    def close(self) -> None:
        """May be called twice."""
        self.database.close()


def open_reader(path: str, limit: int = LIMIT) -> Reader:
    """A file that is there, to be read; StoreError."""
    with opening(path):
        database = Database(path, limit, False)
        with database.closed_on_error():
            if database.format != FORMAT:
                raise database.wrong_format()
            database.watch()
            return Reader(database)


@contextmanager
def opening(path: str) -> Iterator[None]:
    """Whatever goes wrong is a StoreError."""
    try:
        yield
    except (sqlite3.Error, OSError, NtError) as error:
        raise StoreError(f"{path}: not a registry, or it cannot be opened: {error}") from None


def sortable(text: str) -> bytes:
    """Sorts as NT sorts, by code units; and lone surrogates are no text to SQLite."""
    return text.encode("utf-16-be", "surrogatepass")


def as_text(text: str | None) -> str | bytes | None:
    """A text as SQLite takes it."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass")
    return text


def from_text(text: str | bytes | None) -> str | None:
    return text.decode("utf-16-le", "surrogatepass") if isinstance(text, bytes) else text


def status_of(error: sqlite3.Error) -> int:
    """What an error of the store is to a guest."""
    full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return STATUS_REGISTRY_QUOTA_LIMIT if full else STATUS_REGISTRY_IO_FAILED


def _existing(path: str) -> str:
    """To SQLite: a file that is not made if it is not there."""
    for one in "%?#":
        path = path.replace(one, f"%{ord(one):02x}")
    return f"file:{path}?mode=rw"


def _identity(path: str) -> tuple[int, int]:
    """Which file is there; OSError."""
    info = os.stat(path)
    return info.st_dev, info.st_ino
