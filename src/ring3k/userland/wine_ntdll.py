"""What Wine's ntdll asks of its host: {load_so_dll, unwind_builtin_dll, system_time_precise}."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ring3k.abi.status import STATUS_DLL_NOT_FOUND, STATUS_NOT_IMPLEMENTED

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

EPOCH = 11_644_473_600  # seconds from 1601 to 1970


def load_so_dll(t: KThread, parameters: int) -> int:
    """A DLL that is a shared object of the host: there is none."""
    return STATUS_DLL_NOT_FOUND


def unwind_builtin_dll(t: KThread, parameters: int) -> int:
    """Unwinding through the host's frames: there are none."""
    return STATUS_NOT_IMPLEMENTED


def system_time_precise(t: KThread, parameters: int) -> int:
    """The time of day finer than the clock's tick, to a LARGE_INTEGER."""
    now = time.time_ns() // 100 + EPOCH * 10_000_000
    t.memory.write_u64(parameters, now)
    return 0


FUNCTIONS = (load_so_dll, unwind_builtin_dll, system_time_precise)
