"""Timers, and keyed events.

A timer is due once and, with a period, again and again.  Its APC is queued to
the thread that set it, and taken back when the timer is cancelled, set again or
deleted.  A thread that ends takes its pending timers' APCs with it.

A keyed event pairs threads: a release waits until a waiter with the same key
and process is there, a wait until somebody releases; nothing is remembered.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.status import NtError
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ke.thread import UserApc
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Alarm

PERIOD_UNITS = 10_000  # a period counts milliseconds


class Timer(Object, Dispatcher):
    """NotificationTimer or SynchronizationTimer."""

    type_name = "Timer"
    case_exact = True

    def __init__(self, kernel: Kernel, synchronization: bool) -> None:
        super().__init__(kernel)
        self.synchronization = synchronization
        self.state = False
        self.due = 0  # interrupt time
        self.period = 0  # milliseconds
        self._alarm: Alarm | None = None
        self._apc: UserApc | None = None
        self._thread: KThread | None = None

    @property
    def active(self) -> bool:
        return self._alarm is not None

    def can_take(self, thread: KThread) -> bool:
        return self.state

    def take(self, thread: KThread) -> bool:
        if self.synchronization:
            self.state = False
        return False

    def start(self, due: int, period: int, thread: KThread, apc: UserApc | None) -> bool:
        """Set; the signal state before.  ``due`` is an interrupt time."""
        before = self.state
        self.cancel()
        self.state = False
        self.period = period
        self._apc = apc
        if apc is not None:
            self._thread = thread
            thread.timers[self] = None
        self._arm(due)
        if due <= self.kernel.clock.interrupt_time():
            self.kernel.scheduler.run_alarms()
        return before

    def _arm(self, due: int) -> None:
        self.due = due
        self._alarm = self.kernel.scheduler.alarm(due, self._expire)

    def _expire(self) -> None:
        self._alarm = None
        if self.period:
            now = self.kernel.clock.interrupt_time()
            step = self.period * PERIOD_UNITS
            missed = max(0, (now - self.due) // step)
            self._arm(self.due + step * (missed + 1))
        self.state = True
        self.signalled()
        thread, apc = self._thread, self._apc
        if thread is not None and apc is not None and not thread.ended and apc not in thread.user_apcs:
            with suppress(NtError):  # no room: this time is lost
                thread.queue_apc(apc)

    def cancel(self) -> bool:
        """Stop; the signal state, which stays as it is."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        apc = self._apc
        if self._thread is not None and apc is not None:
            self._thread.drop_apc(apc)
        if self._thread is not None:
            del self._thread.timers[self]
        self._apc = self._thread = None
        return self.state

    def remaining(self) -> int:
        """100 ns units until due, negative once past, as NtQueryTimer shows it."""
        return self.due - self.kernel.clock.interrupt_time()

    def on_delete(self) -> None:
        self.cancel()


class _Meeting(Dispatcher):
    """One thread at a keyed event, until its partner comes."""

    def __init__(self) -> None:
        super().__init__()
        self.met = False

    def can_take(self, thread: KThread) -> bool:
        return self.met


class KeyedEvent(Object):
    """Threads that meet by key.  First come, first met."""

    type_name = "KeyedEvent"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._here: dict[tuple[bool, int, int], list[_Meeting]] = {}

    async def meet(self, t: KThread, releasing: bool, key: int, alertable: bool, deadline: int | None) -> int:
        """Wait for the partner, unless it waits already."""
        partners = self._here.get((not releasing, t.process.pid, key))
        if partners:
            partner = partners.pop(0)
            if not partners:
                del self._here[not releasing, t.process.pid, key]
            partner.met = True
            partner.signalled()
            return 0
        mine = _Meeting()
        place = (releasing, t.process.pid, key)
        self._here.setdefault(place, []).append(mine)
        self.reference()
        try:
            return await t.wait((mine,), alertable=alertable, deadline=deadline)
        finally:
            left = self._here.get(place)
            if left is not None and mine in left:
                left.remove(mine)
                if not left:
                    del self._here[place]
            self.dereference()


class EverybodysKeyedEvent:
    """What no handle stands for, since Vista."""

    def __init__(self, event: KeyedEvent) -> None:
        self.event = event

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> EverybodysKeyedEvent:
        event = KeyedEvent(kernel)
        event.reference()
        return cls(event)
