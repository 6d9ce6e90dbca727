"""Privileges: rights that hang on the user, not on an object.

A privilege is a LUID; its low part is one of the constants below.  It must be
*enabled* in the effective token, not only held: a program that needs one asks for
it (NtAdjustPrivilegesToken) first, as on Windows.

    require_privilege(t, SE_SHUTDOWN_PRIVILEGE)     # raises STATUS_PRIVILEGE_NOT_HELD
    if has_privilege(t, SE_DEBUG_PRIVILEGE): ...
"""

from __future__ import annotations

from functools import cache

from ring3k.abi.status import STATUS_PRIVILEGE_NOT_HELD, NtError
from ring3k.abi.structs.se import (
    PRIVILEGE,
    SE_PRIVILEGE_ENABLED,
    SE_PRIVILEGE_ENABLED_BY_DEFAULT,
    SECURITY_IMPERSONATION_LEVEL,
)
from ring3k.ke.thread import KThread
from ring3k.se.audit import QUIET, AuditLog
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.se.token import Token

SE_CREATE_TOKEN_PRIVILEGE = 2
SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE = 3
SE_LOCK_MEMORY_PRIVILEGE = 4
SE_INCREASE_QUOTA_PRIVILEGE = 5
SE_MACHINE_ACCOUNT_PRIVILEGE = 6
SE_TCB_PRIVILEGE = 7
SE_SECURITY_PRIVILEGE = 8
SE_TAKE_OWNERSHIP_PRIVILEGE = 9
SE_LOAD_DRIVER_PRIVILEGE = 10
SE_SYSTEM_PROFILE_PRIVILEGE = 11
SE_SYSTEMTIME_PRIVILEGE = 12
SE_PROFILE_SINGLE_PROCESS_PRIVILEGE = 13
SE_INCREASE_BASE_PRIORITY_PRIVILEGE = 14
SE_CREATE_PAGEFILE_PRIVILEGE = 15
SE_CREATE_PERMANENT_PRIVILEGE = 16
SE_BACKUP_PRIVILEGE = 17
SE_RESTORE_PRIVILEGE = 18
SE_SHUTDOWN_PRIVILEGE = 19
SE_DEBUG_PRIVILEGE = 20
SE_AUDIT_PRIVILEGE = 21
SE_SYSTEM_ENVIRONMENT_PRIVILEGE = 22
SE_CHANGE_NOTIFY_PRIVILEGE = 23
SE_REMOTE_SHUTDOWN_PRIVILEGE = 24
SE_UNDOCK_PRIVILEGE = 25
SE_SYNC_AGENT_PRIVILEGE = 26
SE_ENABLE_DELEGATION_PRIVILEGE = 27
SE_MANAGE_VOLUME_PRIVILEGE = 28
SE_IMPERSONATE_PRIVILEGE = 29
SE_CREATE_GLOBAL_PRIVILEGE = 30

ON = SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT
_SYSTEM = (
    (SE_TCB_PRIVILEGE, ON),
    (SE_CREATE_TOKEN_PRIVILEGE, 0),
    (SE_TAKE_OWNERSHIP_PRIVILEGE, 0),
    (SE_CREATE_PAGEFILE_PRIVILEGE, ON),
    (SE_LOCK_MEMORY_PRIVILEGE, ON),
    (SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE, 0),
    (SE_INCREASE_QUOTA_PRIVILEGE, 0),
    (SE_INCREASE_BASE_PRIORITY_PRIVILEGE, ON),
    (SE_CREATE_PERMANENT_PRIVILEGE, ON),
    (SE_DEBUG_PRIVILEGE, ON),
    (SE_AUDIT_PRIVILEGE, ON),
    (SE_SECURITY_PRIVILEGE, 0),
    (SE_SYSTEM_ENVIRONMENT_PRIVILEGE, 0),
    (SE_CHANGE_NOTIFY_PRIVILEGE, ON),
    (SE_BACKUP_PRIVILEGE, 0),
    (SE_RESTORE_PRIVILEGE, 0),
    (SE_SHUTDOWN_PRIVILEGE, 0),
    (SE_LOAD_DRIVER_PRIVILEGE, 0),
    (SE_PROFILE_SINGLE_PROCESS_PRIVILEGE, ON),
    (SE_SYSTEMTIME_PRIVILEGE, 0),
)
_SINCE_2000 = ((SE_UNDOCK_PRIVILEGE, 0),)
_SINCE_XP = ((SE_MANAGE_VOLUME_PRIVILEGE, 0),)
_SERVICE_PACKS = ((SE_IMPERSONATE_PRIVILEGE, ON), (SE_CREATE_GLOBAL_PRIVILEGE, ON))  # 2000 SP4, XP SP2


def system_privileges(version: str) -> dict[int, int]:
    """LUID -> attributes of LocalSystem's token, in NT's order."""
    found = dict(_SYSTEM)
    if version != "nt40":
        found |= _SINCE_2000
        if version != "nt50":
            found |= _SINCE_XP
        found |= _SERVICE_PACKS
    return found


@cache
def _numbers() -> dict[str, int]:
    return {name.lower(): value for name, value in vars(PRIVILEGE).items() if isinstance(value, int)}


def privilege_number(name: str) -> int:
    """SeDebugPrivilege -> 20.  ValueError."""
    try:
        return _numbers()[name.lower()]
    except KeyError:
        raise ValueError(f"no privilege {name!r}: they are called like SeDebugPrivilege") from None


def effective_token(t: KThread) -> Token:
    """Whose rights count: the impersonated client's, or the process's own."""
    client = t.client
    found: Token = t.process.token if client is None else client.token
    return found


def has_privilege(t: KThread, privilege: int) -> bool:
    """SeSinglePrivilegeCheck.  A client who may only be identified has none for us."""
    client = t.client
    token: Token = t.process.token if client is None else client.token
    held = bool(token.enabled >> privilege & 1)
    if client is not None and client.level < SECURITY_IMPERSONATION_LEVEL.SecurityImpersonation:
        held = False
    if privilege not in QUIET:
        log = t.kernel.part(AuditLog)
        if log.active:
            log.privilege_checked((t.process.pid, t.tid), token, privilege, held)
    return held


def require_privilege(t: KThread, privilege: int) -> None:
    """STATUS_PRIVILEGE_NOT_HELD."""
    if not has_privilege(t, privilege):
        raise NtError(STATUS_PRIVILEGE_NOT_HELD)
