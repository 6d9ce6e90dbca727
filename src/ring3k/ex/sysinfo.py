"""The classes of NtQuerySystemInformation: which a version has, and how long their answers are.

NT has four ways to compare lengths, and ``Class.rule`` says which a class follows:
exactly its size; at least its size; a list, at least as long as one entry, that
tells what it needs when it does not fit; or as many whole entries as fit.  A class
that a version has but never wrote is STATUS_NOT_IMPLEMENTED whatever the length,
and one that can only be set is as good as unknown.

The machine shown is a plain PC.  What this kernel does not count is zero.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.status import STATUS_INFO_LENGTH_MISMATCH, STATUS_NOT_IMPLEMENTED, NtError
from ring3k.abi.struct import Fixed, bytes_of
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import (
    RTL_TIME_ZONE_INFORMATION,
    SYSTEM_OBJECTTYPE_INFORMATION,
    SYSTEM_TIMEOFDAY_INFORMATION,
)
from ring3k.abi.version import LATEST, LEVELS, Version
from ring3k.ex import processors
from ring3k.ex import sysinfo_lists as lists
from ring3k.ex import sysinfo_numbers as numbers
from ring3k.ke.thread import KThread
from ring3k.typed import Enum, NamedTuple

CLASS = si.SYSTEM_INFORMATION_CLASS
Make = Callable[[KThread, int], bytes]  # (caller, address of the buffer)


class Rule(Enum):
    EXACT = "exactly so long"
    LEAST = "at least so long"
    LIST = "at least so long, and then as long as it takes"
    FITTING = "at least so long, whole entries of that size that fit"
    UP_TO = "cut to any length up to that"
    UNWRITTEN = "not in NT"


class Class(NamedTuple):
    """How a class is answered."""

    rule: Rule
    fixed: Fixed = 0
    make: Make = numbers.nothing
    since: str = "nt40"
    until: str = LATEST

    @property
    def size(self) -> int:
        return bytes_of(self.fixed)

    def check(self, length: int) -> None:
        """STATUS_INFO_LENGTH_MISMATCH, STATUS_NOT_IMPLEMENTED."""
        if self.rule is Rule.UNWRITTEN:
            raise NtError(STATUS_NOT_IMPLEMENTED)
        if self.rule is Rule.UP_TO:
            wrong = length > self.size
        else:
            wrong = length != self.size if self.rule is Rule.EXACT else length < self.size
        if wrong:
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)

    def cut(self, data: bytes, length: int) -> bytes:
        """What of the answer is written."""
        if self.rule is Rule.UP_TO:
            return data[:length]
        if self.rule is Rule.FITTING:
            return data[: length // self.size * self.size] if self.size else data
        return data


def _exact(fixed: Fixed, make: Make, since: str = "nt40", until: str = LATEST) -> Class:
    return Class(Rule.EXACT, fixed, make, since, until)


def _least(fixed: Fixed, make: Make, since: str = "nt40", until: str = LATEST) -> Class:
    return Class(Rule.LEAST, fixed, make, since, until)


UNWRITTEN = Class(Rule.UNWRITTEN)
UNWRITTEN_BEFORE_XP = Class(Rule.UNWRITTEN, until="nt50")


def _all() -> dict[int, Class]:
    n, li = numbers, lists
    return {
        CLASS.SystemBasicInformation: _exact(si.SYSTEM_BASIC_INFORMATION, n.basic),
        CLASS.SystemProcessorInformation: _least(si.SYSTEM_PROCESSOR_INFORMATION, n.processor),
        CLASS.SystemPerformanceInformation: _least(si.SYSTEM_PERFORMANCE_INFORMATION, n.performance),
        CLASS.SystemTimeOfDayInformation: Class(Rule.UP_TO, SYSTEM_TIMEOFDAY_INFORMATION, n.time_of_day),
        CLASS.SystemPathInformation: UNWRITTEN,
        CLASS.SystemProcessInformation: Class(Rule.LIST, si.SYSTEM_PROCESS_INFORMATION, li.processes),
        CLASS.SystemCallCountInformation: Class(Rule.LIST, 16, n.call_counts),
        CLASS.SystemDeviceInformation: _exact(si.SYSTEM_DEVICE_INFORMATION, n.devices),
        CLASS.SystemProcessorPerformanceInformation: Class(
            Rule.FITTING, si.SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION, n.processor_times
        ),
        CLASS.SystemFlagsInformation: _exact(4, n.flags),
        CLASS.SystemCallTimeInformation: UNWRITTEN,
        CLASS.SystemModuleInformation: Class(Rule.LIST, 4, li.modules),
        CLASS.SystemLocksInformation: Class(Rule.LIST, 4, n.no_entries),
        CLASS.SystemStackTraceInformation: UNWRITTEN,
        CLASS.SystemPagedPoolInformation: UNWRITTEN,
        CLASS.SystemNonPagedPoolInformation: UNWRITTEN,
        CLASS.SystemHandleInformation: Class(Rule.LIST, 20, li.handles),
        CLASS.SystemObjectInformation: Class(Rule.LIST, SYSTEM_OBJECTTYPE_INFORMATION, li.objects),
        CLASS.SystemPageFileInformation: Class(Rule.LIST, si.SYSTEM_PAGEFILE_INFORMATION, li.page_files),
        CLASS.SystemVdmInstemulInformation: _exact(136, n.zeroes(136)),
        CLASS.SystemFileCacheInformation: _least(si.SYSTEM_FILECACHE_INFORMATION, n.file_cache),
        CLASS.SystemPoolTagInformation: UNWRITTEN,  # the pool is not tagged
        CLASS.SystemInterruptInformation: Class(Rule.LIST, 0, n.interrupts),
        CLASS.SystemDpcBehaviorInformation: _exact(20, n.dpc_behavior),
        CLASS.SystemFullMemoryInformation: UNWRITTEN,
        CLASS.SystemTimeAdjustmentInformation: _exact(
            si.SYSTEM_QUERY_TIME_ADJUST_INFORMATION, n.time_adjustment
        ),
        CLASS.SystemSummaryMemoryInformation: UNWRITTEN,
        CLASS.SystemMirrorMemoryInformation: UNWRITTEN_BEFORE_XP,
        CLASS.SystemPerformanceTraceInformation: UNWRITTEN_BEFORE_XP,
        CLASS.SystemObsolete0: _exact(4, n.zeroes(4), until="nt50"),  # the crash dump's section
        CLASS.SystemExceptionInformation: _least(16, n.exceptions),
        CLASS.SystemCrashDumpStateInformation: _exact(8, n.zeroes(8), until="nt50"),
        CLASS.SystemKernelDebuggerInformation: _least(2, n.debugger),
        CLASS.SystemContextSwitchInformation: _least(48, n.zeroes(48)),
        CLASS.SystemRegistryQuotaInformation: _least(12, n.registry_quota),
        CLASS.SystemVerifierAddDriverInformation: UNWRITTEN_BEFORE_XP,
        CLASS.SystemVerifierRemoveDriverInformation: UNWRITTEN_BEFORE_XP,
        CLASS.SystemProcessorIdleInformation: Class(
            Rule.FITTING, si.SYSTEM_PROCESSOR_IDLE_INFORMATION, n.processor_idle, "nt51"
        ),
        CLASS.SystemLegacyDriverInformation: _least(12, n.zeroes(12), "nt51"),
        CLASS.SystemCurrentTimeZoneInformation: _least(RTL_TIME_ZONE_INFORMATION, n.time_zone),
        CLASS.SystemLookasideInformation: Class(Rule.FITTING, 0, n.nothing),
        CLASS.SystemRangeStartInformation: _exact(4, n.range_start, "nt50"),
        CLASS.SystemVerifierInformation: Class(Rule.LIST, 0, n.nothing, "nt50"),
        CLASS.SystemSessionProcessInformation: _exact(12, li.session_processes, "nt50"),
        CLASS.SystemNumaProcessorMap: Class(Rule.FITTING, 8, n.numa_processors, "nt51"),
        CLASS.SystemExtendedProcessInformation: Class(
            Rule.LIST, si.SYSTEM_PROCESS_INFORMATION, li.extended_processes, "nt51"
        ),
        CLASS.SystemRecommendedSharedDataAlignment: _exact(4, n.data_alignment, "nt51"),
        CLASS.SystemComPlusPackage: _exact(4, n.com_plus_package, "nt51"),
        CLASS.SystemNumaAvailableMemory: Class(Rule.FITTING, 8, n.numa_memory, "nt51"),
        CLASS.SystemProcessorPowerInformation: Class(
            Rule.FITTING, si.SYSTEM_PROCESSOR_POWER_INFORMATION, n.processor_power, "nt51"
        ),
        CLASS.SystemEmulationBasicInformation: _exact(si.SYSTEM_BASIC_INFORMATION, n.basic, "nt51"),
        CLASS.SystemEmulationProcessorInformation: _least(
            si.SYSTEM_PROCESSOR_INFORMATION, n.processor, "nt51"
        ),
        CLASS.SystemExtendedHandleInformation: Class(Rule.LIST, 36, li.extended_handles, "nt51"),
        CLASS.SystemLostDelayedWriteInformation: _exact(4, n.zeroes(4), "nt51"),
        CLASS.SystemLogicalProcessorInformation: Class(Rule.LIST, 0, processors.logical, "nt52"),
        CLASS.SystemBootEnvironmentInformation: _exact(32, n.boot_environment, "nt100"),
        CLASS.SystemDynamicTimeZoneInformation: _least(432, n.dynamic_time_zone, "nt100"),
        CLASS.SystemCodeIntegrityInformation: _exact(8, n.code_integrity, "nt100"),
        CLASS.SystemNativeBasicInformation: _exact(si.SYSTEM_BASIC_INFORMATION, n.basic, "nt100"),
        CLASS.SystemKernelDebuggerInformationEx: _exact(3, n.zeroes(3), "nt100"),
    }


def classes(version: Version) -> dict[int, Class]:
    """The classes of a version."""
    mine = version.level
    return {number: one for number, one in _all().items() if LEVELS[one.since] <= mine <= LEVELS[one.until]}
