"""The classes of NtSetSystemInformation.

Lengths are judged first, privileges next.  A missing privilege is
STATUS_PRIVILEGE_NOT_HELD for most and STATUS_ACCESS_DENIED for some, as in NT.
Drivers and sessions are the kernel's own to load and make: user mode is refused
even with the privilege, as NT refuses it where the image is not there.
"""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import EVENT_MODIFY_STATE
from ring3k.abi.status import (
    STATUS_ACCESS_DENIED,
    STATUS_INFO_LENGTH_MISMATCH,
    STATUS_INVALID_PARAMETER_2,
    STATUS_OBJECT_NAME_NOT_FOUND,
    NtError,
)
from ring3k.abi.struct import Fixed, bytes_of
from ring3k.abi.structs import sysinfo as si
from ring3k.abi.structs.ex import RTL_TIME_ZONE_INFORMATION
from ring3k.ex.event import Event
from ring3k.ex.settings import SystemSettings
from ring3k.ex.timezone import TimeZone
from ring3k.ke.thread import KThread
from ring3k.ps.kuser import SharedUserData
from ring3k.se.privilege import (
    SE_DEBUG_PRIVILEGE,
    SE_INCREASE_QUOTA_PRIVILEGE,
    SE_LOAD_DRIVER_PRIVILEGE,
    SE_SYSTEMTIME_PRIVILEGE,
    SE_TCB_PRIVILEGE,
    has_privilege,
    require_privilege,
)
from ring3k.typed import NamedTuple

CLASS = si.SYSTEM_INFORMATION_CLASS
TIME_INCREMENT = 156_250
FLG_BOOT_ONLY = 0x00004000 | 0x00008000 | 0x00000400 | 0x00100000  # type lists, handle traces, pool tags


class Setting(NamedTuple):
    """How a class is set; ``at_least`` where longer is all right."""

    fixed: Fixed
    act: Callable[[KThread, bytes], int]
    since: str = "nt40"
    at_least: bool = False

    def check(self, length: int) -> None:
        """STATUS_INFO_LENGTH_MISMATCH."""
        size = bytes_of(self.fixed)
        if length < size or (length > size and not self.at_least):
            raise NtError(STATUS_INFO_LENGTH_MISMATCH)


def _settings(t: KThread) -> SystemSettings:
    return t.kernel.late_part(SystemSettings)


def _word(data: bytes) -> int:
    return int.from_bytes(data[:4], "little")


def _allowed(t: KThread, privilege: int) -> None:
    """STATUS_ACCESS_DENIED."""
    if not has_privilege(t, privilege):
        raise NtError(STATUS_ACCESS_DENIED)


def _flags(t: KThread, data: bytes) -> int:
    _allowed(t, SE_DEBUG_PRIVILEGE)
    settings = _settings(t)
    settings.global_flag = (settings.global_flag & FLG_BOOT_ONLY) | (_word(data) & ~FLG_BOOT_ONLY)
    return 0


def _file_cache(t: KThread, data: bytes) -> int:
    _allowed(t, SE_INCREASE_QUOTA_PRIVILEGE)
    given = si.SYSTEM_FILECACHE_INFORMATION.unpack(data)
    if given.MinimumWorkingSet > given.MaximumWorkingSet:
        raise NtError(STATUS_INVALID_PARAMETER_2)
    _settings(t).cache_working_set = (given.MinimumWorkingSet, given.MaximumWorkingSet)
    return 0


def _dpc_behavior(t: KThread, data: bytes) -> int:
    require_privilege(t, SE_LOAD_DRIVER_PRIVILEGE)
    _settings(t).dpc_behavior = data
    return 0


def _time_adjustment(t: KThread, data: bytes) -> int:
    """Enable: the clock runs as it does; otherwise every interval counts for so much."""
    require_privilege(t, SE_SYSTEMTIME_PRIVILEGE)
    given = si.SYSTEM_SET_TIME_ADJUST_INFORMATION.unpack(data)
    settings = _settings(t)
    if given.Enable:
        settings.synchronized, settings.time_adjustment = True, TIME_INCREMENT
    else:
        if not given.TimeAdjustment:
            raise NtError(STATUS_INVALID_PARAMETER_2)
        settings.synchronized, settings.time_adjustment = False, given.TimeAdjustment
    t.kernel.clock.set_rate(settings.time_adjustment, TIME_INCREMENT)
    return 0


def _registry_quota(t: KThread, data: bytes) -> int:
    require_privilege(t, SE_INCREASE_QUOTA_PRIVILEGE)
    _settings(t).registry_quota = si.SYSTEM_REGISTRY_QUOTA_INFORMATION.unpack(data).RegistryQuotaAllowed
    return 0


def _priority_separation(t: KThread, data: bytes) -> int:
    require_privilege(t, SE_TCB_PRIVILEGE)
    _settings(t).priority_separation = _word(data)
    return 0


def _time_zone(t: KThread, data: bytes) -> int:
    require_privilege(t, SE_SYSTEMTIME_PRIVILEGE)
    zone = t.kernel.late_part(TimeZone)
    bias = zone.set(RTL_TIME_ZONE_INFORMATION.unpack(data), t.kernel.clock.system_time())
    t.kernel.part(SharedUserData).set_time_zone(bias, zone.id)
    return 0


def _time_slip(t: KThread, data: bytes) -> int:
    """An event that is set whenever the clock is; 0 for none."""
    require_privilege(t, SE_SYSTEMTIME_PRIVILEGE)
    handle = _word(data)
    event = t.handles.get(handle, Event, EVENT_MODIFY_STATE) if handle else None
    _settings(t).set_time_slip(event)
    return 0


def _com_plus(t: KThread, data: bytes) -> int:
    require_privilege(t, SE_TCB_PRIVILEGE)
    _settings(t).com_plus_package = _word(data)
    return 0


def _load(t: KThread, data: bytes) -> int:
    """An image to load into the kernel: there is none that could be."""
    require_privilege(t, SE_LOAD_DRIVER_PRIVILEGE)
    raise NtError(STATUS_OBJECT_NAME_NOT_FOUND)


def _verifier(t: KThread, data: bytes) -> int:
    """Drivers to verify: none is loaded, so nothing changes."""
    _allowed(t, SE_DEBUG_PRIVILEGE)
    return 0


def _session(t: KThread, data: bytes) -> int:
    """One session is all there is."""
    require_privilege(t, SE_LOAD_DRIVER_PRIVILEGE)
    raise NtError(STATUS_ACCESS_DENIED)


SETTINGS = {
    CLASS.SystemFlagsInformation: Setting(4, _flags),
    CLASS.SystemFileCacheInformation: Setting(si.SYSTEM_FILECACHE_INFORMATION, _file_cache, at_least=True),
    CLASS.SystemDpcBehaviorInformation: Setting(20, _dpc_behavior),
    CLASS.SystemLoadGdiDriverInformation: Setting(28, _load),
    CLASS.SystemUnloadGdiDriverInformation: Setting(4, _load),
    CLASS.SystemTimeAdjustmentInformation: Setting(8, _time_adjustment),
    CLASS.SystemRegistryQuotaInformation: Setting(12, _registry_quota),
    CLASS.SystemExtendServiceTableInformation: Setting(8, _load),
    CLASS.SystemPrioritySeperation: Setting(4, _priority_separation),
    CLASS.SystemVerifierAddDriverInformation: Setting(8, _verifier, "nt51"),
    CLASS.SystemVerifierRemoveDriverInformation: Setting(8, _verifier, "nt51"),
    CLASS.SystemCurrentTimeZoneInformation: Setting(RTL_TIME_ZONE_INFORMATION, _time_zone),
    CLASS.SystemTimeSlipNotification: Setting(4, _time_slip),
    CLASS.SystemSessionCreate: Setting(4, _session, "nt50"),
    CLASS.SystemSessionDetach: Setting(4, _session, "nt50"),
    CLASS.SystemVerifierInformation: Setting(4, _verifier, "nt50", at_least=True),
    CLASS.SystemVerifierThunkExtend: Setting(8, _load, "nt50", at_least=True),
    CLASS.SystemComPlusPackage: Setting(4, _com_plus, "nt51"),
}
