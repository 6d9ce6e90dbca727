"""What the instructions of ``wine_edits`` ask of the kernel.

Each function is given the address of the arguments of the Win32 function that was
called, and answers with an error of Winsock's, 0, or NOT_OURS; the last one makes symbolic links.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from struct import Struct

from ring3k.abi.status import NtError
from ring3k.io.afd.endpoint import Endpoint
from ring3k.io.afd.errors import wsa_of
from ring3k.typed import TYPE_CHECKING
from ring3k.userland.wine_edits import NOT_OURS

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

ARGUMENTS = Struct("<IiiII")  # socket, level, option, value, its length (or where that is)
ULONG = 4
CONTROL = Struct("<9I")  # socket, code, input, its length, output, its length, where that goes, overlapped
WSAEFAULT, WSAENOTSOCK, WSAEOPNOTSUPP = 10014, 10038, 10045
TCP_KEEPALIVE, TCP_KEEPCNT, TCP_KEEPINTVL = 3, 16, 17
_OPTIONS = {
    TCP_KEEPALIVE: socket.TCP_KEEPIDLE,
    TCP_KEEPCNT: socket.TCP_KEEPCNT,
    TCP_KEEPINTVL: socket.TCP_KEEPINTVL,
}


def _option(t: KThread, arguments: int) -> tuple[int, Endpoint | None, int, int]:
    """The host's option (0: not ours), the socket if it is one, and the last two arguments."""
    handle, _, name, value, length = ARGUMENTS.unpack(t.memory.read(arguments, ARGUMENTS.size))
    option = _OPTIONS.get(name, 0)
    endpoint: Endpoint | None = None
    if option:
        with suppress(NtError):
            endpoint = t.handles.get(handle, Endpoint, 0)
    return option, endpoint if endpoint is not None and endpoint.host is not None else None, value, length


def setsockopt(t: KThread, arguments: int) -> int:
    option, endpoint, value, length = _option(t, arguments)
    if not option:
        return NOT_OURS
    if endpoint is None:
        return WSAENOTSOCK
    if not value or not ULONG <= length < 1 << 31:
        return WSAEFAULT
    try:
        endpoint.live.setsockopt(socket.IPPROTO_TCP, option, t.memory.read(value, ULONG))
    except NtError:
        return WSAEFAULT
    except OSError as error:
        return wsa_of(error.errno or 0)
    return 0


def getsockopt(t: KThread, arguments: int) -> int:
    option, endpoint, value, length_at = _option(t, arguments)
    if not option:
        return NOT_OURS
    if endpoint is None:
        return WSAENOTSOCK
    try:
        if not value or not length_at or not ULONG <= t.memory.read_u32(length_at) < 1 << 31:
            return WSAEFAULT
        found = endpoint.live.getsockopt(socket.IPPROTO_TCP, option, ULONG)
        t.memory.write(value, found)
        t.memory.write_u32(length_at, ULONG)
    except NtError:
        return WSAEFAULT
    except OSError as error:
        return wsa_of(error.errno or 0)
    return 0


def wsaioctl(t: KThread, arguments: int) -> int:
    """SIO_UDP_NETRESET: whether packets that ran out of hops fail a receive.  The host never tells."""
    handle, _, value, length, _, _, told, overlapped, _ = CONTROL.unpack(
        t.memory.read(arguments, CONTROL.size)
    )
    if overlapped:
        return NOT_OURS
    try:
        endpoint = t.handles.get(handle, Endpoint, 0)
    except NtError:
        return WSAENOTSOCK
    if endpoint.host is None or endpoint.stream:
        return WSAEOPNOTSUPP
    try:
        if not value or not ULONG <= length < 1 << 31 or not told:
            return WSAEFAULT
        t.memory.read(value, ULONG)
        t.memory.write_u32(told, 0)
    except NtError:
        return WSAEFAULT
    return 0


def link(t: KThread, arguments: int) -> int:
    """CreateSymbolicLink: the handle of what was made, and behind it the function's frame; a Win32 error."""
    from ring3k.userland.wine_links import make_link  # few programs do

    return make_link(t, arguments)


FUNCTIONS = (setsockopt, getsockopt, wsaioctl, link)
