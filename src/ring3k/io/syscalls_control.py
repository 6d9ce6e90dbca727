"""Control codes for devices and file systems."""

from __future__ import annotations

from collections.abc import Coroutine

from ring3k.abi.access import FILE_READ_DATA, FILE_WRITE_DATA
from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_INSUFFICIENT_RESOURCES, NtError
from ring3k.abi.structs.io import IO_STATUS_BLOCK
from ring3k.abi.types import Handle, InBuffer, Opt, Out, OutBuffer, Pointer, Sized, Ulong
from ring3k.io.file import FileObject
from ring3k.io.request import OTHER, Request, at_once, begin, perform
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated, Any

Answer = int | Coroutine[Any, Any, int]
INPUT_MAX = 1 << 24  # bytes that are captured for a driver


def _file(t: Thread, file_handle: int, code: int) -> FileObject:
    """The file, opened with what the code's access bits (14 and 15) ask for."""
    needed = (FILE_READ_DATA if code & 0x4000 else 0) | (FILE_WRITE_DATA if code & 0x8000 else 0)
    file: FileObject = t.handles.get(file_handle, FileObject, needed)
    return file


def _request(
    t: Thread,
    file: FileObject,
    block: Out[IO_STATUS_BLOCK],
    event: int,
    routine: int,
    context: int,
    code: int,
    given: InBuffer | None,
    given_length: int,
    buffer: OutBuffer | None,
    length: int,
) -> Request:
    """The request, its input captured."""
    if given_length > INPUT_MAX:
        raise NtError(STATUS_INSUFFICIENT_RESOURCES)
    request = begin(t, file, block, event, routine, context)
    request.code = code
    if given is not None:
        request.input, request.input_address = given.read(given_length), given.address
    request.buffer, request.length = buffer, length if buffer is not None else 0
    return request


def _device_file(t: Thread, file_handle: int, io_control_code: int) -> None:
    _file(t, file_handle, io_control_code)


@syscall(first=_device_file)
def NtDeviceIoControlFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    io_control_code: Ulong,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length")]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length")]],
    output_buffer_length: Ulong,
) -> Answer:
    """Send a control code to a device."""
    file = _file(t, file_handle, io_control_code)
    if file.immediate_control and not event and not apc_routine and file.port is None:
        now = file.control_now(
            t, io_control_code, input_buffer, input_buffer_length, output_buffer, output_buffer_length
        )
        if now is not None:
            return at_once(t, file, io_status_block, OTHER, now)
    request = _request(
        t, file, io_status_block, event, apc_routine, apc_context, io_control_code,
        input_buffer, input_buffer_length, output_buffer, output_buffer_length,
    )  # fmt: skip
    return perform(request, file.device_control)


def _fs_file(t: Thread, file_handle: int, fs_control_code: int) -> None:
    _file(t, file_handle, fs_control_code)


@syscall(first=_fs_file)
def NtFsControlFile(
    t: Thread,
    file_handle: Handle,
    event: Handle,
    apc_routine: Pointer,
    apc_context: Pointer,
    io_status_block: Out[IO_STATUS_BLOCK],
    fs_control_code: Ulong,
    input_buffer: Opt[Annotated[InBuffer, Sized("input_buffer_length")]],
    input_buffer_length: Ulong,
    output_buffer: Opt[Annotated[OutBuffer, Sized("output_buffer_length")]],
    output_buffer_length: Ulong,
) -> Answer:
    """Send a control code to a file system."""
    file = _file(t, file_handle, fs_control_code)
    request = _request(
        t, file, io_status_block, event, apc_routine, apc_context, fs_control_code,
        input_buffer, input_buffer_length, output_buffer, output_buffer_length,
    )  # fmt: skip
    return perform(request, file.fs_control)
