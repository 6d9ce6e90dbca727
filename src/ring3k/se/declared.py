"""Security reference monitor: declarations of calls without a handler (tokens, security of objects).

Token information of variable length (groups, privileges, default lists) is
passed by address: how much is there is known only after reading its count.
Access checks and audit calls are in ``declared_access``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.access import TokenAccess
from ring3k.abi.call import declared
from ring3k.abi.enums import FilterTokenFlags, ObjectFlags, SecurityInformation, TokenInfoClass, TokenType
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.ex import LUID
from ring3k.abi.structs.se import (
    SECURITY_DESCRIPTOR,
    SECURITY_QUALITY_OF_SERVICE,
    TOKEN_DEFAULT_DACL,
    TOKEN_GROUPS,
    TOKEN_OWNER,
    TOKEN_PRIMARY_GROUP,
    TOKEN_PRIVILEGES,
    TOKEN_SOURCE,
    TOKEN_USER,
)
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Time,
    Ulong,
    pointer,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
TokenGroups = Annotated[int, pointer(TOKEN_GROUPS)]
TokenPrivileges = Annotated[int, pointer(TOKEN_PRIVILEGES)]


@declared
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
) -> None:
    """Make a token from nothing (needs SeCreateTokenPrivilege)."""


@declared
def NtOpenProcessToken(
    t: Thread, process_handle: Handle, desired_access: TokenAccess, token_handle: Out[Handle]
) -> None:
    """Open a process's primary token."""


@declared
def NtOpenProcessTokenEx(
    t: Thread,
    process_handle: Handle,
    desired_access: TokenAccess,
    handle_attributes: ObjectFlags,
    token_handle: Out[Handle],
) -> None:
    """NtOpenProcessToken with attributes for the handle (XP and later)."""


@declared
def NtOpenThreadToken(
    t: Thread,
    thread_handle: Handle,
    desired_access: TokenAccess,
    open_as_self: Boolean,
    token_handle: Out[Handle],
) -> None:
    """Open the token a thread impersonates."""


@declared
def NtOpenThreadTokenEx(
    t: Thread,
    thread_handle: Handle,
    desired_access: TokenAccess,
    open_as_self: Boolean,
    handle_attributes: ObjectFlags,
    token_handle: Out[Handle],
) -> None:
    """NtOpenThreadToken with attributes for the handle (XP and later)."""


@declared
def NtDuplicateToken(
    t: Thread,
    existing_token_handle: Handle,
    desired_access: TokenAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    effective_only: Boolean,
    token_type: TokenType,
    new_token_handle: Out[Handle],
) -> None:
    """Copy a token, possibly as one of the other type."""


@declared
def NtFilterToken(
    t: Thread,
    existing_token_handle: Handle,
    flags: FilterTokenFlags,
    sids_to_disable: TokenGroups,
    privileges_to_delete: TokenPrivileges,
    restricted_sids: TokenGroups,
    new_token_handle: Out[Handle],
) -> None:
    """Make a token that may do less."""


@declared
def NtAdjustPrivilegesToken(
    t: Thread,
    token_handle: Handle,
    disable_all_privileges: Boolean,
    new_state: TokenPrivileges,
    buffer_length: Ulong,
    previous_state: Opt[Annotated[OutBuffer, Sized("buffer_length", align=4)]],
    return_length: Opt[Out[Ulong]],
) -> None:
    """Enable, disable or remove privileges."""


@declared
def NtAdjustGroupsToken(
    t: Thread,
    token_handle: Handle,
    reset_to_default: Boolean,
    new_state: TokenGroups,
    buffer_length: Ulong,
    previous_state: Opt[Annotated[OutBuffer, Sized("buffer_length", align=4)]],
    return_length: Opt[Out[Ulong]],
) -> None:
    """Enable or disable groups."""


@declared
def NtQueryInformationToken(
    t: Thread,
    token_handle: Handle,
    token_information_class: TokenInfoClass,
    token_information: Opt[Annotated[OutBuffer, Sized("token_information_length", align=4)]],
    token_information_length: Ulong,
    return_length: Out[Ulong],
) -> None:
    """Query a token."""


@declared
def NtSetInformationToken(
    t: Thread,
    token_handle: Handle,
    token_information_class: TokenInfoClass,
    token_information: Annotated[InBuffer, Sized("token_information_length", align=4)],
    token_information_length: Ulong,
) -> None:
    """Change a token's owner, primary group, default list or session."""


@declared
def NtCompareTokens(
    t: Thread, first_token_handle: Handle, second_token_handle: Handle, equal: Out[Boolean]
) -> None:
    """Tell whether two tokens give the same access (XP and later)."""


@declared
def NtImpersonateThread(
    t: Thread,
    server_thread_handle: Handle,
    client_thread_handle: Handle,
    security_qos: In[SECURITY_QUALITY_OF_SERVICE],
) -> None:
    """Let a thread take on another thread's security context."""


@declared
def NtImpersonateAnonymousToken(t: Thread, thread_handle: Handle) -> None:
    """Let a thread be nobody."""


@declared
def NtQuerySecurityObject(
    t: Thread,
    handle: Handle,
    security_information: SecurityInformation,
    security_descriptor: Opt[Annotated[OutBuffer, Sized("length", align=4)]],
    length: Ulong,
    length_needed: Out[Ulong],
) -> None:
    """Read an object's security descriptor, self-relative."""


@declared
def NtSetSecurityObject(
    t: Thread,
    handle: Handle,
    security_information: SecurityInformation,
    security_descriptor: SecurityDescriptor,
) -> None:
    """Set parts of an object's security descriptor."""
