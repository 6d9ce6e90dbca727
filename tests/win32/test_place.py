"""Where a program works and what it finds in its environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import complaint
from tests.win32.conftest import system_program
from tests.win32.running import Ours


def test_the_current_folder_is_a_drive_of_its_own(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("here")
    done = ours(system_program("cmd.exe"), "/c", "cd& type here.txt& echo there>there.txt", cwd=tmp_path)
    assert done.lines[0] == "D:\\"
    assert done.lines[1].startswith("here")
    assert (tmp_path / "there.txt").read_bytes() == b"there\r\n"


def test_nothing_beside_the_folder_is_to_be_seen(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "inner").mkdir()
    done = ours(system_program("cmd.exe"), "/c", "type ..\\secret.txt", cwd=tmp_path / "inner")
    assert "secret" not in str(done).replace("secret.txt", "")
    assert done.status == 1


def test_another_folder(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for given, seen in ((str(tmp_path / "inner"), "D:\\"), ("C:\\windows", "C:\\windows")):
        done = ours(system_program("cmd.exe"), "/c", "cd", cwd=tmp_path, options=["--cwd", given])
        assert done.lines == [seen]


def test_a_mounted_folder_keeps_its_letter(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    mount = ["--mount", f"M={tmp_path}"]
    done = ours(system_program("cmd.exe"), "/c", "cd", cwd=tmp_path / "inner", options=mount)
    assert done.lines == ["M:\\inner"]


def test_the_environment(ours: Ours, tmp_path: Path) -> None:
    options = ["--env", "new=a b", "--env", "TMP=X:\\", "--env", "temp="]
    words = "echo %NEW%;%TMP%;%TEMP%;%SystemRoot%"
    done = ours(system_program("cmd.exe"), "/c", words, cwd=tmp_path, options=options)
    assert done.lines == ["a b;X:\\;%TEMP%;C:\\windows"]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--cwd", "/no/where", "cannot be the program's folder: "),
        ("--env", "novalue", "should be NAME=VALUE"),
    ],
)
def test_bad_places_are_complained_of(hello: Path, option: str, value: str, says: str) -> None:
    assert says in complaint("run", option, value, hello, status=125)


def test_system32_is_the_machines_own_folder_over_the_dlls(ours: Ours, tmp_path: Path) -> None:
    """What a program makes there is its machine's; what is Wine's cannot be changed, and stays there."""
    system = "C:\\windows\\system32"
    words = (
        f"echo mine>{system}\\Mine.txt& type {system}\\MINE.TXT& dir /b {system}\\mine*& "
        f"if exist {system}\\kernel32.dll echo there& echo x>{system}\\kernel32.dll& "
        f"del {system}\\mine.txt& if not exist {system}\\mine.txt echo gone& "
        f"del {system}\\c_1252.nls& if exist {system}\\c_1252.nls echo still"
    )
    done = ours(system_program("cmd.exe"), "/c", words, cwd=tmp_path)
    lines = [line.rstrip() for line in done.lines if line.strip()]
    assert [line for line in lines if "rotected" not in line and "enied" not in line] == [
        "mine", "Mine.txt", "there", "gone", "still",
    ]  # fmt: skip
    assert (Path(system_program("kernel32.dll"))).stat().st_size > 100_000
    assert not (ours.machine / "c/windows/system32/Mine.txt").exists()


def test_com_classes_are_registered(ours: Ours, tmp_path: Path) -> None:
    """What the DLLs say of themselves is in the registry: a script finds the objects it asks for."""
    (tmp_path / "files.vbs").write_text(
        'Set files = CreateObject("Scripting.FileSystemObject")\r\n'
        'Set names = CreateObject("Scripting.Dictionary")\r\n'
        'names.Add "one", files.FileExists("files.vbs")\r\n'
        'WScript.Echo names.Count & " " & names("one")\r\n'
    )
    done = ours(system_program("cscript.exe"), "//nologo", "files.vbs", cwd=tmp_path)
    assert done.lines == ["1 True"], done


def test_links_of_the_host_are_followed_within_the_drive(ours: Ours, tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "real").mkdir(parents=True)
    (place / "real/file.txt").write_text("here\n")
    (tmp_path / "secret.txt").write_text("secret\n")
    for link, leads in (("file", "real/file.txt"), ("folder", "real"), ("out", "../secret.txt")):
        (place / link).symlink_to(leads)
    words = "type file & type folder\\file.txt & dir /b & del file & rd folder & type out & cd folder"
    done = ours(system_program("cmd.exe"), "/c", words, cwd=place)
    assert done.lines[:2] == ["here", "here"]
    assert sorted(line.rstrip() for line in done.lines[2:5]) == ["file", "folder", "real"]
    assert "secret" not in "".join(done.lines)
    assert {one.name for one in place.iterdir()} == {"real", "out"}
    assert (place / "real/file.txt").read_text() == "here\n"


def test_a_folder_to_work_in_as_programs_see_it(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "Sub").mkdir()
    for given, told in (("d:\\sub", "d:\\sub"), ("D:\\", "D:\\"), ("C:\\Users", "C:\\Users")):
        done = ours(system_program("cmd.exe"), "/c", "cd", cwd=tmp_path, options=["--cwd", given])
        assert done.lines == [told], str(done)
    for given in ("D:\\nothing", "Q:\\", "C:\\windows\\win.ini"):
        done = ours(system_program("cmd.exe"), "/c", "cd", cwd=tmp_path, options=["--cwd", given])
        assert done.stderr == f"ring3k: {given}: no such folder, for the program to work in\n".encode()
        assert done.status == 125
