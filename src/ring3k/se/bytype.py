"""Access checks for objects with parts: property sets and properties, named by GUIDs in a tree of levels.

An entry without a GUID stands for the whole object, one with a GUID that is not in
the list for nothing, any other for that part and all below it.
What is granted to every part of a set is granted to the set; what is denied to a
part is denied to all above it.  Bit by bit the first entry decides, for each node.
"""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.abi.status import STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.structs.se import INHERIT_ONLY_ACE, OBJECT_TYPE_LIST
from ring3k.se.acl import ALLOW, DENY, OBJECT_KINDS, Ace
from ring3k.se.sid import Sid

MOST_NODES = 256
MAX_LEVEL = 4


class Node:
    """One part of the object."""

    __slots__ = ("below", "denied", "granted", "guid", "parent")

    def __init__(self, guid: bytes, parent: Node | None) -> None:
        self.guid = guid
        self.parent = parent
        self.below: list[Node] = []
        self.granted = 0
        self.denied = 0
        if parent is not None:
            parent.below.append(self)

    def grant(self, mask: int) -> None:
        """This node and all below it; then those above that now have it in every part."""
        self._grant_down(mask)
        above = self.parent
        while above is not None:
            common = above.below[0].granted
            for one in above.below:
                common &= one.granted
            above.granted |= common & ~above.denied
            above = above.parent

    def _grant_down(self, mask: int) -> None:
        self.granted |= mask & ~self.denied
        for one in self.below:
            one._grant_down(mask)

    def deny(self, mask: int) -> None:
        """This node and all below it, and all above it."""
        self._deny_down(mask)
        above = self.parent
        while above is not None:
            above.denied |= mask & ~above.granted
            above = above.parent

    def _deny_down(self, mask: int) -> None:
        self.denied |= mask & ~self.granted
        for one in self.below:
            one._deny_down(mask)


Tree = list[tuple[int, bytes]]  # (level, GUID) in the guest's order


def read_tree(memory: Memory, address: int, count: int) -> bytes:
    """The guest's array of OBJECT_TYPE_LIST.  STATUS_INVALID_PARAMETER for more than we look at."""
    if count > MOST_NODES:
        raise NtError(STATUS_INVALID_PARAMETER)
    return memory.read(address, count * OBJECT_TYPE_LIST.size()) if count else b""


def parse_tree(memory: Memory, raw: bytes) -> Tree:
    """One root, and levels that go down by one.  STATUS_INVALID_PARAMETER."""
    size = OBJECT_TYPE_LIST.size()
    tree: Tree = []
    for at in range(0, len(raw), size):
        entry = OBJECT_TYPE_LIST.unpack(raw[at : at + size])
        first = not tree
        if entry.Sbz or entry.Level > MAX_LEVEL or first != (entry.Level == 0):
            raise NtError(STATUS_INVALID_PARAMETER)
        if not first and entry.Level > tree[-1][0] + 1:
            raise NtError(STATUS_INVALID_PARAMETER)
        tree.append((entry.Level, memory.read(entry.ObjectType, 16)))
    return tree


def make_nodes(tree: Tree, granted: int = 0) -> list[Node]:
    """The tree, with what every node has from the start."""
    nodes: list[Node] = []
    path: list[Node] = []
    for level, guid in tree:
        del path[level:]
        node = Node(guid, path[-1] if path else None)
        node.granted = granted
        path.append(node)
        nodes.append(node)
    return nodes


def evaluate_nodes(
    aces: tuple[Ace, ...], nodes: list[Node], allow: frozenset[Sid], deny: frozenset[Sid]
) -> None:
    """Walk the list once and note in every node what is granted and denied."""
    by_guid = {node.guid: node for node in reversed(nodes)}
    for one in aces:
        if one.flags & INHERIT_ONLY_ACE:
            continue
        target = nodes[0]
        if one.kind in OBJECT_KINDS and one.object_type:
            found = by_guid.get(one.object_type)
            if found is None:
                continue
            target = found
        if one.kind in ALLOW:
            if one.sid in allow:
                target.grant(one.mask)
        elif one.kind in DENY and one.sid in deny:
            target.deny(one.mask)
