"""Numbers out of real ntdlls, and out of files that lie."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.ntdll_numbers import numbers_of
from ring3k.abi.pe import IMAGE_FILE_MACHINE_AMD64 as AMD64
from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386 as I386
from ring3k.abi.pe import NotAnImage
from ring3k.abi.tables import VERSIONS, table

WINE = Path("/usr/lib/i386-linux-gnu/wine/i386-windows/ntdll.dll")
INT_2E = "b8 {} 8d542404 cd2e c2 {}"
SHARED = "b8 {} ba 0003fe7f ffd2 c2 {}"
SHARED_SP2 = "b8 {} ba 0003fe7f ff12 c2 {}"
WOW64 = "b8 {} 33c9 8d542404 64ff15c0000000 c2 {}"
WIDE = "4c8bd1 b8 {} f604250803fe7f01 7503 0f05 c3 {}"


def stub(pattern: str, number: int, size: int) -> bytes:
    return bytes.fromhex(pattern.format(struct.pack("<I", number).hex(), struct.pack("<H", size).hex()))


def image(exports: dict[str, bytes], machine: int = I386) -> bytes:
    """The least PE with these exports: one section at 0x1000, stored at 0x200."""
    body = bytearray(40)
    places, names = [], []
    for name, code in exports.items():
        places.append(0x1000 + len(body))
        body += code.ljust(32, b"\xcc")
        names.append(0x1000 + len(body))
        body += name.encode() + b"\0"
    tables = []
    for row in (struct.pack(f"<{len(places)}I", *places), struct.pack(f"<{len(names)}I", *names)):
        tables.append(0x1000 + len(body))
        body += row
    tables.append(0x1000 + len(body))
    body += struct.pack(f"<{len(names)}H", *range(len(names)))
    struct.pack_into("<5I", body, 20, len(places), len(names), *tables)
    wide = machine == AMD64
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(112 if wide else 96, b"\0")
    optional += struct.pack("<II", 0x1000, 40) + bytes(120)
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0) + optional
    header += b".text\0\0\0" + struct.pack("<IIII", len(body), 0x1000, len(body), 0x200) + bytes(16)
    return header.ljust(0x200, b"\0") + bytes(body)


SMALL = image(
    {
        "NtClose": stub(INT_2E, 0x18, 4),
        "ZwClose": stub(INT_2E, 0x18, 4),
        "NtCreateFile": stub(SHARED, 0x25, 44),
        "NtTestAlert": bytes.fromhex("b8 03010000 ba 0003fe7f ff12 c3"),
        "NtOpenFile": stub(SHARED_SP2, 0x74, 24),
        "NtSetEvent": stub(WOW64, 0xDB, 8),
        "NtCurrentTeb": bytes.fromhex("64a118000000c3"),
        "RtlConstant": bytes.fromhex("b8 01000000 c3"),
        "": stub(INT_2E, 0x1A, 0),
    }
)


def test_all_kinds_of_stubs() -> None:
    found = numbers_of(SMALL)
    assert found.numbers == {
        "NtClose": 0x18,
        "NtCreateFile": 0x25,
        "NtTestAlert": 0x103,
        "NtOpenFile": 0x74,
        "NtSetEvent": 0xDB,
    }
    assert found.words == {
        "NtClose": 1,
        "NtCreateFile": 11,
        "NtTestAlert": 0,
        "NtOpenFile": 6,
        "NtSetEvent": 2,
    }
    assert found.table("nt51").names[0x18] == "NtClose"


def test_64_bit_stubs() -> None:
    found = numbers_of(image({"NtClose": stub(WIDE, 0xF, 0)}, AMD64))
    assert (found.machine, found.numbers) == (AMD64, {"NtClose": 0xF})


@pytest.mark.parametrize("version", VERSIONS)
def test_our_own_ntdll_agrees_with_the_table(guest_files: Path, version: str) -> None:
    found, expected = numbers_of(guest_files / version / "ntdll.dll"), table(version)
    assert {n: found.numbers.get(n) for n in expected} == expected.numbers
    assert {n: found.words.get(n) for n in expected} == expected.words


@pytest.mark.skipif(not WINE.exists(), reason="Wine's DLLs are not installed")
def test_wine() -> None:
    found = numbers_of(WINE)
    assert len(found.numbers) > 200
    assert len(set(found.numbers.values())) == len(found.numbers)
    assert found.words["NtClose"] == 1
    assert found.words["NtCreateFile"] == 11
    assert "NtCurrentTeb" not in found.numbers
    assert sorted(found.numbers.values()) == list(range(len(found.numbers)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no MZ"),
        (b"\x7fELF" + bytes(100), "no MZ"),
        (b"MZ", "truncated"),
        (b"MZ" + bytes(100), "no PE"),
        (SMALL[:0x100], "truncated"),
        (SMALL[:0x200], "truncated"),
        (image({}, 0x1C0), "another machine"),
    ],
)
def test_other_files_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(NotAnImage, match=says):
        numbers_of(data)


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=12), st.integers(0))
def test_a_lying_file_does_no_harm(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(SMALL)
    for place, value in changes:
        data[place] = value
    try:
        found = numbers_of(bytes(data[: len(data) - cut % 64]))
    except NotAnImage:
        return
    assert all(0 <= number < 0x4000 for number in found.numbers.values())


@given(st.binary(max_size=600))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        numbers_of(b"MZ" + data)
