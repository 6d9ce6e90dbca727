"""Unique identifiers: of this system while it runs (LUID), and of the world (UUID)."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_ACCESS_DENIED, NtError
from ring3k.abi.structs.ex import LUID, UUID_SEED
from ring3k.abi.types import In, Out, Time, Ulong
from ring3k.ex.uuid import UuidSource
from ring3k.ke.luid import LuidSource
from ring3k.ke.thread import KThread as Thread
from ring3k.se.accounts import SYSTEM_LUID
from ring3k.se.privilege import effective_token


@syscall()
def NtAllocateLocallyUniqueId(t: Thread, locally_unique_id: Out[LUID]) -> int:
    """A number that this system gives only once."""
    value = t.kernel.part(LuidSource).take()
    locally_unique_id.set(LUID(LowPart=value & 0xFFFFFFFF, HighPart=value >> 32))
    return 0


@syscall()
def NtAllocateUuids(
    t: Thread,
    time: Out[Time],
    range: Out[Ulong],  # noqa: A002
    sequence: Out[Ulong],
    seed: Out[UUID_SEED],
) -> int:
    """Reserve a stretch of time stamps for version 1 UUIDs."""
    source = t.kernel.late_part(UuidSource)
    stretch = source.take(t.kernel.clock.system_time())
    time.set(stretch.time)
    range.set(stretch.range)
    sequence.set(stretch.sequence)
    seed.set(UUID_SEED(Node=source.seed))
    return 0


@syscall()
def NtSetUuidSeed(t: Thread, seed: In[UUID_SEED]) -> int:
    """Set the node identity for UUIDs: a service of the system does, nobody else."""
    if effective_token(t).authentication_id != SYSTEM_LUID:
        raise NtError(STATUS_ACCESS_DENIED)
    t.kernel.late_part(UuidSource).seed = seed.Node
    return 0
