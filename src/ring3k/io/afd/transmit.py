"""TransmitFile: a block of memory, a part of a file, another block, as one operation."""

from __future__ import annotations

from ring3k.abi import status as st
from ring3k.abi.access import FILE_READ_DATA
from ring3k.abi.structs import afd
from ring3k.io.afd.endpoint import Endpoint, State
from ring3k.io.afd.errors import status_of
from ring3k.io.afd.transfer import PIECE, ROUNDS, Transfer
from ring3k.io.disk.file import DiskFile
from ring3k.io.file import FileObject
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.request import Request

AT_POSITION = -2  # FILE_USE_FILE_POINTER_POSITION
TF_DISCONNECT = 0x1


class Transmit(Transfer):
    """What such a request is about; the memory blocks are its buffers, the file lies between them."""

    def __init__(
        self,
        request: Request,
        head: tuple[int, int],
        tail: tuple[int, int],
        file: DiskFile | None,
        start: int,
        length: int,
        disconnect: bool,
    ) -> None:
        super().__init__(request.t.memory, [head, tail], 0)
        self.head = head[1]
        self.file, self.start, self.length = file, start, length
        self.total += length
        self.disconnect = disconnect
        if file is not None:
            file.reference()

    def attempt(self, endpoint: Endpoint) -> int | None:
        host = endpoint.live
        for _ in range(ROUNDS):
            if self.done >= self.total:
                return self._finished(endpoint)
            data = self._next()
            if not data:  # the file has become shorter
                return st.STATUS_END_OF_FILE
            try:
                self.done += host.send(data)
            except BlockingIOError:
                return None
            except OSError as error:
                return status_of(error.errno)
        return self._finished(endpoint) if self.done >= self.total else None

    def _next(self) -> bytes:
        """The next piece of what is to be sent."""
        at = self.done
        if at < self.head:
            return self.read(at, min(PIECE, self.head - at))
        at -= self.head
        if at < self.length and self.file is not None:
            return self.file.read_at(self.start + at, min(PIECE, self.length - at))
        return self.read(self.done - self.length, PIECE)

    def _finished(self, endpoint: Endpoint) -> int:
        if self.disconnect:
            endpoint.send_shut = True
            endpoint.device.shut_send(endpoint)
        return 0

    def release(self) -> None:
        """It needs the file no more."""
        file, self.file = self.file, None
        if file is not None:
            file.dereference()

    def _release(self) -> None:
        super()._release()
        self.release()


def transmit(endpoint: Endpoint, request: Request) -> int:
    """NET.TRANSMIT."""
    if len(request.input) < afd.AFD_TRANSMIT.size:
        return st.STATUS_BUFFER_TOO_SMALL
    offset, head, tail, head_length, tail_length, handle, length, _, flags = afd.AFD_TRANSMIT.unpack_from(
        request.input
    )
    if max(head, tail) >> 32:
        return st.STATUS_ACCESS_VIOLATION
    if endpoint.state_of != State.CONNECTED:
        return st.STATUS_INVALID_CONNECTION
    if endpoint.send_shut:
        return st.STATUS_PIPE_DISCONNECTED
    file: DiskFile | None = None
    if handle:
        found = request.t.handles.get(handle, FileObject, FILE_READ_DATA)
        if not isinstance(found, DiskFile):
            return st.STATUS_INVALID_PARAMETER
        file = found
        if offset == AT_POSITION:
            offset = file.position
        if offset < 0:
            return st.STATUS_INVALID_PARAMETER
        left = max(0, file.size - offset)
        length = min(length, left) if length else left
        file.position = offset + length
    else:
        length = 0
    transfer = Transmit(
        request, (head, head_length), (tail, tail_length), file, offset, length, bool(flags & TF_DISCONNECT)
    )
    status: int | None = None
    try:
        if not endpoint.writes:
            status = transfer.attempt(endpoint)
        if status is None:
            return transfer.wait(endpoint, request, endpoint.writes, 0)
    finally:
        if not request.pended:
            transfer.release()
    request.information = transfer.done
    return status
