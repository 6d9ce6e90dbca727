"""Waits for semaphores and events: the engine answers as the kernel does, which does it when watched."""

from __future__ import annotations

from pathlib import Path

import pytest

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
