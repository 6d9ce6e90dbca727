"""Graphics objects: made, asked, selected, deleted."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.structs.mm import MEM_TOP_DOWN, PAGE_READWRITE
from ring3k.abi.types import Handle, Long, Opt, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.ps.contract import FRESH
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, ERROR_NOACCESS, UserError, refuse
from ring3k.win32k.gdi.bitmap import Bitmap, DibHeader, DibSection
from ring3k.win32k.gdi.dc import CAPABILITIES, LAYOUT, PLACES, DeviceContext, find_dc
from ring3k.win32k.gdi.object import (
    BITMAP,
    BRUSH,
    DC,
    EXTENDED_PEN,
    FONT,
    FONT_SIZE,
    MEMORY_DC,
    PALETTE,
    PEN,
    GdiObject,
    Region,
    brush_data,
    palette_data,
    pen_data,
)
from ring3k.win32k.gdi.pixels import pack_rows, stretch, unpack_rows
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.session import session_of
from ring3k.win32k.user.window import find_window

BS_NULL, BS_HATCHED, BS_PATTERN, BS_DIBPATTERN = 1, 2, 3, 5
PS_NULL = 5
SRCCOPY = 0xCC0020
MOST_ENTRIES = 1024
CLIENT_KINDS = (0x26, 0x46, 0x66, 0x21)  # metafiles, which are gdi32's
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


# -- objects ------------------------------------------------------------------------------------
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


# -- bitmaps --------------------------------------------------------------------------------------
@syscall(refuses=refuse)
def NtGdiCreateBitmap(t: Thread, width: Long, height: Long, planes: Ulong, bits: Ulong, data: Pointer) -> int:
    """A bitmap."""
    bitmap = Bitmap(width, abs(height), planes, bits) if width and height else Bitmap(1, 1, 1, 1)
    if data:
        bitmap.write(t.memory, t.memory.read(data, bitmap.size))
    return gdi_of(t).add(bitmap)


@syscall(refuses=refuse)
def NtGdiCreateCompatibleBitmap(t: Thread, dc: Handle, width: Long, height: Long) -> int:
    """A bitmap such as a device context's."""
    gdi = gdi_of(t)
    found = find_dc(gdi, dc)
    bits = found.bitmap.bits_pixel if found.bitmap is not None else 32
    return gdi.add(Bitmap(width, abs(height), 1, bits) if width and height else Bitmap(1, 1, 1, 1))


@syscall(PARTIAL, "no palettes, and no section of the caller's", refuses=refuse)
def NtGdiCreateDIBSection(
    t: Thread,
    dc: Handle,
    section: Handle,
    offset: Ulong,
    information: Pointer,
    usage: Ulong,
    header_size: Ulong,
    flags: Ulong,
    color_space: Ulong,
    bits: Opt[Out[Pointer]],
) -> int:
    """A bitmap whose pixels the program can reach."""
    if bits is not None:
        bits.set(0)
    if usage > 1 or section:
        raise UserError(ERROR_INVALID_PARAMETER)
    gdi = gdi_of(t)
    header = DibHeader(t.memory, information)
    place, _ = gdi.vm.allocate(0, header.size, FRESH | MEM_TOP_DOWN, PAGE_READWRITE)
    made = DibSection(header, place, 0, 0)
    try:
        handle = gdi.add(made)
    except BaseException:
        gdi.free_memory(place)
        raise
    if bits is not None:
        bits.set(place)
    return handle


@syscall(refuses=refuse)
def NtGdiGetBitmapBits(t: Thread, bitmap: Handle, count: Long, bits: Pointer) -> int:
    """The pixels of a bitmap: how many bytes."""
    found = gdi_of(t).bitmap(bitmap)
    if not bits:
        return found.size
    data = found.read(t.memory)
    data = data[:count] if count >= 0 else data
    t.memory.write(bits, data)
    return len(data)


@syscall(refuses=refuse)
def NtGdiSetBitmapBits(t: Thread, bitmap: Handle, count: Long, bits: Pointer) -> int:
    """Give a bitmap pixels: how many bytes."""
    found = gdi_of(t).bitmap(bitmap)
    if not bits:
        return 0
    data = t.memory.read(bits, min(abs(count), found.size))
    found.write(t.memory, data)
    return len(data)


@syscall(refuses=refuse)
def NtGdiGetBitmapDimension(t: Thread, bitmap: Handle, size: Pointer) -> int:
    """The size that a program has written down for a bitmap."""
    t.memory.write(size, pack("<2i", *gdi_of(t).bitmap(bitmap).dimension))
    return 1


@syscall(refuses=refuse)
def NtGdiSetBitmapDimension(t: Thread, bitmap: Handle, x: Long, y: Long, before: Pointer) -> int:
    """Write a size down for a bitmap."""
    found = gdi_of(t).bitmap(bitmap)
    if before:
        t.memory.write(before, pack("<2i", *found.dimension))
    found.dimension = (x, y)
    return 1


# -- regions -----------------------------------------------------------------------------------------
@syscall(refuses=refuse)
def NtGdiCreateRectRgn(t: Thread, left: Long, top: Long, right: Long, bottom: Long) -> int:
    """A region of one rectangle."""
    box = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    return gdi_of(t).add(Region([box]))


def _region(t: Thread, handle: int) -> Region:
    found = gdi_of(t).find(handle)
    if not isinstance(found, Region):
        raise UserError(6)
    return found


@syscall(refuses=refuse)
def NtGdiSetRectRgn(t: Thread, region: Handle, left: Long, top: Long, right: Long, bottom: Long) -> int:
    """Make a region one rectangle."""
    box = (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
    _region(t, region).boxes = Region([box]).boxes
    return 1


@syscall(refuses=refuse)
def NtGdiGetRgnBox(t: Thread, region: Handle, box: Pointer) -> int:
    """The rectangle around a region; 1 for an empty region, 2 for a rectangle, 3 for more."""
    found = _region(t, region)
    t.memory.write(box, pack("<4i", *found.bounds))
    return found.complexity


@syscall(refuses=refuse)
def NtGdiOffsetRgn(t: Thread, region: Handle, x: Long, y: Long) -> int:
    """Move a region."""
    found = _region(t, region)
    found.boxes = [(box[0] + x, box[1] + y, box[2] + x, box[3] + y) for box in found.boxes]
    return found.complexity


@syscall(refuses=refuse)
def NtGdiPtInRegion(t: Thread, region: Handle, x: Long, y: Long) -> int:
    """Whether a point is in a region."""
    boxes = _region(t, region).boxes
    return int(any(box[0] <= x < box[2] and box[1] <= y < box[3] for box in boxes))


@syscall(PARTIAL, "rectangles are compared as they were given", refuses=refuse)
def NtGdiEqualRgn(t: Thread, first: Handle, second: Handle) -> int:
    """Whether two regions are the same."""
    return int(sorted(_region(t, first).boxes) == sorted(_region(t, second).boxes))


# -- device contexts ------------------------------------------------------------------------------------
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


@syscall(PARTIAL, "whole small pictures are copied, as icons need it", refuses=refuse)
def NtGdiStretchDIBitsInternal(
    t: Thread,
    dc: Handle,
    x: Long,
    y: Long,
    width: Long,
    height: Long,
    source_x: Long,
    source_y: Long,
    source_width: Long,
    source_height: Long,
    bits: Pointer,
    information: Pointer,
    color_use: Ulong,
    rop: Ulong,
    most_information: Ulong,
    most_bits: Ulong,
    transform: Handle,
) -> int:
    """Draw a device-independent bitmap: how many lines."""
    found = find_dc(gdi_of(t), dc)
    bitmap = found.bitmap
    header = DibHeader(t.memory, information)
    lines: int = abs(header.height)
    whole = (source_x, source_y, source_width, source_height) == (0, 0, header.width, lines)
    if bitmap is None or rop != SRCCOPY or not whole or x or width != bitmap.width:
        raise UserError(ERROR_INVALID_PARAMETER)
    if y < 0 or height <= 0 or y + height > bitmap.height:
        raise UserError(ERROR_INVALID_PARAMETER)
    table = t.memory.read(header.table, header.entry * header.colors) if header.bits <= 8 else b""
    colors = [int.from_bytes(table[at : at + 3], "little") for at in range(0, len(table), header.entry)]
    rows = unpack_rows(
        t.memory.read(bits, header.size),
        header.width,
        lines,
        header.stride,
        header.bits,
        colors,
        header.height > 0,
    )
    upside = isinstance(bitmap, DibSection) and bitmap.info.height > 0
    drawn = pack_rows(stretch(rows, width, height), bitmap.stride, bitmap.bits_pixel, upside)
    pixels = bytearray(bitmap.read(t.memory))
    start = (bitmap.height - y - height if upside else y) * bitmap.stride
    pixels[start : start + len(drawn)] = drawn
    bitmap.write(t.memory, bytes(pixels))
    return lines
