"""A registry that is opened before it is used: nothing of what happens between is missed, or disturbed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ring3k.abi.version import version_of
from ring3k.cm.ahead import Ahead, begin, open_ahead
from ring3k.cm.open import RegistryError, host_time, open_registry
from ring3k.cm.registry import Registry
from ring3k.cm.sqlite_store import Store
from ring3k.cm.view import View

VERSION = version_of("nt100")
TOP = "MACHINE\\SOFTWARE\\top"


def opened(folder: Path) -> Registry:
    return open_registry(str(folder / "registry.db"), VERSION)


def ahead(folder: Path) -> Ahead:
    return open_ahead(str(folder / "registry.db"), VERSION, host_time)


def put(registry: Registry, data: bytes) -> None:
    registry.set_value(registry.ensure(registry.root, TOP), "test", 1, data)


def value(registry: View) -> bytes:
    top = registry.find(registry.root, TOP)
    assert top is not None
    return registry.value(top, "test").data


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    registry = opened(tmp_path)
    put(registry, b"old")
    registry.close()
    return tmp_path


def in_another_process(do: Callable[[], None]) -> None:
    child = os.fork()
    if not child:
        try:
            do()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_it_is_as_if_it_had_been_opened_now(machine: Path) -> None:
    view = ahead(machine)
    assert value(view) == b"old"
    registry = begin(view, VERSION)
    assert value(registry) == b"old"
    store = registry.store
    assert isinstance(store, Store)
    assert store._logging
    put(registry, b"new")
    hardware = registry.find(registry.root, "MACHINE\\HARDWARE\\DESCRIPTION\\System")
    assert hardware is not None
    assert registry.value(hardware, "Identifier").data
    assert registry.known()
    registry.close()
    again = opened(machine)
    assert value(again) == b"new"
    again.close()


def test_who_is_at_work_is_not_disturbed(machine: Path) -> None:
    first = opened(machine)
    put(first, b"in the log")
    view = ahead(machine)
    assert value(view) == b"old"
    put(first, b"still in the log")
    log = first.store._log  # type: ignore[attr-defined]
    assert not log.shared
    second = begin(view, VERSION)
    assert log.shared
    assert value(second) == b"still in the log"
    put(first, b"at last")
    assert value(second) == b"at last"
    first.close()
    second.close()


def test_what_another_has_changed_since(machine: Path) -> None:
    view = ahead(machine)
    assert value(view) == b"old"

    def change() -> None:
        other = opened(machine)
        put(other, b"new")
        other.close()

    in_another_process(change)
    registry = begin(view, VERSION)
    assert value(registry) == b"new"
    registry.close()


def test_what_a_killed_kernel_left_since(machine: Path) -> None:
    view = ahead(machine)
    assert value(view) == b"old"

    def change() -> None:
        put(opened(machine), b"acknowledged")
        os.kill(os.getpid(), 9)

    in_another_process(change)
    registry = begin(view, VERSION)
    assert value(registry) == b"acknowledged"
    registry.close()


def test_another_file(machine: Path) -> None:
    view = ahead(machine)
    shutil.rmtree(machine)
    machine.mkdir()
    with pytest.raises(RegistryError):
        begin(view, VERSION)
    opened(machine).close()
    assert (machine / "registry.db").exists()


def test_none(tmp_path: Path) -> None:
    with pytest.raises(RegistryError):
        ahead(tmp_path / "nowhere")
    with pytest.raises(RegistryError):
        ahead(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "registry.db").touch()
    with pytest.raises(RegistryError):
        ahead(tmp_path)


def test_odd_names(machine: Path) -> None:
    odd = machine / "a?b#c%41 d"
    odd.mkdir()
    shutil.move(machine / "registry.db", odd)
    view = ahead(odd)
    assert value(view) == b"old"
    view.close()


def test_nothing_is_written(machine: Path) -> None:
    before = {one.name: one.stat().st_mtime_ns for one in machine.iterdir() if one.suffix != ".db-shm"}
    time.sleep(0.02)
    ahead(machine).close()
    after = {one.name: one.stat().st_mtime_ns for one in machine.iterdir() if one.suffix != ".db-shm"}
    assert after == before
