"""Opening and creating files.

NT's order: option words are judged first, then the out pointers, then the name
is walked.  The I/O status block is written when the operation ends; a failed
open leaves it alone.
"""

from __future__ import annotations

from collections.abc import Coroutine
from struct import Struct

from ring3k.abi.access import (
    DELETE,
    FILE_APPEND_DATA,
    FILE_READ_DATA,
    SYNCHRONIZE,
    FileAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import CreateDisposition, CreateOptions, FileAttributes, ShareAccess
from ring3k.abi.status import (
    STATUS_EA_LIST_INCONSISTENT,
    STATUS_EA_TOO_LARGE,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_ATTRIBUTE_VALID_FLAGS,
    FILE_COMPLETE_IF_OPLOCKED,
    FILE_DELETE_ON_CLOSE,
    FILE_DIRECTORY_FILE,
    FILE_NO_INTERMEDIATE_BUFFERING,
    FILE_OPEN_BY_FILE_ID,
    FILE_OPEN_FOR_BACKUP_INTENT,
    FILE_OPEN_FOR_FREE_SPACE_QUERY,
    FILE_OPEN_REPARSE_POINT,
    FILE_RESERVE_OPFILTER,
    FILE_VALID_OPTION_FLAGS,
    FILE_WRITE_THROUGH,
    IO_STATUS_BLOCK,
)
from ring3k.abi.types import Handle, In, InBuffer, LargeInteger, Opt, Out, Sized, Ulong
from ring3k.io.device import SHARE_ALL, NotYet, Opening
from ring3k.io.file import SYNCHRONOUS, FileObject
from ring3k.io.request import READ, leave_to_engine, set_status
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import find, give, grant
from ring3k.ob.security import SecurityMonitor
from ring3k.se.capture import capture_quality
from ring3k.typed import Annotated, Any

EA_HEAD = Struct("<IBBH")  # FILE_FULL_EA_INFORMATION
EA_MAX = 0x10000  # no file has more extended attributes
FOLDER_OPTIONS = (  # all that may be asked together with FILE_DIRECTORY_FILE
    FILE_DIRECTORY_FILE
    | SYNCHRONOUS
    | FILE_WRITE_THROUGH
    | FILE_COMPLETE_IF_OPLOCKED
    | FILE_DELETE_ON_CLOSE
    | FILE_OPEN_BY_FILE_ID
    | FILE_OPEN_FOR_BACKUP_INTENT
    | FILE_OPEN_REPARSE_POINT
    | FILE_OPEN_FOR_FREE_SPACE_QUERY
)
FOLDER_DISPOSITIONS = (
    CREATE_DISPOSITION.FILE_OPEN,
    CREATE_DISPOSITION.FILE_CREATE,
    CREATE_DISPOSITION.FILE_OPEN_IF,
)


def open_file(t: Thread, attributes: ObjectAttributes, how: Opening) -> FileObject:
    """Walk to a file; what is found must be one.  The caller references it, or it stays for ever."""
    found = find(t, attributes, how, FileObject).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not isinstance(found, FileObject):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    return found


def check_options(
    desired_access: int, share_access: int, create_disposition: int, create_options: int
) -> None:
    """What is wrong with the numbers of an open."""
    desired, share, disposition, options = desired_access, share_access, create_disposition, create_options
    synchronous = options & SYNCHRONOUS
    if (
        share & ~SHARE_ALL
        or options & ~FILE_VALID_OPTION_FLAGS
        or disposition > CREATE_DISPOSITION.FILE_OVERWRITE_IF
        or synchronous == SYNCHRONOUS
        or (synchronous and not desired & SYNCHRONIZE)
        or (options & FILE_DELETE_ON_CLOSE and not desired & DELETE)
        or (
            options & FILE_DIRECTORY_FILE
            and (options & ~FOLDER_OPTIONS or disposition not in FOLDER_DISPOSITIONS)
        )
        or (options & FILE_COMPLETE_IF_OPLOCKED and options & FILE_RESERVE_OPFILTER)
        or (options & FILE_NO_INTERMEDIATE_BUFFERING and desired & FILE_APPEND_DATA)
    ):
        raise NtError(STATUS_INVALID_PARAMETER)


def open_handle(
    t: Thread,
    out: Out[Handle],
    attributes: ObjectAttributes | None,
    block: Out[IO_STATUS_BLOCK],
    how: Opening,
) -> int | Coroutine[Any, Any, int]:
    """Open or create, insert a handle, tell the caller: what every call that opens a file ends with.

    ``how.granted`` is what was asked for; from here on it is what that means.
    """
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    if attributes.security_descriptor:
        how.descriptor = t.kernel.part(SecurityMonitor).capture(t, attributes.security_descriptor)
    if attributes.security_quality_of_service:
        try:
            how.quality = capture_quality(t.memory, attributes)
        except NtError:
            if t.process.contract.CHECKS_OPENING:
                raise
    how.granted = grant(FileObject, how.granted)
    try:
        file = open_file(t, attributes, how)
    except NotYet as late:
        return _open_later(t, out, attributes, block, how, late)
    return _opened(t, out, attributes, block, file)


def _opened(
    t: Thread,
    out: Out[Handle],
    attributes: ObjectAttributes,
    block: Out[IO_STATUS_BLOCK],
    file: FileObject,
) -> int:
    handle = give(t, out, file, file.granted, attributes.attributes)
    if file.quick and file.synchronous and file.granted & FILE_READ_DATA:
        leave_to_engine(t, handle, file, READ)
    set_status(block, 0, file.information)
    return 0


async def _open_later(
    t: Thread,
    out: Out[Handle],
    attributes: ObjectAttributes,
    block: Out[IO_STATUS_BLOCK],
    how: Opening,
    late: NotYet,
) -> int:
    await late.ready(t)
    return _opened(t, out, attributes, block, open_file(t, attributes, how))


def _check_open(desired_access: int, share_access: int, open_options: int) -> None:
    check_options(desired_access, share_access, CREATE_DISPOSITION.FILE_OPEN, open_options)


@syscall(first=_check_open)
def NtOpenFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    io_status_block: Out[IO_STATUS_BLOCK],
    share_access: ShareAccess,
    open_options: CreateOptions,
) -> int | Coroutine[Any, Any, int]:
    """Open an existing file or folder."""
    how = Opening(desired_access, share_access, CREATE_DISPOSITION.FILE_OPEN, open_options)
    return open_handle(t, file_handle, object_attributes, io_status_block, how)


def _good_eas(data: bytes, block: Out[IO_STATUS_BLOCK]) -> bool:
    """IoCheckEaBufferValidity; the status block says where a list is wrong."""
    place = check_eas(data)
    if place >= 0:
        block.set(IO_STATUS_BLOCK(Status=STATUS_EA_LIST_INCONSISTENT, Information=place))
    return place < 0


def check_eas(data: bytes) -> int:
    """Where a FILE_FULL_EA_INFORMATION list of a guest goes wrong; -1 when it does not."""
    place = 0
    while True:
        if place + 8 > len(data):
            return place
        following, _, name_length, value_length = EA_HEAD.unpack_from(data, place)
        end = place + 9 + name_length + value_length
        if end > len(data) or data[place + 8 + name_length]:
            return place
        if not following:
            return -1
        if following & 3 or following < ((end - place + 3) & ~3):
            return place
        place += following


def _check_create(
    t: Thread,
    desired_access: int,
    file_attributes: int,
    share_access: int,
    create_disposition: int,
    create_options: int,
) -> None:
    if file_attributes & ~FILE_ATTRIBUTE_VALID_FLAGS and t.process.contract.CHECKS_OPENING:
        raise NtError(STATUS_INVALID_PARAMETER)
    check_options(desired_access, share_access, create_disposition, create_options)


@syscall(first=_check_create)
def NtCreateFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    io_status_block: Out[IO_STATUS_BLOCK],
    allocation_size: Opt[In[LargeInteger]],
    file_attributes: FileAttributes,
    share_access: ShareAccess,
    create_disposition: CreateDisposition,
    create_options: CreateOptions,
    ea_buffer: Opt[Annotated[InBuffer, Sized("ea_length")]],
    ea_length: Ulong,
) -> int | Coroutine[Any, Any, int]:
    """Open a file or a folder, or create, overwrite or supersede it."""
    ea = b""
    if ea_buffer is not None and ea_length:
        if ea_length > EA_MAX:
            raise NtError(STATUS_EA_TOO_LARGE)
        ea = ea_buffer.read(ea_length)
        if not _good_eas(ea, io_status_block):
            return STATUS_EA_LIST_INCONSISTENT
    if allocation_size is not None and allocation_size < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    how = Opening(
        desired_access,
        share_access,
        create_disposition,
        create_options,
        attributes=file_attributes & FILE_ATTRIBUTE_VALID_FLAGS,
        allocation=allocation_size or 0,
        ea=ea,
    )
    return open_handle(t, file_handle, object_attributes, io_status_block, how)


@syscall()
def NtDeleteFile(t: Thread, object_attributes: Opt[In[ObjectAttributesArg]]) -> int:
    """Delete a file by name, as soon as nobody has it open."""
    if object_attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    how = Opening(DELETE, SHARE_ALL, CREATE_DISPOSITION.FILE_OPEN, FILE_DELETE_ON_CLOSE)
    file = open_file(t, object_attributes, how)
    file.reference()
    file.dereference()
    return 0
