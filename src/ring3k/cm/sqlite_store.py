"""The registry of a machine in one SQLite file, as it is changed.

Every change is one transaction, committed before the call returns; or it is in
a log that survives this process (``cm.log``) and comes with the next transaction,
as what guests do most: keys and values made, set and deleted.  So whatever a guest
was told is there when this process is killed at any instant.  ``sync`` makes it survive a loss of power, too.

Two changes that meet are told apart by the constraints of the
tables, and the later one is tried again on what the earlier one left.
"""

from __future__ import annotations

import _sqlite3 as sqlite3  # what ``sqlite3`` adds are dates: a start reads ``datetime`` for them
import os
import time as host_time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ring3k.abi.status import STATUS_REGISTRY_IO_FAILED, NtError
from ring3k.cm.log import (
    KEY,
    KEY_GONE,
    MOST_DATA,
    VALUE,
    VALUE_GONE,
    Entry,
    Log,
    apply,
    key_data,
    open_log,
)
from ring3k.cm.sqlite_reader import (
    FORMAT,
    LIMIT,
    Database,
    Reader,
    as_text,
    opening,
    sortable,
    status_of,
)
from ring3k.cm.store import Conflict, KeyRow, MemoryStore

MOST_PENDING = 1000  # rows that wait for a transaction, so that none takes long
ROOM = 8192  # pages that must be left for changes to go through the log


class Store(Reader, MemoryStore):
    """One machine's registry in a file, and we are one of those who use it."""

    def __init__(self, database: Database) -> None:
        """``database`` is ours from now on, and used.  sqlite3.Error, OSError, NtError."""
        super().__init__(database)
        self.alone = database.alone
        self._depth = 0
        self._descriptors: dict[bytes, int] = {}
        self._new_descriptors: dict[bytes, int] = {}  # of the transaction that is open
        self._log: Log | None = None
        self._logging = False  # changes go through the log
        # Where the last entry of each value, key, and time of a key is that is in the log only.
        self._pending: dict[int, int] = {}
        self._gone: set[int] = set()  # keys that are in the file still, and deleted in the log
        self._number = 0  # of the last entry
        self._last = 0  # number of a row that is known; 0: none yet
        self.taken_over = self._open_log()  # whether the log had something that was not in the file

    @classmethod
    def open(cls, path: str, limit: int = LIMIT) -> Store:
        """The file, made if there is none; StoreError."""
        with opening(path):
            database = Database(path, limit, True)
            with database.closed_on_error():
                if database.format != FORMAT:
                    from ring3k.cm.sqlite_format import bring_up_to_date  # once in the life of a machine

                    bring_up_to_date(database)
                database.watch()
                return cls(database)

    @classmethod
    def begin(cls, reader: Reader) -> Store:
        """Use what was only read so far; the reader is of no use from then on.  StoreError."""
        database = reader.database
        with opening(database.path), database.closed_on_error():
            database.use_now()
            store = cls(database)
        store.taken_over |= store.words[2] != reader.seen
        return store

    def _open_log(self) -> bool:
        """Take over what is in the log, if anything is; use it if nobody else is there."""
        log = self._log = open_log(f"{self.path}-log")
        if log is None:
            return False
        if not self.alone:
            log.join()
        self._number = self._applied()
        waiting = any(log.entries(self._number))
        if waiting:
            with self.transaction():
                self._apply(list(log.entries(self._applied())))  # others may just have done it
        if self.alone:
            log.begin()
            self._look_for_room()
        return waiting

    def started(self) -> None:
        self.alone = False
        self.database.let_others_in()

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
        found: int = self._run("SELECT applied FROM logged").fetchone()[0]
        return found

    def _apply(self, entries: list[Entry]) -> None:
        """In a transaction."""
        if entries:
            apply(self._run, entries)
            self._number = max(self._number, entries[-1].number)
            self._run("UPDATE logged SET applied = ?", (self._number,))

    def _apply_pending(self) -> None:
        """In a transaction: what another kernel has not applied already."""
        log, applied = self._log, self._applied()
        if log is not None:
            entries = [log.entry(place) for place in self._pending.values()]
            self._apply(sorted(entry for entry in entries if entry is not None and entry.number > applied))

    def _settled(self) -> None:
        """The transaction is over that applied what was pending."""
        self._pending.clear()
        self._gone.clear()
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

    def _note(self, kind: int, row: int, key: int, name: str, type_: int, data: bytes, time: int) -> bool:
        """Change something by the log; False if that cannot be.

        If we are not alone any more it is in the file, unless somebody else's change kept it out.
        """
        log = self._log
        if not self._logging or log is None or self._depth or len(data) > MOST_DATA:
            return False
        count = self._number + 1
        place = 0
        if len(self._pending) < MOST_PENDING:
            place = log.append(count, key, row, time, type_, name, data, kind)
        if not place:
            self.settle()
            place = self._logging and log.append(count, key, row, time, type_, name, data, kind)
            if not place:
                return False
        self._number = count
        slot = row * 4 + (kind & 2)
        if log.shared:
            self._pending[slot] = place
            self._logging = False
            self.settle()
        elif kind != KEY_GONE:
            self._pending[slot] = place
        elif self._pending.pop(slot, None) is None:
            self._pending[slot] = place
            self._gone.add(row)
        else:  # never was in the file: only its parent's time is left of it
            self._pending[key * 4 + 1] = place
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
            self._by_number = {None: None}
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

    # -- reading -----------------------------------------------------------------------------
    def key(self, number: int) -> KeyRow | None:
        return None if number in self._gone else super().key(number)

    def child(self, parent: int, folded: str) -> KeyRow | None:
        found = super().child(parent, folded)
        return None if found is not None and found.id in self._gone else found

    def children(self, parent: int, most: int = -1) -> list[KeyRow]:
        if self._gone:
            self.settle()
        return super().children(parent, most)

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
        known = self._security(security) if security is not None else 0
        if parent is not None:
            data = key_data(known, class_name)
            if self._note(KEY, number, parent, name, flags, data, time):
                if not self._logging and self.key(number) is None:
                    raise Conflict
                return number
        self._execute(
            "INSERT INTO key VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            number,
            parent,
            as_text(name),
            sortable(folded),
            as_text(class_name),
            time,
            flags,
            known or None,
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
        if self._note(KEY_GONE, number, parent, "", 0, b"", time):
            if not self._logging and self.key(number) is not None:
                raise Conflict
            return
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
        if self._note(VALUE, number, key, name, type_, data, time):
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
        if self._note(VALUE, number, key, name, type_, data, time):
            return
        self._execute("UPDATE value SET type = ?, data = ?, time = ? WHERE id = ?", type_, data, time, number)

    def delete_value(self, number: int, key: int, name: str, time: int) -> None:
        if self._note(VALUE_GONE, number, key, name, 0, b"", time):
            return
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
        with suppress(NtError):  # if it cannot be, it stays in the log
            self.settle()
        log, self._log = self._log, None
        if log is not None:
            log.close()
        self.database.close()
