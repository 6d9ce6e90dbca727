"""An end of a pipe, as a file: reading, writing, flushing, what is known of it."""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_PIPE_BROKEN,
    STATUS_PIPE_BUSY,
    STATUS_PIPE_CLOSING,
    STATUS_PIPE_DISCONNECTED,
    STATUS_PIPE_EMPTY,
    STATUS_PIPE_LISTENING,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.io.flat import FlatFile
from ring3k.io.pipes import control
from ring3k.io.pipes.pipe import INBOUND, OUTBOUND, Instance
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.types import InBuffer, OutBuffer
    from ring3k.io.device import Opening
    from ring3k.io.pipes.device import PipeDevice
    from ring3k.io.pipes.queue import DataQueue
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

CLASS = fi.FILE_INFORMATION_CLASS
_LISTENING = st.PIPE_STATE.FILE_PIPE_LISTENING_STATE
_CONNECTED = st.PIPE_STATE.FILE_PIPE_CONNECTED_STATE
_CLOSING = st.PIPE_STATE.FILE_PIPE_CLOSING_STATE


class PipeEnd(FlatFile):
    """The server's or the client's end of an instance."""

    device: PipeDevice
    immediate = True

    def __init__(
        self, instance: Instance, how: Opening, server: bool, read_mode: int = 0, completion_mode: int = 0
    ) -> None:
        super().__init__(instance.pipe.device, how)
        pipe = instance.pipe
        self.pipe = pipe
        self.instance: Instance | None = instance  # None: disconnected from it, or closed
        self.server = server
        self.by_message = bool(read_mode)
        self.waits = not completion_mode
        self.incoming: DataQueue = instance.inbound if server else instance.outbound
        self.outgoing: DataQueue = instance.outbound if server else instance.inbound
        self.readable = pipe.configuration != (OUTBOUND if server else INBOUND)
        self.writable = pipe.configuration != (INBOUND if server else OUTBOUND)
        self.event: control.AssignedEvent | None = None

    @property
    def path(self) -> str:
        return self.pipe.name

    @property
    def connection(self) -> Instance:
        """The instance; STATUS_PIPE_DISCONNECTED."""
        instance = self.instance
        if instance is None:
            raise NtError(STATUS_PIPE_DISCONNECTED)
        return instance

    def cleanup(self) -> None:
        control.assign(self, None)
        if self.instance is not None:
            self.instance.close(self)

    def note_event(self) -> None:
        """Something happened that an assigned event tells of."""
        if self.event is not None:
            self.event.event.set()

    def _note_both(self, instance: Instance) -> None:
        for end in (instance.server, instance.client):
            if end is not None and end.event is not None:
                end.event.event.set()

    # -- data, at once -------------------------------------------------------------------
    def read_now(self, t: KThread, buffer: OutBuffer, length: int) -> tuple[int, int] | None:
        incoming = self.incoming
        if not incoming.writes or not self.readable or self.instance is None or self.device.events:
            return None
        return incoming.take(buffer, length, self.by_message)

    def write_now(self, t: KThread, buffer: InBuffer, length: int) -> tuple[int, int] | None:
        instance, outgoing = self.instance, self.outgoing
        if (
            instance is None
            or instance.state != _CONNECTED
            or not self.writable
            or self.device.events
            or not outgoing.is_free(length)
        ):
            return None
        outgoing.check(length)
        self._send(instance, buffer.read(length) if length else b"", None, t)
        return 0, length

    # -- data ----------------------------------------------------------------------------
    def read(self, request: Request) -> int:
        instance = self.connection
        if not self.readable:
            return STATUS_INVALID_PARAMETER
        incoming = self.incoming
        if incoming.writes:
            status = incoming.read(request, self.by_message)
        else:
            state = instance.state
            if state != _CONNECTED:
                return _no_data(state)
            if not self.waits:
                return STATUS_PIPE_EMPTY
            status = incoming.wait_to_read(request)
        if self.device.events:
            self._note_both(instance)
        return status

    def write(self, request: Request) -> int:
        instance = self.connection
        if not self.writable:
            return STATUS_INVALID_PARAMETER
        if instance.state != _CONNECTED:
            return _no_write(instance.state)
        outgoing, length = self.outgoing, request.length
        outgoing.check(length)
        if not self.waits:
            room = outgoing.fits(length)
            if room < length:
                length = 0 if self.pipe.by_message else room
                if not length:
                    return 0
        data = request.buffer.read(length) if length else b""
        status = self._send(instance, data, request, request.t)
        request.information = length
        if self.device.events:
            self._note_both(instance)
        return status

    def _send(self, instance: Instance, data: bytes, request: Request | None, t: KThread) -> int:
        """To whoever waits for it, and the rest into the queue; only of messages are there empty ones."""
        if not data and not self.pipe.by_message:
            return 0
        outgoing, at, writer = self.outgoing, 0, None
        if instance.context is not None and not self.server:
            writer = instance.context.writer(t)
        if outgoing.reads:
            reader = instance.client if self.server else instance.server
            outgoing.writer = writer
            at = outgoing.serve(data, reader is not None and reader.by_message)
            if at == len(data) != 0 or at < 0:
                return 0
        return outgoing.keep(data, at, request, writer)

    def send_message(self, data: bytes, t: KThread) -> None:
        """The first half of a transaction: written whatever the quota."""
        self.outgoing.check(len(data))
        self._send(self.connection, data, None, t)

    def flush(self, request: Request) -> int:
        """Wait until the other end has read everything."""
        instance = self.connection
        return self.outgoing.flush(request) if instance.state == _CONNECTED else 0

    def fs_control(self, request: Request) -> int:
        return control.fs_control(self, request)

    # -- security --------------------------------------------------------------------------
    def query_security(self) -> Any:
        """The pipe's, for all of its ends; STATUS_PIPE_DISCONNECTED."""
        return self.connection.pipe.security

    def set_security(self, descriptor: Any) -> None:
        self.connection.pipe.set_security(descriptor)

    # -- information -----------------------------------------------------------------------
    def query_information(self, kind: int, length: int) -> bytes:
        instance = self.connection
        incoming = self.incoming
        if kind == CLASS.FilePipeInformation:
            return fi.FILE_PIPE_INFORMATION(ReadMode=self.by_message, CompletionMode=not self.waits).pack()
        if kind == CLASS.FilePipeLocalInformation:
            return fi.FILE_PIPE_LOCAL_INFORMATION(
                NamedPipeType=self.pipe.by_message,
                NamedPipeConfiguration=self.pipe.configuration,
                MaximumInstances=self.pipe.maximum,
                CurrentInstances=self.pipe.instances,
                InboundQuota=instance.inbound.quota,
                ReadDataAvailable=incoming.bytes,
                OutboundQuota=instance.outbound.quota,
                WriteQuotaAvailable=self.outgoing.room,
                NamedPipeState=instance.state,
                NamedPipeEnd=self.server,
            ).pack()
        if kind == CLASS.FileNameInformation:
            name = self.pipe.name.encode("utf-16-le", "surrogatepass")
            return len(name).to_bytes(4, "little") + name
        if kind == CLASS.FileBasicInformation:
            return fi.FILE_BASIC_INFORMATION(FileAttributes=st.FILE_ATTRIBUTE_NORMAL).pack()
        if kind == CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(
                AllocationSize=instance.inbound.quota + instance.outbound.quota,
                EndOfFile=incoming.bytes,
                NumberOfLinks=1,
                DeletePending=True,
            ).pack()
        if kind == CLASS.FileInternalInformation:
            return self.address.to_bytes(8, "little")
        if kind == CLASS.FileEaInformation:
            return bytes(4)
        return super().query_information(kind, length)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        self.connection  # noqa: B018  raises when there is none
        if kind == CLASS.FilePipeInformation:
            return self._set_modes(fi.FILE_PIPE_INFORMATION.unpack(data[: fi.FILE_PIPE_INFORMATION.size()]))
        return super().set_information(t, kind, data)

    def _set_modes(self, given: fi.FILE_PIPE_INFORMATION) -> int:
        if given.ReadMode > 1 or given.CompletionMode > 1 or (given.ReadMode and not self.pipe.by_message):
            return STATUS_INVALID_PARAMETER
        if given.CompletionMode and (self.incoming.reads or self.outgoing.stalled):
            return STATUS_PIPE_BUSY
        self.by_message = bool(given.ReadMode)
        self.waits = not given.CompletionMode
        return 0


def _no_data(state: int) -> int:
    """Why an end without data cannot be read."""
    if state == _CLOSING:
        return STATUS_PIPE_BROKEN
    return STATUS_PIPE_LISTENING if state == _LISTENING else STATUS_PIPE_DISCONNECTED


def _no_write(state: int) -> int:
    if state == _CLOSING:
        return STATUS_PIPE_CLOSING
    return STATUS_PIPE_LISTENING if state == _LISTENING else STATUS_PIPE_DISCONNECTED
