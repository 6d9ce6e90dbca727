"""What the processors are to each other: cores, caches, packages, one group, one NUMA node.

Each processor that is shown counts as a core of its own in one package, with
caches of common sizes; the host's real ones may be others.
"""

from __future__ import annotations

from struct import pack

from ring3k.abi.pe import IMAGE_FILE_MACHINE_I386
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.version import Version
from ring3k.ke.thread import KThread
from ring3k.typed import NamedTuple

R = si.LOGICAL_PROCESSOR_RELATIONSHIP
UNIFIED, INSTRUCTION, DATA = range(3)  # PROCESSOR_CACHE_TYPE
LINE = 64
_KERNEL, _USER, _NATIVE, _PROCESS = 1 << 16, 1 << 17, 1 << 18, 1 << 19
CPU_SET_BASE = 0x100


class Cache(NamedTuple):
    """One kind of cache."""

    level: int
    ways: int
    size: int
    kind: int
    shared: bool = False  # by all processors


CACHES = (
    Cache(1, 8, 32 << 10, DATA),
    Cache(1, 8, 32 << 10, INSTRUCTION),
    Cache(2, 8, 512 << 10, UNIFIED),
    Cache(3, 16, 8 << 20, UNIFIED, shared=True),
)


def _count(t: KThread) -> int:
    return t.kernel.part(Version).processors


def _caches(count: int) -> list[tuple[int, Cache]]:
    """(mask, cache) of every cache there is."""
    found = [(1 << number, one) for number in range(count) for one in CACHES if not one.shared]
    return found + [((1 << count) - 1, one) for one in CACHES if one.shared]


# -- SystemLogicalProcessorInformation ----------------------------------------------------------
def logical(t: KThread, address: int) -> bytes:
    count = _count(t)
    every = (1 << count) - 1
    rows = [(1 << number, R.RelationProcessorCore, b"") for number in range(count)]
    rows += [
        (mask, R.RelationCache, pack("<BBHII", one.level, one.ways, LINE, one.size, one.kind))
        for mask, one in _caches(count)
    ]
    rows += [(every, R.RelationProcessorPackage, b""), (every, R.RelationNumaNode, b"")]
    make = si.SYSTEM_LOGICAL_PROCESSOR_INFORMATION
    return b"".join(
        make(ProcessorMask=mask, Relationship=relation, Data=data).pack() for mask, relation, data in rows
    )


# -- SystemLogicalProcessorAndGroupInformation ------------------------------------------------------
def _affinity(mask: int) -> bytes:
    """GROUP_AFFINITY."""
    return pack("<IHHHH", mask, 0, 0, 0, 0)


def _entry(relation: int, body: bytes) -> bytes:
    return pack("<II", relation, 8 + len(body)) + body


def related(t: KThread, relation: int) -> bytes:
    """SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX of one relationship, or of all."""
    count = _count(t)
    every = (1 << count) - 1
    found = {
        R.RelationProcessorCore: [pack("<BB20xH", 0, 0, 1) + _affinity(1 << one) for one in range(count)],
        R.RelationNumaNode: [pack("<I20x", 0) + _affinity(every)],
        R.RelationCache: [
            pack("<BBHII20x", one.level, one.ways, LINE, one.size, one.kind) + _affinity(mask)
            for mask, one in _caches(count)
        ],
        R.RelationProcessorPackage: [pack("<BB20xH", 0, 0, 1) + _affinity(every)],
        R.RelationGroup: [pack("<HH20x", 1, 1) + pack("<BB38xI", count, count, every)],
    }
    chosen = found if relation == R.RelationAll else {relation: found.get(relation, [])}
    return b"".join(_entry(kind, body) for kind, bodies in chosen.items() for body in bodies)


# -- others ---------------------------------------------------------------------------------------------
def cpu_sets(t: KThread) -> bytes:
    """SystemCpuSetInformation."""
    make = si.SYSTEM_CPU_SET_INFORMATION
    return b"".join(
        make(Size=make.size(), Id=CPU_SET_BASE + one, LogicalProcessorIndex=one, CoreIndex=one).pack()
        for one in range(_count(t))
    )


def architectures() -> bytes:
    """SystemSupportedProcessorArchitectures: one machine, and an end."""
    return pack("<II", IMAGE_FILE_MACHINE_I386 | _KERNEL | _USER | _NATIVE | _PROCESS, 0)
