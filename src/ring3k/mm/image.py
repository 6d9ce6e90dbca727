"""PE32 executables as image sections: headers checked, parts laid out as in memory.

No header is believed: every offset and size is compared with the file and with
SizeOfImage before it is used, and parts must follow each other without gaps or
overlap, as NT wants them.  What a file of another kind gets is NT's:

* no "MZ": STATUS_INVALID_IMAGE_NOT_MZ; a DOS program or nonsense after it:
  STATUS_INVALID_IMAGE_PROTECT; NE: _WIN_16 (OS/2: _NE_FORMAT); LE: _LE_FORMAT;
* PE with wrong contents, or 64-bit: STATUS_INVALID_IMAGE_FORMAT;
* PE32 of another machine: a section can be made; mapping it succeeds with
  STATUS_IMAGE_MACHINE_TYPE_MISMATCH.

Images with parts aligned to less than a page (native drivers) are mapped as they
lie in the file, writable and executable in one piece.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.pe import MOST_SECTIONS, OPTIONAL_HEADER, SIGNATURE, Headers, NotAnImage, headers_at
from ring3k.abi.status import (
    STATUS_INVALID_IMAGE_FORMAT,
    STATUS_INVALID_IMAGE_LE_FORMAT,
    STATUS_INVALID_IMAGE_NE_FORMAT,
    STATUS_INVALID_IMAGE_NOT_MZ,
    STATUS_INVALID_IMAGE_PROTECT,
    STATUS_INVALID_IMAGE_WIN_16,
    NtError,
)
from ring3k.abi.structs.mm import (
    PAGE_EXECUTE,
    PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE,
    PAGE_EXECUTE_WRITECOPY,
    PAGE_NOACCESS,
    PAGE_READONLY,
    PAGE_READWRITE,
    PAGE_WRITECOPY,
    SECTION_IMAGE_INFORMATION,
)
from ring3k.engine.protocol import PAGE, Store
from ring3k.mm.segment import Segment, SegmentTable, new_segment
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.pe import IMAGE_OPTIONAL_HEADER, IMAGE_SECTION_HEADER
    from ring3k.ke.kernel import Kernel
    from ring3k.mm.backing import FileBacking

MAX_SIZE = 0x7700_0000
MAX_HEADERS = 0x10000
SECTOR = 512

_SCN_CODE = 0x20
_SCN_SHARED = 0x1000_0000
_SCN_EXECUTE = 0x2000_0000
_SCN_READ = 0x4000_0000
_SCN_WRITE = 0x8000_0000
_EXECUTABLE_IMAGE = 0x2


class Part:
    """Pages of an image that share a protection: [start, end) from the base, and their bytes in the file."""

    __slots__ = ("end", "file_offset", "file_size", "protect", "shared", "start")

    def __init__(
        self, start: int, end: int, protect: int, shared: bool, file_offset: int, file_size: int
    ) -> None:
        self.start = start
        self.end = end
        self.protect = protect
        self.shared = shared
        self.file_offset = file_offset
        self.file_size = file_size


class Image:
    """What the headers say."""

    base: int
    size: int  # in memory, whole pages
    entry: int  # from the base
    machine: int
    characteristics: int
    dll_characteristics: int
    subsystem: int
    subsystem_version: tuple[int, int]  # (major, minor)
    stack_reserve: int
    stack_commit: int
    loader_flags: int
    file_size: int
    contains_code: bool
    symbols: tuple[int, int]  # COFF symbols: offset in the file, and their number
    parts: tuple[Part, ...]

    def information(self) -> SECTION_IMAGE_INFORMATION:
        """What NtQuerySection tells of an image section."""
        major, minor = self.subsystem_version
        return SECTION_IMAGE_INFORMATION(
            TransferAddress=self.base + self.entry,
            MaximumStackSize=self.stack_reserve,
            CommittedStackSize=self.stack_commit,
            SubSystemType=self.subsystem,
            SubSystemMajorVersion=major,
            SubSystemMinorVersion=minor,
            ImageCharacteristics=self.characteristics,
            DllCharacteristics=self.dll_characteristics,
            Machine=self.machine,
            ImageContainsCode=self.contains_code,
            LoaderFlags=self.loader_flags,
            ImageFileSize=self.file_size,
        )


def _bad(status: int = STATUS_INVALID_IMAGE_FORMAT) -> NtError:
    return NtError(status)


def _check_kind(head: bytes, size: int) -> None:
    """Refuse what is no PE file, as the kind that it is."""
    if size < 64 or head[:2] != b"MZ":
        raise _bad(STATUS_INVALID_IMAGE_NOT_MZ)
    at = headers_at(head)
    if at & 3 or at + 4 > size:
        raise _bad(STATUS_INVALID_IMAGE_PROTECT)
    kind = head[at : at + 2]
    if head[at : at + 4] == SIGNATURE:
        return
    if kind == b"NE":
        target = head[at + 0x36 : at + 0x37]
        raise _bad(STATUS_INVALID_IMAGE_NE_FORMAT if target == b"\1" else STATUS_INVALID_IMAGE_WIN_16)
    if kind == b"LE":
        raise _bad(STATUS_INVALID_IMAGE_LE_FORMAT)
    raise _bad(STATUS_INVALID_IMAGE_PROTECT)


def _power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def parse(head: bytes, file_size: int) -> Image:
    """Check and read the headers; ``head`` is the file's first MAX_HEADERS bytes (all of a shorter file)."""
    _check_kind(head, file_size)
    try:
        return _read(Headers(head), file_size)
    except NotAnImage:
        raise _bad() from None


def _read(headers: Headers, file_size: int) -> Image:
    file = headers.file
    if headers.optional_at + OPTIONAL_HEADER.size > len(headers.data):
        raise _bad()
    if file.Machine == 0 and file.SizeOfOptionalHeader == 0:
        raise _bad(STATUS_INVALID_IMAGE_PROTECT)
    if not file.Characteristics & _EXECUTABLE_IMAGE or file.SizeOfOptionalHeader < OPTIONAL_HEADER.size:
        raise _bad()
    optional = headers.optional()
    _check_sizes(optional, file.NumberOfSections)
    if optional.SizeOfHeaders > file_size:
        raise _bad()
    sections = headers.sections()
    size = (optional.SizeOfImage + PAGE - 1) & -PAGE
    flat = optional.SectionAlignment < PAGE
    parts = _flat(size, file_size) if flat else _parts(sections, optional, size, file_size)
    image = Image()
    image.base, image.size, image.entry = optional.ImageBase, size, optional.AddressOfEntryPoint
    image.machine = file.Machine
    image.characteristics, image.dll_characteristics = file.Characteristics, optional.DllCharacteristics
    image.subsystem = optional.Subsystem
    image.subsystem_version = optional.MajorSubsystemVersion, optional.MinorSubsystemVersion
    image.stack_reserve, image.stack_commit = optional.SizeOfStackReserve, optional.SizeOfStackCommit
    image.loader_flags = optional.LoaderFlags
    image.file_size = file_size & 0xFFFFFFFF
    has_code = any(one.Characteristics & _SCN_CODE for one in sections)
    image.contains_code = bool(optional.SizeOfCode) or has_code
    image.symbols = file.PointerToSymbolTable, file.NumberOfSymbols
    image.parts = parts
    return image


def _check_sizes(optional: IMAGE_OPTIONAL_HEADER, count: int) -> None:
    """What NT demands of the optional header's numbers."""
    alignment, file_alignment = optional.SectionAlignment, optional.FileAlignment
    base, size = optional.ImageBase, optional.SizeOfImage
    if (
        (file_alignment & (SECTOR - 1) and file_alignment != alignment)
        or not _power_of_two(file_alignment)
        or not _power_of_two(alignment)
        or alignment < file_alignment
        or (alignment < PAGE and alignment != file_alignment)
        or not 0 < size <= MAX_SIZE
        or not 0 < optional.SizeOfHeaders < size
        or count > MOST_SECTIONS
        or base & 0xFFFF
        or base + size > 0xFFFF_FFFF
    ):
        raise _bad()


def _flat(size: int, file_size: int) -> tuple[Part, ...]:
    """An image aligned to less than a page: the file as it is."""
    return (Part(0, size, PAGE_EXECUTE_WRITECOPY, False, 0, min(size, file_size)),)


def _parts(
    sections: list[IMAGE_SECTION_HEADER], optional: IMAGE_OPTIONAL_HEADER, size: int, file_size: int
) -> tuple[Part, ...]:
    """Headers and sections, one behind the other without a gap."""
    headers, alignment = optional.SizeOfHeaders, optional.SectionAlignment

    def up(value: int) -> int:
        return (value + alignment - 1) & -alignment

    following = up(headers)
    pages = min((headers + PAGE - 1) & -PAGE, size)
    parts = [Part(0, pages, PAGE_READONLY, False, 0, headers)]
    _gap(parts, min(following, size))
    for one in sections:
        start, length, raw, raw_size = one.VirtualAddress, one.length, one.PointerToRawData, one.SizeOfRawData
        if start != following or length == 0 or start + length > size:
            raise _bad()
        following = up(start + length)
        end = min((start + length + PAGE - 1) & -PAGE, size)
        if raw == 0 or raw_size == 0:
            offset = used = 0
        else:
            if raw + raw_size > file_size:
                raise _bad()
            offset = raw & -SECTOR
            used = min(raw_size, end - start)
        flags = one.Characteristics
        parts.append(Part(start, end, _protection(flags), bool(flags & _SCN_SHARED), offset, used))
        _gap(parts, min(following, size))
    _gap(parts, size)
    return tuple(parts)


def _gap(parts: list[Part], until: int) -> None:
    """Pages between two parts belong to the image and to nothing in it."""
    end = parts[-1].end
    if end < until:
        parts.append(Part(end, until, PAGE_NOACCESS, False, 0, 0))


def _protection(flags: int) -> int:
    """The protection of a section's pages; writable ones are copied unless shared."""
    execute, write, shared = flags & _SCN_EXECUTE, flags & _SCN_WRITE, flags & _SCN_SHARED
    if write:
        if shared:
            return PAGE_EXECUTE_READWRITE if execute else PAGE_READWRITE
        return PAGE_EXECUTE_WRITECOPY if execute else PAGE_WRITECOPY
    if flags & _SCN_READ:
        return PAGE_EXECUTE_READ if execute else PAGE_READONLY
    return PAGE_EXECUTE if execute else PAGE_NOACCESS


def image_segment(kernel: Kernel, backing: FileBacking) -> Segment:
    """The laid-out image of a file, shared by all its sections; takes ``backing`` over."""
    table = kernel.part(SegmentTable)
    found = table.find(backing, True)
    if found is not None:
        backing.close()
        return found
    file_size = backing.size
    image = parse(backing.read(0, min(file_size, MAX_HEADERS)), file_size)
    file = _file_store(kernel, backing, image, file_size)
    charge = sum(_pages(part) - (_direct(part) if file is not None else 0) for part in image.parts)
    try:
        segment = new_segment(kernel, image.size, image.size, charge)
    except BaseException:
        if file is not None:
            file.close()
        raise
    segment.image = image
    segment.file = file
    for part in image.parts:
        direct = _direct(part) if file is not None else 0
        if direct:
            segment.direct.append((part.start, part.start + direct, part.file_offset))
        _fill(segment.store, part, backing, direct)
    if table.edit is not None:
        table.edit(segment, backing)
    table.remember(segment, backing)
    return segment


def _file_store(kernel: Kernel, backing: FileBacking, image: Image, size: int) -> Store | None:
    """The file as a store, if some of the image can be shown from it."""
    if backing.host >= 0 and any(map(_direct, image.parts)):
        with suppress(OSError, ValueError):  # not a file that can be mapped
            return kernel.engine.open_store(backing.host, (size + PAGE - 1) & -PAGE, False)
    return None


def _pages(part: Part) -> int:
    """Bytes, in whole pages, that a part has in the file."""
    return (part.file_size + PAGE - 1) & -PAGE


def _direct(part: Part) -> int:
    """How many bytes of a part lie in the file as they lie in memory: whole pages."""
    return 0 if part.shared or part.file_offset % PAGE else part.file_size & -PAGE


def _fill(store: Store, part: Part, backing: FileBacking, done: int) -> None:
    """Copy what the part has from ``done`` on."""
    while done < part.file_size:
        data = backing.read(part.file_offset + done, min(1 << 20, part.file_size - done))
        if not data:
            break
        store.write(part.start + done, data)
        done += len(data)
