"""Socket addresses: as Windows writes them, and as the host's sockets take them.

A guest's address is binary, so no name is ever looked up here.
"""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from ring3k.abi.status import STATUS_INVALID_ADDRESS, STATUS_NOT_SUPPORTED, NtError
from ring3k.abi.structs.afd import (
    AFD_ADDRESS_4,
    AFD_ADDRESS_6,
    FAMILY_INET,
    FAMILY_INET6,
)
from ring3k.typed import Any

HOST_FAMILY = {FAMILY_INET: AF_INET, FAMILY_INET6: AF_INET6}
LENGTH = {FAMILY_INET: AFD_ADDRESS_4.size, FAMILY_INET6: AFD_ADDRESS_6.size}
LONGEST = 128  # bytes of an address that are looked at

HostAddress = tuple[Any, ...]  # what the host's sockets take and give


def parse(raw: bytes, family: int) -> HostAddress:
    """A guest's address for a socket of this (Windows) family.

    STATUS_INVALID_ADDRESS when it is none, STATUS_NOT_SUPPORTED when of another family.
    """
    given = int.from_bytes(raw[:2], "little")
    if given == FAMILY_INET and len(raw) >= AFD_ADDRESS_4.size:
        _, port, address = AFD_ADDRESS_4.unpack_from(raw)
        found: HostAddress = (inet_ntop(AF_INET, address), int.from_bytes(port, "big"))
    elif given == FAMILY_INET6 and len(raw) >= AFD_ADDRESS_6.size:
        _, port, flow, address, scope = AFD_ADDRESS_6.unpack_from(raw)
        flow = int.from_bytes(flow.to_bytes(4, "little"), "big") & 0xFFFFF
        found = (inet_ntop(AF_INET6, address), int.from_bytes(port, "big"), flow, scope)
    else:
        raise NtError(STATUS_INVALID_ADDRESS)
    if given != family:
        raise NtError(STATUS_NOT_SUPPORTED)
    return found


def pack(address: HostAddress) -> bytes:
    """The host's address, for a guest; nothing for none."""
    if not isinstance(address, tuple) or len(address) < 2:
        return b""
    port = int(address[1]).to_bytes(2, "big")
    if len(address) == 2:
        return AFD_ADDRESS_4.pack(FAMILY_INET, port, inet_pton(AF_INET, address[0]))
    text, _, flow, scope = address
    text = text.partition("%")[0]
    flow = int.from_bytes(int(flow).to_bytes(4, "big"), "little")
    return AFD_ADDRESS_6.pack(FAMILY_INET6, port, flow, inet_pton(AF_INET6, text), scope)
