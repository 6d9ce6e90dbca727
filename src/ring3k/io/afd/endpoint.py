"""Sockets: file objects of \\Device\\Afd, each with a socket of the host's.

The host's socket never blocks.  What cannot be done at once waits as a request in
one of the endpoint's queues, and the endpoint in the kernel's set of host
descriptors (``ke.host``), armed for what its queues, its polls and its selected
events need (``wanted``).  ``ready`` is where all that comes back in: it takes note
of what has become of the connection, serves the queues, notes events and answers
polls, in that order.

A host reports things about sockets that were never connected which Windows does
not; so such are not asked about at all.
"""

from __future__ import annotations

from collections import deque
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP
from select import poll as host_poll
from socket import MSG_PEEK, SO_ERROR, SO_OOBINLINE, SOL_SOCKET, socket

from ring3k.abi.status import STATUS_CONNECTION_RESET, STATUS_INVALID_HANDLE, GuestFault, NtError
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.structs.afd import FAMILY_UNSPEC, POLL, STREAM
from ring3k.io.afd.errors import status_of
from ring3k.io.afd.selection import Selection
from ring3k.io.file import FileObject
from ring3k.ke.host import HostEvents
from ring3k.typed import TYPE_CHECKING, Any, IntEnum

if TYPE_CHECKING:
    from ring3k.io.afd.device import AfdDevice
    from ring3k.io.afd.poll import Poll
    from ring3k.io.device import Opening
    from ring3k.io.request import Request
    from ring3k.ke.host import Watch

ALL = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP
TROUBLE = EPOLLERR | EPOLLHUP
_RESET = (104, 32)  # ECONNRESET, EPIPE
_AGAIN = 11


class State(IntEnum):
    """What has become of a socket."""

    UNCONNECTED = 0
    LISTENING = 1
    CONNECTING = 2
    CONNECTED = 3
    CONNECTIONLESS = 4


class Endpoint(FileObject):
    """One socket; only a device's handle until IOCTL CREATE gives it a host's socket."""

    device: AfdDevice

    def __init__(self, device: AfdDevice, how: Opening) -> None:
        super().__init__(device, how)
        self.host: socket | None = None
        self.watch: Watch | None = None
        self.owner = 0  # the process that it counts for
        self.family, self.kind, self.protocol = FAMILY_UNSPEC, 0, 0
        self.state_of = State.UNCONNECTED
        self.local = b""  # its address, as Windows writes it; empty: not bound
        self.peer = b""
        self.bound: tuple[int, bytes] | None = None  # in the device's table of bound addresses
        # Settings
        self.nonblocking = False
        self.reuse = self.sole = False  # SO_REUSEADDR, SO_EXCLUSIVEADDRUSE
        self.receive_buffer = self.send_buffer = 0
        self.receive_timeout = self.send_timeout = 0  # milliseconds; 0: none
        self.linger: tuple[int, int] = (0, 0)
        # How the connection is
        self.connected_at = 0
        self.receive_shut = self.send_shut = False
        self.shut_when_sent = False
        self.hung_up = False  # the other side will send no more, and all it sent is read
        self.aborted = self.reset = False
        self.errors: dict[int, int] = {}  # POLL bit: the host's error
        # Who waits
        self.reads: deque[Request] = deque()
        self.writes: deque[Request] = deque()
        self.accepts: deque[Request] = deque()
        self.connect: Request | None = None
        self.accepted: Request | None = None  # accepts into this one, and waits for the first data
        self.idle: dict[Request, None] = {}  # wait for what never happens here
        self.polls: dict[Poll, None] = {}
        self.deferred: Endpoint | None = None  # accepted, and to be accepted once more
        self.kept = False  # it is such a one: closing its handles does not end it
        self.selected = Selection()

    # -- life ------------------------------------------------------------------------------
    def attach(self, host: socket, family: int, kind: int, protocol: int, owner: int) -> None:
        """Give it the host's socket."""
        host.setblocking(False)
        self.detach()
        self.host, self.owner = host, owner
        self.family, self.kind, self.protocol = family, kind, protocol
        self.device.count(owner, 1)
        self.watch = self.kernel.late_part(HostEvents).watch(host.fileno(), self.happened)

    def detach(self) -> None:
        """Close the host's socket."""
        if self.watch is not None:
            self.watch.close()
            self.watch = None
        if self.host is not None:
            self.device.count(self.owner, -1)
            self.host.close()
            self.host = None

    def defer(self, other: Endpoint) -> None:
        """The next accept shall give this connection."""
        other.reference()
        self.drop_deferred()
        self.deferred, other.kept = other, True

    def take_deferred(self) -> Endpoint | None:
        """Give it, with the reference to it."""
        found, self.deferred = self.deferred, None
        if found is not None:
            found.kept = False
        return found

    def drop_deferred(self) -> None:
        """Nobody accepted it."""
        found = self.take_deferred()
        if found is not None:
            found.dereference()

    def on_close(self, process: Any) -> None:
        if not self.kept:
            super().on_close(process)

    def cleanup(self) -> None:
        self.drop_deferred()
        for queue in (self.reads, self.writes, self.accepts, self.idle):
            for request in tuple(queue):
                request.cancel()
        for one in (self.connect, self.accepted):
            if one is not None:
                one.cancel()
        for poll in tuple(self.polls):
            poll.note(self, POLL.CLOSE, 0, always=True)
        self.selected.choose(None, 0)
        self.device.unbind(self)
        self.detach()
        self.state_of = State.UNCONNECTED

    @property
    def live(self) -> socket:
        """The host's socket; STATUS_INVALID_HANDLE."""
        if self.host is None:
            raise NtError(STATUS_INVALID_HANDLE)
        return self.host

    @property
    def stream(self) -> bool:
        return self.kind == STREAM

    # -- what happened -----------------------------------------------------------------------
    def happened(self, events: int) -> None:
        """The host's socket is ready for something it was armed for."""
        self.ready(events)
        self.arm()

    def look(self) -> None:
        """Ask the host now."""
        wanted = self.wanted()
        if wanted and self.host is not None:
            ask = host_poll()
            ask.register(self.host, wanted)
            for _, events in ask.poll(0):
                self.ready(events)
        self.arm()

    def ready(self, events: int) -> None:
        """Take note of what the host says."""
        before, error = self.state_of, 0
        if self.host is None or before == State.UNCONNECTED:
            return
        if before == State.CONNECTIONLESS:
            if events & EPOLLERR:  # the next receive will tell
                events = events & ~TROUBLE | EPOLLIN
        elif events & TROUBLE:
            error = self.take_error()
        if before == State.CONNECTING:
            events = self._connected(events)
        elif before == State.CONNECTED:
            events, error = self._see_end(events, error)
        events = self._serve(events, error)
        self._note_events(before, events)
        if self.polls:
            flags = self.flags(events)
            status = status_of(error)
            for poll in tuple(self.polls):
                poll.note(self, flags, status)

    def take_error(self) -> int:
        """The host's error, which is gone from there; remembered here."""
        if self.host is None:
            return 0
        error: int = self.host.getsockopt(SOL_SOCKET, SO_ERROR)
        state = self.state_of
        if state == State.CONNECTED and error in _RESET:
            self.reset = True
            return 0
        kind = {State.CONNECTING: POLL.CONNECT_ERR, State.LISTENING: POLL.ACCEPT}.get(state, POLL.HUP)
        if state == State.UNCONNECTED:
            return error
        if error:
            self.errors[kind] = error
        return self.errors.get(kind, 0)

    def _connected(self, events: int) -> int:
        if events & TROUBLE:
            self.state_of = State.UNCONNECTED
            return events & ~(EPOLLOUT | EPOLLIN) | EPOLLERR
        if events & EPOLLOUT:
            self.state_of = State.CONNECTED
            self.connected_at = self.kernel.clock.interrupt_time()
            self.errors.pop(POLL.CONNECT_ERR, None)
        return events & ~EPOLLIN

    def _see_end(self, events: int, error: int) -> tuple[int, int]:
        """Whether data that is there is the end of all data."""
        if self.reset:
            return events & ~(EPOLLIN | TROUBLE), error
        end = False
        if events & (EPOLLIN | EPOLLHUP) and self.host is not None:
            try:
                end = not self.host.recv(1, MSG_PEEK)
                events |= EPOLLIN
            except OSError as caught:
                events &= ~EPOLLIN
                if caught.errno in _RESET:
                    self.reset = True
                    return events & ~TROUBLE, 0
                if caught.errno != _AGAIN:
                    error = self.errors[POLL.HUP] = caught.errno or 0
                    events |= EPOLLERR
        if end:
            self.hung_up = True
            events = events & ~EPOLLIN | EPOLLHUP
        elif error:
            self.aborted = True
        return events, error

    # -- requests ----------------------------------------------------------------------------
    def _serve(self, events: int, error: int) -> int:
        """Do what waits, as far as it goes; what of the events is left for others."""
        if events & (EPOLLIN | TROUBLE) and self.accepts:
            self._serve_queue(self.accepts, error)
            events &= ~EPOLLIN
        if self.accepted is not None and (events & (EPOLLIN | TROUBLE) or self.reset):
            self._attempt(self.accepted, error)
        if self.connect is not None and self.state_of != State.CONNECTING:
            self._attempt(self.connect, error)
        if self.reads and (events & (EPOLLIN | EPOLLPRI | TROUBLE) or self.reset):
            self._serve_queue(self.reads, error)
            events &= ~(EPOLLIN | EPOLLPRI)
        if self.writes and (events & (EPOLLOUT | TROUBLE) or self.reset):
            self._serve_queue(self.writes, error)
            events &= ~EPOLLOUT
        return events

    def _serve_queue(self, queue: deque[Request], error: int) -> None:
        while queue and self._attempt(queue[0], error):
            pass

    def _attempt(self, request: Request, error: int) -> bool:
        """Go on with a request; whether it has ended."""
        if self.reset:
            status: int | None = STATUS_CONNECTION_RESET
        elif error:
            status = status_of(error)
        else:
            try:
                status = request.owner.attempt(self)
            except GuestFault as fault:  # the guest took its buffer away
                status = fault.status
        if status is None:
            return False
        request.owner.end(request)
        request.complete(status, request.owner.done)
        return True

    def sent(self) -> None:
        """A write has ended: if it was the last, what waits for that."""
        if self.shut_when_sent and not self.writes:
            self.shut_when_sent = False
            self.device.shut_send(self)

    # -- events -------------------------------------------------------------------------------
    def _note_events(self, before: State, events: int) -> None:
        note = self.selected.note
        if before == State.CONNECTING:
            if self.state_of == State.CONNECTED:
                note(POLL.CONNECT)
                note(POLL.WRITE)
            elif events & TROUBLE:
                note(POLL.CONNECT_ERR)
        elif before == State.LISTENING:
            if events & (EPOLLIN | TROUBLE):
                note(POLL.ACCEPT)
        else:
            if events & EPOLLPRI:
                note(POLL.OOB)
            if events & EPOLLIN:
                note(POLL.READ)
            if events & EPOLLOUT:
                note(POLL.WRITE)
            if self.reset:
                note(POLL.RESET)
            if events & TROUBLE:
                note(POLL.HUP)
        if self.selected.messages is not None:
            self.selected.messages.tell(self)

    # -- polls --------------------------------------------------------------------------------
    def flags(self, events: int) -> int:
        """The host's events as POLL bits."""
        state = self.state_of
        found = POLL.CONNECT if state == State.CONNECTED else 0
        if state == State.UNCONNECTED:
            events &= ~(EPOLLOUT | EPOLLHUP | EPOLLRDHUP)
        if events & EPOLLIN:
            found |= POLL.ACCEPT if state == State.LISTENING else POLL.READ
        if events & EPOLLPRI:
            found |= POLL.READ if self.inline else POLL.OOB
        if events & EPOLLOUT and state != State.CONNECTING:
            found |= POLL.WRITE
        if events & (EPOLLHUP | EPOLLRDHUP) and self.stream:
            found |= POLL.HUP
        if events & EPOLLERR:
            found |= POLL.CONNECT_ERR
        if self.reset:
            found |= POLL.RESET
        return found

    @property
    def inline(self) -> bool:
        """Whether urgent data comes with the rest."""
        return self.host is not None and bool(self.host.getsockopt(SOL_SOCKET, SO_OOBINLINE))

    # -- what to ask the host for ----------------------------------------------------------------
    def arm(self) -> None:
        """To be called whenever something that ``wanted`` looks at has changed."""
        if self.watch is not None:
            self.watch.arm(self.wanted())

    def wanted(self) -> int:
        """The host's events that somebody waits for."""
        state = self.state_of
        if state == State.UNCONNECTED:
            return 0
        if state == State.CONNECTING:
            return EPOLLOUT
        polled = 0
        for poll in self.polls:
            polled |= poll.masks[self]
        wanted = 0
        if polled & (POLL.READ | POLL.ACCEPT):
            wanted |= EPOLLIN
        mask = self.selected.unreported
        if state == State.LISTENING:
            return wanted | (EPOLLIN if self.accepts or mask & POLL.ACCEPT else 0)
        if self.aborted or self.reset or (self.hung_up and self.send_shut and not self.shut_when_sent):
            return 0
        if polled & POLL.HUP and not self.hung_up:
            wanted |= EPOLLRDHUP
        if polled & POLL.OOB:
            wanted |= EPOLLPRI
        if polled & POLL.WRITE or self.writes or (mask & POLL.WRITE and not self.send_shut):
            wanted |= EPOLLOUT
        if self.accepted is not None or self.reads:
            wanted |= EPOLLIN | EPOLLPRI
        else:
            if mask & POLL.HUP and self.stream and not self.selected.reported & POLL.READ:
                wanted |= EPOLLIN
            if mask & POLL.READ and not self.hung_up:
                wanted |= EPOLLIN
            if mask & POLL.OOB and not self.hung_up:
                wanted |= EPOLLPRI
        return wanted

    # -- as a file -------------------------------------------------------------------------------
    def read(self, request: Request) -> int:
        from ring3k.io.afd.transfer import read

        return read(self, request)

    def write(self, request: Request) -> int:
        from ring3k.io.afd.transfer import write

        return write(self, request)

    def device_control(self, request: Request) -> int:
        return self.device.control(self, request)

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == fi.FILE_INFORMATION_CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        if kind == fi.FILE_INFORMATION_CLASS.FileBasicInformation:
            return fi.FILE_BASIC_INFORMATION(FileAttributes=st.FILE_ATTRIBUTE_NORMAL).pack()
        return super().query_information(kind, length)

    def keep(self, request: Request) -> int:
        """Keep a request for ever: of something that never happens here."""
        status = request.pend(self._forget_idle)
        self.idle[request] = None
        return status

    def _forget_idle(self, request: Request) -> None:
        del self.idle[request]
