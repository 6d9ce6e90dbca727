"""The resources of a PE file on the host: texts, tables and versions that DLLs carry.

The file is not trusted: a directory that lies gives fewer resources, nothing worse.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

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
    with open(path, "rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except ValueError:  # an empty file
            return
    with data:
        try:
            directory = _Directory(data)
        except (struct.error, ValueError):
            return
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
    """The resource directory of a file that is mapped."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        (pe,) = struct.unpack_from("<I", data, 0x3C)
        if data[:2] != b"MZ" or data[pe : pe + 4] != b"PE\0\0":
            raise ValueError
        sections, optional = struct.unpack_from("<H12xH", data, pe + 6)
        (magic,) = struct.unpack_from("<H", data, pe + 24)
        (address,) = struct.unpack_from("<I", data, pe + 24 + (96 if magic == 0x10B else 112) + 16)
        self._sections = [
            struct.unpack_from("<IIII", data, pe + 24 + optional + 40 * i + 8) for i in range(sections)
        ]
        start = self._offset(address) if address else None
        if start is None:
            raise ValueError
        self._start = start

    def _offset(self, address: int) -> int | None:
        for _, start, size, place in self._sections:
            if start <= address < start + size:
                return int(address - start + place)
        return None

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
        start = self._offset(address)
        return None if start is None else self._data[start : start + size]
