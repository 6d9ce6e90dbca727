"""NtQueryInformationThread and NtSetInformationThread."""

from __future__ import annotations

from ring3k.abi.access import (
    SYNCHRONIZE,
    THREAD_QUERY_INFORMATION,
    THREAD_QUERY_LIMITED_INFORMATION,
    THREAD_SET_INFORMATION,
    THREAD_SET_LIMITED_INFORMATION,
    THREAD_SET_THREAD_TOKEN,
    TOKEN_IMPERSONATE,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import ThreadInfoClass
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BAD_TOKEN_TYPE,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    STATUS_OBJECT_TYPE_MISMATCH,
    STATUS_THREAD_IS_TERMINATING,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ke import KGDT_R3_CODE, KGDT_R3_DATA, KGDT_R3_TEB
from ring3k.abi.structs.ps import CLIENT_ID, TEB_NT50
from ring3k.abi.structs.psinfo import (
    DESCRIPTOR_TABLE_ENTRY,
    HIGH_PRIORITY,
    KERNEL_USER_TIMES,
    LOW_PRIORITY,
    LOW_REALTIME_PRIORITY,
    THREAD_BASIC_INFORMATION,
    THREADINFOCLASS,
)
from ring3k.abi.types import Handle, InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ob.handles import lookup
from ring3k.ob.object import Object
from ring3k.ps.priority import set_increment, valid_increment
from ring3k.ps.query import Class, change, query
from ring3k.ps.thread import Thread
from ring3k.se.impersonation import set_client
from ring3k.se.privilege import (
    SE_DEBUG_PRIVILEGE,
    SE_INCREASE_BASE_PRIORITY_PRIVILEGE,
    require_privilege,
)
from ring3k.se.token import IMPERSONATION, Token
from ring3k.typed import Annotated

C = THREADINFOCLASS
TLS_SLOTS = 64
TLS_EXPANSION_SLOTS = 1024
MAXIMUM_PROCESSORS = 32


# -- query ------------------------------------------------------------------------
def _basic(t: Thread, one: Thread) -> THREAD_BASIC_INFORMATION:
    return THREAD_BASIC_INFORMATION(
        ExitStatus=one.exit_status,
        TebBaseAddress=one.teb,
        ClientId=CLIENT_ID(UniqueProcess=one.process.pid, UniqueThread=one.tid),
        AffinityMask=one.affinity,
        Priority=one.base_increment if t.process.contract.TELLS_INCREMENT else one.priority,
        BasePriority=one.base_increment,
    )


def _times(t: Thread, one: Thread) -> bytes:
    user, kernel = one.times()
    return KERNEL_USER_TIMES.packer().pack(one.create_time, one.exit_time, kernel, user)


def _alone(t: Thread, one: Thread) -> int:
    """About the caller's process, whichever thread the handle names."""
    return t.process.active_threads() == 1


def _descriptor(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """ThreadDescriptorTableEntry: a descriptor of NT's tables by its selector."""
    if buffer.size != DESCRIPTOR_TABLE_ENTRY.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    thread = lookup(t, handle, Thread, THREAD_QUERY_INFORMATION)
    entry = DESCRIPTOR_TABLE_ENTRY.unpack(buffer.read())
    selector = entry.Selector | 3
    if selector & 4:
        entry.DescriptorLow, entry.DescriptorHigh = thread.process.ldt.entry(selector)
        return _tell(entry, buffer, return_length)
    if selector not in (KGDT_R3_CODE, KGDT_R3_DATA, KGDT_R3_TEB):
        raise NtError(STATUS_ACCESS_DENIED)
    base, limit, kind = 0, 0xFFFFF, 0xFB if selector == KGDT_R3_CODE else 0xF3  # present, ring 3
    flags = 0xC  # 32 bits, limit in pages
    if selector == KGDT_R3_TEB:
        base, limit, flags = thread.teb, 0xFFF, 0x4
    entry.DescriptorLow = limit & 0xFFFF | (base & 0xFFFF) << 16
    entry.DescriptorHigh = (
        base >> 16 & 0xFF | kind << 8 | (limit >> 16 & 0xF) << 16 | flags << 20 | base & 0xFF000000
    )
    return _tell(entry, buffer, return_length)


def _tell(entry: DESCRIPTOR_TABLE_ENTRY, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    buffer.write(entry.pack())
    if return_length is not None:
        return_length.set(DESCRIPTOR_TABLE_ENTRY.size())
    return 0


Q, L = THREAD_QUERY_INFORMATION, THREAD_QUERY_LIMITED_INFORMATION
CLASSES: dict[int, Class] = {
    C.ThreadBasicInformation: Class(THREAD_BASIC_INFORMATION, Q, _basic, limited=L),
    C.ThreadTimes: Class(KERNEL_USER_TIMES, Q, _times, limited=L),
    C.ThreadQuerySetWin32StartAddress: Class(4, Q, lambda t, one: one.win32_start_address),
    C.ThreadPerformanceCount: Class(8, Q, lambda t, one: 0),
    C.ThreadAmILastThread: Class(4, Q, _alone),
    C.ThreadPriorityBoost: Class(4, Q, lambda t, one: one.priority_boost_disabled, limited=L),
    C.ThreadIsIoPending: Class(4, Q, lambda t, one: bool(one.requests), "nt50", limited=L),
    C.ThreadHideFromDebugger: Class(1, Q, lambda t, one: one.hidden_from_debugger, "nt52"),
    C.ThreadBreakOnTermination: Class(4, Q, lambda t, one: one.break_on_termination, "nt51"),
    C.ThreadIsTerminated: Class(4, Q, lambda t, one: one.ended, "nt52", limited=L),
}


@syscall()
def NtQueryInformationThread(
    t: Thread,
    thread_handle: Handle,
    thread_information_class: ThreadInfoClass,
    thread_information: Annotated[OutBuffer, Sized("thread_information_length", align=4)],
    thread_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Facts about a thread, also after its end."""
    if thread_information_class == C.ThreadDescriptorTableEntry:
        return _descriptor(t, thread_handle, thread_information, return_length)
    if thread_information_class not in CLASSES and t.kernel.part(Version).level >= 60:
        return _later(t, thread_information_class, thread_handle, thread_information, return_length)
    return query(
        t, CLASSES, thread_information_class, thread_handle, Thread, thread_information, return_length
    )


def _later(t: Thread, number: int, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """A class that came after NT 5.2."""
    from ring3k.ps.thread_classes6 import QUERIES, query_name

    if number == C.ThreadNameInformation:
        return query_name(t, handle, buffer, return_length)
    return query(t, QUERIES, number, handle, Thread, buffer, return_length)


# -- set --------------------------------------------------------------------------
def _signed(value: int) -> int:
    return (value ^ 0x80000000) - 0x80000000


def _priority(t: Thread, one: Thread, value: int) -> None:
    if not LOW_PRIORITY < value <= HIGH_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    if value >= LOW_REALTIME_PRIORITY:
        require_privilege(t, SE_INCREASE_BASE_PRIORITY_PRIVILEGE)
    one.priority = value


def _base_priority(t: Thread, one: Thread, value: int) -> None:
    increment = _signed(value)
    if not valid_increment(increment):
        real_time = one.process.base_priority >= LOW_REALTIME_PRIORITY
        if not (real_time and -7 <= increment <= 6):
            raise NtError(STATUS_INVALID_PARAMETER)
    set_increment(one, increment)


def _affinity(t: Thread, one: Thread, value: int) -> None:
    if one.ended:
        raise NtError(STATUS_THREAD_IS_TERMINATING)
    if not value or value & ~one.process.affinity:
        raise NtError(STATUS_INVALID_PARAMETER)
    one.affinity = value


def _token(t: Thread, one: Thread, value: int) -> None:
    """Impersonate, or (NULL) no longer."""
    if not value:
        set_client(one, None)
        return
    token = t.handles.get(value, Token, TOKEN_IMPERSONATE)
    if token.kind != IMPERSONATION:
        raise NtError(STATUS_BAD_TOKEN_TYPE)
    if one.ended:
        raise NtError(STATUS_THREAD_IS_TERMINATING)
    set_client(one, token, token.level)


def _start_address(t: Thread, one: Thread, value: int) -> None:
    one.win32_start_address = value


def _zero_tls_cell(t: Thread, one: Thread, value: int) -> None:
    """Clear a TLS slot in every thread of the caller's process; TEBs that are gone do not matter."""
    if one is not t:
        raise NtError(STATUS_INVALID_PARAMETER)
    if value >= TLS_SLOTS + TLS_EXPANSION_SLOTS:
        raise NtError(STATUS_INVALID_PARAMETER)
    memory = t.memory
    for thread in t.process.threads:
        try:
            if value < TLS_SLOTS:
                memory.write_u32(thread.teb + TEB_NT50.offset("TlsSlots") + value * 4, 0)
                continue
            slots = memory.read_u32(thread.teb + TEB_NT50.offset("TlsExpansionSlots"))
            if slots:
                memory.write_u32((slots + (value - TLS_SLOTS) * 4) & 0xFFFFFFFF, 0)
        except GuestFault:
            continue


def _ideal_processor(t: Thread, one: Thread, value: int) -> int:
    """Answers with the processor before, not with a status."""
    if value > MAXIMUM_PROCESSORS:
        raise NtError(STATUS_INVALID_PARAMETER)
    before = one.ideal_processor
    if value < MAXIMUM_PROCESSORS:
        one.ideal_processor = value if value < t.kernel.part(Version).processors else 0
    return before


def _event_pair(t: Thread, one: Thread, value: int) -> None:
    """Which pair the calls of NT 4.0 for a thread's own pair use; XP has dropped it."""
    if t.kernel.part(Version).level > 50:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    pair = t.handles.get(value, Object, SYNCHRONIZE)
    if pair.type_name != "EventPair":  # they belong to a room above
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    pair.reference()
    if one.event_pair is not None:
        one.event_pair.dereference()
    one.event_pair = pair


def _priority_boost(t: Thread, one: Thread, value: int) -> None:
    one.priority_boost_disabled = bool(value)


def _hide(t: Thread, one: Thread, value: int) -> None:
    one.hidden_from_debugger = True


def _break_on_termination(t: Thread, one: Thread, value: int) -> None:
    require_privilege(t, SE_DEBUG_PRIVILEGE)
    one.break_on_termination = bool(value)


def _tls_array(t: Thread, one: Thread, value: int) -> None:
    """Where the thread's TLS pointers are: kept, for on x86 the TEB says it to whoever asks."""
    one.tls_array = value


def _alignment(t: Thread, one: Thread, value: int) -> None:
    """Accepted: the processor handles what is not aligned."""


S, SL = THREAD_SET_INFORMATION, THREAD_SET_LIMITED_INFORMATION
SET_CLASSES: dict[int, Class] = {
    C.ThreadPriority: Class(4, S, _priority, limited=SL),
    C.ThreadBasePriority: Class(4, S, _base_priority, limited=SL),
    C.ThreadAffinityMask: Class(4, S, _affinity),
    C.ThreadImpersonationToken: Class(4, THREAD_SET_THREAD_TOKEN, _token),
    C.ThreadEnableAlignmentFaultFixup: Class(1, S, _alignment),
    C.ThreadQuerySetWin32StartAddress: Class(4, S, _start_address),
    C.ThreadZeroTlsCell: Class(4, S, _zero_tls_cell),
    C.ThreadIdealProcessor: Class(4, S, _ideal_processor, limited=SL),
    C.ThreadEventPair: Class(4, S, _event_pair),
    C.ThreadPriorityBoost: Class(4, S, _priority_boost, limited=SL),
    C.ThreadSetTlsArrayAddress: Class(4, S, _tls_array),
    C.ThreadHideFromDebugger: Class(0, S, _hide, "nt50"),
    C.ThreadBreakOnTermination: Class(4, S, _break_on_termination, "nt51"),
}


@syscall()
def NtSetInformationThread(
    t: Thread,
    thread_handle: Handle,
    thread_information_class: ThreadInfoClass,
    thread_information: Annotated[InBuffer, Sized("thread_information_length", align=4)],
    thread_information_length: Ulong,
) -> int:
    """Change one thing about a thread."""
    number = thread_information_class
    if number not in SET_CLASSES and t.kernel.part(Version).level >= 60:
        return _change_later(t, number, thread_handle, thread_information)
    return change(t, SET_CLASSES, thread_information_class, thread_handle, Thread, thread_information)


def _change_later(t: Thread, number: int, handle: int, buffer: InBuffer) -> int:
    """A class that came after NT 5.2."""
    from ring3k.ps.thread_classes6 import CHANGES, SPECIAL

    if number in SPECIAL:
        return SPECIAL[number](t, handle, buffer)
    return change(t, CHANGES, number, handle, Thread, buffer)
