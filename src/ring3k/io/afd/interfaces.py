"""The host's network interfaces (SIO_GET_INTERFACE_LIST): those with an IPv4 address."""

from __future__ import annotations

from fcntl import ioctl
from socket import if_nameindex
from struct import pack

from ring3k.abi import status as st
from ring3k.abi.structs.afd import AFD_ADDRESS_4, FAMILY_INET
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.afd.endpoint import Endpoint
    from ring3k.io.request import Request

SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK = 0x8913, 0x8915, 0x891B
ADDRESS_ROOM = 24  # of an address in INTERFACE_INFO
_FLAGS = ((0x1, 0x1), (0x2, 0x2), (0x8, 0x4), (0x10, 0x8), (0x1000, 0x10))  # the host's, Windows'
BROADCAST = 0x2


def _ask(endpoint: Endpoint, code: int, name: str) -> bytes | None:
    """What the host says of an interface, behind its name."""
    try:
        return ioctl(endpoint.live.fileno(), code, name.encode()[:15].ljust(40, b"\0"))[16:]
    except OSError:
        return None


def _address(raw: bytes) -> bytes:
    return AFD_ADDRESS_4.pack(FAMILY_INET, b"\0\0", raw).ljust(ADDRESS_ROOM, b"\0")


def _describe(endpoint: Endpoint, name: str) -> bytes:
    """INTERFACE_INFO: flags, address, broadcast address, mask; nothing for one without an address."""
    address, mask = _ask(endpoint, SIOCGIFADDR, name), _ask(endpoint, SIOCGIFNETMASK, name)
    flags = _ask(endpoint, SIOCGIFFLAGS, name)
    if address is None or mask is None or flags is None:
        return b""
    host_flags = int.from_bytes(flags[:2], "little")
    own, net = address[4:8], mask[4:8]
    wide = bytes(a | ~m & 0xFF for a, m in zip(own, net, strict=True))
    shown = _address(wide) if host_flags & BROADCAST else bytes(ADDRESS_ROOM)
    found = sum(windows for host, windows in _FLAGS if host_flags & host)
    return pack("<I", found) + _address(own) + shown + _address(net)


def interface_list(endpoint: Endpoint, request: Request) -> int:
    """NET.GET_INTERFACE_LIST."""
    data = b"".join(_describe(endpoint, name) for _, name in if_nameindex())
    if request.length < len(data):
        return st.STATUS_BUFFER_TOO_SMALL
    request.buffer.write(data)
    request.information = len(data)
    return 0
