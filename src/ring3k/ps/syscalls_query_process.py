"""NtQueryInformationProcess."""

from __future__ import annotations

from struct import pack

from ring3k.abi.access import (
    PROCESS_QUERY_INFORMATION,
    PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_VM_READ,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import ProcessInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    STATUS_NO_MORE_ENTRIES,
    STATUS_PORT_NOT_SET,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.strings import OBJ_CASE_INSENSITIVE, UNICODE_STRING
from ring3k.abi.structs.psinfo import (
    IO_COUNTERS,
    KERNEL_USER_TIMES,
    LDT_INFORMATION,
    POOLED_USAGE_AND_LIMITS,
    PROCESS_BASIC_INFORMATION,
    PROCESS_DEVICEMAP_INFORMATION,
    PROCESS_PRIORITY_CLASS,
    PROCESS_WS_WATCH_INFORMATION,
    PROCESSINFOCLASS,
    QUOTA_LIMITS,
    VM_COUNTERS,
    VM_COUNTERS_EX,
)
from ring3k.abi.types import Handle, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.ob.handles import lookup
from ring3k.ob.namespace import Directory, Namespace
from ring3k.ps.counters import io_counters, memory_counters
from ring3k.ps.ldt import ENTRY
from ring3k.ps.process import Process
from ring3k.ps.query import Class, find_class, needed, query
from ring3k.ps.thread import Thread
from ring3k.typed import Annotated

DRIVE_FIXED = 3
NO_LIMIT = 0xFFFFFFFF
NO_QUOTAS = (NO_LIMIT, NO_LIMIT, NO_LIMIT)
C = PROCESSINFOCLASS


def _basic(t: Thread, p: Process) -> PROCESS_BASIC_INFORMATION:
    return PROCESS_BASIC_INFORMATION(
        ExitStatus=p.exit_status,
        PebBaseAddress=p.peb,
        AffinityMask=p.affinity,
        BasePriority=p.priority_class if t.process.contract.BASE_PRIORITY_IS_CLASS else p.base_priority,
        UniqueProcessId=p.pid,
        InheritedFromUniqueProcessId=p.parent_pid,
    )


def _quota(t: Thread, p: Process) -> QUOTA_LIMITS:
    low, high = p.working_set
    paged, nonpaged, page_file = p.quotas or NO_QUOTAS
    return QUOTA_LIMITS(
        PagedPoolLimit=paged,
        NonPagedPoolLimit=nonpaged,
        MinimumWorkingSetSize=low,
        MaximumWorkingSetSize=high,
        PagefileLimit=page_file,
        TimeLimit=-1,
    )


def _io(t: Thread, p: Process) -> IO_COUNTERS:
    return IO_COUNTERS(**io_counters(p.io_counters))


def _vm(t: Thread, p: Process) -> VM_COUNTERS:
    return VM_COUNTERS_EX(PrivateUsage=p.vm.committed, **memory_counters(p.vm))


def _times(t: Thread, p: Process) -> bytes:
    user, kernel = p.times()
    return KERNEL_USER_TIMES.packer().pack(p.create_time, p.exit_time, kernel, user)


def _pool(t: Thread, p: Process) -> POOLED_USAGE_AND_LIMITS:
    paged, nonpaged, page_file = p.quotas or NO_QUOTAS
    return POOLED_USAGE_AND_LIMITS(
        PagedPoolLimit=paged,
        NonPagedPoolLimit=nonpaged,
        PeakPagefileUsage=p.vm.peak_committed,
        PagefileUsage=p.vm.committed,
        PagefileLimit=page_file,
    )


def _working_set_watch(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """The page faults since the last query, and forget them."""
    if buffer.size < PROCESS_WS_WATCH_INFORMATION.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    process = lookup(t, handle, Process, Q)
    seen = process.fault_watch
    if seen is None:
        raise NtError(STATUS_UNSUCCESSFUL)
    if not seen:
        raise NtError(STATUS_NO_MORE_ENTRIES)
    data = b"".join([pack("<2I", *one) for one in seen])
    if return_length is not None:
        return_length.set(len(data))
    if buffer.size < len(data):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    buffer.write(data)
    process.fault_watch = []
    return 0


def _handle_trace(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """Entries of the handle that the caller has put in front, or of all; the newest first."""
    if buffer.size < 8:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    trace = lookup(t, handle, Process, Q).handle_trace
    if trace is None:
        raise NtError(STATUS_INVALID_PARAMETER)
    wanted = int.from_bytes(buffer.read(4), "little")
    entries = trace.entries(wanted)
    data = pack("<2I", wanted, len(entries)) + b"".join(entries)
    if return_length is not None:
        return_length.set(len(data))
    room = buffer.size - (buffer.size - 8) % 80
    buffer.write(data[:room])
    return 0 if len(data) <= buffer.size else STATUS_INFO_LENGTH_MISMATCH


def _ldt(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """Descriptors from an offset on, as many as there are; the length tells how many bytes."""
    size = LDT_INFORMATION.size()
    if buffer.size < size + ENTRY:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    process = lookup(t, handle, Process, Q | PROCESS_VM_READ)
    wanted = LDT_INFORMATION.unpack(buffer.read(size))
    if wanted.Length > buffer.size - size:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    data = process.ldt.read(wanted.Start, wanted.Length)
    buffer.write(LDT_INFORMATION(Start=wanted.Start, Length=len(data)).pack() + data)
    if return_length is not None:
        return_length.set(size + len(data))
    return 0


def _priority_class(t: Thread, p: Process) -> PROCESS_PRIORITY_CLASS:
    return PROCESS_PRIORITY_CLASS(Foreground=p.foreground, PriorityClass=p.priority_class)


def _device_map(t: Thread, p: Process) -> PROCESS_DEVICEMAP_INFORMATION:
    """Drive letters are the one-letter names in \\??."""
    found = p.device_map
    if found is None:
        found = t.kernel.part(Namespace).walk(None, "\\??", None, OBJ_CASE_INSENSITIVE).object
    kinds, letters = [0] * 32, 0
    for one in found if isinstance(found, Directory) else ():
        if len(one.name) == 2 and one.name[1] == ":" and "A" <= one.name[0].upper() <= "Z":
            drive = ord(one.name[0].upper()) - ord("A")
            letters |= 1 << drive
            kinds[drive] = DRIVE_FIXED
    return PROCESS_DEVICEMAP_INFORMATION(DriveMap=letters, DriveType=kinds)


def _debug_object(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """A new handle to the debug object; NULL is told where there is none."""
    if buffer.size != 4:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    port = lookup(t, handle, Process, Q).debug_port
    value, status = 0, STATUS_PORT_NOT_SET
    if port is not None:
        value, status = t.handles.insert(port, port.rights.mapping.all), 0
    buffer.write(value.to_bytes(4, "little"))
    if return_length is not None:
        return_length.set(4)
    return status


def _cookie(t: Thread, p: Process) -> int:
    if p is not t.process:
        raise NtError(STATUS_INVALID_PARAMETER)
    return p.cookie


def _execute_flags(t: Thread, p: Process) -> int:
    if p is not t.process:
        raise NtError(STATUS_INVALID_PARAMETER)
    return p.execute_flags


Q, L = PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION
CLASSES: dict[int, Class] = {
    C.ProcessBasicInformation: Class(PROCESS_BASIC_INFORMATION, Q, _basic, limited=L),
    C.ProcessQuotaLimits: Class(QUOTA_LIMITS, Q, _quota),
    C.ProcessIoCounters: Class(IO_COUNTERS, Q, _io, limited=L),
    C.ProcessVmCounters: Class(VM_COUNTERS, Q, _vm, sizes=(0x30,), limited=L),
    C.ProcessTimes: Class(KERNEL_USER_TIMES, Q, _times, limited=L),
    C.ProcessDebugPort: Class(4, Q, lambda t, p: -1 if p.debug_port is not None else 0),
    C.ProcessDefaultHardErrorMode: Class(
        4, Q, lambda t, p: p.hard_error_mode ^ t.process.contract.HARD_ERROR_MODE_FLIPPED
    ),
    C.ProcessPooledUsageAndLimits: Class(POOLED_USAGE_AND_LIMITS, Q, _pool),
    C.ProcessPriorityClass: Class(PROCESS_PRIORITY_CLASS, Q, _priority_class, limited=L),
    C.ProcessWx86Information: Class(4, Q, lambda t, p: 0),
    C.ProcessHandleCount: Class(4, Q, lambda t, p: p.handles.count, limited=L),
    C.ProcessPriorityBoost: Class(4, Q, lambda t, p: p.priority_boost_disabled, limited=L),
    C.ProcessDeviceMap: Class(PROCESS_DEVICEMAP_INFORMATION, Q, _device_map, "nt50"),
    C.ProcessSessionInformation: Class(4, Q, lambda t, p: p.session, "nt50", limited=L),
    C.ProcessWow64Information: Class(4, Q, lambda t, p: 0, "nt50", limited=L),
    C.ProcessLUIDDeviceMapsEnabled: Class(4, Q, lambda t, p: 0, "nt51"),
    C.ProcessBreakOnTermination: Class(4, Q, lambda t, p: p.break_on_termination, "nt51", limited=L),
    C.ProcessDebugFlags: Class(4, Q, lambda t, p: not p.no_debug_inherit, "nt51"),
    C.ProcessExecuteFlags: Class(4, Q, _execute_flags, "nt51"),
    C.ProcessCookie: Class(4, Q, _cookie, "nt51"),
}
_ANY_LENGTH = {C.ProcessImageFileName: Class(0, Q, lambda t, p: p.image_name, "nt51", limited=L)}
_SPECIAL = {
    C.ProcessLdtInformation: Class(16, Q, _ldt),
    C.ProcessWorkingSetWatch: Class(8, Q, _working_set_watch),
    C.ProcessHandleTracing: Class(8, Q, _handle_trace, "nt51"),
    C.ProcessDebugObjectHandle: Class(4, Q, _debug_object, "nt51"),
}


@syscall()
def NtQueryInformationProcess(
    t: Thread,
    process_handle: Handle,
    process_information_class: ProcessInfoClass,
    process_information: Annotated[OutBuffer, Sized("process_information_length", align=4)],
    process_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Facts about a process.  Every class has one valid length, except the image's name."""
    if process_information_class in _ANY_LENGTH:
        rule = find_class(t, _ANY_LENGTH, process_information_class)
        name: str = rule.action(t, lookup(t, process_handle, Process, needed(t, rule)))
        return _string(process_information, name, return_length)
    if process_information_class not in CLASSES and process_information_class not in _SPECIAL:
        return _later(t, process_information_class, process_handle, process_information, return_length)
    if process_information_class in _SPECIAL:
        rule = find_class(t, _SPECIAL, process_information_class)
        status: int = rule.action(t, process_handle, process_information, return_length)
        return status
    return query(
        t, CLASSES, process_information_class, process_handle, Process, process_information, return_length
    )


def _later(t: Thread, number: int, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """A class that came after NT 5.2."""
    from ring3k.ps.process_classes6 import NAMES, QUERIES

    if number not in NAMES:
        return query(t, QUERIES, number, handle, Process, buffer, return_length)
    rule = find_class(t, NAMES, number)
    name: str = rule.action(t, lookup(t, handle, Process, needed(t, rule)))
    return _string(buffer, name, return_length)


def _string(buffer: OutBuffer, text: str, return_length: Out[int] | None) -> int:
    """A UNICODE_STRING with its characters behind it."""
    raw = text.encode("utf-16-le", "surrogatepass")
    need = UNICODE_STRING.size() + len(raw) + 2
    if return_length is not None:
        return_length.set(need)
    if buffer.size < need:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    place = buffer.address + UNICODE_STRING.size()
    head = UNICODE_STRING(Length=len(raw), MaximumLength=len(raw) + 2, Buffer=place if raw else 0)
    buffer.write(head.pack() + raw + b"\0\0")
    return 0
