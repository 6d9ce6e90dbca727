"""Process structure: declarations of calls without a handler (jobs, LDT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ring3k.abi.call import declared
from ring3k.abi.types import (
    Ulong,
)

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread as Thread


@declared
def NtSetLdtEntries(
    t: Thread,
    selector0: Ulong,
    entry0_low: Ulong,
    entry0_hi: Ulong,
    selector1: Ulong,
    entry1_low: Ulong,
    entry1_hi: Ulong,
) -> None:
    """Set one or two descriptors of the process's LDT; selector 0 means none."""
