"""Connecting: the request, its acceptance or refusal, its completion.

The client waits through three steps of the server: it receives the request,
accepts it (the ports are joined, sections mapped), and completes it.  Whoever
refuses answers the same message; the client is told STATUS_PORT_CONNECTION_REFUSED
and gets the server's connection information all the same.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_PORT_CONNECTION_REFUSED,
    STATUS_REPLY_MESSAGE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.lpc.kind import CLIENT, COMMUNICATION
from ring3k.lpc.message import HEADER, HEADER_SIZE, Message
from ring3k.lpc.port import Port
from ring3k.lpc.view import PortView
from ring3k.lpc.wait import Waiter, WaiterTable
from ring3k.typed import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ring3k.mm.section import Section


class Offer(NamedTuple):
    """A section that one side brings."""

    section: Section
    offset: int
    size: int


class Connect:
    """A connection that is being made."""

    def __init__(self, client: Port, info: bytes) -> None:
        self.client = client
        self.info = info  # the client's, and then the server's
        self.section: Section | None = None  # that the client brings
        self.offset = self.size = 0
        self.view: PortView | None = None  # of that section, in the client; the kernel needs none
        self.remote_base = 0  # the same, in the server
        self.answered = False
        self.server_view: PortView | None = None  # of the server's section, in the client
        client.reference()
        self._held = True

    def offer(self, process: Any, offer: Offer) -> None:
        """Map the client's section where the client is."""
        self.view = PortView(process, offer.section, offer.offset, offer.size)
        self.client.views.append(self.view)
        self.bring(Offer(offer.section, self.view.offset, self.view.size))

    def bring(self, offer: Offer) -> None:
        """Have the section ready for the server."""
        self.section, self.offset, self.size = offer
        self.section.reference()

    def drop(self) -> None:
        """Nobody will accept it any more.  May be called twice."""
        if self.section is not None:
            self.section.dereference()
            self.section = None
        if self._held:
            self._held = False
            self.client.dereference()


def client_port(connection: Port, t: Any) -> Port:
    """The client's end of a connection to be made, with a reference for the caller."""
    port = Port(connection.kernel, CLIENT, connection.maximum, connection)
    port.creation = t.process.create_time
    port.reference()
    return port


async def connect(t: Any, port: Port, request: Connect) -> int:
    """Ask the server for a connection; the status, success or not.  ``request`` then has what it answered."""
    connection = port.connection
    if connection is None or connection.name_deleted:
        request.drop()
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    table = connection.table
    info = request.info
    id_ = table.next_message()
    sender = t.process.pid, t.tid
    message = Message(
        LPC_TYPE.LPC_CONNECTION_REQUEST,
        HEADER.pack(
            len(info),
            HEADER_SIZE + len(info),
            LPC_TYPE.LPC_CONNECTION_REQUEST,
            0,
            *sender,
            id_,
            request.size,
        )
        + info,
    )
    message.connect = request
    connection.reference()
    try:
        connection.put(message)
        waiter = Waiter(table, t, id_, port, connection)
        waiter.connect = request
        answer = await waiter.wait()
    finally:
        connection.withdraw(message)
        request.drop()
        connection.dereference()
    if answer is None:
        return STATUS_PORT_CONNECTION_REFUSED
    request.info, request.answered = answer, True
    if port.connected is not None:
        return 0
    if port.connection is None or connection.name_deleted:
        return STATUS_OBJECT_NAME_NOT_FOUND
    return STATUS_PORT_CONNECTION_REFUSED


def find_client(t: Any, port_message: tuple[int, ...]) -> Waiter:
    """Who waits for this connection; STATUS_INVALID_CID, STATUS_REPLY_MESSAGE_MISMATCH.

    Only the process that made the connection port may answer.
    """
    waiter = t.kernel.late_part(WaiterTable).find(*port_message[4:7])
    request = waiter.connect
    connection = request.client.connection if request is not None else None
    if connection is None or connection.server is not t.process:
        raise NtError(STATUS_REPLY_MESSAGE_MISMATCH)
    found: Waiter = waiter
    return found


def accept(t: Any, waiter: Waiter, context: int, offer: Offer | None) -> tuple[Port, PortView | None]:
    """The server's end, with a reference for the caller, and the view of the server's own section there.

    The client goes on waiting, but nobody else can accept it.  Where mapping fails, the
    caller drops the port and wakes the client.
    """
    request: Connect = waiter.connect
    client = request.client
    connection = client.connection
    if connection is None:
        raise NtError(STATUS_REPLY_MESSAGE_MISMATCH)
    server = Port(connection.kernel, COMMUNICATION, connection.maximum, connection)
    server.reference()
    server.context = context
    server.connected, client.connected = client, server
    own: PortView | None = None
    try:
        if request.section is not None and t.process.vm is not None:
            view = PortView(t.process, request.section, request.offset, request.size)
            server.views.append(view)
            request.remote_base = view.base
        if offer is not None:
            own = PortView(t.process, offer.section, offer.offset, offer.size)
            server.views.append(own)
            process = waiter.thread.process
            if process.vm is not None:
                there = PortView(process, offer.section, own.offset, own.size)
                client.views.append(there)
                request.server_view = there
    except NtError:
        server.dereference()
        raise
    return server, own


def complete(server: Port) -> None:
    """NtCompleteConnectPort; STATUS_INVALID_PARAMETER when that was done before."""
    waiter, server.client_waiter = server.client_waiter, None
    if waiter is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not waiter.suspension.ended:
        waiter.answer(waiter.connect.info)
