"""Win32 programs beside Wine, in one run: ``make bench-win32``.

Starts, 7-Zip's own benchmark and its work on real data, many small processes, many small
files, memory.  Runs are taken in turn and medians compared; a quiet machine is needed.  What
keeps all processors busy for long is run on both sides at once, in turns (``turns``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from turns import take_turns

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tests know where programs come from
GUEST = ROOT / "guest"
HELLO = GUEST / "build/win32/hello.exe"
RING3K = os.path.join(os.path.dirname(sys.executable), "ring3k")  # the command, as people have it
PLACE = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
BIG = 100 << 20
FILES = 10_000
PATIENCE = 900  # seconds


class Side:
    """Ours, or Wine."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """``environment``: in addition to our own."""
        self.name = name
        self.command = command
        self.environment = {**os.environ, **environment, **PLACE}

    def begin(
        self, program: str | Path, *arguments: str, cwd: Path, output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.command, str(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,  # not a pipe: Wine's services would keep it open
            stderr=output,
            cwd=cwd,
            env=self.environment,
        )

    def end(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
        """What it printed; the end of the benchmark if it failed."""
        status = process.wait()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
        if status not in (0, 42):  # hello's
            raise SystemExit(f"bench: {self.name}: {process.args}: {text[-2000:]}")
        return text

    def run(self, program: str | Path, *arguments: str, cwd: Path) -> tuple[float, str]:
        """Seconds, and what it printed; the end of the benchmark if it fails."""
        with tempfile.TemporaryFile() as output:
            start = time.perf_counter()
            process = self.begin(program, *arguments, cwd=cwd, output=output)
            # Waiting with a timeout would look only now and then.
            watchdog = threading.Timer(PATIENCE, process.kill)
            watchdog.start()
            process.wait()
            passed = time.perf_counter() - start
            watchdog.cancel()
            return passed, self.end(process, output)


def run_in_turns(
    sides: Sequence[Side], program: str | Path, *arguments: Sequence[str], cwd: Path
) -> list[tuple[float, str]]:
    """The same program on all sides at once, each with its own arguments and its share of the time.

    How many seconds each has had, and what it printed.
    """
    with ExitStack() as files:
        outputs = [files.enter_context(tempfile.TemporaryFile()) for _ in sides]
        processes = [
            side.begin(program, *words, cwd=cwd, output=output)
            for side, words, output in zip(sides, arguments, outputs, strict=True)
        ]
        seconds = take_turns(processes, PATIENCE)
        printed = [
            side.end(process, output) for side, process, output in zip(sides, processes, outputs, strict=True)
        ]
        return list(zip(seconds, printed, strict=True))


@contextmanager
def sides() -> Iterator[tuple[Side, Side]]:
    """Both, made ready: a machine folder, and a prefix whose server stays."""
    with tempfile.TemporaryDirectory(prefix="ring3k-bench-") as folder:
        machine = os.path.join(folder, "machine")
        ours = Side(
            "ring3k",
            [RING3K, "run", "--userland", "wine", "--machine", machine],
            {"RING3K_COLD": "1"},
        )
        prefix = {"WINEPREFIX": os.path.join(folder, "prefix"), "WINEDEBUG": "-all", "DISPLAY": ""}
        wine = Side("wine", ["wine"], prefix)
        try:
            for side in (ours, wine):
                side.run(HELLO, cwd=Path(folder))
            yield ours, wine
        finally:
            stop(wine)


def server(wine: Side, *arguments: str) -> None:
    nowhere = subprocess.DEVNULL  # a pipe would stay open as long as the server
    subprocess.run(
        ["wineserver", *arguments], check=False, env=wine.environment, stdout=nowhere, stderr=nowhere
    )


def stop(wine: Side) -> None:
    server(wine, "--kill")
    server(wine, "--wait")


def median_in_turn(rounds: int, *things: Callable[[], float]) -> list[float]:
    """The medians of what each returns."""
    values: list[list[float]] = [[] for _ in things]
    for _ in range(rounds):
        for one, kept in zip(things, values, strict=True):
            kept.append(one())
    return [statistics.median(kept) for kept in values]


def data(folder: Path) -> None:
    """100 MB that compress to about a third, and many small files."""
    chance = random.Random(1)
    words = [chance.randbytes(chance.randrange(2, 9)).hex().encode() for _ in range(3000)]
    with (folder / "big.txt").open("wb") as file:
        left = BIG
        while left > 0:
            left -= file.write(b" ".join(chance.choices(words, k=20_000))[:left])
    many = folder / "many"
    many.mkdir()
    for number in range(FILES):
        needle = [b"needle"] if number % 100 == 0 else []
        (many / f"file{number}.txt").write_bytes(b" ".join(chance.choices(words, k=100) + needle))


def rating(output: str) -> float:
    """7-Zip's total, in millions of instructions a second."""
    found = re.search(r"^Tot:\s+\d+\s+\d+\s+(\d+)", output, re.MULTILINE)
    if found is None:
        raise SystemExit(f"bench: 7za b printed no total:\n{output}")
    return float(found[1])


Result = tuple[
    str, float, float, float
]  # what, ours, Wine's, how many times Wine's ours may be at most (0: not said)


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """A warm kernel; the environment in which runs find it."""
    environment = {"XDG_RUNTIME_DIR": str(folder)}
    command = [RING3K, "serve"]
    subprocess.run(command, check=True, env={**os.environ, **environment})
    try:
        yield environment
    finally:
        subprocess.run([*command, "--stop"], check=True, env={**os.environ, **environment})


def starts(ours: Side, wine: Side, folder: Path, rounds: int) -> Iterator[Result]:
    """A hello program, Wine's server running and not."""
    server(wine, "--persistent=600")

    def cold(side: Side) -> float:
        """With nothing running: Wine's services go on starting behind its own first program."""
        stop(wine)
        return side.run(HELLO, cwd=folder)[0]

    with served(folder) as warm:
        kept, mine, theirs = median_in_turn(
            rounds * 5,
            lambda: Side("", ours.command, warm).run(HELLO, cwd=folder)[0],
            lambda: ours.run(HELLO, cwd=folder)[0],
            lambda: wine.run(HELLO, cwd=folder)[0],
        )
    yield "start, ring3k serve and wineserver, s", kept, theirs, 1.5
    yield "start, cold beside a wineserver, s", mine, theirs, 0
    mine, theirs = median_in_turn(rounds * 3, lambda: cold(ours), lambda: cold(wine))
    yield "start, cold, s", mine, theirs, 0.3
    server(wine, "--persistent=600")


def compression(ours: Side, wine: Side, folder: Path, rounds: int) -> Iterator[Result]:
    """7-Zip: its benchmark, and 100 MB."""
    from tests.win32.fetch import fetch

    program = fetch("7za.exe")

    server(wine, "--persistent=600")  # it has no turns: it only works when it is asked
    wine.run(HELLO, cwd=folder)  # whose services shall be there before the first turn

    def means(
        runs: int, arguments: Callable[[Side], Sequence[str]], figure: Callable[[float, str], float]
    ) -> list[float]:
        """Of so many runs in turns; who is first changes."""
        found: dict[str, list[float]] = {side.name: [] for side in (ours, wine)}
        for number in range(runs):
            both = (ours, wine) if number % 2 else (wine, ours)
            results = run_in_turns(both, program, *map(arguments, both), cwd=folder)
            for side, (seconds, text) in zip(both, results, strict=True):
                found[side.name].append(figure(seconds, text))
        return [statistics.geometric_mean(found[side.name]) for side in (ours, wine)]

    mine, theirs = means(
        rounds * 3,
        lambda side: ("b", "1", "-mmt2", "-md22"),
        lambda seconds, text: 1e6 / (2 * rating(text)),  # half of the time the other had the machine
    )
    yield "7za b in turns, us for a million instructions", mine, theirs, 1 / 0.97

    def pack(side: Side) -> Sequence[str]:
        made = folder / f"{side.name}.7z"
        made.unlink(missing_ok=True)
        return "a", "-mx3", "-mmt2", made.name, "big.txt"

    mine, theirs = means(rounds * 2, pack, lambda seconds, text: seconds)
    yield "7za a in turns, 100 MB, s", mine, theirs, 1 / 0.97
    mine, theirs = median_in_turn(
        rounds,
        lambda: ours.run(program, "h", "many", cwd=folder)[0],
        lambda: wine.run(program, "h", "many", cwd=folder)[0],
    )
    yield f"7za h, {FILES} files, s", mine, theirs, 1


def many_small(ours: Side, wine: Side, folder: Path, rounds: int) -> Iterator[Result]:
    """A hundred processes, and findstr over many files: ours for both, because Wine's is empty."""
    from ring3k.userland.wine import find
    from ring3k.userland.wine_drive import OWN_PROGRAMS

    found = find()
    if found is None:
        raise SystemExit("bench: Wine's DLLs are not installed")
    shutil.copy(HELLO, folder / "hello.exe")
    dlls = Path(found[0])
    words = "for /l %i in (1,1,100) do @hello.exe& exit 0"
    mine, theirs = median_in_turn(
        rounds,
        lambda: ours.run(dlls / "cmd.exe", "/c", words, cwd=folder)[0],
        lambda: wine.run("cmd", "/c", words, cwd=folder)[0],
    )
    yield "cmd /c, 100 processes, s", mine, theirs, 1
    findstr = shutil.copy(Path(OWN_PROGRAMS) / "findstr.exe", folder)
    with served(folder) as warm:  # Wine's server is there, too
        kept = Side("", ours.command, warm)
        mine, theirs = median_in_turn(
            rounds,
            lambda: kept.run(findstr, "needle", "many\\*", cwd=folder)[0],
            lambda: wine.run(findstr, "needle", "many\\*", cwd=folder)[0],
        )
    yield f"findstr, {FILES} files, s", mine, theirs, 1


OURS = """
import ring3k, sys, time, os
def share(pid):
    return next(int(l.split()[1]) for l in open(f"/proc/{pid}/smaps_rollup") if l.startswith("Pss:"))
read, write = os.pipe()
with ring3k.System(userland="wine", machine=sys.argv[2]) as system:
    waiting = [system.spawn([sys.argv[1]], stdin=read, console=True) for _ in range(8)]
    system.run(timeout=3)
    print("KB", sum(share(p.host_pid) for p in waiting) // len(waiting), file=sys.stderr)
"""


def share(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def memory(ours: Side, wine: Side, folder: Path, rounds: int) -> Iterator[Result]:
    """Eight command interpreters that wait for a line: the share of memory of each."""
    from ring3k.userland.wine import find

    found = find()
    if found is None:
        return
    program = os.path.join(found[0], "cmd.exe")
    done = subprocess.run(
        [sys.executable, "-c", OURS, program, ours.command[-1]],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=100,
    )
    mine = int(done.stderr.rpartition("KB ")[2])
    waiting = [
        subprocess.Popen(
            ["wine", "cmd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=wine.environment,
            cwd=folder,
        )
        for _ in range(8)
    ]
    time.sleep(3)
    theirs = sum(share(one.pid) for one in waiting) // len(waiting)
    for one in waiting:
        one.communicate(b"exit\r\n", timeout=20)
    yield "memory of a process, KB", mine, theirs, 1


PARTS = {"starts": starts, "7zip": compression, "many": many_small, "memory": memory}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/win32.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be given again")
    parser.add_argument("--json", type=Path, default=ROOT / "build/bench-win32.json", help="where to write")
    options = parser.parse_args()
    if not shutil.which("wine"):
        raise SystemExit("bench: Wine is not installed, and what counts here is the comparison")
    subprocess.run(["make", "-s", "-C", str(GUEST / "win32")], check=True, stdout=subprocess.DEVNULL)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="ring3k-bench-") as place, sides() as (ours, wine):
        folder = Path(place)
        data(folder)
        for name in options.part or PARTS:
            for what, mine, theirs, most in PARTS[name](ours, wine, folder, options.rounds):
                results.append((what, mine, theirs, most))
                verdict = "reached" if mine <= theirs * most else "MISSED"
                ratio = f"x{mine / theirs:<7.3f}" + (f" at most {most:.3f}  {verdict}" if most else "")
                print(f"{what:46} {mine:10.3f}  Wine {theirs:10.3f}  {ratio}", flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps([{"what": w, "ours": m, "wine": t, "at most": a} for w, m, t, a in results], indent=1)
        + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
