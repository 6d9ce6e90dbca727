"""Files that cannot run: each is refused in one line that says what it is, with nothing started."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.cli import Complaint, main
from ring3k.cli.options import Options
from ring3k.cli.program import check, named
from ring3k.engine import probe
from ring3k.userland import wine
from tests.cli.command import complaint, ring3k

PE = 0x80
OPTIONAL = PE + 24
SECTION = OPTIONAL + 224
Patch = Callable[[bytearray], object]


def program() -> bytearray:
    """The smallest honest program: one section with a ``ret``."""
    image = bytearray(0x400)
    image[:2] = b"MZ"
    struct.pack_into("<I", image, 60, PE)
    struct.pack_into("<4sHHIIIHH", image, PE, b"PE\0\0", 0x14C, 1, 0, 0, 0, 224, 0x103)
    struct.pack_into("<H", image, OPTIONAL, 0x10B)
    struct.pack_into("<I", image, OPTIONAL + 16, 0x1000)
    struct.pack_into("<III", image, OPTIONAL + 28, 0x400000, 0x1000, 0x200)
    struct.pack_into("<II", image, OPTIONAL + 56, 0x2000, 0x200)
    struct.pack_into("<I", image, OPTIONAL + 92, 16)
    struct.pack_into("<8sIIII", image, SECTION, b".text", 1, 0x1000, 0x200, 0x200)
    image[0x200] = 0xC3
    return image


def put(offset: int, form: str, value: int) -> Patch:
    return lambda image: struct.pack_into(form, image, offset, value)


def cut(length: int) -> Patch:
    return lambda image: image.__delitem__(slice(length, None))


def test_an_honest_program_passes(tmp_path: Path) -> None:
    file = tmp_path / "good.exe"
    file.write_bytes(program())
    check(str(file))


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        (cut(0), "empty"),
        (cut(40), "truncated"),
        (cut(PE + 10), "truncated"),
        (cut(OPTIONAL + 100), "truncated"),
        (cut(SECTION + 20), "truncated"),
        (cut(0x300), r"section \.text ends at 0x400, the file at 0x300"),
        (put(0, "<H", 0x4D5B), "not a Windows program"),
        (put(60, "<I", 0xFFFFFFF0), "DOS program"),
        (put(PE, "<I", 0), "DOS program"),
        (put(PE, "<H", 0x454E), "16-bit"),
        (put(PE + 4, "<H", 0x8664), "64-bit x86"),
        (put(PE + 4, "<H", 0x1C4), "ARM"),
        (put(PE + 4, "<H", 0x1234), "machine 0x1234"),
        (put(PE + 6, "<H", 0), "no sections"),
        (put(PE + 6, "<H", 0xFFFF), "section table"),
        (put(PE + 20, "<H", 8), "optional header"),
        (put(PE + 20, "<H", 0xFFFF), "optional header"),
        (put(PE + 22, "<H", 0x100), "not executable"),
        (put(PE + 22, "<H", 0x2102), "a DLL"),
        (put(OPTIONAL, "<H", 0x20B), "header of another kind"),
        (put(OPTIONAL + 16, "<I", 0x2000), "entry point"),
        (put(OPTIONAL + 28, "<I", 0x400001), "damaged"),
        (put(OPTIONAL + 32, "<I", 0), "alignments"),
        (put(OPTIONAL + 36, "<I", 0x201), "alignments"),
        (put(OPTIONAL + 56, "<I", 0xFFFFF000), "damaged"),
        (put(OPTIONAL + 60, "<I", 0x10000), "headers"),
        (put(OPTIONAL + 96 + 14 * 8, "<I", 0x2008), r"\.NET"),
        (put(SECTION + 12, "<I", 0xFFFFF000), "outside the program"),
        (put(SECTION + 16, "<I", 0xFFFFFFFF), "truncated"),
        (put(SECTION + 20, "<I", 0x80000000), "truncated"),
    ],
)
def test_each_fault_has_its_words(tmp_path: Path, patch: Patch, says: str) -> None:
    image = program()
    patch(image)
    file = tmp_path / "bad.exe"
    file.write_bytes(image)
    with pytest.raises(Complaint, match=says) as caught:
        check(str(file))
    assert caught.value.exit_status == 126


@given(st.data())
def test_no_header_makes_the_check_itself_fail(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    image = program()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, SECTION + 39))
        image[at] = data.draw(st.integers(0, 255))
    del image[data.draw(st.integers(0, len(image))) :]
    file = tmp_path_factory.getbasetemp() / "random.exe"
    file.write_bytes(image)
    with suppress(Complaint):
        check(str(file))


def test_what_is_said_at_the_terminal(tmp_path: Path) -> None:
    assert "no such file" in complaint("run", tmp_path / "none.exe", status=127)
    assert "is a folder" in complaint("run", tmp_path, status=126)
    assert "a Linux program" in complaint("run", "/bin/ls", status=126)
    script = tmp_path / "script.exe"
    script.write_text("#!/bin/sh\n")
    assert "a script" in complaint("run", "--engine", "ptrace", script, status=126)
    good = tmp_path / "good.exe"
    good.write_bytes(program())
    assert "no such folder" in complaint("run", "--root", tmp_path / "none", good, status=125)


def test_a_host_that_cannot_run_guests(
    hello: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = probe.probe()._replace(modify_ldt=False, seccomp=False)
    monkeypatch.setattr(probe, "probe", lambda: host)
    assert main(["run", str(hello)]) == 125
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ring3k: ")
    assert "modify_ldt" in line
    assert "seccomp" in line


def test_an_installation_without_guest_files(
    hello: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ring3k.userland.ntdll.os.path.isfile", lambda path: False)
    assert main(["run", str(hello)]) == 125
    (line,) = capsys.readouterr().err.splitlines()
    assert "ntdll.dll is missing" in line


def test_a_program_of_the_system_needs_no_path() -> None:
    """As a shell finds it; but what is here comes first, and a path is a path."""
    if wine.find() is None:
        pytest.skip("Wine's DLLs are not installed")
    assert ring3k("run", "cmd", "/c", "echo %CD% & exit 3").returncode == 3
    done = ring3k("run", "CMD.EXE", "/c", "echo %COMSPEC%")
    assert done.stdout == "C:\\windows\\system32\\cmd.exe\n"
    assert "no such file" in complaint("run", "./cmd.exe", status=127)
    assert "no such file" in complaint("run", "nosuchprogram", status=127)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("b.bat", "cmd /c"),
        ("b.CMD", "cmd /c"),
        ("s.js", "cscript"),
        ("s.vbs", "cscript"),
        ("p.msi", "msiexec /i"),
    ],
)
def test_what_another_program_runs_says_which(tmp_path: Path, name: str, says: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"@echo off\r\n")
    with pytest.raises(Complaint, match=rf"'ring3k run {says} \S*{name}.*'") as caught:
        check(str(file))
    assert caught.value.exit_status == 126


def test_a_program_may_be_named_as_programs_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, other = tmp_path / "pc", tmp_path / "other"
    for file in (
        machine / "c/Program Files/Tool.EXE",
        machine / "c/windows/system32/own.exe",
        other / "Bin/x.exe",
        tmp_path / "here/sub/y.exe",
        tmp_path / "here/z.exe",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    monkeypatch.chdir(tmp_path / "here")
    for given_, found in {
        "C:\\program files\\tool.exe": machine / "c/Program Files/Tool.EXE",
        "C:\\Program Files\\tool": machine / "c/Program Files/Tool.EXE",
        "c:/windows/SYSTEM32/own": machine / "c/windows/system32/own.exe",
        "q:\\bin\\x": other / "Bin/x.exe",
        "D:\\sub\\Y.exe": tmp_path / "here/sub/y.exe",
        "sub\\y": Path("./sub/y.exe"),
        "sub/y": Path("sub/y.exe"),
        "z": Path("z.exe"),
    }.items():
        options = Options(program=given_, userland=None, machine=str(machine), root=None, cwd=None)
        options.mount = [f"Q={other}:ro"]
        assert Path(named(options)) == found, given_
    for absent in ("C:\\nothing.exe", "X:\\sub\\y.exe", "D:\\sub", "sub\\z", "C:\\", "nothing-of-this-name"):
        options.program = absent
        assert named(options) == absent
