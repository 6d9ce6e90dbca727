"""\\Device\\Null: reading finds the end, writing succeeds and keeps nothing.

Its driver knows nothing of volumes, of changing what it is, nor of folders; locks are granted to all.  On
Windows 10 a size to be set is a wrong parameter, which programs that empty what they open wait for.
"""

from __future__ import annotations

from ring3k.abi.status import (
    STATUS_END_OF_FILE,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_A_DIRECTORY,
    STATUS_OBJECT_NAME_INVALID,
    NtError,
)
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs.io import FILE_DEVICE_NULL, FILE_DIRECTORY_FILE
from ring3k.abi.version import Version
from ring3k.io.device import Device, Opening
from ring3k.io.file import FileObject
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread


class NullDevice(Device):
    """The device; it has no names below it."""

    device_type = FILE_DEVICE_NULL

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if rest.strip("\\"):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        if how.options & FILE_DIRECTORY_FILE:
            raise NtError(STATUS_NOT_A_DIRECTORY)
        return NullFile(self, how)


class NullFile(FileObject):
    """One opening of it."""

    seekable = True

    def read(self, request: Request) -> int:
        return STATUS_END_OF_FILE

    def write(self, request: Request) -> int:
        if request.length and request.buffer is not None:  # pages of a gathering write were looked at
            request.buffer.read(min(request.length, 1 << 16))  # bad memory is refused all the same
        request.information = request.length
        return 0

    def lock(self, request: Request) -> int:
        return 0

    def unlock(self, offset: int, length: int, key: int, process: Any) -> int:
        return 0

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == fi.FILE_INFORMATION_CLASS.FileStandardInformation:
            return fi.FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        return super().query_information(kind, length)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        if kind == fi.FILE_INFORMATION_CLASS.FileEndOfFileInformation and t.kernel.part(Version).level >= 100:
            raise NtError(STATUS_INVALID_PARAMETER)
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def query_volume(self, kind: int, length: int) -> bytes:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def set_volume(self, kind: int, data: bytes) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
