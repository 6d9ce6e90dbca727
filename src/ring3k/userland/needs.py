"""What a program needs to be loaded: which DLLs it imports, and which of them are not there.

Looked at before anything is started, so that a person hears the DLL's name and
who wants it, and not a status.  The loader in the guest is the judge; this only
foretells it: a program's own DLLs are followed, those of the system are taken to
go together.  DLLs that are loaded only when a function is first called do not count.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from ring3k.abi.pe import NotAnImage, pe_file
from ring3k.typed import NamedTuple

MOST_DLLS = 512
MOST_SCHEMA = 1 << 20
API_SETS = ("api-", "ext-")


class Missing(NamedTuple):
    """A DLL or a function that is not there."""

    what: str
    wanted_by: str


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
            with pe_file(path) as image:
                for name, _, _ in image.imports():
                    place = finder.find(name)
                    if place is None:
                        found.setdefault(name.lower(), Missing(name, os.path.basename(path)))
                    elif place not in seen and os.path.isfile(place):
                        seen.add(place)
                        if place.startswith(finder.own + os.sep):
                            rest.append(place)
        except (NotAnImage, OSError):
            continue  # the loader will say what is wrong with it
    return list(found.values())


def missing_functions(program: str, finder: Finder) -> list[Missing]:
    """The functions that a program imports and that are not in the DLL that is there."""
    found = []
    try:
        with pe_file(program) as image:
            for name, functions, _ in image.imports():
                place = finder.find(name)
                if place is None or not os.path.isfile(place) or name.lower().startswith(API_SETS):
                    continue
                with pe_file(place) as dll:
                    for one in image.imported(functions):
                        if not dll.has(one):
                            what = one if isinstance(one, str) else f"number {one}"
                            found.append(Missing(f"{what} of {name}", os.path.basename(program)))
    except (NotAnImage, OSError):
        pass
    return found


def imported_functions(program: str, dll: str) -> list[str]:
    """The names that a program imports from a DLL."""
    try:
        with pe_file(program) as image:
            return [
                one
                for name, functions, _ in image.imports()
                if name.lower() == dll
                for one in image.imported(functions)
                if isinstance(one, str)
            ]
    except (NotAnImage, OSError):
        return []
