"""What the kernel has acknowledged survives its death at any instant.

A guest writes without end and says so after each write; the kernel's process is
killed (SIGKILL) at a random instant, a hundred times.  Each time, everything
said to be written must be there: the state is the one after the last step that was
said, or after the next, which may just have been made.

A new kind of load is a class here and a function in guest/durability/keep.c.
"""

from __future__ import annotations

import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.version import version_of
from ring3k.cm.open import open_registry

GUEST = Path(__file__).resolve().parents[2] / "guest"
KILLS = 100
AT_ONCE = 4  # machines


class RegistryLoad:
    """Values and keys below one key."""

    name = "registry"

    def after(self, steps: int) -> Any:
        """What is there after so many steps."""
        keys: set[str] = set()
        values: dict[str, bytes] = {}
        for n in range(steps):
            if n % 5 == 0:
                keys.add(f"KEY{n}")
            elif n % 5 == 3 and n >= 20 and n % 2 == 0:
                keys.discard(f"KEY{n - 18}")
            else:
                size = 4 + (n % 50 if n % 11 else 2000)
                values[f"VALUE{n % 7}"] = n.to_bytes(4, "little") + bytes([n & 0xFF]) * (size - 4)
        return keys, values

    def found(self, machine: Path) -> Any:
        """What is there."""
        registry = open_registry(str(machine / "registry.db"), version_of("nt51"), hardware=False)
        try:
            top = registry.find(registry.root, "MACHINE\\SOFTWARE\\durability")
            if top is None:
                return set(), {}
            values = {name: value.data for name, value in registry.values(top).items()}
            return set(registry.children(top)), values
        finally:
            registry.close()


class FileLoad:
    """Records in one file; other files that come and get each other's names."""

    name = "files"

    def after(self, steps: int) -> Any:
        data, names = bytearray(), set()
        for n in range(steps):
            if n % 3 == 0:
                at = n % 9 * 16
                data += bytes(max(at + 16 - len(data), 0))
                data[at : at + 16] = n.to_bytes(4, "little") * 4
            elif n % 3 == 1:
                names.add(f"f{n}")
            else:
                names.remove(f"f{n - 1}")
                names.add(f"g{n % 5}")
        return bytes(data), names

    def found(self, machine: Path) -> Any:
        folder = machine / "c/durability"
        if not (folder / "data").exists():
            return b"", set()
        return (folder / "data").read_bytes(), {path.name for path in folder.iterdir()} - {"data"}


LOADS: list[Any] = [RegistryLoad(), FileLoad()]


@pytest.fixture(scope="module")
def program() -> Path:
    subprocess.run(["make", "-s", "-C", str(GUEST / "durability")], check=True)
    return GUEST / "build/durability/keep.exe"


def run_and_kill(program: Path, machine: Path, after: float) -> str:
    """The guest's words until its kernel was killed, so many seconds after the first."""
    kernel = subprocess.Popen(
        [sys.executable, "-m", "ring3k", "run", "--machine", str(machine), str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert kernel.stdout is not None
    ready, _, _ = select.select([kernel.stdout], [], [], 60)
    assert ready, "the guest says nothing"
    until = time.monotonic() + after
    said = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([kernel.stdout], [], [], left)[0]:
            said += kernel.stdout.read1(65536)  # type: ignore[attr-defined]
    kernel.send_signal(signal.SIGKILL)
    with kernel.stdout:
        said += kernel.stdout.read()
    assert kernel.wait() == -signal.SIGKILL, said.decode()
    return said.decode()


def kill_often(program: Path, machine: Path, seed: int, kills: int) -> int:
    """On one machine, again and again; the largest number of steps that one of the kernels said."""
    chance = random.Random(seed)
    most = 0
    for number in range(kills):
        if chance.random() < 0.3:  # a fresh one; else the one that was killed before
            for old in machine.glob("registry*"):
                old.unlink()
        elif number:
            clear(machine)
        shutil.rmtree(machine / "c/durability", ignore_errors=True)
        said = run_and_kill(program, machine, chance.uniform(0, 0.08))
        for load in LOADS:
            steps = len(re.findall(rf"^{load.name} (\d+)$", said[: said.rfind("\n") + 1], re.MULTILINE))
            most = max(most, steps)
            found = load.found(machine)
            where = f"{machine.name}, kill {number}, {steps} steps of {load.name}"
            assert found in (load.after(steps), load.after(steps + 1)), where
    return most


@pytest.mark.timeout(180)
def test_acknowledged_writes_survive_the_kernels_death(program: Path, tmp_path: Path) -> None:
    machines = [tmp_path / f"m{number}" for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [
            pool.submit(kill_often, program, machine, number, KILLS // AT_ONCE)
            for number, machine in enumerate(machines)
        ]
        most = max(one.result() for one in running)
    assert most > 50  # or nothing was tried


def clear(machine: Path) -> None:
    """Take the last load's traces away, but not the file that was there when the kernel was killed."""
    registry = open_registry(str(machine / "registry.db"), version_of("nt51"), hardware=False)
    top = registry.find(registry.root, "MACHINE\\SOFTWARE\\durability")
    if top is not None:
        registry.delete_tree(top)
    registry.close()
