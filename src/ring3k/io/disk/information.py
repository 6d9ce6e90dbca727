"""What is known of a file on a disk, and of its volume: the information classes as bytes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ring3k.abi.status import STATUS_INVALID_INFO_CLASS, NtError
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.sched.clock import UNIX_EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from ring3k.io.disk.file import DiskFile

CLUSTER = 4096
CLASS = fi.FILE_INFORMATION_CLASS


def _time(nanoseconds: int) -> int:
    return nanoseconds // 100 + UNIX_EPOCH


def _attributes(info: os.stat_result | None) -> int:
    if info is None or stat.S_ISDIR(info.st_mode):
        return 0x10  # FILE_ATTRIBUTE_DIRECTORY
    return 0x20 | (0 if info.st_mode & stat.S_IWUSR else 1)  # ARCHIVE, READONLY


def _allocation(size: int) -> int:
    return (size + CLUSTER - 1) // CLUSTER * CLUSTER


def _basic(file: DiskFile) -> fi.FILE_BASIC_INFORMATION:
    info = file.entry.info
    changed = _time(info.st_mtime_ns) if info is not None else _time(0)
    return fi.FILE_BASIC_INFORMATION(
        CreationTime=min(changed, _time(info.st_ctime_ns)) if info is not None else changed,
        LastAccessTime=_time(info.st_atime_ns) if info is not None else changed,
        LastWriteTime=changed,
        ChangeTime=_time(info.st_ctime_ns) if info is not None else changed,
        FileAttributes=_attributes(info),
    )


def _standard(file: DiskFile) -> fi.FILE_STANDARD_INFORMATION:
    info, size = file.entry.info, file.size
    return fi.FILE_STANDARD_INFORMATION(
        AllocationSize=_allocation(size),
        EndOfFile=size,
        NumberOfLinks=info.st_nlink if info is not None and not file.entry.is_directory else 1,
        DeletePending=False,
        Directory=file.entry.is_directory,
    )


def _name(file: DiskFile) -> bytes:
    raw = file.entry.path.encode("utf-16-le", "surrogatepass")
    return len(raw).to_bytes(4, "little") + raw


def _network_open(file: DiskFile) -> bytes:
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


def _internal(file: DiskFile) -> fi.FILE_INTERNAL_INFORMATION:
    info = file.entry.info
    return fi.FILE_INTERNAL_INFORMATION(IndexNumber=info.st_ino if info is not None else 0)


def _all(file: DiskFile) -> bytes:
    return (
        _basic(file).pack()
        + _standard(file).pack()
        + _internal(file).pack()
        + fi.FILE_EA_INFORMATION(EaSize=0).pack()
        + fi.FILE_ACCESS_INFORMATION(AccessFlags=file.granted).pack()
        + fi.FILE_POSITION_INFORMATION(CurrentByteOffset=file.position).pack()
        + fi.FILE_MODE_INFORMATION(Mode=file.mode).pack()
        + fi.FILE_ALIGNMENT_INFORMATION(AlignmentRequirement=0).pack()
        + _name(file)
    )


_FILE: dict[int, Callable[[DiskFile], bytes]] = {
    CLASS.FileBasicInformation: lambda f: _basic(f).pack(),
    CLASS.FileStandardInformation: lambda f: _standard(f).pack(),
    CLASS.FileInternalInformation: lambda f: _internal(f).pack(),
    CLASS.FileEaInformation: lambda f: bytes(4),
    CLASS.FileNameInformation: _name,
    CLASS.FileAllInformation: _all,
    CLASS.FileNetworkOpenInformation: _network_open,
}


def file_information(file: DiskFile, kind: int) -> bytes:
    """A class of file information, whole; STATUS_INVALID_INFO_CLASS."""
    make = _FILE.get(kind)
    if make is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    return make(file)


# -- volumes --------------------------------------------------------------------------------
def volume_information(file: DiskFile, what: int) -> bytes:
    """A class of volume information, whole; STATUS_INVALID_INFO_CLASS."""
    volume = file.device.volume
    label = volume.label.encode("utf-16-le")
    if what == st.FS_INFORMATION_CLASS.FileFsVolumeInformation:
        head = (UNIX_EPOCH).to_bytes(8, "little") + volume.serial.to_bytes(4, "little")
        return head + len(label).to_bytes(4, "little") + b"\0\0" + label
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
    raise NtError(STATUS_INVALID_INFO_CLASS)
