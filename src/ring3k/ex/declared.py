"""Executive: declarations of calls without a handler (atoms, UUIDs, profiles, debug control).

Power, plug and play and firmware variables are in ``declared_hardware``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import (
    AppHelpService,
    AtomInfoClass,
    DebugCommand,
    ProfileSource,
    SystemInfoClass,
    VdmService,
)
from ring3k.abi.structs.ex import UUID_SEED
from ring3k.abi.types import (
    Handle,
    In,
    InBuffer,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    SizeT,
    Time,
    Ulong,
    UlongPtr,
    Ushort,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtAddAtom(
    t: Thread,
    atom_name: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    atom: Opt[Out[Ushort]],
) -> None:
    """Add a string to the global atom table, or count one more use of it."""


@declared
def NtFindAtom(
    t: Thread,
    atom_name: Annotated[InBuffer, Sized("length")],
    length: Ulong,
    atom: Opt[Out[Ushort]],
) -> None:
    """Look a string up in the global atom table."""


@declared
def NtDeleteAtom(t: Thread, atom: Ushort) -> None:
    """Count one use less of an atom."""


@declared
def NtQueryInformationAtom(
    t: Thread,
    atom: Ushort,
    atom_information_class: AtomInfoClass,
    atom_information: Annotated[OutBuffer, Sized("atom_information_length", align=4)],
    atom_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> None:
    """Describe an atom, or list all."""


@declared
def NtAllocateUuids(
    t: Thread,
    time: Out[Time],
    range: Out[Ulong],  # noqa: A002
    sequence: Out[Ulong],
    seed: Out[UUID_SEED],
) -> None:
    """Reserve a stretch of time stamps for version 1 UUIDs."""


@declared
def NtSetUuidSeed(t: Thread, seed: In[UUID_SEED]) -> None:
    """Set the node identity for UUIDs."""


@declared
def NtCreateProfile(
    t: Thread,
    profile_handle: Out[Handle],
    process: Handle,
    range_base: Pointer,
    range_size: SizeT,
    bucket_size: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_size", align=4)],
    buffer_size: Ulong,
    profile_source: ProfileSource,
    affinity: UlongPtr,
) -> None:
    """Create an object that counts where a process spends its time, by ranges of 2**bucket_size bytes."""


@declared
def NtStartProfile(t: Thread, profile_handle: Handle) -> None:
    """Begin counting."""


@declared
def NtStopProfile(t: Thread, profile_handle: Handle) -> None:
    """Stop counting."""


@declared
def NtQueryIntervalProfile(t: Thread, profile_source: ProfileSource, interval: Out[Ulong]) -> None:
    """Time between two samples of a profile source."""


@declared
def NtSetIntervalProfile(t: Thread, interval: Ulong, profile_source: ProfileSource) -> None:
    """Set the time between two samples of a profile source."""


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
