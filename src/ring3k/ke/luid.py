"""Locally unique identifiers: numbers never given twice while the system runs."""

from __future__ import annotations

FIRST = 1001  # lower ones are reserved (SYSTEM_LUID is 999)


class LuidSource:
    """Counts up."""

    def __init__(self) -> None:
        self._next = FIRST

    def take(self) -> int:
        """A 64-bit number."""
        value = self._next
        self._next += 1
        return value
