"""Audit: records that servers ask for.

Whether one is written is the word of the policy (``se.audit``) and, for openings, of the
descriptor's SACL; what was asked succeeds either way.  Whoever asks needs
SeAuditPrivilege in its *process*, whoever it impersonates.

NT oddity kept: GenerateOnClose is TRUE for a refused opening that is told of, but never
for one that a check has refused (``se.syscalls_audit_check``).
"""

from __future__ import annotations

from ring3k.abi.access import TOKEN_QUERY
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_INVALID_PARAMETER,
    STATUS_PRIVILEGE_NOT_HELD,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.types import AccessMask, Boolean, Handle, In, Opt, Out, Pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.se.audit import (
    CLOSE,
    DELETE,
    OBJECT,
    OPEN,
    PRIVILEGED_OBJECT,
    PRIVILEGES,
    SERVICE,
    AuditLog,
    sacl_wants,
)
from ring3k.se.capture import MOST_PRIVILEGES, PRIVILEGE_SIZE, unpack_privileges
from ring3k.se.impersonation import IDENTIFICATION
from ring3k.se.privilege import SE_AUDIT_PRIVILEGE, effective_token
from ring3k.se.syscalls_access import PrivilegeSet, SecurityDescriptor, captured_descriptor
from ring3k.se.token import IMPERSONATION, Token
from ring3k.typed import Any

SET_HEADER = 8  # of PRIVILEGE_SET: how many, and which of them are necessary


def check_audit_privilege(t: Thread) -> None:
    """Of the process, not of whom the thread acts for."""
    own: Token = t.process.token
    if not own.holds(SE_AUDIT_PRIVILEGE):
        raise NtError(STATUS_PRIVILEGE_NOT_HELD)


def given_client(t: Thread, handle: int) -> Token:
    """A token given by handle.  STATUS_BAD_IMPERSONATION_LEVEL."""
    token = t.handles.get(handle, Token, TOKEN_QUERY)
    if token.kind == IMPERSONATION and token.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    return token  # type: ignore[no-any-return]  # Any-typed table


def _capture_privileges(t: Thread, address: int) -> tuple[int, ...]:
    """The privileges of a set that is to be recorded.  STATUS_INVALID_PARAMETER."""
    count = t.memory.read_u32(address)
    if count > MOST_PRIVILEGES:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not count:
        return ()
    data = t.memory.read(address + SET_HEADER, count * PRIVILEGE_SIZE)
    return tuple(luid for luid, _ in unpack_privileges(data))


@syscall()
def NtOpenObjectAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Opt[In[Pointer]],
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: Opt[SecurityDescriptor],
    client_token: Handle,
    desired_access: AccessMask,
    granted_access: AccessMask,
    privileges: Opt[PrivilegeSet],
    object_creation: Boolean,
    access_granted: Boolean,
    generate_on_close: Out[Boolean],
) -> int:
    """Write an audit record about an open."""
    check_audit_privilege(t)
    client = given_client(t, client_token)
    used = _capture_privileges(t, privileges) if privileges else ()
    log = t.kernel.part(AuditLog)
    told = False
    if security_descriptor:
        sacl = captured_descriptor(t, security_descriptor).sacl
        good = bool(access_granted)
        mask = desired_access | granted_access
        told = log.wants(OBJECT, good, client) and sacl_wants(sacl, client, mask, good)
        if told:
            log.record(
                (t.process.pid, t.tid),
                OPEN,
                client,
                subsystem_name,
                good,
                kind=object_type_name,
                name=object_name,
                handle=handle_id or 0,
                access=granted_access if good else desired_access,
                privileges=used,
            )
    generate_on_close.set(told)
    return 0


def _tell_end(t: Thread, number: int, subsystem: str, handle: int) -> None:
    """Record a close or a deletion, for whom the thread acts for.  STATUS_PRIVILEGE_NOT_HELD."""
    check_audit_privilege(t)
    log = t.kernel.part(AuditLog)
    client = effective_token(t)
    if log.wants(OBJECT, True, client):
        log.record((t.process.pid, t.tid), number, client, subsystem, True, handle=handle)


@syscall()
def NtCloseObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> int:
    """Write an audit record about a close, if there was one about the open."""
    if generate_on_close:
        _tell_end(t, CLOSE, subsystem_name, handle_id)
    return 0


@syscall()
def NtDeleteObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> int:
    """Write an audit record about a deletion, if there was one about the open."""
    if generate_on_close:
        _tell_end(t, DELETE, subsystem_name, handle_id)
    return 0


def _tell_use(
    t: Thread, number: int, client_token: int, subsystem: str, privileges: int, good: bool, **about: Any
) -> int:
    """Record a use of privileges."""
    client = given_client(t, client_token)
    check_audit_privilege(t)
    used = _capture_privileges(t, privileges)
    log = t.kernel.part(AuditLog)
    if log.wants(PRIVILEGES, good, client):
        log.record((t.process.pid, t.tid), number, client, subsystem, good, privileges=used, **about)
    return 0


@syscall()
def NtPrivilegeObjectAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    client_token: Handle,
    desired_access: AccessMask,
    privileges: PrivilegeSet,
    access_granted: Boolean,
) -> int:
    """Write an audit record about privileges used with an object."""
    good = bool(access_granted)
    about = {"handle": handle_id, "access": desired_access}
    return _tell_use(t, PRIVILEGED_OBJECT, client_token, subsystem_name, privileges, good, **about)


@syscall()
def NtPrivilegedServiceAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    service_name: In[UnicodeString],
    client_token: Handle,
    privileges: PrivilegeSet,
    access_granted: Boolean,
) -> int:
    """Write an audit record about privileges used by a service."""
    good = bool(access_granted)
    return _tell_use(t, SERVICE, client_token, subsystem_name, privileges, good, name=service_name)
