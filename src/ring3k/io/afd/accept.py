"""Listening, and accepting what comes: into a new socket, into one that is there (AcceptEx), later."""

from __future__ import annotations

from ring3k.abi import status as st
from ring3k.abi.access import FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_READ_DATA
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.io.afd.waiting import Waiting
from ring3k.io.device import Opening
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from ring3k.io.request import Request

MOST_BACKLOG = 4096
ACCEPTED_ACCESS = FILE_GENERIC_READ | FILE_GENERIC_WRITE


def listen(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_LISTEN."""
    if len(request.input) < afd.AFD_LISTEN.size:
        return st.STATUS_INVALID_PARAMETER
    if not endpoint.stream:
        return st.STATUS_NOT_SUPPORTED
    if not endpoint.local or endpoint.state_of not in (State.UNCONNECTED, State.LISTENING):
        return st.STATUS_INVALID_PARAMETER
    _, backlog, _ = afd.AFD_LISTEN.unpack_from(request.input)
    try:
        endpoint.live.listen(max(1, min(backlog & 0x7FFFFFFF, MOST_BACKLOG)))
    except OSError as error:
        return status_of(error.errno)
    endpoint.state_of = State.LISTENING
    endpoint.arm()
    return 0


def _accept(endpoint: Endpoint) -> socket | int:
    """The next connection; or why there is none."""
    if endpoint.state_of != State.LISTENING:
        return st.STATUS_INVALID_PARAMETER
    while True:
        try:
            return endpoint.live.accept()[0]
        except ConnectionAbortedError:
            continue  # it came and went
        except OSError as error:
            return status_of(error.errno)


def _connected(endpoint: Endpoint, host: socket, listener: Endpoint) -> None:
    """The endpoint is now this connection."""
    device = listener.device
    device.unbind(endpoint)
    endpoint.attach(host, listener.family, listener.kind, listener.protocol, listener.owner)
    endpoint.state_of = State.CONNECTED
    endpoint.connected_at = endpoint.kernel.clock.interrupt_time()
    endpoint.selected.forget()
    device.take_name(endpoint)
    device.take_peer(endpoint)


def _new(t_handles: object, listener: Endpoint, host: socket) -> int:
    """A new socket's handle for a connection; it is as the listening one is."""
    how = listener.how
    new = Endpoint(listener.device, Opening(ACCEPTED_ACCESS, how.share, how.disposition, how.options))
    try:
        _connected(new, host, listener)
    except NtError:
        host.close()
        raise
    new.nonblocking = listener.nonblocking
    new.reuse, new.sole = listener.reuse, listener.sole
    new.receive_buffer, new.send_buffer = listener.receive_buffer, listener.send_buffer
    new.receive_timeout, new.send_timeout = listener.receive_timeout, listener.send_timeout
    new.linger = listener.linger
    selected = listener.selected
    new.selected.choose(selected.event, selected.mask, selected.messages)
    new.reference()
    try:
        handle: int = t_handles.insert(new, ACCEPTED_ACCESS, inherit=True)  # type: ignore[attr-defined]
    finally:
        new.dereference()
    new.selected.called(handle)
    new.arm()
    return handle


class Accept(Waiting):
    """A plain accept that waits."""

    def attempt(self, endpoint: Endpoint) -> int | None:
        request = self.request
        try:
            status = _accept_now(endpoint, request)
        except NtError as error:
            return error.status
        self.done = request.information
        return None if status == st.STATUS_DEVICE_NOT_READY else status


def _accept_now(endpoint: Endpoint, request: Request) -> int:
    endpoint.selected.again(afd.POLL.ACCEPT)
    deferred = endpoint.take_deferred()
    if deferred is not None:
        try:
            handle: int = request.t.handles.insert(deferred, ACCEPTED_ACCESS, inherit=True)
        finally:
            deferred.dereference()
        deferred.selected.called(handle)
    else:
        host = _accept(endpoint)
        if isinstance(host, int):
            return host
        handle = _new(request.t.handles, endpoint, host)
    request.buffer.write(afd.ULONG.pack(handle))
    request.information = afd.ULONG.size
    return 0


def accept(endpoint: Endpoint, request: Request) -> int:
    """NET.ACCEPT: the output is the handle."""
    if request.length < afd.ULONG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    status = st.STATUS_DEVICE_NOT_READY if endpoint.accepts else _accept_now(endpoint, request)
    if status != st.STATUS_DEVICE_NOT_READY or endpoint.nonblocking:
        endpoint.arm()
        return status
    return _queue(endpoint, request, Accept)


def _queue(endpoint: Endpoint, request: Request, kind: type[Waiting]) -> int:
    def forget(request: Request) -> None:
        if request in endpoint.accepts:
            endpoint.accepts.remove(request)
        endpoint.arm()

    status = request.pend(forget)
    request.owner = kind(request, forget)
    endpoint.accepts.append(request)
    endpoint.arm()
    return status


class AcceptInto(Waiting):
    """AcceptEx: first the connection, then perhaps its first data."""

    def __init__(
        self,
        request: Request,
        forget: Callable[[Request], None],
        into: Endpoint,
        listener: Endpoint,
        room: int,
        local: int,
    ) -> None:
        super().__init__(request, forget)
        self.into, self.listener = into, listener
        self.room, self.local = room, local
        self.connected = False

    def attempt(self, endpoint: Endpoint) -> int | None:
        if not self.connected:
            status = self._connect()
            if status is not None or not self.connected:
                return status
            if not self.room:
                return self._fill(b"")
        return self._first_data()

    def _connect(self) -> int | None:
        """Accept; a status when that was not to be, or not yet."""
        listener, into = self.listener, self.into
        listener.selected.again(afd.POLL.ACCEPT)
        host = _accept(listener)
        if isinstance(host, int):
            return None if host == st.STATUS_DEVICE_NOT_READY else host
        _connected(into, host, listener)
        self.connected = True
        if self.request in listener.accepts:
            listener.accepts.remove(self.request)
        into.arm()
        return None

    def _first_data(self) -> int | None:
        if not self.connected:
            return None
        try:
            data = self.into.live.recv(min(self.room, 1 << 18))
        except BlockingIOError:
            return None
        except OSError as error:
            return status_of(error.errno)
        return self._fill(data)

    def _fill(self, data: bytes) -> int:
        """Data, then both addresses, each with its length in front."""
        buffer, into = self.request.buffer, self.into
        parts = [(self.room + self.local, into.peer, self.request.length - self.room - self.local)]
        if self.local:
            parts.append((self.room, into.local, self.local))
        for at, address, room in parts:
            if room < len(address) + afd.INT.size:
                return st.STATUS_BUFFER_TOO_SMALL
            buffer.write(afd.INT.pack(len(address)) + address, at)
        if data:
            buffer.write(data)
        self.done = len(data)
        return 0


def accept_into(endpoint: Endpoint, request: Request) -> int:
    """NET.ACCEPT_INTO."""
    if len(request.input) != afd.AFD_ACCEPT_INTO.size:
        return st.STATUS_BUFFER_TOO_SMALL
    handle, room, local = afd.AFD_ACCEPT_INTO.unpack(request.input)
    if request.length < room or request.length - room < local:
        return st.STATUS_BUFFER_TOO_SMALL
    if request.length - room - local < afd.INT.size or 0 < local < afd.INT.size:
        return st.STATUS_INVALID_PARAMETER
    into: Endpoint = request.t.handles.get(handle, Endpoint, FILE_READ_DATA)
    if into.accepted is not None or into.state_of != State.UNCONNECTED or into.host is None or into.polls:
        return st.STATUS_INVALID_PARAMETER
    if endpoint.state_of != State.LISTENING or into is endpoint:
        return st.STATUS_INVALID_PARAMETER

    def forget(request: Request) -> None:
        into.accepted = None
        if request in endpoint.accepts:
            endpoint.accepts.remove(request)
        into.arm()
        endpoint.arm()

    waiting = AcceptInto(request, forget, into, endpoint, room, local)
    if not endpoint.accepts:
        status = waiting.attempt(endpoint)
        if status is not None:
            request.information = waiting.done
            into.arm()
            endpoint.arm()
            return status
    pending = request.pend(forget)
    request.owner = waiting
    into.accepted = request
    if not waiting.connected:
        endpoint.accepts.append(request)
    into.arm()
    endpoint.arm()
    return pending


def defer(endpoint: Endpoint, request: Request) -> int:
    """NET.DEFER: the next accept gives this connection, which was accepted already."""
    if len(request.input) < afd.ULONG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    (handle,) = afd.ULONG.unpack_from(request.input)
    other: Endpoint = request.t.handles.get(handle, Endpoint, 0)
    if endpoint.state_of != State.LISTENING or other.state_of != State.CONNECTED or other is endpoint:
        return st.STATUS_INVALID_PARAMETER
    endpoint.defer(other)
    return 0
