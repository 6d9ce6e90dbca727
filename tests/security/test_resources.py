"""A guest that takes more of the host than it was given ends soon, and everything comes back.

The attempts jump to the places in the stub where host calls are made (see
guest/escapes): the filter lets those calls pass, the kernel counts what comes of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ring3k
from ring3k.hooks.events import Event, Note

from .conftest import HELLO, PROGRAM, children

STATUS_UNSUCCESSFUL = 0xC0000001
THREADS = "it made host threads of its own"
MEMORY = "it took memory that was not its own"


def guest_memory() -> int:
    """Bytes in all memory files that this process holds."""
    total = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if os.readlink(entry).startswith("/memfd:ring3k-"):
                total += os.stat(entry).st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def host_threads() -> int:
    return sum(sum(1 for _ in Path(f"/proc/{pid}/task").iterdir()) for pid in children())


@pytest.fixture
def notes(system: ring3k.System) -> Iterator[list[str]]:
    """What the system says about the end of its guests."""
    heard: list[str] = []

    def hear(event: Event) -> None:
        assert isinstance(event, Note)
        heard.append(event.text)

    subscription = system.events.subscribe(hear, Note)
    yield heard
    subscription.remove()


@pytest.mark.parametrize(
    ("attempt", "calls", "crime"),
    [
        ("clone-storm", ["sys_clone"], THREADS),
        ("private-flood", ["sys_mmap"], MEMORY),
        ("decommitted-flood", ["sys_mmap"], MEMORY),
        ("control-flood", [], MEMORY),
        ("idle-flood", ["sys_clone", "sys_mmap"], MEMORY),
        ("section-flood", ["sys_mmap"], MEMORY),
    ],
)
def test_taking_more_than_was_given(
    system: ring3k.System,
    notes: list[str],
    stub_symbols: dict[str, int],
    attempt: str,
    calls: list[str],
    crime: str,
) -> None:
    before = children(), host_threads(), guest_memory()
    bystander = system.spawn([str(PROGRAM), "spin"])
    process = system.spawn([str(PROGRAM), attempt, *(f"{stub_symbols[call]:x}" for call in calls)])
    assert process.wait(timeout=10) == STATUS_UNSUCCESSFUL
    assert notes == [f"process {process.pid} (escapes.exe) ended: {crime}"]
    assert not bystander.ended
    bystander.kill()
    bystander.wait(timeout=5)
    assert system.spawn([str(HELLO)]).wait(timeout=5) == 0
    assert children() == before[0]
    assert host_threads() == before[1]
    assert guest_memory() < before[2] + (1 << 20)


def test_much_but_its_own(system: ring3k.System) -> None:
    """Whoever commits what it touches, and ends the threads it makes, is left alone."""
    for attempt in ("much-memory", "many-threads"):
        process = system.spawn([str(PROGRAM), attempt])
        assert process.wait(timeout=40) == 0
        assert process.output.startswith("made ")


def test_an_idle_system_is_not_counted(system: ring3k.System) -> None:
    """Policing ends once every guest was seen asleep: then nothing wakes the kernel at all."""
    process = system.spawn([str(PROGRAM), "rest"])

    def is_idle() -> bool:
        used = time.process_time()
        system.run(timeout=1)
        return time.process_time() - used < 0.005

    assert any(is_idle() for _ in range(8))  # the first time it starts
    assert not process.ended
    process.kill()
    process.wait(timeout=5)
