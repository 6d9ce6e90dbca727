"""Two hundred processes, two thousand threads; none of them left, and no time spent on those that wait."""

from __future__ import annotations

import os
import time

import pytest

import ring3k

from .conftest import MANY, SPIN, Footprint, children, processor_time

SIZES = [("stub", 200, 10), ("ptrace", 40, 5)]
TRIES = 8  # the start may take longer where others use the processors, and be measured the first time


def start(system: ring3k.System, processes: int, threads: int) -> list[ring3k.GuestProcess]:
    """So many processes, each with so many threads more than its first, all waiting for the same event."""
    started = [system.spawn([str(MANY), str(threads)]) for _ in range(processes)]
    until = time.monotonic() + 60
    while not all(process.output for process in started):
        assert time.monotonic() < until
        system.run(timeout=0.05)
    assert {process.output for process in started} == {f"ready {threads}\n"}
    return started


def finish(system: ring3k.System, started: list[ring3k.GuestProcess], threads: int) -> None:
    assert system.spawn([str(MANY), "go"]).wait(timeout=30) == 0
    assert {process.wait(timeout=60) for process in started} == {threads * (threads + 1) // 2}


@pytest.mark.parametrize(("engine", "processes", "threads"), SIZES)
def test_many_come_and_go(engine: str, processes: int, threads: int) -> None:
    with ring3k.System(engine=engine) as system:
        finish(system, start(system, 2, 2), 2)  # what is made once for all systems is there now
    outside = Footprint.now()
    with ring3k.System(engine=engine) as system:
        finish(system, start(system, 2, 2), 2)  # and what is made once in this one
        assert system.run(timeout=5)
        before = Footprint.now()
        started = start(system, processes, threads)
        assert len(system.processes) == processes
        assert sum(len(process.threads) for process in system.processes) == processes * (threads + 1)
        assert len(children()) == processes
        assert sum(len(os.listdir(f"/proc/{pid}/task")) for pid in children()) == processes * (threads + 2)
        finish(system, started, threads)
        assert system.run(timeout=5)
        del started
        after = Footprint.now()
        assert after.children == before.children == set()
        assert after.descriptors == before.descriptors
        assert after.mappings == before.mappings
        more = after.objects - before.objects
        assert all(count < processes // 4 for count in more.values()), more
        assert system.crashes == 0
    left = Footprint.now()
    assert (left.children, left.descriptors, left.mappings) == (
        outside.children,
        outside.descriptors,
        outside.mappings,
    )


@pytest.mark.parametrize(("engine", "processes", "threads"), [("stub", 30, 10), ("ptrace", 10, 5)])
def test_who_waits_uses_no_processor_time(engine: str, processes: int, threads: int) -> None:
    with ring3k.System(engine=engine) as system:
        started = start(system, processes, threads)
        system.run(timeout=0.5)

        def is_quiet() -> bool:
            before = time.process_time() + processor_time(children())
            system.run(timeout=0.5)
            return time.process_time() + processor_time(children()) - before < 0.02

        assert any(is_quiet() for _ in range(TRIES))
        assert not any(process.ended for process in started)


@pytest.mark.parametrize("engine", ["stub", "ptrace"])
def test_the_kernel_does_not_spin_while_every_processor_is_taken(engine: str) -> None:
    with ring3k.System(engine=engine) as system:
        started = [system.spawn([str(SPIN)]) for _ in range(2 * len(os.sched_getaffinity(0)))]
        system.run(timeout=0.3)

        def is_quiet() -> bool:
            used, passed = time.process_time(), time.monotonic()
            system.run(timeout=1)
            return time.process_time() - used < (time.monotonic() - passed) * 0.05

        assert any(is_quiet() for _ in range(TRIES))
        assert not any(process.ended for process in started)


def test_guests_share_the_processors() -> None:
    """Twice as many as there are: each gets its part, whoever came first."""
    with ring3k.System() as system:
        for _ in range(2 * len(os.sched_getaffinity(0))):
            system.spawn([str(SPIN)])
        system.run(timeout=0.3)

        def is_fair() -> bool:
            before = {pid: processor_time([pid]) for pid in children()}
            system.run(timeout=1)
            parts = sorted(processor_time([pid]) - used for pid, used in before.items())
            return parts[0] > parts[-1] / 4

        assert any(is_fair() for _ in range(TRIES))
