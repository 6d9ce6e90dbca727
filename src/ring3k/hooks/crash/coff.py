"""Names out of the symbol table that compilers such as GCC leave in a program's file.

The file is anybody's: offsets are where the bytes are read, a table that is too
long or does not fit is no table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from struct import Struct, error

from ring3k.abi.pe import Headers, NotAnImage

Read = Callable[[int, int], bytes]  # offset in the file, length; shorter at its end

MOST_SYMBOLS = 300_000
MOST_NAMES = 16 << 20  # bytes
_SYMBOL = Struct("<8sIhHBB")  # name, value, section, type, class, how many records belong to it
_FUNCTION = 0x20
_EXTERNAL, _STATIC = 2, 3


class FileSymbols:
    """The functions of one image."""

    def __init__(self, read: Read, at: int, count: int) -> None:
        """``at``, ``count``: of the symbol table, as the headers say."""
        self._found: list[tuple[int, int, str]] = []  # offset from the base, number of its section, name
        self._parts: list[tuple[int, int]] = []  # start, end
        if at and 0 < count <= MOST_SYMBOLS:
            try:
                self._parts = _parts(read)
                self._found = sorted(self._functions(read, at, count))
            except (error, NotAnImage):
                self._found = []

    def _functions(self, read: Read, at: int, count: int) -> list[tuple[int, int, str]]:
        table = read(at, count * _SYMBOL.size)
        names = _names(read, at + count * _SYMBOL.size)
        found = []
        skip = 0
        for raw, value, section, kind, storage, more in _SYMBOL.iter_unpack(table):
            if skip:
                skip -= 1
                continue
            skip = more
            if kind != _FUNCTION or storage not in (_EXTERNAL, _STATIC):
                continue
            name = _name(raw, names)
            if name and 0 < section <= len(self._parts):
                found.append((self._parts[section - 1][0] + value, section, name))
        return found

    def below(self, offset: int) -> tuple[str, int] | None:
        """The function that begins nearest below an offset, in the same part of the image; how far below."""
        index = bisect_right(self._found, (offset, 1 << 16, "")) - 1
        if index < 0:
            return None
        start, section, name = self._found[index]
        begin, end = self._parts[section - 1]
        return (name, offset - start) if begin <= offset < end else None


def _parts(read: Read) -> list[tuple[int, int]]:
    sections = Headers(read(0, 0x1000)).sections()
    return [(one.VirtualAddress, one.VirtualAddress + one.VirtualSize) for one in sections]


def _names(read: Read, at: int) -> bytes:
    size = int.from_bytes(read(at, 4), "little")
    return read(at, min(size, MOST_NAMES))


def _name(raw: bytes, names: bytes) -> str:
    if raw[:4] == b"\0\0\0\0":
        start = int.from_bytes(raw[4:], "little")
        raw = names[start : start + 256]
    text = raw.partition(b"\0")[0].decode("ascii", "replace")
    if not text.isprintable() or text.startswith("."):
        return ""
    return plain(text.removeprefix("_"))


def plain(name: str) -> str:
    """``_ZN3foo3barEv`` as ``foo::bar``, ``WinMain@16`` as ``WinMain``; what is harder stays as it is."""
    bare, mark, digits = name.rpartition("@")
    if mark and digits.isdecimal():
        return bare.removeprefix("@") or name
    rest = name.removeprefix("_ZN")
    if rest != name:
        words, rest = _words(rest.removeprefix("K"), 64)
        return "::".join(words) if words and rest.startswith("E") else name
    rest = name.removeprefix("_Z")
    if rest != name:
        words, _ = _words(rest.removeprefix("L"), 1)
        return words[0] if words else name
    return name


def _words(text: str, most: int) -> tuple[list[str], str]:
    """Names with their lengths before them; and what is left."""
    words: list[str] = []
    while len(words) < most:
        digits = len(text) - len(text.lstrip("0123456789"))
        if not 0 < digits < 4:
            break
        length = int(text[:digits])
        words.append(text[digits : digits + length])
        text = text[digits + length :]
    named = ["(anonymous)" if word.startswith("_GLOBAL__N_") else word for word in words]
    return named, text
