"""Profiles: where a process spends its time, counted by ranges of addresses.

While profiles run, an alarm goes off at the profile interval; each thread that is
in guest code then is asked to trap, and where it was found is counted in the
caller's buffer, one ULONG for each 2**bucket bytes.  Only time is a source here:
the processor's own counters belong to the host.

The buffer is written as the process that started the profile could: NT locks its
pages, here a page that went away is not counted in.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import (
    STATUS_PROFILING_NOT_STARTED,
    STATUS_PROFILING_NOT_STOPPED,
    GuestFault,
    NtError,
)
from ring3k.ob.object import Object
from ring3k.ps.table import ClientIdTable
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KProcess, KThread
    from ring3k.sched.scheduler import Alarm

DEFAULT_INTERVAL = 39_063  # 100 ns units
SHORTEST, LONGEST = 10_000, 10_000_000


class Profile(Object):
    """Counts for one range of one process, or of all."""

    type_name = "Profile"

    def __init__(
        self, kernel: Kernel, process: Any, base: int, size: int, shift: int, buffer: int, room: int
    ) -> None:
        super().__init__(kernel)
        self.base, self.size, self.shift = base, size, shift
        self.buffer, self.room = buffer, room  # where it counts, and how many bytes there are
        self.process = process
        self.writer: KProcess | None = None  # whose memory the buffer is in, while it runs
        if process is not None:
            process.reference()

    def start(self, caller: KThread) -> None:
        """STATUS_PROFILING_NOT_STOPPED, or what is wrong with the buffer."""
        if self.writer is not None:
            raise NtError(STATUS_PROFILING_NOT_STOPPED)
        caller.memory.probe_write(self.buffer, self.room)
        self.writer = caller.process
        self.kernel.late_part(Sampler).add(self)

    def stop(self) -> None:
        """STATUS_PROFILING_NOT_STARTED."""
        if self.writer is None:
            raise NtError(STATUS_PROFILING_NOT_STARTED)
        self.writer = None
        self.kernel.late_part(Sampler).remove(self)

    def count(self, process: Any, eip: int) -> None:
        """A thread was found there."""
        place = eip - self.base
        if self.writer is None or not 0 <= place < self.size or self.process not in (None, process):
            return
        slot = (place >> self.shift) * 4
        if slot + 4 > self.room or getattr(self.writer, "ended", False):
            return
        memory = self.writer.memory
        with suppress(GuestFault):
            memory.write_u32(self.buffer + slot, memory.read_u32(self.buffer + slot) + 1)

    def on_delete(self) -> None:
        if self.writer is not None:
            self.stop()
        if self.process is not None:
            self.process.dereference()


class _Look:
    """Stands among those who wait for a thread to stop, and only notes where it did."""

    __slots__ = ("sampler", "thread")

    def __init__(self, sampler: Sampler, thread: KThread) -> None:
        self.sampler = sampler
        self.thread = thread

    def complete(self, value: None) -> None:
        self.sampler.found(self.thread)


class Sampler:
    """The profiles that run, and the alarm that drives them."""

    def __init__(self) -> None:
        self.interval = DEFAULT_INTERVAL
        self._profiles: dict[Profile, None] = {}
        self._alarm: Alarm | None = None
        self._asked: set[KThread] = set()

    def set_interval(self, interval: int) -> None:
        """What the hardware can do of it."""
        self.interval = min(max(interval, SHORTEST), LONGEST)

    def add(self, profile: Profile) -> None:
        self._profiles[profile] = None
        if self._alarm is None:
            self._next(profile.kernel)

    def remove(self, profile: Profile) -> None:
        del self._profiles[profile]
        if not self._profiles and self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _next(self, kernel: Kernel) -> None:
        due = kernel.clock.interrupt_time() + self.interval
        self._alarm = kernel.scheduler.alarm(due, lambda: self._sample(kernel))

    def _sample(self, kernel: Kernel) -> None:
        """Ask every thread of interest that runs guest code."""
        self._next(kernel)
        wanted = {one.process for one in self._profiles}
        running = kernel.part(ClientIdTable).running.values()
        for process in running if None in wanted else wanted & set(running):
            for thread in process.threads:
                if thread.running and thread not in self._asked:
                    self._asked.add(thread)
                    thread.stop_waiters.append(_Look(self, thread))
                    thread.pending = True  # for the trap to be looked at, whichever it is
                    thread.guest.interrupt()

    def found(self, thread: KThread) -> None:
        """A thread came out of guest code, or ended."""
        self._asked.discard(thread)
        if not thread.ended:
            for profile in self._profiles:
                profile.count(thread.process, thread.guest.eip)
