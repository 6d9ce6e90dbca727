"""The one font there is: every character in a cell of the same size.

No font is read from a file, so that what a program is told of text is right for this font
alone: its cells are half as wide as they are high.
"""

from __future__ import annotations

from struct import pack, unpack_from

from ring3k.typed import NamedTuple
from ring3k.win32k.user.settings import DOTS_PER_INCH

FACE = "Fixedsys"
DEFAULT_HEIGHT, LARGEST = 16, 4096
FIXED_MODERN, ANSI_CHARSET, RASTER_FONT = 0x30, 0, 1
FIRST, LAST, UNKNOWN, SPACE = 0x20, 0xFFFC, 0x1F, 0x20
METRICS_SIZE, ENTRY_SIZE = 60, 452


class Cell(NamedTuple):
    """The size of a character, as a program has asked for it."""

    width: int
    height: int
    weight: int

    @property
    def ascent(self) -> int:
        return self.height * 4 // 5


def cell_of(font: bytes) -> Cell:
    """The cell of a LOGFONT; a negative height is that of a character without its leading."""
    height, width, _, _, weight = unpack_from("<5i", font)
    height = min(abs(height) or DEFAULT_HEIGHT, LARGEST)
    return Cell(min(abs(width), LARGEST) or max(height // 2, 1), height, weight or 400)


def metrics(cell: Cell) -> bytes:
    """TEXTMETRICW."""
    sizes = (cell.height, cell.ascent, cell.height - cell.ascent, 0, 0, cell.width, cell.width, cell.weight)
    head = pack("<11i", *sizes, 0, DOTS_PER_INCH, DOTS_PER_INCH)
    tail = pack("<4H5B", FIRST, LAST, UNKNOWN, SPACE, 0, 0, 0, FIXED_MODERN, ANSI_CHARSET)
    return (head + tail).ljust(METRICS_SIZE, b"\0")


def enumerated() -> bytes:
    """What EnumFontFamilies is told: kind, ENUMLOGFONTEXW, NEWTEXTMETRICEXW."""
    cell = Cell(DEFAULT_HEIGHT // 2, DEFAULT_HEIGHT, 400)
    face = FACE.encode("utf-16-le")
    font = pack("<5i8B", cell.height, cell.width, 0, 0, cell.weight, 0, 0, 0, 0, 0, 0, 0, FIXED_MODERN | 1)
    names = face.ljust(64, b"\0") + face.ljust(128, b"\0") + "Regular".encode("utf-16-le").ljust(64, b"\0")
    names += "Western".encode("utf-16-le").ljust(64, b"\0")
    more = pack("<4I", 0x40, cell.height, cell.height, cell.width)  # regular
    signature = pack("<6I", 0, 0, 0, 0, 1, 0)  # Latin
    return pack("<I", RASTER_FONT) + font + names + metrics(cell) + more + signature
