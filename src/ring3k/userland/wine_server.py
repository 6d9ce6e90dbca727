"""What Wine's user32 asks of Wine's server, in place of a system call.

There is no server: each request is answered from what USER knows.  A request is a block
of 64 bytes that the reply takes the place of, and behind it where variable data is to be
read and written.  Requests have numbers that change with Wine's versions: these are 8.0's.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack, unpack

from ring3k.abi.access import SYNCHRONIZE
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INVALID_HANDLE,
    STATUS_NO_MORE_ENTRIES,
    STATUS_NOT_SUPPORTED,
    STATUS_PENDING,
    NtError,
)
from ring3k.ex.event import Event
from ring3k.hooks.statistics import MissingCalls
from ring3k.typed import TYPE_CHECKING, NamedTuple
from ring3k.win32k.syscalls_message import post_quit
from ring3k.win32k.syscalls_window import children_of
from ring3k.win32k.user.create import atom_of
from ring3k.win32k.user.session import Session, session_of, thread_of
from ring3k.win32k.user.settings import DOTS_PER_INCH
from ring3k.win32k.user.station import WindowStation
from ring3k.win32k.user.text import wide_text
from ring3k.win32k.user.window import find_window

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

REQUEST, MOST_DATA, MOST_NAME = 64, 5, 1024
FIXED = 12  # where a request's own words begin


class Request(NamedTuple):
    """One request: its words, its variable data, and how much the reply may have of that."""

    words: tuple[int, ...]
    data: bytes
    room: int


class Reply(NamedTuple):
    """The words of a reply behind its head, and its variable data."""

    words: tuple[int, ...] = ()
    data: bytes = b""
    status: int = 0


def _post_quit(t: KThread, request: Request) -> Reply:
    post_quit(t, request.words[0])
    return Reply()


def _is_hung(t: KThread, request: Request) -> Reply:
    find_window(session_of(t), request.words[0])
    return Reply((0,))


def _window_info(t: KThread, request: Request) -> Reply:
    window = find_window(session_of(t), request.words[0])
    thread = window.thread
    process, number = (thread.process.process.pid, thread.thread.tid) if thread is not None else (0, 0)
    atom = window.class_.atom if window.class_ is not None else 0
    return Reply((window.handle, window.handle, process, number, atom, window.wide, DOTS_PER_INCH, 0))


def _children(t: KThread, request: Request) -> Reply:
    desktop, parent, atom, thread = request.words[:4]
    name = request.data.decode("utf-16-le", "surrogatepass")
    if name and not atom:
        atom = atom_of(thread_of(t), name) or 0xFFFFFFFF
    found = children_of(t, desktop, parent, thread, atom)
    return Reply((len(found),), pack(f"<{len(found)}I", *found)[: request.room & ~3])


def _atom(session: Session, name: str) -> int:
    """The atom of a property's name; user32 asks for its name again."""
    try:
        return session.atoms.find(name)
    except NtError:
        return session.atoms.add(session.kernel.pool, name)


def _properties(t: KThread, request: Request) -> Reply:
    session = session_of(t)
    found = find_window(session, request.words[0]).properties
    data = b""
    for name, value in found.items():
        atom = name if isinstance(name, int) else _atom(session, name)
        data += pack("<2IQ", atom, not isinstance(name, int), value)
    return Reply((len(found),), data if len(data) <= request.room else b"")


def _listed(names: list[str], request: Request, index: int) -> Reply:
    if index >= len(names):
        raise NtError(STATUS_NO_MORE_ENTRIES)
    data = wide_text(names[index])
    if len(data) > request.room:
        raise NtError(STATUS_BUFFER_OVERFLOW)
    return Reply((index + 1,), data)


def _stations(t: KThread, request: Request) -> Reply:
    return _listed(session_of(t).stations.names(), request, request.words[0])


def _desktops(t: KThread, request: Request) -> Reply:
    station: WindowStation = t.handles.get(request.words[0], WindowStation, 0)
    return _listed([one.title for one in station.desktops.values()], request, request.words[1])


def _last_input(t: KThread, request: Request) -> Reply:
    return Reply((0,))


# Drivers are the kernel's here: Wine's program for drivers may wait for requests, and none comes.
def _device_manager(t: KThread, request: Request) -> Reply:
    return Reply((t.handles.insert(Event(t.kernel, False, False), SYNCHRONIZE),))


def _no_device(t: KThread, request: Request) -> Reply:
    raise NtError(STATUS_NOT_SUPPORTED)


def _next_device_request(t: KThread, request: Request) -> Reply:
    return Reply(status=STATUS_PENDING)


_REQUESTS: dict[int, Callable[[KThread, Request], Reply]] = {
    112: _post_quit,
    120: _is_hung,
    138: _window_info,
    142: _children,
    160: _properties,
    166: _stations,
    173: _desktops,
    179: _last_input,
    236: _device_manager,
    237: _no_device,
    239: _next_device_request,
    240: _no_device,
}


def answer(t: KThread, address: int) -> int:
    """Answer the request at an address: its status, which the reply has, too."""
    head = t.memory.read(address, REQUEST + 8)
    number, _, room, *words = unpack(f"<{REQUEST // 4 + 2}I", head)
    count, target = words[-2], words[-1]
    found = _REQUESTS.get(number)
    if found is None:
        t.kernel.part(MissingCalls).note(t, f"wine_server_call({number})")
        return STATUS_NOT_SUPPORTED
    try:
        reply = found(t, Request(tuple(words[:-2]), _data(t, address + REQUEST + 8, count), room))
    except NtError as error:
        status = error.status if type(error) is NtError else STATUS_INVALID_HANDLE
        reply = Reply(status=status)
    if reply.data:
        t.memory.write(target, reply.data)
    told = pack(f"<{2 + len(reply.words)}I", reply.status, len(reply.data), *reply.words)
    t.memory.write(address, told)
    return reply.status


def _data(t: KThread, place: int, count: int) -> bytes:
    """A request's variable data."""
    data = b""
    for at in range(min(count, MOST_DATA)):
        start, size = unpack("<2I", t.memory.read(place + 8 * at, 8))
        data += t.memory.read(start, min(size, MOST_NAME))
    return data
