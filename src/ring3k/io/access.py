"""Who may open what a driver keeps by itself: a pipe, a mailslot.

Such a thing has one security descriptor, whichever file object is asked.  Who
makes it gets what he asks for; whoever else opens it, what the descriptor grants.
"""

from __future__ import annotations

from ring3k.io.file import FileObject
from ring3k.ob.security import SecurityMonitor
from ring3k.se.monitor import ReferenceMonitor
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread


def new_descriptor(t: KThread | None, kernel: Kernel, how: Opening) -> Any:
    """The descriptor of something new; None where nobody checks.

    STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD.
    """
    monitor = kernel.part(SecurityMonitor)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return None
    monitor.check_new(t, how.desired)
    return monitor.new_descriptor(t, FileObject, None, how.descriptor)


def check(t: KThread | None, kernel: Kernel, name: str, descriptor: Any, how: Opening, extra: int = 0) -> int:
    """The rights that an opener gets, who must be allowed ``extra``, too.  STATUS_ACCESS_DENIED."""
    monitor = kernel.part(SecurityMonitor)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return how.granted
    desired = how.desired | extra
    if not monitor.audit.active:
        return monitor.check_descriptor(t, descriptor, FileObject, desired)
    return monitor.audited(
        t,
        descriptor,
        FileObject,
        name,
        desired,
        lambda: monitor.check_descriptor(t, descriptor, FileObject, desired),
    )
