"""The rest: impersonation, memory that a request describes, queries, death notices, channels.

The channel calls of NT 4.0 and 2000 were never finished by Microsoft: they
always return STATUS_NOT_IMPLEMENTED there as well, without looking at anything.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import PORT_ALL_ACCESS
from ring3k.abi.call import syscall
from ring3k.abi.enums import PortInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ACCESS_VIOLATION,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PORT_HANDLE,
    STATUS_NOT_IMPLEMENTED,
    STATUS_PARTIAL_COPY,
    STATUS_PORT_DISCONNECTED,
    STATUS_REPLY_MESSAGE_MISMATCH,
    GuestFault,
    NtError,
)
from ring3k.abi.types import Handle, Opt, Out, OutBuffer, Pointer, Sized, Ulong
from ring3k.ke.thread import KThread
from ring3k.lpc.end import register
from ring3k.lpc.kind import COMMUNICATION
from ring3k.lpc.message import Header
from ring3k.lpc.port import Port
from ring3k.lpc.syscalls_message import MessagePointer, capture
from ring3k.lpc.wait import Waiter
from ring3k.mm.syscalls_copy import copy_between
from ring3k.mm.vad import HIGHEST_USER
from ring3k.ps.thread import Thread
from ring3k.typed import Annotated

_GENERIC_READ = 0x80000000


def _waiting_client(port: Port, header: Header) -> Waiter:
    """Whose request this is, and still waits; STATUS_INVALID_CID, STATUS_REPLY_MESSAGE_MISMATCH."""
    waiter = port.table.find(header[4], header[5], header[6])
    if not waiter.belongs(port):
        raise NtError(STATUS_REPLY_MESSAGE_MISMATCH)
    return waiter


@syscall()
def NtImpersonateClientOfPort(t: KThread, port_handle: Handle, message: MessagePointer) -> int:
    """Act for the client whose request this is, as far as it allowed when it connected."""
    header = capture(t, message)
    port = t.handles.get(port_handle, Port, PORT_ALL_ACCESS)
    if port.kind != COMMUNICATION:
        raise NtError(STATUS_INVALID_PORT_HANDLE)
    client = port.connected
    try:
        waiter = _waiting_client(port, header)
    except NtError as error:
        if client is None and error.status == STATUS_REPLY_MESSAGE_MISMATCH:
            raise NtError(STATUS_PORT_DISCONNECTED) from None
        raise
    if client is None:
        raise NtError(STATUS_PORT_DISCONNECTED)
    if not waiter.impersonation:
        raise NtError(STATUS_ACCESS_DENIED)
    client.client_security.impersonate(t, waiter.thread)
    return 0


# -- memory that a request describes -------------------------------------------------------
def _described(t: KThread, handle: int, message: int, index: int, size: int) -> tuple[Waiter, int]:
    """The waiting client, and where in it the entry's memory begins."""
    header = capture(t, message)
    if not header[3]:
        raise NtError(STATUS_INVALID_PARAMETER)
    port = t.handles.get(handle, Port, PORT_ALL_ACCESS)
    waiter = _waiting_client(port, header)
    if index >= len(waiter.data_info):
        raise NtError(STATUS_INVALID_PARAMETER)
    address, length = waiter.data_info[index]
    if size > length:
        raise NtError(STATUS_INVALID_PARAMETER)
    return waiter, address


def _copied(done: int, size: int, count: Out[Ulong] | None) -> int:
    if done < size:
        return STATUS_PARTIAL_COPY
    if count is not None:
        with suppress(GuestFault):
            count.set(done)
    return 0


@syscall()
def NtReadRequestData(
    t: KThread,
    port_handle: Handle,
    message: MessagePointer,
    data_entry_index: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_size")],
    buffer_size: Ulong,
    number_of_bytes_read: Opt[Out[Ulong]],
) -> int:
    """Read memory that a request describes in the client."""
    waiter, address = _described(t, port_handle, message, data_entry_index, buffer_size)
    done = copy_between(waiter.thread.memory, address, t.memory, buffer.address, buffer_size)
    return _copied(done, buffer_size, number_of_bytes_read)


@syscall()
def NtWriteRequestData(
    t: KThread,
    port_handle: Handle,
    message: MessagePointer,
    data_entry_index: Ulong,
    buffer: Pointer,
    buffer_size: Ulong,
    number_of_bytes_written: Opt[Out[Ulong]],
) -> int:
    """Write memory that a request describes in the client."""
    if buffer_size and buffer + buffer_size > HIGHEST_USER:
        raise NtError(STATUS_ACCESS_VIOLATION)
    waiter, address = _described(t, port_handle, message, data_entry_index, buffer_size)
    done = copy_between(t.memory, buffer, waiter.thread.memory, address, buffer_size)
    return _copied(done, buffer_size, number_of_bytes_written)


# -- queries ---------------------------------------------------------------------------
@syscall()
def NtQueryInformationPort(
    t: KThread,
    port_handle: Handle,
    port_information_class: PortInfoClass,
    port_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """No class tells anything.

    NT asks for GENERIC_READ as it stands, a right that no handle has: what a caller
    with a port gets is STATUS_ACCESS_DENIED.
    """
    if not port_handle:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    t.handles.get(port_handle, Port, _GENERIC_READ)
    return 0


@syscall()
def NtQueryPortInformationProcess(t: Thread) -> int:
    """1 if somebody outside hears of this thread's exceptions (XP and later): not a status."""
    process = t.process
    debugged = process.debug_port is not None and not t.hidden_from_debugger
    return int(debugged or process.exception_port is not None)


@syscall()
def NtRegisterThreadTerminatePort(t: KThread, port_handle: Handle) -> int:
    """Send LPC_CLIENT_DIED to a port when the calling thread ends; each call adds a message."""
    register(t, t.handles.get(port_handle, Port, PORT_ALL_ACCESS))
    return 0


# -- channels --------------------------------------------------------------------------
@syscall()
def NtCreateChannel(t: KThread, channel_handle: Pointer, object_attributes: Pointer) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtOpenChannel(t: KThread, channel_handle: Pointer, object_attributes: Pointer) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtListenChannel(t: KThread, channel_handle: Handle, message: Pointer) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtSendWaitReplyChannel(
    t: KThread, channel_handle: Handle, text: Pointer, length: Ulong, message: Pointer
) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtReplyWaitSendChannel(t: KThread, text: Pointer, length: Ulong, message: Pointer) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtSetContextChannel(t: KThread, context: Pointer) -> int:
    """Channels: never finished."""
    return STATUS_NOT_IMPLEMENTED
