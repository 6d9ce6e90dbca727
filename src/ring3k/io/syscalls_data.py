"""Reading, writing, flushing, cancelling.

The handle is looked up before any pointer is touched.  Where the operation is
to happen: a file that is open for synchronous use has a position, which moves
along; any other file must be told, unless it is one without offsets (a pipe).
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

from ring3k.abi.access import FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER, NtError
from ring3k.abi.structs.io import (
    FILE_USE_FILE_POINTER_POSITION,
    FILE_WRITE_TO_END_OF_FILE,
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
from ring3k.io.file import FileObject
from ring3k.io.request import READ, WRITE, begin, perform, perform_and_wait
from ring3k.ke.thread import KThread as Thread

Answer = int | Coroutine[Any, Any, int]


def _offset(file: FileObject, given: int | None, end: bool) -> int:
    """Where to read or write; ``end``: whether FILE_WRITE_TO_END_OF_FILE is allowed."""
    if not file.seekable:
        return 0
    if given is None or (file.synchronous and given == FILE_USE_FILE_POINTER_POSITION):
        if not file.synchronous:
            raise NtError(STATUS_INVALID_PARAMETER)
        return file.position
    if given < 0 and not (end and given == FILE_WRITE_TO_END_OF_FILE):
        raise NtError(STATUS_INVALID_PARAMETER)
    return given


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
) -> Answer:
    """Read from the given offset, or for a synchronous file from its position, which moves along."""
    file = t.handles.get(file_handle, FileObject, FILE_READ_DATA)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.kind, request.buffer, request.length, request.key = READ, buffer, length, key or 0
    request.offset = _offset(file, byte_offset, False)
    return perform(request, file.read)


def _writable(t: Thread, file_handle: int) -> FileObject:
    """Appending is enough for a file; a pipe has no such right."""
    file: FileObject = t.handles.get(file_handle, FileObject, 0)
    granted = t.handles.entry(file_handle).granted
    if not granted & (FILE_WRITE_DATA | FILE_APPEND_DATA if file.seekable else FILE_WRITE_DATA):
        raise NtError(STATUS_ACCESS_DENIED)
    return file


@syscall(PARTIAL, "no file can be written yet", first=_writable)
def NtWriteFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> Answer:
    """Write to the given offset, to a synchronous file's position, or to the end.

    Who may only append writes to the end whatever the offset.
    """
    file = _writable(t, file_handle)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.kind, request.buffer, request.length, request.key = WRITE, buffer, length, key or 0
    request.offset = _offset(file, byte_offset, True)
    if file.seekable and not t.handles.entry(file_handle).granted & FILE_WRITE_DATA:
        request.offset = FILE_WRITE_TO_END_OF_FILE
    return perform(request, file.write)


@syscall(PARTIAL, "no file can be written yet", first=_writable)
def NtFlushBuffersFile(t: Thread, file_handle: Handle, io_status_block: Out[IO_STATUS_BLOCK]) -> Answer:
    """Write what is buffered."""
    file = _writable(t, file_handle)
    return perform_and_wait(begin(t, file, io_status_block), file.flush)


def _any_file(t: Thread, file_handle: int) -> FileObject:
    file: FileObject = t.handles.get(file_handle, FileObject, 0)
    return file


@syscall()
def NtCancelIoFile(t: Thread, file_handle: Handle, io_status_block: Out[IO_STATUS_BLOCK]) -> int:
    """Cancel what the calling thread has pending on a file, the newest first."""
    file = _any_file(t, file_handle)
    for request in reversed(tuple(t.requests)):
        if request.file is file:
            request.cancel()
    io_status_block.set(IO_STATUS_BLOCK(Status=0, Information=0))
    return 0
