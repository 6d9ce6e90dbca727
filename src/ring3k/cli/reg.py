"""``ring3k reg``: a machine's registry from outside, without starting it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from ring3k.abi.status import STATUS_CANNOT_DELETE, NtError, status_name
from ring3k.abi.structs import cm as types
from ring3k.abi.version import version_of
from ring3k.cli import Complaint
from ring3k.cli.options import Options
from ring3k.cm.names import fold, split
from ring3k.cm.node import HIVE, MASTER, KeyNode, Value
from ring3k.cm.open import RegistryError, open_registry
from ring3k.cm.regfile import SyntaxFault, dos_path, nt_path
from ring3k.cm.registry import Registry
from ring3k.typed import Literal
from ring3k.userland.folder import MachineFolder, default_path

BAD = 1  # exit status: what was asked for is not there, or cannot be
_NAMES = {
    value: name
    for name, value in vars(types).items()
    if name.startswith("REG_") and isinstance(value, int) and value <= types.REG_QWORD
    if not name.startswith(("REG_OPTION", "REG_NOTIFY", "REG_WHOLE", "REG_REFRESH", "REG_NO_", "REG_FORCE"))
    if name not in ("REG_STANDARD_FORMAT", "REG_LATEST_FORMAT")
}
TYPES = {name.removeprefix("REG_").lower(): value for value, name in _NAMES.items()}
_TEXTS = (types.REG_SZ, types.REG_EXPAND_SZ, types.REG_LINK)


def reg(options: Options) -> int:
    """Do what the subcommand says."""
    action: Callable[[Registry, Options], int] = _ACTIONS[options.action]
    try:
        registry = _open(options)
        try:
            return action(registry, options)
        finally:
            registry.close()
    except (RegistryError, SyntaxFault) as error:
        raise Complaint(str(error), BAD) from None
    except NtError as error:
        raise Complaint(f"{_subject(options)}: {_reason(error)}", BAD) from None
    except OSError as error:
        raise Complaint(f"{error.filename or _subject(options)}: {error.strerror}", BAD) from None


def _subject(options: Options) -> str:
    return str(getattr(options, "key", None) or getattr(options, "file", ""))


def _reason(error: NtError) -> str:
    if error.status == STATUS_CANNOT_DELETE:
        return "has subkeys (--recursive deletes a key with all below)"
    return status_name(error.status)


def _open(options: Options) -> Registry:
    """The machine's registry, a fresh one if it has none; who names a folder means one."""
    given = options.machine
    if given is not None and options.action not in ("set", "import") and not os.path.isdir(given):
        raise Complaint(f"{given}: no such machine folder ('ring3k run' or 'ring3k reg set' makes one)", BAD)
    registry = MachineFolder(given or default_path(options.abi)).registry
    return open_registry(registry, version_of(options.abi), hardware=False)


def _find(registry: Registry, key: str) -> KeyNode:
    found = registry.find(registry.root, nt_path(key)[10:])
    if found is None:
        raise Complaint(f"{key}: no such key", BAD)
    return found


# -- query ------------------------------------------------------------------------------------
def _query(registry: Registry, options: Options) -> int:
    node = _find(registry, options.key)
    if options.name is not None:
        found = registry.values(node).get(fold(options.name))
        if found is None:
            raise Complaint(f"{options.key}: no value {options.name!r}", BAD)
        print(f"{dos_path(node.path())}\n{_shown(found)}\n")
        return 0
    rest = [node]
    while rest:
        one = rest.pop()
        values = registry.values(one)
        if values or one is node or not options.recursive:
            print(dos_path(one.path()))
            for value in values.values():
                print(_shown(value))
            if values:
                print()
        registry.children(one)
        children = [*one.order()[0], *one.order()[1]]
        if options.recursive:
            rest.extend(reversed(children))
        elif one is node:
            for child in children:
                print(dos_path(child.path()))
    return 0


def _shown(value: Value) -> str:
    kind = _NAMES.get(value.type, f"type {value.type:#x}")
    return f"    {value.name or '(Default)'}    {kind}    {_text(value.type, value.data)}"


def _text(kind: int, data: bytes) -> str:
    if kind in _TEXTS and len(data) % 2 == 0:
        return data.decode("utf-16-le", "replace").removesuffix("\0").replace("\0", "\\0")
    if kind == types.REG_MULTI_SZ and len(data) % 2 == 0:
        return data.decode("utf-16-le", "replace").rstrip("\0").replace("\0", "\\0")
    if kind == types.REG_DWORD and len(data) == 4:
        return f"{int.from_bytes(data, 'little'):#x}"
    if kind == types.REG_QWORD and len(data) == 8:
        return f"{int.from_bytes(data, 'little'):#x}"
    return data.hex().upper()


# -- set and delete ------------------------------------------------------------------------------
def _set(registry: Registry, options: Options) -> int:
    path = nt_path(options.key)
    if options.name is None and options.data:
        raise Complaint("data without a name: '' is the value without a name", BAD)
    _check_place(registry, options.key, path[10:])
    kind = TYPES[options.type.lower().removeprefix("reg_")]
    data = _data(kind, options.data) if options.name is not None else b""
    with registry.together():
        node = registry.ensure(registry.root, path[10:])
        if options.name is not None:
            registry.set_value(node, options.name, kind, data)
    return 0


def _check_place(registry: Registry, key: str, path: str) -> None:
    """What is not there and would be at the top: hives are loaded or imported, not set."""
    from ring3k.cm.apply import only_hives_there

    if where := only_hives_there(registry, path):
        raise Complaint(
            f"{key}: only hives lie right below {where} ('ring3k reg import --key' makes one)", BAD
        )


def _data(kind: int, words: list[str]) -> bytes:
    """What a person wrote, as bytes of this type."""
    if kind == types.REG_MULTI_SZ:
        if "" in words:
            raise Complaint("an empty string would be the end of a multi_sz", BAD)
        return "".join(word + "\0" for word in [*words, ""]).encode("utf-16-le", "surrogatepass")
    if len(words) > 1 and kind in _TEXTS and words[0].upper() in _NAMES.values():
        kind_word = words[0].lower().removeprefix("reg_")
        raise Complaint(f"{words[0]} is taken for data here: --type {kind_word} says the type", BAD)
    text = " ".join(words)
    if kind in _TEXTS:
        end = "" if kind == types.REG_LINK else "\0"
        return (text + end).encode("utf-16-le", "surrogatepass")
    try:
        if kind in (types.REG_DWORD, types.REG_QWORD, types.REG_DWORD_BIG_ENDIAN):
            return _number(kind, text)
        return bytes.fromhex(text)
    except ValueError:
        what = "a number (10 or 0xA)" if kind in (4, 5, 11) else "hexadecimal bytes (00FF12)"
        raise Complaint(f"{text!r} is not {what}", BAD) from None


def _number(kind: int, text: str) -> bytes:
    """Negative ones are those of the other half; ValueError."""
    size = 8 if kind == types.REG_QWORD else 4
    number = int(text, 16 if text.lower().startswith(("0x", "-0x")) else 10)
    if not -(1 << size * 8 - 1) <= number < 1 << size * 8:
        raise Complaint(f"{text} is too large for {_NAMES[kind]}, which has {size * 8} bits", BAD)
    order: Literal["big", "little"] = "big" if kind == types.REG_DWORD_BIG_ENDIAN else "little"
    return (number % (1 << size * 8)).to_bytes(size, order)


def _delete(registry: Registry, options: Options) -> int:
    from ring3k.cm.apply import stays

    node = _find(registry, options.key)
    if options.name is not None:
        if fold(options.name) not in registry.values(node):
            raise Complaint(f"{options.key}: no value {options.name!r}", BAD)
        registry.delete_value(node, options.name)
    elif stays(node):
        raise Complaint(f"{options.key}: is the root of a hive, which stays", BAD)
    elif options.recursive:
        registry.delete_tree(node)
    else:
        registry.delete(node)
    return 0


# -- import and export ------------------------------------------------------------------------------
def _import(registry: Registry, options: Options) -> int:
    from ring3k.cm.apply import apply
    from ring3k.cm.inf import is_inf, parse_inf
    from ring3k.cm.regf import HiveError, is_hive, read_hive
    from ring3k.cm.regfile import HEAD4, HEAD5, decode, parse

    with open(options.file, "rb") as file:
        raw = file.read()
    try:
        if is_hive(raw):
            if not options.key:
                raise Complaint(f"{options.file}: a hive needs a place: --key HKLM\\NAME", BAD)
            return _import_hive(registry, options.key, read_hive(raw))
        text = decode(raw)
        if not text.lstrip("\ufeff \r\n").startswith((HEAD4, HEAD5)) and is_inf(text):
            apply(registry, parse_inf(text, options.section))
        else:
            apply(registry, parse(text))
    except (HiveError, SyntaxFault) as fault:
        raise Complaint(f"{options.file}: {fault}", BAD) from None
    return 0


def _import_hive(registry: Registry, key: str, tree: object) -> int:
    """Put a hive in the place of a key, which is made if it is not there."""
    from ring3k.cm.hive import graft
    from ring3k.cm.tree import Tree

    assert isinstance(tree, Tree)  # noqa: S101  # as the caller has read it
    path = nt_path(key)[10:]
    with registry.together():
        node = registry.find(registry.root, path)
        if node is not None and node.flags & MASTER:
            raise Complaint(f"{key} holds hives and is none: name one in it, as in {key}\\NAME", BAD)
        if node is None:
            above, _, name = path.rpartition("\\")
            split(name)
            parent = registry.ensure(registry.root, above)
            flags = HIVE if parent.flags & MASTER else 0
            node = registry.create(parent, name, tree.class_name, False, flags, parent.security)
        graft(registry, node, tree)
    return 0


def _export(registry: Registry, options: Options) -> int:
    from ring3k.cm.hive import dump
    from ring3k.cm.regf_write import LATEST, STANDARD, write_hive
    from ring3k.cm.regfile import HEAD5, key_line, value_line

    node = _find(registry, options.key)
    if options.format == "hive":
        minor = STANDARD if options.abi in ("nt40", "nt50") else LATEST
        _write(options.file, write_hive(dump(registry, node), os.path.basename(options.file), minor))
        return 0
    lines = [HEAD5 + "\n"]
    rest = [(node.path(), dump(registry, node))]
    while rest:
        path, tree = rest.pop()
        lines.append(key_line(path))
        lines += [value_line(*value) for value in tree.values]
        rest.extend((f"{path}\\{child.name}", child) for child in reversed(tree.children))
    text = "".join(lines) + "\n"
    if options.file == "-":
        sys.stdout.write(text)
    else:
        _write(options.file, b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le", "surrogatepass"))
    return 0


def _write(path: str, data: bytes) -> None:
    if path == "-":
        sys.stdout.buffer.write(data)
        return
    with open(path, "wb") as file:
        file.write(data)


_ACTIONS = {"query": _query, "set": _set, "delete": _delete, "import": _import, "export": _export}
