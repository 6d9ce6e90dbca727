"""Two minutes of random system calls, the same every time; ``make fuzz`` makes others."""

from __future__ import annotations

import pytest

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
    assert any(fuzz.first_calls(7) == fuzz.first_calls(7) for _ in range(5))
    assert fuzz.first_calls(7) != fuzz.first_calls(8)
