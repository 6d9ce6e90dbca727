"""Input and output: declarations of calls without a handler.

Files and directories here, devices, pipes and completion ports in
``declared_device``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ring3k.abi.call import declared
from ring3k.abi.enums import FileInfoClass, FsInfoClass, NotifyFilter
from ring3k.abi.strings import ObjectAttributesArg, UnicodeString
from ring3k.abi.structs.io import FILE_SEGMENT_ELEMENT, IO_STATUS_BLOCK
from ring3k.abi.structs.se import SID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    LargeInteger,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Ulong,
    pointer,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread

SidPointer = Annotated[int, pointer(SID)]
Segments = Annotated[int, pointer(FILE_SEGMENT_ELEMENT)]


@declared
def NtReadFileScatter(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    segment_array: Segments,
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> None:
    """Read a file into pages that lie apart."""


@declared
def NtWriteFileGather(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    segment_array: Segments,
    length: Ulong,
    byte_offset: Opt[In[LargeInteger]],
    key: Opt[In[Ulong]],
) -> None:
    """Write pages that lie apart to a file."""


@declared
def NtDeleteFile(t: Thread, object_attributes: In[ObjectAttributesArg]) -> None:
    """Delete a file by name."""


@declared
def NtLockFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    byte_offset: In[LargeInteger],
    length: In[LargeInteger],
    key: Ulong,
    fail_immediately: Boolean,
    exclusive_lock: Boolean,
) -> None:
    """Lock a range of bytes."""


@declared
def NtUnlockFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    byte_offset: In[LargeInteger],
    length: In[LargeInteger],
    key: Ulong,
) -> None:
    """Unlock a range of bytes."""


@declared
def NtQueryDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    file_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    file_information_class: FileInfoClass,
    return_single_entry: Boolean,
    file_name: Opt[In[UnicodeString]],
    restart_scan: Boolean,
) -> None:
    """List a directory."""


@declared
def NtQueryOleDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    file_information: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    file_information_class: FileInfoClass,
    return_single_entry: Boolean,
    file_name: Opt[In[UnicodeString]],
    restart_scan: Boolean,
) -> None:
    """List a directory for OLE storage (NT 4.0; never finished)."""


@declared
def NtNotifyChangeDirectoryFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    completion_filter: NotifyFilter,
    watch_tree: Boolean,
) -> None:
    """Tell about changes in a directory."""


@declared
def NtQueryEaFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    return_single_entry: Boolean,
    ea_list: Opt[Annotated[InBuffer, Sized("ea_list_length", align=4)]],
    ea_list_length: Ulong,
    ea_index: Opt[In[Ulong]],
    restart_scan: Boolean,
) -> None:
    """Read extended attributes."""


@declared
def NtSetEaFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
) -> None:
    """Set extended attributes."""


@declared
def NtQueryQuotaInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[OutBuffer, Sized("length", align=4)],
    length: Ulong,
    return_single_entry: Boolean,
    sid_list: Opt[Annotated[InBuffer, Sized("sid_list_length", align=4)]],
    sid_list_length: Ulong,
    start_sid: SidPointer,
    restart_scan: Boolean,
) -> None:
    """List the quota of a volume."""


@declared
def NtSetQuotaInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
) -> None:
    """Set quota on a volume."""


@declared
def NtSetVolumeInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    fs_information: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
    fs_information_class: FsInfoClass,
) -> None:
    """Set a volume's label or other properties."""
