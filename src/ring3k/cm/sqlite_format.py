"""The tables in a registry's file: made, and taken over from an older format.

Format 2 has the number of the log's last entry.  Format 3 has names folded as
``abi.upcase`` does it; up to then each letter was upcased as Python knows it, so that
a dotless i was an I, a long s an S and a micro sign a Greek letter, and Greek letters
with a iota below were all different.

An older file is taken over by who has it for himself, in one transaction: whoever is
killed meanwhile has changed nothing.
"""

from __future__ import annotations

from ring3k.cm.log import Run, apply, open_log
from ring3k.cm.names import MAX_KEY_NAME, MAX_VALUE_NAME, fold
from ring3k.cm.sqlite_reader import FORMAT, Database, as_text, from_text, sortable
from ring3k.cm.store import StoreError
from ring3k.typed import NamedTuple

_TABLES = (
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
    "CREATE TABLE logged(applied INTEGER NOT NULL)",  # the number of the log's last entry
    "INSERT INTO logged VALUES(0)",
    f"PRAGMA user_version={FORMAT}",
)
# Up to format 2 the number had another table: who has read such a file and comes to use it does not find it.
_TO_2 = ("CREATE TABLE log(applied INTEGER NOT NULL)", "INSERT INTO log VALUES(0)")
_TO_3 = (
    "CREATE TABLE logged(applied INTEGER NOT NULL)",
    "INSERT INTO logged SELECT applied FROM log",
    "DROP TABLE log",
    f"PRAGMA user_version={FORMAT}",
)


class _Names(NamedTuple):
    """Statements about the names of keys or of values."""

    longest: int
    select: str  # those that are not all ASCII
    set_aside: str
    find: str
    set: str


_KEYS = _Names(
    MAX_KEY_NAME,
    """SELECT id, parent, name, folded FROM key
    WHERE typeof(name) = 'blob' OR length(CAST(name AS BLOB)) <> length(name) ORDER BY id""",
    "UPDATE key SET folded = ? WHERE id = ?",
    "SELECT 1 FROM key WHERE parent = ? AND folded = ?",
    "UPDATE key SET name = ?, folded = ? WHERE id = ?",
)
_VALUES = _Names(
    MAX_VALUE_NAME,
    """SELECT id, key, name, folded FROM value
    WHERE typeof(name) = 'blob' OR length(CAST(name AS BLOB)) <> length(name) ORDER BY id""",
    "UPDATE value SET folded = ? WHERE id = ?",
    "SELECT 1 FROM value WHERE key = ? AND folded = ?",
    "UPDATE value SET name = ?, folded = ? WHERE id = ?",
)


def bring_up_to_date(database: Database) -> None:
    """Let the file have this format.  StoreError: it cannot, or others use it.  sqlite3.Error, OSError."""
    run = database.run
    if database.format > FORMAT:
        raise database.wrong_format()
    if database.format and not database.alone:
        raise StoreError(
            f"{database.path}: an older version of ring3k is using it; try again when it has ended"
        )
    run("PRAGMA max_page_count=2147483646")
    run("BEGIN IMMEDIATE")
    if database.format:
        _take_over(database)
    elif not database.read_format():  # nobody else has meanwhile
        for statement in _TABLES:
            run(statement)
    run("COMMIT")
    run(f"PRAGMA max_page_count={database.limit}")


def _take_over(database: Database) -> None:
    """In a transaction: an older format."""
    run = database.run
    if database.format == 1:
        for statement in _TO_2:
            run(statement)
    log = open_log(f"{database.path}-log")
    if log is not None:
        waiting = list(log.entries(run("SELECT applied FROM log").fetchone()[0]))
        log.close()
        if waiting:
            apply(run, waiting, _fold_of_2)  # it names values as they are there
            run("UPDATE log SET applied = ?", (waiting[-1].number,))
    _fold_anew(run, _KEYS)
    _fold_anew(run, _VALUES)
    for statement in _TO_3:
        run(statement)


def _fold_of_2(name: str) -> str:
    """As names were compared up to format 2."""
    return "".join([up if len(up := c.upper()) == 1 else c for c in name])


def _fold_anew(run: Run, names: _Names) -> None:
    """Names that are compared in another way now.

    Two of one key that were different, and are the same, both stay: one gets a number.  It is the later one,
    or the one whose name is compared in another way.
    """
    changed = [
        (number, above, name)
        for number, above, raw, folded in run(names.select).fetchall()
        if sortable(fold(name := from_text(raw) or "")) != folded
    ]
    for number, _, _ in changed:  # out of the way: no name has an odd number of bytes
        run(names.set_aside, (number.to_bytes(9, "big"), number))
    taken = []
    for number, above, name in changed:
        if run(names.find, (above, sortable(fold(name)))).fetchone():
            taken.append((number, above, name))
        else:
            run(names.set, (as_text(name), sortable(fold(name)), number))
    for number, above, name in taken:
        given, count = name, 1
        while run(names.find, (above, sortable(fold(given)))).fetchone():
            count += 1
            end = f" ({count})"
            given = name[: names.longest - len(end)] + end
        run(names.set, (as_text(given), sortable(fold(given)), number))
