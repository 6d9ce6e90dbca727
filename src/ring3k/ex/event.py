"""Events, mutants, semaphores, event pairs: the plain dispatcher objects.

The engine answers plain calls about semaphores and events by itself, so their state
is a ``Signal`` of its, and threads may wait there of which this kernel has no wait.

A notification event stays set until reset and satisfies every wait; a
synchronization event satisfies one and resets.  A mutant belongs to a thread,
which may take it again and again; if the thread ends, the next owner learns
that it was abandoned.  An event pair is two synchronization events called low
and high.
"""

from __future__ import annotations

from ring3k.abi.access import EVENT_MODIFY_STATE, SEMAPHORE_MODIFY_STATE
from ring3k.abi.status import (
    STATUS_MUTANT_LIMIT_EXCEEDED,
    STATUS_MUTANT_NOT_OWNED,
    STATUS_SEMAPHORE_LIMIT_EXCEEDED,
    NtError,
)
from ring3k.engine.protocol import SignalKind
from ring3k.ke.dispatcher import Dispatcher, ObjectWait
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.engine.protocol import Signal
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

NOTIFICATION, SYNCHRONIZATION = 0, 1


class Counted(Object, Dispatcher):
    """An object that is its count."""

    signal: Signal

    def __init__(self, kernel: Kernel, kind: SignalKind, count: int, maximum: int) -> None:
        super().__init__(kernel)
        self.signal = kernel.engine.signal(kind, count, maximum, self.waiters)

    def can_take(self, thread: KThread) -> bool:
        return self.signal.count > 0

    def on_close(self, process: Any) -> None:
        self.signal.judge()

    def gather(self) -> None:
        """Make waits of those that wait in the engine; they came before all that are there."""
        guests = self.signal.take_seated()
        behind = self.waiters.copy()
        self.waiters.clear()
        for guest in guests:
            t: KThread = guest.owner
            t.kernel.drive(t, ObjectWait(t, (self,), False, False, None))
        self.waiters.extend(behind)


class Event(Counted):
    """NotificationEvent (``synchronization`` False) or SynchronizationEvent."""

    type_name = "Event"
    case_exact = True

    def __init__(self, kernel: Kernel, synchronization: bool, state: bool) -> None:
        kind = SignalKind.SYNCHRONIZATION if synchronization else SignalKind.NOTIFICATION
        super().__init__(kernel, kind, state, 1)
        self.synchronization = synchronization

    @property
    def state(self) -> bool:
        return self.signal.count > 0

    def take(self, thread: KThread) -> bool:
        if self.synchronization:
            self.signal.count = 0
        return False

    def set(self) -> bool:
        """Signal; the state before."""
        signal = self.signal
        if signal.seated:
            self.gather()
        before, signal.count = signal.count > 0, 1
        if self.waiters and not before:
            self.signalled()
        return before

    def reset(self) -> bool:
        before, self.signal.count = self.signal.count > 0, 0
        return before

    def pulse(self) -> bool:
        """Satisfy whoever waits now, then reset; the state before."""
        before = self.set()
        self.signal.count = 0
        return before

    def signal_for_wait(self, t: KThread, handle: int) -> None:
        t.handles.get(handle, Event, EVENT_MODIFY_STATE).set()


class Mutant(Object, Dispatcher):
    """Owned recursively by one thread.  ``count`` is 1 when free, and falls below with every wait."""

    type_name = "Mutant"
    case_exact = True
    LOWEST = -0x80000000

    def __init__(self, kernel: Kernel, owner: KThread | None) -> None:
        super().__init__(kernel)
        self.count = 1
        self.owner: KThread | None = None
        self.abandoned = False
        if owner is not None:
            self.take(owner)

    def can_take(self, thread: KThread) -> bool:
        if self.owner is thread and self.count <= self.LOWEST:
            raise NtError(STATUS_MUTANT_LIMIT_EXCEEDED)
        return self.count > 0 or self.owner is thread

    def take(self, thread: KThread) -> bool:
        self.count -= 1
        if self.owner is None:
            self.owner = thread
            thread.mutants.append(self)
        abandoned, self.abandoned = self.abandoned, False
        return abandoned

    def release(self, thread: KThread) -> int:
        """The count before.  STATUS_MUTANT_NOT_OWNED."""
        if self.owner is not thread:
            raise NtError(STATUS_MUTANT_NOT_OWNED)
        before = self.count
        self.count += 1
        if self.count == 1:
            self._free()
        return before

    def _free(self) -> None:
        if self.owner is not None:
            self.owner.mutants.remove(self)
            self.owner = None
        self.signalled()

    def abandon(self, thread: KThread) -> None:
        """The owner ends without having released."""
        self.count = 1
        self.abandoned = True
        self._free()

    def signal_for_wait(self, t: KThread, handle: int) -> None:
        t.handles.get(handle, Mutant, 0).release(t)

    def on_delete(self) -> None:
        if self.owner is not None:
            self.owner.mutants.remove(self)
            self.owner = None


class Semaphore(Counted):
    """A count up to a maximum; each wait takes one."""

    type_name = "Semaphore"
    case_exact = True

    def __init__(self, kernel: Kernel, count: int, maximum: int) -> None:
        super().__init__(kernel, SignalKind.SEMAPHORE, count, maximum)
        self.maximum = maximum

    @property
    def count(self) -> int:
        return self.signal.count

    def take(self, thread: KThread) -> bool:
        self.signal.count -= 1
        return False

    def release(self, adjustment: int) -> int:
        """The count before.  STATUS_SEMAPHORE_LIMIT_EXCEEDED changes nothing."""
        signal = self.signal
        before = signal.count
        if adjustment <= 0 or before + adjustment > self.maximum:
            raise NtError(STATUS_SEMAPHORE_LIMIT_EXCEEDED)
        if signal.seated:
            self.gather()
        signal.count = before + adjustment
        if self.waiters:
            self.signalled()
        return before

    def signal_for_wait(self, t: KThread, handle: int) -> None:
        t.handles.get(handle, Semaphore, SEMAPHORE_MODIFY_STATE).release(1)


class _Half(Dispatcher):
    """One event of a pair."""

    def __init__(self, pair: EventPair) -> None:
        super().__init__()
        self._pair = pair
        self.state = False

    def can_take(self, thread: KThread) -> bool:
        return self.state

    def take(self, thread: KThread) -> bool:
        self.state = False
        return False

    def set(self) -> None:
        self.state = True
        self.signalled()

    def reference(self) -> None:
        self._pair.reference()

    def dereference(self) -> None:
        self._pair.dereference()


class EventPair(Object):
    """Two synchronization events; a client sets one and waits for the other."""

    type_name = "EventPair"

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.low: Any = _Half(self)
        self.high: Any = _Half(self)
