"""The registry of a machine in one SQLite file.

Every change is one transaction, committed before the call returns; or it is a
value in a log that survives this process (``cm.log``) and comes with the next
transaction.  So whatever a guest was told is there when this process is killed at
any instant.  ``sync`` makes it survive a loss of power, too.

Several kernels may have the same file open; each notices the others' commits by
the change counter in SQLite's shared WAL index (a word in shared memory: looking
costs nothing) and drops what it remembers.  Two changes that meet are told apart
by the constraints below, and the later one is tried again on what the earlier one
left.

A key's last write time is the newest of its own and its values' times, so that
setting a value writes one row.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # what ``sqlite3`` adds are dates: a start reads ``datetime`` for them
import errno
import fcntl
import mmap
import os
import time as host_time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ring3k.abi.status import STATUS_REGISTRY_IO_FAILED, STATUS_REGISTRY_QUOTA_LIMIT, NtError
from ring3k.cm.log import MOST_DATA, Entry, Log
from ring3k.cm.names import fold
from ring3k.cm.store import Conflict, HiveRow, KeyRow, MemoryStore, StoreError, ValueRow

LIMIT = 256 << 20  # bytes in the file
PAGE_SIZE = 1024  # small: each commit writes whole pages
LONGEST_WAIT = 30  # seconds for another kernel's transaction
FORMAT = 2
ROOM = 8192  # pages that must be left for values to go through the log

_SCHEMA = (
    "CREATE TABLE security(id INTEGER PRIMARY KEY, descriptor BLOB NOT NULL UNIQUE)",
    """CREATE TABLE key(
    id INTEGER PRIMARY KEY,
    parent INTEGER REFERENCES key(id),
    name TEXT NOT NULL, folded BLOB NOT NULL, class TEXT,
    time INTEGER NOT NULL, flags INTEGER NOT NULL, security INTEGER REFERENCES security(id))""",
    "CREATE UNIQUE INDEX key_name ON key(parent, folded)",
    """CREATE TABLE value(
    id INTEGER PRIMARY KEY,
    key INTEGER NOT NULL REFERENCES key(id) ON DELETE CASCADE,
    name TEXT NOT NULL, folded BLOB NOT NULL,
    type INTEGER NOT NULL, data BLOB NOT NULL, time INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX value_name ON value(key, folded)",
    """CREATE TRIGGER key_added AFTER INSERT ON key
    BEGIN UPDATE key SET time = new.time WHERE id = new.parent; END""",
    """CREATE TABLE hive(
    key INTEGER PRIMARY KEY REFERENCES key(id) ON DELETE CASCADE,
    nt_path TEXT NOT NULL, host_path TEXT NOT NULL, replacement BLOB)""",
)
_NEW_IN_2 = (
    "CREATE TABLE log(applied INTEGER NOT NULL)",  # the number of the last entry
    "INSERT INTO log VALUES(0)",
    f"PRAGMA user_version={FORMAT}",
)
_KEY = """SELECT id, parent, name, class,
    max(time, ifnull((SELECT max(value.time) FROM value WHERE value.key = key.id), 0)),
    flags, (SELECT descriptor FROM security WHERE security.id = key.security) FROM key"""


def _folded(text: str) -> bytes:
    """Sortable as NT sorts, by code units; and lone surrogates are no text to SQLite."""
    return text.encode("utf-16-be", "surrogatepass")


def _text(text: str | None) -> str | bytes | None:
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass")
    return text


def _from_text(text: str | bytes | None) -> str | None:
    return text.decode("utf-16-le", "surrogatepass") if isinstance(text, bytes) else text


class Store(MemoryStore):
    """One machine's registry in a file."""

    path: str

    def __init__(self, path: str, limit: int = LIMIT, *, begin: bool = True) -> None:
        """``begin``: False is only for reading, until ``begin`` is called."""
        super().__init__()
        self.path = path
        self._depth = 0
        self._index = -1
        self._lock = -1
        self._descriptors: dict[bytes, int] = {}
        self._new_descriptors: dict[bytes, int] = {}  # of the transaction that is open
        self._log: Log | None = None
        self._logging = False  # values go through the log
        self._pending: dict[int, int] = {}  # by value: where its last entry is that is in the log only
        self._number = 0  # of the last entry
        try:
            if begin:
                self._lock, self.alone = _lock(path)
            self._db = sqlite3.connect(
                path if begin else _existing(path),
                timeout=LONGEST_WAIT,
                isolation_level=None,
                check_same_thread=False,
                uri=not begin,
            )
            self._run = self._db.execute
            self._open(limit)
            if begin:
                self._open_log()
        except (sqlite3.Error, OSError, StoreError) as error:
            if self._lock >= 0:
                os.close(self._lock)
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{path}: not a registry, or it cannot be opened: {error}") from None

    def _open(self, limit: int) -> None:
        run = self._run
        run(f"PRAGMA page_size={PAGE_SIZE}")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")  # commits do not wait for the disk, check points do: never corrupt
        run("PRAGMA wal_autocheckpoint=16384")
        run("PRAGMA foreign_keys=ON")
        run(f"PRAGMA max_page_count={limit // PAGE_SIZE}")
        made = run("PRAGMA user_version").fetchone()[0]
        if not made and self._lock >= 0:
            run("BEGIN IMMEDIATE")
            if not run("PRAGMA user_version").fetchone()[0]:  # nobody else has meanwhile
                for statement in (*_SCHEMA, *_NEW_IN_2):
                    run(statement)
            run("COMMIT")
        elif made == 1 and self.alone:
            for statement in ("BEGIN IMMEDIATE", *_NEW_IN_2, "COMMIT"):
                run(statement)
        elif made != FORMAT:
            raise StoreError(f"{self.path}: made by another version of ring3k (format {made})")
        last = run("SELECT (SELECT max(id) FROM key), (SELECT max(id) FROM value)").fetchone()
        self._last = max(last[0] or 0, last[1] or 0)
        self._identity = _identity(self.path)
        self._index = os.open(f"{self.path}-shm", os.O_RDONLY | os.O_CLOEXEC)  # kept: closing drops locks
        self._map = mmap.mmap(self._index, 136, mmap.MAP_SHARED, mmap.PROT_READ)
        self.words = memoryview(self._map).cast("I")  # [2]: counts commits (sqlite.org/walformat.html)
        self.seen = self.words[2]

        self._limit = limit // PAGE_SIZE

    def begin(self) -> bool:
        """Be one of those who have it open.  Whether what was read before may be wrong; StoreError."""
        try:
            if _identity(self.path) != self._identity:
                raise StoreError(f"{self.path}: another file than before")
            self._lock, self.alone = _lock(self.path)
            applied = self._open_log()
        except (sqlite3.Error, OSError, NtError) as error:
            raise StoreError(f"{self.path}: not a registry, or it cannot be opened: {error}") from None
        return self.changed() or applied

    def _open_log(self) -> bool:
        """Take over what is in the log, if anything is; use it if nobody else is there."""
        log = self._log = _log(f"{self.path}-log")
        if log is None:
            return False
        if not self.alone:
            log.join()
        with self.transaction():
            applied = self._applied()
            entries = [entry for entry in log.entries() if entry.number > applied]
            for entry in entries:
                self._apply(entry)
            if entries:
                self._run("UPDATE log SET applied = ?", (entries[-1].number,))
        self._number = self._applied()
        if self.alone:
            log.begin()
            self._look_for_room()
        return bool(entries)

    def started(self) -> None:
        self.alone = False
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def _next(self) -> int:
        """A number for a row: larger than any before, and than those of other kernels so far."""
        self._last = max(self._last + 1, host_time.time_ns() // 100)
        return self._last

    # -- the log -----------------------------------------------------------------------
    def _applied(self) -> int:
        found: int = self._run("SELECT applied FROM log").fetchone()[0]
        return found

    def _apply(self, entry: Entry) -> None:
        """One value from the log into the store; of a key that is gone, it goes, too."""
        folded = _folded(fold(entry.name))
        changed = self._run(
            "UPDATE value SET type = ?, data = ?, time = ? WHERE key = ? AND folded = ?",
            (entry.type, entry.data, entry.time, entry.key, folded),
        ).rowcount
        if changed:
            return
        row = entry.value, entry.key, _text(entry.name), folded, entry.type, entry.data, entry.time
        with suppress(sqlite3.IntegrityError):
            self._run("INSERT INTO value VALUES(?, ?, ?, ?, ?, ?, ?)", row)

    def _apply_pending(self) -> None:
        """In a transaction: what another kernel has not applied already."""
        applied = self._applied()
        for place in self._pending.values():
            entry = self._log.entry(place) if self._log is not None else None
            if entry is not None and entry.number > applied:
                self._apply(entry)
        if self._number > applied:
            self._run("UPDATE log SET applied = ?", (self._number,))

    def _settled(self) -> None:
        """The transaction is over that applied what was pending."""
        self._pending.clear()
        if self._log is not None and self._logging:
            self._log.empty()
            self._look_for_room()

    def _look_for_room(self) -> None:
        """What is acknowledged in the log must have a place in the store."""
        pages: int = self._run("PRAGMA page_count").fetchone()[0]
        self._logging = pages + ROOM < self._limit and self._log is not None and not self._log.shared

    def settle(self) -> None:
        if self._pending and not self._depth:
            with self.transaction():
                pass

    def _note(self, number: int, key: int, name: str, type_: int, data: bytes, time: int) -> bool:
        """Set a value by the log; False if that cannot be."""
        log = self._log
        if log is None or self._depth or len(data) > MOST_DATA:
            return False
        count = self._number + 1
        place = log.append(count, key, number, time, type_, name, data)
        if not place:
            self.settle()
            place = log.append(count, key, number, time, type_, name, data)
            if not place:
                return False
        self._number = count
        self._pending[number] = place
        if log.shared:
            self._logging = False
            self.settle()
        return True

    # -- noticing others ---------------------------------------------------------------
    def charge(self, size: int) -> None:
        """The file has its own limit."""

    def changed(self) -> bool:
        now = self.words[2]
        if now == self.seen:
            return False
        self.seen = now
        return True

    def _execute(self, statement: str, *values: object) -> None:
        """A change: one transaction of its own, or a part of the one that is open."""
        if self._pending and not self._depth:
            self.settle()
        try:
            changed = self._run(statement, values).rowcount
        except sqlite3.IntegrityError:
            raise Conflict from None
        except sqlite3.Error as error:
            raise NtError(_status(error)) from None
        if not changed:
            raise Conflict
        if not self._depth:
            self.seen = self.seen + 1 & 0xFFFFFFFF  # a commit of ours is no news; any other will be noticed

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._depth:
            yield
            return
        try:
            self._run("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise NtError(_status(error)) from None
        self._depth = 1
        before = self._db.total_changes
        pending = bool(self._pending)
        try:
            if pending:
                self._apply_pending()
            yield
            self._run("COMMIT")
            self._descriptors.update(self._new_descriptors)
        except BaseException as error:
            if self._db.in_transaction:
                self._run("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise NtError(_status(error)) from None
            raise
        finally:
            self._depth = 0
            self._new_descriptors.clear()
        if self._db.total_changes != before:
            self.seen = self.seen + 1 & 0xFFFFFFFF
        if pending:
            self._settled()

    # -- reading -------------------------------------------------------------------------
    def _keys(self, where: str, *values: object) -> list[KeyRow]:
        try:
            rows = self._run(f"{_KEY} WHERE {where}", values).fetchall()
        except sqlite3.Error as error:
            raise NtError(_status(error)) from None
        return [
            KeyRow(number, parent, _from_text(name) or "", _from_text(class_name), time, flags, security)
            for number, parent, name, class_name, time, flags, security in rows
        ]

    def key(self, number: int) -> KeyRow | None:
        found = self._keys("id = ?", number)
        return found[0] if found else None

    def child(self, parent: int, folded: str) -> KeyRow | None:
        found = self._keys("parent = ? AND folded = ?", parent, _folded(folded))
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
            raise NtError(_status(error)) from None
        return [(number, _from_text(name) or "", type_, data) for number, name, type_, data in rows]

    # -- keys ------------------------------------------------------------------------------
    def add_key(
        self,
        parent: int | None,
        name: str,
        folded: str,
        class_name: str | None,
        time: int,
        flags: int,
        security: bytes | None,
    ) -> int:
        """Conflict: there is one of that name, or the parent is gone."""
        number = self._next() if parent is not None else 1
        self._execute(
            "INSERT INTO key VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            number,
            parent,
            _text(name),
            _folded(folded),
            _text(class_name),
            time,
            flags,
            None if security is None else self._security(security),
        )
        return number

    def _security(self, descriptor: bytes) -> int:
        found = self._descriptors.get(descriptor) or self._new_descriptors.get(descriptor)
        if found is None:
            with self.transaction():
                self._run("INSERT OR IGNORE INTO security VALUES(NULL, ?)", (descriptor,))
                row = self._run("SELECT id FROM security WHERE descriptor = ?", (descriptor,)).fetchone()
            found = int(row[0])
            # what may be undone must not be remembered beyond that
            (self._new_descriptors if self._depth else self._descriptors)[descriptor] = found
        return found

    def delete_key(self, number: int, parent: int, time: int) -> None:
        """Conflict: it has children now, or is gone."""
        with self.transaction():
            self._execute("DELETE FROM key WHERE id = ?", number)
            self._execute("UPDATE key SET time = ? WHERE id = ?", time, parent)

    def rename_key(self, number: int, name: str, folded: str, time: int) -> None:
        """Conflict: the name is taken."""
        self._execute(
            "UPDATE key SET name = ?, folded = ?, time = ? WHERE id = ?",
            _text(name),
            _folded(folded),
            time,
            number,
        )

    def set_time(self, number: int, time: int) -> None:
        with self.transaction():  # it may go back, too
            self._execute("UPDATE key SET time = ? WHERE id = ?", time, number)
            self._run("UPDATE value SET time = 0 WHERE key = ?", (number,))

    def set_flags(self, number: int, flags: int) -> None:
        self._execute("UPDATE key SET flags = ? WHERE id = ?", flags, number)

    def set_security(self, number: int, security: bytes | None, time: int) -> None:
        with self.transaction():
            self._execute(
                "UPDATE key SET security = ?, time = ? WHERE id = ?",
                None if security is None else self._security(security),
                time,
                number,
            )

    # -- values -----------------------------------------------------------------------------
    def add_value(self, key: int, name: str, folded: str, type_: int, data: bytes, time: int) -> int:
        """Conflict: there is one of that name, or the key is gone."""
        number = self._next()
        if self._logging and self._note(number, key, name, type_, data, time):
            return number
        self._execute(
            "INSERT INTO value VALUES(?, ?, ?, ?, ?, ?, ?)",
            number,
            key,
            _text(name),
            _folded(folded),
            type_,
            data,
            time,
        )
        return number

    def set_value(
        self, number: int, key: int, name: str, folded: str, type_: int, data: bytes, time: int
    ) -> None:
        """Conflict: it is gone."""
        if self._logging and self._note(number, key, name, type_, data, time):
            return
        self._execute("UPDATE value SET type = ?, data = ?, time = ? WHERE id = ?", type_, data, time, number)

    def delete_value(self, number: int, key: int, time: int) -> None:
        with self.transaction():
            self._execute("DELETE FROM value WHERE id = ?", number)
            self._execute("UPDATE key SET time = ? WHERE id = ?", time, key)

    # -- hive files ----------------------------------------------------------------------------
    def hives(self) -> list[HiveRow]:
        return [HiveRow(*row) for row in self._run("SELECT key, nt_path, host_path, replacement FROM hive")]

    def add_hive(self, key: int, nt_path: str, host_path: str, replacement: bytes | None = None) -> None:
        self._execute("INSERT OR REPLACE INTO hive VALUES(?, ?, ?, ?)", key, nt_path, host_path, replacement)

    def remove_hive(self, key: int) -> None:
        self._execute("DELETE FROM hive WHERE key = ?", key)

    # -- the disk ------------------------------------------------------------------------------
    def sync(self) -> None:
        """Wait until all that was written is on the disk; STATUS_REGISTRY_IO_FAILED."""
        self.settle()
        try:
            log = os.open(f"{self.path}-wal", os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(log)
            finally:
                os.close(log)
        except OSError:
            raise NtError(STATUS_REGISTRY_IO_FAILED) from None

    def close(self) -> None:
        """May be called twice."""
        if self._index < 0:
            return
        with suppress(NtError):  # if it cannot be, it stays in the log
            self.settle()
        self.words = ()
        self._db.close()  # the last one empties SQLite's log into the file
        if self._log is not None:
            self._log.close()
            self._log = None
        self._map.close()
        os.close(self._index)
        self._index = -1
        if self._lock >= 0:
            os.close(self._lock)


def _existing(path: str) -> str:
    """To SQLite: a file that is not made if it is not there."""
    for one in "%?#":
        path = path.replace(one, f"%{ord(one):02x}")
    return f"file:{path}?mode=rw"


def _identity(path: str) -> tuple[int, int]:
    """Which file is there; OSError."""
    info = os.stat(path)
    return info.st_dev, info.st_ino


def _lock(path: str) -> tuple[int, bool]:
    """Held as long as the store is open; and whether nobody else has it open, which makes this a start."""
    lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock, False
    return lock, True


def _log(path: str) -> Log | None:
    """None where there is no room for one; then there was none before, either."""
    try:
        return Log(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or os.path.getsize(path):
            raise
        return None


def _status(error: sqlite3.Error) -> int:
    """What an error of the store is to a guest."""
    full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return STATUS_REGISTRY_QUOTA_LIMIT if full else STATUS_REGISTRY_IO_FAILED
