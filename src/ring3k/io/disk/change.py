"""What can be changed of a file: times, attributes, size, name, whether it stays."""

from __future__ import annotations

import errno
import os
from struct import unpack_from

from ring3k.abi.access import FILE_ADD_FILE, FILE_WRITE_DATA
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_CANNOT_DELETE,
    STATUS_FILE_IS_A_DIRECTORY,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_VOLUME_LABEL,
    STATUS_MEDIA_WRITE_PROTECTED,
    STATUS_NOT_SAME_DEVICE,
    STATUS_OBJECT_NAME_COLLISION,
    STATUS_OBJECT_NAME_INVALID,
    STATUS_USER_MAPPED_FILE,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE
from ring3k.abi.structs import io as st
from ring3k.abi.structs.fileinfo import (
    FILE_DISPOSITION_DELETE,
    FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE,
    FILE_DISPOSITION_POSIX_SEMANTICS,
    FILE_DISPOSITION_VALID,
    FILE_RENAME_POSIX_SEMANTICS,
    FILE_RENAME_REPLACE_IF_EXISTS,
    FILE_RENAME_VALID,
)
from ring3k.abi.structs.fileinfo import FILE_INFORMATION_CLASS as CLASS
from ring3k.abi.upcase import upcase
from ring3k.engine.hostfile import rename
from ring3k.io.disk.attributes import dos_attributes, host_time, times, write_attributes
from ring3k.io.disk.create import allocate
from ring3k.io.disk.device import DiskDevice, Target, TargetOpening
from ring3k.io.disk.directory import DiskFolder
from ring3k.io.disk.file import DiskFile, require_writable
from ring3k.io.disk.host import nt_error
from ring3k.io.disk.names import FORBIDDEN, is_short, to_host, valid
from ring3k.io.disk.node import link_of
from ring3k.io.disk.notify import ADDED, REMOVED, RENAMED_NEW, RENAMED_OLD
from ring3k.io.disk.security import may_add
from ring3k.io.file import FileObject
from ring3k.mm.segment import SegmentTable
from ring3k.ob.namespace import Namespace
from ring3k.se.privilege import SE_MANAGE_VOLUME_PRIVILEGE, SE_RESTORE_PRIVILEGE, require_privilege
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.disk.entry import Entry, Place
    from ring3k.ke.thread import KThread

UNCHANGED, FROZEN = 0, -1  # times that are no times
MAX_LABEL = 32


# -- times and attributes ---------------------------------------------------------------------
def _basic(t: KThread, file: DiskFile, data: bytes) -> int:
    created, accessed, written, changed, attributes = unpack_from("<qqqqI", data)
    if min(created, accessed, written, changed) < FROZEN:
        raise NtError(STATUS_INVALID_PARAMETER)
    directory = bool(attributes & st.FILE_ATTRIBUTE_DIRECTORY)
    if (directory and not file.is_directory) or (
        file.is_directory and attributes & st.FILE_ATTRIBUTE_TEMPORARY
    ):
        raise NtError(STATUS_INVALID_PARAMETER)
    require_writable(file)
    info = file.look()
    reported = 0
    if attributes or created > 0:
        wanted = attributes & st.FILE_ATTRIBUTE_VALID_SET_FLAGS if attributes else dos_attributes(info)
        wanted &= ~(st.FILE_ATTRIBUTE_NORMAL | st.FILE_ATTRIBUTE_DIRECTORY)
        wanted |= dos_attributes(info) & st.FILE_ATTRIBUTE_SPARSE_FILE
        write_attributes(file.fd, info, wanted, created if created > 0 else None)
        reported |= st.FILE_NOTIFY_CHANGE_ATTRIBUTES if attributes else 0
        reported |= st.FILE_NOTIFY_CHANGE_CREATION if created > 0 else 0
    if accessed > 0 or written > 0:
        _, then_accessed, then_written, _ = times(info)
        try:
            os.utime(
                file.fd,
                ns=(
                    host_time(accessed if accessed > 0 else then_accessed),
                    host_time(written if written > 0 else then_written),
                ),
            )
        except OSError as error:
            raise nt_error(error) from None
        except OverflowError:
            raise NtError(STATUS_INVALID_PARAMETER) from None
        reported |= st.FILE_NOTIFY_CHANGE_LAST_ACCESS if accessed > 0 else 0
        reported |= st.FILE_NOTIFY_CHANGE_LAST_WRITE if written > 0 else 0
    if written != UNCHANGED:
        file.keeps_write_time = True
        file.plain.judge()
    if reported:
        file.report(reported)
    return 0


# -- size ---------------------------------------------------------------------------------------
def _may_shrink(file: DiskFile, size: int) -> None:
    """STATUS_USER_MAPPED_FILE while somebody has what would go in memory."""
    table = file.kernel.part(SegmentTable)
    if not table.can_truncate(file.node.key, size):
        raise NtError(STATUS_USER_MAPPED_FILE)


def _resize(file: DiskFile, size: int) -> None:
    if file.is_directory:
        raise NtError(STATUS_INVALID_PARAMETER)
    require_writable(file)
    if size < file.size:
        _may_shrink(file, size)
    file.truncate(size)
    file.report(st.FILE_NOTIFY_CHANGE_SIZE)


def _end_of_file(t: KThread, file: DiskFile, data: bytes) -> int:
    (size,) = unpack_from("<q", data)
    if size < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    _resize(file, size)
    return 0


def _allocation(t: KThread, file: DiskFile, data: bytes) -> int:
    (size,) = unpack_from("<q", data)
    if size < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    if size < file.size:
        _resize(file, size)
    elif not file.stream and not file.is_directory:
        require_writable(file)
        try:
            allocate(file.fd, size)
        except OSError as error:
            raise nt_error(error) from None
    return 0


def _valid_data_length(t: KThread, file: DiskFile, data: bytes) -> int:
    """All of a host's file is valid: there is nothing to do but to judge."""
    (size,) = unpack_from("<q", data)
    require_privilege(t, SE_MANAGE_VOLUME_PRIVILEGE)
    if size < 0 or size > file.size or file.is_directory:
        raise NtError(STATUS_INVALID_PARAMETER)
    return 0


# -- deleting -------------------------------------------------------------------------------------
def _disposition(t: KThread, file: DiskFile, data: bytes, ignore_read_only: bool = False) -> int:
    if not data[0]:
        file.node.spare(file.link)
        return 0
    if file.parent is None:
        raise NtError(STATUS_CANNOT_DELETE)
    require_writable(file)
    protected = not ignore_read_only and dos_attributes(file.info) & st.FILE_ATTRIBUTE_READONLY
    if not file.movable or protected:
        raise NtError(STATUS_CANNOT_DELETE)
    file.require_removable()
    file.mark_deleted()
    return 0


def _disposition_ex(t: KThread, file: DiskFile, data: bytes) -> int:
    """The same with flags.  With POSIX semantics the name goes with this handle, whoever else has others."""
    (flags,) = unpack_from("<I", data)
    if flags & ~FILE_DISPOSITION_VALID:
        raise NtError(STATUS_INVALID_PARAMETER)
    read_only = bool(flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)
    _disposition(t, file, bytes((flags & FILE_DISPOSITION_DELETE,)), read_only)
    both = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS
    file.node.posix = file if flags & both == both else None
    return 0


# -- names ------------------------------------------------------------------------------------------
def _target(t: KThread, file: DiskFile, data: bytes) -> tuple[Target, bool]:
    """Where a rename or a link leads, and whether what is there is replaced."""
    replace, root, length = data[0], *unpack_from("<II", data, 4)
    if length & 1 or not length or 12 + length > len(data):
        raise NtError(STATUS_INVALID_PARAMETER)
    name = data[12 : 12 + length].decode("utf-16-le", "surrogatepass")
    if file.doomed:  # about to be deleted
        raise NtError(STATUS_ACCESS_DENIED)
    how = TargetOpening(FILE_ADD_FILE)
    if name.startswith(":"):
        raise NtError(STATUS_INVALID_PARAMETER)
    if root:
        folder = t.handles.get(root, DiskFolder, 0)
        found: Any = folder.device.open_relative(t, folder, name, OBJ_CASE_INSENSITIVE, how)
    elif "\\" not in name:
        if file.parent is None or not valid(name):
            raise NtError(STATUS_OBJECT_NAME_INVALID)
        found = Target(file.device, file.parent, name)
    else:
        found = t.kernel.part(Namespace).walk(t, name, None, OBJ_CASE_INSENSITIVE, how).object
    if not isinstance(found, Target):
        raise NtError(STATUS_INVALID_PARAMETER)
    if found.device is not file.device:
        raise NtError(STATUS_NOT_SAME_DEVICE)
    return found, bool(replace)


def _clear_way(
    t: KThread, file: DiskFile, target: Target, replace: bool, posix: bool = False
) -> Entry | None:
    """What stands where the file is to be called, if it may be replaced (and is another).

    With POSIX semantics that may be open, if all who have it open let others delete it, and a folder's
    reparse point.
    """
    device = file.device
    place, name = target.place, target.name
    if place.read_only or place.folder is None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    there = device.volume.step(place, name)
    if there is None:
        return None
    if there.key == file.node.key and _is_same_name(file, place, there.name):
        return None
    if not replace:
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    node = device.volume.nodes.get(there.key)
    if (
        (there.is_directory and not (posix and there.redirects and there.leads is None))
        or not there.movable
        or dos_attributes(there.info) & st.FILE_ATTRIBUTE_READONLY
        or (node is not None and there.key != file.node.key and not (posix and node.may_go) and node.files)
        or (node is not None and node.doomed(link_of(place, there.name)))
        or file.kernel.part(SegmentTable).has(there.key, image=True)
    ):
        raise NtError(STATUS_ACCESS_DENIED)
    return there


def _is_same_name(file: DiskFile, place: Place, name: str) -> bool:
    mine = file.parent
    return mine is not None and mine.folder is place.folder and upcase(name) == upcase(file.name)


def _rename_ex(t: KThread, file: DiskFile, data: bytes) -> int:
    """The same with flags."""
    plain = _plainly(data)
    return _rename(t, file, plain, bool(data[0] & FILE_RENAME_POSIX_SEMANTICS))


def _rename(t: KThread, file: DiskFile, data: bytes, posix: bool = False) -> int:
    """Another name, perhaps in another folder of the volume."""
    if file.stream:
        from ring3k.io.disk.streams import rename_stream

        return rename_stream(file, data)
    target, replace = _target(t, file, data)
    parent = file.parent
    if parent is None or parent.folder is None or not file.movable:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED if file.read_only else STATUS_INVALID_PARAMETER)
    require_writable(file)
    there = _clear_way(t, file, target, replace, posix)
    place, name = target.place, target.name
    if place.folder is None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if place.folder is not parent.folder:
        may_add(t, file.kernel, place, file.is_directory)
    if file.is_directory and _is_busy(file):
        raise NtError(STATUS_ACCESS_DENIED)
    if place.folder is parent.folder and name == file.name:
        return 0
    old = file.name
    alike = there is not None and not (file.is_directory or there.is_directory) and there.name == name
    if there is not None and (not alike or there.key == file.node.key):
        # The host replaces like by like, and leaves both where they are names of one file.
        _remove(there)
        _move(parent.folder.fd, old, place.folder.fd, name, False)
    else:
        _move(parent.folder.fd, old, place.folder.fd, name, there is not None)
    parent.folder.left(old)
    if there is not None:
        place.folder.left(there.name)
        file.device.notifier.report(place.path, there.name, REMOVED, there.is_directory)
        replaced = file.device.volume.nodes.get(there.key)
        if replaced is not None and replaced is not file.node:
            replaced.lost(link_of(place, there.name))
    place.folder.entered(name)
    _tell_renamed(file, parent, old, place, name)
    for one in tuple(file.node.files):
        if one.parent is not None and one.parent.folder is parent.folder and one.name == old:
            one.moved(place, name)
    return 0


def _plainly(data: bytes) -> bytes:
    """What a rename or a link with flags means as one without."""
    (flags,) = unpack_from("<I", data)
    if flags & ~FILE_RENAME_VALID:
        raise NtError(STATUS_INVALID_PARAMETER)
    return bytes((flags & FILE_RENAME_REPLACE_IF_EXISTS,)) + data[1:]


def _remove(there: Entry) -> None:
    try:
        (os.rmdir if there.is_directory and there.leads is None else os.unlink)(there.host, dir_fd=there.at)
    except OSError as error:
        raise nt_error(error) from None


def _move(folder: int, old: str, new_folder: int, name: str, replace: bool) -> None:
    """On the host; what another program has put there meanwhile is not replaced."""
    new = to_host(name)
    try:
        if replace:
            os.rename(to_host(old), new, src_dir_fd=folder, dst_dir_fd=new_folder)
            return
        try:
            rename(folder, to_host(old), new_folder, new)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS):
                raise
            os.stat(to_host(old), dir_fd=folder, follow_symlinks=False)
            os.rename(to_host(old), new, src_dir_fd=folder, dst_dir_fd=new_folder)
    except OSError as error:
        raise nt_error(error) from None


def _tell_renamed(file: DiskFile, parent: Place, old: str, place: Place, name: str) -> None:
    report = file.device.notifier.report
    if place.folder is parent.folder:
        report(parent.path, old, RENAMED_OLD, file.is_directory)
        report(place.path, name, RENAMED_NEW, file.is_directory)
    else:
        report(parent.path, old, REMOVED, file.is_directory)
        report(place.path, name, ADDED, file.is_directory)


def _is_busy(file: DiskFile) -> bool:
    """Whether anything below a folder is open."""
    above = file.path.rstrip("\\") + "\\"
    return any(one.path.startswith(above) for node in file.device.volume.nodes.values() for one in node.files)


def _link(t: KThread, file: DiskFile, data: bytes) -> int:
    """One more name."""
    if file.is_directory:
        raise NtError(STATUS_FILE_IS_A_DIRECTORY)
    target, replace = _target(t, file, data)
    parent = file.parent
    if parent is None or parent.folder is None or not file.movable or file.stream:
        raise NtError(STATUS_INVALID_PARAMETER)
    require_writable(file)
    there = _clear_way(t, file, target, replace)
    place, name = target.place, target.name
    if place.folder is None:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if there is None and _is_same_name(file, place, name):
        if not replace:
            raise NtError(STATUS_OBJECT_NAME_COLLISION)
        return 0
    may_add(t, file.kernel, place, False)
    try:
        if there is not None:
            os.unlink(there.host, dir_fd=there.at)
            place.folder.left(there.name)
        os.link(
            to_host(file.name),
            to_host(name),
            src_dir_fd=parent.folder.fd,
            dst_dir_fd=place.folder.fd,
            follow_symlinks=False,
        )
    except OSError as error:
        raise nt_error(error) from None
    place.folder.entered(name)
    file.device.notifier.report(place.path, name, ADDED, False)
    return 0


def _short_name(t: KThread, file: DiskFile, data: bytes) -> int:
    """The 8.3 name."""
    require_privilege(t, SE_RESTORE_PRIVILEGE)
    (length,) = unpack_from("<I", data)
    if length & 1 or not length or 4 + length > len(data):
        raise NtError(STATUS_INVALID_PARAMETER)
    short = data[4 : 4 + length].decode("utf-16-le", "surrogatepass").upper()
    if not is_short(short):
        raise NtError(STATUS_INVALID_PARAMETER)
    require_writable(file)
    folder = file.parent.folder if file.parent is not None else None
    if folder is None or not file.movable:
        raise NtError(STATUS_INVALID_PARAMETER)
    if folder.find(short) not in ([], [file.name]):
        raise NtError(STATUS_OBJECT_NAME_COLLISION)
    folder.set_short(file.name, short)
    return 0


def _not_here(t: KThread, file: DiskFile, data: bytes) -> int:
    """Classes that the I/O manager knows, and a file system not: an id's or a quota's entry, clusters."""
    raise NtError(STATUS_INVALID_PARAMETER)


def _track(t: KThread, file: DiskFile, data: bytes) -> int:
    """The links to a moved file are to follow: there is no service that could see to it."""
    (destination,) = unpack_from("<I", data)
    if destination:
        t.handles.get(destination, FileObject, FILE_WRITE_DATA)
    raise NtError(STATUS_INVALID_DEVICE_REQUEST)


_SET: dict[int, Callable[[KThread, DiskFile, bytes], int]] = {
    CLASS.FileBasicInformation: _basic,
    CLASS.FileRenameInformation: _rename,
    CLASS.FileLinkInformation: _link,
    CLASS.FileDispositionInformation: _disposition,
    CLASS.FileAllocationInformation: _allocation,
    CLASS.FileEndOfFileInformation: _end_of_file,
    CLASS.FileObjectIdInformation: _not_here,
    CLASS.FileMoveClusterInformation: _not_here,
    CLASS.FileQuotaInformation: _not_here,
    CLASS.FileTrackingInformation: _track,
    CLASS.FileValidDataLengthInformation: _valid_data_length,
    CLASS.FileShortNameInformation: _short_name,
    CLASS.FileDispositionInformationEx: _disposition_ex,
    CLASS.FileRenameInformationEx: _rename_ex,
    CLASS.FileLinkInformationEx: lambda t, file, data: _link(t, file, _plainly(data)),
}


def change(t: KThread, file: DiskFile, kind: int, data: bytes) -> int:
    """Set a class of file information; STATUS_INVALID_INFO_CLASS."""
    action = _SET.get(kind)
    if action is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return action(t, file, data)


# -- volumes --------------------------------------------------------------------------------------
def change_volume(device: DiskDevice, kind: int, data: bytes) -> int:
    """Set a class of volume information."""
    volume = device.volume
    if volume.read_only:
        raise NtError(STATUS_MEDIA_WRITE_PROTECTED)
    if kind == st.FS_INFORMATION_CLASS.FileFsLabelInformation:
        length = int.from_bytes(data[:4], "little")
        if length & 1 or 4 + length > len(data):
            raise NtError(STATUS_INFO_LENGTH_MISMATCH if length > len(data) else STATUS_INVALID_PARAMETER)
        label = data[4 : 4 + length].decode("utf-16-le", "surrogatepass")
        if length > MAX_LABEL * 2 or not FORBIDDEN.isdisjoint(label):
            raise NtError(STATUS_INVALID_VOLUME_LABEL)
        volume.set_label(label)
        return 0
    if kind == st.FS_INFORMATION_CLASS.FileFsObjectIdInformation:
        volume.object_id = data[:16]
        return 0
    if kind == st.FS_INFORMATION_CLASS.FileFsControlInformation:
        return 0
    raise NtError(STATUS_INVALID_INFO_CLASS)
