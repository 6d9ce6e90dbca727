"""Exceptions: delivery to user mode, second chance, NtRaiseException, NtContinue.

First chance: the debugger is asked (``Kernel.forward_exception``); then the CONTEXT and the EXCEPTION_RECORD
(with as many parameters as it has) are pushed on the user stack,

    esp -> EXCEPTION_RECORD *, CONTEXT *, EXCEPTION_RECORD, CONTEXT

and the thread enters KiUserExceptionDispatcher.  Where that stack cannot be
written, or when user mode found no handler, the second chance: the debugger
again, the exception port, and then the process ends with the exception's code.

NT oddities kept: the context of STATUS_BREAKPOINT points one byte back, whoever
raised it, except for a debugger; a stack overflow during delivery replaces the exception once.  TF is
clear in the dispatcher (the context keeps it).
"""

from __future__ import annotations

from collections.abc import Coroutine
from struct import Struct

from ring3k.abi.status import (
    STATUS_BREAKPOINT,
    STATUS_DATATYPE_MISALIGNMENT,
    STATUS_INVALID_PARAMETER,
    STATUS_STACK_OVERFLOW,
    GuestFault,
    NtError,
)
from ring3k.abi.structs.ke import CONTEXT, CONTEXT_ALL, EFLAGS_TF, EXCEPTION_MAXIMUM_PARAMETERS
from ring3k.hooks.events import ExceptionRaised, ProcessCrashed
from ring3k.ke import context
from ring3k.ke.thread import ThreadExit
from ring3k.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ring3k.ke.kernel import Forward
    from ring3k.ke.thread import KThread

_RECORD = Struct("<5I")
_POINTERS = Struct("<2I5I")
_MASK = 0xFFFFFFFF
_REMEMBERED = 3  # exceptions of a thread, besides the newest: a handler may have some of its own
_MESSAGES = frozenset((0x40010006, 0x4001000A, 0x406D1388))  # to a debugger: text, text, a thread's name
_SOFTWARE = ~0x10000000 & _MASK  # this bit of a code is the kernel's own


class Exception_:
    """An EXCEPTION_RECORD on its way."""

    __slots__ = ("address", "code", "flags", "parameters", "record")

    def __init__(
        self, code: int, address: int, parameters: tuple[int, ...] = (), flags: int = 0, record: int = 0
    ) -> None:
        self.code = code
        self.address = address
        self.parameters = parameters
        self.flags = flags
        self.record = record  # guest address of the record this one came from


# What a handler that dispatches returns: nothing (the registers are set), or a wait for the debugger.
Dispatched = Coroutine[Any, Any, None] | None


def dispatch(t: KThread, e: Exception_, first_chance: bool = True) -> Dispatched:
    """Make the thread see an exception.  Its registers are those of the exception."""
    forward = t.kernel.forward_exception
    process = t.process
    if forward is not None and (process.debug_port is not None or process.exception_port is not None):
        return _ask_debugger(t, e, first_chance, forward)
    if not (first_chance and _deliver(t, e)):
        _second_chance(t, e)
    return None


async def _ask_debugger(t: KThread, e: Exception_, first_chance: bool, forward: Forward) -> None:
    if first_chance and (await forward(t, e, True) or _deliver(t, e)):
        return
    if not await forward(t, e, False):
        _second_chance(t, e)


def _tell(t: KThread, e: Exception_, first_chance: bool) -> None:
    bus = t.kernel.bus
    if bus.hears(ExceptionRaised):
        where = t.process.locate(e.address)
        bus.emit(ExceptionRaised(t.process.pid, t.tid, e.code, e.address, first_chance, e.parameters, where))


def _deliver(t: KThread, e: Exception_) -> bool:
    """Enter KiUserExceptionDispatcher; False where that is not possible."""
    _tell(t, e, True)
    entry = t.process.user_address("KiUserExceptionDispatcher")
    if not entry:
        return False
    g = t.guest
    if e.code == STATUS_BREAKPOINT:
        g.eip = (g.eip - 1) & _MASK
    registers = context.pack(t, CONTEXT_ALL)
    for _ in range(2):
        count = len(e.parameters)
        at = (g.esp & ~3) - len(registers)
        start = at - 28 - 4 * count
        if start < 0:
            return False
        head = _POINTERS.pack(start + 8, at, e.code, e.flags, e.record, e.address, count)
        tail = b"".join([p.to_bytes(4, "little") for p in e.parameters])
        try:
            t.memory.write(start, head + tail + registers)
        except NtError as error:
            if error.status != STATUS_STACK_OVERFLOW or e.code == STATUS_STACK_OVERFLOW:
                return False
            where = error.address if isinstance(error, GuestFault) else start
            e.code, e.parameters, e.flags, e.record = STATUS_STACK_OVERFLOW, (1, where), 0, 0
            continue
        g.esp, g.eip = start, entry
        g.eflags &= ~EFLAGS_TF
        if e.code not in _MESSAGES:
            t.raised = (*t.raised[-_REMEMBERED:], (e, registers))
        return True
    return False


def _second_chance(t: KThread, e: Exception_) -> None:
    """Nobody handles it: the process ends with the exception's code."""
    _tell(t, e, False)
    if t.kernel.bus.hears(ProcessCrashed):
        tell_crash(t, e, context.pack(t, CONTEXT_ALL))
    t.process.terminate(e.code)
    if not t.ended:
        raise ThreadExit


def tell_crash(t: KThread, e: Exception_, registers: bytes) -> None:
    """Somebody wants to hear of a crash: the process is about to end by it."""
    from ring3k.hooks.crash.report import CrashReport  # most programs end well

    process = t.process
    try:
        report = CrashReport.make(
            (process.pid, t.tid, process.file_name),
            (e.code, e.address, e.parameters),
            CONTEXT.unpack(registers),
            t.memory,
            process.surroundings(),
            t.teb,
        )
    except Exception as error:  # whatever is wrong with a report, the process ends
        t.kernel.on_crash(t, error)
        return
    t.kernel.bus.emit(ProcessCrashed(process.pid, t.tid, e.code, e.address, report))


def ends_itself(t: KThread, status: int) -> None:
    """The thread ends its own process: a crash, if with the code of an exception that it had.

    So end programs whose user mode has a last handler, which every Win32 program has.
    """
    for e, registers in reversed(t.raised):
        if e.code == status:
            if (status >= 0x80000000 or not t.process.wound_down) and t.kernel.bus.hears(ProcessCrashed):
                tell_crash(t, e, registers)
            return


# -- system calls ------------------------------------------------------------------
def raise_exception(t: KThread, record: int, context_record: int, first_chance: bool) -> Dispatched:
    """NtRaiseException.  Raises NtError where an argument is bad: then nothing has changed."""
    registers = context.read(t.memory, context_record)
    if record & 3:
        raise NtError(STATUS_DATATYPE_MISALIGNMENT)
    code, flags, chained, address, count = _RECORD.unpack(t.memory.read(record, 20))
    if count > EXCEPTION_MAXIMUM_PARAMETERS:
        raise NtError(STATUS_INVALID_PARAMETER)
    raw = t.memory.read(record + 20, 4 * count)
    parameters = tuple(int.from_bytes(raw[i : i + 4], "little") for i in range(0, 4 * count, 4))
    context.unpack(t, registers)
    return dispatch(t, Exception_(code & _SOFTWARE, address, parameters, flags, chained), first_chance)


def continue_(t: KThread, context_record: int, test_alert: bool) -> None:
    """NtContinue.  Raises NtError where the context cannot be read."""
    context.unpack(t, context.read(t.memory, context_record))
    if test_alert:
        t.test_alert()
