"""Security reference monitor: declarations of access checks and audit calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import AuditEventType, AuditFlags
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.ob import GENERIC_MAPPING
from ring3k.abi.structs.se import OBJECT_TYPE_LIST, PRIVILEGE_SET, SECURITY_DESCRIPTOR, SID
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
    Pointer,
    Sized,
    Ulong,
    pointer,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
SidPointer = Annotated[int, pointer(SID)]
PrivilegeSet = Annotated[int, pointer(PRIVILEGE_SET)]
PrivilegeSetOut = Annotated[OutBuffer, Sized("privilege_set_length", align=4, indirect=True)]
ObjectTypeList = Annotated[InBuffer, Sized("object_type_list_length", unit=OBJECT_TYPE_LIST, align=4)]
ResultList = Annotated[OutBuffer, Sized("object_type_list_length", unit=4, align=4)]


@declared
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
) -> None:
    """Would this token get this access to an object with this descriptor?"""


@declared
def NtAccessCheckByType(
    t: Thread,
    security_descriptor: SecurityDescriptor,
    principal_self_sid: SidPointer,
    client_token: Handle,
    desired_access: AccessMask,
    object_type_list: Opt[ObjectTypeList],
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    privilege_set: PrivilegeSetOut,
    privilege_set_length: InOut[Ulong],
    granted_access: Out[AccessMask],
    access_status: Out[NtStatus],
) -> None:
    """NtAccessCheck for an object with parts."""


@declared
def NtAccessCheckByTypeResultList(
    t: Thread,
    security_descriptor: SecurityDescriptor,
    principal_self_sid: SidPointer,
    client_token: Handle,
    desired_access: AccessMask,
    object_type_list: ObjectTypeList,
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    privilege_set: PrivilegeSetOut,
    privilege_set_length: InOut[Ulong],
    granted_access: ResultList,
    access_status: ResultList,
) -> None:
    """NtAccessCheckByType with an answer for each part."""


@declared
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
) -> None:
    """NtAccessCheck of the impersonated client, with audit."""


@declared
def NtAccessCheckByTypeAndAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: SidPointer,
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
) -> None:
    """NtAccessCheckByType of the impersonated client, with audit."""


@declared
def NtAccessCheckByTypeResultListAndAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: SidPointer,
    desired_access: AccessMask,
    audit_type: AuditEventType,
    flags: AuditFlags,
    object_type_list: Opt[ObjectTypeList],
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: ResultList,
    access_status: ResultList,
    generate_on_close: Out[Boolean],
) -> None:
    """NtAccessCheckByTypeResultList of the impersonated client, with audit."""


@declared
def NtAccessCheckByTypeResultListAndAuditAlarmByHandle(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    client_token: Handle,
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    principal_self_sid: SidPointer,
    desired_access: AccessMask,
    audit_type: AuditEventType,
    flags: AuditFlags,
    object_type_list: Opt[ObjectTypeList],
    object_type_list_length: Ulong,
    generic_mapping: In[GENERIC_MAPPING],
    object_creation: Boolean,
    granted_access: ResultList,
    access_status: ResultList,
    generate_on_close: Out[Boolean],
) -> None:
    """NtAccessCheckByTypeResultListAndAuditAlarm for a given token."""


@declared
def NtPrivilegeCheck(
    t: Thread, client_token: Handle, required_privileges: PrivilegeSet, result: Out[Boolean]
) -> None:
    """Does this token have these privileges enabled?  Those used are marked in the set."""


@declared
def NtOpenObjectAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Opt[In[Pointer]],
    object_type_name: In[UnicodeString],
    object_name: In[UnicodeString],
    security_descriptor: SecurityDescriptor,
    client_token: Handle,
    desired_access: AccessMask,
    granted_access: AccessMask,
    privileges: PrivilegeSet,
    object_creation: Boolean,
    access_granted: Boolean,
    generate_on_close: Out[Boolean],
) -> None:
    """Write an audit record about an open."""


@declared
def NtCloseObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> None:
    """Write an audit record about a close."""


@declared
def NtDeleteObjectAuditAlarm(
    t: Thread, subsystem_name: In[UnicodeString], handle_id: Pointer, generate_on_close: Boolean
) -> None:
    """Write an audit record about a deletion."""


@declared
def NtPrivilegeObjectAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    handle_id: Pointer,
    client_token: Handle,
    desired_access: AccessMask,
    privileges: PrivilegeSet,
    access_granted: Boolean,
) -> None:
    """Write an audit record about privileges used with an object."""


@declared
def NtPrivilegedServiceAuditAlarm(
    t: Thread,
    subsystem_name: In[UnicodeString],
    service_name: In[UnicodeString],
    client_token: Handle,
    privileges: PrivilegeSet,
    access_granted: Boolean,
) -> None:
    """Write an audit record about privileges used by a service."""
