"""A volume never leads out of the folders it was given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ring3k.abi.status import (
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    NtError,
)
from ring3k.io.disk.entry import Entry
from ring3k.io.disk.names import split_path
from ring3k.io.disk.volume import Volume


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "drive"
    (root / "Windows" / "System32").mkdir(parents=True)
    (root / "Windows" / "win.ini").write_text("[x]")
    (root / "readme").write_text("lower")
    (root / "README").write_text("upper")
    (tmp_path / "secret").write_text("not yours")
    (root / "out").symlink_to(tmp_path)
    (root / "out.txt").symlink_to(tmp_path / "secret")
    return root


def components(path: str) -> list[str]:
    return split_path(path).names


def where(entry: Entry) -> str:
    """Its path on the host."""
    return (
        os.fsdecode(entry.host)
        if entry.at < 0
        else os.path.join(os.readlink(f"/proc/self/fd/{entry.at}"), os.fsdecode(entry.host))
    )


def status_of(volume: Volume, path: str) -> int:
    with pytest.raises(NtError) as caught:
        volume.find(components(path))
    return caught.value.status


def test_names_match_without_regard_to_case(tree: Path) -> None:
    found = Volume(str(tree)).find(components("\\WINDOWS\\WIN.INI"))
    assert found.path == "\\Windows\\win.ini"
    assert not found.is_directory


def test_an_exact_name_wins(tree: Path) -> None:
    volume = Volume(str(tree))
    assert where(volume.find(["README"])) == str(tree / "README")
    assert where(volume.find(["readme"])) == str(tree / "readme")


@pytest.mark.parametrize("path", ["\\out", "\\out\\secret", "\\out.txt", "\\OUT.TXT"])
def test_host_links_are_not_followed(tree: Path, path: str) -> None:
    expected = STATUS_OBJECT_PATH_NOT_FOUND if path.count("\\") > 1 else STATUS_OBJECT_NAME_NOT_FOUND
    assert status_of(Volume(str(tree)), path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "\\..",
        "\\..\\secret",
        "\\Windows\\..\\..\\secret",
        "\\.",
        "\\a\\\\b",
        "\\a/b",
        "\\/etc/passwd",
        "\\nul\0",
        "\\x:stream\\y",
        "\\x:a:b",
        "\\x::",
        "\\" + "n" * 256,
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(tree: Path, path: str) -> None:
    assert status_of(Volume(str(tree)), path) == STATUS_OBJECT_NAME_INVALID


def test_missing_name_and_missing_path(tree: Path) -> None:
    volume = Volume(str(tree))
    assert status_of(volume, "\\none") == STATUS_OBJECT_NAME_NOT_FOUND
    assert status_of(volume, "\\none\\below") == STATUS_OBJECT_PATH_NOT_FOUND
    assert status_of(volume, "\\readme\\below") == STATUS_OBJECT_PATH_NOT_FOUND


def test_mounts_lie_over_the_root(tree: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ntdll.dll"
    ours.write_bytes(b"MZ")
    volume = Volume(str(tree))
    volume.mount("\\Windows\\system32\\ntdll.dll", str(ours))
    assert volume.find(components("\\WINDOWS\\SYSTEM32\\NTDLL.DLL")).host == str(ours)
    assert where(volume.find(components("\\windows\\win.ini"))) == str(tree / "Windows" / "win.ini")
    assert volume.nt_path(str(ours)) == "\\Windows\\system32\\ntdll.dll"


def test_a_volume_without_root_shows_only_mounts(tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"MZ")
    volume = Volume()
    volume.mount("\\program", str(tmp_path))
    assert volume.find([]).is_directory
    assert where(volume.find(["PROGRAM", "A.EXE"])) == str(tmp_path / "a.exe")
    assert status_of(volume, "\\etc") == STATUS_OBJECT_NAME_NOT_FOUND
    assert volume.names_in(volume.enter(volume.root())) == ["program"]


def test_pipes_and_devices_of_the_host_are_not_shown(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    assert status_of(Volume(str(tree)), "\\pipe") == STATUS_OBJECT_NAME_NOT_FOUND


def test_a_folder_laid_over_others(tree: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "dlls", tmp_path / "tables"
    for folder in (first, second):
        folder.mkdir()
    (first / "kernel32.dll").write_bytes(b"first")
    (first / "Both.txt").write_bytes(b"first")
    (second / "both.txt").write_bytes(b"second")
    (second / "c_437.nls").write_bytes(b"second")
    own = tree / "Windows" / "System32"
    (own / "mine.txt").write_bytes(b"own")
    volume = Volume(str(tree))
    volume.lay_over("\\windows\\system32", str(first), str(tmp_path / "none"), str(second))

    for name, place in (
        ("KERNEL32.DLL", first / "kernel32.dll"),
        ("both.TXT", first / "Both.txt"),
        ("C_437.NLS", second / "c_437.nls"),
        ("Mine.txt", own / "mine.txt"),
    ):
        assert where(volume.find(components(f"\\Windows\\SYSTEM32\\{name}"))) == str(place)
    below = volume.find(components("\\windows\\system32\\kernel32.dll"))
    assert below.read_only
    assert not below.movable
    assert volume.find(components("\\windows\\system32\\mine.txt")).movable
    assert status_of(volume, "\\windows\\system32\\user32.dll") == STATUS_OBJECT_NAME_NOT_FOUND
    listed = volume.names_in(volume.folder_of(components("\\windows\\system32\\x")))
    assert listed == ["Both.txt", "c_437.nls", "kernel32.dll", "mine.txt"]
    assert volume.nt_path(str(first / "kernel32.dll")) == "\\windows\\system32\\kernel32.dll"

    (own / "kernel32.dll").write_bytes(b"own")
    assert where(volume.find(components("\\windows\\system32\\kernel32.dll"))) == str(own / "kernel32.dll")
    volume.close()


def test_links_in_a_folder_below_are_not_followed(tree: Path, tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / "out.dll").symlink_to(tmp_path / "secret")
    volume = Volume(str(tree))
    volume.lay_over("\\windows\\system32", str(below))
    assert status_of(volume, "\\windows\\system32\\out.dll") == STATUS_OBJECT_NAME_NOT_FOUND
    volume.close()
