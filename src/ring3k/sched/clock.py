"""Time, as NT counts it: 100 ns units.

Interrupt time counts from when the system started and never jumps; system time
counts from 1601 and can be set.  No program has ever seen the first seconds of a
system (Wine's kernelbase takes a small tick count for "asked a moment ago"), so a
system on the host's clock is a little older than it is.  Tests use ``VirtualClock``, which moves only
when told to, so that no test sleeps.
"""

from __future__ import annotations

import time
from time import monotonic_ns

from ring3k.typed import Protocol

UNITS_PER_SECOND = 10_000_000
BOOT = 15 * 10**9  # nanoseconds that a system has been up when its first program runs
LONGEST_SLEEP = 3600 * 10**9  # nanoseconds; who waits longer looks again
UNIX_EPOCH = 116_444_736_000_000_000  # 1970-01-01 in system time


class Clock(Protocol):
    """What the kernel asks of time."""

    @property
    def started_ns(self) -> int | None:
        """What the host's monotonic clock said at interrupt time 0; None if that has another clock."""

    def interrupt_time(self) -> int: ...
    def system_time(self) -> int: ...
    def set_system_time(self, value: int) -> None: ...
    def set_rate(self, adjustment: int, increment: int) -> None:
        """Let system time advance by ``adjustment`` while interrupt time does by ``increment``."""

    def sleep_ns(self, until: int) -> int:
        """How many nanoseconds the host may sleep before interrupt time reaches ``until``."""


class _SystemTime:
    """System time out of interrupt time: an offset, and a rate for who adjusts the clock."""

    _offset = 0
    _since = 0  # interrupt time from which the rate holds
    _rate = (1, 1)

    def interrupt_time(self) -> int:
        raise NotImplementedError

    def system_time(self) -> int:
        now = self.interrupt_time()
        gain, per = self._rate
        if gain != per:
            now = self._since + (now - self._since) * gain // per
        return now + self._offset

    def set_system_time(self, value: int) -> None:
        self._offset += value - self.system_time()

    def set_rate(self, adjustment: int, increment: int) -> None:
        before = self.system_time()
        self._since = self.interrupt_time()
        self._rate = (adjustment, increment)
        self._offset = before - self._since


class HostClock(_SystemTime):
    """The host's monotonic clock; setting the time only moves this system's offset."""

    def __init__(self) -> None:
        self._start = monotonic_ns() - BOOT
        self._offset = time.time_ns() // 100 + UNIX_EPOCH - self.interrupt_time()

    @property
    def started_ns(self) -> int:
        return self._start

    def interrupt_time(self) -> int:
        return (monotonic_ns() - self._start) // 100

    def sleep_ns(self, until: int) -> int:
        left = until * 100 + self._start - monotonic_ns()
        return max(0, min(left, LONGEST_SLEEP))


class VirtualClock(_SystemTime):
    """A clock that stands still until ``advance`` is called (by a test, or by the fake engine's wait)."""

    def __init__(self, system_time: int = UNIX_EPOCH) -> None:
        self._now = 0
        self._offset = system_time

    @property
    def started_ns(self) -> None:
        return None

    def interrupt_time(self) -> int:
        return self._now

    def advance(self, units: int) -> None:
        self._now += units

    def sleep_ns(self, until: int) -> int:
        return max(0, until - self._now) * 100
