"""PE files: what is found where it is, and nothing where a file lies."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.pe import (
    EXPORT,
    IMAGE_FILE_MACHINE_AMD64,
    IMPORT,
    RESOURCE,
    Headers,
    NotAnImage,
    PeFile,
    pe_file,
)
from tests.unit.mm_image_file import PeImage
from tests.unit.test_abi_ntdll_numbers import image as exporting
from tests.unit.test_userland_needs import image as importing

FILE = PeImage().build()


def test_headers_say_what_was_written() -> None:
    headers = Headers(FILE)
    optional = headers.optional()
    assert (optional.ImageBase, optional.SizeOfImage, optional.SizeOfHeaders) == (0x400000, 0x7000, 0x400)
    assert [(one.Name.rstrip(b"\0"), one.VirtualAddress) for one in headers.sections()] == [
        (b".text", 0x1000), (b".data", 0x3000), (b".shared", 0x4000), (b".bss", 0x5000),
    ]  # fmt: skip


def test_bytes_are_where_they_are_in_memory() -> None:
    image = PeFile(FILE)
    assert (image.base, image.code_end) == (0x400000, 0x2234)
    assert image.read(0x3004, 8) == b"datadata"
    assert image.read(0x4000, 0x10000)[:4] == b"both"
    assert len(image.read(0x4000, 0x10000)) == 0x200  # the page shows what the file has, to a whole sector
    assert len(image.section(b".shared")) == 0x100
    assert (image.read(0x5000, 4), image.read(0x400, 4), image.section(b".none")) == (b"", b"", b"")
    with pytest.raises(NotAnImage, match="nothing at address 0x5000"):
        image.words(0x5000, 1)


def test_what_a_section_has_behind_its_last_page_is_not_there() -> None:
    data = bytearray(FILE)
    struct.pack_into("<I", data, data.index(b".text") + 8, 0xFFF)
    assert len(PeFile(bytes(data)).read(0x1000, 0x2000)) == 0x1000


def test_exports_and_imports() -> None:
    image = PeFile(exporting({"NtClose": b"\x90", "NtOpen": b"\xc3"}))
    assert list(image.exports(["NtOpen", "NtNone", "NtClose"])) == ["NtOpen", "NtClose"]
    assert dict(image.all_exports()) == image.exports(["NtClose", "NtOpen"])
    ((_, close), (_, open_)) = image.all_exports()
    assert image.entries([open_, close]) == tuple(image.exported.AddressOfFunctions + n for n in (4, 0))
    assert list(image.imports()) == []

    image = PeFile(importing({"a.dll": ["x", 7], "b.dll": ["yy"]}, ("e",)))
    first, second = image.imports()
    assert (first.name, list(image.imported(first.functions))) == ("a.dll", ["x", 7])
    assert image.place_of_import("yy") == second.places
    assert image.place_of_import("e") == 0
    assert [image.has(one) for one in ("e", "f", 0, 1, 2)] == [True, False, False, True, False]


def test_64_bit_files_have_exports_but_no_imports_for_us() -> None:
    image = PeFile(exporting({"NtClose": b"\x90"}, IMAGE_FILE_MACHINE_AMD64))
    assert image.has("NtClose")
    with pytest.raises(NotAnImage, match="not a 32-bit PE file"):
        list(image.imports())


def test_a_table_for_which_the_headers_have_no_room_is_none() -> None:
    data = bytearray(exporting({"NtClose": b"\x90"}))
    struct.pack_into("<H", data, 0x40 + 20, 96 + 8)
    headers = Headers(bytes(data))
    assert headers.directory(EXPORT) == (0x1000, 40)
    assert (headers.directory_at(IMPORT), headers.directory(RESOURCE)) == (0, (0, 0))


def test_files_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "a.dll").write_bytes(FILE)
    (tmp_path / "empty.dll").write_bytes(b"")
    with pe_file(str(tmp_path / "a.dll")) as image:
        assert image.read(0x3000, 4) == b"data"
    with pytest.raises(NotAnImage, match="empty"), pe_file(str(tmp_path / "empty.dll")):
        pass


WITH_BOTH = importing({"a.dll": ["x", 7]}, ("e", "f"))


@given(st.lists(st.tuples(st.integers(0, len(WITH_BOTH) - 1), st.integers(0, 255))), st.integers(0, 600))
def test_a_file_that_lies_is_read_to_an_end(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(WITH_BOTH)
    for place, value in changes:
        data[place] = value
    with suppress(NotAnImage):
        image = PeFile(bytes(data[: len(data) - cut]))
        for one in image.imports():
            assert len(list(image.imported(one.functions))) <= 4096
        assert image.exports(["e"]).keys() <= {"e"}
        assert image.place_of_import("x") >= 0
