"""Waiting: NtWaitForSingleObject, NtWaitForMultipleObjects, NtSignalAndWaitForSingleObject.

A file, and in time a port, is waited for through an object of its own: such an
object has ``wait_target``.  What cannot be waited for is STATUS_OBJECT_TYPE_MISMATCH.
"""

from __future__ import annotations

from collections.abc import Sequence

from ring3k.abi.access import SYNCHRONIZE
from ring3k.abi.call import PARTIAL, Answer, syscall
from ring3k.abi.enums import WaitType
from ring3k.abi.status import (
    STATUS_INVALID_PARAMETER_1,
    STATUS_INVALID_PARAMETER_3,
    STATUS_INVALID_PARAMETER_MIX,
    STATUS_OBJECT_TYPE_MISMATCH,
    NtError,
)
from ring3k.abi.types import Boolean, Handle, In, Opt, Pointer, Timeout, Ulong
from ring3k.engine.protocol import Native
from ring3k.ke.dispatcher import MAXIMUM_WAIT_OBJECTS, Dispatcher
from ring3k.ke.thread import KThread as Thread
from ring3k.ob.handles import lookup
from ring3k.typed import Any


def deadline_of(t: Thread, timeout: int | None) -> int | None:
    """Interrupt time at which a time-out ends, None for ever."""
    return None if timeout is None else due_time_of(t, timeout)


def due_time_of(t: Thread, timeout: int) -> int:
    """Interrupt time of a due time: negative is relative, positive absolute system time."""
    clock = t.kernel.clock
    if timeout > 0:
        return timeout - clock.system_time() + clock.interrupt_time()
    return clock.interrupt_time() - timeout


def waitable(t: Thread, handle: int) -> Dispatcher:
    """What a wait on this handle waits for."""
    found: Any = lookup(t, handle, object, SYNCHRONIZE)
    if isinstance(found, Dispatcher):
        return found
    target = getattr(found, "wait_target", None)
    if not isinstance(target, Dispatcher):
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    return target


def _note_plain(t: Thread, handle: int, found: Dispatcher) -> None:
    """The next wait like this one, for ever and without alerts, may be the engine's."""
    if found.signal is not None:
        t.memory.set_signal(handle, found.signal, Native.WAIT_SINGLE)


@syscall(native=Native.WAIT_SINGLE)
def NtWaitForSingleObject(t: Thread, handle: Handle, alertable: Boolean, timeout: Opt[In[Timeout]]) -> Answer:
    """Wait until the object is signalled, time runs out, or an alert or APC arrives."""
    found = waitable(t, handle)
    if timeout is None:
        _note_plain(t, handle, found)
    return t.begin_wait((found,), False, alertable, deadline_of(t, timeout))


def _check_wait(count: int, wait_type: int) -> None:
    """What is wrong with the numbers of NtWaitForMultipleObjects."""
    if not 0 < count <= MAXIMUM_WAIT_OBJECTS:
        raise NtError(STATUS_INVALID_PARAMETER_1)
    if wait_type not in (0, 1):
        raise NtError(STATUS_INVALID_PARAMETER_3)


def _check_wait32(object_count: int, wait_type: int) -> None:
    _check_wait(object_count, wait_type)


def _wait_many(
    t: Thread, count: int, handles: int, wait_type: int, alertable: bool, timeout: int | None
) -> Answer:
    objects: Sequence[Dispatcher]
    if count == 1:
        handle = t.memory.read_u32(handles)
        objects = (waitable(t, handle),)
        if timeout is None:
            _note_plain(t, handle, objects[0])
    else:
        raw = t.memory.read(handles, count * 4)
        objects = [waitable(t, int.from_bytes(raw[i : i + 4], "little")) for i in range(0, count * 4, 4)]
    wait_all = wait_type == 0
    if wait_all and len(set(map(id, objects))) != count:
        raise NtError(STATUS_INVALID_PARAMETER_MIX)
    return t.begin_wait(objects, wait_all, alertable, deadline_of(t, timeout))


@syscall(first=_check_wait, native=Native.WAIT_MULTIPLE)
def NtWaitForMultipleObjects(
    t: Thread,
    count: Ulong,
    handles: Pointer,
    wait_type: WaitType,
    alertable: Boolean,
    timeout: Opt[In[Timeout]],
) -> Answer:
    """Wait for any (WaitAny) or all (WaitAll) of up to 64 objects.

    WaitAll refuses the same object twice.
    """
    return _wait_many(t, count, handles, wait_type, alertable, timeout)


@syscall(PARTIAL, "works, but no guest test makes the call yet: only NT 5.2 has it", first=_check_wait32)
def NtWaitForMultipleObjects32(
    t: Thread,
    object_count: Ulong,
    handles: Pointer,
    wait_type: WaitType,
    alertable: Boolean,
    time_out: Opt[In[Timeout]],
) -> Answer:
    """The same with handles of 32 bits; on a 32-bit system there is no difference."""
    return _wait_many(t, object_count, handles, wait_type, alertable, time_out)


@syscall()
def NtSignalAndWaitForSingleObject(
    t: Thread, signal_object: Handle, wait_object: Handle, alertable: Boolean, time: Opt[In[Timeout]]
) -> Answer:
    """Signal an event, mutant or semaphore and wait for another object, without a gap between."""
    source: Any = lookup(t, signal_object, object, 0)
    target = waitable(t, wait_object)
    signal = getattr(source, "signal_for_wait", None)
    if signal is None:
        raise NtError(STATUS_OBJECT_TYPE_MISMATCH)
    signal(t, signal_object)
    return t.begin_wait((target,), False, alertable, deadline_of(t, time))
