"""``ring3k setup``: a machine for Win32 programs, whose DLLs it has, and where they are fetched from."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from ring3k.cli import Complaint, main
from ring3k.cli import progress as command
from ring3k.cli.fetch import fetch
from ring3k.userland import wine
from ring3k.userland.folder import MachineFolder
from tests.cli.command import complaint, ring3k

needs_wine = pytest.mark.skipif(wine.find() is None, reason="Wine's DLLs are not on this computer")


@needs_wine
def test_a_machine_is_made(tmp_path: Path) -> None:
    place = wine.find()
    assert place is not None
    machine = tmp_path / "machine"
    done = ring3k("setup", "--machine", machine, "--windows-version", "win7")
    assert (done.returncode, done.stdout) == (
        0,
        f"{machine}: Windows 7 Professional, build 7601, on the DLLs in {place[0]}\n",
    )
    assert (machine / "registry.db").is_file()
    assert (machine / "c/windows/system32/drivers/etc/services").stat().st_size > 1000
    done = ring3k("run", "--machine", machine, Path(place[0]) / "cmd.exe", "/c", "ver")
    assert "Microsoft Windows 6.1.7601" in done.stdout


@needs_wine
def test_reg_looks_at_the_machine_of_win32_programs(tmp_path: Path) -> None:
    """No options: what ``ring3k run`` uses, from outside and from inside, also before it is set up."""
    home = str(tmp_path)
    assert (
        ring3k("reg", "set", "HKCU\\Software\\Outside", "Name", "Value", XDG_DATA_HOME=home).returncode == 0
    )
    seen = ring3k("run", "reg", "query", "HKCU\\Software\\Outside", "/v", "Name", XDG_DATA_HOME=home)
    assert "Value" in seen.stdout
    done = ring3k(
        "run", "reg", "add", "HKCU\\Software\\Inside", "/v", "Name", "/d", "Other", "/f", XDG_DATA_HOME=home
    )
    assert done.returncode == 0
    assert "Other" in ring3k("reg", "query", "HKCU\\Software\\Inside", "Name", XDG_DATA_HOME=home).stdout


@needs_wine
def test_the_dlls_may_be_named(tmp_path: Path, guest_files: Path) -> None:
    place = wine.find()
    assert place is not None
    elsewhere, machine = tmp_path / "wine", tmp_path / "machine"
    elsewhere.symlink_to(place[0])
    done = ring3k("setup", "--machine", machine, "--from", elsewhere)
    assert (done.returncode, place[0] in done.stdout) == (0, True)
    assert MachineFolder(str(machine)).settings["dlls"] == place[0]
    assert ring3k("setup", "--machine", machine, "--from", "wine").returncode == 0
    assert "dlls" not in MachineFolder(str(machine)).settings
    told = complaint("setup", "--machine", machine, "--from", guest_files / "nt51", status=1)
    assert "the DLLs of Windows XP; Win32 programs run on Wine's" in told
    assert "no such folder" in complaint("setup", "--machine", machine, "--from", tmp_path / "none", status=1)


def test_dlls_that_are_gone(tmp_path: Path) -> None:
    folder = MachineFolder(str(tmp_path / "machine"))
    folder.set(dlls=str(tmp_path / "gone"))
    told = complaint("setup", "--machine", tmp_path / "machine", status=125)
    assert told == f"ring3k: {tmp_path}/gone: Wine's DLLs are no longer there ('ring3k setup')"


# -- progress ----------------------------------------------------------------------------------
class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_quick_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stderr", stream)
        progress = command.Progress("making it")
        for step in range(1, 11):
            progress(step / 10, "a part")
        assert stream.getvalue() == ""


def test_a_bar_on_a_terminal_and_two_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (Terminal(), io.StringIO()):
        now = [0.0]
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setattr("ring3k.cli.progress.time.monotonic", lambda now=now: now[0])
        progress = command.Progress("making it")
        for step in range(1, 11):
            now[0] += 1
            progress(step / 10, f"part {step}")
        shown = stream.getvalue()
        if stream.isatty():
            assert shown.count("\r") == 10
            assert shown.count("\n") == 1
            assert "ring3k: making it [###                           ]  10% part 1" in shown
            assert "100% part 10" in shown.splitlines()[-1]
        else:
            assert shown.splitlines() == ["ring3k: making it, 30% done", "ring3k: making it: done in 10 s"]


# -- fetching ----------------------------------------------------------------------------------
@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host without Wine, whose apt-get and dpkg-deb are what the test puts there."""
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setattr(wine, "FOLDERS", ())
    monkeypatch.setattr(wine, "TABLES", ())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return tools


def tool(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


APT = """echo "$@" >> {log}; case "$*" in *download*) touch libwine_8.0_i386.deb;; esac"""
FILES = "usr/lib/i386-linux-gnu/wine/i386-windows/ntdll.dll usr/share/wine/nls/locale.nls usr/lib/other"
UNPACK = f"""[ "$1" = -x ] && for f in {FILES}; do mkdir -p "$3/$(dirname $f)"; touch "$3/$f"; done"""


def test_the_package_is_fetched_and_unpacked(
    host: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    tool(host / "apt-get", APT.format(log=log))
    tool(host / "dpkg-deb", UNPACK)
    assert wine.find() is None
    fetch()
    cache = tmp_path / "cache/ring3k"
    dlls, tables = cache / "wine/usr/lib/i386-linux-gnu/wine/i386-windows", cache / "wine/usr/share/wine/nls"
    assert wine.find() == (str(dlls), str(tables))
    assert [one.name for one in cache.iterdir()] == ["wine"]  # no rest of the work
    assert not (cache / "wine/usr/lib/other").exists()
    update, size, download = log.read_text().splitlines()
    assert update.endswith("update")
    assert "APT::Architectures::=i386" in update
    assert size.endswith("download --print-uris libwine:i386")
    assert download.endswith("download libwine:i386")
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("ring3k: fetching Wine's 32-bit DLLs")
    assert told[1] == "ring3k: unpacking libwine_8.0_i386.deb"


@pytest.mark.parametrize(
    ("apt", "unpack", "says"),
    [
        ("echo 'E: no network' >&2; exit 100", UNPACK, "cannot be fetched: apt-get: E: no network"),
        ("exit 0", UNPACK, "cannot be fetched: it is not there"),
        (APT.format(log="/dev/null"), "echo damaged; exit 2", "cannot be unpacked: dpkg-deb: damaged"),
        (APT.format(log="/dev/null"), "exit 0", "does not have Wine's 32-bit DLLs as they are known here"),
    ],
)
def test_fetching_that_fails_says_what_to_do(
    host: Path, tmp_path: Path, apt: str, unpack: str, says: str
) -> None:
    tool(host / "apt-get", apt)
    tool(host / "dpkg-deb", unpack)
    with pytest.raises(Complaint, match=says) as caught:
        fetch()
    assert "ring3k setup --from DIR" in str(caught.value)
    assert [one.name for one in (tmp_path / "cache/ring3k").iterdir() if "." in one.name] == []


def test_a_host_without_a_package_manager(
    host: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(host))
    assert main(["setup", "--machine", str(host / "machine")]) == 125
    (line,) = capsys.readouterr().err.splitlines()
    assert "Wine's 32-bit DLLs are not here, and without apt-get cannot be fetched" in line
