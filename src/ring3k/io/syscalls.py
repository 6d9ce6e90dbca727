"""Opening and creating files.

NT's order: option words are judged first, then the out pointers, then the name
is walked.  The I/O status block is written when the operation ends; a failed
open leaves it alone.
"""

from __future__ import annotations

from typing import Annotated

from ring3k.abi.access import SYNCHRONIZE, FileAccess
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import CreateDisposition, CreateOptions, FileAttributes, ShareAccess
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.io import (
    CREATE_DISPOSITION,
    FILE_DIRECTORY_FILE,
    FILE_NON_DIRECTORY_FILE,
    IO_STATUS_BLOCK,
)
from ring3k.abi.types import Handle, In, InBuffer, LargeInteger, Opt, Out, Sized, Ulong
from ring3k.io.device import SHARE_ALL, Opening
from ring3k.io.file import SYNCHRONOUS, FileObject
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import find, give, grant

EA_MAX = 0x10000  # no file has more extended attributes


def open_file(t: Thread, attributes: ObjectAttributes, how: Opening) -> FileObject:
    """Walk to a file; what is found must be one.  The caller references it, or it stays for ever."""
    found = find(t, attributes, how).object
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
        or disposition > CREATE_DISPOSITION.FILE_OVERWRITE_IF
        or synchronous == SYNCHRONOUS
        or (synchronous and not desired & SYNCHRONIZE)
        or (options & FILE_DIRECTORY_FILE and options & FILE_NON_DIRECTORY_FILE)
    ):
        raise NtError(STATUS_INVALID_PARAMETER)


def open_handle(
    t: Thread,
    out: Out[Handle],
    attributes: ObjectAttributes | None,
    block: Out[IO_STATUS_BLOCK],
    how: Opening,
) -> int:
    """Open or create, insert a handle, tell the caller: what every call that opens a file ends with.

    ``how.granted`` is what was asked for; from here on it is what that means.
    """
    if attributes is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    how.granted = grant(FileObject, how.granted)
    file = open_file(t, attributes, how)
    give(t, out, file, file.granted, attributes.attributes)
    block.set(IO_STATUS_BLOCK(Status=0, Information=file.information))
    return 0


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
) -> int:
    """Open an existing file or folder."""
    how = Opening(desired_access, share_access, CREATE_DISPOSITION.FILE_OPEN, open_options)
    return open_handle(t, file_handle, object_attributes, io_status_block, how)


@syscall(
    PARTIAL,
    "volumes are read-only: creating or changing is STATUS_MEDIA_WRITE_PROTECTED",
    first=check_options,
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
    ea = ea_buffer.read(min(ea_length, EA_MAX)) if ea_buffer is not None and ea_length else b""
    how = Opening(
        desired_access,
        share_access,
        create_disposition,
        create_options,
        attributes=file_attributes,
        allocation=allocation_size or 0,
        ea=ea,
    )
    return open_handle(t, file_handle, object_attributes, io_status_block, how)
