"""The vocabulary of a declaration: scalars, pointers, buffers.

A system call's parameters are annotated with the names of this module.  To a
type checker ``Handle`` is an ``int`` and ``In[Timeout]`` a ``Timeout``; to the
decoder (``abi.call``) the same annotation carries width, direction and format.

* by value: ``Handle Ulong Long Boolean AccessMask Pointer`` and so on;
* ``In[T]``: pointer to T, read once before the handler runs, which gets the value;
* ``Out[T]`` / ``InOut[T]``: pointer to T, probed before the handler runs;
* ``Opt[X]``: the pointer may be NULL; the handler gets None;
* ``InBuffer`` / ``OutBuffer`` with ``Sized("length")``: a block of caller-given size.

Invariant: nothing here knows a pointer's width; widths come with ``size(width)``.
"""

from __future__ import annotations

from ring3k.abi.memory import Memory
from ring3k.abi.status import STATUS_DATATYPE_MISALIGNMENT, NtError
from ring3k.typed import Annotated, Any, Generic, NamedTuple, Self, TypeAlias, TypeVar

T = TypeVar("T")

POINTER = 0  # a Scalar of this size is as wide as a pointer


class Scalar(NamedTuple):
    """How an integer travels: bytes (0: pointer-wide), sign, and how a person reads it."""

    name: str
    size: int
    signed: bool = False
    style: str = "hex"  # hex, dec, bool, status, handle, time
    values: tuple[tuple[int, str], ...] = ()  # names of an enumeration's values or of flag bits
    flags: bool = False  # values are bits
    access: str = ""  # for access masks: the object type whose rights are meant
    group: str = ""  # what its values are called together, where the type's name does not tell
    target: Any = None  # for pointers: the structure that a trace may look for there

    def width(self, pointer: int) -> int:
        return self.size or pointer

    def load(self, memory: Memory, address: int, pointer: int = 4) -> int:
        width = self.size or pointer
        if width == 4:
            value = memory.read_u32(address)
        elif width == 8:
            value = memory.read_u64(address)
        elif width == 2:
            value = memory.read_u16(address)
        else:
            value = memory.read_u8(address)
        if self.signed and value >> (width * 8 - 1):
            value -= 1 << (width * 8)
        return value

    def store(self, memory: Memory, address: int, value: int, pointer: int = 4) -> None:
        width = self.size or pointer
        if width == 4:
            memory.write_u32(address, value & 0xFFFFFFFF)
        elif width == 8:
            memory.write_u64(address, value & 0xFFFFFFFFFFFFFFFF)
        elif width == 2:
            memory.write_u16(address, value & 0xFFFF)
        else:
            memory.write_u8(address, value & 0xFF)


def enum(name: str, *names: str, start: int = 0) -> Scalar:
    """An enumeration whose values count up from ``start``."""
    return Scalar(name, 4, style="enum", values=tuple((start + i, n) for i, n in enumerate(names)))


def flags(name: str, **bits: int) -> Scalar:
    """A word of flag bits."""
    return Scalar(name, 4, style="flags", values=tuple((v, k) for k, v in bits.items()), flags=True)


# -- by value ------------------------------------------------------------------
Handle = Annotated[int, Scalar("HANDLE", POINTER, style="handle")]
Pointer = Annotated[int, Scalar("PVOID", POINTER)]
UlongPtr = Annotated[int, Scalar("ULONG_PTR", POINTER)]
SizeT = Annotated[int, Scalar("SIZE_T", POINTER)]
Ulong = Annotated[int, Scalar("ULONG", 4)]
Long = Annotated[int, Scalar("LONG", 4, signed=True, style="dec")]
Ushort = Annotated[int, Scalar("USHORT", 2)]
Uchar = Annotated[int, Scalar("UCHAR", 1)]
Boolean = Annotated[bool, Scalar("BOOLEAN", 1, style="bool")]
NtStatus = Annotated[int, Scalar("NTSTATUS", 4, style="status")]
AccessMask = Annotated[int, Scalar("ACCESS_MASK", 4, style="access")]
LargeInteger = Annotated[int, Scalar("LARGE_INTEGER", 8, signed=True, style="dec")]
Ulonglong = Annotated[int, Scalar("ULONGLONG", 8)]
Time = Annotated[int, Scalar("LARGE_INTEGER", 8, signed=True, style="time")]  # 100 ns since 1601
Timeout = Annotated[int, Scalar("LARGE_INTEGER", 8, signed=True, style="timeout")]  # negative: relative


def access(kind: str) -> Scalar:
    """The access mask of a named object type: the trace names its rights."""
    return Scalar("ACCESS_MASK", 4, style="access", access=kind)


def pointer(target: Any) -> Scalar:
    """The address of a structure of variable length: the handler gets the address and reads itself."""
    return Scalar(f"P{target.__name__}", POINTER, target=target)


# -- pointers ------------------------------------------------------------------
class InMark:
    """In[T]: captured before the handler runs."""


In: TypeAlias = Annotated[T, InMark()]
Opt: TypeAlias = T | None


class Out(Generic[T]):
    """A probed pointer to write one value through."""

    __slots__ = ("address", "codec", "memory")

    def __init__(self, memory: Memory, address: int, codec: Any) -> None:
        self.memory = memory
        self.address = address
        self.codec = codec

    def set(self, value: T) -> None:
        """Write; raises GuestFault if the guest took the page away meanwhile."""
        self.codec.store(self.memory, self.address, value)


class InOut(Out[T]):
    """A probed pointer whose value was captured before the handler ran (``value``)."""

    __slots__ = ("value",)

    def __init__(self, memory: Memory, address: int, codec: Any) -> None:
        super().__init__(memory, address, codec)
        self.value: T = codec.load(memory, address)


class Sized(NamedTuple):
    """Which parameter gives a buffer's size: bytes, or elements of ``unit``.

    ``unit``: bytes, POINTER for a pointer's width, or a structure.
    ``indirect``: that parameter is itself a pointer to the size.  ``align``: NT
    refuses other addresses with STATUS_DATATYPE_MISALIGNMENT (0 length: no probe).
    """

    parameter: str
    unit: Any = 1
    align: int = 1
    indirect: bool = False

    def unit_size(self, pointer: int = 4) -> int:
        if isinstance(self.unit, int):
            return self.unit or pointer
        size: int = self.unit.size(pointer)
        return size


# The decoder sets the fields of these itself: that takes a third of the time of an __init__.
class OutWord:
    """An Out of four bytes."""

    __slots__ = ("address", "memory")
    memory: Memory
    address: int

    def set(self, value: int) -> None:
        self.memory.write_u32(self.address, value & 0xFFFFFFFF)


class InOutWord(OutWord):
    """An InOut of four bytes without a sign."""

    __slots__ = ("value",)
    value: int


class InBuffer:
    """Memory the guest gives; read when asked, and then only once."""

    __slots__ = ("address", "memory", "size")
    memory: Memory
    address: int
    size: int

    @classmethod
    def at(cls, memory: Memory, address: int, size: int) -> Self:
        found = cls()
        found.memory, found.address, found.size = memory, address, size
        return found

    def read(self, length: int | None = None, offset: int = 0) -> bytes:
        """Up to ``size`` bytes.  The caller bounds ``length`` where a guest could ask for gigabytes."""
        return self.memory.read(self.address + offset, self.size - offset if length is None else length)


class OutBuffer(InBuffer):
    """Memory the guest wants filled; probed for writing before the handler runs."""

    __slots__ = ()

    def write(self, data: bytes, offset: int = 0) -> None:
        """Write at most what fits: the caller has compared lengths already."""
        self.memory.write(self.address + offset, data)


def check_alignment(address: int, align: int) -> None:
    """ProbeForRead/ProbeForWrite's first check."""
    if address & (align - 1):
        raise NtError(STATUS_DATATYPE_MISALIGNMENT)


def misaligned(t: Any) -> None:
    """A buffer lies where it must not, unless the thread's userland is used to a host that does not mind."""
    if t.process.contract.CHECKS_ALIGNMENT:
        raise NtError(STATUS_DATATYPE_MISALIGNMENT)


class Parameter:
    """One parameter of a declaration, as the decoder and the trace see it."""

    __slots__ = ("codec", "index", "kind", "measure", "name", "optional", "sized", "words")

    def __init__(
        self,
        name: str,
        kind: str,
        codec: Any,
        optional: bool = False,
        sized: Sized | None = None,
        words: int = 1,
    ) -> None:
        self.name = name
        self.kind = kind  # value, in, out, inout, inbuffer, outbuffer
        self.codec = codec  # Scalar, or a structure with load/store/width; None for buffers
        self.optional = optional
        self.sized = sized
        self.words = words
        self.index = 0  # position of its first argument word
        self.measure: Parameter | None = None  # the parameter that gives a buffer's size

    @property
    def windows_name(self) -> str:
        """desired_access -> DesiredAccess."""
        return "".join(part.capitalize() for part in self.name.split("_"))
