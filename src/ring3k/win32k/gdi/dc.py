"""Device contexts: what is selected into each; the rest is in the program's memory.

gdi32 keeps colours, modes and the like by itself in a structure of 200 bytes (DC_ATTR),
to which the entry of the handle points.  They lie in pages of the program's, sixteen to
a page.
"""

from __future__ import annotations

from struct import pack

from ring3k.abi.structs.mm import PAGE_READWRITE
from ring3k.ps.contract import FRESH
from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import ERROR_INVALID_HANDLE, UserError
from ring3k.win32k.gdi.object import DC, MEMORY_DC, GdiObject
from ring3k.win32k.gdi.table import (
    BLACK_PEN,
    DEFAULT_BITMAP,
    DEFAULT_PALETTE,
    SYSTEM_FONT,
    WHITE_BRUSH,
    GdiProcess,
)
from ring3k.win32k.user.settings import DOTS_PER_INCH, SCREEN

if TYPE_CHECKING:
    from ring3k.win32k.gdi.bitmap import Bitmap

PAGE, SLOT, ATTRIBUTES = 0x1000, 0x100, 200
SAVE_LEVEL, LAYOUT, MOST_SAVED = 8, 44, 256
# Where an attribute is in the structure, and whether it has but two bytes.
PLACES = {
    "background": (12, False),
    "brush": (16, False),
    "pen": (20, False),
    "text": (24, False),
    "graphics": (36, False),
    "align": (48, True),
    "background_mode": (50, True),
    "fill": (52, True),
    "rop": (54, True),
    "map": (60, False),
}


def _initial(handle: int) -> bytes:
    head = pack("<2Ii4I2i", handle, 0, 0, 0xFFFFFF, 0xFFFFFF, 0, 0, 0, 0)
    modes = pack("<2iI6H2iI", 1, 1, 0, 0, 2, 1, 13, 1, 1, 1, 0, 0)
    extents = pack("<4if2i2i2i2i2i", 0, 0, *SCREEN, 10.0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1)
    return (head + modes + extents + bytes(16) + pack("<I", 1252)).ljust(ATTRIBUTES, b"\0")


class Attributes:
    """The structures of one process."""

    def __init__(self, gdi: GdiProcess) -> None:
        self._gdi = gdi
        self._free: list[int] = []

    def take(self) -> int:
        if not self._free:
            place, _ = self._gdi.vm.allocate(0, PAGE, FRESH, PAGE_READWRITE)
            self._free = list(range(place, place + PAGE, SLOT))
        return self._free.pop()

    def give_back(self, place: int) -> None:
        self._free.append(place)


class DeviceContext(GdiObject):
    """One device context, of memory or of the screen that is not there."""

    def __init__(self, gdi: GdiProcess, kind: int, window: int = 0) -> None:
        super().__init__(kind)
        if gdi.attributes is None:
            gdi.attributes = Attributes(gdi)
        self._attributes: Attributes = gdi.attributes
        self.pointer = self._attributes.take()
        self.window = window
        self.bitmap: Bitmap | None = gdi.stock(DEFAULT_BITMAP) if kind == MEMORY_DC else None  # type: ignore[assignment]  # that one is
        self.parts = {
            "pen": gdi.stock(BLACK_PEN),
            "brush": gdi.stock(WHITE_BRUSH),
            "font": gdi.stock(SYSTEM_FONT),
            "palette": gdi.stock(DEFAULT_PALETTE),
        }
        for one in self._selected():
            one.selected += 1
        self.saved: list[tuple[dict[str, GdiObject], Bitmap | None, bytes]] = []
        gdi.add(self)
        gdi.memory.write(self.pointer, _initial(self.handle))

    def _selected(self) -> list[GdiObject]:
        return [*self.parts.values(), *([self.bitmap] if self.bitmap is not None else [])]

    def put(self, gdi: GdiProcess, part: str, new: GdiObject) -> GdiObject:
        """Select a pen, brush, font or palette: what it takes the place of."""
        old = self.parts[part]
        self.parts[part] = new
        gdi.select(new, old)
        return old

    def put_bitmap(self, gdi: GdiProcess, new: Bitmap) -> GdiObject:
        """Select a bitmap, which can be in one device context only.  ERROR_INVALID_HANDLE."""
        old = self.bitmap
        if old is None or (new.selected and not new.stock and new is not old):
            raise UserError(ERROR_INVALID_HANDLE)
        if new is not old:
            self.bitmap = new
            gdi.select(new, old)
        return old

    def save(self, gdi: GdiProcess) -> int:
        """SaveDC: how deep it is; 0 for too deep."""
        if len(self.saved) >= MOST_SAVED:
            return 0
        for one in self._selected():
            one.selected += 1
        attributes = gdi.memory.read(self.pointer, ATTRIBUTES)
        self.saved.append((dict(self.parts), self.bitmap, attributes))
        gdi.memory.write_u32(self.pointer + SAVE_LEVEL, len(self.saved))
        return len(self.saved)

    def restore(self, gdi: GdiProcess, level: int) -> bool:
        """RestoreDC: a level, or so many steps back."""
        level = len(self.saved) + level + 1 if level < 0 else level
        if not 0 < level <= len(self.saved):
            return False
        while len(self.saved) >= level:
            for one in self._selected():
                gdi.unselect(one)
            self.parts, self.bitmap, attributes = self.saved.pop()
        gdi.memory.write(self.pointer, attributes)
        return True

    def gone(self, gdi: GdiProcess) -> None:
        while self.saved:
            for one in self._selected():
                gdi.unselect(one)
            self.parts, self.bitmap, _ = self.saved.pop()
        for one in self._selected():
            gdi.unselect(one)
        self._attributes.give_back(self.pointer)


def find_dc(gdi: GdiProcess, handle: int) -> DeviceContext:
    """ERROR_INVALID_HANDLE."""
    found = gdi.find(handle, DC, MEMORY_DC)
    if not isinstance(found, DeviceContext):
        raise UserError(ERROR_INVALID_HANDLE)
    return found


# GetDeviceCaps, by index.  What is not here is 0.
CAPABILITIES = {
    0: 0x5002,
    2: 1,  # a raster display
    4: SCREEN[0] * 254 // 10 // DOTS_PER_INCH,
    6: SCREEN[1] * 254 // 10 // DOTS_PER_INCH,
    8: SCREEN[0],
    10: SCREEN[1],
    12: 32,
    14: 1,
    16: 0xFFFFFFFF,
    18: 0xFFFFFFFF,
    24: 0xFFFFFFFF,
    28: 0x1FF,
    30: 0xFE,
    32: 0xFF,
    34: 0x7807,
    36: 1,
    38: 0x7E99,
    40: 36,
    42: 36,
    44: 51,
    88: DOTS_PER_INCH,
    90: DOTS_PER_INCH,
    108: 24,
    116: 60,
    117: SCREEN[1],
    118: SCREEN[0],
    119: 0,
    120: 0xB7,
}
