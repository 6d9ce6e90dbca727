"""Threads: create, open, end, suspend and resume."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import (
    PROCESS_CREATE_THREAD,
    PROCESS_QUERY_INFORMATION,
    PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SET_INFORMATION,
    PROCESS_SET_LIMITED_INFORMATION,
    SPECIFIC_RIGHTS_ALL,
    THREAD_ALERT,
    THREAD_QUERY_INFORMATION,
    THREAD_QUERY_LIMITED_INFORMATION,
    THREAD_SET_INFORMATION,
    THREAD_SET_LIMITED_INFORMATION,
    THREAD_SUSPEND_RESUME,
    THREAD_TERMINATE,
    ThreadAccess,
)
from ring3k.abi.access import PROCESS_SET_PORT as PROCESS_SUSPEND_RESUME
from ring3k.abi.call import syscall
from ring3k.abi.status import (
    STATUS_CANT_TERMINATE_SELF,
    STATUS_INVALID_CID,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_MIX,
    STATUS_OBJECT_NAME_NOT_FOUND,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_PROCESS_IS_TERMINATING,
    STATUS_UNSUCCESSFUL,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.ps import CLIENT_ID, INITIAL_TEB
from ring3k.abi.types import Boolean, Handle, In, NtStatus, Opt, Out, Pointer, Ulong
from ring3k.ke.context import capture_context
from ring3k.ob.handles import CURRENT_THREAD, lookup
from ring3k.ob.object import Object, TypeTable, rights_of
from ring3k.ob.open import find, give, grant, grant_open
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.create import create_thread
from ring3k.ps.process import Process
from ring3k.ps.table import ClientIdTable
from ring3k.ps.thread import Thread
from ring3k.se.privilege import SE_DEBUG_PRIVILEGE, has_privilege
from ring3k.typed import Any, TypeVar

C = TypeVar("C", Process, Thread)


@syscall()
def NtCreateThread(
    t: Thread,
    thread_handle: Out[Handle],
    desired_access: ThreadAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    process_handle: Handle,
    client_id: Opt[Out[CLIENT_ID]],
    thread_context: Pointer,
    initial_teb: In[INITIAL_TEB],
    create_suspended: Boolean,
) -> int:
    """A new thread that starts with the given registers; the stack is the caller's business."""
    if not thread_context:
        raise NtError(STATUS_INVALID_PARAMETER)
    context = capture_context(t.memory, thread_context)
    process = lookup(t, process_handle, Process, PROCESS_CREATE_THREAD)
    granted = grant_new(t, Thread, desired_access)
    monitor = t.kernel.part(SecurityMonitor)
    given = monitor.capture(t, object_attributes.security_descriptor) if object_attributes else None
    if process.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    thread = create_thread(process, context, initial_teb, create_suspended)
    secure_new(t, thread, given)
    give(t, thread_handle, thread, granted, object_attributes.attributes if object_attributes else 0)
    if client_id is not None:
        with suppress(GuestFault):
            client_id.set(CLIENT_ID(UniqueProcess=process.pid, UniqueThread=thread.tid))
    return 0


def grant_new(t: Thread, kind: type[Object], desired: int) -> int:
    """The access a creator gets: rights that the type does not know are dropped, not refused."""
    rights = rights_of(t.kernel, kind)
    granted = grant(kind, desired & (rights.valid | ~SPECIFIC_RIGHTS_ALL), rights)
    t.kernel.part(SecurityMonitor).check_new(t, granted)
    return with_limited(t, kind, granted)


def with_limited(t: Thread, kind: type[Object], granted: int) -> int:
    """Since Vista the right to query or to set information brings the one for the limited kind along."""
    if not t.kernel.part(TypeTable).later:
        return granted
    for whole, part in _LIMITED[kind]:
        if granted & whole:
            granted |= part
    return granted


_LIMITED: dict[type[Object], tuple[tuple[int, int], ...]] = {
    Process: (
        (PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION),
        (PROCESS_SET_INFORMATION, PROCESS_SET_LIMITED_INFORMATION),
    ),
    Thread: (
        (THREAD_QUERY_INFORMATION, THREAD_QUERY_LIMITED_INFORMATION),
        (THREAD_SET_INFORMATION, THREAD_SET_LIMITED_INFORMATION),
    ),
}


def secure_new(t: Thread, object_: Process | Thread, given: Any) -> None:
    """Give a new process or thread its descriptor; without one it must not stay."""
    try:
        t.kernel.part(SecurityMonitor).secure(t, object_, None, given)
    except NtError:
        object_.reference()
        object_.terminate(STATUS_UNSUCCESSFUL)
        object_.dereference()
        raise


def grant_client(t: Thread, object_: Process | Thread, desired: int) -> int:
    """The access an opener gets: all of it for a debugger (SeDebugPrivilege)."""
    if not has_privilege(t, SE_DEBUG_PRIVILEGE):
        return with_limited(t, type(object_), grant_open(t, object_, desired))
    granted = grant(type(object_), desired, object_.type.rights)
    t.kernel.part(SecurityMonitor).check_new(t, granted)
    return with_limited(t, type(object_), granted)


def client_of(t: Thread, attributes: ObjectAttributes, client: CLIENT_ID | None, kind: type[C]) -> C:
    """What NtOpenProcess and NtOpenThread open: an id or, in principle, a name; never both."""
    if (attributes.name is not None) == (client is not None):
        raise NtError(STATUS_INVALID_PARAMETER_MIX)
    if client is None:
        found: Any = find(t, attributes).object
        if found is None:
            raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)
        if not isinstance(found, kind):
            raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
        return found
    table = t.kernel.part(ClientIdTable)
    found = table.find(client.UniqueThread or (client.UniqueProcess if kind is Process else 0))
    if isinstance(found, Thread) and (kind is Process or client.UniqueProcess):
        if found.process.pid != client.UniqueProcess or not client.UniqueThread:
            raise NtError(STATUS_INVALID_CID)
        found = found.process if kind is Process else found
    if not isinstance(found, kind):
        raise NtError(STATUS_INVALID_CID)
    return found


@syscall()
def NtOpenThread(
    t: Thread,
    thread_handle: Out[Handle],
    desired_access: ThreadAccess,
    object_attributes: In[ObjectAttributesArg],
    client_id: Opt[In[CLIENT_ID]],
) -> int:
    """Open a thread by its id; its process id need not be given."""
    thread = client_of(t, object_attributes, client_id, Thread)
    granted = grant_client(t, thread, desired_access)
    give(t, thread_handle, thread, granted, object_attributes.attributes)
    return 0


@syscall()
def NtTerminateThread(t: Thread, thread_handle: Handle, exit_status: NtStatus) -> int:
    """End a thread.  NULL means the caller, but the last thread of a process may not end itself so."""
    if not thread_handle:
        if t.process.active_threads() == 1:
            raise NtError(STATUS_CANT_TERMINATE_SELF)
        thread_handle = CURRENT_THREAD
    thread = lookup(t, thread_handle, Thread, THREAD_TERMINATE)
    if thread is t:
        t.exit(exit_status)
    thread.terminate(exit_status)
    return 0


def _tell(out: Out[Ulong] | None, value: int) -> int:
    """A count that is lost when the caller's page has gone meanwhile."""
    if out is not None:
        out.set(value)
    return 0


@syscall()
async def NtSuspendThread(t: Thread, thread_handle: Handle, previous_suspend_count: Opt[Out[Ulong]]) -> int:
    """Keep a thread out of user mode; suspensions add up to at most 127.

    The call returns when the thread has stopped.
    """
    thread = lookup(t, thread_handle, Thread, THREAD_SUSPEND_RESUME)
    before = thread.suspend()
    if thread is not t:
        with suppress(NtError):  # it may end first
            await thread.stopped()
    return _tell(previous_suspend_count, before)


@syscall()
def NtResumeThread(t: Thread, thread_handle: Handle, suspend_count: Opt[Out[Ulong]]) -> int:
    """Take one suspension back; resuming what is not suspended tells 0."""
    return _tell(suspend_count, lookup(t, thread_handle, Thread, THREAD_SUSPEND_RESUME).resume())


@syscall()
def NtAlertThread(t: Thread, thread_handle: Handle) -> int:
    """End the thread's alertable wait, or its next one."""
    lookup(t, thread_handle, Thread, THREAD_ALERT).alert()
    return 0


@syscall()
def NtAlertResumeThread(t: Thread, thread_handle: Handle, suspend_count: Opt[Out[Ulong]]) -> int:
    """Alert and resume at once."""
    thread = lookup(t, thread_handle, Thread, THREAD_SUSPEND_RESUME)
    thread.alert()
    return _tell(suspend_count, thread.resume())


def _suspendable(t: Thread, process_handle: int) -> Process:
    process = lookup(t, process_handle, Process, PROCESS_SUSPEND_RESUME)
    if process.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    return process


@syscall()
def NtSuspendProcess(t: Thread, process_handle: Handle) -> int:
    """Suspend every thread of a process, the caller's own last."""
    threads = sorted(_suspendable(t, process_handle).threads, key=lambda one: one is t)
    for thread in threads:
        try:
            thread.suspend()
        except NtError:
            continue  # suspended 127 times already: NT goes on, too
    return 0


@syscall()
def NtResumeProcess(t: Thread, process_handle: Handle) -> int:
    """Resume every thread of a process once."""
    for thread in tuple(_suspendable(t, process_handle).threads):
        thread.resume()
    return 0
