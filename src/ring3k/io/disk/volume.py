"""A disk volume whose files are host files: what C: is made of.

A volume is a host folder (its root) plus mounts: other host folders or single
files that are shown, read-only, at a path of their own, such as our ntdll in system32.
A folder can also be laid over others (``lay_over``): what it lacks is looked for in
those, of which nothing is ever changed; what a guest makes comes into the folder itself.
Names match without regard to case; an exact match wins.  A walk goes from folder to
folder by descriptor and never through a host's symbolic link, so no path leads out
of what was given; pipes and devices of the host are not there for a guest, nor links that
lead elsewhere (``io.disk.link``).
"""

from __future__ import annotations

import os
import stat
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    NtError,
)
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import ATTRIBUTES, DEVICE, INODE, MODE, Look, key_of, look
from ring3k.io.disk.attributes import FORMAT, REPARSE, times
from ring3k.io.disk.entry import HERE, Entry, Mount, Place, Redirected
from ring3k.io.disk.folder import OPEN, Folder, join
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import SEPARATOR, HostName, from_host, split_path, to_host
from ring3k.io.disk.node import Node

MOST_FOLDERS = 128  # kept open beyond those in use
MOST_NAMES = 1 << 19  # in all indexes
LABEL = "user.ring3k.label"
MOST_IDS = 1 << 15
CLUSTER = 4096
SEEN = (stat.S_IFDIR, stat.S_IFREG)
LINK = stat.S_IFLNK


_BELOW = Mount()  # of what lies in a folder that another is laid over


class Volume:
    """One tree of files."""

    def __init__(self, root: str | None = None, label: str = "RING3K", *, read_only: bool = False) -> None:
        self._label = label
        self.read_only = read_only
        self.locked: object = None  # who has the volume to himself
        self.object_id = b"".join(
            zlib.crc32((root or "").encode("utf-8", "surrogatepass"), i).to_bytes(4, "little")
            for i in range(4)
        )
        self.serial = zlib.crc32((root or "").encode("utf-8", "surrogatepass")) or 1
        self._root = Mount("", os.path.realpath(root) if root else None)
        self._top: Place | None = None
        self._folders: OrderedDict[tuple[int, int], Folder] = OrderedDict()
        self.nodes: dict[Hashable, Node] = {}  # of open files
        self.paths: OrderedDict[int, str] = OrderedDict()  # file ids that guests were told

    # -- about itself -----------------------------------------------------------------------
    @property
    def label(self) -> str:
        """As somebody has set it."""
        if self._root.host is not None:
            with suppress(OSError, UnicodeError):
                return os.getxattr(self._root.host, LABEL).decode("utf-8", "surrogatepass")
        return self._label

    def set_label(self, label: str) -> None:
        """Kept with the root folder, where the host keeps such things."""
        self._label = label
        if self._root.host is not None:
            with suppress(OSError):
                os.setxattr(self._root.host, LABEL, label.encode("utf-8", "surrogatepass"))

    @property
    def created(self) -> int:
        """NT's time."""
        with suppress(OSError):
            if self._root.host is not None:
                return times(look(HERE, self._root.host))[0]
        return times(None)[0]

    # -- mounts ----------------------------------------------------------------------------
    def mount(self, path: str, host: str) -> None:
        """Show a host file or folder at ``path``; folders on the way appear as needed."""
        self._place_of(path).host = os.path.realpath(host)

    def lay_over(self, path: str, *hosts: str) -> None:
        """Show what is in these host folders in the folder ``path``, too, read-only; the first has it before
        the next, and the folder itself before all.  Those that are not there are as good as empty."""
        self._place_of(path).others = hosts

    def _place_of(self, path: str) -> Mount:
        here = self._root
        for name in split_path(path).names:
            here = here.children.setdefault(upcase(name), Mount(name))
        return here

    def nt_path(self, host: str) -> str | None:
        """Where a host path is to be seen on this volume, if it is."""
        host = os.path.realpath(host)
        best: tuple[int, str] | None = None
        for prefix, shown in self._mounts(self._root, ""):
            if host == shown:
                found = prefix or SEPARATOR
            elif host.startswith(shown.rstrip("/") + "/"):
                rest = host[len(shown.rstrip("/")) + 1 :].split("/")
                if None in map(from_host, rest):
                    continue
                found = prefix + SEPARATOR + SEPARATOR.join(rest)
            else:
                continue
            if best is None or len(shown) > best[0]:
                best = (len(shown), found)
        return best[1] if best else None

    def _mounts(self, mount: Mount, prefix: str) -> Iterator[tuple[str, str]]:
        """Paths on the volume, and the host paths that are shown there."""
        if mount.host is not None:
            yield prefix, mount.host
        for host in mount.others:
            yield prefix, os.path.realpath(host)
        for child in mount.children.values():
            yield from self._mounts(child, f"{prefix}{SEPARATOR}{child.name}")

    def space(self) -> tuple[int, int]:
        """Clusters of 4 KB: (all, free) of the host's file system, of ``/`` when the drive has no folder."""
        try:
            info = os.statvfs(self._root.host or os.sep)
        except OSError as error:
            raise nt_error(error) from None
        return info.f_blocks * info.f_frsize // CLUSTER, info.f_bavail * info.f_frsize // CLUSTER

    # -- walking -----------------------------------------------------------------------------
    def root(self) -> Entry:
        """The root folder."""
        info = None
        if self._root.host is not None:
            try:
                info = look(HERE, self._root.host)
            except OSError as error:
                raise nt_error(error) from None
            if info is None:
                raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
        return Entry(None, "", HERE, self._root.host or "", info, self._root, self.read_only)

    def find(self, names: list[str], start: Place | None = None, ignore_case: bool = True) -> Entry:
        """Walk; STATUS_OBJECT_NAME_NOT_FOUND for the last component, _PATH_NOT_FOUND for an earlier one."""
        if not names:
            return self.root()
        place = self.folder_of(names, start, ignore_case)
        found = self.step(place, names[-1], ignore_case)
        if found is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        return found

    def folder_of(
        self,
        names: list[str],
        start: Place | None = None,
        ignore_case: bool = True,
        gate: Callable[[Place], None] | None = None,
    ) -> Place:
        """The folder that the last name would be in; STATUS_OBJECT_PATH_NOT_FOUND.

        ``gate`` is called for every folder that is passed through, and may refuse.
        """
        place = start or self._top or self._enter_root()
        if gate is not None:
            gate(place)
        for name in names[:-1]:
            place = self._known(place, name) or self._into(place, name, ignore_case)
            if gate is not None:
                gate(place)
        return place

    def _known(self, place: Place, name: str) -> Place | None:
        """A folder below one of the host's, if it is open already: what most paths lead through."""
        folder = place.folder
        if folder is None or (place.mount is not None and place.mount.adds):
            return None
        try:
            key = key_of(folder.fd, name if name.isascii() else to_host(name))
        except OSError as error:
            raise nt_error(error) from None
        found = self._folders.get(key) if key is not None else None
        if key is None or found is None or found.point:
            return None
        self._folders.move_to_end(key)
        return Place(join(place.path, name), found, None, place.read_only)

    def _into(self, place: Place, name: str, ignore_case: bool) -> Place:
        """Any folder in a folder; STATUS_OBJECT_PATH_NOT_FOUND, ``Redirected``."""
        step = self.step(place, name, ignore_case)
        if step is not None and step.redirects and (step.is_directory or step.leads is None):
            raise Redirected(step)
        if step is None or not step.is_directory:
            raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
        return self.enter(step)

    def step(self, place: Place, name: str, ignore_case: bool = True) -> Entry | None:
        """What is called so in a folder, or None."""
        if place.mount is None:
            return self._host_step(place, place.folder, name, ignore_case)
        above = place.mount
        mount = above.children.get(upcase(name)) if above.children else None
        if mount is not None and mount.host is not None:
            info = None
            with suppress(OSError):
                info = look(HERE, mount.host)
            if info is not None:
                return Entry(place, mount.name, HERE, mount.host, info, mount, True)
        found = self._host_step(place, place.folder, name, ignore_case)
        if mount is None or not (mount.host is None or mount.adds):
            if found is None and above.others:
                return self._step_below(place, above, name, ignore_case)
            return found
        if found is not None and found.is_directory:
            found.mount = mount
            return found
        return Entry(place, mount.name, HERE, "", None, mount, True)

    def _step_below(self, place: Place, mount: Mount, name: str, ignore_case: bool) -> Entry | None:
        """What is called so in the folders that a folder is laid over."""
        for folder in self._layers(mount):
            found = None
            if ignore_case and not name.islower():  # most names are spelt so: an index is work
                found = self._host_step(place, folder, name.lower(), False)
            found = found or self._host_step(place, folder, name, ignore_case)
            if found is not None:
                found.mount, found.read_only = _BELOW, True
                return found
        return None

    @staticmethod
    def _layers(mount: Mount) -> list[Folder]:
        if mount.layers is None:
            mount.layers = []
            for host in mount.others:
                with suppress(OSError):
                    fd = os.open(host, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                    info = os.fstat(fd)
                    mount.layers.append(Folder(fd, (info.st_dev, info.st_ino)))
        return mount.layers

    def _host_step(self, place: Place, folder: Folder | None, name: str, ignore_case: bool) -> Entry | None:
        if folder is None:
            return None
        found = self._look(place, folder, name)
        if found is None and ignore_case:
            for other in folder.find(name):
                found = self._look(place, folder, other)
                if found is not None:
                    break
            if folder.size > MOST_NAMES >> 4:
                self._bound_names(folder)
        return found

    def _look(self, place: Place, folder: Folder, name: str) -> Entry | None:
        host = name if name.isascii() else to_host(name)
        try:
            info = look(folder.fd, host)
        except OSError as error:
            raise nt_error(error) from None
        if info is None:
            return None
        if info[MODE] & FORMAT not in SEEN:
            return self._linked(place, folder, name, host, info) if info[MODE] & FORMAT == LINK else None
        return Entry(place, name, folder.fd, host, info, None, place.read_only)

    def _linked(self, place: Place, folder: Folder, name: str, host: HostName, info: Look) -> Entry | None:
        from ring3k.io.disk.link import resolve  # few folders have any

        found = resolve(self, place, folder.fd, host, info)
        if found is None:
            return None
        return Entry(place, name, folder.fd, host, found[1], None, place.read_only, found[0])

    def names_in(self, place: Place) -> list[str]:
        """The names in a folder, in order."""
        names = place.folder.names() if place.folder is not None else []
        if place.mount is None or not place.mount.adds:
            return names
        both: dict[str, str] = {}
        for folder in reversed(self._layers(place.mount)):
            both.update((upcase(name), name) for name in folder.names())
        both.update((upcase(name), name) for name in names)
        both.update((up, child.name) for up, child in place.mount.children.items())
        return [both[up] for up in sorted(both)]

    def told(self, number: int, path: str) -> None:
        """A guest knows this file's id; the last ones told are remembered for opens by id."""
        paths = self.paths
        paths[number] = path
        if len(paths) > MOST_IDS:
            paths.popitem(last=False)

    def is_deleted(self, place: Place) -> bool:
        """Whether a folder is about to go."""
        node = self.nodes.get(place.folder.key) if place.folder is not None else None
        return node is not None and (node.victims is not None or node.unlinked)

    # -- folders -------------------------------------------------------------------------------
    def enter(self, entry: Entry) -> Place:
        """A folder that was found, opened: for a while, or as long as it is pinned."""
        info = entry.info
        if info is None:
            return Place(entry.path, None, entry.mount, True)
        key = (info[DEVICE], info[INODE])
        folder = self._folders.get(key)
        if folder is None:
            folder = self._open_folder(entry, key)
        else:
            self._folders.move_to_end(key)
        return Place(entry.path, folder, entry.mount, entry.read_only)

    def _enter_root(self) -> Place:
        """The root folder, which stays open."""
        place = self._top = self.enter(self.root())
        if place.folder is not None:
            place.folder.pins += 1
        return place

    def _open_folder(self, entry: Entry, key: tuple[int, int]) -> Folder:
        try:
            try:
                fd = os.open(entry.host, OPEN, dir_fd=entry.at if entry.at >= 0 else None)
            except PermissionError:
                fd = os.open(entry.host, OPEN | os.O_PATH, dir_fd=entry.at if entry.at >= 0 else None)
            info = os.fstat(fd)
        except FileNotFoundError:
            raise NtError(STATUS_OBJECT_PATH_NOT_FOUND) from None
        except OSError as error:
            raise nt_error(error) from None
        if (info.st_dev, info.st_ino) != key:  # somebody has put another in its place
            os.close(fd)
            raise NtError(STATUS_ACCESS_DENIED)
        self._make_room()
        folder = self._folders[key] = Folder(fd, key)
        at = entry.info[ATTRIBUTES] if entry.info is not None else 0
        folder.point = at > 0 and bool(at & REPARSE)
        return folder

    def leave(self, folder: Folder) -> None:
        """A folder is gone: it need not be kept open."""
        if not folder.pins and self._folders.get(folder.key) is folder:
            del self._folders[folder.key]
            folder.close()

    def _make_room(self) -> None:
        """Close the folder that nobody has used for longest."""
        if len(self._folders) >= MOST_FOLDERS:
            for key, folder in self._folders.items():
                if not folder.pins:
                    del self._folders[key]
                    folder.close()
                    return

    def _bound_names(self, used: Folder) -> None:
        """A guest may make more files than we can keep the names of."""
        total = sum(folder.size for folder in self._folders.values())
        for folder in self._folders.values():
            if total <= MOST_NAMES:
                return
            if folder is not used:
                total -= folder.size
                folder.forget()

    def close(self) -> None:
        """Close every folder."""
        self._top = None
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()
        _close_layers(self._root)


def _close_layers(mount: Mount) -> None:
    for folder in mount.layers or ():
        folder.close()
    mount.layers = None
    for child in mount.children.values():
        _close_layers(child)
