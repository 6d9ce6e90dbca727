"""Making and opening objects by name: what every NtCreateX and NtOpenX has in common.

The order is NT's: the out pointer was probed by the decoder and the object
attributes captured; then the root handle, the path, the type and the rights.
Writing the new handle to the caller comes last; should the page have gone
meanwhile, the handle stays and the call still succeeds, as in NT.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ring3k.abi.access import ACCESS_SYSTEM_SECURITY, MAXIMUM_ALLOWED, map_generic
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
from ring3k.abi.types import Handle, Out
from ring3k.ke.thread import KThread
from ring3k.ob.namespace import Found, Namespace
from ring3k.ob.object import Object

O = TypeVar("O", bound=Object)  # noqa: E741


def grant(kind: type[Object], desired: int) -> int:
    """The access a handle gets: generic rights mapped, MAXIMUM_ALLOWED filled in.

    No security descriptors yet: whoever asks is granted.  Bits that the type
    does not know are STATUS_ACCESS_DENIED, as an access check answers them.
    """
    rights = kind.rights
    granted = map_generic(desired, kind.type_name)
    if granted & MAXIMUM_ALLOWED:
        granted = (granted | rights.mapping.all) & ~MAXIMUM_ALLOWED
    if granted & ~(rights.valid | ACCESS_SYSTEM_SECURITY):
        raise NtError(STATUS_ACCESS_DENIED)
    return granted


def find(t: KThread, attributes: ObjectAttributes, context: object = None) -> Found:
    """Walk to what the attributes name; an empty name below a root handle is the root itself."""
    name = attributes.name or ""
    if not attributes.root:
        if not name:
            raise NtError(STATUS_OBJECT_PATH_SYNTAX_BAD)
        return t.kernel.part(Namespace).walk(t, name, None, attributes.attributes, context)
    root = t.handles.get(attributes.root, Object, 0)
    if not name and not hasattr(root, "parse"):
        return Found(root)
    return t.kernel.part(Namespace).walk(t, name, root, attributes.attributes, context)


def give(t: KThread, out: Out[Handle], object_: Object, granted: int, attributes: int) -> None:
    """Insert a handle and tell the caller its value; an object that got none goes again."""
    object_.reference()
    try:
        handle = t.handles.insert(object_, granted, bool(attributes & OBJ_INHERIT))
    finally:
        object_.dereference()
    with suppress(GuestFault):
        out.set(handle)


def create(
    t: KThread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    kind: type[O],
    make: Callable[[], O],
) -> int:
    """Create an object, or open the one of that name when OBJ_OPENIF allows it."""
    bits = attributes.attributes if attributes is not None else 0
    granted = grant(kind, desired)
    if attributes is None or not attributes.name:
        give(t, out, make(), granted, bits)
        return 0
    found = find(t, attributes)
    if found.object is not None or found.directory is None:
        if not bits & OBJ_OPENIF:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if not isinstance(found.object, kind):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        give(t, out, found.object, granted, bits)
        return STATUS_OBJECT_NAME_EXISTS
    object_ = make()
    object_.reference()
    try:
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
    found = find(t, attributes).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not isinstance(found, kind):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    give(t, out, found, grant(kind, desired), attributes.attributes)
    return 0
