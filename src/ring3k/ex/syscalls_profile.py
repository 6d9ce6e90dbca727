"""Profiles."""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.enums import ProfileSource
from ring3k.abi.status import (
    STATUS_BUFFER_OVERFLOW,
    STATUS_BUFFER_TOO_SMALL,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_PARAMETER_7,
    STATUS_NOT_SUPPORTED,
    NtError,
)
from ring3k.abi.structs.ke import KPROFILE_SOURCE
from ring3k.abi.types import Handle, Out, OutBuffer, Pointer, Sized, SizeT, Ulong, UlongPtr
from ring3k.ex.profile import Profile, Sampler
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.ob.open import give
from ring3k.ps.process import Process
from ring3k.se.privilege import SE_SYSTEM_PROFILE_PRIVILEGE, require_privilege
from ring3k.typed import Annotated

PROFILE_CONTROL = 1
PROFILE_ALL_ACCESS = 0xF0001
PROCESS_QUERY_INFORMATION = 0x400


def _check_range(range_base: int, range_size: int, bucket_size: int, buffer_size: int) -> None:
    """The comparison of sizes forgives a quarter of a bucket, as NT's does."""
    if not buffer_size or (range_base < 0x10000 and not bucket_size and buffer_size < 4):
        raise NtError(STATUS_INVALID_PARAMETER_7)
    if not 2 <= bucket_size <= 31:
        raise NtError(STATUS_INVALID_PARAMETER)
    if buffer_size < range_size >> (bucket_size - 2):
        raise NtError(STATUS_BUFFER_TOO_SMALL)
    if range_base + range_size > 0xFFFFFFFF:
        raise NtError(STATUS_BUFFER_OVERFLOW)


@syscall(first=_check_range)
def NtCreateProfile(
    t: Thread,
    profile_handle: Out[Handle],
    process: Handle,
    range_base: Pointer,
    range_size: SizeT,
    bucket_size: Ulong,
    buffer: Annotated[OutBuffer, Sized("buffer_size", align=4)],
    buffer_size: Ulong,
    profile_source: ProfileSource,
    affinity: UlongPtr,
) -> int:
    """Create an object that counts where a process spends its time, by ranges of 2**bucket_size bytes.

    No process means all of them, which takes the right to profile the system.
    """
    if process:
        found = lookup(t, process, Process, PROCESS_QUERY_INFORMATION)
    else:
        require_privilege(t, SE_SYSTEM_PROFILE_PRIVILEGE)
        found = None
    if profile_source != KPROFILE_SOURCE.ProfileTime:
        raise NtError(STATUS_NOT_SUPPORTED)
    made = Profile(t.kernel, found, range_base, range_size, bucket_size, buffer.address, buffer_size)
    give(t, profile_handle, made, PROFILE_ALL_ACCESS, 0)
    return 0


@syscall()
def NtStartProfile(t: Thread, profile_handle: Handle) -> int:
    """Begin counting."""
    t.handles.get(profile_handle, Profile, PROFILE_CONTROL).start(t)
    return 0


@syscall()
def NtStopProfile(t: Thread, profile_handle: Handle) -> int:
    """Stop counting."""
    t.handles.get(profile_handle, Profile, PROFILE_CONTROL).stop()
    return 0


@syscall()
def NtQueryIntervalProfile(t: Thread, profile_source: ProfileSource, interval: Out[Ulong]) -> int:
    """Time between two samples of a profile source; 0 for one that is not there."""
    timed = profile_source == KPROFILE_SOURCE.ProfileTime
    interval.set(t.kernel.late_part(Sampler).interval if timed else 0)
    return 0


@syscall()
def NtSetIntervalProfile(t: Thread, interval: Ulong, profile_source: ProfileSource) -> int:
    """Set the time between two samples of a profile source, as near as the hardware can."""
    if profile_source == KPROFILE_SOURCE.ProfileTime:
        t.kernel.late_part(Sampler).set_interval(interval)
    return 0
