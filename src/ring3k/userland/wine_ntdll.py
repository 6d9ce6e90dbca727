"""What Wine's ntdll asks of its host: {load_so_dll, unwind_builtin_dll, system_time_precise}."""

from __future__ import annotations

from ring3k.abi.status import STATUS_INVALID_IMAGE_FORMAT, STATUS_NOT_IMPLEMENTED
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread


def load_so_dll(t: KThread, parameters: int) -> int:
    """A file that is no image might be a shared object of the host: it is not."""
    return STATUS_INVALID_IMAGE_FORMAT


def unwind_builtin_dll(t: KThread, parameters: int) -> int:
    """Unwinding through the host's frames: there are none."""
    return STATUS_NOT_IMPLEMENTED


def system_time_precise(t: KThread, parameters: int) -> int:
    """The time of day finer than the clock's tick, to a LARGE_INTEGER."""
    t.memory.write_u64(parameters, t.kernel.clock.system_time())
    return 0


FUNCTIONS = (load_so_dll, unwind_builtin_dll, system_time_precise)
