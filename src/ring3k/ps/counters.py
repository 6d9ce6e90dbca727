"""What is counted of a process, by the names that NT's structures have for it.

The host decides what it keeps in memory: a working set is taken to be all that is committed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ring3k.abi.structs.psinfo import IO_COUNTERS
from ring3k.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from ring3k.mm.address_space import AddressSpace


def memory_counters(vm: AddressSpace) -> dict[str, int]:
    """Bytes: the fields of VM_COUNTERS that are not zero."""
    return {
        "PeakVirtualSize": vm.peak_size,
        "VirtualSize": vm.size,
        "PeakWorkingSetSize": vm.peak_committed,
        "WorkingSetSize": vm.committed,
        "PagefileUsage": vm.committed,
        "PeakPagefileUsage": vm.peak_committed,
    }


def io_counters(counts: Sequence[int]) -> dict[str, int]:
    """The fields of IO_COUNTERS: operations, then bytes."""
    return dict(zip(IO_COUNTERS.layout().names, counts, strict=True))
