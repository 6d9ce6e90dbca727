"""The volume itself, opened by the name of its device.

There are no sectors behind it: it is good for what is known of the volume, and for
the controls that are about all of it.  A locked volume lets nobody in.

To Win32 programs it looks like its root folder, which NT would not tell: Node.js makes
``\\\\?\\D:`` of ``D:\\`` and finds no module beside a script that lies there, as most do here.
"""

from __future__ import annotations

from ring3k.abi.access import FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_A_DIRECTORY,
    STATUS_NOT_LOCKED,
    NtError,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS, FILE_STANDARD_INFORMATION
from ring3k.abi.structs.fsctl import FSCTL
from ring3k.abi.structs.io import CREATE_DISPOSITION, FILE_DIRECTORY_FILE
from ring3k.abi.version import Version
from ring3k.io.device import WINE_LEVEL, Opening
from ring3k.io.file import FileObject
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

_ANSWERED = (
    FSCTL.FSCTL_IS_VOLUME_MOUNTED,
    FSCTL.FSCTL_DISMOUNT_VOLUME,
    FSCTL.FSCTL_ALLOW_EXTENDED_DASD_IO,
)


class RawVolume(FileObject):
    """One opening."""

    seekable = True
    device: DiskDevice

    def __init__(self, device: DiskDevice, how: Opening) -> None:
        if how.options & FILE_DIRECTORY_FILE:
            raise NtError(STATUS_NOT_A_DIRECTORY)
        super().__init__(device, how)

    def cleanup(self) -> None:
        volume = self.device.volume
        if volume.locked is self:
            volume.locked = None

    def read(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def flush(self, request: Request) -> int:
        return 0

    def query_information(self, kind: int, length: int) -> bytes:
        if kind == FILE_INFORMATION_CLASS.FileStandardInformation:
            return FILE_STANDARD_INFORMATION(NumberOfLinks=1).pack()
        if self.kernel.part(Version).level >= WINE_LEVEL and self.device.volume.locked is None:
            how = Opening(FILE_READ_ATTRIBUTES, 7, CREATE_DISPOSITION.FILE_OPEN, 0)
            root = self.device.open(None, "\\", 0, how)
            root.reference()
            try:
                return root.query_information(kind, length)
            finally:
                root.dereference()
        return super().query_information(kind, length)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        raise NtError(STATUS_INVALID_PARAMETER)

    def query_volume(self, kind: int, length: int) -> bytes:
        from ring3k.io.disk.information import volume_information

        return volume_information(self.device, kind)

    def set_volume(self, kind: int, data: bytes) -> int:
        from ring3k.io.disk.change import change_volume

        return change_volume(self.device, kind, data)

    def fs_control(self, request: Request) -> int:
        volume = self.device.volume
        if request.code == FSCTL.FSCTL_LOCK_VOLUME:
            if (
                volume.locked is not None
                or volume.nodes
                or not self.granted & (FILE_READ_DATA | FILE_WRITE_DATA)
            ):
                raise NtError(STATUS_ACCESS_DENIED)
            volume.locked = self
            return 0
        if request.code == FSCTL.FSCTL_UNLOCK_VOLUME:
            if volume.locked is not self:
                raise NtError(STATUS_NOT_LOCKED)
            volume.locked = None
            return 0
        if request.code == FSCTL.FSCTL_IS_VOLUME_DIRTY:
            request.buffer.write(bytes(4)[: request.length])
            request.information = min(4, request.length)
            return 0
        if request.code in _ANSWERED:
            return 0
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def device_control(self, request: Request) -> int:
        from ring3k.io.disk.ioctl import device_control

        return device_control(self.device, request)
