"""Plug and play, of a machine whose devices never change."""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import PlugPlayControlClass
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_NOT_IMPLEMENTED, NtError
from ring3k.abi.structs.power import PLUGPLAY_CONTROL_CLASS
from ring3k.abi.types import Handle, OutBuffer, Pointer, Sized, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.se.privilege import SE_TCB_PRIVILEGE, require_privilege
from ring3k.typed import Annotated


@syscall(PARTIAL, "no device tree: every device instance asked for is STATUS_NO_SUCH_DEVICE")
def NtPlugPlayControl(
    t: Thread,
    control_class: PlugPlayControlClass,
    control_data: Annotated[OutBuffer, Sized("control_data_length", align=4)],
    control_data_length: Ulong,
) -> int:
    """Ask the plug and play manager."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    if control_class > PLUGPLAY_CONTROL_CLASS.PlugPlayControlGetBlockedDriverList:
        raise NtError(STATUS_NOT_IMPLEMENTED)
    if control_data_length < 8:  # every class begins with the name of a device instance
        raise NtError(STATUS_INVALID_PARAMETER)
    raise NtError(STATUS_NO_SUCH_DEVICE)


@syscall(PARTIAL, "waits for ever: no device comes or goes")
async def NtGetPlugPlayEvent(
    t: Thread,
    event_handle: Handle,
    context: Pointer,
    event_block: Annotated[OutBuffer, Sized("event_buffer_size", align=4)],
    event_buffer_size: Ulong,
) -> int:
    """Wait for the next plug and play event."""
    require_privilege(t, SE_TCB_PRIVILEGE)
    return await t.wait(())
