"""Programs that have the machine in turn, for a fifth of a second each, until all have ended.

Two runs one after the other meet two different machines where others share the host: a run is
fast or slow by a sixth then, whoever it is.  Runs that take turns meet the same one.  Whose turn
it is not is stopped, with all the processes below it; each has as much of the time as the other
to its end, also when the other has ended before.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
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


def send(pid: int, number: signal.Signals) -> None:
    """A signal for a process and all below it, also for those that it starts meanwhile."""
    reached: set[int] = set()
    while new := [one for one in tree(pid) if one not in reached]:
        reached.update(new)
        for one in new:
            with suppress(OSError):
                os.kill(one, number)


def take_turns(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> None:
    """Returns when all have ended.  TimeoutError after ``patience`` seconds."""
    end = time.monotonic() + patience
    try:
        for process in processes:
            send(process.pid, signal.SIGSTOP)
        while any(process.poll() is None for process in processes):
            if time.monotonic() > end:
                raise TimeoutError(f"not all of them had ended after {patience} s")
            for process in processes:
                send(process.pid, signal.SIGCONT)
                time.sleep(TURN)
                if process.poll() is None:
                    send(process.pid, signal.SIGSTOP)
    finally:
        for process in processes:
            if process.poll() is None:
                for one in tree(process.pid):
                    with suppress(OSError):
                        os.kill(one, signal.SIGKILL)
                process.wait()
