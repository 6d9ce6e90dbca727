"""Local procedure call: declarations of calls without a handler.

A PORT_MESSAGE is the header of a message whose data follows it, so message
parameters are plain addresses; what is behind them is known from the header's
lengths.  The channel calls of NT 4.0 and 5.0 were never finished by Microsoft:
they always return STATUS_NOT_IMPLEMENTED there as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import PortInfoClass
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.lpc import PORT_MESSAGE, PORT_VIEW, REMOTE_PORT_VIEW
from ring3k.abi.structs.se import SECURITY_QUALITY_OF_SERVICE, SID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Timeout,
    Ulong,
    pointer,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread

Message = Annotated[int, pointer(PORT_MESSAGE)]
SidPointer = Annotated[int, pointer(SID)]
ConnectionData = Annotated[OutBuffer, Sized("connection_information_length", indirect=True)]


@declared
def NtCreatePort(
    t: Thread,
    port_handle: Out[Handle],
    object_attributes: In[ObjectAttributesArg],
    max_connection_info_length: Ulong,
    max_message_length: Ulong,
    max_pool_usage: Ulong,
) -> None:
    """Create a port that clients connect to by name."""


@declared
def NtCreateWaitablePort(
    t: Thread,
    port_handle: Out[Handle],
    object_attributes: In[ObjectAttributesArg],
    max_connection_info_length: Ulong,
    max_message_length: Ulong,
    max_pool_usage: Ulong,
) -> None:
    """Create a port that can also be waited for."""


@declared
def NtConnectPort(
    t: Thread,
    port_handle: Out[Handle],
    port_name: In[UnicodeString],
    security_qos: In[SECURITY_QUALITY_OF_SERVICE],
    client_view: Opt[InOut[PORT_VIEW]],
    server_view: Opt[InOut[REMOTE_PORT_VIEW]],
    max_message_length: Opt[Out[Ulong]],
    connection_information: Opt[ConnectionData],
    connection_information_length: Opt[InOut[Ulong]],
) -> None:
    """Connect to a named port and wait until its server accepts or refuses."""


@declared
def NtSecureConnectPort(
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
) -> None:
    """NtConnectPort, but only if the server runs under the given SID."""


@declared
def NtListenPort(t: Thread, port_handle: Handle, connection_request: Message) -> None:
    """Wait for a connection request."""


@declared
def NtAcceptConnectPort(
    t: Thread,
    port_handle: Out[Handle],
    port_context: Pointer,
    connection_request: Message,
    accept_connection: Boolean,
    server_view: Opt[InOut[PORT_VIEW]],
    client_view: Opt[Out[REMOTE_PORT_VIEW]],
) -> None:
    """Accept or refuse a connection request."""


@declared
def NtCompleteConnectPort(t: Thread, port_handle: Handle) -> None:
    """Let the client of an accepted connection go on."""


@declared
def NtRequestPort(t: Thread, port_handle: Handle, request_message: Message) -> None:
    """Send a datagram."""


@declared
def NtRequestWaitReplyPort(
    t: Thread, port_handle: Handle, request_message: Message, reply_message: Message
) -> None:
    """Send a request and wait for the reply."""


@declared
def NtReplyPort(t: Thread, port_handle: Handle, reply_message: Message) -> None:
    """Answer a request."""


@declared
def NtReplyWaitReplyPort(t: Thread, port_handle: Handle, reply_message: Message) -> None:
    """Answer a request and wait for the reply to that answer."""


@declared
def NtReplyWaitReceivePort(
    t: Thread,
    port_handle: Handle,
    port_context: Opt[Out[Pointer]],
    reply_message: Message,
    receive_message: Message,
) -> None:
    """Answer a request (if reply_message is not NULL) and wait for the next message."""


@declared
def NtReplyWaitReceivePortEx(
    t: Thread,
    port_handle: Handle,
    port_context: Opt[Out[Pointer]],
    reply_message: Message,
    receive_message: Message,
    timeout: Opt[In[Timeout]],
) -> None:
    """NtReplyWaitReceivePort with a time-out."""


@declared
def NtImpersonateClientOfPort(t: Thread, port_handle: Handle, message: Message) -> None:
    """Take on the security context of the client whose request this is."""


@declared
def NtReadRequestData(
    t: Thread,
    port_handle: Handle,
    message: Message,
    data_entry_index: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_size")],
    buffer_size: Ulong,
    number_of_bytes_read: Opt[Out[Ulong]],
) -> None:
    """Read memory that a request describes in the client."""


@declared
def NtWriteRequestData(
    t: Thread,
    port_handle: Handle,
    message: Message,
    data_entry_index: Ulong,
    buffer: Annotated[InBuffer, Sized("buffer_size")],
    buffer_size: Ulong,
    number_of_bytes_written: Opt[Out[Ulong]],
) -> None:
    """Write memory that a request describes in the client."""


@declared
def NtQueryInformationPort(
    t: Thread,
    port_handle: Handle,
    port_information_class: PortInfoClass,
    port_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """Query a port: the known classes return nothing."""


@declared
def NtQueryPortInformationProcess(t: Thread) -> None:
    """Tell whether the process has an exception or debug port (XP and later)."""


@declared
def NtCreateChannel(
    t: Thread, channel_handle: Out[Handle], object_attributes: Opt[In[ObjectAttributesArg]]
) -> None:
    """Channels: never finished."""


@declared
def NtOpenChannel(t: Thread, channel_handle: Out[Handle], object_attributes: In[ObjectAttributesArg]) -> None:
    """Channels: never finished."""


@declared
def NtListenChannel(t: Thread, channel_handle: Handle, message: Out[Pointer]) -> None:
    """Channels: never finished."""


@declared
def NtSendWaitReplyChannel(
    t: Thread,
    channel_handle: Handle,
    text: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    message: Out[Pointer],
) -> None:
    """Channels: never finished."""


@declared
def NtReplyWaitSendChannel(
    t: Thread,
    text: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    message: Out[Pointer],
) -> None:
    """Channels: never finished."""


@declared
def NtSetContextChannel(t: Thread, context: Pointer) -> None:
    """Channels: never finished."""
