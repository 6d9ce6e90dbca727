"""Debug objects (XP and later): a queue of events between processes and their debugger.

A thread that has something to tell puts an event here and waits until the
debugger continues it.  Events of attaching are there without a thread that
waits: those threads are suspended instead, and resumed with their event.

A debugger sees one event of a process at a time: the next one only after the
first was continued.  When the last handle is closed the debuggees are let go, or
end with STATUS_DEBUGGER_INACTIVE if the object was made to kill them.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_DEBUGGER_INACTIVE,
    STATUS_INVALID_PARAMETER,
    STATUS_PORT_ALREADY_SET,
    NtError,
)
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.ps.dbgk import Message
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread
    from ring3k.sched.scheduler import Suspension


class DebugEvent:
    """Something a thread tells; ``answer`` is where it waits, None for an event of attaching."""

    __slots__ = ("answer", "message", "read", "suspended", "thread")

    def __init__(self, thread: Thread, message: Message, answer: Suspension[int] | None) -> None:
        self.thread = thread
        self.message = message
        self.answer = answer
        self.read = False  # the debugger has it
        self.suspended = False  # the thread is, until this event is continued
        thread.reference()

    def finish(self, status: int) -> None:
        """The debugger's answer: the thread goes on."""
        if self.suspended:
            self.suspended = False
            self.thread.resume()
        if self.answer is not None:
            self.answer.complete(status)
        self.message.release()
        self.thread.dereference()


class DebugObject(Object, Dispatcher):
    """What a debugger waits on.  Signalled while there is an event that it has not seen."""

    type_name = "DebugObject"
    security_required = True

    def __init__(self, kernel: Kernel, kill_on_close: bool) -> None:
        super().__init__(kernel)
        self.kill_on_close = kill_on_close
        self.events: deque[DebugEvent] = deque()
        self.processes: list[Process] = []  # whose debug port it is
        self.closing = False

    def can_take(self, thread: KThread) -> bool:
        return self.closing or self.next() is not None

    # -- from the debuggee ---------------------------------------------------------------
    async def report(self, t: Thread, message: Message) -> int:
        """Tell the debugger, and wait for its answer."""
        event = DebugEvent(t, message, t.kernel.scheduler.suspension())
        self.add(event)
        try:
            return await event.answer  # type: ignore[misc,no-any-return]
        finally:
            if event in self.events:
                self.events.remove(event)
                event.finish(STATUS_DEBUGGER_INACTIVE)

    def add(self, event: DebugEvent) -> None:
        self.events.append(event)
        if self.waiters and self.can_take(event.thread):
            self.signalled()

    # -- from the debugger ---------------------------------------------------------------
    def next(self) -> DebugEvent | None:
        """The first event of a process that has none before it."""
        busy: set[Process] = set()
        for event in self.events:
            process = event.thread.process
            if process in busy:
                continue
            if not event.read:
                return event
            busy.add(process)
        return None

    def continue_(self, pid: int, tid: int, status: int) -> None:
        """Answer an event that the debugger has seen.  STATUS_INVALID_PARAMETER."""
        for event in self.events:
            if event.thread.process.pid == pid and event.thread.tid == tid and event.read:
                self.events.remove(event)
                event.finish(status)
                if self.waiters and self.can_take(event.thread):
                    self.signalled()
                return
        raise NtError(STATUS_INVALID_PARAMETER)

    # -- processes -------------------------------------------------------------------------
    def attach(self, process: Process) -> None:
        """Become a process's debug port.  STATUS_PORT_ALREADY_SET, STATUS_DEBUGGER_INACTIVE."""
        if process.debug_port is not None:
            raise NtError(STATUS_PORT_ALREADY_SET)
        if self.closing:
            raise NtError(STATUS_DEBUGGER_INACTIVE)
        process.debug_port = self
        self.reference()
        self.processes.append(process)
        process.mark_debugged(True)

    def detach(self, process: Process) -> None:
        """Let a process go: what it has told is answered with STATUS_DEBUGGER_INACTIVE."""
        if process.debug_port is not self:
            return
        process.debug_port = None
        self.ended(process)
        process.mark_debugged(False)
        for event in tuple(self.events):
            if event.thread.process is process:
                self.events.remove(event)
                event.finish(STATUS_DEBUGGER_INACTIVE)
        self.dereference()

    def ended(self, process: Process) -> None:
        """A process is gone; it stays a debug port's for whoever asks, but is no longer killed."""
        with suppress(ValueError):
            self.processes.remove(process)

    def on_close(self, process: Any) -> None:
        """The last handle takes the debuggees along, or lets them go."""
        if self.handle_count or self.closing:
            return
        self.closing = True
        if self.waiters:
            self.signalled()
        for one in tuple(self.processes):
            self.detach(one)
            if self.kill_on_close:
                one.terminate(STATUS_DEBUGGER_INACTIVE)
        while self.events:  # of processes that ended untold
            self.events.popleft().finish(STATUS_DEBUGGER_INACTIVE)
