"""Performance beside a peer, in one run: ``make bench``.

Every figure is a median of several runs taken in turn (ours, Wine's, ours, …),
so that a machine whose speed drifts is fair to both; what counts are the ratios.
Prints a table and writes the same as JSON.  Nothing here is part of the tests.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
GUEST = HERE.parent / "guest"
BUILD = GUEST / "build"
LINE = re.compile(r"^bench (\S+) (\d+)\s*$", re.MULTILINE)


@dataclass
class Way:
    """One way to run the benchmark program."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    runs: list[dict[str, float]] = field(default_factory=list)

    def run(self, timeout: float) -> None:
        """One run; its figures in nanoseconds are kept.  A failure ends the benchmark with its output."""
        done = subprocess.run(
            self.command,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        figures = {name: int(value) / 1000 for name, value in LINE.findall(done.stdout)}
        if "cpu-two-together" not in figures:
            raise SystemExit(
                f"bench: {self.name} did not finish:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        self.runs.append(figures)

    def figures(self) -> list[str]:
        """What was measured."""
        return list(dict.fromkeys(name for run in self.runs for name in run))

    def median(self, figure: str) -> float | None:
        values = [run[figure] for run in self.runs if figure in run]
        return statistics.median(values) if values else None


def our_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "ring3k", "run", *words]


def ways(prefix: Path) -> list[Way]:
    """Ours in three kinds of trap, and Wine where it is installed."""
    native = str(BUILD / "bench/native/bench.exe")
    found = [
        Way("stub nt51", our_command("--abi", "nt51", native)),
        Way("stub nt50", our_command("--abi", "nt50", native)),
        Way("ptrace", our_command("--engine", "ptrace", "--abi", "nt51", native)),
    ]
    if shutil.which("wine"):
        wine = {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}
        found.append(Way("wine", ["wine", str(BUILD / "bench/console/bench.exe")], wine))
    return found


@contextlib.contextmanager
def wine_prefix() -> Iterator[Path]:
    """A fresh Wine prefix, made before anything is measured and stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="ring3k-bench-") as folder:
        prefix = Path(folder) / "wine"
        environment = {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}
        if shutil.which("wine"):
            subprocess.run(["wine", "cmd", "/c", "exit"], env=environment, capture_output=True, check=False)
        try:
            yield prefix
        finally:
            if shutil.which("wineserver"):
                subprocess.run(["wineserver", "-k"], env=environment, capture_output=True, check=False)
                subprocess.run(["wineserver", "-w"], env=environment, capture_output=True, check=False)


def wall(command: list[str], environment: dict[str, str] | None = None) -> float:
    """Seconds from start to exit."""
    start = time.perf_counter()
    subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, check=False)
    return time.perf_counter() - start


def cold_start(rounds: int, prefix: Path) -> dict[str, float]:
    """Start of a hello program and of Python itself, in milliseconds, taken in turn."""
    hello = str(BUILD / "apps/hello.exe")
    commands: dict[str, tuple[list[str], dict[str, str]]] = {
        "python3 -c pass": ([sys.executable, "-c", "pass"], {}),
        "ring3k run hello": (our_command(hello), {}),
        "ring3k run hello (ptrace)": (our_command("--engine", "ptrace", hello), {}),
    }
    if shutil.which("wine"):
        environment = {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": ""}
        commands["wine cmd /c exit"] = (["wine", "cmd", "/c", "exit"], environment)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, environment) in commands.items():
            times[name].append(wall(command, environment))
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


MEMORY = """
import ring3k, sys
def resident(pid, kind):
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith(kind):
            return int(line.split()[1])
with ring3k.System() as system:
    spin = [system.spawn([sys.argv[1]]) for _ in range(8)]
    system.run(timeout=0.5)
    import os
    guests = [resident(p.host_pid, "Pss:") for p in spin]
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(status["VmRSS"].split()[0], sum(guests) // len(guests))
"""


def memory() -> dict[str, int]:
    """Kilobytes: the kernel's resident set, and the share of each of eight guest processes."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(BUILD / "apps/spin.exe")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench: memory: {done.stderr[-2000:]}")
    kernel, guest = map(int, done.stdout.split())
    return {"kernel resident": kernel, "each guest process": guest}


def linux_work() -> float:
    """Nanoseconds of the same work in a native Linux program."""
    done = subprocess.run([str(BUILD / "bench/linux-work")], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1000.0


def in_turn(all_ways: list[Way], rounds: int) -> list[float]:
    """Run every way ``rounds`` times; the native work's times beside them."""
    native = []
    for number in range(rounds):
        native.append(linux_work())
        for way in all_ways:
            print(
                f"\rround {number + 1} of {rounds}: {way.name}        ", end="", file=sys.stderr, flush=True
            )
            way.run(300)
    print("\r" + " " * 50 + "\r", end="", file=sys.stderr)
    return native


def table(all_ways: list[Way], native: float) -> str:
    """The figures as text, with each of ours as a multiple of Wine's."""
    figures = list(dict.fromkeys(name for way in all_ways for run in way.runs for name in run))
    wine = next((way for way in all_ways if way.name == "wine"), None)
    head = f"{'ns each (x: multiple of Wine)':32}" + "".join(f"{way.name:>22}" for way in all_ways)
    lines = [head]
    for figure in figures:
        cells = ""
        base = wine.median(figure) if wine else None
        for way in all_ways:
            value = way.median(figure)
            if value is None:
                cells += f"{'-':>22}"
            elif base and way is not wine:
                cells += f"{value:>13,.0f} x{value / base:<7.3f}"
            else:
                cells += f"{value:>22,.0f}"
        lines.append(f"{figure:32}{cells}")
    lines.append(f"{'cpu, native Linux build':32}{native:>22,.0f}")
    return "\n".join(lines)


FILES = {  # at most so many times what Wine takes: less where it asks its server, more where it need not
    "file-read-512": 3,
    "file-read-64K": 3,
    "file-write-512": 3,
    "file-write-64K": 3,
    "file-open+close,100": 0.7,
    "file-create+delete,100": 0.7,
    "folder-list-10000": 3,
}


def targets(all_ways: list[Way], native: float, starts: dict[str, float]) -> list[tuple[str, float, float]]:
    """What the project holds itself to: (what, reached, at most)."""
    by_name = {way.name: way for way in all_ways}
    gate, trap, ptrace, wine = (by_name.get(n) for n in ("stub nt51", "stub nt50", "ptrace", "wine"))
    found: list[tuple[str, float, float]] = []

    def ratio(what: str, one: Way | None, figure: str, other: Way | None, base: str, most: float) -> None:
        top = one.median(figure) if one else None
        bottom = other.median(base) if other else None
        if top is not None and bottom:
            found.append((what, top / bottom, most))

    ratio("NtSetEvent, gate / Wine", gate, "NtSetEvent", wine, "NtSetEvent", 0.3)
    ratio("NtSetEvent, gate / ptrace", gate, "NtSetEvent", ptrace, "NtSetEvent", 0.1)
    ratio("NtSetEvent, int 2e / Wine", trap, "NtSetEvent", wine, "NtSetEvent", 0.8)
    ratio("NtQuerySystemTime / far call", gate, "NtQuerySystemTime", gate, "far-call", 2)
    ratio("NtYieldExecution / far call", gate, "NtYieldExecution", gate, "far-call", 2)
    figure = "NtQueryPerformanceCounter"
    ratio(f"{figure}, gate / Wine", gate, figure, wine, figure, 3)
    for figure in ("NtQueryVirtualMemory", "NtAllocate+NtFreeVirtualMemory", "page-first-touch"):
        ratio(f"{figure}, gate / Wine", gate, figure, wine, figure, 3)
    ratio("two threads together / apart", gate, "cpu-two-together", gate, "cpu-two-after-each-other", 0.6)
    for few in sorted(gate.figures() if gate else ()):  # "name,100" and "name,100000": cost must not grow
        what, comma, count = few.partition(",")
        more = [f for f in gate.figures() if f.startswith(what + ",") and f != few] if gate else []
        if comma and count == "100" and more:
            ratio(f"{what}: {more[0].partition(',')[2]} / 100", gate, more[0], gate, few, 1.5)
    for figure in ("pipe-ping-pong", "pipe-4K-write+read", "io-completion-post+remove"):
        ratio(f"{figure}, gate / Wine", gate, figure, wine, figure, 0.7)
    ratio("NtQueryValueKey, gate / Wine", gate, "NtQueryValueKey", wine, "NtQueryValueKey", 0.7)
    ratio("NtSetValueKey, gate / Wine", gate, "NtSetValueKey", wine, "NtSetValueKey", 0.7)
    for figure, most in FILES.items():
        ratio(f"{figure} / Wine", gate, figure, wine, figure, most)
    # Wine has no ports: what comes nearest is a message and its answer through a pipe.
    ratio("LPC round trip / Wine's by pipe", gate, "lpc-ping-pong", wine, "pipe-ping-pong", 0.7)
    cpu = gate.median("cpu") if gate else None
    if cpu:
        found.append(("guest work / native work", cpu / native, 1 / 0.97))
    found.append(("cold hello / python3 -c pass", starts["ring3k run hello"] / starts["python3 -c pass"], 7))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each way (3)")
    parser.add_argument(
        "--json", type=Path, default=HERE.parent / "build/bench.json", help="where to write the figures"
    )
    options = parser.parse_args()
    for part in ("bench", "."):
        subprocess.run(["make", "-s", "-C", str(GUEST / part)], check=True, stdout=subprocess.DEVNULL)
    compileall.compile_dir(HERE.parent / "src", quiet=2)  # as installed: a start does not compile
    with wine_prefix() as prefix:
        all_ways = ways(prefix)
        native = statistics.median(in_turn(all_ways, options.rounds))
        starts = cold_start(options.rounds * 3, prefix)
    sizes = memory()
    print(table(all_ways, native))
    print("\nfrom process start to exit, ms: " + ", ".join(f"{k} {v:.0f}" for k, v in starts.items()))
    print("memory, KB: " + ", ".join(f"{k} {v:,}" for k, v in sizes.items()) + "\n")
    reached = targets(all_ways, native, starts)
    for what, value, most in reached:
        print(f"{what:32} {value:8.3f}   at most {most:.3f}   {'reached' if value <= most else 'MISSED'}")
    report = {
        "ways": {way.name: {f: way.median(f) for f in way.runs[0]} for way in all_ways},
        "native work ns": native,
        "start ms": starts,
        "memory KB": sizes,
        "targets": [{"what": w, "value": v, "at most": m} for w, v, m in reached],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
