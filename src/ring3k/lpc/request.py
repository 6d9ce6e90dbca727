"""Requests and replies: one at a time for each thread, or nested as callbacks.

A request goes to the queue of whoever serves the port; its sender waits.  The
server may, before it replies, send a request to that waiting thread (a
callback: a message of type LPC_REQUEST with the id of the first).  The client
then has the callback in place of its reply, answers with NtReplyWaitReplyPort,
and waits for its own reply again; both are the same message id.

A reply that nobody waits for is STATUS_REPLY_MESSAGE_MISMATCH: the type
LPC_LOST_REPLY, once meant for it, is never sent by NT 5.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_LPC_REPLY_LOST,
    STATUS_PORT_DISCONNECTED,
    NtError,
)
from ring3k.abi.structs.lpc import LPC_TYPE
from ring3k.lpc.kind import CONNECTION
from ring3k.lpc.message import (
    HEADER,
    HEADER_SIZE,
    KERNEL_MODE,
    TYPE_MASK,
    DataInfo,
    Header,
    Message,
    as_reply,
    check_fits,
    check_lengths,
    image_of,
    read_data,
)
from ring3k.lpc.wait import Waiter
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.lpc.port import Port

_KERNEL_TYPES = (
    LPC_TYPE.LPC_REQUEST,
    LPC_TYPE.LPC_PORT_CLOSED,
    LPC_TYPE.LPC_CLIENT_DIED,
    LPC_TYPE.LPC_EXCEPTION,
    LPC_TYPE.LPC_DEBUG_EVENT,
    LPC_TYPE.LPC_ERROR_EVENT,
)


def send_datagram(t: Any, port: Port, header: Header, data: bytes) -> None:
    """A message that nobody answers.  Whatever type its sender wrote, it is a datagram."""
    place, _, context = port.route()
    id_ = port.table.next_message()
    type_ = LPC_TYPE.LPC_DATAGRAM
    place.put(Message(type_, image_of(header, type_, (t.process.pid, t.tid), id_, 0, data), context))


def send_request(
    t: Any, port: Port, header: Header, data: bytes, type_: int = LPC_TYPE.LPC_REQUEST, info: DataInfo = ()
) -> Waiter:
    """Queue a request; whom the caller awaits is returned."""
    place, answering, context = port.route()
    id_ = port.table.next_message()
    place.put(
        Message(type_ & TYPE_MASK, image_of(header, type_, (t.process.pid, t.tid), id_, 0, data), context)
    )
    waiter = Waiter(port.table, t, id_, port, answering)
    waiter.data_info = info
    return waiter


def send_callback(t: Any, port: Port, header: Header, address: int, info: DataInfo) -> Waiter:
    """A request to a thread that itself waits for a reply."""
    id_ = header[6]
    if not id_:
        raise NtError(STATUS_INVALID_PARAMETER)
    table = port.table
    target = table.find_request(header[4], header[5], id_, port)
    data = read_data(t.memory, address, header[0])
    answering = _answering(port)
    sender = t.process.pid, t.tid
    target.answer(image_of(header, LPC_TYPE.LPC_REQUEST, sender, id_, table.next_callback(), data))
    waiter = Waiter(table, t, id_, port, answering)
    waiter.data_info = info
    return waiter


def reply(t: Any, port: Port, header: Header, address: int) -> None:
    """Answer the request that the header names; STATUS_INVALID_CID, STATUS_REPLY_MESSAGE_MISMATCH."""
    waiter = port.table.find_request(header[4], header[5], header[6], port)
    waiter.answer(as_reply(header, read_data(t.memory, address, header[0])))


def reply_wait(t: Any, port: Port, header: Header, address: int) -> Waiter:
    """Answer a callback; then the caller waits for the reply to its own request, which has the same id."""
    waiter = port.table.find_request(header[4], header[5], header[6], port)
    data = read_data(t.memory, address, header[0])
    answering = _answering(port)
    waiter.answer(as_reply(header, data))
    return Waiter(port.table, t, header[6], port, answering)


def _answering(port: Port) -> Port:
    """Whose end loses a reply that comes through this port."""
    found = port if port.kind == CONNECTION else port.connected
    if found is None:
        raise NtError(STATUS_PORT_DISCONNECTED)
    return found


async def kernel_request(port: Port, t: Any, message: bytes) -> bytes:
    """``Port.kernel_request``."""
    header = HEADER.unpack_from(message)
    type_ = header[2] & TYPE_MASK or LPC_TYPE.LPC_REQUEST
    if type_ not in _KERNEL_TYPES:
        raise NtError(STATUS_INVALID_PARAMETER)
    check_lengths(header[0], header[1])
    check_fits(header[0], header[1], port.maximum)
    if port.kind == CONNECTION and port.name_deleted:
        raise NtError(STATUS_PORT_DISCONNECTED)
    data = message[HEADER_SIZE : HEADER_SIZE + header[0]]
    port.reference()
    type_ |= header[2] & KERNEL_MODE
    try:
        answer = await send_request(t, port, header, data + bytes(-len(data) % 4), type_).wait()
    finally:
        port.dereference()
    if answer is None:
        raise NtError(STATUS_LPC_REPLY_LOST)
    return answer
