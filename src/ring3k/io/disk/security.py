"""Who may do what with a file: descriptors, kept in extended attributes of the host's.

A file without one has the volume's: everybody may do everything, and what is made
below inherits that.  Descriptors that say just this are not written down, nor are
any where the host keeps no such attributes.

NTFS looks at the folder, too: who may delete children there may delete the file,
who may list it may read the file's attributes.  Privileges to back up and restore
stand in for rights when the opener says that this is what he is about.
"""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import (
    ACCESS_SYSTEM_SECURITY,
    DELETE,
    FILE_ADD_FILE,
    FILE_ADD_SUBDIRECTORY,
    FILE_DELETE_CHILD,
    FILE_LIST_DIRECTORY,
    FILE_READ_ATTRIBUTES,
    FILE_TRAVERSE,
    FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA,
    FILE_WRITE_EA,
    MAXIMUM_ALLOWED,
    WRITE_DAC,
    WRITE_OWNER,
    map_generic,
)
from ring3k.abi.status import STATUS_ACCESS_DENIED, NtError
from ring3k.abi.structs.io import FILE_NOTIFY_CHANGE_SECURITY, FILE_OPEN_FOR_BACKUP_INTENT
from ring3k.abi.structs.se import CONTAINER_INHERIT_ACE, OBJECT_INHERIT_ACE
from ring3k.engine.hostfile import ATTRIBUTES, MODE, look_at
from ring3k.io.disk.attributes import HAS_SECURITY, mark, read_attribute, write_attribute
from ring3k.io.disk.host import nt_error
from ring3k.io.file import FileObject
from ring3k.ob.open import grant
from ring3k.ob.security import SecurityMonitor
from ring3k.se.acl import allow, build_acl
from ring3k.se.descriptor import Descriptor, parse_descriptor
from ring3k.se.monitor import ReferenceMonitor
from ring3k.se.privilege import SE_BACKUP_PRIVILEGE, SE_RESTORE_PRIVILEGE, has_privilege
from ring3k.se.sid import ADMINISTRATORS, LOCAL_SYSTEM, WORLD
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.engine.hostfile import Look
    from ring3k.io.device import Opening
    from ring3k.io.disk.device import DiskDevice
    from ring3k.io.disk.entry import Entry, Place
    from ring3k.io.disk.file import DiskFile
    from ring3k.ke.kernel import Kernel
    from ring3k.ke.thread import KThread

NAME = "user.ring3k.security"
REMEMBERED = 512
BACKUP = 0x120089 | ACCESS_SYSTEM_SECURITY | FILE_TRAVERSE
RESTORE = (
    0x120116
    | ACCESS_SYSTEM_SECURITY
    | WRITE_DAC
    | WRITE_OWNER
    | DELETE
    | FILE_ADD_FILE
    | FILE_ADD_SUBDIRECTORY
    | FILE_WRITE_ATTRIBUTES
    | FILE_WRITE_EA
    | FILE_WRITE_DATA
)


def has_descriptor(info: Look) -> bool:
    """Whether a file has one of its own."""
    return info[ATTRIBUTES] > 0 and bool(info[ATTRIBUTES] & HAS_SECURITY)


class FileSecurity:
    """What all volumes of a system share: the descriptor of files without one, and parsed ones."""

    def __init__(self) -> None:
        everything = allow(WORLD, FileObject.rights.mapping.all, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)
        self.default = Descriptor(ADMINISTRATORS, LOCAL_SYSTEM, build_acl((everything,)))
        self._plain = Descriptor(
            ADMINISTRATORS, LOCAL_SYSTEM, build_acl((allow(WORLD, FileObject.rights.mapping.all),))
        )
        self._parsed: dict[bytes, Descriptor] = {}
        self._last = self.default  # that was asked about

    def of(self, fd: int, info: Look | None) -> Descriptor:
        """The descriptor of an open file or folder of the host's."""
        if info is None or info[ATTRIBUTES] <= 0 or not info[ATTRIBUTES] & HAS_SECURITY:
            return self.default
        raw = read_attribute(fd, NAME)
        if raw is None:
            return self.default
        found = self._parsed.get(raw)
        if found is None:
            try:
                found = parse_descriptor(raw)
            except NtError:  # somebody has written there: nobody may, but its owner can mend it
                found = Descriptor(ADMINISTRATORS, LOCAL_SYSTEM, build_acl(()))
            if len(self._parsed) >= REMEMBERED:
                self._parsed.clear()
            self._parsed[raw] = found
        return found

    def of_folder(self, place: Place) -> Descriptor:
        """The descriptor of a folder that a walk is in."""
        if place.folder is None:
            return self.default
        try:
            return self.of(place.folder.fd, look_at(place.folder.fd, None))
        except OSError as error:
            raise nt_error(error) from None

    def is_default(self, descriptor: Descriptor) -> bool:
        """Whether it need not be written down."""
        if descriptor is self._last:
            return True
        if descriptor.parts not in (self.default.parts, self._plain.parts):
            return False
        self._last = descriptor  # most files that are made get the very same
        return True


def security_of(kernel: Kernel) -> FileSecurity:
    """The system's, made when first needed."""
    return kernel.late_part(FileSecurity)


def read_security(file: DiskFile) -> Any:
    """``Object.query_security`` of a file."""
    node = file.node
    if node.security is None:
        node.security = security_of(file.kernel).of(file.fd, file.info)
    return node.security


def write_security(file: DiskFile, descriptor: Any) -> None:
    """``Object.set_security``."""
    from ring3k.io.disk.file import require_writable

    require_writable(file)
    store(file.kernel, file.fd, file.look(), descriptor)
    file.node.security = descriptor
    file.report(FILE_NOTIFY_CHANGE_SECURITY)


def store(kernel: Kernel, fd: int, info: Look, descriptor: Descriptor) -> bool:
    """Write a descriptor down, if it says anything.  False: nothing was to be written."""
    if security_of(kernel).is_default(descriptor):
        if not has_descriptor(info):
            return False
        mark(fd, info, HAS_SECURITY, False)
        write_attribute(fd, info[MODE], NAME, None)
    elif write_attribute(fd, info[MODE], NAME, descriptor.raw):
        mark(fd, info, HAS_SECURITY, True)
    return True


# -- checks -----------------------------------------------------------------------------------
def check_open(t: KThread | None, device: DiskDevice, entry: Entry, fd: int, how: Opening) -> int:
    """The rights that the opener gets to a file that is there.  STATUS_ACCESS_DENIED and others."""
    kernel = device.kernel
    monitor = kernel.part(SecurityMonitor)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return grant(FileObject, how.desired)
    if not monitor.audit.active:
        return _rights(t, monitor, kernel, entry, fd, how)
    descriptor = security_of(kernel).of(fd, entry.info)
    return monitor.audited(
        t,
        descriptor,
        FileObject,
        device.full_name() + entry.path,
        how.desired,
        lambda: _rights(t, monitor, kernel, entry, fd, how),
    )


def _rights(
    t: KThread, monitor: ReferenceMonitor, kernel: Kernel, entry: Entry, fd: int, how: Opening
) -> int:
    desired = how.desired
    if desired & 0xF0000000:
        desired = map_generic(desired, FileObject.type_name)
    extra = by_privilege(t, how) if how.options & FILE_OPEN_FOR_BACKUP_INTENT else 0
    if extra:
        return _with_privilege(t, monitor, kernel, entry, fd, desired, extra)
    security: FileSecurity = kernel.late_part(FileSecurity)
    try:
        return monitor.check_descriptor(t, security.of(fd, entry.info), FileObject, desired)
    except NtError as error:
        rights = desired & (DELETE | FILE_READ_ATTRIBUTES)
        if error.status != STATUS_ACCESS_DENIED or not rights or entry.parent is None:
            raise
        from_folder = _from_folder(t, monitor, security.of_folder(entry.parent), rights)
        rest = desired & ~from_folder
        if not from_folder:
            raise
        if not rest:
            return from_folder
        return monitor.check_descriptor(t, security.of(fd, entry.info), FileObject, rest) | from_folder


def _from_folder(t: KThread, monitor: ReferenceMonitor, folder: Descriptor, rights: int) -> int:
    found = 0
    for right, needed in ((DELETE, FILE_DELETE_CHILD), (FILE_READ_ATTRIBUTES, FILE_LIST_DIRECTORY)):
        if rights & right:
            with suppress(NtError):
                monitor.check_descriptor(t, folder, FileObject, needed)
                found |= right
    return found


def by_privilege(t: KThread, how: Opening) -> int:
    """The rights that no descriptor takes from who backs up or restores, and says so."""
    if not how.options & FILE_OPEN_FOR_BACKUP_INTENT:
        return 0
    return (BACKUP if has_privilege(t, SE_BACKUP_PRIVILEGE) else 0) | (
        RESTORE if has_privilege(t, SE_RESTORE_PRIVILEGE) else 0
    )


def _with_privilege(
    t: KThread, monitor: ReferenceMonitor, kernel: Kernel, entry: Entry, fd: int, desired: int, extra: int
) -> int:
    most = bool(desired & MAXIMUM_ALLOWED)
    rest = desired & ~(extra | MAXIMUM_ALLOWED)
    if rest or (most and not extra):
        rest = monitor.check_descriptor(t, security_of(kernel).of(fd, entry.info), FileObject, rest)
    elif most:
        with suppress(NtError):
            rest = monitor.check_descriptor(
                t, security_of(kernel).of(fd, entry.info), FileObject, MAXIMUM_ALLOWED
            )
    return (rest | (desired & extra) | (extra & FileObject.rights.valid if most else 0)) & ~MAXIMUM_ALLOWED


def check_create(
    t: KThread | None, kernel: Kernel, place: Place, how: Opening, folder: bool
) -> tuple[int, Descriptor | None]:
    """The rights that who makes a file gets, and the descriptor of the file: None if nobody keeps such.

    STATUS_ACCESS_DENIED if he may put none there.
    """
    monitor = kernel.part(SecurityMonitor)
    granted = grant(FileObject, how.desired)
    if t is None or not isinstance(monitor, ReferenceMonitor):
        return granted, None
    monitor.check_new(t, granted)
    above = security_of(kernel).of_folder(place)
    needed = FILE_ADD_SUBDIRECTORY if folder else FILE_ADD_FILE
    if not by_privilege(t, how) & needed:
        monitor.check_descriptor(t, above, FileObject, needed)
    return granted, monitor.new_descriptor(t, FileObject, above, how.descriptor, folder)


def may_add(t: KThread, kernel: Kernel, place: Place, folder: bool) -> None:
    """STATUS_ACCESS_DENIED if the caller may not put a file (a folder) into one."""
    monitor = kernel.part(SecurityMonitor)
    if isinstance(monitor, ReferenceMonitor):
        needed = FILE_ADD_SUBDIRECTORY if folder else FILE_ADD_FILE
        monitor.check_descriptor(t, security_of(kernel).of_folder(place), FileObject, needed)


def may_traverse(t: KThread, kernel: Kernel, place: Place) -> None:
    """STATUS_ACCESS_DENIED if the caller may not pass through a folder."""
    monitor = kernel.part(SecurityMonitor)
    if isinstance(monitor, ReferenceMonitor):
        monitor.check_descriptor(t, security_of(kernel).of_folder(place), FileObject, FILE_TRAVERSE)
