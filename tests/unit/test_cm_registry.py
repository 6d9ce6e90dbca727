"""The registry against a dictionary; and what the model refuses."""

from __future__ import annotations

import copy
import gc
import shutil
import string
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ring3k.abi.status import (
    STATUS_CANNOT_DELETE,
    STATUS_CHILD_MUST_BE_VOLATILE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_KEY_DELETED,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_REGISTRY_QUOTA_LIMIT,
    NtError,
)
from ring3k.abi.version import version_of
from ring3k.cm.names import fold
from ring3k.cm.open import NoRoomError, RegistryError, open_registry
from ring3k.cm.registry import Registry
from ring3k.cm.sqlite_store import Store
from ring3k.cm.store import MemoryStore, StoreError

names = st.sampled_from(["a", "B", "c", "Straße", "ключ", "_", "\ud800x", "long" * 20]) | st.text(
    string.ascii_letters, min_size=1, max_size=3
)
value_names = names | st.just("")
data = st.binary(max_size=40) | st.integers(1, 5000).map(bytes)


class Model:
    """A key as a dictionary knows it: names fold, order is by folded name or by making."""

    def __init__(self, name: str, volatile: bool) -> None:
        self.name = name
        self.volatile = volatile
        self.children: dict[str, Model] = {}
        self.values: dict[str, tuple[str, int, bytes]] = {}


def ticking() -> Callable[[], int]:
    now = [1000]

    def next_() -> int:
        now[0] += 1
        return now[0]

    return next_


def failure(action: Callable[[], Any]) -> int:
    """The status an action fails with; 0 if it does not."""
    try:
        action()
    except NtError as error:
        return error.status
    return 0


class RegistryMachine(RuleBasedStateMachine):
    """Operations by chance; every state is compared with the dictionary's, and outlives a restart."""

    path: str | None = None

    @initialize()
    def begin(self) -> None:
        if self.path is not None:
            for old in Path(self.path).parent.iterdir():
                old.unlink()
        self.now = ticking()
        self.registry = self.open()
        self.model = Model("top", False)
        self.registry.ensure(self.registry.root, "MACHINE\\SOFTWARE\\top")

    def open(self) -> Registry:
        return open_registry(self.path, version_of("nt51"), self.now)

    def teardown(self) -> None:
        if hasattr(self, "registry"):
            self.registry.close()

    def at(self, path: tuple[str, ...]) -> Model | None:
        model: Model | None = self.model
        for part in path:
            if model is not None:
                model = model.children.get(fold(part))
        return model

    def node(self, path: tuple[str, ...]) -> Any:
        return self.registry.find(self.registry.root, "\\".join(["MACHINE\\SOFTWARE\\top", *path]))

    paths = st.lists(names, max_size=3).map(tuple)

    @rule(path=paths, name=names, volatile=st.booleans())
    def create(self, path: tuple[str, ...], name: str, volatile: bool) -> None:
        model, node = self.at(path), self.node(path)
        assert (node is None) == (model is None)
        if model is None or fold(name) in model.children:
            return
        expected = STATUS_CHILD_MUST_BE_VOLATILE if model.volatile and not volatile else 0
        assert failure(lambda: self.registry.create(node, name, None, volatile)) == expected
        if not expected:
            model.children[fold(name)] = Model(name, volatile)

    @rule(path=paths)
    def delete(self, path: tuple[str, ...]) -> None:
        model, node = self.at(path), self.node(path)
        if model is None or not path:
            return
        expected = STATUS_CANNOT_DELETE if model.children else 0
        assert failure(lambda: self.registry.delete(node)) == expected
        if not expected:
            del self.at(path[:-1]).children[fold(path[-1])]  # type: ignore[union-attr]
            assert failure(lambda: self.registry.fresh(node)) == STATUS_KEY_DELETED

    @rule(path=paths, name=names)
    def rename(self, path: tuple[str, ...], name: str) -> None:
        model, node = self.at(path), self.node(path)
        if model is None or not path:
            return
        siblings = self.at(path[:-1]).children  # type: ignore[union-attr]
        taken = siblings.get(fold(name))
        expected = STATUS_OBJECT_NAME_COLLISION if taken is not None and taken is not model else 0
        assert failure(lambda: self.registry.rename(node, name)) == expected
        if not expected:
            del siblings[fold(path[-1])]
            model.name = name
            siblings[fold(name)] = model

    @rule(path=paths, name=value_names, kind=st.integers(0, 2**32 - 1), content=data)
    def set_value(self, path: tuple[str, ...], name: str, kind: int, content: bytes) -> None:
        model, node = self.at(path), self.node(path)
        if model is None:
            return
        self.registry.set_value(node, name, kind, content)
        known = model.values.get(fold(name))
        model.values[fold(name)] = (known[0] if known else name, kind, content)

    @rule(path=paths, name=value_names)
    def delete_value(self, path: tuple[str, ...], name: str) -> None:
        model, node = self.at(path), self.node(path)
        if model is None:
            return
        expected = 0 if fold(name) in model.values else STATUS_OBJECT_NAME_NOT_FOUND
        assert failure(lambda: self.registry.delete_value(node, name)) == expected
        model.values.pop(fold(name), None)

    @rule()
    def forget(self) -> None:
        self.registry.doubt()

    @precondition(lambda self: self.path is not None)
    @rule()
    def reopen(self) -> None:
        self.registry.close()
        self.registry = self.open()
        self.drop_volatile(self.model)

    @precondition(lambda self: self.path is not None)
    @rule()
    def die(self) -> None:
        """If this kernel were killed now, the next one would find all that stays."""
        assert self.path is not None
        living, model = self.registry, copy.deepcopy(self.model)
        with tempfile.TemporaryDirectory() as folder:
            for file in Path(self.path).parent.iterdir():
                if not file.name.endswith("-shm"):
                    shutil.copy(file, folder)
            self.registry = open_registry(f"{folder}/registry.db", version_of("nt51"), self.now)
            self.drop_volatile(model)
            self.compare(self.node(()), model)
            self.registry.close()
        self.registry = living

    def drop_volatile(self, model: Model) -> None:
        model.children = {key: child for key, child in model.children.items() if not child.volatile}
        for child in model.children.values():
            self.drop_volatile(child)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "registry"):
            self.compare(self.node(()), self.model)

    def compare(self, node: Any, model: Model) -> None:
        registry = self.registry
        registry.fresh(node)
        assert node.name == model.name
        assert node.volatile == model.volatile
        expected = sorted(model.children.values(), key=lambda one: (one.volatile, fold(one.name)))
        listed: list[Any] = []
        while (child := registry.child_at(node, len(listed))) is not None:
            listed.append(child)
        assert [child.name for child in listed] == [child.name for child in expected]
        found = [(value.name, value.type, value.data) for value in registry.values(node).values()]
        assert found == list(model.values.values())
        for name, value in model.values.items():
            assert registry.value(node, name.lower() if fold(name.lower()) == name else name).data == value[2]
        for child, below in zip(listed, expected, strict=True):
            self.compare(child, below)


def run(machine: type[RegistryMachine], examples: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_in_memory_it_is_a_dictionary() -> None:
    run(RegistryMachine, 40)


def test_in_a_file_it_is_a_dictionary_that_stays(tmp_path: Path) -> None:
    class InFile(RegistryMachine):
        path = str(tmp_path / "registry.db")

    run(InFile, 15)


# -- limits and refusals -------------------------------------------------------------------------
@pytest.fixture(params=["memory", "file"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    path = str(tmp_path / "registry.db") if request.param == "file" else None
    made = open_registry(path, version_of("nt51"), ticking())
    yield made
    made.close()


def test_a_fresh_machine_tells_what_it_is(registry: Registry) -> None:
    version = registry.find(registry.root, "MACHINE\\software\\Microsoft\\Windows NT\\CurrentVersion")
    assert version is not None
    assert registry.value(version, "CurrentVersion").data == "5.1\0".encode("utf-16-le")
    current = registry.find(registry.root, "Machine\\System\\CurrentControlSet\\Control\\Session Manager")
    assert current is not None
    assert "ControlSet001" in current.path()
    assert registry.find(registry.root, "USER\\S-1-5-18\\Environment") is not None
    assert (
        registry.find(registry.root, "MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0")
        is not None
    )


def test_volatile_keys_outlive_what_is_forgotten(registry: Registry) -> None:
    """They are nowhere but in memory, and the key they are below may be forgotten and read again."""
    path = "MACHINE\\SOFTWARE\\top\\stays"
    registry.create(registry.ensure(registry.root, path), "goes", None, True)
    registry.doubt()
    gc.collect()
    found = registry.find(registry.root, path + "\\goes")
    assert found is not None
    registry.delete(found)
    assert registry.find(registry.root, path + "\\goes") is None


def test_windows_2000_is_told_apart() -> None:
    registry = open_registry(None, version_of("nt50"))
    version = registry.find(registry.root, "MACHINE\\software\\Microsoft\\Windows NT\\CurrentVersion")
    assert version is not None
    assert registry.value(version, "ProductName").data == "Microsoft Windows 2000\0".encode("utf-16-le")
    assert registry.value(version, "CurrentBuild").data == "2195\0".encode("utf-16-le")
    top = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\top")
    too_much = bytes((1 << 20) + 1)
    assert failure(lambda: registry.set_value(top, "v", 3, too_much)) == STATUS_INSUFFICIENT_RESOURCES


def test_depth_is_bounded(registry: Registry) -> None:
    node = registry.ensure(registry.root, "MACHINE\\SOFTWARE")
    statuses = set()
    for _ in range(520):
        try:
            node = registry.create(node, "d")
        except NtError as error:
            statuses.add(error.status)
    assert statuses == {STATUS_INVALID_PARAMETER}


def test_a_store_has_an_end(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "small.db"), limit=1 << 20)
    full = Registry(store, ticking())
    node = full.ensure(full.create(full.create(full.root, "MACHINE", flags=4), "SOFTWARE", flags=2), "top")
    statuses = {failure(partial(full.set_value, node, f"v{n}", 3, bytes(50_000))) for n in range(40)}
    assert statuses == {0, STATUS_REGISTRY_QUOTA_LIMIT}
    full.set_value(node, "v0", 3, b"still works")
    full.close()

    little = Registry(MemoryStore(limit=1 << 20), ticking())
    node = little.ensure(
        little.create(little.create(little.root, "MACHINE", flags=4), "SOFTWARE", flags=2), "t"
    )
    statuses = {failure(partial(little.set_value, node, f"v{n}", 3, bytes(50_000))) for n in range(40)}
    assert statuses == {0, STATUS_INSUFFICIENT_RESOURCES}
    used = little.store.used
    little.delete_value(node, "v0")
    little.set_value(node, "v0", 3, bytes(50_000))
    assert little.store.used == used


def test_what_is_charged_is_given_back() -> None:
    registry = open_registry(None, version_of("nt51"))
    top = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\top")
    used = registry.store.used
    for _ in range(3):
        node = registry.create(top, "child", "a class", security=top.security)
        registry.set_security(node, bytes(200))
        registry.set_value(node, "v", 1, bytes(100))
        registry.set_value(node, "v", 1, bytes(10))
        below = registry.create(node, "below", volatile=True, security=node.security)
        registry.set_security(node, bytes(20))
        registry.rename(below, "longer name")
        assert registry.store.used > used
        registry.delete_tree(node)
        assert registry.store.used == used


def test_what_is_no_registry_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(b"This is no data base." * 100)
    with pytest.raises(StoreError, match="not a registry") as refused:
        open_registry(str(path), version_of("nt51"))
    assert "\n" not in str(refused.value)


def test_changes_together_are_undone_together(tmp_path: Path) -> None:
    registry = open_registry(str(tmp_path / "registry.db"), version_of("nt51"))
    top = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\top")

    def changes() -> None:
        with registry.together():
            registry.set_value(top, "v", 1, b"x")
            registry.create(top, "child")
            raise NtError(STATUS_INVALID_PARAMETER)

    assert failure(changes) == STATUS_INVALID_PARAMETER
    registry.fresh(top)
    assert registry.children(top) == {}
    assert registry.values(top) == {}
    registry.close()


# -- two kernels ----------------------------------------------------------------------------------
def test_two_kernels_see_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "registry.db")
    one, two = (open_registry(path, version_of("nt51")) for _ in range(2))
    here = one.ensure(one.root, "MACHINE\\SOFTWARE\\shared")
    there = two.find(two.root, "MACHINE\\SOFTWARE\\shared")
    assert there is not None
    for round_ in range(20):
        one.set_value(one.fresh(here), "v", 4, bytes([round_]))
        assert two.value(two.fresh(there), "V").data == bytes([round_])
        two.set_value(two.fresh(there), "w", 4, bytes([round_]))
        assert one.value(one.fresh(here), "w").data == bytes([round_])
        two.create(two.fresh(there), f"k{round_}")
        assert one.child(one.fresh(here), f"K{round_}") is not None
    # what one has made, the other does not make again
    one.create(one.fresh(here), "same")
    two.fresh(there)
    with pytest.raises(NtError):
        two.create(there, "same")
    # what one has deleted is gone for the other, with the handles that it has open
    for child in list(one.children(one.fresh(here)).values()):
        one.delete(child)
    one.delete(one.fresh(here))
    assert failure(lambda: two.fresh(there)) == STATUS_KEY_DELETED
    one.close()
    two.close()


def test_a_volatile_key_goes_although_its_parent_is_in_doubt(tmp_path: Path) -> None:
    path = str(tmp_path / "registry.db")
    one, two = (open_registry(path, version_of("nt51")) for _ in range(2))
    here = one.ensure(one.root, "MACHINE\\SOFTWARE\\parent")
    passing = one.create(here, "passing", volatile=True)
    two.ensure(two.root, "MACHINE\\SOFTWARE\\other")
    one.delete(one.fresh(passing))  # the look finds a change, and the parent is not looked at
    assert one.children(one.fresh(here)) == {}
    one.delete(here)
    one.close()
    two.close()


def test_changes_that_meet_are_both_made(tmp_path: Path) -> None:
    """The other kernel commits between our look and our change: the store's constraints find that out."""
    path = str(tmp_path / "registry.db")
    one, two = (open_registry(path, version_of("nt51")) for _ in range(2))
    here = one.ensure(one.root, "MACHINE\\SOFTWARE\\meeting")
    there = two.find(two.root, "MACHINE\\SOFTWARE\\meeting")
    assert there is not None
    one.values(here), two.values(there)
    one.set_value(here, "new", 1, b"one")
    two.set_value(there, "new", 1, b"two")  # knows of no such value
    assert one.value(one.fresh(here), "new").data == b"two"
    two.value(two.fresh(there), "new")
    one.delete_value(one.fresh(here), "new")
    two.set_value(there, "new", 1, b"again")  # knows one that is gone
    assert one.value(one.fresh(here), "new").data == b"again"
    two.fresh(there)
    one.create(one.fresh(here), "child")
    assert failure(lambda: two.delete(there)) == STATUS_CANNOT_DELETE  # knows of no child
    one.close()
    two.close()


@pytest.mark.parametrize("kept", [True, False])
def test_values_that_are_only_lent(tmp_path: Path, kept: bool) -> None:
    path = str(tmp_path / "registry.db") if kept else None
    registry = open_registry(path, version_of("nt51"))
    node = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\x")
    registry.set_value(node, "a", 1, b"own")
    registry.set_value(node, "b", 1, b"own")
    for name in ("A", "new", "c"):
        registry.lend(node, name, 4, b"lent")
    assert {value.name.lower(): value.data for value in registry.values(node).values()} == {
        "a": b"lent", "b": b"own", "c": b"lent", "new": b"lent",
    }  # fmt: skip
    registry.set_value(node, "c", 1, b"changed")
    registry.delete_value(node, "new")
    with pytest.raises(NtError):
        registry.value(node, "new")
    assert registry.value(node, "a").data == b"lent"
    registry.close()
    if kept:
        again = open_registry(path, version_of("nt51"))
        node = again.ensure(again.root, "MACHINE\\SOFTWARE\\x")
        assert {value.name: value.data for value in again.values(node).values()} == {
            "a": b"own", "b": b"own", "c": b"changed",
        }  # fmt: skip
        again.close()


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What cannot be opened for want of room is not called nonsense."""
    file = tmp_path / "registry.db"
    file.write_bytes(b"nonsense" * 1000)
    with pytest.raises(RegistryError, match="not a registry"):
        open_registry(str(file), version_of("nt51"))
    monkeypatch.setattr("ring3k.cm.open._is_full", lambda folder: True)
    with pytest.raises(NoRoomError, match="its disk is full"):
        open_registry(str(file), version_of("nt51"))
