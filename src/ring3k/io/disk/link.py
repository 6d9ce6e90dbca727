"""Symbolic links of the host's: a guest sees what one leads to, if that is on the same volume anyhow.

The host resolves a link, once, to a path; where that is on the volume is then walked to
like any other path, from folder to folder and never through a link.  So a link that somebody
changes meanwhile leads nobody out.  What leads to something that the guest was not given, to
nothing, or to a folder above (who walks the tree would never end) is not there.

A link to a file passes for that file.  One to a folder passes for a junction, marked as a
reparse point, so that programs need not walk the same tree twice.  Who only deletes or
renames, or asks what is there, means the link itself; all others what it leads to.  No guest
can make one.
"""

from __future__ import annotations

import os

from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_EAS_NOT_SUPPORTED,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_NOT_A_REPARSE_POINT,
    NtError,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.structs.fsctl import FSCTL
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import ATTRIBUTES, DEVICE, INODE, LINKS, MODE, Look, look
from ring3k.io.disk.attributes import FORMAT, MARKS, REPARSE
from ring3k.io.disk.entry import HERE
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import SEPARATOR
from ring3k.io.disk.reparse import MOUNT_POINT, give_point, mount_point
from ring3k.io.disk.volume import SEEN
from ring3k.io.mounts import MountTable
from ring3k.typed import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.entry import Entry, Place
    from ring3k.io.disk.names import HostName
    from ring3k.io.disk.node import Node
    from ring3k.io.disk.volume import Volume
    from ring3k.io.request import Request
    from ring3k.ke.thread import KThread

OPEN = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
MAY_CHANGE = (
    CLASS.FileRenameInformation,
    CLASS.FileDispositionInformation,
    CLASS.FileLinkInformation,
    CLASS.FileRenameInformationEx,
    CLASS.FileDispositionInformationEx,
    CLASS.FileLinkInformationEx,
)


def resolve(volume: Volume, place: Place, folder: int, host: HostName, own: Look) -> tuple[str, Look] | None:
    """Where a link leads on the volume, and what a guest sees of it; None if it sees nothing.

    ``own``: what the host says of the link.
    """
    name = host if isinstance(host, bytes) else host.encode()
    try:
        real = os.path.realpath(b"/proc/self/fd/%d/%b" % (folder, name))
        info = look(HERE, real)
        path = volume.nt_path(os.fsdecode(real))
    except (OSError, ValueError):  # also where what leads there changes meanwhile
        return None
    if info is None or info[MODE] & FORMAT not in SEEN or path is None or _is_above(path, place.path):
        return None
    return path, _seen(info, own)


def _is_above(path: str, below: str) -> bool:
    return (upcase(below) + SEPARATOR).startswith(upcase(path).rstrip(SEPARATOR) + SEPARATOR)


def _seen(info: Look, own: Look) -> Look:
    """What it leads to, but for the link's own identity and what the host keeps with the other."""
    kept = info[ATTRIBUTES] & ~MARKS if info[ATTRIBUTES] >= 0 else -1
    seen = list(info)
    if info[MODE] & FORMAT == SEEN[0]:
        kept = max(kept, 0) | REPARSE
    seen[ATTRIBUTES], seen[DEVICE], seen[INODE], seen[LINKS] = kept, own[DEVICE], own[INODE], 1
    return tuple(seen)  # type: ignore[return-value]  # as long as before


def open_host(entry: Entry) -> int:
    """A descriptor of the link itself."""
    try:
        fd = os.open(entry.host, OPEN, dir_fd=entry.at)
    except OSError as error:
        raise nt_error(error) from None
    return fd


class LinkFile(DiskFile):
    """One opening of a link itself."""

    seekable: ClassVar[bool] = False
    quick = False

    def __init__(self, device: DiskDevice, how: Opening, entry: Entry, fd: int, node: Node) -> None:
        super().__init__(device, how, entry, fd, node)
        self._info, self._leads = entry.info, entry.leads

    def look(self) -> Look:
        """As it was when it was opened."""
        if self._info is None:
            raise NtError(STATUS_INVALID_DEVICE_REQUEST)
        return self._info

    def read(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def write(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def lock(self, request: Request) -> int:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)

    def require_removable(self) -> None:
        """Nothing is in it, and nothing is made from it."""

    def remove_name(self, host: HostName, folder: int) -> None:
        os.unlink(host, dir_fd=folder)

    def set_information(self, t: KThread, kind: int, data: bytes) -> int:
        if kind not in MAY_CHANGE:
            raise NtError(STATUS_INVALID_DEVICE_REQUEST)
        return super().set_information(t, kind, data)

    def set_eas(self, data: bytes) -> int:
        raise NtError(STATUS_EAS_NOT_SUPPORTED)

    def fs_control(self, request: Request) -> int:
        if request.code != FSCTL.FSCTL_GET_REPARSE_POINT:
            raise NtError(STATUS_INVALID_DEVICE_REQUEST)
        if not self.is_directory:
            raise NtError(STATUS_NOT_A_REPARSE_POINT)
        volume = self.device.volume.object_id
        letters = (one.letter for one in self.kernel.part(MountTable).volumes if one.identity == volume)
        letter = next(letters, None)
        if letter is None:
            raise NtError(STATUS_BUFFER_TOO_SMALL)
        return give_point(mount_point(f"{letter}:{self._leads}"), request)


class FolderLink(LinkFile):
    """Of one to a folder."""

    is_directory = True

    @property
    def reparse_tag(self) -> int:
        return MOUNT_POINT
