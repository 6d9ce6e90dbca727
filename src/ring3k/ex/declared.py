"""Executive: declarations of calls without a handler (atoms, UUIDs, profiles, debug control).

Power, plug and play and firmware variables are in ``declared_hardware``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import (
    AppHelpService,
    DebugCommand,
    SystemInfoClass,
    VdmService,
)
from ring3k.abi.types import (
    Handle,
    InBuffer,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    Ushort,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtSetSystemInformation(
    t: Thread,
    system_information_class: SystemInfoClass,
    system_information: Annotated[InBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
) -> None:
    """Change something system-wide."""


@declared
def NtSystemDebugControl(
    t: Thread,
    command: DebugCommand,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length", align=4)]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length", align=4)]],
    output_buffer_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """Ask the kernel's own debugger support."""


@declared
def NtSetDefaultHardErrorPort(t: Thread, port_handle: Handle) -> None:
    """Name the port that receives hard errors."""


@declared
def NtSetDefaultUILanguage(t: Thread, default_ui_language_id: Ushort) -> None:
    """Set the user's interface language."""


@declared
def NtVdmControl(t: Thread, service: VdmService, service_data: Pointer) -> None:
    """Virtual DOS machines."""


@declared
def NtApphelpCacheControl(t: Thread, service: AppHelpService, service_data: Pointer) -> None:
    """The cache of application compatibility data (2003)."""


@declared
def NtTraceEvent(
    t: Thread,
    trace_handle: Handle,
    flags: Ulong,
    field_size: Ulong,
    fields: Pointer,
) -> None:
    """Write an event into a trace session (XP and later)."""


@declared
def NtSetHighWaitLowThread(t: Thread) -> None:
    """Hand over through the thread's own event pair, as the high side (NT 4.0)."""


@declared
def NtSetLowWaitHighThread(t: Thread) -> None:
    """Hand over through the thread's own event pair, as the low side (NT 4.0)."""
