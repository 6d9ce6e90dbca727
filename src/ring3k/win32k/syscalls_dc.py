"""Device contexts: made, given back, what is selected into them, and their attributes."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import refuse
from ring3k.win32k.gdi.dc import CAPABILITIES, LAYOUT, PLACES, DeviceContext, find_dc
from ring3k.win32k.gdi.object import BITMAP, BRUSH, DC, EXTENDED_PEN, FONT, MEMORY_DC, PALETTE, PEN, GdiObject
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.session import session_of
from ring3k.win32k.user.window import find_window

SET_CODES = (
    "background",
    "background_mode",
    "text",
    "brush",
    "pen",
    "graphics",
    "rop",
    "align",
)  # from 100 on
GET_CODES = (None, "background", "background_mode", "brush", "pen", "graphics", None, "fill", "rop", "text")


@syscall(refuses=refuse)
def NtGdiCreateCompatibleDC(t: Thread, dc: Handle) -> int:
    """A device context of memory."""
    gdi = gdi_of(t)
    if dc:
        find_dc(gdi, dc)
    return DeviceContext(gdi, MEMORY_DC).handle


@syscall(PARTIAL, "only the screen, which nobody sees", refuses=refuse)
def NtGdiOpenDCW(
    t: Thread,
    device: Pointer,
    device_mode: Pointer,
    output: Pointer,
    kind: Ulong,
    is_display: Ulong,
    spool: Handle,
    driver_info: Pointer,
    driver: Pointer,
) -> int:
    """A device context of a device."""
    return DeviceContext(gdi_of(t), DC).handle


def _of_window(t: Thread, window: int) -> int:
    if window:
        find_window(session_of(t), window)
    return DeviceContext(gdi_of(t), DC, window).handle


@syscall(PARTIAL, "nothing that is drawn is seen", refuses=refuse)
def NtUserGetDC(t: Thread, window: Ulong) -> int:
    """A device context of a window, or of the screen."""
    return _of_window(t, window)


@syscall(PARTIAL, "nothing that is drawn is seen", refuses=refuse)
def NtUserGetDCEx(t: Thread, window: Ulong, region: Handle, flags: Ulong) -> int:
    """A device context of a window, clipped."""
    return _of_window(t, window)


@syscall(PARTIAL, "nothing that is drawn is seen", refuses=refuse)
def NtUserGetWindowDC(t: Thread, window: Ulong) -> int:
    """A device context of a window with its frame."""
    return _of_window(t, window)


@syscall(refuses=refuse)
def NtUserReleaseDC(t: Thread, window: Ulong, dc: Handle) -> int:
    """Give a window's device context back."""
    gdi = gdi_of(t)
    gdi.remove(find_dc(gdi, dc))
    return 1


@syscall(refuses=refuse)
def NtUserWindowFromDC(t: Thread, dc: Handle) -> int:
    """The window of a device context."""
    return find_dc(gdi_of(t), dc).window


@syscall(refuses=refuse)
def NtGdiGetDeviceCaps(t: Thread, dc: Handle, index: Long) -> int:
    """What a device can."""
    found = find_dc(gdi_of(t), dc)
    if index == 12 and found.bitmap is not None:
        return found.bitmap.bits_pixel
    return CAPABILITIES.get(index, 0)


@syscall(refuses=refuse)
def NtGdiGetDCObject(t: Thread, dc: Handle, kind: Ulong) -> int:
    """What of a kind is selected."""
    found = find_dc(gdi_of(t), dc)
    kind >>= 16
    if kind == 5:
        return found.bitmap.handle if found.bitmap is not None else 0
    part = {PEN: "pen", EXTENDED_PEN: "pen", BRUSH: "brush", FONT: "font", PALETTE: "palette"}.get(kind)
    return found.parts[part].handle if part is not None else 0


def _select(t: Thread, dc: int, object_: int, part: str, *kinds: int) -> int:
    gdi = gdi_of(t)
    before: GdiObject = find_dc(gdi, dc).put(gdi, part, gdi.find(object_, *kinds))
    return before.handle


@syscall(refuses=refuse)
def NtGdiSelectPen(t: Thread, dc: Handle, pen: Handle) -> int:
    """Draw lines with a pen: the one before."""
    return _select(t, dc, pen, "pen", PEN, EXTENDED_PEN)


@syscall(refuses=refuse)
def NtGdiSelectBrush(t: Thread, dc: Handle, brush: Handle) -> int:
    """Fill with a brush: the one before."""
    return _select(t, dc, brush, "brush", BRUSH)


@syscall(PARTIAL, "no font is chosen for it", refuses=refuse)
def NtGdiSelectFont(t: Thread, dc: Handle, font: Handle) -> int:
    """Write with a font: the one before."""
    return _select(t, dc, font, "font", FONT)


@syscall(refuses=refuse)
def NtGdiSelectBitmap(t: Thread, dc: Handle, bitmap: Handle) -> int:
    """Draw on a bitmap: the one before."""
    gdi = gdi_of(t)
    found = find_dc(gdi, dc)
    return found.put_bitmap(gdi, gdi.bitmap(gdi.find(bitmap, BITMAP).handle)).handle


@syscall(refuses=refuse)
def NtGdiSaveDC(t: Thread, dc: Handle) -> int:
    """Keep what a device context is like, to be restored: how deep."""
    gdi = gdi_of(t)
    return find_dc(gdi, dc).save(gdi)


@syscall(refuses=refuse)
def NtGdiRestoreDC(t: Thread, dc: Handle, level: Long) -> int:
    """Make a device context as it was."""
    gdi = gdi_of(t)
    return int(find_dc(gdi, dc).restore(gdi, level))


def _attribute(t: Thread, dc: DeviceContext, name: str) -> int:
    place, short = PLACES[name]
    return t.memory.read_u16(dc.pointer + place) if short else t.memory.read_u32(dc.pointer + place)


@syscall(PARTIAL, "the arc's direction is the default", refuses=refuse)
def NtGdiGetDCDword(t: Thread, dc: Handle, what: Ulong, result: Out[Ulong]) -> int:
    """A colour or a mode of a device context."""
    found = find_dc(gdi_of(t), dc)
    if what == 10:
        result.set(found.kind == MEMORY_DC)
    elif what == 6:
        result.set(t.memory.read_u32(found.pointer + LAYOUT))
    elif what < len(GET_CODES):
        name = GET_CODES[what]
        result.set(_attribute(t, found, name) if name is not None else 1)
    else:
        return 0
    return 1


@syscall(PARTIAL, "sizes of other map modes are not worked out", refuses=refuse)
def NtGdiGetAndSetDCDword(t: Thread, dc: Handle, what: Ulong, value: Ulong, result: Pointer) -> int:
    """Change a colour or a mode of a device context: what it was."""
    found = find_dc(gdi_of(t), dc)
    name = "map" if what == 8 else SET_CODES[what - 100] if 100 <= what < 100 + len(SET_CODES) else None
    if name is None:
        return 0
    before = _attribute(t, found, name)
    place, short = PLACES[name]
    t.memory.write(
        found.pointer + place, (value & 0xFFFF).to_bytes(2, "little") if short else pack("<I", value)
    )
    if result:
        t.memory.write_u32(result, before)
    return 1
