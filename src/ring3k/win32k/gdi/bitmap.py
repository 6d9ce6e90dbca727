"""Bitmaps: pixels in the kernel, or in the program's own memory (DIB sections).

Rows of a device-dependent bitmap begin at even bytes, those of a DIB section at every
fourth; a DIB section's may be stored from the bottom up.
"""

from __future__ import annotations

from struct import pack, unpack_from

from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY, UserError
from ring3k.win32k.gdi.object import BITMAP, GdiObject

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.win32k.gdi.table import GdiProcess

MOST_BYTES = 64 << 20
BITMAP_SIZE, DIB_SIZE = 24, 84
CORE_HEADER, INFO_HEADER = 12, 40
BI_RGB, BI_BITFIELDS = 0, 3


def rounded_depth(bits: int) -> int:
    """The depths that bitmaps have.  ERROR_INVALID_PARAMETER."""
    for depth in (1, 4, 8, 16, 24, 32):
        if bits <= depth:
            return depth
    raise UserError(ERROR_INVALID_PARAMETER)


class Bitmap(GdiObject):
    """One bitmap."""

    def __init__(self, width: int, height: int, planes: int, bits: int) -> None:
        super().__init__(BITMAP)
        if width <= 0 or height <= 0 or planes <= 0 or width > 0x7FFFFFF or height > 0x7FFFFFF:
            raise UserError(ERROR_INVALID_PARAMETER)
        self.width, self.height, self.planes = width, height, planes
        self.bits_pixel = rounded_depth(max(bits, 1) * planes)
        self.stride = (width * self.bits_pixel + 15) // 16 * 2
        if self.stride * height > MOST_BYTES:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self._pixels: bytearray | None = None  # until somebody writes
        self.dimension = (0, 0)

    @property
    def size(self) -> int:
        return self.stride * self.height

    @property
    def cost(self) -> int:
        return self.size

    def read(self, memory: Memory) -> bytes:
        """All pixels."""
        return bytes(self._pixels) if self._pixels is not None else bytes(self.size)

    def write(self, memory: Memory, data: bytes) -> None:
        """From the first pixel on."""
        if self._pixels is None:
            self._pixels = bytearray(self.size)
        self._pixels[: len(data)] = data[: self.size]

    def told(self, room: int) -> bytes:
        return self.header(0) if room >= BITMAP_SIZE else b""

    @property
    def told_size(self) -> int:
        return BITMAP_SIZE

    def header(self, bits: int) -> bytes:
        """BITMAP."""
        return pack(
            "<4i2HI", 0, self.width, self.height, self.stride, self.planes_told, self.bits_pixel, bits
        )

    @property
    def planes_told(self) -> int:
        return 1

    def copy(self, memory: Memory) -> Bitmap:
        """Another one with the same pixels, in the kernel."""
        other = Bitmap(self.width, self.height, 1, self.bits_pixel)
        data = self.read(memory)
        rows = (data[at : at + self.stride] for at in range(0, len(data), self.stride))
        other.write(memory, b"".join(row[: other.stride].ljust(other.stride, b"\0") for row in rows))
        return other


class DibSection(Bitmap):
    """A bitmap whose pixels are the program's to read and write."""

    def __init__(self, header: DibHeader, address: int, section: int, offset: int) -> None:
        super().__init__(header.width, abs(header.height), 1, header.bits)
        self.info = header
        self.stride = header.stride
        self.address = address
        self.section = section
        self.offset = offset

    @property
    def cost(self) -> int:
        return 0

    def read(self, memory: Memory) -> bytes:
        return memory.read(self.address, self.size)

    def write(self, memory: Memory, data: bytes) -> None:
        memory.write(self.address, data[: self.size])

    def told(self, room: int) -> bytes:
        head = self.header(self.address)
        if room < DIB_SIZE:
            return head if room >= BITMAP_SIZE else b""
        info = self.info
        told = pack(
            "<IiiHHIIiiII",
            INFO_HEADER,
            info.width,
            abs(info.height),
            1,
            info.bits,
            info.compression,
            self.size,
            0,
            0,
            info.colors if info.bits <= 8 else 0,
            0,
        )
        return head + told + pack("<3I2I", *info.masks, self.section, self.offset)

    @property
    def told_size(self) -> int:
        return BITMAP_SIZE

    def gone(self, gdi: GdiProcess) -> None:
        if not self.section:
            gdi.free_memory(self.address)


class DibHeader:
    """BITMAPINFO: what the pixels behind it are like.  ERROR_INVALID_PARAMETER."""

    def __init__(self, memory: Memory, address: int) -> None:
        size = memory.read_u32(address)
        self.compression, self.colors, self.masks = BI_RGB, 0, (0, 0, 0)
        if size == CORE_HEADER:
            self.width, self.height, planes, self.bits = unpack_from("<HHHH", memory.read(address + 4, 8))
        elif size >= INFO_HEADER:
            data = memory.read(address + 4, INFO_HEADER - 4)
            self.width, self.height, planes, self.bits, self.compression = unpack_from("<iiHHI", data)
            (self.colors,) = unpack_from("<I", data, 28)
        else:
            raise UserError(ERROR_INVALID_PARAMETER)
        if self.bits not in (1, 4, 8, 16, 24, 32) or self.width <= 0 or not self.height or planes != 1:
            raise UserError(ERROR_INVALID_PARAMETER)
        if self.compression not in (BI_RGB, BI_BITFIELDS):
            raise UserError(ERROR_INVALID_PARAMETER)
        self.entry = 3 if size == CORE_HEADER else 4
        if self.bits <= 8 and not 0 < self.colors <= 1 << self.bits:
            self.colors = 1 << self.bits
        self.table = address + size
        if self.compression == BI_BITFIELDS:
            self.masks = unpack_from("<3I", memory.read(self.table, 12))
        elif self.bits == 16:
            self.compression, self.masks = BI_BITFIELDS, (0x7C00, 0x3E0, 0x1F)
        self.stride = (self.width * self.bits + 31) // 32 * 4
        if self.stride * abs(self.height) > MOST_BYTES:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self.size = self.stride * abs(self.height)
