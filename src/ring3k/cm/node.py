"""One key in memory: its name, its values, and as many of its subkeys as have been looked for.

Subkeys stand in the order of their upcased names, the volatile ones after all
others; values in the order they were made.  The largest lengths that NtQueryKey
tells only grow, until the last subkey or value goes, as in NT.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from ring3k.cm.names import fold
from ring3k.cm.store import KeyRow, ValueRow
from ring3k.typed import Any

LINK = 1  # stands for another key, which its SymbolicLinkValue names
HIVE = 2  # the root of a hive: cannot be deleted
MASTER = 4  # holds hives, and no key of anybody

KEY_COST = 640  # bytes, about
VALUE_COST = 256


def _by_name(node: KeyNode) -> str:
    return node.folded


class Value:
    """A value."""

    __slots__ = ("data", "id", "name", "type")

    def __init__(self, row: ValueRow) -> None:
        self.id, self.name, self.type, self.data = row


class KeyNode:
    """A key; every open handle's ``Key`` refers to one."""

    __slots__ = (
        "__weakref__",
        "_order",
        "children",
        "class_name",
        "complete",
        "deleted",
        "flags",
        "folded",
        "generation",
        "handles",
        "id",
        "locked",
        "looks",
        "max_class",
        "max_data",
        "max_name",
        "max_value_name",
        "name",
        "parent",
        "security",
        "time",
        "user_flags",
        "value_list",
        "values",
        "volatile",
        "watchers",
        "weight",
    )

    def __init__(self, parent: KeyNode | None, row: KeyRow, generation: int, volatile: bool = False) -> None:
        self.parent = parent
        self.id = row.id
        self.volatile = volatile
        self.deleted = False
        self.handles = 0  # Key objects
        self.weight = 0  # bytes that its store was charged for it, without its values
        self.locked = False
        self.user_flags = 0
        self.watchers: dict[Any, None] = {}
        self.children: dict[str, KeyNode] = {}
        self.complete = True  # whether children are all there are
        self.looks = 0  # how often one was looked for that is not among them
        self.values: dict[str, Value] | None = {}
        self.value_list: list[Value] | None = None  # the same, once they were enumerated
        self.max_name = self.max_class = self.max_value_name = self.max_data = 0
        self._order: tuple[list[KeyNode], list[KeyNode]] | None = None
        self.update(row, generation)

    def update(self, row: KeyRow, generation: int) -> None:
        """What the store knows now."""
        self.name = row.name
        self.folded = fold(row.name)
        self.class_name = row.class_name
        self.time = row.time
        self.flags = row.flags
        self.security = row.security
        self.generation = generation

    def forget(self) -> None:
        """Remember nothing but what is only in memory."""
        self.children = {name: child for name, child in self.children.items() if child.volatile}
        self.complete = False
        self.looks = 0
        self.values = self.value_list = None
        self._order = None
        self.max_name = self.max_class = self.max_value_name = self.max_data = 0
        for child in self.children.values():
            self._measure(child)

    # -- subkeys --------------------------------------------------------------------------
    def _measure(self, child: KeyNode) -> None:
        self.max_name = max(self.max_name, len(child.name) * 2)
        if child.class_name:
            self.max_class = max(self.max_class, len(child.class_name) * 2)

    def add(self, child: KeyNode) -> None:
        self.children[child.folded] = child
        self._measure(child)
        if self._order is not None:
            insort(self._order[child.volatile], child, key=_by_name)

    def remove(self, child: KeyNode) -> None:
        del self.children[child.folded]
        if self._order is not None:
            same = self._order[child.volatile]
            del same[bisect_left(same, child.folded, key=_by_name)]
        if not self.children:
            self.max_name = self.max_class = 0

    def order(self) -> tuple[list[KeyNode], list[KeyNode]]:
        """(stable, volatile) subkeys as they are enumerated; all must be loaded."""
        if self._order is None:
            both: tuple[list[KeyNode], list[KeyNode]] = ([], [])
            for child in sorted(self.children.values(), key=_by_name):
                both[child.volatile].append(child)
            self._order = both
        return self._order

    # -- values ----------------------------------------------------------------------------
    def take_values(self, rows: list[ValueRow]) -> dict[str, Value]:
        self.values = found = {fold(row[1]): Value(row) for row in rows}
        for value in found.values():
            self.measure_value(value)
        return found

    def measure_value(self, value: Value) -> None:
        size = len(value.name) * 2
        if size > self.max_value_name:  # faster than max, in every call that sets a value
            self.max_value_name = size
        size = len(value.data)
        if size > self.max_data:
            self.max_data = size

    # -- place ------------------------------------------------------------------------------
    def path(self) -> str:
        """From the namespace's root on."""
        parts = []
        node: KeyNode | None = self
        while node is not None:
            parts.append(node.name)
            node = node.parent
        parts.append("")
        return "\\".join(reversed(parts))

    def hive(self) -> KeyNode:
        """The root of the hive that the key is in."""
        node = self
        while node.parent is not None and not node.flags & HIVE:
            node = node.parent
        return node

    def is_below(self, other: KeyNode) -> bool:
        node: KeyNode | None = self
        while node is not None:
            if node is other:
                return True
            node = node.parent
        return False
