"""Waits for semaphores and events: the engine answers as the kernel does, which does it when watched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ring3k
from tests.guest.tap import parse
from tests.guest.watched import run_watched

CALLS = ("NtReleaseSemaphore", "NtSetEvent", "NtWaitForSingleObject", "NtWaitForMultipleObjects")
PROGRAM = "native/wait_plain.exe"


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_the_same_watched_or_not(engine: str, conformance_programs: Path) -> None:
    alone, _ = run_watched(conformance_programs / PROGRAM, engine, ())
    watched, seen = run_watched(conformance_programs / PROGRAM, engine, CALLS)
    assert seen > 800
    assert not alone.failures
    assert alone == watched


@pytest.mark.parametrize("name", CALLS[:3])
def test_the_same_when_one_side_is_watched(name: str, conformance_programs: Path) -> None:
    """Then the kernel signals what the engine has seated, or the other way round."""
    report, seen = run_watched(conformance_programs / PROGRAM, "stub", (name,))
    assert seen > 5
    assert not report.failures


def test_what_is_watched_from_the_middle_on(conformance_programs: Path) -> None:
    """Semaphores are lent to the program by then, and it asks nobody about them."""
    seen: list[str] = []
    with ring3k.System(engine="stub") as system:

        def watch(call: Any) -> None:
            seen.append(call.name)
            if len(seen) == 20:  # the last of the calls that are not plain
                system.on_enter("NtReleaseSemaphore", lambda call: seen.append(call.name))

        system.on_enter("NtSignalAndWaitForSingleObject", watch)
        process = system.spawn([conformance_programs / PROGRAM])
        assert process.wait(timeout=60) == 0
        assert not parse(process.output).failures
    assert seen.count("NtReleaseSemaphore") > 400
