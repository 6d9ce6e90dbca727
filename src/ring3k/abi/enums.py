"""Scalars shared by declarations: information classes by name, option words by bits.

Every room annotates its parameters with these, so that traces read alike:

* information classes: ``ProcessInfoClass ThreadInfoClass SystemInfoClass ObjectInfoClass
  FileInfoClass FsInfoClass MemoryInfoClass SectionInfoClass EventInfoClass`` and so on;
* kinds: ``EventType TimerType WaitType TokenType ImpersonationLevel CreateDisposition``;
* flag words: ``PageProtection AllocationType SectionAttributes FreeType ObjectFlags
  DuplicateOptions FileAttributes ShareAccess CreateOptions SecurityInformation``.

Access masks are in ``abi.access`` (``EventAccess`` and its like).  The values
themselves are constants beside the structures (``abi.structs``); they are looked
up when a value is first shown to somebody, since no call needs their names.
"""

from __future__ import annotations

from functools import cache

from ring3k.abi.types import Scalar
from ring3k.compiled import load
from ring3k.typed import Annotated


class _Named(Scalar):
    """A scalar whose ``values`` begin as a recipe for finding them."""

    __slots__ = ()

    @property
    def values(self) -> tuple[tuple[int, str], ...]:
        return _look_up(*self[4])


@cache
def _look_up(module: str, first: str, last: str, valid: int) -> tuple[tuple[int, str], ...]:
    """Members of a class, constants with a prefix (``first`` ends in _), or all from one to another."""
    place = load(f"ring3k.abi.{module}")
    found = vars(place)
    if last:
        names = list(found)
        chosen = names[names.index(first) : names.index(last) + 1]
        return tuple((found[name], name) for name in chosen)
    if not first.endswith("_"):
        return tuple((v, k) for k, v in vars(getattr(place, first)).items() if isinstance(v, int))
    return tuple(
        (v, k)
        for k, v in found.items()
        if k.startswith(first) and isinstance(v, int) and v > 0 and not v & (v - 1) and v & valid
    )


def named(place: str, name: str = "") -> Scalar:
    """An enumeration declared as a class of integers."""
    module, _, cls = place.partition(".")
    recipe = (f"structs.{module}", cls, "", 0)
    return _Named(name or cls, 4, False, "enum", recipe, group=cls)  # type: ignore[arg-type]


def bits(module: str, prefix: str, valid: int = 0xFFFFFFFF) -> Scalar:
    """A flag word whose bits are the module's constants with this prefix, within ``valid``."""
    recipe = (module, prefix, "", valid)
    return _Named("ULONG", 4, False, "flags", recipe, True, group=f"{prefix}*")  # type: ignore[arg-type]


def between(group: str, style: str, module: str, first: str, last: str) -> Scalar:
    """The module's constants from ``first`` to ``last`` in the order they are written."""
    recipe = (module, first, last, 0)
    return _Named("ULONG", 4, False, style, recipe, style == "flags", group=group)  # type: ignore[arg-type]


# -- information classes -----------------------------------------------------------
ProcessInfoClass = Annotated[int, named("psinfo.PROCESSINFOCLASS")]
ThreadInfoClass = Annotated[int, named("psinfo.THREADINFOCLASS")]
JobInfoClass = Annotated[int, named("psinfo.JOBOBJECTINFOCLASS")]
SystemInfoClass = Annotated[int, named("sysinfo.SYSTEM_INFORMATION_CLASS")]
ObjectInfoClass = Annotated[int, named("ob.OBJECT_INFORMATION_CLASS")]
MemoryInfoClass = Annotated[int, named("mm.MEMORY_INFORMATION_CLASS")]
VirtualMemoryInfoClass = Annotated[int, named("mm.VIRTUAL_MEMORY_INFORMATION_CLASS")]
SectionInfoClass = Annotated[int, named("mm.SECTION_INFORMATION_CLASS")]
EventInfoClass = Annotated[int, named("ex.EVENT_INFORMATION_CLASS")]
MutantInfoClass = Annotated[int, named("ex.MUTANT_INFORMATION_CLASS")]
SemaphoreInfoClass = Annotated[int, named("ex.SEMAPHORE_INFORMATION_CLASS")]
TimerInfoClass = Annotated[int, named("ex.TIMER_INFORMATION_CLASS")]
AtomInfoClass = Annotated[int, named("ex.ATOM_INFORMATION_CLASS")]
FileInfoClass = Annotated[int, named("fileinfo.FILE_INFORMATION_CLASS")]
FsInfoClass = Annotated[int, named("io.FS_INFORMATION_CLASS")]
IoCompletionInfoClass = Annotated[int, named("io.IO_COMPLETION_INFORMATION_CLASS")]
PortInfoClass = Annotated[int, named("lpc.PORT_INFORMATION_CLASS")]
TokenInfoClass = Annotated[int, named("se.TOKEN_INFORMATION_CLASS")]
KeyInfoClass = Annotated[int, named("cm.KEY_INFORMATION_CLASS")]
KeyValueInfoClass = Annotated[int, named("cm.KEY_VALUE_INFORMATION_CLASS")]
KeySetInfoClass = Annotated[int, named("cm.KEY_SET_INFORMATION_CLASS")]
DebugObjectInfoClass = Annotated[int, named("dbgk.DEBUGOBJECTINFOCLASS")]

# -- kinds -------------------------------------------------------------------------
WaitType = Annotated[int, named("ke.WAIT_TYPE")]
EventType = Annotated[int, named("ke.EVENT_TYPE")]
TimerType = Annotated[int, named("ke.TIMER_TYPE")]
ProfileSource = Annotated[int, named("ke.KPROFILE_SOURCE")]
SectionInherit = Annotated[int, named("mm.SECTION_INHERIT")]
ShutdownAction = Annotated[int, named("ex.SHUTDOWN_ACTION")]
HardErrorOption = Annotated[int, named("ex.HARDERROR_RESPONSE_OPTION")]
HardErrorResponse = Annotated[int, named("ex.HARDERROR_RESPONSE")]
CreateDisposition = Annotated[int, named("io.CREATE_DISPOSITION", "ULONG")]
TokenType = Annotated[int, named("se.TOKEN_TYPE")]
ImpersonationLevel = Annotated[int, named("se.SECURITY_IMPERSONATION_LEVEL")]
AuditEventType = Annotated[int, named("se.AUDIT_EVENT_TYPE")]
KeyDisposition = Annotated[int, named("cm.REG_DISPOSITION", "ULONG")]
ValueType = Annotated[int, between("REG_* (types)", "enum", "structs.cm", "REG_NONE", "REG_QWORD")]

# -- flag words --------------------------------------------------------------------
PageProtection = Annotated[int, bits("structs.mm", "PAGE_")]
AllocationType = Annotated[int, bits("structs.mm", "MEM_", 0xE0783000)]
FreeType = Annotated[int, bits("structs.mm", "MEM_", 0xC000)]
SectionAttributes = Annotated[int, bits("structs.mm", "SEC_")]
MapType = Annotated[int, bits("structs.mm", "MAP_")]
ObjectFlags = Annotated[int, bits("strings", "OBJ_", 0x7F2)]
DuplicateOptions = Annotated[int, bits("structs.ob", "DUPLICATE_")]
FileAttributes = Annotated[int, bits("structs.io", "FILE_ATTRIBUTE_")]
ShareAccess = Annotated[int, bits("structs.io", "FILE_SHARE_")]
NotifyFilter = Annotated[int, bits("structs.io", "FILE_NOTIFY_CHANGE_")]
KeyOptions = Annotated[int, bits("structs.cm", "REG_OPTION_")]
KeyNotifyFilter = Annotated[int, bits("structs.cm", "REG_NOTIFY_CHANGE_")]
SecurityInformation = Annotated[
    int,
    between(
        "SECURITY_INFORMATION",
        "flags",
        "structs.se",
        "OWNER_SECURITY_INFORMATION",
        "PROTECTED_DACL_SECURITY_INFORMATION",
    ),
]
CreateOptions = Annotated[
    int,
    between(
        "FILE_* (options)", "flags", "structs.io", "FILE_DIRECTORY_FILE", "FILE_OPEN_FOR_FREE_SPACE_QUERY"
    ),
]
ProcessCreateFlags = Annotated[int, bits("structs.psinfo", "PROCESS_CREATE_FLAGS_")]
ThreadCreateFlags = Annotated[int, bits("structs.ps6", "THREAD_CREATE_FLAGS_")]
LoadKeyFlags = Annotated[
    int, between("REG_* (load)", "flags", "structs.cm", "REG_WHOLE_HIVE_VOLATILE", "REG_FORCE_RESTORE")
]
SaveKeyFormat = Annotated[
    int, between("REG_* (save)", "flags", "structs.cm", "REG_STANDARD_FORMAT", "REG_NO_COMPRESSION")
]
FilterTokenFlags = Annotated[
    int, between("NtFilterToken flags", "flags", "structs.se", "DISABLE_MAX_PRIVILEGE", "SANDBOX_INERT")
]
AuditFlags = Annotated[int, bits("structs.se", "AUDIT_ALLOW_")]
DebugObjectFlags = Annotated[int, bits("structs.dbgk", "DBGK_")]
PipeType = Annotated[int, named("io.PIPE_TYPE", "ULONG")]
PipeReadMode = Annotated[int, named("io.PIPE_READ_MODE", "ULONG")]
PipeCompletionMode = Annotated[int, named("io.PIPE_COMPLETION_MODE", "ULONG")]
PowerInformationLevel = Annotated[int, named("power.POWER_INFORMATION_LEVEL")]
PowerAction = Annotated[int, named("power.POWER_ACTION")]
SystemPowerState = Annotated[int, named("power.SYSTEM_POWER_STATE")]
DevicePowerState = Annotated[int, named("power.DEVICE_POWER_STATE")]
LatencyTime = Annotated[int, named("power.LATENCY_TIME")]
ExecutionState = Annotated[int, bits("structs.power", "ES_")]
DebugCommand = Annotated[int, named("power.SYSDBG_COMMAND")]
PlugPlayControlClass = Annotated[int, named("power.PLUGPLAY_CONTROL_CLASS")]
VdmService = Annotated[int, named("power.VDMSERVICECLASS")]
AppHelpService = Annotated[int, named("power.APPHELPCACHESERVICECLASS")]
EnvironmentInfoClass = Annotated[int, named("power.SYSTEM_ENVIRONMENT_INFORMATION_CLASS")]
FilePathType = Annotated[int, named("power.FILE_PATH_TYPE", "ULONG")]
