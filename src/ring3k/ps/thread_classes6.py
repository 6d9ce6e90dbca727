"""Information classes of threads that came with Windows Vista and later."""

from __future__ import annotations

from ring3k.abi.access import (
    THREAD_QUERY_INFORMATION,
    THREAD_QUERY_LIMITED_INFORMATION,
    THREAD_SET_INFORMATION,
    THREAD_SET_LIMITED_INFORMATION,
)
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.strings import UNICODE_STRING
from ring3k.abi.structs.psinfo import (
    GROUP_AFFINITY,
    POWER_THROTTLING_STATE,
    PROCESSOR_NUMBER,
    THREADINFOCLASS,
)
from ring3k.abi.version import Version
from ring3k.ob.handles import lookup
from ring3k.ps.process_classes6 import MOST_IO_PRIORITY, MOST_PAGE_PRIORITY, check_throttling
from ring3k.ps.query import Class
from ring3k.ps.thread import Thread
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.abi.types import InBuffer, Out, OutBuffer

C = THREADINFOCLASS
Q, L = THREAD_QUERY_INFORMATION, THREAD_QUERY_LIMITED_INFORMATION
SINCE = "nt100"


# -- query ---------------------------------------------------------------------------
def _group(t: Thread, one: Thread) -> GROUP_AFFINITY:
    return GROUP_AFFINITY(Mask=one.affinity)


def _ideal(t: Thread, one: Thread) -> PROCESSOR_NUMBER:
    return PROCESSOR_NUMBER(Number=one.ideal_processor)


QUERIES: dict[int, Class] = {
    C.ThreadIoPriority: Class(4, Q, lambda t, one: one.io_priority, SINCE),
    C.ThreadPagePriority: Class(4, Q, lambda t, one: one.page_priority, SINCE),
    C.ThreadGroupInformation: Class(GROUP_AFFINITY, Q, _group, SINCE, limited=L),
    C.ThreadIdealProcessorEx: Class(PROCESSOR_NUMBER, Q, _ideal, SINCE, limited=L),
    C.ThreadSuspendCount: Class(4, Q, lambda t, one: one.suspend_count, SINCE, limited=L),
    C.ThreadDynamicCodePolicyInfo: Class(4, Q, lambda t, one: 0, SINCE),
}


def query_name(t: Thread, handle: int, buffer: OutBuffer, return_length: Out[int] | None) -> int:
    """THREAD_NAME_INFORMATION: a UNICODE_STRING with its characters behind it."""
    raw = lookup(t, handle, Thread, L).description.encode("utf-16-le", "surrogatepass")
    head = UNICODE_STRING.size()
    need = head + len(raw)
    if return_length is not None:
        return_length.set(need)
    if buffer.size < need:
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    place = buffer.address + head
    buffer.write(UNICODE_STRING(Length=len(raw), MaximumLength=len(raw), Buffer=place).pack() + raw)
    return 0


# -- set -----------------------------------------------------------------------------
def _io_priority(t: Thread, one: Thread, value: int) -> None:
    if value > MOST_IO_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    one.io_priority = value


def _page_priority(t: Thread, one: Thread, value: int) -> None:
    if value > MOST_PAGE_PRIORITY:
        raise NtError(STATUS_INVALID_PARAMETER)
    one.page_priority = value


def _set_group(t: Thread, one: Thread, value: GROUP_AFFINITY) -> None:
    """There is one group; its processors are those of the process."""
    if value.Group or any(value.Reserved) or not value.Mask or value.Mask & ~one.process.affinity:
        raise NtError(STATUS_INVALID_PARAMETER)
    one.affinity = value.Mask


def _throttle(t: Thread, one: Thread, value: POWER_THROTTLING_STATE) -> None:
    check_throttling(value)


S = THREAD_SET_INFORMATION
CHANGES: dict[int, Class] = {
    C.ThreadIoPriority: Class(4, S, _io_priority, SINCE),
    C.ThreadPagePriority: Class(4, S, _page_priority, SINCE, limited=THREAD_SET_LIMITED_INFORMATION),
    C.ThreadGroupInformation: Class(GROUP_AFFINITY, S, _set_group, SINCE),
    C.ThreadPowerThrottlingState: Class(POWER_THROTTLING_STATE, S, _throttle, SINCE),
}


def set_name(t: Thread, handle: int, buffer: InBuffer) -> int:
    """THREAD_NAME_INFORMATION: what debuggers show."""
    if buffer.size != UNICODE_STRING.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    string = UNICODE_STRING.unpack(buffer.read())
    if string.Length & 1:
        raise NtError(STATUS_INVALID_PARAMETER)
    data = buffer.memory.read(string.Buffer, string.Length) if string.Length else b""
    one = lookup(t, handle, Thread, THREAD_SET_LIMITED_INFORMATION)
    one.describe(data.decode("utf-16-le", "surrogatepass"))
    return 0


def set_ideal(t: Thread, handle: int, buffer: InBuffer) -> int:
    """ThreadIdealProcessorEx: the one before is written back."""
    if buffer.size != PROCESSOR_NUMBER.size():
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    wanted = PROCESSOR_NUMBER.unpack(buffer.read())
    buffer.memory.probe_write(buffer.address, buffer.size)
    one = lookup(t, handle, Thread, THREAD_SET_INFORMATION)
    if wanted.Group or wanted.Reserved or wanted.Number >= t.kernel.part(Version).processors:
        raise NtError(STATUS_INVALID_PARAMETER)
    before, one.ideal_processor = one.ideal_processor, wanted.Number
    buffer.memory.write(buffer.address, PROCESSOR_NUMBER(Number=before).pack())
    return 0


SPECIAL = {C.ThreadNameInformation: set_name, C.ThreadIdealProcessorEx: set_ideal}
