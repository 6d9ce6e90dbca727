"""Information classes of processes that came with Windows Vista and later."""

from __future__ import annotations

from ring3k.abi.access import (
    PROCESS_QUERY_INFORMATION,
    PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SET_INFORMATION,
    PROCESS_VM_OPERATION,
)
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    STATUS_PROCESS_IS_TERMINATING,
    GuestFault,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, UNICODE_STRING
from ring3k.abi.structs.mm import MEM_RESERVE, PAGE_READWRITE, SECTION_IMAGE_INFORMATION
from ring3k.abi.structs.ps import PEB_NT40, RTL_USER_PROCESS_PARAMETERS
from ring3k.abi.structs.psinfo import (
    POWER_THROTTLING_STATE,
    PROCESS_STACK_ALLOCATION_INFORMATION,
    PROCESS_STACK_ALLOCATION_INFORMATION_EX,
    PROCESSINFOCLASS,
)
from ring3k.ob.handles import lookup
from ring3k.ob.namespace import Directory, Namespace, SymbolicLink
from ring3k.ps.process import Process
from ring3k.ps.query import Class
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.abi.types import InBuffer
    from ring3k.ke.kernel import Kernel
    from ring3k.ps.thread import Thread

C = PROCESSINFOCLASS
Q, L = PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION
SINCE = "nt100"
MOST_PAGE_PRIORITY, MOST_IO_PRIORITY = 5, 2
MOST_ZERO_BITS = 21


# -- query ---------------------------------------------------------------------------
def dos_name(kernel: Kernel, path: str) -> str:
    """The name with a drive letter of what lies on a mounted device; other names stay as they are."""
    found: Any = kernel.part(Namespace).walk(None, "\\??", None, OBJ_CASE_INSENSITIVE).object
    for one in found if isinstance(found, Directory) else ():
        if isinstance(one, SymbolicLink) and len(one.name) == 2 and one.name[1] == ":":
            start = one.target.rstrip("\\") + "\\"
            if path.upper().startswith(start.upper()):
                return f"{one.name.upper()}\\{path[len(start) :]}"
    return path


def _image(t: Thread, p: Process) -> SECTION_IMAGE_INFORMATION:
    return p.image.information()


def _win32_name(t: Thread, p: Process) -> str:
    return dos_name(t.kernel, p.image_name)


def _command_line(t: Thread, p: Process) -> str:
    """As the process itself has it: it may say anything."""
    if p.ended or not p.peb:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    memory = p.memory
    try:
        block = memory.read_u32(p.peb + PEB_NT40.offset("ProcessParameters"))
        place = block + RTL_USER_PROCESS_PARAMETERS.offset("CommandLine") & 0xFFFFFFFF
        length, _, buffer = UNICODE_STRING.values(memory, place)
        return memory.read(buffer, length & ~1).decode("utf-16-le", "surrogatepass") if length else ""
    except GuestFault as fault:
        raise NtError(fault.status) from None


def _no_group(t: Thread, p: Process) -> bytes:
    """One processor group, number 0."""
    return bytes(2)


QUERIES: dict[int, Class] = {
    C.ProcessAffinityMask: Class(4, Q, lambda t, p: p.affinity, SINCE, limited=L),
    C.ProcessIoPriority: Class(4, Q, lambda t, p: p.io_priority, SINCE),
    C.ProcessImageInformation: Class(SECTION_IMAGE_INFORMATION, Q, _image, SINCE, limited=L),
    C.ProcessPagePriority: Class(4, Q, lambda t, p: p.page_priority, SINCE),
    C.ProcessGroupInformation: Class(2, Q, _no_group, SINCE, limited=L),
    C.ProcessTokenVirtualizationEnabled: Class(4, Q, lambda t, p: 0, SINCE),
    C.ProcessConsoleHostProcess: Class(4, Q, lambda t, p: 0, SINCE, limited=L),
    C.ProcessProtectionInformation: Class(1, Q, lambda t, p: 0, SINCE, limited=L),
    C.ProcessSubsystemInformation: Class(4, Q, lambda t, p: 0, SINCE, limited=L),
}
NAMES: dict[int, Class] = {
    C.ProcessImageFileNameWin32: Class(0, Q, _win32_name, SINCE, limited=L),
    C.ProcessCommandLineInformation: Class(0, Q, _command_line, SINCE, limited=L),
}


# -- set -----------------------------------------------------------------------------
def _io_priority(t: Thread, p: Process, value: int) -> None:
    if value > MOST_IO_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    p.io_priority = value


def _page_priority(t: Thread, p: Process, value: int) -> None:
    if value > MOST_PAGE_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    p.page_priority = value


def check_throttling(value: POWER_THROTTLING_STATE) -> None:
    """Execution speed is throttled or not: nothing that we could do."""
    if value.Version != 1 or value.ControlMask & ~7 or value.StateMask & ~value.ControlMask:
        raise NtError(STATUS_INVALID_PARAMETER)


def _throttle(t: Thread, p: Process, value: POWER_THROTTLING_STATE) -> None:
    check_throttling(value)


S = PROCESS_SET_INFORMATION
CHANGES: dict[int, Class] = {
    C.ProcessIoPriority: Class(4, S, _io_priority, SINCE),
    C.ProcessPagePriority: Class(4, S, _page_priority, SINCE),
    C.ProcessPowerThrottlingState: Class(POWER_THROTTLING_STATE, S, _throttle, SINCE),
}


def allocate_stack(t: Thread, handle: int, buffer: InBuffer) -> int:
    """ProcessThreadStackAllocation: reserve address space for a stack; its place is written back."""
    plain, extended = PROCESS_STACK_ALLOCATION_INFORMATION, PROCESS_STACK_ALLOCATION_INFORMATION_EX
    skip = {plain.size(): 0, extended.size(): extended.offset("AllocInfo")}.get(buffer.size)
    if skip is None:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    wanted = plain.unpack(buffer.read(plain.size(), skip))
    place = buffer.address + skip + plain.offset("StackBase")
    buffer.memory.probe_write(place, 4)
    if wanted.ZeroBits > MOST_ZERO_BITS or not wanted.ReserveSize:
        raise NtError(STATUS_INVALID_PARAMETER)
    process = lookup(t, handle, Process, PROCESS_VM_OPERATION)
    base, _ = process.vm.allocate(0, wanted.ReserveSize, MEM_RESERVE, PAGE_READWRITE, wanted.ZeroBits)
    buffer.memory.write_u32(place, base)
    return 0
