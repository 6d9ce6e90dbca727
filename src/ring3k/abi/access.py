"""Access masks: generic and standard rights, and every object type's own rights and mapping.

The constants carry NT's names.  ``RIGHTS`` says for each object type what its
bits are called, what GENERIC_* maps to, which bits may be asked for and which
object attributes are refused.  Declarations annotate a mask with the alias of
its type (``EventAccess``, ``ProcessAccess`` and so on) so that a trace can
name the bits: EVENT_MODIFY_STATE|SYNCHRONIZE.

Odd in NT: KeyedEvent, Token, Directory and others have *_ALL_ACCESS without
SYNCHRONIZE; a Job's mapping of GENERIC_ALL has bits that its valid mask lacks.
"""

from __future__ import annotations

from functools import cache, lru_cache

from ring3k.abi.types import access
from ring3k.typed import Annotated, NamedTuple

DELETE = 0x10000
READ_CONTROL = 0x20000
WRITE_DAC = 0x40000
WRITE_OWNER = 0x80000
SYNCHRONIZE = 0x100000
STANDARD_RIGHTS_REQUIRED = 0xF0000
STANDARD_RIGHTS_READ = READ_CONTROL
STANDARD_RIGHTS_WRITE = READ_CONTROL
STANDARD_RIGHTS_EXECUTE = READ_CONTROL
STANDARD_RIGHTS_ALL = 0x1F0000
SPECIFIC_RIGHTS_ALL = 0xFFFF
ACCESS_SYSTEM_SECURITY = 0x1000000
MAXIMUM_ALLOWED = 0x2000000
GENERIC_ALL = 0x10000000
GENERIC_EXECUTE = 0x20000000
GENERIC_WRITE = 0x40000000
GENERIC_READ = 0x80000000

DIRECTORY_QUERY = 0x1
DIRECTORY_TRAVERSE = 0x2
DIRECTORY_CREATE_OBJECT = 0x4
DIRECTORY_CREATE_SUBDIRECTORY = 0x8
DIRECTORY_ALL_ACCESS = 0xF000F
SYMBOLIC_LINK_QUERY = 0x1
SYMBOLIC_LINK_ALL_ACCESS = 0xF0001
OBJECT_TYPE_CREATE = 0x1
OBJECT_TYPE_ALL_ACCESS = 0xF0001
TOKEN_ASSIGN_PRIMARY = 0x1
TOKEN_DUPLICATE = 0x2
TOKEN_IMPERSONATE = 0x4
TOKEN_QUERY = 0x8
TOKEN_QUERY_SOURCE = 0x10
TOKEN_ADJUST_PRIVILEGES = 0x20
TOKEN_ADJUST_GROUPS = 0x40
TOKEN_ADJUST_DEFAULT = 0x80
TOKEN_ADJUST_SESSIONID = 0x100
TOKEN_ALL_ACCESS = 0xF01FF
PROCESS_TERMINATE = 0x1
PROCESS_CREATE_THREAD = 0x2
PROCESS_SET_SESSIONID = 0x4
PROCESS_VM_OPERATION = 0x8
PROCESS_VM_READ = 0x10
PROCESS_VM_WRITE = 0x20
PROCESS_DUP_HANDLE = 0x40
PROCESS_CREATE_PROCESS = 0x80
PROCESS_SET_QUOTA = 0x100
PROCESS_SET_INFORMATION = 0x200
PROCESS_QUERY_INFORMATION = 0x400
PROCESS_SET_PORT = 0x800
PROCESS_ALL_ACCESS = 0x1F0FFF
PROCESS_QUERY_LIMITED_INFORMATION = 0x1000  # Windows Vista and later
PROCESS_SET_LIMITED_INFORMATION = 0x2000
THREAD_TERMINATE = 0x1
THREAD_SUSPEND_RESUME = 0x2
THREAD_ALERT = 0x4
THREAD_GET_CONTEXT = 0x8
THREAD_SET_CONTEXT = 0x10
THREAD_SET_INFORMATION = 0x20
THREAD_QUERY_INFORMATION = 0x40
THREAD_SET_THREAD_TOKEN = 0x80
THREAD_IMPERSONATE = 0x100
THREAD_DIRECT_IMPERSONATION = 0x200
THREAD_ALL_ACCESS = 0x1F03FF
THREAD_SET_LIMITED_INFORMATION = 0x400  # Windows Vista and later
THREAD_QUERY_LIMITED_INFORMATION = 0x800
THREAD_RESUME = 0x1000
JOB_OBJECT_ASSIGN_PROCESS = 0x1
JOB_OBJECT_SET_ATTRIBUTES = 0x2
JOB_OBJECT_QUERY = 0x4
JOB_OBJECT_TERMINATE = 0x8
JOB_OBJECT_SET_SECURITY_ATTRIBUTES = 0x10
JOB_OBJECT_ALL_ACCESS = 0x1F001F
JOB_OBJECT_IMPERSONATE = 0x20  # Windows 8 and later
DEBUG_READ_EVENT = 0x1
DEBUG_PROCESS_ASSIGN = 0x2
DEBUG_SET_INFORMATION = 0x4
DEBUG_QUERY_INFORMATION = 0x8
DEBUG_ALL_ACCESS = 0x1F000F
EVENT_QUERY_STATE = 0x1
EVENT_MODIFY_STATE = 0x2
EVENT_ALL_ACCESS = 0x1F0003
EVENT_PAIR_ALL_ACCESS = 0x1F0000
MUTANT_QUERY_STATE = 0x1
MUTANT_ALL_ACCESS = 0x1F0001
SEMAPHORE_QUERY_STATE = 0x1
SEMAPHORE_MODIFY_STATE = 0x2
SEMAPHORE_ALL_ACCESS = 0x1F0003
TIMER_QUERY_STATE = 0x1
TIMER_MODIFY_STATE = 0x2
TIMER_ALL_ACCESS = 0x1F0003
PROFILE_CONTROL = 0x1
PROFILE_ALL_ACCESS = 0xF0001
KEYEDEVENT_WAIT = 0x1
KEYEDEVENT_WAKE = 0x2
KEYEDEVENT_ALL_ACCESS = 0xF0003
SECTION_QUERY = 0x1
SECTION_MAP_WRITE = 0x2
SECTION_MAP_READ = 0x4
SECTION_MAP_EXECUTE = 0x8
SECTION_EXTEND_SIZE = 0x10
SECTION_ALL_ACCESS = 0xF001F
KEY_QUERY_VALUE = 0x1
KEY_SET_VALUE = 0x2
KEY_CREATE_SUB_KEY = 0x4
KEY_ENUMERATE_SUB_KEYS = 0x8
KEY_NOTIFY = 0x10
KEY_CREATE_LINK = 0x20
KEY_ALL_ACCESS = 0xF003F
KEY_READ = 0x20019
KEY_WRITE = 0x20006
KEY_EXECUTE = 0x20019
PORT_CONNECT = 0x1
PORT_ALL_ACCESS = 0x1F0001
IO_COMPLETION_QUERY_STATE = 0x1
IO_COMPLETION_MODIFY_STATE = 0x2
IO_COMPLETION_ALL_ACCESS = 0x1F0003
FILE_READ_DATA = 0x1
FILE_WRITE_DATA = 0x2
FILE_APPEND_DATA = 0x4
FILE_READ_EA = 0x8
FILE_WRITE_EA = 0x10
FILE_EXECUTE = 0x20
FILE_DELETE_CHILD = 0x40
FILE_READ_ATTRIBUTES = 0x80
FILE_WRITE_ATTRIBUTES = 0x100
FILE_ALL_ACCESS = 0x1F01FF
FILE_LIST_DIRECTORY = 0x1
FILE_ADD_FILE = 0x2
FILE_ADD_SUBDIRECTORY = 0x4
FILE_CREATE_PIPE_INSTANCE = 0x4
FILE_TRAVERSE = 0x20
FILE_GENERIC_READ = 0x120089
FILE_GENERIC_WRITE = 0x120116
FILE_GENERIC_EXECUTE = 0x1200A0
WINSTA_ENUMDESKTOPS = 0x1
WINSTA_READATTRIBUTES = 0x2
WINSTA_ACCESSCLIPBOARD = 0x4
WINSTA_CREATEDESKTOP = 0x8
WINSTA_WRITEATTRIBUTES = 0x10
WINSTA_ACCESSGLOBALATOMS = 0x20
WINSTA_EXITWINDOWS = 0x40
WINSTA_ENUMERATE = 0x100
WINSTA_READSCREEN = 0x200
WINSTA_ALL_ACCESS = 0xF037F
DESKTOP_READOBJECTS = 0x1
DESKTOP_CREATEWINDOW = 0x2
DESKTOP_CREATEMENU = 0x4
DESKTOP_HOOKCONTROL = 0x8
DESKTOP_JOURNALRECORD = 0x10
DESKTOP_JOURNALPLAYBACK = 0x20
DESKTOP_ENUMERATE = 0x40
DESKTOP_WRITEOBJECTS = 0x80
DESKTOP_SWITCHDESKTOP = 0x100
DESKTOP_ALL_ACCESS = 0xF01FF


class Mapping(NamedTuple):
    """GENERIC_MAPPING."""

    read: int
    write: int
    execute: int
    all: int


class Rights(NamedTuple):
    """What access means for one object type."""

    prefix: str  # of the names of its bits
    mapping: Mapping
    valid: int  # ValidAccessMask
    invalid_attributes: int  # OBJ_* bits that its create and open calls refuse


RIGHTS = {
    "Directory": Rights("DIRECTORY", Mapping(0x20003, 0x2000C, 0x20003, 0xF000F), 0xF000F, 0x100),
    "SymbolicLink": Rights("SYMBOLIC_LINK", Mapping(0x20001, 0x20000, 0x20001, 0xF0001), 0xF0001, 0x100),
    "Type": Rights("OBJECT_TYPE", Mapping(0x20000, 0x20000, 0x20000, 0xF0001), 0x1F0001, 0x100),
    "Token": Rights("TOKEN", Mapping(0x20008, 0x200E0, 0x20000, 0xF01FF), 0x1F01FF, 0x100),
    "Process": Rights("PROCESS", Mapping(0x20410, 0x20BEB, 0x120000, 0x1F0FFF), 0x1F0FFF, 0xB0),
    "Thread": Rights("THREAD", Mapping(0x20048, 0x20037, 0x120000, 0x1F03FF), 0x1F03FF, 0xB0),
    "Job": Rights("JOB_OBJECT", Mapping(0x20004, 0x2000B, 0x120000, 0x1F03FF), 0x1F001F, 0x0),
    "DebugObject": Rights("DEBUG", Mapping(0x20001, 0x20002, 0x120000, 0x1F000F), 0x1F000F, 0x0),
    "Event": Rights("EVENT", Mapping(0x20001, 0x20002, 0x120000, 0x1F0003), 0x1F0003, 0x100),
    "EventPair": Rights("EVENT_PAIR", Mapping(0x120000, 0x120000, 0x120000, 0x1F0000), 0x1F0000, 0x100),
    "Mutant": Rights("MUTANT", Mapping(0x20001, 0x20000, 0x120000, 0x1F0001), 0x1F0001, 0x100),
    "Semaphore": Rights("SEMAPHORE", Mapping(0x20001, 0x20002, 0x120000, 0x1F0003), 0x1F0003, 0x100),
    "Timer": Rights("TIMER", Mapping(0x20001, 0x20002, 0x120000, 0x1F0003), 0x1F0003, 0x100),
    "Profile": Rights("PROFILE", Mapping(0x20001, 0x20001, 0x20001, 0xF0001), 0xF0001, 0x100),
    "KeyedEvent": Rights("KEYEDEVENT", Mapping(0x20001, 0x20002, 0x20000, 0xF0003), 0x1F0003, 0x0),
    "Section": Rights("SECTION", Mapping(0x20005, 0x20002, 0x20008, 0xF001F), 0x1F001F, 0x100),
    "Key": Rights("KEY", Mapping(0x20019, 0x20006, 0x20019, 0xF003F), 0x1F003F, 0x30),
    "Port": Rights("PORT", Mapping(0x20001, 0x10001, 0x0, 0x1F0001), 0x1F0001, 0x7B2),
    "WaitablePort": Rights("PORT", Mapping(0x20001, 0x10001, 0x0, 0x1F0001), 0x1F0001, 0x7B2),
    "IoCompletion": Rights("IO_COMPLETION", Mapping(0x20001, 0x20002, 0x120000, 0x1F0003), 0x1F0003, 0x110),
    "File": Rights("FILE", Mapping(0x120089, 0x120116, 0x1200A0, 0x1F01FF), 0x1F01FF, 0x130),
    "Device": Rights("FILE", Mapping(0x120089, 0x120116, 0x1200A0, 0x1F01FF), 0x1F01FF, 0x100),
    "Driver": Rights("FILE", Mapping(0x120089, 0x120116, 0x1200A0, 0x1F01FF), 0x1F01FF, 0x100),
    "WindowStation": Rights("WINSTA", Mapping(0x20303, 0x2001C, 0x20060, 0xF037F), 0xF037F, 0x130),
    "Desktop": Rights("DESKTOP", Mapping(0x20041, 0x200BE, 0x20100, 0xF01FF), 0xF01FF, 0x130),
}

DirectoryAccess = Annotated[int, access("Directory")]
SymbolicLinkAccess = Annotated[int, access("SymbolicLink")]
TokenAccess = Annotated[int, access("Token")]
ProcessAccess = Annotated[int, access("Process")]
ThreadAccess = Annotated[int, access("Thread")]
JobAccess = Annotated[int, access("Job")]
DebugObjectAccess = Annotated[int, access("DebugObject")]
EventAccess = Annotated[int, access("Event")]
EventPairAccess = Annotated[int, access("EventPair")]
MutantAccess = Annotated[int, access("Mutant")]
SemaphoreAccess = Annotated[int, access("Semaphore")]
TimerAccess = Annotated[int, access("Timer")]
ProfileAccess = Annotated[int, access("Profile")]
KeyedEventAccess = Annotated[int, access("KeyedEvent")]
WindowStationAccess = Annotated[int, access("WindowStation")]
DesktopAccess = Annotated[int, access("Desktop")]
SectionAccess = Annotated[int, access("Section")]
KeyAccess = Annotated[int, access("Key")]
PortAccess = Annotated[int, access("Port")]
IoCompletionAccess = Annotated[int, access("IoCompletion")]
FileAccess = Annotated[int, access("File")]

_COMMON = (
    (DELETE, "DELETE"),
    (READ_CONTROL, "READ_CONTROL"),
    (WRITE_DAC, "WRITE_DAC"),
    (WRITE_OWNER, "WRITE_OWNER"),
    (SYNCHRONIZE, "SYNCHRONIZE"),
    (ACCESS_SYSTEM_SECURITY, "ACCESS_SYSTEM_SECURITY"),
    (MAXIMUM_ALLOWED, "MAXIMUM_ALLOWED"),
    (GENERIC_ALL, "GENERIC_ALL"),
    (GENERIC_EXECUTE, "GENERIC_EXECUTE"),
    (GENERIC_WRITE, "GENERIC_WRITE"),
    (GENERIC_READ, "GENERIC_READ"),
)


LATER_RIGHTS = {  # what differs since Windows Vista (jobs: Windows 8)
    "Process": Rights("PROCESS", Mapping(0x20410, 0x20BEA, 0x121001, 0x1FFFFF), 0x1FFFFF, 0xB0),
    "Thread": Rights("THREAD", Mapping(0x20048, 0x20437, 0x121800, 0x1FFFFF), 0x1FFFFF, 0xB0),
    "Job": Rights("JOB_OBJECT", Mapping(0x20004, 0x2000B, 0x120000, 0x1F003F), 0x1F003F, 0x0),
}


def map_generic(mask: int, kind: str, rights: Rights | None = None) -> int:
    """RtlMapGenericMask: replace the four generic bits by what they mean for a type."""
    if not mask & 0xF0000000:
        return mask
    mapping = (rights or RIGHTS[kind]).mapping
    if mask & GENERIC_READ:
        mask |= mapping.read
    if mask & GENERIC_WRITE:
        mask |= mapping.write
    if mask & GENERIC_EXECUTE:
        mask |= mapping.execute
    if mask & GENERIC_ALL:
        mask |= mapping.all
    return mask & 0x0FFFFFFF


@cache
def _specific(prefix: str) -> dict[int, str]:
    """Bit -> name, from the constants above; the first name of a bit counts."""
    found: dict[int, str] = {}
    for name, value in globals().items():
        ours = name.startswith(f"{prefix}_") and isinstance(value, int)
        if ours and 0 < value < 0x10000 and not value & (value - 1):
            found.setdefault(value, name)
    return found


@lru_cache(maxsize=1024)  # masks come from guests
def access_names(mask: int, kind: str = "") -> str:
    """EVENT_ALL_ACCESS, EVENT_MODIFY_STATE|SYNCHRONIZE; bits without a name in hexadecimal."""
    rights = RIGHTS.get(kind)
    found: list[str] = []
    if rights is not None:
        whole = rights.mapping.all & rights.valid
        if mask & whole == whole:
            found.append(f"{rights.prefix}_ALL_ACCESS")
            mask &= ~whole
        for bit, name in _specific(rights.prefix).items():
            if mask & bit:
                found.append(name)
                mask &= ~bit
    for bit, name in _COMMON:
        if mask & bit:
            found.append(name)
            mask &= ~bit
    if mask or not found:
        found.append(f"{mask:#x}" if mask else "0")
    return "|".join(found)
