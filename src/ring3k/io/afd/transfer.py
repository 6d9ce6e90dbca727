"""Receiving and sending: what a request keeps, and one attempt at it.

A stream's receive ends with what there is, with MSG_WAITALL once the buffers are
full; a send ends when everything is with the host.  On a socket that does not
block a send ends with what the host took at once.  Data is copied between guest
and host when it is there, and never waits in the kernel.
"""

from __future__ import annotations

from socket import MSG_OOB as HOST_OOB
from socket import MSG_PEEK as HOST_PEEK
from socket import MSG_TRUNC

from ring3k.abi import status as st
from ring3k.abi.status import NtError
from ring3k.abi.structs import afd
from ring3k.io.afd import address as addresses
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.memory import Memory
    from ring3k.io.request import Request
    from ring3k.sched.scheduler import Alarm

PIECE = 1 << 18  # bytes of a stream that are moved at a time
ROUNDS = 16  # so many pieces at most before others have their turn
LONGEST = 1 << 16  # of a datagram
MOST_BUFFERS = 1 << 16
BUFFER_COST = 64  # of pool, while a request waits
MILLISECOND = 10_000
AGAIN = st.STATUS_DEVICE_NOT_READY

Buffers = list[tuple[int, int]]  # address and length


def capture(memory: Memory, address: int, count: int) -> Buffers:
    """An array of WSABUF."""
    if count > MOST_BUFFERS:
        raise NtError(st.STATUS_INSUFFICIENT_RESOURCES)
    raw = memory.read(address & 0xFFFFFFFF, count * afd.WSABUF.size) if count else b""
    return [(start, length) for length, start in afd.WSABUF.iter_unpack(raw)]


class Transfer:
    """What a request to receive or to send is about."""

    def __init__(self, memory: Memory, buffers: Buffers, flags: int) -> None:
        self.memory = memory
        self.buffers = buffers
        self.flags = flags  # MSG_*
        self.total = sum(length for _, length in buffers)
        self.done = 0  # bytes so far
        self.alarm: Alarm | None = None
        self._pool: Any = None

    def attempt(self, endpoint: Endpoint) -> int | None:
        """Go on; the status when that was the end, None while the host is not ready."""
        raise NotImplementedError

    def wait(self, endpoint: Endpoint, request: Request, queue: Any, timeout: int) -> int:
        """Keep the request in the endpoint's queue; ``timeout``: milliseconds, 0: none."""
        pool = endpoint.kernel.pool
        pool.charge(BUFFER_COST * len(self.buffers))

        def forget(request: Request) -> None:
            if request in queue:
                queue.remove(request)
            self._release()
            if queue is endpoint.writes:
                endpoint.sent()
            endpoint.arm()

        try:
            status = request.pend(forget)
        except NtError:
            pool.release(BUFFER_COST * len(self.buffers))
            raise
        self._pool = pool
        request.owner = self
        queue.append(request)
        if timeout:
            due = endpoint.kernel.clock.interrupt_time() + timeout * MILLISECOND
            self.alarm = endpoint.kernel.scheduler.alarm(due, lambda: request.cancel(st.STATUS_IO_TIMEOUT))
        endpoint.arm()
        return status

    def end(self, request: Request) -> None:
        """It is over: out of the queue."""
        if request.on_cancel is not None:
            request.on_cancel(request)

    def _release(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
        if self._pool is not None:
            self._pool.release(BUFFER_COST * len(self.buffers))
            self._pool = None

    def write(self, data: bytes, offset: int) -> None:
        """Scatter data over the buffers."""
        for start, length in self.buffers:
            if offset >= length:
                offset -= length
                continue
            part = data[: length - offset]
            self.memory.write(start + offset, part)
            data, offset = data[len(part) :], 0
            if not data:
                return

    def read(self, offset: int, most: int) -> bytes:
        """Gather data from the buffers."""
        parts = []
        for start, length in self.buffers:
            if offset >= length:
                offset -= length
                continue
            size = min(length - offset, most)
            parts.append(self.memory.read(start + offset, size))
            most -= size
            offset = 0
            if not most:
                break
        return b"".join(parts)


class Receive(Transfer):
    """``address``, ``length_at``: where the sender's address and its length go; ``control``: of a WSABUF."""

    def __init__(
        self,
        memory: Memory,
        buffers: Buffers,
        flags: int,
        address: int = 0,
        length_at: int = 0,
        control: int = 0,
        flags_at: int = 0,
    ) -> None:
        super().__init__(memory, buffers, flags)
        self.address, self.length_at = address, length_at
        self.control, self.flags_at = control, flags_at

    def attempt(self, endpoint: Endpoint) -> int | None:
        for start, length in self.buffers:
            self.memory.probe_write(start, length)
        flags = (HOST_OOB if self.flags & afd.MSG_OOB else 0) | (
            HOST_PEEK if self.flags & afd.MSG_PEEK else 0
        )
        try:
            if not endpoint.stream:
                return self._datagram(endpoint, flags)
            return self._stream(endpoint, flags)
        except BlockingIOError:
            return None
        except OSError as error:
            if flags & HOST_OOB and error.errno == 22:  # EINVAL: there is none
                return None
            if not endpoint.stream and error.errno == 111:  # ECONNREFUSED: of what was sent before
                return st.STATUS_PORT_UNREACHABLE
            status = status_of(error.errno)
            if status == st.STATUS_CONNECTION_RESET and endpoint.state_of == State.CONNECTED:
                endpoint.reset = True
            return status

    def _stream(self, endpoint: Endpoint, flags: int) -> int | None:
        host = endpoint.live
        if not self.total:
            host.recv(1, flags | HOST_PEEK)  # it waits as any other
            return 0
        everything = self.flags & afd.MSG_WAITALL and not flags
        while True:
            data = host.recv(min(self.total - self.done, PIECE), flags)
            self.write(data, self.done)
            self.done += len(data)
            if not everything or not data or self.done >= self.total:
                return 0

    def _datagram(self, endpoint: Endpoint, flags: int) -> int:
        host = endpoint.live
        room = 512 if self.control else 0
        data, controls, found, sender = host.recvmsg(min(self.total, LONGEST), room, flags)
        self.write(data, 0)
        self.done = len(data)
        if self.address and sender:
            packed = addresses.pack(sender)
            size = self.memory.read_u32(self.length_at)
            self.memory.write(self.address, packed[:size])
            self.memory.write_u32(self.length_at, len(packed))
        cut = bool(found & MSG_TRUNC)
        if self.control:
            from ring3k.io.afd.control_data import write_controls

            if not write_controls(self.memory, self.control, controls):
                self.memory.write_u32(self.flags_at, self.memory.read_u32(self.flags_at) | afd.MSG_CTRUNC)
                cut = True
        return st.STATUS_BUFFER_OVERFLOW if cut else 0


class Send(Transfer):
    """``target``: where a datagram goes; None for the connected side."""

    def __init__(
        self, memory: Memory, buffers: Buffers, flags: int, target: addresses.HostAddress | None = None
    ) -> None:
        super().__init__(memory, buffers, flags)
        self.target = target

    def attempt(self, endpoint: Endpoint) -> int | None:
        flags = HOST_OOB if self.flags & afd.MSG_OOB else 0
        try:
            if not endpoint.stream:
                return self._datagram(endpoint, flags)
            return self._stream(endpoint, flags)
        except BlockingIOError:
            return None
        except OSError as error:
            return status_of(error.errno)

    def _stream(self, endpoint: Endpoint, flags: int) -> int | None:
        host = endpoint.live
        for _ in range(ROUNDS):
            data = self.read(self.done, PIECE)
            if data or not self.total:
                self.done += host.send(data, flags)
            if self.done >= self.total:
                return 0
        return None

    def _datagram(self, endpoint: Endpoint, flags: int) -> int:
        host = endpoint.live
        if self.total > LONGEST:
            return st.STATUS_INVALID_BUFFER_SIZE
        data = self.read(0, self.total) if self.total else b""
        target = self.target
        if target is not None and target[1] == 0:  # nobody can listen there, and Windows does not mind
            self.done = len(data)
            return 0
        for last in (False, True):
            try:
                self.done = host.send(data, flags) if target is None else host.sendto(data, flags, target)
                break
            except ConnectionRefusedError:  # of a datagram before, and taken note of by this
                if last:
                    raise
            except OSError as error:
                if error.errno != 106 or target is None:  # EISCONN
                    raise
                self.done = host.send(data, flags)
                break
        return 0


# -- the requests ----------------------------------------------------------------------------
def receive(endpoint: Endpoint, request: Request, transfer: Receive, wait: bool) -> int:
    """Do it, or keep it.  ``wait``: even if the socket does not block (an overlapped operation)."""
    bit = afd.POLL.OOB if transfer.flags & afd.MSG_OOB else afd.POLL.READ
    endpoint.selected.again(bit)
    if endpoint.receive_shut:
        return st.STATUS_PIPE_DISCONNECTED
    if endpoint.reset:
        return st.STATUS_CONNECTION_RESET
    if transfer.flags & afd.MSG_OOB and endpoint.inline:
        return st.STATUS_INVALID_PARAMETER
    if endpoint.state_of in (State.UNCONNECTED, State.CONNECTING, State.LISTENING):
        return st.STATUS_INVALID_CONNECTION
    if not endpoint.local:
        return st.STATUS_INVALID_PARAMETER
    status = None
    if not endpoint.reads:
        status = transfer.attempt(endpoint)
    if status is None:
        if endpoint.nonblocking and not wait:
            endpoint.arm()
            return AGAIN
        timeout = 0 if wait or endpoint.synchronous else endpoint.receive_timeout
        return transfer.wait(endpoint, request, endpoint.reads, timeout)
    request.information = transfer.done
    endpoint.arm()
    return status


def send(endpoint: Endpoint, request: Request, transfer: Send, wait: bool) -> int:
    """The same for sending."""
    if endpoint.send_shut:
        return st.STATUS_PIPE_DISCONNECTED
    if endpoint.reset:
        return st.STATUS_CONNECTION_RESET
    if endpoint.state_of in (State.UNCONNECTED, State.CONNECTING, State.LISTENING):
        return st.STATUS_INVALID_CONNECTION
    status = None
    if not endpoint.writes:
        status = transfer.attempt(endpoint)
        if endpoint.state_of == State.CONNECTIONLESS and not endpoint.local:
            endpoint.device.take_name(endpoint)
    if status is None and endpoint.nonblocking and not wait:
        endpoint.selected.again(afd.POLL.WRITE)
        endpoint.arm()
        if not transfer.done:
            return AGAIN
        status = 0
    if status is None:
        endpoint.selected.again(afd.POLL.WRITE)
        timeout = 0 if wait or endpoint.synchronous else endpoint.send_timeout
        return transfer.wait(endpoint, request, endpoint.writes, timeout)
    request.information = transfer.done
    return status


def read(endpoint: Endpoint, request: Request) -> int:
    """NtReadFile."""
    if endpoint.host is None:
        return st.STATUS_INVALID_PARAMETER
    transfer = Receive(request.t.memory, [(request.buffer.address, request.length)], 0)
    return receive(endpoint, request, transfer, True)


def write(endpoint: Endpoint, request: Request) -> int:
    """NtWriteFile."""
    if endpoint.host is None:
        return st.STATUS_INVALID_PARAMETER
    transfer = Send(request.t.memory, [(request.buffer.address, request.length)], 0)
    return send(endpoint, request, transfer, True)


# -- the controls ----------------------------------------------------------------------------
def afd_recv(endpoint: Endpoint, request: Request) -> int:
    """IOCTL_AFD_RECV."""
    if len(request.input) < afd.AFD_RECV.size:
        return st.STATUS_INVALID_PARAMETER
    buffers, count, how, given = afd.AFD_RECV.unpack_from(request.input)
    which = given & (afd.AFD_MSG_NOT_OOB | afd.AFD_MSG_OOB)
    if which in (0, afd.AFD_MSG_NOT_OOB | afd.AFD_MSG_OOB):
        return st.STATUS_INVALID_PARAMETER
    flags = afd.MSG_OOB if which == afd.AFD_MSG_OOB else 0
    flags |= afd.MSG_PEEK if given & afd.AFD_MSG_PEEK else 0
    flags |= afd.MSG_WAITALL if given & afd.AFD_MSG_WAITALL else 0
    memory = request.t.memory
    transfer = Receive(memory, capture(memory, buffers, count), flags)
    return receive(endpoint, request, transfer, bool(how & afd.AFD_RECV_FORCE_ASYNC))


def recvmsg(endpoint: Endpoint, request: Request) -> int:
    """NET.RECVMSG."""
    if len(request.input) < afd.AFD_RECVMSG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    control, address, length_at, flags_at, wait, count, buffers = afd.AFD_RECVMSG.unpack_from(request.input)
    if max(control, address, length_at, flags_at, buffers) >> 32:
        return st.STATUS_ACCESS_VIOLATION
    memory = request.t.memory
    flags = memory.read_u32(flags_at)
    if address and length_at and not endpoint.stream:
        size = memory.read_u32(length_at)
        if size < addresses.LENGTH[endpoint.family]:
            return st.STATUS_BUFFER_TOO_SMALL
    elif not length_at:
        address = 0
    transfer = Receive(memory, capture(memory, buffers, count), flags, address, length_at, control, flags_at)
    return receive(endpoint, request, transfer, bool(wait))


def sendmsg(endpoint: Endpoint, request: Request) -> int:
    """NET.SENDMSG."""
    if len(request.input) < afd.AFD_SENDMSG.size:
        return st.STATUS_BUFFER_TOO_SMALL
    address, length, flags, wait, count, buffers = afd.AFD_SENDMSG.unpack_from(request.input)
    if max(address, buffers) >> 32:
        return st.STATUS_ACCESS_VIOLATION
    memory = request.t.memory
    target = None
    if address and not endpoint.stream:
        raw = memory.read(address, min(length, addresses.LONGEST))
        if len(raw) < 2:
            return st.STATUS_ACCESS_VIOLATION
        target = addresses.parse(raw, endpoint.family)
    transfer = Send(memory, capture(memory, buffers, count), flags, target)
    return send(endpoint, request, transfer, bool(wait))
