"""Reads and writes of plain files: the engine answers as the kernel does, which does it when watched."""

from __future__ import annotations

from pathlib import Path

import pytest

import ring3k
from tests.guest.watched import run_watched

PROGRAM = "native/file_plain.exe"


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_the_same_watched_or_not(engine: str, conformance_programs: Path) -> None:
    alone, _ = run_watched(conformance_programs / PROGRAM, engine, ())
    watched, seen = run_watched(conformance_programs / PROGRAM, engine, ("NtReadFile", "NtWriteFile"))
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
        program = system.spawn([conformance_programs / PROGRAM])
        assert program.wait(timeout=60) == 0
    assert len(seen) > 50
