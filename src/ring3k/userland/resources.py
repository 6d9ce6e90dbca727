"""The resources of a PE file on the host: texts, tables and versions that DLLs carry.

The file is not trusted: a directory that lies gives fewer resources, nothing worse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress

from ring3k.abi.pe import RESOURCE, NotAnImage, PeFile, pe_file
from ring3k.typed import NamedTuple

RT_VERSION = 16
_MOST = 4096  # entries of a directory that are looked at
_NAMED, _DEEPER = 0x80000000, 0x80000000

Name = int | str


class Resource(NamedTuple):
    """One resource, in one language."""

    type: Name
    name: Name
    language: Name
    data: bytes


def resources(path: str, wanted: Name) -> Iterator[Resource]:
    """All resources of a type; names are in upper case.  OSError when there is no such file."""
    with suppress(NotAnImage), pe_file(path) as image:
        directory = _Directory(image)
        for type_, names in directory.entries(0):
            if type_ != wanted or not names & _DEEPER:
                continue
            for name, languages in directory.entries(names & ~_DEEPER):
                if languages & _DEEPER:
                    for language, leaf in directory.entries(languages & ~_DEEPER):
                        found = directory.data(leaf)
                        if found is not None:
                            yield Resource(type_, name, language, found)


def file_version(path: str) -> tuple[int, int, int, int] | None:
    """The four numbers of the version resource, if there is one."""
    for one in resources(path, RT_VERSION):
        at = one.data.find(b"\xbd\x04\xef\xfe")  # VS_FIXEDFILEINFO
        if at >= 0 and len(one.data) >= at + 16:
            high, low = struct.unpack_from("<II", one.data, at + 8)
            return high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF
    return None


class _Directory:
    """The resource directory of a file."""

    def __init__(self, image: PeFile) -> None:
        address, _ = image.directory(RESOURCE)
        span = image.span(address)
        if span is None:
            raise NotAnImage("a PE file without resources")
        self._image = image
        self._data = image.data
        self._start = address + span[2]

    def entries(self, at: int) -> Iterator[tuple[Name, int]]:
        """Name and target of each entry of the directory at an offset."""
        at += self._start
        try:
            named, numbered = struct.unpack_from("<HH", self._data, at + 12)
            for i in range(min(named + numbered, _MOST)):
                name, target = struct.unpack_from("<II", self._data, at + 16 + 8 * i)
                yield self._name(name), target
        except struct.error:
            return

    def _name(self, name: int) -> Name:
        if not name & _NAMED:
            return name
        at = self._start + (name & ~_NAMED)
        (length,) = struct.unpack_from("<H", self._data, at)
        return self._data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace").upper()

    def data(self, leaf: int) -> bytes | None:
        try:
            address, size = struct.unpack_from("<II", self._data, self._start + leaf)
        except struct.error:
            return None
        return self._image.read(address, size) if self._image.span(address) is not None else None
