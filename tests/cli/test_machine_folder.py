"""``--machine``, ``--mount``, ``--root``: what is kept, and what a person did wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import ring3k
from tests.cli.command import complaint
from tests.cli.command import ring3k as run


def test_the_machine_folder_is_made_and_kept(hello: Path, tmp_path: Path) -> None:
    done = run("run", "--machine", tmp_path / "pc", hello)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pc/c/WINDOWS/System32").is_dir()
    done = run("run", hello, XDG_DATA_HOME=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/ring3k/nt51/c/Temp").is_dir()


def test_a_machine_folder_that_cannot_be(hello: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = complaint("run", "--machine", tmp_path / "file" / "pc", hello, status=125)
    assert "cannot be the machine folder" in line


@pytest.mark.parametrize("what", ["D", "D=", "=/tmp", "DD=/tmp", "C=/tmp", "1=/tmp", "D=/nowhere/at/all"])
def test_mounts_that_cannot_be(what: str, hello: Path) -> None:
    complaint("run", "--mount", what, hello, status=125)


def test_a_program_runs_from_the_drive_it_lies_on(hello: Path, tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "hello.exe").write_bytes(hello.read_bytes())
    trace = run("run", "--trace", "--mount", f"E={tmp_path}:ro", folder / "hello.exe")
    assert trace.returncode == 0, trace.stderr
    with ring3k.System(mounts={"e": tmp_path}) as system:
        drive, path = system._machine.drives.show(str(folder))
        assert (drive.letter, path) == ("E", "\\programs")
        with pytest.raises(ValueError, match="is there already"):
            system.mount("E:", tmp_path)
        with pytest.raises(NotADirectoryError):
            system.mount("F", tmp_path / "none")
