"""Runs the command line as a person does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def ring3k(*arguments: str | Path, timeout: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
    """The finished command; ``more`` are environment variables."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "ring3k", *map(str, arguments)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
        env={**os.environ, **more},
    )


def complaint(*arguments: str | Path, status: int) -> str:
    """The single line that a command ends with which cannot do what it was asked."""
    done = ring3k(*arguments)
    assert done.stdout == ""
    assert done.returncode == status
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("ring3k: ")
    return lines[0]


def children(pid: int) -> list[int]:
    """Host processes whose parent is ``pid``: the guests of a running system."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, path.read_text().split())
    return found


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Poll, because host processes die in their own time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def gone(pids: list[int]) -> bool:
    """Whether none of these processes exists any more (one waiting to be reaped is gone, too)."""
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                return False
        except (FileNotFoundError, ProcessLookupError):
            pass
    return True
