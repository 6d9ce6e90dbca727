"""Atoms against a plain dictionary: numbers, uses, pool."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ring3k.abi.status import (
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_WAS_LOCKED,
    NtError,
)
from ring3k.ex.atom import FIRST, LAST, AtomTable, integer_atom
from ring3k.ke.pool import Pool

NAMES = st.sampled_from(["a", "A", "b", "aB", "Ab", "ä", "Ä", "#", "#x", "# 1"])


class Atoms(RuleBasedStateMachine):
    """What a table does is what a dictionary of counts would do."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.pool = AtomTable(), Pool()
        self.uses: dict[str, int] = {}
        self.numbers: dict[str, int] = {}

    @rule(name=NAMES)
    def add(self, name: str) -> None:
        number = self.table.add(self.pool, name)
        key = name.upper()
        assert FIRST <= number <= LAST
        assert self.numbers.setdefault(key, number) == number
        self.uses[key] = self.uses.get(key, 0) + 1

    @rule(name=NAMES)
    def find(self, name: str) -> None:
        key = name.upper()
        if key in self.numbers:
            assert self.table.find(name) == self.numbers[key]
            state = self.table.query(self.numbers[key])
            assert (state.name.upper(), state.uses, state.pinned) == (key, self.uses[key], False)
        else:
            with pytest.raises(NtError) as caught:
                self.table.find(name)
            assert caught.value.status == STATUS_OBJECT_NAME_NOT_FOUND

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        key = name.upper()
        number = self.numbers.get(key, LAST)
        if key not in self.numbers:
            with pytest.raises(NtError) as caught:
                self.table.delete(self.pool, number)
            assert caught.value.status == STATUS_INVALID_HANDLE
            return
        assert self.table.delete(self.pool, number) == 0
        self.uses[key] -= 1
        if not self.uses[key]:
            del self.uses[key], self.numbers[key]

    @invariant()
    def numbers_are_listed_and_paid_for(self) -> None:
        assert sorted(self.table.numbers()) == sorted(self.numbers.values())
        assert (self.pool.used == 0) is (not self.numbers)


TestAtoms = Atoms.TestCase


def test_numbers_are_their_own_names() -> None:
    assert [integer_atom(name) for name in ("#1", "#0123", "#49151")] == [1, 123, 0xBFFF]
    assert [integer_atom(name) for name in ("1", "#", "#1x", "#-1", "#\u0661", "a#1")] == [None] * 6
    for name in ("#0", "#000", "#49152", "#99999999999"):
        with pytest.raises(NtError) as caught:
            integer_atom(name)
        assert caught.value.status == STATUS_INVALID_PARAMETER


def test_a_pinned_atom_stays() -> None:
    table, pool = AtomTable(), Pool()
    number = table.add(pool, "stays")
    table.pin(number)
    assert table.delete(pool, number) == STATUS_WAS_LOCKED
    assert table.query(number).pinned


def test_the_table_is_full_at_last() -> None:
    table, pool = AtomTable(), Pool()
    for number in range(FIRST, LAST + 1):
        assert table.add(pool, f"name {number}") == number
    with pytest.raises(NtError) as caught:
        table.add(pool, "one more")
    assert caught.value.status == STATUS_NO_MEMORY
    table.delete(pool, FIRST + 5)
    table.delete(pool, FIRST + 3)
    assert table.add(pool, "one more") == FIRST + 3  # the lowest that is free


def test_an_empty_name_is_none() -> None:
    with pytest.raises(NtError) as caught:
        AtomTable().add(Pool(), "")
    assert caught.value.status == STATUS_OBJECT_NAME_INVALID
    with pytest.raises(NtError) as caught:
        AtomTable().find("")
    assert caught.value.status == STATUS_OBJECT_NAME_INVALID
