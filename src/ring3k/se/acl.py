"""Access control lists and their entries.

An ACL is bounded by 64 KB and kept as its bytes beside the parsed entries, so
that a guest gets back what it gave.  Entries of kinds that NT 5 does not know
are carried along and mean nothing, as long as their sizes are in order; what a
known kind says must be whole (RtlValidAcl).

NT oddities kept: revisions 2 to 4 are good (object entries need 4 only where a
list is built); room behind the last entry belongs to the list and is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ring3k.abi.memory import Memory
from ring3k.abi.status import STATUS_INVALID_ACL, NtError
from ring3k.abi.structs.se import (
    ACCESS_ALLOWED_ACE_TYPE,
    ACCESS_ALLOWED_OBJECT_ACE_TYPE,
    ACCESS_DENIED_ACE_TYPE,
    ACCESS_DENIED_OBJECT_ACE_TYPE,
    SYSTEM_ALARM_ACE_TYPE,
    SYSTEM_AUDIT_ACE_TYPE,
    SYSTEM_AUDIT_OBJECT_ACE_TYPE,
)
from ring3k.se.sid import Sid, parse_sid
from ring3k.typed import NamedTuple

ACL_REVISION = 2
ACL_REVISION_DS = 4
MIN_REVISION, MAX_REVISION = 2, 4
ACL_HEADER = 8
MAX_ACL_SIZE = 0xFFFF
ACE_COST = 320

ACCESS_ALLOWED_COMPOUND_ACE_TYPE = 4
SYSTEM_ALARM_OBJECT_ACE_TYPE = 8
SIMPLE = (ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE, SYSTEM_AUDIT_ACE_TYPE, SYSTEM_ALARM_ACE_TYPE)
OBJECT_KINDS = (
    ACCESS_ALLOWED_OBJECT_ACE_TYPE,
    ACCESS_DENIED_OBJECT_ACE_TYPE,
    SYSTEM_AUDIT_OBJECT_ACE_TYPE,
    SYSTEM_ALARM_OBJECT_ACE_TYPE,
)
ALLOW = (ACCESS_ALLOWED_ACE_TYPE, ACCESS_ALLOWED_OBJECT_ACE_TYPE)
DENY = (ACCESS_DENIED_ACE_TYPE, ACCESS_DENIED_OBJECT_ACE_TYPE)
ACE_OBJECT_TYPE_PRESENT = 1
ACE_INHERITED_OBJECT_TYPE_PRESENT = 2
COMPOUND_ACE_IMPERSONATION = 1

_HEADER = struct.Struct("<BBH")


class Ace(NamedTuple):
    """One entry.  ``raw`` is all of it; the rest is what its kind says."""

    kind: int
    flags: int
    raw: bytes
    mask: int = 0
    sid: Sid = b""  # empty: a kind that NT 5 does not know
    client: Sid = b""  # of compound entries: whom the server must impersonate
    object_type: bytes = b""  # GUIDs of object entries
    inherited_type: bytes = b""

    def replaced(self, flags: int, mask: int, sid: Sid | None = None, client: Sid | None = None) -> Ace:
        """The same entry with other flags, mask and SIDs."""
        sid = self.sid if sid is None else sid
        client = self.client if client is None else client
        return build_ace(self.kind, flags, mask, sid, client, self.object_type, self.inherited_type)


def build_ace(
    kind: int,
    flags: int,
    mask: int,
    sid: Sid,
    client: Sid = b"",
    object_type: bytes = b"",
    inherited_type: bytes = b"",
) -> Ace:
    """An entry of a known kind."""
    body = struct.pack("<I", mask)
    if kind == ACCESS_ALLOWED_COMPOUND_ACE_TYPE:
        body += struct.pack("<HH", COMPOUND_ACE_IMPERSONATION, 0) + sid + client
    elif kind in OBJECT_KINDS:
        present = (ACE_OBJECT_TYPE_PRESENT if object_type else 0) | (
            ACE_INHERITED_OBJECT_TYPE_PRESENT if inherited_type else 0
        )
        body += struct.pack("<I", present) + object_type + inherited_type + sid
    else:
        body += sid
    raw = _HEADER.pack(kind, flags, len(body) + _HEADER.size) + body
    return Ace(kind, flags, raw, mask, sid, client, object_type, inherited_type)


def allow(sid: Sid, mask: int, flags: int = 0) -> Ace:
    return build_ace(ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid)


def deny(sid: Sid, mask: int, flags: int = 0) -> Ace:
    return build_ace(ACCESS_DENIED_ACE_TYPE, flags, mask, sid)


class Acl:
    """An immutable list."""

    __slots__ = ("aces", "raw", "revision")

    def __init__(self, raw: bytes, aces: tuple[Ace, ...]) -> None:
        self.raw = raw
        self.aces = aces
        self.revision = raw[0]

    @property
    def cost(self) -> int:
        """Bytes of pool: about what the parsed entries cost the host."""
        return len(self.raw) + ACE_COST * len(self.aces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Acl) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def build_acl(aces: Iterable[Ace], revision: int = ACL_REVISION) -> Acl:
    """A list of entries.  STATUS_INVALID_ACL when they do not fit into one."""
    entries = tuple(aces)
    if any(one.kind in OBJECT_KINDS for one in entries):
        revision = max(revision, ACL_REVISION_DS)
    body = b"".join(one.raw for one in entries)
    if len(body) + ACL_HEADER > MAX_ACL_SIZE:
        raise NtError(STATUS_INVALID_ACL)
    return Acl(struct.pack("<BBHHH", revision, 0, len(body) + ACL_HEADER, len(entries), 0) + body, entries)


def parse_acl(data: bytes, offset: int = 0) -> Acl:
    """The list that begins there; STATUS_INVALID_ACL, STATUS_INVALID_SID."""
    head = data[offset : offset + ACL_HEADER]
    if len(head) < ACL_HEADER:
        raise NtError(STATUS_INVALID_ACL)
    revision, _, size, count, _ = struct.unpack("<BBHHH", head)
    raw = data[offset : offset + size]
    if not MIN_REVISION <= revision <= MAX_REVISION or size < ACL_HEADER or len(raw) != size:
        raise NtError(STATUS_INVALID_ACL)
    aces = []
    at = ACL_HEADER
    for _ in range(count):
        if at + _HEADER.size > size:
            raise NtError(STATUS_INVALID_ACL)
        kind, flags, length = _HEADER.unpack_from(raw, at)
        if length < _HEADER.size or at + length > size:
            raise NtError(STATUS_INVALID_ACL)
        aces.append(_parse_ace(kind, flags, raw[at : at + length]))
        at += length
    return Acl(bytes(raw), tuple(aces))


def _parse_ace(kind: int, flags: int, raw: bytes) -> Ace:
    """An entry whose size is known to lie within its list."""
    if kind not in SIMPLE and kind not in OBJECT_KINDS and kind != ACCESS_ALLOWED_COMPOUND_ACE_TYPE:
        return Ace(kind, flags, raw)
    try:
        mask: int = struct.unpack_from("<I", raw, 4)[0]
        if kind in SIMPLE:
            return Ace(kind, flags, raw, mask, parse_sid(raw, 8))
        if kind == ACCESS_ALLOWED_COMPOUND_ACE_TYPE:
            server = parse_sid(raw, 12)
            return Ace(kind, flags, raw, mask, server, parse_sid(raw, 12 + len(server)))
        present: int = struct.unpack_from("<I", raw, 8)[0]
    except (struct.error, NtError):
        raise NtError(STATUS_INVALID_ACL) from None
    at, guids = 12, []
    for bit in (ACE_OBJECT_TYPE_PRESENT, ACE_INHERITED_OBJECT_TYPE_PRESENT):
        guids.append(raw[at : at + 16] if present & bit else b"")
        at += len(guids[-1])
    try:
        return Ace(kind, flags, raw, mask, parse_sid(raw, at), b"", *guids)
    except NtError:
        raise NtError(STATUS_INVALID_ACL) from None


def capture_acl(memory: Memory, address: int) -> Acl:
    """Read a guest's list once: its header, then as much as that says."""
    head = memory.read(address, ACL_HEADER)
    size = int.from_bytes(head[2:4], "little")
    if size < ACL_HEADER:
        raise NtError(STATUS_INVALID_ACL)
    return parse_acl(head + memory.read(address + ACL_HEADER, size - ACL_HEADER))
