"""Firmware variables and boot entries, of a PC whose firmware is a BIOS.

Such a machine keeps one variable, LastKnownGood.  Everything that needs EFI is
refused before anything else is looked at: that is what NT does where it runs
without EFI, and so the calls below are whole.
"""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import EnvironmentInfoClass, FilePathType
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_NOT_IMPLEMENTED,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.strings import UnicodeString
from ring3k.abi.structs.ex import GUID
from ring3k.abi.structs.power import BOOT_ENTRY, BOOT_OPTIONS, EFI_DRIVER_ENTRY, FILE_PATH
from ring3k.abi.types import In, InBuffer, InOut, Opt, Out, OutBuffer, Sized, Ulong, Ushort, pointer
from ring3k.ke.thread import KThread as Thread
from ring3k.se.privilege import SE_SYSTEM_ENVIRONMENT_PRIVILEGE, require_privilege
from ring3k.typed import Annotated

BootEntry = Annotated[int, pointer(BOOT_ENTRY)]
BootOptions = Annotated[int, pointer(BOOT_OPTIONS)]
DriverEntry = Annotated[int, pointer(EFI_DRIVER_ENTRY)]
FilePath = Annotated[int, pointer(FILE_PATH)]


class Firmware:
    """The one variable that a BIOS machine keeps (in its clock's memory)."""

    NAME = "LASTKNOWNGOOD"
    VALUES = ("FALSE", "TRUE")

    def __init__(self) -> None:
        self.last_known_good = False

    def get(self, name: str) -> str:
        """STATUS_UNSUCCESSFUL: no such variable."""
        if name.upper() != self.NAME:
            raise NtError(STATUS_UNSUCCESSFUL)
        return self.VALUES[self.last_known_good]

    def set(self, name: str, value: str) -> None:
        """STATUS_UNSUCCESSFUL: no such variable, or not a value for it."""
        if name.upper() != self.NAME or value.upper() not in self.VALUES:
            raise NtError(STATUS_UNSUCCESSFUL)
        self.last_known_good = value.upper() == "TRUE"


@syscall()
def NtQuerySystemEnvironmentValue(
    t: Thread,
    variable_name: In[UnicodeString],
    variable_value: Annotated[OutBuffer, Sized("value_length", align=2)],
    value_length: Ushort,
    return_length: Opt[Out[Ushort]],
) -> int:
    """Read a firmware variable, with a NUL behind it that the returned length does not count."""
    require_privilege(t, SE_SYSTEM_ENVIRONMENT_PRIVILEGE)
    value = t.kernel.late_part(Firmware).get(variable_name).encode("utf-16-le")
    if return_length is not None:
        return_length.set(len(value))
    if value_length < len(value) + 2:
        return STATUS_BUFFER_OVERFLOW
    variable_value.write(value + b"\0\0")
    return 0


@syscall()
def NtSetSystemEnvironmentValue(
    t: Thread, variable_name: In[UnicodeString], variable_value: In[UnicodeString]
) -> int:
    """Set a firmware variable."""
    require_privilege(t, SE_SYSTEM_ENVIRONMENT_PRIVILEGE)
    t.kernel.late_part(Firmware).set(variable_name, variable_value)
    return 0


# -- what only EFI has ---------------------------------------------------------------
def _no_efi() -> None:
    raise NtError(STATUS_NOT_IMPLEMENTED)


@syscall(first=_no_efi)
def NtQuerySystemEnvironmentValueEx(
    t: Thread,
    variable_name: In[UnicodeString],
    vendor_guid: In[GUID],
    value: Opt[Annotated[OutBuffer, Sized("value_length", indirect=True)]],
    value_length: InOut[Ulong],
    attributes: Opt[Out[Ulong]],
) -> int:
    """Read an EFI variable (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtSetSystemEnvironmentValueEx(
    t: Thread,
    variable_name: In[UnicodeString],
    vendor_guid: In[GUID],
    value: Opt[Annotated[InBuffer, Sized("value_length")]],
    value_length: Ulong,
    attributes: Ulong,
) -> int:
    """Set or delete an EFI variable (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtEnumerateSystemEnvironmentValuesEx(
    t: Thread,
    information_class: EnvironmentInfoClass,
    buffer: Annotated[OutBuffer, Sized("buffer_length", indirect=True)],
    buffer_length: InOut[Ulong],
) -> int:
    """List EFI variables (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtAddBootEntry(t: Thread, boot_entry: BootEntry, id: Opt[Out[Ulong]]) -> int:  # noqa: A002
    """Add a boot entry (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtModifyBootEntry(t: Thread, boot_entry: BootEntry) -> int:
    """Change a boot entry (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtDeleteBootEntry(t: Thread, id: Ulong) -> int:  # noqa: A002
    """Delete a boot entry (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtEnumerateBootEntries(
    t: Thread,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_length", indirect=True)]],
    buffer_length: InOut[Ulong],
) -> int:
    """List boot entries (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtQueryBootEntryOrder(
    t: Thread,
    ids: Opt[Annotated[OutBuffer, Sized("count", unit=4, align=4, indirect=True)]],
    count: InOut[Ulong],
) -> int:
    """Order in which boot entries are tried (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtSetBootEntryOrder(
    t: Thread, ids: Annotated[InBuffer, Sized("count", unit=4, align=4)], count: Ulong
) -> int:
    """Set the order in which boot entries are tried (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtQueryBootOptions(
    t: Thread,
    boot_options: Opt[Annotated[OutBuffer, Sized("boot_options_length", indirect=True)]],
    boot_options_length: InOut[Ulong],
) -> int:
    """Boot manager settings (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtSetBootOptions(t: Thread, boot_options: BootOptions, fields_to_change: Ulong) -> int:
    """Change boot manager settings (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtTranslateFilePath(
    t: Thread,
    input_file_path: FilePath,
    output_type: FilePathType,
    output_file_path: Opt[Annotated[OutBuffer, Sized("output_file_path_length", indirect=True)]],
    output_file_path_length: Opt[InOut[Ulong]],
) -> int:
    """Turn a path of the firmware into one of NT, or back (XP and later)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtAddDriverEntry(t: Thread, driver_entry: DriverEntry, id: Opt[Out[Ulong]]) -> int:  # noqa: A002
    """Add an EFI driver entry (2003)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtModifyDriverEntry(t: Thread, driver_entry: DriverEntry) -> int:
    """Change an EFI driver entry (2003)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtDeleteDriverEntry(t: Thread, id: Ulong) -> int:  # noqa: A002
    """Delete an EFI driver entry (2003)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtEnumerateDriverEntries(
    t: Thread,
    buffer: Opt[Annotated[OutBuffer, Sized("buffer_length", indirect=True)]],
    buffer_length: InOut[Ulong],
) -> int:
    """List EFI driver entries (2003)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtQueryDriverEntryOrder(
    t: Thread,
    ids: Opt[Annotated[OutBuffer, Sized("count", unit=4, align=4, indirect=True)]],
    count: InOut[Ulong],
) -> int:
    """Order in which EFI drivers are loaded (2003)."""
    return STATUS_NOT_IMPLEMENTED


@syscall(first=_no_efi)
def NtSetDriverEntryOrder(
    t: Thread, ids: Annotated[InBuffer, Sized("count", unit=4, align=4)], count: Ulong
) -> int:
    """Set the order in which EFI drivers are loaded (2003)."""
    return STATUS_NOT_IMPLEMENTED
