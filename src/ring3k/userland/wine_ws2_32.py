"""What Wine's ws2_32 asks of its host: {getaddrinfo, gethostbyaddr, gethostbyname, gethostname, getnameinfo}.

Each takes a structure of pointers and answers with 0 or an error of Winsock's.
Answers are laid out in the caller's buffer; one that is too small is told the
size.  Look-ups may take long and are made by another thread of the host
(``ke.host``); what only turns numbers into text does not wait.

The computer has a name of its own, which stands for the host.  Without permission
to use the network only this name, ``localhost`` and addresses in digits are known.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from struct import Struct, pack

from ring3k.abi.status import NtError
from ring3k.abi.structs.afd import FAMILY_INET, FAMILY_INET6, FAMILY_UNSPEC
from ring3k.io.afd import address as addresses
from ring3k.io.network import Network
from ring3k.ke.host import HostEvents
from ring3k.typed import TYPE_CHECKING, Any
from ring3k.userland.wine_drive import COMPUTER

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.ke.thread import KThread

Answer = int | Coroutine[Any, Any, int]

ERROR_NOT_ENOUGH_MEMORY, ERROR_INSUFFICIENT_BUFFER = 8, 122
WSAEFAULT, WSAEINVAL, WSAESOCKTNOSUPPORT, WSAEAFNOSUPPORT = 10014, 10022, 10044, 10047
WSATYPE_NOT_FOUND, WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA = (
    10109,
    11001,
    11002,
    11003,
    11004,
)
_ERRORS = {
    socket.EAI_ADDRFAMILY: WSAHOST_NOT_FOUND,
    socket.EAI_AGAIN: WSATRY_AGAIN,
    socket.EAI_BADFLAGS: WSAEINVAL,
    socket.EAI_FAIL: WSANO_RECOVERY,
    socket.EAI_FAMILY: WSAEAFNOSUPPORT,
    socket.EAI_MEMORY: ERROR_NOT_ENOUGH_MEMORY,
    socket.EAI_NODATA: WSAHOST_NOT_FOUND,
    socket.EAI_NONAME: WSAHOST_NOT_FOUND,
    socket.EAI_SERVICE: WSATYPE_NOT_FOUND,
    socket.EAI_SOCKTYPE: WSAESOCKTNOSUPPORT,
}
_HOST_ERRORS = {1: WSAHOST_NOT_FOUND, 2: WSATRY_AGAIN, 3: WSANO_RECOVERY, 4: WSANO_DATA}  # of herror
AI_NUMERICHOST = 0x4
_AI_FLAGS = (  # Windows', the host's
    (0x1, socket.AI_PASSIVE),
    (0x2, socket.AI_CANONNAME),
    (AI_NUMERICHOST, socket.AI_NUMERICHOST),
    (0x8, socket.AI_NUMERICSERV),
    (0x100, socket.AI_ALL),
    (0x400, socket.AI_ADDRCONFIG),
    (0x800, socket.AI_V4MAPPED),
)
NI_NUMERICHOST, NI_NAMEREQD = 0x2, 0x4
_NI_FLAGS = (
    (0x1, socket.NI_NOFQDN),
    (NI_NUMERICHOST, socket.NI_NUMERICHOST),
    (NI_NAMEREQD, socket.NI_NAMEREQD),
    (0x8, socket.NI_NUMERICSERV),
    (0x10, socket.NI_DGRAM),
)
_FAMILIES = {FAMILY_UNSPEC: socket.AF_UNSPEC, **addresses.HOST_FAMILY}
_TYPES = (0, 1, 2, 3)  # the same here and there: any, stream, datagram, raw
TCP, UDP, IPV6 = 6, 17, 41

GETADDRINFO = Struct("<5I")
GETHOSTBYADDR = Struct("<IiiII")
GETHOSTBYNAME = Struct("<3I")
GETHOSTNAME = Struct("<II")
GETNAMEINFO = Struct("<IiIIIIi")
ADDRINFO = Struct("<iiiiIIII")  # flags, family, type, protocol, length, name, address, next
HOSTENT = Struct("<IIhhI")  # name, aliases, family, length, addresses
LONGEST_NAME = 1025
MOST_ANSWERS = 256
PAGE = 4096
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


class _Failed(Exception):
    """The answer is this error of Winsock's."""

    def __init__(self, error: int) -> None:
        super().__init__(error)
        self.error = error


# -- the guest's memory ---------------------------------------------------------------------
def _text(memory: Memory, address: int) -> str | None:
    """A string that ends with a zero byte; None for NULL."""
    if not address:
        return None
    found = b""
    while len(found) <= LONGEST_NAME:
        part = memory.read(address, min(PAGE - address % PAGE, 256))
        end = part.find(0)
        if end >= 0:
            return (found + part[:end]).decode("latin-1")
        found += part
        address += len(part)
    raise _Failed(WSANO_RECOVERY)


def _parameters(t: KThread, address: int, form: Struct) -> tuple[int, ...]:
    return form.unpack(t.memory.read(address, form.size))


def _deliver(memory: Memory, at: int, size_at: int, build: Callable[[int], bytes]) -> int:
    """Write what ``build`` makes for an address, if the buffer's size allows."""
    data = build(at)
    if memory.read_u32(size_at) < len(data):
        memory.write_u32(size_at, len(data))
        return ERROR_INSUFFICIENT_BUFFER
    memory.write(at, data)
    return 0


def _flags(given: int, table: tuple[tuple[int, int], ...]) -> int:
    return sum(host for windows, host in table if given & windows)


# -- names ------------------------------------------------------------------------------------
def _is_own(name: str) -> bool:
    return name.upper() == COMPUTER


def _numeric(name: str) -> bool:
    """Whether a name is an address in digits."""
    try:
        socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


def _known(t: KThread, name: str) -> str | None:
    """What to look up in place of a name; None: the loopback address.  WSAHOST_NOT_FOUND if it may not be."""
    if name.lower() == "localhost":
        return None
    allowed = t.kernel.part(Network).allowed
    if _is_own(name):
        return socket.gethostname() if allowed else None
    if not allowed and not _numeric(name):
        raise _Failed(WSAHOST_NOT_FOUND)
    return name


async def _look_up(t: KThread, function: Callable[[], Any]) -> Any:
    """What the host says, with its errors as Winsock's."""
    try:
        return await t.kernel.late_part(HostEvents).call(t, function)
    except socket.gaierror as error:
        raise _Failed(_ERRORS.get(error.errno or 0, WSANO_RECOVERY)) from None
    except socket.herror as error:
        raise _Failed(_HOST_ERRORS.get(error.errno or 0, WSANO_RECOVERY)) from None
    except (OSError, UnicodeError, ValueError):
        raise _Failed(WSANO_RECOVERY) from None


def _answers(
    function: Callable[[KThread, int], Coroutine[Any, Any, int]],
) -> Callable[[KThread, int], Answer]:
    """Errors as results; the caller's memory as Winsock judges it."""

    async def call(t: KThread, parameters: int) -> int:
        try:
            return await function(t, parameters)
        except _Failed as failed:
            return failed.error
        except NtError:
            return WSAEFAULT

    return call


# -- getaddrinfo --------------------------------------------------------------------------------
def _hints(memory: Memory, address: int) -> tuple[int, int, int, int, tuple[int, int]]:
    """Flags, the host's family, type and protocol to look for, and the latter two as they were given."""
    flags, family, kind, protocol, *_ = ADDRINFO.unpack(memory.read(address, ADDRINFO.size))
    if family not in _FAMILIES:
        raise _Failed(WSAEAFNOSUPPORT)
    if kind not in _TYPES:
        raise _Failed(WSAESOCKTNOSUPPORT)
    given = (kind, protocol)
    # Windows allows what does not fit
    if (protocol == TCP and kind != 1) or (protocol == UDP and kind != 2):
        kind = 0
    if protocol == IPV6 or protocol < 0:
        protocol = 0
    return flags, _FAMILIES[family], kind, protocol, given


async def getaddrinfo(t: KThread, parameters: int) -> int:
    memory = t.memory
    node_at, service_at, hints_at, info_at, size_at = _parameters(t, parameters, GETADDRINFO)
    node, service = _text(memory, node_at), _text(memory, service_at)
    flags, family, kind, protocol = 0, int(socket.AF_UNSPEC), 0, 0
    asked: tuple[int, int] | None = None
    if hints_at:
        flags, family, kind, protocol, asked = _hints(memory, hints_at)
    host_flags = _flags(flags, _AI_FLAGS)
    name: str | None = node
    if node is not None and not flags & AI_NUMERICHOST:
        name = _known(t, node)
    if service == "":
        service = "0"

    def ask() -> list[Any]:
        if node is None or name is not None:
            try:
                return list(socket.getaddrinfo(name, service, family, kind, protocol, host_flags))
            except socket.gaierror:
                if node is None or not _is_own(node):
                    raise
        return _loopback(node, service, family, kind, protocol, host_flags)

    found = await _look_up(t, ask)
    return _deliver(memory, info_at, size_at, lambda at: _pack_list(found, asked, at))


def _loopback(node: str, service: str | None, family: int, kind: int, protocol: int, flags: int) -> list[Any]:
    """The answer for this computer itself."""
    found: list[Any] = []
    for one in (socket.AF_INET6, socket.AF_INET):
        if family in (socket.AF_UNSPEC, one):
            numeric = flags & ~socket.AI_CANONNAME | socket.AI_NUMERICHOST
            found += [
                (*entry[:3], node if flags & socket.AI_CANONNAME and not found else "", entry[4])
                for entry in socket.getaddrinfo(LOOPBACK[one], service, one, kind, protocol, numeric)
            ]
    return found


def _pack_list(found: list[Any], asked: tuple[int, int] | None, at: int) -> bytes:
    """The answers as linked structures at an address; the same is told once."""
    nodes: list[tuple[int, int, int, bytes, bytes]] = []
    for family, kind, protocol, name, address in found[:MOST_ANSWERS]:
        packed = addresses.pack(address)
        windows = FAMILY_INET if family == socket.AF_INET else FAMILY_INET6
        text = name.encode("latin-1", "replace") + b"\0" if name else b""
        node = (windows, *(asked or (int(kind), protocol)), packed, text)
        if packed and node not in nodes:
            nodes.append(node)
    parts = []
    for index, (family, kind, protocol, packed, text) in enumerate(nodes):
        text_at = at + ADDRINFO.size
        address_at = text_at + len(text)
        after = address_at + len(packed)
        after += -after % 4
        head = ADDRINFO.pack(
            0, family, kind, protocol, len(packed),
            text_at if text else 0, address_at, after if index + 1 < len(nodes) else 0,
        )  # fmt: skip
        parts.append((head + text + packed).ljust(after - at, b"\0"))
        at = after
    return b"".join(parts)


# -- the older calls ------------------------------------------------------------------------------
def _pack_host(name: str, aliases: list[str], raw: list[bytes], at: int) -> bytes:
    """A hostent at an address: the structure, both lists, addresses, aliases, name."""
    length = len(raw[0]) if raw else 4
    aliases_at = at + HOSTENT.size
    list_at = aliases_at + 4 * (len(aliases) + 1)
    cursor = list_at + 4 * (len(raw) + 1)
    address_places = [cursor + length * index for index in range(len(raw))]
    cursor += length * len(raw)
    texts, alias_places = b"", []
    for alias in aliases:
        alias_places.append(cursor + len(texts))
        texts += alias.encode("latin-1", "replace") + b"\0"
    name_at = cursor + len(texts)
    texts += name.encode("latin-1", "replace") + b"\0"
    family = FAMILY_INET if length == 4 else FAMILY_INET6
    head = HOSTENT.pack(name_at, aliases_at, family, length, list_at)
    lists = pack(f"<{len(aliases) + 1}I", *alias_places, 0) + pack(f"<{len(raw) + 1}I", *address_places, 0)
    return head + lists + b"".join(raw) + texts


def _packed(texts: list[str]) -> list[bytes]:
    return [
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
        for text in texts[:MOST_ANSWERS]
    ]


async def gethostbyname(t: KThread, parameters: int) -> int:
    name_at, host_at, size_at = _parameters(t, parameters, GETHOSTBYNAME)
    asked = _text(t.memory, name_at) or ""
    name = _known(t, asked)

    def ask() -> tuple[str, list[str], list[str]]:
        if name is not None:
            try:
                return socket.gethostbyname_ex(name)
            except OSError:
                if not _is_own(asked):
                    raise
        return asked, [], [LOOPBACK[socket.AF_INET]]

    found, aliases, texts = await _look_up(t, ask)
    shown = asked if _is_own(asked) else found
    return _deliver(
        t.memory, host_at, size_at, lambda at: _pack_host(shown, aliases[:MOST_ANSWERS], _packed(texts), at)
    )


async def gethostbyaddr(t: KThread, parameters: int) -> int:
    address_at, length, family, host_at, size_at = _parameters(t, parameters, GETHOSTBYADDR)
    host_family = addresses.HOST_FAMILY.get(family)
    if host_family is None or length != (4 if family == FAMILY_INET else 16):
        raise _Failed(WSAEAFNOSUPPORT)
    raw = t.memory.read(address_at, length)
    text = socket.inet_ntop(host_family, raw)
    if not t.kernel.part(Network).allowed:
        if text not in LOOPBACK.values():
            raise _Failed(WSAHOST_NOT_FOUND)
        name, aliases = "localhost", list[str]()
    else:
        name, aliases, _ = await _look_up(t, lambda: socket.gethostbyaddr(text))
    return _deliver(
        t.memory, host_at, size_at, lambda at: _pack_host(name, aliases[:MOST_ANSWERS], [raw], at)
    )


def gethostname(t: KThread, parameters: int) -> int:
    name_at, size = _parameters(t, parameters, GETHOSTNAME)
    name = COMPUTER.encode() + b"\0"
    if size < len(name):
        return WSAEFAULT
    t.memory.write(name_at, name)
    return 0


# -- getnameinfo -----------------------------------------------------------------------------------
async def getnameinfo(t: KThread, parameters: int) -> int:
    address_at, length, host_at, host_room, service_at, service_room, flags = _parameters(
        t, parameters, GETNAMEINFO
    )
    raw = t.memory.read(address_at, max(0, min(length, addresses.LONGEST)))
    family = int.from_bytes(raw[:2], "little")
    if family not in addresses.HOST_FAMILY:
        raise _Failed(WSAEAFNOSUPPORT)
    address = addresses.parse(raw, family)
    host_flags = _flags(flags, _NI_FLAGS)
    allowed = t.kernel.part(Network).allowed
    local = address[0] in LOOPBACK.values()
    if not allowed and not flags & NI_NUMERICHOST:
        if flags & NI_NAMEREQD and not local:
            raise _Failed(WSAHOST_NOT_FOUND)
        host_flags = host_flags & ~socket.NI_NAMEREQD | socket.NI_NUMERICHOST

    name, service = await _look_up(t, lambda: socket.getnameinfo(address, host_flags))
    if not allowed and not flags & NI_NUMERICHOST and local:
        name = "localhost"
    for text, at, room in ((name, host_at, host_room), (service, service_at, service_room)):
        data = text.encode("latin-1", "replace") + b"\0"
        if at and room:
            if room < len(data):
                return ERROR_INSUFFICIENT_BUFFER
            t.memory.write(at, data)
    return 0


FUNCTIONS = (
    _answers(getaddrinfo),
    _answers(gethostbyaddr),
    _answers(gethostbyname),
    gethostname,
    _answers(getnameinfo),
)
