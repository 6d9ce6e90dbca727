"""A machine for Wine's DLLs: made once from what comes with them, and kept in the cache for the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ring3k.abi.version import version_of
from ring3k.cm.open import open_registry
from ring3k.cm.registry import Registry
from ring3k.io.disk.names import split_path
from ring3k.io.disk.volume import Volume
from ring3k.se.sid import FIRST_USER, FIRST_USER_TEXT
from ring3k.userland import wine
from ring3k.userland.folder import MachineFolder
from ring3k.userland.wine_drive import (
    OWN_DLLS,
    Sources,
    _expanded,
    environment,
    is_ready,
    layers,
    set_variable,
)
from ring3k.userland.wine_setup import prepare

VERSION = version_of("nt100", 2)
INF = """\
[DefaultInstall.NT]
AddReg=Classes, SessionMgr
[DefaultInstall.NT.Services]
AddService=EventLog,0x800,EventLogService
[Classes]
HKCR,.txt,,2,"txtfile"
HKLM,Software\\x,"System",,"%11%"
[SessionMgr]
HKLM,System\\CurrentControlSet\\Control\\Session Manager\\Environment,"Path",0x00020000,"C:\\inf"
[SystemIni]
system.ini, mci,,"cdaudio=mcicda.dll"
system.ini, drivers32,,"vidc.cvid=iccvid.dll"
system.ini, drivers32,,"; vidc.IV50=ir50_32.dll"
[EventLogService]
ServiceBinary="%11%\\svchost.exe"
StartType=2
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """What a package of Wine's would have installed, and a cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dlls, tables = tmp_path / "dlls", tmp_path / "wine" / "nls"
    dlls.mkdir()
    tables.mkdir(parents=True)
    (dlls / "kernel32.dll").write_bytes(b"MZ")
    for name in ("c_037.nls", "c_1252.nls", "l_intl.nls"):
        (tables / name).write_bytes(b"")
    (tmp_path / "wine" / "wine.inf").write_text(INF)
    return Sources(str(dlls), str(tables))


@pytest.fixture
def machine(tmp_path: Path, sources: Sources) -> Iterator[MachineFolder]:
    folder = MachineFolder(str(tmp_path / "machine"))
    assert not is_ready(folder)
    prepare(folder, VERSION, sources, lambda done, what: None)
    assert is_ready(folder)
    yield folder
    folder.close()


def text(registry: Registry, path: str, name: str) -> str:
    node = registry.find(registry.root, path)
    assert node is not None, path
    return registry.value(node, name).data.decode("utf-16-le").removesuffix("\0")


def test_drivers_are_looked_up_in_a_file(sources: Sources, tmp_path: Path) -> None:
    folder = MachineFolder(str(tmp_path / "machine"))
    prepare(folder, VERSION, sources, lambda done, what: None)
    text = (Path(folder.path) / "c/windows/system.ini").read_bytes().decode()
    assert "[mci]\r\ncdaudio=mcicda.dll\r\n[drivers32]\r\nvidc.cvid=iccvid.dll\r\n" in text
    assert "[drivers]\r\nwave=mmdrv.dll\r\n" in text


def test_the_registry_of_a_new_machine(machine: MachineFolder) -> None:
    registry = open_registry(machine.registry, VERSION)
    current = "MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    control = "MACHINE\\SYSTEM\\CurrentControlSet\\Control"
    assert text(registry, "MACHINE\\SOFTWARE\\Classes\\.txt", "") == "txtfile"
    assert text(registry, "MACHINE\\SOFTWARE\\x", "System") == "C:\\windows\\system32"
    assert text(registry, current, "CurrentBuildNumber") == "19043"
    assert text(registry, current, "ProductName") == "Windows 10 Pro"
    assert text(registry, current, "CurrentVersion") == "10.0"
    assert text(registry, f"{control}\\Nls\\CodePage", "37") == "c_037.nls"
    assert text(registry, f"{control}\\Nls\\CodePage", "ACP") == "1252"
    assert text(registry, "MACHINE\\SYSTEM\\CurrentControlSet\\Services\\EventLog", "ImagePath") == (
        "C:\\windows\\system32\\svchost.exe"
    )
    assert text(registry, "USER\\S-1-5-18\\Volatile Environment", "USERPROFILE") == "C:\\users\\user"
    assert registry.find(registry.root, f"{current}\\ProfileList\\{FIRST_USER_TEXT}") is not None
    own = registry.find(registry.root, f"USER\\{FIRST_USER_TEXT}\\Environment")
    assert own is registry.find(registry.root, "USER\\.DEFAULT\\Environment")
    assert own is not None
    assert FIRST_USER in (own.security or b"")
    registry.close()


def test_the_drive_of_a_new_machine(machine: MachineFolder, sources: Sources) -> None:
    drive = Path(machine.drive_c(VERSION))
    for path in ("users/user/AppData/Local/Temp", "users/Public/Desktop", "ProgramData", "windows/temp"):
        assert (drive / path).is_dir()
    hosts = drive / "windows/system32/drivers/etc/hosts"
    assert hosts.read_bytes() == b"127.0.0.1 localhost\r\n"

    volume = Volume(str(drive))
    for place, hosts_of in layers(sources).items():
        volume.lay_over(place, *hosts_of)
    for name in ("KERNEL32.dll", "c_1252.NLS"):
        assert volume.find(split_path(f"\\Windows\\System32\\{name}").names).read_only
    assert layers(sources)["\\windows\\system32"][-1] == OWN_DLLS  # last: only what Wine has not
    volume.close()


def test_what_is_there_stays(machine: MachineFolder, sources: Sources) -> None:
    hosts = Path(machine.path) / "c/windows/system32/drivers/etc/hosts"
    hosts.write_text("mine")
    registry = open_registry(machine.registry, VERSION)
    registry.ensure(registry.root, "MACHINE\\SOFTWARE\\mine")
    registry.close()
    prepare(machine, VERSION, sources, lambda done, what: None)
    assert hosts.read_text() == "mine"
    registry = open_registry(machine.registry, VERSION)
    assert registry.find(registry.root, "MACHINE\\SOFTWARE\\mine") is not None
    registry.close()


def test_a_machine_that_was_used_before(tmp_path: Path, sources: Sources) -> None:
    folder = MachineFolder(str(tmp_path / "used"))
    registry = open_registry(folder.registry, VERSION)
    registry.ensure(registry.root, "MACHINE\\SOFTWARE\\mine")
    registry.close()
    assert not is_ready(folder)
    prepare(folder, VERSION, sources, lambda done, what: None)
    assert is_ready(folder)
    registry = open_registry(folder.registry, VERSION)
    assert registry.find(registry.root, "MACHINE\\SOFTWARE\\mine") is not None
    assert text(registry, "MACHINE\\SOFTWARE\\x", "System") == "C:\\windows\\system32"
    registry.close()


def test_another_folder_as_drive_c(machine: MachineFolder, tmp_path: Path, sources: Sources) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    assert not is_ready(machine, str(drive))
    prepare(machine, VERSION, sources, lambda done, what: None, str(drive))
    assert is_ready(machine, str(drive))
    assert (drive / "users/user/AppData/Local/Temp").is_dir()


def test_the_next_machine_gets_a_copy(machine: MachineFolder, tmp_path: Path, sources: Sources) -> None:
    cache = tmp_path / "cache" / "ring3k"
    (kept,) = cache.iterdir()
    told: list[str] = []
    second = MachineFolder(str(tmp_path / "second"))
    prepare(second, VERSION, sources, lambda done, what: told.append(what))
    assert not told  # there was nothing to be done
    assert Path(second.registry).read_bytes() == kept.read_bytes()

    Path(sources.inf).write_text(INF.replace("txtfile", "textfile"))
    third = MachineFolder(str(tmp_path / "third"))
    prepare(third, VERSION, sources, lambda done, what: told.append(what))
    assert told == ["kernel32.dll"]
    registry = open_registry(third.registry, VERSION)
    assert text(registry, "MACHINE\\SOFTWARE\\Classes\\.txt", "") == "textfile"
    registry.close()
    assert len(list(cache.iterdir())) == 1  # the older one is gone


def test_a_host_without_a_cache(tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    folder = MachineFolder(str(tmp_path / "machine"))
    prepare(folder, VERSION, sources, lambda done, what: None)
    assert sorted(one.name for one in Path(folder.path).iterdir()) == ["c", "registry.db", "settings"]


def test_the_environment(machine: MachineFolder) -> None:
    registry = open_registry(machine.registry, VERSION)
    found = environment(registry, VERSION)
    assert found["TEMP"] == "C:\\users\\user\\AppData\\Local\\Temp"  # the user's, not the machine's
    assert found["Path"].startswith("C:\\windows\\system32;C:\\windows;")
    assert found["windir"] == found["SystemRoot"] == "C:\\windows"
    assert found["NUMBER_OF_PROCESSORS"] == "2"
    assert found["APPDATA"] == "C:\\users\\user\\AppData\\Roaming"

    own = registry.ensure(registry.root, "USER\\.DEFAULT\\Environment")
    for name, value in (("PATH", "D:\\tools"), ("Mine", "%USERNAME%s")):
        registry.set_value(own, name, 2, f"{value}\0".encode("utf-16-le"))
    found = environment(registry, VERSION)
    assert found["Path"].endswith(";D:\\tools")
    assert "PATH" not in found
    assert found["Mine"] == "users"
    registry.close()


def test_variables_differ_not_by_case() -> None:
    variables = {"Path": "a"}
    set_variable(variables, "PATH", "b")
    set_variable(variables, "New", "c")
    assert variables == {"Path": "b", "New": "c"}


@pytest.mark.skipif(wine.find() is None, reason="Wine's DLLs are not on this computer")
def test_what_wines_own_dlls_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = wine.find()
    assert place is not None
    folder = MachineFolder(str(tmp_path / "machine"))
    told: list[float] = []
    prepare(folder, VERSION, Sources(*place), lambda done, what: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    registry = open_registry(folder.registry, VERSION)
    classes = "MACHINE\\SOFTWARE\\Classes"
    jscript = text(registry, f"{classes}\\JScript\\CLSID", "")
    assert text(registry, f"{classes}\\CLSID\\{jscript}\\InprocServer32", "") == (
        "C:\\windows\\system32\\jscript.dll"
    )
    zones = registry.find(registry.root, "MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Time Zones")
    assert zones is not None  # a link
    assert len(registry.children(zones)) > 100
    assert b"127.0.0.1" in (Path(folder.path) / "c/windows/system32/drivers/etc/hosts").read_bytes()
    registry.close()


@given(st.lists(st.sampled_from(["%", "%%", "a", "path", "Path", "none"]), max_size=9).map("".join))
def test_variables_are_expanded_from_left_to_right(text: str) -> None:
    variables = {"A": "%path%", "path": "C:\\"}
    upper = {name.upper(): value for name, value in variables.items()}
    assert _expanded(text, variables) == re.sub(
        "%([^%]+)%", lambda found: upper.get(found[1].upper(), found[0]), text
    )
