"""Audit: access checks that leave a record, and records that servers ask for.

Whether one is written is the word of the policy (``se.audit``) and, for openings, of the
descriptor's SACL; what was asked succeeds either way.  Whoever asks needs
SeAuditPrivilege in its *process*, whoever it impersonates.

NT oddity kept: GenerateOnClose is TRUE for a refused opening that is told of
(NtOpenObjectAuditAlarm), but never for one that a check has refused.
"""

from __future__ import annotations

from ring3k.abi.access import TOKEN_QUERY
from ring3k.abi.call import syscall
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
from ring3k.se.access import Answer
from ring3k.se.audit import (
    CLOSE,
    DELETE,
    DIRECTORY,
    OBJECT,
    OPEN,
    OPEN_PARTS,
    PRIVILEGED_OBJECT,
    PRIVILEGES,
    SERVICE,
    AuditLog,
    parts_wanted,
    sacl_wants,
)
from ring3k.se.bytype import parse_tree, read_tree
from ring3k.se.capture import MOST_PRIVILEGES, PRIVILEGE_SIZE, unpack_privileges
from ring3k.se.impersonation import IDENTIFICATION
from ring3k.se.privilege import SE_AUDIT_PRIVILEGE, effective_token
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
from ring3k.typed import Annotated, NamedTuple

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
SidPointer = Annotated[int, pointer(SID)]
PrivilegeSet = Annotated[int, pointer(PRIVILEGE_SET)]
ObjectTypeList = Annotated[InBuffer, Sized("object_type_list_length", unit=OBJECT_TYPE_LIST, align=4)]
SET_HEADER = 8  # of PRIVILEGE_SET: how many, and which of them are necessary
ResultList = Annotated[OutBuffer, Sized("object_type_list_length", unit=4, align=4)]


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


def _capture_privileges(t: Thread, address: int) -> tuple[int, ...]:
    """The privileges of a set that is to be recorded.  STATUS_INVALID_PARAMETER."""
    count = t.memory.read_u32(address)
    if count > MOST_PRIVILEGES:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not count:
        return ()
    data = t.memory.read(address + SET_HEADER, count * PRIVILEGE_SIZE)
    return tuple(luid for luid, _ in unpack_privileges(data))


class Opening(NamedTuple):
    """What a server says of the object that its client opens."""

    subsystem: str
    handle: int
    kind: str
    name: str
    category: int = OBJECT
    flags: int = 0


def _tell(t: Thread, opening: Opening, question: Question, answers: list[Answer]) -> bool:
    """Record a check that succeeded, failed, or did both in parts; whether its end is to be told."""
    log = t.kernel.part(AuditLog)
    own: Token = t.process.token
    if not log.active or (opening.flags & AUDIT_ALLOW_NO_PRIVILEGE and not own.holds(SE_AUDIT_PRIVILEGE)):
        return False
    granted = [None if one.status else one.granted for one in answers]
    parts = question.tree or [(0, b"")]
    told = False
    for good in (True, False):
        if not log.wants(opening.category, good, question.token) or not parts_wanted(
            question.descriptor.sacl,
            question.token,
            question.desired,
            parts,
            granted if len(granted) == len(parts) else granted * len(parts),
            good,
            question.self_sid,
        ):
            continue
        told |= good
        log.record(
            (t.process.pid, t.tid),
            OPEN_PARTS if question.tree else OPEN,
            question.token,
            opening.subsystem,
            good,
            kind=opening.kind,
            name=opening.name,
            handle=opening.handle,
            access=max((one for one in granted if one is not None), default=0) if good else question.desired,
            privileges=answers[0].used,
        )
    return told


def _category(audit_type: int) -> int:
    return OBJECT if audit_type == AUDIT_EVENT_TYPE.AuditEventObjectAccess else DIRECTORY


@syscall()
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
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name)
    told = _tell(t, opening, question, [answer])
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    generate_on_close.set(told)
    return 0


@syscall()
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
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    told = _tell(t, opening, question, [answer])
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    generate_on_close.set(told)
    return 0


@syscall()
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
    answers = decide_all(question)
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    told = _tell(t, opening, question, answers)
    write_answers(answers, granted_access, access_status)
    generate_on_close.set(told)
    return 0


@syscall()
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
    answers = decide_all(question)
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    told = _tell(t, opening, question, answers)
    write_answers(answers, granted_access, access_status)
    generate_on_close.set(told)
    return 0


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
    _check_audit_privilege(t)
    client = _given_client(t, client_token)
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
    _check_audit_privilege(t)
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
    client = _given_client(t, client_token)
    _check_audit_privilege(t)
    used = _capture_privileges(t, privileges)
    log = t.kernel.part(AuditLog)
    if log.wants(PRIVILEGES, bool(access_granted), client):
        log.record(
            (t.process.pid, t.tid),
            PRIVILEGED_OBJECT,
            client,
            subsystem_name,
            bool(access_granted),
            handle=handle_id,
            access=desired_access,
            privileges=used,
        )
    return 0


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
    client = _given_client(t, client_token)
    _check_audit_privilege(t)
    used = _capture_privileges(t, privileges)
    log = t.kernel.part(AuditLog)
    if log.wants(PRIVILEGES, bool(access_granted), client):
        log.record(
            (t.process.pid, t.tid),
            SERVICE,
            client,
            subsystem_name,
            bool(access_granted),
            name=service_name,
            privileges=used,
        )
    return 0
