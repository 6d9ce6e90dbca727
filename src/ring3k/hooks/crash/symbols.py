"""Names for addresses: what lies nearest below, of a module's exports or of the symbols in its file.

The export table is the guest's and may say anything: offsets are checked against
the module and tables are bounded; what makes no sense is no name.
"""

from __future__ import annotations

from bisect import bisect_right
from struct import Struct

from ring3k.abi.memory import Memory
from ring3k.abi.pe import EXPORT, EXPORT_DIRECTORY, MOST_EXPORTS, Headers, NotAnImage
from ring3k.abi.status import NtError
from ring3k.hooks.crash.coff import FileSymbols
from ring3k.hooks.crash.surroundings import Module, Surroundings, read_text
from ring3k.typed import NamedTuple


class Place(NamedTuple):
    """Where an address lies: in no module, or ``module+offset``, perhaps with a name below it."""

    address: int
    module: str | None = None
    offset: int = 0
    symbol: str | None = None
    distance: int = 0  # from the symbol

    def __str__(self) -> str:
        if self.module is None:
            return f"{self.address:#010x}"
        text = f"{self.module}+{self.offset:#x}"
        if self.symbol is not None:
            text += f" ({self.symbol}+{self.distance:#x})"
        return text

    def as_dict(self) -> dict[str, object]:
        return {
            "address": self.address,
            "module": self.module,
            "offset": self.offset,
            "symbol": self.symbol,
            "distance": self.distance,
        }


class Exports:
    """The export table of one module, read once."""

    def __init__(self, memory: Memory, module: Module) -> None:
        self._memory = memory
        self._start = module[1]
        self._functions: tuple[int, ...] = ()
        self._sorted: list[int] = []
        self._ordinals: tuple[int, ...] = ()
        self._names = 0
        self._base = 0
        try:
            self._read()
        except (NtError, NotAnImage):
            self._functions, self._sorted = (), []

    def _read(self) -> None:
        memory, base = self._memory, self._start
        directory, size = Headers(memory.read(base, 0x1000)).directory(EXPORT)
        if not directory or not size:
            return
        self._base, functions, names, at_functions, at_names, at_ordinals = EXPORT_DIRECTORY.unpack(
            memory.read(base + directory, EXPORT_DIRECTORY.size)
        )
        if functions > MOST_EXPORTS or names > MOST_EXPORTS:
            return
        own = range(directory, directory + size)  # addresses in the directory itself are names of forwarders
        found = _table(memory, base + at_functions, functions, "I")
        self._functions = tuple(0 if one in own else one for one in found)
        self._sorted = sorted(self._functions)
        self._ordinals = _table(memory, base + at_ordinals, names, "H")
        self._names = base + at_names

    def below(self, offset: int) -> tuple[str, int] | None:
        """The name of the export nearest below an offset, and how far below."""
        at = bisect_right(self._sorted, offset)
        best = self._sorted[at - 1] if at else 0
        if not best:
            return None
        index = self._functions.index(best)
        return self._name(index), offset - best

    def _name(self, index: int) -> str:
        try:
            at = self._ordinals.index(index)
            pointer = self._memory.read_u32((self._names + 4 * at) & 0xFFFFFFFF)
            text = read_text(self._memory, (self._start + pointer) & 0xFFFFFFFF)
        except (ValueError, NtError):
            text = None
        return text or f"#{self._base + index & 0xFFFF}"


def _table(memory: Memory, address: int, count: int, kind: str) -> tuple[int, ...]:
    form = Struct(f"<{count}{kind}")
    return form.unpack(memory.read(address & 0xFFFFFFFF, form.size)) if count else ()


class Symbols:
    """Places of addresses in one process."""

    def __init__(self, memory: Memory, surroundings: Surroundings) -> None:
        self._memory = memory
        self._surroundings = surroundings
        self._exports: dict[Module, Exports] = {}
        self._starts: dict[int, int | None] = {}
        self._files: dict[Module, FileSymbols | None] = {}

    def start(self, address: int) -> int | None:
        """Where the function begins that an address is in or a call returns to; None where no name tells."""
        if address not in self._starts:
            place = self.place(address, back=1)
            if place.symbol is None and address:
                place = self.place(address)
            self._starts[address] = address - place.distance if place.symbol is not None else None
        return self._starts[address]

    def place(self, address: int, back: int = 0) -> Place:
        """``back``: look for the name so many bytes before, for addresses that calls return to."""
        module = self._surroundings.module_at(address)
        if module is None:
            return Place(address)
        name, base, _ = module
        offset = address - base
        exports = self._exports.get(module)
        if exports is None:
            exports = self._exports[module] = Exports(self._memory, module)
        found = exports.below(offset - back)
        if module not in self._files:
            file = self._surroundings.file_at(address)
            self._files[module] = FileSymbols(*file) if file is not None and file[1] else None
        symbols = self._files[module]
        other = symbols.below(offset - back) if symbols is not None else None
        if other is not None and (found is None or other[1] < found[1]):
            found = other
        if found is None:
            return Place(address, name, offset)
        return Place(address, name, offset, found[0], found[1] + back)
