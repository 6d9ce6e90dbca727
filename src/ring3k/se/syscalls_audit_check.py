"""Audit: access checks that leave a record.

Whether one is written is the word of the policy (``se.audit``) and of the descriptor's SACL; what was
asked succeeds either way.  Whoever asks needs SeAuditPrivilege in its *process*, whoever it impersonates,
but for checks that may do without (AUDIT_ALLOW_NO_PRIVILEGE) and leave no record then.

NT oddity kept: GenerateOnClose is FALSE for an opening that a check has refused, told of or not.
"""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import AuditEventType, AuditFlags
from ring3k.abi.status import (
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_GENERIC_NOT_MAPPED,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_IMPERSONATION_TOKEN,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.ob import GENERIC_MAPPING
from ring3k.abi.structs.se import AUDIT_ALLOW_NO_PRIVILEGE, AUDIT_EVENT_TYPE
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
    Ulong,
)
from ring3k.ke.thread import KThread as Thread
from ring3k.se.access import Answer
from ring3k.se.audit import DIRECTORY, OBJECT, OPEN, OPEN_PARTS, AuditLog, parts_wanted
from ring3k.se.bytype import parse_tree, read_tree
from ring3k.se.impersonation import IDENTIFICATION
from ring3k.se.privilege import SE_AUDIT_PRIVILEGE
from ring3k.se.sid import capture_sid
from ring3k.se.syscalls_access import (
    GENERIC,
    ObjectTypeList,
    Question,
    ResultList,
    SecurityDescriptor,
    SidPointer,
    captured_descriptor,
    check_whole,
    decide,
    decide_all,
    write_answers,
)
from ring3k.se.syscalls_audit import check_audit_privilege, given_client
from ring3k.se.token import Token
from ring3k.typed import NamedTuple


def _client(t: Thread) -> Token:
    """Whom the thread impersonates.  STATUS_NO_IMPERSONATION_TOKEN, STATUS_BAD_IMPERSONATION_LEVEL."""
    if t.client is None:
        raise NtError(STATUS_NO_IMPERSONATION_TOKEN)
    if t.client.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    token: Token = t.client.token
    return token


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
        check_audit_privilege(t)
    self_sid = capture_sid(t.memory, self_address) if self_address else None
    descriptor = captured_descriptor(t, descriptor_address)
    token = _client(t) if client_token is None else given_client(t, client_token)
    tree = parse_tree(t.memory, raw)
    return Question(token, check_whole(descriptor), desired, mapping.GenericAll, self_sid, tree)


def _check_kind(audit_type: int, flags: int) -> None:
    if audit_type > AUDIT_EVENT_TYPE.AuditEventDirectoryServiceAccess or flags & ~AUDIT_ALLOW_NO_PRIVILEGE:
        raise NtError(STATUS_INVALID_PARAMETER)


def _raw_tree(t: Thread, buffer: InBuffer | None, count: int, some: bool = False) -> bytes:
    """``some``: there must be one."""
    if some and not count:
        raise NtError(STATUS_INVALID_PARAMETER)
    return read_tree(t.memory, buffer.address if buffer is not None else 0, count)


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


def _answer(
    t: Thread,
    opening: Opening,
    question: Question,
    granted: Out[AccessMask],
    status: Out[NtStatus],
    on_close: Out[Boolean],
) -> int:
    """Decide about the object as a whole."""
    answer = decide(question)
    told = _tell(t, opening, question, [answer])
    granted.set(answer.granted)
    status.set(answer.status)
    on_close.set(told)
    return 0


def _answer_all(
    t: Thread,
    opening: Opening,
    question: Question,
    granted: OutBuffer,
    status: OutBuffer,
    on_close: Out[Boolean],
) -> int:
    """Decide about each part."""
    answers = decide_all(question)
    told = _tell(t, opening, question, answers)
    write_answers(answers, granted, status)
    on_close.set(told)
    return 0


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
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name)
    return _answer(t, opening, question, granted_access, access_status, generate_on_close)


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
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    return _answer(t, opening, question, granted_access, access_status, generate_on_close)


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
    tree = _raw_tree(t, object_type_list, object_type_list_length, some=True)
    question = _ask(
        t, None, security_descriptor, principal_self_sid, desired_access, tree, generic_mapping, flags
    )
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    return _answer_all(t, opening, question, granted_access, access_status, generate_on_close)


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
    tree = _raw_tree(t, object_type_list, object_type_list_length, some=True)
    question = _ask(
        t, client_token, security_descriptor, principal_self_sid, desired_access, tree, generic_mapping, flags
    )
    category = _category(audit_type)
    opening = Opening(subsystem_name, handle_id, object_type_name, object_name, category, flags)
    return _answer_all(t, opening, question, granted_access, access_status, generate_on_close)
