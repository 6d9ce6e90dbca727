"""What a kernel has acknowledged survives, also where others use the same machine and are killed with it.

The registry without guests: one process changes it and says so after each step, another opens it
again and again, changes something else and closes it.  Both are killed when a random number of steps
was said, and whoever comes next finds all of them, and at most one step that was not said yet.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ring3k.abi.version import version_of
from ring3k.cm.open import open_registry
from ring3k.cm.registry import Registry

TOP = "MACHINE\\SOFTWARE\\durability"
KILLS = 60


def opened(folder: Path) -> Registry:
    return open_registry(str(folder / "registry.db"), version_of("nt51"), hardware=False)


def step(registry: Registry, n: int) -> None:
    """Keys that stay for a while, with a value in each, and one below; keys that pass; values."""
    top = registry.ensure(registry.root, TOP)
    what, turn = n % 6, n // 6
    if what == 0:
        registry.create(top, f"key{turn}", "a class", security=top.security)
    elif what == 1:
        registry.set_value(registry.ensure(top, f"key{turn}"), "in", 3, n.to_bytes(4, "little"))
    elif what == 2:
        registry.set_value(top, f"value{turn % 5}", 3, n.to_bytes(4, "little"))
    elif what == 3 and turn >= 4:
        registry.delete(registry.ensure(top, f"KEY{turn - 4}"))
    elif what == 4 and turn % 3 == 2:
        registry.delete_value(top, f"VALUE{turn % 5}")
    elif what == 5:
        registry.delete(registry.create(top, "passing"))


def contents(registry: Registry) -> Any:
    top = registry.find(registry.root, TOP)
    if top is None:
        return {}, {}
    keys = {}
    for name, key in registry.children(top).items():
        keys[name] = key.class_name, {one: value.data for one, value in registry.values(key).items()}
    return keys, {one: value.data for one, value in registry.values(top).items()}


def allowed(steps: int) -> list[Any]:
    """What may be there: the last step that was said, or the next one, which may be half of two changes."""
    registry = open_registry(None, version_of("nt51"), hardware=False)
    registry.ensure(registry.root, TOP)
    for n in range(steps):
        step(registry, n)
    found = [contents(registry)]
    if steps % 6 == 5:
        registry.create(registry.ensure(registry.root, TOP), "passing")
        found.append(contents(registry))
        registry.delete(registry.ensure(registry.root, TOP + "\\passing"))
    step(registry, steps)
    return [*found, contents(registry)]


def started(work: Callable[[int], None]) -> tuple[int, int]:
    """A process that works, and what it says."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(ours)
            work(theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    return child, ours


def writes(folder: Path) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        registry = opened(folder)
        n = 0
        while True:
            step(registry, n)
            n += 1
            os.write(pipe, b".")

    return work


def comes_and_goes(folder: Path) -> Callable[[int], None]:
    def work(pipe: int) -> None:
        n = 0
        while True:
            registry = opened(folder)
            other = registry.ensure(registry.root, f"MACHINE\\SOFTWARE\\other\\{n % 3}")
            registry.set_value(other, "value", 3, n.to_bytes(4, "little"))
            registry.delete(other)
            registry.close()
            n += 1

    return work


def said(pipe: int, most: int) -> int:
    """Read so many steps, or all there are."""
    count = 0
    while count < most and (text := os.read(pipe, most - count)):
        count += len(text)
    return count


@pytest.mark.timeout(180)
@pytest.mark.parametrize("alone", [True, False])
def test_killed_with_others_or_without(tmp_path: Path, alone: bool) -> None:
    chance = random.Random(alone)
    for number in range(KILLS):
        registry = opened(tmp_path)
        top = registry.find(registry.root, TOP)
        if top is not None:
            registry.delete_tree(top)
        registry.ensure(registry.root, TOP)
        registry.close()
        others = [] if alone else [started(comes_and_goes(tmp_path))]
        writer, pipe = started(writes(tmp_path))
        steps = said(pipe, chance.randrange(200))
        for child, _ in [(writer, pipe), *others]:
            os.kill(child, signal.SIGKILL)
        statuses = [os.waitpid(child, 0)[1] for child, _ in [(writer, pipe), *others]]
        steps += said(pipe, 1 << 20)
        for _, one in [(writer, pipe), *others]:
            os.close(one)
        assert all(map(os.WIFSIGNALED, statuses))  # or one had failed
        registry = opened(tmp_path)
        assert contents(registry) in allowed(steps), f"kill {number}, {steps} steps"
        registry.close()
