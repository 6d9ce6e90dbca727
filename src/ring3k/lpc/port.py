"""Ports: kinds, queues, whom they are connected to, and their end.

A server creates a *connection port* by name.  A connection is a pair: the
*client port* in the client and the *communication port* in the server.  What a
client sends is queued at the connection port, with the context that the server
chose for this client; what the server sends through the communication port is
queued at the client port.  A port without a name is its own partner, and has
its messages queued at itself.

Who waits for a reply hangs on the port that would have to answer (``chain``),
and learns of its end: the wait ends with STATUS_LPC_REPLY_LOST.

NT oddities kept: the last handle of a connection port drops what is queued and
whom it was promised to, but connections live on and still queue there; who
waits to receive is not woken by the end of anything; a port that is not
waitable is always signalled.
"""

from __future__ import annotations

from collections import deque

from ring3k.abi.status import STATUS_PORT_DISCONNECTED, NtError
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.ke.dispatcher import Dispatcher
from ring3k.lpc.kind import CLIENT, CONNECTION, UNCONNECTED
from ring3k.lpc.message import HEADER, KERNEL_MODE, MESSAGE_COST, TYPE_MASK, Message, charge, simple
from ring3k.lpc.wait import Receiver, Waiter, WaiterTable
from ring3k.ob.object import Object
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread
    from ring3k.lpc.view import PortView


class _Always(Dispatcher):
    """What a wait on a port that is not waitable waits for."""

    def can_take(self, thread: KThread) -> bool:
        return True


class Port(Object):
    """One end of a conversation, or the place where conversations begin."""

    type_name = "Port"
    wait_target: Dispatcher

    def __init__(self, kernel: Kernel, kind: int, most: int, connection: Port | None = None) -> None:
        super().__init__(kernel)
        self.kind = kind
        self.table = kernel.late_part(WaiterTable)
        self.maximum = most  # bytes of a message with its header
        self.connection: Port | None = connection or self  # where requests are queued
        self.connected: Port | None = self if kind == UNCONNECTED else None  # the other end
        self.context = 0  # communication ports: what the server calls the client
        self.server: Any = None  # connection ports: the process
        self.name_deleted = False
        self.queue: deque[Message] = deque()
        self.receivers: dict[Receiver, None] = {}  # first come, first served
        self.chain: dict[Waiter, None] = {}  # who waits for an answer from here
        self.client_waiter: Waiter | None = None  # communication ports, until NtCompleteConnectPort
        self.views: list[PortView] = []
        self.client_security: Any = None  # client ports: lpc.security.ClientSecurity
        self.creation = 0  # client ports: when the process was created
        self.closer: tuple[int, int] = (0, 0)  # client id of who gave up the last handle
        self.wait_target = self._make_target()
        if connection is not None:
            connection.reference()

    def _make_target(self) -> Dispatcher:
        return _Always()

    # -- sending ----------------------------------------------------------------
    def route(self) -> tuple[Port, Port, int]:
        """Where a message goes, whose end loses its reply, and its context; STATUS_PORT_DISCONNECTED."""
        kind = self.kind
        if kind == CONNECTION:
            return self, self, 0
        other = self.connected
        if other is None:
            raise NtError(STATUS_PORT_DISCONNECTED)
        if kind == CLIENT:
            if self.connection is None:
                raise NtError(STATUS_PORT_DISCONNECTED)
            return self.connection, other, other.context
        return other, other, 0

    def put(self, message: Message) -> None:
        """Queue a message, or hand it to who waits for one; STATUS_NO_MEMORY."""
        if self.receivers:
            for receiver in self.receivers:
                if receiver.give(message):
                    del self.receivers[receiver]
                    return
        charge(self.kernel.pool)
        message.queued = True
        self.queue.append(message)
        self._queued()

    def put_back(self, message: Message) -> None:
        """A receiver ended before it could take what it was given."""
        self.kernel.pool.used += MESSAGE_COST
        message.queued = True
        self.queue.appendleft(message)
        self._serve()

    def _serve(self) -> None:
        """Messages and receivers may have come together."""
        for receiver in tuple(self.receivers):
            if not self.queue:
                return
            if not receiver.suspended:
                del self.receivers[receiver]
                receiver.give(self.take())
        if self.queue:
            self._queued()

    def _queued(self) -> None:
        """There is something to receive."""

    def take(self) -> Message:
        """The next message."""
        message = self.queue.popleft()
        message.queued = False
        self.kernel.pool.release(MESSAGE_COST)
        return message

    def withdraw(self, message: Message) -> None:
        """Take a connection request back whose client is gone."""
        if message.queued:
            message.queued = False
            self.queue.remove(message)
            self.kernel.pool.release(MESSAGE_COST)

    def send_event(self, type_: int, sender: tuple[int, int], data: bytes) -> None:
        """LPC_PORT_CLOSED and its like, along the way of a datagram; lost where nobody is left to hear it."""
        try:
            place, _, context = self.route()
            image = simple(type_ & (TYPE_MASK | KERNEL_MODE), sender, self.table.next_message(), data)
            place.put(Message(type_ & TYPE_MASK, image, context))
        except NtError:
            pass

    # -- receiving ----------------------------------------------------------------
    def receiving(self) -> Port:
        """The port whose queue a server or client reads through this one."""
        if self.kind == CLIENT:
            return self
        if self.connection is None:
            raise NtError(STATUS_PORT_DISCONNECTED)
        return self.connection

    async def receive(self, t: Any, deadline: int | None = None) -> Message | None:
        """The next message; None when time runs out.  The caller has seen that the queue is empty."""
        if deadline is not None and deadline <= self.kernel.clock.interrupt_time():
            return None
        receiver = Receiver(t, self, deadline)
        try:
            await receiver
            return receiver.taken()
        finally:
            receiver.abandon()

    # -- the kernel's own side --------------------------------------------------------
    async def kernel_request(self, t: KThread, message: bytes) -> bytes:
        """Send a message in the name of a guest thread and wait for the reply.

        This is how the rooms below reach whoever has a port object (of a process: ``debug_port``,
        ``exception_port``) without knowing this one.  ``message`` is a whole PORT_MESSAGE image with
        its data; of the header DataLength, TotalLength and Type are looked at (Type: LPC_EXCEPTION,
        LPC_DEBUG_EVENT, LPC_ERROR_EVENT, LPC_CLIENT_DIED, LPC_PORT_CLOSED, or 0 for LPC_REQUEST).
        Returns the image of the reply, header first, no longer than the server made it: check its
        length before using it.  Raises NtError: STATUS_PORT_DISCONNECTED, STATUS_LPC_REPLY_LOST when
        the server goes before it answers, STATUS_PORT_MESSAGE_TOO_LONG, STATUS_NO_MEMORY.  The wait
        ends with the thread's own end as every wait does.
        """
        from ring3k.lpc.request import kernel_request

        return await kernel_request(self, t, message)

    def kernel_send(self, t: KThread, message: bytes) -> None:
        """A message that nobody replies to: LPC_CLIENT_DIED, LPC_PORT_CLOSED or (Type 0) a datagram."""
        type_ = HEADER.unpack_from(message)[2]
        self.send_event(type_ or LPC_TYPE.LPC_DATAGRAM, (t.process.pid, t.tid), message[HEADER.size :])

    # -- the end ------------------------------------------------------------------
    def on_close(self, process: Any) -> None:
        if self.handle_count:
            return
        self.closer = self._closer(process)
        if self.kind == CONNECTION:
            self._end_queue()

    def _closer(self, process: Any) -> tuple[int, int]:
        guest = self.kernel.engine.current
        t = guest.owner if guest is not None else None
        if t is not None and t.process is process:
            return process.pid, t.tid
        return process.pid, process.last_tid

    def _end_queue(self) -> None:
        """Cut the connection, tell who waits, drop what is queued."""
        other = self.connected
        if self.kind != UNCONNECTED and other is not None:
            other.connected = self.connected = None
            place, other.connection = other.connection, None
            if place is not None:
                place.dereference()
        if self.kind == CONNECTION:
            self.name_deleted = True
        while self.chain:
            waiter, _ = self.chain.popitem()
            waiter.lose()
        while self.queue:
            message = self.take()
            if message.connect is not None:
                message.connect.drop()

    def on_delete(self) -> None:
        if self.kind == CLIENT:
            self.send_event(LPC_TYPE.LPC_PORT_CLOSED, self.closer, self._birth())
        self.client_waiter = None
        self._end_queue()
        for view in self.views:
            view.unmap()
        self.views.clear()
        if self.client_security is not None:
            self.client_security.release()
        connection, self.connection = self.connection, None
        if connection is not None and connection is not self:
            connection.dereference()
        if self.server is not None:
            self.server.dereference()
            self.server = None

    def _birth(self) -> bytes:
        """Data of LPC_PORT_CLOSED: when the process of the client was created."""
        return int(self.creation).to_bytes(8, "little")


class WaitablePort(Port):
    """A port that is signalled while it has something to receive."""

    type_name = "WaitablePort"

    def _make_target(self) -> Dispatcher:
        return _Filled(self)

    def _queued(self) -> None:
        self.wait_target.signalled()


class _Filled(Dispatcher):
    """Signalled while messages are queued."""

    def __init__(self, port: Port) -> None:
        super().__init__()
        self.port = port

    def can_take(self, thread: KThread) -> bool:
        return bool(self.port.queue)

    def reference(self) -> None:
        self.port.reference()

    def dereference(self) -> None:
        self.port.dereference()
