"""Kernel coroutines: the one place that yields, the run queue, and alarms.

A ``Suspension`` is awaited once and ended once, by ``complete`` (the signaller)
or ``abort`` (time-out, alert, APC, termination); whichever comes second does
nothing.  Ending one only queues the task: code between two awaits never runs
inside somebody else's call.  (A wait that is all of its task has none behind it,
and ends that at once: ``ke.dispatcher.ObjectWait``.)
"""

from __future__ import annotations

from _heapq import heapify, heappop, heappush
from collections import deque
from collections.abc import Callable, Coroutine, Generator

from ring3k.sched.clock import Clock
from ring3k.typed import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
Done: TypeAlias = "Callable[[Task, Any, BaseException | None], None]"


class Suspension(Generic[T]):
    """The point where a task waits."""

    __slots__ = ("_error", "_scheduler", "_task", "_value", "ended")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._task: Task | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self.ended = False

    def complete(self, value: T) -> bool:
        """End with a value; False when it had ended already."""
        if self.ended:
            return False
        self.ended = True
        self._value = value
        if self._task is not None:
            self._scheduler.ready.append(self._task)
        return True

    def abort(self, error: BaseException) -> bool:
        """End with an exception raised in the waiting task; False when it had ended already."""
        if self.complete(None):  # type: ignore[arg-type]
            self._error = error
            return True
        return False

    def __await__(self) -> Generator[Suspension[T], None, T]:
        if not self.ended:
            yield self
        if self._error is not None:
            raise self._error
        value: T = self._value
        return value


class Task:
    """A coroutine on its way; ``done(task, result, error)`` is called at its end unless it was closed."""

    __slots__ = ("closed", "coroutine", "done", "owner", "running")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], done: Done, owner: Any = None) -> None:
        self.coroutine = coroutine
        self.done = done
        self.owner = owner
        self.running = False
        self.closed = False

    def close(self) -> None:
        """Unwind the coroutine (its ``finally`` parts run) and forget it.

        A coroutine that closes its own task unwinds by itself: it goes on to
        its end or its next wait, and nothing comes after.
        """
        self.closed = True
        if not self.running:
            self.coroutine.close()


class Alarm:
    """A call to be made at an interrupt time."""

    __slots__ = ("_scheduler", "action", "due")

    def __init__(self, scheduler: Scheduler, due: int, action: Callable[[], None]) -> None:
        self._scheduler = scheduler
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Never make the call.  May be called twice, and after it was made."""
        if self.action is not None:
            self.action = None
            self._scheduler._note_cancelled()


MANY_ALARMS = 500  # at once; as many as take about a millisecond


class Scheduler:
    """Run queue and alarms of one system."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ready: deque[Task] = deque()
        self.alarms: list[tuple[int, int, Alarm]] = []  # a heap, always the same list
        self._sequence = 0
        self._rests_until = 0  # interrupt time before which no alarms are looked at
        self._cancelled = 0  # about how many alarms in the heap do not count any more

    def suspension(self) -> Suspension[Any]:
        return Suspension(self)

    def step(self, task: Task) -> None:
        """Run a task up to its next real wait, now."""
        if task.closed:
            return
        task.running = True
        try:
            suspension = task.coroutine.send(None)
        except StopIteration as stop:
            if not task.closed:
                task.done(task, stop.value, None)
        except Exception as error:
            if not task.closed:
                task.done(task, None, error)
        else:
            task.running = False
            if task.closed:
                task.coroutine.close()
                return
            self.attach(task, suspension)

    def attach(self, task: Task, suspension: Suspension[Any]) -> None:
        """The task's coroutine has come to wait here."""
        suspension._task = task
        if suspension.ended:
            self.ready.append(task)

    def run_ready(self) -> bool:
        """Run every task that can run; True if there was one."""
        ready = self.ready
        if not ready:
            return False
        while ready:
            self.step(ready.popleft())
        return True

    # -- alarms ----------------------------------------------------------------
    def alarm(self, due: int, action: Callable[[], None]) -> Alarm:
        """Call ``action`` once interrupt time has reached ``due``."""
        alarm = Alarm(self, due, action)
        self._sequence += 1
        heappush(self.alarms, (due, self._sequence, alarm))
        return alarm

    def _note_cancelled(self) -> None:
        """Most waits end long before their time-out: do not keep their alarms until then."""
        self._cancelled += 1
        alarms = self.alarms
        if self._cancelled > 64 and self._cancelled * 2 > len(alarms):
            alarms[:] = [entry for entry in alarms if entry[2].action is not None]
            heapify(alarms)
            self._cancelled = 0

    def run_alarms(self) -> None:
        """Make the calls whose time has come, earliest first.

        What comes due meanwhile waits for the next time, and that for as long as this time took: many short
        periods would let nobody else run.
        """
        alarms, now, made = self.alarms, self.clock.interrupt_time(), 0
        if now < self._rests_until:
            return
        while alarms:
            due, _, alarm = alarms[0]
            if alarm.action is not None and due > now:
                break
            heappop(alarms)
            if alarm.action is not None:
                action, alarm.action = alarm.action, None
                action()
                made += 1
        if made > MANY_ALARMS:
            end = self.clock.interrupt_time()
            self._rests_until = end + (end - now)

    def next_due(self) -> int | None:
        """Interrupt time of the earliest alarm that still counts."""
        alarms = self.alarms
        while alarms and alarms[0][2].action is None:
            heappop(alarms)
        return alarms[0][0] if alarms else None
