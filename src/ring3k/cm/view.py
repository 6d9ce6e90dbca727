"""A machine's registry as it is seen: keys found and remembered.

The view knows no handles and no guests, and changes nothing in the file behind it.
Before a key is used ``fresh`` looks whether another kernel has changed that file;
if so everything remembered is doubtful, and each key is looked up again when it is
next used.

Over what the file says lies what lives no longer than the view, in memory only:
volatile keys, and values that are lent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from weakref import WeakValueDictionary

from ring3k.abi.status import STATUS_KEY_DELETED, STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.abi.structs.cm import REG_LINK
from ring3k.cm.names import SYMBOLIC_LINK_VALUE, fold
from ring3k.cm.node import KEY_COST, LINK, VALUE_COST, KeyNode, Value
from ring3k.cm.store import ROOT, KeyRow, MemoryStore, StoreReader, ValueRow
from ring3k.se.descriptor import Descriptor, parse_descriptor

SINGLE = 4  # subkeys of a key that are looked for one by one; a load costs as much as several
FEW = 1024  # subkeys that are loaded together then
MOST_LOADED = 400_000  # keys in memory before all are forgotten
MOST_KNOWN = 256  # keys that are told of
MOST_DESCRIPTORS = 1024  # that are remembered as what they mean


class View:
    """What ``\\Registry`` stands for, to be looked at."""

    store: StoreReader

    def __init__(
        self, store: StoreReader, root: KeyRow, now: Callable[[], int], memory: MemoryStore | None = None
    ) -> None:
        """``memory``: the store itself, if it is only that."""
        self.store = store
        self.now = now
        self.memory = memory or MemoryStore()  # where volatile keys are
        self.generation = 0
        self.loaded = 0
        self.on_others: Callable[[], None] = _nothing  # another kernel has changed something
        self._descriptors: dict[bytes, Descriptor] = {}
        self._known: WeakValueDictionary[int, KeyNode] = WeakValueDictionary()
        # Keys of the file that have volatile subkeys, and how many: those exist only in memory.
        self._held: dict[int, tuple[KeyNode, int]] = {}
        self._lent: dict[int, dict[str, ValueRow]] = {}  # by key: values of this run only
        self.root = KeyNode(None, root, 0)
        self._known[ROOT] = self.root
        if memory is None:
            self.root.forget()

    def _go_on_from(self, view: View, store: StoreReader) -> None:
        """What another view of the same file has found is ours, also what lies over it."""
        vars(self).update(vars(view))
        self.store = store

    # -- what others did ------------------------------------------------------------------------
    def fresh(self, node: KeyNode) -> KeyNode:
        """The node as it is now; STATUS_KEY_DELETED."""
        store = self.store
        if store.words[2] != store.seen or self.loaded > MOST_LOADED:
            self.look()
        if node.generation != self.generation:
            self._look_again(node)
        if node.deleted:
            raise NtError(STATUS_KEY_DELETED)
        return node

    def look(self) -> None:
        """Whether another kernel has changed something; then nothing remembered counts."""
        if self.store.changed():
            self.doubt()
            self.on_others()
        elif self.loaded > MOST_LOADED:
            self.doubt()

    def doubt(self) -> None:
        """Whatever is remembered may be wrong."""
        self.store.settle()
        self.generation += 1
        self.loaded = 0

    def _look_again(self, node: KeyNode) -> None:
        if node.volatile or self.store is self.memory:
            node.generation = self.generation
            above = node.parent
            if above is not None and not above.volatile and self.store is not self.memory:
                if above.generation != self.generation:
                    self._look_again(above)
                node.deleted = node.deleted or above.deleted
            return
        row = None if node.deleted else self.store.key(node.id)
        if row is None:
            node.deleted = True
            node.generation = self.generation
            return
        self.store.settle()
        node.update(row, self.generation)
        node.forget()

    # -- looking ---------------------------------------------------------------------------------
    def _adopt(self, parent: KeyNode, row: KeyRow) -> KeyNode:
        """The node of a row below a parent that does not know it yet."""
        node = self._known.get(row.id)
        if node is None:
            node = KeyNode(parent, row, self.generation)
            self._known[row.id] = node
            node.forget()
            self.loaded += 1
        else:
            if node.generation != self.generation:
                self.store.settle()
                node.update(row, self.generation)
                node.forget()
            node.parent = parent
        parent.add(node)
        return node

    def child(self, node: KeyNode, folded: str) -> KeyNode | None:
        """A subkey by its folded name."""
        if node.generation != self.generation:
            self._look_again(node)
        found = node.children.get(folded)
        if found is not None:
            if found.generation != self.generation:
                self._look_again(found)
            return None if found.deleted else found
        if node.complete:
            return None
        node.looks += 1
        if node.looks == SINGLE + 1:  # all of them, if they are few
            self._load(node, FEW)
            if node.complete or folded in node.children:
                return node.children.get(folded)
        row = self.store.child(node.id, folded)
        return None if row is None else self._adopt(node, row)

    def _load(self, node: KeyNode, most: int) -> None:
        rows = self.store.children(node.id, most)
        for row in rows:
            if fold(row.name) not in node.children:
                self._adopt(node, row)
        node.complete = most < 0 or len(rows) < most

    def children(self, node: KeyNode) -> dict[str, KeyNode]:
        """All subkeys."""
        if node.generation != self.generation:
            self._look_again(node)
        if not node.complete:
            self._load(node, -1)
        return node.children

    def child_at(self, node: KeyNode, index: int) -> KeyNode | None:
        """A subkey by its place in the enumeration."""
        self.children(node)
        stable, volatile = node.order()
        if index < len(stable):
            return stable[index]
        index -= len(stable)
        return volatile[index] if index < len(volatile) else None

    def values(self, node: KeyNode) -> dict[str, Value]:
        """All values by folded name, in the order they were made."""
        found = node.values
        if found is not None:
            return found
        rows, lent = self.store.values(node.id), self._lent.get(node.id)
        if lent:
            rows = [row for row in rows if fold(row[1]) not in lent] + list(lent.values())
        return node.take_values(rows)

    def find(self, start: KeyNode, path: str) -> KeyNode | None:
        """A key below another, for the kernel itself; links are followed."""
        node: KeyNode | None = self.fresh(start)
        for part in path.split("\\"):
            if not part or node is None:
                continue
            node = self.child(node, fold(part))
            for _ in range(32):
                if node is None or not node.flags & LINK:
                    break
                target = self.link_target(node)
                node = self.find(self.root, target[10:]) if fold(target[:10]) == "\\REGISTRY\\" else None
        return node

    def known(self) -> tuple[str, ...]:
        """Paths, from the root on, of keys of the file whose values have been looked at; not very many."""
        found = [node for node in self._known.values() if node.values is not None and not node.deleted]
        return tuple(node.path().partition("\\REGISTRY")[2] for node in found[:MOST_KNOWN])

    def link_target(self, node: KeyNode) -> str:
        """Where a link leads; STATUS_OBJECT_NAME_NOT_FOUND without a target that is one."""
        value = self.values(node).get(SYMBOLIC_LINK_VALUE)
        if value is None or value.type != REG_LINK or len(value.data) & 1 or not value.data:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return value.data.decode("utf-16-le", "surrogatepass")

    def descriptor(self, node: KeyNode) -> Descriptor | None:
        """Who may do what with a key; None: everybody everything."""
        raw = node.security
        if raw is None:
            return None
        found = self._descriptors.get(raw)
        if found is None:
            if len(self._descriptors) >= MOST_DESCRIPTORS:
                self._descriptors.clear()
            found = self._descriptors[raw] = parse_descriptor(raw)
        return found

    def value(self, node: KeyNode, name: str) -> Value:
        """STATUS_OBJECT_NAME_NOT_FOUND."""
        values = node.values
        if values is None:
            values = self.values(node)
        found = values.get(name.upper() if name.isascii() else fold(name))
        if found is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return found

    def value_at(self, node: KeyNode, index: int) -> Value | None:
        """A value by its place in the enumeration."""
        values = self.values(node)
        if index >= len(values):
            return None
        if node.value_list is None:
            node.value_list = list(values.values())
        return node.value_list[index]

    # -- what lies over the file --------------------------------------------------------------
    def lay(
        self,
        parent: KeyNode,
        name: str,
        class_name: str | None = None,
        flags: int = 0,
        security: bytes | None = None,
        values: Collection[tuple[str, int, bytes]] = (),
    ) -> KeyNode:
        """A new volatile subkey; there is none of that name."""
        weight = weight_of(name, class_name, None if security is parent.security else security)
        size = weight
        for value in values:
            size += VALUE_COST + 2 * len(value[0]) + len(value[2])
        self.memory.charge(size)
        now = self.now()
        number = self.memory.add_key(parent.id, name, fold(name), class_name, now, flags, security)
        row = KeyRow(number, parent.id, name, class_name, now, flags, security)
        node = KeyNode(parent, row, self.generation, volatile=True)
        node.weight = weight
        if values:
            node.take_values([(-1, *value) for value in values])
        if self.store is not self.memory and not parent.volatile:
            self._held[parent.id] = parent, self._held.get(parent.id, (parent, 0))[1] + 1
        self.loaded += 1
        parent.add(node)
        parent.time = now
        return node

    def lend(self, node: KeyNode, name: str, type_: int, data: bytes) -> None:
        """Let a value be seen until this view is closed or somebody changes it; nothing is kept."""
        if node.volatile or self.store is self.memory:  # nothing is kept anyhow
            self._put(node, name, type_, data)
            return
        self._lent.setdefault(node.id, {})[fold(name)] = (-1, name, type_, data)
        self.store.settle()
        node.forget()

    def _put(self, node: KeyNode, name: str, type_: int, data: bytes) -> None:
        """Set a value that is in memory only."""
        values, folded = self.values(node), fold(name)
        known = values.get(folded)
        if known is not None:
            self.memory.charge(len(data) - len(known.data))
            known.type, known.data = type_, data
        else:
            self.memory.charge(VALUE_COST + 2 * len(name) + len(data))
            number = self.memory.add_value(node.id, name, folded, type_, data, self.now())
            known = values[folded] = Value((number, name, type_, data))
            node.value_list = None
        node.measure_value(known)

    # -- the end ------------------------------------------------------------------------------------
    def close(self) -> None:
        """May be called twice."""
        self.store.close()


def weight_of(name: str, class_name: str | None, security: bytes | None) -> int:
    """About how many bytes a key without values takes; a descriptor counts that is not the parent's."""
    return KEY_COST + 2 * len(name) + 2 * len(class_name or "") + len(security or b"")


def _nothing() -> None:
    """No one cares."""
