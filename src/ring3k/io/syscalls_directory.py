"""Listing folders, and waiting for changes in them."""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.access import FILE_LIST_DIRECTORY
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import FileInfoClass, NotifyFilter
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_IMPLEMENTED,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs import fileinfo as fi
from ring3k.abi.structs.io import FILE_NOTIFY_VALID_MASK, IO_STATUS_BLOCK
from ring3k.abi.types import Boolean, Handle, In, Opt, Out, OutBuffer, Pointer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.io.file import FileObject
from ring3k.io.request import begin, perform
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated, Any

Answer = int | Coroutine[Any, Any, int]
CLASS = fi.FILE_INFORMATION_CLASS
LEAST = {  # the classes there are, and the fixed part of each
    CLASS.FileDirectoryInformation: fi.FILE_DIRECTORY_INFORMATION.size(),
    CLASS.FileFullDirectoryInformation: fi.FILE_FULL_DIR_INFORMATION.size(),
    CLASS.FileBothDirectoryInformation: fi.FILE_BOTH_DIR_INFORMATION.size(),
    CLASS.FileNamesInformation: fi.FILE_NAMES_INFORMATION.size(),
    CLASS.FileIdBothDirectoryInformation: fi.FILE_ID_BOTH_DIR_INFORMATION.size(),
    CLASS.FileIdFullDirectoryInformation: fi.FILE_ID_FULL_DIR_INFORMATION.size(),
    CLASS.FileIdExtdDirectoryInformation: 96,
    CLASS.FileIdExtdBothDirectoryInformation: 120,
}


def _check_list(t: Thread, file_information_class: int, length: int) -> None:
    least = LEAST.get(file_information_class)
    later = file_information_class > CLASS.FileShortNameInformation
    if least is None or (later and t.kernel.part(Version).level < 60):
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if length < least:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)


@syscall(first=_check_list)
def NtQueryDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    file_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    file_information_class: FileInfoClass,
    return_single_entry: Boolean,
    file_name: Opt[In[UnicodeString]],
    restart_scan: Boolean,
) -> Answer:
    """List what is in a folder, as much at a time as fits; the first call says which names."""
    file = t.handles.get(file_handle, FileObject, FILE_LIST_DIRECTORY)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.code, request.buffer, request.length = file_information_class, file_information, length
    request.input = (return_single_entry, restart_scan, file_name)
    return perform(request, file.query_directory)


@syscall(PARTIAL, "as NT 4.0 has it: never finished")
def NtQueryOleDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    file_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    file_information_class: FileInfoClass,
    return_single_entry: Boolean,
    file_name: Opt[In[UnicodeString]],
    restart_scan: Boolean,
) -> int:
    """List a directory for OLE storage (NT 4.0; never finished)."""
    return STATUS_NOT_IMPLEMENTED


def _check_notify(completion_filter: int) -> None:
    if not completion_filter or completion_filter & ~FILE_NOTIFY_VALID_MASK:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_notify)
def NtNotifyChangeDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    completion_filter: NotifyFilter,
    watch_tree: Boolean,
) -> Answer:
    """Wait for changes in a folder; those between two calls are kept."""
    file = t.handles.get(file_handle, FileObject, FILE_LIST_DIRECTORY)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.code, request.buffer, request.length = completion_filter, buffer, length
    request.input = (watch_tree,)
    return perform(request, file.notify_directory)
