"""How information classes are answered: lengths first, then the handle, then the class's own work.

NT compares the buffer's length with the size of the structure before it looks
at the handle, and reports an unknown class before either.  ``Class`` holds one
such rule; the rooms' tables are made of them.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS, NtError
from ring3k.abi.struct import Structure
from ring3k.abi.types import InBuffer, Out, OutBuffer
from ring3k.abi.version import LATEST, LEVELS, Version
from ring3k.ke.thread import KThread
from ring3k.ob.handles import lookup
from ring3k.typed import Any, NamedTuple


class Class(NamedTuple):
    """One information class: its structure (or a plain ULONG), the right it needs, what answers it."""

    layout: type[Structure] | int  # int: that many bytes
    access: int
    action: Callable[..., Any]  # query: (t, object) -> Structure, int or bytes; set: (t, object, value)
    since: str = "nt40"
    sizes: tuple[int, ...] = ()  # other lengths that are accepted
    until: str = LATEST
    limited: int = 0  # the right that is enough since Vista

    def accepts(self, length: int) -> bool:
        size = self.layout if isinstance(self.layout, int) else self.layout.size()
        return length == size or length in self.sizes

    def value(self, buffer: InBuffer) -> Any:
        """What a set call was given, read once."""
        data = buffer.read()
        if isinstance(self.layout, int):
            return int.from_bytes(data, "little")
        return self.layout.unpack(data)


def is_xp(t: KThread) -> bool:
    """Windows XP or later."""
    return t.kernel.part(Version).level >= 51


def find_class(t: KThread, table: dict[int, Class], number: int) -> Class:
    """STATUS_INVALID_INFO_CLASS for what this version does not have."""
    found = table.get(number)
    version = t.kernel.part(Version).level
    if found is None or not LEVELS[found.since] <= version <= LEVELS[found.until]:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return found


def needed(t: KThread, rule: Class) -> int:
    """The right that a class needs in this version."""
    return rule.limited if rule.limited and t.kernel.part(Version).level >= 60 else rule.access


def packed(result: Any, size: int) -> bytes:
    """The bytes of an answer."""
    if isinstance(result, Structure):
        return result.pack()
    if isinstance(result, int):
        return (result & ((1 << size * 8) - 1)).to_bytes(size, "little")
    return bytes(result)


def query(
    t: KThread,
    table: dict[int, Class],
    number: int,
    handle: int,
    kind: type[Any],
    buffer: OutBuffer,
    return_length: Out[int] | None,
) -> int:
    """Answer a query of a class of fixed length."""
    rule = find_class(t, table, number)
    if not rule.accepts(buffer.size):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    object_ = lookup(t, handle, kind, needed(t, rule))
    data = packed(rule.action(t, object_), buffer.size)[: buffer.size]
    buffer.write(data)
    if return_length is not None:
        return_length.set(len(data))
    return 0


def change(
    t: KThread, table: dict[int, Class], number: int, handle: int, kind: type[Any], buffer: InBuffer
) -> int:
    """Carry out a set call: length, value, handle, then the work."""
    rule = find_class(t, table, number)
    if not rule.accepts(buffer.size):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    value = rule.value(buffer)
    object_ = lookup(t, handle, kind, needed(t, rule))
    return rule.action(t, object_, value) or 0
