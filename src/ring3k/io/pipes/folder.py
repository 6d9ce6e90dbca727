"""The pipes' device opened by itself, and the folder of the pipes."""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_ILLEGAL_FUNCTION,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_PIPE_DISCONNECTED,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.upcase import upcase
from ring3k.io.flat import FlatFolder
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.pipes.device import PipeDevice
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

CLASS = fi.FILE_INFORMATION_CLASS
_WAIT_NAME = 14  # FILE_PIPE_WAIT_FOR_BUFFER.Name's offset


class PipeFolder(FlatFolder):
    """The device opened by itself, or the folder of its pipes."""

    device: PipeDevice

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
        pipe = self.device.pipes.get(upcase(name))
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
