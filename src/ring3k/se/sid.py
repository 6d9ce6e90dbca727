"""Security identifiers: who somebody is.

A SID is kept as its bytes, as they stand in memory: revision 1, number of
sub-authorities (at most 15), a 48-bit authority, the sub-authorities.  Two SIDs
are the same when their bytes are.
"""

from __future__ import annotations

import struct

from ring3k.abi.memory import Memory
from ring3k.abi.status import STATUS_INVALID_SID, NtError
from ring3k.typed import TypeAlias

Sid: TypeAlias = bytes

REVISION = 1
HEADER = 8
MAX_SUB_AUTHORITIES = 15


def sid(text: str) -> Sid:
    """S-1-5-18 -> bytes.  ValueError for what is none."""
    parts = text.split("-")
    try:
        if parts[0] not in ("S", "s") or parts[1] != "1" or not 3 <= len(parts) <= 3 + MAX_SUB_AUTHORITIES:
            raise ValueError
        authority = int(parts[2], 0)
        subs = [int(one) for one in parts[3:]]
        return struct.pack(f"<BB6s{len(subs)}I", REVISION, len(subs), authority.to_bytes(6, "big"), *subs)
    except (ValueError, IndexError, OverflowError, struct.error):
        raise ValueError(f"not a SID: {text!r} (they look like S-1-5-18)") from None


def sid_text(value: Sid) -> str:
    """Bytes -> S-1-5-18."""
    subs = struct.unpack_from(f"<{value[1]}I", value, HEADER)
    return "-".join(map(str, ("S", value[0], int.from_bytes(value[2:8], "big"), *subs)))


def parse_sid(data: bytes, offset: int = 0) -> Sid:
    """The SID that begins there; STATUS_INVALID_SID where none does or the bytes end too early."""
    head = data[offset : offset + HEADER]
    if len(head) == HEADER and head[0] == REVISION and head[1] <= MAX_SUB_AUTHORITIES:
        found = data[offset : offset + HEADER + 4 * head[1]]
        if len(found) == HEADER + 4 * head[1]:
            return bytes(found)
    raise NtError(STATUS_INVALID_SID)


def capture_sid(memory: Memory, address: int) -> Sid:
    """Read a guest's SID once: its header, then as much as that says."""
    head = memory.read(address, 2)
    if head[0] != REVISION or head[1] > MAX_SUB_AUTHORITIES:
        raise NtError(STATUS_INVALID_SID)
    data = bytearray(memory.read(address, HEADER + 4 * head[1]))
    data[:2] = head
    return bytes(data)


NULL_SID = sid("S-1-0-0")
WORLD = sid("S-1-1-0")
CREATOR_OWNER = sid("S-1-3-0")
CREATOR_GROUP = sid("S-1-3-1")
CREATOR_OWNER_SERVER = sid("S-1-3-2")
CREATOR_GROUP_SERVER = sid("S-1-3-3")
DIALUP = sid("S-1-5-1")
NETWORK = sid("S-1-5-2")
INTERACTIVE = sid("S-1-5-4")
ANONYMOUS = sid("S-1-5-7")
PRINCIPAL_SELF = sid("S-1-5-10")
AUTHENTICATED_USERS = sid("S-1-5-11")
RESTRICTED = sid("S-1-5-12")
LOCAL_SYSTEM = sid("S-1-5-18")
FIRST_USER_TEXT = "S-1-5-21-0-0-0-1000"  # of a machine that has users
FIRST_USER = sid(FIRST_USER_TEXT)
ADMINISTRATORS = sid("S-1-5-32-544")
USERS = sid("S-1-5-32-545")
MEDIUM_INTEGRITY = sid("S-1-16-8192")
HIGH_INTEGRITY = sid("S-1-16-12288")
SYSTEM_INTEGRITY = sid("S-1-16-16384")
