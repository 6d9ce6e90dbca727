"""The registry of one machine: keys and values made, changed and deleted.

NT's order of subkeys, its limits and its refusals are kept here: a volatile key
has only volatile subkeys, a key with subkeys cannot be deleted, nor the root of
a hive, and a link holds nothing but its target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_CHILD_MUST_BE_VOLATILE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_COLLISION,
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
from ring3k.cm.node import HIVE, LINK, MASTER, VALUE_COST, KeyNode, Value
from ring3k.cm.store import ROOT, Conflict, KeyRow, MemoryStore
from ring3k.cm.view import View, weight_of

MAX_DEPTH = 512  # keys above each other
TRIES = 20  # of a change that meets others'


class Registry(View):
    """What ``\\Registry`` stands for, to be looked at and changed."""

    store: MemoryStore

    def __init__(
        self,
        store: MemoryStore,
        now: Callable[[], int],
        max_data: int | None = None,
        sees_equal: bool = True,
        view: View | None = None,
    ) -> None:
        """``view``: what of the same file has been seen already."""
        if view is None:
            super().__init__(store, _root(store, now), now, store if store.path is None else None)
        else:
            self._go_on_from(view, store)
        self.max_data = max_data  # bytes in a value; None: as many as there is room for
        self.sees_equal = sees_equal  # setting a value to what it is changes nothing, not even the time
        self.on_change: Callable[[KeyNode, int], None] = _nobody
        self.on_closed: Callable[[], None] | None = None  # a key object is gone

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes that are made all or not at all."""
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self.doubt()
            raise

    def _take_back(self, node: KeyNode, folded: str) -> bool:
        """A value is changed: what was lent in its place is over.  Whether there was such."""
        if self._lent.get(node.id, {}).pop(folded, None) is None:
            return False
        self._store_of(node).settle()
        node.forget()
        return True

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
        if volatile:
            node = self.lay(parent, name, class_name, flags, security)
        else:
            node = self._make(parent, name, class_name, flags, security)
        self.on_change(parent, REG_NOTIFY_CHANGE_NAME)
        return node

    def _make(
        self, parent: KeyNode, name: str, class_name: str | None, flags: int, security: bytes | None
    ) -> KeyNode:
        """A new subkey that is kept."""
        store = self.store
        weight = weight_of(name, class_name, None if security is parent.security else security)
        store.charge(weight)
        now = self.now()
        try:
            number = store.add_key(parent.id, name, fold(name), class_name, now, flags, security)
        except Conflict:
            self.doubt()
            raise NtError(STATUS_OBJECT_NAME_COLLISION) from None
        row = KeyRow(number, parent.id, name, class_name, now, flags, security)
        node = KeyNode(parent, row, self.generation)
        node.weight = weight
        if store is not self.memory:
            self._known[number] = node
        self.loaded += 1
        parent.add(node)
        parent.time = now
        return node

    def _store_of(self, node: KeyNode) -> MemoryStore:
        return self.memory if node.volatile else self.store

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
            self._store_of(node).delete_key(node.id, parent.id, now)
        except Conflict:  # it got a subkey, or somebody has deleted it
            self.doubt()
            self._look_again(node)
            if not node.deleted:
                raise NtError(STATUS_CANNOT_DELETE) from None
            return
        self._gone(node, parent, now)
        self._store_of(node).charge(-size)
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
        if node.volatile and not parent.volatile and parent.id in self._held:
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
                    self._store_of(one).delete_key(one.id, parent.id, now)
                except Conflict:
                    raise NtError(STATUS_CANNOT_DELETE) from None
                self._gone(one, parent, now)
                self._store_of(one).charge(-size)
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
            self._store_of(node).rename_key(node.id, name, folded, now)
        except Conflict:
            self.doubt()
            raise NtError(STATUS_OBJECT_NAME_COLLISION) from None
        if node.folded in parent.children:
            parent.remove(node)
        node.name, node.folded, node.time = name, folded, now
        parent.add(node)
        self.on_change(parent, REG_NOTIFY_CHANGE_NAME)

    def set_time(self, node: KeyNode, time: int) -> None:
        self._try(node, lambda: self._store_of(node).set_time(node.id, time))
        node.time = time
        self.on_change(node, REG_NOTIFY_CHANGE_ATTRIBUTES)

    def set_security(self, node: KeyNode, security: bytes) -> None:
        now = self.now()
        weight = weight_of(node.name, node.class_name, security)
        self._store_of(node).charge(weight - node.weight)
        node.weight = weight
        self._try(node, lambda: self._store_of(node).set_security(node.id, security, now))
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
        store = self.memory if node.volatile else self.store
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
                self._store_of(node).delete_value(found.id, node.id, found.name, now)
            except Conflict:
                self.doubt()
                self.fresh(node)
                continue
            values = self.values(node)
            values.pop(fold(name), None)
            node.value_list = None
            self._store_of(node).charge(-(VALUE_COST + 2 * len(found.name) + len(found.data)))
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


def _root(store: MemoryStore, now: Callable[[], int]) -> KeyRow:
    """The row of ``\\Registry``, made if there is none."""
    row = store.key(ROOT)
    if row is None:
        with store.transaction():
            row = store.key(ROOT)
            if row is None:
                row = KeyRow(ROOT, 0, "REGISTRY", None, now(), MASTER, None)
                store.add_key(None, row.name, row.name, None, row.time, row.flags, None)
    return row


def _nobody(node: KeyNode, what: int) -> None:
    """No one waits for changes."""
