"""Counted strings and object attributes: the two structures nearly every call takes.

Both are captured whole: once a handler runs, no later write of the guest to
the structure or the characters changes what it sees.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.memory import Memory
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_INVALID,
    NtError,
)
from ring3k.abi.struct import Structure
from ring3k.abi.types import Handle, Pointer, Ulong, Ushort, check_alignment
from ring3k.typed import Annotated, NamedTuple


class UNICODE_STRING(Structure):
    Length: Ushort
    MaximumLength: Ushort
    Buffer: Pointer


class OBJECT_ATTRIBUTES(Structure):
    Length: Ulong
    RootDirectory: Handle
    ObjectName: Pointer
    Attributes: Ulong
    SecurityDescriptor: Pointer
    SecurityQualityOfService: Pointer


def _packers(pointer: int) -> tuple[Struct, Struct]:
    """Of OBJECT_ATTRIBUTES and of UNICODE_STRING: so many calls have a name that it is worth a short way."""
    return OBJECT_ATTRIBUTES.packer(pointer), UNICODE_STRING.packer(pointer)


_WHOLE, _HEAD = _packers(4)


class _UnicodeStringCodec:
    """UNICODE_STRING in memory <-> str.  Lone surrogates survive."""

    name = "UNICODE_STRING"
    direct = "read_counted"  # what a decoder calls instead of ``load``

    def width(self, pointer: int = 4) -> int:
        return UNICODE_STRING.size(pointer)

    def load(self, memory: Memory, address: int, pointer: int = 4) -> str:
        if pointer == 4:
            return memory.read_counted(address)
        length, _, buffer = UNICODE_STRING.values(memory, address, pointer)
        return memory.read_text(buffer, length & ~1) if length else ""


class _LinkTargetCodec(_UnicodeStringCodec):
    """A string whose lengths must make sense, or STATUS_INVALID_PARAMETER."""

    direct = ""

    def load(self, memory: Memory, address: int, pointer: int = 4) -> str:
        header = UNICODE_STRING.load(memory, address, pointer)
        if not header.Length or header.Length & 1 or header.Length > header.MaximumLength:
            raise NtError(STATUS_INVALID_PARAMETER)
        return super().load(memory, address, pointer)


class ObjectAttributes(NamedTuple):
    """A captured OBJECT_ATTRIBUTES.  ``name`` is None when no name was given."""

    root: int = 0
    name: str | None = None
    attributes: int = 0
    security_descriptor: int = 0
    security_quality_of_service: int = 0

    def opening_link(self) -> ObjectAttributes:
        """The same, asking for a symbolic link itself."""
        return self._replace(attributes=self.attributes | OBJ_OPENLINK)


class _ObjectAttributesCodec:
    """NT checks the length, then captures the name; a bad name fails before a bad root handle."""

    name = "OBJECT_ATTRIBUTES"
    align = 4

    def width(self, pointer: int = 4) -> int:
        return OBJECT_ATTRIBUTES.size(pointer)

    def load(self, memory: Memory, address: int, pointer: int = 4) -> ObjectAttributes:
        if address & (self.align - 1):
            check_alignment(address, self.align)
        whole, head = (_WHOLE, _HEAD) if pointer == 4 else _packers(pointer)
        size, root, text, bits, descriptor, qos = whole.unpack(memory.read(address, whole.size))
        if size != whole.size or bits & ~OBJ_VALID_ATTRIBUTES:
            raise NtError(STATUS_INVALID_PARAMETER)
        name = None
        if text:
            length, _, buffer = head.unpack(memory.read(text, head.size))
            if length & 1:
                raise NtError(STATUS_OBJECT_NAME_INVALID)
            name = memory.read_text(buffer, length) if length else ""
        return ObjectAttributes(root, name, bits, descriptor, qos)


UnicodeString = Annotated[str, _UnicodeStringCodec()]
LinkTarget = Annotated[str, _LinkTargetCodec()]
ObjectAttributesArg = Annotated[ObjectAttributes, _ObjectAttributesCodec()]

OBJ_INHERIT = 0x002
OBJ_PERMANENT = 0x010
OBJ_EXCLUSIVE = 0x020
OBJ_CASE_INSENSITIVE = 0x040
OBJ_OPENIF = 0x080
OBJ_OPENLINK = 0x100
OBJ_KERNEL_HANDLE = 0x200
OBJ_FORCE_ACCESS_CHECK = 0x400
OBJ_VALID_ATTRIBUTES = 0x7F2
