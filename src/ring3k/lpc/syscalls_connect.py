"""Making ports and connections."""

from __future__ import annotations

from ring3k.abi.access import PORT_ALL_ACCESS, PORT_CONNECT, SECTION_MAP_READ, SECTION_MAP_WRITE
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PORT_HANDLE,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.lpc import PORT_VIEW, REMOTE_PORT_VIEW
from ring3k.abi.structs.se import SECURITY_QUALITY_OF_SERVICE, SID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    pointer,
)
from ring3k.ke.thread import KThread as Thread
from ring3k.lpc.connect import (
    Connect,
    Offer,
    accept,
    client_port,
    complete,
    connect,
    find_client,
)
from ring3k.lpc.kind import COMMUNICATION, CONNECTION, UNCONNECTED
from ring3k.lpc.late import LatePort
from ring3k.lpc.message import HEADER_SIZE, MAXIMUM_CONNECTION_INFO, MAXIMUM_MESSAGE
from ring3k.lpc.port import Port, WaitablePort
from ring3k.lpc.security import ClientSecurity, check_server
from ring3k.lpc.syscalls_message import MessagePointer, capture
from ring3k.lpc.view import PortView
from ring3k.mm.section import Section
from ring3k.ob.namespace import Namespace
from ring3k.ob.open import create, grant_open
from ring3k.se.sid import Sid, capture_sid
from ring3k.typed import Annotated, Any

SidPointer = Annotated[int, pointer(SID)]
ConnectionData = Annotated[OutBuffer, Sized("connection_information_length", align=4, indirect=True)]


# -- making ports ----------------------------------------------------------------------
def _create(
    t: Thread, out: Out[Handle], attributes: ObjectAttributes, info: int, most: int, kind: type[Port]
) -> int:
    if attributes.attributes & kind.rights.invalid_attributes:
        raise NtError(STATUS_INVALID_PARAMETER)
    if info > MAXIMUM_CONNECTION_INFO:
        raise NtError(STATUS_INVALID_PARAMETER_3)
    if most > MAXIMUM_MESSAGE:
        raise NtError(STATUS_INVALID_PARAMETER_4)

    def make() -> Port:
        port = kind(t.kernel, CONNECTION if attributes.name else UNCONNECTED, most)
        if attributes.name:
            port.server = t.process
            t.process.reference()
        return port

    return create(t, out, PORT_ALL_ACCESS, attributes, kind, make)


@syscall()
def NtCreatePort(
    t: Thread,
    port_handle: Out[Handle],
    object_attributes: In[ObjectAttributesArg],
    max_connection_info_length: Ulong,
    max_message_length: Ulong,
    max_pool_usage: Ulong,
) -> int:
    """Create a port that clients connect to by name, or one without a name, for its owner's use."""
    return _create(t, port_handle, object_attributes, max_connection_info_length, max_message_length, Port)


@syscall()
def NtCreateWaitablePort(
    t: Thread,
    port_handle: Out[Handle],
    object_attributes: In[ObjectAttributesArg],
    max_connection_info_length: Ulong,
    max_message_length: Ulong,
    max_pool_usage: Ulong,
) -> int:
    """Create a port whose waits tell whether there is a message."""
    return _create(
        t, port_handle, object_attributes, max_connection_info_length, max_message_length, WaitablePort
    )


# -- the client ------------------------------------------------------------------------
class _Call:
    """What both calls that connect were given, and what they give back."""

    def __init__(
        self,
        out: Out[Handle],
        client_view: InOut[PORT_VIEW] | None,
        server_view: InOut[REMOTE_PORT_VIEW] | None,
        maximum: Out[Ulong] | None,
        info: OutBuffer | None,
        length: InOut[Ulong] | None,
    ) -> None:
        self.out = out
        self.client_view = client_view
        self.server_view = server_view
        self.maximum = maximum
        self.info = info
        self.length = length
        _check_view(client_view, PORT_VIEW)
        _check_view(server_view, REMOTE_PORT_VIEW)

    def information(self) -> bytes:
        """What the client tells the server about itself."""
        size = min(self.length.value if self.length is not None else 0, MAXIMUM_CONNECTION_INFO)
        return self.info.read(size) if self.info is not None else bytes(size)

    def tell(self, sent: int, answer: bytes) -> None:
        """The server's information comes back where the client's was."""
        if self.info is None:
            return
        size = min(sent, len(answer))
        if self.length is not None:
            self.length.set(size)
        self.info.write(answer[:size])

    def succeed(self, t: Thread, port: Port, request: Connect) -> None:
        """Give the client its port, and tell what it is; a page gone meanwhile costs it the connection."""
        handle = t.handles.insert(port, PORT_ALL_ACCESS)
        try:
            self.out.set(handle)
            if self.maximum is not None:
                self.maximum.set(port.maximum)
            if self.client_view is not None and request.view is not None:
                _fill_view(self.client_view, request.view, request.remote_base)
            if self.server_view is not None:
                there = request.server_view
                size, base = (there.size, there.base) if there is not None else (0, 0)
                length = REMOTE_PORT_VIEW.size() if there is not None else 0
                self.server_view.set(REMOTE_PORT_VIEW(Length=length, ViewSize=size, ViewBase=base))
        except GuestFault:
            t.handles.close(handle)
            raise


def _check_view(view: InOut[Any] | None, layout: type[PORT_VIEW | REMOTE_PORT_VIEW]) -> None:
    if view is not None and view.value.Length != layout.size():
        raise NtError(STATUS_INVALID_PARAMETER)


def _offer(t: Thread, view: InOut[PORT_VIEW]) -> Offer:
    """The section that a view is to show; its handle must allow reading and writing."""
    value = view.value
    section = t.handles.get(value.SectionHandle, Section, SECTION_MAP_READ | SECTION_MAP_WRITE)
    return Offer(section, value.SectionOffset, value.ViewSize)


def _find_port(t: Thread, name: str) -> Port:
    """The connection port of that name."""
    if not name:
        raise NtError(STATUS_OBJECT_NAME_INVALID)
    found = t.kernel.part(Namespace).walk(t, name, None, 0).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if isinstance(found, LatePort):
        found = found.load().port
    if not isinstance(found, Port):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    grant_open(t, found, PORT_CONNECT)
    if found.kind != CONNECTION:
        raise NtError(STATUS_INVALID_PORT_HANDLE)
    return found


async def _connect(
    t: Thread, name: str, qos: SECURITY_QUALITY_OF_SERVICE, call: _Call, sid: Sid | None = None
) -> int:
    connection = _find_port(t, name)
    if sid is not None:
        check_server(connection, sid)
    port = client_port(connection, t)
    try:
        port.client_security = ClientSecurity(t, qos)
        request = Connect(port, b"")
        try:
            if call.client_view is not None:
                request.offer(t.process, _offer(t, call.client_view))
            request.info = call.information()
        except NtError:
            request.drop()
            raise
        sent = len(request.info)
        status = await connect(t, port, request)
        if request.answered:
            call.tell(sent, request.info)
        if status == 0:
            call.succeed(t, port, request)
        return status
    finally:
        port.dereference()


@syscall()
async def NtConnectPort(
    t: Thread,
    port_handle: Out[Handle],
    port_name: In[UnicodeString],
    security_qos: In[SECURITY_QUALITY_OF_SERVICE],
    client_view: Opt[InOut[PORT_VIEW]],
    server_view: Opt[InOut[REMOTE_PORT_VIEW]],
    max_message_length: Opt[Out[Ulong]],
    connection_information: Opt[ConnectionData],
    connection_information_length: Opt[InOut[Ulong]],
) -> int:
    """Connect to a named port and wait until its server accepts or refuses."""
    call = _Call(
        port_handle,
        client_view,
        server_view,
        max_message_length,
        connection_information,
        connection_information_length,
    )
    return await _connect(t, port_name, security_qos, call)


@syscall()
async def NtSecureConnectPort(
    t: Thread,
    port_handle: Out[Handle],
    port_name: In[UnicodeString],
    security_qos: In[SECURITY_QUALITY_OF_SERVICE],
    client_view: Opt[InOut[PORT_VIEW]],
    required_server_sid: SidPointer,
    server_view: Opt[InOut[REMOTE_PORT_VIEW]],
    max_message_length: Opt[Out[Ulong]],
    connection_information: Opt[ConnectionData],
    connection_information_length: Opt[InOut[Ulong]],
) -> int:
    """NtConnectPort, but only if the server runs under the given SID."""
    call = _Call(
        port_handle,
        client_view,
        server_view,
        max_message_length,
        connection_information,
        connection_information_length,
    )
    sid = capture_sid(t.memory, required_server_sid) if required_server_sid else None
    return await _connect(t, port_name, security_qos, call, sid)


# -- the server ------------------------------------------------------------------------
@syscall()
def NtAcceptConnectPort(
    t: Thread,
    port_handle: Out[Handle],
    port_context: Pointer,
    connection_request: MessagePointer,
    accept_connection: Boolean,
    server_view: Opt[InOut[PORT_VIEW]],
    client_view: Opt[InOut[REMOTE_PORT_VIEW]],
) -> int:
    """Accept or refuse a connection request.

    A NULL context becomes the value of the new handle.
    """
    header = capture(t, connection_request)
    if header[0] < 0:
        raise GuestFault(connection_request + HEADER_SIZE)
    _check_view(server_view, PORT_VIEW)
    _check_view(client_view, REMOTE_PORT_VIEW)
    waiter = find_client(t, header)
    info = t.memory.read(connection_request + HEADER_SIZE, min(header[0], MAXIMUM_CONNECTION_INFO))
    waiter.take_over()
    if not accept_connection:
        waiter.answer(info)
        return 0
    request: Connect = waiter.connect
    request.info = info
    try:
        offer = _offer(t, server_view) if server_view is not None else None
        server, own = accept(t, waiter, port_context, offer)
        try:
            handle = t.handles.insert(server, PORT_ALL_ACCESS)
        finally:
            server.dereference()
        try:
            _tell_server(request, own, client_view, server_view)
            port_handle.set(handle)
        except GuestFault:
            t.handles.close(handle)
            raise
    except NtError:
        waiter.answer(info)
        raise
    server.context = port_context or handle
    server.client_waiter = waiter
    return 0


def _tell_server(
    request: Connect,
    own: PortView | None,
    client_view: InOut[REMOTE_PORT_VIEW] | None,
    server_view: InOut[PORT_VIEW] | None,
) -> None:
    """Where the client's section is in the server, and the server's in both."""
    if client_view is not None:
        size = request.size if request.remote_base else 0
        client_view.set(
            REMOTE_PORT_VIEW(Length=client_view.value.Length, ViewSize=size, ViewBase=request.remote_base)
        )
    if server_view is not None and own is not None:
        there = request.server_view
        _fill_view(server_view, own, there.base if there is not None else 0)


def _fill_view(out: InOut[PORT_VIEW], view: PortView, remote: int) -> None:
    """What has become of a section that the caller brought."""
    out.set(
        PORT_VIEW(
            Length=PORT_VIEW.size(),
            SectionHandle=out.value.SectionHandle,
            SectionOffset=view.offset,
            ViewSize=view.size,
            ViewBase=view.base,
            ViewRemoteBase=remote,
        )
    )


@syscall()
def NtCompleteConnectPort(t: Thread, port_handle: Handle) -> int:
    """Let the client of an accepted connection go on."""
    port = t.handles.get(port_handle, Port, PORT_ALL_ACCESS)
    if port.kind != COMMUNICATION:
        raise NtError(STATUS_INVALID_PORT_HANDLE)
    complete(port)
    return 0
