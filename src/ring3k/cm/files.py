"""Files that hives come from and go to, as this room sees them.

Rooms do not know each other: a file object is whatever offers ``section_backing``
(``mm.backing.FileBacking``), and ``open`` is given by who knows both.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes
from ring3k.ke.thread import KThread
from ring3k.mm.backing import FileBacking
from ring3k.ob.object import Object
from ring3k.typed import Any

LARGEST = 256 << 20
CHUNK = 1 << 20
# (thread, name, to be written, created anew) -> file object
Open = Callable[[KThread, ObjectAttributes, bool, bool], Object]


class HiveFiles:
    """``open``: what a path names becomes a file object, made if it is not there and shall be written."""

    def __init__(self, open_: Open) -> None:
        self._open = open_

    def read(self, t: KThread, name: ObjectAttributes, create: bool) -> tuple[bytes, str, str]:
        """All of a file, its NT path, and its host path if it can be written (or '').

        With ``create`` a file that is not there is made.
        """
        file = self._open(t, name, create, False)
        file.reference()
        try:
            backing = _backing(file)
            try:
                host = os.readlink(f"/proc/self/fd/{backing.host}") if create and backing.writable else ""
                return _read(backing), file.full_name(), host
            finally:
                backing.close()
        finally:
            file.dereference()

    def write(self, t: KThread, name: ObjectAttributes, data: bytes) -> None:
        """Make a file of these bytes; STATUS_OBJECT_NAME_COLLISION."""
        file = self._open(t, name, True, True)
        file.reference()
        try:
            _write(_backing(file), data)
        finally:
            file.dereference()


def _backing(file: Any) -> FileBacking:
    offer = getattr(file, "section_backing", None)
    if offer is None:
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    backing: FileBacking = offer()
    return backing


def _read(backing: FileBacking) -> bytes:
    size = backing.size
    if size > LARGEST:
        raise NtError(STATUS_INSUFFICIENT_RESOURCES)
    return b"".join(backing.read(at, min(CHUNK, size - at)) for at in range(0, size, CHUNK))


def _write(backing: FileBacking, data: bytes) -> None:
    try:
        backing.resize(len(data))
        for offset in range(0, len(data), CHUNK):
            backing.write(offset, data[offset : offset + CHUNK])
    finally:
        backing.close()


def read_handle(t: KThread, handle: int) -> bytes:
    """All of an open file; STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH."""
    backing = _of_handle(t, handle, FILE_READ_DATA)
    try:
        return _read(backing)
    finally:
        backing.close()


def write_handle(t: KThread, handle: int, data: bytes) -> None:
    """Make these bytes the content of an open file."""
    _write(_of_handle(t, handle, FILE_WRITE_DATA), data)


def check_handle(t: KThread, handle: int, access: int) -> None:
    """Whether it is a file's, opened so."""
    entry = t.handles.entry(handle)
    if not hasattr(entry.object, "section_backing"):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    if access & ~entry.granted:
        raise NtError(STATUS_ACCESS_DENIED)


def _of_handle(t: KThread, handle: int, access: int) -> FileBacking:
    check_handle(t, handle, access)
    return _backing(t.handles.entry(handle).object)
