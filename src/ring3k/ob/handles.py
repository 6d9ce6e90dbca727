"""Handle tables.

A handle is an index times four; its two low bits belong to the program and are
ignored.  Free slots are reused last-freed first, as NT does.  The look-up order
is NT's: bad handle, then wrong type, then missing right.

Every handle is charged to the pool, and nothing here depends on how many there
are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_HANDLE_NOT_CLOSABLE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_HANDLE,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.ke.pool import HANDLE_COST
from ring3k.ke.thread import KThread
from ring3k.ob.object import Object
from ring3k.ob.security import Audited, SecurityMonitor
from ring3k.typed import Any, TypeVar

O = TypeVar("O")  # noqa: E741

CURRENT_PROCESS = 0xFFFFFFFF
CURRENT_THREAD = 0xFFFFFFFE
MAX_HANDLES = 1 << 24  # NT's limit; pool ends sooner

OPENED, CLOSED, MISUSED = 1, 2, 3  # what a trace is told
HANDLE_INHERIT = 2
HANDLE_PROTECT = 1


class HandleEntry:
    """What a handle stands for."""

    __slots__ = ("granted", "inherit", "object", "protect")

    def __init__(self, object_: Any, granted: int, inherit: bool = False, protect: bool = False) -> None:
        self.object = object_
        self.granted = granted
        self.inherit = inherit
        self.protect = protect


class HandleTable:
    """The handles of one process."""

    def __init__(self, process: Any) -> None:
        self.process = process
        self._entries: list[HandleEntry | None] = [None]
        self._free: list[int] = []
        self.count = 0
        self.trace: Callable[[int, int], None] | None = None  # told of what is opened, closed, misused

    def _bad(self, handle: int) -> NtError:
        if self.trace is not None:
            self.trace(handle, MISUSED)
        return NtError(STATUS_INVALID_HANDLE)

    def entry(self, handle: int) -> HandleEntry:
        """The entry; STATUS_INVALID_HANDLE."""
        try:
            found = self._entries[handle >> 2]
        except IndexError:
            raise self._bad(handle) from None
        if found is None:
            raise self._bad(handle)
        return found

    def get(self, handle: int, kind: type[O], access: int) -> O:
        """The object behind a handle, of this class, opened with at least these rights."""
        try:
            found = self._entries[handle >> 2]
        except IndexError:
            if handle >= CURRENT_THREAD:
                raise NtError(STATUS_OBJECT_TYPE_MISMATCH) from None
            raise self._bad(handle) from None
        if found is None:
            raise self._bad(handle)
        object_ = found.object
        if not isinstance(object_, kind):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        if access & ~found.granted:
            raise NtError(STATUS_ACCESS_DENIED)
        return object_

    def insert(self, object_: Object, granted: int, inherit: bool = False, protect: bool = False) -> int:
        """A new handle; STATUS_INSUFFICIENT_RESOURCES when the table or the pool is full."""
        pool = object_.kernel.pool
        pool.charge(HANDLE_COST)
        if self._free:
            index = self._free.pop()
        else:
            index = len(self._entries)
            if index > MAX_HANDLES:
                pool.release(HANDLE_COST)
                raise NtError(STATUS_INSUFFICIENT_RESOURCES)
            self._entries.append(None)
        self._entries[index] = HandleEntry(object_, granted, inherit, protect)
        self.count += 1
        object_.opened()
        if self.trace is not None:
            self.trace(index << 2, OPENED)
        return index << 2

    def close(self, handle: int) -> None:
        """STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE."""
        index = handle >> 2
        entry = self._entries[index] if index < len(self._entries) else None
        if entry is None:
            raise self._bad(handle)
        if entry.protect:
            raise NtError(STATUS_HANDLE_NOT_CLOSABLE)
        self._remove(index, entry)

    def _remove(self, index: int, entry: HandleEntry) -> None:
        if self.trace is not None:
            self.trace(index << 2, CLOSED)
        self._entries[index] = None
        self._free.append(index)
        self.count -= 1
        object_ = entry.object
        kernel = object_.kernel
        kernel.pool.release(HANDLE_COST)
        if type(entry.granted) is Audited:
            kernel.part(SecurityMonitor).handle_closed(self.process, object_, index << 2)
        object_.closed(self.process)

    def close_all(self) -> None:
        """The process is gone."""
        for index, entry in enumerate(self._entries):
            if entry is not None:
                self._remove(index, entry)
        self._free.clear()
        self._entries = [None]

    def items(self) -> Iterator[tuple[int, HandleEntry]]:
        """(handle, entry) pairs."""
        for index, entry in enumerate(self._entries):
            if entry is not None:
                yield index << 2, entry

    def inherit_into(self, other: HandleTable, only: set[int] | None = None) -> None:
        """Copy inheritable handles (or ``only`` some), values and all, into the empty table of a child."""
        for index, entry in enumerate(self._entries):
            if entry is None or not entry.inherit or (only is not None and index << 2 not in only):
                continue
            entry.object.kernel.pool.charge(HANDLE_COST)
            while len(other._entries) <= index:
                other._entries.append(None)
            other._entries[index] = HandleEntry(entry.object, entry.granted, True, entry.protect)
            other.count += 1
            entry.object.opened()
        other._free = [i for i in range(len(other._entries) - 1, 0, -1) if other._entries[i] is None]


def lookup(t: KThread, handle: int, kind: type[O], access: int) -> O:
    """Like ``HandleTable.get``, and the pseudo handles of the current process and thread."""
    if handle >= CURRENT_THREAD:
        own: Any = t.process if handle == CURRENT_PROCESS else t
        if not isinstance(own, kind):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        return own
    return t.handles.get(handle, kind, access)  # type: ignore[no-any-return]
