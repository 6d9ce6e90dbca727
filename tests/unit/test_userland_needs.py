"""What a program imports, and what of it is not there."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ring3k.abi.pe import NotAnImage, pe_file
from ring3k.userland import wine
from ring3k.userland.needs import Finder, Missing, imported_functions, missing_dlls, missing_functions

BASE = 0x1000


def image(imports: dict[str, list[str | int]], exports: tuple[str, ...] = (), subsystem: int = 3) -> bytes:
    """A PE file that imports and exports, in one section."""
    body = bytearray(20 * (len(imports) + 1))
    for index, (dll, functions) in enumerate(imports.items()):
        words = []
        for one in functions:
            if isinstance(one, int):
                words.append(0x80000000 | one)
            else:
                words.append(BASE + len(body))
                body += b"\0\0" + one.encode() + b"\0"
        name = BASE + len(body)
        body += dll.encode() + b"\0"
        thunks = BASE + len(body)
        body += struct.pack(f"<{len(words) + 1}I", *words, 0)
        struct.pack_into("<5I", body, 20 * index, thunks, 0, 0, name, thunks)
    names = []
    for one in sorted(exports):
        names.append(BASE + len(body))
        body += one.encode() + b"\0"
    texts = BASE + len(body)
    body += struct.pack(f"<{len(names)}I", *names)
    directory = BASE + len(body)
    body += struct.pack("<4I6I", 0, 0, 0, 0, 1, len(names), len(names), 0, texts, 0)
    optional = bytearray(224)
    struct.pack_into("<H", optional, 0, 0x10B)
    struct.pack_into("<I", optional, 16, BASE)
    struct.pack_into("<III", optional, 28, 0x400000, 0x1000, 0x200)
    struct.pack_into("<II", optional, 56, 0x1000 + (len(body) + 0xFFF & ~0xFFF), 0x200)
    struct.pack_into("<H", optional, 68, subsystem)
    struct.pack_into("<I", optional, 92, 16)
    struct.pack_into("<4I", optional, 96, directory if exports else 0, 40, BASE if imports else 0, 20)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, 224, 0x102) + bytes(optional)
    head += struct.pack("<8sIIII16x", b".text", len(body), BASE, len(body), 0x200)
    return head.ljust(0x200, b"\0") + bytes(body)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    own, system = tmp_path / "own", tmp_path / "system"
    own.mkdir()
    system.mkdir()
    return own, system


def finder(own: Path, system: Path) -> Finder:
    return Finder(str(own), [str(system)], str(system / "apisetschema.dll"))


def test_missing_dlls_and_who_wants_them(folders: tuple[Path, Path]) -> None:
    own, system = folders
    (system / "kernel32.dll").write_bytes(image({"nowhere.dll": []}))  # the system's own affairs
    (own / "Helper.DLL").write_bytes(image({"KERNEL32.dll": [], "gone.dll": [], "helper.dll": []}))
    (own / "prog.exe").write_bytes(image({"kernel32": [], "helper.dll": [], "Lost.dll": []}))
    assert missing_dlls(str(own / "prog.exe"), finder(own, system)) == [
        Missing("Lost.dll", "prog.exe"),
        Missing("gone.dll", "Helper.DLL"),
    ]


def test_api_sets(folders: tuple[Path, Path]) -> None:
    own, system = folders
    (system / "apisetschema.dll").write_bytes("api-ms-win-crt-heap-l1-1-0".encode("utf-16-le"))
    names = ("api-ms-win-crt-heap-l1-1-0.dll", "API-MS-WIN-CRT-HEAP-L1-1-9", "api-ms-win-crt-heap-l1-2-0.dll")
    (own / "prog.exe").write_bytes(image({name: [] for name in names}))
    assert missing_dlls(str(own / "prog.exe"), finder(own, system)) == [Missing(names[2], "prog.exe")]


def test_assemblies_of_its_own(folders: tuple[Path, Path]) -> None:
    own, system = folders
    (own / "Microsoft.VC90.CRT").mkdir()
    (own / "Microsoft.VC90.CRT" / "msvcr90.dll").write_bytes(image({}))
    (own / "prog.exe").write_bytes(image({"MSVCR90.dll": []}))
    assert missing_dlls(str(own / "prog.exe"), finder(own, system)) == []


def test_missing_functions(folders: tuple[Path, Path]) -> None:
    own, system = folders
    (system / "a.dll").write_bytes(image({}, ("Alpha", "Beta", "Gamma")))
    (own / "prog.exe").write_bytes(image({"A.dll": ["Beta", "Delta", 3, 4], "user32.dll": ["One", 1]}))
    assert missing_functions(str(own / "prog.exe"), finder(own, system)) == [
        Missing("Delta of A.dll", "prog.exe"),
        Missing("number 4 of A.dll", "prog.exe"),
    ]
    assert imported_functions(str(own / "prog.exe"), "user32.dll") == ["One"]


FILE = image({"a.dll": ["x", 1], "b.dll": ["yy"]}, ("e", "f"))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(FILE) - 1), st.binary(min_size=1, max_size=8), st.integers(1, len(FILE)))
def test_a_file_that_lies_stops_nothing(tmp_path: Path, at: int, junk: bytes, end: int) -> None:
    path = tmp_path / "prog.exe"
    path.write_bytes((FILE[:at] + junk + FILE[at + len(junk) :])[:end])
    missing_dlls(str(path), finder(tmp_path, tmp_path))
    missing_functions(str(path), finder(tmp_path, tmp_path))
    imported_functions(str(path), "a.dll")
    with suppress(NotAnImage), pe_file(str(path)) as one:
        for name, place, _ in one.imports():
            assert len(name) <= 512
            assert len(list(one.imported(place))) <= 4096


@pytest.mark.skipif(wine.find() is None, reason="Wine's DLLs are not on this computer")
def test_wines_own_programs_need_nothing_more() -> None:
    place = wine.find()
    assert place is not None
    own = Path(place[0])
    for name in ("cmd.exe", "wscript.exe", "msidb.exe", "xcopy.exe"):
        found = finder(own, own)
        assert missing_dlls(str(own / name), found) == []
        assert missing_functions(str(own / name), found) == []
