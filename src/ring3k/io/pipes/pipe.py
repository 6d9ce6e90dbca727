"""Named pipes: the name, its instances, and the states these go through.

An instance has a server end, for as long as that is open, and at times a client
end.  It is *listening* from its creation, *connected* once a client has opened
the name, *closing* when one end is gone (what was written can still be read),
*disconnected* when the server said so; then the client's end is good for nothing.
The name lives as long as it has an instance.

NT oddities kept: the instance of a closed server counts until its client is closed
too; all who wait for a name are told when one instance listens.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_PIPE_BROKEN,
    STATUS_PIPE_CLOSING,
    STATUS_PIPE_CONNECTED,
    STATUS_PIPE_DISCONNECTED,
    STATUS_PIPE_LISTENING,
    NtError,
)
from ring3k.abi.structs.io import PIPE_COMPLETION_MODE, PIPE_STATE
from ring3k.io.pipes.queue import DataQueue
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.pipes.device import PipeDevice
    from ring3k.io.pipes.file import PipeEnd
    from ring3k.io.pipes.security import PipeClient
    from ring3k.io.request import Request

INBOUND, OUTBOUND, DUPLEX = range(3)  # NamedPipeConfiguration: where data may go, as the server sees it
UNLIMITED = 0xFFFFFFFF


class PipeParameters:
    """What NtCreateNamedPipeFile is told beside what any open is."""

    __slots__ = (
        "by_message", "completion_mode", "default_timeout", "inbound_quota", "maximum", "outbound_quota",
        "read_mode",
    )  # fmt: skip

    def __init__(
        self,
        by_message: bool,
        read_mode: int,
        completion_mode: int,
        maximum: int,
        inbound_quota: int,
        outbound_quota: int,
        default_timeout: int | None,
    ) -> None:
        self.by_message = by_message
        self.read_mode = read_mode
        self.completion_mode = completion_mode
        self.maximum = maximum
        self.inbound_quota = inbound_quota
        self.outbound_quota = outbound_quota
        self.default_timeout = default_timeout


class NamedPipe:
    """A name, and what all of its instances have in common."""

    def __init__(self, device: PipeDevice, name: str, configuration: int, made: PipeParameters) -> None:
        self.device = device
        self.name = name  # with its backslash
        self.configuration = configuration
        self.by_message = made.by_message
        self.maximum = made.maximum
        self.default_timeout = made.default_timeout or 0
        self.instances = 0
        self.listening: dict[Instance, None] = {}  # who has listened longest first
        self.security: Any = None  # se.descriptor.Descriptor, kept by the monitor

    def set_security(self, descriptor: Any) -> None:
        """Another descriptor."""
        monitor = self.device.kernel.part(SecurityMonitor)
        before, self.security = self.security, monitor.keep(descriptor)
        if before is not None:
            monitor.drop(before)

    def first_listening(self) -> Instance | None:
        return next(iter(self.listening), None)


class Instance:
    """One instance: at most one server and one client."""

    def __init__(self, pipe: NamedPipe, made: PipeParameters) -> None:
        pool = pipe.device.kernel.pool
        self.pipe = pipe
        self.state: int = PIPE_STATE.FILE_PIPE_DISCONNECTED_STATE
        self.server: PipeEnd | None = None
        self.client: PipeEnd | None = None
        self.inbound = DataQueue(pool, made.inbound_quota)
        self.outbound = DataQueue(pool, made.outbound_quota)
        self.listens: dict[Request, None] = {}
        self.session = self.process = 0  # of the client, as FSCTL_PIPE_QUERY_CLIENT_PROCESS tells
        self.pids = [0, 0]  # of the processes of the client and the server
        self.context: PipeClient | None = None  # what the client allows its server
        pipe.instances += 1

    def enter(self, state: int) -> None:
        """Go to a state, and tell who assigned an event to an end."""
        listening = PIPE_STATE.FILE_PIPE_LISTENING_STATE
        if state == listening:
            self.pipe.listening[self] = None
        elif self.state == listening:
            del self.pipe.listening[self]
        self.state = state
        for end in (self.server, self.client):
            if end is not None:
                end.note_event()

    # -- the server -------------------------------------------------------------------
    def listen(self, request: Request, completion_mode: int) -> int:
        """FSCTL_PIPE_LISTEN: wait for a client."""
        state = self.state
        if state == PIPE_STATE.FILE_PIPE_CONNECTED_STATE:
            raise NtError(STATUS_PIPE_CONNECTED)
        if state == PIPE_STATE.FILE_PIPE_CLOSING_STATE:
            raise NtError(STATUS_PIPE_CLOSING)
        if state == PIPE_STATE.FILE_PIPE_DISCONNECTED_STATE:
            self.start_listening()
        if completion_mode == PIPE_COMPLETION_MODE.FILE_PIPE_COMPLETE_OPERATION:
            raise NtError(STATUS_PIPE_LISTENING)
        status = request.pend(self._forget)
        self.listens[request] = None
        return status

    def start_listening(self) -> None:
        self.enter(PIPE_STATE.FILE_PIPE_LISTENING_STATE)
        self.pipe.device.waiters.tell(self.pipe.name)

    def _forget(self, request: Request) -> None:
        del self.listens[request]

    def _end_listens(self, status: int) -> None:
        listens, self.listens = self.listens, {}
        for request in listens:
            request.complete(status)

    def connect(self, client: PipeEnd) -> None:
        """A client has opened it."""
        self.client = client
        self.enter(PIPE_STATE.FILE_PIPE_CONNECTED_STATE)
        self._end_listens(0)

    def disconnect(self) -> None:
        """FSCTL_PIPE_DISCONNECT: the client's end, and all data, is lost."""
        if self.state == PIPE_STATE.FILE_PIPE_DISCONNECTED_STATE:
            raise NtError(STATUS_PIPE_DISCONNECTED)
        client = self.client
        self.enter(PIPE_STATE.FILE_PIPE_DISCONNECTED_STATE)
        self._end_listens(STATUS_PIPE_DISCONNECTED)
        self._clear(STATUS_PIPE_DISCONNECTED)
        if client is not None:
            client.instance = None
            self.client = None
        self.drop_context()

    def _clear(self, status: int) -> None:
        self.inbound.clear(status)
        self.outbound.clear(status)

    def drop_context(self) -> None:
        """Nobody can impersonate the client any more."""
        context, self.context = self.context, None
        if context is not None:
            context.release()

    # -- closing ----------------------------------------------------------------------
    def close(self, end: PipeEnd) -> None:
        """An end is closed.  What it wrote can still be read; whoever waits for it is told."""
        server = end is self.server
        if server:
            self.server = None
        else:
            self.client = None
        end.instance = None
        if self.state == PIPE_STATE.FILE_PIPE_CONNECTED_STATE:
            self.enter(PIPE_STATE.FILE_PIPE_CLOSING_STATE)
            mine, others = (self.inbound, self.outbound) if server else (self.outbound, self.inbound)
            mine.clear(STATUS_PIPE_BROKEN)
            others.end_reads(STATUS_PIPE_BROKEN)
        if self.server is None and self.client is None:
            self._end()

    def _end(self) -> None:
        """Nobody has an end of it."""
        self.enter(PIPE_STATE.FILE_PIPE_DISCONNECTED_STATE)
        self._end_listens(STATUS_PIPE_BROKEN)
        self._clear(STATUS_PIPE_BROKEN)
        self.drop_context()
        pipe = self.pipe
        pipe.instances -= 1
        if not pipe.instances:
            pipe.device.forget(pipe)
