"""What the object manager asks of the security reference monitor (``se``, which stands above it).

``se.monitor`` puts its own subclass in this one's place (``kernel.part(SecurityMonitor)``).
A kernel without that, as tests of the lower rooms make it, knows no users: everything
is allowed and no object has a descriptor.

The descriptor of an object is a ``se.descriptor.Descriptor``; this room only carries it.
"""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread
    from ring3k.ob.object import Object


class Audited(int):
    """Rights of a handle whose end is to be told to the security log, as the SACL of its object wants."""

    def __or__(self, other: int) -> Audited:
        return Audited(int(self) | other)

    def __and__(self, other: int) -> Audited:
        return Audited(int(self) & other)

    __ror__ = __or__
    __rand__ = __and__


class SecurityMonitor:
    """Everything is allowed."""

    def capture(self, t: KThread, address: int) -> Any:
        """A descriptor that a guest gives for a new object; None for a NULL pointer."""
        return None

    def secure(self, t: KThread, object_: Object, parent: Object | None, given: Any) -> None:
        """Give a new object its descriptor: from what is asked for, what the parent hands down, the token."""

    def check(self, t: KThread, object_: Object, desired: int) -> int:
        """The rights that a handle to an object with a descriptor gets; STATUS_ACCESS_DENIED and others."""
        return desired

    def check_open(self, t: KThread, object_: Object, desired: int) -> int:
        """The same, where it is not only to be known but to be used; the security log may hear of it."""
        return desired

    def handle_closed(self, process: Any, object_: Object, handle: int) -> None:
        """A handle with ``Audited`` rights is gone."""

    def check_new(self, t: KThread, desired: int) -> None:
        """ACCESS_SYSTEM_SECURITY is not even the creator's for the asking: STATUS_PRIVILEGE_NOT_HELD."""

    def require(self, t: KThread, privilege: int) -> None:
        """STATUS_PRIVILEGE_NOT_HELD."""

    def bypasses_traverse(self, t: KThread) -> bool:
        """Whether the caller may pass through directories that it may not traverse."""
        return True

    def keep(self, descriptor: Any) -> Any:
        """The one descriptor of this content, kept for one more object; STATUS_INSUFFICIENT_RESOURCES."""
        return descriptor

    def drop(self, descriptor: Any) -> None:
        """One object less."""
