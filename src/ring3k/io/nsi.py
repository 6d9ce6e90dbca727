"""\\Device\\Nsi: the network's tables, as Wine 8.0's iphlpapi asks for them.

Three kinds: the interfaces (names, addresses of the cards, states), their IP
addresses, and the routes of IPv4.  A table is a key, and up to three structures for
each row; a caller says how large he takes them to be and how many rows he has room
for.  Windows' device is reached through a library that nobody may call past, so
the controls are that library's matter: these are Wine's.

A system that may not use the network has the loopback interface and no other.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from socket import AF_INET, SOCK_DGRAM, if_nameindex, socket
from struct import Struct, pack

from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    STATUS_OBJECT_NAME_NOT_FOUND,
)
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.io.network import Network
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

ENUMERATE_ALL, GET_ALL_PARAMETERS, GET_PARAMETER = 0x121000, 0x121004, 0x121008
ENUMERATE = Struct(
    "<24s8I"
)  # module (its length, a kind, a GUID), two words, table, sizes of key and structures, count
GET_ALL = Struct("<24s6I")  # module, a word, table, sizes; the key follows
GET_ONE = Struct("<24s5I")  # module, a word, table, size of the key, which structure, offset; the key follows
IPV4, IPV6, NDIS = 0xEB004A00, 0xEB004A01, 0xEB004A11  # how the modules' GUIDs begin
IFINFO, UNICAST, FORWARD = 0, 10, 16  # tables
MOST_ROWS = 4096
SIOCGIFADDR, SIOCGIFNETMASK = 0x8915, 0x891B
LOOPBACK, ETHERNET = 24, 6  # kinds of interfaces
FOREVER = 0xFFFFFFFF
CLASS = "/sys/class/net"


class Row(NamedTuple):
    """The key, and what may change at will, what changes by itself, what stays."""

    key: bytes
    rw: bytes = b""
    dynamic: bytes = b""
    static: bytes = b""


class Interface(NamedTuple):
    """One of the host's."""

    number: int
    name: str
    kind: int
    mtu: int
    up: bool
    card: bytes  # its address

    @property
    def luid(self) -> bytes:
        return pack("<Q", self.number << 24 | self.kind << 48)

    @property
    def guid(self) -> bytes:
        return pack("<IHH", self.number, 0, 0) + b"\0\0ring3k"


# -- what the host says -----------------------------------------------------------------------
def _read(name: str, what: str) -> str:
    try:
        with open(os.path.join(CLASS, name, what), encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeError):
        return ""


def _describe(index: int, name: str) -> Interface:
    flags, mtu = _read(name, "flags"), _read(name, "mtu")
    loop = _read(name, "type") == "772"
    card = b""
    with suppress(ValueError):
        card = b"" if loop else bytes.fromhex(_read(name, "address").replace(":", ""))
    up = bool(int(flags, 16) & 1) if flags else loop
    return Interface(
        index, name, LOOPBACK if loop else ETHERNET, int(mtu) if mtu.isdigit() else 1500, up, card[:32]
    )


def interfaces(allowed: bool) -> list[Interface]:
    """Those that may be seen."""
    found = [_describe(index, name) for index, name in if_nameindex()]
    if not allowed:
        return [one for one in found if one.kind == LOOPBACK] or [
            Interface(1, "lo", LOOPBACK, 65536, True, b"")
        ]
    return found


def _counted(text: str) -> bytes:
    """IF_COUNTED_STRING."""
    raw = text.encode("utf-16-le")[:512]
    return pack("<H514s", len(raw), raw)


def _card(raw: bytes) -> bytes:
    """IF_PHYSICAL_ADDRESS."""
    return pack("<H32s", len(raw), raw)


def ifinfo(allowed: bool) -> list[Row]:
    """NDIS' interfaces."""
    rows = []
    for one in interfaces(allowed):
        name, card = _counted(one.name), _card(one.card)
        rw = bytes(16) + pack("<I", 1) + name + card + bytes(2) + name + bytes(4)
        dynamic = pack("<IIIIIxxxxQQ", 1 if one.up else 2, 0, 1 if one.up else 2, 0, one.mtu, 10**9, 10**9)
        static = (
            pack("<I", one.number) + name + pack("<IIII", one.kind, 1 if one.kind == LOOPBACK else 2, 0, 1)
        )
        static += one.guid + pack("<H", 1) + card + pack("<III", one.kind != LOOPBACK, 0, 0)
        rows.append(Row(one.luid, rw, dynamic.ljust(216, b"\0"), static))
    return rows


def _address(prefix: int, well_known: bool, scope: int) -> tuple[bytes, bytes, bytes]:
    origin = 2 if well_known else 1
    return pack("<7I", FOREVER, FOREVER, origin, origin, prefix, 0, 0), pack("<II", scope, 4), bytes(8)


def unicast4(allowed: bool) -> list[Row]:
    """IPv4 addresses."""
    rows = []
    with socket(AF_INET, SOCK_DGRAM) as asked:
        for one in interfaces(allowed):
            request = one.name.encode()[:15].ljust(40, b"\0")
            try:
                address = ioctl(asked, SIOCGIFADDR, request)[20:24]
                mask = ioctl(asked, SIOCGIFNETMASK, request)[20:24]
            except OSError:
                continue  # it has none
            prefix = int.from_bytes(mask, "big").bit_count()
            rows.append(Row(one.luid + address + bytes(4), *_address(prefix, one.kind == LOOPBACK, 0)))
    return rows


def unicast6(allowed: bool) -> list[Row]:
    """IPv6 addresses, those of the link only behind the others."""
    known = {one.number: one for one in interfaces(allowed)}
    rows: list[tuple[int, bool, Row]] = []
    with suppress(OSError), open("/proc/net/if_inet6", encoding="ascii") as file:
        for line in file:
            address, index, prefix, *_ = line.split()
            one = known.get(int(index, 16))
            if one is not None:
                local = address[:3] == "fe8"  # of this link only
                rest = _address(int(prefix, 16), one.kind == LOOPBACK, one.number if local else 0)
                rows.append((one.number, local, Row(one.luid + bytes.fromhex(address), *rest)))
    return [row for _, _, row in sorted(rows)]


def forward4(allowed: bool) -> list[Row]:
    """IPv4 routes."""
    known = {one.name: one for one in interfaces(allowed)}
    rows = []
    with suppress(OSError), open("/proc/net/route", encoding="ascii") as file:
        for line in file.read().splitlines()[1:]:
            name, target, gateway, _, _, _, metric, mask, *_ = line.split()
            one = known.get(name)
            if one is None:
                continue
            prefix = bytes.fromhex(target)[::-1]  # as the host's memory has it
            length = int(mask, 16).bit_count()
            key = pack("<I4sB15x", 0, prefix, length) + one.luid + bytes(8)
            key += bytes.fromhex(gateway)[::-1] + bytes(4)
            rw = pack("<5I4s8x", 0, FOREVER, FOREVER, int(metric), 3, b"\0\0\0\1")
            rows.append(Row(key, rw, pack("<4I", 0, 0, 0, 0) + prefix, pack("<II", 0, one.number)))
    return rows


def _nothing(allowed: bool) -> list[Row]:
    return []


# (module, table): sizes of key and structures, and what makes the rows
TABLES: dict[tuple[int, int], tuple[tuple[int, int, int, int], Callable[[bool], list[Row]]]] = {
    (NDIS, IFINFO): ((8, 1092, 216, 600), ifinfo),
    (IPV4, UNICAST): ((16, 28, 8, 8), unicast4),
    (IPV6, UNICAST): ((24, 28, 8, 8), unicast6),
    (IPV4, FORWARD): ((48, 32, 20, 8), forward4),
    (IPV6, FORWARD): ((72, 32, 32, 8), _nothing),
}


class NsiDevice(Device):
    """The device; it has no names below it."""

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        return NsiFile(self, how)


class NsiFile(FileObject):
    """One opening of it."""

    def device_control(self, request: Request) -> int:
        if request.code == ENUMERATE_ALL:
            return enumerate_all(self.kernel, request)
        if request.code in (GET_ALL_PARAMETERS, GET_PARAMETER):
            return get(self.kernel, request)
        return STATUS_NOT_SUPPORTED


def _rows(kernel: Kernel, module: bytes, table: int) -> tuple[tuple[int, int, int, int], list[Row]] | None:
    found = TABLES.get((int.from_bytes(module[8:12], "little"), table))
    return None if found is None else (found[0], found[1](kernel.part(Network).allowed))


def enumerate_all(kernel: Kernel, request: Request) -> int:
    """All rows: their number, all keys, then all of each structure that is asked for."""
    if len(request.input) < ENUMERATE.size:
        return STATUS_INVALID_PARAMETER
    module, _, _, table, *asked, count = ENUMERATE.unpack_from(request.input)
    found = _rows(kernel, module, table)
    if found is None:
        return STATUS_NOT_SUPPORTED
    sizes, rows = found
    if any(size not in (0, own) for size, own in zip(asked, sizes, strict=True)):
        return STATUS_INVALID_PARAMETER
    if not any(asked):
        count = 0  # only how many there are
    if count > MOST_ROWS or request.length < 4 + sum(asked) * count:
        return STATUS_INVALID_PARAMETER
    shown = rows[:count] if any(asked) else rows
    at = 4
    for column, size in enumerate(asked):
        data = b"".join(row[column] for row in shown) if size else b""
        if data:
            request.buffer.write(data, at)
        at += size * count
    request.buffer.write(pack("<I", len(shown)))
    request.information = at
    return STATUS_BUFFER_OVERFLOW if len(rows) > len(shown) else 0


def get(kernel: Kernel, request: Request) -> int:
    """All structures of one row, or a part of one of them."""
    one = request.code == GET_PARAMETER
    form = GET_ONE if one else GET_ALL
    if len(request.input) < form.size:
        return STATUS_INVALID_PARAMETER
    module, _, table, key_size, *rest = form.unpack_from(request.input)
    found = _rows(kernel, module, table)
    if found is None:
        return STATUS_NOT_SUPPORTED
    sizes, rows = found
    key = bytes(request.input[form.size : form.size + key_size])
    row = next((row for row in rows if row.key == key), None)
    if key_size != sizes[0]:
        return STATUS_INVALID_PARAMETER
    if row is None:
        return STATUS_OBJECT_NAME_NOT_FOUND
    if one:
        which, offset = rest
        if which > 2 or offset + request.length > sizes[which + 1]:
            return STATUS_INVALID_PARAMETER
        data = row[which + 1][offset : offset + request.length]
    else:
        if any(size not in (0, own) for size, own in zip(rest, sizes[1:], strict=True)):
            return STATUS_INVALID_PARAMETER
        data = b"".join(part for part, size in zip(row[1:], rest, strict=True) if size)
        if request.length < len(data):
            return STATUS_INVALID_PARAMETER
    if data:
        request.buffer.write(data)
    request.information = len(data)
    return 0
