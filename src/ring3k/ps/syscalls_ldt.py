"""NtSetLdtEntries."""

from __future__ import annotations

from struct import pack

from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import STATUS_INVALID_LDT_DESCRIPTOR, NtError
from ring3k.abi.types import Ulong
from ring3k.ps.ldt import check_descriptor
from ring3k.ps.thread import Thread


@syscall(PARTIAL, "descriptors are kept and shown, but no program can load a selector of them")
def NtSetLdtEntries(
    t: Thread,
    selector0: Ulong,
    entry0_low: Ulong,
    entry0_hi: Ulong,
    selector1: Ulong,
    entry1_low: Ulong,
    entry1_hi: Ulong,
) -> int:
    """Set one or two descriptors of the process's LDT; selector 0 means none."""
    if (selector0 | selector1) >> 16:
        raise NtError(STATUS_INVALID_LDT_DESCRIPTOR)
    wanted = [
        (selector & 0xFFF8, low, high)
        for selector, low, high in (
            (selector0, entry0_low, entry0_hi),
            (selector1, entry1_low, entry1_hi),
        )
        if selector & 0xFFF8
    ]
    for _, low, high in wanted:
        check_descriptor(low, high)
    for selector, low, high in wanted:
        t.process.ldt.write(selector, pack("<2I", low, high))
    return 0
