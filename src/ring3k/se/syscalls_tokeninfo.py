"""NtQueryInformationToken and NtSetInformationToken.

NT's order: the buffer is probed, the class judged, the handle looked up, and only
then the length.  Too short a buffer is STATUS_BUFFER_TOO_SMALL, with the length needed.
"""

from __future__ import annotations

import struct

from ring3k.abi.access import TOKEN_ADJUST_DEFAULT, TOKEN_ADJUST_SESSIONID
from ring3k.abi.call import syscall
from ring3k.abi.enums import TokenInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_LABEL,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.structs.se import TOKEN_INFORMATION_CLASS
from ring3k.abi.types import Handle, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import LEVELS, Version
from ring3k.ke.thread import KThread as Thread
from ring3k.se.acl import capture_acl
from ring3k.se.audit import CATEGORIES, NO_POLICY, AuditLog
from ring3k.se.privilege import SE_TCB_PRIVILEGE, require_privilege
from ring3k.se.pseudo import token_of
from ring3k.se.sid import HIGH_INTEGRITY, capture_sid
from ring3k.se.token import Token
from ring3k.se.tokeninfo import QUERIES
from ring3k.typed import Annotated

C = TOKEN_INFORMATION_CLASS
TOKEN_AUDIT_BITS = 0xF
LABEL = HIGH_INTEGRITY[:8]  # the authority of integrity levels
HIGHEST_LEVEL = 0x4000


def _exists(t: Thread, since: str) -> bool:
    return LEVELS[since] <= t.kernel.part(Version).level


@syscall()
def NtQueryInformationToken(
    t: Thread,
    token_handle: Handle,
    token_information_class: TokenInfoClass,
    token_information: Opt[Annotated[OutBuffer, Sized("token_information_length", align=4)]],
    token_information_length: Ulong,
    return_length: Out[Ulong],
) -> int:
    """Query a token."""
    rule = QUERIES.get(token_information_class)
    if rule is None or not _exists(t, rule.since):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if rule.privilege:
        require_privilege(t, rule.privilege)
    token = token_of(t, token_handle, rule.access)
    data = rule.make(token, token_information.address if token_information is not None else 0)
    return_length.set(len(data))
    if token_information_length < len(data):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if token_information is not None:
        token_information.write(data)
    return 0


# -- changing ----------------------------------------------------------------------------
def _owner(t: Thread, token: Token, value: int) -> None:
    token.set_owner(capture_sid(t.memory, value))


def _primary_group(t: Thread, token: Token, value: int) -> None:
    token.set_primary_group(capture_sid(t.memory, value))


def _default_dacl(t: Thread, token: Token, value: int) -> None:
    token.set_default_dacl(capture_acl(t.memory, value) if value else None)


def _session(t: Thread, token: Token, value: int) -> None:
    require_privilege(t, SE_TCB_PRIVILEGE)
    token.session = value


def _session_reference(t: Thread, token: Token, value: int) -> None:
    """Give up the token's hold on its logon session; sessions are never ended here."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    if value:
        raise NtError(STATUS_INVALID_PARAMETER)


def _origin(t: Thread, token: Token, value: int) -> None:
    """Which logon made this one; it can be said once."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    if not token.origin:
        token.origin = value


def _audit_policy(t: Thread, token: Token, address: int) -> None:
    """TOKEN_AUDIT_POLICY; it can be said once.  STATUS_INVALID_PARAMETER."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    if token.audit_policy is not None or not address:
        raise NtError(STATUS_INVALID_PARAMETER)
    count = t.memory.read_u32(address)
    if count > len(CATEGORIES):
        raise NtError(STATUS_INVALID_PARAMETER)
    policy = list(NO_POLICY)
    for category, mask in struct.iter_unpack("<II", t.memory.read(address + 4, 8 * count) if count else b""):
        if category >= len(policy) or mask & ~TOKEN_AUDIT_BITS:
            raise NtError(STATUS_INVALID_PARAMETER)
        policy[category] = mask
    token.audit_policy = tuple(policy)
    token.changed()
    t.kernel.part(AuditLog).token_has_policy()


def _integrity(t: Thread, token: Token, address: int) -> None:
    """TOKEN_MANDATORY_LABEL: down, but up only with SeTcbPrivilege (as for SeRelabelPrivilege)."""
    label = capture_sid(t.memory, t.memory.read_u32(address))
    levels = [struct.unpack_from("<I", one, 8)[0] for one in (label, token.integrity) if one[:8] == LABEL]
    if len(levels) < 2 or levels[0] > HIGHEST_LEVEL:
        raise NtError(STATUS_INVALID_LABEL)
    if levels[0] > levels[1]:
        require_privilege(t, SE_TCB_PRIVILEGE)
    token.lowered = label


def _no_effect(t: Thread, token: Token, value: int) -> None:
    """Virtualization of files and keys: there is none."""


def _ui_access(t: Thread, token: Token, value: int) -> None:
    """Which windows it may reach: there are none."""
    require_privilege(t, SE_TCB_PRIVILEGE)


# Each with the length that it takes; 0: the structure says itself how long it is, and its address is given.
_SETTERS = {
    C.TokenOwner: (_owner, 4, "nt40"),
    C.TokenPrimaryGroup: (_primary_group, 4, "nt40"),
    C.TokenDefaultDacl: (_default_dacl, 4, "nt40"),
    C.TokenSessionId: (_session, 4, "nt50"),
    C.TokenSessionReference: (_session_reference, 4, "nt51"),
    C.TokenOrigin: (_origin, 8, "nt51"),
    C.TokenAuditPolicy: (_audit_policy, 0, "nt51"),
    C.TokenVirtualizationEnabled: (_no_effect, 4, "nt100"),
    C.TokenUIAccess: (_ui_access, 4, "nt100"),
    C.TokenIntegrityLevel: (_integrity, 0, "nt100"),
}


@syscall()
def NtSetInformationToken(
    t: Thread,
    token_handle: Handle,
    token_information_class: TokenInfoClass,
    token_information: Annotated[InBuffer, Sized("token_information_length", align=4)],
    token_information_length: Ulong,
) -> int:
    """Change a token's owner, primary group, default list, session or audit policy."""
    setter = _SETTERS.get(token_information_class)
    if setter is None or not _exists(t, setter[2]):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    action, size, _ = setter
    access = TOKEN_ADJUST_DEFAULT
    if token_information_class == C.TokenSessionId:
        access |= TOKEN_ADJUST_SESSIONID
    token = t.handles.get(token_handle, Token, access)
    if token_information_length < size:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    if size:
        action(t, token, int.from_bytes(token_information.read(size), "little"))
    else:
        action(t, token, token_information.address)
    return 0
