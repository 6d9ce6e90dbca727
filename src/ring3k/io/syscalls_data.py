"""Reading, writing, flushing, cancelling.

The handle is looked up before any pointer is touched.  Where the operation is
to happen: a file that is open for synchronous use has a position, which moves
along; any other file must be told, unless it is one without offsets (a pipe).
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from struct import unpack

from ring3k.abi.access import FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_END_OF_FILE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.io import (
    FILE_NO_INTERMEDIATE_BUFFERING,
    FILE_SEGMENT_ELEMENT,
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
    pointer,
)
from ring3k.engine.protocol import PAGE, Native
from ring3k.io.file import FileObject
from ring3k.io.request import (
    READ,
    WRITE,
    Request,
    at_once,
    begin,
    leave_to_engine,
    perform,
    perform_and_wait,
    set_status,
)
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated, Any

Answer = int | Coroutine[Any, Any, int]
Segments = Annotated[int, pointer(FILE_SEGMENT_ELEMENT)]
SECTOR = 512
MOST_PAGES = 1 << 14


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


def _quickly(
    t: Thread,
    handle: int,
    file: FileObject,
    block: Out[IO_STATUS_BLOCK],
    kind: int,
    offset: int,
    done: int,
    end: bool,
) -> int:
    """What is left to do after a read or a write that needed no request."""
    file.position = offset + done
    leave_to_engine(t, handle, file, kind)
    counters = t.process.io_counters
    counters[kind] += 1
    counters[kind + 3] += done
    status = STATUS_END_OF_FILE if end else 0
    with suppress(GuestFault):
        set_status(block, status, done)
    return status


def _readable(t: Thread, file_handle: int) -> FileObject:
    file: FileObject = t.handles.get(file_handle, FileObject, FILE_READ_DATA)
    return file


@syscall(first=_readable, native=Native.READ_FILE)
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
    if file.quick and not event and not apc_routine and file.synchronous and file.busy is None:
        offset = _offset(file, byte_offset, False)
        done = file.quick_read(t, offset, buffer.address, length, key or 0)
        return _quickly(t, file_handle, file, io_status_block, READ, offset, done, not done and length > 0)
    if file.immediate and not event and not apc_routine and file.port is None and file.busy is None:
        now = file.read_now(t, buffer, length)
        if now is not None:
            return at_once(t, file, io_status_block, READ, now)
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


@syscall(first=_writable, native=Native.WRITE_FILE)
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
    offset = _offset(file, byte_offset, True)
    if file.seekable and not t.handles.entry(file_handle).granted & FILE_WRITE_DATA:
        offset = FILE_WRITE_TO_END_OF_FILE
    if (
        file.quick
        and offset >= 0
        and not event
        and not apc_routine
        and file.synchronous
        and file.busy is None
    ):
        done = file.quick_write(t, offset, buffer.address, length, key or 0)
        return _quickly(t, file_handle, file, io_status_block, WRITE, offset, done, False)
    if file.immediate and not event and not apc_routine and file.port is None and file.busy is None:
        now = file.write_now(t, buffer, length)
        if now is not None:
            return at_once(t, file, io_status_block, WRITE, now)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.kind, request.buffer, request.length, request.key = WRITE, buffer, length, key or 0
    request.offset = offset
    return perform(request, file.write)


@syscall(first=_writable)
def NtFlushBuffersFile(t: Thread, file_handle: Handle, io_status_block: Out[IO_STATUS_BLOCK]) -> Answer:
    """Write what is buffered."""
    file = _writable(t, file_handle)
    return perform_and_wait(begin(t, file, io_status_block), file.flush)


# -- scattered ------------------------------------------------------------------------------
def _pages(t: Thread, segments: int, length: int) -> list[int]:
    """The addresses of FILE_SEGMENT_ELEMENTs for so many bytes; each is a whole page."""
    count = (length + PAGE - 1) // PAGE
    if count > MOST_PAGES:
        raise NtError(STATUS_INSUFFICIENT_RESOURCES)
    raw = t.memory.read(segments, count * 8)
    found = [address & 0xFFFFFFFF for address in unpack(f"<{count}Q", raw)]
    if any(address & (PAGE - 1) for address in found):
        raise NtError(STATUS_INVALID_PARAMETER)
    return found


def _scattered(
    t: Thread,
    file: FileObject,
    block: Out[IO_STATUS_BLOCK],
    event: int,
    routine: int,
    context: int,
    segments: int,
    length: int,
    offset: int | None,
    key: int | None,
) -> Request:
    """What both have in common: only for files without buffering, in whole sectors."""
    unbuffered = bool(file.how.options & FILE_NO_INTERMEDIATE_BUFFERING)
    if not file.seekable or not unbuffered or file.synchronous or length & (SECTOR - 1):
        raise NtError(STATUS_INVALID_PARAMETER)
    request = begin(t, file, block, event, routine, context)
    request.pages = _pages(t, segments, length)
    request.length, request.key = length, key or 0
    return request


@syscall(first=_readable)
def NtReadFileScatter(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    segment_array: Segments,
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> Answer:
    """Read a file into pages that lie apart."""
    file = t.handles.get(file_handle, FileObject, FILE_READ_DATA)
    request = _scattered(
        t, file, io_status_block, event, apc_routine, apc_context, segment_array, length, byte_offset, key
    )
    request.kind, request.offset = READ, _offset(file, byte_offset, False)
    for address in request.pages or ():
        t.memory.probe_write(address, PAGE)
    return perform(request, file.read)


@syscall(first=_writable)
def NtWriteFileGather(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    segment_array: Segments,
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> Answer:
    """Write pages that lie apart to a file."""
    file = _writable(t, file_handle)
    request = _scattered(
        t, file, io_status_block, event, apc_routine, apc_context, segment_array, length, byte_offset, key
    )
    request.kind, request.offset = WRITE, _offset(file, byte_offset, True)
    for address in request.pages or ():
        t.memory.read_u8(address)
    return perform(request, file.write)


def _any_file(t: Thread, file_handle: int) -> FileObject:
    file: FileObject = t.handles.get(file_handle, FileObject, 0)
    return file


@syscall()
def NtCancelIoFile(t: Thread, file_handle: Handle, io_status_block: Out[IO_STATUS_BLOCK]) -> int:
    """Cancel what the calling thread has pending on a file, the newest first."""
    file = _any_file(t, file_handle)
    for request in reversed(tuple(file.requests or ())):
        if request.t is t:
            request.cancel()
    io_status_block.set(IO_STATUS_BLOCK(Status=0, Information=0))
    return 0
