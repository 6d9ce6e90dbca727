"""Guest memory as hooks and traces see it: looked at, never touched.

What the kernel reads may open a page: a guard is taken away, and somebody is told.
Who only watches must not do that, or the program would fare differently when it is
watched.  Such a page is a bad pointer to a ``Glance``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory


class Glance:
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

    def read_u8(self, address: int) -> int:
        return self.read(address, 1)[0]

    def read_u16(self, address: int) -> int:
        return int.from_bytes(self.read(address, 2), "little")

    def read_u32(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little")

    def read_u64(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def write(self, address: int, data: bytes) -> NoReturn:
        raise TypeError("this memory is only looked at; call.thread.memory can be written")

    def write_u8(self, address: int, value: int) -> NoReturn:
        self.write(address, b"")

    write_u16 = write_u32 = write_u64 = write_u8

    def probe_write(self, address: int, length: int) -> NoReturn:
        self.write(address, b"")
