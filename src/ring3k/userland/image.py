"""Reading a PE file outside of any guest: its export table.

The kernel proper checks headers again when it makes an image section; here a
wrong offset only means that a name is not found.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap


class PeFile:
    """The bytes of a PE32 file, addressed as in memory."""

    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        self.code_end = 0
        self._named: dict[str, int] = {}
        self._sections: list[tuple[int, int, int]] = []  # (address, length, offset in the file)
        try:
            self._read_headers()
        except struct.error:
            raise ValueError("not a PE file") from None

    def _read_headers(self) -> None:
        data = self._data
        (pe,) = struct.unpack_from("<I", data, 0x3C)
        if data[pe : pe + 4] != b"PE\0\0":
            raise ValueError("not a PE file")
        (count,) = struct.unpack_from("<H", data, pe + 6)
        (optional,) = struct.unpack_from("<H", data, pe + 20)
        (self.base,) = struct.unpack_from("<I", data, pe + 24 + 28)
        self.export_directory = struct.unpack_from("<II", data, pe + 24 + 96)
        self.export_length_at = pe + 24 + 100  # in the image as in the file
        (self.import_directory,) = struct.unpack_from("<I", data, pe + 24 + 104)
        for i in range(count):
            size, address, raw_size, raw = struct.unpack_from("<IIII", data, pe + 24 + optional + i * 40 + 8)
            self._sections.append((address, min(size or raw_size, raw_size), raw))
            at = pe + 24 + optional + i * 40
            self._named[data[at : at + 8].rstrip(b"\0").decode("latin-1")] = address
            if i == 0:
                self.code_end = address + (size or raw_size)  # linkers put code first

    def read(self, address: int, length: int) -> bytes:
        """Bytes at an offset from the image's base; fewer, or none, where the file has none."""
        for start, size, raw in self._sections:
            if start <= address < start + size:
                return self._data[raw + address - start : raw + min(address - start + length, size)]
        return b""

    def section(self, name: str) -> bytes:
        """The bytes of the section of a name, none if there is none."""
        address = self._named.get(name)
        return b"" if address is None else self.read(address, len(self._data))

    def _text(self, address: int) -> str:
        return self.read(address, 256).partition(b"\0")[0].decode("latin-1")

    def exports(self, wanted: Iterable[str]) -> dict[str, int]:
        """Name -> offset from the base, of those names that are exported."""
        address, _ = self.export_directory
        head = self.read(address, 40)
        if not address or len(head) < 40:
            return {}
        functions, count, functions_at, names_at, ordinals_at = struct.unpack_from("<5I", head, 20)
        targets = self._words(functions_at, functions, 4)
        names = self._words(names_at, count, 4)
        ordinals = self._words(ordinals_at, count, 2)
        found = {}
        for name in wanted:
            index = bisect_left(names, name, key=self._text)  # the linker sorts them
            if index == len(names) or self._text(names[index]) != name:
                continue
            ordinal = ordinals[index] if index < len(ordinals) else functions
            if ordinal < len(targets):
                found[name] = targets[ordinal]
        return found

    def entries(self, places: Iterable[int]) -> tuple[int, ...]:
        """Where in the image the export table keeps these places of exported functions."""
        functions, _, functions_at = struct.unpack_from("<3I", self.read(self.export_directory[0], 40), 20)
        targets = self._words(functions_at, functions, 4)
        return tuple(int(functions_at) + 4 * targets.index(place) for place in places)

    def imported(self, name: str) -> int:
        """Where in the image the address of an imported function is put; 0: it is not imported."""
        at = self.import_directory
        while len(row := self.read(at, 20)) == 20 and any(row):
            (names,), (places,) = struct.unpack_from("<I", row), struct.unpack_from("<I", row, 16)
            for i, one in enumerate(self._words(names, 0x10000, 4)):
                if not one:
                    break
                if not one >> 31 and self._text(one + 2) == name:
                    return int(places) + 4 * i
            at += 20
        return 0

    def names(self) -> Iterator[tuple[str, int]]:
        """Every export that has a name: name, offset from the base."""
        address, _ = self.export_directory
        head = self.read(address, 40)
        if not address or len(head) < 40:
            return
        functions, count, functions_at, names_at, ordinals_at = struct.unpack_from("<5I", head, 20)
        targets = self._words(functions_at, functions, 4)
        names, ordinals = self._words(names_at, count, 4), self._words(ordinals_at, count, 2)
        for name, ordinal in zip(names, ordinals, strict=False):
            if ordinal < len(targets):
                yield self._text(name), targets[ordinal]

    def _words(self, address: int, count: int, size: int) -> tuple[int, ...]:
        data = self.read(address, min(count, 0x10000) * size)
        code = "I" if size == 4 else "H"
        return struct.unpack_from(f"<{len(data) // size}{code}", data)
