"""Scalars shared by declarations: information classes by name, option words by bits.

Every room annotates its parameters with these, so that traces read alike:

* information classes: ``ProcessInfoClass ThreadInfoClass SystemInfoClass ObjectInfoClass
  FileInfoClass FsInfoClass MemoryInfoClass SectionInfoClass EventInfoClass`` and so on;
* kinds: ``EventType TimerType WaitType TokenType ImpersonationLevel CreateDisposition``;
* flag words: ``PageProtection AllocationType SectionAttributes FreeType ObjectFlags
  DuplicateOptions FileAttributes ShareAccess CreateOptions SecurityInformation``.

Access masks are in ``abi.access`` (``EventAccess`` and its like).  The values
themselves are constants beside the structures (``abi.structs``).
"""

from __future__ import annotations

from types import ModuleType
from typing import Annotated

from ring3k.abi import strings
from ring3k.abi.structs import cm, dbgk, ex, fileinfo, io, ke, lpc, mm, ob, power, psinfo, se, sysinfo
from ring3k.abi.types import Scalar


def named(cls: type, name: str = "") -> Scalar:
    """An enumeration declared as a class of integers."""
    values = tuple((v, k) for k, v in vars(cls).items() if isinstance(v, int))
    return Scalar(name or cls.__name__, 4, style="enum", values=values, group=cls.__name__)


def bits(name: str, module: ModuleType, prefix: str, valid: int = 0xFFFFFFFF, size: int = 4) -> Scalar:
    """A flag word whose bits are the module's constants with this prefix, within ``valid``."""
    values = tuple(
        (v, k)
        for k, v in vars(module).items()
        if k.startswith(prefix) and isinstance(v, int) and v > 0 and not v & (v - 1) and v & valid
    )
    return Scalar(name, size, style="flags", values=values, flags=True, group=f"{prefix}*")


def between(group: str, style: str, module: ModuleType, first: str, last: str) -> Scalar:
    """The module's constants from ``first`` to ``last`` in the order they are written."""
    names = list(vars(module))
    chosen = names[names.index(first) : names.index(last) + 1]
    values = tuple((getattr(module, n), n) for n in chosen)
    return Scalar("ULONG", 4, style=style, values=values, flags=style == "flags", group=group)


# -- information classes -----------------------------------------------------------
ProcessInfoClass = Annotated[int, named(psinfo.PROCESSINFOCLASS)]
ThreadInfoClass = Annotated[int, named(psinfo.THREADINFOCLASS)]
JobInfoClass = Annotated[int, named(psinfo.JOBOBJECTINFOCLASS)]
SystemInfoClass = Annotated[int, named(sysinfo.SYSTEM_INFORMATION_CLASS)]
ObjectInfoClass = Annotated[int, named(ob.OBJECT_INFORMATION_CLASS)]
MemoryInfoClass = Annotated[int, named(mm.MEMORY_INFORMATION_CLASS)]
SectionInfoClass = Annotated[int, named(mm.SECTION_INFORMATION_CLASS)]
EventInfoClass = Annotated[int, named(ex.EVENT_INFORMATION_CLASS)]
MutantInfoClass = Annotated[int, named(ex.MUTANT_INFORMATION_CLASS)]
SemaphoreInfoClass = Annotated[int, named(ex.SEMAPHORE_INFORMATION_CLASS)]
TimerInfoClass = Annotated[int, named(ex.TIMER_INFORMATION_CLASS)]
AtomInfoClass = Annotated[int, named(ex.ATOM_INFORMATION_CLASS)]
FileInfoClass = Annotated[int, named(fileinfo.FILE_INFORMATION_CLASS)]
FsInfoClass = Annotated[int, named(io.FS_INFORMATION_CLASS)]
IoCompletionInfoClass = Annotated[int, named(io.IO_COMPLETION_INFORMATION_CLASS)]
PortInfoClass = Annotated[int, named(lpc.PORT_INFORMATION_CLASS)]
TokenInfoClass = Annotated[int, named(se.TOKEN_INFORMATION_CLASS)]
KeyInfoClass = Annotated[int, named(cm.KEY_INFORMATION_CLASS)]
KeyValueInfoClass = Annotated[int, named(cm.KEY_VALUE_INFORMATION_CLASS)]
KeySetInfoClass = Annotated[int, named(cm.KEY_SET_INFORMATION_CLASS)]
DebugObjectInfoClass = Annotated[int, named(dbgk.DEBUGOBJECTINFOCLASS)]

# -- kinds -------------------------------------------------------------------------
WaitType = Annotated[int, named(ke.WAIT_TYPE)]
EventType = Annotated[int, named(ke.EVENT_TYPE)]
TimerType = Annotated[int, named(ke.TIMER_TYPE)]
ProfileSource = Annotated[int, named(ke.KPROFILE_SOURCE)]
SectionInherit = Annotated[int, named(mm.SECTION_INHERIT)]
ShutdownAction = Annotated[int, named(ex.SHUTDOWN_ACTION)]
HardErrorOption = Annotated[int, named(ex.HARDERROR_RESPONSE_OPTION)]
HardErrorResponse = Annotated[int, named(ex.HARDERROR_RESPONSE)]
CreateDisposition = Annotated[int, named(io.CREATE_DISPOSITION, "ULONG")]
TokenType = Annotated[int, named(se.TOKEN_TYPE)]
ImpersonationLevel = Annotated[int, named(se.SECURITY_IMPERSONATION_LEVEL)]
AuditEventType = Annotated[int, named(se.AUDIT_EVENT_TYPE)]
KeyDisposition = Annotated[int, named(cm.REG_DISPOSITION, "ULONG")]
ValueType = Annotated[int, between("REG_* (types)", "enum", cm, "REG_NONE", "REG_QWORD")]

# -- flag words --------------------------------------------------------------------
PageProtection = Annotated[int, bits("ULONG", mm, "PAGE_")]
AllocationType = Annotated[int, bits("ULONG", mm, "MEM_", 0xE0783000 | mm.MEM_LARGE_PAGES)]
FreeType = Annotated[int, bits("ULONG", mm, "MEM_", mm.MEM_DECOMMIT | mm.MEM_RELEASE)]
SectionAttributes = Annotated[int, bits("ULONG", mm, "SEC_")]
MapType = Annotated[int, bits("ULONG", mm, "MAP_")]
ObjectFlags = Annotated[int, bits("ULONG", strings, "OBJ_", strings.OBJ_VALID_ATTRIBUTES)]
DuplicateOptions = Annotated[int, bits("ULONG", ob, "DUPLICATE_")]
FileAttributes = Annotated[int, bits("ULONG", io, "FILE_ATTRIBUTE_")]
ShareAccess = Annotated[int, bits("ULONG", io, "FILE_SHARE_")]
NotifyFilter = Annotated[int, bits("ULONG", io, "FILE_NOTIFY_CHANGE_")]
KeyOptions = Annotated[int, bits("ULONG", cm, "REG_OPTION_")]
KeyNotifyFilter = Annotated[int, bits("ULONG", cm, "REG_NOTIFY_CHANGE_")]
SecurityInformation = Annotated[
    int,
    between(
        "SECURITY_INFORMATION",
        "flags",
        se,
        "OWNER_SECURITY_INFORMATION",
        "PROTECTED_DACL_SECURITY_INFORMATION",
    ),
]
CreateOptions = Annotated[
    int, between("FILE_* (options)", "flags", io, "FILE_DIRECTORY_FILE", "FILE_OPEN_FOR_FREE_SPACE_QUERY")
]
ProcessCreateFlags = Annotated[int, bits("ULONG", psinfo, "PROCESS_CREATE_FLAGS_")]
LoadKeyFlags = Annotated[
    int, between("REG_* (load)", "flags", cm, "REG_WHOLE_HIVE_VOLATILE", "REG_FORCE_RESTORE")
]
SaveKeyFormat = Annotated[
    int, between("REG_* (save)", "flags", cm, "REG_STANDARD_FORMAT", "REG_NO_COMPRESSION")
]
FilterTokenFlags = Annotated[
    int, between("NtFilterToken flags", "flags", se, "DISABLE_MAX_PRIVILEGE", "SANDBOX_INERT")
]
AuditFlags = Annotated[int, bits("ULONG", se, "AUDIT_ALLOW_")]
DebugObjectFlags = Annotated[int, bits("ULONG", dbgk, "DBGK_")]
PipeType = Annotated[int, named(io.PIPE_TYPE, "ULONG")]
PipeReadMode = Annotated[int, named(io.PIPE_READ_MODE, "ULONG")]
PipeCompletionMode = Annotated[int, named(io.PIPE_COMPLETION_MODE, "ULONG")]
PowerInformationLevel = Annotated[int, named(power.POWER_INFORMATION_LEVEL)]
PowerAction = Annotated[int, named(power.POWER_ACTION)]
SystemPowerState = Annotated[int, named(power.SYSTEM_POWER_STATE)]
DevicePowerState = Annotated[int, named(power.DEVICE_POWER_STATE)]
LatencyTime = Annotated[int, named(power.LATENCY_TIME)]
ExecutionState = Annotated[int, bits("EXECUTION_STATE", power, "ES_")]
DebugCommand = Annotated[int, named(power.SYSDBG_COMMAND)]
PlugPlayControlClass = Annotated[int, named(power.PLUGPLAY_CONTROL_CLASS)]
VdmService = Annotated[int, named(power.VDMSERVICECLASS)]
AppHelpService = Annotated[int, named(power.APPHELPCACHESERVICECLASS)]
EnvironmentInfoClass = Annotated[int, named(power.SYSTEM_ENVIRONMENT_INFORMATION_CLASS)]
FilePathType = Annotated[int, named(power.FILE_PATH_TYPE, "ULONG")]
