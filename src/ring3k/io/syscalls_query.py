"""What is known of files and volumes.

NT's habits: the length is compared with the class's fixed size before the
handle is looked up; a name that does not fit is cut and STATUS_BUFFER_OVERFLOW
returned with the whole length told.
"""

from __future__ import annotations

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
from ring3k.io.device import Opening
from ring3k.io.file import FileObject
from ring3k.io.syscalls import open_file
from ring3k.ke.thread import KThread as Thread

CLASS = fi.FILE_INFORMATION_CLASS
FS = st.FS_INFORMATION_CLASS
ANSWERED: dict[int, Callable[[FileObject], int]] = {  # by the I/O manager itself
    CLASS.FileAccessInformation: lambda file: file.granted,
    CLASS.FilePositionInformation: lambda file: file.position,
    CLASS.FileModeInformation: lambda file: file.mode,
    CLASS.FileAlignmentInformation: lambda file: 0,
}
LEAST = {  # the classes there are, and the fixed part of each
    CLASS.FileBasicInformation: fi.FILE_BASIC_INFORMATION.size(),
    CLASS.FileStandardInformation: fi.FILE_STANDARD_INFORMATION.size(),
    CLASS.FileInternalInformation: 8,
    CLASS.FileEaInformation: 4,
    CLASS.FileAccessInformation: 4,
    CLASS.FileNameInformation: 8,
    CLASS.FilePositionInformation: 8,
    CLASS.FileModeInformation: 4,
    CLASS.FileAlignmentInformation: 4,
    CLASS.FileAllInformation: fi.FILE_ALL_INFORMATION.size(),
    CLASS.FileNetworkOpenInformation: fi.FILE_NETWORK_OPEN_INFORMATION.size(),
}


def _give(block: Out[st.IO_STATUS_BLOCK], buffer: OutBuffer, data: bytes, length: int) -> int:
    """Write what fits, and the status block."""
    status = 0 if len(data) <= length else STATUS_BUFFER_OVERFLOW
    buffer.write(data[:length])
    block.set(st.IO_STATUS_BLOCK(Status=status, Information=min(len(data), length)))
    return status


def _check_query(file_information_class: int, length: int) -> None:
    least = LEAST.get(file_information_class)
    if least is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < least:
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
    kind = file_information_class
    file = t.handles.get(
        file_handle, FileObject, FILE_READ_ATTRIBUTES if kind in _NEED_READ_ATTRIBUTES else 0
    )
    own = ANSWERED.get(kind)
    data = file.query_information(kind, length) if own is None else own(file).to_bytes(LEAST[kind], "little")
    return _give(io_status_block, file_information, data, length)


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
    file = open_file(t, attributes, Opening(FILE_READ_ATTRIBUTES))
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
        data = file.query_information(CLASS.FileBasicInformation, fi.FILE_BASIC_INFORMATION.size())
        file_information.set(fi.FILE_BASIC_INFORMATION.unpack(data))
    return 0


@syscall()
def NtQueryFullAttributesFile(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    file_information: Out[fi.FILE_NETWORK_OPEN_INFORMATION],
) -> int:
    """Times, size and attributes by name."""
    with _by_name(t, object_attributes) as file:
        size = fi.FILE_NETWORK_OPEN_INFORMATION.size()
        data = file.query_information(CLASS.FileNetworkOpenInformation, size)
        file_information.set(fi.FILE_NETWORK_OPEN_INFORMATION.unpack(data))
    return 0


# -- volumes --------------------------------------------------------------------------------
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
    if fs_information_class == FS.FileFsDeviceInformation:
        data = st.FILE_FS_DEVICE_INFORMATION(
            DeviceType=file.device.device_type, Characteristics=file.device.characteristics
        ).pack()
    else:
        data = file.query_volume(fs_information_class, length)
    return _give(io_status_block, fs_information, data, length)
