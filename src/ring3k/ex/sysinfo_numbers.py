"""Classes of NtQuerySystemInformation that are numbers: processors, memory, time, counters."""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import SYSTEM_TIMEOFDAY_INFORMATION
from ring3k.abi.version import Version
from ring3k.ex.settings import SystemSettings
from ring3k.ex.timezone import TimeZone
from ring3k.ke.thread import KThread
from ring3k.mm.commit import CommitAccount
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.table import ClientIdTable

PAGE = 4096
TIME_INCREMENT = 156_250


def nothing(t: KThread, address: int) -> bytes:
    """A list of things that this kernel has none of."""
    return b""


def no_entries(t: KThread, address: int) -> bytes:
    """A list that counts its entries, and has none."""
    return bytes(4)


def zeroes(size: int) -> Callable[[KThread, int], bytes]:
    """Counters that nothing here counts."""
    return lambda t, address: bytes(size)


def processors(t: KThread) -> int:
    return t.kernel.part(Version).processors


def basic(t: KThread, address: int) -> bytes:
    count = processors(t)
    pages = t.kernel.part(CommitAccount).physical // PAGE
    return si.SYSTEM_BASIC_INFORMATION(
        TimerResolution=TIME_INCREMENT,
        PageSize=PAGE,
        NumberOfPhysicalPages=pages,
        LowestPhysicalPageNumber=1,
        HighestPhysicalPageNumber=pages,
        AllocationGranularity=0x10000,
        MinimumUserModeAddress=0x10000,
        MaximumUserModeAddress=0x7FFEFFFF,
        ActiveProcessorsAffinityMask=(1 << count) - 1,
        NumberOfProcessors=count,
    ).pack()


def processor(t: KThread, address: int) -> bytes:
    return si.SYSTEM_PROCESSOR_INFORMATION(
        ProcessorArchitecture=0, ProcessorLevel=6, ProcessorRevision=0x0801, ProcessorFeatureBits=0x3FFF
    ).pack()


def performance(t: KThread, address: int) -> bytes:
    """Counters of the whole system: memory, and the transfers of all processes that run."""
    commit, pool = t.kernel.part(CommitAccount), t.kernel.pool
    io = [0] * 6
    for process in t.kernel.part(ClientIdTable).running.values():
        io = [a + b for a, b in zip(io, process.io_counters, strict=True)]
    return si.SYSTEM_PERFORMANCE_INFORMATION(
        IdleProcessTime=_idle(t)[0] * processors(t),
        IoReadOperationCount=io[0] & 0xFFFFFFFF,
        IoWriteOperationCount=io[1] & 0xFFFFFFFF,
        IoOtherOperationCount=io[2] & 0xFFFFFFFF,
        IoReadTransferCount=io[3],
        IoWriteTransferCount=io[4],
        IoOtherTransferCount=io[5],
        AvailablePages=max(commit.physical - commit.used, 0) // PAGE,
        CommittedPages=commit.used // PAGE,
        CommitLimit=commit.limit // PAGE,
        PeakCommitment=commit.peak // PAGE,
        PagedPoolPages=pool.used // PAGE,
        FreeSystemPtes=(pool.limit - pool.used) // PAGE,
    ).pack()


def time_of_day(t: KThread, address: int) -> bytes:
    shared = t.kernel.part(SharedUserData)
    return SYSTEM_TIMEOFDAY_INFORMATION(
        BootTime=t.kernel.clock.system_time() - t.kernel.clock.interrupt_time(),
        CurrentTime=shared.system_time,
        TimeZoneBias=shared.bias,
        TimeZoneId=t.kernel.late_part(TimeZone).id,
    ).pack()


def _used(t: KThread) -> tuple[int, int]:
    """Processor time of all processes that run: user, kernel."""
    user = kernel = 0
    for process in t.kernel.part(ClientIdTable).running.values():
        mine = process.times()
        user, kernel = user + mine[0], kernel + mine[1]
    return user, kernel


def _idle(t: KThread) -> tuple[int, int, int]:
    """Of one processor, were all alike: idle, kernel (idle time counts as that, as in NT), user time."""
    elapsed, count = t.kernel.clock.interrupt_time(), processors(t)
    user, kernel = _used(t)
    idle = max(0, elapsed - -(-(user + kernel) // count))
    return idle, max(idle, elapsed - user // count), user // count


def processor_times(t: KThread, address: int) -> bytes:
    """The same for each processor: which one a thread used is the host's affair."""
    idle, kernel, user = _idle(t)
    ticks = t.kernel.clock.interrupt_time() // TIME_INCREMENT
    one = si.SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION(
        IdleTime=idle, KernelTime=kernel, UserTime=user, InterruptCount=ticks & 0xFFFFFFFF
    ).pack()
    return one * processors(t)


def processor_idle(t: KThread, address: int) -> bytes:
    return si.SYSTEM_PROCESSOR_IDLE_INFORMATION(IdleTime=_idle(t)[0]).pack() * processors(t)


def processor_power(t: KThread, address: int) -> bytes:
    one = si.SYSTEM_PROCESSOR_POWER_INFORMATION(CurrentFrequency=100, ThermalLimitFrequency=100).pack()
    return one * processors(t)


def call_counts(t: KThread, address: int) -> bytes:
    """Only checked builds count the calls: two tables without entries."""
    return si.SYSTEM_CALL_COUNT_INFORMATION(Length=16, NumberOfTables=2).pack() + bytes(8)


def devices(t: KThread, address: int) -> bytes:
    return si.SYSTEM_DEVICE_INFORMATION(NumberOfDisks=1).pack()


def flags(t: KThread, address: int) -> bytes:
    return t.kernel.late_part(SystemSettings).global_flag.to_bytes(4, "little")


def file_cache(t: KThread, address: int) -> bytes:
    low, high = t.kernel.late_part(SystemSettings).cache_working_set
    return si.SYSTEM_FILECACHE_INFORMATION(MinimumWorkingSet=low, MaximumWorkingSet=high).pack()


def interrupts(t: KThread, address: int) -> bytes:
    return si.SYSTEM_INTERRUPT_INFORMATION(TimeIncrement=TIME_INCREMENT).pack() * processors(t)


def dpc_behavior(t: KThread, address: int) -> bytes:
    return t.kernel.late_part(SystemSettings).dpc_behavior


def time_adjustment(t: KThread, address: int) -> bytes:
    settings = t.kernel.late_part(SystemSettings)
    return si.SYSTEM_QUERY_TIME_ADJUST_INFORMATION(
        TimeAdjustment=settings.time_adjustment,
        TimeIncrement=TIME_INCREMENT,
        Enable=settings.synchronized,
    ).pack()


def exceptions(t: KThread, address: int) -> bytes:
    return si.SYSTEM_EXCEPTION_INFORMATION().pack()


def debugger(t: KThread, address: int) -> bytes:
    return si.SYSTEM_KERNEL_DEBUGGER_INFORMATION(KernelDebuggerEnabled=0, KernelDebuggerNotPresent=1).pack()


def registry_quota(t: KThread, address: int) -> bytes:
    """The registry is charged to the pool, as everything is."""
    pool = t.kernel.pool
    allowed = t.kernel.late_part(SystemSettings).registry_quota or pool.limit // 4
    return si.SYSTEM_REGISTRY_QUOTA_INFORMATION(
        RegistryQuotaAllowed=allowed, RegistryQuotaUsed=0, PagedPoolSize=pool.limit
    ).pack()


def time_zone(t: KThread, address: int) -> bytes:
    return t.kernel.late_part(TimeZone).info(t.kernel.part(SharedUserData).bias).pack()


def range_start(t: KThread, address: int) -> bytes:
    """Where the kernel's half begins."""
    return (0x80000000).to_bytes(4, "little")


def data_alignment(t: KThread, address: int) -> bytes:
    """A cache line."""
    return (64).to_bytes(4, "little")


def com_plus_package(t: KThread, address: int) -> bytes:
    return t.kernel.late_part(SystemSettings).com_plus_package.to_bytes(4, "little")


def numa_processors(t: KThread, address: int) -> bytes:
    """One node, with every processor."""
    return bytes(8) + ((1 << processors(t)) - 1).to_bytes(8, "little")


def numa_memory(t: KThread, address: int) -> bytes:
    commit = t.kernel.part(CommitAccount)
    return bytes(8) + max(commit.physical - commit.used, 0).to_bytes(8, "little")


# -- since Vista --------------------------------------------------------------------------
def boot_environment(t: KThread, address: int) -> bytes:
    """Which firmware started the system: a BIOS."""
    return bytes(16) + (1).to_bytes(4, "little") + bytes(12)


def code_integrity(t: KThread, address: int) -> bytes:
    """Signatures are looked at by nobody."""
    return (8).to_bytes(4, "little") + bytes(4)


def dynamic_time_zone(t: KThread, address: int) -> bytes:
    """RTL_DYNAMIC_TIME_ZONE_INFORMATION: the zone, the name of its key, and whether it stays as it is."""
    zone = time_zone(t, address)
    name = "UTC" if not any(zone) else ""
    return (zone + name.encode("utf-16-le").ljust(256, b"\0")).ljust(432, b"\0")
