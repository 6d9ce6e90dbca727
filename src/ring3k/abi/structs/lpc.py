"""Local procedure call: messages, views and port information."""

from __future__ import annotations

from ring3k.abi.struct import Structure
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import Handle, Pointer, Scalar, SizeT, Ulong, Ushort
from ring3k.typed import Annotated

PORT_MAXIMUM_MESSAGE_LENGTH = 256
MAX_LPC_DATA = 0x130


class LPC_TYPE:
    LPC_NEW_MESSAGE = 0
    LPC_REQUEST = 1
    LPC_REPLY = 2
    LPC_DATAGRAM = 3
    LPC_LOST_REPLY = 4
    LPC_PORT_CLOSED = 5
    LPC_CLIENT_DIED = 6
    LPC_EXCEPTION = 7
    LPC_DEBUG_EVENT = 8
    LPC_ERROR_EVENT = 9
    LPC_CONNECTION_REQUEST = 10


_TYPES = tuple((value, name) for name, value in vars(LPC_TYPE).items() if isinstance(value, int))
MessageType = Annotated[int, Scalar("LPC_TYPE", 2, style="enum", values=_TYPES)]


class PORT_INFORMATION_CLASS:
    PortBasicInformation = 0
    PortDumpInformation = 1


class PORT_MESSAGE(Structure):
    """TotalLength counts this header; the data follows.  ClientViewSize is valid in connection
    requests; at the same place messages with callbacks have a CallbackId."""

    DataLength: Ushort
    TotalLength: Ushort
    Type: MessageType
    DataInfoOffset: Ushort
    ClientId: CLIENT_ID
    MessageId: Ulong
    ClientViewSize: SizeT


class PORT_VIEW(Structure):
    Length: Ulong
    SectionHandle: Handle
    SectionOffset: Ulong
    ViewSize: SizeT
    ViewBase: Pointer
    ViewRemoteBase: Pointer


class REMOTE_PORT_VIEW(Structure):
    Length: Ulong
    ViewSize: SizeT
    ViewBase: Pointer
