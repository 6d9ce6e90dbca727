"""Timers and keyed events."""

from __future__ import annotations

from ring3k.abi.access import (
    KEYEDEVENT_WAIT,
    KEYEDEVENT_WAKE,
    TIMER_MODIFY_STATE,
    TIMER_QUERY_STATE,
    KeyedEventAccess,
    TimerAccess,
)
from ring3k.abi.call import syscall
from ring3k.abi.enums import TimerInfoClass, TimerType
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_4,
    STATUS_INVALID_PARAMETER_6,
    STATUS_TIMER_RESUME_IGNORED,
    NtError,
)
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.ex import KEYEDEVENT_KEY_MASK, TIMER_BASIC_INFORMATION
from ring3k.abi.types import (
    Boolean,
    Handle,
    In,
    Long,
    Opt,
    Out,
    OutBuffer,
    Pointer,
    Sized,
    Timeout,
    Ulong,
)
from ring3k.abi.version import Version
from ring3k.ex.query import answer, only_class
from ring3k.ex.timer import EverybodysKeyedEvent, KeyedEvent, Timer
from ring3k.ke.thread import KThread as Thread
from ring3k.ke.thread import UserApc
from ring3k.ob.open import create, open_
from ring3k.ob.syscalls_wait import deadline_of, due_time_of
from ring3k.typed import Annotated


@syscall()
def NtCreateTimer(
    t: Thread,
    timer_handle: Out[Handle],
    desired_access: TimerAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    timer_type: TimerType,
) -> int:
    """Create a timer that is not set."""
    if timer_type not in (0, 1):
        raise NtError(STATUS_INVALID_PARAMETER_4)
    return create(
        t, timer_handle, desired_access, object_attributes, Timer, lambda: Timer(t.kernel, timer_type == 1)
    )


@syscall()
def NtOpenTimer(
    t: Thread,
    timer_handle: Out[Handle],
    desired_access: TimerAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named timer."""
    return open_(t, timer_handle, desired_access, object_attributes, Timer)


def _check_period(period: int) -> None:
    if period < 0:
        raise NtError(STATUS_INVALID_PARAMETER_6)


@syscall(first=_check_period)
def NtSetTimer(
    t: Thread,
    timer_handle: Handle,
    due_time: In[Timeout],
    timer_apc_routine: Pointer,
    timer_context: Pointer,
    resume_timer: Boolean,
    period: Long,
    previous_state: Opt[Out[Boolean]],
) -> int:
    """Set a timer: negative due times are relative, others absolute.

    The APC gets the context and the due time's two halves.  No machine of ours
    sleeps, so asking to wake it is answered with STATUS_TIMER_RESUME_IGNORED.
    """
    timer = t.handles.get(timer_handle, Timer, TIMER_MODIFY_STATE)
    due = due_time_of(t, due_time)
    apc = None
    if timer_apc_routine:
        when = due - t.kernel.clock.interrupt_time() + t.kernel.clock.system_time()
        apc = UserApc(timer_apc_routine, timer_context, when & 0xFFFFFFFF, when >> 32 & 0xFFFFFFFF, timer)
    before = timer.start(due, period, t, apc)
    if previous_state is not None:
        previous_state.set(before)
    return STATUS_TIMER_RESUME_IGNORED if resume_timer else 0


@syscall()
def NtCancelTimer(t: Thread, timer_handle: Handle, current_state: Opt[Out[Boolean]]) -> int:
    """Stop a timer and take its APC back; the signal state stays."""
    state = t.handles.get(timer_handle, Timer, TIMER_MODIFY_STATE).cancel()
    if current_state is not None:
        current_state.set(state)
    return 0


@syscall()
def NtQueryTimer(
    t: Thread,
    timer_handle: Handle,
    timer_information_class: TimerInfoClass,
    timer_information: Annotated[OutBuffer, Sized("timer_information_length", align=4)],
    timer_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Time left and state."""
    only_class(timer_information_class, timer_information_length, TIMER_BASIC_INFORMATION)
    timer = t.handles.get(timer_handle, Timer, TIMER_QUERY_STATE)
    return answer(
        TIMER_BASIC_INFORMATION(TimeRemaining=timer.remaining(), SignalState=timer.state),
        timer_information,
        return_length,
    )


# -- keyed events (XP) ---------------------------------------------------------------------
@syscall()
def NtCreateKeyedEvent(
    t: Thread,
    keyed_event_handle: Out[Handle],
    desired_access: KeyedEventAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    flags: Ulong,
) -> int:
    """Create a keyed event."""
    if flags:
        raise NtError(STATUS_INVALID_PARAMETER_4)
    return create(
        t, keyed_event_handle, desired_access, object_attributes, KeyedEvent, lambda: KeyedEvent(t.kernel)
    )


@syscall()
def NtOpenKeyedEvent(
    t: Thread,
    keyed_event_handle: Out[Handle],
    desired_access: KeyedEventAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named keyed event, such as \\\\KernelObjects\\\\CritSecOutOfMemoryEvent."""
    return open_(t, keyed_event_handle, desired_access, object_attributes, KeyedEvent)


async def _meet(t: Thread, handle: int, right: int, key: int, alertable: bool, timeout: int | None) -> int:
    if key & KEYEDEVENT_KEY_MASK:
        raise NtError(STATUS_INVALID_PARAMETER_1)
    if handle == 0 and t.kernel.part(Version).level >= 60:
        event = t.kernel.late_part(EverybodysKeyedEvent).event
    else:
        event = t.handles.get(handle, KeyedEvent, right)
    status: int = await event.meet(t, right == KEYEDEVENT_WAKE, key, alertable, deadline_of(t, timeout))
    return status


@syscall()
async def NtWaitForKeyedEvent(
    t: Thread, keyed_event_handle: Handle, key: Pointer, alertable: Boolean, timeout: Opt[In[Timeout]]
) -> int:
    """Wait until another thread of the process releases this key (an even value)."""
    return await _meet(t, keyed_event_handle, KEYEDEVENT_WAIT, key, alertable, timeout)


@syscall()
async def NtReleaseKeyedEvent(
    t: Thread, keyed_event_handle: Handle, key: Pointer, alertable: Boolean, timeout: Opt[In[Timeout]]
) -> int:
    """Wake one thread of the process that waits for this key; waits until there is one."""
    return await _meet(t, keyed_event_handle, KEYEDEVENT_WAKE, key, alertable, timeout)
