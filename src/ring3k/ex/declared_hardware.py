"""Executive: declarations of calls about power, plug and play, and firmware variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import (
    DevicePowerState,
    EnvironmentInfoClass,
    ExecutionState,
    FilePathType,
    LatencyTime,
    PlugPlayControlClass,
    PowerAction,
    PowerInformationLevel,
    SystemPowerState,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.ex import GUID
from ring3k.abi.structs.power import BOOT_ENTRY, BOOT_OPTIONS, EFI_DRIVER_ENTRY, FILE_PATH
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    InOut,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    Ushort,
    pointer,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread

BootEntry = Annotated[int, pointer(BOOT_ENTRY)]
BootOptions = Annotated[int, pointer(BOOT_OPTIONS)]
DriverEntry = Annotated[int, pointer(EFI_DRIVER_ENTRY)]
FilePath = Annotated[int, pointer(FILE_PATH)]


# -- power ---------------------------------------------------------------------------
@declared
def NtPowerInformation(
    t: Thread,
    information_level: PowerInformationLevel,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length", align=4)]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length", align=4)]],
    output_buffer_length: Ulong,
) -> None:
    """Query or set the power policy."""


@declared
def NtInitiatePowerAction(
    t: Thread,
    system_action: PowerAction,
    min_system_state: SystemPowerState,
    flags: Ulong,
    asynchronous: Boolean,
) -> None:
    """Begin to sleep or to shut down."""


@declared
def NtSetSystemPowerState(
    t: Thread, system_action: PowerAction, min_system_state: SystemPowerState, flags: Ulong
) -> None:
    """Enter a sleeping state."""


@declared
def NtSetThreadExecutionState(
    t: Thread, execution_state: ExecutionState, previous_execution_state: Out[ExecutionState]
) -> None:
    """Say that the system or the display is in use."""


@declared
def NtGetDevicePowerState(t: Thread, device: Handle, state: Out[DevicePowerState]) -> None:
    """Query a device's power state."""


@declared
def NtIsSystemResumeAutomatic(t: Thread) -> None:
    """Tell whether the system woke up by itself; the answer is the returned value."""


@declared
def NtRequestWakeupLatency(t: Thread, latency: LatencyTime) -> None:
    """Ask for a quick wake-up."""


@declared
def NtRequestDeviceWakeup(t: Thread, device: Handle) -> None:
    """Let a device wake the system."""


@declared
def NtCancelDeviceWakeupRequest(t: Thread, device: Handle) -> None:
    """Take NtRequestDeviceWakeup back."""


# -- plug and play -------------------------------------------------------------------
@declared
def NtPlugPlayControl(
    t: Thread,
    control_class: PlugPlayControlClass,
    control_data: Annotated[OutBuffer, Sized("control_data_length", align=4)],
    control_data_length: Ulong,
) -> None:
    """Ask the plug and play manager."""


@declared
def NtGetPlugPlayEvent(
    t: Thread,
    event_handle: Handle,
    context: Pointer,
    event_block: Annotated[OutBuffer, Sized("event_buffer_size", align=4)],
    event_buffer_size: Ulong,
) -> None:
    """Wait for the next plug and play event."""


# -- firmware variables and boot entries ---------------------------------------------
@declared
def NtQuerySystemEnvironmentValue(
    t: Thread,
    variable_name: In[UnicodeString],
    variable_value: Annotated[OutBuffer, Sized("value_length", align=2)],
    value_length: Ushort,
    return_length: Opt[Out[Ushort]],
) -> None:
    """Read a firmware variable."""


@declared
def NtSetSystemEnvironmentValue(
    t: Thread, variable_name: In[UnicodeString], variable_value: In[UnicodeString]
) -> None:
    """Set a firmware variable."""


@declared
def NtQuerySystemEnvironmentValueEx(
    t: Thread,
    variable_name: In[UnicodeString],
    vendor_guid: In[GUID],
    value: Opt[Annotated[OutBuffer, Sized("value_length", indirect=True)]],
    value_length: InOut[Ulong],
    attributes: Opt[Out[Ulong]],
) -> None:
    """Read an EFI variable (XP and later)."""


@declared
def NtSetSystemEnvironmentValueEx(
    t: Thread,
    variable_name: In[UnicodeString],
    vendor_guid: In[GUID],
    value: Opt[Annotated[InBuffer, Sized("value_length")]],
    value_length: Ulong,
    attributes: Ulong,
) -> None:
    """Set or delete an EFI variable (XP and later)."""


@declared
def NtEnumerateSystemEnvironmentValuesEx(
    t: Thread,
    information_class: EnvironmentInfoClass,
    buffer: Annotated[OutBuffer, Sized("buffer_length", indirect=True)],
    buffer_length: InOut[Ulong],
) -> None:
    """List EFI variables (XP and later)."""


@declared
def NtAddBootEntry(t: Thread, boot_entry: BootEntry, id: Opt[Out[Ulong]]) -> None:  # noqa: A002
    """Add a boot entry (XP and later)."""


@declared
def NtModifyBootEntry(t: Thread, boot_entry: BootEntry) -> None:
    """Change a boot entry (XP and later)."""


@declared
def NtDeleteBootEntry(t: Thread, id: Ulong) -> None:  # noqa: A002
    """Delete a boot entry (XP and later)."""


@declared
def NtEnumerateBootEntries(
    t: Thread,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_length", indirect=True)]],
    buffer_length: InOut[Ulong],
) -> None:
    """List boot entries (XP and later)."""


@declared
def NtQueryBootEntryOrder(
    t: Thread,
    ids: Opt[Annotated[OutBuffer, Sized("count", unit=4, align=4, indirect=True)]],
    count: InOut[Ulong],
) -> None:
    """Order in which boot entries are tried (XP and later)."""


@declared
def NtSetBootEntryOrder(
    t: Thread, ids: Annotated[InBuffer, Sized("count", unit=4, align=4)], count: Ulong
) -> None:
    """Set the order in which boot entries are tried (XP and later)."""


@declared
def NtQueryBootOptions(
    t: Thread,
    boot_options: Opt[Annotated[OutBuffer, Sized("boot_options_length", indirect=True)]],
    boot_options_length: InOut[Ulong],
) -> None:
    """Boot manager settings (XP and later)."""


@declared
def NtSetBootOptions(t: Thread, boot_options: BootOptions, fields_to_change: Ulong) -> None:
    """Change boot manager settings (XP and later)."""


@declared
def NtTranslateFilePath(
    t: Thread,
    input_file_path: FilePath,
    output_type: FilePathType,
    output_file_path: Opt[Annotated[OutBuffer, Sized("output_file_path_length", indirect=True)]],
    output_file_path_length: Opt[InOut[Ulong]],
) -> None:
    """Turn a path of the firmware into one of NT, or back (XP and later)."""


@declared
def NtAddDriverEntry(t: Thread, driver_entry: DriverEntry, id: Opt[Out[Ulong]]) -> None:  # noqa: A002
    """Add an EFI driver entry (2003)."""


@declared
def NtModifyDriverEntry(t: Thread, driver_entry: DriverEntry) -> None:
    """Change an EFI driver entry (2003)."""


@declared
def NtDeleteDriverEntry(t: Thread, id: Ulong) -> None:  # noqa: A002
    """Delete an EFI driver entry (2003)."""


@declared
def NtEnumerateDriverEntries(
    t: Thread,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_length", indirect=True)]],
    buffer_length: InOut[Ulong],
) -> None:
    """List EFI driver entries (2003)."""


@declared
def NtQueryDriverEntryOrder(
    t: Thread,
    ids: Opt[Annotated[OutBuffer, Sized("count", unit=4, align=4, indirect=True)]],
    count: InOut[Ulong],
) -> None:
    """Order in which EFI drivers are loaded (2003)."""


@declared
def NtSetDriverEntryOrder(
    t: Thread, ids: Annotated[InBuffer, Sized("count", unit=4, align=4)], count: Ulong
) -> None:
    """Set the order in which EFI drivers are loaded (2003)."""
