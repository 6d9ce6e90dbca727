"""Runs a Windows program on our kernel and under Wine in the same way: a folder, input, and what came out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The same language and time zone for both, whatever the machine's are.
PLACE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}
NOTHING_YET = "system calls that are not implemented yet"


@dataclass(frozen=True)
class Outcome:
    """What a finished program left."""

    stdout: bytes
    stderr: bytes
    status: int

    @property
    def lines(self) -> list[str]:
        return self.stdout.decode("utf-8", "replace").splitlines()

    @property
    def error_lines(self) -> list[str]:
        return self.stderr.decode("utf-8", "replace").splitlines()

    def __str__(self) -> str:
        return f"status {self.status}\n--- stdout\n{self.stdout.decode('utf-8', 'replace')}\n--- stderr\n" + (
            self.stderr.decode("utf-8", "replace")
        )


class StillRuns(AssertionError):
    """A program that has not ended in time."""


def _finish(
    command: Sequence[str], environment: Mapping[str, str], cwd: Path, stdin: bytes, timeout: float
) -> Outcome:
    try:
        done = subprocess.run(
            command,
            check=False,
            input=stdin,
            capture_output=True,
            cwd=cwd,
            env={**os.environ, **environment, **PLACE},
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as late:
        said = Outcome(late.stdout or b"", late.stderr or b"", -1)
        raise StillRuns(f"still runs after {timeout} s: {' '.join(command)}\n{said}") from None
    return Outcome(done.stdout, done.stderr, done.returncode)


@dataclass
class Ours:
    """``ring3k run`` with a machine folder of the tests."""

    machine: Path
    options: list[str] = field(default_factory=list)

    def __call__(
        self,
        program: str | Path,
        *arguments: str | Path,
        cwd: Path,
        stdin: bytes = b"",
        options: Sequence[str] = (),
        timeout: float = 100,
    ) -> Outcome:
        start = [sys.executable, "-W", "error", "-m", "ring3k", "run", "--userland", "wine"]
        where = ["--machine", str(self.machine), *self.options, *options]
        return _finish([*start, *where, str(program), *map(str, arguments)], {}, cwd, stdin, timeout)


@dataclass
class Wine:
    """``wine`` with the prefix of the tests."""

    environment: dict[str, str]

    def __call__(
        self,
        program: str | Path,
        *arguments: str | Path,
        cwd: Path,
        stdin: bytes = b"",
        timeout: float = 100,
    ) -> Outcome:
        return _finish(["wine", str(program), *map(str, arguments)], self.environment, cwd, stdin, timeout)
