"""Sending, receiving and replying.

A PORT_MESSAGE is captured by the handlers: the header first, the data behind it
when the port and the waiting thread are known.  What has no need to wait is
answered at once; the rest is a coroutine.
"""

from __future__ import annotations

from ring3k.abi.call import Answer, syscall
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_LPC_REPLY_LOST,
    STATUS_TIMEOUT,
    NtError,
)
from ring3k.abi.structs.lpc import LPC_TYPE, PORT_MESSAGE
from ring3k.abi.types import Handle, In, Opt, Out, Pointer, Timeout, check_alignment, pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.lpc.message import (
    HEADER,
    HEADER_SIZE,
    NO_IMPERSONATION,
    TYPE_MASK,
    Header,
    Message,
    check_fits,
    check_lengths,
    read_data,
    read_data_info,
)
from ring3k.lpc.port import Port
from ring3k.lpc.request import reply, reply_wait, send_callback, send_datagram, send_request
from ring3k.lpc.wait import Receiver, Waiter
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.typed import Annotated

MessagePointer = Annotated[int, pointer(PORT_MESSAGE)]


def capture(t: Thread, address: int) -> Header:
    """The header of a message, read once."""
    check_alignment(address, 4)
    header: Header = HEADER.unpack(t.memory.read(address, HEADER_SIZE))
    return header


def _check_reply(header: Header) -> None:
    """A reply must say to which message."""
    check_lengths(header[0], header[1])
    if not header[6]:
        raise NtError(STATUS_INVALID_PARAMETER)


# -- requests ------------------------------------------------------------------------
@syscall()
def NtRequestPort(t: Thread, port_handle: Handle, request_message: MessagePointer) -> int:
    """Send a datagram."""
    header = capture(t, request_message)
    if header[3]:
        raise NtError(STATUS_INVALID_PARAMETER)
    check_lengths(header[0], header[1])
    port = t.handles.get(port_handle, Port, 0)
    check_fits(header[0], header[1], port.maximum)
    send_datagram(t, port, header, read_data(t.memory, request_message, header[0]))
    return 0


@syscall()
def NtRequestWaitReplyPort(
    t: Thread, port_handle: Handle, request_message: MessagePointer, reply_message: Out[PORT_MESSAGE]
) -> Answer:
    """Send a request and wait for the reply, or for a callback in its place."""
    header = capture(t, request_message)
    check_alignment(reply_message.address, 4)
    info = read_data_info(t.memory, request_message, header) if header[3] else ()
    type_ = header[2] & TYPE_MASK
    if type_ not in (LPC_TYPE.LPC_NEW_MESSAGE, LPC_TYPE.LPC_REQUEST):
        raise NtError(STATUS_INVALID_PARAMETER)
    check_lengths(header[0], header[1])
    port = t.handles.get(port_handle, Port, 0)
    check_fits(header[0], header[1], port.maximum)
    if type_ == LPC_TYPE.LPC_REQUEST:
        waiter = send_callback(t, port, header, request_message, info)
    else:
        data = read_data(t.memory, request_message, header[0])
        waiter = send_request(t, port, header, data, LPC_TYPE.LPC_REQUEST, info)
    if header[2] & NO_IMPERSONATION:
        waiter.impersonation = False
    return _wait_reply(t, port, waiter, reply_message.address)


async def _wait_reply(t: Thread, port: Port, waiter: Waiter, address: int) -> int:
    port.reference()
    try:
        image = await waiter.suspension
    finally:
        waiter.forget()
        port.dereference()
    if image is None:
        return STATUS_LPC_REPLY_LOST
    t.memory.write(address, image)
    return 0


# -- replies -------------------------------------------------------------------------
@syscall()
def NtReplyPort(t: Thread, port_handle: Handle, reply_message: MessagePointer) -> int:
    """Answer a request."""
    header = capture(t, reply_message)
    _check_reply(header)
    port = t.handles.get(port_handle, Port, 0)
    check_fits(header[0], header[1], port.maximum)
    reply(t, port, header, reply_message)
    return 0


@syscall()
def NtReplyWaitReplyPort(t: Thread, port_handle: Handle, reply_message: MessagePointer) -> Answer:
    """Answer a callback and wait for the reply to one's own request; it comes to the same place."""
    header = capture(t, reply_message)
    _check_reply(header)
    port = t.handles.get(port_handle, Port, 0)
    check_fits(header[0], header[1], port.maximum)
    return _wait_reply(t, port, reply_wait(t, port, header, reply_message), reply_message)


@syscall()
def NtReplyWaitReceivePort(
    t: Thread,
    port_handle: Handle,
    port_context: Opt[Out[Pointer]],
    reply_message: MessagePointer,
    receive_message: Out[PORT_MESSAGE],
) -> Answer:
    """Answer a request (if reply_message is not NULL) and wait for the next message."""
    return _reply_receive(t, port_handle, port_context, reply_message, receive_message, None)


@syscall()
def NtReplyWaitReceivePortEx(
    t: Thread,
    port_handle: Handle,
    port_context: Opt[Out[Pointer]],
    reply_message: MessagePointer,
    receive_message: Out[PORT_MESSAGE],
    timeout: Opt[In[Timeout]],
) -> Answer:
    """NtReplyWaitReceivePort with a time-out."""
    return _reply_receive(t, port_handle, port_context, reply_message, receive_message, timeout)


def _reply_receive(
    t: Thread,
    handle: int,
    context: Out[Pointer] | None,
    answer: int,
    receive: Out[PORT_MESSAGE],
    timeout: int | None,
) -> Answer:
    room = receive.address
    check_alignment(room, 4)
    header = capture(t, answer) if answer else None
    if header is None:
        port = t.handles.get(handle, Port, 0)
        place = port.receiving()
    else:
        _check_reply(header)
        port = t.handles.get(handle, Port, 0)
        check_fits(header[0], header[1], port.maximum)
        place = port.receiving()
        reply(t, port, header, answer)
    if place.queue:
        return _deliver(t, place.take(), context, room)
    deadline = deadline_of(t, timeout)
    if deadline is not None and deadline <= t.kernel.clock.interrupt_time():
        return STATUS_TIMEOUT
    return _receive(t, port, place, context, room, deadline)


async def _receive(
    t: Thread, port: Port, place: Port, context: Out[Pointer] | None, room: int, deadline: int | None
) -> int:
    port.reference()
    receiver = Receiver(t, place, deadline)
    try:
        await receiver
        message = receiver.taken()
    finally:
        receiver.abandon()
        port.dereference()
    if message is None:
        return STATUS_TIMEOUT
    return _deliver(t, message, context, room)


def _deliver(t: Thread, message: Message, context: Out[Pointer] | None, room: int) -> int:
    t.memory.write(room, message.image)
    if context is not None:
        context.set(message.context)
    return 0


@syscall()
async def NtListenPort(t: Thread, port_handle: Handle, connection_request: Out[PORT_MESSAGE]) -> int:
    """Wait for a connection request; whatever else comes meanwhile is lost."""
    check_alignment(connection_request.address, 4)
    port = t.handles.get(port_handle, Port, 0)
    place = port.receiving()
    while True:
        message = place.take() if place.queue else await place.receive(t)
        if message is None:
            return STATUS_TIMEOUT
        t.memory.write(connection_request.address, message.image)
        if message.type == LPC_TYPE.LPC_CONNECTION_REQUEST:
            return 0
