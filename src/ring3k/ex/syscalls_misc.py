"""Debug filters of XP, and the write buffer."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_INVALID_PARAMETER_1, NtError
from ring3k.abi.types import Boolean, Ulong
from ring3k.ke.thread import KThread as Thread


class DebugFilter:
    """Which DbgPrintEx messages are wanted: a mask of levels for each component."""

    COMPONENTS = 0x60  # as many as XP knows, and -1 for those of old drivers
    ANY = 0xFFFFFFFF

    def __init__(self) -> None:
        self.masks: dict[int, int] = {}

    def mask(self, component: int) -> int:
        if component >= self.COMPONENTS and component != self.ANY:
            raise NtError(STATUS_INVALID_PARAMETER_1)
        return self.masks.get(component, 1)


def _level_bit(level: int) -> int:
    return 1 << level if level < 32 else level


@syscall()
def NtQueryDebugFilterState(t: Thread, component_id: Ulong, level: Ulong) -> int:
    """1 when such messages are wanted, 0 when not (a number, not a status)."""
    return int(bool(t.kernel.late_part(DebugFilter).mask(component_id) & _level_bit(level)))


@syscall()
def NtSetDebugFilterState(t: Thread, component_id: Ulong, level: Ulong, state: Boolean) -> int:
    """Want such messages, or not."""
    filters = t.kernel.late_part(DebugFilter)
    mask = filters.mask(component_id)
    filters.masks[component_id] = mask | _level_bit(level) if state else mask & ~_level_bit(level)
    return 0


@syscall()
def NtFlushWriteBuffer(t: Thread) -> int:
    """Drain the processor's write buffer: x86 has nothing to drain."""
    return 0
