"""Power and wake-up."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import (
    DevicePowerState,
    ExecutionState,
    LatencyTime,
    PowerAction,
    PowerInformationLevel,
    SystemPowerState,
)
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_IMPLEMENTED,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.structs.power import (
    ES_CONTINUOUS,
    ES_DISPLAY_REQUIRED,
    ES_SYSTEM_REQUIRED,
    ES_USER_PRESENT,
    LATENCY_TIME,
)
from ring3k.abi.types import Boolean, Handle, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.ex.power import carry_out, check_action, device_state, power_information
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.object import Object
from ring3k.typed import Annotated

MOST_INPUT = 1024  # no level takes more


@syscall()
def NtPowerInformation(
    t: Thread,
    information_level: PowerInformationLevel,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length")]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length", align=4)]],
    output_buffer_length: Ulong,
) -> int:
    """Query or set the power policy; tell what the machine can do."""
    given = None if input_buffer is None else input_buffer.read(min(input_buffer_length, MOST_INPUT))
    room = None if output_buffer is None else output_buffer_length
    data = power_information(t, information_level, given, room)
    if output_buffer is not None:
        output_buffer.write(data)
    return 0


@syscall()
def NtInitiatePowerAction(
    t: Thread,
    system_action: PowerAction,
    min_system_state: SystemPowerState,
    flags: Ulong,
    asynchronous: Boolean,
) -> int:
    """Begin to shut down; this machine has no sleeping states."""
    check_action(system_action, min_system_state, flags)
    return carry_out(t, system_action)


@syscall()
def NtSetSystemPowerState(
    t: Thread, system_action: PowerAction, min_system_state: SystemPowerState, flags: Ulong
) -> int:
    """Shut down, at once; this machine has no sleeping states."""
    check_action(system_action, min_system_state, flags)
    return carry_out(t, system_action)


def _check_state(execution_state: int) -> None:
    known = ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_CONTINUOUS
    if execution_state & ~known:
        raise NtError(STATUS_INVALID_PARAMETER)


@syscall(first=_check_state)
def NtSetThreadExecutionState(
    t: Thread, execution_state: ExecutionState, previous_execution_state: Out[ExecutionState]
) -> int:
    """Say that the system or the display is in use; with ES_CONTINUOUS until further notice."""
    before = t.execution_state | ES_CONTINUOUS
    if execution_state & ES_CONTINUOUS:
        t.execution_state = execution_state & ~ES_CONTINUOUS
    previous_execution_state.set(before)
    return 0


@syscall()
def NtGetDevicePowerState(t: Thread, device: Handle, state: Out[DevicePowerState]) -> int:
    """Query the power state of the device behind a file."""
    file = t.handles.get(device, Object, 0)
    if file.type_name != "File":  # files belong to a room above
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    state.set(device_state(file))
    return 0


@syscall()
def NtIsSystemResumeAutomatic(t: Thread) -> int:
    """Whether the system woke up by itself (a truth value, not a status): it was started."""
    return 0


@syscall()
def NtRequestWakeupLatency(t: Thread, latency: LatencyTime) -> int:
    """Ask for a quick wake-up, for as long as the process lives."""
    if latency not in (LATENCY_TIME.LT_DONT_CARE, LATENCY_TIME.LT_LOWEST_LATENCY):
        raise NtError(STATUS_INVALID_PARAMETER)
    t.process.wakeup_latency = latency
    return 0


@syscall()
def NtRequestDeviceWakeup(t: Thread, device: Handle) -> int:
    """Let a device wake the system: NT never got to it, and says so."""
    return STATUS_NOT_IMPLEMENTED


@syscall()
def NtCancelDeviceWakeupRequest(t: Thread, device: Handle) -> int:
    """Take NtRequestDeviceWakeup back: not in NT either."""
    return STATUS_NOT_IMPLEMENTED
