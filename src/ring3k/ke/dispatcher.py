"""Dispatcher objects and waits.

A wait is an ``ObjectWait`` for up to 64 objects.  It is satisfied when the
signaller finds that it can be, never by the waiter looking again, so wake order
is first come, first served.  *Wait all* takes nothing until every object can be
taken at once.  Whoever ends a wait (signaller, time-out, alert, APC) does so
through ``WaitGroup.end``; only the first one counts.

NT oddities kept: a signalled object satisfies a wait before a pending alert or
APC is looked at; an abandoned mutant shows in the status (0x80 + index); time
runs out only after all that.  A suspended thread does not wait: what is
signalled meanwhile stays signalled for others, and on resumption the thread
looks again and queues up at the end.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence

from ring3k.abi.status import STATUS_ABANDONED_WAIT_0, STATUS_TIMEOUT, NtError
from ring3k.sched.scheduler import Suspension
from ring3k.typed import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ring3k.engine.protocol import Signal
    from ring3k.ke.thread import KThread
    from ring3k.sched.scheduler import Alarm

MAXIMUM_WAIT_OBJECTS = 64


class Dispatcher:
    """Something a thread can wait for."""

    signal: Signal | None = None  # its count, where it is nothing else: the engine may answer waits for it

    def __init__(self) -> None:
        self.waiters: list[WaitGroup] = []  # first come first; a group may stand in it twice

    def can_take(self, thread: KThread) -> bool:
        """Whether a wait by ``thread`` would be satisfied now."""
        raise NotImplementedError

    def take(self, thread: KThread) -> bool:
        """Satisfy a wait (an auto-reset event resets); True if what was taken was abandoned."""
        return False

    def signalled(self) -> None:
        """The state may have become signalled: satisfy whoever can be."""
        for group in tuple(self.waiters):
            if not group.ended and not group.try_satisfy(self):
                return  # taken: nobody behind can have it either

    def reference(self) -> None:
        """Kept alive by a wait in progress."""

    def dereference(self) -> None: ...


class WaitGroup(Suspension[int]):
    """One wait of one thread."""

    __slots__ = ("_queue", "alarm", "alertable", "objects", "thread", "timed_out", "wait_all")

    def __init__(
        self, thread: KThread, objects: Sequence[Dispatcher], wait_all: bool, alertable: bool
    ) -> None:
        Suspension.__init__(self, thread.kernel.scheduler)
        self.thread = thread
        self.objects = objects
        self.wait_all = wait_all
        self.alertable = alertable
        self.alarm: Alarm | None = None
        self.timed_out = False

    def begin(self, deadline: int | None) -> None:
        """Queue on every object until ``deadline``, an interrupt time; ``abandon`` has to follow, once."""
        for one in self.objects:
            one.reference()
            one.waiters.append(self)
        if deadline is not None:
            self.alarm = self.thread.kernel.scheduler.alarm(deadline, self._time_out)
        self.thread.wait_group = self
        self._queue = self.thread.queue  # a completion port lets another run meanwhile
        if self._queue is not None:
            self._queue.blocked()

    def _time_out(self) -> None:
        self.timed_out = True
        if not self.thread.suspend_count:
            self.end(STATUS_TIMEOUT)

    def try_satisfy(self, changed: Dispatcher) -> bool:
        """Called by an object whose state changed; False when it is not signalled (any more)."""
        thread = self.thread
        if thread.suspend_count:
            return True
        try:
            if not changed.can_take(thread):
                return False
            status = satisfy(thread, self.objects if self.wait_all else (changed,), self.wait_all)
        except NtError as error:  # one's own mutant, too often: not the signaller's fault
            self.end(error.status)
            return True
        if status is not None:
            self.end(status if self.wait_all else status + self.objects.index(changed))
        return True

    def end(self, status: int) -> bool:
        """Complete with a status; False when something else was first."""
        if self.ended:
            return False
        self._detach()
        return self.complete(status)

    def again(self) -> None:
        """The thread was suspended and is no more: wait anew, behind everybody else."""
        if self.ended:
            return
        status = satisfy(self.thread, self.objects, self.wait_all) if self.objects else None
        if status is None and self.alertable:
            status = self.thread.test_alert()
        if status is None and self.timed_out:
            status = STATUS_TIMEOUT
        if status is not None:
            self.end(status)
            return
        for one in self.objects:
            one.waiters.remove(self)
            one.waiters.append(self)

    def abandon(self) -> None:
        """The waiting coroutine goes on, or is gone (termination): then nobody is to be told."""
        self.thread.wait_group = None
        if not self.ended:
            self.ended = True
            self._detach()
        if self._queue is not None:
            self._queue.unblocked()

    def _detach(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
        for one in self.objects:
            one.waiters.remove(self)
            one.dereference()


class ObjectWait(WaitGroup, Coroutine[Any, Any, int]):
    """A thread's wait for objects, and the coroutine of it: a generator would cost more."""

    __slots__ = ("_entered",)

    def __init__(
        self,
        thread: KThread,
        objects: Sequence[Dispatcher],
        wait_all: bool,
        alertable: bool,
        deadline: int | None,
    ) -> None:
        """Wait from now on.  Who makes it awaits it at once, or has the kernel drive it."""
        WaitGroup.__init__(self, thread, objects, wait_all, alertable)
        self._entered = False
        self.begin(deadline)

    def complete(self, value: int) -> bool:
        """End it; a thread that has only this wait to come back from, and nothing pending, goes on at once.

        To queue the task and to have its turn come costs as much as all the rest of a wait.
        """
        task = self._task
        if self.ended or task is None or task.coroutine is not self or task.closed or self.thread.pending:
            return WaitGroup.complete(self, value)
        self.ended = True
        self.abandon()
        task.done(task, value, None)
        return True

    def send(self, value: None, /) -> Self:
        """First give the scheduler something to attach the task to, then end with the status."""
        if not self._entered:
            self._entered = True
            return self
        self.abandon()
        raise StopIteration(self._value)

    def __next__(self) -> Self:
        return self.send(None)

    def __iter__(self) -> Self:
        return self

    __await__ = __iter__

    def throw(self, error: Any, *_: Any) -> Self:
        self.abandon()
        raise error

    def close(self) -> None:
        """Whoever waited is gone."""
        self.abandon()


def satisfy(thread: KThread, objects: Sequence[Dispatcher], wait_all: bool) -> int | None:
    """Take what a wait needs if it can be had now; the status, or None."""
    if wait_all:
        for one in objects:
            if not one.can_take(thread):
                return None
        abandoned = False
        for one in objects:
            abandoned |= one.take(thread)
        return STATUS_ABANDONED_WAIT_0 if abandoned else 0
    for index, one in enumerate(objects):
        if one.can_take(thread):
            return index + STATUS_ABANDONED_WAIT_0 if one.take(thread) else index
    return None
