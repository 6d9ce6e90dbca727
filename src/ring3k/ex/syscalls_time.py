"""Time: system time, performance counter, timer resolution, tick count.

The counter's frequency is the ACPI timer's on 2000, the processor's on others;
here it is 10 MHz (interrupt time itself), which programs must read anyway.
"""

from __future__ import annotations

from ring3k.abi.call import syscall
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_TIMER_RESOLUTION_NOT_SET, NtError
from ring3k.abi.types import Boolean, In, LargeInteger, Opt, Out, Time, Ulong
from ring3k.ex.settings import SystemSettings
from ring3k.ke.thread import KThread as Thread
from ring3k.ps.kuser import SharedUserData
from ring3k.ps.resolution import COARSEST, FINEST, clock_interval, update_clock
from ring3k.sched.clock import UNITS_PER_SECOND
from ring3k.se.privilege import SE_SYSTEMTIME_PRIVILEGE, require_privilege

LAST_TIME = 0x20000000 << 32


@syscall()
def NtQuerySystemTime(t: Thread, system_time: Out[Time]) -> int:
    """100 ns units since 1601, UTC, as SharedUserData shows it: it moves with the clock's ticks."""
    system_time.set(t.kernel.part(SharedUserData).system_time)
    return 0


@syscall()
def NtSetSystemTime(t: Thread, system_time: In[Time], previous_time: Opt[Out[Time]]) -> int:
    """Set this system's clock; the host's stays."""
    require_privilege(t, SE_SYSTEMTIME_PRIVILEGE)
    if not 0 < system_time < LAST_TIME:
        raise NtError(STATUS_INVALID_PARAMETER)
    clock = t.kernel.clock
    before = clock.system_time()
    clock.set_system_time(system_time)
    t.kernel.clock_changed()
    t.kernel.late_part(SystemSettings).time_was_set()
    if previous_time is not None:
        previous_time.set(before)
    return 0


@syscall()
def NtQueryPerformanceCounter(
    t: Thread, performance_counter: Out[LargeInteger], performance_frequency: Opt[Out[LargeInteger]]
) -> int:
    """A counter that never goes back, and how many of its steps make a second."""
    performance_counter.set(t.kernel.clock.interrupt_time())
    if performance_frequency is not None:
        performance_frequency.set(UNITS_PER_SECOND)
    return 0


@syscall()
def NtGetTickCount(t: Thread) -> int:
    """Milliseconds since the system started, modulo 2**32."""
    return t.kernel.clock.interrupt_time() // 10_000 & 0xFFFFFFFF


@syscall()
def NtQueryTimerResolution(
    t: Thread, maximum_time: Out[Ulong], minimum_time: Out[Ulong], current_time: Out[Ulong]
) -> int:
    """Coarsest, finest and current clock interval in 100 ns units."""
    maximum_time.set(COARSEST)
    minimum_time.set(FINEST)
    current_time.set(clock_interval(t.kernel))
    return 0


@syscall()
def NtSetTimerResolution(
    t: Thread, desired_resolution: Ulong, set_resolution: Boolean, actual_resolution: Out[Ulong]
) -> int:
    """Ask for a finer clock, or give the request back.

    The finest request of all processes holds: the times of SharedUserData move so often.
    """
    process = t.process
    had, process.timer_resolution = process.timer_resolution, 0
    if set_resolution:
        process.timer_resolution = min(max(desired_resolution, FINEST), COARSEST)
    actual_resolution.set(update_clock(t.kernel))
    if not set_resolution and not had:
        raise NtError(STATUS_TIMER_RESOLUTION_NOT_SET)
    return 0
