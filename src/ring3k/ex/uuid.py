"""Version 1 UUIDs: stretches of time that nobody gets twice, and the node they are for.

A caller is given so many 100 ns units ending now, at most as many as have passed
since the last stretch, and makes that many UUIDs out of it.  A clock that was set
back gets another sequence number.
"""

from __future__ import annotations

import os

from ring3k.abi.status import STATUS_RETRY, NtError
from ring3k.typed import NamedTuple

MOST = 10_000_000  # units that one caller gets


class Stretch(NamedTuple):
    """``time`` is the first unit; there are ``range`` of them."""

    time: int
    range: int
    sequence: int


class UuidSource:
    """What was given so far."""

    def __init__(self) -> None:
        random = os.urandom(8)
        self.seed = bytes([random[0] | 1]) + random[1:6]  # the group bit: no network card's address
        self._sequence = int.from_bytes(random[6:], "little") & 0x3FFF
        self._last = 0

    def take(self, now: int) -> Stretch:
        """The units up to ``now`` that nobody had; STATUS_RETRY when the clock has not moved."""
        if now < self._last:
            self._sequence = self._sequence + 1 & 0xFFFFFFFF
            self._last = now - 20_000
        count = min(now - self._last, MOST)
        if not count:
            raise NtError(STATUS_RETRY)
        self._last = now
        return Stretch(now - count, count, self._sequence)
