"""NtQuerySystemInformationEx, which takes an input besides, and its like for 32-bit programs on 64 bits."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import SystemInfoClass
from ring3k.abi.status import (
    STATUS_INVALID_INFO_CLASS,
    STATUS_INVALID_PARAMETER,
    NtError,
)
from ring3k.abi.structs.sysinfo import SYSTEM_INFORMATION_CLASS
from ring3k.abi.types import InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.ex import processors
from ring3k.ex.query import answer_whole
from ring3k.ex.syscalls_info import NtQuerySystemInformation
from ring3k.ke.thread import KProcess
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.typed import Annotated

C = SYSTEM_INFORMATION_CLASS
NATIVE = {  # classes that mean the system below WOW64
    C.SystemBasicInformation,
    C.SystemProcessorInformation,
    C.SystemEmulationBasicInformation,
    C.SystemEmulationProcessorInformation,
    C.SystemNativeBasicInformation,
}


def _word(given: InBuffer) -> int:
    if given.size < 4:
        raise NtError(STATUS_INVALID_PARAMETER)
    return int.from_bytes(given.read(4), "little")


def _check_class(system_information_class: int) -> None:
    if system_information_class not in (
        C.SystemLogicalProcessorAndGroupInformation,
        C.SystemCpuSetInformation,
        C.SystemSupportedProcessorArchitectures,
    ):
        raise NtError(STATUS_INVALID_INFO_CLASS)


@syscall(first=_check_class)
def NtQuerySystemInformationEx(
    t: Thread,
    system_information_class: SystemInfoClass,
    input_buffer: Annotated[InBuffer, Sized("input_buffer_length", align=4)],
    input_buffer_length: Ulong,
    system_information: Annotated[OutBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Processors by their relationship, processor sets, machines whose programs run."""
    given = _word(input_buffer)
    if system_information_class == C.SystemLogicalProcessorAndGroupInformation:
        data = processors.related(t, given)
    else:
        if given:
            lookup(t, given, KProcess, 0)
        sets = system_information_class == C.SystemCpuSetInformation
        data = processors.cpu_sets(t) if sets else processors.architectures()
    return answer_whole(data, system_information, system_information_length, return_length)


def _check_native(system_information_class: int) -> None:
    if system_information_class not in NATIVE:
        raise NtError(STATUS_INVALID_INFO_CLASS)


@syscall(first=_check_native)
def NtWow64GetNativeSystemInformation(
    t: Thread,
    system_information_class: SystemInfoClass,
    system_information: Annotated[OutBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """What the system itself is: here nothing else than what programs see."""
    return NtQuerySystemInformation(
        t, system_information_class, system_information, system_information_length, return_length
    )
