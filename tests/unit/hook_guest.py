"""A guest thread without a guest, for tests of hooks: registers and memory are Python values."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from ring3k.abi.memory import Numbers
from ring3k.abi.status import GuestFault
from ring3k.ke.contract import NT, Contract

STACK = 0x12FF00
STRINGS = 0x20000


class Memory(Numbers):
    """Bytes at addresses; everything else faults."""

    def __init__(self) -> None:
        self.blocks: dict[int, bytearray] = {STACK - 0x100: bytearray(0x200), STRINGS: bytearray(0x1000)}

    def _block(self, address: int, length: int, write: bool) -> tuple[bytearray, int]:
        for base, data in self.blocks.items():
            if base <= address and address + length <= base + len(data):
                return data, address - base
        raise GuestFault(address, write)

    def read(self, address: int, length: int) -> bytes:
        data, offset = self._block(address, length, False)
        return bytes(data[offset : offset + length])

    def write(self, address: int, data: bytes) -> None:
        block, offset = self._block(address, len(data), True)
        block[offset : offset + len(data)] = data

    def probe_write(self, address: int, length: int) -> None:
        self._block(address, length, True)


@dataclass
class Guest:
    memory: Memory
    arg_base: int = STACK

    def args(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.memory.read(self.arg_base, 4 * count))


@dataclass
class Process:
    pid: int = 4
    contract: Contract = NT

    def locate(self, address: int) -> str | None:
        return f"hello.exe+{address - 0x400000:#x}" if 0x400000 <= address < 0x500000 else None


@dataclass
class Thread:
    """What decoders and hooks ask of a thread."""

    tid: int = 8
    memory: Memory = field(default_factory=Memory)
    process: Process = field(default_factory=Process)
    guest: Guest = field(init=False)

    def __post_init__(self) -> None:
        self.guest = Guest(self.memory)

    def calls_with(self, *words: int, caller: int = 0x401234) -> Thread:
        """Put argument words on the stack, as a system call stub finds them."""
        self.memory.write(self.guest.arg_base - 4, struct.pack(f"<{len(words) + 1}I", caller, *words))
        return self
