"""NtSetInformationProcess.

Length and value come before the handle, the handle before privileges.  Going up
costs one: a higher base priority, the real-time class and a larger least working
set SeIncreaseBasePriority; another session or an I/O level SeTcb; taking the
system along when it ends SeDebug; quotas SeIncreaseQuota; another's token
SeAssignPrimaryToken.
"""

from __future__ import annotations

from ring3k.abi.access import (
    DIRECTORY_TRAVERSE,
    PROCESS_SET_INFORMATION,
    PROCESS_SET_PORT,
    PROCESS_SET_QUOTA,
    PROCESS_SET_SESSIONID,
    PROCESS_VM_WRITE,
    TOKEN_ASSIGN_PRIMARY,
)
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import ProcessInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BAD_TOKEN_TYPE,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    STATUS_PORT_ALREADY_SET,
    STATUS_PROCESS_IS_TERMINATING,
    STATUS_TOKEN_ALREADY_IN_USE,
    NtError,
)
from ring3k.abi.structs.job import JOB_LIMIT
from ring3k.abi.structs.psinfo import (
    HIGH_PRIORITY,
    LDT_INFORMATION,
    LOW_PRIORITY,
    PROCESS_ACCESS_TOKEN,
    PROCESS_PRIORITY_CLASS,
    PROCESSINFOCLASS,
    QUOTA_LIMITS,
)
from ring3k.abi.types import Handle, InBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ob.handles import lookup
from ring3k.ob.namespace import Directory
from ring3k.ps.create import set_exception_port
from ring3k.ps.ldt import ENTRY, MOST
from ring3k.ps.priority import CLASS_PRIORITY, rebase
from ring3k.ps.process import Process
from ring3k.ps.query import Class, change, is_xp
from ring3k.ps.syscalls_process import debug_port_of, port_of
from ring3k.ps.thread import Thread
from ring3k.se.impersonation import check_job
from ring3k.se.privilege import (
    SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE,
    SE_DEBUG_PRIVILEGE,
    SE_INCREASE_BASE_PRIORITY_PRIVILEGE,
    SE_INCREASE_QUOTA_PRIVILEGE,
    SE_TCB_PRIVILEGE,
    require_privilege,
)
from ring3k.se.token import PRIMARY, Token
from ring3k.typed import Annotated

REALTIME_PRIORITY_CLASS = 4
KEEP = 0xFFFFFFFF  # a working set limit that is not to change
C = PROCESSINFOCLASS


def _signed(value: int) -> int:
    return (value ^ 0x80000000) - 0x80000000


def _base_priority(t: Thread, p: Process, value: int) -> None:
    foreground, priority = bool(value & 0x80000000), value & 0x7FFFFFFF
    if not LOW_PRIORITY < priority <= HIGH_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    if priority > p.base_priority:
        require_privilege(t, SE_INCREASE_BASE_PRIORITY_PRIVILEGE)
    p.foreground = foreground
    rebase(p, priority)


def _raise_priority(t: Thread, p: Process, value: int) -> None:
    for thread in p.threads:
        thread.priority = max(1, min(thread.priority + _signed(value), HIGH_PRIORITY))


def _priority_class(t: Thread, p: Process, value: PROCESS_PRIORITY_CLASS) -> None:
    if value.PriorityClass >= len(CLASS_PRIORITY):
        raise NtError(STATUS_INVALID_PARAMETER)
    if value.PriorityClass == REALTIME_PRIORITY_CLASS:
        require_privilege(t, SE_INCREASE_BASE_PRIORITY_PRIVILEGE)
    chosen = value.PriorityClass
    if p.job is not None and p.job.limits & JOB_LIMIT.PRIORITY_CLASS:
        chosen = p.job.priority_class
    p.priority_class = chosen
    p.foreground = bool(value.Foreground)
    rebase(p, CLASS_PRIORITY[chosen])


def _foreground(t: Thread, p: Process, value: int) -> None:
    p.foreground = bool(value)


def _exception_port(t: Thread, p: Process, value: int) -> None:
    port = port_of(t, value)
    if p.exception_port is not None:
        raise NtError(STATUS_PORT_ALREADY_SET)
    set_exception_port(p, port)


def _debug_port(t: Thread, p: Process, value: int) -> None:
    """Windows 2000 and before; XP has debug objects."""
    from ring3k.ps.dbgk import prepare  # few processes are debugged

    port = debug_port_of(t, value)
    if p.debug_port is not None:
        raise NtError(STATUS_PORT_ALREADY_SET)
    prepare(p)
    port.attach(p)
    for thread in p.threads:
        thread.reported = True  # whoever attaches finds out by itself what there is
    p.reported = bool(p.threads)


def _hard_error_mode(t: Thread, p: Process, value: int) -> None:
    p.hard_error_mode = value ^ t.process.contract.HARD_ERROR_MODE_FLIPPED


def _priority_boost(t: Thread, p: Process, value: int) -> None:
    p.priority_boost_disabled = bool(value)
    for thread in p.threads:
        thread.priority_boost_disabled = bool(value)


def _affinity(t: Thread, p: Process, value: int) -> None:
    every = (1 << t.kernel.part(Version).processors) - 1
    if not value or value & ~every:
        raise NtError(STATUS_INVALID_PARAMETER)
    if p.exiting:
        raise NtError(STATUS_PROCESS_IS_TERMINATING)
    if p.job is not None and p.job.limits & JOB_LIMIT.AFFINITY:
        value = p.job.affinity
    p.set_affinity(value)


def _quota(t: Thread, p: Process, value: QUOTA_LIMITS) -> None:
    """The working set, or where none is given the quotas themselves; they are set once."""
    low, high = value.MinimumWorkingSetSize, value.MaximumWorkingSetSize
    if not low or not high:
        _quotas(t, p, value)
        return
    if low == high == KEEP:  # empty the working set
        return
    low, high = (old if new == KEEP else new for old, new in zip(p.working_set, (low, high), strict=True))
    if low > high:
        raise NtError(STATUS_INVALID_PARAMETER)
    if p.job is not None and p.job.limits & JOB_LIMIT.WORKING_SET:
        low, high = p.job.working_set
    elif low > p.working_set[0]:
        require_privilege(t, SE_INCREASE_BASE_PRIORITY_PRIVILEGE)
    p.working_set = low, high


def _quotas(t: Thread, p: Process, value: QUOTA_LIMITS) -> None:
    require_privilege(t, SE_INCREASE_QUOTA_PRIVILEGE)
    if p.quotas is not None:
        return
    page_file = value.PagefileLimit
    p.quotas = tuple(limit or KEEP for limit in (value.PagedPoolLimit, value.NonPagedPoolLimit, page_file))
    if page_file and page_file != KEEP:
        p.vm.commit_limit = page_file


def _session(t: Thread, p: Process, value: int) -> None:
    require_privilege(t, SE_TCB_PRIVILEGE)
    p.session = value


def _alignment(t: Thread, p: Process, value: int) -> None:
    p.alignment_fixup = bool(value)


def _break_on_termination(t: Thread, p: Process, value: int) -> None:
    require_privilege(t, SE_DEBUG_PRIVILEGE)
    p.break_on_termination = bool(value)


def _device_map(t: Thread, p: Process, value: int) -> None:
    """The directory that \\?? stands for."""
    p.set_device_map(t.handles.get(value, Directory, DIRECTORY_TRAVERSE))


def _privilege_level(t: Thread, p: Process, value: int) -> None:
    require_privilege(t, SE_TCB_PRIVILEGE)
    p.user_mode_iopl = True  # kept; ports cannot be reached all the same


def _io_port_handlers(t: Thread, p: Process, value: int) -> None:
    """Only drivers may."""
    raise NtError(STATUS_INVALID_PARAMETER)


def _watch_working_set(t: Thread, p: Process, value: int) -> None:
    """Note page faults from now on."""
    if p.fault_watch is not None:
        raise NtError(STATUS_PORT_ALREADY_SET)
    p.fault_watch = []


def _execute_flags(t: Thread, p: Process, value: int) -> None:
    if p is not t.process:
        raise NtError(STATUS_INVALID_PARAMETER)
    if p.execute_flags & 0x8:  # MEM_EXECUTE_OPTION_PERMANENT
        raise NtError(STATUS_ACCESS_DENIED)
    if value & ~0x3F or value & 3 == 3:
        raise NtError(STATUS_INVALID_PARAMETER)
    p.execute_flags = value


def _debug_flags(t: Thread, p: Process, value: int) -> None:
    if value & ~1:
        raise NtError(STATUS_INVALID_PARAMETER)
    p.no_debug_inherit = not value


def _token(t: Thread, p: Process, value: PROCESS_ACCESS_TOKEN) -> None:
    """Give a process another primary token, which must be no other's.

    Without SeAssignPrimaryToken only one that was filtered from the caller's own.
    """
    token = t.handles.get(value.Token, Token, TOKEN_ASSIGN_PRIMARY)
    if token.parent_id != t.process.token.token_id:
        require_privilege(t, SE_ASSIGN_PRIMARY_TOKEN_PRIVILEGE)
    if token.kind != PRIMARY:
        raise NtError(STATUS_BAD_TOKEN_TYPE)
    if token.in_use:
        raise NtError(STATUS_TOKEN_ALREADY_IN_USE)
    check_job(p.job, token)
    if p.job is not None and p.job.token is not None:
        raise NtError(STATUS_ACCESS_DENIED)
    p.set_token(token)


def _set_ldt(t: Thread, handle: int, buffer: InBuffer) -> int:
    """Descriptors from an offset on; the structure is as long as it says."""
    size = LDT_INFORMATION.size()
    if buffer.size < size + ENTRY:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    p = lookup(t, handle, Process, PROCESS_SET_INFORMATION | PROCESS_VM_WRITE)
    data = buffer.read(min(buffer.size, size + MOST))
    head = LDT_INFORMATION.unpack(data)
    if head.Length > len(data) - size:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    p.ldt.write(head.Start, data[size : size + head.Length])
    return 0


def _set_tracing(t: Thread, handle: int, buffer: InBuffer) -> int:
    """Trace handles; a length of 0 ends that.  There are no flags."""
    if buffer.size not in (0, 4, 8):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    data = buffer.read()
    p = lookup(t, handle, Process, PROCESS_SET_INFORMATION)
    if any(data[:4]):
        raise NtError(STATUS_INVALID_PARAMETER)
    if not data:
        p.trace_handles(None)
    elif p.handle_trace is None:
        from ring3k.ps.handle_trace import HandleTrace  # few processes are traced

        p.trace_handles(HandleTrace(t.kernel))
    return 0


def _ldt_size(t: Thread, p: Process, value: int) -> None:
    p.ldt.resize(value)


S = PROCESS_SET_INFORMATION
CLASSES: dict[int, Class] = {
    C.ProcessBasePriority: Class(4, S, _base_priority),
    C.ProcessRaisePriority: Class(4, S, _raise_priority),
    C.ProcessAccessToken: Class(PROCESS_ACCESS_TOKEN, S, _token),
    C.ProcessExceptionPort: Class(4, PROCESS_SET_PORT, _exception_port),
    C.ProcessDebugPort: Class(4, PROCESS_SET_PORT, _debug_port, until="nt50"),
    C.ProcessDefaultHardErrorMode: Class(4, S, _hard_error_mode),
    C.ProcessQuotaLimits: Class(QUOTA_LIMITS, PROCESS_SET_QUOTA, _quota),
    C.ProcessEnableAlignmentFaultFixup: Class(1, S, _alignment),
    C.ProcessPriorityClass: Class(PROCESS_PRIORITY_CLASS, S, _priority_class),
    C.ProcessPriorityBoost: Class(4, S, _priority_boost),
    C.ProcessAffinityMask: Class(4, S, _affinity),
    C.ProcessForegroundInformation: Class(1, S, _foreground, "nt50"),
    C.ProcessSessionInformation: Class(4, S | PROCESS_SET_SESSIONID, _session, "nt50"),
    C.ProcessIoPortHandlers: Class(4, S, _io_port_handlers),
    C.ProcessLdtSize: Class(4, S | PROCESS_VM_WRITE, _ldt_size),
    C.ProcessWorkingSetWatch: Class(0, S, _watch_working_set),
    C.ProcessUserModeIOPL: Class(4, S, _privilege_level),
    C.ProcessDeviceMap: Class(4, S, _device_map, "nt50"),
    C.ProcessBreakOnTermination: Class(4, S, _break_on_termination, "nt51"),
    C.ProcessDebugFlags: Class(4, S, _debug_flags, "nt51"),
    C.ProcessExecuteFlags: Class(4, S, _execute_flags, "nt51"),
}


@syscall(PARTIAL, "an I/O privilege level and an LDT have no effect")
def NtSetInformationProcess(
    t: Thread,
    process_handle: Handle,
    process_information_class: ProcessInfoClass,
    process_information: Annotated[InBuffer, Sized("process_information_length", align=4)],
    process_information_length: Ulong,
) -> int:
    """Change one thing about a process."""
    if process_information_class == C.ProcessLdtInformation:
        return _set_ldt(t, process_handle, process_information)
    if process_information_class == C.ProcessHandleTracing and is_xp(t):
        return _set_tracing(t, process_handle, process_information)
    if process_information_class not in CLASSES:
        return _later(t, process_information_class, process_handle, process_information)
    return change(t, CLASSES, process_information_class, process_handle, Process, process_information)


def _later(t: Thread, number: int, handle: int, buffer: InBuffer) -> int:
    """A class that came after NT 5.2, or one that only a userland has."""
    private = t.process.contract.private_classes.get(("NtSetInformationProcess", number))
    if private is not None:
        status: int = private(t, handle, buffer)
        return status
    from ring3k.ps.process_classes6 import CHANGES, allocate_stack

    if number == C.ProcessThreadStackAllocation and t.kernel.part(Version).level >= 60:
        return allocate_stack(t, handle, buffer)
    return change(t, CHANGES, number, handle, Process, buffer)
