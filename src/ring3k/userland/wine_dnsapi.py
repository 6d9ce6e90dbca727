"""What Wine's dnsapi asks of its host: {get_searchlist, get_serverlist, set_serverlist, query}.

Name servers and domains to search are the host's (``/etc/resolv.conf``), if the
network may be used.  Questions to name servers are not asked here: programs that
want addresses go another way (``wine_ws2_32``).
"""

from __future__ import annotations

from contextlib import suppress
from socket import AF_INET, AF_INET6, inet_pton
from struct import Struct, pack

from ring3k.abi.structs.afd import FAMILY_INET, FAMILY_INET6
from ring3k.io.afd import address as addresses
from ring3k.io.network import Network
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

ERROR_MORE_DATA, ERROR_ACCESS_DENIED = 234, 5
DNS_ERROR_RCODE_NOT_IMPLEMENTED, DNS_ERROR_NO_DNS_SERVERS = 9004, 9852
RESOLVER = "/etc/resolv.conf"
MOST = 16  # servers, domains
DNS_ADDR = Struct("<32sI28x")  # an address, its length

SEARCHLIST = Struct("<II")  # list, its length in bytes
SERVERLIST = Struct("<HxxII")  # family, DNS_ADDR_ARRAY, its length
ARRAY = Struct("<IIIHHIIII")  # room, count, tag, family, flags and such


def _configured(t: KThread, *words: str) -> list[str]:
    """What the resolver's file says behind these words."""
    found: list[str] = []
    if t.kernel.part(Network).allowed:
        with suppress(OSError, UnicodeError), open(RESOLVER, encoding="ascii") as file:
            for line in file:
                first, *rest = line.split() or [""]
                if first in words:
                    found += rest
    return found[:MOST]


def _server(text: str) -> bytes | None:
    """A name server's address, as Windows writes it."""
    text = text.partition("%")[0]
    family = AF_INET6 if ":" in text else AF_INET
    try:
        inet_pton(family, text)
    except OSError:
        return None
    return addresses.pack((text, 0, 0, 0) if family == AF_INET6 else (text, 0))


def _deliver(t: KThread, at: int, length_at: int, data: bytes) -> int:
    room = t.memory.read_u32(length_at)
    t.memory.write_u32(length_at, len(data))
    if not at:
        return 0
    if room < len(data):
        return ERROR_MORE_DATA
    t.memory.write(at, data)
    return 0


def get_searchlist(t: KThread, parameters: int) -> int:
    """The domains, as strings one behind the other."""
    at, length_at = SEARCHLIST.unpack(t.memory.read(parameters, SEARCHLIST.size))
    text = "".join(f"{one}\0" for one in _configured(t, "search", "domain")) + "\0"
    return _deliver(t, at, length_at, text.encode("utf-16-le"))


def get_serverlist(t: KThread, parameters: int) -> int:
    """The servers of one family, or of both."""
    family, at, length_at = SERVERLIST.unpack(t.memory.read(parameters, SERVERLIST.size))
    known = [one for one in map(_server, _configured(t, "nameserver")) if one is not None]
    if not known:
        return DNS_ERROR_NO_DNS_SERVERS
    if family in (FAMILY_INET, FAMILY_INET6):
        known = [one for one in known if one[:2] == pack("<H", family)]
    head = ARRAY.pack(len(known), len(known), 0, family, 0, 0, 0, 0, 0)
    return _deliver(t, at, length_at, head + b"".join(DNS_ADDR.pack(one, len(one)) for one in known))


def set_serverlist(t: KThread, parameters: int) -> int:
    """The servers are not a program's to choose."""
    return ERROR_ACCESS_DENIED


def query(t: KThread, parameters: int) -> int:
    """Ask a server for records."""
    return DNS_ERROR_RCODE_NOT_IMPLEMENTED


FUNCTIONS = (get_searchlist, get_serverlist, set_serverlist, query)
