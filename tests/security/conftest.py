"""A system that hostile guests run in, and that must go on working whatever they do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ring3k

GUEST = Path(__file__).resolve().parents[2] / "guest"
PROGRAM = GUEST / "build/escapes/escapes.exe"
HELLO = GUEST / "build/apps/hello.exe"


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    for part in (".", "escapes"):
        subprocess.run(["make", "-s", "-C", str(GUEST / part)], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def stub_symbols() -> dict[str, int]:
    """Addresses in the stub, which a hostile guest may well know."""
    import ring3k.engine

    stub = Path(ring3k.engine.__file__).with_name("ring3k-guest")
    listing = subprocess.run(["nm", str(stub)], capture_output=True, text=True, check=True).stdout
    return {name: int(value, 16) for value, _, name in map(str.split, listing.splitlines())}


def children() -> set[int]:
    """Host processes that are ours."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))


@pytest.fixture(scope="module", params=["stub", "ptrace"])
def system(request: pytest.FixtureRequest) -> Iterator[ring3k.System]:
    before = children()
    with ring3k.System(engine=request.param) as made:
        yield made
        assert made.crashes == 0
    assert children() <= before


Attempt = Callable[..., tuple[int, str]]


@pytest.fixture
def attempt(system: ring3k.System) -> Attempt:
    """Run one attempt; what became of it.  Afterwards another program must run as if nothing had been."""

    def run(name: str, *words: int, timeout: float = 5) -> tuple[int, str]:
        process = system.spawn([str(PROGRAM), name, *(f"{word:x}" for word in words)])
        try:
            status = process.wait(timeout=timeout)
        except TimeoutError:
            process.kill()
            status = process.wait(timeout=5)
        hello = system.spawn([str(HELLO)])
        assert hello.wait(timeout=5) == 0
        assert "Hello from user mode" in hello.output
        return status, process.output

    return run
