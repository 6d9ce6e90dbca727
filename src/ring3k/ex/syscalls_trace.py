"""NtTraceControl: event tracing (Windows Vista and later)."""

from __future__ import annotations

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_INVALID_DEVICE_REQUEST
from ring3k.abi.types import InBuffer, Out, OutBuffer, Sized, Ulong
from ring3k.ke.thread import KThread as Thread
from ring3k.typed import Annotated


@syscall(PARTIAL, "no event tracing: every function is STATUS_INVALID_DEVICE_REQUEST")
def NtTraceControl(
    t: Thread,
    function_code: Ulong,
    in_buffer: Annotated[InBuffer, Sized("in_buffer_length")],
    in_buffer_length: Ulong,
    out_buffer: Annotated[OutBuffer, Sized("out_buffer_length")],
    out_buffer_length: Ulong,
    return_length: Out[Ulong],
) -> int:
    """Start and stop loggers, register providers."""
    return_length.set(0)
    return STATUS_INVALID_DEVICE_REQUEST
