"""What the openings of one file (or stream) share: who may open it besides, locks, the end of it.

A node lives while its file is open here; it is known by the host's device and
inode, which nothing else gets as long as a descriptor is open.  Other programs of
the host, other kernels on the same folder among them, see none of this.
"""

from __future__ import annotations

from collections.abc import Hashable

from ring3k.abi.access import DELETE, FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.status import STATUS_SHARING_VIOLATION, NtError
from ring3k.abi.structs.io import FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.io.device import Opening
    from ring3k.io.disk.entry import Place
    from ring3k.io.disk.file import DiskFile
    from ring3k.io.disk.locks import Locks


READING = FILE_READ_DATA | FILE_EXECUTE
WRITING = FILE_WRITE_DATA | FILE_APPEND_DATA
WANTED = READING | WRITING | DELETE


class Sharing:
    """SHARE_ACCESS: counts of what the openings want and what they let others."""

    __slots__ = ("deleters", "opens", "readers", "shared_delete", "shared_read", "shared_write", "writers")

    def __init__(self) -> None:
        self.opens = 0
        self.readers = self.writers = self.deleters = 0
        self.shared_read = self.shared_write = self.shared_delete = 0

    def check(self, how: Opening) -> None:
        """IoCheckShareAccess: each wants only what all others share, and shares what they want."""
        granted = how.granted
        if not self.opens or not granted & WANTED:
            return
        read, write, delete = granted & READING, granted & WRITING, granted & DELETE
        share = how.share
        if (
            (read and self.shared_read < self.opens)
            or (write and self.shared_write < self.opens)
            or (delete and self.shared_delete < self.opens)
            or (self.readers and not share & FILE_SHARE_READ)
            or (self.writers and not share & FILE_SHARE_WRITE)
            or (self.deleters and not share & FILE_SHARE_DELETE)
        ):
            raise NtError(STATUS_SHARING_VIOLATION)

    def add(self, how: Opening, sign: int = 1) -> None:
        """One opening more, or (-1) less.  Those that want nothing do not count."""
        granted, share = how.granted, how.share
        if not granted & WANTED:
            return
        self.opens += sign
        if granted & READING:
            self.readers += sign
        if granted & WRITING:
            self.writers += sign
        if granted & DELETE:
            self.deleters += sign
        if share & FILE_SHARE_READ:
            self.shared_read += sign
        if share & FILE_SHARE_WRITE:
            self.shared_write += sign
        if share & FILE_SHARE_DELETE:
            self.shared_delete += sign


Link = tuple[Hashable, str]  # the key of a folder, and a name in it


def link_of(parent: Place | None, name: str) -> Link:
    """A file's name, as one of many that it may have."""
    folder = parent.folder if parent is not None else None
    return (folder.key if folder is not None else None), name


class Node:
    """An open file.  What is about to be deleted is one of its names; it may be open by others."""

    __slots__ = (
        "_sharing", "data", "files", "key", "locks", "oplock", "posix", "references", "security", "unlinked",
        "victims",
    )  # fmt: skip

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.references = 0  # openings that are not closed
        self.files: dict[DiskFile, None] = {}  # openings with a handle
        self._sharing: Sharing | None = None  # counted from the second opening on
        self.victims: dict[Link, bool] | None = (
            None  # names that go with their last handle; False: gone already
        )
        self.posix: DiskFile | None = None  # the opening with which the name goes already
        self.unlinked = False  # it has gone
        self.locks: Locks | None = None
        self.oplock: Any = None  # a pending request for one
        self.security: Any = None  # the descriptor, once it was asked for
        self.data: Any = None  # of a stream: its bytes

    def doomed(self, link: Link) -> bool:
        """Whether a name is about to go, or gone while somebody has it open."""
        return self.victims is not None and link in self.victims

    def doom(self, link: Link) -> None:
        """It goes with the last handle that was opened by it."""
        if self.victims is None:
            self.victims = {}
        self.victims.setdefault(link, True)

    def spare(self, link: Link) -> None:
        """It stays, unless it has gone already."""
        if self.victims is not None and self.victims.get(link):
            self.forget(link)

    def forget(self, link: Link) -> None:
        """Nobody has it open any more."""
        if self.victims is not None:
            self.victims.pop(link, None)
            self.victims = self.victims or None

    def lost(self, link: Link) -> None:
        """A name has gone, for another file has it; those who opened the file by it keep the file."""
        if any(file.link == link for file in self.files):
            self.doom(link)
            if self.victims is not None:
                self.victims[link] = False

    @property
    def may_go(self) -> bool:
        """Whether all who have it open let others delete it."""
        return all(one.how.share & FILE_SHARE_DELETE or not one.how.granted & WANTED for one in self.files)

    @property
    def going(self) -> int:
        """How many of its names are about to go."""
        return sum(self.victims.values()) if self.victims is not None else 0

    def check_share(self, how: Opening) -> None:
        """Whether it may be opened once more; STATUS_SHARING_VIOLATION."""
        sharing = self._sharing
        if sharing is None:
            sharing = self._sharing = Sharing()
            for file in self.files:
                sharing.add(file.how)
        sharing.check(how)

    def enter(self, file: DiskFile) -> None:
        """One opening more."""
        self.references += 1
        self.files[file] = None
        if self._sharing is not None:
            self._sharing.add(file.how)

    def leave(self, file: DiskFile) -> None:
        """An opening has lost its last handle."""
        del self.files[file]
        if self._sharing is not None:
            self._sharing.add(file.how, -1)
