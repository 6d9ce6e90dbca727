"""Requests: operations on files, from the call to the status block (NT's IRP).

A handler makes a ``Request`` and gives it, with a method of the file object, to
``perform``.  The method returns a status when the operation is over; or it
keeps the request somewhere, calls ``pend`` and returns STATUS_PENDING, and
later somebody calls ``complete``, once.  ``cancel`` ends a pending request; so do
the end of its thread, NtCancelIoFile and the alert of a thread that waits in it.

How an operation ends is NT's: status block, then the event signalled, then the
APC; or, without an APC, a packet to the file's completion port if the caller gave
a context.  The file object is signalled in place of an event that was not given,
and a synchronous one always.  An operation that fails at once does none of this:
the caller has the status.  One that was pending and fails does, except on a
synchronous file, whose caller has the status, too.

While a request is pending it holds its file and its event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from struct import Struct

from ring3k.abi.access import EVENT_MODIFY_STATE
from ring3k.abi.status import (
    STATUS_ALERTED,
    STATUS_CANCELLED,
    STATUS_END_OF_FILE,
    STATUS_INVALID_PARAMETER,
    STATUS_PENDING,
    STATUS_USER_APC,
    GuestFault,
    NtError,
    is_success,
)
from ring3k.abi.structs.fileinfo import FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FILE_SKIP_SET_EVENT_ON_HANDLE
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import Out
from ring3k.engine.protocol import Native
from ring3k.ex.event import Event
from ring3k.io.completion import PACKET_COST
from ring3k.io.file import FileObject
from ring3k.ke.dispatcher import Dispatcher
from ring3k.ke.thread import KThread, UserApc
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.sched.scheduler import Suspension

STATUS_BLOCK = Struct("<II")  # of a 32-bit guest: written so often that it is worth a short way


def set_status(block: Out[IO_STATUS_BLOCK], status: int, information: int) -> None:
    """Write a status block."""
    block.memory.write(block.address, STATUS_BLOCK.pack(status, information))


def leave(queue: deque[Any], one: Any) -> None:
    """Take what is cancelled out of a queue: the newest comes first, and is not to be looked for."""
    if queue[-1] is one:
        queue.pop()
    else:
        queue.remove(one)


Operation = Callable[["Request"], int]
Cancel = Callable[["Request"], None]
ERROR = 0xC0000000  # statuses from here on are errors
REQUEST_COST = 512  # of pool, while pending
READ, WRITE, OTHER = range(3)  # Request.kind
_NATIVE = {READ: Native.READ_FILE, WRITE: Native.WRITE_FILE}


class Request:
    """One operation.  What it is about (buffer, offset, ...) is set by the handler that makes it."""

    __slots__ = (
        "block", "buffer", "code", "context", "done", "ended", "event", "file", "information", "input",
        "input_address", "key", "kind", "length", "offset", "on_cancel", "owner", "packet", "pages", "pended",
        "routine", "status", "t",
    )  # fmt: skip

    def __init__(
        self,
        t: KThread,
        file: FileObject,
        block: Out[IO_STATUS_BLOCK],
        event: Event | None = None,
        routine: int = 0,
        context: int = 0,
    ) -> None:
        self.t = t
        self.file = file
        self.block = block
        self.event = event
        self.routine = routine
        self.context = context
        # What is to be done
        self.buffer: Any = None  # the guest's buffer
        self.length = 0  # of the buffer, in bytes
        self.pages: list[int] | None = None  # scatter and gather: where the buffer's pages are
        self.offset = 0
        self.key = 0
        self.code = 0  # a control code, an information class, a filter
        self.input: Any = b""  # of a control; what a listing, a lock, a watch is asked besides
        self.input_address = 0  # where that came from
        self.kind = OTHER  # how it counts in the process' IO_COUNTERS
        # How it goes
        self.information = 0  # IO_STATUS_BLOCK.Information
        self.status = STATUS_PENDING
        self.pended = False
        self.ended = False
        self.packet = False  # a completion packet's cost is charged
        self.on_cancel: Cancel | None = None
        self.owner: Any = None  # for the driver that keeps it
        self.done: Done | Suspension[None] | None = None  # of a synchronous file: its caller waits for this

    def pend(self, on_cancel: Cancel | None = None) -> int:
        """The operation is not over yet: STATUS_PENDING.  ``on_cancel`` takes it out of wherever it is kept.

        STATUS_INSUFFICIENT_RESOURCES when too much is pending.
        """
        self.t.kernel.pool.charge(REQUEST_COST)
        self.pended = True
        self.on_cancel = on_cancel
        self.file.reference()
        if self.file.plain is not None:
            self.file.plain.judge()
        if self.event is not None:
            self.event.reference()
        self.t.requests[self] = None
        file = self.file
        if file.requests is None:
            file.requests = {}
        file.requests[self] = None
        return STATUS_PENDING

    def cancel(self, status: int = STATUS_CANCELLED) -> None:
        """End it without result, if it has not ended."""
        if self.ended:
            return
        if self.on_cancel is not None:
            self.on_cancel(self)
        self.complete(status, 0)

    def complete(self, status: int, information: int = 0) -> None:
        """A pending operation is over.  The second time does nothing."""
        if self.ended:
            return
        self.information = information
        if self.file.synchronous and status >= ERROR:
            self.ended, self.status = True, status
            self._signal_file()
        else:
            self.finish(status)
        self.t.requests.pop(self, None)
        if self.file.requests is not None:
            self.file.requests.pop(self, None)
        self.t.kernel.pool.release(REQUEST_COST)
        if self.done is not None:
            self.done.complete(None)
        if self.event is not None:
            self.event.dereference()
        if self.packet:
            self._drop_packet()
        self.file.dereference()

    def finish(self, status: int) -> int:
        """Tell everybody who is to know that the operation is over; the status."""
        self.ended, self.status = True, status
        file, t = self.file, self.t
        with suppress(GuestFault):
            set_status(self.block, status, self.information)
        if self.event is not None:
            self.event.set()
        if (self.event is None or file.synchronous) and not file.skips & FILE_SKIP_SET_EVENT_ON_HANDLE:
            self._signal_file()
        t.process.io_counters[self.kind + 3] += self.information
        if self.routine:
            with suppress(NtError):
                t.queue_apc(UserApc(self.routine, self.context, self.block.address, 0))
        elif file.port is not None and self.context and not self._is_skipped(status):
            charged, self.packet = self.packet, False
            with suppress(NtError):  # a port that came while this was pending
                file.port.post(file.key, self.context, status, self.information, charged=charged)
        return status

    def _is_skipped(self, status: int) -> bool:
        """Whether the caller wants no packet of what ended at once, and well."""
        skips = self.file.skips & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS
        if not skips or self.pended or not is_success(status):
            return False
        if self.packet:
            self._drop_packet()
        return True

    def _drop_packet(self) -> None:
        """There will be none."""
        self.packet = False
        self.t.kernel.pool.release(PACKET_COST)

    def _signal_file(self) -> None:
        file = self.file
        if not file.state:
            file.state = True
            if file.waiters:
                file.signalled()


def leave_to_engine(t: KThread, handle: int, file: FileObject, kind: int) -> None:
    """Let the engine do the next read or write of a quick file, if it needs no judgement."""
    if file.plain is not None and file.is_plain(kind):
        t.memory.set_plain_file(handle, file.plain, file.fd, _NATIVE[kind], t.process.io_counters)


def at_once(
    t: KThread, file: FileObject, block: Out[IO_STATUS_BLOCK], kind: int, now: tuple[int, int]
) -> int:
    """What is left to do after an operation that needed no request, though it could have waited."""
    status, done = now
    counters = t.process.io_counters
    counters[kind] += 1
    counters[kind + 3] += done
    with suppress(GuestFault):
        set_status(block, status, done)
    if not file.state:
        file.state = True
        if file.waiters:
            file.signalled()
    return status


class Done(Dispatcher):
    """What the caller of a synchronous operation waits for, if he can be alerted."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request

    def can_take(self, thread: KThread) -> bool:
        return self.request.ended

    def complete(self, value: None) -> None:
        self.signalled()


class Turn(Dispatcher):
    """A place in the queue for a synchronous file."""

    def __init__(self) -> None:
        super().__init__()
        self.given = False

    def can_take(self, thread: KThread) -> bool:
        return self.given


def begin(
    t: KThread,
    file: FileObject,
    block: Out[IO_STATUS_BLOCK],
    event: int = 0,
    routine: int = 0,
    context: int = 0,
) -> Request:
    """A request as NtReadFile and its like begin it: the event is looked up; bad handles are refused.

    A file with a completion port takes no APCs.
    """
    if routine and file.port is not None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not event:
        return Request(t, file, block, None, routine, context)
    return Request(t, file, block, t.handles.get(event, Event, EVENT_MODIFY_STATE), routine, context)


def perform(request: Request, operation: Operation) -> int | Coroutine[Any, Any, int]:
    """Do it: the status, or the wait for it."""
    file = request.file
    if not file.synchronous:
        return _start(request, operation)
    if file.busy is not None:
        return _in_turn(request, operation)
    file.busy = request
    waits = False
    try:
        status = _start(request, operation)
        waits = status == STATUS_PENDING and not request.ended
    finally:
        if not waits:
            _next(file)
    return _wait(request) if waits else request.status


def perform_and_wait(request: Request, operation: Operation) -> int | Coroutine[Any, Any, int]:
    """The same for calls that tell of no end later: their callers wait, whatever the file."""
    status = perform(request, operation)
    waits = status == STATUS_PENDING and not request.file.synchronous
    return _result(request) if waits else status


def _start(request: Request, operation: Operation) -> int:
    if request.event is not None:
        request.event.reset()
    file = request.file
    file.state = False
    request.t.process.io_counters[request.kind] += 1
    if file.port is not None and request.context:
        request.t.kernel.pool.charge(PACKET_COST)
        request.packet = True
        status = ERROR
        try:
            status = operation(request)
        finally:
            if status >= ERROR and not request.pended:
                request._drop_packet()
    else:
        status = operation(request)
    if request.pended:
        return STATUS_PENDING
    request.status = status
    if status < ERROR or (status == STATUS_END_OF_FILE and file.synchronous):
        request.finish(status)
    return status


async def _in_turn(request: Request, operation: Operation) -> int:
    """Wait until the operation before has ended, then do it."""
    file, turn = request.file, Turn()
    file.reference()
    turns = file.turns
    if turns is None:
        turns = file.turns = deque()
    turns.append(turn)
    try:
        status = await request.t.wait((turn,), alertable=file.alertable)
        if status in (STATUS_ALERTED, STATUS_USER_APC):
            return status
        turn.given = False
        try:
            if _start(request, operation) == STATUS_PENDING and not request.ended:
                await _result(request)
        finally:
            _next(file)
        return request.status
    finally:
        if turn in turns:
            turns.remove(turn)
        elif turn.given:  # it was ours, and we are gone
            _next(file)
        file.dereference()


async def _wait(request: Request) -> int:
    try:
        return await _result(request)
    finally:
        _next(request.file)


async def _result(request: Request) -> int:
    """Wait for a pending request of a synchronous file; an alert cancels it where the file allows."""
    if not request.ended:
        file, t = request.file, request.t
        queue = t.queue
        file.reference()
        try:
            if file.alertable:
                request.done = Done(request)
                await t.wait((request.done,), alertable=True)
            elif queue is None:
                request.done = t.kernel.scheduler.suspension()
                await request.done
            else:
                request.done = t.kernel.scheduler.suspension()
                queue.blocked()
                try:
                    await request.done
                finally:
                    queue.unblocked()
        finally:
            request.cancel()
            file.dereference()
    return request.status


def _next(file: FileObject) -> None:
    """A synchronous operation has ended: the next one's turn."""
    file.busy = None
    if file.turns:
        turn = file.turns.popleft()
        turn.given = True
        file.busy = _TAKEN
        turn.signalled()


_TAKEN: Any = object()  # somebody's turn, not begun yet
