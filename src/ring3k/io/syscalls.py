"""Opening and reading files.

NT's order: option words are judged first, then the out pointers, then the name
is walked.  The I/O status block is written when the operation ends; a failed
open leaves it alone.
"""

from __future__ import annotations

from typing import Annotated

from ring3k.abi.access import EVENT_MODIFY_STATE, FILE_READ_DATA, SYNCHRONIZE, FileAccess
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import CreateDisposition, CreateOptions, FileAttributes, ShareAccess
from ring3k.abi.status import (
    STATUS_END_OF_FILE,
    STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.io import (
    FILE_DIRECTORY_FILE,
    FILE_NON_DIRECTORY_FILE,
    FILE_SYNCHRONOUS_IO_ALERT,
    FILE_SYNCHRONOUS_IO_NONALERT,
    FILE_USE_FILE_POINTER_POSITION,
    IO_STATUS_BLOCK,
)
from ring3k.abi.types import (
    Handle,
    In,
    InBuffer,
    LargeInteger,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
)
from ring3k.ex.event import Event
from ring3k.io.file import FileObject, Opening
from ring3k.ke.thread import KThread as Thread
from ring3k.ke.thread import UserApc
from ring3k.ob.open import find, give, grant

FILE_SHARE_VALID = 7
FILE_OPEN = 1
FILE_OPENED = 1
CHUNK = 1 << 20
EA_MAX = 0x10000  # no file has more extended attributes
_SYNCHRONOUS = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT


def open_file(t: Thread, attributes: ObjectAttributes, how: Opening) -> FileObject:
    """Walk to a file; what is found must be one."""
    found = find(t, attributes, how).object
    if found is None:
        raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
    if not isinstance(found, FileObject):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    return found


def _check_options(
    desired_access: int, share_access: int, create_disposition: int, create_options: int
) -> None:
    """What is wrong with the numbers of an open."""
    desired, share, disposition, options = desired_access, share_access, create_disposition, create_options
    synchronous = options & _SYNCHRONOUS
    if (
        share & ~FILE_SHARE_VALID
        or disposition > 5
        or synchronous == _SYNCHRONOUS
        or (synchronous and not desired & SYNCHRONIZE)
        or (options & FILE_DIRECTORY_FILE and options & FILE_NON_DIRECTORY_FILE)
    ):
        raise NtError(STATUS_INVALID_PARAMETER)


def _open(
    t: Thread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    io_status_block: Out[IO_STATUS_BLOCK],
    share: int,
    disposition: int,
    options: int,
) -> int:
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    file = open_file(t, attributes, Opening(grant(FileObject, desired), share, disposition, options))
    give(t, out, file, file.how.granted, attributes.attributes)
    io_status_block.set(IO_STATUS_BLOCK(Status=0, Information=FILE_OPENED))
    return 0


def _check_open(desired_access: int, share_access: int, open_options: int) -> None:
    _check_options(desired_access, share_access, FILE_OPEN, open_options)


@syscall(first=_check_open)
def NtOpenFile(
    t: Thread,
    file_handle: Out[Handle],
    desired_access: FileAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    io_status_block: Out[IO_STATUS_BLOCK],
    share_access: ShareAccess,
    open_options: CreateOptions,
) -> int:
    """Open an existing file or folder."""
    return _open(
        t,
        file_handle,
        desired_access,
        object_attributes,
        io_status_block,
        share_access,
        FILE_OPEN,
        open_options,
    )


@syscall(
    PARTIAL,
    "volumes are read-only: creating or changing is STATUS_MEDIA_WRITE_PROTECTED",
    first=_check_options,
)
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
) -> int:
    """Open a file, in time also create one."""
    if ea_buffer is not None and ea_length:
        ea_buffer.read(
            min(ea_length, EA_MAX)
        )  # captured like the name; a volume without them has no more use
    return _open(
        t,
        file_handle,
        desired_access,
        object_attributes,
        io_status_block,
        share_access,
        create_disposition,
        create_options,
    )


def _readable(t: Thread, file_handle: int) -> FileObject:
    file: FileObject = t.handles.get(file_handle, FileObject, FILE_READ_DATA)
    return file


@syscall(first=_readable)
def NtReadFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[OutBuffer, Sized("length")],
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> int:
    """Read from the given offset, or for a synchronous file from its position, which moves along."""
    file = _readable(t, file_handle)
    if file.entry.is_directory:
        raise NtError(STATUS_INVALID_DEVICE_REQUEST)
    signal = _completion_event(t, event)
    synchronous = bool(file.how.options & _SYNCHRONOUS)
    offset = byte_offset
    if offset is None or (synchronous and offset == FILE_USE_FILE_POINTER_POSITION):
        if not synchronous:
            raise NtError(STATUS_INVALID_PARAMETER)
        offset = file.position
    if offset < 0:
        raise NtError(STATUS_INVALID_PARAMETER)
    done = 0
    while done < length:
        data = file.read_at(offset + done, min(CHUNK, length - done))
        if not data:
            break
        buffer.write(data, done)
        done += len(data)
    status = STATUS_END_OF_FILE if length and not done else 0
    if synchronous:
        file.position = offset + done
    _complete(t, io_status_block, status, done, signal, apc_routine, apc_context)
    return status


def _completion_event(t: Thread, handle: int) -> Event | None:
    """The event a call names, reset as NT does when the operation begins."""
    if not handle:
        return None
    event: Event = t.handles.get(handle, Event, EVENT_MODIFY_STATE)
    event.reset()
    return event


def _complete(
    t: Thread,
    block: Out[IO_STATUS_BLOCK],
    status: int,
    information: int,
    event: Event | None,
    apc_routine: int,
    apc_context: int,
) -> None:
    """End of an operation: status block, event, APC, in this order."""
    block.set(IO_STATUS_BLOCK(Status=status, Information=information))
    if event is not None:
        event.set()
    if apc_routine:
        t.queue_apc(UserApc(apc_routine, apc_context, block.address, 0))
