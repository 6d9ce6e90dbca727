"""Guest memory as hooks and traces see it: looked at, never touched.

What the kernel reads may open a page: a guard is taken away, and somebody is told.
Who only watches must not do that, or the program would fare differently when it is
watched.  Such a page is a bad pointer to a ``Glance``.
"""

from __future__ import annotations

from ring3k.abi.memory import Numbers
from ring3k.typed import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory


class Glance(Numbers):
    """The reading half of ``Memory``, without its consequences."""

    __slots__ = ("_memory",)

    def __init__(self, memory: Memory) -> None:
        self._memory: Any = memory

    def read(self, address: int, length: int) -> bytes:
        memory = self._memory
        hook = getattr(memory, "fault_hook", None)
        if hook is None:
            data: bytes = memory.read(address, length)
            return data
        memory.fault_hook = None
        try:
            data = memory.read(address, length)
        finally:
            memory.fault_hook = hook
        return data

    def write(self, address: int, data: bytes) -> NoReturn:
        raise TypeError("this memory is only looked at; call.thread.memory can be written")

    def probe_write(self, address: int, length: int) -> NoReturn:
        self.write(address, b"")
