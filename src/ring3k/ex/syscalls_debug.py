"""The kernel debugger's door, DOS machines, traces: what of them a machine without these has."""

from __future__ import annotations

from contextlib import suppress

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import AppHelpService, DebugCommand, VdmService
from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_HANDLE,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_FOUND,
    STATUS_NOT_IMPLEMENTED,
    STATUS_UNSUCCESSFUL,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.power import (
    APPHELP_CACHE_SERVICE_LOOKUP,
    APPHELPCACHESERVICECLASS,
    DBGKD_GET_VERSION,
    EVENT_TRACE_HEADER,
    SYSDBG_COMMAND,
    SYSDBG_VIRTUAL,
    VDMSERVICECLASS,
)
from ring3k.abi.types import Handle, InBuffer, Opt, Out, OutBuffer, Pointer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ke.thread import KThread as Thread
from ring3k.se.privilege import SE_DEBUG_PRIVILEGE, SE_TCB_PRIVILEGE, has_privilege, require_privilege
from ring3k.typed import Annotated

MOST_INPUT = 64  # more than any command takes
MOST_COPIED = 1 << 20
MOST_CACHED = 128


@syscall(PARTIAL, "kernel memory, physical memory, ports, MSRs and buses are not there to be read")
def NtSystemDebugControl(
    t: Thread,
    command: DebugCommand,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length", align=4)]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length", align=4)]],
    output_buffer_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Ask the kernel's own debugger support."""
    given = b"" if input_buffer is None else input_buffer.read(min(input_buffer_length, MOST_INPUT))
    if not has_privilege(t, SE_DEBUG_PRIVILEGE):
        raise NtError(STATUS_ACCESS_DENIED)
    if command > SYSDBG_COMMAND.SysDbgCheckLowMemory:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    if command == SYSDBG_COMMAND.SysDbgBreakPoint:
        raise NtError(STATUS_UNSUCCESSFUL)  # no debugger is connected
    if command == SYSDBG_COMMAND.SysDbgQueryVersion:
        if output_buffer is None or output_buffer_length != DBGKD_GET_VERSION.size():
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)
        output_buffer.write(_version(t))
        done = output_buffer_length
    elif command in (SYSDBG_COMMAND.SysDbgReadVirtual, SYSDBG_COMMAND.SysDbgWriteVirtual):
        if len(given) != SYSDBG_VIRTUAL.size():
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)
        asked = SYSDBG_VIRTUAL.unpack(given)
        done = _copy(t, asked, command == SYSDBG_COMMAND.SysDbgReadVirtual)
    else:
        raise NtError(STATUS_NOT_IMPLEMENTED)
    if return_length is not None:
        return_length.set(done)
    return 0


def _version(t: Thread) -> bytes:
    return DBGKD_GET_VERSION(
        MajorVersion=0xF,
        MinorVersion=t.kernel.part(Version).build,
        ProtocolVersion=5,
        MachineType=IMAGE_FILE_MACHINE_I386,
        KernBase=0xFFFFFFFF80400000,
    ).pack()


def _copy(t: Thread, asked: SYSDBG_VIRTUAL, reading: bool) -> int:
    """Between the caller's memory and what it calls kernel memory, of which only its own half is there."""
    memory, count = t.memory, min(asked.Request, MOST_COPIED)
    if not count:
        return 0
    source, target = (asked.Address, asked.Buffer) if reading else (asked.Buffer, asked.Address)
    if not reading:
        memory.read(source, 1)
    else:
        memory.probe_write(target, count)
    with suppress(GuestFault):
        memory.write(target, memory.read(source, count))
        return count
    raise NtError(STATUS_UNSUCCESSFUL)


@syscall(PARTIAL, "no DOS machines: only their features can be asked for")
def NtVdmControl(t: Thread, service: VdmService, service_data: Pointer) -> int:
    """Virtual DOS machines."""
    if service > VDMSERVICECLASS.VdmQueryVdmProcess:
        raise NtError(STATUS_INVALID_PARAMETER)
    if service != VDMSERVICECLASS.VdmFeatures:
        raise NtError(STATUS_NOT_IMPLEMENTED)
    t.memory.probe_write(service_data, 4)
    t.memory.write_u32(service_data, 0)  # no virtual interrupts
    return 0


@syscall(PARTIAL, "there are no trace sessions, so every event is for one that is not there")
def NtTraceEvent(t: Thread, trace_handle: Handle, flags: Ulong, field_size: Ulong, fields: Pointer) -> int:
    """Write an event into a trace session (XP and later)."""
    if not fields or field_size > 0xFFFF:
        raise NtError(STATUS_INVALID_PARAMETER)
    EVENT_TRACE_HEADER.load(t.memory, fields)
    raise NtError(STATUS_INVALID_HANDLE)


class AppHelpCache:
    """Programs that need no compatibility help, by name; the oldest goes when a new one has no place."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}


@syscall(PARTIAL, "a look-up compares names, not the file's size and time")
def NtApphelpCacheControl(t: Thread, service: AppHelpService, service_data: Pointer) -> int:
    """The cache of application compatibility data (2003)."""
    kinds, names = APPHELPCACHESERVICECLASS, t.kernel.late_part(AppHelpCache).names
    if service == kinds.ApphelpCacheServiceDump:
        return 0
    if service == kinds.ApphelpCacheServiceFlush:
        require_privilege(t, SE_TCB_PRIVILEGE)
        names.clear()
        return 0
    if service > kinds.ApphelpCacheServiceDump or not service_data:
        raise NtError(STATUS_INVALID_PARAMETER)
    wanted = APPHELP_CACHE_SERVICE_LOOKUP.load(t.memory, service_data).ImageName
    if not wanted.Length or not wanted.Buffer:
        raise NtError(STATUS_INVALID_PARAMETER)
    name = t.memory.read(wanted.Buffer, wanted.Length & ~1).decode("utf-16-le", "surrogatepass").upper()
    if service == kinds.ApphelpCacheServiceUpdate:
        require_privilege(t, SE_TCB_PRIVILEGE)
        names[name] = None
        if len(names) > MOST_CACHED:
            del names[next(iter(names))]
        return 0
    if name not in names:
        raise NtError(STATUS_NOT_FOUND)
    if service == kinds.ApphelpCacheServiceRemove:
        del names[name]
    return 0
