"""Which Windows an ntdll is of, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ring3k.abi.pe import IMAGE_FILE_MACHINE_AMD64 as AMD64
from ring3k.abi.tables import VERSIONS, table
from ring3k.engine.protocol import EngineError
from ring3k.userland import wine
from ring3k.userland.given import Given, open_userland, recognise, system_folder
from ring3k.userland.resources import Resource
from tests.unit.ntdll_patch import before_service_pack_2, renumbered
from tests.unit.test_abi_ntdll_numbers import WIDE, WOW64, image, stub


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_recognised_by_their_numbers(guest_files: Path, version: str) -> None:
    found = open_userland(str(guest_files / version), 1)
    assert isinstance(found, Given)
    assert found.version.name == version
    numbers = found.numbers
    assert {name: numbers.numbers.get(name) for name in table(version)} == table(version).numbers


def test_numbers_nobody_knows_are_read_from_the_stubs(guest_files: Path, tmp_path: Path) -> None:
    data = (guest_files / "nt51" / "ntdll.dll").read_bytes()
    (tmp_path / "ntdll.dll").write_bytes(renumbered(data, lambda number: number ^ 1))
    found = open_userland(str(tmp_path), 1)
    assert found.version.name == "nt51"
    assert found.numbers.numbers["NtClose"] == table("nt51").numbers["NtClose"] ^ 1
    assert "something like Windows XP" in recognise(found.ntdll).product


def test_the_folder_is_found_on_a_drive(guest_files: Path, tmp_path: Path) -> None:
    data = before_service_pack_2((guest_files / "nt51" / "ntdll.dll").read_bytes())
    folder = tmp_path / "c" / "WinDows" / "SYSTEM32"
    folder.mkdir(parents=True)
    (folder / "NTDLL.DLL").write_bytes(data)
    for given in (tmp_path, tmp_path / "c", tmp_path / "c" / "WinDows", folder):
        assert system_folder(str(given)) == str(folder)
    found = open_userland(str(tmp_path), 1)
    assert found.version.system_root == "C:\\WinDows"
    assert found.layers == {"\\WinDows\\System32": (str(folder),)}


@pytest.mark.skipif(wine.find() is None, reason="Wine's DLLs are not on this computer")
def test_wines_folder_may_be_given(tmp_path: Path) -> None:
    place = wine.find()
    assert place is not None
    (tmp_path / "dlls").symlink_to(place[0])
    found = open_userland(str(tmp_path / "dlls"), 1)
    assert (found.name, found.version.name, found.tables) == ("wine", "nt100", place[1])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"MZ", "no ntdll: a truncated PE file"),
        (image({"NtClose": stub(WIDE, 0xF, 0)}, AMD64), "a 64-bit ntdll"),
        (image({"NtClose": stub(WOW64, 0xF, 4)}), "of a 64-bit Windows"),
        (image({"NtClose": stub("b8 {} 8d542404 cd2e c2 {}", 0xF, 4)}), "few of their system calls"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "ntdll.dll").write_bytes(data)
    with pytest.raises(EngineError, match=says):
        open_userland(str(tmp_path), 1)


def test_folders_without(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no ntdll\.dll there"):
        open_userland(str(tmp_path), 1)
    with pytest.raises(EngineError, match="no such folder"):
        open_userland(str(tmp_path / "none"), 1)


@pytest.mark.parametrize(
    ("numbers", "build", "pack"),
    [
        ((5, 1, 2600, 5512), 2600, "Service Pack 3"),
        ((5, 1, 2600, 2180), 2600, "Service Pack 2"),
        ((5, 1, 2600, 1106), 2600, "Service Pack 1"),
        ((5, 1, 2600, 0), 2600, ""),
        ((6, 1, 7600, 1), 2600, "Service Pack 3"),  # not what its calls say
        (None, 2600, "Service Pack 3"),
    ],
)
def test_the_version_resource_tells_the_service_pack(
    guest_files: Path,
    monkeypatch: pytest.MonkeyPatch,
    numbers: tuple[int, int, int, int] | None,
    build: int,
    pack: str,
) -> None:
    monkeypatch.setattr("ring3k.userland.given.file_version", lambda path: numbers)
    version = open_userland(str(guest_files / "nt51"), 1).version
    assert (version.build, version.service_pack_name) == (build, pack)


def other_numbers(guest_files: Path, tmp_path: Path) -> str:
    data = (guest_files / "nt51" / "ntdll.dll").read_bytes()
    (tmp_path / "ntdll.dll").write_bytes(renumbered(data, lambda number: number ^ 1))
    return str(tmp_path)


def test_reactos_says_so(guest_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Resource(16, 1, 0x409, "CompanyName\0ReactOS Development Team".encode("utf-16-le"))
    monkeypatch.setattr("ring3k.userland.given.resources", lambda path, wanted: iter([text]))
    monkeypatch.setattr("ring3k.userland.given.file_version", lambda path: (42, 4, 15, 0))
    found = open_userland(other_numbers(guest_files, tmp_path), 1)
    assert isinstance(found, Given)
    assert (found.product, found.version.name, found.version.system_root) == (
        "ReactOS",
        "nt52",
        "C:\\ReactOS",
    )


def test_later_windows_are_refused_by_name(
    guest_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ring3k.userland.given.file_version", lambda path: (6, 1, 7601, 17514))
    with pytest.raises(EngineError, match=r"of Windows 6\.1; there are 2000, XP and 2003"):
        open_userland(other_numbers(guest_files, tmp_path), 1)
