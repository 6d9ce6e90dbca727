"""Objects: type, name, and how long they live.

An object lives while somebody refers to it.  A handle counts as one reference
and so does a place in a directory.  When the last handle goes and the object is
not permanent, its name goes too; when the last reference goes, ``on_delete``
runs.  Python's own references do not count: whoever keeps an object across a
wait calls ``reference``.

Counts per type (``TypeTable``) are what NtQueryObject reports and what leak
checks compare.

Security.  ``query_security`` and ``set_security`` are the seam for descriptors
(``se.descriptor.Descriptor``).  Here they keep one in ``security``; objects whose
descriptor outlives them, or is another's (keys, files), override both: the monitor
calls ``set_security`` once at creation (``ob.open.create``, or whoever makes an object
and calls ``SecurityMonitor.secure``), and for NtSetSecurityObject with the new, whole
descriptor; it calls ``query_security`` before every access check and for
NtQuerySecurityObject.  None means that nobody is kept out.  ``Descriptor.raw`` and
``se.descriptor.parse_descriptor`` are the form to store.  ``is_container`` says whose
kind of inheritable entries count: a directory's, or a leaf's.
"""

from __future__ import annotations

from collections.abc import Iterator

from ring3k.abi.access import LATER_RIGHTS, RIGHTS, Rights
from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.ke.pool import OBJECT_COST
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ob.namespace import Directory


MOST_PERMANENT = 1 << 15


class ObjectType:
    """One kind of object in one system."""

    def __init__(self, name: str, rights: Rights, index: int, security_required: bool = False) -> None:
        self.name = name
        self.security_required = security_required
        self.rights = rights
        self.index = index
        self.objects = 0
        self.handles = 0
        self.most_objects = 0
        self.most_handles = 0


class TypeTable:
    """The object types of a system, by name, in order of first use."""

    def __init__(self, later: bool = False) -> None:
        """``later``: rights are those of Windows Vista and after."""
        self.later = later
        self._types: dict[str, ObjectType] = {}
        self._made = 0
        self.permanent = 0  # objects that stay without a handle

    def count(self, object_: Object) -> ObjectType:
        """A new object: its type.  Guests are shown where it seems to be in kernel memory."""
        self._made += 1
        object_.address = 0x81000000 + (self._made * 8 & 0x3FFFFFFF)
        kind = type(object_)
        return self._types.get(kind.type_name) or self.of(kind)

    def of(self, kind: type[Object]) -> ObjectType:
        found = self._types.get(kind.type_name)
        if found is None:
            rights = LATER_RIGHTS[kind.type_name] if kind.rights_vary and self.later else kind.rights
            found = ObjectType(kind.type_name, rights, len(self._types) + 1, kind.security_required)
            self._types[kind.type_name] = found
        return found

    def __iter__(self) -> Iterator[ObjectType]:
        return iter(self._types.values())


class Object:
    """Base of everything a handle can name."""

    type_name: ClassVar[str]
    rights: ClassVar[Rights]  # until Vista: ``rights_of`` knows better
    rights_vary: ClassVar[bool] = False
    is_container: ClassVar[bool] = False
    case_blind: ClassVar[bool] = False  # whether XP and later find it in any case, unasked
    case_exact: ClassVar[bool] = False  # whether it is never found in another case, unless that is asked for
    security_required: ClassVar[bool] = False  # whether it has a descriptor even without a name
    security: Any = None  # se.descriptor.Descriptor
    name: str = ""
    directory: Directory | None = None
    permanent: bool = False
    exclusive: bool = False
    deleted: bool = False
    address: int

    def __init_subclass__(cls) -> None:
        if "type_name" in vars(cls):
            cls.rights = RIGHTS[cls.type_name]
            cls.rights_vary = cls.type_name in LATER_RIGHTS

    def __init__(self, kernel: Kernel, *base: Any) -> None:
        super().__init__(*base)
        kernel.pool.charge(OBJECT_COST)
        self.kernel = kernel
        self.type = type_ = kernel.part(TypeTable).count(self)
        type_.objects += 1
        if type_.objects > type_.most_objects:
            type_.most_objects = type_.objects
        self.handle_count = 0
        self.pointer_count = 0

    def reference(self) -> None:
        self.pointer_count += 1

    def dereference(self) -> None:
        """Give a reference up; the last one deletes the object."""
        self.pointer_count -= 1
        if self.pointer_count <= 0 and not self.deleted:
            self.deleted = True
            self.type.objects -= 1
            if self.permanent:
                self.kernel.part(TypeTable).permanent -= 1
            self.kernel.pool.release(OBJECT_COST)
            if self.security is not None:
                self.kernel.part(SecurityMonitor).drop(self.security)
            self.on_delete()

    def opened(self) -> None:
        """One more handle."""
        self.handle_count += 1
        self.pointer_count += 1
        type_ = self.type
        type_.handles += 1
        if type_.handles > type_.most_handles:
            type_.most_handles = type_.handles

    def closed(self, process: Any) -> None:
        """One handle less."""
        self.handle_count -= 1
        self.type.handles -= 1
        self.on_close(process)
        if self.handle_count == 0 and self.directory is not None:
            self.drop_name()
        self.dereference()

    def make_permanent(self) -> None:
        """Stay without a handle.

        STATUS_INSUFFICIENT_RESOURCES: they outlive who made them, so they are few.
        """
        if self.permanent:
            return
        types = self.kernel.part(TypeTable)
        if types.permanent >= MOST_PERMANENT:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        types.permanent += 1
        self.permanent = True

    def make_temporary(self) -> None:
        """Go with the last handle, perhaps now."""
        if self.permanent:
            self.kernel.part(TypeTable).permanent -= 1
            self.permanent = False
        self.drop_name()

    def drop_name(self) -> None:
        """Leave the namespace unless permanent or still open."""
        if not self.permanent and self.handle_count == 0 and self.directory is not None:
            self.directory.remove(self)

    # -- security ---------------------------------------------------------------
    def query_security(self) -> Any:
        """The object's descriptor, None if it has none."""
        return self.security

    def set_security(self, descriptor: Any) -> None:
        """Take on a descriptor.  STATUS_INSUFFICIENT_RESOURCES, and nothing has changed."""
        monitor = self.kernel.part(SecurityMonitor)
        before, self.security = self.security, monitor.keep(descriptor)
        if before is not None:
            monitor.drop(before)

    def on_close(self, process: Any) -> None:
        """A handle in ``process`` was closed."""

    def on_delete(self) -> None:
        """Nobody refers to the object any more: give its means back."""

    def full_name(self) -> str:
        """The path from the root, empty for an unnamed object."""
        above = self.directory
        if above is None:
            return self.name
        parts = [self.name]
        while above.directory is not None:
            parts.append(above.name)
            above = above.directory
        top = above.full_name()
        return "\\".join(["" if top == "\\" else top, *reversed(parts)])


def rights_of(kernel: Kernel, kind: type[Object]) -> Rights:
    """What access to an object of this kind means in this version."""
    if kind.rights_vary and kernel.part(TypeTable).later:
        return LATER_RIGHTS[kind.type_name]
    return kind.rights
