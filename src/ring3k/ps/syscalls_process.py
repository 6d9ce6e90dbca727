"""Processes: create, open, end."""

from __future__ import annotations

from ring3k.abi.access import (
    DEBUG_PROCESS_ASSIGN,
    PROCESS_CREATE_PROCESS,
    PROCESS_TERMINATE,
    SECTION_MAP_EXECUTE,
    ProcessAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import ProcessCreateFlags
from ring3k.abi.status import (
    STATUS_CONTROL_C_EXIT,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_PROCESS_IS_TERMINATING,
    NtError,
)
from ring3k.abi.strings import ObjectAttributes, ObjectAttributesArg
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.structs.psinfo import (
    PROCESS_CREATE_FLAGS_BREAKAWAY,
    PROCESS_CREATE_FLAGS_INHERIT_HANDLES,
    PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT,
)
from ring3k.abi.types import Boolean, Handle, In, NtStatus, Opt, Out, Ulong
from ring3k.abi.version import Version
from ring3k.ke.exception import ends_itself
from ring3k.mm.section import Section
from ring3k.ob.handles import CURRENT_PROCESS, lookup
from ring3k.ob.object import Object
from ring3k.ob.open import give
from ring3k.ob.security import SecurityMonitor
from ring3k.ps.create import create_process
from ring3k.ps.process import Process
from ring3k.ps.syscalls_thread import client_of, grant_client, grant_new, secure_new
from ring3k.ps.thread import Thread
from ring3k.typed import Any

VALID_FLAGS = 0x1F


def debug_port_of(t: Thread, handle: int) -> Any:
    """What a handle to a debug object (XP and later) or to an LPC port stands for."""
    if t.kernel.part(Version).level <= 50:
        from ring3k.ps.debug_port import DebugPort  # few processes are debugged

        return DebugPort(port_of(t, handle))
    from ring3k.ps.debug_object import DebugObject

    return t.handles.get(handle, DebugObject, DEBUG_PROCESS_ASSIGN)


def port_of(t: Thread, handle: int) -> Any:
    """The LPC port behind a handle."""
    port = t.handles.get(handle, Object, 0)
    if port.type.name != "Port":
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    return port


def _create(
    t: Thread,
    out: Out[Handle],
    desired: int,
    attributes: ObjectAttributes | None,
    parent_handle: int,
    flags: int,
    ports: tuple[int, int],
    section_handle: int,
    job_level: int = 0,
) -> int:
    if not parent_handle:
        raise NtError(STATUS_INVALID_PARAMETER)
    parent = lookup(t, parent_handle, Process, PROCESS_CREATE_PROCESS)
    section = lookup(t, section_handle, Section, SECTION_MAP_EXECUTE) if section_handle else None
    debug_port = debug_port_of(t, ports[0]) if ports[0] else None
    exception_port = port_of(t, ports[1]) if ports[1] else None
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
        breakaway=bool(flags & PROCESS_CREATE_FLAGS_BREAKAWAY),
        job_level=job_level,
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

    It has no thread yet.  The lowest bits of two handles are flags: to break away from a job
    (section), and not to have the process's children debugged (debug port).
    """
    flags = PROCESS_CREATE_FLAGS_INHERIT_HANDLES if inherit_object_table else 0
    if section_handle & 1:
        flags |= PROCESS_CREATE_FLAGS_BREAKAWAY
    if debug_port & 1:
        flags |= PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT
    ports = debug_port & ~1, exception_port
    return _create(
        t, process_handle, desired_access, object_attributes, parent_process, flags, ports, section_handle
    )


@syscall()
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
        t,
        process_handle,
        desired_access,
        object_attributes,
        parent_process,
        flags,
        ports,
        section_handle,
        in_job,
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
    if own:
        if t.interrupting and not exit_status:  # what Wine's DLLs give for what nobody handles
            exit_status = STATUS_CONTROL_C_EXIT
        if process_handle and t.raised:
            ends_itself(t, exit_status)
        process.wound_down = True
    process.exiting = process.exiting or not own or process_handle != 0
    process.terminate(exit_status, but=t if own else None)
    if own and process_handle:
        t.exit(exit_status)
    return 0
