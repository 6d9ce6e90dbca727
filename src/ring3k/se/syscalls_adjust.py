"""Changing what a token may do: privileges on and off, groups on and off, and a copy that may do less.

An adjustment is worked out first and then made: what does not succeed whole (a
previous state that does not fit, a mandatory group) has changed nothing.  Names
that the token does not have are left out, which is STATUS_NOT_ALL_ASSIGNED: a
success.
"""

from __future__ import annotations

from ring3k.abi.access import (
    TOKEN_ADJUST_GROUPS,
    TOKEN_ADJUST_PRIVILEGES,
    TOKEN_DUPLICATE,
    TOKEN_QUERY,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import FilterTokenFlags
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_CANT_DISABLE_MANDATORY,
    STATUS_CANT_ENABLE_DENY_ONLY,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_ALL_ASSIGNED,
    NtError,
)
from ring3k.abi.structs.se import (
    DISABLE_MAX_PRIVILEGE,
    SANDBOX_INERT,
    SE_GROUP_ENABLED,
    SE_GROUP_ENABLED_BY_DEFAULT,
    SE_GROUP_MANDATORY,
    SE_GROUP_USE_FOR_DENY_ONLY,
    SE_PRIVILEGE_ENABLED,
    SE_PRIVILEGE_REMOVED,
    TOKEN_GROUPS,
    TOKEN_PRIVILEGES,
)
from ring3k.abi.types import Boolean, Handle, Opt, Out, OutBuffer, Sized, Ulong, pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.se.capture import capture_groups, capture_privileges
from ring3k.se.filter import TokenFilter
from ring3k.se.sid import Sid
from ring3k.se.syscalls_token import insert
from ring3k.se.token import Token
from ring3k.se.tokeninfo import groups_data, privileges_data
from ring3k.typed import Annotated

TokenGroups = Annotated[int, pointer(TOKEN_GROUPS)]
TokenPrivileges = Annotated[int, pointer(TOKEN_PRIVILEGES)]
PreviousState = Annotated[OutBuffer, Sized("buffer_length", align=4)]
MEMBER = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED


def _check_lengths(previous_state: OutBuffer | None, return_length: Out[int] | None) -> None:
    """Who wants the previous state must take its length, too: NT writes it without asking."""
    if previous_state is not None and return_length is None:
        raise NtError(STATUS_ACCESS_VIOLATION)


def _tell_before(data: bytes, previous_state: OutBuffer | None, return_length: Out[int] | None) -> None:
    """Write the previous state.  STATUS_BUFFER_TOO_SMALL."""
    if previous_state is None or return_length is None:
        return
    return_length.set(len(data))
    if previous_state.size < len(data):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    previous_state.write(data)


# -- privileges ----------------------------------------------------------------------------
@syscall()
def NtAdjustPrivilegesToken(
    t: Thread,
    token_handle: Handle,
    disable_all_privileges: Boolean,
    new_state: TokenPrivileges,
    buffer_length: Ulong,
    previous_state: Opt[PreviousState],
    return_length: Opt[Out[Ulong]],
) -> int:
    """Enable, disable or remove privileges."""
    if not disable_all_privileges and not new_state:
        raise NtError(STATUS_INVALID_PARAMETER)
    _check_lengths(previous_state, return_length)
    wanted = [] if disable_all_privileges else capture_privileges(t.memory, new_state)
    access = TOKEN_ADJUST_PRIVILEGES | (TOKEN_QUERY if previous_state is not None else 0)
    token = t.handles.get(token_handle, Token, access)
    held = token.privileges
    if disable_all_privileges:
        wanted = [(luid, 0) for luid in held]
    looked_at = SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_REMOVED
    changes = {
        luid: attributes
        for luid, attributes in wanted
        if luid in held and (attributes ^ held[luid] & SE_PRIVILEGE_ENABLED) & looked_at
    }
    before = [(luid, attributes) for luid, attributes in held.items() if luid in changes]
    _tell_before(privileges_data(before), previous_state, return_length)
    for luid, attributes in changes.items():
        if attributes & SE_PRIVILEGE_REMOVED:
            del held[luid]
        else:
            held[luid] = held[luid] & ~SE_PRIVILEGE_ENABLED | attributes & SE_PRIVILEGE_ENABLED
    if changes:
        token.changed()
    known = held.keys() | changes.keys()
    return 0 if all(luid in known for luid, _ in wanted) else STATUS_NOT_ALL_ASSIGNED


# -- groups --------------------------------------------------------------------------------
def _group_changes(token: Token, wanted: dict[Sid, int]) -> dict[int, int]:
    """Index -> new attributes.  STATUS_CANT_DISABLE_MANDATORY, STATUS_CANT_ENABLE_DENY_ONLY."""
    changes = {}
    for index, (sid, attributes) in enumerate(token.sids):
        if not index or sid not in wanted:
            continue
        new = attributes & ~SE_GROUP_ENABLED | wanted[sid] & SE_GROUP_ENABLED
        if new == attributes:
            continue
        if attributes & SE_GROUP_MANDATORY and not new & SE_GROUP_ENABLED:
            raise NtError(STATUS_CANT_DISABLE_MANDATORY)
        if attributes & SE_GROUP_USE_FOR_DENY_ONLY:
            raise NtError(STATUS_CANT_ENABLE_DENY_ONLY)
        changes[index] = new
    return changes


def _default_states(token: Token) -> dict[Sid, int]:
    """What resetting asks for: as at logon, and mandatory ones as they are."""
    return {
        sid: SE_GROUP_ENABLED if attributes & (SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_MANDATORY) else 0
        for sid, attributes in token.groups
        if not attributes & SE_GROUP_USE_FOR_DENY_ONLY
    }


@syscall()
def NtAdjustGroupsToken(
    t: Thread,
    token_handle: Handle,
    reset_to_default: Boolean,
    new_state: TokenGroups,
    buffer_length: Ulong,
    previous_state: Opt[PreviousState],
    return_length: Opt[Out[Ulong]],
) -> int:
    """Enable or disable groups."""
    if not reset_to_default and not new_state:
        raise NtError(STATUS_INVALID_PARAMETER)
    _check_lengths(previous_state, return_length)
    given = [] if reset_to_default else capture_groups(t.memory, new_state)
    access = TOKEN_ADJUST_GROUPS | (TOKEN_QUERY if previous_state is not None else 0)
    token = t.handles.get(token_handle, Token, access)
    wanted = _default_states(token) if reset_to_default else dict(given)
    changes = _group_changes(token, wanted)
    before = [token.sids[index] for index in changes]
    address = previous_state.address if previous_state is not None else 0
    _tell_before(groups_data(before, address), previous_state, return_length)
    for index, attributes in changes.items():
        token.sids[index] = token.sids[index]._replace(attributes=attributes)
    if changes:
        token.changed()
    known = {one.sid for one in token.groups}
    return 0 if known.issuperset(wanted) else STATUS_NOT_ALL_ASSIGNED


# -- filtering -----------------------------------------------------------------------------
@syscall()
def NtFilterToken(
    t: Thread,
    existing_token_handle: Handle,
    flags: FilterTokenFlags,
    sids_to_disable: Opt[TokenGroups],
    privileges_to_delete: Opt[TokenPrivileges],
    restricted_sids: Opt[TokenGroups],
    new_token_handle: Out[Handle],
) -> int:
    """Make a token that may do less: SIDs that only deny, fewer privileges, SIDs that must agree.

    The handle gets the access of the one given.
    """
    if flags & ~(DISABLE_MAX_PRIVILEGE | SANDBOX_INERT):
        raise NtError(STATUS_INVALID_PARAMETER)
    memory = t.memory
    disable = capture_groups(memory, sids_to_disable) if sids_to_disable else []
    delete = capture_privileges(memory, privileges_to_delete) if privileges_to_delete else []
    restrict = capture_groups(memory, restricted_sids) if restricted_sids else []
    token = t.handles.get(existing_token_handle, Token, TOKEN_DUPLICATE)
    granted = t.handles.entry(existing_token_handle).granted
    wanted = TokenFilter(
        frozenset(one.sid for one in disable), frozenset(luid for luid, _ in delete), tuple(restrict)
    )
    copy = wanted(token, bool(flags & DISABLE_MAX_PRIVILEGE), bool(flags & SANDBOX_INERT))
    return insert(t, new_token_handle, copy, granted, None)
