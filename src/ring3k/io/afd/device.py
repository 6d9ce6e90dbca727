"""\\Device\\Afd: sockets.

What is opened, whatever name follows the device's, is a socket-to-be: the control
NET.CREATE gives it family, type and protocol, as the socket library of Wine does it.
(Windows' own libraries say that in an extended attribute of the open; none of them
runs here yet.)  Until then it is good for polling, as on Windows.

A system that may not use the network has the device and makes no sockets: programs
see WSAENETDOWN.  Raw sockets need rights that programs do not have.
"""

from __future__ import annotations

import socket as host_socket
from resource import RLIMIT_NOFILE, getrlimit

from ring3k.abi import status as st
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.abi.structs.io import FILE_DEVICE_NAMED_PIPE
from ring3k.io.afd import address as addresses
from ring3k.io.afd import errors
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.device import Device, Opening
from ring3k.io.network import Network
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.file import FileObject
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

MOST_OF_PROCESS = 8192  # sockets
SYN_RETRIES = 3  # a connection attempt ends after about as long as on Windows
PROTOCOLS = {afd.STREAM: 6, afd.DATAGRAM: 17}  # TCP, UDP
HOST_TYPES = {afd.STREAM: host_socket.SOCK_STREAM, afd.DATAGRAM: host_socket.SOCK_DGRAM}


class AfdDevice(Device):
    """The device, and what its sockets share."""

    device_type = FILE_DEVICE_NAMED_PIPE

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._owners: dict[int, int] = {}  # process: its sockets
        self._sockets = 0
        self._most = max(16, getrlimit(RLIMIT_NOFILE)[0] // 2)
        self._bound: dict[tuple[int, bytes], list[Endpoint]] = {}
        self._controls: dict[int, Callable[[Endpoint, Request], int]] = {}

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        return Endpoint(self, how)

    # -- controls ------------------------------------------------------------------------
    def control(self, endpoint: Endpoint, request: Request) -> int:
        controls = self._controls or self._load()
        found = controls.get(request.code)
        if found is None:
            return st.STATUS_NOT_SUPPORTED
        if endpoint.host is None and request.code not in (afd.NET.CREATE, afd.IOCTL_AFD_POLL):
            return st.STATUS_INVALID_PARAMETER
        return found(endpoint, request)

    def _load(self) -> dict[int, Callable[[Endpoint, Request], int]]:
        from ring3k.io.afd import (
            accept,
            connection,
            events,
            interfaces,
            messages,
            options,
            poll,
            transfer,
            transmit,
        )

        net = afd.NET
        self._controls = {
            **options.CONTROLS,
            afd.IOCTL_AFD_BIND: connection.bind,
            afd.IOCTL_AFD_LISTEN: accept.listen,
            afd.IOCTL_AFD_RECV: transfer.afd_recv,
            afd.IOCTL_AFD_POLL: poll.poll,
            afd.IOCTL_AFD_GETSOCKNAME: connection.getsockname,
            afd.IOCTL_AFD_EVENT_SELECT: events.event_select,
            afd.IOCTL_AFD_GET_EVENTS: events.get_events,
            net.CREATE: create,
            net.ACCEPT: accept.accept,
            net.ACCEPT_INTO: accept.accept_into,
            net.CONNECT: connection.connect,
            net.DEFER: accept.defer,
            net.SHUTDOWN: connection.shutdown,
            net.RECVMSG: transfer.recvmsg,
            net.SENDMSG: transfer.sendmsg,
            net.TRANSMIT: transmit.transmit,
            net.MESSAGE_SELECT: messages.message_select,
            net.GETPEERNAME: connection.getpeername,
            net.GET_INTERFACE_LIST: interfaces.interface_list,
        }
        return self._controls

    # -- how many ------------------------------------------------------------------------
    def count(self, owner: int, change: int) -> None:
        """A socket of a process comes or goes.  STATUS_TOO_MANY_OPENED_FILES."""
        mine = self._owners.get(owner, 0) + change
        if change > 0 and (mine > MOST_OF_PROCESS or self._sockets >= self._most):
            raise NtError(st.STATUS_TOO_MANY_OPENED_FILES)
        self._sockets += change
        if mine:
            self._owners[owner] = mine
        else:
            del self._owners[owner]

    # -- addresses -----------------------------------------------------------------------
    def check_free(self, endpoint: Endpoint, address: addresses.HostAddress) -> None:
        """STATUS_SHARING_VIOLATION, or STATUS_ACCESS_DENIED to one that wants to share."""
        if not endpoint.stream or not address[1]:
            return
        others = self._bound.get((endpoint.family, addresses.pack(address)), ())
        if any(not (endpoint.reuse and other.reuse) for other in others):
            raise NtError(st.STATUS_ACCESS_DENIED if endpoint.reuse else st.STATUS_SHARING_VIOLATION)

    def bind(self, endpoint: Endpoint) -> None:
        """Remember its address."""
        if endpoint.stream:
            endpoint.bound = (endpoint.family, endpoint.local)
            self._bound.setdefault(endpoint.bound, []).append(endpoint)

    def unbind(self, endpoint: Endpoint) -> None:
        """Forget it again."""
        if endpoint.bound is not None:
            others = self._bound[endpoint.bound]
            others.remove(endpoint)
            if not others:
                del self._bound[endpoint.bound]
            endpoint.bound = None

    def take_name(self, endpoint: Endpoint) -> None:
        """Ask the host for the socket's address."""
        try:
            endpoint.local = addresses.pack(endpoint.live.getsockname())
        except OSError:
            endpoint.local = b""

    def take_peer(self, endpoint: Endpoint) -> None:
        """Ask it for the other side's."""
        try:
            endpoint.peer = addresses.pack(endpoint.live.getpeername())
        except OSError:  # gone already
            endpoint.peer = b""

    def shut_send(self, endpoint: Endpoint) -> None:
        """Tell the other side that no more will come."""
        try:
            endpoint.live.shutdown(host_socket.SHUT_WR)
        except OSError:
            return  # not connected (any more)


# -- making one ------------------------------------------------------------------------------
def create(endpoint: Endpoint, request: Request) -> int:
    """NET.CREATE."""
    if len(request.input) != afd.AFD_CREATE.size or endpoint.host is not None:
        return st.STATUS_INVALID_PARAMETER
    family, kind, protocol, _ = afd.AFD_CREATE.unpack(request.input)
    device = endpoint.device
    if not device.kernel.part(Network).allowed:
        return errors.wsa_status(errors.WSAENETDOWN)
    if family not in addresses.HOST_FAMILY:
        return errors.wsa_status(errors.WSAEAFNOSUPPORT)
    if kind == afd.RAW:
        return errors.wsa_status(errors.WSAEACCES)
    if kind not in HOST_TYPES:
        return errors.wsa_status(errors.WSAESOCKTNOSUPPORT)
    if protocol not in (0, PROTOCOLS[kind]):
        return errors.wsa_status(errors.WSAEPROTONOSUPPORT)
    try:
        host = host_socket.socket(addresses.HOST_FAMILY[family], HOST_TYPES[kind], protocol)
    except OSError as error:
        return errors.wsa_status(errors.wsa_of(error.errno or 0) - errors.SO_ERROR_BASE)
    try:
        endpoint.attach(host, family, kind, protocol, request.t.process.pid)
        _set_up(endpoint, host)
    except NtError:
        host.close()
        return errors.wsa_status(errors.WSAEMFILE)
    return 0


def _set_up(endpoint: Endpoint, host: host_socket.socket) -> None:
    """Windows' defaults, where the host has others."""
    if endpoint.family == afd.FAMILY_INET6:
        host.setsockopt(host_socket.IPPROTO_IPV6, host_socket.IPV6_V6ONLY, 1)
    if endpoint.stream:
        host.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_REUSEADDR, 1)  # as for connections that linger
        host.setsockopt(host_socket.IPPROTO_TCP, host_socket.TCP_SYNCNT, SYN_RETRIES)
        endpoint.state_of = State.UNCONNECTED
    else:
        endpoint.state_of = State.CONNECTIONLESS
    endpoint.receive_buffer = host.getsockopt(host_socket.SOL_SOCKET, host_socket.SO_RCVBUF)
    endpoint.send_buffer = host.getsockopt(host_socket.SOL_SOCKET, host_socket.SO_SNDBUF)
