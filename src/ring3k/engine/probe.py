"""What the host offers to an engine that runs guests as host processes.

Each thing missing is one line that says what it is and what to do about it.
"""

from __future__ import annotations

import os

from ring3k.engine.protocol import EngineError
from ring3k.typed import NamedTuple

LARGEST_SIGNAL_FRAME = 13_000  # two of them, and the handler, fit a guest thread's signal stack


class Host(NamedTuple):
    """The host as an engine sees it."""

    machine: str
    processors: int
    modify_ldt: bool
    seccomp: bool
    fsgsbase: bool
    pidfd: bool
    signal_frame: int

    def missing(self) -> list[str]:
        """A line for each thing without which no guest can run."""
        lines = []
        if self.machine != "x86_64":
            lines.append(f"this host is {self.machine}: 32-bit x86 code needs an x86-64 host")
        if not self.modify_ldt:
            lines.append(
                "the host has no modify_ldt (WSL lacks it): use a kernel with CONFIG_MODIFY_LDT_SYSCALL"
            )
        if not self.seccomp:
            lines.append("the host kernel has no seccomp filters: use one with CONFIG_SECCOMP_FILTER")
        if not self.fsgsbase:
            lines.append("no rdgsbase: use Linux 5.9 or later on a processor with FSGSBASE")
        if not self.pidfd:
            lines.append("no pidfd_open: use Linux 5.9 or later, and a container that permits it")
        if self.signal_frame > LARGEST_SIGNAL_FRAME:
            lines.append(f"the host's signal frames are too large ({self.signal_frame} bytes)")
        return lines


def probe() -> Host:
    """Ask the host."""
    if os.uname().machine != "x86_64":
        return Host(os.uname().machine, os.cpu_count() or 1, True, True, True, True, 0)
    from ring3k.engine import _native

    return Host(os.uname().machine, len(os.sched_getaffinity(0)), **_native.host())


def check() -> Host:
    """The host, or EngineError with what is missing."""
    host = probe()
    missing = host.missing()
    if missing:
        raise EngineError("\n".join(missing))
    return host


def program() -> str:
    """The path of the program that guest processes start as."""
    path = os.path.join(os.path.dirname(__file__), "ring3k-guest")
    if not os.access(path, os.X_OK):
        raise EngineError(f"{path} is missing: build the package (pip install .)")
    return path
