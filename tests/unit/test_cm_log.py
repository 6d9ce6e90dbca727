"""The log that values go through: what is in it when its kernel dies, or when another one comes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ring3k.abi.status import STATUS_CANNOT_DELETE, STATUS_OBJECT_NAME_COLLISION, NtError
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


def test_changes_are_in_the_log_first_and_in_the_store_before_any_others(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.set_value(top, "test", 1, b"one")
    registry.set_value(top, "test", 1, b"two")
    child = registry.create(top, "child")
    registry.create(child, "below", "a class")
    assert committed(tmp_path) == {}
    registry.rename(child, "renamed")
    assert committed(tmp_path) == {"test": b"two"}
    registry.set_value(top, "test", 1, b"three")
    registry.flush()
    assert committed(tmp_path) == {"test": b"three"}
    registry.set_value(top, "test", 1, b"four")
    registry.delete_value(top, "test")
    registry.set_value(top, "test", 1, b"five")
    registry.delete_value(top, "test")
    assert committed(tmp_path) == {"test": b"three"}
    registry.flush()
    assert committed(tmp_path) == {}
    registry.set_value(top, "test2", 1, b"six")
    registry.close()
    assert committed(tmp_path) == {"test2": b"six"}
    registry = opened(tmp_path)
    below = registry.find(registry.root, TOP + "\\Renamed\\BELOW")
    assert below is not None
    assert below.class_name == "a class"
    registry.close()


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


# -- keys -----------------------------------------------------------------------------------------
def names(registry: Registry, path: str = TOP) -> list[str]:
    node = registry.find(registry.root, path)
    assert node is not None
    return [child.name for child in registry.children(node).values()]


def test_keys_that_a_killed_kernel_left(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.create(top, "old")
    registry.ensure(top, "older\\below")
    registry.close()
    child = os.fork()
    if not child:
        own = opened(tmp_path)
        top = own.ensure(own.root, TOP)
        made = own.create(top, "made \ud800", "a class \ud800", security=top.security)
        own.set_value(made, "test", 1, b"in a key that is only in the log")
        own.create(made, "below", "")
        passing = own.create(top, "passing")
        own.set_value(passing, "test", 1, b"never")
        own.delete(own.create(passing, "too"))
        own.delete(passing)
        own.create(top, "PASSING")
        own.delete(own.ensure(top, "old"))
        own.create(top, "OLD")
        own.delete(own.ensure(top, "older\\below"))
        own.set_value(top, "test", 1, b"x")
        own.delete_value(top, "test")
        own.set_value(top, "TEST", 1, b"y")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    for _ in range(2):
        registry = opened(tmp_path)
        assert sorted(names(registry)) == ["OLD", "PASSING", "made \ud800", "older"]
        made = registry.ensure(registry.root, TOP + "\\MADE \ud800")
        assert made.class_name == "a class \ud800"
        assert made.security == made.parent.security  # type: ignore[union-attr]
        assert registry.value(made, "test").data == b"in a key that is only in the log"
        assert registry.ensure(made, "below").class_name == ""
        assert names(registry, TOP + "\\passing") == names(registry, TOP + "\\older") == []
        assert registry.value(registry.ensure(registry.root, TOP), "test").name == "TEST"
        registry.close()


def test_a_key_that_is_gone_is_not_found_while_it_is_in_the_file(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    for number in range(3):
        registry.create(top, f"k{number}")
    registry.close()
    registry = opened(tmp_path)
    found = registry.find(registry.root, TOP + "\\k1")
    assert found is not None
    registry.delete(found)
    store = registry.store
    assert store.key(found.id) is None
    assert store.child(found.parent.id, "K1") is None  # type: ignore[union-attr]
    assert registry.find(registry.root, TOP + "\\k1") is None
    assert sorted(names(registry)) == ["k0", "k2"]
    registry.close()


def test_the_time_of_a_parent_is_that_of_the_last_change(tmp_path: Path) -> None:
    times = iter(range(1000, 10**9))
    registry = open_registry(str(tmp_path / "registry.db"), version_of("nt51"), lambda: next(times), False)
    top = registry.ensure(registry.root, TOP)
    for make in (True, False, True):
        child = registry.create(top, "child")
        registry.set_value(top, "test", 1, b"x")
        if not make:
            registry.delete_value(top, "test")
        registry.delete(child)
        last = top.time
        registry.doubt()
        assert registry.fresh(top).time == last
    registry.delete(registry.create(top, "passing"))
    registry.create(top, "stays")
    registry.delete(registry.create(top, "passing"))
    last = top.time
    registry.doubt()
    assert registry.fresh(top).time == last
    registry.close()


def test_keys_that_come_and_go_leave_nothing_to_write(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.flush()
    for number in range(20_000):  # several times as many as the log takes
        registry.delete(registry.create(top, f"k{number % 3}"))
    assert len(registry.store._pending) < 4  # type: ignore[attr-defined]
    registry.close()
    registry = opened(tmp_path)
    assert names(registry) == []
    registry.close()


def test_more_keys_than_the_log_takes(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    many = [f"{number}{'long' * 50}" for number in range(6000)]
    for name in many:
        registry.create(top, name)
    registry.close()
    registry = opened(tmp_path)
    assert sorted(names(registry)) == sorted(many)
    registry.close()


def test_a_key_meets_one_of_a_kernel_that_has_come(tmp_path: Path) -> None:
    """Whose changes we have not looked at when we write into the log for the last time."""
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    second = opened(tmp_path)
    second.create(second.ensure(second.root, TOP), "same")
    with pytest.raises(NtError) as refused:
        first.create(top, "SAME")
    assert refused.value.status == STATUS_OBJECT_NAME_COLLISION
    assert names(first) == names(second) == ["same"]
    first.close()
    second.close()


def test_a_key_goes_that_has_got_a_subkey(tmp_path: Path) -> None:
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    second = opened(tmp_path)
    second.create(second.ensure(second.root, TOP), "below")
    with pytest.raises(NtError) as refused:
        first.delete(top)
    assert refused.value.status == STATUS_CANNOT_DELETE
    assert names(first) == ["below"]
    first.close()
    second.close()


def test_a_key_is_made_in_one_that_is_gone(tmp_path: Path) -> None:
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    second = opened(tmp_path)
    second.delete(second.ensure(second.root, TOP))
    with pytest.raises(NtError):
        first.create(top, "below")
    assert first.find(first.root, TOP) is None
    first.close()
    second.close()


def test_a_key_goes_that_the_other_kernel_has_out_of_the_log(tmp_path: Path) -> None:
    first = opened(tmp_path)
    top = first.ensure(first.root, TOP)
    made = first.create(top, "made")
    second = opened(tmp_path)
    assert names(second) == ["made"]
    first.delete(made)
    second.look()
    assert names(second) == []
    second.close()
    first.close()
    first = opened(tmp_path)
    assert names(first) == []
    first.close()


def test_what_is_changed_without_a_look_is_not_forgotten(tmp_path: Path) -> None:
    """By the kernel itself: keys are looked at again, and are in the log only."""
    registry = opened(tmp_path)
    top = registry.ensure(registry.root, TOP)
    registry.doubt()
    registry.create(top, "below")
    assert list(registry.children(registry.fresh(top))) == ["BELOW"]
    registry.doubt()
    registry.fresh(registry.root)
    registry.create(top, "too")
    assert registry.find(registry.root, TOP + "\\too") is not None
    registry.close()
