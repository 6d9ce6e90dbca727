"""Hive files: written, read, damaged, loaded, unloaded, and found again after a kernel was killed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from struct import pack_into, unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_CANNOT_DELETE,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_REGISTRY_FILE,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_SHARING_VIOLATION,
    NtError,
)
from ring3k.abi.version import version_of
from ring3k.cm.hive import Hives, dump, graft, merge
from ring3k.cm.names import fold
from ring3k.cm.node import KeyNode
from ring3k.cm.open import open_registry
from ring3k.cm.regf import HEADER, HiveError, checksum, read_hive
from ring3k.cm.regf_write import LATEST, STANDARD, write_hive
from ring3k.cm.registry import Registry
from ring3k.cm.tree import Tree

text = st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1, max_size=12).filter(
    lambda name: len(name.encode("utf-16-le")) <= 510
)
values = st.lists(
    st.tuples(text | st.just(""), st.integers(0, 2**32 - 1), st.binary(max_size=60)), max_size=4
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> Tree:
    tree = Tree(draw(text), draw(st.integers(0, 2**62)), draw(st.none() | text))
    tree.security = draw(st.none() | st.binary(min_size=20, max_size=40))
    tree.link = draw(st.booleans())
    tree.values = draw(values)
    if depth:
        children = draw(st.lists(trees(depth - 1), max_size=2))
        named = {fold(child.name): child for child in children}
        tree.children = [named[name] for name in sorted(named)]
    return tree


@given(trees(), st.sampled_from([STANDARD, LATEST]))
@settings(deadline=None, max_examples=40)
def test_what_is_written_is_read(tree: Tree, minor: int) -> None:
    raw = write_hive(tree, "C:\\somewhere\\hive", minor)
    assert read_hive(raw) == tree
    assert len(raw) % 4096 == 0


@pytest.mark.parametrize("minor", [STANDARD, LATEST])
def test_large_data_and_many_keys(minor: int) -> None:
    tree = Tree("root")
    tree.values = [(str(size), 3, bytes(range(256)) * (size // 256)) for size in (0, 256, 16384, 1 << 20)]
    tree.children = [Tree(f"key{n:05}", n) for n in range(3000)]
    assert read_hive(write_hive(tree, minor=minor)) == tree


def test_the_layout_is_the_published_one() -> None:
    """Offsets as the descriptions of the format give them, looked at without the reader."""
    tree = Tree("R", 77, None, bytes(20))
    tree.children = [Tree("abc"), Tree("zz")]
    tree.values = [("v", 4, b"\1\2\3\4")]
    raw = write_hive(tree, "name", LATEST)
    assert raw[:4] == b"regf"
    first, second, time, major, minor = unpack_from("<IIqII", raw, 4)
    assert (first, second, time, major, minor) == (1, 1, 77, 1, 5)
    root, length = unpack_from("<II", raw, 36)
    assert length == len(raw) - HEADER
    assert raw[HEADER : HEADER + 4] == b"hbin"
    assert unpack_from("<II", raw, HEADER + 4) == (0, length)
    cell = HEADER + root
    assert unpack_from("<i", raw, cell)[0] < 0
    assert raw[cell + 4 : cell + 6] == b"nk"
    assert unpack_from("<H", raw, cell + 6)[0] == 0x2C  # root, not deleted, name in bytes
    assert unpack_from("<I", raw, cell + 24)[0] == 2
    subkeys = HEADER + unpack_from("<I", raw, cell + 32)[0]
    assert raw[subkeys + 4 : subkeys + 6] == b"lh"
    assert unpack_from("<I", raw, subkeys + 12)[0] == (65 * 37 + 66) * 37 + 67  # of "ABC"
    assert raw[cell + 80 : cell + 81] == b"R"


@given(
    trees(2), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0)
)
@settings(deadline=None, max_examples=100)
def test_damaged_hives_are_refused_or_read(tree: Tree, changes: list[tuple[int, int]], cut: int) -> None:
    raw = bytearray(write_hive(tree))
    for place, byte in changes:
        raw[HEADER + place % (len(raw) - HEADER)] = byte
    if cut % 3 == 0:
        del raw[HEADER + cut % (len(raw) - HEADER) :]
    with suppress(HiveError):  # and nothing else
        read_hive(bytes(raw))


def test_a_circle_is_found() -> None:
    tree = Tree("R")
    tree.children = [Tree("a")]
    raw = bytearray(write_hive(tree))
    root = HEADER + unpack_from("<I", raw, 36)[0]
    subkeys = HEADER + unpack_from("<I", raw, root + 32)[0]
    pack_into("<I", raw, subkeys + 8, root - HEADER)
    with pytest.raises(HiveError, match="two places"):
        read_hive(bytes(raw))


def test_bytes_named_again_and_again_have_a_limit() -> None:
    tree = Tree("R")
    tree.values = [("v", 3, bytes(1 << 20))] + [(f"w{n}", 3, b"12345") for n in range(600)]
    raw = bytearray(write_hive(tree))
    first = raw.index(b"vk\1\0" + (1 << 20).to_bytes(4, "little"))
    shared = raw[first + 4 : first + 12]
    for n in range(600):
        at = raw.index(f"w{n}".encode() + b"\0" * (8 - len(f"w{n}") % 8 - 4 & 3), first) - 20
        assert raw[at : at + 2] == b"vk"
        raw[at + 4 : at + 12] = shared
    with pytest.raises(HiveError, match="more than"):
        read_hive(bytes(raw))


def test_headers_that_are_none() -> None:
    good = bytearray(write_hive(Tree("R")))
    with pytest.raises(HiveError, match="does not begin"):
        read_hive(b"MZ" + bytes(5000))
    bad = good.copy()
    bad[60] ^= 1
    with pytest.raises(HiveError, match="checksum"):
        read_hive(bytes(bad))
    pack_into("<I", good, 20, 2)
    pack_into("<I", good, 508, checksum(bytes(good)))
    with pytest.raises(HiveError, match=r"version 2\.3"):
        read_hive(bytes(good))


# -- in a registry ---------------------------------------------------------------------------------
def opened(tmp_path: Path) -> Registry:
    return open_registry(str(tmp_path / "registry.db"), version_of("nt51"))


def users(registry: Registry) -> KeyNode:
    found = registry.find(registry.root, "USER")
    assert found is not None
    return found


def sample() -> Tree:
    tree = Tree("ROOT", 5, "A class")
    tree.values = [("v", 1, b"x\0y\0")]
    below = Tree("below", 6)
    below.values = [("", 4, b"abcd"), ("w", 3, b"")]
    tree.children = [below]
    return tree


def contents(tree: Tree) -> list[tuple[str, list[tuple[str, int, bytes]]]]:
    return [(one.name, one.values) for one in list(tree.walk())[1:]]


def test_a_tree_takes_the_place_of_a_key(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    node = registry.ensure(registry.root, "MACHINE\\SOFTWARE\\top")
    registry.set_value(node, "old", 1, b"old")
    registry.create(registry.create(node, "old"), "older")
    registry.create(node, "volatile", volatile=True)
    graft(registry, node, sample())
    assert contents(dump(registry, node)) == contents(sample())
    registry.create(node, "volatile", volatile=True)
    assert contents(dump(registry, node)) == contents(sample())
    registry.close()
    registry = opened(tmp_path)
    again = registry.find(registry.root, "MACHINE\\SOFTWARE\\top")
    assert again is not None
    assert contents(dump(registry, again)) == contents(sample())
    registry.close()


def test_trees_are_laid_over_each_other() -> None:
    high, low = Tree("h"), Tree("l")
    high.values, low.values = [("A", 1, b"high")], [("a", 1, b"low"), ("b", 1, b"low")]
    high.children, low.children = [Tree("Both"), Tree("h")], [Tree("both"), Tree("l")]
    high.children[0].values, low.children[0].values = [("x", 1, b"")], [("y", 1, b"")]
    merged = merge(high, low)
    assert merged.values == [("A", 1, b"high"), ("b", 1, b"low")]
    assert [child.name for child in merged.children] == ["Both", "h", "l"]
    assert merged.children[0].values == [("x", 1, b""), ("y", 1, b"")]


def test_a_loaded_hive_goes_back_to_its_file(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    hives = Hives(registry)
    file = tmp_path / "hive"
    file.write_bytes(write_hive(sample()))
    node = hives.load(users(registry), "loaded", file.read_bytes(), "\\??\\C:\\hive", str(file))
    assert contents(dump(registry, node)) == contents(sample())
    registry.set_value(node, "new", 4, b"1234")
    hives.flush(registry.ensure(node, "below"))
    assert ("new", 4, b"1234") in read_hive(file.read_bytes()).values
    registry.set_value(node, "newer", 4, b"5678")
    node.handles += 1
    with pytest.raises(NtError) as refused:
        hives.unload(node)
    assert refused.value.status == STATUS_CANNOT_DELETE
    node.handles -= 1
    hives.unload(node)
    assert registry.child(users(registry), "LOADED") is None
    assert ("newer", 4, b"5678") in read_hive(file.read_bytes()).values
    assert sorted(path.name for path in tmp_path.iterdir() if "hive" in path.name) == ["hive"]
    registry.close()


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    hives = Hives(registry)
    raw = write_hive(sample())
    master = users(registry)
    file = str(tmp_path / "hive")

    def status(above: KeyNode, name: str, data: bytes, host: str = "") -> int:
        with pytest.raises(NtError) as refused:
            hives.load(above, name, data, "", host)
        return refused.value.status

    hives.load(master, "one", raw, "", file)
    assert status(master, "ONE", raw) == STATUS_OBJECT_NAME_COLLISION
    assert status(master, "two", raw, file) == STATUS_SHARING_VIOLATION
    assert status(master, "two", b"no hive" * 1000) == STATUS_NOT_REGISTRY_FILE
    assert status(registry.root, "two", raw) == STATUS_INVALID_PARAMETER
    assert status(registry.ensure(master, "one"), "two", raw) == STATUS_INVALID_PARAMETER
    hives.load(master, "empty", b"", "", "")
    software = registry.find(registry.root, "MACHINE\\SOFTWARE")
    assert software is not None
    with pytest.raises(NtError) as refused:
        hives.unload(software)
    assert refused.value.status == STATUS_INVALID_PARAMETER
    hives.close()
    assert registry.child(master, "EMPTY") is None
    registry.close()


def test_the_hives_of_a_killed_kernel_reach_their_files(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    file = tmp_path / "hive"
    file.write_bytes(write_hive(sample()))
    node = Hives(registry).load(users(registry), "loaded", file.read_bytes(), "", str(file))
    registry.set_value(node, "acknowledged", 1, b"yes")
    other = opened(tmp_path)  # a second kernel: this is no start of the machine
    assert registry.store.hives() == other.store.hives() != []
    other.close()
    registry.close()  # and not Hives.close
    registry = opened(tmp_path)
    assert registry.store.hives() == []
    assert registry.child(users(registry), "LOADED") is None
    assert ("acknowledged", 1, b"yes") in read_hive(file.read_bytes()).values
    registry.close()


def test_a_replaced_hive_is_there_at_the_next_start(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    node = registry.find(registry.root, "MACHINE\\SAM")
    assert node is not None
    Hives(registry).replace(node, write_hive(sample()), "\\??\\C:\\new")
    assert registry.child(node, "SAM") is not None
    registry.close()
    registry = opened(tmp_path)
    node = registry.find(registry.root, "MACHINE\\SAM")
    assert node is not None
    assert contents(dump(registry, node)) == contents(sample())
    assert registry.store.hives() == []
    registry.close()
