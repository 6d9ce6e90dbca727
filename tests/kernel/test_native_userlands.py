"""Programs on an ntdll that was found in a folder, on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import ring3k
from ring3k.abi.structs.ps import PEB_NT40
from ring3k.userland import wine
from ring3k.userland.given import TABLES
from tests.unit.ntdll_patch import before_service_pack_2, renumbered


def _same(data: bytes) -> bytes:
    return data


def _other_numbers(data: bytes) -> bytes:
    return renumbered(data, lambda number: number ^ 1)


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
@pytest.mark.parametrize(
    ("version", "change"),
    [
        ("nt50", _same),
        ("nt51", _same),
        ("nt51", _other_numbers),
        ("nt51", before_service_pack_2),
        ("nt52", _other_numbers),
    ],
)
def test_a_program_runs(
    guest_files: Path, tmp_path: Path, engine: str, version: str, change: Callable[[bytes], bytes]
) -> None:
    data = (guest_files / version / "ntdll.dll").read_bytes()
    (tmp_path / "ntdll.dll").write_bytes(change(data))
    with ring3k.System(engine, userland=str(tmp_path)) as system:
        assert system.abi == version
        process = system.spawn([str(guest_files / "apps/hello.exe"), "two words"])
        assert process.wait(60) == 0
        assert "two words" in process.output
        assert system.crashes == 0
        assert not system.unimplemented.calls


@pytest.mark.skipif(wine.find() is None, reason="there are no locale tables on this computer")
def test_its_code_pages_are_shown(guest_files: Path, tmp_path: Path) -> None:
    place = wine.find()
    assert place is not None
    shutil.copy(guest_files / "nt51" / "ntdll.dll", tmp_path / "NTDLL.DLL")
    for name in TABLES.values():
        shutil.copy(Path(place[1]) / name, tmp_path / name.upper())
    with ring3k.System(userland=str(tmp_path)) as system:
        seen: dict[str, bytes] = {}

        @system.on_enter("NtDisplayString")
        def look(call: ring3k.Call) -> None:
            peb = call.process.peb
            for field, name in TABLES.items():
                at = call.memory.read_u32(peb + PEB_NT40.offset(field))
                seen[name] = bytes(call.memory.read(at, 64))

        assert system.spawn([str(guest_files / "apps/hello.exe")]).wait(60) == 0
    assert seen == {name: (Path(place[1]) / name).read_bytes()[:64] for name in TABLES.values()}
