"""The descriptors of what exists before the first process.

NT's *public default*: everybody may look and pass through, the system and the
administrators may do everything.  The directories where programs of all users
put names let everybody create.
"""

from __future__ import annotations

from ring3k.abi.access import (
    DIRECTORY_CREATE_OBJECT,
    DIRECTORY_CREATE_SUBDIRECTORY,
    GENERIC_EXECUTE,
    GENERIC_READ,
    GENERIC_WRITE,
    READ_CONTROL,
    Mapping,
)
from ring3k.abi.status import STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, NtError
from ring3k.ob.namespace import Directory, Namespace
from ring3k.ob.object import Object
from ring3k.se import sid as s
from ring3k.se.acl import allow, build_acl
from ring3k.se.descriptor import Descriptor
from ring3k.se.inherit import map_mask

PUBLIC = GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL
CREATE = DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY
SHARED_DIRECTORIES = (
    "\\??",
    "\\BaseNamedObjects",
    "\\RPC Control",
    "\\Sessions",
    "\\Sessions\\1\\BaseNamedObjects",
)
SHARED_EVENTS = ("\\KernelObjects\\LowMemoryCondition", "\\KernelObjects\\HighMemoryCondition")
ELSEWHERE = ("Key", "File", "Device")  # whose rooms say themselves


def public_descriptor(mapping: Mapping, everybody: int = PUBLIC) -> Descriptor:
    """Owned by the administrators; ``everybody``: the mask of S-1-1-0 and of restricted code."""
    mask = map_mask(everybody, mapping)
    entries = (
        allow(s.WORLD, mask),
        allow(s.LOCAL_SYSTEM, mapping.all),
        allow(s.ADMINISTRATORS, mapping.all),
        allow(s.RESTRICTED, mask),
    )
    return Descriptor(s.ADMINISTRATORS, s.LOCAL_SYSTEM, build_acl(entries))


def system_descriptor(mapping: Mapping) -> Descriptor:
    """For nobody but the system and the administrators."""
    entries = allow(s.LOCAL_SYSTEM, mapping.all), allow(s.ADMINISTRATORS, mapping.all)
    return Descriptor(s.ADMINISTRATORS, s.LOCAL_SYSTEM, build_acl(entries))


def secure_namespace(space: Namespace) -> None:
    """Give every object that is there and has no descriptor yet the one NT gives it."""
    directory = Directory.rights.mapping
    for path in SHARED_DIRECTORIES:
        _secure(space, path, public_descriptor(directory, PUBLIC | GENERIC_WRITE | CREATE))
    for path in SHARED_EVENTS:
        _secure(space, path, None)
    _secure_tree(space.root, {})


def _secure(space: Namespace, path: str, descriptor: Descriptor | None) -> None:
    try:
        found: Object = space.resolve(path)
    except NtError as error:
        if error.status not in (STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND):
            raise
        return
    mapping = found.type.rights.mapping
    found.set_security(descriptor or public_descriptor(mapping, GENERIC_READ | GENERIC_EXECUTE))


def _secure_tree(one: Object, made: dict[str, Descriptor]) -> None:
    """``made``: the public descriptor of each type, once it was needed."""
    if one.type_name in ELSEWHERE:
        return
    if one.query_security() is None:
        found = made.get(one.type_name)
        if found is None:
            everybody = PUBLIC if one.is_container else GENERIC_EXECUTE
            found = made[one.type_name] = public_descriptor(one.type.rights.mapping, everybody)
        one.set_security(found)
    if isinstance(one, Directory):
        for child in one:
            _secure_tree(child, made)
