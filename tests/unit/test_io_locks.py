"""Byte-range locks against a model that writes down, for each byte, who holds it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ring3k.abi.status import (
    STATUS_FILE_LOCK_CONFLICT,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_RANGE_NOT_LOCKED,
    NtError,
)
from ring3k.io.disk.locks import LOCK_COST, Lock, Locks
from ring3k.ke.pool import Pool

SIZE = 12
OWNERS = [(file, process, key) for file in "ab" for process in "xy" for key in (0, 1)]
RANGES = st.tuples(st.integers(0, SIZE - 1), st.integers(1, 4))
STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "give", "close"]), st.sampled_from(OWNERS), RANGES, st.booleans()),
    max_size=25,
)
Held = dict[int, list[tuple[Any, bool]]]


def bytes_of(held: list[tuple[Any, int, int, bool]]) -> Held:
    found: Held = {place: [] for place in range(SIZE + 4)}
    for owner, start, length, exclusive in held:
        for place in range(start, start + length):
            found[place].append((owner, exclusive))
    return found


def conflict(check: Any, start: int, length: int, owner: Any) -> bool:
    return status_of(check, start, length, *owner) == STATUS_FILE_LOCK_CONFLICT


def status_of(action: Any, *arguments: Any) -> int:
    try:
        action(*arguments)
    except NtError as error:
        return error.status
    return 0


@settings(max_examples=120)
@given(STEPS)
def test_locks_are_as_a_byte_by_byte_model(steps: list[tuple[str, Any, tuple[int, int], bool]]) -> None:
    pool = Pool()
    locks = Locks(pool)
    held: list[tuple[Any, int, int, bool]] = []
    for what, owner, (start, length), exclusive in steps:
        place = bytes_of(held)
        span = range(start, start + length)
        if what == "take":
            free = all(
                not place[at] if exclusive else all(o == owner or not e for o, e in place[at]) for at in span
            )
            assert locks.take(Lock(start, start + length, exclusive, *owner)) == free
            if free:
                held.append((owner, start, length, exclusive))
        elif what == "give":
            mine = [one for one in held if one[:3] == (owner, start, length)]
            status = status_of(locks.give, start, start + length, *owner)
            assert status == (0 if mine else STATUS_RANGE_NOT_LOCKED)
            if mine:
                held.remove(mine[0])
        else:
            locks.give_all(owner[0])
            held = [one for one in held if one[0][0] != owner[0]]
        place = bytes_of(held)
        for who in OWNERS:
            reads = any(e and o != who for at in span for o, e in place[at])
            writes = any(not (e and o == who) for at in span for o, e in place[at])
            assert conflict(locks.check_read, start, length, who) == reads
            assert conflict(locks.check_write, start, length, who) == writes
        assert pool.used == LOCK_COST * len(held)


def test_locks_are_charged() -> None:
    locks = Locks(Pool(LOCK_COST * 3))
    for number in range(3):
        assert locks.take(Lock(number, number + 1, True, "f", "p", 0))
    assert status_of(locks.take, Lock(9, 10, True, "f", "p", 0)) == STATUS_INSUFFICIENT_RESOURCES


def test_many_locks_cost_no_more_than_few() -> None:
    """A look at each of them would be a thousand million looks."""
    locks = Locks(Pool(LOCK_COST * 50_000))
    for number in range(40_000):
        assert locks.take(Lock(number * 2, number * 2 + 1, True, "f", "p", 0))
    for number in range(40_000):
        assert not locks.take(Lock(number * 2, number * 2 + 2, True, "g", "p", 0))
        locks.check_read(number * 2 + 1, 1, "g", "p", 0)
    for number in range(0, 40_000, 2):
        locks.give(number * 2, number * 2 + 1, "f", "p", 0)
    assert locks.give_all("f") == 20_000
    assert not locks
