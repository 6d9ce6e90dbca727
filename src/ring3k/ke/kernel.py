"""The kernel of one system: the main loop, and the door between guest and kernel.

Invariants: the loop runs in one host thread; between two awaits no guest can
see a half-changed kernel.  A trap is answered by exactly one of
``guest.finish``, ``guest.resume``, parking, or the thread's death, and all of
them happen in ``leave`` or, where nothing is pending, in ``run``.

A system call handler returns a status; None means that it has set the registers
itself (NtContinue); it may raise NtError, or ThreadExit to end its thread.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ring3k.abi.status import (
    STATUS_INTERNAL_ERROR,
    STATUS_INVALID_SYSTEM_SERVICE,
    NtError,
)
from ring3k.engine.protocol import Engine, GuestThread, Trap
from ring3k.ke.thread import KThread, ThreadExit
from ring3k.sched.clock import Clock, HostClock
from ring3k.sched.scheduler import Scheduler, Task

if TYPE_CHECKING:
    from ring3k.hooks.events import Bus

P = TypeVar("P")
Answer = Callable[[KThread], Any]

TICK_NS = 15_625_000  # NT's clock interrupt on most PCs: 64 a second


class Kernel:
    """What every room reaches through ``t.kernel``."""

    def __init__(self, engine: Engine, bus: Bus, clock: Clock | None = None) -> None:
        self.engine = engine
        self.bus = bus
        self.clock: Clock = clock or HostClock()
        self.scheduler = Scheduler(self.clock)
        self.table: dict[int, Answer] = {}
        self.answer_unknown: Answer = _unknown
        self.answer_fault: Answer = _no_fault_handler
        self.deliver_apc: Callable[[KThread], None] = _no_apc
        self.shut_down: Callable[[], None] = self.stop
        self.on_crash: Callable[[KThread, BaseException], None] = _reraise
        self._parts: dict[type, Any] = {}
        self._stop = False
        self._ticks: list[Callable[[], None]] = []
        engine.set_tick(TICK_NS, self._tick)

    # -- parts ------------------------------------------------------------------
    def part(self, kind: type[P]) -> P:
        """The one instance of a room's own state (namespace, process table, ...)."""
        found: P = self._parts[kind]
        return found

    def add_part(self, part: object) -> None:
        self._parts[type(part)] = part

    def on_tick(self, action: Callable[[], None]) -> None:
        """Call ``action`` at every clock tick (only while guest code runs, and at the first trap after)."""
        self._ticks.append(action)

    def clock_changed(self) -> None:
        """System time was set: whatever shows it is brought up to date."""
        for action in self._ticks:
            action()

    def _tick(self) -> None:
        for action in self._ticks:
            action()
        self.scheduler.run_alarms()
        if self.scheduler.ready:
            self.engine.wake()

    # -- the loop ----------------------------------------------------------------
    def stop(self) -> None:
        """Make ``run`` return soon."""
        self._stop = True

    def run(self, deadline: int | None = None) -> None:
        """Answer traps until ``stop`` is called or interrupt time reaches ``deadline``."""
        self._stop = False
        scheduler, wait, table = self.scheduler, self.engine.wait, self.table
        syscall = Trap.SYSCALL
        end = None if deadline is None else scheduler.alarm(deadline, self.stop)
        try:
            while True:
                if scheduler.ready:
                    scheduler.run_ready()
                if self._stop:
                    return
                due = scheduler.next_due()
                guest = wait(-1 if due is None else self.clock.sleep_ns(due))
                if guest is None:
                    scheduler.run_alarms()
                    continue
                if guest.trap != syscall:
                    self._trap(guest)
                    continue
                t = guest.owner
                try:
                    result = table.get(guest.eax, self.answer_unknown)(t)
                except NtError as error:
                    result = error.status
                except ThreadExit:
                    t.die()
                    continue
                except Exception as error:
                    result = self._crashed(t, error)
                if result.__class__ is not int:
                    if result is None:
                        self.leave(t, None)
                    else:
                        self.drive(t, result)
                elif t.pending:
                    self.leave(t, result)
                else:
                    guest.finish(result)
        finally:
            if end is not None:
                end.cancel()

    def drive(self, t: KThread, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a handler that may wait; the thread leaves the kernel when it returns."""
        task = Task(coroutine, self._finished, t)
        t.tasks.append(task)
        self.scheduler.step(task)

    def _finished(self, task: Task, result: Any, error: BaseException | None) -> None:
        t: KThread = task.owner
        if task in t.tasks:
            t.tasks.remove(task)
        if error is not None:
            if isinstance(error, ThreadExit):
                t.die()
                return
            result = error.status if isinstance(error, NtError) else self._crashed(t, error)
        if not t.ended:
            self.leave(t, result)

    def _trap(self, guest: GuestThread) -> None:
        """Anything but a system call."""
        t: KThread | None = guest.owner
        if t is None or t.ended:
            return
        if guest.trap == Trap.INTERRUPT:
            self.leave(t, None)
            return
        if guest.trap == Trap.DEAD:
            t.host_died()
            return
        try:
            result = t.started() if guest.trap == Trap.STARTED else self.answer_fault(t)
        except ThreadExit:
            t.die()
            return
        except Exception as error:
            result = self._crashed(t, error)
        if isinstance(result, Coroutine):
            self.drive(t, result)
        elif not t.ended:
            self.leave(t, result)

    # -- the door ------------------------------------------------------------------
    def leave(self, t: KThread, status: int | None) -> None:
        """Back to guest code, unless something is pending.  ``status`` None: registers are as they shall be."""
        t.note_stopped()
        if not t.pending:
            if status is None:
                t.guest.resume()
            else:
                t.guest.finish(status)
            return
        if t.ended:
            return
        if status is not None:
            t.guest.eax = status
        if t.suspend_count or t.holds:
            t.parked = True
            return
        if t.user_apc_pending and t.user_apcs:
            self.deliver_apc(t)
        t.update_pending()
        if t.ended:
            return
        t.guest.resume()

    def _crashed(self, t: KThread, error: BaseException) -> int:
        """A fault of ours: tell, and let the guest see a failed call."""
        self.on_crash(t, error)
        return STATUS_INTERNAL_ERROR


def _unknown(t: KThread) -> int:
    return STATUS_INVALID_SYSTEM_SERVICE


def _no_fault_handler(t: KThread) -> Any:
    raise ThreadExit


def _no_apc(t: KThread) -> None:
    t.user_apcs.clear()


def _reraise(t: KThread, error: BaseException) -> None:
    raise error
