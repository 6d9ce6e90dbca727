"""What a crash report asks of the process that crashed, besides its memory."""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.abi.status import NtError
from ring3k.hooks.crash.coff import Read
from ring3k.typed import Protocol

# A mapped image: its file's name, where it begins, where it ends.
Module = tuple[str, int, int]


class Surroundings(Protocol):
    """The address space as the kernel knows it (``mm.address_space``), never as the guest says."""

    def module_at(self, address: int) -> Module | None: ...
    def file_at(self, address: int) -> tuple[Read, int, int] | None:
        """The file of the image there, where in it its symbols are, and how many."""

    def is_code(self, address: int) -> bool:
        """Whether the page is meant to be executed."""

    def what_is(self, address: int) -> str:
        """What is at an address, in words."""


def read_most(memory: Memory, address: int, length: int) -> bytes:
    """As much of a range as can be read from its beginning, in whole pages."""
    try:
        return memory.read(address, length)
    except NtError:
        pass
    found = bytearray()
    end = address + length
    while address < end:
        part = min(end, (address | 0xFFF) + 1) - address
        try:
            found += memory.read(address, part)
        except NtError:
            break
        address += part
    return bytes(found)


def read_text(memory: Memory, address: int, most: int = 256) -> str | None:
    """A string that ends with NUL, if it is one that a person can read."""
    raw, nul, _ = read_most(memory, address, most).partition(b"\0")
    if not nul:
        return None
    text = raw.decode("utf-8", "replace")
    return text if text.isprintable() else None
