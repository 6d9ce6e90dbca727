"""NtQuerySystemInformation and NtSetSystemInformation."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import SystemInfoClass
from ring3k.abi.status import (
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_INFO_CLASS,
    STATUS_NOT_IMPLEMENTED,
    NtError,
)
from ring3k.abi.structs.sysinfo import SYSTEM_FIRMWARE_TABLE_INFORMATION, SYSTEM_INFORMATION_CLASS
from ring3k.abi.types import InBuffer, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.abi.version import LEVELS, Version
from ring3k.ex.query import answer_whole
from ring3k.ex.sysinfo import Class, Rule, classes
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import TYPE_CHECKING, Annotated, Self

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

MOST_GIVEN = 1024  # bytes: no class takes more
FIRMWARE = SYSTEM_INFORMATION_CLASS.SystemFirmwareTableInformation


class SystemInformation:
    """The classes of the running version, made when first asked."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._classes: dict[int, Class] | None = None

    @classmethod
    def for_kernel(cls, kernel: Kernel) -> Self:
        return cls(kernel.part(Version))

    def find(self, number: int) -> Class:
        """STATUS_INVALID_INFO_CLASS."""
        if self._classes is None:
            self._classes = classes(self._version)
        found = self._classes.get(number)
        if found is None:
            raise NtError(STATUS_INVALID_INFO_CLASS)
        return found


@syscall()
def NtQuerySystemInformation(
    t: Thread,
    system_information_class: SystemInfoClass,
    system_information: Annotated[OutBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """What the system is and does: processors, memory, time, processes, handles.

    The length is told as 0 where the buffer has a wrong one, but lists tell what they need; since Vista
    every class does.
    """
    length = system_information_length
    private = t.process.contract.private_classes.get(("NtQuerySystemInformation", system_information_class))
    if private is not None:
        status: int = private(t, system_information, length, return_length)
        return status
    if system_information_class == FIRMWARE and t.kernel.part(Version).level >= 52:
        return _firmware_table(system_information, length, return_length)
    if return_length is not None:
        return_length.set(0)
    found = t.kernel.late_part(SystemInformation).find(system_information_class)
    if t.kernel.part(Version).level >= 60:
        if found.rule is Rule.LIST:
            length = max(length, found.size)  # what it takes is found out below
        elif return_length is not None:
            return_length.set(found.size)
    found.check(length)
    data = found.cut(found.make(t, system_information.address), length)
    return answer_whole(data, system_information, system_information_length, return_length)


def _firmware_table(buffer: OutBuffer, length: int, return_length: Out[int] | None) -> int:
    """A table of the firmware: which, the caller has put in front.

    STATUS_NOT_IMPLEMENTED: nobody provides such tables.
    """
    from ring3k.ex.firmware_tables import table

    head = SYSTEM_FIRMWARE_TABLE_INFORMATION.size()
    if length < head:
        raise NtError(STATUS_INFO_LENGTH_MISMATCH)
    wanted = SYSTEM_FIRMWARE_TABLE_INFORMATION.unpack(buffer.read(head))
    found = table(wanted.ProviderSignature, wanted.Action, wanted.TableID)
    if return_length is not None:
        return_length.set(head + len(found or b""))
    if found is None:
        raise NtError(STATUS_NOT_IMPLEMENTED)
    wanted.TableBufferLength = len(found)
    buffer.write(wanted.pack())
    if length < head + len(found):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    buffer.write(found, head)
    return 0


@syscall()
def NtSetSystemInformation(
    t: Thread,
    system_information_class: SystemInfoClass,
    system_information: Annotated[InBuffer, Sized("system_information_length", align=4)],
    system_information_length: Ulong,
) -> int:
    """Change something system-wide, each with its own privilege."""
    from ring3k.ex.sysinfo_set import SETTINGS

    setting = SETTINGS.get(system_information_class)
    if setting is None or LEVELS[setting.since] > t.kernel.part(Version).level:
        raise NtError(STATUS_INVALID_INFO_CLASS)
    given = system_information.read(min(system_information_length, MOST_GIVEN))
    setting.check(len(given))
    return setting.act(t, given)
