"""The machine folder: made, kept, shared, removed; and the drives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ring3k.abi.version import RELEASES, released_as, version_of
from ring3k.userland.folder import MachineFolder, default_path, remove_tree


def test_what_windows_a_program_is_told_makes_no_other_folders(tmp_path: Path) -> None:
    folder, version = MachineFolder(str(tmp_path / "pc")), version_of("nt100")
    drive = Path(folder.drive_c(version))
    before = sorted(drive.rglob("*"))
    for release in RELEASES:
        folder.drive_c(released_as(version, release))
    assert sorted(drive.rglob("*")) == before


def test_a_folder_is_made_and_kept(tmp_path: Path) -> None:
    folder = MachineFolder(str(tmp_path / "a" / "pc"))
    drive = Path(folder.drive_c(version_of("nt51")))
    assert (drive / "WINDOWS/System32/config").is_dir()
    assert (drive / "Temp").is_dir()
    (drive / "Temp" / "mine").write_text("kept")
    assert folder.registry == str(tmp_path / "a/pc/registry.db")
    folder.close()
    again = MachineFolder(str(tmp_path / "a" / "pc"))
    assert again.drive_c(version_of("nt50")) == str(drive)
    assert (drive / "WINNT/System32").is_dir()
    assert (drive / "Temp" / "mine").read_text() == "kept"


def test_a_temporary_folder_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = MachineFolder()
    assert not list(tmp_path.iterdir())  # nobody has asked yet
    drive = Path(folder.drive_c(version_of("nt51")))
    outside = tmp_path / "outside"
    outside.write_text("not theirs")
    (drive / "link").symlink_to(outside)
    (drive / "Temp" / "file").write_text("x")
    (drive / "Temp").chmod(0o500)
    folder.close()
    folder.close()
    assert list(tmp_path.iterdir()) == [outside]
    assert outside.read_text() == "not theirs"


def test_very_deep_folders_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for depth in range(3000):
        os.mkdir("d", dir_fd=here)
        os.close(os.open(f"f{depth}", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(str(top))
    assert not top.exists()


def test_the_default_is_below_the_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_path("nt51") == "/data/ring3k/nt51"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_path("nt51") == "/home/me/.local/share/ring3k/nt51"


def test_what_is_found_out_is_kept(tmp_path: Path) -> None:
    folder = MachineFolder(str(tmp_path / "pc"))
    assert folder.kept("facts") is None
    value = (("a", 1), {"b": 2}, b"c")
    folder.keep("facts", value)
    assert MachineFolder(str(tmp_path / "pc")).kept("facts") == value
    kept = tmp_path / "pc" / "facts.kept"
    assert os.listdir(tmp_path / "pc") == [kept.name]
    for data in (b"", b"\xff", kept.read_bytes()[:-3]):
        kept.write_bytes(data)
        assert folder.kept("facts") is None
    folder.keep("facts", value)
    assert folder.kept("facts") == value
    temporary = MachineFolder()
    temporary.keep("facts", value)
    assert temporary.kept("facts") is None
