"""The kernel of one system: the main loop, and the door between guest and kernel.

Invariants: the loop runs in one host thread; between two awaits no guest can
see a half-changed kernel.  A trap is answered by exactly one of
``guest.finish``, ``guest.resume``, parking, or the thread's death, and all of
them happen in ``leave`` or, where nothing is pending, in ``run``.

A handler of a system call or a fault returns a status; None means that it has
set the registers itself (NtContinue); a coroutine, that it may have to wait.  It
may raise NtError, or ThreadExit to end its thread.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from ring3k.abi.status import (
    STATUS_INTERNAL_ERROR,
    STATUS_INVALID_SYSTEM_SERVICE,
    NtError,
)
from ring3k.engine.protocol import Engine, EngineError, GuestThread, Space, Trap
from ring3k.hooks.events import DebugPrint
from ring3k.ke.apc import deliver_apc
from ring3k.ke.pool import Pool
from ring3k.ke.thread import KThread, ThreadExit
from ring3k.ke.trap import answer, no_memory_manager
from ring3k.sched.clock import Clock, HostClock
from ring3k.sched.scheduler import Alarm, Scheduler, Task
from ring3k.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ring3k.hooks.events import Bus

P = TypeVar("P")
Answer = Callable[[KThread], Any]
# (thread, address, 0 read / 1 write / 8 execute) -> None: try again; or an exception's code and parameters
PageFault = Callable[[KThread, int, int], tuple[int, tuple[int, ...]] | None]
# (thread, exception, first chance) -> whether the debugger has dealt with it
Forward = Callable[[KThread, Any, bool], Coroutine[Any, Any, bool]]
# (thread, segment of the image or None when it was unmapped, base): tells the debugger and waits for it
ReportView = Callable[[KThread, Any, int], Coroutine[Any, Any, None]]

TICK_NS = 15_625_000  # NT's clock interrupt on most PCs: 64 a second


class Kernel:
    """What every room reaches through ``t.kernel``."""

    def __init__(self, engine: Engine, bus: Bus, clock: Clock | None = None) -> None:
        self.engine = engine
        self.bus = bus
        self.clock: Clock = clock or HostClock()
        self.scheduler = Scheduler(self.clock)
        self.pool = Pool()
        self.table: dict[int, Answer] = {}  # changed in place only: the loop holds on to it
        self.answer_unknown: Answer = _unknown
        self.answer_fault: Answer = answer
        self.answer_page_fault: PageFault = no_memory_manager
        self.deliver_apc: Callable[[KThread], None] = deliver_apc
        self.forward_exception: Forward | None = None  # asked when the process has a debug or exception port
        self.report_view: ReportView | None = None  # told of image views when the process has a debug port
        self.shut_down: Callable[[], None] = self.stop
        self.on_crash: Callable[[KThread, BaseException], None] = _reraise
        self._parts: dict[type, Any] = {}
        self._stop = False
        self._stopper: Alarm | None = None
        self._ticks: list[Callable[[], None]] = []
        self._at_close: list[Callable[[], None]] = []
        self._spare: Space | None = None
        engine.set_tick(TICK_NS, self._tick)

    # -- parts ------------------------------------------------------------------
    def part(self, kind: type[P]) -> P:
        """The one instance of a room's own state (namespace, process table, ...)."""
        found: P = self._parts[kind]
        return found

    def late_part(self, kind: type[P]) -> P:
        """The one instance of a state that few programs need: made when first asked for.

        By ``kind.for_kernel(kernel)`` if the class has that, else without arguments.
        """
        found: P | None = self._parts.get(kind)
        if found is None:
            make: Callable[[Kernel], P] | None = getattr(kind, "for_kernel", None)
            found = self._parts[kind] = make(self) if make is not None else kind()
        return found

    def add_part(self, part: object, kind: type | None = None) -> None:
        """``kind``: the class that it is asked for by, where that is a base class of a lower room."""
        self._parts[kind or type(part)] = part

    def on_tick(self, action: Callable[[], None]) -> None:
        """Call ``action`` at every clock tick (only while guest code runs, and at the first trap after)."""
        self._ticks.append(action)

    def at_close(self, action: Callable[[], None]) -> None:
        """Call ``action`` when the system is taken apart, once every process is gone."""
        self._at_close.append(action)

    def new_space(self) -> Space:
        """An address space: the one that was made ahead, or another.  EngineError."""
        found, self._spare = self._spare, None
        return found or self.engine.create_space()

    def prepare_space(self) -> None:
        """Make one ahead, while there is time.  EngineError."""
        if self._spare is None:
            self._spare = self.engine.create_space()

    def close(self) -> None:
        """Give back what parts hold of the host.  May be called twice."""
        if self._spare is not None:
            self._spare.destroy()
            self._spare = None
        while self._at_close:
            self._at_close.pop()()

    def set_clock_interval(self, units: int) -> None:
        """Tick every so many 100 ns units."""
        self.engine.set_tick(units * 100, self._tick)

    def clock_changed(self) -> None:
        """Time went on, or was set: whatever shows it is brought up to date."""
        for action in self._ticks:
            action()

    def debug_print(self, t: KThread, text: str) -> None:
        """What a program tells its debugger."""
        if self.bus.hears(DebugPrint):
            self.bus.emit(DebugPrint(t.process.pid, t.tid, text))

    def _look_at_clock(self) -> None:
        self.clock_changed()
        self.scheduler.run_alarms()

    def _tick(self) -> None:
        """The engine's clock interrupt, from inside its wait()."""
        self._look_at_clock()
        if self.scheduler.ready:
            self.engine.wake()

    # -- the loop ----------------------------------------------------------------
    def stop(self) -> None:
        """Make ``run`` return soon."""
        self._stop = True
        self._stopper = self.scheduler.alarm(0, _nothing)  # serve() looks at the alarms after every call

    def run(self, deadline: int | None = None) -> None:
        """Answer traps until ``stop`` is called or interrupt time reaches ``deadline``."""
        self._stop = False
        scheduler, engine, table = self.scheduler, self.engine, self.table
        serve, ready, alarms, sleep_ns = engine.serve, scheduler.ready, scheduler.alarms, self.clock.sleep_ns
        end = None if deadline is None else scheduler.alarm(deadline, self.stop)
        try:
            while True:
                if ready:
                    scheduler.run_ready()
                if self._stop:
                    return
                due = None
                if alarms:
                    due = alarms[0][0] if alarms[0][2].action is not None else scheduler.next_due()
                try:
                    guest = serve(-1 if due is None else sleep_ns(due), table, ready, alarms)
                except ThreadExit:
                    self._current().die()
                except Exception as error:
                    t = self._current(error)
                    self._settle(t, self._crashed(t, error))
                else:
                    if guest:
                        self._answer(guest)
                    elif guest is None:
                        self._look_at_clock()
        finally:
            if end is not None:
                end.cancel()
            if self._stopper is not None:
                self._stopper.cancel()

    def _current(self, error: Exception | None = None) -> KThread:
        """Whose call raised an exception; one of the engine's own goes on."""
        guest = self.engine.current
        if guest is None:
            raise error or EngineError("a thread ended outside of a system call")
        t: KThread = guest.owner
        return t

    def _answer(self, guest: GuestThread) -> None:
        """A trap that ``serve`` did not finish."""
        t = guest.owner
        result, guest.answer = guest.answer, None
        if guest.trap != Trap.SYSCALL:
            self._trap(guest, t)
            return
        if result is NotImplemented:
            try:
                result = self.answer_unknown(t)
            except NtError as error:
                result = error.status
            except ThreadExit:
                t.die()
                return
            except Exception as error:
                result = self._crashed(t, error)
        self._settle(t, result)

    def _settle(self, t: KThread, result: Any) -> None:
        """Go on with what a handler returned."""
        if result is None or isinstance(result, int):
            self.leave(t, result)
        else:
            self.drive(t, result)

    def system_call(self, t: KThread) -> Any:
        """The handler's result for the call in the thread's registers (eax, arg_base)."""
        return self.table.get(t.guest.eax, self.answer_unknown)(t)

    def drive(self, t: KThread, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a handler that may wait; the thread leaves the kernel when it returns."""
        if t.stop_waiters:  # it may wait for long, and is out of guest code already
            t.note_stopped()
        try:
            suspension = coroutine.send(None)
        except StopIteration as stop:
            self.leave(t, stop.value)
        except NtError as error:
            self.leave(t, error.status)
        except ThreadExit:
            t.die()
        except Exception as error:
            self.leave(t, self._crashed(t, error))
        else:
            if t.ended:  # by its own doing
                coroutine.close()
                return
            task = Task(coroutine, self._finished, t)
            t.tasks.append(task)
            self.scheduler.attach(task, suspension)
            if t.guest.trap:
                t.guest.rest()

    def _finished(self, task: Task, result: Any, error: BaseException | None) -> None:
        t: KThread = task.owner
        t.tasks.remove(task)
        if error is not None:
            if isinstance(error, ThreadExit):
                t.die()
                return
            result = error.status if isinstance(error, NtError) else self._crashed(t, error)
        self.leave(t, result)

    def _trap(self, guest: GuestThread, t: KThread | None) -> None:
        """Anything but a system call."""
        if t is None or t.ended:
            return
        trap = guest.trap
        if trap == Trap.INTERRUPT:
            self.leave(t, None)
            return
        if trap == Trap.DEAD:
            t.host_died()
            return
        try:
            result = t.started() if trap == Trap.STARTED else self.answer_fault(t)
        except ThreadExit:
            t.die()
            return
        except Exception as error:  # run again, the fault would only come again
            self._crashed(t, error)
            t.process.terminate(STATUS_INTERNAL_ERROR)
            return
        if result is None or isinstance(result, int):
            self.leave(t, result)
        else:
            self.drive(t, result)

    # -- the door ------------------------------------------------------------------
    def leave(self, t: KThread, status: int | None) -> None:
        """Back to guest code, unless something is pending.

        ``status`` None: the registers are as they shall be.
        """
        if t.ended:
            return
        if t.stop_waiters and not t.staying:
            t.note_stopped()
        guest = t.guest
        if status is not None:
            if guest.trap == 1 and not t.pending:  # Trap.SYSCALL; an enumeration costs a look-up
                guest.finish(status)
                return
            guest.eax = status & 0xFFFFFFFF
        if t.pending and not self._pass_door(t):
            return
        guest.resume()

    def _pass_door(self, t: KThread) -> bool:
        """Whether a thread with something pending may go on to guest code, and with what registers."""
        if t.staying:
            t.staying = False
            t.update_pending()
            return False
        if t.suspend_count or t.holds:
            t.parked = True
            if t.queue is not None:
                t.queue.blocked()
            return False
        if t.leaving is not None:
            action, t.leaving = t.leaving, None
            coroutine = action()
            if coroutine is not None:
                self.drive(t, coroutine)
                return False
        t.new_registers = False
        if t.user_apc_pending and t.user_apcs:
            try:
                self.deliver_apc(t)
            except ThreadExit:
                t.die()
            except Exception as error:
                self._crashed(t, error)
        t.update_pending()
        return not t.ended

    def _crashed(self, t: KThread, error: BaseException) -> int:
        """A fault of ours: tell, and let the guest see a failed call.

        It is none when the call has ended its own process (a thread that it let go on broke it), and
        then wants to write to the memory that is gone.
        """
        if not (t.ended and isinstance(error, EngineError)):
            self.on_crash(t, error)
        return STATUS_INTERNAL_ERROR


def _nothing() -> None:
    """An alarm that is only there to be seen."""


def _unknown(t: KThread) -> int:
    return STATUS_INVALID_SYSTEM_SERVICE


def _reraise(t: KThread, error: BaseException) -> None:
    raise error
