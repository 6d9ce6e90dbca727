"""What is known of files and volumes.

NT's habits: the length is compared with the class's fixed size before the
handle is looked up; a name that does not fit is cut and STATUS_BUFFER_OVERFLOW
returned with the whole length told.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import (
    DELETE,
    FILE_READ_ATTRIBUTES,
    FILE_READ_DATA,
    FILE_WRITE_ATTRIBUTES,
    FILE_WRITE_DATA,
    IO_COMPLETION_MODIFY_STATE,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import FileInfoClass, FsInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.struct import Fixed, bytes_of
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs import io as st
from ring3k.abi.structs.io import (
    FILE_NO_INTERMEDIATE_BUFFERING,
    FILE_SEQUENTIAL_ONLY,
    FILE_SYNCHRONOUS_IO_ALERT,
    FILE_WRITE_THROUGH,
)
from ring3k.abi.types import Handle, In, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.io.completion import IoCompletion
from ring3k.io.device import LookOpening, Seen
from ring3k.io.file import IO_PRIORITY_NORMAL, SYNCHRONOUS, FileObject
from ring3k.io.request import ERROR
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import find
from ring3k.typed import Annotated

CLASS = fi.FILE_INFORMATION_CLASS
MOST_SET = 0x10000 + 1024  # bytes of a class that are read: a name and what goes with it
FS = st.FS_INFORMATION_CLASS
SECTOR = 512
LAST_OF_2000 = CLASS.FileTrackingInformation
LAST_OF_XP = CLASS.FileShortNameInformation
SKIPS = (
    fi.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS
    | fi.FILE_SKIP_SET_EVENT_ON_HANDLE
    | fi.FILE_SKIP_SET_USER_EVENT_ON_FAST_IO
)
SETTABLE = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | SYNCHRONOUS
ANSWERED: dict[int, Callable[[FileObject], int]] = {  # by the I/O manager itself
    CLASS.FileAccessInformation: lambda file: file.granted,
    CLASS.FilePositionInformation: lambda file: file.position,
    CLASS.FileModeInformation: lambda file: file.mode,
    CLASS.FileAlignmentInformation: lambda file: 0,
    CLASS.FileIoCompletionNotificationInformation: lambda file: file.skips,
    CLASS.FileIoPriorityHintInformation: lambda file: file.priority,
    CLASS.FileIsRemoteDeviceInformation: lambda file: 0,
}
LEAST: dict[int, Fixed] = {  # the classes there are, and the fixed part of each
    CLASS.FileBasicInformation: fi.FILE_BASIC_INFORMATION,
    CLASS.FileStandardInformation: fi.FILE_STANDARD_INFORMATION,
    CLASS.FileInternalInformation: 8,
    CLASS.FileEaInformation: 4,
    CLASS.FileAccessInformation: 4,
    CLASS.FileNameInformation: 8,
    CLASS.FilePositionInformation: 8,
    CLASS.FileModeInformation: 4,
    CLASS.FileAlignmentInformation: 4,
    CLASS.FileAllInformation: fi.FILE_ALL_INFORMATION,
    CLASS.FileAlternateNameInformation: 8,
    CLASS.FileStreamInformation: fi.FILE_STREAM_INFORMATION,
    CLASS.FileCompressionInformation: fi.FILE_COMPRESSION_INFORMATION,
    CLASS.FileAttributeTagInformation: 8,
    CLASS.FilePipeInformation: fi.FILE_PIPE_INFORMATION,
    CLASS.FilePipeLocalInformation: fi.FILE_PIPE_LOCAL_INFORMATION,
    CLASS.FilePipeRemoteInformation: 16,
    CLASS.FileMailslotQueryInformation: fi.FILE_MAILSLOT_QUERY_INFORMATION,
    CLASS.FileNetworkOpenInformation: fi.FILE_NETWORK_OPEN_INFORMATION,
    CLASS.FileIoCompletionNotificationInformation: 4,
    CLASS.FileIoPriorityHintInformation: 4,
    CLASS.FileNormalizedNameInformation: 8,
    CLASS.FileIsRemoteDeviceInformation: 1,
    CLASS.FileStandardLinkInformation: fi.FILE_STANDARD_LINK_INFORMATION,
    CLASS.FileVolumeNameInformation: 8,
    CLASS.FileIdInformation: fi.FILE_ID_INFORMATION,
    CLASS.FileStatInformation: fi.FILE_STAT_INFORMATION,
    CLASS.FileCaseSensitiveInformation: 4,
}


def _give(block: Out[st.IO_STATUS_BLOCK], buffer: OutBuffer, data: bytes, length: int) -> int:
    """Write what fits, and the status block."""
    status = 0 if len(data) <= length else STATUS_BUFFER_OVERFLOW
    buffer.write(data[:length])
    block.set(st.IO_STATUS_BLOCK(Status=status, Information=min(len(data), length)))
    return status


def _exists(t: Thread, kind: int) -> bool:
    """Whether a class that we know is there in this version."""
    level: int = t.kernel.part(Version).level
    return level >= 60 or kind <= (LAST_OF_XP if level > 50 else LAST_OF_2000)


def _check_query(t: Thread, file_information_class: int, length: int) -> None:
    least = LEAST.get(file_information_class)
    if least is None or (file_information_class > LAST_OF_2000 and not _exists(t, file_information_class)):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < bytes_of(least):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_query)
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
    needed = FILE_READ_ATTRIBUTES if kind in _NEED_READ_ATTRIBUTES else 0
    if t.process.contract.ATTRIBUTES_FOR_ALL:
        needed = 0
    file = t.handles.get(file_handle, FileObject, needed)
    own = ANSWERED.get(kind)
    data = (
        file.query_information(kind, length)
        if own is None
        else own(file).to_bytes(bytes_of(LEAST[kind]), "little")
    )
    return _give(io_status_block, file_information, data, length)


_NEED_READ_ATTRIBUTES = (
    CLASS.FileBasicInformation,
    CLASS.FileAllInformation,
    CLASS.FileNetworkOpenInformation,
    CLASS.FileAttributeTagInformation,
    CLASS.FileStatInformation,
    CLASS.FilePipeInformation,
    CLASS.FilePipeLocalInformation,
    CLASS.FilePipeRemoteInformation,
)


SET: dict[int, tuple[Fixed, int]] = {  # the classes there are, their fixed parts, and the rights needed
    CLASS.FileBasicInformation: (fi.FILE_BASIC_INFORMATION, FILE_WRITE_ATTRIBUTES),
    CLASS.FileRenameInformation: (fi.FILE_RENAME_INFORMATION, DELETE),
    CLASS.FileLinkInformation: (fi.FILE_LINK_INFORMATION, 0),
    CLASS.FileDispositionInformation: (1, DELETE),
    CLASS.FilePositionInformation: (8, 0),
    CLASS.FileModeInformation: (4, 0),
    CLASS.FileAllocationInformation: (8, FILE_WRITE_DATA),
    CLASS.FileEndOfFileInformation: (8, FILE_WRITE_DATA),
    CLASS.FileObjectIdInformation: (72, 0),
    CLASS.FileMoveClusterInformation: (16, FILE_WRITE_DATA),
    CLASS.FileQuotaInformation: (56, 0),
    CLASS.FileTrackingInformation: (12, FILE_WRITE_DATA),
    CLASS.FileValidDataLengthInformation: (8, FILE_WRITE_DATA),
    CLASS.FileShortNameInformation: (8, DELETE),
    CLASS.FilePipeInformation: (8, FILE_WRITE_ATTRIBUTES),
    CLASS.FilePipeRemoteInformation: (16, FILE_WRITE_ATTRIBUTES),
    CLASS.FileMailslotSetInformation: (4, 0),
    CLASS.FileCompletionInformation: (8, 0),
    CLASS.FileIoCompletionNotificationInformation: (4, 0),
    CLASS.FileIoPriorityHintInformation: (4, 0),
    CLASS.FileReplaceCompletionInformation: (8, 0),
    CLASS.FileDispositionInformationEx: (4, DELETE),
    CLASS.FileRenameInformationEx: (fi.FILE_RENAME_INFORMATION, DELETE),
    CLASS.FileLinkInformationEx: (fi.FILE_LINK_INFORMATION, 0),
}


def _check_set(t: Thread, file_information_class: int, length: int) -> None:
    known = SET.get(file_information_class)
    if known is None or (file_information_class > LAST_OF_2000 and not _exists(t, file_information_class)):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < bytes_of(known[0]):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


def _set_position(file: FileObject, position: int) -> int:
    unbuffered = file.how.options & FILE_NO_INTERMEDIATE_BUFFERING
    if position < 0 or (unbuffered and position & (SECTOR - 1)):
        raise NtError(STATUS_INVALID_PARAMETER)
    file.position = position
    return 0


def _set_mode(file: FileObject, mode: int) -> int:
    """Whether writes go through, and how waits end; a file stays as synchronous as it was opened."""
    synchronous = mode & SYNCHRONOUS
    if mode & ~SETTABLE or bool(synchronous) != file.synchronous or synchronous == SYNCHRONOUS:
        raise NtError(STATUS_INVALID_PARAMETER)
    file.how.options = file.how.options & ~SETTABLE | mode
    file.alertable = bool(mode & FILE_SYNCHRONOUS_IO_ALERT)
    return 0


@syscall(first=_check_set)
def NtSetInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    file_information: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    file_information_class: FileInfoClass,
) -> int:
    """Change a file: times and attributes, size, name, position, whether it is to go, its completion port."""
    least, access = SET[file_information_class]
    data = file_information.read(min(length, MOST_SET))
    if t.process.contract.ATTRIBUTES_FOR_ALL:
        access &= ~FILE_WRITE_ATTRIBUTES
    file = t.handles.get(file_handle, FileObject, access)
    if file_information_class == CLASS.FilePositionInformation:
        status = _set_position(file, int.from_bytes(data[:8], "little", signed=True))
    elif file_information_class == CLASS.FileModeInformation:
        status = _set_mode(file, int.from_bytes(data[:4], "little"))
    elif file_information_class == CLASS.FileCompletionInformation:
        status = _set_port(t, file, fi.FILE_COMPLETION_INFORMATION.unpack(data[: bytes_of(least)]))
    elif file_information_class in SET_OF_VISTA:
        status = SET_OF_VISTA[file_information_class](t, file, data)
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


def _set_skips(t: Thread, file: FileObject, data: bytes) -> int:
    """What an operation that ends at once does not do; nothing of it can be taken back."""
    skips = int.from_bytes(data[:4], "little")
    if file.synchronous or skips & ~SKIPS:
        raise NtError(STATUS_INVALID_PARAMETER)
    file.skips |= skips
    return 0


def _set_priority(t: Thread, file: FileObject, data: bytes) -> int:
    priority = int.from_bytes(data[:4], "little")
    if priority > IO_PRIORITY_NORMAL:
        raise NtError(STATUS_INVALID_PARAMETER)
    file.priority = priority
    return 0


def _replace_port(t: Thread, file: FileObject, data: bytes) -> int:
    """Another port, or (NULL) none any more."""
    given = fi.FILE_COMPLETION_INFORMATION.unpack(data)
    if given.Port:
        new = t.handles.get(given.Port, IoCompletion, IO_COMPLETION_MODIFY_STATE)
        if file.synchronous:
            raise NtError(STATUS_INVALID_PARAMETER)
        new.reference()
    old, file.port = file.port, new if given.Port else None
    file.key = given.Key if given.Port else 0
    if old is not None:
        old.dereference()
    return 0


SET_OF_VISTA: dict[int, Callable[[Thread, FileObject, bytes], int]] = {
    CLASS.FileIoCompletionNotificationInformation: _set_skips,
    CLASS.FileIoPriorityHintInformation: _set_priority,
    CLASS.FileReplaceCompletionInformation: _replace_port,
}


def _look(t: Thread, attributes: ObjectAttributes | None, kind: int, size: int) -> bytes:
    """A class of what is known of a file by name; nobody's share mode is in the way."""
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if not attributes.name and not attributes.root:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    found = find(t, attributes, LookOpening(FILE_READ_ATTRIBUTES), FileObject).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not hasattr(found, "query_information"):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    if not isinstance(found, FileObject):
        seen: Seen = found
        return seen.query_information(kind, size)
    found.reference()
    try:
        return found.query_information(kind, size)
    finally:
        found.dereference()


@syscall()
def NtQueryAttributesFile(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    file_information: Out[fi.FILE_BASIC_INFORMATION],
) -> int:
    """Times and attributes by name."""
    size = fi.FILE_BASIC_INFORMATION.size()
    t.memory.write(file_information.address, _look(t, object_attributes, CLASS.FileBasicInformation, size))
    return 0


@syscall()
def NtQueryFullAttributesFile(
    t: Thread,
    object_attributes: Opt[In[ObjectAttributesArg]],
    file_information: Out[fi.FILE_NETWORK_OPEN_INFORMATION],
) -> int:
    """Times, size and attributes by name."""
    size = fi.FILE_NETWORK_OPEN_INFORMATION.size()
    t.memory.write(
        file_information.address, _look(t, object_attributes, CLASS.FileNetworkOpenInformation, size)
    )
    return 0


# -- volumes --------------------------------------------------------------------------------
_FS_LEAST: dict[int, Fixed] = {  # the classes that can be asked: the fixed part of each
    FS.FileFsVolumeInformation: st.FILE_FS_VOLUME_INFORMATION,
    FS.FileFsSizeInformation: st.FILE_FS_SIZE_INFORMATION,
    FS.FileFsDeviceInformation: st.FILE_FS_DEVICE_INFORMATION,
    FS.FileFsAttributeInformation: st.FILE_FS_ATTRIBUTE_INFORMATION,
    FS.FileFsControlInformation: st.FILE_FS_CONTROL_INFORMATION,
    FS.FileFsFullSizeInformation: st.FILE_FS_FULL_SIZE_INFORMATION,
    FS.FileFsObjectIdInformation: 64,
    FS.FileFsSectorSizeInformation: st.FILE_FS_SECTOR_SIZE_INFORMATION,
}
_FS_SET: dict[int, Fixed] = {  # likewise, that can be set
    FS.FileFsLabelInformation: st.FILE_FS_LABEL_INFORMATION,
    FS.FileFsControlInformation: st.FILE_FS_CONTROL_INFORMATION,
    FS.FileFsObjectIdInformation: 64,
}


def _check_volume(t: Thread, fs_information_class: int, length: int) -> None:
    least = _FS_LEAST.get(fs_information_class)
    newer = fs_information_class == FS.FileFsSectorSizeInformation
    if least is None or (newer and t.kernel.part(Version).level < 60):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < bytes_of(least):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_volume)
def NtQueryVolumeInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    fs_information: Annotated[OutBuffer, Sized("length")],
    length: Ulong,
    fs_information_class: FsInfoClass,
) -> int:
    """What is known of the volume a file is on."""
    needed = FILE_READ_DATA if fs_information_class == FS.FileFsControlInformation else 0
    file = t.handles.get(file_handle, FileObject, needed)
    if fs_information_class == FS.FileFsDeviceInformation:
        kind = file.device_type
        data = st.FILE_FS_DEVICE_INFORMATION(
            DeviceType=t.process.contract.DEVICE_TYPES.get(kind, kind),
            Characteristics=file.device.characteristics,
        ).pack()
    else:
        data = file.query_volume(fs_information_class, length)
    return _give(io_status_block, fs_information, data, length)


def _check_set_volume(fs_information_class: int, length: int) -> None:
    least = _FS_SET.get(fs_information_class)
    if least is None:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < bytes_of(least):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_set_volume)
def NtSetVolumeInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[st.IO_STATUS_BLOCK],
    fs_information: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
    fs_information_class: FsInfoClass,
) -> int:
    """Set a volume's label or object id."""
    data = fs_information.read(min(length, MOST_SET))
    file: FileObject = t.handles.get(file_handle, FileObject, FILE_WRITE_DATA)
    status = file.set_volume(fs_information_class, data)
    io_status_block.set(st.IO_STATUS_BLOCK(Status=status, Information=0))
    return status
