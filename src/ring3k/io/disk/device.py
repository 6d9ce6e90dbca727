"""A disk volume as a device: finding files, sharing them, opening them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ring3k.abi.access import DELETE, FILE_APPEND_DATA, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_A_DIRECTORY,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_SHARING_VIOLATION,
    NtError,
)
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_DEVICE_DISK,
    FILE_DEVICE_IS_MOUNTED,
    FILE_DIRECTORY_FILE,
    FILE_NON_DIRECTORY_FILE,
    FILE_READ_ONLY_DEVICE,
    FILE_SHARE_DELETE,
    FILE_SHARE_READ,
    FILE_SHARE_WRITE,
)
from ring3k.io.device import Device, Opening
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.volume import Entry, Volume, components
from ring3k.io.file import FileObject

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

_CHANGING = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE
_CREATING = (
    CREATE_DISPOSITION.FILE_SUPERSEDE,
    CREATE_DISPOSITION.FILE_OVERWRITE,
    CREATE_DISPOSITION.FILE_OVERWRITE_IF,
)


class DiskDevice(Device):
    """A named device with a volume behind it."""

    device_type = FILE_DEVICE_DISK
    characteristics = FILE_DEVICE_IS_MOUNTED | FILE_READ_ONLY_DEVICE

    def __init__(self, kernel: Kernel, volume: Volume) -> None:
        super().__init__(kernel)
        self.volume = volume
        self.shares: dict[Any, list[DiskFile]] = {}

    def check_share(self, entry: Entry, how: Opening) -> None:
        """IoCheckShareAccess: each wants only what all others share, and shares what they want."""
        mine = how.wants
        if not any(mine):
            return
        bits = (FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE)
        for other in self.shares.get(entry.identity, ()):
            theirs = other.how.wants
            if not any(theirs):
                continue
            for want, held, bit in zip(mine, theirs, bits, strict=True):
                if (want and not other.how.share & bit) or (held and not how.share & bit):
                    raise NtError(STATUS_SHARING_VIOLATION)

    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if not rest:
            return DiskFile(self, Entry("", None, None), how)
        return self._open(components(rest), rest.endswith("\\"), how)

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        """Below an open folder."""
        folder = root.path
        return self.open(t, f"{folder.rstrip(chr(92))}\\{rest}" if rest else folder, attributes, how)

    def _open(self, names: list[str], only_directory: bool, how: Opening) -> DiskFile:
        try:
            entry = self.volume.find(names)
        except NtError as error:
            if error.status == STATUS_OBJECT_NAME_NOT_FOUND and how.disposition not in (
                CREATE_DISPOSITION.FILE_OPEN,
                CREATE_DISPOSITION.FILE_OVERWRITE,
            ):
                raise NtError(STATUS_MEDIA_WRITE_PROTECTED) from None
            raise
        if how.disposition == CREATE_DISPOSITION.FILE_CREATE:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if entry.is_directory and how.options & FILE_NON_DIRECTORY_FILE:
            raise NtError(STATUS_FILE_IS_A_DIRECTORY)
        if not entry.is_directory and (only_directory or how.options & FILE_DIRECTORY_FILE):
            raise NtError(STATUS_NOT_A_DIRECTORY)
        if how.disposition in _CREATING or how.granted & _CHANGING & ~DELETE:
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
        return DiskFile(self, entry, how)
