"""\\Device\\NamedPipe: names of pipes, and the one folder they are in.

The device without a backslash is a file that does nothing; with one it is the
folder, which lists the pipes and takes FSCTL_PIPE_WAIT.  What follows is a name,
backslashes and all.  Names differ by more than case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_ILLEGAL_FUNCTION,
    STATUS_INSTANCE_NOT_AVAILABLE,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_PIPE_DISCONNECTED,
    STATUS_PIPE_NOT_AVAILABLE,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.io.pipes.file import PipeEnd
from ring3k.io.pipes.pipe import DUPLEX, INBOUND, OUTBOUND, Instance, NamedPipe, PipeParameters
from ring3k.io.pipes.volume import query_volume
from ring3k.io.pipes.waiters import Waiters
from ring3k.ke.pool import NAME_COST, OBJECT_COST

if TYPE_CHECKING:
    from ring3k.ex.event import Event
    from ring3k.io.request import Request
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

CLASS = fi.FILE_INFORMATION_CLASS
DISPOSITION = st.CREATE_DISPOSITION
CONFIGURATIONS = {
    st.FILE_SHARE_READ | st.FILE_SHARE_WRITE: DUPLEX,
    st.FILE_SHARE_READ: OUTBOUND,
    st.FILE_SHARE_WRITE: INBOUND,
}
_WAIT_NAME = 14  # FILE_PIPE_WAIT_FOR_BUFFER.Name's offset


class PipeDevice(Device):
    """The device."""

    device_type = st.FILE_DEVICE_NAMED_PIPE
    extra_kind = PipeParameters

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.pipes: dict[str, NamedPipe] = {}
        self.waiters = Waiters()
        self.events: dict[Event, list[PipeEnd]] = {}  # assigned to ends

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if rest in ("", "\\"):
            if how.extra is not None:
                raise NtError(STATUS_OBJECT_NAME_INVALID)
            return PipeFolder(self, how, rest)
        if isinstance(how.extra, PipeParameters):
            return self._create(rest, how, how.extra)
        return self._connect(t, rest, how)

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        if not isinstance(root, PipeFolder) or not root.path or not rest:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        return self.open(t, "\\" + rest, attributes, how)

    # -- the server ------------------------------------------------------------------------
    def _create(self, name: str, how: Opening, made: PipeParameters) -> FileObject:
        """A further instance, or the first."""
        pipe = self.pipes.get(name.upper())
        if pipe is not None:
            self._check_further(pipe, how, made)
            return self._instance(pipe, how, made, st.CREATE_RESULT.FILE_OPENED)
        if how.disposition == DISPOSITION.FILE_OPEN:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        configuration = CONFIGURATIONS.get(how.share)
        if (
            made.default_timeout is None
            or made.default_timeout >= 0
            or not made.maximum
            or configuration is None
            or (made.read_mode and not made.by_message)
        ):
            raise NtError(STATUS_INVALID_PARAMETER)
        cost = OBJECT_COST + len(name) * NAME_COST
        self.kernel.pool.charge(cost)
        pipe = self.pipes[name.upper()] = NamedPipe(self, name, configuration, made)
        try:
            return self._instance(pipe, how, made, st.CREATE_RESULT.FILE_CREATED)
        except NtError:
            if pipe.name.upper() in self.pipes and not pipe.instances:
                self.forget(pipe)
            raise

    def _check_further(self, pipe: NamedPipe, how: Opening, made: PipeParameters) -> None:
        if pipe.instances >= pipe.maximum:
            raise NtError(STATUS_INSTANCE_NOT_AVAILABLE)
        if how.disposition == DISPOSITION.FILE_CREATE or CONFIGURATIONS.get(how.share) != pipe.configuration:
            raise NtError(STATUS_ACCESS_DENIED)
        if made.read_mode and not pipe.by_message:
            raise NtError(STATUS_INVALID_PARAMETER)

    def _instance(self, pipe: NamedPipe, how: Opening, made: PipeParameters, result: int) -> FileObject:
        instance = Instance(pipe, made)
        try:
            end = PipeEnd(instance, how, True, made.read_mode, made.completion_mode)
        except NtError:
            pipe.instances -= 1
            raise
        instance.server = end
        end.information = result
        instance.start_listening()
        return end

    def forget(self, pipe: NamedPipe) -> None:
        """The last instance is gone."""
        del self.pipes[pipe.name.upper()]
        self.kernel.pool.release(OBJECT_COST + len(pipe.name) * NAME_COST)
        self.waiters.tell(pipe.name, STATUS_OBJECT_NAME_NOT_FOUND)

    # -- the client ------------------------------------------------------------------------
    def _connect(self, t: KThread | None, name: str, how: Opening) -> FileObject:
        """The client's end of an instance that listens."""
        pipe = self.pipes.get(name.upper())
        if pipe is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        granted, configuration = how.granted, pipe.configuration
        if (granted & FILE_READ_DATA and configuration == INBOUND) or (
            granted & FILE_WRITE_DATA and configuration == OUTBOUND
        ):
            raise NtError(STATUS_ACCESS_DENIED)
        instance = pipe.first_listening()
        if instance is None:
            raise NtError(STATUS_PIPE_NOT_AVAILABLE)
        end = PipeEnd(instance, how, False)
        instance.session, instance.process = 0, t.process.address if t is not None else 0
        instance.connect(end)
        return end


class PipeFolder(FileObject):
    """The device opened by itself (an empty path), or the folder of its pipes."""

    device: PipeDevice

    def __init__(self, device: PipeDevice, how: Opening, path: str) -> None:
        super().__init__(device, how)
        self._path = path

    @property
    def path(self) -> str:
        return self._path

    def read(self, request: Request) -> int:
        return STATUS_INVALID_PARAMETER

    def write(self, request: Request) -> int:
        return STATUS_INVALID_PARAMETER

    def flush(self, request: Request) -> int:
        return STATUS_PIPE_DISCONNECTED

    def fs_control(self, request: Request) -> int:
        if request.code == st.FSCTL_PIPE_WAIT:
            return self._wait(request)
        return _WITHOUT_PIPE.get(request.code, STATUS_NOT_SUPPORTED)

    def _wait(self, request: Request) -> int:
        """Until an instance of a pipe listens."""
        if not self._path:
            return STATUS_ILLEGAL_FUNCTION
        data = request.input
        if len(data) < _WAIT_NAME:
            return STATUS_INVALID_PARAMETER
        size = int.from_bytes(data[8:12], "little")
        if size > len(data) - _WAIT_NAME or size & 1:
            return STATUS_INVALID_PARAMETER
        name = "\\" + data[_WAIT_NAME : _WAIT_NAME + size].decode("utf-16-le", "surrogatepass")
        pipe = self.device.pipes.get(name.upper())
        if pipe is None:
            return STATUS_OBJECT_NAME_NOT_FOUND
        if pipe.listening:
            return 0
        timeout = int.from_bytes(data[:8], "little", signed=True) if data[12] else pipe.default_timeout
        return self.device.waiters.add(name, request, due(request.t, timeout))

    def query_information(self, kind: int, length: int) -> bytes:
        if not self._path:
            raise NtError(STATUS_INVALID_PARAMETER)
        if kind == CLASS.FileNameInformation:
            return b"\2\0\0\0\\\0"
        if kind == CLASS.FileBasicInformation:
            return fi.FILE_BASIC_INFORMATION(FileAttributes=st.FILE_ATTRIBUTE_DIRECTORY).pack()
        if kind == CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1, Directory=True).pack()
        if kind == CLASS.FileInternalInformation:
            return self.device.address.to_bytes(8, "little")
        if kind == CLASS.FileEaInformation:
            return bytes(4)
        return super().query_information(kind, length)

    def query_volume(self, kind: int, length: int) -> bytes:
        return query_volume(kind)


def due(t: KThread, timeout: int) -> int | None:
    """Interrupt time at which a time-out ends: negative is relative, positive absolute, the least never."""
    if timeout == -0x8000000000000000:
        return None
    clock = t.kernel.clock
    if timeout > 0:
        return timeout - clock.system_time() + clock.interrupt_time()
    return clock.interrupt_time() - timeout


_WITHOUT_PIPE = {
    st.FSCTL_PIPE_DISCONNECT: STATUS_PIPE_DISCONNECTED,
    st.FSCTL_PIPE_LISTEN: STATUS_ILLEGAL_FUNCTION,
    st.FSCTL_PIPE_PEEK: STATUS_INVALID_PARAMETER,
    st.FSCTL_PIPE_TRANSCEIVE: STATUS_PIPE_DISCONNECTED,
    st.FSCTL_PIPE_IMPERSONATE: STATUS_ILLEGAL_FUNCTION,
    st.FSCTL_PIPE_QUERY_CLIENT_PROCESS: STATUS_INVALID_PARAMETER,
}
