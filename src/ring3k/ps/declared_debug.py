"""Debugging support (dbgk): declarations of calls without a handler, all of XP and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.access import DebugObjectAccess
from ring3k.abi.call import declared
from ring3k.abi.enums import DebugObjectFlags, DebugObjectInfoClass
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.dbgk import DBGUI_WAIT_STATE_CHANGE
from ring3k.abi.structs.ps import CLIENT_ID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    NtStatus,
    Opt,
    Out,
    Sized,
    Timeout,
    Ulong,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtCreateDebugObject(
    t: Thread,
    debug_object_handle: Out[Handle],
    desired_access: DebugObjectAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    flags: DebugObjectFlags,
) -> None:
    """Create the object through which a debugger receives events."""


@declared
def NtDebugActiveProcess(t: Thread, process_handle: Handle, debug_object_handle: Handle) -> None:
    """Attach to a running process."""


@declared
def NtRemoveProcessDebug(t: Thread, process_handle: Handle, debug_object_handle: Handle) -> None:
    """Detach from a process."""


@declared
def NtWaitForDebugEvent(
    t: Thread,
    debug_object_handle: Handle,
    alertable: Boolean,
    timeout: Opt[In[Timeout]],
    wait_state_change: Out[DBGUI_WAIT_STATE_CHANGE],
) -> None:
    """Wait for the next debug event."""


@declared
def NtDebugContinue(
    t: Thread, debug_object_handle: Handle, client_id: In[CLIENT_ID], continue_status: NtStatus
) -> None:
    """Let the thread that raised an event go on."""


@declared
def NtSetInformationDebugObject(
    t: Thread,
    debug_object_handle: Handle,
    debug_object_information_class: DebugObjectInfoClass,
    debug_object_information: Annotated[InBuffer, Sized("debug_object_information_length", align=4)],
    debug_object_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """Set whether debuggees die with their debugger."""
