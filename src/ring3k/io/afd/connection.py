"""Sockets and their partners: bind, connect, shut down, and the names of both sides.

A port that a socket of this system is bound to cannot be bound again, unless both
ask for that: Windows says so at once, the host would only when both listen.
"""

from __future__ import annotations

from ring3k.abi import status as st
from ring3k.abi.structs import afd
from ring3k.abi.structs.afd import FAMILY_INET
from ring3k.engine.hostfile import unconnect
from ring3k.io.afd import address as addresses
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.io.afd.waiting import Waiting
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.request import Request

IN_PROGRESS = (115, 11)  # EINPROGRESS, EAGAIN
CONNECTION_REFUSED = 111
NOWHERE = ("0.0.0.0", "::")  # noqa: S104 - to bind to, not to go to


# -- bind ------------------------------------------------------------------------------------------
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
        endpoint.selected.choose(None, 0)
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
