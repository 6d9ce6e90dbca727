"""What is known of files and volumes.

NT's habits: the length is compared with the class's fixed size before the
handle is looked up; a name that does not fit is cut and STATUS_BUFFER_OVERFLOW
returned with the whole length told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from ring3k.abi.access import FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES, IO_COMPLETION_MODIFY_STATE
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
from ring3k.io.completion import IoCompletion
from ring3k.io.device import Opening
from ring3k.io.file import FileObject
from ring3k.io.request import ERROR
from ring3k.io.syscalls import open_file
from ring3k.ke.thread import KThread as Thread

CLASS = fi.FILE_INFORMATION_CLASS
MOST_SET = 0x10000 + 1024  # bytes of a class that are read: a name and what goes with it
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
    CLASS.FilePipeInformation: fi.FILE_PIPE_INFORMATION.size(),
    CLASS.FilePipeLocalInformation: fi.FILE_PIPE_LOCAL_INFORMATION.size(),
    CLASS.FilePipeRemoteInformation: 16,
    CLASS.FileMailslotQueryInformation: fi.FILE_MAILSLOT_QUERY_INFORMATION.size(),
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


@syscall(PARTIAL, "no streams, no compression", first=_check_query)
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
    CLASS.FilePipeInformation,
    CLASS.FilePipeLocalInformation,
    CLASS.FilePipeRemoteInformation,
)


SET = {  # the classes there are: the fixed part of each, and the right that it needs
    CLASS.FilePositionInformation: (8, 0),
    CLASS.FilePipeInformation: (8, FILE_WRITE_ATTRIBUTES),
    CLASS.FilePipeRemoteInformation: (16, FILE_WRITE_ATTRIBUTES),
    CLASS.FileMailslotSetInformation: (4, 0),
    CLASS.FileCompletionInformation: (8, 0),
}


def _check_set(file_information_class: int, length: int) -> None:
    known = SET.get(file_information_class)
    if known is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < known[0]:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(PARTIAL, "position, completion port, pipes and mailslots; volumes are read-only", first=_check_set)
def NtSetInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    file_information: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    file_information_class: FileInfoClass,
) -> int:
    """Move a file's position, tie it to a completion port, change how a pipe or mailslot works."""
    least, access = SET[file_information_class]
    data = file_information.read(min(length, MOST_SET))
    file = t.handles.get(file_handle, FileObject, access)
    if file_information_class == CLASS.FilePositionInformation:
        position = int.from_bytes(data[:8], "little", signed=True)
        if position < 0:
            raise NtError(STATUS_INVALID_PARAMETER)
        file.position = position
        status = 0
    elif file_information_class == CLASS.FileCompletionInformation:
        status = _set_port(t, file, fi.FILE_COMPLETION_INFORMATION.unpack(data[:least]))
    else:
        status = file.set_information(t, file_information_class, data)
    if status < ERROR:
        io_status_block.set(st.IO_STATUS_BLOCK(Status=status, Information=0))
    return status


def _set_port(t: Thread, file: FileObject, given: fi.FILE_COMPLETION_INFORMATION) -> int:
    """Operations on the file post a packet when they end.  Once for all, and not on a synchronous file."""
    if file.synchronous or file.port is not None:
        raise NtError(STATUS_INVALID_PARAMETER)
    port = t.handles.get(given.Port, IoCompletion, IO_COMPLETION_MODIFY_STATE)
    port.reference()
    file.port, file.key = port, given.Key
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
