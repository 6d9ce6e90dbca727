"""Strings as programs give and take them."""

from __future__ import annotations

from ring3k.abi.strings import UNICODE_STRING
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

ANSI = "cp1252"
CHUNK = 256


def wide_text(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def ansi_text(text: str) -> bytes:
    return text.encode(ANSI, "replace")


def read_text(t: KThread, address: int, ansi: bool, most: int) -> str:
    """A string that ends in a NUL, or is cut."""
    width = 1 if ansi else 2
    data = bytearray()
    while len(data) < most * width:
        size = min(CHUNK, 0x1000 - ((address + len(data)) & 0xFFF))  # up to the end of a page, not beyond
        size = max(size & -width, width)
        piece = t.memory.read(address + len(data), size)
        end = _end(piece, width)
        data += piece if end is None else piece[:end]
        if end is not None:
            break
    data = data[: most * width]
    return data.decode(ANSI, "replace") if ansi else bytes(data).decode("utf-16-le", "surrogatepass")


def _end(piece: bytes, width: int) -> int | None:
    for at in range(0, len(piece), width):
        if not any(piece[at : at + width]):
            return at
    return None


def counted(t: KThread, address: int) -> str:
    """What a UNICODE_STRING holds; an empty string at no address."""
    if not address:
        return ""
    length, _, buffer = UNICODE_STRING.values(t.memory, address)
    return t.memory.read(buffer, length & ~1).decode("utf-16-le", "surrogatepass") if length else ""


def buffer_of(t: KThread, address: int) -> int:
    """The address in a UNICODE_STRING."""
    return t.memory.read_u32(address + 4) if address else 0


def name_or_atom(t: KThread, address: int) -> str | int:
    """A name in a UNICODE_STRING, or the number that stands where its address should."""
    if not address:
        return ""
    length, _, buffer = UNICODE_STRING.values(t.memory, address)
    if not buffer >> 16:
        return buffer
    text = t.memory.read(buffer, length & ~1).decode("utf-16-le", "surrogatepass") if length else ""
    if text[:1] == "#" and text[1:].isascii() and text[1:].isdecimal() and int(text[1:]) <= 0xFFFF:
        return int(text[1:])
    return text


def fill(t: KThread, address: int, text: str) -> int:
    """Write to a UNICODE_STRING's buffer what fits, with a NUL; characters written."""
    _, room, buffer = UNICODE_STRING.values(t.memory, address)
    if room < 2:
        return 0
    data = wide_text(text)[: (room - 2) & ~1]
    t.memory.write(buffer, data + b"\0\0")
    return len(data) // 2


def write_wide(t: KThread, address: int, text: str, room: int) -> int:
    """Write what fits into a buffer of ``room`` characters, with a NUL; characters written."""
    if room <= 0:
        return 0
    data = wide_text(text)[: (room - 1) * 2]
    t.memory.write(address, data + b"\0\0")
    return len(data) // 2
