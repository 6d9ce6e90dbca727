"""Windows structures, declared once and laid out by pointer width.

    class CLIENT_ID(Structure):
        UniqueProcess: Handle
        UniqueThread: Handle

A field is annotated with a scalar of ``abi.types``, another Structure,
``Array[T, n]`` (through ``Annotated[list[int], Array(scalar, n)]``) or
``Blob``.  Layout follows the Microsoft compiler: natural alignment, with
``_pack_`` as upper bound.  Layouts are computed at first use.
"""

from __future__ import annotations

import struct as _struct
import sys
from collections.abc import Iterator, Mapping

from ring3k.abi.memory import Memory
from ring3k.abi.types import Scalar
from ring3k.compiled import values as values_of
from ring3k.typed import Any, ClassVar, NamedTuple, Self


class Array:
    """``count`` scalars or structures in a row (``wide`` where pointers have 8 bytes, if not as many)."""

    __slots__ = ("count", "element", "wide")

    def __init__(self, element: Any, count: int, wide: int = 0) -> None:
        self.element = element
        self.count = count
        self.wide = wide

    def length(self, pointer: int) -> int:
        return self.wide if pointer == 8 and self.wide else self.count


class Blob:
    """Bytes that nobody looks into here."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


class Field(NamedTuple):
    name: str
    offset: int
    size: int
    kind: Any  # Scalar, Array, Blob or a Structure class


class Layout(NamedTuple):
    size: int
    align: int
    fields: tuple[Field, ...]
    packer: _struct.Struct | None  # for structures of scalars only
    names: tuple[str, ...]


_KINDS = (Scalar, Array, Blob)
_CODES = {1: "Bb", 2: "Hh", 4: "Ii", 8: "Qq"}


def _kind_of(hint: Any) -> Any:
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, _KINDS):
            return mark
    if isinstance(hint, type) and issubclass(hint, Structure):
        return hint
    raise TypeError(f"not a structure field: {hint!r}")


def _extent(kind: Any, pointer: int) -> tuple[int, int]:
    """(size, alignment) of a field kind."""
    if isinstance(kind, Scalar):
        width = kind.width(pointer)
        return width, width
    if isinstance(kind, Blob):
        return kind.size, 1
    if isinstance(kind, Array):
        element = kind.element
        if isinstance(element, type):
            size, align = _extent(element, pointer)
        else:
            size, align = _extent(_kind_of(element) if hasattr(element, "__metadata__") else element, pointer)
        return size * kind.length(pointer), align
    layout = kind.layout(pointer)
    return layout.size, layout.align


def _hints(cls: type) -> Iterator[tuple[str, Any]]:
    """Fields and their annotations, inherited first.  A tenth of the time of typing.get_type_hints."""
    for base in reversed(cls.__mro__):
        if "__annotations__" in vars(base):
            hints = {n: h for n, h in vars(base)["__annotations__"].items() if not n.startswith("_")}
            if not hints:
                continue
            name = f"fields of {base.__module__}.{base.__qualname__}"
            values = values_of(hints.values(), name, vars(sys.modules[base.__module__]))
            yield from zip(hints, values, strict=True)


class Structure:
    """Base of every structure.  Fields not given to the constructor are zero."""

    _pack_: ClassVar[int] = 8
    _layouts_: ClassVar[dict[int, Layout]]

    def __init_subclass__(cls) -> None:
        cls._layouts_ = {}

    def __init__(self, **values: Any) -> None:
        for f in self.layout().fields:
            setattr(self, f.name, values.pop(f.name) if f.name in values else _zero(f.kind))
        if values:
            raise TypeError(f"{type(self).__name__} has no field {next(iter(values))}")

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return cls.layout().names

    @classmethod
    def layout(cls, pointer: int = 4) -> Layout:
        """Offsets and size for a pointer width of 4 or 8 bytes."""
        found = cls._layouts_.get(pointer)
        if found is None:
            found = cls._layouts_[pointer] = cls._compute(pointer)
        return found

    @classmethod
    def _compute(cls, pointer: int) -> Layout:
        offset, biggest, pack, code = 0, 1, cls._pack_, "<"
        fields: list[Field] = []
        plain = True
        for name, hint in _hints(cls):
            marks = getattr(hint, "__metadata__", None)
            kind = marks[0] if marks is not None and marks[0].__class__ is Scalar else _kind_of(hint)
            if kind.__class__ is Scalar:
                size = align = kind.size or pointer
                letter = _CODES[size][kind.signed]
            else:
                size, align = _extent(kind, pointer)
                plain, letter = False, ""
            align = min(align, pack)
            if align > biggest:
                biggest = align
            pad = -offset % align
            if pad:
                offset += pad
                code += "x" * pad
            code += letter
            fields.append(Field(name, offset, size, kind))
            offset += size
        pad = -offset % biggest
        code += "x" * pad
        packer = _struct.Struct(code) if plain else None
        return Layout(offset + pad, biggest, tuple(fields), packer, tuple([f.name for f in fields]))

    @classmethod
    def packer(cls, pointer: int = 4) -> _struct.Struct:
        """Of a structure of scalars."""
        found = cls.layout(pointer).packer
        if found is None:
            raise TypeError(f"{cls.__name__} is not of scalars only")
        return found

    @classmethod
    def size(cls, pointer: int = 4) -> int:
        return cls.layout(pointer).size

    @classmethod
    def width(cls, pointer: int = 4) -> int:
        return cls.layout(pointer).size

    @classmethod
    def offset(cls, name: str, pointer: int = 4) -> int:
        """Byte offset of a field."""
        for f in cls.layout(pointer).fields:
            if f.name == name:
                return f.offset
        raise KeyError(f"{cls.__name__} has no field {name}")

    @classmethod
    def unpack(cls, data: bytes, pointer: int = 4) -> Self:
        """Read from the first ``size`` bytes of ``data``."""
        layout = cls.layout(pointer)
        self = cls.__new__(cls)
        if layout.packer is not None:
            self.__dict__.update(zip(layout.names, layout.packer.unpack_from(data), strict=True))
            return self
        for f in layout.fields:
            setattr(self, f.name, _unpack(f.kind, data[f.offset : f.offset + f.size], pointer))
        return self

    def pack(self, pointer: int = 4) -> bytes:
        layout = self.layout(pointer)
        if layout.packer is not None:
            return layout.packer.pack(*[_fit(f.kind, getattr(self, f.name), f.size) for f in layout.fields])
        out = bytearray(layout.size)
        for f in layout.fields:
            value = getattr(self, f.name)
            if value is not None:
                out[f.offset : f.offset + f.size] = _pack(f.kind, value, pointer, f.size)
        return bytes(out)

    @classmethod
    def image(cls, values: Mapping[str, Any], pointer: int = 4) -> bytes:
        """The bytes of a structure that is zero but for a few fields: nothing is made for the others."""
        layout = cls.layout(pointer)
        out = bytearray(layout.size)
        left = len(values)
        for f in layout.fields:
            if f.name in values:
                left -= 1
                out[f.offset : f.offset + f.size] = _pack(f.kind, values[f.name], pointer, f.size)
        if left:
            raise TypeError(f"{cls.__name__} lacks one of {', '.join(values)}")
        return bytes(out)

    @classmethod
    def load(cls, memory: Memory, address: int, pointer: int = 4) -> Self:
        return cls.unpack(memory.read(address, cls.layout(pointer).size), pointer)

    @classmethod
    def values(cls, memory: Memory, address: int, pointer: int = 4) -> tuple[int, ...]:
        """The fields of a structure of scalars in guest memory, in order; no object is made."""
        packer = cls.packer(pointer)
        return packer.unpack(memory.read(address, packer.size))

    @staticmethod
    def store(memory: Memory, address: int, value: Structure, pointer: int = 4) -> None:
        memory.write(address, value.pack(pointer))

    def __repr__(self) -> str:
        inner = ", ".join(f"{n}={getattr(self, n, None)!r}" for n in self._names())
        return f"{type(self).__name__}({inner})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # mutable value


Fixed = int | type[Structure]  # so many bytes, or a structure, which is laid out when it is asked for


def bytes_of(part: Fixed) -> int:
    return part if isinstance(part, int) else part.size()


def _zero(kind: Any) -> Any:
    """What a field is before anybody sets it."""
    if isinstance(kind, Scalar):
        return 0
    if isinstance(kind, Blob):
        return bytes(kind.size)
    if isinstance(kind, Array):
        return [_zero(_element(kind)) for _ in range(kind.count)]
    return kind()


def _fit(kind: Scalar, value: int | None, size: int) -> int:
    """Bring a value into the field's range, as a C assignment does."""
    bits = size * 8
    value = (value or 0) & ((1 << bits) - 1)
    return value - (1 << bits) if kind.signed and value >> (bits - 1) else value


def _element(kind: Array) -> Any:
    return _kind_of(kind.element) if not isinstance(kind.element, Scalar) else kind.element


def _unpack(kind: Any, data: bytes, pointer: int) -> Any:
    if isinstance(kind, Scalar):
        return int.from_bytes(data, "little", signed=kind.signed)
    if isinstance(kind, Blob):
        return bytes(data)
    if isinstance(kind, Array):
        element = _element(kind)
        size = _extent(element, pointer)[0]
        return [
            _unpack(element, data[i * size : i * size + size], pointer) for i in range(kind.length(pointer))
        ]
    return kind.unpack(data, pointer)


def _pack(kind: Any, value: Any, pointer: int, size: int) -> bytes:
    if isinstance(kind, Scalar):
        return _fit(kind, value, size).to_bytes(size, "little", signed=kind.signed)
    if isinstance(kind, Blob):
        return bytes(value[:size]).ljust(size, b"\0")
    if isinstance(kind, Array):
        element = _element(kind)
        step = size // kind.length(pointer)
        return b"".join(_pack(element, v, pointer, step) for v in value).ljust(size, b"\0")
    packed: bytes = value.pack(pointer)
    return packed
