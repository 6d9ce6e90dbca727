"""What a program needs to be loaded: which DLLs it imports, and which of them are not there.

Looked at before anything is started, so that a person hears the DLL's name and
who wants it, and not a status.  The loader in the guest is the judge; this only
foretells it: a program's own DLLs are followed, those of the system are taken to
go together.  DLLs that are loaded only when a function is first called do not count.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from struct import error as StructError
from struct import unpack_from

from ring3k.typed import NamedTuple, Self

MOST_IMPORTS = 4096  # DLLs of one image, and functions of one DLL
MOST_DLLS = 512
MOST_SCHEMA = 1 << 20
API_SETS = ("api-", "ext-")
_BY_ORDINAL = 0x80000000

Function = str | int  # by name or by ordinal


class Missing(NamedTuple):
    """A DLL or a function that is not there."""

    what: str
    wanted_by: str


class Image:
    """A PE file on the host, looked into without being read as a whole.  ValueError when it is none."""

    def __init__(self, path: str) -> None:
        self.path = path
        with open(path, "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        try:
            data = self._data
            (pe,) = unpack_from("<I", data, 0x3C)
            count, optional = unpack_from("<H12xH", data, pe + 6)
            if data[pe : pe + 4] != b"PE\0\0" or unpack_from("<H", data, pe + 24)[0] != 0x10B:
                raise ValueError(f"{path}: no 32-bit PE file")
            self._exports, _, self._imports, _ = unpack_from("<4I", data, pe + 24 + 96)
            self._sections: list[tuple[int, int, int]] = []  # (address, length, what leads to the file)
            for i in range(count):
                _, address, size, place = unpack_from("<IIII", data, pe + 24 + optional + 40 * i + 8)
                self._sections.append((address, size, place - address))
        except StructError:
            self.close()
            raise ValueError(f"{path}: no PE file") from None

    def close(self) -> None:
        self._data.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _at(self, address: int) -> int:
        for start, size, shift in self._sections:
            if start <= address < start + size:
                return address + shift
        raise ValueError(f"{self.path}: damaged: nothing at {address:#x}")

    def _words(self, form: str, place: int) -> tuple[int, ...]:
        try:
            return unpack_from(form, self._data, place)
        except StructError:
            raise ValueError(f"{self.path}: damaged: it ends at {len(self._data):#x}") from None

    def _text(self, address: int) -> str:
        place = self._at(address)
        return self._data[place : place + 512].partition(b"\0")[0].decode("latin-1")

    def dlls(self) -> Iterator[tuple[str, int]]:
        """The DLLs that are loaded with it: name, and where the list of functions is."""
        if not self._imports:
            return
        at = self._at(self._imports)
        for _ in range(MOST_IMPORTS):
            names, name, thunks = self._words("<I8xII", at)
            if not name:
                return
            yield self._text(name), names or thunks
            at += 20

    def functions(self, at: int) -> Iterator[Function]:
        """The functions in a list."""
        place = self._at(at)
        for _ in range(MOST_IMPORTS):
            (word,) = self._words("<I", place)
            if not word:
                return
            yield word & 0xFFFF if word & _BY_ORDINAL else self._text(word + 2)
            place += 4

    def exports(self, wanted: Function) -> bool:
        """Whether it exports a function."""
        if not self._exports:
            return False
        base, count, named, _, names, _ = self._words("<6I", self._at(self._exports) + 16)
        if isinstance(wanted, int):
            return bool(base <= wanted < base + count)
        if not named:
            return False
        texts = self._words(f"<{min(named, 0x10000)}I", self._at(names))
        index = bisect_left(texts, wanted, key=self._text)
        return index < len(texts) and self._text(texts[index]) == wanted


class Finder:
    """Where the loader finds a DLL: the program's own folder, the system's, and what API sets stand for."""

    def __init__(self, own: str, folders: Sequence[str], api_sets: str | None = None) -> None:
        """``folders``: of the host, in the order of the search; ``api_sets``: where apisetschema.dll is."""
        self.own = own
        self._folders = [*folders]
        self._api_sets = api_sets
        self._listings: dict[str, dict[str, str]] = {}
        self._schema: bytes | None = None

    def add(self, folders: Sequence[str]) -> None:
        """Look here, too, after all others."""
        self._folders += folders

    def find(self, name: str) -> str | None:
        """The host path of a DLL; None: it is not there.  An API set's is the schema's."""
        name = name.lower()
        if "\\" in name or "/" in name:
            return self.own  # a path: not ours to judge
        if "." not in name:
            name += ".dll"
        if name.startswith(API_SETS) and self._is_api_set(name):
            return self._api_sets
        for folder in (self.own, *self._folders):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                return path
        for folder in (self.own, *self._folders):
            found = self._listing(folder).get(name)
            if found is not None:
                return os.path.join(folder, found)
        return self._private(name)

    def _private(self, name: str) -> str | None:
        """In a folder of an assembly of the program's own, such as Microsoft.VC90.CRT."""
        for folder in self._listing(self.own).values():
            path = os.path.join(self.own, folder, name)
            if "." in folder and os.path.exists(path):
                return path
        return None

    def _listing(self, folder: str) -> dict[str, str]:
        found = self._listings.get(folder)
        if found is None:
            try:
                found = {name.lower(): name for name in os.listdir(folder)}
            except OSError:
                found = {}
            self._listings[folder] = found
        return found

    def _is_api_set(self, name: str) -> bool:
        """Whether the schema has it, whatever its last number: names stand there as they are."""
        if self._schema is None:
            self._schema = b""
            if self._api_sets is not None and os.path.isfile(self._api_sets):
                with open(self._api_sets, "rb") as file:
                    self._schema = file.read(MOST_SCHEMA)
        stem = name.removesuffix(".dll").rpartition("-")[0]
        return f"{stem}-".encode("utf-16-le") in self._schema


def missing_dlls(program: str, finder: Finder) -> list[Missing]:
    """The DLLs that a program, or a DLL in its own folder, imports and that are nowhere."""
    found: dict[str, Missing] = {}
    seen = {program}
    rest = [program]
    while rest and len(seen) < MOST_DLLS:
        path = rest.pop()
        try:
            with Image(path) as image:
                for name, _ in image.dlls():
                    place = finder.find(name)
                    if place is None:
                        found.setdefault(name.lower(), Missing(name, os.path.basename(path)))
                    elif place not in seen and os.path.isfile(place):
                        seen.add(place)
                        if place.startswith(finder.own + os.sep):
                            rest.append(place)
        except (ValueError, OSError):
            continue  # the loader will say what is wrong with it
    return list(found.values())


def missing_functions(program: str, finder: Finder) -> list[Missing]:
    """The functions that a program imports and that are not in the DLL that is there."""
    found = []
    try:
        with Image(program) as image:
            for name, functions in image.dlls():
                place = finder.find(name)
                if place is None or not os.path.isfile(place) or name.lower().startswith(API_SETS):
                    continue
                with Image(place) as dll:
                    for one in image.functions(functions):
                        if not dll.exports(one):
                            what = one if isinstance(one, str) else f"number {one}"
                            found.append(Missing(f"{what} of {name}", os.path.basename(program)))
    except (ValueError, OSError):
        pass
    return found


def imported_functions(program: str, dll: str) -> list[str]:
    """The names that a program imports from a DLL."""
    try:
        with Image(program) as image:
            return [
                one
                for name, functions in image.dlls()
                if name.lower() == dll
                for one in image.functions(functions)
                if isinstance(one, str)
            ]
    except (ValueError, OSError):
        return []
