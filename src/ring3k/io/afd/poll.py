"""IOCTL_AFD_POLL: wait until one of many sockets is ready for something; select and WSAPoll are this.

It looks first.  Time-outs are NT's: negative is relative, 0 only looks, the largest
number is for ever.  The answer lists the sockets that are ready, and is empty with
STATUS_TIMEOUT.  A poll that is *exclusive* ends the exclusive one before it on the
same socket.
"""

from __future__ import annotations

from select import poll as host_poll

from ring3k.abi import status as st
from ring3k.abi.status import GuestFault, NtError
from ring3k.abi.structs import afd
from ring3k.io.afd.endpoint import ALL, Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.sched.scheduler import Alarm

FOREVER = 0x7FFFFFFFFFFFFFFF
MOST_SOCKETS = 4096
ENTRY_COST = 128  # of pool, while it waits


class Poll:
    """One of them."""

    done = 0

    def __init__(self, request: Request, timeout: int, exclusive: int) -> None:
        self.request = request
        self.timeout = timeout
        self.exclusive = exclusive
        self.entries: list[tuple[int, Endpoint, int]] = []  # handle, socket, POLL bits
        self.masks: dict[Endpoint, int] = {}
        self.found: dict[int, tuple[int, int]] = {}  # index of an entry: bits and status
        self.alarm: Alarm | None = None
        self.waits = False

    def add(self, handle: int, endpoint: Endpoint, mask: int) -> None:
        self.entries.append((handle, endpoint, mask))
        self.masks[endpoint] = self.masks.get(endpoint, 0) | mask

    def look(self) -> None:
        """Ask the host about every socket."""
        ask, by_fd = host_poll(), {}
        for endpoint in self.masks:
            host = endpoint.host
            if host is not None and endpoint.state_of != State.UNCONNECTED:
                by_fd[host.fileno()] = endpoint
                ask.register(host, ALL)
            endpoint.polls[self] = None
        for fd, events in ask.poll(0):
            by_fd[fd].ready(events)
        for endpoint in self.masks:
            error = endpoint.errors.get(afd.POLL.CONNECT_ERR)
            if error and endpoint.state_of == State.UNCONNECTED:
                self.note(endpoint, afd.POLL.CONNECT_ERR, status_of(error))

    def note(self, endpoint: Endpoint, flags: int, status: int, always: bool = False) -> None:
        """The socket is ready for these; answers if that is what is waited for."""
        hit = False
        for index, (_, one, mask) in enumerate(self.entries):
            if one is endpoint and (always or mask & flags):
                self.found[index] = (flags if always else mask & flags, status)
                hit = True
        if hit and self.waits:
            self.answer(0)

    def answer(self, status: int) -> None:
        """The end of one that waited."""
        self.detach()
        try:
            size = self.write()
        except GuestFault as fault:
            self.request.complete(fault.status)
        else:
            self.request.complete(status, size)

    def write(self) -> int:
        """Tell what was found; the length."""
        entry = afd.AFD_POLL_SOCKET
        parts = [afd.AFD_POLL.pack(self.timeout, len(self.found), self.exclusive)]
        parts += [entry.pack(self.entries[index][0], *self.found[index]) for index in sorted(self.found)]
        data = b"".join(parts)
        self.request.buffer.write(data)
        return len(data)

    def wait(self) -> int:
        """Keep it."""
        kernel, cost = self.request.t.kernel, ENTRY_COST * len(self.entries)
        kernel.pool.charge(cost)
        try:
            status = self.request.pend(lambda request: self.detach())
        except NtError:
            kernel.pool.release(cost)
            raise
        self.waits = True
        if self.timeout != FOREVER:
            due = kernel.clock.interrupt_time() - self.timeout
            if self.timeout > 0:
                due = kernel.clock.interrupt_time() + self.timeout - kernel.clock.system_time()
            self.alarm = kernel.scheduler.alarm(due, lambda: self.answer(st.STATUS_TIMEOUT))
        for endpoint in self.masks:
            endpoint.arm()
        return status

    def detach(self) -> None:
        """Nobody shall tell it anything any more."""
        if self.waits:
            self.waits = False
            self.request.t.kernel.pool.release(ENTRY_COST * len(self.entries))
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        for endpoint in self.masks:
            endpoint.polls.pop(self, None)
            endpoint.arm()


def poll(endpoint: Endpoint, request: Request) -> int:
    """The control; the socket that it is sent to is only where the request waits."""
    given, entry = request.input, afd.AFD_POLL_SOCKET
    if len(given) < afd.AFD_POLL.size + entry.size or request.length < len(given):
        return st.STATUS_INVALID_PARAMETER
    timeout, count, exclusive = afd.AFD_POLL.unpack_from(given)
    if not 0 < count <= (len(given) - afd.AFD_POLL.size) // entry.size:
        return st.STATUS_INVALID_PARAMETER
    if count > MOST_SOCKETS:
        return st.STATUS_INSUFFICIENT_RESOURCES
    one = Poll(request, timeout, exclusive)
    handles = request.t.handles
    for index in range(count):
        handle, mask, _ = entry.unpack_from(given, afd.AFD_POLL.size + index * entry.size)
        one.add(handle, handles.get(handle, Endpoint, 0), mask)
    if exclusive:
        for other in {p: None for e in one.masks for p in e.polls if p.exclusive}:
            other.answer(0)
    try:
        one.look()
        if one.found or not timeout:
            request.information = one.write()
            one.detach()
            return 0
        return one.wait()
    except NtError:
        one.detach()
        raise
