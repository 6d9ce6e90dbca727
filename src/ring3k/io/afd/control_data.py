"""Control data that comes with a datagram: the host's headers, written as WSACMSGHDR."""

from __future__ import annotations

from struct import Struct

from ring3k.abi.structs.afd import WSABUF
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory

HEADER = Struct("<Iii")  # length with the header, level, type
IPPROTO_IP, IPPROTO_IPV6 = 0, 41
_KNOWN = {  # host's (level, type): Windows' type, and length of the data
    (0, 1): (3, 4),  # IP_TOS
    (0, 2): (21, 4),  # IP_TTL
    (0, 8): (19, 8),  # IP_PKTINFO
    (41, 50): (19, 20),  # IPV6_PKTINFO
    (41, 52): (21, 4),  # IPV6_HOPLIMIT
    (41, 67): (39, 4),  # IPV6_TCLASS
}


def _convert(level: int, kind: int, data: bytes) -> bytes | None:
    known = _KNOWN.get((level, kind))
    if known is None:
        return None
    found, length = known
    if (level, kind) == (0, 8):  # the host's: interface, local address, address of the header
        data = data[8:12] + data[:4]
    data = data.ljust(length, b"\0")[:length]
    return HEADER.pack(HEADER.size + length, level, found) + data


def write_controls(memory: Memory, at: int, controls: list[tuple[int, int, bytes]]) -> bool:
    """Fill the buffer of the WSABUF at an address; False when it is too small, and nothing is told."""
    room: int
    start: int
    room, start = WSABUF.unpack(memory.read(at, WSABUF.size))
    found = b"".join(part for part in (_convert(*one) for one in controls) if part is not None)
    fits = len(found) <= room
    if fits and found:
        memory.write(start, found)
    memory.write_u32(at, len(found) if fits else 0)
    return fits
