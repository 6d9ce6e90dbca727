"""The attribute list of NtCreateThreadEx and NtCreateUserProcess, captured.

Each attribute may stand in the list once.  What is an output (the client id, the
TEB's address) is probed before anything is made, and written at the end; a page
that has gone meanwhile does not make the call fail.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.memory import Memory
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.structs.ps6 import (
    PS_ATTRIBUTE,
    PS_ATTRIBUTE_INPUT,
    PS_ATTRIBUTE_NUM,
    PS_ATTRIBUTE_NUMBER_MASK,
    PS_ATTRIBUTE_THREAD,
)

A = PS_ATTRIBUTE_NUM
MOST = 32
MOST_HANDLES = 0x4000
_WORDS = (A.PsAttributeParentProcess, A.PsAttributeDebugPort, A.PsAttributeToken)  # the value itself


class Attribute:
    """One entry: for an input its value or where that is, for an output where it goes."""

    __slots__ = ("number", "return_length", "size", "value")

    def __init__(self, number: int, size: int, value: int, return_length: int) -> None:
        self.number = number
        self.size = size
        self.value = value
        self.return_length = return_length


class AttributeList(dict[int, Attribute]):
    """Attributes by their number (PS_ATTRIBUTE_NUM)."""

    def __init__(self, memory: Memory, entries: dict[int, Attribute]) -> None:
        super().__init__(entries)
        self._memory = memory

    def word(self, number: int) -> int:
        """An attribute that is a handle; 0 where it is not given."""
        found = self.get(number)
        return found.value if found is not None else 0

    def data(self, number: int, size: int) -> bytes | None:
        """What an attribute of fixed size points to, None where it is not given."""
        found = self.get(number)
        if found is None:
            return None
        if found.size != size:
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)
        return self._memory.read(found.value, size)

    def handles(self, number: int) -> list[int] | None:
        """An attribute that is an array of handles."""
        found = self.get(number)
        if found is None:
            return None
        if found.size % 4 or found.size // 4 > MOST_HANDLES:
            raise NtError(STATUS_INVALID_PARAMETER)
        raw = self._memory.read(found.value, found.size)
        return [int.from_bytes(raw[i : i + 4], "little") for i in range(0, len(raw), 4)]

    def text(self, number: int) -> str | None:
        """An attribute that is a name."""
        found = self.get(number)
        if found is None:
            return None
        if found.size & 1 or not 0 < found.size <= 0xFFFF:
            raise NtError(STATUS_INVALID_PARAMETER)
        return self._memory.read(found.value, found.size).decode("utf-16-le", "surrogatepass")

    def tell(self, number: int, data: bytes) -> None:
        """Write an output, as much of it as there is room for."""
        found = self.get(number)
        if found is None:
            return
        with suppress(GuestFault):
            self._memory.write(found.value, data[: found.size])
            if found.return_length:
                self._memory.write_u32(found.return_length, min(found.size, len(data)))


def capture_attributes(memory: Memory, address: int, thread: bool) -> AttributeList:
    """Read a list; ``thread``: only what may be used with threads.

    STATUS_INVALID_PARAMETER for a list that makes no sense, STATUS_NOT_SUPPORTED for what is not known.
    """
    entries: dict[int, Attribute] = {}
    size = PS_ATTRIBUTE.size()
    if address:
        length = memory.read_u32(address)
        count, rest = divmod(length - 4, size)
        if length < 4 or rest or not 0 <= count <= MOST:
            raise NtError(STATUS_INVALID_PARAMETER)
        raw = memory.read(address + 4, count * size) if count else b""
        for at in range(0, count * size, size):
            entry = PS_ATTRIBUTE.unpack(raw[at:])
            number = entry.Attribute & PS_ATTRIBUTE_NUMBER_MASK
            if number in entries or (thread and not entry.Attribute & PS_ATTRIBUTE_THREAD):
                raise NtError(STATUS_INVALID_PARAMETER)
            if number > A.PsAttributeDesktopAppPolicy:
                raise NtError(STATUS_NOT_SUPPORTED)
            one = Attribute(number, entry.Size, entry.Value, entry.ReturnLength)
            _probe(memory, one, entry.Attribute)
            entries[number] = one
    return AttributeList(memory, entries)


def _probe(memory: Memory, one: Attribute, kind: int) -> None:
    """Outputs are written at the end: bad pointers are to be known at the beginning."""
    if one.number in _WORDS:
        if one.size != 4:
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    elif not kind & PS_ATTRIBUTE_INPUT:
        if one.number == A.PsAttributeClientId:
            one.size = min(one.size, CLIENT_ID.size())
        if one.size:
            memory.probe_write(one.value, one.size)
    if one.return_length:
        memory.probe_write(one.return_length, 4)
