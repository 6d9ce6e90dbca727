"""Extended attributes and quotas."""

from __future__ import annotations

from ring3k.abi.access import FILE_READ_DATA, FILE_READ_EA, FILE_WRITE_DATA, FILE_WRITE_EA
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import (
    STATUS_EA_LIST_INCONSISTENT,
    STATUS_EA_TOO_LARGE,
    STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_DEVICE_REQUEST,
    NtError,
)
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.structs.se import SID
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    InBuffer,
    Opt,
    Out,
    OutBuffer,
    Sized,
    Ulong,
    pointer,
)
from ring3k.io.file import FileObject
from ring3k.io.syscalls import EA_MAX, check_eas
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated

SidPointer = Annotated[int, pointer(SID)]


@syscall()
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
) -> int:
    """Read extended attributes: those listed, or all, from where the last call ended."""
    names = None
    if ea_list is not None and ea_list_length:
        if ea_list_length > EA_MAX:
            raise NtError(STATUS_INSUFFICIENT_RESOURCES)
        names = ea_list.read(ea_list_length)
    file: FileObject = t.handles.get(file_handle, FileObject, FILE_READ_EA)
    data, status = file.query_eas(length, return_single_entry, names, ea_index, restart_scan)
    if data:
        buffer.write(data)
    if status < 0xC0000000:
        io_status_block.set(IO_STATUS_BLOCK(Status=status, Information=len(data)))
    return status


@syscall()
def NtSetEaFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
) -> int:
    """Add, replace or (with an empty value) remove extended attributes."""
    if length > EA_MAX:
        raise NtError(STATUS_EA_TOO_LARGE)
    data = buffer.read(length)
    file: FileObject = t.handles.get(file_handle, FileObject, FILE_WRITE_EA)
    place = check_eas(data) if data else -1
    status = STATUS_EA_LIST_INCONSISTENT if place >= 0 else file.set_eas(data)
    io_status_block.set(IO_STATUS_BLOCK(Status=status, Information=max(place, 0)))
    return status


@syscall(PARTIAL, "no volume keeps quotas, as FAT keeps none")
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
) -> int:
    """List the quota of a volume."""
    if sid_list is not None:
        sid_list.read(min(sid_list_length, EA_MAX))
    t.handles.get(file_handle, FileObject, FILE_READ_DATA)
    raise NtError(STATUS_INVALID_DEVICE_REQUEST)


@syscall(PARTIAL, "no volume keeps quotas, as FAT keeps none")
def NtSetQuotaInformationFile(
    t: Thread,
    file_handle: Handle,
    io_status_block: Out[IO_STATUS_BLOCK],
    buffer: Annotated[InBuffer, Sized("length", align=4)],
    length: Ulong,
) -> int:
    """Set quota on a volume."""
    buffer.read(min(length, EA_MAX))
    t.handles.get(file_handle, FileObject, FILE_WRITE_DATA)
    raise NtError(STATUS_INVALID_DEVICE_REQUEST)
