"""What a walk over a volume finds: folders as places to go on from, and entries of them."""

from __future__ import annotations

import stat

from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import ATTRIBUTES, DEVICE, INODE, MODE, Look
from ring3k.io.disk.attributes import FORMAT, REPARSE
from ring3k.io.disk.folder import Folder, join
from ring3k.io.disk.names import SEPARATOR, HostName

HERE = -100  # AT_FDCWD


class Mount:
    """A place of the volume's own making: what host path is shown there, and mounts below it.

    ``others``: the host folders that a folder is laid over, ``layers``: those of them that were opened.
    """

    __slots__ = ("children", "host", "layers", "name", "others")

    def __init__(self, name: str = "", host: str | None = None) -> None:
        self.name = name
        self.host = host
        self.children: dict[str, Mount] = {}
        self.others: tuple[str, ...] = ()
        self.layers: list[Folder] | None = None

    @property
    def adds(self) -> bool:
        """Whether more is to be seen here than in the folder itself."""
        return bool(self.children or self.others)


class Place:
    """A folder of the volume, as a walk or an open file is in it."""

    __slots__ = ("folder", "mount", "path", "read_only")

    def __init__(self, path: str, folder: Folder | None, mount: Mount | None, read_only: bool) -> None:
        self.path = path
        self.folder = folder  # None: it is there only because something is mounted below
        self.mount = mount
        self.read_only = read_only


class Entry:
    """A file or folder that was found: where, and what the host says of it."""

    __slots__ = ("at", "host", "info", "is_directory", "leads", "mount", "name", "parent", "read_only")

    def __init__(
        self,
        parent: Place | None,
        name: str,
        at: int,
        host: HostName,
        info: Look | None,
        mount: Mount | None,
        read_only: bool,
        leads: str | None = None,
    ) -> None:
        self.parent = parent  # None for the root
        self.name = name  # as stored
        self.at = at  # a folder's descriptor, and the name in it; or HERE, and a whole path
        self.host = host
        self.info = info  # None: a folder of the volume's own making
        self.mount = mount
        self.read_only = read_only
        self.leads = leads  # of a host's link: where on the volume
        self.is_directory = info is None or info[MODE] & FORMAT == stat.S_IFDIR

    @property
    def path(self) -> str:
        """On the volume."""
        return join(self.parent.path, self.name) if self.parent is not None else SEPARATOR

    @property
    def key(self) -> tuple[int, int] | str:
        """The same for every way to the same file."""
        return upcase(self.path) if self.info is None else (self.info[DEVICE], self.info[INODE])

    @property
    def redirects(self) -> bool:
        """Whether who comes here is sent elsewhere: a reparse point, or a link."""
        info = self.info
        return self.leads is not None or (
            info is not None and info[ATTRIBUTES] > 0 and bool(info[ATTRIBUTES] & REPARSE)
        )

    @property
    def movable(self) -> bool:
        """Whether it can be renamed or deleted: what is mounted cannot."""
        return self.mount is None and self.parent is not None and self.parent.folder is not None


class Redirected(Exception):
    """A walk came to a reparse point."""

    def __init__(self, point: Entry) -> None:
        super().__init__(point.name)
        self.point = point

    def rest(self, names: list[str], start: Place | None) -> list[str]:
        """Of the names that were walked, from ``start`` on, those that are still to go."""
        return names[_depth(self.point.path) - (_depth(start.path) if start is not None else 0) :]


def _depth(path: str) -> int:
    return path.count(SEPARATOR) if path != SEPARATOR else 0
