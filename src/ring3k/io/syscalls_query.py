"""What is known of files and volumes.

NT's habits: the length is compared with the class's fixed size before the
handle is looked up; a name that does not fit is cut and STATUS_BUFFER_OVERFLOW
returned with the whole length told.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from ring3k.abi.access import FILE_READ_ATTRIBUTES
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import FileInfoClass, FsInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.types import Handle, In, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.io.file import FileObject, Opening
from ring3k.io.syscalls import open_file
from ring3k.ke.thread import KThread as Thread
from ring3k.sched.clock import UNIX_EPOCH

CLUSTER = 4096
CLASS = fi.FILE_INFORMATION_CLASS
SHARE_ALL = 7


def _time(nanoseconds: int) -> int:
    return nanoseconds // 100 + UNIX_EPOCH


def _attributes(info: os.stat_result | None) -> int:
    if info is None or stat.S_ISDIR(info.st_mode):
        return 0x10  # FILE_ATTRIBUTE_DIRECTORY
    return 0x20 | (0 if info.st_mode & stat.S_IWUSR else 1)  # ARCHIVE, READONLY


def _allocation(size: int) -> int:
    return (size + CLUSTER - 1) // CLUSTER * CLUSTER


def _basic(file: FileObject) -> fi.FILE_BASIC_INFORMATION:
    info = file.entry.info
    changed = _time(info.st_mtime_ns) if info is not None else _time(0)
    return fi.FILE_BASIC_INFORMATION(
        CreationTime=min(changed, _time(info.st_ctime_ns)) if info is not None else changed,
        LastAccessTime=_time(info.st_atime_ns) if info is not None else changed,
        LastWriteTime=changed,
        ChangeTime=_time(info.st_ctime_ns) if info is not None else changed,
        FileAttributes=_attributes(info),
    )


def _standard(file: FileObject) -> fi.FILE_STANDARD_INFORMATION:
    info, size = file.entry.info, file.size
    return fi.FILE_STANDARD_INFORMATION(
        AllocationSize=_allocation(size),
        EndOfFile=size,
        NumberOfLinks=info.st_nlink if info is not None and not file.entry.is_directory else 1,
        DeletePending=False,
        Directory=file.entry.is_directory,
    )


def _name(file: FileObject) -> bytes:
    raw = file.entry.path.encode("utf-16-le", "surrogatepass")
    return len(raw).to_bytes(4, "little") + raw


def _network_open(file: FileObject) -> bytes:
    basic, standard = _basic(file), _standard(file)
    return fi.FILE_NETWORK_OPEN_INFORMATION(
        CreationTime=basic.CreationTime,
        LastAccessTime=basic.LastAccessTime,
        LastWriteTime=basic.LastWriteTime,
        ChangeTime=basic.ChangeTime,
        AllocationSize=standard.AllocationSize,
        EndOfFile=standard.EndOfFile,
        FileAttributes=basic.FileAttributes,
    ).pack()


def _internal(file: FileObject) -> fi.FILE_INTERNAL_INFORMATION:
    info = file.entry.info
    return fi.FILE_INTERNAL_INFORMATION(IndexNumber=info.st_ino if info is not None else 0)


def _all(file: FileObject) -> bytes:
    return (
        _basic(file).pack()
        + _standard(file).pack()
        + _internal(file).pack()
        + fi.FILE_EA_INFORMATION(EaSize=0).pack()
        + fi.FILE_ACCESS_INFORMATION(AccessFlags=file.how.granted).pack()
        + fi.FILE_POSITION_INFORMATION(CurrentByteOffset=file.position).pack()
        + fi.FILE_MODE_INFORMATION(Mode=_mode(file)).pack()
        + fi.FILE_ALIGNMENT_INFORMATION(AlignmentRequirement=0).pack()
        + _name(file)
    )


def _mode(file: FileObject) -> int:
    return file.how.options & 0x103E  # the options that are a file object's mode


# class -> (least length, maker)
_FILE: dict[int, tuple[int, Callable[[FileObject], bytes]]] = {
    CLASS.FileBasicInformation: (fi.FILE_BASIC_INFORMATION.size(), lambda f: _basic(f).pack()),
    CLASS.FileStandardInformation: (fi.FILE_STANDARD_INFORMATION.size(), lambda f: _standard(f).pack()),
    CLASS.FileInternalInformation: (8, lambda f: _internal(f).pack()),
    CLASS.FileEaInformation: (4, lambda f: bytes(4)),
    CLASS.FileAccessInformation: (4, lambda f: f.how.granted.to_bytes(4, "little")),
    CLASS.FileNameInformation: (8, _name),
    CLASS.FilePositionInformation: (8, lambda f: f.position.to_bytes(8, "little")),
    CLASS.FileModeInformation: (4, lambda f: _mode(f).to_bytes(4, "little")),
    CLASS.FileAlignmentInformation: (4, lambda f: bytes(4)),
    CLASS.FileAllInformation: (fi.FILE_ALL_INFORMATION.size(), _all),
    CLASS.FileNetworkOpenInformation: (fi.FILE_NETWORK_OPEN_INFORMATION.size(), _network_open),
}


def _give(block: Out[st.IO_STATUS_BLOCK], buffer: OutBuffer, data: bytes, length: int) -> int:
    """Write what fits, and the status block."""
    status = 0 if len(data) <= length else STATUS_BUFFER_OVERFLOW
    buffer.write(data[:length])
    block.set(st.IO_STATUS_BLOCK(Status=status, Information=min(len(data), length)))
    return status


def _check_query(file_information_class: int, length: int) -> None:
    known = _FILE.get(file_information_class)
    if known is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < known[0]:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(PARTIAL, "no streams, compression, or pipe classes yet", first=_check_query)
def NtQueryInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    file_information: Annotated[OutBuffer, Sized("length")],
    length: Ulong,
    file_information_class: FileInfoClass,
) -> int:
    """Times, size, position, name of an open file."""
    make = _FILE[file_information_class][1]
    needed = FILE_READ_ATTRIBUTES if file_information_class in _NEED_READ_ATTRIBUTES else 0
    file = t.handles.get(file_handle, FileObject, needed)
    return _give(io_status_block, file_information, make(file), length)


_NEED_READ_ATTRIBUTES = (
    CLASS.FileBasicInformation,
    CLASS.FileAllInformation,
    CLASS.FileNetworkOpenInformation,
)


def _check_set(file_information_class: int, length: int) -> None:
    if file_information_class != CLASS.FilePositionInformation:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < 8:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(PARTIAL, "only the position; volumes are read-only", first=_check_set)
def NtSetInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    file_information: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    file_information_class: FileInfoClass,
) -> int:
    """Move the position of a synchronous file."""
    position = int.from_bytes(file_information.read(8), "little", signed=True)
    file = t.handles.get(file_handle, FileObject, 0)
    if position < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    file.position = position
    io_status_block.set(st.IO_STATUS_BLOCK(Status=0, Information=0))
    return 0


@contextmanager
def _by_name(t: Thread, attributes: ObjectAttributes | None) -> Iterator[FileObject]:
    """A file opened only to be looked at; nobody's share mode is in its way."""
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not attributes.name and not attributes.root:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    file = open_file(t, attributes, Opening(FILE_READ_ATTRIBUTES, SHARE_ALL, 1, 0))
    file.reference()
    try:
        yield file
    finally:
        file.dereference()


@syscall()
def NtQueryAttributesFile(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    file_information: Out[fi.FILE_BASIC_INFORMATION],
) -> int:
    """Times and attributes by name."""
    with _by_name(t, object_attributes) as file:
        file_information.set(_basic(file))
    return 0


@syscall()
def NtQueryFullAttributesFile(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    file_information: Out[fi.FILE_NETWORK_OPEN_INFORMATION],
) -> int:
    """Times, size and attributes by name."""
    with _by_name(t, object_attributes) as file:
        file_information.set(fi.FILE_NETWORK_OPEN_INFORMATION.unpack(_network_open(file)))
    return 0


# -- volumes --------------------------------------------------------------------------------
def _volume(file: FileObject, what: int) -> bytes | None:
    volume = file.device.volume
    label = volume.label.encode("utf-16-le")
    if what == st.FS_INFORMATION_CLASS.FileFsVolumeInformation:
        head = (UNIX_EPOCH).to_bytes(8, "little") + volume.serial.to_bytes(4, "little")
        return head + len(label).to_bytes(4, "little") + b"\0\0" + label
    if what == st.FS_INFORMATION_CLASS.FileFsDeviceInformation:
        return st.FILE_FS_DEVICE_INFORMATION(
            DeviceType=st.FILE_DEVICE_DISK,
            Characteristics=st.FILE_DEVICE_IS_MOUNTED | st.FILE_READ_ONLY_DEVICE,
        ).pack()
    if what == st.FS_INFORMATION_CLASS.FileFsAttributeInformation:
        name = "NTFS".encode("utf-16-le")
        bits = st.FILE_CASE_PRESERVED_NAMES | st.FILE_CASE_SENSITIVE_SEARCH | st.FILE_UNICODE_ON_DISK
        return b"".join(v.to_bytes(4, "little") for v in (bits, 255, len(name))) + name
    total, free = volume.space()
    if what == st.FS_INFORMATION_CLASS.FileFsSizeInformation:
        return st.FILE_FS_SIZE_INFORMATION(
            TotalAllocationUnits=total,
            AvailableAllocationUnits=free,
            SectorsPerAllocationUnit=8,
            BytesPerSector=512,
        ).pack()
    if what == st.FS_INFORMATION_CLASS.FileFsFullSizeInformation:
        return st.FILE_FS_FULL_SIZE_INFORMATION(
            TotalAllocationUnits=total,
            CallerAvailableAllocationUnits=free,
            ActualAvailableAllocationUnits=free,
            SectorsPerAllocationUnit=8,
            BytesPerSector=512,
        ).pack()
    return None


_FS_LEAST = {1: 24, 3: 24, 4: 8, 5: 16, 7: 32}


def _check_volume(fs_information_class: int, length: int) -> None:
    least = _FS_LEAST.get(fs_information_class)
    if least is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < least:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(PARTIAL, "size, device, attribute and volume classes", first=_check_volume)
def NtQueryVolumeInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    fs_information: Annotated[OutBuffer, Sized("length")],
    length: Ulong,
    fs_information_class: FsInfoClass,
) -> int:
    """What is known of the volume a file is on."""
    file = t.handles.get(file_handle, FileObject, 0)
    data = _volume(file, fs_information_class)
    if data is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return _give(io_status_block, fs_information, data, length)
