"""Two minutes of random system calls, the same every time; ``make fuzz`` makes others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kernel.ps_guest import OWN_PROCESS, OWN_THREAD, Guest, second_thread, spinning
from tests.stress import fuzz

SEED = 1000


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    fuzz.build()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("engine", "abi", "seconds"),
    [("stub", "nt50", 35), ("stub", "nt51", 35), ("ptrace", "nt50", 20), ("ptrace", "nt51", 20)],
)
def test_random_calls(engine: str, abi: str, seconds: int) -> None:
    outcome = fuzz.fuzz(seconds, SEED, engine, abi)
    assert outcome.problems == [], f"make fuzz ABI={abi} ENGINE={engine} SEED={SEED} SECONDS={seconds}"
    assert outcome.processes > 0  # how many is the host's speed
    assert outcome.ends[0] > outcome.processes // 2, outcome.ends  # most live to their end


def test_the_same_seed_makes_the_same_calls() -> None:
    """As far as one thread goes, as long as the others, whose handles it may use, do not come in between."""
    seen: list[list[str]] = []
    while len(seen) < 15:  # on a busy machine the others often come in between
        calls = fuzz.first_calls(7)
        if calls in seen:
            break
        seen.append(calls)
    else:
        pytest.fail("no two runs were the same")
    assert fuzz.first_calls(8) not in seen


def test_whostays_for_ever(hello: Path) -> None:
    """Who tells a debug port that nobody serves freezes the first thread, which waits for a message."""
    guest = Guest(hello, "nt50")
    port: list[int] = []

    def ending(g: Any) -> Any:
        yield guest.call("NtTerminateThread", OWN_THREAD, 0)

    def program(g: Any) -> Any:
        handle, attributes = g.esp - 64, g.esp - 128
        g.space.write(attributes, (24).to_bytes(4, "little") + bytes(20))
        assert (yield guest.call("NtCreatePort", handle, attributes, 0, 200, 0)) == 0
        assert (yield guest.call("NtSetInformationProcess", OWN_PROCESS, 7, handle, 4)) == 0
        port.append(int.from_bytes(g.space.read(handle, 4), "little"))
        second.resume()
        yield guest.call("NtListenPort", port[0], g.esp - 0x200)

    with guest.system:
        started = guest.spawn(program)
        process = started._process
        first, second = process.threads[0], second_thread(guest, started, ending, suspended=True)
        assert not fuzz.stays_for_ever(process, first)
        with pytest.raises(TimeoutError):
            started.wait(0.1)
        assert first.holds
        assert not first.parked
        assert fuzz.stays_for_ever(process, first)
        assert fuzz.stays_for_ever(process, None)
        started.kill()
        spins = guest.spawn(spinning)
        with pytest.raises(TimeoutError):
            spins.wait(0.1)
        assert not fuzz.stays_for_ever(spins._process, spins._process.threads[0])
