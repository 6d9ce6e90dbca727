"""LPC ports that hear of a process: the debug port of Windows 2000 and before, and the exception port.

A message is a PORT_MESSAGE of type LPC_DEBUG_EVENT or LPC_EXCEPTION, then the
kind (DBGKM_API), room for the answer, and the structure of that kind:

    header, ApiNumber, ReturnedStatus, DBGKM_...

The server replies with ReturnedStatus set.  A file handle in it is one of the
debuggee's (which the server duplicates) and is closed after the reply.  This room
knows of a port only ``kernel_request``.
"""

from __future__ import annotations

from struct import Struct

from ring3k.abi.status import DBG_EXCEPTION_NOT_HANDLED, NtError
from ring3k.abi.structs.dbgk import DBGKM_API
from ring3k.abi.structs.lpc import LPC_TYPE, PORT_MESSAGE
from ring3k.ob.handles import HandleEntry
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ps.dbgk import Message
    from ring3k.ps.process import Process
    from ring3k.ps.thread import Thread

FILE_ACCESS = 0x120089  # FILE_GENERIC_READ
_API = Struct("<2I")
_BODY = 0x54  # of the largest structure
_HEADER = PORT_MESSAGE.size()
_TOTAL = _HEADER + _API.size + _BODY


async def ask(t: Thread, port: Any, type_: int, message: Message) -> int:
    """Send a message and wait; what the server returned, or why there was no answer."""
    body = message.body.pack()
    data = _API.pack(message.api, 0) + body
    header = PORT_MESSAGE(DataLength=len(data), TotalLength=_TOTAL, Type=type_)
    image = header.pack() + data
    try:
        reply: bytes = await port.kernel_request(t, image.ljust(_TOTAL, b"\0"))
    except NtError as error:
        return error.status
    if len(reply) < _HEADER + _API.size:
        return DBG_EXCEPTION_NOT_HANDLED
    status: int = _API.unpack_from(reply, _HEADER)[1]
    return status


class DebugPort:
    """An LPC port as the debug port of processes; stands where a debug object stands on XP."""

    def __init__(self, port: Any) -> None:
        self.port = port

    def attach(self, process: Process) -> None:
        self.port.reference()
        process.debug_port = DebugPort(self.port)
        process.mark_debugged(True)

    def detach(self, process: Process) -> None:
        """Nobody is told any more."""
        if process.debug_port is not None:
            process.debug_port = None
            self.port.dereference()

    def ended(self, process: Process) -> None:
        """The process is gone; the port stays its own until nobody asks."""

    def dereference(self) -> None:
        self.port.dereference()

    async def report(self, t: Thread, message: Message) -> int:
        handle, body = 0, message.body
        kept: HandleEntry | None = None
        if message.file is not None and message.api in (DBGKM_API.CreateProcess, DBGKM_API.LoadDll):
            handle = _insert(t.process, message.file)
            if handle:
                kept = t.process.handles.entry(handle)
                body.FileHandle = handle  # type: ignore[attr-defined]
        try:
            return await ask(t, self.port, LPC_TYPE.LPC_DEBUG_EVENT, message)
        finally:
            if kept is not None:
                _close(t.process, handle, kept)


def _insert(process: Process, file: Any) -> int:
    try:
        handle: int = process.handles.insert(file, FILE_ACCESS)
    except NtError:
        return 0
    return handle


def _close(process: Process, handle: int, kept: HandleEntry) -> None:
    """Close the debuggee's handle unless somebody did, and used its value again."""
    try:
        if process.handles.entry(handle) is kept:
            process.handles.close(handle)
    except NtError:
        pass
