"""The system programs that are our own: what batch files expect of find, findstr, sort, fc and others.

The expected text is what Windows' programs print, as far as it is known; the sources say from where.
"""

from __future__ import annotations

from pathlib import Path

from ring3k.userland.wine_drive import OWN_PROGRAMS
from tests.win32.conftest import system_program
from tests.win32.running import Ours, Outcome

PLAIN = b"Hello world\r\nfoo bar\r\nfoobar 12\r\nC:\\temp\\x.y\r\nlast"


def batch(ours: Ours, where: Path, *commands: str, stdin: bytes = b"") -> list[str]:
    """The lines that these commands print, one after the other, each followed by its exit code."""
    lines = ["@echo off", *(f"{command}\r\necho = %ERRORLEVEL%" for command in commands)]
    (where / "test.bat").write_text("\r\n".join(lines) + "\r\n", newline="")
    done: Outcome = ours(system_program("cmd.exe"), "/c", "test.bat", cwd=where, stdin=stdin)
    assert done.stderr == b"", str(done)
    return done.lines


def test_find(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(PLAIN)
    (tmp_path / "b.txt").write_bytes(b'say "hi"\r\n\r\nend foo\nend')
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/c.txt").write_bytes(b"foo\r\n")
    assert batch(
        ours,
        tmp_path,
        'find "foo" a.txt b.txt',
        'find /c "foo" a.txt b.txt',
        'find /i /n "HELLO" a.txt',
        'find /v "o" b.txt',
        'type a.txt | find /c /v ""',
        'type b.txt | find "" ',
        'type a.txt | find "l" /n',
        'find "say ""hi""" *.txt',
        'find /OFF "foo" sub\\*',
        'find "nowhere" a.txt',
        "find 2>&1",
        'find /x "foo" a.txt 2>&1',
        'find "foo" none.txt 2>&1',
    ) == [
        *("", "---------- A.TXT", "foo bar", "foobar 12", "", "---------- B.TXT", "end foo", "= 0"),
        *("", "---------- A.TXT: 2", "", "---------- B.TXT: 1", "= 0"),
        *("", "---------- A.TXT", "[1]Hello world", "= 0"),
        *("", "---------- B.TXT", 'say "hi"', "", "end", "= 0"),
        *("5", "= 0"),
        "= 1",
        *("[1]Hello world", "[5]last", "= 0"),
        *("", "---------- A.TXT", "", "---------- B.TXT", 'say "hi"', "= 0"),
        *("", "---------- SUB\\C.TXT", "foo", "= 0"),
        *("", "---------- A.TXT", "= 1"),
        *("FIND: Parameter format not correct", "= 2"),
        *("FIND: Invalid switch", "= 2"),
        *("File not found - none.txt", "= 1"),
    ]
    (tmp_path / "d.txt").write_bytes(b"Gr\x99\xe1e")  # in the code page of DOS
    assert ours(Path(OWN_PROGRAMS) / "find.exe", "/i", "gr\u00f6", "d.txt", cwd=tmp_path).stdout == (
        b"\r\n---------- D.TXT\r\nGr\x99\xe1e\r\n"
    )


def test_findstr_strings(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(PLAIN)
    (tmp_path / "strings").write_bytes(b"world\r\n12\r\n")
    assert batch(
        ours,
        tmp_path,
        "findstr foo a.txt",
        'findstr /n "foo bar" a.txt',
        'findstr /c:"foo bar" a.txt',
        "findstr /i /b HELLO a.txt",
        "findstr /x foobar a.txt",
        "findstr /ve bar a.txt",
        "findstr /o 12 a.txt",
        'findstr /l "x.y" a.txt',
        "findstr C:\\\\temp a.txt",
        "findstr /g:strings a.txt",
        "type a.txt | findstr /n last",
    ) == [
        *("foo bar", "foobar 12", "= 0"),
        *("2:foo bar", "3:foobar 12", "= 0"),
        *("foo bar", "= 0"),
        *("Hello world", "= 0"),
        "= 1",
        *("Hello world", "foobar 12", "C:\\temp\\x.y", "last", "= 0"),
        *("22:foobar 12", "= 0"),
        *("C:\\temp\\x.y", "= 0"),
        *("C:\\temp\\x.y", "= 0"),
        *("Hello world", "foobar 12", "= 0"),
        *("5:last", "= 0"),
    ]


def test_findstr_patterns(ours: Ours, tmp_path: Path) -> None:
    """The first string says whether all are patterns; a range goes by the dictionary: [A-C] has b, not a."""
    (tmp_path / "a.txt").write_bytes(PLAIN)
    (tmp_path / "b.txt").write_bytes(b"a\r\nb\r\nA\r\nd.e\r\ndxe\r\n*\r\n")
    assert batch(
        ours,
        tmp_path,
        "findstr fo*b a.txt",
        'findstr /r "^f.*[0-9]$" a.txt',
        'findstr /r "\\<bar\\>" a.txt',
        "findstr /x [A-C] b.txt",
        "findstr /rx [^^a-d] b.txt",
        'findstr "d.e nothing" b.txt',
        'findstr "nothing d.e" b.txt',
        "findstr /rx \\* b.txt",
        "findstr /ri HEL*O a.txt",
        "findstr /rc:.12$ a.txt",
    ) == [
        *("foobar 12", "= 0"),
        *("foobar 12", "= 0"),
        *("foo bar", "= 0"),
        *("b", "A", "= 0"),
        *("*", "= 0"),
        *("d.e", "dxe", "= 0"),
        *("d.e", "= 0"),
        *("*", "= 0"),
        *("Hello world", "= 0"),
        *("foobar 12", "= 0"),
    ]


def test_findstr_files(ours: Ours, tmp_path: Path) -> None:
    for name, text in (("one.c", b"int x;\r\n"), ("two.c", b"char y;\n"), ("sub/three.c", b"int z;\r\n")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text)
    (tmp_path / "binary.c").write_bytes(b"int\0\1\2\r\n")
    (tmp_path / "list").write_bytes(b"one.c\r\nsub\\three.c\r\n")
    assert batch(
        ours,
        tmp_path,
        "findstr /p int *.c",
        "findstr /sp int *.c",
        "findstr /smp [xyz] *.c",
        "findstr /f:list int",
        "findstr /d:sub int *.c",
        "findstr int one.c two.c",
        "findstr int none.c 2>&1",
        "findstr 2>&1",
        "findstr /q int one.c 2>&1",
    ) == [
        *("one.c:int x;", "= 0"),
        *("one.c:int x;", "sub\\three.c:int z;", "= 0"),
        *("one.c", "two.c", "sub\\three.c", "= 0"),
        *("one.c:int x;", "sub\\three.c:int z;", "= 0"),
        *("  sub:", "three.c:int z;", "= 0"),
        *("one.c:int x;", "= 0"),
        *("FINDSTR: Cannot open none.c", "= 1"),
        *("FINDSTR: Bad command line", "= 2"),
        *("FINDSTR: Bad command line", "= 2"),
    ]


def test_sort(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"b 1\r\nA 3\r\na 2\r\n_\r\nB 0\r\n10\r\n9")
    assert batch(
        ours,
        tmp_path,
        "sort a.txt",
        "sort /r < a.txt",
        "sort /+3 a.txt",
        "type a.txt | sort /l C /o out.txt",
        "type out.txt",
        "sort none.txt 2>&1",
    ) == [
        *("_", "10", "9", "a 2", "A 3", "B 0", "b 1", "= 0"),
        *("b 1", "B 0", "A 3", "a 2", "9", "10", "_", "= 0"),
        *("_", "10", "9", "B 0", "b 1", "a 2", "A 3", "= 0"),
        "= 0",
        *("10", "9", "a 2", "A 3", "B 0", "b 1", "_", "= 0"),
        *("none.txt: The system cannot find the file specified.", "= 1"),
    ]


def test_fc(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n")
    (tmp_path / "b.txt").write_bytes(b"1\r\n2\r\nX\r\n4\r\n5\r\n6\r\n7\r\n")
    (tmp_path / "c.txt").write_bytes(b"1\r\n2\r\nx\r\n4\r\n5\r\n6\r\n7\r\n")
    assert batch(
        ours,
        tmp_path,
        "fc a.txt b.txt",
        "fc /b a.txt b.txt",
        "fc /c b.txt c.txt",
        "fc /n b.txt c.txt",
        "fc a.txt none.txt 2>&1",
    ) == [
        *("Comparing files a.txt and B.TXT", "***** a.txt", "2", "3", "4", "***** B.TXT", "2", "X", "4"),
        *("*****", "", "***** a.txt", "6", "***** B.TXT", "6", "7", "*****", "", "= 1"),
        *("Comparing files a.txt and B.TXT", "00000006: 33 58", "FC: B.TXT longer than a.txt", "", "= 1"),
        *("Comparing files b.txt and C.TXT", "FC: no differences encountered", "", "= 0"),
        *("Comparing files b.txt and C.TXT", "***** b.txt", "    2:  2", "    3:  X", "    4:  4"),
        *("***** C.TXT", "    2:  2", "    3:  x", "    4:  4", "*****", "", "= 1"),
        "Comparing files a.txt and NONE.TXT",
        *("FC: cannot open NONE.TXT - No such file or folder", "", "= 2"),
    ]


def test_fc_of_many(ours: Ours, tmp_path: Path) -> None:
    for name in ("one/a.txt", "one/b.txt", "one/deep/c.txt", "two/a.txt", "two/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"other\r\n" if name == "two/b.txt" else b"same\r\n")
    same, line = "FC: no differences encountered", "*****"
    differ = ("***** one\\b.txt", "same", "***** TWO\\B.TXT", "other", line, "")
    assert batch(
        ours,
        tmp_path,
        "fc one\\*.txt two",
        "fc one\\a.txt two\\",
        "fc one/a.* two/a.txt",
        "fc one\\*.c two 2>&1",
    ) == [
        *("Comparing files one\\a.txt and TWO\\A.TXT", same, ""),
        *("Comparing files one\\b.txt and TWO\\B.TXT", *differ, "= 1"),
        *("Comparing files one\\a.txt and TWO\\A.TXT", same, "", "= 0"),
        *("Comparing files one/a.txt and TWO/A.TXT", same, "", "= 0"),
        *("FC: cannot open ONE\\*.C - No such file or folder", "", "= 2"),
    ]


def test_where(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/tool.bat").write_bytes(b"")
    (tmp_path / "tool.exe").write_bytes(b"")
    assert batch(
        ours,
        tmp_path,
        "where tool",
        "where findstr",
        "where /r . tool*",
        "where /r \\ tool",
        "where /f sub:tool.*",
        "where /q nothing",
        "where nothing 2>&1",
    ) == [
        *("D:\\tool.exe", "= 0"),
        *("C:\\windows\\system32\\findstr.exe", "= 0"),
        *("D:\\tool.exe", "D:\\sub\\tool.bat", "= 0"),
        *("D:\\tool.exe", "D:\\sub\\tool.bat", "= 0"),
        *('"sub\\tool.bat"', "= 0"),
        "= 1",
        *("INFO: Could not find files for the given pattern(s).", "= 1"),
    ]


def test_timeout_is_for_people(ours: Ours, tmp_path: Path) -> None:
    assert batch(ours, tmp_path, "timeout /t 5 < nul 2>&1", "timeout 2>&1", "timeout /t x 2>&1") == [
        *("ERROR: Input redirection is not supported, exiting the process immediately.", "= 1"),
        *("ERROR: Invalid syntax. Default option is missing.", "= 1"),
        *("ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to 99999.", "= 1"),
    ]
