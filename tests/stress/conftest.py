"""Many guests at once, and what the host sees of them."""

from __future__ import annotations

import gc
import os
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

GUEST = Path(__file__).resolve().parents[2] / "guest"
MANY = GUEST / "build/stress/many.exe"
SPIN = GUEST / "build/apps/spin.exe"


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    for part in (".", "stress"):
        subprocess.run(["make", "-s", "-C", str(GUEST / part)], check=True, stdout=subprocess.DEVNULL)


def children() -> set[int]:
    """Host processes that are ours."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))


def memory_files() -> int:
    """Mappings of guest memory."""
    return Path("/proc/self/maps").read_text().count("/memfd:ring3k-")


def processor_time(pids: Iterable[int]) -> float:
    """Seconds that these processes have used so far, all their threads together."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


@dataclass
class Footprint:
    """All that guests may leave behind."""

    children: set[int]
    descriptors: int
    mappings: int
    objects: Counter[str]

    @classmethod
    def now(cls) -> Footprint:
        gc.collect()
        kinds = (type(thing) for thing in gc.get_objects())
        names = Counter(
            f"{k.__module__}.{k.__qualname__}" for k in kinds if k.__module__.startswith("ring3k")
        )
        return cls(children(), len(os.listdir("/proc/self/fd")), memory_files(), names)
