"""Text: how large it is in the one font there is."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.types import Handle, Long, Opt, Out, Pointer, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.win32k.error import ERROR_INVALID_PARAMETER, UserError, refuse
from ring3k.win32k.gdi.dc import find_dc
from ring3k.win32k.gdi.font import FACE, Cell, cell_of, enumerated, metrics
from ring3k.win32k.gdi.table import gdi_of
from ring3k.win32k.user.text import read_text, write_wide

MOST_TEXT = 0x10000
IN_INTEGERS, ABC_IN_INTEGERS = 2, 1


def _cell(t: Thread, dc: int) -> Cell:
    return cell_of(find_dc(gdi_of(t), dc).parts["font"].data)


@syscall(PARTIAL, "of one font with cells of one size", refuses=refuse)
def NtGdiGetTextMetricsW(t: Thread, dc: Handle, text_metrics: Pointer, flags: Ulong) -> int:
    """The measures of the font of a device context."""
    t.memory.write(text_metrics, metrics(_cell(t, dc)))
    return 1


@syscall(PARTIAL, "of one font with cells of one size", refuses=refuse)
def NtGdiGetTextExtentExW(
    t: Thread,
    dc: Handle,
    text: Pointer,
    count: Long,
    most: Long,
    fitting: Opt[Out[Ulong]],
    places: Pointer,
    size: Pointer,
    flags: Ulong,
) -> int:
    """How much room a text takes."""
    cell = _cell(t, dc)
    if not 0 <= count <= MOST_TEXT:
        raise UserError(ERROR_INVALID_PARAMETER)
    fits = count if fitting is None else min(count, max(most, 0) // cell.width)
    if fitting is not None:
        fitting.set(fits)
    if places:
        t.memory.write(places, pack(f"<{fits}i", *(cell.width * (at + 1) for at in range(fits))))
    t.memory.write(size, pack("<2i", cell.width * count, cell.height))
    return 1


def _range(first: int, last: int, characters: int) -> int:
    count = last if characters else last - first + 1
    if not 0 < count <= MOST_TEXT:
        raise UserError(ERROR_INVALID_PARAMETER)
    return count


@syscall(PARTIAL, "of one font with cells of one size", refuses=refuse)
def NtGdiGetCharWidthW(
    t: Thread, dc: Handle, first: Ulong, last: Ulong, characters: Pointer, flags: Ulong, buffer: Pointer
) -> int:
    """How wide characters are."""
    count, width = _range(first, last, characters), _cell(t, dc).width
    form = "i" if flags & IN_INTEGERS else "f"
    t.memory.write(buffer, pack(f"<{form}", width) * count)
    return 1


@syscall(PARTIAL, "of one font with cells of one size", refuses=refuse)
def NtGdiGetCharABCWidthsW(
    t: Thread, dc: Handle, first: Ulong, last: Ulong, characters: Pointer, flags: Ulong, buffer: Pointer
) -> int:
    """How wide characters are, and the room around them: none."""
    count, width = _range(first, last, characters), _cell(t, dc).width
    form = "<3i" if flags & ABC_IN_INTEGERS else "<3f"
    t.memory.write(buffer, pack(form, 0, width, 0) * count)
    return 1


@syscall(PARTIAL, "there is one font", refuses=refuse)
def NtGdiGetTextFaceW(t: Thread, dc: Handle, count: Long, name: Pointer, alias: Ulong) -> int:
    """The name of the font of a device context: how many characters, with the end."""
    find_dc(gdi_of(t), dc)
    if not name:
        return len(FACE) + 1
    if count <= 0:
        raise UserError(ERROR_INVALID_PARAMETER)
    return write_wide(t, name, FACE, count) + 1


@syscall(PARTIAL, "there is one font", refuses=refuse)
def NtGdiGetTextCharsetInfo(t: Thread, dc: Handle, signature: Pointer, flags: Ulong) -> int:
    """The character set of the font of a device context: that of Latin."""
    find_dc(gdi_of(t), dc)
    if signature:
        t.memory.write(signature, bytes(24))
    return 0


@syscall(PARTIAL, "there is one font", refuses=refuse)
def NtGdiEnumFonts(
    t: Thread,
    dc: Handle,
    kind: Ulong,
    compatibility: Ulong,
    face_length: Ulong,
    face: Pointer,
    charset: Ulong,
    size: Out[Ulong],
    buffer: Pointer,
) -> int:
    """List fonts."""
    find_dc(gdi_of(t), dc)
    wanted = read_text(t, face, False, min(face_length, 32)) if face and face_length else ""
    data = enumerated() if wanted.upper() in ("", FACE.upper()) else b""
    if buffer and data:
        t.memory.write(buffer, data)
    size.set(len(data))
    return 1
