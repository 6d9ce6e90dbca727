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

from ring3k.abi.pe import EXPORT, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_I386, NotAnImage, PeFile
from ring3k.abi.tables import NumberTable
from ring3k.typed import NamedTuple

_BEGINNINGS = (b"\xb8", b"\x4c")  # of the stubs
_MAX_NUMBER = 0x4000  # two bits select a table, twelve a call
_STUB = re.compile(
    rb"\xb8(....)"  # mov eax, number
    rb"(?:\x8d\x54\x24\x04\xcd\x2e"  # lea edx, [esp+4]; int 2e
    rb"|\xba....\xff[\xd2\x12]"  # mov edx, address; call edx or [edx]
    rb"|(?:\x33\xc9|\xb9....)?(?:\x8d\x54\x24\x04)?\x64\xff\x15\xc0\0\0\0(?:\x83\xc4\x04)?)"  # call fs:[c0]
    rb"(?:\xc3|\xc2(..))",  # ret
    re.DOTALL,
)


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
    image = PeFile(data)
    machine = image.file.Machine
    if machine not in (IMAGE_FILE_MACHINE_I386, IMAGE_FILE_MACHINE_AMD64):
        raise NotAnImage(f"a PE file for another machine: {machine:#x}")
    numbers: dict[str, int] = {}
    words: dict[str, int] = {}
    taken: set[int] = set()
    for name, code in _stubs(image):
        if not name or name.startswith("Zw"):  # the same stubs under another name
            continue
        found = _wide_stub(code) if machine == IMAGE_FILE_MACHINE_AMD64 else _stub(code)
        if found is not None and found[0] not in taken:  # names are sorted: Nt before Rtl
            taken.add(found[0])
            numbers[name] = found[0]
            if found[1] is not None:
                words[name] = found[1]
    return NtdllNumbers(machine, numbers, words)


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


def _stubs(image: PeFile) -> Iterator[tuple[str, bytes]]:
    """Names of exports that begin as a system call does, and their code, in order of the names.

    There are thousands of other exports, which are passed over quickly: a start waits for this.
    """
    if not image.directory(EXPORT)[0]:
        raise NotAnImage("a PE file without exports")
    functions, data = image.functions, image.data
    start, end, shift = nowhere = 0, 0, len(data)
    for text, ordinal in zip(image.names, image.ordinals, strict=True):
        if ordinal >= len(functions):
            continue
        address = functions[ordinal]
        if not start <= address < end:
            start, end, shift = image.span(address) or nowhere
        if data[address + shift : address + shift + 1] in _BEGINNINGS:
            yield image.text(text), data[address + shift : address + shift + 32]
