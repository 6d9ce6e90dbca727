"""Programs that have the machine in turn, for a fifth of a second each, until all have ended.

Two runs one after the other meet two different machines where others share the host: a run is
fast or slow by a sixth then, whoever it is.  Runs that take turns meet the same one.  Whose turn
it is not is stopped, with all the processes below it; each has as much of the time as the other
to its end, also when the other has ended before.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

TURN = 0.2  # seconds


def tree(pid: int) -> list[int]:
    """A process and all below it.  Who left it for a parent of its own is not seen: Wine's server does."""
    found = [pid]
    for one in found:
        with suppress(OSError):  # it has ended
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def stop(pid: int) -> set[int]:
    """Stop a process and all below it, also those that it starts meanwhile; who was stopped."""
    reached: set[int] = set()
    while new := [one for one in tree(pid) if one not in reached]:
        reached.update(new)
        send(new, signal.SIGSTOP)
    return reached


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for one in pids:
        with suppress(OSError):  # it has ended
            os.kill(one, number)


def take_turns(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> list[float]:
    """Returns when all have ended: how many seconds of its own each has had, from now on.  TimeoutError."""
    end = time.monotonic() + patience
    used = [0.0] * len(processes)
    ends = [os.pidfd_open(process.pid) for process in processes]  # readable then
    stopped: list[set[int]] = []  # remembered: some of them may have other parents when they go on
    try:
        stopped += [stop(process.pid) for process in processes]
        while any(process.poll() is None for process in processes):
            if time.monotonic() > end:
                raise TimeoutError(f"not all of them had ended after {patience} s")
            for index, process in enumerate(processes):
                if stopped[index]:
                    start = time.monotonic()
                    send(stopped[index], signal.SIGCONT)
                    select.select([ends[index]], [], [], TURN)
                    used[index] += time.monotonic() - start
                else:  # it has ended; the turn passes as well
                    time.sleep(TURN)
                stopped[index] = stop(process.pid) if process.poll() is None else set()
    finally:
        for process, below in zip(processes, stopped, strict=False):
            if process.poll() is None:
                send({*tree(process.pid), *below}, signal.SIGKILL)
                process.wait()
        for one in ends:
            os.close(one)
    return used
