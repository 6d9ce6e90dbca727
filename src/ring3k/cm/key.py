"""Key objects: what a handle of the registry stands for, and how a path finds one.

Each open makes an object of its own ("Key"); all objects of one key share its
node.  ``\\REGISTRY`` in the namespace is such an object, too: it hands the rest
of a path to ``parse``.  A component that is a link sends the walk off to its
target, from the namespace's root on; a missing component, whether last or not,
is STATUS_OBJECT_NAME_NOT_FOUND.
"""

from __future__ import annotations

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    DELETE,
    KEY_CREATE_LINK,
    KEY_CREATE_SUB_KEY,
    KEY_READ,
    KEY_WRITE,
    WRITE_DAC,
    WRITE_OWNER,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
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
    REG_OPTION_BACKUP_RESTORE,
    REG_OPTION_CREATE_LINK,
    REG_OPTION_OPEN_LINK,
    REG_OPTION_VOLATILE,
)
from ring3k.cm.names import fold, split
from ring3k.cm.node import LINK, KeyNode
from ring3k.cm.registry import Registry
from ring3k.ob.namespace import Namespace
from ring3k.ob.object import Object
from ring3k.ob.open import find, give, grant
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import SE_BACKUP_PRIVILEGE, SE_RESTORE_PRIVILEGE, has_privilege
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.types import Handle, Out
    from ring3k.cm.notify import Watch
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.se.descriptor import Descriptor

MOST_LINKS = 32
WOW64 = 0x300  # KEY_WOW64_64KEY and _32KEY: nothing to a 32-bit system
_LINK_ITSELF = REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK
_NO_LINK_TARGET = (STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD)


class KeyOpening:
    """How a key is to be opened: the context of a walk that may end in the registry."""

    __slots__ = ("class_name", "create", "created", "given", "links", "options")

    def __init__(self, create: bool = False, options: int = 0, class_name: str | None = None) -> None:
        self.create = create
        self.options = options
        self.class_name = class_name
        self.given: Descriptor | None = None  # of a new key, if the caller gives one
        self.created = False
        self.links = 0


class Key(Object):
    """One opening of a key."""

    type_name = "Key"
    is_container = True

    def __init__(self, kernel: Kernel, registry: Registry, node: KeyNode) -> None:
        super().__init__(kernel)
        self.registry = registry
        self.node = node
        self.watch: Watch | None = None
        node.handles += 1

    def on_close(self, process: Any) -> None:
        if self.handle_count == 0 and self.watch is not None:
            self.watch.close()

    def on_delete(self) -> None:
        self.node.handles -= 1
        if self.watch is not None:
            self.watch.close()
        if self.registry.on_closed is not None:
            self.registry.on_closed()

    def full_name(self) -> str:
        return self.node.path()

    def query_security(self) -> Descriptor | None:
        """The key's, whoever has opened it."""
        return self.registry.descriptor(self.registry.fresh(self.node))

    def set_security(self, descriptor: Descriptor) -> None:
        self.registry.set_security(self.registry.fresh(self.node), descriptor.raw)

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
            return _create(kernel, registry, t, node, part, how)
        if found.flags & LINK and (index < last or not own_link):
            path = "\\".join([registry.link_target(found), *parts[index + 1 :]])
            return _follow(kernel, t, path, attributes, how)
        node = found
    if how.options & REG_OPTION_CREATE_LINK:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    return Key(kernel, registry, node)


def _create(
    kernel: Kernel, registry: Registry, t: KThread | None, parent: KeyNode, name: str, how: KeyOpening
) -> Key:
    """A new key, if the one above it lets the caller make one."""
    link = how.options & REG_OPTION_CREATE_LINK
    security = parent.security
    if t is not None:
        monitor = kernel.part(ReferenceMonitor)
        above = registry.descriptor(parent)
        monitor.check_descriptor(t, above, Key, KEY_CREATE_LINK if link else KEY_CREATE_SUB_KEY)
        security = monitor.new_descriptor(t, Key, above, how.given, container=True).raw
    volatile = bool(how.options & REG_OPTION_VOLATILE)
    node = registry.create(parent, name, how.class_name, volatile, LINK if link else 0, security)
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


def give_key(
    t: KThread, out: Out[Handle], desired: int, attributes: ObjectAttributes, how: KeyOpening
) -> None:
    """Open or create a key and hand out a handle.

    Who creates a key may do with it what he asked for; who opens one, what its
    descriptor grants, or what his privileges do if he opens it for a backup.
    """
    desired &= ~WOW64
    monitor = t.kernel.part(ReferenceMonitor)
    if attributes.security_descriptor and how.create:
        how.given = monitor.capture(t, attributes.security_descriptor)
    key = open_key(t, attributes, how)
    key.reference()
    try:
        if how.created:
            granted = grant(Key, desired)
            monitor.check_new(t, granted)
        elif how.options & REG_OPTION_BACKUP_RESTORE:
            granted = _for_backup(t)
        else:
            granted = monitor.check_open(t, key, desired)
        give(t, out, key, granted, attributes.attributes)
    except NtError:
        if how.created:
            key.registry.delete(key.node)
        raise
    finally:
        key.dereference()


def _for_backup(t: KThread) -> int:
    """What the privileges to back up and to restore give, whatever the descriptor says."""
    granted = 0
    if has_privilege(t, SE_BACKUP_PRIVILEGE):
        granted |= KEY_READ | ACCESS_SYSTEM_SECURITY
    if has_privilege(t, SE_RESTORE_PRIVILEGE):
        granted |= KEY_WRITE | DELETE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY
    if not granted:
        raise NtError(STATUS_ACCESS_DENIED)
    return granted
