"""System call numbers taken from an ntdll itself, by reading the stubs among its exports.

Known stubs begin with loading the number, whatever comes after:

* NT 4.0, 2000:  mov eax, n; lea edx, [esp+4]; int 2e
* XP, 2003:      mov eax, n; mov edx, 7ffe0300; call edx or call [edx]
* Wine, i386:    mov eax, n; mov edx, dispatcher; call edx (or call through the TEB)
* Wow64:         mov eax, n; xor ecx, ecx (or mov); lea edx, [esp+4]; call fs:[c0]
* x86-64:        mov r10, rcx; mov eax, n; ...; syscall

A stub counts only if what follows the number is one of these, so exports that
are ordinary functions are left out.  The file is not trusted: every offset is
checked, and a file that lies gives an error or fewer numbers, nothing worse.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from struct import unpack

from ring3k.abi.tables import NotAnImage, NumberTable
from ring3k.typed import NamedTuple

_MAX_EXPORTS = 0x10000
_BEGINNINGS = (b"\xb8", b"\x4c")  # of the stubs
_MAX_NAME = 256
_MAX_NUMBER = 0x4000  # two bits select a table, twelve a call
_STUB = re.compile(
    rb"\xb8(....)"  # mov eax, number
    rb"(?:\x8d\x54\x24\x04\xcd\x2e"  # lea edx, [esp+4]; int 2e
    rb"|\xba....\xff[\xd2\x12]"  # mov edx, address; call edx or [edx]
    rb"|(?:\x33\xc9|\xb9....)?(?:\x8d\x54\x24\x04)?\x64\xff\x15\xc0\0\0\0(?:\x83\xc4\x04)?)"  # call fs:[c0]
    rb"(?:\xc3|\xc2(..))",  # ret
    re.DOTALL,
)
I386 = 0x14C
AMD64 = 0x8664


class NtdllNumbers(NamedTuple):
    """What an ntdll says: which processor it is for, and name -> number.

    Wine's has calls of its own besides those of NT.
    """

    machine: int
    numbers: dict[str, int]
    words: dict[str, int]  # argument words, where the stub's own return tells them

    def table(self, version: str) -> NumberTable:
        """As a number table; ``version`` is the Windows that this ntdll pretends to be."""
        return NumberTable(version, self.numbers, self.words)


def numbers_of(source: str | os.PathLike[str] | bytes) -> NtdllNumbers:
    """Read the numbers out of an ntdll: a path, or the file's contents."""
    if isinstance(source, bytes):
        data = source
    else:
        with open(source, "rb") as file:
            data = file.read()
    image = _Image(data)
    numbers: dict[str, int] = {}
    words: dict[str, int] = {}
    taken: set[int] = set()
    for name, code in image.stubs():
        if not name or name.startswith("Zw"):  # the same stubs under another name
            continue
        found = _wide_stub(code) if image.machine == AMD64 else _stub(code)
        if found is not None and found[0] not in taken:  # names are sorted: Nt before Rtl
            taken.add(found[0])
            numbers[name] = found[0]
            if found[1] is not None:
                words[name] = found[1]
    return NtdllNumbers(image.machine, numbers, words)


def _stub(code: bytes) -> tuple[int, int] | None:
    """Number and argument words of a 32-bit stub, or None if this is no stub."""
    match = _STUB.match(code)
    if match is None:
        return None
    (number,) = struct.unpack("<I", match[1])
    (size,) = struct.unpack("<H", match[2] or b"\0\0")
    return (number, size // 4) if number < _MAX_NUMBER and size <= 4 * 20 and not size & 3 else None


def _wide_stub(code: bytes) -> tuple[int, int | None] | None:
    """The number in a 64-bit stub, which does not tell how many arguments there are."""
    if not code.startswith(b"\x4c\x8b\xd1\xb8") or len(code) < 10:
        return None
    (number,) = struct.unpack_from("<I", code, 4)
    return (number, None) if b"\x0f\x05" in code[8:] and number < _MAX_NUMBER else None


class _Image:
    """As much of a PE as is needed to find exports and the bytes behind them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        if data[:2] != b"MZ":
            raise NotAnImage("not a PE file: no MZ signature")
        header = self._u32(0x3C)
        if data[header : header + 4] != b"PE\0\0":
            raise NotAnImage("not a PE file: no PE signature")
        self.machine = self._u16(header + 4)
        optional = header + 24
        directory = {0x10B: optional + 96, 0x20B: optional + 112}.get(self._u16(optional))
        if directory is None or self.machine not in (I386, AMD64):
            raise NotAnImage(f"a PE file for another machine: {self.machine:#x}")
        self._export_rva = self._u32(directory)
        first = optional + self._u16(header + 20)
        self._sections = [
            (self._u32(at + 12), self._u32(at + 16), self._u32(at + 20))
            for at in range(first, first + 40 * min(self._u16(header + 6), 96), 40)
        ]

    def _u16(self, offset: int) -> int:
        return int.from_bytes(self._bytes(offset, 2), "little")

    def _u32(self, offset: int) -> int:
        return int.from_bytes(self._bytes(offset, 4), "little")

    def _bytes(self, offset: int, length: int) -> bytes:
        found = self.data[offset : offset + length]
        if len(found) != length:
            raise NotAnImage(f"a truncated PE file: nothing at {offset:#x}")
        return found

    def _offset(self, rva: int) -> int:
        """Place in the file of an address in the image."""
        _, end, shift = self._section(rva)
        if not end:
            raise NotAnImage(f"a PE file that lies: address {rva:#x} is in no section")
        return rva + shift

    def code(self, rva: int, length: int) -> bytes:
        """Up to ``length`` bytes at an address; nothing where there is no section."""
        try:
            offset = self._offset(rva)
        except NotAnImage:
            return b""
        return self.data[offset : offset + length]

    def stubs(self) -> Iterator[tuple[str, bytes]]:
        """Names of exports that begin as a system call does, and their code, in order of the names.

        There are thousands of other exports, which are passed over quickly: a start waits for this.
        """
        if not self._export_rva:
            raise NotAnImage("a PE file without exports")
        at = self._offset(self._export_rva)
        count = min(self._u32(at + 24), _MAX_EXPORTS)
        functions = min(self._u32(at + 20), _MAX_EXPORTS)
        places, names, ordinals = (self._offset(self._u32(at + n)) for n in (28, 32, 36))
        addresses = unpack(f"<{functions}I", self._bytes(places, 4 * functions))
        texts = unpack(f"<{count}I", self._bytes(names, 4 * count))
        data, start, end, shift = self.data, 0, 0, 0
        for text, ordinal in zip(texts, unpack(f"<{count}H", self._bytes(ordinals, 2 * count)), strict=True):
            if ordinal >= functions:
                continue
            rva = addresses[ordinal]
            if not start <= rva < end:
                start, end, shift = self._section(rva)
            if data[rva + shift : rva + shift + 1] in _BEGINNINGS:
                name = self.code(text, _MAX_NAME).partition(b"\0")[0]
                yield name.decode("ascii", "replace"), data[rva + shift : rva + shift + 32]

    def _section(self, rva: int) -> tuple[int, int, int]:
        """Of the section that has an address: start, end, what leads to the file; nothing without one."""
        for start, stored, place in self._sections:
            if start <= rva < start + stored:
                return start, start + stored, place - start
        return 0, 0, len(self.data)
