"""Changes of .reg and INF files, applied to a registry."""

from __future__ import annotations

from collections.abc import Iterable

from ring3k.abi.status import STATUS_OBJECT_NAME_NOT_FOUND, NtError
from ring3k.abi.structs.cm import REG_LINK, REG_MULTI_SZ
from ring3k.cm.names import SYMBOLIC_LINK_VALUE, fold
from ring3k.cm.node import HIVE, LINK, MASTER, KeyNode
from ring3k.cm.regfile import APPEND, IF_MISSING, IF_PRESENT, Change, SyntaxFault, dos_path
from ring3k.cm.registry import Registry


def apply(registry: Registry, changes: Iterable[Change]) -> int:
    """Make the changes, in their order and all or none; how many they were.

    SyntaxFault for what a file may not ask: hives are neither made nor deleted so.  NtError.
    """
    number = 0
    with registry.together():
        last, node = "", None
        known: dict[str, KeyNode] = {}  # keys that were made or found, by path
        for change in changes:
            number += 1
            if change.name is None and change.type is None:
                last, node = "", None
                doomed = registry.find(*_from(registry, change.path, known))
                if doomed is not None:
                    _spare_hives(doomed)
                    known.clear()
                    registry.delete_tree(doomed)
                continue
            if change.type == REG_LINK and fold(change.name or "") == SYMBOLIC_LINK_VALUE:
                last, node = "", None
                known.clear()
                make_link(registry, change.path, change.data)
                continue
            if node is None or change.path != last:
                last, node = change.path, _target(registry, change, known)
            if change.name is not None and node is not None:
                _value(registry, node, change)
    return number


def make_link(registry: Registry, path: str, target: bytes) -> None:
    """A key that is a link, in the place of whatever was there."""
    above, _, name = _below(path).rpartition("\\")
    parent = registry.ensure(registry.root, above)
    known = registry.child(parent, fold(name))
    if known is not None and not known.flags & LINK:
        _spare_hives(known)
        registry.delete_tree(known)
        known = None
    if known is None:
        flags = LINK | (HIVE if parent.flags & MASTER else 0)
        known = registry.create(parent, name, flags=flags, security=parent.security)
    registry.set_value(known, "SymbolicLinkValue", REG_LINK, target)


OWN = ("HARDWARE", "SAM", "SECURITY", "SOFTWARE", "SYSTEM", ".DEFAULT")  # hives of every machine


def stays(node: KeyNode) -> bool:
    """Whether it is a hive that a machine needs, or holds hives; others were imported."""
    return bool(node.flags & MASTER) or (
        bool(node.flags & HIVE) and (node.folded in OWN or node.folded.startswith("S-1-"))
    )


def _spare_hives(node: KeyNode) -> None:
    """Without its hives a machine is good for nothing, and does not get them again."""
    if stays(node):
        raise SyntaxFault(f"{dos_path(node.path())} is the root of a hive, which stays")


def only_hives_there(registry: Registry, path: str) -> str:
    """The key right below which this one would have to be a hive; "" if it is none, or is there."""
    parts = path.split("\\")[:2]
    above, path = "\\".join(parts[:-1]), "\\".join(parts)
    parent = registry.find(registry.root, above)
    if parent is None or not parent.flags & MASTER or registry.find(registry.root, path) is not None:
        return ""
    return dos_path(parent.path())


def _below(path: str) -> str:
    """A path from \\Registry on, without that."""
    return path[len("\\Registry\\") :]


def _from(registry: Registry, path: str, known: dict[str, KeyNode]) -> tuple[KeyNode, str]:
    """Where to look for a key, and for what: below its parent, if that is known."""
    above, _, name = path.rpartition("\\")
    parent = known.get(above)
    return (registry.root, _below(path)) if parent is None else (parent, name)


def _target(registry: Registry, change: Change, known: dict[str, KeyNode]) -> KeyNode | None:
    """The key of a change; a value that is to go makes none."""
    if change.type is None:
        return registry.find(registry.root, _below(change.path))
    node = known.get(change.path)
    if node is None:
        if where := only_hives_there(registry, _below(change.path)):
            raise SyntaxFault(f"{dos_path(change.path)}: only hives lie right below {where}")
        node = known[change.path] = registry.ensure(*_from(registry, change.path, known))
    return node


def _appended(known: bytes, more: bytes) -> bytes:
    """Strings of a REG_MULTI_SZ with others behind them, each once."""
    strings = known.decode("utf-16-le", "surrogatepass").split("\0")
    strings += more.decode("utf-16-le", "surrogatepass").split("\0")
    kept = dict.fromkeys(one for one in strings if one)
    return ("".join(one + "\0" for one in kept) + "\0").encode("utf-16-le", "surrogatepass")


def _value(registry: Registry, node: KeyNode, change: Change) -> None:
    if change.type is not None:
        known = registry.values(node).get(fold(change.name or ""))
        if change.when != (IF_PRESENT if known is None else IF_MISSING):
            data = change.data
            if change.when == APPEND and known is not None and known.type == REG_MULTI_SZ:
                data = _appended(known.data, data)
            registry.set_value(node, change.name or "", change.type, data)
        return
    try:
        registry.delete_value(node, change.name or "")
    except NtError as error:
        if error.status != STATUS_OBJECT_NAME_NOT_FOUND:
            raise
