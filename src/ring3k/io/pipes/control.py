"""The controls of a pipe: FSCTL_PIPE_*."""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import EVENT_MODIFY_STATE
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_CANNOT_IMPERSONATE,
    STATUS_ILLEGAL_FUNCTION,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PIPE_STATE,
    STATUS_NOT_FOUND,
    STATUS_NOT_SUPPORTED,
    STATUS_PIPE_BROKEN,
    STATUS_PIPE_BUSY,
    STATUS_PIPE_DISCONNECTED,
    NtError,
)
from ring3k.abi.structs import io as st
from ring3k.abi.types import InBuffer
from ring3k.abi.version import Version
from ring3k.ex.event import Event
from ring3k.io.pipes.pipe import DUPLEX
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.pipes.file import PipeEnd
    from ring3k.io.request import Request

STATE = st.PIPE_STATE


class AssignedEvent:
    """FSCTL_PIPE_ASSIGN_EVENT: an event that is set when something happens to an end."""

    __slots__ = ("event", "key")

    def __init__(self, event: Event, key: int) -> None:
        self.event = event
        self.key = key
        event.reference()


def assign(end: PipeEnd, assigned: AssignedEvent | None) -> None:
    """Give an end another event, or none."""
    before, end.event = end.event, assigned
    events = end.device.events
    if before is not None:
        events[before.event].remove(end)
        if not events[before.event]:
            del events[before.event]
        before.event.dereference()
    if assigned is not None:
        events.setdefault(assigned.event, []).append(end)


def fs_control(end: PipeEnd, request: Request) -> int:
    """One of them."""
    control = _CONTROLS.get(request.code)
    if control is None:
        raise NtError(STATUS_NOT_SUPPORTED)
    return control(end, request)


def _listen(end: PipeEnd, request: Request) -> int:
    if not end.server:
        raise NtError(STATUS_ILLEGAL_FUNCTION)
    return end.connection.listen(request, not end.waits)


def _disconnect(end: PipeEnd, request: Request) -> int:
    instance = end.connection
    if not end.server:
        raise NtError(STATUS_ILLEGAL_FUNCTION)
    instance.disconnect()
    return 0


def _peek(end: PipeEnd, request: Request) -> int:
    """What could be read, and how much there is."""
    instance = end.connection
    head = st.FILE_PIPE_PEEK_BUFFER.size()
    if request.length < head:
        raise NtError(STATUS_INVALID_PARAMETER)
    if instance.state not in (STATE.FILE_PIPE_CONNECTED_STATE, STATE.FILE_PIPE_CLOSING_STATE):
        raise NtError(STATUS_INVALID_PIPE_STATE)
    incoming, by_message = end.incoming, end.pipe.by_message
    data, overflow = b"", False
    if incoming.writes:
        data, overflow = incoming.look(request.length - head, by_message)
    elif instance.state == STATE.FILE_PIPE_CLOSING_STATE:
        raise NtError(STATUS_PIPE_BROKEN)
    found = st.FILE_PIPE_PEEK_BUFFER(
        NamedPipeState=instance.state,
        ReadDataAvailable=incoming.bytes,
        NumberOfMessages=incoming.messages if by_message else 0,
        MessageLength=incoming.writes[0].left if by_message and incoming.writes else 0,
    )
    request.buffer.write(found.pack() + data)
    request.information = head + len(data)
    return STATUS_BUFFER_OVERFLOW if overflow else 0


def _transceive(end: PipeEnd, request: Request) -> int:
    """Write a message and read the answer, without anybody in between."""
    instance = end.connection
    if (
        instance.state != STATE.FILE_PIPE_CONNECTED_STATE
        or end.pipe.configuration != DUPLEX
        or not end.by_message
    ):
        raise NtError(STATUS_INVALID_PIPE_STATE)
    if end.incoming.writes or end.incoming.reads:
        raise NtError(STATUS_PIPE_BUSY)
    status = end.incoming.wait_to_read(request)
    try:
        end.send_message(request.input, request.t)
    except NtError as error:
        request.cancel(error.status)
    return status


def _impersonate(end: PipeEnd, request: Request) -> int:
    """The server's thread acts as the client."""
    instance = end.connection
    if not end.server:
        raise NtError(STATUS_ILLEGAL_FUNCTION)
    if instance.state not in (STATE.FILE_PIPE_CONNECTED_STATE, STATE.FILE_PIPE_CLOSING_STATE):
        raise NtError(STATUS_PIPE_DISCONNECTED)
    if instance.context is None:
        raise NtError(STATUS_CANNOT_IMPERSONATE)
    instance.context.impersonate(request.t, instance.inbound.writer)
    return 0


def _query_client(end: PipeEnd, request: Request) -> int:
    instance = end.connection
    if request.length < st.FILE_PIPE_CLIENT_PROCESS_BUFFER.size():
        raise NtError(STATUS_INVALID_PARAMETER)
    found = st.FILE_PIPE_CLIENT_PROCESS_BUFFER(ClientSession=instance.session, ClientProcess=instance.process)
    request.buffer.write(found.pack())
    request.information = found.size()
    return 0


def _set_client(end: PipeEnd, request: Request) -> int:
    """For a server of the kernel's: what it says is what the query answers."""
    instance = end.connection
    if len(request.input) != st.FILE_PIPE_CLIENT_PROCESS_BUFFER.size():
        raise NtError(STATUS_INVALID_PARAMETER)
    given = st.FILE_PIPE_CLIENT_PROCESS_BUFFER.unpack(request.input)
    instance.session, instance.process = given.ClientSession, given.ClientProcess
    return 0


def _assign_event(end: PipeEnd, request: Request) -> int:
    end.connection  # noqa: B018  raises when there is none
    if len(request.input) != st.FILE_PIPE_ASSIGN_EVENT_BUFFER.size():
        raise NtError(STATUS_INVALID_PARAMETER)
    given = st.FILE_PIPE_ASSIGN_EVENT_BUFFER.unpack(request.input)
    if not given.EventHandle:
        assign(end, None)
        return 0
    event = request.t.handles.get(given.EventHandle, Event, EVENT_MODIFY_STATE)
    assign(end, AssignedEvent(event, given.KeyValue))
    return 0


_ATTRIBUTES = {
    b"ClientProcessId": 0,
    b"ServerProcessId": 1,
    b"ClientSessionId": None,
    b"ServerSessionId": None,
}


def _connection_attribute(end: PipeEnd, request: Request) -> int:
    """Who is at the two ends (Windows Vista and later); the attribute is named."""
    name = bytes(request.input).partition(b"\0")[0]
    if request.t.kernel.part(Version).level < 60:
        raise NtError(STATUS_NOT_SUPPORTED)
    instance = end.connection
    if name not in _ATTRIBUTES:
        raise NtError(STATUS_NOT_FOUND)
    if request.length < 4:
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    which = _ATTRIBUTES[name]
    request.buffer.write((instance.pids[which] if which is not None else 0).to_bytes(4, "little"))
    request.information = 4
    return 0


EVENT_READ_DATA, EVENT_WRITE_SPACE = range(2)  # FILE_PIPE_EVENT_BUFFER.EntryType


def _query_event(end: PipeEnd, request: Request) -> int:
    """What can be read from and written to the ends that an event is assigned to."""
    if len(request.input) < 4:
        raise NtError(STATUS_INVALID_PARAMETER)
    event = request.t.handles.get(int.from_bytes(request.input[:4], "little"), Event, EVENT_MODIFY_STATE)
    out = b""
    for one in end.device.events.get(event, ()):
        instance, assigned = one.instance, one.event
        if instance is None or assigned is None:
            continue
        readable = one.incoming.bytes
        for kind, count, requests in (
            (EVENT_READ_DATA, readable, one.incoming.messages),
            (EVENT_WRITE_SPACE, one.outgoing.room, len(one.outgoing.reads)),
        ):
            entry = st.FILE_PIPE_EVENT_BUFFER(
                NamedPipeState=instance.state,
                EntryType=kind,
                ByteCount=count,
                KeyValue=assigned.key,
                NumberRequests=requests,
            ).pack()
            if len(out) + len(entry) > request.length:
                break
            out += entry
    if out:
        request.buffer.write(out)
    request.information = len(out)
    return 0


def _internal_read(end: PipeEnd, request: Request) -> int:
    return end.read(request)


def _internal_read_overflow(end: PipeEnd, request: Request) -> int:
    """A message that does not fit stays whole."""
    writes = end.incoming.writes
    if end.by_message and writes and writes[0].left > request.length:
        request.information = writes[0].left
        return STATUS_BUFFER_OVERFLOW
    return end.read(request)


class _Captured(InBuffer):
    """Data that were read before: a control's input."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, length: int | None = None, offset: int = 0) -> bytes:
        return self.data[offset:][:length]


def _internal_write(end: PipeEnd, request: Request) -> int:
    request.buffer, request.length = _Captured(request.input), len(request.input)
    return end.write(request)


_CONTROLS: dict[int, Callable[[PipeEnd, Request], int]] = {
    st.FSCTL_PIPE_ASSIGN_EVENT: _assign_event,
    st.FSCTL_PIPE_DISCONNECT: _disconnect,
    st.FSCTL_PIPE_LISTEN: _listen,
    st.FSCTL_PIPE_PEEK: _peek,
    st.FSCTL_PIPE_QUERY_EVENT: _query_event,
    st.FSCTL_PIPE_TRANSCEIVE: _transceive,
    st.FSCTL_PIPE_WAIT: lambda end, request: STATUS_ILLEGAL_FUNCTION,
    st.FSCTL_PIPE_IMPERSONATE: _impersonate,
    st.FSCTL_PIPE_SET_CLIENT_PROCESS: _set_client,
    st.FSCTL_PIPE_QUERY_CLIENT_PROCESS: _query_client,
    st.FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE: _connection_attribute,
    st.FSCTL_PIPE_INTERNAL_READ: _internal_read,
    st.FSCTL_PIPE_INTERNAL_WRITE: _internal_write,
    st.FSCTL_PIPE_INTERNAL_TRANSCEIVE: _transceive,
    st.FSCTL_PIPE_INTERNAL_READ_OVFLOW: _internal_read_overflow,
}
