"""Cancelling single operations, and those of other threads (Windows Vista and later)."""

from __future__ import annotations

from ring3k.abi.access import THREAD_TERMINATE
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH, NtError
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import Handle, Out, Pointer
from ring3k.io.file import FileObject
from ring3k.io.request import Request
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.typed import Any


def _cancel(found: list[Request], block: Out[IO_STATUS_BLOCK]) -> int:
    """End operations, the newest first; STATUS_NOT_FOUND when there are none."""
    for request in found:
        request.cancel()
    status = 0 if found else STATUS_NOT_FOUND
    block.set(IO_STATUS_BLOCK(Status=status, Information=0))
    return status


@syscall()
def NtCancelIoFileEx(
    t: Thread,
    file_handle: Handle,
    io_request_to_cancel: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
) -> int:
    """Cancel what the process has pending on a file: all of it, or what has this status block."""
    file = t.handles.get(file_handle, FileObject, 0)
    found = [
        request
        for request in reversed(tuple(file.requests or ()))
        if request.t.process is t.process
        and (not io_request_to_cancel or request.block.address == io_request_to_cancel)
    ]
    return _cancel(found, io_status_block)


@syscall()
def NtCancelSynchronousIoFile(
    t: Thread,
    thread_handle: Handle,
    io_request_to_cancel: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
) -> int:
    """Cancel the operation that a thread waits for in its call."""
    thread: Any = lookup(t, thread_handle, Thread, THREAD_TERMINATE)
    if not isinstance(thread, Thread):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    found = [
        request
        for request in reversed(tuple(thread.requests))
        if request.done is not None
        and not request.ended
        and (not io_request_to_cancel or request.block.address == io_request_to_cancel)
    ]
    return _cancel(found, io_status_block)
