"""Reads and writes of plain files: the engine answers as the kernel does, which does it when watched."""

from __future__ import annotations

from pathlib import Path

import pytest

import ring3k
from tests.guest.tap import Report, parse


def run(programs: Path, engine: str, watched: bool) -> tuple[Report, int]:
    """What the program says, and how often a hook was told of a read or a write."""
    seen: list[str] = []
    with ring3k.System(engine=engine) as system:
        if watched:
            for name in ("NtReadFile", "NtWriteFile"):
                system.on_enter(name, lambda call: seen.append(call.name))
        program = system.spawn([programs / "native/file_plain.exe"])
        assert program.wait(timeout=60) == 0
        assert system.crashes == 0
        return parse(program.output), len(seen)


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_the_same_watched_or_not(engine: str, conformance_programs: Path) -> None:
    alone, _ = run(conformance_programs, engine, watched=False)
    watched, seen = run(conformance_programs, engine, watched=True)
    assert seen > 1000
    assert not alone.failures
    assert alone == watched


def test_a_hook_that_comes_later_sees_every_call(conformance_programs: Path) -> None:
    """What was allowed before does not keep a call from being seen."""
    seen: list[str] = []
    with ring3k.System() as system:

        def unlocked(call: object) -> None:
            system.on_enter("NtReadFile", lambda call: seen.append(call.name))

        system.on_enter("NtUnlockFile", unlocked)
        program = system.spawn([conformance_programs / "native/file_plain.exe"])
        assert program.wait(timeout=60) == 0
    assert len(seen) > 50
