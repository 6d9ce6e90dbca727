"""Programs that load user32 and ole32: scripts, installer databases, the registering of DLLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.win32.conftest import system_program
from tests.win32.running import NOTHING_YET, Ours, Outcome


def finished(outcome: Outcome, status: int = 0) -> list[str]:
    """The lines of a program that ended so and asked for nothing that is missing."""
    assert outcome.status == status, str(outcome)
    assert NOTHING_YET not in outcome.stderr.decode(), str(outcome)
    return outcome.lines


def script(ours: Ours, where: Path, name: str, text: str, *arguments: str) -> Outcome:
    (where / name).write_text(text.replace("\n", "\r\n"))
    return ours(system_program("cscript.exe"), "/nologo", name, *arguments, cwd=where)


def test_javascript(ours: Ours, tmp_path: Path) -> None:
    text = """
var list = [3, 1, 2]; list.sort();
WScript.Echo("sorted " + list.join("-"), Math.max(4, 9));
WScript.Echo(WScript.Arguments.length, WScript.Arguments(1));
try { nothing.here(); } catch (error) { WScript.Echo("caught " + (error instanceof Error)); }
"""
    lines = finished(script(ours, tmp_path, "a.js", text, "one", "two words"))
    assert lines == ["sorted 1-2-3 9", "2 two words", "caught true"]


def test_vbscript(ours: Ours, tmp_path: Path) -> None:
    text = """
Dim squares(3)
For number = 0 To 3
    squares(number) = number * number
Next
WScript.Echo "squares", squares(3), UBound(squares), UCase("abc"), Len("four")
On Error Resume Next
Set none = CreateObject("No.Such.Thing")
WScript.Echo "refused", Err.Number <> 0
"""
    assert finished(script(ours, tmp_path, "a.vbs", text)) == ["squares 9 3 ABC 4", "refused -1"]


def test_objects_of_windows(ours: Ours, tmp_path: Path) -> None:
    """Files, the registry, the environment and a dictionary, through COM."""
    text = r"""
var files = new ActiveXObject("Scripting.FileSystemObject");
var made = files.CreateTextFile("made.txt", true);
made.WriteLine("line one"); made.WriteLine("line two"); made.Close();
WScript.Echo(files.GetFile("made.txt").Size, files.GetBaseName("C:\\x\\name.txt"));
WScript.Echo(files.FolderExists("C:\\none"));
var read = files.OpenTextFile("made.txt", 1);
while (!read.AtEndOfStream) WScript.Echo(read.ReadLine());
read.Close();
var shell = new ActiveXObject("WScript.Shell");
WScript.Echo(shell.ExpandEnvironmentStrings("%SystemRoot%"));
shell.RegWrite("HKCU\\Software\\Ring3kTest\\name", "a value");
WScript.Echo(shell.RegRead("HKCU\\Software\\Ring3kTest\\name"));
var words = new ActiveXObject("Scripting.Dictionary");
words.Add("a", 1); words.Add("b", 2);
WScript.Echo(words.Count, words.Item("b"));
"""
    lines = finished(script(ours, tmp_path, "objects.js", text))
    assert lines == ["20 name", "0", "line one", "line two", "C:\\windows", "a value", "2 2"]
    assert (tmp_path / "made.txt").read_bytes() == b"line one\r\nline two\r\n"


def test_wscript_without_windows(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('WScript.Echo("quiet");')
    assert finished(ours(system_program("wscript.exe"), "//B", "a.js", cwd=tmp_path)) == ["quiet"]


def test_installer_database(ours: Ours, tmp_path: Path) -> None:
    """A table into a new database, and out again."""
    table = "Name\tNumber\r\ns72\ti2\r\nThing\tName\r\nfirst\t1\r\nsecond\t2\r\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in/Thing.idt").write_bytes(table.encode())
    program = system_program("msidb.exe")
    finished(ours(program, "-c", "-d", "new.msi", "-f", "in", "-i", "Thing.idt", cwd=tmp_path))
    assert (tmp_path / "new.msi").read_bytes()[:4] == b"\xd0\xcf\x11\xe0"
    finished(ours(program, "-d", "new.msi", "-f", "out", "-e", "Thing", cwd=tmp_path))
    assert (tmp_path / "out/Thing.idt").read_bytes().decode().splitlines() == table.splitlines()


def test_registering_a_dll(ours: Ours, tmp_path: Path) -> None:
    finished(ours(system_program("regsvr32.exe"), "/s", "jscript.dll", cwd=tmp_path))
    outcome = ours(system_program("regsvr32.exe"), "/s", "none.dll", cwd=tmp_path)
    assert outcome.status != 0


def test_management_objects(ours: Ours, tmp_path: Path) -> None:
    """wbemprox, which is linked with what draws: OpenGL is there to be loaded, no more."""
    outcome = ours(system_program("wmic.exe"), "os", "get", "caption", cwd=tmp_path)
    text = outcome.stdout.decode("utf-16")
    assert outcome.status == 0, str(outcome)
    assert text.split() == ["Caption", "Microsoft", "Windows", "10", "Pro"]


def test_a_window_that_nobody_sees_is_told_of(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('WScript.Echo("seen by nobody");')
    with pytest.raises(AssertionError, match="still runs") as late:
        ours(system_program("wscript.exe"), "a.js", cwd=tmp_path, timeout=15)
    assert 'waits at a window that nobody can see "Windows Script Host: seen by nobody"' in str(late.value)


def test_a_program_in_a_console_of_its_own(ours: Ours, tmp_path: Path) -> None:
    outcome = ours(system_program("cmd.exe"), "/c", "start /wait cmd /c exit 5", cwd=tmp_path)
    finished(outcome, 5)
