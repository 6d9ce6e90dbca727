"""Graphics objects: brushes, pens, fonts, palettes, regions, and what all have in common."""

from __future__ import annotations

from struct import pack

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.win32k.gdi.table import GdiProcess

DC, MEMORY_DC, REGION, PALETTE, BITMAP, FONT = 0x01, 0x41, 0x04, 0x08, 0x09, 0x0A
BRUSH, PEN, EXTENDED_PEN = 0x10, 0x30, 0x50
FONT_SIZE, LOGFONT_SIZE = 420, 92  # ENUMLOGFONTEXDVW, LOGFONTW
Box = tuple[int, int, int, int]


class GdiObject:
    """What a graphics handle names.  ``data`` is what GetObject tells."""

    pointer = 0  # of the program's memory, for gdi32

    def __init__(self, kind: int, data: bytes = b"") -> None:
        self.kind = kind
        self.data = data
        self.handle = 0
        self.stock = False
        self.selected = 0  # device contexts that use it
        self.deleted = False

    @property
    def cost(self) -> int:
        """Bytes of kernel memory that it keeps."""
        return len(self.data)

    def told(self, room: int) -> bytes:
        """What GetObject writes into a buffer; nothing into one that is too small."""
        if self.kind in (FONT, EXTENDED_PEN):
            return self.data[:room]
        if self.kind == PALETTE:
            return self.data[:2] if room >= 2 else b""
        return self.data if room >= len(self.data) else self.data[:room] if self.kind == BRUSH else b""

    @property
    def told_size(self) -> int:
        """The size of the buffer that GetObject wants."""
        return LOGFONT_SIZE if self.kind == FONT else 2 if self.kind == PALETTE else len(self.data)

    def gone(self, gdi: GdiProcess) -> None:
        """It has no handle any more."""


class Region(GdiObject):
    """A set of points, as rectangles."""

    def __init__(self, boxes: list[Box]) -> None:
        super().__init__(REGION)
        self.boxes = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]

    @property
    def cost(self) -> int:
        return 16 * 4

    @property
    def bounds(self) -> Box:
        if not self.boxes:
            return 0, 0, 0, 0
        lefts, tops, rights, bottoms = zip(*self.boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    @property
    def complexity(self) -> int:
        """NULLREGION, SIMPLEREGION, COMPLEXREGION."""
        return min(len(self.boxes), 2) + 1


def brush_data(style: int, color: int, hatch: int = 0) -> bytes:
    """LOGBRUSH."""
    return pack("<3I", style, color, hatch)


def pen_data(style: int, color: int, width: int = 0) -> bytes:
    """LOGPEN."""
    return pack("<IiiI", style, width, 0, color)


def font_data(face: str, height: int, weight: int) -> bytes:
    """LOGFONTW, and the rest of what a font is made from."""
    name = face.encode("utf-16-le")
    head = pack("<5i8B", height, 0, 0, 0, weight, *bytes(8)) + name + bytes(64 - len(name))
    return head + bytes(FONT_SIZE - len(head))


def palette_data(count: int, entries: bytes = b"") -> bytes:
    """How many entries, and they."""
    return pack("<H", count) + entries
