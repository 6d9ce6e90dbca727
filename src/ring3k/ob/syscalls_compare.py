"""NtCompareObjects (Windows 10)."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_NOT_SAME_OBJECT
from ring3k.abi.types import Handle
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup


@syscall()
def NtCompareObjects(t: Thread, first_object_handle: Handle, second_object_handle: Handle) -> int:
    """Whether two handles stand for the same object; pseudo handles do, too."""
    first = lookup(t, first_object_handle, object, 0)
    second = lookup(t, second_object_handle, object, 0)
    return 0 if first is second else STATUS_NOT_SAME_OBJECT
