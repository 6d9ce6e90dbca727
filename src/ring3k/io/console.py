"""\\Device\\Console: the host's standard input, output and error, as files.

Not a console of Windows: bytes go through as they are, at once, in one line with
what NtDisplayString shows.  ``\\Input`` is read, ``\\Output`` and ``\\Error`` are
written; opening the device itself gives input and output.

Reading the host's input must not stop the kernel: a thread of the host reads
while somebody waits for input, and only then, so that nothing is taken that
nobody asked for.  It hands over and wakes the engine; the kernel picks up.
"""

from __future__ import annotations

import os
import stat
import sys
from collections import deque
from collections.abc import Callable

from ring3k.abi.status import (
    STATUS_END_OF_FILE,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_PIPE_BROKEN,
    GuestFault,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs.io import (
    FILE_DEVICE_CONSOLE,
    FILE_DEVICE_NAMED_PIPE,
    FILE_DEVICE_NULL,
    FILE_PIPE_PEEK_BUFFER,
    FSCTL_PIPE_PEEK,
    PIPE_STATE,
)
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threading import Event as HostEvent

    from ring3k.abi.types import InBuffer
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

PIECE = 1 << 16  # bytes that are moved at a time
MOST = 1 << 24  # bytes of one call; of more, only part is written
FIONREAD = 0x541B
INPUT, OUTPUT, ERROR = range(3)
STREAMS = {
    "": (INPUT, OUTPUT),
    "\\INPUT": (INPUT, None),
    "\\OUTPUT": (None, OUTPUT),
    "\\ERROR": (None, ERROR),
}


class HostInput:
    """Bytes of a descriptor of the host's, for guests that wait for them."""

    def __init__(self, kernel: Kernel, descriptor: int | None) -> None:
        self._kernel = kernel
        self.descriptor = descriptor
        self._data = b""
        self._ended = descriptor is None
        self._waiting: dict[Request, None] = {}
        # Between the kernel and the thread that reads
        self._arrived: deque[bytes] = deque()
        self._wanted: HostEvent | None = None
        self._signal: int | None = None  # a byte here makes the thread look again, closing it ends the thread

    def read(self, request: Request) -> int:
        """What there is, at least a byte; STATUS_PENDING, STATUS_END_OF_FILE.  Of no bytes: wait for some."""
        self._collect()
        if self._data and not self._waiting:
            return self._give(request)
        if self._ended:
            return STATUS_END_OF_FILE
        status = request.pend(self._forget)
        self._waiting[request] = None
        self._ask()
        return status

    def peek(self, most: int) -> tuple[int, bytes]:
        """How many bytes there are, and the first of them; they stay.  STATUS_PIPE_BROKEN at the end."""
        import select

        self._collect()
        there = 0
        if self.descriptor is not None and not self._ended and not self._waiting:
            poll = select.poll()
            poll.register(self.descriptor, select.POLLIN)
            if poll.poll(0):
                there = _there(self.descriptor)
                if most > len(self._data) and there:  # nobody else reads now
                    self._data += os.read(self.descriptor, min(there, PIECE))
                    there = max(0, _there(self.descriptor))
                elif not there:
                    self._ended = not self._data
        if self._ended and not self._data:
            raise NtError(STATUS_PIPE_BROKEN)
        return len(self._data) + there, self._data[:most]

    def _forget(self, request: Request) -> None:
        del self._waiting[request]
        if not self._waiting and self._wanted is not None and self._signal is not None:
            self._wanted.clear()
            os.write(self._signal, b"!")

    def _give(self, request: Request) -> int:
        part = self._data[: request.length]
        if part:
            request.buffer.write(part)
        self._data = self._data[len(part) :]
        request.information = len(part)
        return 0

    def _collect(self) -> None:
        """What the thread has read."""
        while self._arrived:
            data = self._arrived.popleft()
            self._data += data
            self._ended |= not data

    def look(self) -> None:
        """At every tick, and when the engine was woken."""
        if not self._arrived:
            return
        self._collect()
        while self._waiting and (self._data or self._ended):
            request = next(iter(self._waiting))
            del self._waiting[request]
            if not self._data:
                request.complete(STATUS_END_OF_FILE)
                continue
            try:
                self._give(request)
                request.complete(0, request.information)
            except GuestFault as fault:  # the reader took its buffer away
                request.complete(fault.status)
        if self._waiting:
            self._ask()

    def _ask(self) -> None:
        """Let the thread read once."""
        from threading import Event, Thread

        if self._wanted is None:
            self._wanted = Event()
            signal, self._signal = os.pipe()
            self._kernel.on_tick(self.look)
            Thread(target=self._run, args=(self._wanted, signal), name="ring3k input", daemon=True).start()
        self._wanted.set()

    def _run(self, wanted: HostEvent, signal: int) -> None:
        """The thread."""
        import select

        poll = select.poll()
        descriptor = self.descriptor
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
        poll.register(signal, select.POLLIN)
        try:
            while descriptor is not None:
                wanted.wait()
                if any(one == signal for one, _ in poll.poll()):
                    if not os.read(signal, 1):
                        return
                    continue
                wanted.clear()
                try:
                    data = os.read(descriptor, PIECE)
                except OSError:
                    data = b""
                self._arrived.append(data)
                self._kernel.engine.wake()
                if not data:
                    return
        finally:
            os.close(signal)

    def close(self) -> None:
        """Nobody will read any more.  May be called twice."""
        if self._signal is not None and self._wanted is not None:
            os.close(self._signal)
            self._signal = None
            self._wanted.set()


def _there(descriptor: int) -> int:
    """How many bytes of a descriptor can be read at once."""
    from fcntl import ioctl

    try:
        return int.from_bytes(ioctl(descriptor, FIONREAD, bytes(4)), sys.byteorder, signed=True)
    except OSError:
        return 0


class ConsoleDevice(Device):
    """The device."""

    device_type = FILE_DEVICE_CONSOLE

    def __init__(
        self,
        kernel: Kernel,
        write: Callable[[Any, int, bytes], None],
        descriptor: Callable[[int], int | None] = lambda stream: None,
    ) -> None:
        """``write(process, OUTPUT or ERROR, bytes)``: what the system's owner wants done with output.
        ``descriptor(stream)``: the host's descriptor that it goes to, if it goes to one."""
        super().__init__(kernel)
        self.write = write
        self.input = HostInput(kernel, None)
        self._descriptor = descriptor

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        streams = STREAMS.get(rest.upper())
        if streams is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return ConsoleFile(self, how, *streams)

    def kind(self, stream: int) -> int:
        """What a stream is to programs: a console only where a person may be looking, otherwise a pipe."""
        descriptor = self.input.descriptor if stream == INPUT else self._descriptor(stream)
        if descriptor is None:
            return FILE_DEVICE_NAMED_PIPE
        try:
            info = os.fstat(descriptor)
        except OSError:
            return FILE_DEVICE_NULL
        if not stat.S_ISCHR(info.st_mode):
            return FILE_DEVICE_NAMED_PIPE
        return FILE_DEVICE_CONSOLE if os.isatty(descriptor) else FILE_DEVICE_NULL

    def set_input(self, descriptor: int) -> None:
        """Where input comes from."""
        self.input.close()
        self.input = HostInput(self.kernel, descriptor)


class ConsoleFile(FileObject):
    """One opening of a stream."""

    immediate = True
    device: ConsoleDevice

    def __init__(self, device: ConsoleDevice, how: Opening, reads: int | None, writes: int | None) -> None:
        super().__init__(device, how)
        self._reads = reads is not None
        self._stream = INPUT if writes is None else writes
        self._writes = writes

    @property
    def device_type(self) -> int:
        return self.device.kind(self._stream)

    def read(self, request: Request) -> int:
        if not self._reads:
            return STATUS_INVALID_DEVICE_REQUEST
        return self.device.input.read(request) if request.length or self.is_pipe else 0

    def fs_control(self, request: Request) -> int:
        """Of a pipe: how much could be read, for who does not want to wait."""
        if request.code != FSCTL_PIPE_PEEK or not self.is_pipe:
            return super().fs_control(request)
        head = FILE_PIPE_PEEK_BUFFER.size()
        if not self._reads:
            return STATUS_INVALID_PARAMETER
        if request.length < head:
            return STATUS_INVALID_PARAMETER
        there, data = self.device.input.peek(request.length - head)
        found = FILE_PIPE_PEEK_BUFFER(
            NamedPipeState=PIPE_STATE.FILE_PIPE_CONNECTED_STATE, ReadDataAvailable=there
        )
        request.buffer.write(found.pack() + data)
        request.information = head + len(data)
        return 0

    def write(self, request: Request) -> int:
        now = self.write_now(request.t, request.buffer, request.length)
        if now is None:
            return STATUS_INVALID_DEVICE_REQUEST
        status, request.information = now
        return status

    def write_now(self, t: KThread, buffer: InBuffer, length: int) -> tuple[int, int] | None:
        stream = self._writes
        if stream is None:
            return None
        write, process, length = self.device.write, t.process, min(length, MOST)
        for at in range(0, length, PIECE):
            write(process, stream, buffer.read(min(PIECE, length - at), at))
        return 0, length

    def flush(self, request: Request) -> int:
        return 0

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == fi.FILE_INFORMATION_CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        if kind == fi.FILE_INFORMATION_CLASS.FilePipeInformation and self.is_pipe:
            return fi.FILE_PIPE_INFORMATION().pack()
        return super().query_information(kind, length)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        if kind == fi.FILE_INFORMATION_CLASS.FilePipeInformation and self.is_pipe:
            given = fi.FILE_PIPE_INFORMATION.unpack(data[: fi.FILE_PIPE_INFORMATION.size()])
            return STATUS_INVALID_PARAMETER if given.ReadMode or given.CompletionMode else 0
        return super().set_information(t, kind, data)

    @property
    def is_pipe(self) -> bool:
        """Whether programs take it for a pipe: one of bytes, and whose readers wait."""
        return self.device_type == FILE_DEVICE_NAMED_PIPE
