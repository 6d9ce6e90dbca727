"""Power: what a plain PC on mains can do, and what programs want kept awake.

The machine has no sleeping states, no battery and no fixed button: it works or it
is off.  So every wish to sleep is refused, and to shut down or restart ends the
system.  Policies are kept as they are set; nothing here ever idles.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED,
    NtError,
)
from ring3k.abi.structs import power as sp
from ring3k.abi.version import Version
from ring3k.ps.table import ClientIdTable
from ring3k.se.privilege import SE_CREATE_PAGEFILE_PRIVILEGE, SE_SHUTDOWN_PRIVILEGE, require_privilege
from ring3k.typed import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from ring3k.ke.thread import KThread

LEVEL = sp.POWER_INFORMATION_LEVEL
ACTION = sp.POWER_ACTION
STATE = sp.SYSTEM_POWER_STATE
ACTION_FLAGS = 0xF0000007  # POWER_ACTION_*: query, UI, override, lightest first, lock, no wakes, critical
ON_BATTERY_DEFAULT = 1  # revision of the policy structures


@cache
def processor_mhz() -> int:
    """What the host's processor runs at."""
    import re

    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            found = re.search(r"^cpu MHz\s*:\s*(\d+)", file.read(), re.MULTILINE)
    except OSError:
        found = None
    return int(found.group(1)) if found else 1000


class PowerPolicies:
    """The policies, as bytes: a program gets back what was set."""

    SIZES: ClassVar = {
        LEVEL.SystemPowerPolicyAc: 232,
        LEVEL.SystemPowerPolicyDc: 232,
        LEVEL.AdministratorPowerPolicy: 24,
        LEVEL.ProcessorPowerPolicyAc: 76,
        LEVEL.ProcessorPowerPolicyDc: 76,
    }
    CURRENT: ClassVar = {
        LEVEL.SystemPowerPolicyCurrent: LEVEL.SystemPowerPolicyAc,
        LEVEL.ProcessorPowerPolicyCurrent: LEVEL.ProcessorPowerPolicyAc,
    }
    VERIFY: ClassVar = {
        LEVEL.VerifySystemPolicyAc: LEVEL.SystemPowerPolicyAc,
        LEVEL.VerifySystemPolicyDc: LEVEL.SystemPowerPolicyDc,
        LEVEL.VerifyProcessorPowerPolicyAc: LEVEL.ProcessorPowerPolicyAc,
        LEVEL.VerifyProcessorPowerPolicyDc: LEVEL.ProcessorPowerPolicyDc,
    }

    def __init__(self) -> None:
        self._values = {level: b"\1".ljust(size, b"\0") for level, size in self.SIZES.items()}

    def find(self, level: int) -> bytes:
        """The policy that is in force or would be."""
        return self._values[self.CURRENT.get(level, self.VERIFY.get(level, level))]

    def check(self, level: int, value: bytes) -> bytes:
        """A policy of the revision known, as long as it is; STATUS_INVALID_PARAMETER."""
        if len(value) != len(self.find(level)) or value[:4] != b"\1\0\0\0":
            raise NtError(STATUS_INVALID_PARAMETER)
        return value

    def set(self, level: int, value: bytes) -> None:
        self._values[level] = self.check(level, value)


# -- NtPowerInformation ------------------------------------------------------------------
class Query(NamedTuple):
    """A level that is only asked: how much there is at least, and what."""

    size: int
    make: Callable[[KThread], bytes]


def _capabilities(t: KThread) -> bytes:
    return sp.SYSTEM_POWER_CAPABILITIES(
        PowerButtonPresent=1,
        SystemS5=1,
        ProcessorMinThrottle=100,
        ProcessorMaxThrottle=100,
        AcOnLineWake=STATE.PowerSystemUnspecified,
        RtcWake=STATE.PowerSystemUnspecified,
        MinDeviceWakeState=STATE.PowerSystemUnspecified,
        DefaultLowLatencyWake=STATE.PowerSystemUnspecified,
    ).pack()


def _battery(t: KThread) -> bytes:
    return sp.SYSTEM_BATTERY_STATE(AcOnLine=1, EstimatedTime=0xFFFFFFFF).pack()


def _processors(t: KThread) -> bytes:
    mhz = processor_mhz()
    return b"".join(
        sp.PROCESSOR_POWER_INFORMATION(Number=number, MaxMhz=mhz, CurrentMhz=mhz, MhzLimit=mhz).pack()
        for number in range(t.kernel.part(Version).processors)
    )


def _idleness(t: KThread) -> bytes:
    return sp.SYSTEM_POWER_INFORMATION(MaxIdlenessAllowed=90, CoolingMode=2).pack()  # PO_TZ_INVALID_MODE


def execution_state(t: KThread) -> int:
    """What all threads together want kept awake."""
    wanted = 0
    for process in t.kernel.part(ClientIdTable).running.values():
        for thread in process.threads:
            wanted |= thread.execution_state
    return wanted & ~sp.ES_CONTINUOUS


QUERIES = {
    LEVEL.SystemPowerCapabilities: Query(sp.SYSTEM_POWER_CAPABILITIES.size(), _capabilities),
    LEVEL.SystemBatteryState: Query(sp.SYSTEM_BATTERY_STATE.size(), _battery),
    LEVEL.ProcessorInformation: Query(sp.PROCESSOR_POWER_INFORMATION.size(), _processors),
    LEVEL.SystemPowerInformation: Query(sp.SYSTEM_POWER_INFORMATION.size(), _idleness),
    LEVEL.LastWakeTime: Query(8, lambda t: bytes(8)),
    LEVEL.LastSleepTime: Query(8, lambda t: bytes(8)),
    LEVEL.SystemExecutionState: Query(4, lambda t: execution_state(t).to_bytes(4, "little")),
}
KERNEL_ONLY = (
    LEVEL.SystemPowerStateHandler,
    LEVEL.ProcessorStateHandler,
    LEVEL.ProcessorStateHandler2,
    LEVEL.SystemPowerStateNotifyHandler,
    LEVEL.SystemPowerStateLogging,
    LEVEL.SystemPowerLoggingEntry,
)


def power_information(t: KThread, level: int, given: bytes | None, room: int | None) -> bytes:
    """What a level answers.  ``given``: the input, None for none; ``room``: of the output, None for none."""
    query = QUERIES.get(level)
    if query is not None:
        if given is not None or room is None:
            raise NtError(STATUS_INVALID_PARAMETER)
        data = query.make(t)
        if room < (len(data) if level == LEVEL.ProcessorInformation else query.size):
            raise NtError(STATUS_BUFFER_TOO_SMALL)
        return data
    if level in KERNEL_ONLY:
        raise NtError(STATUS_ACCESS_DENIED)
    if level == LEVEL.SystemReserveHiberFile:
        return _reserve(t, given, room)
    return _policy(t, level, given, room)


def _reserve(t: KThread, given: bytes | None, room: int | None) -> bytes:
    """A hibernation file, on a machine that cannot hibernate."""
    if given is None or len(given) != 1 or room is not None:
        raise NtError(STATUS_INVALID_PARAMETER)
    require_privilege(t, SE_CREATE_PAGEFILE_PRIVILEGE)
    if given[0]:
        raise NtError(STATUS_NOT_SUPPORTED)
    return b""


def _policy(t: KThread, level: int, given: bytes | None, room: int | None) -> bytes:
    policies = t.kernel.late_part(PowerPolicies)
    if level not in policies.SIZES and level not in policies.CURRENT and level not in policies.VERIFY:
        raise NtError(STATUS_INVALID_PARAMETER)
    value = policies.find(level)
    if given is not None:
        if level in policies.CURRENT:
            raise NtError(STATUS_INVALID_PARAMETER)
        if level == LEVEL.AdministratorPowerPolicy:
            require_privilege(t, SE_CREATE_PAGEFILE_PRIVILEGE)
        value = policies.check(level, given)
        if level in policies.SIZES:
            policies.set(level, given)
    elif level in policies.VERIFY:
        raise NtError(STATUS_INVALID_PARAMETER)
    if room is not None and room < len(value):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    return value if room is not None else b""


# -- actions ---------------------------------------------------------------------------------
def check_action(action: int, state: int, flags: int) -> None:
    """STATUS_INVALID_PARAMETER."""
    if (
        not ACTION.PowerActionReserved <= action <= ACTION.PowerActionWarmEject
        or not STATE.PowerSystemUnspecified < state <= STATE.PowerSystemShutdown
        or flags & ~ACTION_FLAGS
    ):
        raise NtError(STATUS_INVALID_PARAMETER)


def carry_out(t: KThread, action: int) -> int:
    """End the system; STATUS_PRIVILEGE_NOT_HELD, or STATUS_NOT_SUPPORTED for what is no end."""
    require_privilege(t, SE_SHUTDOWN_PRIVILEGE)
    if action not in (
        ACTION.PowerActionShutdown,
        ACTION.PowerActionShutdownReset,
        ACTION.PowerActionShutdownOff,
    ):
        raise NtError(STATUS_NOT_SUPPORTED)
    t.kernel.shut_down()
    return 0


def device_state(file: Any) -> int:
    """Every device of this machine is fully on."""
    return sp.DEVICE_POWER_STATE.PowerDeviceD0
