"""What a registry asks of the place where it is kept, to look and to change; and one that is only memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.typed import NamedTuple

MEMORY_LIMIT = 128 << 20  # bytes, at what keys and values cost here
ROOT = 1  # \\REGISTRY


class Conflict(Exception):
    """Another kernel changed what this change was to apply to: look again."""


class StoreError(Exception):
    """The file cannot be used; the text says which and why, in one line."""


class KeyRow(NamedTuple):
    id: int
    parent: int
    name: str
    class_name: str | None
    time: int
    flags: int
    security: bytes | None


class HiveRow(NamedTuple):
    """A hive file that is loaded, or is to take a hive's place."""

    key: int
    nt_path: str
    host_path: str
    replacement: bytes | None


ValueRow = tuple[int, str, int, bytes]  # id, name, type, data


class StoreReader:
    """What is there.  Here: nothing."""

    words: Sequence[int] = (0, 0, 0)
    seen = 0
    path: str | None = None

    def changed(self) -> bool:
        """Whether somebody else has committed since the last look."""
        return False

    def settle(self) -> None:
        """Let reading see all that was written."""

    def key(self, number: int) -> KeyRow | None:
        return None

    def child(self, parent: int, folded: str) -> KeyRow | None:
        return None

    def children(self, parent: int, most: int = -1) -> list[KeyRow]:
        return []

    def values(self, key: int) -> list[ValueRow]:
        return []

    def hives(self) -> list[HiveRow]:
        """Of hives that are loaded, or are to be replaced."""
        return []

    def close(self) -> None: ...


class MemoryStore(StoreReader):
    """Keeps nothing: what is in memory is all there is.  Numbers are given all the same."""

    alone = False  # whether nobody else has the file open, which makes this a start of the machine

    def started(self) -> None:
        """Whatever a start of the machine does is done: others may come."""

    def __init__(self, limit: int = MEMORY_LIMIT) -> None:
        self._last = 1 << 62  # above whatever a file's rows can have
        self.limit = limit
        self.used = 0
        self._hives: dict[int, HiveRow] = {}

    def _next(self) -> int:
        self._last += 1
        return self._last

    def charge(self, size: int) -> None:
        """Make room for so many bytes; STATUS_INSUFFICIENT_RESOURCES.  A negative size gives room back."""
        if self.used + size > self.limit and size > 0:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        self.used += size

    def add_key(
        self,
        parent: int | None,
        name: str,
        folded: str,
        class_name: str | None,
        time: int,
        flags: int,
        security: bytes | None,
    ) -> int:
        return self._next()

    def delete_key(self, number: int, parent: int, time: int) -> None:
        self._hives.pop(number, None)

    def rename_key(self, number: int, name: str, folded: str, time: int) -> None: ...
    def set_time(self, number: int, time: int) -> None: ...
    def set_flags(self, number: int, flags: int) -> None: ...
    def set_security(self, number: int, security: bytes | None, time: int) -> None: ...
    def add_value(self, key: int, name: str, folded: str, type_: int, data: bytes, time: int) -> int:
        return self._next()

    def set_value(
        self, number: int, key: int, name: str, folded: str, type_: int, data: bytes, time: int
    ) -> None: ...
    def delete_value(self, number: int, key: int, name: str, time: int) -> None: ...
    def hives(self) -> list[HiveRow]:
        return list(self._hives.values())

    def add_hive(self, key: int, nt_path: str, host_path: str, replacement: bytes | None = None) -> None:
        self._hives[key] = HiveRow(key, nt_path, host_path, replacement)

    def remove_hive(self, key: int) -> None:
        del self._hives[key]

    def sync(self) -> None: ...

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes that are one."""
        yield
