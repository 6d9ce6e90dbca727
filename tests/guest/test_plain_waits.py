"""Waits for semaphores and events: the engine answers as the kernel does, which does it when watched."""

from __future__ import annotations

from pathlib import Path

import pytest

import ring3k
from tests.guest.tap import Report, parse

CALLS = ("NtReleaseSemaphore", "NtSetEvent", "NtWaitForSingleObject", "NtWaitForMultipleObjects")


def run(programs: Path, engine: str, watched: tuple[str, ...]) -> tuple[Report, int]:
    """What the program says, and how often a hook was told of a call."""
    seen: list[str] = []
    with ring3k.System(engine=engine) as system:
        for name in watched:
            system.on_enter(name, lambda call: seen.append(call.name))
        program = system.spawn([programs / "native/wait_plain.exe"])
        assert program.wait(timeout=60) == 0
        assert system.crashes == 0
        return parse(program.output), len(seen)


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_the_same_watched_or_not(engine: str, conformance_programs: Path) -> None:
    alone, _ = run(conformance_programs, engine, ())
    watched, seen = run(conformance_programs, engine, CALLS)
    assert seen > 800
    assert not alone.failures
    assert alone == watched


@pytest.mark.parametrize("name", CALLS[:3])
def test_the_same_when_one_side_is_watched(name: str, conformance_programs: Path) -> None:
    """Then the kernel signals what the engine has seated, or the other way round."""
    report, seen = run(conformance_programs, "stub", (name,))
    assert seen > 5
    assert not report.failures
