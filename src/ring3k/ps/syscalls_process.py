"""Processes: create, open, end."""

from __future__ import annotations

from ring3k.abi.access import (
    PROCESS_CREATE_PROCESS,
    PROCESS_TERMINATE,
    SECTION_MAP_EXECUTE,
    ProcessAccess,
)
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import ProcessCreateFlags
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_PROCESS_IS_TERMINATING,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.structs.psinfo import (
    PROCESS_CREATE_FLAGS_INHERIT_HANDLES,
    PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT,
)
from ring3k.abi.types import Boolean, Handle, In, NtStatus, Opt, Out, Ulong
from ring3k.mm.section import Section
from ring3k.ob.handles import CURRENT_PROCESS, lookup
from ring3k.ob.object import Object
from ring3k.ob.open import give
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.create import create_process
from ring3k.ps.process import Process
from ring3k.ps.syscalls_thread import client_of, grant_client, grant_new, secure_new
from ring3k.ps.thread import Thread

VALID_FLAGS = 0x1F


def _create(
    t: Thread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    parent_handle: int,
    flags: int,
    ports: tuple[int, int],
    section_handle: int,
) -> int:
    if not parent_handle:
        raise NtError(STATUS_INVALID_PARAMETER)
    parent = lookup(t, parent_handle, Process, PROCESS_CREATE_PROCESS)
    section = lookup(t, section_handle, Section, SECTION_MAP_EXECUTE) if section_handle else None
    debug_port, exception_port = (t.handles.get(one, Object, 0) if one else None for one in ports)
    monitor = t.kernel.part(SecurityMonitor)
    given = monitor.capture(t, attributes.security_descriptor) if attributes else None
    granted = grant_new(t, Process, desired)
    process = create_process(
        t.kernel,
        parent,
        section,
        inherit_handles=bool(flags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES),
        debug_port=debug_port,
        inherit_debug=not flags & PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT,
        exception_port=exception_port,
    )
    secure_new(t, process, given)
    give(t, out, process, granted, attributes.attributes if attributes else 0)
    return 0


@syscall()
def NtCreateProcess(
    t: Thread,
    process_handle: Out[Handle],
    desired_access: ProcessAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    parent_process: Handle,
    inherit_object_table: Boolean,
    section_handle: Handle,
    debug_port: Handle,
    exception_port: Handle,
) -> int:
    """A new process around an image section, or (NULL) with a copy of its parent's memory.

    It has no thread yet.
    """
    flags = PROCESS_CREATE_FLAGS_INHERIT_HANDLES if inherit_object_table else 0
    ports = debug_port, exception_port
    return _create(
        t, process_handle, desired_access, object_attributes, parent_process, flags, ports, section_handle
    )


@syscall(PARTIAL, "jobs are not there: breakaway changes nothing")
def NtCreateProcessEx(
    t: Thread,
    process_handle: Out[Handle],
    desired_access: ProcessAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    parent_process: Handle,
    flags: ProcessCreateFlags,
    section_handle: Handle,
    debug_port: Handle,
    exception_port: Handle,
    in_job: Ulong,
) -> int:
    """NtCreateProcess with flags for handles, debug ports and jobs."""
    if flags & ~VALID_FLAGS:
        raise NtError(STATUS_INVALID_PARAMETER)
    ports = debug_port, exception_port
    return _create(
        t, process_handle, desired_access, object_attributes, parent_process, flags, ports, section_handle
    )


@syscall()
def NtOpenProcess(
    t: Thread,
    process_handle: Out[Handle],
    desired_access: ProcessAccess,
    object_attributes: In[ObjectAttributesArg],
    client_id: Opt[In[CLIENT_ID]],
) -> int:
    """Open a process by its id, or by the id of one of its threads."""
    process = client_of(t, object_attributes, client_id, Process)
    granted = grant_client(t, process, desired_access)
    give(t, process_handle, process, granted, object_attributes.attributes)
    return 0


@syscall()
def NtTerminateProcess(t: Thread, process_handle: Handle, exit_status: NtStatus) -> int:
    """End a process.  NULL ends every thread of the caller's process but the caller."""
    process = lookup(t, process_handle or CURRENT_PROCESS, Process, PROCESS_TERMINATE)
    if process.ended:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    if not process.threads:
        process.exit_status = exit_status
        process.exiting = True
        process.handles.close_all()
        return 0
    own = process is t.process
    process.exiting = process.exiting or not own or process_handle != 0
    process.terminate(exit_status, but=t if own else None)
    if own and process_handle:
        t.exit(exit_status)
    return 0
