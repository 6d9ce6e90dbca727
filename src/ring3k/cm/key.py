"""Key objects: what a handle of the registry stands for, and how a path finds one.

Each open makes an object of its own ("Key"); all objects of one key share its
node.  ``\\REGISTRY`` in the namespace is such an object, too: it hands the rest
of a path to ``parse``.  A component that is a link sends the walk off to its
target, from the namespace's root on; a missing component, whether last or not,
is STATUS_OBJECT_NAME_NOT_FOUND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ring3k.abi.status import (
    STATUS_NAME_TOO_LONG,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_OBJECT_PATH_SYNTAX_BAD,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, OBJ_OPENLINK, ObjectAttributes
from ring3k.abi.structs.cm import (
    REG_OPTION_CREATE_LINK,
    REG_OPTION_OPEN_LINK,
    REG_OPTION_VOLATILE,
)
from ring3k.cm.names import fold, split
from ring3k.cm.node import LINK, KeyNode
from ring3k.cm.registry import Registry
from ring3k.ob.namespace import Namespace
from ring3k.ob.object import Object
from ring3k.ob.open import find

if TYPE_CHECKING:
    from ring3k.cm.notify import Watch
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

MOST_LINKS = 32
_LINK_ITSELF = REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK
_NO_LINK_TARGET = (STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD)


class KeyOpening:
    """How a key is to be opened: the context of a walk that may end in the registry."""

    __slots__ = ("class_name", "create", "created", "links", "options", "security")

    def __init__(self, create: bool = False, options: int = 0, class_name: str | None = None) -> None:
        self.create = create
        self.options = options
        self.class_name = class_name
        self.security: bytes | None = None  # of a new key, if the caller gives one
        self.created = False
        self.links = 0


class Key(Object):
    """One opening of a key."""

    type_name = "Key"

    def __init__(self, kernel: Kernel, registry: Registry, node: KeyNode) -> None:
        super().__init__(kernel)
        self.registry = registry
        self.node = node
        self.watch: Watch | None = None
        node.handles += 1

    def on_delete(self) -> None:
        self.node.handles -= 1
        if self.watch is not None:
            self.watch.close()

    def full_name(self) -> str:
        return self.node.path()

    def parse(self, t: KThread | None, rest: str, attributes: int, context: Any) -> Any:
        """Open or create what ``rest`` names below this key."""
        return walk(self.kernel, self.registry, self.node, t, rest, attributes, context)


def walk(
    kernel: Kernel,
    registry: Registry,
    node: KeyNode,
    t: KThread | None,
    rest: str,
    attributes: int,
    how: Any,
) -> Any:
    """Open or create what ``rest`` names below a key."""
    if not isinstance(how, KeyOpening):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    registry.fresh(node)
    parts = split(rest)
    last = len(parts) - 1
    own_link = attributes & OBJ_OPENLINK or how.options & _LINK_ITSELF
    for index, part in enumerate(parts):
        found = registry.child(node, fold(part))
        if found is None:
            if index < last or not how.create:
                raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
            return _create(kernel, registry, node, part, how)
        if found.flags & LINK and (index < last or not own_link):
            path = "\\".join([registry.link_target(found), *parts[index + 1 :]])
            return _follow(kernel, t, path, attributes, how)
        node = found
    if how.options & REG_OPTION_CREATE_LINK:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    return Key(kernel, registry, node)


def _create(kernel: Kernel, registry: Registry, parent: KeyNode, name: str, how: KeyOpening) -> Key:
    node = registry.create(
        parent,
        name,
        how.class_name,
        bool(how.options & REG_OPTION_VOLATILE),
        LINK if how.options & REG_OPTION_CREATE_LINK else 0,
        how.security if how.security is not None else parent.security,
    )
    how.created = True
    return Key(kernel, registry, node)


def _follow(kernel: Kernel, t: KThread | None, path: str, attributes: int, how: KeyOpening) -> Any:
    """Go on at a link's target.  One that leads nowhere is a missing key."""
    how.links += 1
    if how.links > MOST_LINKS:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if len(path) > 0x7FFF:
        raise NtError(STATUS_NAME_TOO_LONG)
    try:
        found = kernel.part(Namespace).walk(t, path, None, attributes | OBJ_CASE_INSENSITIVE, how).object
    except NtError as error:
        if error.status in _NO_LINK_TARGET:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND) from None
        raise
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    return found


def open_key(t: KThread, attributes: ObjectAttributes, how: KeyOpening) -> Key:
    """Walk to a key, and make it if that is asked for; what is found must be one."""
    found = find(t, attributes, how).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not isinstance(found, Key):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    return found
