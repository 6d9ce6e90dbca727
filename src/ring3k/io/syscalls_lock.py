"""Byte-range locks."""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_ACCESS_DENIED, NtError
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import Boolean, Handle, In, LargeInteger, Out, Pointer, Ulong
from ring3k.io.file import FileObject
from ring3k.io.request import begin, perform
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Any

Answer = int | Coroutine[Any, Any, int]
WORD = (1 << 64) - 1


def _file(t: Thread, file_handle: int) -> FileObject:
    """One that is open for reading or writing."""
    file: FileObject = t.handles.get(file_handle, FileObject, 0)
    if not t.handles.entry(file_handle).granted & (FILE_READ_DATA | FILE_WRITE_DATA):
        raise NtError(STATUS_ACCESS_DENIED)
    return file


@syscall(first=_file)
def NtLockFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    byte_offset: In[LargeInteger],
    length: In[LargeInteger],
    key: Ulong,
    fail_immediately: Boolean,
    exclusive_lock: Boolean,
) -> Answer:
    """Lock a range of bytes, now or when that is possible."""
    file = _file(t, file_handle)
    request = begin(t, file, io_status_block, event, apc_routine, apc_context)
    request.offset, request.length, request.key = byte_offset & WORD, length & WORD, key
    request.input = (exclusive_lock, not fail_immediately)
    return perform(request, file.lock)


@syscall(first=_file)
def NtUnlockFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    byte_offset: In[LargeInteger],
    length: In[LargeInteger],
    key: Ulong,
) -> int:
    """Unlock a range of bytes, which must have been locked exactly so."""
    file = _file(t, file_handle)
    status = file.unlock(byte_offset & WORD, length & WORD, key, t.process)
    io_status_block.set(IO_STATUS_BLOCK(Status=status, Information=0))
    return status
