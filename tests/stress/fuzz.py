"""Random system calls from many threads of several processes, and what they must not do to the kernel.

    python -m tests.stress.fuzz [--seconds N] [--seed N] [--engine E] [--abi A] [--call NtName] [--debug]

``guest/stress/fuzz.c`` makes the calls from a table that is derived from the declarations.  A guest may break
itself as it likes, and is then started again; the kernel may not raise an exception of its own, or stop
answering, or keep anything of processes that are gone: objects, pool, commitment, descriptors, memory.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import io
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ring3k
from ring3k.abi.tables import table
from ring3k.hooks.calls import Call
from ring3k.mm.commit import CommitAccount
from ring3k.ob.object import TypeTable
from ring3k.ps.process import Process
from ring3k.ps.table import ClientIdTable
from ring3k.ps.thread import Thread
from ring3k.se.monitor import ReferenceMonitor

GUEST = Path(__file__).resolve().parents[2] / "guest"
PROGRAM = GUEST / "build/stress/fuzz.exe"
PROCESSES = 2  # at a time
LIFE_MS = 1500
PATIENCE = 15.0  # seconds that a process may take to end, and the kernel to come back
MEMORY_ROOM = 96 << 20  # bytes of host memory that may be more after a run: caches, and what Python keeps
POOL_ROOM = 4 << 20  # names in the registry and the atom table stay
VERSIONS = ("nt50", "nt51")


def _descriptors() -> Counter[str]:
    """What this process has open, by name."""
    found: Counter[str] = Counter()
    for number in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISDIR(os.stat(int(number)).st_mode):  # those of drives are kept open, some of them
                continue
            found[os.readlink(f"/proc/self/fd/{number}").partition(":[")[0]] += 1
        except OSError:  # the descriptor of this very look
            continue
    return found


@dataclass
class Census:
    """What processes that are gone must not have kept."""

    objects: Counter[str]
    pool: int
    commit: int
    descriptors: Counter[str]
    mappings: int
    memory: int

    @classmethod
    def now(cls, system: ring3k.System) -> Census:
        gc.collect()
        kernel = system.kernel
        return cls(
            Counter({one.name: one.objects for one in kernel.part(TypeTable)}),
            kernel.pool.used,
            kernel.part(CommitAccount).used,
            _descriptors(),
            Path("/proc/self/maps").read_text().count("/memfd:ring3k-"),
            int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        )

    def lost_since(self, before: Census) -> list[str]:
        """What there is more of than there was, one line each."""
        objects = {name: n for name, n in (self.objects - before.objects).items() if name != "Key"}
        lines = [f"{count} objects of type {name} are left" for name, count in sorted(objects.items())]
        lines += [
            f"{count} descriptors of {name}"
            for name, count in (self.descriptors - before.descriptors).items()
        ]
        for what, room in (
            ("commit", 0),
            ("mappings", 0),
            ("pool", POOL_ROOM),
            ("memory", MEMORY_ROOM),
        ):
            more = getattr(self, what) - getattr(before, what)
            if more > room:
                lines.append(f"{what}: {more} more than before")
        return lines


@dataclass
class Outcome:
    """What a run has shown."""

    seconds: float
    processes: int = 0
    killed: int = 0
    ends: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def build() -> None:
    command = ["make", "-s", "-C", str(GUEST / "stress"), f"PYTHON={sys.executable}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def place() -> Iterator[Path]:
    """A folder of its own, with the program and what its file calls may reach."""
    with tempfile.TemporaryDirectory(prefix="ring3k-fuzz-") as name:
        folder = Path(name)
        (folder / "fuzz").mkdir()
        (folder / "fuzz/a.txt").write_text("The quick brown fox jumps over the lazy dog.")
        shutil.copy(PROGRAM, folder / "fuzz.exe")
        yield folder


def number_of(call: str) -> int:
    """A call's place in the program's table: the names of both versions, sorted."""
    names = sorted({name for version in VERSIONS for name in table(version)})
    return names.index(call)


def fuzz(
    seconds: float, seed: int, engine: str = "stub", abi: str = "nt51", call: str = "", debug: bool = False
) -> Outcome:
    """Run for so long; two equal seeds make equal calls."""
    outcome = Outcome(seconds)
    silent = io.StringIO()
    told: list[str] = []
    with (
        place() as folder,
        ring3k.System(
            engine, abi, folder, stdout=silent, stderr=silent, report=told.append, debug=debug
        ) as system,
    ):
        words = [str(folder / "fuzz.exe"), "", str(LIFE_MS), *([str(number_of(call))] if call else [])]
        system.kernel.part(ReferenceMonitor).anonymous_token()
        _some(system, words, seed, 1, outcome)  # what is made once is there now
        before = Census.now(system)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not system.crashes and not outcome.killed:
            seed += 1
            _some(system, words, seed * PROCESSES, PROCESSES, outcome)
            silent.truncate(0)
            silent.seek(0)
        _break_circles(system)
        outcome.problems += Census.now(system).lost_since(before)
        if system.crashes:
            outcome.problems.append(f"the kernel raised {system.crashes} exceptions (seed {seed})")
    outcome.problems += told
    return outcome


def _break_circles(system: ring3k.System) -> None:
    """A process that never had a thread may hold itself, by a handle or as its exception port's owner.

    It stays for ever, as in NT.
    """
    for one in list(system.kernel.part(ClientIdTable)._objects.values()):
        if isinstance(one, Process) and not one.threads and not one.ended:
            one.reference()
            one.handles.close_all()
            port, one.exception_port = one.exception_port, None
            if port is not None:
                port.dereference()
            one.dereference()


def first_calls(seed: int, count: int = 40) -> list[str]:
    """The first calls of the thread that is made first."""
    seen: list[tuple[str, int]] = []
    silent = io.StringIO()
    with place() as folder, ring3k.System("stub", root=folder, stdout=silent, stderr=silent) as system:

        @system.on_enter("*")
        def note(call: Call) -> None:
            seen.append((call.name, call.thread.tid))

        program = system.spawn([str(folder / "fuzz.exe"), str(seed), "400"])
        program.wait(timeout=PATIENCE)
    created = [index for index, (name, _) in enumerate(seen) if name == "NtCreateThread"]
    threads = list(dict.fromkeys(tid for _, tid in seen[created[0] :]))
    return [name for name, tid in seen if tid == threads[1]][:count]


def _some(system: ring3k.System, words: list[str], seed: int, count: int, outcome: Outcome) -> None:
    """So many processes at once, to their end."""
    faulthandler.dump_traceback_later(
        PATIENCE * 4, exit=True
    )  # the kernel does not come back: show where it is
    try:
        started = [system.spawn([words[0], str(seed + i), *words[2:]]) for i in range(count)]
        watchers = {process: process.threads[0] for process in system.processes}
        if not system.run(timeout=LIFE_MS / 1000 + PATIENCE):
            for process in system.processes:
                if not stays_for_ever(process, watchers.get(process)):
                    outcome.killed += 1
                    outcome.problems.append(
                        f"process {process.pid} did not end by itself (seeds {seed} to {seed + count - 1}): "
                        + "; ".join(map(_doing, process.threads))
                    )
                process.let_go()
                process.terminate(1)
            if not system.run(timeout=PATIENCE):
                outcome.killed += 1
                outcome.problems.append(f"processes cannot be ended (seeds {seed} to {seed + count - 1})")
        outcome.processes += count
        outcome.ends.update(process.exit_status or 0 for process in started)
    finally:
        faulthandler.cancel_dump_traceback_later()


def stays_for_ever(process: Process, watcher: Thread | None) -> bool:
    """It never ends by itself, as in NT: the thread that would end it is gone or never runs again.

    Without such a thread, in a process that another one has made: none of its threads does.
    """
    asked = any(_asks(thread) for thread in process.threads)
    needed = [one for one in process.threads if watcher is None or one is watcher]
    return all(_never_runs(one, asked) for one in needed)


def _asks(thread: Thread) -> bool:
    """It waits for an answer from its exception or debug port, or debugger: nobody serves those."""
    return not _functions(thread).isdisjoint({"kernel_request", "report"})


def _never_runs(thread: Thread, asked: bool) -> bool:
    """It asks, or is suspended; or another asks, and it is frozen, or waits for its turn or for the other."""
    waits_for_it = not _functions(thread).isdisjoint({"freeze", "report_end"})
    return _asks(thread) or thread.suspend_count > 0 or (asked and (thread.holds > 0 or waits_for_it))


def _functions(thread: Thread) -> set[str]:
    return {one.partition(":")[0] for one in _waits(thread)}


def _waits(thread: Thread) -> list[str]:
    """The functions of the kernel that a thread waits in, with their lines."""
    waits: list[str] = []
    inner: Any = thread.tasks[-1].coroutine if thread.tasks else None
    while inner is not None and hasattr(inner, "cr_await"):
        waits.append(f"{inner.__name__}:{inner.cr_frame.f_lineno if inner.cr_frame else 0}")
        inner = inner.cr_await
    return waits


def _doing(thread: Thread) -> str:
    """Where a thread is: in guest code, at the kernel's door, or in what wait of which call."""
    waits = _waits(thread)
    state = " > ".join(waits) or ("parked" if thread.parked else f"trap {thread.guest.trap}")
    return f"{thread.tid} {state}, suspended {thread.suspend_count}, held {thread.holds}"


def main() -> int:
    parser = argparse.ArgumentParser(description="random system calls; the kernel must not mind")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--engine", default="stub")
    parser.add_argument("--abi", choices=VERSIONS, default="nt51")
    parser.add_argument("--call", default="", help="make only this call")
    parser.add_argument("--debug", action="store_true", help="tracebacks of the kernel's own faults")
    given = parser.parse_args()
    build()
    print(f"seed {given.seed}, {given.engine}, {given.abi}, {given.seconds:g} s", flush=True)
    outcome = fuzz(given.seconds, given.seed, given.engine, given.abi, given.call, given.debug)
    ends = ", ".join(f"{status:#x}: {count}" for status, count in outcome.ends.most_common(6))
    print(f"{outcome.processes} processes; they ended with {ends}")
    for line in outcome.problems:
        print(line)
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
