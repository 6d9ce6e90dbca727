"""The tables in a registry's file: made, and taken over from an older format."""

from __future__ import annotations

from ring3k.cm.sqlite_reader import FORMAT, Database

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
)
_NEW_IN_2 = (
    "CREATE TABLE log(applied INTEGER NOT NULL)",  # the number of the last entry
    "INSERT INTO log VALUES(0)",
    f"PRAGMA user_version={FORMAT}",
)


def bring_up_to_date(database: Database, alone: bool) -> None:
    """Let the file have this format; StoreError: it cannot, or others are using it.  sqlite3.Error."""
    run = database.run
    if not database.format:
        run("BEGIN IMMEDIATE")
        if not database.read_format():  # nobody else has meanwhile
            for statement in (*_TABLES, *_NEW_IN_2):
                run(statement)
        run("COMMIT")
    elif database.format == 1 and alone:
        for statement in ("BEGIN IMMEDIATE", *_NEW_IN_2, "COMMIT"):
            run(statement)
    else:
        raise database.wrong_format()
