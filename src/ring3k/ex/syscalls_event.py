"""Events and event pairs."""

from __future__ import annotations

from ring3k.abi.access import (
    EVENT_MODIFY_STATE,
    EVENT_QUERY_STATE,
    SYNCHRONIZE,
    EventAccess,
    EventPairAccess,
)
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.enums import EventInfoClass, EventType
from ring3k.abi.status import STATUS_INVALID_PARAMETER, STATUS_NO_EVENT_PAIR, NtError
from ring3k.abi.strings import ObjectAttributesArg
from ring3k.abi.structs.ex import EVENT_BASIC_INFORMATION
from ring3k.abi.types import Boolean, Handle, In, Long, Opt, Out, OutBuffer, Sized, Ulong
from ring3k.engine.protocol import Native
from ring3k.ex.event import NOTIFICATION, SYNCHRONIZATION, Event, EventPair
from ring3k.ex.query import answer, only_class
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.open import create, open_
from ring3k.typed import Annotated


@syscall()
def NtCreateEvent(
    t: Thread,
    event_handle: Out[Handle],
    desired_access: EventAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
    event_type: EventType,
    initial_state: Boolean,
) -> int:
    """Create a notification or synchronization event."""
    if event_type not in (NOTIFICATION, SYNCHRONIZATION):
        raise NtError(STATUS_INVALID_PARAMETER)
    return create(
        t,
        event_handle,
        desired_access,
        object_attributes,
        Event,
        lambda: Event(t.kernel, event_type == SYNCHRONIZATION, initial_state),
    )


@syscall()
def NtOpenEvent(
    t: Thread,
    event_handle: Out[Handle],
    desired_access: EventAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named event."""
    return open_(t, event_handle, desired_access, object_attributes, Event)


@syscall(native=Native.SET_EVENT)
def NtSetEvent(t: Thread, event_handle: Handle, previous_state: Opt[Out[Long]]) -> int:
    """Signal an event."""
    event = t.handles.get(event_handle, Event, EVENT_MODIFY_STATE)
    before = event.set()
    t.memory.set_signal(event_handle, event.signal, Native.SET_EVENT)
    if previous_state is not None:
        previous_state.set(before)
    return 0


@syscall()
def NtSetEventBoostPriority(t: Thread, event_handle: Handle) -> int:
    """Signal a synchronization event; the host decides about priorities."""
    event = t.handles.get(event_handle, Event, EVENT_MODIFY_STATE)
    if not event.synchronization:
        raise NtError(STATUS_INVALID_PARAMETER)
    event.set()
    return 0


@syscall()
def NtResetEvent(t: Thread, event_handle: Handle, number_of_waiting_threads: Opt[Out[Long]]) -> int:
    """Take the signal back; the out parameter is in truth the previous state."""
    before = t.handles.get(event_handle, Event, EVENT_MODIFY_STATE).reset()
    if number_of_waiting_threads is not None:
        number_of_waiting_threads.set(before)
    return 0


@syscall()
def NtClearEvent(t: Thread, event_handle: Handle) -> int:
    """Take the signal back."""
    t.handles.get(event_handle, Event, EVENT_MODIFY_STATE).reset()
    return 0


@syscall()
def NtPulseEvent(t: Thread, event_handle: Handle, pulse_count: Opt[Out[Long]]) -> int:
    """Wake whoever waits now; the out parameter is the previous state."""
    before = t.handles.get(event_handle, Event, EVENT_MODIFY_STATE).pulse()
    if pulse_count is not None:
        pulse_count.set(before)
    return 0


@syscall()
def NtQueryEvent(
    t: Thread,
    event_handle: Handle,
    event_information_class: EventInfoClass,
    event_information: Annotated[OutBuffer, Sized("event_information_length", align=4)],
    event_information_length: Ulong,
    return_length: Opt[Out[Ulong]],
) -> int:
    """Type and state."""
    only_class(event_information_class, event_information_length, EVENT_BASIC_INFORMATION)
    event = t.handles.get(event_handle, Event, EVENT_QUERY_STATE)
    kind = SYNCHRONIZATION if event.synchronization else NOTIFICATION
    return answer(
        EVENT_BASIC_INFORMATION(EventType=kind, EventState=event.state), event_information, return_length
    )


# -- event pairs ------------------------------------------------------------------------
@syscall()
def NtCreateEventPair(
    t: Thread,
    event_pair_handle: Out[Handle],
    desired_access: EventPairAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Create a pair of synchronization events, both unset."""
    return create(
        t, event_pair_handle, desired_access, object_attributes, EventPair, lambda: EventPair(t.kernel)
    )


@syscall()
def NtOpenEventPair(
    t: Thread,
    event_pair_handle: Out[Handle],
    desired_access: EventPairAccess,
    object_attributes: Opt[In[ObjectAttributesArg]],
) -> int:
    """Open a named pair."""
    return open_(t, event_pair_handle, desired_access, object_attributes, EventPair)


def _pair(t: Thread, handle: int) -> EventPair:
    return t.handles.get(handle, EventPair, SYNCHRONIZE)  # type: ignore[no-any-return]  # Any-typed table


@syscall()
def NtSetLowEventPair(t: Thread, event_pair: Handle) -> int:
    """Set the low event."""
    _pair(t, event_pair).low.set()
    return 0


@syscall()
def NtSetHighEventPair(t: Thread, event_pair_handle: Handle) -> int:
    """Set the high event."""
    _pair(t, event_pair_handle).high.set()
    return 0


@syscall()
async def NtWaitLowEventPair(t: Thread, event_pair_handle: Handle) -> int:
    """Wait for the low event."""
    return await t.wait((_pair(t, event_pair_handle).low,))


@syscall()
async def NtWaitHighEventPair(t: Thread, event_pair_handle: Handle) -> int:
    """Wait for the high event."""
    return await t.wait((_pair(t, event_pair_handle).high,))


@syscall()
async def NtSetLowWaitHighEventPair(t: Thread, event_pair: Handle) -> int:
    """Set the low event and wait for the high one."""
    pair = _pair(t, event_pair)
    pair.low.set()
    return await t.wait((pair.high,))


@syscall()
async def NtSetHighWaitLowEventPair(t: Thread, event_pair_handle: Handle) -> int:
    """Set the high event and wait for the low one."""
    pair = _pair(t, event_pair_handle)
    pair.high.set()
    return await t.wait((pair.low,))


def _own_pair(t: Thread) -> EventPair:
    """The pair that ThreadEventPair gave the thread; STATUS_NO_EVENT_PAIR."""
    pair: EventPair | None = t.event_pair
    if pair is None:
        raise NtError(STATUS_NO_EVENT_PAIR)
    return pair


@syscall(PARTIAL, "of NT 4.0 only, for which no guest tests run")
async def NtSetHighWaitLowThread(t: Thread) -> int:
    """Hand over through the thread's own event pair, as the high side (NT 4.0)."""
    pair = _own_pair(t)
    pair.high.set()
    return await t.wait((pair.low,))


@syscall(PARTIAL, "of NT 4.0 only, for which no guest tests run")
async def NtSetLowWaitHighThread(t: Thread) -> int:
    """Hand over through the thread's own event pair, as the low side (NT 4.0)."""
    pair = _own_pair(t)
    pair.low.set()
    return await t.wait((pair.high,))
