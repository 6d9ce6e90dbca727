"""The registry of a machine in one SQLite file, as it is changed.

Every change is one transaction, committed before the call returns; or it is a
value in a log that survives this process (``cm.log``) and comes with the next
transaction.  So whatever a guest was told is there when this process is killed at
any instant.  ``sync`` makes it survive a loss of power, too.

Who changes it holds a lock beside it, shared; who finds nobody else there starts
the machine.  Two changes that meet are told apart by the constraints of the
tables, and the later one is tried again on what the earlier one left.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # what ``sqlite3`` adds are dates: a start reads ``datetime`` for them
import errno
import fcntl
import os
import time as host_time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ring3k.abi.status import STATUS_REGISTRY_IO_FAILED, NtError
from ring3k.cm.log import MOST_DATA, Entry, Log
from ring3k.cm.names import fold
from ring3k.cm.sqlite_reader import (
    FORMAT,
    LIMIT,
    Database,
    Reader,
    as_text,
    cannot_be_opened,
    sortable,
    status_of,
)
from ring3k.cm.store import Conflict, MemoryStore, StoreError

ROOM = 8192  # pages that must be left for values to go through the log


class Store(Reader, MemoryStore):
    """One machine's registry in a file, and we are one of those who use it."""

    def __init__(self, database: Database, lock: int, alone: bool) -> None:
        """``lock`` is ours from now on, and the database.  sqlite3.Error, OSError, NtError."""
        super().__init__(database)
        self._lock = lock
        self.alone = alone
        self._depth = 0
        self._descriptors: dict[bytes, int] = {}
        self._new_descriptors: dict[bytes, int] = {}  # of the transaction that is open
        self._log: Log | None = None
        self._logging = False  # values go through the log
        self._pending: dict[int, int] = {}  # by value: where its last entry is that is in the log only
        self._number = 0  # of the last entry
        self._last = 0  # number of a row that is known; 0: none yet
        self.taken_over = self._open_log()  # whether the log had something that was not in the file

    @classmethod
    def open(cls, path: str, limit: int = LIMIT) -> Store:
        """The file, made if there is none; StoreError."""
        lock, database = -1, None
        try:
            lock, alone = _lock(path)
            database = Database(path, limit, True)
            if database.format != FORMAT:
                from ring3k.cm.sqlite_format import bring_up_to_date  # once in the life of a machine

                bring_up_to_date(database, alone)
            database.watch()
            return cls(database, lock, alone)
        except (sqlite3.Error, OSError, StoreError, NtError) as error:
            _give_up(lock, database)
            if isinstance(error, StoreError):
                raise
            raise cannot_be_opened(path, error) from None

    @classmethod
    def begin(cls, reader: Reader) -> Store:
        """Use what was only read so far; the reader is of no use from then on.  StoreError."""
        lock, database = -1, reader.database
        try:
            if not database.is_the_same():
                raise StoreError(f"{database.path}: another file than before")
            lock, alone = _lock(database.path)
            store = cls(database, lock, alone)
        except (sqlite3.Error, OSError, StoreError, NtError) as error:
            _give_up(lock, database)
            if isinstance(error, StoreError):
                raise
            raise cannot_be_opened(database.path, error) from None
        store.taken_over |= store.words[2] != reader.seen
        return store

    def _open_log(self) -> bool:
        """Take over what is in the log, if anything is; use it if nobody else is there."""
        log = self._log = _log(f"{self.path}-log")
        if log is None:
            return False
        if not self.alone:
            log.join()
        self._number = applied = self._applied()
        waiting = any(entry.number > applied for entry in log.entries())
        if waiting:
            with self.transaction():
                self._apply_waiting(log)
        if self.alone:
            log.begin()
            self._look_for_room()
        return waiting

    def _apply_waiting(self, log: Log) -> None:
        """In a transaction: what is in the log and not in the file, which others may just have done."""
        applied = self._applied()
        for entry in log.entries():
            if entry.number > applied:
                self._apply(entry)
                self._number = entry.number
        if self._number > applied:
            self._run("UPDATE log SET applied = ?", (self._number,))

    def started(self) -> None:
        self.alone = False
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def _next(self) -> int:
        """A number for a row: larger than any before, and than those of other kernels so far."""
        if not self._last:
            keys, values = self._run(
                "SELECT (SELECT max(id) FROM key), (SELECT max(id) FROM value)"
            ).fetchone()
            self._last = max(keys or 0, values or 0)
        self._last = max(self._last + 1, host_time.time_ns() // 100)
        return self._last

    # -- the log -----------------------------------------------------------------------
    def _applied(self) -> int:
        found: int = self._run("SELECT applied FROM log").fetchone()[0]
        return found

    def _apply(self, entry: Entry) -> None:
        """One value from the log into the store; of a key that is gone, it goes, too."""
        folded = sortable(fold(entry.name))
        changed = self._run(
            "UPDATE value SET type = ?, data = ?, time = ? WHERE key = ? AND folded = ?",
            (entry.type, entry.data, entry.time, entry.key, folded),
        ).rowcount
        if changed:
            return
        row = entry.value, entry.key, as_text(entry.name), folded, entry.type, entry.data, entry.time
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
        self._logging = pages + ROOM < self.database.limit and self._log is not None and not self._log.shared

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

    def _execute(self, statement: str, *values: object) -> None:
        """A change: one transaction of its own, or a part of the one that is open."""
        if self._pending and not self._depth:
            self.settle()
        try:
            changed = self._run(statement, values).rowcount
        except sqlite3.IntegrityError:
            raise Conflict from None
        except sqlite3.Error as error:
            raise NtError(status_of(error)) from None
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
            raise NtError(status_of(error)) from None
        self._depth = 1
        before = self.database.connection.total_changes
        pending = bool(self._pending)
        try:
            if pending:
                self._apply_pending()
            yield
            self._run("COMMIT")
            self._descriptors.update(self._new_descriptors)
        except BaseException as error:
            if self.database.connection.in_transaction:
                self._run("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise NtError(status_of(error)) from None
            raise
        finally:
            self._depth = 0
            self._new_descriptors.clear()
        if self.database.connection.total_changes != before:
            self.seen = self.seen + 1 & 0xFFFFFFFF
        if pending:
            self._settled()

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
            as_text(name),
            sortable(folded),
            as_text(class_name),
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
            as_text(name),
            sortable(folded),
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
            as_text(name),
            sortable(folded),
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
        if self._lock < 0:
            return
        with suppress(NtError):  # if it cannot be, it stays in the log
            self.settle()
        self.database.close()
        if self._log is not None:
            self._log.close()
            self._log = None
        os.close(self._lock)
        self._lock = -1


def _lock(path: str) -> tuple[int, bool]:
    """Held as long as the store is open; and whether nobody else has it open, which makes this a start."""
    lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock, False
    return lock, True


def _give_up(lock: int, database: Database | None) -> None:
    if database is not None:
        database.close()
    if lock >= 0:
        os.close(lock)


def _log(path: str) -> Log | None:
    """None where there is no room for one; then there was none before, either."""
    try:
        return Log(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or os.path.getsize(path):
            raise
        return None
