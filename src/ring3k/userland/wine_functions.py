"""Functions of the host that Wine's win32u calls past its system calls.

A part of win32u's exports only pass on: they call a function whose address stands in a
table that the host gives the DLL.  Where in the table, is read out of their code; here
every such function becomes a system call of its own, numbered behind win32u's, and the
table leads to a few instructions for each.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from struct import pack

from ring3k.abi.pe import PeFile
from ring3k.abi.structs.mm import PAGE_EXECUTE_READ
from ring3k.engine.protocol import PAGE
from ring3k.ps.contract import FRESH
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.userland.unix_calls import UnixCalls

if TYPE_CHECKING:
    from ring3k.abi.tables import NumberTable
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

LONGEST = 0x400  # bytes of one such export
STUB = 16
MOST_FUNCTIONS = 1024
_LOADED = re.compile(rb"(?:\xa1|\x8b[\x05\x0d\x15\x1d\x35\x3d])(....)", re.DOTALL)  # mov register, [table]
_CALLED = re.compile(  # call or jmp [register + place]
    rb"\xff(?:[\x10-\x13\x16\x17\x20-\x23\x26\x27]"
    rb"|[\x50-\x53\x56\x57\x60-\x63\x66\x67](.)"
    rb"|[\x90-\x93\x96\x97\xa0-\xa3\xa6\xa7](....))",
    re.DOTALL,
)
_RETURN = re.compile(rb"(?:\xc9|\x61\xfc|[\x58-\x5f]|\xc0)\xc2(..)|\xc2(..)", re.DOTALL)
_WANTED = ("NtGdi", "NtUser", "SetDIBits", "__wine_")


class Function(NamedTuple):
    """One of the host's functions: its name, its place in the table, how many arguments it takes."""

    name: str
    place: int
    words: int


def functions_of(image: PeFile, calls: set[str]) -> list[Function]:
    """Those that a DLL calls; ``calls``: exports that are system calls already."""
    candidates = []
    tables: Counter[bytes] = Counter()
    for name, address in image.all_exports():
        if name in calls or not name.startswith(_WANTED):
            continue
        code = image.read(address, LONGEST)
        loaded = _LOADED.search(code)
        if loaded is not None:
            tables[loaded[1]] += 1
            candidates.append((name, code, loaded))
    if not tables:
        return []
    table = tables.most_common(1)[0][0]
    found = []
    for name, code, loaded in candidates:
        called = _CALLED.search(code, loaded.end())
        left = _RETURN.search(code, loaded.end())
        if loaded[1] != table or called is None or left is None:
            continue
        place = int.from_bytes(called[1] or called[2] or b"\0", "little")
        size = int.from_bytes(left[1] or left[2], "little")
        if not place & 3 and place < 4 * MOST_FUNCTIONS and not size & 3 and size <= 80:
            found.append(Function(name, place, size // 4))
    return found


class HostFunctions:
    """A part of the system: the functions of win32u's table, and their numbers."""

    def __init__(self, path: str, numbers: NumberTable, gate: int) -> None:
        self._path = path
        self._numbers = numbers
        self._gate = gate
        self._functions: list[tuple[Function, int]] | None = None

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> HostFunctions:
        from ring3k.userland.wine import GRAPHICS, Wine

        wine = kernel.part(Wine)
        return cls(os.path.join(wine.folder, GRAPHICS), wine.numbers, kernel.part(UnixCalls).gate)

    def known(self) -> list[tuple[Function, int]]:
        """The functions and their numbers, which the system's table has from now on."""
        if self._functions is None:
            with open(self._path, "rb") as file:
                image = PeFile(file.read())
            found = functions_of(image, set(self._numbers.numbers))
            first = max(self._numbers.names) + 1
            self._functions = [(one, first + place) for place, one in enumerate(found)]
            for one, number in self._functions:
                self._numbers.numbers[one.name] = number
                self._numbers.names[number] = one.name
                self._numbers.words[one.name] = one.words
        return self._functions

    def give(self, t: KThread) -> int:
        """Put the table and its code into the process: the address; 0 without any."""
        known = self.known()
        if not known:
            return 0
        slots = max(one.place for one, _ in known) // 4 + 1
        size = (4 * slots + STUB * (len(known) + 1) + PAGE - 1) & -PAGE
        place, _ = t.process.vm.allocate(0, size, FRESH, PAGE_EXECUTE_READ)
        code = place + (4 * slots + STUB - 1 & -STUB)
        nothing = code + STUB * len(known)
        table = [nothing] * slots
        stubs = bytearray()
        for one, number in known:
            table[one.place // 4] = code + len(stubs)
            stub = b"\xb8" + pack("<I", number) + b"\xba" + pack("<I", self._gate)
            stub += b"\xff\xd2\xc2" + pack("<H", 4 * one.words)
            stubs += stub.ljust(STUB, b"\xcc")
        stubs += b"\x31\xc0\xc3".ljust(STUB, b"\xcc")  # for places that nobody is known to use
        t.process.memory.poke(place, pack(f"<{slots}I", *table))
        t.process.memory.poke(code, bytes(stubs))
        return int(place)
