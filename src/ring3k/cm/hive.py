"""Hives as files: keys dumped, restored, loaded, unloaded, replaced.

A loaded hive works like any other key: its state is in the registry's own store,
so that what was acknowledged is not lost, and its file is written when it is
flushed or unloaded, or when the kernel ends.  After a kernel was killed, the next
one that has the machine for itself writes the files (``recover``).

The file of a hive is replaced as a whole: a new one is written beside it and takes
its name.
"""

from __future__ import annotations

import os
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_CANNOT_DELETE,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_REGISTRY_FILE,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_REGISTRY_IO_FAILED,
    STATUS_SHARING_VIOLATION,
    NtError,
)
from ring3k.cm.names import fold
from ring3k.cm.node import HIVE, LINK, MASTER, KeyNode
from ring3k.cm.regf import HiveError, read_hive
from ring3k.cm.regf_write import STANDARD, write_hive
from ring3k.cm.registry import Registry
from ring3k.cm.store import HiveRow
from ring3k.cm.tree import Tree
from ring3k.typed import Any


def parse_hive(data: bytes) -> Tree:
    """STATUS_NOT_REGISTRY_FILE.  A file without content is an empty hive."""
    if not data:
        return Tree("ROOT")
    try:
        return read_hive(data)
    except HiveError:
        raise NtError(STATUS_NOT_REGISTRY_FILE) from None


def dump(registry: Registry, node: KeyNode) -> Tree:
    """A key and all that is not volatile below it."""
    root = _single(registry, node)
    rest = [(root, node)]
    while rest:
        tree, above = rest.pop()
        registry.children(above)
        for child in above.order()[0]:
            copy = _single(registry, child)
            tree.children.append(copy)
            rest.append((copy, child))
    return root


def _single(registry: Registry, node: KeyNode) -> Tree:
    tree = Tree(node.name, node.time, node.class_name, node.security, bool(node.flags & LINK))
    tree.values = [(value.name, value.type, value.data) for value in registry.values(node).values()]
    return tree


def merge(high: Tree, low: Tree) -> Tree:
    """Two trees laid over each other: where both have something, ``high`` wins."""
    result = Tree(high.name, high.time, high.class_name, high.security, high.link)
    named = {fold(value[0]) for value in high.values}
    result.values = [*high.values, *(value for value in low.values if fold(value[0]) not in named)]
    below = {fold(child.name): child for child in low.children}
    for child in high.children:
        other = below.pop(fold(child.name), None)
        result.children.append(child if other is None else merge(child, other))
    result.children += below.values()
    return result


def graft(registry: Registry, node: KeyNode, tree: Tree) -> None:
    """Put a tree in the place of what is in and below a key."""
    with registry.together():
        for old in tuple(registry.children(node).values()):
            registry.delete_tree(old)
        for value in tuple(registry.values(node).values()):
            registry.delete_value(node, value.name)
        if tree.security is not None:
            registry.set_security(node, tree.security)
        rest = [(node, tree)]
        while rest:
            above, source = rest.pop()
            for name, kind, data in source.values:
                registry.set_value(above, name, kind, data)
            for child in source.children:
                if registry.child(above, fold(child.name)) is not None:
                    raise NtError(STATUS_NOT_REGISTRY_FILE)
                made = registry.create(
                    above,
                    child.name,
                    child.class_name,
                    above.volatile,
                    LINK if child.link else 0,
                    child.security if child.security is not None else above.security,
                )
                rest.append((made, child))


def open_keys(root: KeyNode) -> list[KeyNode]:
    """Keys that somebody has open, from here on down."""
    found, rest = [], [root]
    for node in rest:
        if node.handles:
            found.append(node)
        rest.extend(node.children.values())
    return found


class Hives:
    """The loaded hives of a registry, as this kernel sees them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._own: set[int] = set()  # loaded by this kernel
        self._later: list[tuple[KeyNode, Any]] = []  # to be unloaded, and the event to be set then

    def row(self, node: KeyNode) -> HiveRow | None:
        """What is known of the file behind a hive."""
        for row in self._registry.store.hives():
            if row.key == node.id and row.replacement is None:
                return row
        return None

    def load(self, master: KeyNode, name: str, data: bytes, nt_path: str, host_path: str) -> KeyNode:
        """Make a hive's content a key.  ``host_path`` empty: it is never written."""
        registry = self._registry
        if not master.flags & MASTER or master.parent is None or not name or "\\" in name:
            raise NtError(STATUS_INVALID_PARAMETER)
        if registry.child(master, fold(name)) is not None:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if host_path and any(row.host_path == host_path for row in registry.store.hives()):
            raise NtError(STATUS_SHARING_VIOLATION)
        tree = parse_hive(data)
        with registry.together():
            security = tree.security if tree.security is not None else master.security
            node = registry.create(master, name, tree.class_name, False, HIVE, security)
            graft(registry, node, tree)
            registry.store.add_hive(node.id, nt_path, host_path)
        self._own.add(node.id)
        return node

    def flush(self, node: KeyNode) -> None:
        """Write the file of the hive that a key is in, if it has one."""
        row = self.row(node.hive())
        if row is not None:
            write_back(self._registry, node.hive(), row)

    def unload(self, node: KeyNode, force: bool = False) -> None:
        """STATUS_INVALID_PARAMETER: no loaded hive.  STATUS_CANNOT_DELETE: something in it is open."""
        row = self.row(node)
        if row is None:
            raise NtError(STATUS_INVALID_PARAMETER)
        if not force and open_keys(node):
            raise NtError(STATUS_CANNOT_DELETE)
        write_back(self._registry, node, row)
        self._registry.delete_tree(node)
        self._own.discard(node.id)

    def unload_later(self, node: KeyNode, event: Any) -> None:
        """Unload as soon as nothing is open in it."""
        if event is not None:
            event.reference()
        self._later.append((node, event))
        self._registry.on_closed = self.key_closed

    def key_closed(self) -> None:
        """A key object is gone."""
        for entry in tuple(self._later):
            node, event = entry
            if open_keys(node) and not node.deleted:
                continue
            self._later.remove(entry)
            if not node.deleted:
                with suppress(NtError):
                    self.unload(node)
            if event is not None:
                event.set()
                event.dereference()
        if not self._later:
            self._registry.on_closed = None

    def replace(self, node: KeyNode, data: bytes, nt_path: str) -> None:
        """Let a hive have this content when the machine is next started."""
        parse_hive(data)
        row = self.row(node)
        host = row.host_path if row is not None else ""
        self._registry.store.add_hive(node.id, nt_path, host, data)

    def close(self) -> None:
        """The kernel ends: what it has loaded goes back to its files."""
        while self._later:
            _, event = self._later.pop()
            if event is not None:
                event.dereference()
        for number in tuple(self._own):
            for row in self._registry.store.hives():
                if row.key == number:
                    put_back(self._registry, row)
        self._own.clear()


def write_back(registry: Registry, node: KeyNode, row: HiveRow) -> None:
    """A loaded hive's file as the hive is now; STATUS_REGISTRY_IO_FAILED."""
    if row.host_path:
        replace_file(row.host_path, write_hive(dump(registry, node), row.nt_path, STANDARD))


def replace_file(path: str, data: bytes) -> None:
    """All or nothing, and on the disk when this returns; STATUS_REGISTRY_IO_FAILED."""
    beside = f"{path}.{os.getpid()}.new"
    try:
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(beside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(beside)
        raise NtError(STATUS_REGISTRY_IO_FAILED) from None


def put_back(registry: Registry, row: HiveRow) -> None:
    """A hive that nobody uses any more: its file is written, its keys go."""
    for master in tuple(registry.children(registry.root).values()):
        for node in tuple(registry.children(master).values()):
            if node.id == row.key:
                with suppress(NtError):  # its folder may be gone; then there is nothing to write to
                    write_back(registry, node, row)
                registry.delete_tree(node)
                return


def recover(registry: Registry) -> None:
    """The machine starts: replaced hives are put in place, and those of a killed kernel into their files."""
    for row in registry.store.hives():
        if row.replacement is None:
            put_back(registry, row)
            continue
        for master in tuple(registry.children(registry.root).values()):
            for node in tuple(registry.children(master).values()):
                if node.id == row.key:
                    with registry.together():
                        graft(registry, node, parse_hive(row.replacement))
                        registry.store.remove_hive(row.key)
