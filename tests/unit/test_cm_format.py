"""Files of older formats: taken over as a whole or not at all, by who has them for himself."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.version import version_of
from ring3k.cm import sqlite_format
from ring3k.cm.log import Log
from ring3k.cm.open import RegistryError, open_registry
from ring3k.cm.registry import Registry
from ring3k.cm.sqlite_reader import Database, open_reader
from ring3k.cm.sqlite_store import Store

TOP = "MACHINE\\SOFTWARE\\top"
ALPHA, CAPITAL = "\u1f80", "\u1f88"  # one letter today: with a iota below
DOTLESS = "\u0131"  # was an I
LONG = "x" * 254
# In the order they were made.  What they are called afterwards.
NAMES = {
    DOTLESS: DOTLESS,
    "\u017f": "\u017f",
    "\u00b5": "\u00b5",
    "\u03c2": "\u03c2",
    "\u10d0": "\u10d0",
    "stra\u00dfe \ud800": "stra\u00dfe \ud800",
    ALPHA: f"{ALPHA} (3)",  # the next one compares as it did
    CAPITAL: CAPITAL,
    f"{ALPHA} (2)": f"{ALPHA} (2)",
    ALPHA + DOTLESS: ALPHA + DOTLESS,
    CAPITAL + DOTLESS: f"{CAPITAL + DOTLESS} (2)",
    LONG + ALPHA: LONG[:251] + " (2)",
    LONG + CAPITAL: LONG + CAPITAL,
}


def opened(folder: Path) -> Registry:
    return open_registry(str(folder / "registry.db"), version_of("nt51"), hardware=False)


def connected(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / "registry.db", isolation_level=None))


def contents(folder: Path) -> list[Any]:
    """What SQLite alone knows."""
    with connected(folder) as db:
        tables = db.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
        version = db.execute("PRAGMA user_version").fetchone()
        keys = db.execute("SELECT * FROM key ORDER BY id").fetchall()
        return [tables, version, keys, db.execute("SELECT * FROM value ORDER BY id").fetchall()]


def text(name: str) -> str | bytes:
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-16-le", "surrogatepass")
    return name


def old_fold(name: str) -> bytes:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in name).encode("utf-16-be", "surrogatepass")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A machine's folder in format 2, with names that are compared in another way now."""
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP).id
    registry.close()
    with connected(tmp_path) as db:
        number: int = db.execute(
            "SELECT max((SELECT max(id) FROM key), (SELECT max(id) FROM value))"
        ).fetchone()[0]
        for name in NAMES:
            for value in (name, "plain"):
                number += 1
                row = number, top, text(name), old_fold(name)
                if value != "plain":
                    db.execute("INSERT INTO value VALUES(?, ?, ?, ?, 3, ?, 5)", (*row, old_fold(name)))
                else:
                    db.execute("INSERT INTO key VALUES(?, ?, ?, ?, NULL, 5, 0, NULL)", row)
                    inner = number, number, "plain", "PLAIN".encode("utf-16-be"), old_fold(name)
                    db.execute("INSERT INTO value VALUES(?, ?, ?, ?, 3, ?, 5)", inner)
        db.execute("CREATE TABLE log(applied INTEGER NOT NULL)")
        db.execute("INSERT INTO log SELECT applied FROM logged")
        db.execute("DROP TABLE logged")
        db.execute("PRAGMA user_version=2")
    return tmp_path


def check_names(registry: Registry) -> None:
    """Every key and every value is there, by its name and with its data."""
    top = registry.find(registry.root, TOP)
    assert top is not None
    assert len(registry.children(top)) == len(NAMES)
    for before, after in NAMES.items():
        child = registry.find(top, after)
        assert child is not None
        assert child.name == after
        assert registry.value(child, "plain").data == old_fold(before)
        longer = f"{before} (2)" if before == LONG + ALPHA else after  # values may have it
        assert registry.value(top, longer).data == old_fold(before)


def test_names_are_folded_anew(old: Path) -> None:
    registry = opened(old)
    check_names(registry)
    top = registry.find(registry.root, TOP)
    assert top is not None
    assert registry.find(top, "I") is None  # which found the dotless one
    assert registry.find(top, "STRA\u00dfE \ud800") is not None
    registry.create(top, "I")
    registry.close()
    taken_over = contents(old)
    assert taken_over[1] == (3,)
    registry = opened(old)
    registry.close()
    assert contents(old) == taken_over
    registry = opened(old)
    registry.delete(registry.ensure(registry.root, TOP + "\\I"))
    check_names(registry)
    registry.close()


def test_what_waits_in_the_log_is_meant_as_it_was_written(old: Path) -> None:
    with connected(old) as db:
        top = db.execute("SELECT id FROM key WHERE name = 'top'").fetchone()[0]
        db.execute("DELETE FROM value WHERE name = ?", (CAPITAL,))
        applied = db.execute("SELECT applied FROM log").fetchone()[0]
        first = db.execute("SELECT id FROM value WHERE name = ?", (DOTLESS,)).fetchone()[0]
    log = Log(str(old / "registry.db-log"))
    log.empty()
    log.append(applied, top, first, 7, 3, DOTLESS, b"was applied")
    log.append(applied + 1, top, 1 << 60, 7, 3, CAPITAL, old_fold(CAPITAL))
    log.append(applied + 2, top, 1 << 59, 7, 3, "i", b"one of the dotless name")
    log.append(applied + 3, top, first, 7, 3, DOTLESS, old_fold(DOTLESS))
    log.close()
    registry = opened(old)
    check_names(registry)
    registry.close()
    registry = opened(old)
    check_names(registry)
    registry.close()


def test_who_uses_it_in_an_older_version_is_waited_for(old: Path) -> None:
    before = contents(old)
    lock = os.open(old / "registry.db-lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_SH)
    for _ in range(2):
        with pytest.raises(RegistryError, match="an older version of ring3k is using it"):
            opened(old)
    assert contents(old) == before
    os.close(lock)
    registry = opened(old)
    check_names(registry)
    registry.close()


def test_who_only_reads_changes_nothing(old: Path) -> None:
    before = contents(old)
    with pytest.raises(RegistryError, match="made by another version of ring3k"):
        open_reader(str(old / "registry.db"))
    assert contents(old) == before
    opened(old).close()
    reader = open_reader(str(old / "registry.db"))
    with connected(old) as db:  # somebody makes a newer format of it meanwhile
        db.execute("PRAGMA user_version=4")
    with pytest.raises(RegistryError, match="another version of ring3k"):
        Store.begin(reader)
    with pytest.raises(RegistryError, match="another version of ring3k"):
        opened(old)


def test_an_older_version_that_has_read_it_cannot_begin(old: Path) -> None:
    """It asks for the log's number first, in the table that it knows."""
    opened(old).close()
    with connected(old) as db, pytest.raises(sqlite3.OperationalError, match="no such table"):
        db.execute("SELECT applied FROM log")


def test_the_first_format(old: Path) -> None:
    with connected(old) as db:
        db.executescript("DROP TABLE log; PRAGMA user_version=1;")
    (old / "registry.db-log").unlink()
    registry = opened(old)
    check_names(registry)
    registry.close()


def test_a_full_file_is_taken_over(old: Path) -> None:
    with connected(old) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    store = Store.open(str(old / "registry.db"), limit=pages * 1024)
    assert store.child(1, "MACHINE") is not None
    store.close()


def test_killed_at_any_instant(old: Path) -> None:
    """Before each statement, and after the last: all is as it was, or all is new."""
    before = contents(old)
    steps = 0
    while contents(old) == before:
        steps += 1
        child = os.fork()
        if not child:
            try:
                _die_after(steps)
                opened(old)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
    assert steps > len(NAMES)
    assert contents(old)[1] == (3,)
    registry = opened(old)
    check_names(registry)
    registry.close()


def _die_after(steps: int) -> None:
    """Kill this process when the taking over has come to its nth statement."""
    real = sqlite_format.bring_up_to_date

    def watched(database: Database) -> None:
        left = [steps]

        def trace(statement: str) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), 9)

        database.connection.set_trace_callback(trace)
        real(database)
        os.kill(os.getpid(), 9)

    sqlite_format.bring_up_to_date = watched  # in a process of its own
