"""Bitmaps: made, read, written, and drawn from pictures that belong to no device."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.structs.mm import MEM_TOP_DOWN, PAGE_READWRITE
from ring3k.abi.types import Handle, Long, Opt, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.ps.contract import FRESH
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, UserError, refuse
from ring3k.win32k.gdi.bitmap import Bitmap, DibHeader, DibSection
from ring3k.win32k.gdi.dc import find_dc
from ring3k.win32k.gdi.pixels import SRCCOPY, pack_rows, stretch, unpack_rows
from ring3k.win32k.gdi.table import gdi_of


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
