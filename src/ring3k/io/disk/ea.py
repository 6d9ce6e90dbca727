"""Extended attributes: named values of a file, as OS/2 had them.

They are kept, packed, in one extended attribute of the host's.  Names are upper
case whatever the caller wrote, without regard to which they are compared; an empty
value removes one.  A query goes on where the last one of the same opening ended.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_EA_CORRUPT_ERROR,
    STATUS_EA_LIST_INCONSISTENT,
    STATUS_EA_TOO_LARGE,
    STATUS_EAS_NOT_SUPPORTED,
    STATUS_INVALID_EA_NAME,
    STATUS_NO_EAS_ON_FILE,
    STATUS_NO_MORE_EAS,
    STATUS_NONEXISTENT_EA_ENTRY,
    NtError,
)
from ring3k.engine.hostfile import ATTRIBUTES, MODE
from ring3k.io.disk.attributes import HAS_EA, mark, read_attribute, write_attribute
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.engine.hostfile import Look
    from ring3k.io.disk.file import DiskFile

NAME = "user.ring3k.ea"
LONGEST_NAME = 254
MOST = 0xFFFF  # bytes, as a listing's EaSize counts
NEED_EA = 0x80
_HEAD = Struct("<IBBH")  # next, flags, length of the name, of the value
_BAD = frozenset(b'"*+,/:;<=>?[\\]|') | frozenset(range(32))


class Ea(NamedTuple):
    flags: int
    name: bytes  # upper case
    value: bytes


class BadList(NtError):
    """STATUS_EA_LIST_INCONSISTENT, STATUS_INVALID_EA_NAME: and where, for the caller's status block."""

    __slots__ = ("place",)

    def __init__(self, status: int, place: int) -> None:
        super().__init__(status)
        self.place = place


def _valid(name: bytes) -> bool:
    return 0 < len(name) <= LONGEST_NAME and _BAD.isdisjoint(name)


def parse(data: bytes) -> list[Ea]:
    """FILE_FULL_EA_INFORMATION of a guest; BadList."""
    found, place = [], 0
    while True:
        if place + _HEAD.size > len(data):
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        following, flags, name_length, value_length = _HEAD.unpack_from(data, place)
        start = place + _HEAD.size
        end = start + name_length + 1 + value_length
        if end > len(data) or data[start + name_length]:
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        name = data[start : start + name_length].upper()
        if not _valid(name) or flags & ~NEED_EA:
            raise BadList(STATUS_INVALID_EA_NAME, place)
        found.append(Ea(flags, name, data[start + name_length + 1 : end]))
        if not following:
            return found
        if following & 3 or following < ((end - place + 3) & ~3):
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        place += following


def _pack(eas: list[Ea]) -> bytes:
    """For the host: without gaps."""
    return b"".join(
        _HEAD.pack(0, one.flags, len(one.name), len(one.value)) + one.name + b"\0" + one.value for one in eas
    )


def read_eas(fd: int) -> list[Ea]:
    """Those of an open file; STATUS_EA_CORRUPT_ERROR."""
    data = read_attribute(fd, NAME) or b""
    found, place = [], 0
    while place < len(data):
        if place + _HEAD.size > len(data):
            raise NtError(STATUS_EA_CORRUPT_ERROR)
        _, flags, name_length, value_length = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        name = data[place : place + name_length]
        place += name_length + 1
        found.append(Ea(flags, name, data[place : place + value_length]))
        place += value_length
    return found


def size_of(fd: int) -> int:
    """EaSize: as OS/2 packs them, four bytes for the list and what each takes."""
    found = read_eas(fd)
    return 4 + sum(5 + len(one.name) + len(one.value) for one in found) if found else 0


def needed(fd: int) -> bool:
    """Whether one of them has to be understood by whoever uses the file."""
    return any(one.flags & NEED_EA for one in read_eas(fd))


def size_by_name(folder: int, host: str | bytes) -> int:
    """The same for an entry of a folder; 0 when it is gone."""
    import os

    try:
        fd = os.open(host, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return 0
    try:
        return size_of(fd)
    except NtError:
        return 0
    finally:
        os.close(fd)


def _write(fd: int, info: Look, eas: list[Ea]) -> None:
    data = _pack(eas)
    if len(data) > MOST:
        raise NtError(STATUS_EA_TOO_LARGE)
    if not write_attribute(fd, info[MODE], NAME, data or None):
        if data:
            raise NtError(STATUS_EAS_NOT_SUPPORTED)
        return
    mark(fd, info, HAS_EA, bool(eas))


def set_eas(fd: int, info: Look, data: bytes) -> None:
    """Add, replace and (where a value is empty) remove."""
    if not data:
        return
    found = {one.name: one for one in read_eas(fd)}
    for one in parse(data):
        if one.value:
            found[one.name] = one
        else:
            found.pop(one.name, None)
    _write(fd, info, list(found.values()))


def replace_eas(fd: int, info: Look, data: bytes) -> None:
    """A new or overwritten file has these and no others."""
    wanted = {one.name: one for one in parse(data) if one.value} if data else {}
    if wanted or (info[ATTRIBUTES] > 0 and info[ATTRIBUTES] & HAS_EA):
        _write(fd, info, list(wanted.values()))


def parse_names(data: bytes) -> list[bytes]:
    """FILE_GET_EA_INFORMATION of a guest; BadList."""
    found, place = [], 0
    while True:
        if place + 5 > len(data):
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        following, length = int.from_bytes(data[place : place + 4], "little"), data[place + 4]
        end = place + 5 + length
        if end + 1 > len(data):
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        name = data[place + 5 : end].upper()
        if not _valid(name):
            raise BadList(STATUS_INVALID_EA_NAME, place)
        found.append(name)
        if not following:
            return found
        if following & 3 or following < ((end + 1 - place + 3) & ~3):
            raise BadList(STATUS_EA_LIST_INCONSISTENT, place)
        place += following


def query(
    eas: list[Ea], start: int, room: int, single: bool, wanted: list[bytes] | None
) -> tuple[bytes, int, int]:
    """FILE_FULL_EA_INFORMATION from the ``start``-th on: bytes, status, where to go on.

    With a list of names: those, present or not, in that order.
    """
    if wanted is not None:
        have = {one.name: one for one in eas}
        eas, start = [have.get(name, Ea(0, name, b"")) for name in wanted], 0
    elif not eas:
        return b"", STATUS_NO_EAS_ON_FILE, start
    elif start >= len(eas):
        return b"", STATUS_NO_MORE_EAS if start == len(eas) else STATUS_NONEXISTENT_EA_ENTRY, start
    out, last = bytearray(), 0
    for one in eas[start:]:
        place = (len(out) + 3) & ~3
        record = _HEAD.pack(0, one.flags, len(one.name), len(one.value)) + one.name + b"\0" + one.value
        if place + len(record) > room:
            return bytes(out), STATUS_BUFFER_OVERFLOW if out else STATUS_BUFFER_TOO_SMALL, start
        if out:
            out += bytes(place - len(out))
            out[last : last + 4] = (place - last).to_bytes(4, "little")
        out += record
        last = place
        start += 1
        if single:
            break
    return bytes(out), 0, start


def query_file(
    file: DiskFile, room: int, single: bool, names: bytes | None, index: int | None, restart: bool
) -> tuple[bytes, int]:
    """Of an open file: those that were asked for, or from ``index`` or where the last query ended on."""
    found = read_eas(file.fd) if file.fd >= 0 else []
    if names is not None:
        return query(found, 0, room, single, parse_names(names))[:2]
    if index is not None:
        if not 1 <= index <= len(found) + 1:
            return b"", STATUS_NONEXISTENT_EA_ENTRY
        file.ea_place = index - 1
    elif restart:
        file.ea_place = 0
    data, status, file.ea_place = query(found, file.ea_place, room, single, None)
    return data, status
