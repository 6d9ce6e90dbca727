"""Access checks for somebody else's objects: what servers ask about their clients.

What may be wrong with the question (an unmapped generic right, a primary token, a
descriptor without owner, too small a buffer for the privileges used) is the call's
status; the answer itself is in the two out parameters.
"""

from __future__ import annotations

import struct

from ring3k.abi.access import (
    GENERIC_ALL,
    GENERIC_EXECUTE,
    GENERIC_READ,
    GENERIC_WRITE,
    MAXIMUM_ALLOWED,
    TOKEN_QUERY,
)
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION,
    STATUS_BAD_IMPERSONATION_LEVEL,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_GENERIC_NOT_MAPPED,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_SECURITY_DESCR,
    STATUS_NO_IMPERSONATION_TOKEN,
    NtError,
)
from ring3k.abi.structs.ob import GENERIC_MAPPING
from ring3k.abi.structs.se import (
    OBJECT_TYPE_LIST,
    PRIVILEGE_SET,
    PRIVILEGE_SET_ALL_NECESSARY,
    SE_PRIVILEGE_USED_FOR_ACCESS,
    SECURITY_DESCRIPTOR,
    SID,
)
from ring3k.abi.types import (
    AccessMask,
    Boolean,
    Handle,
    In,
    InBuffer,
    InOut,
    NtStatus,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Ulong,
    check_alignment,
    pointer,
)
from ring3k.ke.thread import KThread as Thread
from ring3k.se.access import OWNERS, Answer, access_check, by_privilege, with_self
from ring3k.se.bytype import Node, Tree, evaluate_nodes, make_nodes, parse_tree, read_tree
from ring3k.se.capture import MOST_PRIVILEGES, PRIVILEGE_SIZE, pack_privileges, unpack_privileges
from ring3k.se.descriptor import Descriptor, capture_descriptor
from ring3k.se.impersonation import IDENTIFICATION
from ring3k.se.pseudo import token_of
from ring3k.se.sid import Sid, capture_sid
from ring3k.se.token import IMPERSONATION, Token
from ring3k.typed import Annotated, NamedTuple

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
SidPointer = Annotated[int, pointer(SID)]
PrivilegeSet = Annotated[int, pointer(PRIVILEGE_SET)]
PrivilegeSetOut = Annotated[OutBuffer, Sized("privilege_set_length", align=4, indirect=True)]
ObjectTypeList = Annotated[InBuffer, Sized("object_type_list_length", unit=OBJECT_TYPE_LIST, align=4)]
ResultList = Annotated[OutBuffer, Sized("object_type_list_length", unit=4, align=4)]

GENERIC = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL
EMPTY_SET = PRIVILEGE_SET.size()


class Question(NamedTuple):
    """Who wants what of which object."""

    token: Token
    descriptor: Descriptor
    desired: int
    everything: int  # what GENERIC_ALL means
    self_sid: Sid | None
    tree: Tree


def check_token(token: Token) -> None:
    """A client is an impersonation token that may at least be looked at."""
    if token.kind != IMPERSONATION:
        raise NtError(STATUS_NO_IMPERSONATION_TOKEN)
    if token.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)


def captured_descriptor(t: Thread, address: int) -> Descriptor:
    """A server's descriptor.  STATUS_ACCESS_DENIED where there is none."""
    if not address:
        raise NtError(STATUS_ACCESS_DENIED)
    return capture_descriptor(t.memory, address)


def check_whole(descriptor: Descriptor) -> Descriptor:
    """Only one with an owner and a group can be asked."""
    if descriptor.owner is None or descriptor.group is None:
        raise NtError(STATUS_INVALID_SECURITY_DESCR)
    return descriptor


def tree_answers(question: Question, first: Answer) -> list[Node]:
    """Every part of the object, with what is granted there."""
    descriptor, context = question.descriptor, question.token.context
    owned = OWNERS if context.owns(descriptor.owner) else 0
    nodes = make_nodes(question.tree, owned | first.granted)
    if descriptor.dacl is None:
        for one in nodes:
            one.granted |= question.everything | question.desired & ~MAXIMUM_ALLOWED
        return nodes
    allow, deny = context.allow, context.deny
    restricted = context.restricted
    if question.self_sid is not None:
        allow, deny = with_self(allow, question.self_sid), with_self(deny, question.self_sid)
        restricted = with_self(restricted, question.self_sid) if restricted is not None else None
    evaluate_nodes(descriptor.dacl.aces, nodes, allow, deny)
    if restricted is not None:
        second = make_nodes(question.tree, owned | first.granted)
        evaluate_nodes(descriptor.dacl.aces, second, restricted, restricted)
        for one, other in zip(nodes, second, strict=True):
            one.granted &= other.granted
    return nodes


def node_answer(question: Question, node: Node, first: Answer) -> Answer:
    """The answer for one part."""
    exact = question.desired & ~MAXIMUM_ALLOWED
    if exact & ~node.granted:
        return Answer(STATUS_ACCESS_DENIED)
    granted = node.granted if question.desired & MAXIMUM_ALLOWED else exact
    return Answer(0, granted, first.used) if granted else Answer(STATUS_ACCESS_DENIED)


def decide(question: Question) -> Answer:
    """One answer: for the object, or for the root of its parts."""
    if not question.tree:
        return access_check(
            question.token, question.descriptor, question.desired, question.everything, question.self_sid
        )
    first = by_privilege(question.token, question.desired)
    if first.status:
        return first
    return node_answer(question, tree_answers(question, first)[0], first)


def decide_all(question: Question) -> list[Answer]:
    """An answer for each part."""
    first = by_privilege(question.token, question.desired)
    if first.status:
        return [first] * len(question.tree)
    return [node_answer(question, node, first) for node in tree_answers(question, first)]


def _tell_privileges(used: tuple[int, ...], buffer: OutBuffer, length: InOut[int]) -> None:
    """The privileges that were used.  STATUS_BUFFER_TOO_SMALL, even for none."""
    data = struct.pack("<II", len(used), PRIVILEGE_SET_ALL_NECESSARY if used else 0)
    data += pack_privileges([(luid, SE_PRIVILEGE_USED_FOR_ACCESS) for luid in used])
    need = max(len(data), EMPTY_SET)
    if length.value < need:
        length.set(need)
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if not buffer.address:
        raise NtError(STATUS_ACCESS_VIOLATION)
    buffer.write(data)


def _ask(
    t: Thread,
    descriptor_address: int,
    self_address: int | None,
    client_token: int,
    desired: int,
    list_address: int,
    count: int,
    mapping: GENERIC_MAPPING,
) -> Question:
    """The question, once nothing is wrong with it."""
    raw = read_tree(t.memory, list_address, count)
    if desired & GENERIC:
        raise NtError(STATUS_GENERIC_NOT_MAPPED)
    token = token_of(t, client_token, TOKEN_QUERY)
    check_token(token)
    self_sid = capture_sid(t.memory, self_address) if self_address else None
    descriptor = check_whole(captured_descriptor(t, descriptor_address))
    tree = parse_tree(t.memory, raw)
    return Question(token, descriptor, desired, mapping.GenericAll, self_sid, tree)


@syscall()
def NtAccessCheck(
    t: Thread,
    security_descriptor: SecurityDescriptor,
    client_token: Handle,
    desired_access: AccessMask,
    generic_mapping: In[GENERIC_MAPPING],
    privilege_set: PrivilegeSetOut,
    privilege_set_length: InOut[Ulong],
    granted_access: Out[AccessMask],
    access_status: Out[NtStatus],
) -> int:
    """Would this token get this access to an object with this descriptor?"""
    question = _ask(t, security_descriptor, 0, client_token, desired_access, 0, 0, generic_mapping)
    answer = decide(question)
    _tell_privileges(answer.used, privilege_set, privilege_set_length)
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    return 0


@syscall()
def NtAccessCheckByType(
    t: Thread,
    security_descriptor: SecurityDescriptor,
    principal_self_sid: Opt[SidPointer],
    client_token: Handle,
    desired_access: AccessMask,
    object_type_list: Opt[ObjectTypeList],
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    privilege_set: PrivilegeSetOut,
    privilege_set_length: InOut[Ulong],
    granted_access: Out[AccessMask],
    access_status: Out[NtStatus],
) -> int:
    """NtAccessCheck for an object with parts; the answer is the root's."""
    question = _ask(
        t,
        security_descriptor,
        principal_self_sid,
        client_token,
        desired_access,
        object_type_list.address if object_type_list is not None else 0,
        object_type_list_length,
        generic_mapping,
    )
    answer = decide(question)
    _tell_privileges(answer.used, privilege_set, privilege_set_length)
    granted_access.set(answer.granted)
    access_status.set(answer.status)
    return 0


def write_answers(answers: list[Answer], granted: OutBuffer, statuses: OutBuffer) -> None:
    """Both result lists."""
    granted.write(struct.pack(f"<{len(answers)}I", *(one.granted for one in answers)))
    statuses.write(struct.pack(f"<{len(answers)}I", *(one.status for one in answers)))


@syscall()
def NtAccessCheckByTypeResultList(
    t: Thread,
    security_descriptor: SecurityDescriptor,
    principal_self_sid: Opt[SidPointer],
    client_token: Handle,
    desired_access: AccessMask,
    object_type_list: ObjectTypeList,
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    privilege_set: PrivilegeSetOut,
    privilege_set_length: InOut[Ulong],
    granted_access: ResultList,
    access_status: ResultList,
) -> int:
    """NtAccessCheckByType with an answer for each part; there must be parts."""
    if not object_type_list_length:
        raise NtError(STATUS_INVALID_PARAMETER)
    question = _ask(
        t,
        security_descriptor,
        principal_self_sid,
        client_token,
        desired_access,
        object_type_list.address,
        object_type_list_length,
        generic_mapping,
    )
    answers = decide_all(question)
    _tell_privileges(answers[0].used, privilege_set, privilege_set_length)
    write_answers(answers, granted_access, access_status)
    return 0


# -- privileges ----------------------------------------------------------------------------
@syscall()
def NtPrivilegeCheck(
    t: Thread, client_token: Handle, required_privileges: PrivilegeSet, result: Out[Boolean]
) -> int:
    """Does this token have these privileges enabled?  Those it has are marked in the set.

    All of them, if the set says so; any of them otherwise.
    """
    token = token_of(t, client_token, TOKEN_QUERY)
    if token.kind == IMPERSONATION and token.level < IDENTIFICATION:
        raise NtError(STATUS_BAD_IMPERSONATION_LEVEL)
    check_alignment(required_privileges, 4)
    count, control = struct.unpack("<II", t.memory.read(required_privileges, 8))
    if count > MOST_PRIVILEGES:
        raise NtError(STATUS_INVALID_PARAMETER)
    t.memory.probe_write(required_privileges, 8 + count * PRIVILEGE_SIZE)
    place = required_privileges + 8
    wanted = unpack_privileges(t.memory.read(place, count * PRIVILEGE_SIZE)) if count else []
    held = [token.privilege_enabled(luid) for luid, _ in wanted]
    marked = [
        (luid, attributes | SE_PRIVILEGE_USED_FOR_ACCESS if has else attributes)
        for (luid, attributes), has in zip(wanted, held, strict=True)
    ]
    if count:
        t.memory.write(place, pack_privileges(marked))
    result.set(all(held) if control & PRIVILEGE_SET_ALL_NECESSARY else any(held))
    return 0
