"""Making connections: bind, listen, accept, connect, shut down, and the names of both sides.

A port that a socket of this system is bound to cannot be bound again, unless both
ask for that: Windows says so at once, the host would only when both listen.
"""

from __future__ import annotations

from ring3k.abi import status as st
from ring3k.abi.access import FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_READ_DATA
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.abi.structs.afd import FAMILY_INET
from ring3k.engine.hostfile import unconnect
from ring3k.io.afd import address as addresses
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.io.device import Opening
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from ring3k.io.request import Request

MOST_BACKLOG = 4096
IN_PROGRESS = (115, 11)  # EINPROGRESS, EAGAIN
CONNECTION_REFUSED = 111
NOWHERE = ("0.0.0.0", "::")  # noqa: S104 - to bind to, not to go to
ACCEPTED_ACCESS = FILE_GENERIC_READ | FILE_GENERIC_WRITE


class Waiting:
    """What a request of this file keeps while it waits."""

    done = 0  # IO_STATUS_BLOCK.Information

    def __init__(self, request: Request, forget: Callable[[Request], None]) -> None:
        self.request = request
        self.forget = forget

    def end(self, request: Request) -> None:
        self.forget(request)

    def attempt(self, endpoint: Endpoint) -> int | None:
        raise NotImplementedError


# -- bind, listen -----------------------------------------------------------------------------
def bind(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_BIND: the input is four bytes and an address, the output the address that it became."""
    raw = request.input[4 : 4 + addresses.LONGEST]
    if len(raw) < 2 or request.length < len(request.input) - 4:
        return st.STATUS_INVALID_PARAMETER
    if endpoint.local:
        return st.STATUS_ADDRESS_ALREADY_ASSOCIATED
    if len(raw) < addresses.LENGTH[endpoint.family]:
        return st.STATUS_ACCESS_VIOLATION
    address = addresses.parse(raw, endpoint.family)
    device = endpoint.device
    device.check_free(endpoint, address)
    try:
        endpoint.live.bind(address)
    except OSError as error:
        if error.errno == 98 and endpoint.reuse:  # EADDRINUSE
            return st.STATUS_ACCESS_DENIED
        return status_of(error.errno)
    device.take_name(endpoint)
    device.bind(endpoint)
    if len(endpoint.local) <= request.length:
        request.buffer.write(endpoint.local)
        request.information = len(endpoint.local)
    return 0


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


# -- accept -----------------------------------------------------------------------------------
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
    endpoint.pending = endpoint.reported = 0
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
    new.select(listener.event, listener.mask)
    new.reference()
    try:
        handle: int = t_handles.insert(new, ACCEPTED_ACCESS, inherit=True)  # type: ignore[attr-defined]
    finally:
        new.dereference()
    if listener.messages is not None:
        new.select(None, listener.mask, listener.messages.of(handle))
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
    endpoint.again(afd.POLL.ACCEPT)
    deferred = endpoint.take_deferred()
    if deferred is not None:
        try:
            handle: int = request.t.handles.insert(deferred, ACCEPTED_ACCESS, inherit=True)
        finally:
            deferred.dereference()
        if deferred.messages is not None:
            deferred.select(None, deferred.mask, deferred.messages.of(handle))
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
        listener.again(afd.POLL.ACCEPT)
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


# -- connect ----------------------------------------------------------------------------------
class Connect(Waiting):
    """A connection in the making, and perhaps data to send once it is made."""

    def __init__(self, request: Request, forget: Callable[[Request], None], data: bytes) -> None:
        super().__init__(request, forget)
        self.data = data

    def attempt(self, endpoint: Endpoint) -> int | None:
        if endpoint.state_of == State.UNCONNECTED:
            return status_of(endpoint.errors.get(afd.POLL.CONNECT_ERR, CONNECTION_REFUSED))
        if endpoint.state_of != State.CONNECTED:
            return None
        while self.done < len(self.data):
            try:
                self.done += endpoint.live.send(self.data[self.done :])
            except BlockingIOError:
                return None
            except OSError as error:
                return status_of(error.errno)
        return 0


def _may_connect(endpoint: Endpoint, synchronous: bool) -> int:
    if not synchronous and not endpoint.local:
        return st.STATUS_INVALID_PARAMETER
    if endpoint.accepted is not None or endpoint.connect is not None:
        return st.STATUS_INVALID_PARAMETER
    state = endpoint.state_of
    if state == State.LISTENING:
        return st.STATUS_INVALID_PARAMETER
    if state == State.CONNECTING:
        return st.STATUS_ADDRESS_ALREADY_ASSOCIATED if synchronous else st.STATUS_INVALID_PARAMETER
    return st.STATUS_CONNECTION_ACTIVE if state == State.CONNECTED else 0


def connect(endpoint: Endpoint, request: Request) -> int:
    """NET.CONNECT."""
    given = request.input
    if len(given) < afd.AFD_CONNECT.size:
        return st.STATUS_BUFFER_TOO_SMALL
    length, synchronous = afd.AFD_CONNECT.unpack_from(given)
    start = afd.AFD_CONNECT.size
    if not 0 <= length <= len(given) - start:
        return st.STATUS_BUFFER_TOO_SMALL
    status = _may_connect(endpoint, bool(synchronous))
    if status:
        return status
    raw, data = given[start : start + min(length, addresses.LONGEST)], given[start + length :]
    if not endpoint.stream and not any(raw[2:8]) and (raw[:2] == b"\0\0" or endpoint.family == FAMILY_INET):
        return _dissolve(endpoint)
    address = addresses.parse(raw, endpoint.family)
    if address[0] in NOWHERE or (endpoint.stream and not address[1]):
        return _refuse(request, st.STATUS_INVALID_ADDRESS_COMPONENT, bool(synchronous))
    error = endpoint.live.connect_ex(address)
    if error == 103:  # ECONNABORTED: of the attempt before
        error = endpoint.live.connect_ex(address)
    if error and error not in IN_PROGRESS:
        return _refuse(request, status_of(error), bool(synchronous))
    endpoint.device.take_name(endpoint)
    endpoint.peer = addresses.pack(address)
    if not endpoint.stream:
        return 0
    endpoint.errors.clear()
    endpoint.state_of = State.CONNECTED if not error else State.CONNECTING
    endpoint.connected_at = endpoint.kernel.clock.interrupt_time()
    if synchronous and endpoint.nonblocking:
        endpoint.arm()
        return st.STATUS_DEVICE_NOT_READY if error else 0

    def forget(request: Request) -> None:
        endpoint.connect = None
        endpoint.arm()

    waiting = Connect(request, forget, data)
    if error:  # on this computer that is soon over
        endpoint.look()
    found = waiting.attempt(endpoint)
    if found is not None:
        request.information = waiting.done
        endpoint.arm()
        return _refuse(request, found, bool(synchronous)) if found else 0
    pending = request.pend(forget)
    request.owner = waiting
    endpoint.connect = request
    endpoint.arm()
    return pending


def _dissolve(endpoint: Endpoint) -> int:
    """A datagram's socket connected to an address of zeros has no partner any more."""
    unconnect(endpoint.live.fileno())
    endpoint.peer = b""
    endpoint.device.take_name(endpoint)
    return 0


def _refuse(request: Request, status: int, synchronous: bool) -> int:
    """There is no connection.  ConnectEx hears of it when it waits: on Windows that takes its time."""
    if synchronous:
        return status
    kernel = request.t.kernel
    pending = request.pend(lambda request: alarm.cancel())
    alarm = kernel.scheduler.alarm(kernel.clock.interrupt_time(), lambda: request.cancel(status))
    return pending


# -- shut down, names -------------------------------------------------------------------------
def shutdown(endpoint: Endpoint, request: Request) -> int:
    """NET.SHUTDOWN."""
    if len(request.input) < afd.INT.size:
        return st.STATUS_BUFFER_TOO_SMALL
    (how,) = afd.ULONG.unpack_from(request.input)
    if how > afd.SHUT_BOTH:
        return st.STATUS_INVALID_PARAMETER
    if endpoint.state_of not in (State.CONNECTED, State.CONNECTIONLESS):
        return st.STATUS_INVALID_CONNECTION
    if how != afd.SHUT_SEND:
        endpoint.receive_shut = True
    if how != afd.SHUT_RECEIVE:
        endpoint.send_shut = True
        if endpoint.writes:
            endpoint.shut_when_sent = True
        else:
            endpoint.device.shut_send(endpoint)
    if how == afd.SHUT_BOTH:
        endpoint.select(None, 0)
        endpoint.nonblocking = True
    endpoint.arm()
    return 0


def _tell(request: Request, name: bytes) -> int:
    if request.length < len(name):
        return st.STATUS_BUFFER_TOO_SMALL
    request.buffer.write(name)
    request.information = len(name)
    return 0


def getsockname(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_GETSOCKNAME."""
    return _tell(request, endpoint.local) if endpoint.local else st.STATUS_INVALID_PARAMETER


def getpeername(endpoint: Endpoint, request: Request) -> int:
    """NET.GETPEERNAME; not while ConnectEx is under way."""
    if (
        endpoint.state_of in (State.UNCONNECTED, State.LISTENING)
        or endpoint.connect is not None
        or not endpoint.peer
    ):
        return st.STATUS_INVALID_CONNECTION
    return _tell(request, endpoint.peer)
