"""NtGetNextThread: the threads of a process, one by one (Windows Vista and later)."""

from __future__ import annotations

from ring3k.abi.access import PROCESS_QUERY_INFORMATION, ThreadAccess
from ring3k.abi.call import syscall
from ring3k.abi.enums import ObjectFlags
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_NO_MORE_ENTRIES, NtError
from ring3k.abi.strings import OBJ_VALID_ATTRIBUTES
from ring3k.abi.types import Handle, Out, Ulong
from ring3k.ob.handles import lookup
from ring3k.ob.open import give
from ring3k.ps.process import Process
from ring3k.ps.syscalls_thread import grant_client
from ring3k.ps.thread import Thread


def _check_flags(handle_attributes: int, flags: int) -> None:
    if flags & ~1 or handle_attributes & ~OBJ_VALID_ATTRIBUTES:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_flags)
def NtGetNextThread(
    t: Thread,
    process_handle: Handle,
    thread_handle: Handle,
    desired_access: ThreadAccess,
    handle_attributes: ObjectFlags,
    flags: Ulong,
    new_thread_handle: Out[Handle],
) -> int:
    """A handle to the thread born after one (flags 1: before), or to the first (the last)."""
    process = lookup(t, process_handle, Process, PROCESS_QUERY_INFORMATION)
    before = lookup(t, thread_handle, Thread, 0) if thread_handle else None
    if before is not None and before.process is not process:
        raise NtError(STATUS_INVALID_PARAMETER)
    threads = process.threads[::-1] if flags else list(process.threads)
    if before is not None:
        threads = threads[threads.index(before) + 1 :] if before in threads else []
    for one in threads:
        try:
            granted = grant_client(t, one, desired_access)
        except NtError:
            continue  # out of the caller's reach: the next one may not be
        give(t, new_thread_handle, one, granted, handle_attributes)
        return 0
    return STATUS_NO_MORE_ENTRIES
