"""What NtQueryInformationToken answers: structures whose pointers point behind themselves.

Each maker gets the token and the address of the guest's buffer, and returns all
bytes.  NT's layout: the structure, its array, then the SIDs in order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from ring3k.abi.access import TOKEN_QUERY, TOKEN_QUERY_SOURCE
from ring3k.abi.status import (
    STATUS_INVALID_INFO_CLASS,
    STATUS_NO_SUCH_LOGON_SESSION,
    STATUS_NOT_FOUND,
    NtError,
)
from ring3k.abi.structs.se import (
    SE_GROUP_INTEGRITY,
    SE_GROUP_INTEGRITY_ENABLED,
    SE_GROUP_LOGON_ID,
    TOKEN_ELEVATION_TYPE,
    TOKEN_INFORMATION_CLASS,
    TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN,
    TOKEN_MANDATORY_POLICY_NO_WRITE_UP,
    TOKEN_STATISTICS,
)
from ring3k.se.capture import PRIVILEGE_SIZE, pack_privileges
from ring3k.se.luids import luid_of
from ring3k.se.privilege import SE_SECURITY_PRIVILEGE
from ring3k.se.sid import LOCAL_SYSTEM
from ring3k.se.token import IMPERSONATION, SidAttributes, Token
from ring3k.typed import NamedTuple

C, ELEVATION = TOKEN_INFORMATION_CLASS, TOKEN_ELEVATION_TYPE
MANDATORY_POLICY = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN
GROUPS_AND_PRIVILEGES = 44  # size of TOKEN_GROUPS_AND_PRIVILEGES
AUDIT_POLICY_LEAST = 12  # size of TOKEN_AUDIT_POLICY, which has one element


def sid_array(entries: Sequence[SidAttributes], address: int) -> bytes:
    """SID_AND_ATTRIBUTES in a row, and the SIDs behind them; it will lie at ``address``."""
    head = []
    place = address + 8 * len(entries)
    for sid, attributes in entries:
        head.append(struct.pack("<II", place & 0xFFFFFFFF, attributes))
        place += len(sid)
    return b"".join((*head, *(one.sid for one in entries)))


def groups_data(entries: Sequence[SidAttributes], address: int) -> bytes:
    """TOKEN_GROUPS."""
    return struct.pack("<I", len(entries)) + sid_array(entries, address + 4)


def _user(token: Token, address: int) -> bytes:
    return sid_array(token.sids[:1], address)


def _groups(token: Token, address: int) -> bytes:
    return groups_data(token.groups, address)


def _restricted(token: Token, address: int) -> bytes:
    return groups_data(token.restricted, address)


def privileges_data(privileges: list[tuple[int, int]]) -> bytes:
    """TOKEN_PRIVILEGES."""
    return struct.pack("<I", len(privileges)) + pack_privileges(privileges)


def _privileges(token: Token, address: int) -> bytes:
    return privileges_data(list(token.privileges.items()))


def _pointer_to(data: bytes, address: int) -> bytes:
    """A pointer and, right behind it, what it points to."""
    return struct.pack("<I", address + 4 & 0xFFFFFFFF if data else 0) + data


def _owner(token: Token, address: int) -> bytes:
    return _pointer_to(token.owner, address)


def _primary_group(token: Token, address: int) -> bytes:
    return _pointer_to(token.primary_group, address)


def _default_dacl(token: Token, address: int) -> bytes:
    return _pointer_to(token.default_dacl.raw if token.default_dacl is not None else b"", address)


def _source(token: Token, address: int) -> bytes:
    return struct.pack("<8sQ", token.source.name, token.source.luid)


def _level(token: Token, address: int) -> bytes:
    if token.kind != IMPERSONATION:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return struct.pack("<I", token.level)


def _statistics(token: Token, address: int) -> bytes:
    return TOKEN_STATISTICS(
        TokenId=luid_of(token.token_id),
        AuthenticationId=luid_of(token.authentication_id),
        ExpirationTime=token.expiration,
        TokenType=token.kind,
        ImpersonationLevel=token.level,
        DynamicCharged=token.dynamic_charged,
        DynamicAvailable=token.dynamic_charged - token.dynamic_used,
        GroupCount=len(token.groups),
        PrivilegeCount=len(token.privileges),
        ModifiedId=luid_of(token.modified_id),
    ).pack()


def _groups_and_privileges(token: Token, address: int) -> bytes:
    """Everything in one: SIDs with the user among them, restricting SIDs, privileges, the logon."""
    place = address + GROUPS_AND_PRIVILEGES
    sids = sid_array(token.sids, place)
    restricted = sid_array(token.restricted, place + len(sids))
    privileges = pack_privileges(list(token.privileges.items()))
    last = place + len(sids) + len(restricted)
    head = struct.pack(
        "<9IQ",
        len(token.sids),
        len(sids),
        place,
        len(token.restricted),
        len(restricted),
        place + len(sids) if restricted else 0,
        len(token.privileges),
        len(token.privileges) * PRIVILEGE_SIZE,
        last if privileges else 0,
        token.authentication_id,
    )
    return head + sids + restricted + privileges


def _audit_policy(token: Token, address: int) -> bytes:
    """TOKEN_AUDIT_POLICY: the categories of which the token's own policy says something."""
    policy = token.audit_policy or ()
    elements = [(category, mask) for category, mask in enumerate(policy) if mask]
    data = struct.pack("<I", len(elements)) + b"".join(struct.pack("<II", *one) for one in elements)
    return data.ljust(AUDIT_POLICY_LEAST, b"\0")


class Query(NamedTuple):
    """One class: what makes the answer, the right it needs, since when it exists."""

    make: Callable[[Token, int], bytes]
    access: int = TOKEN_QUERY
    since: str = "nt40"
    privilege: int = 0  # asked for before the handle is looked at


def number(get: Callable[[Token], int], size: int = 4) -> Callable[[Token, int], bytes]:
    """A maker for a plain number."""
    return lambda token, address: get(token).to_bytes(size, "little")


_zero = number(lambda token: 0)


def _linked(token: Token, address: int) -> bytes:
    """The other token of an administrator who works with a limited one: nobody here does."""
    raise NtError(STATUS_NO_SUCH_LOGON_SESSION)


def _elevation(token: Token) -> int:
    """An administrator could also be an ordinary user, which the system itself could not."""
    administers = token.is_administrator and token.user != LOCAL_SYSTEM
    return ELEVATION.TokenElevationTypeFull if administers else ELEVATION.TokenElevationTypeDefault


def _integrity(token: Token, address: int) -> bytes:
    """TOKEN_MANDATORY_LABEL."""
    attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED
    return sid_array([SidAttributes(token.integrity, attributes)], address)


def _logon(token: Token, address: int) -> bytes:
    """TOKEN_GROUPS with the SID of the logon."""
    found = [one for one in token.groups if one.attributes & SE_GROUP_LOGON_ID == SE_GROUP_LOGON_ID]
    if not found:
        raise NtError(STATUS_NOT_FOUND)
    return groups_data(found, address)


def _no_groups(token: Token, address: int) -> bytes:
    return groups_data([], address)


QUERIES: dict[int, Query] = {
    C.TokenUser: Query(_user),
    C.TokenGroups: Query(_groups),
    C.TokenPrivileges: Query(_privileges),
    C.TokenOwner: Query(_owner),
    C.TokenPrimaryGroup: Query(_primary_group),
    C.TokenDefaultDacl: Query(_default_dacl),
    C.TokenSource: Query(_source, TOKEN_QUERY_SOURCE),
    C.TokenType: Query(number(lambda token: token.kind)),
    C.TokenImpersonationLevel: Query(_level),
    C.TokenStatistics: Query(_statistics),
    C.TokenRestrictedSids: Query(_restricted, since="nt50"),
    C.TokenSessionId: Query(number(lambda token: token.session), since="nt50"),
    C.TokenGroupsAndPrivileges: Query(_groups_and_privileges, since="nt51"),
    C.TokenSandBoxInert: Query(number(lambda token: token.sandbox_inert), since="nt51"),
    C.TokenAuditPolicy: Query(_audit_policy, since="nt51", privilege=SE_SECURITY_PRIVILEGE),
    C.TokenOrigin: Query(number(lambda token: token.origin, 8), since="nt51"),
    C.TokenElevationType: Query(number(_elevation), since="nt100"),
    C.TokenLinkedToken: Query(_linked, since="nt100"),
    C.TokenElevation: Query(number(lambda token: token.is_administrator), since="nt100"),
    C.TokenHasRestrictions: Query(number(lambda token: token.is_restricted), since="nt100"),
    C.TokenVirtualizationAllowed: Query(_zero, since="nt100"),
    C.TokenVirtualizationEnabled: Query(_zero, since="nt100"),
    C.TokenIntegrityLevel: Query(_integrity, since="nt100"),
    C.TokenUIAccess: Query(_zero, since="nt100"),
    C.TokenMandatoryPolicy: Query(number(lambda token: MANDATORY_POLICY), since="nt100"),
    C.TokenLogonSid: Query(_logon, since="nt100"),
    C.TokenIsAppContainer: Query(_zero, since="nt100"),
    C.TokenCapabilities: Query(_no_groups, since="nt100"),
    C.TokenAppContainerSid: Query(_zero, since="nt100"),
    C.TokenAppContainerNumber: Query(_zero, since="nt100"),
    C.TokenDeviceGroups: Query(_no_groups, since="nt100"),
    C.TokenRestrictedDeviceGroups: Query(_no_groups, since="nt100"),
    C.TokenIsRestricted: Query(number(lambda token: token.is_restricted), since="nt100"),
}
