"""NtQuerySystemInformation."""

from __future__ import annotations

from typing import Annotated

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import SystemInfoClass
from ring3k.abi.status import (
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    NtError,
)
from ring3k.abi.structs.sysinfo import SYSTEM_INFORMATION_CLASS
from ring3k.abi.types import Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import Version
from ring3k.ex.sysinfo import Class, classes
from ring3k.ke.thread import KThread as Thread


class SystemInformation:
    """The classes of the running version, made when first asked."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._classes: dict[int, Class] | None = None

    def find(self, number: int) -> Class:
        """STATUS_INVALID_INFO_CLASS."""
        if self._classes is None:
            self._classes = classes(self._version)
        found = self._classes.get(number)
        if found is None:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        return found


@syscall(PARTIAL, "no modules, locks, pool, lookaside or session classes; counters not kept are zero")
def NtQuerySystemInformation(
    t: Thread,
    system_information_class: SystemInfoClass,
    system_information: Annotated[OutBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """What the system is and does: processors, memory, time, processes, handles.

    The length needed is told also when the buffer is too small.
    """
    found = t.kernel.part(SystemInformation).find(system_information_class)
    length = system_information_length
    fixed = bool(found.sizes)
    if fixed and length not in found.sizes:
        if return_length is not None:
            return_length.set(max(found.sizes))
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    data = found.make(t, system_information.address)
    if system_information_class == SYSTEM_INFORMATION_CLASS.SystemTimeOfDayInformation:
        data = data[:length]
    if return_length is not None:
        return_length.set(len(data))
    if length < len(data):
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    system_information.write(data)
    return 0
