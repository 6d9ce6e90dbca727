"""Reading lists of SIDs and privileges that guests give: each byte once, and bounded."""

from __future__ import annotations

import struct

from ring3k.abi.memory import Memory
from ring3k.abi.status import (
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes
from ring3k.abi.structs.se import SECURITY_IMPERSONATION_LEVEL, SECURITY_QUALITY_OF_SERVICE
from ring3k.abi.types import check_alignment
from ring3k.se.sid import capture_sid
from ring3k.se.token import SidAttributes
from ring3k.typed import NamedTuple

MOST_SIDS = 4096
MOST_PRIVILEGES = 1024
PRIVILEGE_SIZE = 12  # LUID_AND_ATTRIBUTES
_PRIVILEGE = struct.Struct("<QI")
_SID = struct.Struct("<II")


def unpack_privileges(data: bytes) -> list[tuple[int, int]]:
    """An array of LUID_AND_ATTRIBUTES as (LUID, attributes)."""
    return list(_PRIVILEGE.iter_unpack(data))


def pack_privileges(privileges: list[tuple[int, int]]) -> bytes:
    return b"".join(_PRIVILEGE.pack(*one) for one in privileges)


def capture_privileges(memory: Memory, address: int) -> list[tuple[int, int]]:
    """TOKEN_PRIVILEGES.  STATUS_INVALID_PARAMETER for more than anybody can have."""
    check_alignment(address, 4)
    count = memory.read_u32(address)
    if count > MOST_PRIVILEGES:
        raise NtError(STATUS_INVALID_PARAMETER)
    return unpack_privileges(memory.read(address + 4, count * PRIVILEGE_SIZE)) if count else []


def capture_sids(memory: Memory, address: int, count: int) -> list[SidAttributes]:
    """An array of SID_AND_ATTRIBUTES.  STATUS_INVALID_PARAMETER, STATUS_INVALID_SID."""
    if count > MOST_SIDS:
        raise NtError(STATUS_INVALID_PARAMETER)
    raw = memory.read(address, count * _SID.size) if count else b""
    return [SidAttributes(capture_sid(memory, place), bits) for place, bits in _SID.iter_unpack(raw)]


def capture_groups(memory: Memory, address: int) -> list[SidAttributes]:
    """TOKEN_GROUPS."""
    check_alignment(address, 4)
    return capture_sids(memory, address + 4, memory.read_u32(address))


class Quality(NamedTuple):
    """A captured SECURITY_QUALITY_OF_SERVICE."""

    level: int = SECURITY_IMPERSONATION_LEVEL.SecurityAnonymous
    dynamic: bool = False
    effective_only: bool = False


def check_quality(raw: SECURITY_QUALITY_OF_SERVICE) -> Quality:
    """STATUS_INVALID_PARAMETER for a wrong length, STATUS_BAD_IMPERSONATION_LEVEL for no level at all."""
    if raw.Length != SECURITY_QUALITY_OF_SERVICE.size():
        raise NtError(STATUS_INVALID_PARAMETER)
    if raw.ImpersonationLevel > SECURITY_IMPERSONATION_LEVEL.SecurityDelegation:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    return Quality(raw.ImpersonationLevel, bool(raw.ContextTrackingMode), bool(raw.EffectiveOnly))


def capture_quality(memory: Memory, attributes: ObjectAttributes | None) -> Quality | None:
    """What object attributes say about impersonation, if anything."""
    if attributes is None or not attributes.security_quality_of_service:
        return None
    return check_quality(SECURITY_QUALITY_OF_SERVICE.load(memory, attributes.security_quality_of_service))
