"""The log that values go through: what is in it when its kernel dies, or when another one comes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ring3k.abi.version import version_of
from ring3k.cm.log import HEADER, SIZE, Log
from ring3k.cm.open import open_registry
from ring3k.cm.registry import Registry

TOP = "MACHINE\\SOFTWARE\\top"


def opened(folder: Path) -> Registry:
    return open_registry(str(folder / "registry.db"), version_of("nt51"), hardware=False)


def value(registry: Registry, name: str) -> bytes:
    top = registry.find(registry.root, TOP)
    assert top is not None
    return registry.value(top, name).data


def committed(folder: Path) -> dict[str, bytes]:
    """What SQLite alone knows."""
    db = sqlite3.connect(folder / "registry.db")
    try:
        return dict(db.execute("SELECT name, data FROM value WHERE name LIKE 'test%'"))
    finally:
        db.close()


def test_a_value_is_in_the_log_first_and_in_the_store_before_anything_else_changes(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.set_value(top, "test", 1, b"one")
    registry.set_value(top, "test", 1, b"two")
    assert committed(tmp_path) == {}
    registry.create(top, "child")
    assert committed(tmp_path) == {"test": b"two"}
    registry.set_value(top, "test", 1, b"three")
    registry.flush()
    assert committed(tmp_path) == {"test": b"three"}
    registry.set_value(top, "test", 1, b"four")
    registry.delete_value(top, "test")
    assert committed(tmp_path) == {}
    registry.set_value(top, "test2", 1, b"five")
    registry.close()
    assert committed(tmp_path) == {"test2": b"five"}


def test_it_is_emptied_when_it_is_full(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    for n in range(300):
        registry.set_value(top, f"test{n % 7}", 3, n.to_bytes(2, "little") * 5000)
    registry.set_value(top, "test large", 3, bytes(100_000))  # goes by another way
    assert committed(tmp_path)["test large"] == bytes(100_000)
    registry.close()
    registry = opened(tmp_path)
    for n in range(293, 300):
        assert value(registry, f"test{n % 7}") == n.to_bytes(2, "little") * 5000
    registry.close()


def test_what_a_killed_kernel_left_is_found(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    registry.ensure(registry.root, TOP)
    registry.close()
    child = os.fork()
    if not child:
        own = opened(tmp_path)
        top = own.ensure(own.root, TOP)
        own.set_value(top, "test", 1, b"acknowledged")
        own.set_value(top, "test \ud800", 1, b"too")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert committed(tmp_path) == {}
    registry = opened(tmp_path)
    assert value(registry, "test") == b"acknowledged"
    assert value(registry, "test \ud800") == b"too"
    registry.close()
    registry = opened(tmp_path)
    assert value(registry, "test") == b"acknowledged"
    registry.close()


def test_who_comes_later_sees_what_is_only_in_the_log(tmp_path: Path) -> None:
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    first.set_value(top, "test", 1, b"one")
    first.set_value(top, "test2", 1, b"two")
    second = opened(tmp_path)
    assert value(second, "test") == b"one"
    below = second.find(second.root, TOP)
    assert below is not None
    second.set_value(second.fresh(below), "test", 1, b"second")
    first.fresh(top)
    assert value(first, "test") == b"second"  # and what the first had in its log does not come again
    first.set_value(first.fresh(top), "test2", 1, b"first")
    assert committed(tmp_path) == {"test": b"second", "test2": b"first"}  # no log from now on
    assert value(second, "test2") == b"first"
    first.close()
    second.close()
    third = opened(tmp_path)
    assert value(third, "test") == b"second"
    third.close()


def test_an_entry_meets_one_that_comes(tmp_path: Path) -> None:
    """The other kernel came after our last look, and before our entry."""
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    second = opened(tmp_path)
    first.set_value(top, "test", 1, b"one")  # without a look
    assert value(second, "test") == b"one"
    first.close()
    second.close()


def test_what_is_not_whole_does_not_count(tmp_path: Path) -> None:
    """A loss of power leaves some pages of the log and not others."""
    log = Log(str(tmp_path / "log"))
    for number in range(1, 4):
        assert log.append(number, 7, number, 5, 1, "name", bytes([number]) * 100)
    assert [entry.number for entry in log.entries()] == [1, 2, 3]
    log.close()
    raw = bytearray((tmp_path / "log").read_bytes())
    at = raw.index(b"\2" * 100)
    raw[at] = 0
    (tmp_path / "log").write_bytes(raw)
    log = Log(str(tmp_path / "log"))
    (only,) = log.entries()
    assert (only.number, only.name, only.data) == (1, "name", b"\1" * 100)
    log.close()
    (tmp_path / "log").write_bytes(b"\xff" * SIZE)
    log = Log(str(tmp_path / "log"))
    assert list(log.entries()) == []
    assert not log.append(1, 1, 1, 1, 1, "", bytes(SIZE - HEADER))
    log.close()


def test_a_value_of_a_key_that_is_gone_goes_with_it(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.set_value(top, "test", 1, b"one")
    registry.delete(top)
    registry.close()
    assert committed(tmp_path) == {}


def test_a_file_of_the_first_format_is_taken_over(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    registry.set_value(registry.ensure(registry.root, TOP), "test", 1, b"one")
    registry.close()
    db = sqlite3.connect(tmp_path / "registry.db")
    db.executescript("DROP TABLE log; PRAGMA user_version=1;")
    db.close()
    registry = opened(tmp_path)
    assert value(registry, "test") == b"one"
    registry.close()
