"""``--machine``, ``--mount``, ``--root``: what is kept, and what a person did wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import ring3k
from ring3k.abi.status import STATUS_OBJECT_NAME_NOT_FOUND
from ring3k.abi.structs.io import CREATE_DISPOSITION, FILE_DELETE_ON_CLOSE
from tests.cli.command import complaint
from tests.cli.command import ring3k as run
from tests.security.test_disk_escapes import DELETE, READ, WRITE, device_of


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


def test_two_kernels_on_one_folder_see_each_others_files(tmp_path: Path) -> None:
    """In any case of their names, and also within a tick of the host's clock."""
    with ring3k.System(machine=tmp_path / "pc") as one, ring3k.System(machine=tmp_path / "pc") as other:
        first, second = device_of(one), device_of(other)
        for number in range(50):
            maker, looker = (first, second) if number % 2 else (second, first)
            assert looker.status(f"\\temp\\file{number}") == STATUS_OBJECT_NAME_NOT_FOUND
            file = maker.open(f"\\Temp\\File{number}", WRITE, CREATE_DISPOSITION.FILE_CREATE)
            file.write_at(0, b"x" * number)
            again = looker.open(f"\\Temp\\File{number}", READ)
            assert again.size == number
            again.dereference()
            file.dereference()
        time.sleep(0.03)
        for number in range(50):
            for kernel in (first, second):
                assert kernel.status(f"\\TEMP\\FILE{number}") == 0
        assert first.status("\\Temp\\File1", DELETE, CREATE_DISPOSITION.FILE_OPEN, FILE_DELETE_ON_CLOSE) == 0
        assert second.status("\\Temp\\file1") == STATUS_OBJECT_NAME_NOT_FOUND
