"""NtQuerySecurityObject and NtSetSecurityObject: whatever the object, its own seam answers.

An object without a descriptor has an empty one to show, and cannot be given any.
"""

from __future__ import annotations

from ring3k.abi.access import ACCESS_SYSTEM_SECURITY, READ_CONTROL, WRITE_DAC, WRITE_OWNER
from ring3k.abi.call import syscall
from ring3k.abi.enums import SecurityInformation
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_SECURITY_DESCR,
    STATUS_NO_SECURITY_ON_OBJECT,
    NtError,
)
from ring3k.abi.structs.se import (
    DACL_SECURITY_INFORMATION,
    GROUP_SECURITY_INFORMATION,
    OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION,
    PROTECTED_SACL_SECURITY_INFORMATION,
    SACL_SECURITY_INFORMATION,
    SECURITY_DESCRIPTOR,
    UNPROTECTED_DACL_SECURITY_INFORMATION,
    UNPROTECTED_SACL_SECURITY_INFORMATION,
)
from ring3k.abi.types import Handle, Opt, Out, OutBuffer, Sized, Ulong, pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.ob.object import Object
from ring3k.se.descriptor import NO_SECURITY, Descriptor, capture_descriptor
from ring3k.se.inherit import changed
from ring3k.se.monitor import ReferenceMonitor
from ring3k.typed import Annotated

SecurityDescriptor = Annotated[int, pointer(SECURITY_DESCRIPTOR)]
_READ = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION
_OWNER = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION
_DACL = (
    DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION | UNPROTECTED_DACL_SECURITY_INFORMATION
)
_SACL = (
    SACL_SECURITY_INFORMATION | PROTECTED_SACL_SECURITY_INFORMATION | UNPROTECTED_SACL_SECURITY_INFORMATION
)


def rights_to_query(information: int) -> int:
    """SeQuerySecurityAccessMask."""
    return (READ_CONTROL if information & _READ else 0) | (
        ACCESS_SYSTEM_SECURITY if information & SACL_SECURITY_INFORMATION else 0
    )


def rights_to_set(information: int) -> int:
    """SeSetSecurityAccessMask."""
    return (
        (WRITE_OWNER if information & _OWNER else 0)
        | (WRITE_DAC if information & _DACL else 0)
        | (ACCESS_SYSTEM_SECURITY if information & _SACL else 0)
    )


@syscall()
def NtQuerySecurityObject(
    t: Thread,
    handle: Handle,
    security_information: SecurityInformation,
    security_descriptor: Opt[Annotated[OutBuffer, Sized("length", align=4)]],
    length: Ulong,
    length_needed: Out[Ulong],
) -> int:
    """Read an object's security descriptor, self-relative."""
    found = lookup(t, handle, Object, rights_to_query(security_information))
    descriptor: Descriptor = found.query_security() or NO_SECURITY
    data = descriptor.query(security_information)
    length_needed.set(len(data))
    if length < len(data):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if security_descriptor is not None:
        security_descriptor.write(data)
    return 0


@syscall()
def NtSetSecurityObject(
    t: Thread,
    handle: Handle,
    security_information: SecurityInformation,
    security_descriptor: SecurityDescriptor,
) -> int:
    """Set parts of an object's security descriptor.

    Who makes himself (or another) owner must be able to be it, or hold SeRestorePrivilege.
    """
    if not security_descriptor:
        raise NtError(STATUS_ACCESS_VIOLATION)
    found = lookup(t, handle, Object, rights_to_set(security_information))
    new = capture_descriptor(t.memory, security_descriptor)
    if (security_information & OWNER_SECURITY_INFORMATION and new.owner is None) or (
        security_information & GROUP_SECURITY_INFORMATION and new.group is None
    ):
        raise NtError(STATUS_INVALID_SECURITY_DESCR)
    old: Descriptor | None = found.query_security()
    if old is None:
        raise NtError(STATUS_NO_SECURITY_ON_OBJECT)
    may_own = t.kernel.part(ReferenceMonitor).may_own(t, new)
    mapping = found.type.rights.mapping
    found.set_security(changed(old, new, security_information, mapping, may_own, found.is_container))
    return 0
