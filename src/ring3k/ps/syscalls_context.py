"""Registers, APCs, exceptions, callbacks: the calls in front of what ``ke`` does, and giving time away."""

from __future__ import annotations

from collections.abc import Callable

from ring3k.abi.access import THREAD_GET_CONTEXT, THREAD_SET_CONTEXT
from ring3k.abi.call import PARTIAL, syscall
from ring3k.abi.status import (
    STATUS_ACCESS_VIOLATION,
    STATUS_ALERTED,
    STATUS_NO_YIELD_PERFORMED,
    STATUS_TIMEOUT,
    STATUS_UNSUCCESSFUL,
    NtError,
)
from ring3k.abi.structs.ke import (
    CONTEXT_CONTROL,
    CONTEXT_DEBUG_REGISTERS,
    CONTEXT_EXTENDED_REGISTERS,
    CONTEXT_FLOATING_POINT,
    CONTEXT_INTEGER,
    CONTEXT_SEGMENTS,
    CONTEXT_SHORT_SIZE,
)
from ring3k.abi.types import Boolean, Handle, In, NtStatus, Opt, Pointer, Timeout, Ulong
from ring3k.abi.version import LATEST, LEVELS, Version
from ring3k.ke import context as registers
from ring3k.ke.callback import callback_return
from ring3k.ke.exception import Dispatched, continue_, raise_exception
from ring3k.ke.thread import UserApc
from ring3k.ob.handles import lookup
from ring3k.ob.syscalls_wait import deadline_of
from ring3k.ps.thread import Thread
from ring3k.typed import Any

# Bits of ContextFlags, and the parts of CONTEXT that they stand for
_GROUPS = (
    (CONTEXT_DEBUG_REGISTERS & 0xFF, 0x04, 0x1C),
    (CONTEXT_FLOATING_POINT & 0xFF, 0x1C, 0x8C),
    (CONTEXT_SEGMENTS & 0xFF, 0x8C, 0x9C),
    (CONTEXT_INTEGER & 0xFF, 0x9C, 0xB4),
    (CONTEXT_CONTROL & 0xFF, 0xB4, 0xCC),
    (CONTEXT_EXTENDED_REGISTERS & 0xFF, 0xCC, registers.CONTEXT_SIZE),
)


async def _with_stopped(t: Thread, thread: Thread, action: Callable[[], None]) -> None:
    """Do something to a thread's registers while it is out of guest code; one that has ended has none."""
    if thread is t:
        action()
        return
    thread.hold()
    try:
        try:
            await thread.stopped()
        except NtError:
            raise NtError(STATUS_UNSUCCESSFUL) from None
        action()
    finally:
        thread.release()


@syscall()
async def NtGetContextThread(t: Thread, thread_handle: Handle, context: Pointer) -> int:
    """A thread's registers, the groups that ContextFlags asks for; it need not be suspended.

    What is not asked for stays as it was in the caller's structure.
    """
    thread = lookup(t, thread_handle, Thread, THREAD_GET_CONTEXT)
    flags = t.memory.read_u32(context)
    groups = registers.groups_of(flags)
    whole = groups & CONTEXT_EXTENDED_REGISTERS
    t.memory.probe_write(context, registers.CONTEXT_SIZE if whole else CONTEXT_SHORT_SIZE)

    def show() -> None:
        image = registers.pack(thread, flags)
        for group, start, end in _GROUPS:
            if groups & group:
                t.memory.write(context + start, image[start:end])

    await _with_stopped(t, thread, show)
    return 0


@syscall()
async def NtSetContextThread(t: Thread, thread_handle: Handle, context: Pointer) -> int:
    """Load a thread's registers.  For one inside a system call they count when it returns."""
    thread = lookup(t, thread_handle, Thread, THREAD_SET_CONTEXT)
    image = registers.read(t.memory, context)

    def load() -> None:
        registers.unpack(thread, image)
        thread.new_registers = thread.pending = True

    await _with_stopped(t, thread, load)
    return 0


@syscall()
def NtContinue(t: Thread, context: Pointer, test_alert: Boolean) -> None:
    """Go on with the given registers; on the way, deliver APCs if asked."""
    continue_(t, context, test_alert)


@syscall()
def NtRaiseException(
    t: Thread, exception_record: Pointer, context: Pointer, search_frames: Boolean
) -> Dispatched:
    """Raise an exception as if the processor had; without search_frames at once for the second time."""
    return raise_exception(t, exception_record, context, search_frames)


@syscall()
def NtCallbackReturn(t: Thread, result: Pointer, result_length: Ulong, status: NtStatus) -> Any:
    """Return from a user callback to the system call that made it."""
    return callback_return(t, result, result_length, status)


@syscall()
def NtQueueApcThread(
    t: Thread,
    thread_handle: Handle,
    apc_routine: Pointer,
    normal_context: Pointer,
    system_argument1: Pointer,
    system_argument2: Pointer,
) -> int:
    """Have a thread call a routine at its next alertable wait.  STATUS_UNSUCCESSFUL once it has ended."""
    thread = lookup(t, thread_handle, Thread, THREAD_SET_CONTEXT)
    if thread.ended or thread.dying:
        raise NtError(STATUS_UNSUCCESSFUL)
    thread.queue_apc(UserApc(apc_routine, normal_context, system_argument1, system_argument2))
    return 0


@syscall()
def NtTestAlert(t: Thread) -> int:
    """Take a pending alert (STATUS_ALERTED), or have queued APCs delivered on the way out."""
    return STATUS_ALERTED if t.test_alert() == STATUS_ALERTED else 0


@syscall()
def NtYieldExecution(t: Thread) -> int:
    """Give the processor away; STATUS_NO_YIELD_PERFORMED when nobody wants it.

    By the time the host schedules the caller again, whoever was ready has run.
    """
    kernel = t.kernel
    return 0 if kernel.engine.running or kernel.scheduler.ready else STATUS_NO_YIELD_PERFORMED


@syscall()
async def NtDelayExecution(t: Thread, alertable: Boolean, delay_interval: Opt[In[Timeout]]) -> int:
    """Sleep; a time already past only lets others go first.

    No time is a bad pointer on NT; Wine's DLLs, the only ones of their version, sleep for ever with it.
    """
    if delay_interval is None and t.kernel.part(Version).level < LEVELS[LATEST]:
        raise NtError(STATUS_ACCESS_VIOLATION)
    deadline = deadline_of(t, delay_interval)
    status = await t.wait((), alertable=alertable, deadline=deadline)
    if status == STATUS_TIMEOUT:
        return 0
    return status


@syscall(PARTIAL, "works, but no guest test makes the call yet: only NT 5.2 has it")
def NtGetCurrentProcessorNumber(t: Thread) -> int:
    """The processor the thread runs on: its first allowed one, as the host's choice means nothing here."""
    return (t.affinity & -t.affinity).bit_length() - 1
