"""Debug objects: create, attach, detach, wait for an event, continue (XP and later)."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.access import (
    DEBUG_PROCESS_ASSIGN,
    DEBUG_READ_EVENT,
    DEBUG_SET_INFORMATION,
    FILE_GENERIC_READ,
    PROCESS_SET_PORT,
    STANDARD_RIGHTS_ALL,
    THREAD_ALERT,
    DebugObjectAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import DebugObjectFlags, DebugObjectInfoClass
from ring3k.abi.status import (
    DBG_CONTINUE,
    DBG_EXCEPTION_HANDLED,
    DBG_EXCEPTION_NOT_HANDLED,
    DBG_TERMINATE_PROCESS,
    DBG_TERMINATE_THREAD,
    STATUS_ACCESS_DENIED,
    STATUS_BREAKPOINT,
    STATUS_DEBUGGER_INACTIVE,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    STATUS_PORT_NOT_SET,
    STATUS_SINGLE_STEP,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.struct import Structure
from ring3k.abi.structs.dbgk import (
    DBG_STATE,
    DBGK_KILL_PROCESS_ON_EXIT,
    DBGKM_API,
    DBGUI_CREATE_PROCESS,
    DBGUI_CREATE_THREAD,
    DBGUI_WAIT_STATE_CHANGE,
    DEBUGOBJECTINFOCLASS,
)
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import Boolean, Handle, In, InBuffer, NtStatus, Opt, Out, Sized, Timeout, Ulong
from ring3k.ob.handles import lookup
from ring3k.ob.open import create
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.ps.dbgk import attach
from ring3k.ps.debug_object import DebugEvent, DebugObject
from ring3k.ps.process import Process
from ring3k.ps.thread import Thread
from ring3k.typed import Annotated, Any

STATES = {
    DBGKM_API.CreateThread: DBG_STATE.DbgCreateThreadStateChange,
    DBGKM_API.CreateProcess: DBG_STATE.DbgCreateProcessStateChange,
    DBGKM_API.ExitThread: DBG_STATE.DbgExitThreadStateChange,
    DBGKM_API.ExitProcess: DBG_STATE.DbgExitProcessStateChange,
    DBGKM_API.LoadDll: DBG_STATE.DbgLoadDllStateChange,
    DBGKM_API.UnloadDll: DBG_STATE.DbgUnloadDllStateChange,
}
EXCEPTION_STATES = {
    STATUS_BREAKPOINT: DBG_STATE.DbgBreakpointStateChange,
    STATUS_SINGLE_STEP: DBG_STATE.DbgSingleStepStateChange,
}
ANSWERS = (
    DBG_CONTINUE,
    DBG_EXCEPTION_HANDLED,
    DBG_EXCEPTION_NOT_HANDLED,
    DBG_TERMINATE_THREAD,
    DBG_TERMINATE_PROCESS,
)
# What a debugger may do with the handles it gets.
THREAD_RIGHTS = Thread.rights.mapping.all & ~THREAD_ALERT
PROCESS_RIGHTS = STANDARD_RIGHTS_ALL | 0x67B  # all but its session, its quotas, and creating and suspending


@syscall()
def NtCreateDebugObject(
    t: Thread,
    debug_object_handle: Out[Handle],
    desired_access: DebugObjectAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    flags: DebugObjectFlags,
) -> int:
    """Create the object through which a debugger receives events."""
    if flags & ~DBGK_KILL_PROCESS_ON_EXIT:
        raise NtError(STATUS_INVALID_PARAMETER)
    return create(
        t,
        debug_object_handle,
        desired_access,
        object_attributes,
        DebugObject,
        lambda: DebugObject(t.kernel, bool(flags)),
    )


@syscall()
def NtDebugActiveProcess(t: Thread, process_handle: Handle, debug_object_handle: Handle) -> int:
    """Attach to a running process: what it already has is told as if it came now."""
    process = lookup(t, process_handle, Process, PROCESS_SET_PORT)
    if process is t.process:
        raise NtError(STATUS_ACCESS_DENIED)
    attach(t.handles.get(debug_object_handle, DebugObject, DEBUG_PROCESS_ASSIGN), process)
    return 0


@syscall()
def NtRemoveProcessDebug(t: Thread, process_handle: Handle, debug_object_handle: Handle) -> int:
    """Detach: the process goes on as if it had never been debugged."""
    process = lookup(t, process_handle, Process, PROCESS_SET_PORT)
    debugger = t.handles.get(debug_object_handle, DebugObject, DEBUG_PROCESS_ASSIGN)
    if process.debug_port is not debugger:
        raise NtError(STATUS_PORT_NOT_SET)
    debugger.detach(process)
    return 0


@syscall()
async def NtWaitForDebugEvent(
    t: Thread,
    debug_object_handle: Handle,
    alertable: Boolean,
    timeout: Opt[In[Timeout]],
    wait_state_change: Out[DBGUI_WAIT_STATE_CHANGE],
) -> int:
    """Wait for the next debug event; handles in it are the caller's from then on."""
    debugger = t.handles.get(debug_object_handle, DebugObject, DEBUG_READ_EVENT)
    deadline = deadline_of(t, timeout)
    debugger.reference()
    try:
        while True:
            status = await t.wait((debugger,), alertable=alertable, deadline=deadline)
            if status:
                return status
            if debugger.closing:
                raise NtError(STATUS_DEBUGGER_INACTIVE)
            event = debugger.next()
            if event is not None:
                break
        event.read = True
        change = _state_change(t, event)
    finally:
        debugger.dereference()
    with suppress(GuestFault):
        wait_state_change.set(change)
    return 0


def _state_change(t: Thread, event: DebugEvent) -> DBGUI_WAIT_STATE_CHANGE:
    """The event as the debugger sees it, with handles opened for it."""
    message, thread = event.message, event.thread
    body: Any = message.body
    if message.api == DBGKM_API.Exception:
        code = body.ExceptionRecord.ExceptionCode
        state = EXCEPTION_STATES.get(code, DBG_STATE.DbgExceptionStateChange)
    else:
        state = STATES[message.api]
    if hasattr(body, "FileHandle"):
        body.FileHandle = _handle(t, message.file, FILE_GENERIC_READ)
    info: Structure = body
    if message.api == DBGKM_API.CreateThread:
        info = DBGUI_CREATE_THREAD(HandleToThread=_handle(t, thread, THREAD_RIGHTS), NewThread=body)
    elif message.api == DBGKM_API.CreateProcess:
        info = DBGUI_CREATE_PROCESS(
            HandleToProcess=_handle(t, thread.process, PROCESS_RIGHTS),
            HandleToThread=_handle(t, thread, THREAD_RIGHTS),
            NewProcess=body,
        )
    return DBGUI_WAIT_STATE_CHANGE(
        NewState=state,
        AppClientId=CLIENT_ID(UniqueProcess=thread.process.pid, UniqueThread=thread.tid),
        StateInfo=info.pack().ljust(0x54, b"\0"),
    )


def _handle(t: Thread, object_: Any, granted: int) -> int:
    """A handle, 0 where there is no object or no room."""
    if object_ is None:
        return 0
    try:
        handle: int = t.handles.insert(object_, granted)
    except NtError:
        return 0
    return handle


@syscall()
def NtDebugContinue(
    t: Thread, debug_object_handle: Handle, client_id: In[CLIENT_ID], continue_status: NtStatus
) -> int:
    """Let the thread that raised an event go on."""
    if continue_status not in ANSWERS:
        raise NtError(STATUS_INVALID_PARAMETER)
    debugger = t.handles.get(debug_object_handle, DebugObject, DEBUG_READ_EVENT)
    debugger.continue_(client_id.UniqueProcess, client_id.UniqueThread, continue_status)
    return 0


@syscall()
def NtSetInformationDebugObject(
    t: Thread,
    debug_object_handle: Handle,
    debug_object_information_class: DebugObjectInfoClass,
    debug_object_information: Annotated[InBuffer, Sized("debug_object_information_length", align=4)],
    debug_object_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Set whether debuggees end with their debugger."""
    if return_length is not None:
        return_length.set(0)
    if debug_object_information_class != DEBUGOBJECTINFOCLASS.DebugObjectFlags:
        raise NtError(STATUS_INVALID_PARAMETER)
    if debug_object_information_length != 4:
        if return_length is not None:
            return_length.set(4)
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    flags = int.from_bytes(debug_object_information.read(), "little")
    if flags & ~DBGK_KILL_PROCESS_ON_EXIT:
        raise NtError(STATUS_INVALID_PARAMETER)
    debugger = t.handles.get(debug_object_handle, DebugObject, DEBUG_SET_INFORMATION)
    debugger.kill_on_close = bool(flags)
    return 0
