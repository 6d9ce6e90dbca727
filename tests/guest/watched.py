"""A conformance program with some calls watched: the kernel answers those, whatever the engine could."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ring3k
from tests.guest.tap import Report, parse


def run_watched(program: Path, engine: str, watched: Sequence[str]) -> tuple[Report, int]:
    """What the program says, and how often a hook was told of one of these calls."""
    seen: list[str] = []
    with ring3k.System(engine=engine) as system:
        for name in watched:
            system.on_enter(name, lambda call: seen.append(call.name))
        process = system.spawn([program])
        assert process.wait(timeout=60) == 0
        assert system.crashes == 0
        return parse(process.output), len(seen)
