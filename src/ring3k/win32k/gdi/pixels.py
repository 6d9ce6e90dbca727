"""Pixels of one format made pixels of another, for pictures as small as icons."""

from __future__ import annotations

from ring3k.typed import TYPE_CHECKING
from ring3k.win32k.error import ERROR_CALL_NOT_IMPLEMENTED, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

SRCCOPY = 0xCC0020  # the raster operation that copies
MOST_PIXELS = 1 << 17
Row = list[int]  # 0xAARRGGBB


def unpack_rows(
    data: bytes, width: int, height: int, stride: int, bits: int, colors: Sequence[int], bottom_up: bool
) -> list[Row]:
    """From top to bottom.  ERROR_CALL_NOT_IMPLEMENTED for more than a small picture."""
    if width * height > MOST_PIXELS:
        raise UserError(ERROR_CALL_NOT_IMPLEMENTED)
    rows = [_unpack(data[at : at + stride], width, bits, colors) for at in range(0, stride * height, stride)]
    return rows[::-1] if bottom_up else rows


def _unpack(row: bytes, width: int, bits: int, colors: Sequence[int]) -> Row:
    if bits == 32:
        return [int.from_bytes(row[4 * x : 4 * x + 4], "little") for x in range(width)]
    if bits == 24:
        return [int.from_bytes(row[3 * x : 3 * x + 3], "little") for x in range(width)]
    if bits == 16:
        values = (int.from_bytes(row[2 * x : 2 * x + 2], "little") for x in range(width))
        return [
            (v >> 10 & 31) * 255 // 31 << 16 | (v >> 5 & 31) * 255 // 31 << 8 | (v & 31) * 255 // 31
            for v in values
        ]
    per_byte, mask = 8 // bits, (1 << bits) - 1
    indices = (row[x // per_byte] >> (per_byte - 1 - x % per_byte) * bits & mask for x in range(width))
    return [colors[index] if index < len(colors) else 0 for index in indices]


def pack_rows(rows: list[Row], stride: int, bits: int, bottom_up: bool) -> bytes:
    """As a bitmap of 1, 24 or 32 bits has them.  ERROR_CALL_NOT_IMPLEMENTED for others."""
    made = []
    for row in reversed(rows) if bottom_up else rows:
        if bits == 32:
            data = b"".join(value.to_bytes(4, "little") for value in row)
        elif bits == 24:
            data = b"".join((value & 0xFFFFFF).to_bytes(3, "little") for value in row)
        elif bits == 1:
            text = "".join("1" if value & 0xFFFFFF == 0xFFFFFF else "0" for value in row)
            data = int(text.ljust(stride * 8, "0"), 2).to_bytes(stride, "big")
        else:
            raise UserError(ERROR_CALL_NOT_IMPLEMENTED)
        made.append(data[:stride].ljust(stride, b"\0"))
    return b"".join(made)


def stretch(rows: list[Row], width: int, height: int) -> list[Row]:
    """Another size, by leaving out or repeating pixels."""
    old_height, old_width = len(rows), len(rows[0])
    if (old_width, old_height) == (width, height):
        return rows
    if width * height > MOST_PIXELS or width <= 0 or height <= 0:
        raise UserError(ERROR_CALL_NOT_IMPLEMENTED)
    columns = [x * old_width // width for x in range(width)]
    return [[row[x] for x in columns] for row in (rows[y * old_height // height] for y in range(height))]
