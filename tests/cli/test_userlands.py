"""``ring3k run`` chooses the DLLs for a program, and says what cannot run and why."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ring3k.userland import wine
from tests.cli.command import complaint, ring3k
from tests.unit.ntdll_patch import renumbered
from tests.unit.test_userland_needs import image

needs_wine = pytest.mark.skipif(wine.find() is None, reason="Wine's DLLs are not on this computer")


@pytest.fixture
def machine(tmp_path: Path) -> tuple[str | Path, ...]:
    return "--machine", tmp_path / "machine"


@pytest.fixture
def nt51(guest_files: Path, tmp_path: Path) -> Path:
    """The DLLs of something like Windows XP: its numbers are nobody's."""
    folder = tmp_path / "WINDOWS" / "system32"
    folder.mkdir(parents=True)
    data = (guest_files / "nt51" / "ntdll.dll").read_bytes()
    (folder / "ntdll.dll").write_bytes(renumbered(data, lambda number: number ^ 1))
    return tmp_path


def program(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "prog.exe"
    path.write_bytes(content)
    return path


@needs_wine
def test_a_win32_program_gets_wines_dlls(tmp_path: Path, machine: tuple[str | Path, ...]) -> None:
    place = wine.find()
    assert place is not None
    done = ring3k("run", *machine, Path(place[0]) / "cmd.exe", "/c", "ver")
    assert "Microsoft Windows 10.0.19043" in done.stdout
    done = ring3k("run", *machine, "--windows-version", "winxp", Path(place[0]) / "cmd.exe", "/c", "ver")
    assert "Microsoft Windows 5.1.2600" in done.stdout
    done = ring3k("run", *machine, Path(place[0]) / "cmd.exe", "/c", "ver")
    assert "Microsoft Windows 10.0.19043" in done.stdout  # that was for one run


def test_a_folder_of_dlls(guest_files: Path, nt51: Path, machine: tuple[str | Path, ...]) -> None:
    done = ring3k("run", *machine, "--userland", nt51, guest_files / "apps/hello.exe", "two words")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"two words"' in done.stdout
    assert "NT 5.1" in done.stdout


def test_win32_programs_on_windows_own_dlls_come_later(tmp_path: Path, nt51: Path) -> None:
    told = complaint("run", "--userland", nt51, program(tmp_path, image({})), status=126)
    assert "a Win32 program: on the DLLs of something like Windows XP it needs csrss" in told


def test_folders_without_dlls(tmp_path: Path, hello: Path) -> None:
    assert "no ntdll.dll there" in complaint("run", "--userland", tmp_path, hello, status=125)
    assert "no userland 'wien'" in complaint("run", "--userland", "wien", hello, status=125)


def test_options_of_the_other_kind(tmp_path: Path, hello: Path) -> None:
    win32 = program(tmp_path, image({}))
    assert "--abi is for native programs" in complaint("run", "--abi", "nt50", win32, status=125)
    told = complaint("run", "--windows-version", "win7", hello, status=125)
    assert "--windows-version is for Win32 programs" in told


@needs_wine
def test_missing_dlls_are_named(tmp_path: Path, machine: tuple[str | Path, ...]) -> None:
    path = program(tmp_path, image({"kernel32.dll": ["ExitProcess"], "lost.dll": ["One"]}))
    told = complaint("run", *machine, path, status=126)
    assert told == (
        f"ring3k: {path}: lost.dll (imported by prog.exe) is missing: neither in the program's folder nor "
        "in the system's, nor on the path"
    )
    (tmp_path / "lost.dll").write_bytes(image({"second.dll": [], "third.dll": []}, ("One",)))
    told = complaint("run", *machine, path, status=126)
    assert "second.dll (imported by lost.dll) and third.dll (imported by lost.dll) are missing" in told


@needs_wine
def test_dlls_on_the_path_are_not_missing(tmp_path: Path, machine: tuple[str | Path, ...]) -> None:
    own, mounted = tmp_path / "own", tmp_path / "mounted"
    for folder in (own, mounted / "Lib", Path(machine[1]) / "c/Tools"):
        folder.mkdir(parents=True)
    path = program(own, image({"kernel32.dll": ["ExitProcess"], "lost.dll": ["One"]}))
    assert ring3k("setup", *machine).returncode == 0
    for place, options in (
        (mounted / "Lib", ("--mount", f"M={mounted}", "--env", "path=C:\\nowhere;m:\\LIB")),
        (tmp_path / "machine/c/Tools", ("--env", "PATH=C:\\tools")),
        (mounted, ("--cwd", mounted)),
    ):
        assert "lost.dll" in complaint("run", *machine, *options, path, status=126)
        (place / "Lost.dll").write_bytes(image({}, ("One",)))
        assert "missing" not in ring3k("run", *machine, *options, path).stderr
        (place / "Lost.dll").unlink()


@needs_wine
def test_missing_functions_are_named_when_that_is_wanted(
    tmp_path: Path, machine: tuple[str | Path, ...]
) -> None:
    path = program(tmp_path, image({"kernel32.dll": ["ExitProcess", "NoSuchCall", "NorThis"]}))
    told = complaint("run", *machine, "--strict", path, status=126)
    assert told == (
        f"ring3k: {path}: --strict: it imports NoSuchCall of kernel32.dll and 1 more, which is not there"
    )


@needs_wine
def test_a_program_that_nobody_listens_to_ends(tmp_path: Path, machine: tuple[str | Path, ...]) -> None:
    """Its output is a pipe that is closed at its other end."""
    place = wine.find()
    assert place is not None
    assert ring3k("setup", *machine).returncode == 0
    (tmp_path / "long.txt").write_text("a line\n" * 200_000)
    words = f"{sys.executable} -m ring3k run --machine {machine[1]} {place[0]}/cmd.exe /c type long.txt"
    done = subprocess.run(
        ["/bin/bash", "-c", f"{words} | head -1; exit ${{PIPESTATUS[0]}}"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("a line\n", "", 141)


@needs_wine
def test_a_machine_folder_that_cannot_be(tmp_path: Path) -> None:
    place = wine.find()
    assert place is not None
    (tmp_path / "file").write_text("")
    told = complaint("run", "--machine", tmp_path / "file", Path(place[0]) / "cmd.exe", status=125)
    assert told == f"ring3k: {tmp_path}/file: cannot be the machine folder: File exists"


@needs_wine
@pytest.mark.parametrize("made", [False, True])
def test_a_registry_that_is_none(tmp_path: Path, machine: tuple[str | Path, ...], made: bool) -> None:
    place = wine.find()
    assert place is not None
    folder = tmp_path / "machine"
    folder.mkdir()
    (folder / "registry.db").write_text("no registry at all" * 100)
    if made:
        (folder / "settings").write_text("made=yes\n")
    done = ring3k("run", *machine, Path(place[0]) / "cmd.exe", "/c", "ver")
    assert done.returncode in (125, 126)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"ring3k: {folder}/registry.db: ")


@needs_wine
def test_programs_with_windows(tmp_path: Path, machine: tuple[str | Path, ...]) -> None:
    imports: dict[str, list[str | int]] = {"user32.dll": ["CreateWindowExW", "GetMessageW", "LoadStringW"]}
    told = complaint("run", *machine, program(tmp_path, image(imports, subsystem=2)), status=126)
    assert "a program with windows (it imports CreateWindowExW of user32.dll)" in told
    imports = {"kernel32.dll": ["ExitProcess"], "user32.dll": ["LoadStringW"]}
    quiet = program(tmp_path, image(imports, subsystem=2))
    assert "with windows" not in ring3k("run", *machine, quiet).stderr


@pytest.mark.parametrize(("subsystem", "says"), [(7, "POSIX"), (9, "Windows CE"), (10, "EFI")])
def test_other_subsystems(tmp_path: Path, subsystem: int, says: str) -> None:
    path = program(tmp_path, image({}, subsystem=subsystem))
    assert f"a program for {says}; there are Win32 and native programs" in complaint("run", path, status=126)


def test_16_bit_programs(tmp_path: Path) -> None:
    path = program(tmp_path, b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"NE" + bytes(100))
    assert "a 16-bit program" in complaint("run", path, status=126)
