"""Programs that nobody made for us: from registries, and those that come with Wine's DLLs.

What they should print is known, or a Linux build of the same program says it, or Wine.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.win32.conftest import ROOT, real, system_program
from tests.win32.running import NOTHING_YET, Ours, Outcome, Wine

BIG = 200 << 20  # bytes that 7-Zip packs and unpacks in all


def linux(program: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The same program, built for Linux."""
    return subprocess.run(
        [str(real(program)), *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=cwd,
        timeout=100,
    )


def fine(outcome: Outcome, status: int = 0) -> Outcome:
    """An outcome without complaints, of the program or of ours."""
    assert outcome.status == status, str(outcome)
    assert NOTHING_YET.encode() not in outcome.stderr, str(outcome)
    return outcome


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, with a checksum of what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def some_files(folder: Path, size: int) -> None:
    """Files of all kinds, ``size`` bytes in all."""
    chance = random.Random(7)
    words = [chance.randbytes(chance.randrange(2, 9)).hex() for _ in range(500)]
    text = " ".join(chance.choice(words) for _ in range(20000)).encode()
    folder.mkdir()
    (folder / "deep/er").mkdir(parents=True)
    (folder / "empty").write_bytes(b"")
    (folder / "grüß 中文.txt").write_bytes(text)
    (folder / "deep/noise.bin").write_bytes(chance.randbytes(size // 20))
    (folder / "deep/er/zeros").write_bytes(bytes(size // 4))
    rest = size - len(text) - size // 20 - size // 4
    with (folder / "deep/er/text").open("wb") as file:
        while rest > 0:
            piece = chance.randbytes(8) + text[chance.randrange(len(text)) :]
            rest -= file.write(piece[:rest])


# -- 7-Zip ---------------------------------------------------------------------------------------
def test_7za_packs_lists_tests_and_unpacks(ours: Ours, tmp_path: Path) -> None:
    program = real("7za.exe")
    some_files(tmp_path / "in", 8 << 20)
    made = fine(ours(program, "a", "-mmt4", "made.7z", ".\\in\\*", cwd=tmp_path))
    assert "Everything is Ok" in made.lines
    assert "Everything is Ok" in fine(ours(program, "t", "made.7z", cwd=tmp_path)).lines
    listed = fine(ours(program, "l", "-ba", "-slt", "-sccUTF-8", "made.7z", cwd=tmp_path)).lines
    names = {line.removeprefix("Path = ").replace("\\", "/") for line in listed if line.startswith("Path = ")}
    assert set(tree(tmp_path / "in")) <= names, made.lines
    fine(ours(program, "x", "-oout", "made.7z", cwd=tmp_path))
    assert tree(tmp_path / "out") == tree(tmp_path / "in")
    # And the other way: a Linux build reads what was packed here, and here is read what it packs.
    assert linux("7za", "x", "-olinux", "made.7z", cwd=tmp_path).returncode == 0
    assert tree(tmp_path / "linux") == tree(tmp_path / "in")
    assert linux("7za", "a", "-tzip", "linux.zip", "./in/deep", cwd=tmp_path).returncode == 0
    fine(ours(program, "x", "-ozip", "linux.zip", cwd=tmp_path))
    assert tree(tmp_path / "zip/deep") == tree(tmp_path / "in/deep")


@pytest.mark.timeout(600)
def test_7za_packs_200_megabytes(ours: Ours, tmp_path: Path) -> None:
    program = real("7za.exe")
    some_files(tmp_path / "in", BIG // 2)
    fine(ours(program, "a", "-mx1", "-mmt2", "big.7z", ".\\in\\*", cwd=tmp_path, timeout=280))
    fine(ours(program, "x", "-mmt2", "-oout", "big.7z", cwd=tmp_path, timeout=280))
    assert tree(tmp_path / "out") == tree(tmp_path / "in")


def test_7za_says_what_is_wrong(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "bad.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    bad = ours(real("7za.exe"), "t", "bad.7z", cwd=tmp_path)
    assert bad.status == 2
    assert "ERROR" in str(bad)
    missing = ours(real("7za.exe"), "t", "missing.7z", cwd=tmp_path)
    assert missing.status == 2


# -- programs that check other programs ---------------------------------------------------------------
def comparable(output: bytes) -> list[str]:
    """Lines, whichever way paths are written; files are checked in an order of chance."""
    return sorted(output.decode().replace("\r", "").replace("\\", "/").splitlines())


@pytest.mark.parametrize("cache", ["--no-cache", "--cache-dir=cache"])
def test_ruff_finds_what_it_finds_on_linux(ours: Ours, tmp_path: Path, cache: str) -> None:
    shutil.copytree(ROOT / "src/ring3k", tmp_path / "ring3k", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["check", "--isolated", "--select=ALL", "--output-format=json-lines", cache, "ring3k"]
    program = real("ruff.exe")
    mine = fine(ours(program, *options, cwd=tmp_path), 1)
    found = [json.loads(line) for line in mine.lines]
    for one in found:
        one["filename"] = one["filename"].replace("\\", "/").partition("ring3k/")[2]
    other = linux("ruff", *options, cwd=tmp_path)
    expected = [json.loads(line) for line in other.stdout.splitlines()]
    for one in expected:
        one["filename"] = one["filename"].partition(f"{tmp_path.name}/ring3k/")[2]
    assert len(found) > 1000
    key = json.dumps
    assert sorted(map(key, found)) == sorted(map(key, expected))
    if cache != "--no-cache":
        assert list((tmp_path / "cache").rglob("*"))
        assert sorted(fine(ours(program, *options, cwd=tmp_path), 1).lines) == sorted(mine.lines)


def test_ruff_formats(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("x = {  'a':1 }\ndef f( a,b ):\n  return a\n")
    fine(ours(real("ruff.exe"), "format", "--isolated", "one.py", cwd=tmp_path))
    assert (tmp_path / "one.py").read_text() == 'x = {"a": 1}\n\n\ndef f(a, b):\n    return a\n'


def test_ast_grep_finds_what_it_finds_on_linux(ours: Ours, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/ring3k/ke", tmp_path / "ke", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["run", "--pattern", "raise NtError($STATUS)", "--lang", "python", "--json=stream", "ke"]
    mine = fine(ours(real("ast-grep.exe"), *options, cwd=tmp_path))
    found = [json.loads(line) for line in mine.lines]
    for one in found:
        one["file"] = one["file"].replace("\\", "/")
    expected = [json.loads(line) for line in linux("ast-grep", *options, cwd=tmp_path).stdout.splitlines()]
    assert found
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, expected))


def test_ast_grep_rewrites(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("print(old(1), old(2))\n")
    options = ["run", "-p", "old($A)", "-r", "new($A, 0)", "-l", "python", "--update-all", "one.py"]
    fine(ours(real("ast-grep.exe"), *options, cwd=tmp_path))
    assert (tmp_path / "one.py").read_text() == "print(new(1, 0), new(2, 0))\n"


# -- CMake -----------------------------------------------------------------------------------------
SCRIPT = r"""
set(sum 0)
foreach(i RANGE 1 10)
  math(EXPR sum "${sum} + ${i}")
endforeach()
message(STATUS "sum ${sum}")
file(WRITE made/one.txt "first\n")
file(APPEND made/one.txt "second\n")
file(STRINGS made/one.txt lines)
list(LENGTH lines count)
message(STATUS "lines ${count}")
file(SHA256 made/one.txt hash)
file(WRITE made/hash.txt "${hash}")
file(GLOB_RECURSE found RELATIVE "${CMAKE_CURRENT_LIST_DIR}" made/*)
list(LENGTH found found)
message(STATUS "found ${found}")
string(REGEX REPLACE "([a-z]+)-([0-9]+)" "\\2-\\1" turned "abc-123")
message(STATUS "turned ${turned}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "from a child" OUTPUT_VARIABLE said RESULT_VARIABLE status)
string(STRIP "${said}" said)
message(STATUS "child said '${said}', ${status}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E false RESULT_VARIABLE status)
message(STATUS "false gives ${status}")
file(MAKE_DIRECTORY made/a/b)
file(RENAME made/one.txt made/a/b/two.txt)
file(READ made/a/b/two.txt content)
message("${content}")
configure_file(in.txt made/out.txt @ONLY)
file(ARCHIVE_CREATE OUTPUT made.zip PATHS made FORMAT zip)
"""


def shown(program: Path) -> list[str]:
    """CMake looks for its modules beside its folder, which must be to be seen then."""
    return ["--mount", f"P={program.parents[1]}:ro"]


def test_cmake_runs_a_script(ours: Ours, tmp_path: Path) -> None:
    said = []
    for who in ("here", "linux"):
        place = tmp_path / who
        place.mkdir()
        (place / "script.cmake").write_text(SCRIPT)
        (place / "in.txt").write_text("sum is @sum@\n")
        if who == "here":
            program = real("cmake.exe")
            done = fine(ours(program, "-P", "script.cmake", cwd=place, options=shown(program)))
            said.append((done.lines, [line for line in done.error_lines if line]))
        else:
            other = linux("cmake", "-P", "script.cmake", cwd=place)
            said.append(
                (other.stdout.decode().splitlines(), [x for x in other.stderr.decode().splitlines() if x])
            )
        assert (place / "made/out.txt").read_text() == "sum is 55\n"
        with zipfile.ZipFile(place / "made.zip") as archive:
            assert archive.read("made/a/b/two.txt").replace(b"\r", b"") == b"first\nsecond\n"
    assert "-- sum 55" in said[0][0]
    written = hashlib.sha256((tmp_path / "here/made/a/b/two.txt").read_bytes()).hexdigest()
    assert (tmp_path / "here/made/hash.txt").read_text() == written
    assert said[0] == said[1]


def test_cmake_does_things(ours: Ours, tmp_path: Path) -> None:
    program = real("cmake.exe")
    (tmp_path / "one").write_bytes(b"content")
    assert fine(ours(program, "-E", "sha256sum", "one", cwd=tmp_path)).lines == [
        f"{hashlib.sha256(b'content').hexdigest()}  one"
    ]
    fine(ours(program, "-E", "copy", "one", "two", cwd=tmp_path))
    fine(ours(program, "-E", "make_directory", "deep/er", cwd=tmp_path))
    fine(ours(program, "-E", "copy_directory", "deep", "deep2", cwd=tmp_path))
    assert (tmp_path / "deep2/er").is_dir()
    fine(ours(program, "-E", "compare_files", "one", "two", cwd=tmp_path))
    fine(ours(program, "-E", "tar", "cfz", "t.tgz", "one", "deep", cwd=tmp_path))
    listed = fine(ours(program, "-E", "tar", "tf", "t.tgz", cwd=tmp_path)).lines
    assert [line.rstrip("/") for line in listed] == ["one", "deep", "deep/er"]
    said = fine(ours(program, "-E", "env", "A=b", "cmd", "/c", "echo %A%", cwd=tmp_path)).lines
    assert said == ["b"]
    fine(ours(program, "-E", "rm", "-rf", "deep", "two", cwd=tmp_path))
    assert not (tmp_path / "deep").exists()
    fine(ours(program, "-E", "sleep", "0.1", cwd=tmp_path))


def test_ninja_builds(ours: Ours, tmp_path: Path) -> None:
    rules = "rule cp\n  command = cmd /c copy $in $out >nul\n"
    steps = "".join(f"build made{i}: cp one\n" for i in range(20)) + "build last: cp made3\n"
    (tmp_path / "build.ninja").write_text(rules + steps)
    (tmp_path / "one").write_text("content")
    program = real("ninja.exe")
    assert fine(ours(program, "-j4", cwd=tmp_path)).lines[-1].startswith("[21/21] ")
    assert (tmp_path / "last").read_text() == "content"
    assert fine(ours(program, cwd=tmp_path)).lines == ["ninja: no work to do."]
    (tmp_path / "build.ninja").write_text("rule no\n  command = cmd /c exit 3\nbuild never: no\n")
    assert "FAILED: " in fine(ours(program, cwd=tmp_path), 3).stdout.decode()


# -- what comes with the DLLs --------------------------------------------------------------------------
BATCH = r"""@echo off
set /a n=3*4+2
echo n is %n%
set /a "m=(n<<2) | 1, k=m %% 7"
echo m is %m%, k is %k%
for /f "tokens=1,2" %%a in (b.txt) do echo %%b-%%a
for %%f in (*.txt) do echo file %%f
for /l %%i in (1,2,7) do echo count %%i
type b.txt | find "foo"
type b.txt | findstr /n zeile
echo one>out.tmp
echo two>>out.tmp
type out.tmp
type nothing.txt 2>nul || echo it failed
echo error 1>&2
call :sub arg1 "arg 2"
start /wait /b cmd /c exit 7
echo errorlevel %errorlevel%
cmd /c exit 9
if errorlevel 9 echo at least nine
if exist a.txt (echo yes) else (echo no)
if "%n%"=="14" echo equal
if not defined nowhere echo undefined
set text=Hello World
echo %text:~0,5% %text:World=There%
setlocal
set inner=1
endlocal
echo [%inner%]
mkdir folder\deep
copy a.txt folder\deep >nul
xcopy /q /y /i folder\deep copied >nul
dir /b copied
ren copied\a.txt c.txt
move copied\c.txt moved.txt >nul
del a.txt
if exist moved.txt if not exist a.txt echo moved
rmdir /s /q folder
pushd copied
cd ..
popd
echo done& exit /b 3
:sub
echo sub %1 %~2 %~n0
goto :eof
"""
ANSWER = """n is 14
m is 57, k is 1
1-zeile
2-zeile
-bar
file a.txt
file b.txt
count 1
count 3
count 5
count 7
zeile 2 foo
1:zeile 1
2:zeile 2 foo
one
two
it failed
sub arg1 arg 2 t
errorlevel 7
at least nine
yes
equal
undefined
Hello Hello There
[]
a.txt
moved
done
"""


def test_a_batch_file(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    (tmp_path / "b.txt").write_bytes(b"zeile 1\r\nzeile 2 foo\r\nbar\r\n")
    (tmp_path / "t.bat").write_bytes(BATCH.replace("\n", "\r\n").encode())
    done = fine(ours(system_program("cmd.exe"), "/c", "t.bat", cwd=tmp_path), 3)
    assert done.stdout.replace(b"\r\n", b"\n").decode() == ANSWER
    assert done.stderr == b"error \r\n"


def test_commands_come_from_standard_input(ours: Ours, tmp_path: Path) -> None:
    done = ours(system_program("cmd.exe"), cwd=tmp_path, stdin=b"echo typed\r\nexit 6\r\n")
    assert done.lines[-1].endswith(">typed") or "typed" in str(done)


def test_pipes_of_three_and_redirection(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("".join(f"line {i}\r\n" for i in range(2000)))
    (tmp_path / "t.bat").write_bytes(b'@type many.txt | find "99" | find "1" > found.txt\r\n')
    fine(ours(system_program("cmd.exe"), "/c", "t.bat", cwd=tmp_path))
    expected = [f"line {i}" for i in range(2000) if "99" in f"{i}" and "1" in f"{i}"]
    assert (tmp_path / "found.txt").read_text().split("\n")[:-1] == expected


def test_a_hundred_processes(ours: Ours, tmp_path: Path) -> None:
    words = "for /l %i in (1,1,100) do @cmd /c exit %i"
    fine(ours(system_program("cmd.exe"), "/c", words, cwd=tmp_path), 100)


def test_the_registry_by_reg(ours: Ours, tmp_path: Path) -> None:
    key, reg = "HKCU\\Software\\ring3k test", system_program("reg.exe")
    fine(ours(reg, "add", key, "/v", "number", "/t", "REG_DWORD", "/d", "42", "/f", cwd=tmp_path))
    fine(ours(reg, "add", key, "/v", "text", "/d", "some words", "/f", cwd=tmp_path))
    shown = fine(ours(reg, "query", key, cwd=tmp_path)).lines
    assert [line.split() for line in shown if "REG_" in line] == [
        ["number", "REG_DWORD", "0x2a"],
        ["text", "REG_SZ", "some", "words"],
    ]
    fine(ours(reg, "export", key, "out.reg", cwd=tmp_path))
    exported = (tmp_path / "out.reg").read_bytes().decode("utf-16")
    assert '"number"=dword:0000002a' in exported
    fine(ours(reg, "delete", key, "/f", cwd=tmp_path))
    assert ours(reg, "query", key, cwd=tmp_path).status == 1
    fine(ours(reg, "import", "out.reg", cwd=tmp_path))
    assert fine(ours(reg, "query", key, "/v", "number", cwd=tmp_path)).lines
    fine(ours(reg, "delete", key, "/f", cwd=tmp_path))


def test_xcopy_copies_trees(ours: Ours, tmp_path: Path) -> None:
    some_files(tmp_path / "from", 1 << 20)
    done = fine(ours(system_program("xcopy.exe"), "/e", "/i", "/q", "from", "to", cwd=tmp_path))
    assert f"{len(tree(tmp_path / 'from'))} file(s) copied" in done.lines
    assert tree(tmp_path / "to") == tree(tmp_path / "from")


def test_find(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_bytes(b"one\r\ntwo words\r\nthree Words\r\n")
    found = fine(ours(system_program("find.exe"), "words", "f.txt", cwd=tmp_path))
    assert [line for line in found.lines if line] == ["---------- F.TXT", "two words"]
    assert ours(system_program("find.exe"), "nothing", "f.txt", cwd=tmp_path).status == 1


def test_cabinets(ours: Ours, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("some text\n" * 1000)
    fine(ours(system_program("cabarc.exe"), "n", "t.cab", "f.txt", cwd=tmp_path))
    assert (tmp_path / "t.cab").read_bytes()[:4] == b"MSCF"
    assert fine(ours(system_program("cabarc.exe"), "l", "t.cab", cwd=tmp_path)).lines[-1].strip() == "f.txt"
    fine(ours(system_program("expand.exe"), "t.cab", "out.txt", cwd=tmp_path))
    assert (tmp_path / "out.txt").read_text() == "some text\n" * 1000


SCRIPTS = {
    "x.js": 'WScript.Echo("js " + (1 + 2)); for (var i = 0; i < WScript.Arguments.length; i++) '
    "WScript.Echo(WScript.Arguments(i)); var f = new ActiveXObject('Scripting.FileSystemObject'); "
    "WScript.Echo(f.FileExists('x.js')); WScript.Quit(5);",
    "x.vbs": 'Dim a\na = 6 * 7\nWScript.Echo "vbs " & a\nWScript.Echo UCase("text") & Len("four")\n'
    "WScript.Quit 5\n",
}


@pytest.mark.wine
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(ours: Ours, theirs: Wine, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SCRIPTS[name])
    words = ["//nologo", name, "one", "two words"]
    mine = fine(ours(system_program("cscript.exe"), *words, cwd=tmp_path), 5)
    other = theirs("cscript", *words, cwd=tmp_path)
    assert (mine.lines, mine.error_lines, mine.status) == (other.lines, other.error_lines, other.status)
    assert mine.lines
    assert fine(ours(system_program("wscript.exe"), "//B", name, cwd=tmp_path), 5).lines


def test_msidb_keeps_tables(ours: Ours, tmp_path: Path) -> None:
    table = "Name\tValue\r\ns72\ti4\r\nThing\tName\r\none\t1\r\ntwo\t2\r\n"
    (tmp_path / "Thing.idt").write_bytes(table.encode())
    msidb = system_program("msidb.exe")
    fine(ours(msidb, "-c", "-d", "made.msi", "-f", ".", "-i", "Thing", cwd=tmp_path))
    (tmp_path / "out").mkdir()
    fine(ours(msidb, "-d", "made.msi", "-f", "out", "-e", "Thing", cwd=tmp_path))
    assert (tmp_path / "out/Thing.idt").read_bytes().decode().split() == table.split()
