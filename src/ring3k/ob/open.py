"""Making and opening objects by name: what every NtCreateX and NtOpenX has in common.

The order is NT's: the out pointer was probed by the decoder and the object
attributes captured; then the security descriptor, the root handle, the path, the
type and the rights.  Who creates an object gets what he asks for; who opens one
that has a security descriptor gets what that grants (``grant_open``).
Writing the new handle to the caller comes last; should the page have gone
meanwhile, the handle stays and the call still succeeds, as in NT.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    DIRECTORY_CREATE_OBJECT,
    DIRECTORY_CREATE_SUBDIRECTORY,
    MAXIMUM_ALLOWED,
    Rights,
    map_generic,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_EXISTS,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_SYNTAX_BAD,
    STATUS_OBJECT_TYPE_MISMATCH,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import OBJ_INHERIT, OBJ_OPENIF, OBJ_PERMANENT, ObjectAttributes
from ring3k.abi.structs.se import PRIVILEGE
from ring3k.abi.types import Handle, Out
from ring3k.ke.thread import KThread
from ring3k.ob.namespace import Directory, Found, Namespace
from ring3k.ob.object import Object, rights_of
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TypeVar

O = TypeVar("O", bound=Object)  # noqa: E741


def grant(kind: type[Object], desired: int, rights: Rights | None = None) -> int:
    """The access a creator's handle gets: generic rights mapped, MAXIMUM_ALLOWED filled in.

    Bits that the type does not know are STATUS_ACCESS_DENIED, as an access check answers them.
    ``rights``: where the kind's differ by version.
    """
    rights = rights or kind.rights
    granted = map_generic(desired, kind.type_name, rights)
    if granted & MAXIMUM_ALLOWED:
        granted = (granted | rights.mapping.all) & ~MAXIMUM_ALLOWED
    if granted & ~(rights.valid | ACCESS_SYSTEM_SECURITY):
        raise NtError(STATUS_ACCESS_DENIED)
    return granted


def grant_open(t: KThread, object_: Object, desired: int) -> int:
    """The access a handle to an existing object gets: its descriptor says what the caller may have.

    STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_BAD_IMPERSONATION_LEVEL.
    """
    return t.kernel.part(SecurityMonitor).check_open(t, object_, desired)


def find(
    t: KThread, attributes: ObjectAttributes, context: object = None, kind: type[Object] = Object
) -> Found:
    """Walk to what the attributes name; an empty name below a root handle is the root itself."""
    name = attributes.name or ""
    space = t.kernel.part(Namespace)
    bits = attributes.attributes
    if kind.case_blind:
        bits |= space.unasked
    elif not kind.case_exact:
        bits |= space.unasked_of_others
    if not attributes.root:
        if not name:
            raise NtError(STATUS_OBJECT_PATH_SYNTAX_BAD)
        return space.walk(t, name, None, bits, context)
    root = t.handles.get(attributes.root, Object, 0)
    if not name and not hasattr(root, "parse"):
        return Found(root)
    return space.walk(t, name, root, bits, context)


def give(t: KThread, out: Out[Handle], object_: Object, granted: int, attributes: int) -> int:
    """Insert a handle and tell the caller its value; an object that got none goes again."""
    try:
        handle: int = t.handles.insert(object_, granted, bool(attributes & OBJ_INHERIT))
    except NtError:
        object_.reference()
        object_.dereference()
        raise
    try:  # noqa: SIM105  # for every handle that is made
        out.set(handle)
    except GuestFault:
        pass
    return handle


def create(
    t: KThread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    kind: type[O],
    make: Callable[[], O],
) -> int:
    """Create an object, or open the one of that name when OBJ_OPENIF allows it."""
    plain = attributes is None or not (attributes.name or attributes.security_descriptor)
    if plain and not kind.security_required:
        granted = grant(kind, desired, rights_of(t.kernel, kind) if kind.rights_vary else None)
        if granted & ACCESS_SYSTEM_SECURITY:
            t.kernel.part(SecurityMonitor).check_new(t, granted)
        give(t, out, make(), granted, attributes.attributes if attributes is not None else 0)
        return 0
    attributes = attributes or ObjectAttributes()
    bits = attributes.attributes
    monitor = t.kernel.part(SecurityMonitor)
    if bits & OBJ_PERMANENT:
        monitor.require(t, PRIVILEGE.SeCreatePermanentPrivilege)
    given = monitor.capture(t, attributes.security_descriptor)
    if not attributes.name:
        return _create_unnamed(t, out, desired, kind, make, bits, given)
    found = find(t, attributes, None, kind)
    if found.object is not None or found.directory is None:
        if not bits & OBJ_OPENIF:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if not isinstance(found.object, kind):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        give(t, out, found.object, monitor.check_open(t, found.object, desired), bits)
        return STATUS_OBJECT_NAME_EXISTS
    granted = grant(kind, desired, rights_of(t.kernel, kind))
    monitor.check_new(t, granted)
    may_create(t, found.directory, kind)
    object_ = make()
    object_.reference()
    try:
        monitor.secure(t, object_, found.directory, given)
        found.directory.add(found.name, object_)
        if bits & OBJ_PERMANENT:
            object_.make_permanent()
        give(t, out, object_, granted, bits)
    except NtError:
        object_.make_temporary()
        raise
    finally:
        object_.dereference()
    return 0


def _create_unnamed(
    t: KThread,
    out: Out[Handle],
    desired: int,
    kind: type[O],
    make: Callable[[], O],
    bits: int,
    given: object,
) -> int:
    """What has no name gets a descriptor only if its type requires one, even if one was given."""
    granted = grant(kind, desired, rights_of(t.kernel, kind))
    monitor = t.kernel.part(SecurityMonitor)
    monitor.check_new(t, granted)
    object_ = make()
    object_.reference()
    try:
        if kind.security_required:
            monitor.secure(t, object_, None, given)
        give(t, out, object_, granted, bits)
    finally:
        object_.dereference()
    return 0


def may_create(t: KThread, directory: Directory, kind: type[Object]) -> None:
    """Whether the caller may put an object of this kind into a directory; STATUS_ACCESS_DENIED."""
    if directory.security is not None:
        right = DIRECTORY_CREATE_SUBDIRECTORY if issubclass(kind, Directory) else DIRECTORY_CREATE_OBJECT
        t.kernel.part(SecurityMonitor).check(t, directory, right)


def open_(
    t: KThread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    kind: type[O],
) -> int:
    """Open an existing object by name."""
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    found = find(t, attributes, None, kind).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not isinstance(found, kind):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    give(t, out, found, grant_open(t, found, desired), attributes.attributes)
    return 0
