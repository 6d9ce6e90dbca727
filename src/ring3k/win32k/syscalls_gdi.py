"""Graphics objects: made, asked, deleted."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, ERROR_NOACCESS, UserError, refuse
from ring3k.win32k.gdi.bitmap import DibHeader
from ring3k.win32k.gdi.object import (
    BRUSH,
    EXTENDED_PEN,
    FONT,
    FONT_SIZE,
    PALETTE,
    PEN,
    GdiObject,
    brush_data,
    palette_data,
    pen_data,
)
from ring3k.win32k.gdi.table import gdi_of

BS_NULL, BS_HATCHED, BS_PATTERN, BS_DIBPATTERN = 1, 2, 3, 5
PS_NULL = 5
MOST_ENTRIES = 1024
CLIENT_KINDS = (0x26, 0x46, 0x66, 0x21)  # metafiles, which are gdi32's


@syscall(refuses=refuse)
def NtGdiFlush(t: Thread) -> int:
    """Do what has been put off: nothing is."""
    return 1


@syscall(refuses=refuse)
def NtGdiDeleteObjectApp(t: Thread, object_: Handle) -> int:
    """Delete a graphics object."""
    return int(gdi_of(t).delete(object_))


@syscall(refuses=refuse)
def NtGdiExtGetObjectW(t: Thread, object_: Handle, count: Long, buffer: Pointer) -> int:
    """Describe a graphics object: how many bytes."""
    found = gdi_of(t).find(object_)
    if not buffer:
        return found.told_size
    if not buffer >> 16:
        raise UserError(ERROR_NOACCESS)
    data = found.told(max(count, 0))
    t.memory.write(buffer, data)
    return len(data)


@syscall(refuses=refuse)
def NtGdiCreateClientObj(t: Thread, kind: Ulong) -> int:
    """A handle for an object that gdi32 keeps by itself."""
    if kind >> 16 not in CLIENT_KINDS:
        raise UserError(ERROR_INVALID_PARAMETER)
    return gdi_of(t).add(GdiObject(kind >> 16))


@syscall(refuses=refuse)
def NtGdiDeleteClientObj(t: Thread, object_: Handle) -> int:
    """Give the handle of such an object back."""
    gdi = gdi_of(t)
    gdi.remove(gdi.find(object_, *CLIENT_KINDS))
    return 1


@syscall(refuses=refuse)
def NtGdiCreateSolidBrush(t: Thread, color: Ulong, brush: Handle) -> int:
    """A brush of one colour."""
    return gdi_of(t).add(GdiObject(BRUSH, brush_data(0, color)))


@syscall(refuses=refuse)
def NtGdiCreateHatchBrushInternal(t: Thread, style: Ulong, color: Ulong, pen: Ulong) -> int:
    """A brush of lines."""
    if style >= 12:
        return 0
    return gdi_of(t).add(GdiObject(BRUSH, brush_data(BS_HATCHED, color, style)))


@syscall(PARTIAL, "the pattern is not kept beyond its handle", refuses=refuse)
def NtGdiCreatePatternBrushInternal(t: Thread, bitmap: Handle, pen: Ulong, is_8x8: Ulong) -> int:
    """A brush of a bitmap's pattern."""
    gdi = gdi_of(t)
    gdi.bitmap(bitmap)
    return gdi.add(GdiObject(BRUSH, brush_data(BS_PATTERN, 0, bitmap)))


@syscall(PARTIAL, "the pattern is not kept", refuses=refuse)
def NtGdiCreateDIBBrush(
    t: Thread, data: Pointer, color_use: Ulong, size: Ulong, is_8x8: Ulong, pen: Ulong, client: Pointer
) -> int:
    """A brush of a device-independent bitmap's pattern."""
    DibHeader(t.memory, data)
    return gdi_of(t).add(GdiObject(BRUSH, brush_data(BS_DIBPATTERN, color_use, client)))


@syscall(refuses=refuse)
def NtGdiCreatePen(t: Thread, style: Ulong, width: Long, color: Ulong, brush: Handle) -> int:
    """A pen."""
    if style > 6:
        style = 0
    width = min(abs(width), 0x7FFFFFFF)
    data = pen_data(PS_NULL, 0, 1) if style == PS_NULL else pen_data(style, color, width)
    return gdi_of(t).add(GdiObject(PEN, data))


@syscall(PARTIAL, "patterns are not kept", refuses=refuse)
def NtGdiExtCreatePen(
    t: Thread,
    style: Ulong,
    width: Ulong,
    brush_style: Ulong,
    color: Ulong,
    client_hatch: Ulong,
    hatch: Ulong,
    count: Ulong,
    bits: Pointer,
    dib_size: Ulong,
    old_style: Ulong,
    brush: Handle,
) -> int:
    """A pen of more than a style, a width and a colour."""
    if count > 16 or style & 0xF > 8:
        raise UserError(ERROR_INVALID_PARAMETER)
    lengths = t.memory.read(bits, 4 * count) if count else b""
    data = pack("<6I", style, width, brush_style, color, client_hatch, count) + (lengths or bytes(4))
    return gdi_of(t).add(GdiObject(EXTENDED_PEN, data))


@syscall(PARTIAL, "no font is chosen for it", refuses=refuse)
def NtGdiHfontCreate(t: Thread, font: Pointer, size: Ulong, kind: Ulong, flags: Ulong, data: Pointer) -> int:
    """A font, as it is asked for."""
    if size != FONT_SIZE:
        raise UserError(ERROR_INVALID_PARAMETER)
    return gdi_of(t).add(GdiObject(FONT, t.memory.read(font, size)))


@syscall(PARTIAL, "entries are kept, and mean nothing", refuses=refuse)
def NtGdiCreatePaletteInternal(t: Thread, palette: Pointer, count: Ulong) -> int:
    """A palette."""
    if not 0 < count <= MOST_ENTRIES:
        raise UserError(ERROR_INVALID_PARAMETER)
    return gdi_of(t).add(GdiObject(PALETTE, palette_data(count, t.memory.read(palette + 4, 4 * count))))
