"""A disk volume as a device: what opening and creating files is.

NTFS' order: the name's form, the way to it, whether something is there (or may not
be), what kind it is, whether it is about to be deleted, attributes, rights, sharing.
Nothing has changed before all of that is judged.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ring3k.abi.access import (
    DELETE,
    FILE_APPEND_DATA,
    FILE_EXECUTE,
    FILE_READ_DATA,
    FILE_WRITE_DATA,
    MAXIMUM_ALLOWED,
)
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_DELETE_PENDING,
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_INVALID_PARAMETER,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_A_DIRECTORY,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_PATH_NOT_FOUND,
    STATUS_SHARING_VIOLATION,
    STATUS_USER_MAPPED_FILE,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_ATTRIBUTE_HIDDEN,
    FILE_ATTRIBUTE_READONLY,
    FILE_ATTRIBUTE_SYSTEM,
    FILE_DELETE_ON_CLOSE,
    FILE_DEVICE_DISK,
    FILE_DEVICE_IS_MOUNTED,
    FILE_DIRECTORY_FILE,
    FILE_NO_EA_KNOWLEDGE,
    FILE_NON_DIRECTORY_FILE,
    FILE_OPEN_BY_FILE_ID,
    FILE_READ_ONLY_DEVICE,
    FILE_WRITE_THROUGH,
)
from ring3k.abi.version import Version
from ring3k.engine.hostfile import ATTRIBUTES, open_same
from ring3k.io.device import Device, LookOpening, Opening
from ring3k.io.disk.attributes import HAS_EA, dos_attributes
from ring3k.io.disk.directory import DiskFolder
from ring3k.io.disk.entry import HERE, Entry, Place, Redirected
from ring3k.io.disk.file import DiskFile
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.information import SeenFile
from ring3k.io.disk.names import Path, split_path
from ring3k.io.disk.node import Node, link_of
from ring3k.io.disk.notify import Notifier
from ring3k.io.disk.security import check_open, has_descriptor, may_traverse
from ring3k.io.disk.volume import Volume
from ring3k.io.file import FileObject
from ring3k.mm.segment import SegmentTable
from ring3k.ob.security import SecurityMonitor
from ring3k.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

D = CREATE_DISPOSITION
OVERWRITING = (D.FILE_SUPERSEDE, D.FILE_OVERWRITE, D.FILE_OVERWRITE_IF)
EXISTING = (D.FILE_OPEN, D.FILE_OVERWRITE)  # nothing is made
WRITING = FILE_WRITE_DATA | FILE_APPEND_DATA
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def _may_ignore_eas(entry: Entry, host: int) -> None:
    """STATUS_ACCESS_DENIED: the file says that its extended attributes have to be understood."""
    info = entry.info
    if info is not None and info[ATTRIBUTES] > 0 and info[ATTRIBUTES] & HAS_EA:
        from ring3k.io.disk.ea import needed

        if needed(host):
            raise NtError(STATUS_ACCESS_DENIED)


class Target(NamedTuple):
    """Where something is to be put: what the walk of a rename ends at."""

    device: DiskDevice
    place: Place
    name: str


class TargetOpening(Opening):
    """The context of such a walk."""


class DiskDevice(Device):
    """A named device with a volume behind it."""

    device_type = FILE_DEVICE_DISK

    def __init__(self, kernel: Kernel, volume: Volume) -> None:
        super().__init__(kernel)
        self.volume = volume
        self.notifier = Notifier(kernel)
        self.characteristics = FILE_DEVICE_IS_MOUNTED | (FILE_READ_ONLY_DEVICE if volume.read_only else 0)
        version = kernel.part(Version)
        self.always_ignores_case = version.name not in ("nt40", "nt50")

    def on_delete(self) -> None:
        self.volume.close()

    # -- from a path to a file ----------------------------------------------------------------
    def open(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        if not rest:
            from ring3k.io.disk.raw import RawVolume

            if isinstance(how, TargetOpening):
                raise NtError(STATUS_OBJECT_NAME_INVALID)
            return RawVolume(self, how)
        if how.options & FILE_OPEN_BY_FILE_ID:
            return self._open_by_id(t, rest, attributes, how)
        return self.open_path(t, split_path(rest), None, attributes, how)

    def open_relative(
        self, t: KThread | None, root: FileObject, rest: str, attributes: int, how: Opening
    ) -> FileObject:
        """Below an open folder; with no name the file itself, or (``:name``) a stream of it."""
        if how.options & FILE_OPEN_BY_FILE_ID:
            return self._open_by_id(t, rest, attributes, how)
        if rest.startswith("\\") or not isinstance(root, DiskFile):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        path = split_path(rest) if rest else Path([])
        return self.open_path(t, path, root, attributes, how)

    def _again(self, file: DiskFile) -> Entry:
        """The entry of an open file, found by its descriptor: its path may have changed meanwhile."""
        if isinstance(file, DiskFolder):
            return file.entry()
        info = file.info
        return Entry(file.parent, file.name, HERE, f"/proc/self/fd/{file.fd}", info, None, file.read_only)

    def _open_by_id(self, t: KThread | None, rest: str, attributes: int, how: Opening) -> FileObject:
        """The name is eight bytes; only files that a guest was told the number of are found."""
        raw = rest.removeprefix("\\").encode("utf-16-le", "surrogatepass")
        if len(raw) != 8 or how.disposition not in (D.FILE_OPEN, D.FILE_OPEN_IF, *OVERWRITING):
            raise NtError(STATUS_INVALID_PARAMETER)
        number = int.from_bytes(raw, "little")
        path = self.volume.paths.get(number)
        if path is None:
            raise NtError(STATUS_INVALID_PARAMETER)
        file = self.open_path(t, split_path(path), None, attributes | OBJ_CASE_INSENSITIVE, how)
        if isinstance(file, DiskFile) and file.file_id != number:  # another is called so now
            file.reference()
            file.dereference()
            raise NtError(STATUS_INVALID_PARAMETER)
        return file

    def open_path(
        self, t: KThread | None, path: Path, root: DiskFile | None, attributes: int, how: Opening
    ) -> FileObject:
        """From the root of the volume on, or from an open folder."""
        try:
            return self._open_here(t, path, root, attributes, how)
        except Redirected as way:
            from ring3k.io.disk.reparse import follow

            start = root.here if isinstance(root, DiskFolder) else None
            return follow(self, t, way.point, path, way.rest(path.names, start), attributes, how)

    def _open_here(
        self, t: KThread | None, path: Path, root: DiskFile | None, attributes: int, how: Opening
    ) -> FileObject:
        """Raises ``Redirected`` where a reparse point leads elsewhere."""
        if self.volume.locked is not None:
            raise NtError(STATUS_ACCESS_DENIED)
        ignore_case = self.always_ignores_case or bool(attributes & OBJ_CASE_INSENSITIVE)
        volume = self.volume
        start = None
        if isinstance(root, DiskFolder):
            start = root.here
        elif root is not None and path.names:
            raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
        if isinstance(how, TargetOpening):
            if not path.names or path.stream:  # a backslash at the end is overlooked
                raise NtError(STATUS_OBJECT_NAME_INVALID)
            return Target(self, volume.folder_of(path.names, start, ignore_case), path.names[-1])  # type: ignore[return-value]
        if path.folder_only and how.options & FILE_NON_DIRECTORY_FILE:
            raise NtError(STATUS_OBJECT_NAME_INVALID if path.names else STATUS_FILE_IS_A_DIRECTORY)
        if not path.names:
            entry: Entry | None = self._again(root) if root is not None else volume.root()
            place = entry.parent if entry is not None else None
        else:
            place = volume.folder_of(path.names, start, ignore_case, self._gate(t))
            entry = volume.step(place, path.names[-1], ignore_case)
            if entry is not None and entry.redirects:
                from ring3k.io.disk.reparse import stays

                if not stays(self, t, entry, how):
                    raise Redirected(entry)
        if path.stream:
            from ring3k.io.disk.streams import open_stream

            return open_stream(self, t, place, entry, path, how)
        if entry is None and place is not None:
            if how.disposition in EXISTING:
                raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
            from ring3k.io.disk.create import create

            return create(self, t, place, path.names[-1], how, path.folder_only)
        if entry is None:
            raise NtError(STATUS_OBJECT_PATH_NOT_FOUND)
        return self.open_entry(t, entry, how, path.folder_only, path.own_stream)

    def _gate(self, t: KThread | None) -> Callable[[Place], None] | None:
        """What a walk has to pass: nothing, for most."""
        if t is None or self.kernel.part(SecurityMonitor).bypasses_traverse(t):
            return None
        return lambda place: may_traverse(t, self.kernel, place)

    # -- what is there --------------------------------------------------------------------------
    def open_entry(
        self,
        t: KThread | None,
        entry: Entry,
        how: Opening,
        folder_only: bool = False,
        own_stream: bool = False,
    ) -> DiskFile:
        """Open what was found."""
        disposition, directory = how.disposition, entry.is_directory
        key = entry.key
        node = self.volume.nodes.get(key)
        if node is not None and node.doomed(link_of(entry.parent, entry.name)):
            raise NtError(STATUS_DELETE_PENDING)
        if disposition == D.FILE_CREATE:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        if directory:
            if how.options & FILE_NON_DIRECTORY_FILE:
                raise NtError(STATUS_FILE_IS_A_DIRECTORY)
            if disposition in OVERWRITING:
                raise NtError(STATUS_OBJECT_NAME_COLLISION)
        elif folder_only or own_stream:
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        elif how.options & FILE_DIRECTORY_FILE or how.folder_only:
            raise NtError(STATUS_NOT_A_DIRECTORY)
        if isinstance(how, LookOpening) and entry.info is not None and not has_descriptor(entry.info):
            check_open(t, self, entry, -1, how)
            return SeenFile(entry.info)  # type: ignore[return-value]  # what such a walk asks for
        if disposition in OVERWRITING:
            how.desired |= FILE_WRITE_DATA if disposition != D.FILE_SUPERSEDE else DELETE
        fd = -1
        if entry.leads is not None:
            from ring3k.io.disk.link import open_host

            fd = open_host(entry)
        elif not directory:
            fd = self._open_host(entry, key, how)  # type: ignore[arg-type]  # only folders have other keys
        try:
            return self._judge(t, entry, fd, how, node or Node(key))
        except BaseException:
            if fd >= 0:
                os.close(fd)
            raise

    @staticmethod
    def _open_host(entry: Entry, key: tuple[int, int], how: Opening) -> int:
        """As much as the host gives and the opener may need; never a link or a device."""
        wants = how.desired | how.granted
        overwrites = how.disposition in OVERWRITING
        flags = _OPEN | (os.O_DSYNC if how.options & FILE_WRITE_THROUGH else 0)
        at, name = entry.at, entry.host
        device, inode = key
        if at < 0 and isinstance(name, str) and name.startswith("/proc/self/fd/"):
            flags &= ~os.O_NOFOLLOW  # the kernel's own link to a descriptor of ours
        try:
            if (wants & WRITING or overwrites) and not entry.read_only:
                try:
                    fd = open_same(at, name, flags | os.O_RDWR, device, inode)
                except PermissionError:
                    if wants & (FILE_READ_DATA | FILE_EXECUTE) and not how.maximum:
                        raise
                    flags |= os.O_RDONLY if how.maximum else os.O_WRONLY
                    fd = open_same(at, name, flags, device, inode)
            else:
                try:
                    fd = open_same(at, name, flags | os.O_RDONLY, device, inode)
                except PermissionError:
                    if wants & (FILE_READ_DATA | FILE_EXECUTE):
                        raise
                    fd = open_same(at, name, flags | os.O_PATH, device, inode)
        except OSError as error:
            raise nt_error(error) from None
        if fd < 0:  # another has been put in its place since we looked
            raise NtError(STATUS_ACCESS_DENIED)
        return fd

    def _judge(self, t: KThread | None, entry: Entry, fd: int, how: Opening, node: Node) -> DiskFile:
        """Rights, attributes, sharing; then it is open."""
        directory = entry.is_directory
        folder = self.volume.enter(entry) if directory and entry.leads is None else None
        host = folder.folder.fd if folder is not None and folder.folder is not None else fd
        found = dos_attributes(entry.info)
        granted = check_open(t, self, entry, host, how)
        if how.desired & MAXIMUM_ALLOWED:
            granted &= ~self._beyond(entry, found)
        elif granted & WRITING and found & FILE_ATTRIBUTE_READONLY and not directory:
            raise NtError(STATUS_ACCESS_DENIED)
        if entry.read_only and granted & (WRITING if not directory else 0):
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
        if how.disposition in OVERWRITING:
            self._may_overwrite(entry, how, found)
        if how.options & FILE_NO_EA_KNOWLEDGE:
            _may_ignore_eas(entry, host)
        if how.options & FILE_DELETE_ON_CLOSE and (
            found & FILE_ATTRIBUTE_READONLY or entry.parent is None or not entry.movable or entry.read_only
        ):
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED if entry.read_only else STATUS_CANNOT_DELETE)
        how.granted = granted
        fresh = not node.references
        if not fresh:
            if node.oplock is not None:
                from ring3k.io.disk.oplock import break_oplock

                break_oplock(node, how)
            node.check_share(how)
        if granted & WRITING and not directory:
            self.check_mapped(node, how)
        if fresh:
            self.volume.nodes[node.key] = node
        file: DiskFile
        try:
            if entry.leads is not None:
                from ring3k.io.disk.link import FolderLink, LinkFile

                file = (FolderLink if directory else LinkFile)(self, how, entry, fd, node)
            elif directory:
                file = DiskFolder(self, how, entry, node, folder)
            else:
                file = DiskFile(self, how, entry, fd, node)
        except BaseException:
            if fresh:
                del self.volume.nodes[node.key]
            raise
        if how.disposition in OVERWRITING:
            file.fd = fd
            from ring3k.io.disk.create import overwrite

            overwrite(file, how, found)
        return file

    def _beyond(self, entry: Entry, found: int) -> int:
        """What nobody gets of a file, however much he may have otherwise."""
        if entry.is_directory:
            return 0
        return WRITING if found & FILE_ATTRIBUTE_READONLY or entry.read_only else 0

    def check_mapped(self, node: Node, how: Opening) -> None:
        """A program that runs is not written to: STATUS_SHARING_VIOLATION."""
        if self.kernel.part(SegmentTable).has(node.key, image=True):
            if how.disposition in OVERWRITING:
                raise NtError(STATUS_USER_MAPPED_FILE)
            if how.maximum:
                how.granted &= ~WRITING
            else:
                raise NtError(STATUS_SHARING_VIOLATION)

    @staticmethod
    def _may_overwrite(entry: Entry, how: Opening, found: int) -> None:
        if entry.read_only:
            raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
        must = found & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)
        if found & FILE_ATTRIBUTE_READONLY or must & ~how.attributes:
            raise NtError(STATUS_ACCESS_DENIED)
