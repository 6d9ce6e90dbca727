"""Time, as NT counts it: 100 ns units.

Interrupt time starts at zero when the system does and never jumps; system time
counts from 1601 and can be set.  Tests use ``VirtualClock``, which moves only
when told to, so that no test sleeps.
"""

from __future__ import annotations

import time
from time import monotonic_ns
from typing import Protocol

UNITS_PER_SECOND = 10_000_000
LONGEST_SLEEP = 3600 * 10**9  # nanoseconds; who waits longer looks again
UNIX_EPOCH = 116_444_736_000_000_000  # 1970-01-01 in system time


class Clock(Protocol):
    """What the kernel asks of time."""

    def interrupt_time(self) -> int: ...
    def system_time(self) -> int: ...
    def set_system_time(self, value: int) -> None: ...
    def sleep_ns(self, until: int) -> int:
        """How many nanoseconds the host may sleep before interrupt time reaches ``until``."""


class HostClock:
    """The host's monotonic clock; setting the time only moves this system's offset."""

    def __init__(self) -> None:
        self._start = monotonic_ns()
        self._offset = time.time_ns() // 100 + UNIX_EPOCH - self.interrupt_time()

    def interrupt_time(self) -> int:
        return (monotonic_ns() - self._start) // 100

    def system_time(self) -> int:
        return self.interrupt_time() + self._offset

    def set_system_time(self, value: int) -> None:
        self._offset = value - self.interrupt_time()

    def sleep_ns(self, until: int) -> int:
        left = until * 100 + self._start - monotonic_ns()
        return max(0, min(left, LONGEST_SLEEP))


class VirtualClock:
    """A clock that stands still until ``advance`` is called (by a test, or by the fake engine's wait)."""

    def __init__(self, system_time: int = UNIX_EPOCH) -> None:
        self._now = 0
        self._offset = system_time

    def interrupt_time(self) -> int:
        return self._now

    def system_time(self) -> int:
        return self._now + self._offset

    def set_system_time(self, value: int) -> None:
        self._offset = value - self._now

    def advance(self, units: int) -> None:
        self._now += units

    def sleep_ns(self, until: int) -> int:
        return max(0, until - self._now) * 100
