"""Resources of PE files: found where they are, and nothing where a file lies."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ring3k.userland.resources import RT_VERSION, file_version, resources


def directory(*entries: tuple[int, int]) -> bytes:
    """Names before numbers, as linkers sort them."""
    named = sum(1 for name, _ in entries if name & 0x80000000)
    head = struct.pack("<12xHH", named, len(entries) - named)
    return head + b"".join(struct.pack("<II", *entry) for entry in entries)


def image(texts: dict[str, bytes], version: bytes) -> bytes:
    """A PE file with resources of a named type, numbered from 1, and a version."""
    (kind, *_), address = texts, 0x1000
    deeper = 0x80000000
    top = 0
    kinds = top + len(directory((0, 0), (0, 0)))
    versions = kinds + len(directory((0, 0)))
    language = versions + len(directory((0, 0)))
    language2 = language + len(directory((0, 0)))
    leaf = language2 + len(directory((0, 0)))
    name = leaf + 32
    first = name + 2 + 2 * len(kind)
    second = first + len(texts[kind])
    rsrc = b"".join(
        (
            directory((name | deeper, kinds | deeper), (RT_VERSION, versions | deeper)),
            directory((1, language | deeper)),
            directory((1, language2 | deeper)),
            directory((0x409, leaf)),
            directory((0x409, leaf + 16)),
            struct.pack("<IIII", address + first, len(texts[kind]), 0, 0),
            struct.pack("<IIII", address + second, len(version), 0, 0),
            struct.pack("<H", len(kind)) + kind.encode("utf-16-le"),
            texts[kind],
            version,
        )
    )
    optional = (
        struct.pack("<H94x", 0x10B) + struct.pack("<II", 0, 0) * 2 + struct.pack("<II", address, len(rsrc))
    )
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, len(optional), 0x2102) + optional
    section = struct.pack("<8sIIII16x", b".rsrc", len(rsrc), address, len(rsrc), 0x200)
    return (head + section).ljust(0x200, b"\0") + rsrc


FILE = image({"DATA": b"hello"}, b"pad." + struct.pack("<IIII", 0xFEEF04BD, 0x10000, 0x60001, 0x1DB00002))


def test_resources_by_type(tmp_path: Path) -> None:
    path = tmp_path / "a.dll"
    path.write_bytes(FILE)
    assert list(resources(str(path), "DATA")) == [("DATA", 1, 0x409, b"hello")]
    assert list(resources(str(path), "NONE")) == []
    assert file_version(str(path)) == (6, 1, 7600, 2)


def test_files_without(tmp_path: Path) -> None:
    path = tmp_path / "a.dll"
    for content in (b"", b"MZ", b"text" * 100):
        path.write_bytes(content)
        assert list(resources(str(path), "DATA")) == []
        assert file_version(str(path)) is None
    with pytest.raises(OSError, match="No such file"):
        list(resources(str(tmp_path / "none"), "DATA"))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(FILE) - 1), st.binary(min_size=1, max_size=8), st.integers(0, len(FILE)))
def test_a_file_that_lies_gives_nothing_worse(tmp_path: Path, at: int, junk: bytes, end: int) -> None:
    path = tmp_path / "a.dll"
    path.write_bytes((FILE[:at] + junk + FILE[at + len(junk) :])[:end])
    for wanted in ("DATA", RT_VERSION):
        assert len(list(resources(str(path), wanted))) <= 4096
    file_version(str(path))
