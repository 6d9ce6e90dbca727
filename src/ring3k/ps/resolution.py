"""The clock's interval: as fine as the process that asked for the finest has it.

A request lasts until the process gives it back or ends (NtSetTimerResolution).
"""

from __future__ import annotations

from ring3k.ps.table import ClientIdTable
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.ke.kernel import Kernel

COARSEST, FINEST = 156_250, 10_000  # 100 ns units: 64 Hz, 1 kHz


def clock_interval(kernel: Kernel) -> int:
    """What holds now, in 100 ns units."""
    processes = kernel.part(ClientIdTable).running.values()
    return min((one.timer_resolution for one in processes if one.timer_resolution), default=COARSEST)


def update_clock(kernel: Kernel) -> int:
    """Let the clock tick as the requests have it; the interval."""
    interval = clock_interval(kernel)
    kernel.set_clock_interval(interval)
    return interval
