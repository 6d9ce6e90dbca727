"""The registry of one machine: keys found, made, changed and deleted.

``Registry`` knows no handles and no guests.  Before a key is used ``fresh``
looks whether another kernel has changed the file behind it; if so everything
remembered is doubtful, and each key is looked up again when it is next used.

NT's order of subkeys, its limits and its refusals are kept here: a volatile key
has only volatile subkeys, a key with subkeys cannot be deleted, nor the root of
a hive, and a link holds nothing but its target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_CHILD_MUST_BE_VOLATILE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_KEY_DELETED,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_REGISTRY_IO_FAILED,
    NtError,
)
from ring3k.abi.structs.cm import (
    REG_LINK,
    REG_NOTIFY_CHANGE_ATTRIBUTES,
    REG_NOTIFY_CHANGE_LAST_SET,
    REG_NOTIFY_CHANGE_NAME,
    REG_NOTIFY_CHANGE_SECURITY,
)
from ring3k.cm.names import MAX_KEY_NAME, SYMBOLIC_LINK_VALUE, fold
from ring3k.cm.node import HIVE, KEY_COST, LINK, MASTER, VALUE_COST, KeyNode, Value
from ring3k.cm.store import ROOT, Conflict, KeyRow, MemoryStore, ValueRow
from ring3k.se.descriptor import Descriptor, parse_descriptor

MAX_DEPTH = 512  # keys above each other
SINGLE = 4  # subkeys of a key that are looked for one by one; a load costs as much as several
FEW = 1024  # subkeys that are loaded together then
MOST_LOADED = 400_000  # keys in memory before all are forgotten
MOST_KNOWN = 256  # keys that are told of
MOST_DESCRIPTORS = 1024  # that are remembered as what they mean
TRIES = 20  # of a change that meets others'


class Registry:
    """What ``\\Registry`` stands for."""

    def __init__(
        self,
        store: MemoryStore,
        now: Callable[[], int],
        max_data: int | None = None,
        sees_equal: bool = True,
    ) -> None:
        self.store = store
        self.now = now
        self.max_data = max_data  # bytes in a value; None: as many as there is room for
        self.sees_equal = sees_equal  # setting a value to what it is changes nothing, not even the time
        self.memory = store if store.path is None else MemoryStore()  # where volatile keys are
        self.generation = 0
        self.loaded = 0
        self.on_change: Callable[[KeyNode, int], None] = _nobody
        self.on_others: Callable[[], None] = _nothing  # another kernel has changed something
        self.on_closed: Callable[[], None] | None = None  # a key object is gone
        self._descriptors: dict[bytes, Descriptor] = {}
        self._known: WeakValueDictionary[int, KeyNode] = WeakValueDictionary()
        # Keys of the file that have volatile subkeys, and how many: those exist only in memory.
        self._held: dict[int, tuple[KeyNode, int]] = {}
        self._lent: dict[int, dict[str, ValueRow]] = {}  # by key: values of this run only
        row = store.key(ROOT)
        if row is None:
            with store.transaction():
                row = store.key(ROOT)
                if row is None:
                    row = KeyRow(ROOT, 0, "REGISTRY", None, now(), MASTER, None)
                    store.add_key(None, row.name, row.name, None, row.time, row.flags, None)
        self.root = KeyNode(store, None, row, 0)
        self._known[ROOT] = self.root
        if store.path is not None:
            self.root.forget()

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
        if node.store is self.memory:
            node.generation = self.generation
            if node.parent is not None and node.parent.store is not self.memory:
                above = node.parent
                if above.generation != self.generation:
                    self._look_again(above)
                node.deleted = node.deleted or above.deleted
            return
        row = None if node.deleted else node.store.key(node.id)
        if row is None:
            node.deleted = True
            node.generation = self.generation
            return
        node.update(row, self.generation)
        node.forget()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes that are made all or not at all."""
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self.doubt()
            raise

    # -- looking ---------------------------------------------------------------------------------
    def _adopt(self, parent: KeyNode, row: KeyRow) -> KeyNode:
        """The node of a row below a parent that does not know it yet."""
        node = self._known.get(row.id)
        if node is None:
            node = KeyNode(parent.store, parent, row, self.generation)
            self._known[row.id] = node
            node.forget()
            self.loaded += 1
        else:
            if node.generation != self.generation:
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
        row = node.store.child(node.id, folded)
        return None if row is None else self._adopt(node, row)

    def _load(self, node: KeyNode, most: int) -> None:
        rows = node.store.children(node.id, most)
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
        rows, lent = node.store.values(node.id), self._lent.get(node.id)
        if lent:
            rows = [row for row in rows if fold(row[1]) not in lent] + list(lent.values())
        return node.take_values(rows)

    def lend(self, node: KeyNode, name: str, type_: int, data: bytes) -> None:
        """Let a value be seen until this registry is closed or somebody changes it; nothing is kept."""
        if node.store.path is None:  # nothing is kept anyhow
            self.set_value(node, name, type_, data)
            return
        self._lent.setdefault(node.id, {})[fold(name)] = (-1, name, type_, data)
        node.store.settle()
        node.forget()

    def _take_back(self, node: KeyNode, folded: str) -> bool:
        """A value is changed: what was lent in its place is over.  Whether there was such."""
        if self._lent.get(node.id, {}).pop(folded, None) is None:
            return False
        node.store.settle()
        node.forget()
        return True

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

    # -- keys --------------------------------------------------------------------------------------
    def create(
        self,
        parent: KeyNode,
        name: str,
        class_name: str | None = None,
        volatile: bool = False,
        flags: int = 0,
        security: bytes | None = None,
    ) -> KeyNode:
        """A new subkey.  STATUS_OBJECT_NAME_COLLISION: another kernel was faster."""
        if parent.flags & LINK:
            raise NtError(STATUS_ACCESS_DENIED)
        if parent.volatile and not volatile:
            raise NtError(STATUS_CHILD_MUST_BE_VOLATILE)
        if (parent.flags & MASTER and not flags & (HIVE | MASTER)) or self._depth(parent) >= MAX_DEPTH:
            raise NtError(STATUS_INVALID_PARAMETER)
        store = self.memory if volatile else parent.store
        folded = fold(name)
        now = self.now()
        own = security is not None and security is not parent.security
        weight = _weight(name, class_name, security if own else None)
        store.charge(weight)
        try:
            number = store.add_key(parent.id, name, folded, class_name, now, flags, security)
        except Conflict:
            self.doubt()
            raise NtError(STATUS_OBJECT_NAME_COLLISION) from None
        row = KeyRow(number, parent.id, name, class_name, now, flags, security)
        node = KeyNode(store, parent, row, self.generation, volatile)
        node.weight = weight
        if store is not self.memory:
            self._known[number] = node
        elif parent.store is not store:
            self._held[parent.id] = parent, self._held.get(parent.id, (parent, 0))[1] + 1
        self.loaded += 1
        parent.add(node)
        parent.time = now
        self.on_change(parent, REG_NOTIFY_CHANGE_NAME)
        return node

    def _depth(self, node: KeyNode) -> int:
        depth = 0
        above: KeyNode | None = node
        while above is not None:
            above, depth = above.parent, depth + 1
        return depth

    def ensure(self, start: KeyNode, path: str, volatile: bool = False) -> KeyNode:
        """A key below another, made where it is missing, with all in between."""
        node = self.fresh(start)
        for part in path.split("\\"):
            if not part:
                continue
            if len(part) > MAX_KEY_NAME:
                raise NtError(STATUS_INVALID_PARAMETER)
            found = self.find(node, part)
            node = found or self.create(node, part, None, volatile or node.volatile, 0, node.security)
        return node

    def delete(self, node: KeyNode) -> None:
        """STATUS_CANNOT_DELETE: it has subkeys, or is the root of a hive."""
        if node.deleted:
            return
        parent = node.parent
        if parent is None or node.flags & (HIVE | MASTER) or self.children(node):
            raise NtError(STATUS_CANNOT_DELETE)
        now = self.now()
        size = self._size(node)
        try:
            node.store.delete_key(node.id, parent.id, now)
        except Conflict:  # it got a subkey, or somebody has deleted it
            self.doubt()
            self._look_again(node)
            if not node.deleted:
                raise NtError(STATUS_CANNOT_DELETE) from None
            return
        self._gone(node, parent, now)
        node.store.charge(-size)
        self.on_change(parent, REG_NOTIFY_CHANGE_NAME)

    def _size(self, node: KeyNode) -> int:
        size = node.weight
        for value in (node.values or {}).values():
            size += VALUE_COST + 2 * len(value.name) + len(value.data)
        return size

    def _gone(self, node: KeyNode, parent: KeyNode, now: int) -> None:
        node.deleted = True
        if parent.children.get(node.folded) is node:
            parent.remove(node)
        if node.volatile and parent.store is not node.store and parent.id in self._held:
            count = self._held.pop(parent.id)[1] - 1
            if count:
                self._held[parent.id] = parent, count
        parent.time = now
        node.values, node.value_list = {}, None
        for watch in tuple(node.watchers):
            watch.flush()

    def delete_tree(self, node: KeyNode) -> None:
        """A key with all below, hive or not."""
        order = [node]
        for one in order:
            order.extend(self.children(one).values())
        with self.together():
            for one in reversed(order):
                parent = one.parent
                if parent is None:
                    raise NtError(STATUS_CANNOT_DELETE)
                now = self.now()
                size = self._size(one)
                try:
                    one.store.delete_key(one.id, parent.id, now)
                except Conflict:
                    raise NtError(STATUS_CANNOT_DELETE) from None
                self._gone(one, parent, now)
                one.store.charge(-size)
        if node.parent is not None:
            self.on_change(node.parent, REG_NOTIFY_CHANGE_NAME)

    def rename(self, node: KeyNode, name: str) -> None:
        """Another name below the same parent; STATUS_OBJECT_NAME_COLLISION."""
        parent = node.parent
        if parent is None or node.flags & (HIVE | MASTER):
            raise NtError(STATUS_ACCESS_DENIED)
        folded = fold(name)
        other = self.child(parent, folded)
        if other is not None and other is not node:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        now = self.now()
        try:
            node.store.rename_key(node.id, name, folded, now)
        except Conflict:
            self.doubt()
            raise NtError(STATUS_OBJECT_NAME_COLLISION) from None
        if node.folded in parent.children:
            parent.remove(node)
        node.name, node.folded, node.time = name, folded, now
        parent.add(node)
        self.on_change(parent, REG_NOTIFY_CHANGE_NAME)

    def set_time(self, node: KeyNode, time: int) -> None:
        self._try(node, lambda: node.store.set_time(node.id, time))
        node.time = time
        self.on_change(node, REG_NOTIFY_CHANGE_ATTRIBUTES)

    def set_security(self, node: KeyNode, security: bytes) -> None:
        now = self.now()
        weight = _weight(node.name, node.class_name, security)
        node.store.charge(weight - node.weight)
        node.weight = weight
        self._try(node, lambda: node.store.set_security(node.id, security, now))
        node.security, node.time = security, now
        self.on_change(node, REG_NOTIFY_CHANGE_SECURITY)

    def _try(self, node: KeyNode, change: Callable[[], None]) -> None:
        """Make a change; one that meets another's is made on what that one left."""
        for _ in range(TRIES):
            try:
                change()
                return
            except Conflict:
                self.doubt()
                self.fresh(node)
        raise NtError(STATUS_REGISTRY_IO_FAILED)

    # -- values -----------------------------------------------------------------------------------
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

    def set_value(self, node: KeyNode, name: str, type_: int, data: bytes) -> None:
        """Set a value, new or not.  Committed when this returns."""
        folded = name.upper() if name.isascii() else fold(name)
        if node.flags & LINK and (folded != SYMBOLIC_LINK_VALUE or type_ != REG_LINK):
            raise NtError(STATUS_ACCESS_DENIED)
        if self.max_data is not None and len(data) > self.max_data:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        if self._lent:
            self._take_back(node, folded)
        now = self.now()
        store = node.store
        for _ in range(TRIES):
            values = node.values
            if values is None:
                values = self.values(node)
            found = values.get(folded)
            if found is not None and found.data == data and found.type == type_ and self.sees_equal:
                return
            try:
                if found is not None:
                    store.charge(len(data) - len(found.data))
                    store.set_value(found.id, node.id, found.name, folded, type_, data, now)
                    found.type, found.data = type_, data
                    if len(data) > node.max_data:
                        node.max_data = len(data)
                else:
                    store.charge(VALUE_COST + 2 * len(name) + len(data))
                    number = store.add_value(node.id, name, folded, type_, data, now)
                    found = values[folded] = Value((number, name, type_, data))
                    node.value_list = None
                    node.measure_value(found)
            except Conflict:
                self.doubt()
                self.fresh(node)
                continue
            node.time = now
            self.on_change(node, REG_NOTIFY_CHANGE_LAST_SET)
            return
        raise NtError(STATUS_REGISTRY_IO_FAILED)

    def delete_value(self, node: KeyNode, name: str) -> None:
        """STATUS_OBJECT_NAME_NOT_FOUND."""
        if self._lent and self._take_back(node, fold(name)) and fold(name) not in self.values(node):
            return
        for _ in range(TRIES):
            found = self.value(node, name)
            now = self.now()
            try:
                node.store.delete_value(found.id, node.id, now)
            except Conflict:
                self.doubt()
                self.fresh(node)
                continue
            values = self.values(node)
            values.pop(fold(name), None)
            node.value_list = None
            node.store.charge(-(VALUE_COST + 2 * len(found.name) + len(found.data)))
            if not values:
                node.max_value_name = node.max_data = 0
            node.time = now
            self.on_change(node, REG_NOTIFY_CHANGE_LAST_SET)
            return
        raise NtError(STATUS_REGISTRY_IO_FAILED)

    # -- the end ------------------------------------------------------------------------------------
    def flush(self) -> None:
        """On the disk when this returns."""
        self.store.sync()

    def close(self) -> None:
        """May be called twice."""
        self.store.close()


def _weight(name: str, class_name: str | None, security: bytes | None) -> int:
    """About how many bytes a key without values takes; a descriptor counts that is not the parent's."""
    return KEY_COST + 2 * len(name) + 2 * len(class_name or "") + len(security or b"")


def _nothing() -> None:
    """No one cares."""


def _nobody(node: KeyNode, what: int) -> None:
    """No one waits for changes."""
