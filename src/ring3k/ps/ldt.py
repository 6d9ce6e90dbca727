"""A process's local descriptor table: what it asked for, checked as NT checks it.

The descriptors are kept and shown.  They are not loaded into the processor: the
host's LDT is the engine's, for the TEBs of threads, and a program cannot reach a
segment of its own.

NT oddities kept: selectors lose their three low bits; a descriptor that is not
present may say anything; a table can be read where there is none (no entries).
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_LDT_DESCRIPTOR,
    STATUS_INVALID_LDT_OFFSET,
    STATUS_INVALID_LDT_SIZE,
    STATUS_NO_LDT,
    NtError,
)
from ring3k.mm.vad import HIGHEST_USER
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.pool import Pool

ENTRY = 8
MOST = 0x10000  # bytes
_PRESENT, _USER, _SEGMENT, _CODE = 0x8000, 0x6000, 0x1000, 0x0800
_CONFORMING = _EXPAND_DOWN = 0x0400
_RESERVED, _PAGES = 0x0020_0000, 0x0080_0000


def check_descriptor(low: int, high: int) -> None:
    """Only segments of user mode that lie in user space.  STATUS_INVALID_LDT_DESCRIPTOR."""
    if not high & _PRESENT:
        return
    base = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000
    limit = low & 0xFFFF | high & 0xF0000
    if high & _PAGES:
        limit = limit << 12 | 0xFFF
    down = not high & _CODE and high & _EXPAND_DOWN
    if (
        high & _USER != _USER
        or not high & _SEGMENT
        or high & _RESERVED
        or (high & _CODE and high & _CONFORMING)
        or down
        or base + limit > HIGHEST_USER
    ):
        raise NtError(STATUS_INVALID_LDT_DESCRIPTOR)


class DescriptorTable:
    """The LDT of one process; it has one from the first descriptor on."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._data = bytearray()

    def __bool__(self) -> bool:
        return bool(self._data)

    def entry(self, selector: int) -> tuple[int, int]:
        """A descriptor's two words.  STATUS_NO_LDT, and zeros behind the end."""
        if not self._data:
            raise NtError(STATUS_NO_LDT)
        at = selector & ~7
        raw = bytes(self._data[at : at + ENTRY]).ljust(ENTRY, b"\0")
        return int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:], "little")

    def read(self, start: int, length: int) -> bytes:
        check_range(start, length)
        return bytes(self._data[start : start + length])

    def write(self, start: int, data: bytes) -> None:
        """Set descriptors, all or none."""
        check_range(start, len(data))
        for at in range(0, len(data), ENTRY):
            low = int.from_bytes(data[at : at + 4], "little")
            check_descriptor(low, int.from_bytes(data[at + 4 : at + ENTRY], "little"))
        end = start + len(data)
        grow = max(0, end - len(self._data))
        self._pool.charge(grow)
        self._data.extend(bytes(grow))
        self._data[start:end] = data

    def resize(self, length: int) -> None:
        """Make it shorter.  STATUS_NO_LDT, STATUS_INVALID_LDT_SIZE."""
        if length & (ENTRY - 1):
            raise NtError(STATUS_INVALID_LDT_SIZE)
        if not self._data:
            raise NtError(STATUS_NO_LDT)
        self.cut(length)

    def cut(self, length: int = 0) -> None:
        self._pool.release(max(0, len(self._data) - length))
        del self._data[length:]


def check_range(start: int, length: int) -> None:
    """STATUS_INVALID_LDT_SIZE, STATUS_INVALID_LDT_OFFSET."""
    if length & (ENTRY - 1):
        raise NtError(STATUS_INVALID_LDT_SIZE)
    if start & (ENTRY - 1):
        raise NtError(STATUS_INVALID_LDT_OFFSET)
    if start + length > MOST:
        raise NtError(STATUS_INVALID_LDT_SIZE)
