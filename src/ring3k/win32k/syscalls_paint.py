"""Drawing.  On the screen nothing is seen, so that there it is done already.

Small pictures are copied between bitmaps, as icons need it; what else would be drawn on a
bitmap is listed as missing.
"""

from __future__ import annotations

from contextlib import suppress
from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Pointer, Ulong
from ring3k.hooks.statistics import MissingCalls
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, UserError, refuse
from ring3k.win32k.gdi.bitmap import INFO_HEADER, Bitmap, DibHeader, DibSection
from ring3k.win32k.gdi.dc import DeviceContext, find_dc
from ring3k.win32k.gdi.object import DC
from ring3k.win32k.gdi.pixels import SRCCOPY, Row, pack_rows, stretch, unpack_rows
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.session import session_of
from ring3k.win32k.user.window import find_window

UNSEEN = "nothing is drawn"
NULL_REGION = 1
COLORS = (0, 0xFFFFFF)  # of a bitmap of two


def _unseen(t: Thread, dc: int, name: str) -> int:
    """Whether a call draws where nobody looks; it is missing where somebody could."""
    if find_dc(gdi_of(t), dc).bitmap is None:
        return 1
    t.kernel.part(MissingCalls).note(t, name)
    return 0


def _upside(bitmap: Bitmap) -> bool:
    return isinstance(bitmap, DibSection) and bitmap.info.height > 0


def _rows(t: Thread, bitmap: Bitmap) -> list[Row]:
    data = bitmap.read(t.memory)
    return unpack_rows(
        data, bitmap.width, bitmap.height, bitmap.stride, bitmap.bits_pixel, COLORS, _upside(bitmap)
    )


def _copy(t: Thread, target: Bitmap, to: tuple[int, ...], source: Bitmap, of: tuple[int, ...]) -> bool:
    """Copy a rectangle (x, y, width, height) of one bitmap to another; False if it is not within."""
    if min(*to, *of) < 0 or 0 in (*to[2:], *of[2:]):
        return False
    if of[0] + of[2] > source.width or of[1] + of[3] > source.height:
        return False
    if to[0] + to[2] > target.width or to[1] + to[3] > target.height:
        return False
    piece = [row[of[0] : of[0] + of[2]] for row in _rows(t, source)[of[1] : of[1] + of[3]]]
    made = _rows(t, target)
    for y, row in enumerate(stretch(piece, to[2], to[3]), to[1]):
        made[y][to[0] : to[0] + to[2]] = row
    target.write(t.memory, pack_rows(made, target.stride, target.bits_pixel, _upside(target)))
    return True


def _transfer(
    t: Thread, name: str, target: int, to: tuple[int, ...], source: int, of: tuple[int, ...], rop: int
) -> int:
    gdi = gdi_of(t)
    found = find_dc(gdi, target)
    if found.bitmap is None:
        return 1
    given = find_dc(gdi, source).bitmap if source else None
    if rop == SRCCOPY and given is not None and _copy(t, found.bitmap, to, given, of):
        return 1
    return _unseen(t, target, name)


@syscall(PARTIAL, "small pictures are copied as they are", refuses=refuse)
def NtGdiBitBlt(
    t: Thread,
    target: Handle,
    x: Long,
    y: Long,
    width: Long,
    height: Long,
    source: Handle,
    source_x: Long,
    source_y: Long,
    rop: Ulong,
    background: Ulong,
    flags: Ulong,
) -> int:
    """Copy a part of a picture."""
    to, of = (x, y, width, height), (source_x, source_y, width, height)
    return _transfer(t, "NtGdiBitBlt", target, to, source, of, rop)


@syscall(PARTIAL, "small pictures are copied, and pixels left out or repeated", refuses=refuse)
def NtGdiStretchBlt(
    t: Thread,
    target: Handle,
    x: Long,
    y: Long,
    width: Long,
    height: Long,
    source: Handle,
    source_x: Long,
    source_y: Long,
    source_width: Long,
    source_height: Long,
    rop: Ulong,
    background: Ulong,
) -> int:
    """Copy a part of a picture in another size."""
    to, of = (x, y, width, height), (source_x, source_y, source_width, source_height)
    return _transfer(t, "NtGdiStretchBlt", target, to, source, of, rop)


@syscall(PARTIAL, UNSEEN, refuses=refuse)
def NtGdiPatBlt(t: Thread, dc: Handle, left: Long, top: Long, width: Long, height: Long, rop: Ulong) -> int:
    """Fill a rectangle with the brush."""
    return _unseen(t, dc, "NtGdiPatBlt")


@syscall(PARTIAL, UNSEEN, refuses=refuse)
def NtGdiRectangle(t: Thread, dc: Handle, left: Long, top: Long, right: Long, bottom: Long) -> int:
    """Draw a rectangle."""
    return _unseen(t, dc, "NtGdiRectangle")


@syscall(PARTIAL, UNSEEN, refuses=refuse)
def NtGdiLineTo(t: Thread, dc: Handle, x: Long, y: Long) -> int:
    """Draw a line."""
    return _unseen(t, dc, "NtGdiLineTo")


@syscall(PARTIAL, UNSEEN, refuses=refuse)
def NtGdiExtTextOutW(
    t: Thread,
    dc: Handle,
    x: Long,
    y: Long,
    flags: Ulong,
    rect: Pointer,
    text: Pointer,
    count: Ulong,
    widths: Pointer,
    code_page: Ulong,
) -> int:
    """Write text."""
    return _unseen(t, dc, "NtGdiExtTextOutW")


@syscall(PARTIAL, "there is nothing to be seen", refuses=refuse)
def NtGdiGetAppClipBox(t: Thread, dc: Handle, rect: Pointer) -> int:
    """What can be drawn on: all of a bitmap, nothing of the screen."""
    bitmap = find_dc(gdi_of(t), dc).bitmap
    size = (bitmap.width, bitmap.height) if bitmap is not None else (0, 0)
    t.memory.write(rect, pack("<4i", 0, 0, *size))
    return 2 if bitmap is not None else NULL_REGION


# -- windows that want to be drawn -----------------------------------------------------------
@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserBeginPaint(t: Thread, window: Ulong, paint: Pointer) -> int:
    """Begin to draw what of a window wants it: a device context."""
    found = find_window(session_of(t), window)
    made = DeviceContext(gdi_of(t), DC, found.handle)
    t.memory.write(paint, pack("<2I4i", made.handle, 0, 0, 0, 0, 0))
    return made.handle


@syscall(refuses=refuse)
def NtUserEndPaint(t: Thread, window: Ulong, paint: Pointer) -> int:
    """Draw no more."""
    gdi, context = gdi_of(t), t.memory.read_u32(paint)
    with suppress(UserError):  # it never fails
        gdi.remove(find_dc(gdi, context))
    return 1


def _is_window(t: Thread, window: int) -> int:
    if window:
        find_window(session_of(t), window)
    return 1


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserInvalidateRect(t: Thread, window: Ulong, rect: Pointer, erase: Ulong) -> int:
    """Let a rectangle of a window be drawn anew."""
    return _is_window(t, window)


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserInvalidateRgn(t: Thread, window: Ulong, region: Handle, erase: Ulong) -> int:
    """Let a region of a window be drawn anew."""
    return _is_window(t, window)


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserValidateRect(t: Thread, window: Ulong, rect: Pointer) -> int:
    """Let a rectangle of a window not be drawn anew."""
    return _is_window(t, window)


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserRedrawWindow(t: Thread, window: Ulong, rect: Pointer, region: Handle, flags: Ulong) -> int:
    """Let a part of a window be drawn anew, or not."""
    return _is_window(t, window)


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserGetUpdateRect(t: Thread, window: Ulong, rect: Pointer, erase: Ulong) -> int:
    """What of a window wants to be drawn: nothing."""
    _is_window(t, window)
    if rect:
        t.memory.write(rect, bytes(16))
    return 0


@syscall(PARTIAL, "no part of a window ever wants to be drawn", refuses=refuse)
def NtUserGetUpdateRgn(t: Thread, window: Ulong, region: Handle, erase: Ulong) -> int:
    """What of a window wants to be drawn, as a region: nothing."""
    _is_window(t, window)
    return NULL_REGION


@syscall(PARTIAL, "small pictures, to 1, 24 or 32 bits of a pixel", refuses=refuse)
def NtGdiGetDIBitsInternal(
    t: Thread,
    dc: Handle,
    bitmap: Handle,
    first: Ulong,
    lines: Ulong,
    bits: Pointer,
    information: Pointer,
    color_use: Ulong,
    most_bits: Ulong,
    most_information: Ulong,
) -> int:
    """The pixels of a bitmap in a format of the caller's: how many lines."""
    found = gdi_of(t).bitmap(bitmap)
    size = t.memory.read_u32(information)
    if size == INFO_HEADER and t.memory.read_u16(information + 14) == 0:
        head = pack("<iiHH6I", found.width, found.height, 1, found.bits_pixel, 0, found.size, 0, 0, 0, 0)
        t.memory.write(information + 4, head)
        return found.height
    header = DibHeader(t.memory, information)
    if header.width != found.width:
        raise UserError(ERROR_INVALID_PARAMETER)
    if size == INFO_HEADER:
        t.memory.write_u32(information + 20, header.size)
    if header.bits == 1:
        t.memory.write(header.table, pack("<2I", *COLORS))
    if not bits:
        return found.height
    rows = _rows(t, found)
    upside = header.height > 0
    ordered = rows[::-1] if upside else rows
    wanted = ordered[first : first + min(lines, abs(header.height))]
    t.memory.write(bits, pack_rows(wanted, header.stride, header.bits, False))
    return len(wanted)
