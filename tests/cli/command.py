"""Runs the command line as a person does: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
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
