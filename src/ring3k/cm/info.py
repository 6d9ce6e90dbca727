"""Information classes of keys and values, as bytes.

Each answer is (bytes that must fit for anything to be written, all bytes).  What
does not fit is cut off with STATUS_BUFFER_OVERFLOW.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.structs.cm import KEY_INFORMATION_CLASS as K
from ring3k.abi.structs.cm import KEY_VALUE_INFORMATION_CLASS as V
from ring3k.abi.types import Out, OutBuffer
from ring3k.cm.node import KeyNode, Value
from ring3k.cm.registry import Registry

NONE = 0xFFFFFFFF  # an offset of nothing
_BASIC = Struct("<qII")  # LastWriteTime TitleIndex NameLength
_NODE = Struct("<qIIII")
_FULL = Struct("<qIIIIIIIII")
_CACHED = Struct("<qIIIIIIIxxxx")
_VALUE3 = Struct("<III")
_VALUE_FULL = Struct("<IIIII")
_VALUE2 = Struct("<II")

Answer = tuple[int, bytes]


def _wide(text: str | None) -> bytes:
    return text.encode("utf-16-le", "surrogatepass") if text else b""


def key_basic(node: KeyNode) -> Answer:
    name = _wide(node.name)
    return 16, _BASIC.pack(node.time, 0, len(name)) + name


def key_node(node: KeyNode) -> Answer:
    """The class stands behind the name, at a multiple of four."""
    name, class_name = _wide(node.name), _wide(node.class_name)
    if not class_name:
        return 24, _NODE.pack(node.time, 0, NONE, 0, len(name)) + name
    padding = -len(name) & 3
    offset = 24 + len(name) + padding
    head = _NODE.pack(node.time, 0, offset, len(class_name), len(name))
    return 24, head + name + bytes(padding) + class_name


def key_full(registry: Registry, node: KeyNode) -> Answer:
    class_name = _wide(node.class_name)
    children, values = registry.children(node), registry.values(node)
    head = _FULL.pack(
        node.time,
        0,
        44 if class_name else NONE,
        len(class_name),
        len(children),
        node.max_name,
        node.max_class,
        len(values),
        node.max_value_name,
        node.max_data,
    )
    return 44, head + class_name


def key_name(node: KeyNode) -> Answer:
    name = _wide(node.path())
    return 4, len(name).to_bytes(4, "little") + name


def key_cached(registry: Registry, node: KeyNode) -> Answer:
    children, values = registry.children(node), registry.values(node)
    return 40, _CACHED.pack(
        node.time,
        0,
        len(children),
        node.max_name,
        len(values),
        node.max_value_name,
        node.max_data,
        len(node.name) * 2,
    )


def enumerated(registry: Registry, node: KeyNode, kind: int) -> Answer:
    """What NtEnumerateKey and NtQueryKey both tell."""
    if kind == K.KeyBasicInformation:
        return key_basic(node)
    if kind == K.KeyNodeInformation:
        return key_node(node)
    return key_full(registry, node)


def described(registry: Registry, node: KeyNode, kind: int) -> Answer:
    """What NtQueryKey tells."""
    if kind == K.KeyNameInformation:
        return key_name(node)
    if kind == K.KeyCachedInformation:
        return key_cached(registry, node)
    if kind == K.KeyFlagsInformation:
        return 4, node.user_flags.to_bytes(4, "little")
    return enumerated(registry, node, kind)


def value_info(value: Value, kind: int) -> Answer:
    data = value.data
    if kind == V.KeyValuePartialInformation:
        return 12, _VALUE3.pack(0, value.type, len(data)) + data
    if kind == V.KeyValuePartialInformationAlign64:
        return 8, _VALUE2.pack(value.type, len(data)) + data
    name = value.name.encode("utf-16-le", "surrogatepass")
    if kind == V.KeyValueBasicInformation:
        return 12, _VALUE3.pack(0, value.type, len(name)) + name
    if kind not in (V.KeyValueFullInformation, V.KeyValueFullInformationAlign64):
        raise NtError(STATUS_INVALID_PARAMETER)
    align = 3 if kind == V.KeyValueFullInformation else 7
    padding = -(20 + len(name)) & align if data else 0
    offset = 20 + len(name) + padding if data else NONE
    return 20, _VALUE_FULL.pack(0, value.type, offset, len(data), len(name)) + name + bytes(padding) + data


def answer(found: Answer, buffer: OutBuffer, length: int, result_length: Out[int]) -> int:
    """Write what fits, and how much it would be."""
    least, data = found
    result_length.set(len(data))
    if length < least:
        return STATUS_BUFFER_TOO_SMALL
    if length < len(data):
        buffer.write(data[:length])
        return STATUS_BUFFER_OVERFLOW
    buffer.write(data)
    return 0
