"""The table of graphics objects, which gdi32 reads by itself.

It lies in the program's memory (PEB.GdiSharedHandleTable), an entry of 24 bytes for each
of 65536 places: what the object is, how often the place was used, and a pointer of
gdi32's own.  It is written here and never believed: what is known of an object is kept on
this side.  A handle is a place and, above, what the object is and the count of uses.

Stock objects (GetStockObject) have the first places, in a fixed order, are in every
process and cannot be deleted.
"""

from __future__ import annotations

from contextlib import suppress
from struct import pack

from ring3k.abi.status import NtError
from ring3k.abi.structs.mm import MEM_RELEASE, PAGE_READWRITE
from ring3k.abi.structs.ps import PEB
from ring3k.ps.contract import FRESH
from ring3k.typed import TYPE_CHECKING, Any
from ring3k.win32k.error import ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY, UserError
from ring3k.win32k.gdi.bitmap import Bitmap
from ring3k.win32k.gdi.object import (
    BITMAP,
    BRUSH,
    FONT,
    PALETTE,
    PEN,
    GdiObject,
    brush_data,
    font_data,
    palette_data,
    pen_data,
)
from ring3k.win32k.user.session import UserProcess, thread_of

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

SHARED_TABLE = PEB.offset("GdiSharedHandleTable")
PLACES, ENTRY, FIRST = 0x10000, 24, 32
MOST_OBJECTS = 10000  # as Windows lets a process have
STOCK = 0x80  # in the upper half of a handle
OBJECT_COST = 256
SYSTEM, SYSTEM_FIXED, DEFAULT_GUI = ("System", 16, 700), ("Courier", 16, 400), ("MS Shell Dlg", -11, 400)
WHITE, LIGHT, GRAY, DARK, BLACK = 0xFFFFFF, 0xC0C0C0, 0x808080, 0x404040, 0


def _stock() -> list[GdiObject]:
    """In the order of their numbers; the last ones are for other than 96 dots an inch."""
    brushes = [GdiObject(BRUSH, brush_data(0, color)) for color in (WHITE, LIGHT, GRAY, DARK, BLACK)]
    pens = [GdiObject(PEN, pen_data(0, color)) for color in (WHITE, BLACK)]
    fonts = [GdiObject(FONT, font_data(*one)) for one in (("", 12, 400), ("", 12, 400), ("Courier", 12, 400))]
    return [
        *brushes,
        GdiObject(BRUSH, brush_data(1, 0)),
        *pens,
        GdiObject(PEN, pen_data(5, 0)),
        *fonts,
        GdiObject(FONT, font_data("MS Sans Serif", 12, 400)),
        GdiObject(FONT, font_data(*SYSTEM)),
        GdiObject(FONT, font_data(*SYSTEM)),
        GdiObject(PALETTE, palette_data(20)),
        GdiObject(FONT, font_data(*SYSTEM_FIXED)),
        GdiObject(FONT, font_data(*DEFAULT_GUI)),
        GdiObject(BRUSH, brush_data(0, WHITE)),
        GdiObject(PEN, pen_data(0, BLACK)),
        Bitmap(1, 1, 1, 1),
        *(GdiObject(FONT, font_data(*one)) for one in (SYSTEM, SYSTEM_FIXED, DEFAULT_GUI)),
    ]


WHITE_BRUSH, BLACK_PEN, SYSTEM_FONT, DEFAULT_PALETTE, DEFAULT_BITMAP = 0, 7, 13, 15, 20


class GdiProcess:
    """The graphics objects of one process."""

    def __init__(self, process: UserProcess) -> None:
        self._process = process.process
        self._kernel = process.session.kernel
        self._objects: dict[int, GdiObject] = {}  # by place
        self._uses: dict[int, int] = {}
        self._free: list[int] = []
        self._next = FIRST
        self._colors: dict[tuple[str, int], int] = {}
        self.attributes: Any = None  # dc.Attributes
        self._table, _ = self._process.vm.allocate(0, PLACES * ENTRY, FRESH, PAGE_READWRITE)
        self._process.memory.poke(self._process.peb + SHARED_TABLE, pack("<I", self._table))
        for one in _stock():
            one.stock = True
            self.add(one)

    @property
    def memory(self) -> Any:
        return self._process.memory

    @property
    def vm(self) -> Any:
        return self._process.vm

    # -- handles ------------------------------------------------------------------------
    def add(self, object_: GdiObject) -> int:
        """Give an object a handle.  ERROR_NOT_ENOUGH_MEMORY."""
        if len(self._objects) >= MOST_OBJECTS:
            raise UserError(ERROR_NOT_ENOUGH_MEMORY)
        self._kernel.pool.charge(OBJECT_COST + object_.cost)
        if self._free:
            place = self._free.pop()
        else:
            place = self._next
            self._next += 1
        uses = self._uses.get(place, 0) % 0xFE + 1
        self._uses[place] = uses
        upper = uses << 8 | object_.kind | (STOCK if object_.stock else 0)
        object_.handle = upper << 16 | place
        self._objects[place] = object_
        entry = pack("<QIHBxQ", 0, self._process.pid & 0xFFFF, upper, object_.kind & 0x1F, object_.pointer)
        self._write(place, entry)
        return object_.handle

    def _write(self, place: int, entry: bytes) -> None:
        with suppress(NtError):  # the program may have taken its own table away
            self._process.memory.write(self._table + place * ENTRY, entry)

    def find(self, handle: int, *kinds: int) -> GdiObject:
        """The object of a handle, whose upper half may be missing.  ERROR_INVALID_HANDLE."""
        found = self._objects.get(handle & 0xFFFF)
        if found is None or (handle >> 16 and handle != found.handle) or (kinds and found.kind not in kinds):
            raise UserError(ERROR_INVALID_HANDLE)
        return found

    def bitmap(self, handle: int) -> Bitmap:
        """ERROR_INVALID_HANDLE."""
        found = self.find(handle, BITMAP)
        if not isinstance(found, Bitmap):
            raise UserError(ERROR_INVALID_HANDLE)
        return found

    def remove(self, object_: GdiObject) -> None:
        """Take a handle back at once."""
        place = object_.handle & 0xFFFF
        if self._objects.get(place) is not object_:
            return
        del self._objects[place]
        self._free.append(place)
        self._write(place, bytes(ENTRY))
        self._kernel.pool.release(OBJECT_COST + object_.cost)
        object_.gone(self)

    def delete(self, handle: int) -> bool:
        """DeleteObject: one that is selected goes when it is no more, stock objects stay."""
        try:
            found = self.find(handle)
        except UserError:
            return False
        if found.stock:
            return True
        if found.selected:
            found.deleted = True
        else:
            self.remove(found)
        return True

    def select(self, new: GdiObject, old: GdiObject | None) -> None:
        """One object takes the place of another in a device context."""
        new.selected += 1
        self.unselect(old)

    def unselect(self, old: GdiObject | None) -> None:
        if old is not None:
            old.selected -= 1
            if not old.selected and old.deleted:
                self.remove(old)

    def stock(self, number: int) -> GdiObject:
        return self._objects[FIRST + number]

    # -- bits that others need --------------------------------------------------------------
    def free_memory(self, address: int) -> None:
        """Memory of the program's that an object had."""
        with suppress(NtError):  # the program may have freed it
            self.vm.free(address, 0, MEM_RELEASE)

    def color_brush(self, index: int, color: int) -> int:
        """GetSysColorBrush."""
        return self._of_color("brush", index, lambda: GdiObject(BRUSH, brush_data(0, color)))

    def color_pen(self, index: int, color: int) -> int:
        """A pen of a colour of the desktop."""
        return self._of_color("pen", index, lambda: GdiObject(PEN, pen_data(0, color)))

    def _of_color(self, what: str, index: int, make: Any) -> int:
        if not 0 <= index <= 30:
            return 0
        found = self._colors.get((what, index))
        if found is None:
            made = make()
            made.stock = True
            found = self._colors[what, index] = self.add(made)
        return found

    def copy_bitmap(self, handle: int) -> int:
        """A bitmap that is the same; 0 for none."""
        if not handle:
            return 0
        return self.add(self.bitmap(handle).copy(self._process.memory))

    def depth_of(self, handle: int) -> int:
        """Bits of a pixel; 0 for no bitmap."""
        return self.bitmap(handle).bits_pixel if handle else 0

    def end(self) -> None:
        """The process has gone."""
        for one in self._objects.values():
            self._kernel.pool.release(OBJECT_COST + one.cost)
        self._objects.clear()


def gdi_of(t: KThread) -> GdiProcess:
    """The graphics objects of the caller's process."""
    process = thread_of(t).process
    if process.gdi is None:
        process.gdi = GdiProcess(process)
    found: GdiProcess = process.gdi
    return found
