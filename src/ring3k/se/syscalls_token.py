"""Tokens: open, copy, make, compare."""

from __future__ import annotations

from ring3k.abi.access import PROCESS_QUERY_INFORMATION, TOKEN_DUPLICATE, TOKEN_QUERY, TokenAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import ObjectFlags, TokenType
from ring3k.abi.status import (
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_BAD_TOKEN_TYPE,
    STATUS_INVALID_OWNER,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PRIMARY_GROUP,
    STATUS_NO_SUCH_LOGON_SESSION,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.ex import LUID
from ring3k.abi.structs.se import (
    SE_GROUP_ENABLED,
    SE_GROUP_ENABLED_BY_DEFAULT,
    SE_GROUP_MANDATORY,
    TOKEN_DEFAULT_DACL,
    TOKEN_GROUPS,
    TOKEN_OWNER,
    TOKEN_PRIMARY_GROUP,
    TOKEN_PRIVILEGES,
    TOKEN_SOURCE,
    TOKEN_USER,
)
from ring3k.abi.types import Boolean, Handle, In, Opt, Out, Scalar, Time, pointer
from ring3k.ke.thread import KProcess
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.ob.open import give, grant, grant_open
from ring3k.se.acl import capture_acl
from ring3k.se.capture import capture_groups, capture_privileges, capture_quality
from ring3k.se.impersonation import DELEGATION, IMPERSONATE
from ring3k.se.luids import luid_value
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import SE_CREATE_TOKEN_PRIVILEGE, require_privilege
from ring3k.se.pseudo import token_of
from ring3k.se.sid import capture_sid
from ring3k.se.token import ANONYMOUS_LEVEL, IMPERSONATION, PRIMARY, Account, SidAttributes, Source, Token
from ring3k.typed import Annotated

TokenGroups = Annotated[int, pointer(TOKEN_GROUPS)]
TokenPrivileges = Annotated[int, pointer(TOKEN_PRIVILEGES)]


def insert(
    t: Thread, out: Out[Handle], token: Token, granted: int, attributes: ObjectAttributes | None
) -> int:
    """Secure a new token and give its maker a handle; without either it goes again."""
    token.reference()
    try:
        monitor = t.kernel.part(ReferenceMonitor)
        given = monitor.capture(t, attributes.security_descriptor) if attributes is not None else None
        monitor.check_new(t, granted)
        monitor.secure(t, token, None, given)
        give(t, out, token, granted, attributes.attributes if attributes is not None else 0)
    finally:
        token.dereference()
    return 0


# -- the token of a process --------------------------------------------------------------
def _open_process_token(t: Thread, process_handle: int, desired: int, flags: int, out: Out[Handle]) -> int:
    process = lookup(t, process_handle, KProcess, PROCESS_QUERY_INFORMATION)
    token: Token = process.token
    give(t, out, token, grant_open(t, token, desired), flags)
    return 0


@syscall()
def NtOpenProcessToken(
    t: Thread, process_handle: Handle, desired_access: TokenAccess, token_handle: Out[Handle]
) -> int:
    """Open a process's primary token."""
    return _open_process_token(t, process_handle, desired_access, 0, token_handle)


@syscall()
def NtOpenProcessTokenEx(
    t: Thread,
    process_handle: Handle,
    desired_access: TokenAccess,
    handle_attributes: ObjectFlags,
    token_handle: Out[Handle],
) -> int:
    """NtOpenProcessToken with attributes for the handle (XP and later)."""
    return _open_process_token(t, process_handle, desired_access, handle_attributes, token_handle)


# -- copies ------------------------------------------------------------------------------
@syscall()
def NtDuplicateToken(
    t: Thread,
    existing_token_handle: Handle,
    desired_access: TokenAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    effective_only: Annotated[int, Scalar("BOOLEAN", 1)],
    token_type: TokenType,
    new_token_handle: Out[Handle],
) -> int:
    """Copy a token, possibly as one of the other type.

    The level of an impersonation token comes from the quality of service in the object attributes
    (anonymous without one) and can only go down.  Desired access 0: as much as the first handle has.
    """
    if token_type not in (PRIMARY, IMPERSONATION):
        raise NtError(STATUS_INVALID_PARAMETER)
    quality = capture_quality(t.memory, object_attributes)
    level = quality.level if quality is not None else ANONYMOUS_LEVEL
    if quality is None and t.process.contract.LEVEL_AS_EFFECTIVE:
        level, effective_only = effective_only, 0
        if level > DELEGATION:
            raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    token = t.handles.get(existing_token_handle, Token, TOKEN_DUPLICATE)
    granted = (
        grant(Token, desired_access) if desired_access else t.handles.entry(existing_token_handle).granted
    )
    if token.kind == IMPERSONATION:
        if token_type == PRIMARY and token.level < IMPERSONATE:
            raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
        if token_type == IMPERSONATION and level > token.level:
            raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    copy = token.duplicate(token_type, level, bool(effective_only))
    return insert(t, new_token_handle, copy, granted, object_attributes)


# -- out of nothing ----------------------------------------------------------------------
def _mandatory_on(groups: list[SidAttributes]) -> list[SidAttributes]:
    """Mandatory groups are enabled, whatever their maker says."""
    both = SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT
    return [
        SidAttributes(one.sid, one.attributes | both) if one.attributes & SE_GROUP_MANDATORY else one
        for one in groups
    ]


@syscall()
def NtCreateToken(
    t: Thread,
    token_handle: Out[Handle],
    desired_access: TokenAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    token_type: TokenType,
    authentication_id: In[LUID],
    expiration_time: In[Time],
    user: In[TOKEN_USER],
    groups: TokenGroups,
    privileges: TokenPrivileges,
    owner: Opt[In[TOKEN_OWNER]],
    primary_group: In[TOKEN_PRIMARY_GROUP],
    default_dacl: Opt[In[TOKEN_DEFAULT_DACL]],
    token_source: In[TOKEN_SOURCE],
) -> int:
    """Make a token from nothing (needs SeCreateTokenPrivilege) for a logon that exists."""
    memory = t.memory
    if token_type not in (PRIMARY, IMPERSONATION):
        raise NtError(STATUS_BAD_TOKEN_TYPE)
    quality = capture_quality(memory, object_attributes)
    members = _mandatory_on(capture_groups(memory, groups))
    held = capture_privileges(memory, privileges)
    holder = SidAttributes(capture_sid(memory, user.User.Sid), user.User.Attributes)
    group = capture_sid(memory, primary_group.PrimaryGroup)
    own = capture_sid(memory, owner.Owner) if owner is not None and owner.Owner else holder.sid
    listed = default_dacl is not None and default_dacl.DefaultDacl
    dacl = capture_acl(memory, default_dacl.DefaultDacl) if default_dacl is not None and listed else None
    require_privilege(t, SE_CREATE_TOKEN_PRIVILEGE)
    account = Account(
        sids=(holder, *members),
        privileges=tuple(held),
        primary_group=group,
        owner=own,
        default_dacl=dacl,
        source=Source(token_source.SourceName, luid_value(token_source.SourceIdentifier)),
        authentication_id=luid_value(authentication_id),
        expiration=expiration_time,
    )
    monitor = t.kernel.part(ReferenceMonitor)
    if not monitor.has_logon(account.authentication_id):
        raise NtError(STATUS_NO_SUCH_LOGON_SESSION)
    if not any(one.sid == group for one in account.sids):
        raise NtError(STATUS_INVALID_PRIMARY_GROUP)
    granted = grant(Token, desired_access)
    level = quality.level if quality is not None else ANONYMOUS_LEVEL
    token = Token(t.kernel, account, token_type, level)
    if not token.may_own(own):
        token.reference()
        token.dereference()
        raise NtError(STATUS_INVALID_OWNER)
    return insert(t, token_handle, token, granted, object_attributes)


# -- comparing ---------------------------------------------------------------------------
def _same_access(one: Token, other: Token) -> bool:
    """The same SIDs with the same say, restricting ones too, and the same privileges."""
    return (
        one.context is other.context
        and one.user == other.user
        and dict(one.sids) == dict(other.sids)
        and one.privileges == other.privileges
    )


@syscall()
def NtCompareTokens(
    t: Thread, first_token_handle: Handle, second_token_handle: Handle, equal: Out[Boolean]
) -> int:
    """Tell whether two tokens give the same access (XP and later)."""
    one = token_of(t, first_token_handle, TOKEN_QUERY)
    other = token_of(t, second_token_handle, TOKEN_QUERY)
    equal.set(one is other or _same_access(one, other))
    return 0
