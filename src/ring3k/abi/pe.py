"""PE files, for whoever looks into one: headers and sections, exports and imports.

Nothing here judges an image (``mm.image`` does), and nothing believes one: tables are bounded, and where a
file says that something is where it is not, it is ``NotAnImage``.  Fields have the names that Windows gives
them; those that nobody asks for are left out.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import contextmanager
from functools import cached_property
from struct import Struct, error

from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    Data = bytes | mmap

IMAGE_FILE_MACHINE_I386, IMAGE_FILE_MACHINE_AMD64 = 0x14C, 0x8664
PE32, PE32_PLUS = 0x10B, 0x20B  # Magic
SIGNATURE = b"PE\0\0"
EXPORT, IMPORT, RESOURCE, COM_DESCRIPTOR = 0, 1, 2, 14  # directories
MOST_SECTIONS = 96
MOST_EXPORTS = 0x10000
MOST_IMPORTS = 4096  # DLLs of one image, and functions of one DLL
LONGEST_NAME = 512
_BY_ORDINAL = 0x80000000
_PAGE = 0x1000

Function = str | int  # by name or by ordinal


class NotAnImage(ValueError):
    """What is looked for cannot be read, as this is no PE file or a damaged one; the text says why."""


class IMAGE_FILE_HEADER(NamedTuple):
    Machine: int
    NumberOfSections: int
    PointerToSymbolTable: int
    NumberOfSymbols: int
    SizeOfOptionalHeader: int
    Characteristics: int


class IMAGE_OPTIONAL_HEADER(NamedTuple):
    """Of PE32; directories follow."""

    Magic: int
    SizeOfCode: int
    AddressOfEntryPoint: int
    ImageBase: int
    SectionAlignment: int
    FileAlignment: int
    MajorSubsystemVersion: int
    MinorSubsystemVersion: int
    SizeOfImage: int
    SizeOfHeaders: int
    Subsystem: int
    DllCharacteristics: int
    SizeOfStackReserve: int
    SizeOfStackCommit: int
    LoaderFlags: int
    NumberOfRvaAndSizes: int


class IMAGE_SECTION_HEADER(NamedTuple):
    Name: bytes
    VirtualSize: int
    VirtualAddress: int
    SizeOfRawData: int
    PointerToRawData: int
    Characteristics: int

    @property
    def length(self) -> int:
        """In memory, to the byte."""
        return self.VirtualSize or self.SizeOfRawData


class IMAGE_EXPORT_DIRECTORY(NamedTuple):
    Base: int
    NumberOfFunctions: int
    NumberOfNames: int
    AddressOfFunctions: int
    AddressOfNames: int
    AddressOfNameOrdinals: int


class Import(NamedTuple):
    """A DLL that is loaded with an image.  Where its functions are listed, and where their addresses go."""

    name: str
    functions: int
    places: int


FILE_HEADER = Struct("<HH4xIIHH")
OPTIONAL_HEADER = Struct("<H2xI8xI8xIII8xHH4xII4xHHII8xII")
SECTION_HEADER = Struct("<8sIIII12xI")
EXPORT_DIRECTORY = Struct("<16x6I")
_IMPORT = Struct("<I8xII")
_DIRECTORY = Struct("<II")
_DIRECTORIES = {PE32: 96, PE32_PLUS: 112}  # where they begin in the optional header


def headers_at(data: Data) -> int:
    """Where the headers are, behind the DOS program (e_lfanew)."""
    return int.from_bytes(data[60:64], "little")


class Headers:
    """What a file begins with.  NotAnImage when that is another thing, or ends."""

    def __init__(self, data: Data) -> None:
        self.data = data
        if data[:2] != b"MZ":
            raise NotAnImage("not a PE file: no MZ signature")
        if len(data) < 64:
            raise NotAnImage("a truncated PE file: it ends in its DOS header")
        at = headers_at(data)
        if data[at : at + 4] != SIGNATURE:
            raise NotAnImage("not a PE file: no PE signature")
        self.file = IMAGE_FILE_HEADER._make(self.unpack(FILE_HEADER, at + 4))
        self.optional_at = at + 4 + FILE_HEADER.size

    def unpack(self, form: Struct, place: int) -> tuple[Any, ...]:
        """What is at a place in the file."""
        try:
            return form.unpack_from(self.data, place)
        except error:
            raise NotAnImage(f"a truncated PE file: nothing at {place:#x}") from None

    @property
    def magic(self) -> int:
        return int.from_bytes(self.data[self.optional_at : self.optional_at + 2], "little")

    def optional(self) -> IMAGE_OPTIONAL_HEADER:
        if self.magic != PE32:
            raise NotAnImage("not a 32-bit PE file")
        return IMAGE_OPTIONAL_HEADER._make(self.unpack(OPTIONAL_HEADER, self.optional_at))

    def sections(self) -> list[IMAGE_SECTION_HEADER]:
        at = self.optional_at + self.file.SizeOfOptionalHeader
        length = min(self.file.NumberOfSections, MOST_SECTIONS) * SECTION_HEADER.size
        table = self.data[at : at + length]
        if len(table) < length:
            raise NotAnImage("a truncated PE file: it ends in its section table")
        return [*map(IMAGE_SECTION_HEADER._make, SECTION_HEADER.iter_unpack(table))]

    def directory_at(self, index: int) -> int:
        """Where the headers tell of a table; 0 where they have no room for it."""
        start = _DIRECTORIES.get(self.magic)
        if start is None:
            raise NotAnImage(f"a PE file of another kind: {self.magic:#x}")
        start += index * _DIRECTORY.size
        return self.optional_at + start if start + _DIRECTORY.size <= self.file.SizeOfOptionalHeader else 0

    def directory(self, index: int) -> tuple[int, int]:
        """Address and length of a table; zeros where there is none."""
        at = self.directory_at(index)
        address, length = self.unpack(_DIRECTORY, at) if at else (0, 0)
        return address, length


class PeFile(Headers):
    """A file, addressed as it is in memory from the image's base."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self.parts = self.sections()
        self._spans: list[tuple[int, int, int]] = []  # (start, end, what leads from there into the file)
        for one in self.parts:
            stored = min(one.SizeOfRawData, (one.length + _PAGE - 1) & -_PAGE)
            start = one.VirtualAddress
            self._spans.append((start, start + stored, one.PointerToRawData - start))

    @property
    def base(self) -> int:
        return self.optional().ImageBase

    @property
    def code_end(self) -> int:
        """Linkers put code first."""
        return self.parts[0].VirtualAddress + self.parts[0].length if self.parts else 0

    # -- bytes ---------------------------------------------------------------------------
    def span(self, address: int) -> tuple[int, int, int] | None:
        """Of the section that has an address: where it begins and ends, and what leads into the file."""
        for span in self._spans:
            if span[0] <= address < span[1]:
                return span
        return None

    def read(self, address: int, length: int) -> bytes:
        """Fewer bytes, or none, where the file has none."""
        span = self.span(address)
        if span is None:
            return b""
        _, end, shift = span
        return self.data[address + shift : min(address + length, end) + shift]

    def section(self, name: bytes) -> bytes:
        """The bytes of the section of a name, none if there is none."""
        found = next((one for one in self.parts if one.Name.rstrip(b"\0") == name), None)
        return b"" if found is None else self.read(found.VirtualAddress, found.length)

    def at(self, form: Struct, address: int) -> tuple[Any, ...]:
        data = self.read(address, form.size)
        if len(data) < form.size:
            raise NotAnImage(f"a PE file that is truncated, or lies: nothing at address {address:#x}")
        return form.unpack(data)

    def words(self, address: int, count: int, kind: str = "I") -> tuple[int, ...]:
        return self.at(Struct(f"<{count}{kind}"), address) if count else ()

    def text(self, address: int) -> str:
        return self.read(address, LONGEST_NAME).partition(b"\0")[0].decode("latin-1")

    # -- exports -------------------------------------------------------------------------
    @cached_property
    def exported(self) -> IMAGE_EXPORT_DIRECTORY:
        """Zeros where there is none."""
        address, _ = self.directory(EXPORT)
        return IMAGE_EXPORT_DIRECTORY._make(self.at(EXPORT_DIRECTORY, address) if address else [0] * 6)

    @cached_property
    def functions(self) -> tuple[int, ...]:
        """Where exported functions are."""
        table = self.exported
        return self.words(table.AddressOfFunctions, min(table.NumberOfFunctions, MOST_EXPORTS))

    @cached_property
    def names(self) -> tuple[int, ...]:
        """Where the names of exports are; the linker sorts them."""
        table = self.exported
        return self.words(table.AddressOfNames, min(table.NumberOfNames, MOST_EXPORTS))

    @cached_property
    def ordinals(self) -> tuple[int, ...]:
        """Which of the functions each name is for."""
        return self.words(self.exported.AddressOfNameOrdinals, len(self.names), "H")

    def _index(self, name: str) -> int | None:
        index = bisect_left(self.names, name, key=self.text)
        return index if index < len(self.names) and self.text(self.names[index]) == name else None

    def has(self, wanted: Function) -> bool:
        """Whether it exports a function."""
        if isinstance(wanted, str):
            return self._index(wanted) is not None
        return 0 <= wanted - self.exported.Base < self.exported.NumberOfFunctions

    def exports(self, wanted: Iterable[str]) -> dict[str, int]:
        """Name -> offset from the base, of those names that are exported."""
        found = {}
        for name in wanted:
            index = self._index(name)
            if index is not None and self.ordinals[index] < len(self.functions):
                found[name] = self.functions[self.ordinals[index]]
        return found

    def all_exports(self) -> Iterator[tuple[str, int]]:
        """Every export that has a name: name, offset from the base."""
        for name, ordinal in zip(self.names, self.ordinals, strict=True):
            if ordinal < len(self.functions):
                yield self.text(name), self.functions[ordinal]

    def entries(self, places: Iterable[int]) -> tuple[int, ...]:
        """Where in the image the export table keeps these places of exported functions."""
        start = self.exported.AddressOfFunctions
        return tuple(start + 4 * self.functions.index(place) for place in places)

    # -- imports -------------------------------------------------------------------------
    def imports(self) -> Iterator[Import]:
        """The DLLs that are loaded with it, if it is of 32 bits."""
        self.optional()
        at, _ = self.directory(IMPORT)
        for _ in range(MOST_IMPORTS if at else 0):
            functions, name, places = self.at(_IMPORT, at)
            if not name:
                return
            yield Import(self.text(name), functions or places, places)
            at += _IMPORT.size

    def imported(self, functions: int) -> Iterator[Function]:
        """The functions in a list of imports."""
        for at in range(functions, functions + 4 * MOST_IMPORTS, 4):
            (word,) = self.words(at, 1)
            if not word:
                return
            yield word & 0xFFFF if word & _BY_ORDINAL else self.text(word + 2)

    def place_of_import(self, name: str) -> int:
        """Where in the image the address of an imported function is put; 0: it is not imported."""
        for one in self.imports():
            for index, function in enumerate(self.imported(one.functions)):
                if function == name:
                    return one.places + 4 * index
        return 0


@contextmanager
def pe_file(path: str) -> Iterator[PeFile]:
    """A file of the host, looked into without being read as a whole.  OSError, NotAnImage."""
    from mmap import PROT_READ, mmap

    with open(path, "rb") as file:
        try:
            data = mmap(file.fileno(), 0, prot=PROT_READ)
        except ValueError:
            raise NotAnImage("an empty file") from None
    with data:
        yield PeFile(data)
