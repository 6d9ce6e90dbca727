"""Audit: access checks that leave a record, and records that servers ask for.

The audit policy is off, as on a system just installed: access is decided, but no
record is written and GenerateOnClose is always FALSE.  Whoever asks needs
SeAuditPrivilege in its *process*, whoever it impersonates.
"""

from __future__ import annotations

from typing import Annotated

from ring3k.abi.access import TOKEN_QUERY
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import AuditEventType, AuditFlags
from ring3k.abi.status import (
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_GENERIC_NOT_MAPPED,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_IMPERSONATION_TOKEN,
    STATUS_PRIVILEGE_NOT_HELD,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.ob import GENERIC_MAPPING
from ring3k.abi.structs.se import (
    AUDIT_ALLOW_NO_PRIVILEGE,
    AUDIT_EVENT_TYPE,
    OBJECT_TYPE_LIST,
    PRIVILEGE_SET,
    SECURITY_DESCRIPTOR,
    SID,
)
from ring3k.abi.types import (
    AccessMask,
    Boolean,
    Handle,
    In,
    InBuffer,
    NtStatus,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    pointer,
)
from ring3k.ke.thread import KThread as Thread
from ring3k.se.bytype import parse_tree, read_tree
from ring3k.se.capture import MOST_PRIVILEGES
from ring3k.se.impersonation import IDENTIFICATION
from ring3k.se.privilege import SE_AUDIT_PRIVILEGE
from ring3k.se.sid import capture_sid
from ring3k.se.syscalls_access import (
    GENERIC,
    Question,
    captured_descriptor,
    check_whole,
    decide,
    decide_all,
    write_answers,
)
from ring3k.se.token import IMPERSONATION, Token

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
SidPointer = Annotated[int, pointer(SID)]
PrivilegeSet = Annotated[int, pointer(PRIVILEGE_SET)]
ObjectTypeList = Annotated[InBuffer, Sized("object_type_list_length", unit=OBJECT_TYPE_LIST, align=4)]
ResultList = Annotated[OutBuffer, Sized("object_type_list_length", unit=4, align=4)]

NO_LOG = "there is no security log: nothing is recorded"


def _check_audit_privilege(t: Thread) -> None:
    """Of the process, not of whom the thread acts for."""
    own: Token = t.process.token
    if not own.holds(SE_AUDIT_PRIVILEGE):
        raise NtError(STATUS_PRIVILEGE_NOT_HELD)


def _client(t: Thread) -> Token:
    """Whom the thread impersonates.  STATUS_NO_IMPERSONATION_TOKEN, STATUS_BAD_IMPERSONATION_LEVEL."""
    if t.client is None:
        raise NtError(STATUS_NO_IMPERSONATION_TOKEN)
    if t.client.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    token: Token = t.client.token
    return token


def _given_client(t: Thread, handle: int) -> Token:
    """A token given by handle.  STATUS_BAD_IMPERSONATION_LEVEL."""
    token = t.handles.get(handle, Token, TOKEN_QUERY)
    if token.kind == IMPERSONATION and token.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    return token  # type: ignore[no-any-return]  # Any-typed table


def _ask(
    t: Thread,
    client_token: int | None,
    descriptor_address: int,
    self_address: int | None,
    desired: int,
    raw: bytes,
    mapping: GENERIC_MAPPING,
    flags: int = 0,
) -> Question:
    """The question of an access check with audit; without a handle the client is the impersonated one."""
    if desired & GENERIC:
        raise NtError(STATUS_GENERIC_NOT_MAPPED)
    if not flags & AUDIT_ALLOW_NO_PRIVILEGE:
        _check_audit_privilege(t)
    self_sid = capture_sid(t.memory, self_address) if self_address else None
    descriptor = captured_descriptor(t, descriptor_address)
    token = _client(t) if client_token is None else _given_client(t, client_token)
    tree = parse_tree(t.memory, raw)
    return Question(token, check_whole(descriptor), desired, mapping.GenericAll, self_sid, tree)


def _check_kind(audit_type: int, flags: int) -> None:
    if audit_type > AUDIT_EVENT_TYPE.AuditEventDirectoryServiceAccess or flags & ~AUDIT_ALLOW_NO_PRIVILEGE:
        raise NtError(STATUS_INVALID_PARAMETER)


def _raw_tree(t: Thread, buffer: InBuffer | None, count: int) -> bytes:
    return read_tree(t.memory, buffer.address if buffer is not None else 0, count)


def _check_privileges(t: Thread, address: int) -> None:
    """A set that is only to be recorded must be one."""
    if t.memory.read_u32(address) > MOST_PRIVILEGES:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(PARTIAL, NO_LOG)
def NtAccessCheckAndAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    desired_access: AccessMask,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: Out[AccessMask],
    access_status: Out[NtStatus],
    generate_on_close: Out[Boolean],
) -> int:
    """NtAccessCheck of the impersonated client, with audit."""
    question = _ask(t, None, security_descriptor, 0, desired_access, b"", generic_mapping)
    answer = decide(question)
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    generate_on_close.set(False)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtAccessCheckByTypeAndAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: Opt[SidPointer],
    desired_access: AccessMask,
    audit_type: AuditEventType,
    flags: AuditFlags,
    object_type_list: Opt[ObjectTypeList],
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: Out[AccessMask],
    access_status: Out[NtStatus],
    generate_on_close: Out[Boolean],
) -> int:
    """NtAccessCheckByType of the impersonated client, with audit."""
    _check_kind(audit_type, flags)
    tree = _raw_tree(t, object_type_list, object_type_list_length)
    question = _ask(
        t, None, security_descriptor, principal_self_sid, desired_access, tree, generic_mapping, flags
    )
    answer = decide(question)
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    generate_on_close.set(False)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtAccessCheckByTypeResultListAndAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: Opt[SidPointer],
    desired_access: AccessMask,
    audit_type: AuditEventType,
    flags: AuditFlags,
    object_type_list: ObjectTypeList,
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: ResultList,
    access_status: ResultList,
    generate_on_close: Out[Boolean],
) -> int:
    """NtAccessCheckByTypeResultList of the impersonated client, with audit."""
    _check_kind(audit_type, flags)
    if not object_type_list_length:
        raise NtError(STATUS_INVALID_PARAMETER)
    tree = _raw_tree(t, object_type_list, object_type_list_length)
    question = _ask(
        t, None, security_descriptor, principal_self_sid, desired_access, tree, generic_mapping, flags
    )
    write_answers(decide_all(question), granted_access, access_status)
    generate_on_close.set(False)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtAccessCheckByTypeResultListAndAuditAlarmByHandle(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    client_token: Handle,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: Opt[SidPointer],
    desired_access: AccessMask,
    audit_type: AuditEventType,
    flags: AuditFlags,
    object_type_list: ObjectTypeList,
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: ResultList,
    access_status: ResultList,
    generate_on_close: Out[Boolean],
) -> int:
    """NtAccessCheckByTypeResultListAndAuditAlarm for a given token."""
    _check_kind(audit_type, flags)
    if not object_type_list_length:
        raise NtError(STATUS_INVALID_PARAMETER)
    tree = _raw_tree(t, object_type_list, object_type_list_length)
    question = _ask(
        t, client_token, security_descriptor, principal_self_sid, desired_access, tree, generic_mapping, flags
    )
    write_answers(decide_all(question), granted_access, access_status)
    generate_on_close.set(False)
    return 0


@syscall(PARTIAL, NO_LOG)
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
    _check_audit_privilege(t)
    _given_client(t, client_token)
    if privileges:
        _check_privileges(t, privileges)
    if security_descriptor:
        captured_descriptor(t, security_descriptor)
    generate_on_close.set(False)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtCloseObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> int:
    """Write an audit record about a close."""
    if generate_on_close:
        _check_audit_privilege(t)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtDeleteObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> int:
    """Write an audit record about a deletion."""
    if generate_on_close:
        _check_audit_privilege(t)
    return 0


@syscall(PARTIAL, NO_LOG)
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
    _given_client(t, client_token)
    _check_audit_privilege(t)
    _check_privileges(t, privileges)
    return 0


@syscall(PARTIAL, NO_LOG)
def NtPrivilegedServiceAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    service_name: In[UnicodeString],
    client_token: Handle,
    privileges: PrivilegeSet,
    access_granted: Boolean,
) -> int:
    """Write an audit record about privileges used by a service."""
    _given_client(t, client_token)
    _check_audit_privilege(t)
    _check_privileges(t, privileges)
    return 0
