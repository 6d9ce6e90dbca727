"""Socket options and the small controls: what getsockopt, setsockopt and ioctlsocket ask.

Most options are the host's own under other numbers.  Kept here instead: time-outs
(requests keep them), the sharing of addresses (``connection``), buffer sizes as they
were asked for, and a linger time, for which the host would block; only "do not
linger at all" (reset the connection) is told to it.
"""

from __future__ import annotations

import socket as host_socket
from fcntl import ioctl
from socket import IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET
from struct import pack

from ring3k.abi import status as st
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.abi.structs.afd import NET
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of, wsa_of
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.request import Request

    Control = Callable[[Endpoint, Request], int]

LONGEST = 64  # bytes of an option
SECOND = 10_000_000
FIONREAD, SIOCATMARK = 0x541B, 0x8905
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23
PMTUDISC_DONT, PMTUDISC_DO = 0, 2
LEAST_BUFFER, MOST_BUFFER = 65536, 1 << 24
IP_ADD_SOURCE, IP_DROP_SOURCE, IP_BLOCK_SOURCE, IP_UNBLOCK_SOURCE = 39, 40, 38, 37


def _give(request: Request, data: bytes) -> int:
    """Answer with an option's value, as much of it as is asked for."""
    if not request.length:
        return st.STATUS_BUFFER_TOO_SMALL
    data = data[: request.length]
    request.buffer.write(data)
    request.information = len(data)
    return 0


def _whole(request: Request, value: int) -> int:
    """The same where less than the whole will not do."""
    if request.length < afd.ULONG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    return _give(request, afd.ULONG.pack(value & 0xFFFFFFFF))


def _number(request: Request) -> int:
    """What the input is.  STATUS_BUFFER_TOO_SMALL."""
    if len(request.input) < afd.ULONG.size:
        raise NtError(st.STATUS_BUFFER_TOO_SMALL)
    number: int = afd.ULONG.unpack_from(request.input)[0]
    return number


def _tell_host(endpoint: Endpoint, level: int, option: int, value: int | bytes) -> int:
    try:
        endpoint.live.setsockopt(level, option, value)
    except OSError as error:
        return status_of(error.errno)
    return 0


# -- options that are the host's ------------------------------------------------------------
def _get(level: int, option: int) -> Control:
    def get(endpoint: Endpoint, request: Request) -> int:
        try:
            value = endpoint.live.getsockopt(level, option, min(request.length, LONGEST) or 4)
        except OSError as error:
            return status_of(error.errno)
        return _give(request, value)

    return get


def _set(level: int, option: int) -> Control:
    def set_(endpoint: Endpoint, request: Request) -> int:
        return _tell_host(endpoint, level, option, bytes(request.input[:LONGEST]))

    return set_


def _dont_fragment(level: int, option: int) -> tuple[Control, Control]:
    def get(endpoint: Endpoint, request: Request) -> int:
        try:
            return _give(request, afd.ULONG.pack(endpoint.live.getsockopt(level, option) != PMTUDISC_DONT))
        except OSError as error:
            return status_of(error.errno)

    def set_(endpoint: Endpoint, request: Request) -> int:
        return _tell_host(endpoint, level, option, PMTUDISC_DO if _number(request) else PMTUDISC_DONT)

    return get, set_


def _source(option: int) -> Control:
    """ip_mreq_source: Windows has group, source, interface; the host group, interface, source."""

    def set_(endpoint: Endpoint, request: Request) -> int:
        given = bytes(request.input)
        if len(given) < 12:
            return st.STATUS_INVALID_PARAMETER
        return _tell_host(endpoint, IPPROTO_IP, option, given[:4] + given[8:12] + given[4:8])

    return set_


# -- options that are kept here ---------------------------------------------------------------
def get_error(endpoint: Endpoint, request: Request) -> int:
    error = endpoint.take_error() or next(iter(endpoint.errors.values()), 0)
    return _whole(request, wsa_of(error))


def get_linger(endpoint: Endpoint, request: Request) -> int:
    return _give(request, pack("<HH", *endpoint.linger))


def set_linger(endpoint: Endpoint, request: Request) -> int:
    if len(request.input) < 4:
        return st.STATUS_BUFFER_TOO_SMALL
    on, seconds = (int.from_bytes(request.input[at : at + 2], "little") for at in (0, 2))
    endpoint.linger = (on, seconds)
    abort = 1 if on and not seconds else 0
    return _tell_host(endpoint, SOL_SOCKET, host_socket.SO_LINGER, pack("ii", abort, 0))


def _kept(name: str) -> Control:
    """A number that the endpoint keeps."""

    def get(endpoint: Endpoint, request: Request) -> int:
        return _whole(request, getattr(endpoint, name))

    return get


def _buffer(name: str, option: int) -> tuple[Control, Control]:
    def set_(endpoint: Endpoint, request: Request) -> int:
        size = _number(request)
        wanted = max(LEAST_BUFFER, min(size, MOST_BUFFER))
        status = _tell_host(endpoint, SOL_SOCKET, option, wanted)
        if not status:
            setattr(endpoint, name, size)
        return status

    return _kept(name), set_


def _timeout(name: str) -> tuple[Control, Control]:
    def set_(endpoint: Endpoint, request: Request) -> int:
        setattr(endpoint, name, _number(request))
        return 0

    return _kept(name), set_


def get_reuse(endpoint: Endpoint, request: Request) -> int:
    return _give(request, afd.ULONG.pack(endpoint.reuse))


def set_reuse(endpoint: Endpoint, request: Request) -> int:
    wanted = bool(_number(request))
    if wanted and endpoint.sole:
        return st.STATUS_INVALID_PARAMETER
    endpoint.reuse = wanted
    if not endpoint.stream:
        endpoint.live.setsockopt(SOL_SOCKET, host_socket.SO_REUSEADDR, endpoint.reuse)
    return 0


def get_exclusive(endpoint: Endpoint, request: Request) -> int:
    return _give(request, afd.ULONG.pack(endpoint.sole))


def set_exclusive(endpoint: Endpoint, request: Request) -> int:
    wanted = bool(_number(request))
    if wanted and endpoint.reuse:
        return st.STATUS_INVALID_PARAMETER
    endpoint.sole = wanted
    return 0


def get_listening(endpoint: Endpoint, request: Request) -> int:
    return _whole(request, endpoint.state_of == State.LISTENING)


def get_connect_time(endpoint: Endpoint, request: Request) -> int:
    seconds = 0xFFFFFFFF
    if endpoint.state_of == State.CONNECTED:
        seconds = (endpoint.kernel.clock.interrupt_time() - endpoint.connected_at) // SECOND
    return _whole(request, seconds)


def get_info(endpoint: Endpoint, request: Request) -> int:
    if request.length < 12:
        return st.STATUS_BUFFER_TOO_SMALL
    return _give(request, pack("<iii", endpoint.family, endpoint.kind, endpoint.protocol))


# -- controls ---------------------------------------------------------------------------------
def fionbio(endpoint: Endpoint, request: Request) -> int:
    number = _number(request)
    if not number and endpoint.selected.mask:  # events are selected
        return st.STATUS_INVALID_PARAMETER
    endpoint.nonblocking = bool(number)
    return 0


def _ask(endpoint: Endpoint, code: int) -> int | None:
    """A control of the host's with a number as the answer."""
    try:
        return int.from_bytes(ioctl(endpoint.live.fileno(), code, bytes(4)), "little")
    except OSError:
        return None


def fionread(endpoint: Endpoint, request: Request) -> int:
    found = 0 if endpoint.state_of == State.LISTENING else _ask(endpoint, FIONREAD)
    return st.STATUS_INVALID_PARAMETER if found is None else _whole(request, found)


def siocatmark(endpoint: Endpoint, request: Request) -> int:
    """Windows says whether *no* urgent data is next."""
    if endpoint.inline:
        return _whole(request, 1)
    found = _ask(endpoint, SIOCATMARK)
    return st.STATUS_INVALID_PARAMETER if found is None else _whole(request, not found)


def keepalive(endpoint: Endpoint, request: Request) -> int:
    if len(request.input) < afd.AFD_KEEPALIVE.size:
        return st.STATUS_BUFFER_TOO_SMALL
    on, first, between = afd.AFD_KEEPALIVE.unpack_from(request.input)
    host = endpoint.live
    try:
        host.setsockopt(SOL_SOCKET, host_socket.SO_KEEPALIVE, 1 if on else 0)
        if on:
            host.setsockopt(IPPROTO_TCP, host_socket.TCP_KEEPIDLE, _seconds(first))
            host.setsockopt(IPPROTO_TCP, host_socket.TCP_KEEPINTVL, _seconds(between))
    except OSError:
        return st.STATUS_INVALID_PARAMETER
    return 0


def _seconds(milliseconds: int) -> int:
    return max(1, min((milliseconds + 500) // 1000, 32767))


def complete(endpoint: Endpoint, request: Request) -> int:
    """End as the input says: the library did the work itself."""
    if len(request.input) != afd.ULONG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    return _number(request)


def address_list_change(endpoint: Endpoint, request: Request) -> int:
    """The host's addresses do not change."""
    number = _number(request)
    if endpoint.nonblocking and not number:
        return st.STATUS_DEVICE_NOT_READY
    return endpoint.keep(request)


_receive_buffer = _buffer("receive_buffer", host_socket.SO_RCVBUF)
_send_buffer = _buffer("send_buffer", host_socket.SO_SNDBUF)
_dont_fragment_ip = _dont_fragment(IPPROTO_IP, IP_MTU_DISCOVER)
_dont_fragment_ipv6 = _dont_fragment(IPPROTO_IPV6, IPV6_MTU_DISCOVER)
_receive_timeout = _timeout("receive_timeout")
_send_timeout = _timeout("send_timeout")

CONTROLS: dict[int, Control] = {
    NET.FIONBIO: fionbio,
    NET.FIONREAD: fionread,
    NET.SIOCATMARK: siocatmark,
    NET.KEEPALIVE_VALS: keepalive,
    NET.COMPLETE_ASYNC: complete,
    NET.ADDRESS_LIST_CHANGE: address_list_change,
    NET.GET_INFO: get_info,
    NET.GET_SO_ACCEPTCONN: get_listening,
    NET.GET_SO_ERROR: get_error,
    NET.GET_SO_LINGER: get_linger,
    NET.SET_SO_LINGER: set_linger,
    NET.GET_SO_RCVBUF: _receive_buffer[0],
    NET.SET_SO_RCVBUF: _receive_buffer[1],
    NET.GET_SO_SNDBUF: _send_buffer[0],
    NET.SET_SO_SNDBUF: _send_buffer[1],
    NET.GET_SO_RCVTIMEO: _receive_timeout[0],
    NET.SET_SO_RCVTIMEO: _receive_timeout[1],
    NET.GET_SO_SNDTIMEO: _send_timeout[0],
    NET.SET_SO_SNDTIMEO: _send_timeout[1],
    NET.GET_SO_REUSEADDR: get_reuse,
    NET.SET_SO_REUSEADDR: set_reuse,
    NET.GET_SO_EXCLUSIVEADDRUSE: get_exclusive,
    NET.SET_SO_EXCLUSIVEADDRUSE: set_exclusive,
    NET.GET_SO_CONNECT_TIME: get_connect_time,
    NET.GET_IP_DONTFRAGMENT: _dont_fragment_ip[0],
    NET.SET_IP_DONTFRAGMENT: _dont_fragment_ip[1],
    NET.GET_IPV6_DONTFRAG: _dont_fragment_ipv6[0],
    NET.SET_IPV6_DONTFRAG: _dont_fragment_ipv6[1],
    NET.SET_IP_ADD_SOURCE_MEMBERSHIP: _source(IP_ADD_SOURCE),
    NET.SET_IP_DROP_SOURCE_MEMBERSHIP: _source(IP_DROP_SOURCE),
    NET.SET_IP_BLOCK_SOURCE: _source(IP_BLOCK_SOURCE),
    NET.SET_IP_UNBLOCK_SOURCE: _source(IP_UNBLOCK_SOURCE),
}

_HOST_OPTIONS = (  # the codes to get and to set (0: none), the host's level and option
    (NET.GET_SO_BROADCAST, NET.SET_SO_BROADCAST, SOL_SOCKET, host_socket.SO_BROADCAST),
    (NET.GET_SO_KEEPALIVE, NET.SET_SO_KEEPALIVE, SOL_SOCKET, host_socket.SO_KEEPALIVE),
    (NET.GET_SO_OOBINLINE, NET.SET_SO_OOBINLINE, SOL_SOCKET, host_socket.SO_OOBINLINE),
    (NET.GET_TCP_NODELAY, NET.SET_TCP_NODELAY, IPPROTO_TCP, host_socket.TCP_NODELAY),
    (NET.GET_TCP_KEEPALIVE, NET.SET_TCP_KEEPALIVE, IPPROTO_TCP, host_socket.TCP_KEEPIDLE),
    (NET.GET_TCP_KEEPCNT, NET.SET_TCP_KEEPCNT, IPPROTO_TCP, host_socket.TCP_KEEPCNT),
    (NET.GET_TCP_KEEPINTVL, NET.SET_TCP_KEEPINTVL, IPPROTO_TCP, host_socket.TCP_KEEPINTVL),
    (0, NET.SET_IP_ADD_MEMBERSHIP, IPPROTO_IP, host_socket.IP_ADD_MEMBERSHIP),
    (0, NET.SET_IP_DROP_MEMBERSHIP, IPPROTO_IP, host_socket.IP_DROP_MEMBERSHIP),
    (NET.GET_IP_MULTICAST_IF, NET.SET_IP_MULTICAST_IF, IPPROTO_IP, host_socket.IP_MULTICAST_IF),
    (NET.GET_IP_MULTICAST_LOOP, NET.SET_IP_MULTICAST_LOOP, IPPROTO_IP, host_socket.IP_MULTICAST_LOOP),
    (NET.GET_IP_MULTICAST_TTL, NET.SET_IP_MULTICAST_TTL, IPPROTO_IP, host_socket.IP_MULTICAST_TTL),
    (NET.GET_IP_PKTINFO, NET.SET_IP_PKTINFO, IPPROTO_IP, 8),
    (NET.GET_IP_RECVTTL, NET.SET_IP_RECVTTL, IPPROTO_IP, 12),
    (NET.GET_IP_RECVTOS, NET.SET_IP_RECVTOS, IPPROTO_IP, 13),
    (NET.GET_IP_TOS, NET.SET_IP_TOS, IPPROTO_IP, host_socket.IP_TOS),
    (NET.GET_IP_TTL, NET.SET_IP_TTL, IPPROTO_IP, host_socket.IP_TTL),
    (NET.GET_IP_UNICAST_IF, NET.SET_IP_UNICAST_IF, IPPROTO_IP, 50),
    (0, NET.SET_IPV6_ADD_MEMBERSHIP, IPPROTO_IPV6, 20),
    (0, NET.SET_IPV6_DROP_MEMBERSHIP, IPPROTO_IPV6, 21),
    (NET.GET_IPV6_MULTICAST_HOPS, NET.SET_IPV6_MULTICAST_HOPS, IPPROTO_IPV6, 18),
    (NET.GET_IPV6_MULTICAST_IF, NET.SET_IPV6_MULTICAST_IF, IPPROTO_IPV6, 17),
    (NET.GET_IPV6_MULTICAST_LOOP, NET.SET_IPV6_MULTICAST_LOOP, IPPROTO_IPV6, 19),
    (NET.GET_IPV6_UNICAST_HOPS, NET.SET_IPV6_UNICAST_HOPS, IPPROTO_IPV6, 16),
    (NET.GET_IPV6_UNICAST_IF, NET.SET_IPV6_UNICAST_IF, IPPROTO_IPV6, 76),
    (NET.GET_IPV6_V6ONLY, NET.SET_IPV6_V6ONLY, IPPROTO_IPV6, host_socket.IPV6_V6ONLY),
    (NET.GET_IPV6_RECVHOPLIMIT, NET.SET_IPV6_RECVHOPLIMIT, IPPROTO_IPV6, 51),
    (NET.GET_IPV6_RECVPKTINFO, NET.SET_IPV6_RECVPKTINFO, IPPROTO_IPV6, 49),
    (NET.GET_IPV6_RECVTCLASS, NET.SET_IPV6_RECVTCLASS, IPPROTO_IPV6, 66),
)
for _get_code, _set_code, _level, _option in _HOST_OPTIONS:
    if _get_code:
        CONTROLS[_get_code] = _get(_level, _option)
    CONTROLS[_set_code] = _set(_level, _option)
