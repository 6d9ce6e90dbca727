"""Atoms: short strings known by a 16-bit number, one table for the whole session.

Numbers below 0xC000 are their own atoms, "#123" by name: they are never stored
and always there.  Strings get numbers from 0xC000 on, lowest free first, are
found whatever their case, keep the spelling of whoever came first, and live as
long as their count of uses.  NT's oddities kept: "#" alone is a string, while
"#0" and "#49152" are refused; a pinned atom is not deleted, with a success code.
"""

from __future__ import annotations

from _heapq import heappop, heappush

from ring3k.abi.status import (
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MEMORY,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_WAS_LOCKED,
    NtError,
)
from ring3k.abi.upcase import upcase
from ring3k.ke.pool import NAME_COST, Pool
from ring3k.typed import NamedTuple

FIRST, LAST = 0xC000, 0xFFFF  # of atoms that stand for strings
MAXIMUM_NAME = 255  # characters
ATOM_COST = 256


class AtomState(NamedTuple):
    """What a query tells."""

    name: str
    uses: int
    pinned: bool


class _Entry:
    __slots__ = ("name", "pinned", "uses")

    def __init__(self, name: str) -> None:
        self.name = name
        self.uses = 1
        self.pinned = False


def integer_atom(name: str) -> int | None:
    """The number that "#123" stands for; None for a string.  STATUS_INVALID_PARAMETER."""
    digits = name[1:]
    if name[0] != "#" or not digits or not (digits.isascii() and digits.isdecimal()):
        return None
    value = int(digits)
    if not 0 < value < FIRST:
        raise NtError(STATUS_INVALID_PARAMETER)
    return value


class AtomTable:
    """Strings and their numbers."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._numbers: dict[str, int] = {}
        self._freed: list[int] = []  # a heap
        self._next = FIRST

    def add(self, pool: Pool, name: str) -> int:
        """One more use of a string."""
        if not name:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        number = integer_atom(name)
        if number is not None:
            return number
        number = self._numbers.get(upcase(name))
        if number is not None:
            entry = self._entries[number]
            entry.uses = min(entry.uses + 1, 0xFFFF)
            return number
        if not self._freed and self._next > LAST:
            raise NtError(STATUS_NO_MEMORY)
        pool.charge(ATOM_COST + len(name) * NAME_COST)
        if self._freed:
            number = heappop(self._freed)
        else:
            number = self._next
            self._next += 1
        self._entries[number] = _Entry(name)
        self._numbers[upcase(name)] = number
        return number

    def find(self, name: str) -> int:
        """The number of a string that is there."""
        if not name:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        number = integer_atom(name)
        if number is None:
            number = self._numbers.get(upcase(name))
        if number is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return number

    def delete(self, pool: Pool, number: int) -> int:
        """One use less; the last one takes the string with it."""
        if 0 < number < FIRST:
            return 0
        entry = self._entry(number)
        if entry.pinned:
            return STATUS_WAS_LOCKED
        entry.uses -= 1
        if not entry.uses:
            del self._entries[number]
            del self._numbers[upcase(entry.name)]
            heappush(self._freed, number)
            pool.release(ATOM_COST + len(entry.name) * NAME_COST)
        return 0

    def pin(self, number: int) -> None:
        """Keep an atom for ever."""
        if not 0 < number < FIRST:
            self._entry(number).pinned = True

    def query(self, number: int) -> AtomState:
        """STATUS_INVALID_PARAMETER, STATUS_INVALID_HANDLE."""
        if number < FIRST:
            if not number:
                raise NtError(STATUS_INVALID_PARAMETER)
            return AtomState(f"#{number}", 1, True)
        entry = self._entry(number)
        return AtomState(entry.name, entry.uses, entry.pinned)

    def numbers(self) -> list[int]:
        """Every string's number."""
        return list(self._entries)

    def _entry(self, number: int) -> _Entry:
        found = self._entries.get(number)
        if found is None:
            raise NtError(STATUS_INVALID_HANDLE)
        return found
